"""Max and average pooling.

Channels lie side by side in vectors; windows that reach into padding read a copy of the image with
a border. NaN is treated as the NumPy kernels do it: passed over in images, while in volumes it
lasts until the next element is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tapeflow.engine.backends.llvm.contractions.epilogues import Epilogue, Store
from tapeflow.engine.backends.llvm.contractions.sums import add
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, Val, scalar_type, vector_of, working
from tapeflow.engine.backends.llvm.windows.geometry import (
    Geometry,
    Three,
    Units,
    first_axis,
    row_bytes,
    three,
    units,
)
from tapeflow.engine.backends.llvm.windows.lowered import Lowered, Step, results
from tapeflow.engine.backends.llvm.windows.nest import Index, each
from tapeflow.engine.backends.llvm.windows.staging import largest, pieces
from tapeflow.engine.backends.llvm.windows.units import Source, kernel_of, unit_loop
from tapeflow.engine.core.dtypes import DType

# Windows of up to so many places are written out.
FEW_PLACES = 9

Range = tuple[Index, Index]


def channel_runs(
    code: Code, channels: int, lanes: int, most: int, body: Callable[[Index, int, int], None]
) -> None:
    """Calls `body(first channel, lanes, vectors)` so that each channel is covered once."""
    vectors, rest = divmod(channels, lanes)
    most = min(most, max(vectors, 1))
    full, left = divmod(vectors, most)
    if full:
        with each(code, full) as i:
            body(code.mul(i, most * lanes), lanes, most)
    if left:
        body(full * most * lanes, lanes, left)
    for at, piece in pieces(rest, lanes):
        body(vectors * lanes + at, piece, 1)


def over_places(
    code: Code,
    window: Three,
    steps: Three,
    ranges: list[Range],
    carried: list[Val],
    body: Callable[[Index, Index, list[Val]], list[Val]],
    few: int = FEW_PLACES,
) -> list[Val]:
    """Calls `body(place, offset, carried)` for places of a window in order; what is carried last.

    Args:
      code: where to write.
      window: its extents.
      steps: elements from one place to the next in each dimension.
      ranges: which places there are, in each dimension.
      carried: values that the body replaces.
      body: gets the place's number and its offset from the first place.
      few: up to so many places are written out.
    """
    if all(isinstance(v, int) for pair in ranges for v in pair) and (
        math.prod(int(b) - int(a) for a, b in ranges) <= few
    ):
        for i in range(int(ranges[0][0]), int(ranges[0][1])):
            for j in range(int(ranges[1][0]), int(ranges[1][1])):
                for k in range(int(ranges[2][0]), int(ranges[2][1])):
                    place = (i * window[1] + j) * window[2] + k
                    carried = body(place, i * steps[0] + j * steps[1] + k * steps[2], carried)
        return carried

    def level(depth: int, place: Index, offset: Index, carried: list[Val]) -> list[Val]:
        if depth == 3:
            return body(place, offset, carried)
        place = code.mul(place, window[depth])
        if ranges[depth] == (0, 1):
            return level(depth + 1, place, offset, carried)
        with code.loop(*ranges[depth], 1, carried) as loop:
            at = code.add(offset, code.mul(loop.index, steps[depth]))
            loop.next = level(depth + 1, code.add(place, loop.index), at, loop.values)
        return loop.results

    return level(0, 0, 0, carried)


def greater(code: Code, a: Val, b: Val) -> str:
    """Mask of where `a > b`; false where one is NaN."""
    if a.dtype.is_floating:
        return code.op(f"fcmp ogt {a.type} {a.text}, {b.text}")
    word = "ugt" if a.dtype.is_unsigned else "sgt"
    return code.op(f"icmp {word} {a.type} {a.text}, {b.text}")


def select(code: Code, mask: str, a: Val, b: Val) -> Val:
    """`a` where the mask holds, else `b`."""
    bits = vector_of("i1", a.lanes)
    made = code.op(f"select {bits} {mask}, {a.type} {a.text}, {b.type} {b.text}")
    return Val(made, a.dtype, a.lanes)


def occupied(code: Code, g: Geometry, at: tuple[Index, Index, Index], dtype: DType) -> Val:
    """How many elements of the image a window holds, as a scalar of `dtype`."""
    count: Index = 1
    for i in range(3):
        low, high = held(code, g, i, at[i])
        count = code.mul(count, code.add(high, code.mul(-1, low)))
    if isinstance(count, int):
        return code.const(count, dtype)
    return Val(code.op(f"sitofp i64 {count} to {scalar_type(dtype)}"), dtype, 1)


def held(code: Code, g: Geometry, axis: int, at: Index) -> Range:
    """Which places of a window lie in the image, in one dimension."""
    low, size, window = g.lows[axis], g.sizes[axis], g.window[axis]
    if low <= 0 and g.extents[axis] - low <= size:
        return 0, window
    first = code.add(code.mul(at, g.strides[axis]), -low)
    start = largest(code, code.mul(-1, first), 0)
    stop = code.minimum(code.add(size, code.mul(-1, first)), window)
    return start, stop


def whole_images(g: Geometry) -> Units:
    """Units of one image each."""
    axis = first_axis(g)
    return Units(axis, g.counts[axis], g.counts[axis], 1, g.batch, 1)


def pixel_loops(
    code: Code,
    g: Geometry,
    start: Index,
    limit: Index | None,
    body: Callable[[tuple[Index, Index, Index], tuple[Index, Index, Index]], None],
) -> None:
    """Calls `body(positions in the unit, positions in the image)` for each window of a unit."""
    axis = first_axis(g)
    counts: list[Index] = list(g.counts)
    if limit is not None:
        counts[axis] = limit
    with each(code, counts[0]) as i, each(code, counts[1]) as j, each(code, counts[2]) as k:
        here: list[Index] = [i, j, k]
        at = list(here)
        at[axis] = code.add(at[axis], start)
        body((here[0], here[1], here[2]), (at[0], at[1], at[2]))


def dot(code: Code, a: Any, b: Any) -> Index:
    """The sum of products of indices and steps."""
    out: Index = 0
    for x, y in zip(a, b, strict=True):
        out = code.add(out, code.mul(x, y))
    return out


def pool(
    target: Target, g: Geometry, dtype: DType, form: str, epilogue: Epilogue | None = None
) -> Lowered:
    """`max_pool`, `max_pool3d`, `avg_pool` or `avg_pool3d` of one input."""
    then = epilogue or Store.matrix(g.pixels, g.channels, dtype)
    average = form.startswith("avg")
    wide = working(dtype)
    lanes = target.lanes(wide.size)
    moved = (g.batch * math.prod(g.sizes) + g.pixels) * g.channels * dtype.size
    work = g.pixels * g.places * g.channels
    cut = units(g, 1, work, row_bytes(g, first_axis(g), wide.size))
    lowest = 0 if average else dtype.min
    source = Source(g, cut, dtype, border=lowest, converts=False)
    code = Code(target)
    x = code.argument(0)
    pointers = [code.argument(1 + i) for i in range(then.operands)]
    strides = three(s * p for s, p in zip(source.steps, g.strides))
    numbers = (g.counts[1] * g.counts[2], g.counts[2], 1)
    whole: list[Range] = [(0, k) for k in g.window]
    # A maximum over volumes begins with the first element, whatever it is.
    initial = 0 if average else math.nan if form == "max_pool3d" else lowest

    def combine(acc: Val, seen: Val) -> Val:
        if average:
            return add(code, acc, seen)
        if form == "max_pool3d":
            return select(code, greater(code, acc, seen), acc, seen)
        return select(code, greater(code, seen, acc), seen, acc)

    with code.loop("%begin", "%end") as chunk, unit_loop(code, cut, chunk.index, cut.per_chunk) as (
        image, start, limit,
    ):  # fmt: skip
        first = source.address(code, x, image, start)

        def window(here: Any, at: Any, first: str = first, image: Index = image) -> None:
            seen = code.offset(first, dot(code, here, strides), source.dtype)
            number = code.add(code.mul(image, math.prod(g.counts)), dot(code, at, numbers))
            count = occupied(code, g, at, wide) if average else None

            def channels(c: Index, lanes: int, vectors: int) -> None:
                def place(_: Index, offset: Index, sums: list[Val]) -> list[Val]:
                    here = code.offset(code.offset(seen, offset, source.dtype), c, source.dtype)
                    loaded = [
                        code.load(code.offset(here, v * lanes, source.dtype), source.dtype, lanes)
                        for v in range(vectors)
                    ]
                    return [combine(a, b) for a, b in zip(sums, loaded, strict=True)]

                begin = [code.const(initial, wide, lanes)] * vectors
                sums = over_places(code, g.window, source.steps, whole, begin, place)
                for v, acc in enumerate(sums):
                    if count is not None:
                        divisor = code.splat(count, lanes)
                        made = code.op(f"fdiv {acc.type} {acc.text}, {divisor.text}")
                        acc = Val(made, wide, lanes)
                    then.store(code, pointers, acc, 0, number, code.add(c, v * lanes), None)

            channel_runs(code, g.channels, lanes, 4 if then.brief else 1, channels)

        pixel_loops(code, g, start, limit, window)
    kernel = kernel_of(code, cut.chunks, source.scratch, work // 2, moved, form)
    return Lowered([Step(kernel, [("input", 0), *results(epilogue)])], [], bool(epilogue))
