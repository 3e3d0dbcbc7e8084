"""Elements together in batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.data.elements import Flat
from tapeflow.engine.data.pipelines import Pipeline, Run, Slices


class Batched(Pipeline):
    """Batches of elements.

    Args:
      before: where elements come from.
      size: how many elements make a batch.
      drop: whether a last batch of fewer is left out.
      stack: makes the flat batch of the flat elements.
    """

    __slots__ = ("_before", "_drop", "_size", "_stack")

    def __init__(self, before: Pipeline, size: int, drop: bool, stack: Any) -> None:
        self._before = before
        self._size = size
        self._drop = drop
        self._stack = stack

    def start(self, run: Run) -> Iterator[Flat]:
        if isinstance(self._before, Slices):
            return self._slices(self._before.arrays)
        return self._batches(self._before.start(run))

    def _slices(self, arrays: Flat) -> Iterator[Flat]:
        size, n = self._size, len(arrays[0])
        for at in range(0, n - size + 1 if self._drop else n, size):
            yield tuple([a[at : at + size] for a in arrays])

    def _batches(self, elements: Iterator[Flat]) -> Iterator[Flat]:
        while batch := list(itertools.islice(elements, self._size)):
            if self._drop and len(batch) < self._size:
                return
            yield self._stack(batch)

    def cardinality(self) -> int:
        n = self._before.cardinality()
        if n < 0:
            return n
        return n // self._size if self._drop else -(-n // self._size)


def stack_arrays(batch: list[Flat]) -> Flat:
    """The arrays of several elements, stacked.

    Raises:
      tf.errors.InvalidArgumentError: when shapes differ.
    """
    return tuple([_stacked(i, [flat[i] for flat in batch]) for i in range(len(batch[0]))])


def _stacked(component: int, arrays: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    first = arrays[0].shape
    for i, array in enumerate(arrays):
        if array.shape != first:
            raise InvalidArgumentError(
                None,
                None,
                f"Cannot batch tensors with different shapes in component {component}. First "
                f"element had shape {list(first)} and element {i} had shape {list(array.shape)}.",
            )
    return np.stack(arrays)
