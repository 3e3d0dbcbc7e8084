"""The gradient of a convolution for its filter.

It sums over pixels what the convolution multiplies: places of the window are its rows. Each chunk
of images has a sum of its own; these are added up in a fixed order.
"""

from __future__ import annotations

import math

from tapeflow.engine.backends.llvm.contractions.sums import add
from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, Val, working
from tapeflow.engine.backends.llvm.windows.convolution import pixel_axes, place_axes, scaled
from tapeflow.engine.backends.llvm.windows.geometry import (
    Channels,
    Geometry,
    Three,
    first_axis,
    row_bytes,
    units,
)
from tapeflow.engine.backends.llvm.windows.lowered import Lowered, Step
from tapeflow.engine.backends.llvm.windows.nest import (
    Axis,
    Index,
    Nest,
    each,
    emit,
    merged,
    tiling,
)
from tapeflow.engine.backends.llvm.windows.staging import fill
from tapeflow.engine.backends.llvm.windows.units import Source, kernel_of, unit_loop
from tapeflow.engine.core.dtypes import DType

# Partial sums of the filter's gradient: how many there are at most, and their bytes in all.
PARTIALS = 16
PARTIAL_BYTES = 8 << 20
# A filter's gradient above this size is cut into parts besides.
SPLIT_BYTES = 1 << 20
# What a panel of the output's gradient may take of a core's first cache.
PANEL_BYTES = 32 << 10


def conv_by_filter(
    target: Target, form: str, g: Geometry, dtype: DType, channels: Channels
) -> Lowered:
    """The gradient for the filter, from the primitive's first and third input."""
    g = g.flattened()
    groups, inner, columns, mixed, times = channels
    depth = g.places * inner
    products = g.pixels * depth * g.outer
    axis = first_axis(g)
    wide = working(dtype)

    def rows_of(steps: Three) -> list[Axis]:
        return merged([*scaled(place_axes(g, steps), inner), Axis(inner, 1, 1)])

    # Where the pixels of a unit are counted at run time, their number has a factor to unroll by.
    factor = math.gcd(g.counts[2], 4) if axis == 2 else 1
    cut = units(g, factor, products, row_bytes(g, axis, wide.size))
    tile = tiling(target, wide, rows_of(Source(g, cut, dtype, times).steps), columns, 1, mixed)
    # All tiles of a panel pass over the same part of the output's gradient: it stays in the cache.
    panel_bytes = tile.vectors * target.vector_bytes * math.prod(g.counts[axis + 1 :])
    cut = units(
        g, factor, products, row_bytes(g, axis, wide.size), max(1, PANEL_BYTES // panel_bytes)
    )
    source = Source(g, cut, dtype, times)
    rows = rows_of(source.steps)
    tile = tiling(target, wide, rows, columns, 1, mixed)
    size = depth * g.outer * wide.size
    # Chunks: groups of units, each of which has a partial sum of its own, by parts of the filter.
    sums = max(1, min(cut.total, PARTIALS, max(2, PARTIAL_BYTES // max(size, 1))))
    sums = 1 << (sums.bit_length() - 1)  # even shares for any number of threads likely to be there
    per_sum = max(1, -(-cut.total // sums))
    sums = max(1, -(-cut.total // per_sum))
    part = int(rows[0].size)
    if size > SPLIT_BYTES:
        part = tile.length if tile.axis == 0 else 1
    parts = -(-int(rows[0].size) // part)
    levels = []
    for i, pixels in enumerate(scaled(pixel_axes(g, source.steps), g.outer)):
        levels.append(pixels._replace(size="") if i == 0 and cut.per_image > 1 else pixels)
    code = Code(target)
    x, dy, out = (code.argument(i) for i in range(3))
    per_image = math.prod(g.counts)
    direct = sums == 1 and wide is dtype
    with code.loop("%begin", "%end") as chunk:
        number, slice_ = code.divmod(chunk.index, parts)
        start_row = code.mul(slice_, part * rows[0].b)
        own = code.offset(out, code.mul(number, depth * g.outer), wide)
        held: Index | None = None
        elements: Index = depth * g.outer
        if parts > 1:
            held = code.minimum(part, code.add(rows[0].size, code.mul(-1, code.mul(slice_, part))))
            elements = code.mul(held, rows[0].b * g.outer)
        fill(code, code.offset(own, code.mul(start_row, g.outer), wide), elements, 0, wide)
        with unit_loop(code, cut, number, per_sum) as (image, start, limit):
            a = source.address(code, x, image, start)
            a = code.offset(a, code.mul(slice_, part * rows[0].a), source.dtype)
            pixel = code.add(
                code.mul(image, per_image), code.mul(start, math.prod(g.counts[axis + 1 :]))
            )
            b = code.offset(dy, code.mul(pixel, g.outer), dtype)
            counted = [v._replace(size=limit) if v.size == "" else v for v in levels]
            nest = Nest(
                rows=rows, levels=merged(counted), columns=columns, tiling=tile, a=source.dtype,
                b=dtype, panel_step=tile.vectors * target.lanes(wide.size), block=part,
                broadcast=mixed, divisor=factor,
            )  # fmt: skip
            with each(code, groups) as group:
                first = code.mul(group, columns)

                def store(
                    acc: Val, row: Index, column: Index, mask: str | None, first: Index = first
                ) -> None:
                    at = code.add(code.mul(row, g.outer), code.add(first, column))
                    where = code.offset(own, at, wide)
                    before = code.load(where, wide, acc.lanes, mask)
                    code.store(add(code, before, acc), where, wide, mask)

                emit(
                    code, nest, code.offset(a, code.mul(group, inner), source.dtype),
                    code.offset(b, first, dtype), start_row, store, held,
                )  # fmt: skip
    read = g.batch * math.prod(g.sizes) * g.channels + g.pixels * g.outer
    kernel = kernel_of(
        code, sums * parts, source.scratch, products, read * dtype.size + size * sums, form
    )
    if direct:
        return Lowered([Step(kernel, [("input", 0), ("input", 2), ("output", 0)])])
    return Lowered(
        [
            Step(kernel, [("input", 0), ("input", 2), ("workspace", 0)]),
            Step(_adder(target, depth * g.outer, sums, dtype), [("workspace", 0), ("output", 0)]),
        ],
        [size * sums],
    )


def _adder(target: Target, count: int, sums: int, dtype: DType) -> Kernel:
    """The kernel that adds partial sums up, in order."""
    wide = working(dtype)
    lanes = target.lanes(wide.size)
    block = 1024
    code = Code(target)
    partial, out = code.argument(0), code.argument(1)

    def some(at: Index, lanes: int) -> None:
        here = code.offset(partial, at, wide)
        zero = code.const(0, wide, lanes)
        with code.loop(0, sums, 1, [zero]) as loop:
            more = code.load(code.offset(here, code.mul(loop.index, count), wide), wide, lanes)
            loop.next = [add(code, loop.values[0], more)]
        code.store(loop.results[0], code.offset(out, at, dtype), dtype)

    with code.loop("%begin", "%end") as chunk:
        first = code.mul(chunk.index, block)
        last = code.minimum(code.add(first, block), count)
        with code.loop(first, code.add(last, 1 - lanes), lanes) as loop:
            some(loop.index, lanes)
        done, _ = code.divmod(code.add(last, code.mul(-1, first)), lanes)
        with code.loop(code.add(first, code.mul(done, lanes)), last) as loop:
            some(loop.index, 1)
    moved = count * (sums * wide.size + dtype.size)
    return kernel_of(code, -(-count // block), 0, count * sums // 2, moved, "add partial sums")


def zeros(target: Target, count: int, dtype: DType) -> Lowered:
    """So many zeros: what comes of empty inputs."""
    code = Code(target)
    out = code.argument(0)
    with code.loop("%begin", "%end"):
        fill(code, out, count, 0, dtype)
    kernel = kernel_of(code, 1, 0, 0, count * dtype.size, "zeros")
    return Lowered([Step(kernel, [("output", 0)])])
