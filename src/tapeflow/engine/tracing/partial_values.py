"""What is known, while a function is traced, of the values of shapes and sizes.

`tf.reshape(x, [tf.shape(x)[0], 10])` has the static shape `(None, 10)`: shape rules are told the
values that integer tensors have, as far as they follow from static shapes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.ir.primitive import PURE, Primitive, Structural
from tapeflow.engine.ir.spec import Spec

MAX_ELEMENTS = 64
"""Tensors of more elements are no shapes; their values are not followed."""

# In place of the k-th unknown entry, `first + k * step`: where the results agree under all of
# these, they do not depend on the entries. Small and negative numbers are among them, or
# `minimum(n, 5)` would seem to be 5; the steps differ, or the difference of two entries would seem
# to be known.
_PROBES = ((1_000_003, 7), (2_000_029, 1_009), (1, 2), (-5, 3))


def propagate(
    prim: Primitive, inputs: list[Spec], attrs: dict[str, Any], outputs: list[Spec]
) -> None:
    """Puts into the outputs' specs what follows from the values known of the inputs."""
    if not inputs or prim.effect is not PURE:
        return
    for spec in inputs:
        if spec.value is None and spec.dims is None and not _is_entry(spec, prim):
            return
    for i, out in enumerate(outputs):
        # A rule may hand an input's spec on, or give one spec for several outputs.
        if any(out is spec for spec in (*inputs, *outputs[:i])):
            outputs[i] = Spec(out.dtype, out.shape)
            out = outputs[i]
        if out.value is not None or not _may_be_shape(out):
            return
        if out.shape is None or None in out.shape or _count(out.shape) > MAX_ELEMENTS:
            return
    if any(spec.value is not None and spec.value.size > MAX_ELEMENTS for spec in inputs):
        return
    partial = any(spec.value is None for spec in inputs)
    try:
        found = [
            prim.kernel(*_arrays(inputs, first, step), **attrs)
            for first, step in (_PROBES if partial else _PROBES[:1])
        ]
    except Exception:  # an error of the values is raised when the function runs
        return
    first = found[0] if isinstance(found[0], tuple) else (found[0],)
    if not partial:
        for out, value in zip(outputs, first, strict=True):
            out.value = np.asarray(value)
        return
    others = [out if isinstance(out, tuple) else (out,) for out in found[1:]]
    for out, *values in zip(outputs, first, *others, strict=True):
        a, *rest = [np.asarray(value) for value in values]
        if a.ndim > 1 or a.dtype.kind not in "iu" or any(b.shape != a.shape for b in rest):
            continue
        same = np.logical_and.reduce([a == b for b in rest])
        if same.all():
            out.value = a
        else:
            flat = zip(a.reshape(-1).tolist(), same.reshape(-1).tolist(), strict=True)
            out.dims = tuple([value if known else None for value, known in flat])


def _is_entry(spec: Spec, prim: Primitive) -> bool:
    """Whether an integer of unknown value is made part of a vector of which the rest is known."""
    if spec.shape != () or not spec.dtype.is_integer:
        return False
    return isinstance(prim.lower, Structural) and prim.lower.kind == "Movement"


def _may_be_shape(out: Spec) -> bool:
    """Whether to follow its values: integers, and numbers that ranges are made of."""
    if out.dtype.is_integer or out.dtype.is_bool:
        return True
    return out.dtype.is_floating and out.shape == ()


def _count(shape: tuple[Any, ...]) -> int:
    total = 1
    for d in shape:
        total *= d
    return total


def _arrays(specs: list[Spec], first: int, step: int) -> list[np.ndarray[Any, Any]]:
    """The values, with a number of its own for each entry that is not known."""
    made = []
    for spec in specs:
        if spec.value is not None:
            made.append(spec.value)
            continue
        assert spec.shape is not None
        entries = []
        for d in spec.dims or (None,):
            entries.append(first if d is None else d)
            first += step
        made.append(np.array(entries, spec.dtype.np).reshape([d or 0 for d in spec.shape]))
    return made
