"""What AutoGraph makes of data sets and iterators: loops over them, and Python's builtins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.autograph.builtin_overloads import overload_builtins
from tapeflow.engine.autograph.for_loops import stage_iteration
from tapeflow.engine.core import dtypes
from tapeflow.engine.data.elements import flat_specs, from_tensors
from tapeflow.engine.data.iterators import IteratorBase, OwnedIterator, _iterator_op
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.debugging.assertions import Assert
from tapeflow.engine.ops.math.comparison import greater_equal
from tapeflow.engine.ops.math.logical import logical_not
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


def _next_or_nothing(iterator: Any, *, specs: tuple[Spec, ...]) -> tuple[Any, ...]:
    flat = iterator._take()
    if flat is not None:
        return np.array(True), *flat
    return np.array(False), *[_nothing(spec) for spec in specs[1:]]


def _nothing(spec: Spec) -> Any:
    """A value of the right kind in place of an element that is not there."""
    if spec.dtype in (dtypes.variant, dtypes.resource):
        return None
    shape = tuple([size or 0 for size in spec.shape or ()])
    filler: Any = b"" if spec.dtype is dtypes.string else 0
    return np.full(shape, filler, spec.dtype.np)


next_or_nothing_p = _iterator_op(
    "IteratorGetNextOrNothing", lambda iterator, *, specs: specs, _next_or_nothing
)


def _items(iterator: Any) -> Callable[[], tuple[Any, Any]]:
    """Begins to go through an iterator, in the graph that is traced."""
    traced = iterator._in_graph() if isinstance(iterator, OwnedIterator) else iterator
    element_spec = traced.element_spec
    known = [Spec(s.dtype, s.shape._dims) for s in flat_specs(element_spec)]
    specs = (Spec(dtypes.bool_, ()), *known)

    def next_item() -> tuple[Any, Any]:
        more, *tensors = apply(next_or_nothing_p, traced._resource, specs=specs)
        return more, from_tensors(element_spec, iter(tensors))

    return next_item


def _length(dataset: Any) -> Any:
    count = dataset.cardinality()
    Assert(
        greater_equal(count, 0), ["len requires dataset with definitive cardinality, got", count]
    )
    return count


def _any(dataset: Any) -> Any:
    return dataset.filter(lambda x: x).take(1).reduce(convert(False), lambda _, found: found)


def _all(dataset: Any) -> Any:
    wrong = dataset.filter(lambda x: logical_not(x)).take(1)
    return wrong.reduce(convert(True), lambda _, found: found)


def register(dataset_class: type) -> None:
    """Makes loops over data sets and iterators part of the graph that is traced.

    Args:
      dataset_class: the class of data sets.
    """
    zipped: Any = dataset_class.zip  # type: ignore[attr-defined]
    stage_iteration(dataset_class, lambda dataset: _items(iter(dataset)), relax_shapes=True)
    stage_iteration(IteratorBase, _items)
    overload_builtins(
        dataset_class,
        all=_all,
        any=_any,
        enumerate=lambda dataset, start=0: dataset.enumerate(start),
        filter=lambda function, dataset: dataset.filter(function),
        len=_length,
        map=lambda function, *datasets: (
            datasets[0] if len(datasets) == 1 else zipped(datasets)
        ).map(function),
        zip=lambda *datasets: zipped(datasets),
    )
