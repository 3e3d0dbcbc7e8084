"""Loops that fill and copy memory: images with a border, and what else is laid out anew."""

from __future__ import annotations

from collections.abc import Callable

from tapeflow.engine.backends.llvm.text import Code, working
from tapeflow.engine.backends.llvm.windows.geometry import Three
from tapeflow.engine.backends.llvm.windows.nest import Index, each
from tapeflow.engine.core.dtypes import DType


def pieces(count: int, lanes: int) -> list[tuple[int, int]]:
    """Offsets and lengths of powers of two that make up a count below `lanes`."""
    out, at = [], 0
    while at < count:
        piece = 1 << ((count - at).bit_length() - 1)
        out.append((at, piece))
        at += piece
    return out


def _runs(code: Code, count: Index, lanes: int, body: Callable[[Index, int], None]) -> None:
    """Calls `body(offset, lanes)` so that all elements below `count` are covered, some twice."""
    if not isinstance(count, int):
        with code.loop(0, code.add(count, 1 - lanes), lanes) as loop:
            body(loop.index, lanes)
        done, _ = code.divmod(count, lanes)
        with code.loop(code.mul(done, lanes), count) as loop:
            body(loop.index, 1)
    elif count < lanes:
        for at, piece in pieces(count, lanes):
            body(at, piece)
    else:
        with each(code, count - lanes + 1, lanes) as place:
            body(place, lanes)
        if count % lanes:
            body(count - lanes, lanes)


def fill(code: Code, to: str, count: Index, value: float, dtype: DType) -> None:
    """Writes so many equal elements."""
    lanes = code.target.lanes(dtype.size)

    def body(at: Index, lanes: int) -> None:
        code.store(code.const(value, working(dtype), lanes), code.offset(to, at, dtype), dtype)

    _runs(code, count, lanes, body)


def copy(code: Code, to: str, source: str, count: Index, dtype: DType, into: DType) -> None:
    """Copies so many elements of `dtype`, which become `into`: the same or the one computed in."""

    def body(at: Index, lanes: int) -> None:
        value = code.load(code.offset(source, at, dtype), dtype, lanes)
        code.store(value, code.offset(to, at, into), into)

    _runs(code, count, code.target.lanes(working(dtype).size), body)


def _repeat(code: Code, to: str, source: str, count: Index, times: int, dtype: DType) -> None:
    """Copies elements, each so many times."""
    wide = working(dtype)
    with code.loop(0, count) as outer:
        value = code.load(code.offset(source, outer.index, dtype), dtype)
        at = code.offset(to, code.mul(outer.index, times), wide)
        with code.loop(0, times) as inner:
            code.store(value, code.offset(at, inner.index, wide), wide)


def largest(code: Code, a: Index, b: Index) -> Index:
    """The greater of two indices."""
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    return code.call("i64", "llvm.smax.i64", ("i64", str(a)), ("i64", str(b)))


def stage(
    code: Code,
    to: str,
    image: str,
    sizes: Three,
    channels: int,
    dtype: DType,
    first: tuple[Index, Index, Index],
    extents: Three,
    border: float = 0,
    times: int = 1,
) -> None:
    """Copies a part of an image that may reach over its edges.

    Args:
      code: where to write the loops.
      to: where the copy begins.
      image: where the image begins.
      sizes: of the image.
      channels: of the image.
      dtype: of the image; the copy has the dtype that is computed in.
      first: which position of the image the copy begins with.
      extents: of the copy.
      border: the value of what lies outside of the image.
      times: how often each channel is repeated.
    """
    wide = working(dtype)
    row = channels * times
    left = _between(code, code.mul(-1, first[2]), extents[2])
    right = _between(code, code.add(sizes[2], code.mul(-1, first[2])), extents[2])
    with each(code, extents[0]) as i, each(code, extents[1]) as j:
        z, y = code.add(first[0], i), code.add(first[1], j)
        line = code.mul(code.add(code.mul(i, extents[1]), j), extents[2] * row)
        here = code.offset(to, line, wide)
        within = _within(code, z, first[0], sizes[0], extents[0])
        within = _both(code, within, _within(code, y, first[1], sizes[1], extents[1]))

        def whole(here: str = here) -> None:
            fill(code, here, extents[2] * row, border, wide)

        def part(here: str = here, z: Index = z, y: Index = y) -> None:
            x = code.add(first[2], left)
            at = code.add(code.mul(code.add(code.mul(z, sizes[1]), y), sizes[2]), x)
            source = code.offset(image, code.mul(at, channels), dtype)
            count = code.add(right, code.mul(-1, left))
            fill(code, here, code.mul(left, row), border, wide)
            middle = code.offset(here, code.mul(left, row), wide)
            if times == 1:
                copy(code, middle, source, code.mul(count, row), dtype, wide)
            else:
                _repeat(code, middle, source, code.mul(count, channels), times, dtype)
            rest = code.add(extents[2], code.mul(-1, right))
            behind = code.offset(here, code.mul(right, row), wide)
            fill(code, behind, code.mul(rest, row), border, wide)

        if within is None:
            part()
        else:
            with code.when(within):
                part()
            with code.when(code.op(f"xor i1 {within}, true")):
                whole()


def _between(code: Code, value: Index, top: int) -> Index:
    return code.minimum(largest(code, value, 0), top)


def _within(code: Code, at: Index, first: Index, size: int, extent: int) -> str | None:
    """Whether a position lies in the image; None where it always does."""
    if isinstance(first, int) and first >= 0 and first + extent <= size:
        return None
    return code.op(f"icmp ult i64 {at}, {size}")


def _both(code: Code, a: str | None, b: str | None) -> str | None:
    if a is None or b is None:
        return a or b
    return code.op(f"and i1 {a}, {b}")
