"""The gradients of pooling, and the gradients of those.

Each window gives its share to places of the input. Where windows do not meet, each place is written
once; elsewhere an image is first cleared and then added to, window by window.
"""

from __future__ import annotations

import math
from typing import Any

from tapeflow.engine.backends.llvm.contractions.epilogues import Epilogue, Store
from tapeflow.engine.backends.llvm.contractions.sums import add
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import (
    Code,
    Val,
    scalar_type,
    splat_text,
    vector_of,
    working,
)
from tapeflow.engine.backends.llvm.windows.geometry import (
    Geometry,
    Three,
    first_axis,
    row_bytes,
    units,
)
from tapeflow.engine.backends.llvm.windows.lowered import Lowered, Operand, Step, results
from tapeflow.engine.backends.llvm.windows.nest import Index
from tapeflow.engine.backends.llvm.windows.pooling import (
    FEW_PLACES,
    channel_runs,
    dot,
    greater,
    held,
    occupied,
    over_places,
    pixel_loops,
    select,
    whole_images,
)
from tapeflow.engine.backends.llvm.windows.staging import copy, fill
from tapeflow.engine.backends.llvm.windows.units import kernel_of, unit_loop
from tapeflow.engine.core.dtypes import DType, int32, int64

# What a kernel reads, as places of the primitive's inputs: the gradient comes first, then the input
# image, then the output.
_OPERANDS: dict[str, list[Operand]] = {
    "avg_pool_grad": [("input", 1)],
    "avg_pool3d_grad": [("input", 1)],
    "max_pool_grad": [("input", 2), ("input", 0)],
    "max_pool_grad_grad": [("input", 2), ("input", 0)],
    "max_pool3d_grad": [("input", 2), ("input", 0), ("input", 1)],
    "max_pool3d_grad_grad": [("input", 2), ("input", 0), ("input", 1)],
}


class Finder:
    """Which place of a window its maximum is said to be at, for one vector of channels.

    In images it is the first of the greatest elements; a NaN counts only where it comes first, and
    then lasts. In volumes it is every element equal to the output.

    Args:
      code: where to write.
      x: address of the first place of the window.
      dtype: of the elements there.
      lanes: how many channels.
      pixel: elements from one place to the next.
    """

    def __init__(self, code: Code, x: str, dtype: DType, lanes: int, pixel: int) -> None:
        self._code, self._x, self._dtype, self._lanes = code, x, dtype, lanes
        self._pixel = pixel
        self._number = int32 if working(dtype).size == 4 else int64

    def start(self) -> list[Val]:
        """What is carried from place to place: the greatest element, and its place."""
        code = self._code
        return [
            code.const(0, working(self._dtype), self._lanes),
            code.const(-1, self._number, self._lanes),
        ]

    def step(self, place: Index, offset: Index, carried: list[Val]) -> tuple[list[Val], str]:
        """Looks at one more place; also gives the mask of where it is the greatest so far."""
        code, (best, where) = self._code, carried[:2]
        seen = self.load(offset)
        better = greater(code, seen, best)
        bits = vector_of("i1", self._lanes)
        better = code.op(f"or {bits} {better}, {self.none(where)}")
        here = self.number(place)
        return [select(code, better, seen, best), select(code, better, here, where)], better

    def load(self, offset: Index) -> Val:
        """The elements at a place: so many pixels after the first."""
        code = self._code
        at = code.offset(self._x, code.mul(offset, self._pixel), self._dtype)
        return code.load(at, self._dtype, self._lanes)

    def found(self, place: Index, where: Val) -> str:
        """Mask of where the place is the one found."""
        return self._code.op(f"icmp eq {where.type} {where.text}, {self.number(place).text}")

    def none(self, where: Val) -> str:
        """Mask of where no place has been found yet."""
        return self._code.op(f"icmp slt {where.type} {where.text}, {self.number(0).text}")

    def number(self, place: Index) -> Val:
        """A place's number in all lanes."""
        code, one = self._code, scalar_type(self._number)
        if isinstance(place, int):
            return Val(splat_text(one, str(place), self._lanes), self._number, self._lanes)
        narrow = place if one == "i64" else code.op(f"trunc i64 {place} to {one}")
        return code.splat(Val(narrow, self._number, 1), self._lanes)


def equal(code: Code, a: Val, b: Val) -> str:
    """Mask of where two are equal; false where one is NaN."""
    return code.op(f"fcmp oeq {a.type} {a.text}, {b.text}")


def _apart(g: Geometry) -> bool:
    """Whether no two windows meet."""
    return all(s >= k or c == 1 for s, k, c in zip(g.strides, g.window, g.counts))


def _numbering(code: Code, g: Geometry) -> tuple[Three, list[int], Index, Three]:
    """How places and windows of an image are counted.

    Returns:
      Places from one to the next in each dimension, and from window to window; the first window's
      first place; windows from one to the next in each dimension.
    """
    steps: Three = (g.sizes[1] * g.sizes[2], g.sizes[2], 1)
    strides = [s * p for s, p in zip(steps, g.strides)]
    begin = dot(code, [-low for low in g.lows], steps)
    return steps, strides, begin, (g.counts[1] * g.counts[2], g.counts[2], 1)


def writes_once(g: Geometry) -> bool:
    """Whether each place of the input lies in one window."""
    more = zip(g.strides, g.window, g.counts, g.extents, g.sizes)
    return g.inside and all((s == k or c == 1) and e == n for s, k, c, e, n in more)


def spread(
    target: Target, g: Geometry, dtype: DType, form: str, epilogue: Epilogue | None = None
) -> Lowered:
    """`avg_pool_grad`, `max_pool_grad` and those of volumes: from windows to places.

    Args:
      target: the CPU.
      g: the call of which it is the gradient.
      dtype: of all operands.
      form: the primitive's form.
      epilogue: takes the results; only where each place is written once.
    """
    average = form.startswith("avg")
    first_only = form == "max_pool_grad"
    wide = working(dtype)
    pixels = math.prod(g.sizes)
    size = pixels * g.channels
    once, apart = writes_once(g), _apart(g)
    assert once or epilogue is None
    # 16-bit sums are kept in float32 until an image is finished.
    kept = dtype if apart else wide
    scratch = size * wide.size if kept is not dtype else 0
    work = g.pixels * g.places * g.channels
    if once:
        cut = units(g, 1, work, row_bytes(g, first_axis(g), wide.size))
    else:
        cut = whole_images(g)
    then = epilogue or Store.matrix(g.batch * pixels, g.channels, dtype)
    code = Code(target)
    operands = _OPERANDS[form]
    dy = code.argument(0)
    x = code.argument(1) if len(operands) > 1 else ""
    y = code.argument(2) if len(operands) > 2 else ""
    pointers = [code.argument(len(operands) + i) for i in range(then.operands)]
    steps, strides, begin, numbers = _numbering(code, g)
    with code.loop("%begin", "%end") as chunk, unit_loop(code, cut, chunk.index, cut.per_chunk) as (
        image, start, limit,
    ):  # fmt: skip
        own = "%scratch"
        if not once:
            if not scratch:
                own = code.offset(pointers[0], code.mul(image, size), dtype)
            fill(code, own, size, 0, kept)

        def window(_: Any, at: Any, own: str = own, image: Index = image) -> None:
            place0 = code.add(dot(code, at, strides), begin)
            row0 = code.add(code.mul(image, pixels), place0)
            number = code.add(code.mul(image, math.prod(g.counts)), dot(code, at, numbers))
            ranges = [held(code, g, i, at[i]) for i in range(3)]
            count = occupied(code, g, at, wide) if average else None

            def channels(c: Index, lanes: int, vectors: int) -> None:
                pixel = code.add(code.mul(number, g.channels), c)
                share = code.load(code.offset(dy, pixel, dtype), dtype, lanes)
                if count is not None:
                    divisor = code.splat(count, lanes)
                    made = code.op(f"fdiv {share.type} {share.text}, {divisor.text}")
                    share = Val(made, wide, lanes)
                nothing = code.const(0, wide, lanes)
                seen = ""
                if x:
                    seen = code.offset(x, code.add(code.mul(row0, g.channels), c), dtype)
                finder = Finder(code, seen, dtype, lanes, g.channels)
                where: list[Val] = []
                top = code.load(code.offset(y, pixel, dtype), dtype, lanes) if y else None
                if first_only:
                    where = over_places(
                        code, g.window, steps, ranges, finder.start(),
                        lambda p, o, v: finder.step(p, o, v)[0],
                    )  # fmt: skip
                to = code.offset(own, code.add(code.mul(place0, g.channels), c), kept)

                def give(place: Index, offset: Index, carried: list[Val]) -> list[Val]:
                    value = share
                    if first_only:
                        value = select(code, finder.found(place, where[1]), share, nothing)
                    elif top is not None:
                        value = select(code, equal(code, finder.load(offset), top), share, nothing)
                    if once:
                        then.store(code, pointers, value, 0, code.add(row0, offset), c, None)
                        return carried
                    there = code.offset(to, code.mul(offset, g.channels), kept)
                    if not apart:
                        value = add(code, code.load(there, kept, lanes), value)
                    code.store(value, there, kept)
                    return carried

                few = FEW_PLACES if then.brief else 1
                over_places(code, g.window, steps, ranges, [], give, few)

            channel_runs(code, g.channels, target.lanes(wide.size), 1, channels)

        pixel_loops(code, g, start, limit, window)
        if scratch:
            final = code.offset(pointers[0], code.mul(image, size), dtype)
            copy(code, final, own, size, wide, dtype)
    read = g.pixels * (2 if y else 1) + g.batch * pixels * (2 if x else 1)
    kernel = kernel_of(code, cut.chunks, scratch, work // 2, read * g.channels * dtype.size, form)
    return Lowered([Step(kernel, [*operands, *results(epilogue)])], [], bool(epilogue))


def collect(target: Target, g: Geometry, dtype: DType, form: str) -> Lowered:
    """`max_pool_grad_grad` and that of volumes: from places to windows."""
    wide = working(dtype)
    work = g.pixels * g.places * g.channels
    cut = units(g, 1, work, row_bytes(g, first_axis(g), wide.size))
    operands = _OPERANDS[form]
    code = Code(target)
    grad, x = code.argument(0), code.argument(1)
    y = code.argument(2) if len(operands) > 2 else ""
    out = code.argument(len(operands))
    steps, strides, begin, numbers = _numbering(code, g)
    with code.loop("%begin", "%end") as chunk, unit_loop(code, cut, chunk.index, cut.per_chunk) as (
        image, start, limit,
    ):  # fmt: skip
        base = code.add(code.mul(image, math.prod(g.sizes)), begin)

        def window(_: Any, at: Any, base: Index = base, image: Index = image) -> None:
            place0 = code.mul(code.add(base, dot(code, at, strides)), g.channels)
            number = code.add(code.mul(image, math.prod(g.counts)), dot(code, at, numbers))
            ranges = [held(code, g, i, at[i]) for i in range(3)]

            def channels(c: Index, lanes: int, vectors: int) -> None:
                pixel = code.add(code.mul(number, g.channels), c)
                here = code.add(place0, c)
                finder = Finder(code, code.offset(x, here, dtype), dtype, lanes, g.channels)
                source = code.offset(grad, here, dtype)
                nothing = code.const(0, wide, lanes)
                top = code.load(code.offset(y, pixel, dtype), dtype, lanes) if y else None
                bits = vector_of("i1", lanes)

                def look(place: Index, offset: Index, carried: list[Val]) -> list[Val]:
                    from_here = code.offset(source, code.mul(offset, g.channels), dtype)
                    there = code.load(from_here, dtype, lanes)
                    if top is None:
                        found, better = finder.step(place, offset, carried)
                        return [*found, select(code, better, there, carried[2])]
                    match = equal(code, finder.load(offset), top)
                    new = code.op(f"and {bits} {match}, {finder.none(carried[1])}")
                    mark = select(code, new, finder.number(place), carried[1])
                    return [carried[0], mark, select(code, new, there, carried[2])]

                got = over_places(code, g.window, steps, ranges, [*finder.start(), nothing], look)
                code.store(got[2], code.offset(out, pixel, dtype), dtype)

            channel_runs(code, g.channels, target.lanes(wide.size), 1, channels)

        pixel_loops(code, g, start, limit, window)
    read = g.batch * math.prod(g.sizes) * 2 + g.pixels * (2 if y else 1)
    kernel = kernel_of(code, cut.chunks, 0, work // 2, read * g.channels * dtype.size, form)
    return Lowered([Step(kernel, [*operands, ("output", 0)])])
