"""Convolution and its gradients, as sums of products over windows.

The gradient for the input is a convolution of the output's gradient with the filter turned around;
that for the filter sums over pixels what the convolution multiplies, chunk by chunk of the images,
and then over the chunks in a fixed order.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, Val
from tapeflow.engine.backends.llvm.windows.geometry import Geometry, Three, Units, units
from tapeflow.engine.backends.llvm.windows.lowered import Epilogue, Lowered, Step
from tapeflow.engine.backends.llvm.windows.nest import (
    Axis,
    Index,
    Nest,
    Tiling,
    each,
    emit,
    merged,
    plus,
    tiling,
    working,
)
from tapeflow.engine.backends.llvm.windows.staging import copy, fill, stage
from tapeflow.engine.core.dtypes import DType

# Filters above this size are laid out panel by panel, so that a panel's rows are neighbours.
PACK_BYTES = 96 << 10
# Partial sums of the filter's gradient: how many there are at most, and their bytes in all.
PARTIALS = 16
PARTIAL_BYTES = 8 << 20
# A filter's gradient above this size is cut into parts besides.
SPLIT_BYTES = 1 << 20
# Products and bytes from which several threads pay.
PARALLEL_PRODUCTS = 500_000
PARALLEL_BYTES = 512 << 10


def named(form: str, *what: Any) -> str:
    """A kernel's name: unique for what it computes."""
    digest = hashlib.sha256(repr(what).encode()).hexdigest()[:12]
    return f"{form}_{digest}"


@contextmanager
def unit_loop(code: Code, cut: Units, chunk: Index, group: int) -> Iterator[Any]:
    """Emits its body for each unit of a group; gives image, first position, and how many.

    How many is None where the whole dimension is done at once.
    """
    first = code.mul(chunk, group)
    last = code.minimum(code.add(first, group), cut.total)
    with code.loop(first, last) as loop:
        image, block = code.divmod(loop.index, cut.per_image)
        start = code.mul(block, cut.block)
        limit = None
        if cut.per_image > 1:
            limit = code.minimum(cut.block, code.add(cut.count, code.mul(-1, start)))
        yield image, start, limit


class Source:
    """Where the windows read: the image itself, or a copy with a border in the scratch memory.

    Args:
      geometry: the call.
      cut: the work's units.
      dtype: of the image.
      times: how often each channel is repeated in the copy; it is no copy of groups then.
    """

    def __init__(self, geometry: Geometry, cut: Units, dtype: DType, times: int = 1) -> None:
        self._geometry, self._cut, self._dtype, self._times = geometry, cut, dtype, times
        self.staged = not geometry.inside or working(dtype) is not dtype or times > 1
        extents = list(geometry.extents)
        i = cut.axis
        held = min(cut.block, cut.count)
        extents[i] -= (cut.count - held) * geometry.strides[i]
        self._extents: Three = (extents[0], extents[1], extents[2])
        self.dtype = working(dtype) if self.staged else dtype
        _, h, w = self._extents if self.staged else geometry.sizes
        pixel = geometry.channels * times
        self.steps: Three = (h * w * pixel, w * pixel, pixel)
        """Elements from one position to the next, in each dimension."""
        self.scratch = math.prod(self._extents) * pixel * self.dtype.size if self.staged else 0

    def address(self, code: Code, x: str, image: Index, start: Index) -> str:
        """What the first window of a unit sees first; copies where it must."""
        g = self._geometry
        first: list[Index] = [-low for low in g.lows]
        first[self._cut.axis] = code.add(
            first[self._cut.axis], code.mul(start, g.strides[self._cut.axis])
        )
        whole = math.prod(g.sizes) * g.channels
        at = code.offset(x, code.mul(image, whole), self._dtype)
        if not self.staged:
            for position, step in zip(first, self.steps, strict=True):
                at = code.offset(at, code.mul(position, step), self._dtype)
            return at
        stage(
            code, "%scratch", at, g.sizes, g.channels, self._dtype,
            (first[0], first[1], first[2]), self._extents, times=self._times,
        )  # fmt: skip
        return "%scratch"


def row_bytes(geometry: Geometry, axis: int, size: int) -> int:
    """Bytes of input for one position of a dimension."""
    return math.prod(geometry.extents[axis + 1 :]) * geometry.channels * size


def first_axis(geometry: Geometry) -> int:
    """The dimension that units are cut along."""
    return next((i for i, c in enumerate(geometry.counts) if c > 1), 2)


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
    return [Axis(x.count, x.a, x.b * by) for x in axes]


def correlate(
    target: Target,
    form: str,
    g: Geometry,
    dtype: DType,
    inner: int,
    turned: bool,
    epilogue: Epilogue | None = None,
) -> Lowered:
    """Windows of images times filters.

    Args:
      target: the CPU.
      form: the primitive's form.
      g: the call, as a convolution.
      dtype: of all operands.
      inner: channels of a filter; fewer than the image's where there are groups.
      turned: whether the filter is stored for the opposite direction: places in reverse, and
        channels of the output before those of the input. The images are the primitive's third
        input then, and its first one otherwise; the filter is always the second.
      epilogue: takes the results.
    """
    g = g.flattened()
    groups = g.channels // inner
    columns = g.outer // groups
    depth = g.places * inner
    products = g.pixels * depth * g.outer
    axis = first_axis(g)
    bare = pixel_axes(g, (0, 0, 0))
    wide = working(dtype)
    tile = tiling(target, wide, bare, columns, depth)
    cut = units(
        g, tile.length if tile.axis == 0 else 1, products, row_bytes(g, axis, wide.size)
    )
    source = Source(g, cut, dtype)
    lanes = target.lanes(wide.size)
    panel = tile.vectors * lanes
    panels = -(-columns // panel)
    pack = turned or wide is not dtype or (
        panels > 1 and depth * g.outer * dtype.size > PACK_BYTES
    )
    row = panel if pack else g.outer
    levels = merged([*scaled(place_axes(g, source.steps), inner * row), Axis(inner, 1, row)])
    nest = Nest(
        rows=pixel_axes(g, source.steps), levels=levels, columns=columns, tiling=tile,
        a=source.dtype, b=wide if pack else dtype, panel_step=depth * panel if pack else panel,
        padded=pack, block=cut.block,
    )  # fmt: skip
    key = epilogue.key if epilogue else ""
    code = Code(target, named(form, g, dtype.name, inner, turned, key, target.vector_bytes))
    x, w = code.argument(0), code.argument(1)
    pointers = [code.argument(2 + i) for i in range(epilogue.operands if epilogue else 1)]
    per_image = math.prod(g.counts)
    with code.loop("%begin", "%end") as chunk, unit_loop(code, cut, chunk.index, cut.per_chunk) as (
        image, start, limit,
    ):  # fmt: skip
        a = source.address(code, x, image, start)
        number = code.add(code.mul(image, per_image), code.mul(start, math.prod(g.counts[axis + 1 :])))
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

            b = code.mul(group, panels * depth * panel if pack else columns)
            emit(
                code, nest, code.offset(a, code.mul(group, inner), source.dtype),
                code.offset(w, b, nest.b), number, store, limit,
            )  # fmt: skip
    read = (g.batch * math.prod(g.sizes) * g.channels + depth * g.outer) * dtype.size
    kernel = kernel_of(
        code, cut.chunks, source.scratch, products, read + g.pixels * g.outer * dtype.size, form
    )
    images = ("input", 2 if turned else 0)
    after = [("epilogue", i) for i in range(len(pointers))] if epilogue else [("output", 0)]
    if not pack:
        return Lowered([Step(kernel, [images, ("input", 1), *after])], [], bool(epilogue))
    packer, size = _packer(target, g, dtype, inner, columns, groups, panel, turned)
    return Lowered(
        [
            Step(packer, [("input", 1), ("workspace", 0)]),
            Step(kernel, [images, ("workspace", 0), *after]),
        ],
        [size],
        bool(epilogue),
    )


def kernel_of(
    code: Code, chunks: int, scratch: int, products: int, moved: int, fused: str
) -> Kernel:
    """The kernel of finished code."""
    return Kernel(
        code.name, code.text(), chunks, scratch, 2 * products, moved, fused,
        parallel=chunks > 1 and (products > PARALLEL_PRODUCTS or moved > PARALLEL_BYTES),
    )  # fmt: skip


def _packer(
    target: Target,
    g: Geometry,
    dtype: DType,
    inner: int,
    columns: int,
    groups: int,
    panel: int,
    turned: bool,
) -> tuple[Kernel, int]:
    """The kernel that lays a filter out as `[group, panel, place, inner, column]`.

    Missing columns of the last panel are zeros. Returns the kernel and the bytes it writes.
    """
    wide = working(dtype)
    panels = -(-columns // panel)
    chunks = groups * panels * g.places
    code = Code(target, named("pack_filter", g, dtype.name, inner, turned, target.vector_bytes))
    w, out = code.argument(0), code.argument(1)
    with code.loop("%begin", "%end") as chunk:
        to = code.offset(out, code.mul(chunk.index, inner * panel), wide)
        outer, place = code.divmod(chunk.index, g.places)
        group, part = code.divmod(outer, panels)
        first = code.mul(part, panel)
        held: Index = panel
        if columns % panel:
            held = code.minimum(panel, code.add(columns, code.mul(-1, first)))
            fill(code, to, inner * panel, 0, wide)
        if turned:
            # What is read: `[place, group, column, inner]` of a convolution in the other direction,
            # whose input channels are this one's columns.
            place = code.add(g.places - 1, code.mul(-1, place))
            at = code.add(code.mul(place, columns), first)
            source = code.offset(w, code.mul(at, inner * groups), dtype)
            source = code.offset(source, code.mul(group, inner), dtype)
            with code.loop(0, held) as column:
                line = code.offset(source, code.mul(column.index, inner * groups), dtype)
                target_column = code.offset(to, column.index, wide)
                with code.loop(0, inner) as k:
                    value = code.load(code.offset(line, k.index, dtype), dtype)
                    code.store(
                        value, code.offset(target_column, code.mul(k.index, panel), wide), wide
                    )
        else:
            at = code.add(code.mul(place, inner * g.outer), code.mul(group, columns))
            source = code.offset(w, code.add(at, first), dtype)
            with code.loop(0, inner) as k:
                copy(
                    code, code.offset(to, code.mul(k.index, panel), wide),
                    code.offset(source, code.mul(k.index, g.outer), dtype), held, dtype,
                )  # fmt: skip
    count = chunks * inner * panel
    kernel = kernel_of(code, chunks, 0, 0, count * (dtype.size + wide.size), "pack filter")
    return kernel, count * wide.size


def conv_forward(
    target: Target, g: Geometry, dtype: DType, inner: int, form: str, epilogue: Epilogue | None
) -> Lowered:
    """`(input, filter)`."""
    return correlate(target, form, g, dtype, inner, False, epilogue)


def conv_by_input(
    target: Target, g: Geometry, dtype: DType, inner: int, form: str, epilogue: Epilogue | None
) -> Lowered | None:
    """`(input_sizes, filter, out_backprop)`; strides above 1 are not done here yet."""
    if g.strides != (1, 1, 1):
        return None
    groups = g.channels // inner
    back = g._replace(
        sizes=g.counts,
        channels=g.outer,
        counts=g.sizes,
        outer=g.channels,
        lows=tuple((k - 1) * d - low for k, d, low in zip(g.window, g.dilations, g.lows)),
    )
    return correlate(target, form, back, dtype, g.outer // groups, True, epilogue)


def conv_by_filter(target: Target, g: Geometry, dtype: DType, inner: int, form: str) -> Lowered:
    """`(input, filter_sizes, out_backprop)`."""
    g = g.flattened()
    groups = g.channels // inner
    columns = g.outer // groups
    depth = g.places * inner
    products = g.pixels * depth * g.outer
    axis = first_axis(g)
    wide = working(dtype)

    def rows_of(steps: Three) -> list[Axis]:
        return merged([*scaled(place_axes(g, steps), inner), Axis(inner, 1, 1)])

    # Where the pixels of a unit are counted at run time, their number has a factor to unroll by.
    factor = math.gcd(g.counts[2], 4) if axis == 2 else 1
    cut = units(g, factor, products, row_bytes(g, axis, wide.size))
    source = Source(g, cut, dtype)
    rows = rows_of(source.steps)
    tile = tiling(target, wide, rows, columns, 1)
    size = depth * g.outer * wide.size
    # Chunks: groups of units, each of which has a partial sum of its own, by parts of the filter.
    sums = max(1, min(cut.total, PARTIALS, max(2, PARTIAL_BYTES // max(size, 1))))
    per_sum = -(-cut.total // sums)
    sums = -(-cut.total // per_sum)
    part = int(rows[0].count)
    if size > SPLIT_BYTES:
        part = tile.length if tile.axis == 0 else 1
    parts = -(-int(rows[0].count) // part)
    levels = []
    for i, x in enumerate(pixel_axes(g, source.steps)):
        count: Index = "" if i == 0 and cut.per_image > 1 else x.count
        levels.append(Axis(count, x.a, x.b * g.outer))
    code = Code(target, named(form, g, dtype.name, inner, target.vector_bytes))
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
            held = code.minimum(part, code.add(rows[0].count, code.mul(-1, code.mul(slice_, part))))
            elements = code.mul(held, rows[0].b * g.outer)
        fill(code, code.offset(own, code.mul(start_row, g.outer), wide), elements, 0, wide)
        with unit_loop(code, cut, number, per_sum) as (image, start, limit):
            a = source.address(code, x, image, start)
            a = code.offset(a, code.mul(slice_, part * rows[0].a), source.dtype)
            pixel = code.add(
                code.mul(image, per_image), code.mul(start, math.prod(g.counts[axis + 1 :]))
            )
            b = code.offset(dy, code.mul(pixel, g.outer), dtype)
            counted = [v._replace(count=limit) if v.count == "" else v for v in levels]
            nest = Nest(
                rows=rows, levels=merged(counted), columns=columns, tiling=tile, a=source.dtype,
                b=dtype, panel_step=tile.vectors * target.lanes(wide.size), block=part,
                divisor=factor,
            )  # fmt: skip
            with each(code, groups) as group:
                first = code.mul(group, columns)

                def store(
                    acc: Val, row: Index, column: Index, mask: str | None, first: Index = first
                ) -> None:
                    at = code.add(code.mul(row, g.outer), code.add(first, column))
                    where = code.offset(own, at, wide)
                    before = code.load(where, wide, acc.lanes, mask)
                    code.store(plus(code, before, acc), where, wide, mask)

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
    code = Code(target, named("add_partials", count, sums, dtype.name, target.vector_bytes))
    partial, out = code.argument(0), code.argument(1)

    def some(at: Index, lanes: int) -> None:
        here = code.offset(partial, at, wide)
        zero = code.const(0, wide, lanes)
        with code.loop(0, sums, 1, [zero]) as loop:
            more = code.load(code.offset(here, code.mul(loop.index, count), wide), wide, lanes)
            loop.next = [plus(code, loop.values[0], more)]
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


__all__ = ["Tiling", "conv_by_filter", "conv_by_input", "conv_forward"]
