"""Where a value's element comes from, as affine functions of the coordinates of a loop nest.

What a movement does to indices is read off its own NumPy kernel: called with an array that steps
through memory along one dimension only, it gives a view whose strides say how that dimension is
used. So no movement is described twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.ir.graph import known
from tapeflow.engine.ir.nest import ZERO, Affine, contiguous, summed

Access = tuple[Affine, ...]
"""An affine expression for each dimension of a value."""

VIEWS = frozenset(("slice", "transpose", "split", "unstack", "reverse", "identity", "broadcast"))
"""Movements whose kernels give views."""


def index_of(dims: Iterable[int], extents: Mapping[int, int]) -> Access:
    """The access whose dimensions are coordinates; one of extent 1 is always 0."""
    return tuple([Affine(0, ((d, 1),)) if extents[d] != 1 else ZERO for d in dims])


def at_identity(shape: tuple[int, ...]) -> Access:
    """The access at which dimension `i` of a value is coordinate `i`."""
    return index_of(range(len(shape)), dict(enumerate(shape)))


def flat(access: Access, shape: tuple[int, ...]) -> Affine:
    """The place of the element in an array in C order."""
    const = 0
    terms: list[tuple[int, int]] = []
    for a, stride in zip(access, contiguous(shape), strict=True):
        const += a.const * stride
        terms += [(d, c * stride) for d, c in a.terms]
    return summed(const, terms)


def broadcast_access(access: Access, shape: tuple[int, ...]) -> Access:
    """The access of an operand of this shape, broadcast to a result that is used at `access`."""
    lead = len(access) - len(shape)
    return tuple([ZERO if n == 1 else access[lead + i] for i, n in enumerate(shape)])


def view_access(node: Any, output: int, access: Access) -> Access | None:
    """The access of the first input of a movement whose output is used at `access`.

    Args:
      node: a movement whose kernel gives views, inputs static.
      output: which output.
      access: where it is used.

    Returns:
      An access, or None where the kernel copies after all.
    """
    found = _probed(node)
    if found is None:
        return None
    dims, consts = found[output]
    made = []
    for row, const in zip(dims, consts, strict=True):
        total = Affine(const, ())
        for a, coefficient in zip(access, row, strict=True):
            if coefficient:
                total = total.plus(a.times(coefficient))
        made.append(total)
    return tuple(made)


def _probed(node: Any) -> list[tuple[list[list[int]], list[int]]] | None:
    """For each output: coefficients and constants by dimension of the input."""
    shape = node.inputs[0].spec.shape
    rest = [_stand_in(v) for v in node.inputs[1:]]
    outputs = [v.spec.shape for v in node.outputs]
    memory = np.empty(max([*shape, 1]), np.uint8)
    start = memory.__array_interface__["data"][0]
    dims: list[list[list[int]]] = [[] for _ in outputs]
    consts: list[list[int]] = [[] for _ in outputs]
    for d in range(len(shape)):
        strides = [0] * len(shape)
        strides[d] = 1
        probe = np.lib.stride_tricks.as_strided(memory, shape, strides)
        made = node.prim.kernel(probe, *rest, **node.attrs)
        views = made if isinstance(made, (tuple, list)) else (made,)
        for i, view in enumerate(views):
            offset = view.__array_interface__["data"][0] - start
            if view.dtype != np.uint8 or not (0 <= offset < max(memory.size, 1)):
                return None
            dims[i].append([s if n > 1 else 0 for s, n in zip(view.strides, view.shape)])
            consts[i].append(offset)
    return list(zip(dims, consts, strict=True))


def _stand_in(value: Any) -> Any:
    found = known(value)
    return np.broadcast_to(np.zeros((), np.uint8), value.spec.shape) if found is None else found


class _Divided(NamedTuple):
    """An affine expression by a stride: whole strides, the rest, and how far that goes."""

    over: Affine
    under: Affine
    least: int
    most: int

    @staticmethod
    def by(at: Affine, stride: int, extents: dict[int, int]) -> _Divided:
        over = [(d, c // stride) for d, c in at.terms if c % stride == 0]
        under = [(d, c) for d, c in at.terms if c % stride]
        high, low = divmod(at.const, stride)
        least = low + sum(c * (extents[d] - 1) for d, c in under if c < 0)
        most = low + sum(c * (extents[d] - 1) for d, c in under if c > 0)
        return _Divided(summed(high, over), summed(low, under), least, most)


def reshaped_access(
    access: Access, shape: tuple[int, ...], before: tuple[int, ...], extents: dict[int, int]
) -> Access | None:
    """The access of a reshape's input, of shape `before`, whose result is used at `access`.

    Args:
      access: where the result, of shape `shape`, is used.
      shape: its shape.
      before: the input's shape.
      extents: the extent of each coordinate.

    Returns:
      An access, or None where it is not affine.
    """
    rest = flat(access, shape)
    made = []
    for stride, size in zip(contiguous(before), before, strict=True):
        if size == 1:
            made.append(ZERO)
            continue
        if stride == 1:
            made.append(rest)
            continue
        divided = _Divided.by(rest, stride, extents)
        if divided.most >= stride or divided.least < 0:
            return None
        made.append(divided.over)
        rest = divided.under
    return tuple(made)


def split_for(
    access: Access, shape: tuple[int, ...], before: tuple[int, ...], extents: dict[int, int]
) -> tuple[int, int] | None:
    """A coordinate, and its inner extent, whose splitting makes a reshape's access affine."""
    rest = flat(access, shape)
    for stride, size in zip(contiguous(before), before, strict=True):
        if size == 1 or stride == 1:
            continue
        divided = _Divided.by(rest, stride, extents)
        if divided.most >= stride:
            for d, c in divided.under.terms:
                inner = stride // c if c > 0 and stride % c == 0 else 0
                if inner > 1 and extents[d] > inner and extents[d] % inner == 0:
                    return d, inner
            return None
        rest = divided.under
    return None
