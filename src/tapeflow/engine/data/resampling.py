"""The part of `tf.data.Dataset` that changes how often classes occur."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.autograph.conversion import convert_for_tracing
from tapeflow.engine.core import dtypes
from tapeflow.engine.data.combining import Combining
from tapeflow.engine.data.pipeline import Pipeline
from tapeflow.engine.data.sources import Sources
from tapeflow.engine.ops.array import dimensions, gathering, joining, repetition, sequences
from tapeflow.engine.ops.math import arithmetic, casting, comparison, extrema, folds
from tapeflow.engine.ops.random import stateful
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.tracing.graph import known_value

_ESTIMATED_FROM = 32
"""So many elements at a time go into the estimate of the distribution."""

_SMOOTHING = 10
"""So many elements of each class the estimate begins with."""


class Resampling(Pipeline):
    """Other distributions of classes."""

    def rejection_resample(
        self,
        class_func: Callable[..., Any],
        target_dist: Any,
        initial_dist: Any = None,
        seed: Any = None,
        name: str | None = None,
    ) -> Any:
        """Elements whose classes have another distribution: some are left out at random.

        Args:
          class_func: function of an element that returns its class, an int32 scalar.
          target_dist: the probability of each class, a vector of floats.
          initial_dist: the same of this dataset; by default estimated as elements come.
          seed: seed, combined with that of `tf.random.set_seed`.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset` of pairs of a class and an element.

        Raises:
          TypeError: when the distributions are no floats.

        Example:
          >>> import tapeflow as tf
          >>> tf.random.set_seed(1)
          >>> data = tf.data.Dataset.from_tensor_slices([0, 0, 0, 1] * 50)
          >>> even = data.rejection_resample(lambda x: x, [0.5, 0.5], [0.75, 0.25], seed=2)
          >>> sum(int(c) for c, _ in even.take(60)) in range(20, 41)
          True
        """
        target = _distribution(target_dist, "target_dist")
        to_class = convert_for_tracing(class_func)
        classes = self.map(class_func)  # type: ignore[attr-defined]
        if initial_dist is not None:
            initial = _distribution(initial_dist, "initial_dist")
            accepted, kept = _acceptance(initial, target)
            acceptance = Sources.from_tensors(accepted).repeat()
            unchanged = Sources.from_tensors(kept).repeat()
            share = _known_share(initial, target)
        else:
            estimated = _estimates(classes, target)
            both = estimated.map(lambda found: _acceptance(found, target))
            acceptance = both.map(lambda accepted, kept: accepted)
            unchanged = both.map(lambda accepted, kept: kept)
            share = None

        def paired(*element: Any) -> Any:
            whole = element[0] if len(element) == 1 else element
            return to_class(*element), whole

        def drawn(found: Any, accepted: Any, element: Any) -> Any:
            chance = gathering.gather(accepted, found)
            return comparison.less(stateful.uniform([], seed=seed, dtype=chance.dtype), chance)

        if share == 1.0:
            return self.map(paired)  # type: ignore[attr-defined]
        filtered = Combining.zip((classes, acceptance, self)).filter(drawn)
        filtered = filtered.map(lambda found, accepted, element: (found, element)).prefetch(3)
        if share == 0.0:
            return filtered
        weights = unchanged.map(lambda kept: joining.stack([kept, 1.0 - kept]))
        return Combining.sample_from_datasets(
            [self.map(paired), filtered],  # type: ignore[attr-defined]
            weights=weights,
            seed=seed,
            stop_on_empty_dataset=True,
        )


def _distribution(values: Any, what: str) -> Any:
    made = convert(values)
    if not made.dtype.is_floating:
        raise TypeError(
            f"rejection_resample: {what}: expected floats; received {made.dtype.name}"
        )
    return made


def _acceptance(initial: Any, target: Any) -> tuple[Any, Any]:
    """With which probability an element of each class is accepted, and any without a question.

    A mixture of the elements as they are and of those accepted has the target's distribution; the
    share of the former is as large as can be.
    """
    tiny = np.finfo(initial.dtype.np).tiny
    ratios = arithmetic.truediv(target, extrema.maximum(initial, tiny))
    highest, lowest = folds.reduce_max(ratios), folds.reduce_min(ratios)
    accepted = arithmetic.truediv(
        arithmetic.subtract(ratios, lowest), arithmetic.subtract(highest, lowest)
    )
    return accepted, lowest


def _known_share(initial: Any, target: Any) -> float | None:
    a, b = known_value(initial), known_value(target)
    if a is None or b is None:
        return None
    return float(np.min(b / np.maximum(a, np.finfo(a.dtype).tiny)))


def _estimates(classes: Any, target: Any) -> Any:
    """A dataset of the distribution as it is estimated when each element comes."""
    count = target.shape.as_list()[0]

    def estimate(seen: Any, batch: Any) -> Any:
        ones = sequences.one_hot(batch, count, dtype=dtypes.int64)
        seen = arithmetic.add(seen, folds.reduce_sum(ones, 0))
        found = casting.cast(arithmetic.truediv(seen, folds.reduce_sum(seen)), target.dtype)
        return seen, repetition.tile(dimensions.expand_dims(found, 0), [_ESTIMATED_FROM, 1])

    first = convert(np.full(count, _SMOOTHING, np.int64))
    return classes.batch(_ESTIMATED_FROM).scan(first, estimate).unbatch()
