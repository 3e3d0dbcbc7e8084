"""Convolution, as sums of products over windows.

The gradient for the input is a convolution of the output's gradient with the filter turned around.
"""

from __future__ import annotations

import math

from tapeflow.engine.backends.llvm.contractions.epilogues import Epilogue
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, Val, working
from tapeflow.engine.backends.llvm.windows.geometry import (
    Channels,
    Geometry,
    Three,
    first_axis,
    row_bytes,
    three,
    units,
)
from tapeflow.engine.backends.llvm.windows.lowered import Lowered, Step, results
from tapeflow.engine.backends.llvm.windows.nest import (
    Axis,
    Index,
    Nest,
    each,
    emit,
    merged,
    tiling,
)
from tapeflow.engine.backends.llvm.windows.packing import Layout, pack, pack_turned
from tapeflow.engine.backends.llvm.windows.units import Source, kernel_of, unit_loop
from tapeflow.engine.core.dtypes import DType, uint8

# Filters above this size are laid out panel by panel, so that a panel's rows are neighbours.
PACK_BYTES = 96 << 10


def pixel_axes(geometry: Geometry, steps: Three) -> list[Axis]:
    """The windows' positions, with the input's steps and the window's number."""
    c = geometry.counts
    numbers = (c[1] * c[2], c[2], 1)
    axes = [
        Axis(c[i], geometry.strides[i] * steps[i], numbers[i])
        for i in range(first_axis(geometry), 3)
    ]
    return axes


def place_axes(geometry: Geometry, steps: Three) -> list[Axis]:
    """The places of a window, with the input's steps and the place's number."""
    k = geometry.window
    numbers = (k[1] * k[2], k[2], 1)
    return [Axis(k[i], geometry.dilations[i] * steps[i], numbers[i]) for i in range(3)]


def scaled(axes: list[Axis], by: int) -> list[Axis]:
    """The axes, with the second operand's steps multiplied."""
    return [Axis(x.size, x.a, x.b * by) for x in axes]


def correlate(
    target: Target,
    form: str,
    g: Geometry,
    dtype: DType,
    channels: Channels,
    turned: bool,
    epilogue: Epilogue | None = None,
) -> Lowered:
    """Windows of images times filters.

    Args:
      target: the CPU.
      form: the primitive's form.
      g: the call, as a convolution.
      dtype: of all operands.
      channels: how channels are combined.
      turned: whether the filter is stored for the opposite direction: places in reverse, and
        channels of the output before those of the input. The images are the primitive's third
        input then, and its first one otherwise; the filter is always the second.
      epilogue: takes the results.
    """
    g = g.flattened()
    groups, inner, columns, mixed, times = channels
    depth = g.places * inner
    products = g.pixels * depth * g.outer
    axis = first_axis(g)
    bare = pixel_axes(g, (0, 0, 0))
    wide = working(dtype)
    tile = tiling(target, wide, bare, columns, depth, mixed)
    cut = units(g, tile.length if tile.axis == 0 else 1, products, row_bytes(g, axis, wide.size))
    source = Source(g, cut, dtype, times)
    lanes = target.lanes(wide.size)
    panel = tile.vectors * lanes
    panels = -(-columns // panel)
    large = panels > 1 and depth * g.outer * dtype.size > PACK_BYTES
    packed = mixed and (turned or wide is not dtype or large)
    row = panel if packed else g.outer
    backwards = turned and not mixed
    step = -inner * row if backwards else inner * row
    levels = merged([*scaled(place_axes(g, source.steps), step), Axis(inner, 1, row)])
    nest = Nest(
        rows=pixel_axes(g, source.steps), levels=levels, columns=columns, tiling=tile,
        a=source.dtype, b=wide if packed else dtype, panel_step=depth * panel if packed else panel,
        padded=packed, broadcast=mixed, block=cut.block,
    )  # fmt: skip
    code = Code(target)
    x, w = code.argument(0), code.argument(1)
    pointers = [code.argument(2 + i) for i in range(epilogue.operands if epilogue else 1)]
    per_image = math.prod(g.counts)
    scratch = source.scratch
    if epilogue and not epilogue.brief:
        scratch = -(-scratch // 64) * 64
        nest = nest._replace(spill=code.offset("%scratch", scratch, uint8))
        scratch += target.registers * target.vector_bytes
    with code.loop("%begin", "%end") as chunk, unit_loop(code, cut, chunk.index, cut.per_chunk) as (
        image, start, limit,
    ):  # fmt: skip
        a = source.address(code, x, image, start)
        along = code.mul(start, math.prod(g.counts[axis + 1 :]))
        number = code.add(code.mul(image, per_image), along)
        with each(code, groups) as group:
            first = code.mul(group, columns)

            def store(
                acc: Val, row: Index, column: Index, mask: str | None, first: Index = first
            ) -> None:
                column = code.add(first, column)
                if epilogue:
                    epilogue.store(code, pointers, acc, 0, row, column, mask)
                    return
                at = code.add(code.mul(row, g.outer), column)
                code.store(acc, code.offset(pointers[0], at, dtype), dtype, mask)

            b = code.mul(group, panels * depth * panel if packed else columns)
            b = code.add(b, (g.places - 1) * row if backwards else 0)
            emit(
                code, nest, code.offset(a, code.mul(group, inner), source.dtype),
                code.offset(w, b, nest.b), number, store, limit,
            )  # fmt: skip
    read = (g.batch * math.prod(g.sizes) * g.channels + depth * g.outer) * dtype.size
    kernel = kernel_of(
        code, cut.chunks, scratch, products, read + g.pixels * g.outer * dtype.size, form
    )
    images = ("input", 2 if turned else 0)
    after = results(epilogue)
    if not packed:
        return Lowered([Step(kernel, [images, ("input", 1), *after])], [], bool(epilogue))
    layout = Layout(g.window, groups, inner, columns, panel)
    packer, size = pack_turned(target, layout, dtype) if turned else pack(target, layout, dtype)
    return Lowered(
        [
            Step(packer, [("input", 1), ("workspace", 0)]),
            Step(kernel, [images, ("workspace", 0), *after]),
        ],
        [size],
        bool(epilogue),
    )


def conv_by_input(
    target: Target,
    form: str,
    g: Geometry,
    dtype: DType,
    channels: Channels,
    epilogue: Epilogue | None = None,
) -> Lowered:
    """The gradient for the input, at strides of 1: a convolution with the filter turned around."""
    back = g._replace(
        sizes=g.counts,
        channels=g.outer,
        counts=g.sizes,
        outer=g.channels,
        lows=three((k - 1) * d - low for k, d, low in zip(g.window, g.dilations, g.lows)),
    )
    return correlate(target, form, back, dtype, channels.turned, True, epilogue)
