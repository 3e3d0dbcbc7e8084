"""What AutoGraph makes of `for` loops over data sets and iterators, and of builtin functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.autograph.builtin_overloads import overload_builtins
from tapeflow.engine.autograph.for_loops import NextItem, stage_iteration
from tapeflow.engine.core import dtypes
from tapeflow.engine.data.dataset import DatasetV2
from tapeflow.engine.data.iterators import IteratorBase
from tapeflow.engine.ops.debugging import assertions
from tapeflow.engine.ops.math import comparison, logical, magnitude
from tapeflow.engine.runtime.convert import convert


def _items(iterator: IteratorBase) -> NextItem:
    def next_item() -> tuple[Any, Callable[[], Any]]:
        item = iterator.get_next_as_optional()
        return item.has_value(), item.get_value

    return next_item


def _items_of_dataset(dataset: DatasetV2) -> NextItem:
    return _items(iter(dataset))  # type: ignore[arg-type]


def _map(function: Callable[..., Any], *datasets: DatasetV2) -> DatasetV2:
    return (datasets[0] if len(datasets) == 1 else DatasetV2.zip(datasets)).map(function)


def _any(dataset: DatasetV2) -> Any:
    _require_booleans(dataset, "any")
    return dataset.reduce(convert(False), logical.logical_or)


def _all(dataset: DatasetV2) -> Any:
    _require_booleans(dataset, "all")
    return dataset.reduce(convert(True), logical.logical_and)


def _require_booleans(dataset: DatasetV2, name: str) -> None:
    spec = dataset.element_spec
    if getattr(spec, "dtype", None) is not dtypes.bool_ or spec.shape.rank != 0:
        raise ValueError(
            f'in graph mode, the "{name}" builtin expects the dataset to return bool scalars; '
            f"received elements of {spec}"
        )


def _len(dataset: DatasetV2) -> Any:
    count = dataset.cardinality()
    known = comparison.greater_equal(count, convert(0, dtypes.int64))
    assertions.Assert(known, ["len requires dataset with definitive cardinality, got", count])
    return count


stage_iteration(IteratorBase, _items)
stage_iteration(DatasetV2, _items_of_dataset, relax_shapes=True)
overload_builtins(
    DatasetV2,
    abs=lambda dataset: dataset.map(magnitude.abs),
    all=_all,
    any=_any,
    enumerate=lambda dataset, start: dataset.enumerate(start),
    filter=lambda function, dataset: dataset.filter(function),
    len=_len,
    map=_map,
    zip=lambda *datasets: DatasetV2.zip(datasets),
)
