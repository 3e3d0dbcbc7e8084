"""The part of `tf.data.Dataset` that makes one dataset of several."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.specs import TensorSpec
from tapeflow.engine.data.pipeline import Pipeline, make_dataset
from tapeflow.engine.data.sources import Sources
from tapeflow.engine.data.stages.nesting import ChooseStage
from tapeflow.engine.data.stages.selection import ConcatenateStage, ZipStage
from tapeflow.engine.data.stages.stage import build
from tapeflow.engine.data.structure import common_spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.tracing.graph import known_value


class Combining(Pipeline):
    """Several datasets as one."""

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> Any:
        """Elements of several datasets side by side, until one of them ends.

        Args:
          *args: datasets, or one nest of them.
          datasets: the same, by name.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset` whose elements have the structure of the arguments.

        Raises:
          TypeError: for arguments that are no datasets, or lists of them.

        Example:
          >>> import tapeflow as tf
          >>> a, b = tf.data.Dataset.range(3), tf.data.Dataset.range(10, 15)
          >>> [(int(x), int(y)) for x, y in tf.data.Dataset.zip(a, b)]
          [(0, 10), (1, 11), (2, 12)]
        """
        if not args and datasets is None:
            raise TypeError("Must pass at least one dataset to `zip`.")
        if args and datasets is not None:
            raise TypeError("Both `*args` and `datasets` cannot be set.")
        if len(args) == 1:
            datasets = args[0]
        elif args:
            datasets = args
        leaves = _datasets_in(datasets)
        if not leaves:
            raise InvalidArgumentError(
                None, None, "zip: datasets: expected one dataset at least; received none"
            )
        if isinstance(datasets, Pipeline):
            spec = datasets.element_spec
        else:
            spec = nest.pack_sequence_as(datasets, [d.element_spec for d in leaves])
        variant = build(ZipStage, *[d._variant_tensor for d in leaves])
        return make_dataset(ZipStage.kind, variant, spec, *leaves)

    def concatenate(self, dataset: Any, name: str | None = None) -> Any:
        """The elements of this dataset, then those of another.

        Args:
          dataset: the other one, with elements of the same structure and dtypes.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          TypeError: when elements differ in structure or dtype.

        Example:
          >>> import tapeflow as tf
          >>> [int(x) for x in tf.data.Dataset.range(2).concatenate(tf.data.Dataset.range(3))]
          [0, 1, 0, 1, 2]
        """
        spec = common_spec(self.element_spec, dataset.element_spec)
        if spec is None:
            raise TypeError(
                f"Incompatible dataset elements:\n  {self.element_spec} vs. "
                f"  {dataset.element_spec}"
            )
        return self._stage(ConcatenateStage, dataset._variant_tensor, spec=spec, others=(dataset,))

    def enumerate(self, start: Any = 0, name: str | None = None) -> Any:
        """Pairs of a number and an element.

        Args:
          start: the first number.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset` of pairs; numbers are int64.

        Example:
          >>> import tapeflow as tf
          >>> for i, x in tf.data.Dataset.from_tensor_slices(["a", "b"]).enumerate(start=5):
          ...     print(int(i), x.numpy())
          5 b'a'
          6 b'b'
        """
        return Combining.zip(Sources.counter(start), self)

    @staticmethod
    def choose_from_datasets(
        datasets: Any, choice_dataset: Any, stop_on_empty_dataset: bool = True
    ) -> Any:
        """Elements of several datasets; another one says of which.

        Args:
          datasets: list of datasets with elements of the same structure and dtypes.
          choice_dataset: dataset of int64 scalars, numbers of datasets.
          stop_on_empty_dataset: whether to end when a dataset that is chosen has ended; otherwise
            it is passed over.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          TypeError: when elements don't agree, or choices aren't int64 scalars.
          ValueError: when there are no datasets.

        Example:
          >>> import tapeflow as tf
          >>> letters = [tf.data.Dataset.from_tensors(x).repeat(2) for x in ("a", "b")]
          >>> choices = tf.data.Dataset.from_tensor_slices(tf.constant([0, 1, 1, 0], tf.int64))
          >>> chosen = tf.data.Dataset.choose_from_datasets(letters, choices)
          >>> list(chosen.as_numpy_iterator())
          [b'a', b'b', b'b', b'a']
        """
        if not datasets:
            raise ValueError("Invalid `datasets`. `datasets` should not be empty.")
        if not isinstance(choice_dataset, Pipeline):
            raise TypeError(
                "Invalid `choice_dataset`. `choice_dataset` should be a `tf.data.Dataset` but is "
                f"{type(choice_dataset)}."
            )
        found = choice_dataset.element_spec
        if not (isinstance(found, TensorSpec) and TensorSpec([], dtypes.int64) == found):
            raise TypeError(
                "Invalid `choice_dataset`. Elements of `choice_dataset` must be scalar `tf.int64` "
                f"tensors but are {found}."
            )
        return _chosen(choice_dataset, datasets, stop_on_empty_dataset)

    @staticmethod
    def sample_from_datasets(
        datasets: Any,
        weights: Any = None,
        seed: Any = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: bool | None = None,
    ) -> Any:
        """Elements of several datasets, of which one is drawn each time.

        Args:
          datasets: list of datasets with elements of the same structure and dtypes.
          weights: probability of each, a vector or a dataset of vectors; by default equal ones.
          seed: seed, combined with that of `tf.random.set_seed`.
          stop_on_empty_dataset: whether to end when a dataset that is drawn has ended; otherwise
            it is passed over.
          rerandomize_each_iteration: whether iterations differ.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          TypeError: when elements don't agree.
          ValueError: when there are no datasets, or not as many weights.

        Example:
          >>> import tapeflow as tf
          >>> tf.random.set_seed(7)
          >>> a, b = tf.data.Dataset.range(3), tf.data.Dataset.range(10, 13)
          >>> mixed = tf.data.Dataset.sample_from_datasets([a, b], seed=3)
          >>> sorted(int(x) for x in mixed)
          [0, 1, 2, 10, 11, 12]
        """
        if not datasets:
            raise ValueError("Invalid `datasets`. `datasets` should not be empty.")
        if not isinstance(weights, Pipeline) and weights is not None:
            weights = convert(weights)
            if weights.shape.rank != 1:
                raise ValueError(
                    f"Invalid `weights`. The shape of `weights` should be [len(datasets)] but is "
                    f"{weights.shape}."
                )
            if weights.dtype not in (dtypes.float32, dtypes.float64):
                raise TypeError(
                    "Invalid `weights`. `weights` type must be either `tf.float32` or "
                    f"`tf.float64` but is {weights.dtype}."
                )
            if weights.shape.as_list()[0] != len(datasets):
                raise ValueError(
                    "Invalid `weights`. `weights` should have the same length as `datasets` but "
                    f"got `len(weights)={weights.shape.as_list()[0]}` vs. "
                    f"`len(datasets)={len(datasets)}`."
                )
            datasets, weights = _with_weight(datasets, weights)
        if len(datasets) == 1:
            return datasets[0]
        draws = _draws(len(datasets), weights, seed, rerandomize_each_iteration)
        return _chosen(draws, datasets, stop_on_empty_dataset)


def _with_weight(datasets: Any, weights: Any) -> tuple[Any, Any]:
    """The datasets that may be drawn: one of weight zero never ends."""
    known = known_value(weights)
    if known is None or (known > 0).all():
        return datasets, weights
    kept = [i for i, weight in enumerate(known) if weight > 0]
    if not kept:
        return [datasets[0].take(0)], weights
    return [datasets[i] for i in kept], convert(known[kept])


def _draws(count: int, weights: Any, seed: Any, anew: bool | None) -> Any:
    """A dataset of numbers below `count`, drawn as TensorFlow draws them."""
    from tapeflow.engine.ops.array.dimensions import squeeze
    from tapeflow.engine.ops.math.exponentials import log
    from tapeflow.engine.ops.random.stateless import stateless_categorical

    def draw(logits: Any, seeds: Any) -> Any:
        return squeeze(stateless_categorical(logits, 1, seed=seeds), [0, 1])

    if weights is None:
        weights = convert(np.full(count, 1.0 / count))
    randoms = Sources.random(seed, rerandomize_each_iteration=anew)
    seeds = randoms.batch(2)
    if isinstance(weights, Pipeline):
        logits = weights.map(lambda p: log(p)[None])  # type: ignore[attr-defined]
        return Combining.zip((logits, seeds)).map(draw)
    fixed = log(weights)[None]
    return seeds.map(lambda s: draw(fixed, s))


def _chosen(choices: Any, datasets: Any, stop: bool) -> Any:
    spec = datasets[0].element_spec
    for i, other in enumerate(datasets[1:], start=1):
        common = common_spec(spec, other.element_spec)
        if common is None:
            raise TypeError(
                "Invalid `datasets`. `datasets` must have compatible element specs.\n Dataset 0 "
                f"element_spec={datasets[0].element_spec}.\nDataset {i} "
                f"element_spec={other.element_spec}."
            )
        spec = common
    variants = [d._variant_tensor for d in datasets]
    variant = build(ChooseStage, choices._variant_tensor, *variants, stop_on_empty=bool(stop))
    return make_dataset(ChooseStage.kind, variant, spec, *datasets)


def _datasets_in(structure: Any) -> list[Any]:
    """The datasets in a nest, in order."""
    if isinstance(structure, list):
        raise TypeError(
            "Invalid input to `zip`. Inputs are expected to be (nested) structures of "
            "`tf.data.Dataset` objects. Python `list` is not supported and you should use `tuple` "
            "instead."
        )
    if isinstance(structure, Pipeline):
        return [structure]
    if not nest.is_nested(structure):
        raise TypeError(
            "Invalid input to `zip`. Inputs are expected to be (nested) structures of "
            f"`tf.data.Dataset` objects but encountered object of type {type(structure)}."
        )
    return [d for part in nest._parts(structure, False) for d in _datasets_in(part)]
