"""Walks a tape's records backwards and adds up cotangents."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from tapeflow.engine.core.dtypes import variant
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE
from tapeflow.engine.ops.array.creation import ones_like, zeros_like
from tapeflow.engine.ops.control_flow.tensor_lists import add_lists
from tapeflow.engine.ops.math.arithmetic import add
from tapeflow.engine.runtime import upward
from tapeflow.engine.runtime.convert import convert_operand
from tapeflow.engine.runtime.indexed_slices import IndexedSlices, add_slices
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor

Record = tuple[Any, tuple[Any, ...], tuple[Any, ...], dict[str, Any]]
"""One execution: primitive (or what stands for one), inputs, outputs, attributes."""


class VjpContext(NamedTuple):
    """What a gradient rule sees of the execution it differentiates.

    Attributes:
      inputs: the input tensors.
      outputs: the output tensors.
      attrs: the attributes.
      needs: for each input, whether its cotangent is wanted; rules may give None for the others.
    """

    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    attrs: dict[str, Any]
    needs: list[bool]


# Makes a context without the Python frame that calling the class would cost.
_context = partial(tuple.__new__, VjpContext)

_HANDS_ON_SLICES = frozenset(("Identity", "ReadVariableOp"))
"""Operations whose gradient is what comes in, also where that is `IndexedSlices`."""


def accumulate(a: Any, b: Any) -> Any:
    """The sum of two cotangents, sparse where both are."""
    if isinstance(a, IndexedSlices) or isinstance(b, IndexedSlices):
        return add_slices(a, b)
    if a.dtype is variant:
        return add_lists(a, b)
    return add(a, b)


def backward(
    records: Sequence[Record],
    tracked: set[int] | frozenset[int],
    cotangents: dict[int, Any],
    keep: frozenset[int],
) -> None:
    """Propagates cotangents from outputs to inputs, newest record first.

    Args:
      records: in the order of execution.
      tracked: ids of tensors whose cotangents are wanted.
      cotangents: id of a tensor or variable handle -> its cotangent; the seeds on entry. On return
        it holds the cotangents of what was not computed by a record, and of `keep`.
      keep: ids whose cotangents must survive even though a record produced them.
    """
    pop = cotangents.pop
    get = cotangents.get
    for prim, inputs, outputs, attrs in reversed(records):
        if len(outputs) == 1:
            key = id(outputs[0])
            dy = pop(key, None)
            if dy is None:
                continue
            if key in keep:
                cotangents[key] = dy
            if type(dy) is not EagerTensor and type(dy) is IndexedSlices:
                if prim.name not in _HANDS_ON_SLICES:
                    dy = dy.densify()
            if prim.vjp is NOT_DIFFERENTIABLE:
                continue
            if len(inputs) == 1:
                dx = prim.vjp(_context((inputs, outputs, attrs, _NEEDED)), dy)[0]
                if dx is not None:
                    key = id(inputs[0])
                    before = get(key)
                    cotangents[key] = dx if before is None else accumulate(before, dx)
                continue
            if len(inputs) == 2:  # spelled out: a comprehension is a call of its own
                needs = [id(inputs[0]) in tracked, id(inputs[1]) in tracked]
            else:
                needs = [id(x) in tracked for x in inputs]
            grads = prim.vjp(_context((inputs, outputs, attrs, needs)), dy)
        else:
            if prim.vjp is NOT_DIFFERENTIABLE:
                continue
            found = [get(id(y)) for y in outputs]
            if all(d is None for d in found):
                continue
            for y in outputs:
                if id(y) not in keep:
                    pop(id(y), None)
            if getattr(prim, "accepts_none", False):
                dys = [None if d is None else _dense(d) for d in found]
            else:
                dys = [
                    _zeros(y) if d is None else _dense(d)
                    for d, y in zip(found, outputs, strict=True)
                ]
            needs = [id(x) in tracked for x in inputs]
            grads = prim.vjp(_context((inputs, outputs, attrs, needs)), *dys)
        for i, dx in enumerate(grads):
            if dx is not None and needs[i]:
                key = id(inputs[i])
                before = get(key)
                cotangents[key] = dx if before is None else accumulate(before, dx)


# An execution with one input is recorded only because that input is tracked.
_NEEDED = [True]


def add_reads(reads: Sequence[tuple[Any, int]], cotangents: dict[int, Any]) -> None:
    """Adds up, for each variable, the cotangents of the tensors that were read from it.

    Args:
      reads: tensors with the ids of the handles of the variables they were read from.
      cotangents: what `backward` left; the sums are put in under the handles' ids.
    """
    for tensor, key in reads:
        dy = cotangents.get(id(tensor))
        if dy is not None:
            before = cotangents.get(key)
            cotangents[key] = dy if before is None else accumulate(before, dy)


def _dense(dy: Any) -> Any:
    return dy.densify() if isinstance(dy, IndexedSlices) else dy


def _zeros(y: Any) -> Any:
    dtype = y.dtype
    if dtype.is_floating or dtype.is_complex or dtype.is_integer or dtype.is_bool:
        return zeros_like(y)
    return None


def seed_for(target: Tensor) -> Any:
    """The cotangent that a target starts with: ones."""
    if isinstance(target, EagerTensor) and not target._array.ndim:
        return convert_operand(1, target, "seed")
    return ones_like(target)


def _eager_gradients(*arguments: Any) -> Any:
    from tapeflow.engine.autodiff.eager_calls import eager_gradients

    return eager_gradients(*arguments)


upward.provide(eager_gradients=_eager_gradients)
