"""What AutoGraph makes of datasets and iterators: loops over them, and Python's builtins."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.autograph.builtin_overloads import overload_builtins
from tapeflow.engine.autograph.for_loops import stage_iteration
from tapeflow.engine.data.iterators import OwnedIterator
from tapeflow.engine.ops.debugging.assertions import Assert
from tapeflow.engine.ops.math.comparison import greater_equal
from tapeflow.engine.ops.math.logical import logical_not
from tapeflow.engine.runtime.convert import convert


def _length(dataset: Any) -> Any:
    count = dataset.cardinality()
    Assert(
        greater_equal(count, 0), ["len requires dataset with definitive cardinality, got", count]
    )
    return count


def _any(dataset: Any) -> Any:
    return dataset.filter(lambda x: x).take(1).reduce(convert(False), lambda _, found: found)


def _all(dataset: Any) -> Any:
    wrong = dataset.filter(logical_not).take(1)
    return wrong.reduce(convert(True), lambda _, found: found)


def register(dataset_class: Any) -> None:
    """Makes loops over datasets and iterators part of the graph that is traced.

    Args:
      dataset_class: the class of datasets.
    """

    def mapped(function: Any, *datasets: Any) -> Any:
        return (datasets[0] if len(datasets) == 1 else dataset_class.zip(datasets)).map(function)

    stage_iteration(dataset_class, lambda dataset: iter(dataset).advance, relax_shapes=True)
    stage_iteration(OwnedIterator, lambda iterator: iterator.advance)
    overload_builtins(
        dataset_class,
        all=_all,
        any=_any,
        enumerate=lambda dataset, start=0: dataset.enumerate(start),
        filter=lambda function, dataset: dataset.filter(function),
        len=_length,
        map=mapped,
        zip=lambda *datasets: dataset_class.zip(datasets),
    )
