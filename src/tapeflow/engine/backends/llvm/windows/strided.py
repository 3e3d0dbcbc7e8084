"""Gradients for the input of a strided convolution.

With a stride of `s`, positions of the input that are `s` apart take part in the same places of a
window. These phases are done one after the other, each as a convolution at stride 1 of the output's
gradient with the places that it sees.
"""

from __future__ import annotations

import math
from typing import Any

from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, Val, working
from tapeflow.engine.backends.llvm.windows.geometry import (
    Channels,
    Geometry,
    first_axis,
    row_bytes,
    three,
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
from tapeflow.engine.backends.llvm.windows.packing import Layout, pack_turned, same_phase
from tapeflow.engine.backends.llvm.windows.staging import largest
from tapeflow.engine.backends.llvm.windows.units import Source, kernel_of, unit_loop
from tapeflow.engine.core.dtypes import DType


class Phases:
    """The phases of one dimension: positions `phase`, `phase + stride`, ... of the input.

    Args:
      size: of the input.
      window: places of the window.
      stride: of the convolution.
      low: padding before the input.
    """

    def __init__(self, size: int, window: int, stride: int, low: int) -> None:
        self.size, self.window, self.stride, self.low = size, window, stride, low
        firsts = [(p + low) % stride for p in range(stride)]
        counts = [-(-(window - k) // stride) for k in firsts]
        # Position j of a phase sees outputs from j - below on.
        below = [n - 1 - (p + low) // stride for p, n in enumerate(counts)]
        self.below = max(below)
        self.reach = max(n - 1 - b for n, b in zip(counts, below)) + self.below + 1
        self.positions = -(-size // stride)
        self.fewest = min(-(-(size - p) // stride) for p in range(min(stride, size)))

    def of(self, code: Code, phase: Index) -> tuple[Index, Index, Index, Index]:
        """Of a phase: how many positions, first place packed, places, first output over all."""
        last = code.add(self.size + self.stride - 1, code.mul(-1, phase))
        positions, _ = code.divmod(last, self.stride)
        ahead, first = code.divmod(code.add(phase, self.low), self.stride)
        start, count = same_phase(code, self.window, self.stride, first)
        offset = code.add(code.add(self.below + 1, ahead), code.mul(-1, count))
        return positions, start, count, offset

    def last(self, code: Code, phase: Index, count: Index) -> Index:
        """The last of the window's places that a phase takes part in."""
        _, first = code.divmod(code.add(phase, self.low), self.stride)
        return code.add(first, code.mul(code.add(count, -1), self.stride))


def _opaque(code: Code, kind: str, value: Index) -> Any:
    return value if isinstance(value, int) else code.op(f"freeze {kind} {value}")


def strided_by_input(
    target: Target, form: str, g: Geometry, dtype: DType, channels: Channels
) -> Lowered:
    """The gradient for the input, from the primitive's second and third; without dilation."""
    wide = working(dtype)
    lanes = target.lanes(wide.size)
    groups, summed, inner, mixed, _ = channels.turned
    phases = [Phases(*v) for v in zip(g.sizes, g.window, g.strides, g.lows)]
    # The gradient of the output, in a frame in which all phases find what they see.
    frame = Geometry(
        g.batch, g.counts, g.outer, three(p.reach for p in phases), (1, 1, 1), (1, 1, 1),
        three(p.below for p in phases), three(p.positions for p in phases), g.channels,
    )  # fmt: skip
    axis = first_axis(frame)
    products = g.pixels * g.places * channels.inner * g.outer
    cut = units(frame, 1, products, row_bytes(frame, axis, wide.size))
    source = Source(frame, cut, dtype)
    shortest = 1 if axis == 2 and cut.per_image > 1 else phases[2].fewest
    depth = max(1, g.places * summed // math.prod(g.strides))
    tile = tiling(target, wide, [Axis(shortest, 0, 0)], inner, depth, mixed)
    tile = tile._replace(axis=2)
    panel = tile.vectors * lanes
    layout = Layout(g.window, groups, summed, inner, panel, g.strides)
    row_numbers = (g.sizes[1] * g.sizes[2], g.sizes[2], 1)
    row = panel if mixed else g.channels
    place_steps = [n * summed * row for n in (g.window[1] * g.window[2], g.window[2], 1)]
    b_dtype = wide if mixed else dtype
    code = Code(target)
    dy, w, dx = code.argument(0), code.argument(1), code.argument(2)
    with code.loop("%begin", "%end") as chunk, unit_loop(code, cut, chunk.index, cut.per_chunk) as (
        image, start, limit,
    ):  # fmt: skip
        staged = source.address(code, dy, image, start)
        base = code.mul(image, math.prod(g.sizes))

        def one_phase(
            which: tuple[Index, Index, Index],
            staged: str = staged,
            base: Index = base,
            start: Index = start,
            limit: Index | None = limit,
        ) -> None:
            a, number = staged, base
            rows, levels, b = [], [], w
            for i, phase in enumerate(which):
                positions, first, count, offset = phases[i].of(code, phase)
                step = place_steps[i]
                if not mixed:
                    first, step = phases[i].last(code, phase, count), -step * g.strides[i]
                if i == axis and limit is not None:
                    left = code.add(positions, code.mul(-1, start))
                    positions = largest(code, code.minimum(limit, left), 0)
                rows.append(Axis(positions, source.steps[i], row_numbers[i] * g.strides[i]))
                levels.append(Axis(count, source.steps[i], step))
                at = code.add(phase, code.mul(start, g.strides[i]) if i == axis else 0)
                number = code.add(number, code.mul(at, row_numbers[i]))
                a = code.offset(a, code.mul(offset, source.steps[i]), source.dtype)
                b = code.offset(b, code.mul(first, place_steps[i]), b_dtype)
            # What was made of divisions is opaque from here on: else LLVM spends most of its time
            # on how addresses develop over all of the loops.
            a, b, number = (
                _opaque(code, "ptr", a),
                _opaque(code, "ptr", b),
                _opaque(code, "i64", number),
            )
            rows = [x._replace(size=_opaque(code, "i64", x.size)) for x in rows]
            levels = [x._replace(size=_opaque(code, "i64", x.size)) for x in levels]
            last = levels[2]
            if groups == 1 and mixed:
                levels[2] = Axis(code.mul(last.size, summed), 1, panel)
            elif mixed:
                levels.append(Axis(summed, 1, panel))
            nest = Nest(
                rows=rows, levels=merged(levels), columns=inner, tiling=tile, a=source.dtype,
                b=b_dtype, panel_step=layout.panel_size if mixed else panel, padded=mixed,
                broadcast=mixed, divisor=summed, overlaps=True,
            )  # fmt: skip
            with each(code, groups) as group:
                column0 = code.mul(group, inner)

                def store(
                    acc: Val, row: Index, column: Index, mask: str | None, first: Index = column0
                ) -> None:
                    at = code.add(code.mul(row, g.channels), code.add(first, column))
                    code.store(acc, code.offset(dx, at, dtype), dtype, mask)

                emit(
                    code, nest, code.offset(a, code.mul(group, summed), source.dtype),
                    code.offset(b, code.mul(group, layout.group_size), b_dtype), number, store,
                )  # fmt: skip

        with each(code, math.prod(g.strides)) as every:
            rest, k = code.divmod(every, g.strides[2])
            i, j = code.divmod(rest, g.strides[1])
            one_phase((i, j, k))
    moved = (g.pixels * g.outer + g.batch * math.prod(g.sizes) * g.channels) * dtype.size
    kernel = kernel_of(code, cut.chunks, source.scratch, products, moved, form)
    if not mixed:
        return Lowered([Step(kernel, [("input", 2), ("input", 1), ("output", 0)])])
    packer, size = pack_turned(target, layout, dtype)
    return Lowered(
        [
            Step(packer, [("input", 1), ("workspace", 0)]),
            Step(kernel, [("input", 2), ("workspace", 0), ("output", 0)]),
        ],
        [size],
    )
