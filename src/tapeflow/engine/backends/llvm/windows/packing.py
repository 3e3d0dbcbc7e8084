"""Filters laid out for the kernels: panel by panel, and turned around for the other direction."""

from __future__ import annotations

import math
from typing import NamedTuple

from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, working
from tapeflow.engine.backends.llvm.windows.geometry import Three
from tapeflow.engine.backends.llvm.windows.nest import Index
from tapeflow.engine.backends.llvm.windows.staging import copy, fill
from tapeflow.engine.backends.llvm.windows.units import kernel_of
from tapeflow.engine.core.dtypes import DType


class Layout(NamedTuple):
    """A packed filter `[group, panel, place, inner, column of the panel]`.

    Attributes:
      window: extents of the window.
      groups: how many groups of channels.
      inner: channels that are summed over, in a group.
      columns: channels of results, in a group.
      panel: columns of a panel; those missing in the last one are zeros.
      strides: the convolution's, where the filter is turned around. Places that are a multiple of
        the stride apart are neighbours then: a result needs just these.
    """

    window: Three
    groups: int
    inner: int
    columns: int
    panel: int
    strides: Three = (1, 1, 1)

    @property
    def panels(self) -> int:
        """How many panels a group has."""
        return -(-self.columns // self.panel)

    @property
    def places(self) -> int:
        """How many places the window has."""
        return math.prod(self.window)

    @property
    def group_size(self) -> int:
        """Elements of a group."""
        return self.panels * self.panel_size

    @property
    def panel_size(self) -> int:
        """Elements of a panel."""
        return self.places * self.inner * self.panel


def same_phase(code: Code, window: int, stride: int, first: Index) -> tuple[Index, Index]:
    """Places `first`, `first + stride`, ...: where they begin in a turned filter, and how many."""
    if stride == 1:
        return 0, window
    start = code.add(code.mul(first, window // stride), code.minimum(first, window % stride))
    count, _ = code.divmod(code.add(window + stride - 1, code.mul(-1, first)), stride)
    return start, count


def _chunk(code: Code, layout: Layout, chunk: Index) -> tuple[Index, Index, Index, Index]:
    """Group, first column, columns and place of a chunk."""
    outer, place = code.divmod(chunk, layout.places)
    group, part = code.divmod(outer, layout.panels)
    first = code.mul(part, layout.panel)
    held: Index = layout.panel
    if layout.columns % layout.panel:
        held = code.minimum(layout.panel, code.add(layout.columns, code.mul(-1, first)))
    return group, first, held, place


def pack(target: Target, layout: Layout, dtype: DType) -> tuple[Kernel, int]:
    """The kernel that packs a filter as it stands, `(filter, packed)`, and the bytes it writes."""
    wide = working(dtype)
    inner, panel = layout.inner, layout.panel
    row = layout.columns * layout.groups
    code = Code(target)
    w, out = code.argument(0), code.argument(1)
    with code.loop("%begin", "%end") as chunk:
        group, first, held, place = _chunk(code, layout, chunk.index)
        to = code.offset(out, code.mul(chunk.index, inner * panel), wide)
        if held != panel:
            fill(code, to, inner * panel, 0, wide)
        at = code.add(code.mul(place, inner * row), code.mul(group, layout.columns))
        source = code.offset(w, code.add(at, first), dtype)
        with code.loop(0, inner) as k:
            copy(
                code, code.offset(to, code.mul(k.index, panel), wide),
                code.offset(source, code.mul(k.index, row), dtype), held, dtype, wide,
            )  # fmt: skip
    return _finished(code, layout, dtype)


def pack_turned(target: Target, layout: Layout, dtype: DType) -> tuple[Kernel, int]:
    """The same for a filter of the other direction, `[place, column, inner]`, places in reverse."""
    wide = working(dtype)
    inner, panel = layout.inner, layout.panel
    row = inner * layout.groups
    code = Code(target)
    w, out = code.argument(0), code.argument(1)
    with code.loop("%begin", "%end") as chunk:
        group, first, held, place = _chunk(code, layout, chunk.index)
        begin = code.add(code.mul(chunk.index, 1), code.mul(-1, place))
        turned: Index = 0
        rest = place
        for axis, size in ((2, 1), (1, layout.window[2]), (0, layout.window[1] * layout.window[2])):
            rest, k = code.divmod(rest, layout.window[axis])
            step, phase = code.divmod(k, layout.strides[axis])
            start, count = same_phase(code, layout.window[axis], layout.strides[axis], phase)
            position = code.add(code.add(start, code.add(count, -1)), code.mul(-1, step))
            turned = code.add(turned, code.mul(position, size))
        to = code.offset(out, code.mul(code.add(begin, turned), inner * panel), wide)
        if held != panel:
            fill(code, to, inner * panel, 0, wide)
        at = code.add(code.mul(place, layout.columns), first)
        source = code.offset(w, code.mul(at, row), dtype)
        source = code.offset(source, code.mul(group, inner), dtype)
        with code.loop(0, held) as column:
            line = code.offset(source, code.mul(column.index, row), dtype)
            there = code.offset(to, column.index, wide)
            with code.loop(0, inner) as depth:
                value = code.load(code.offset(line, depth.index, dtype), dtype)
                code.store(value, code.offset(there, code.mul(depth.index, panel), wide), wide)
    return _finished(code, layout, dtype)


def _finished(code: Code, layout: Layout, dtype: DType) -> tuple[Kernel, int]:
    wide = working(dtype)
    count = layout.groups * layout.group_size
    chunks = layout.groups * layout.panels * layout.places
    kernel = kernel_of(code, chunks, 0, 0, count * (dtype.size + wide.size), "pack filter")
    return kernel, count * wide.size
