"""Methods of data sets that put the same elements together in another way."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import nest
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.data import pipelines
from tapeflow.engine.data.batching import Batched
from tapeflow.engine.data.composites import batch_spec, row_spec, stacker
from tapeflow.engine.data.described import Described, int64, wider_of
from tapeflow.engine.data.generators import Prefetched
from tapeflow.engine.data.shuffling import Shuffled, shuffle_seeds
from tapeflow.engine.runtime.convert import static_value


class Rearranging(Described):
    """`batch`, `shuffle`, `repeat` and their relatives."""

    def batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Any:
        """Elements together in batches.

        Args:
          batch_size: how many make a batch.
          drop_remainder: whether a last batch of fewer is left out; the size is static then.
          num_parallel_calls: accepted and not used.
          deterministic: accepted: the order is always that of the elements.
          name: ignored.

        Returns:
          A data set of elements with a first dimension more.

        Raises:
          tf.errors.InvalidArgumentError: when `batch_size` is not positive; (while iterating) when
            shapes differ.
        """
        known = static_value(batch_size)
        size = int(known) if drop_remainder and known is not None else None
        spec = nest.map_structure(lambda s: batch_spec(s, size), self.element_spec)
        stack = stacker(self.element_spec)

        def build(before: Any, count: Any) -> Any:
            if count <= 0:
                raise InvalidArgumentError(
                    None, None, "BatchDatasetV2: Batch size must be greater than zero."
                )
            return Batched(before, int(count), bool(drop_remainder), stack)

        kind = "_BatchDataset" if num_parallel_calls is None else "_ParallelBatchDataset"
        return self._then(kind, build, spec, int64(batch_size))

    def unbatch(self, name: str | None = None) -> Any:
        """The rows of each element, one by one.

        Args:
          name: ignored.

        Returns:
          A data set of elements with a first dimension less.
        """
        spec = nest.map_structure(row_spec, self.element_spec)
        return self._then("_UnbatchDataset", pipelines.Unbatched, spec)

    def shuffle(
        self,
        buffer_size: Any,
        seed: Any = None,
        reshuffle_each_iteration: bool | None = True,
        name: str | None = None,
    ) -> Any:
        """The elements in random order, each drawn from a buffer of those next in line.

        Args:
          buffer_size: elements in the buffer; only one as large as the data set shuffles it well.
          seed: together with the global seed, gives the order that TensorFlow gives.
          reshuffle_each_iteration: whether each iteration has an order of its own.
          name: ignored.

        Returns:
          A data set.

        Raises:
          tf.errors.InvalidArgumentError: when `buffer_size` is not positive.
        """
        seeds = shuffle_seeds(None if seed is None else int(static_value(seed)))  # type: ignore[arg-type]
        anew = reshuffle_each_iteration is None or bool(reshuffle_each_iteration)

        def build(before: Any, size: Any) -> Any:
            if size <= 0 and size != pipelines.UNKNOWN:
                raise InvalidArgumentError(
                    None,
                    None,
                    "ShuffleDatasetV3: buffer_size must be greater than zero or "
                    f"UNKNOWN_CARDINALITY; received {int(size)}",
                )
            return Shuffled(before, int(size), seeds, anew)

        return self._then("_ShuffleDataset", build, self.element_spec, int64(buffer_size))

    def repeat(self, count: Any = None, name: str | None = None) -> Any:
        """The elements again and again.

        Args:
          count: how often; None or -1 for ever.
          name: ignored.

        Returns:
          A data set.
        """

        def build(before: Any, times: Any) -> Any:
            return pipelines.Repeated(before, int(times))

        times = int64(-1 if count is None else count)
        return self._then("_RepeatDataset", build, self.element_spec, times)

    def take(self, count: Any, name: str | None = None) -> Any:
        """The first elements.

        Args:
          count: how many; -1 for all.
          name: ignored.

        Returns:
          A data set.
        """

        def build(before: Any, n: Any) -> Any:
            return pipelines.Part(before, 0, int(n)) if n >= 0 else before

        return self._then("_TakeDataset", build, self.element_spec, int64(count))

    def skip(self, count: Any, name: str | None = None) -> Any:
        """The elements after the first ones.

        Args:
          count: how many to leave out; -1 for all.
          name: ignored.

        Returns:
          A data set.
        """

        def build(before: Any, n: Any) -> Any:
            return pipelines.Part(before, int(n), None) if n >= 0 else pipelines.Elements([])

        return self._then("_SkipDataset", build, self.element_spec, int64(count))

    def concatenate(self, dataset: Any, name: str | None = None) -> Any:
        """The elements of another data set after those of this one.

        Args:
          dataset: the other one.
          name: ignored.

        Returns:
          A data set.

        Raises:
          TypeError: when their elements are not of one type.
        """
        spec = wider_of(self.element_spec, dataset.element_spec)
        if spec is None:
            raise TypeError(
                f"Incompatible dataset elements:\n  {self.element_spec} vs.   "
                f"{dataset.element_spec}"
            )
        return self._then(
            "_ConcatenateDataset", pipelines.Concatenated, spec, dataset._variant_tensor
        )

    def enumerate(self, start: Any = 0, name: str | None = None) -> Any:
        """Pairs of a number and an element.

        Args:
          start: the first number.
          name: ignored.

        Returns:
          A data set.
        """
        last = np.iinfo(np.int64).max
        return self._concrete.zip(self._concrete.range(start, last), self)

    def cache(self, filename: Any = "", name: str | None = None) -> Any:
        """Keeps the elements in memory once they were gone through.

        Args:
          filename: must be empty: files are not supported yet.
          name: ignored.

        Returns:
          A data set.

        Raises:
          NotImplementedError: when a file is named.
        """
        if filename not in ("", b""):
            raise NotImplementedError(
                f"Dataset.cache: filename: expected '' (memory); received {filename!r}"
            )
        return self._then("CacheDataset", pipelines.Cached, self.element_spec)

    def prefetch(self, buffer_size: Any, name: str | None = None) -> Any:
        """Makes elements ahead of time.

        A thread does so where elements come from a Python generator, which may wait for something.

        Args:
          buffer_size: how many elements; `tf.data.AUTOTUNE` leaves it open.
          name: ignored.

        Returns:
          A data set.

        Raises:
          tf.errors.InvalidArgumentError: when it is below -1.
        """

        def build(before: Any, size: Any) -> Any:
            if size < -1:
                raise InvalidArgumentError(
                    None,
                    None,
                    "PrefetchDataset: buffer_size must be >= 0 or set buffer_size to be -1 for "
                    f"auto-tuning; received {int(size)}",
                )
            return Prefetched(before, 2 if size < 0 else max(1, int(size))) if size else before

        return self._then("_PrefetchDataset", build, self.element_spec, int64(buffer_size))
