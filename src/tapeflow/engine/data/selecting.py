"""The part of `tf.data.Dataset` that chooses, repeats and orders elements as they are."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.data.pipeline import Pipeline
from tapeflow.engine.data.pipeline import count as count_of
from tapeflow.engine.data.random_order import seed_pair
from tapeflow.engine.data.stages.prefetching import PrefetchStage
from tapeflow.engine.data.stages.selection import (
    CacheStage,
    RepeatStage,
    ShardStage,
    SkipStage,
    TakeStage,
)
from tapeflow.engine.data.stages.shuffling import ShuffleStage
from tapeflow.engine.runtime.convert import convert


class Selecting(Pipeline):
    """Transformations that leave elements as they are."""

    def take(self, count: Any, name: str | None = None) -> Any:
        """The first elements.

        Args:
          count: how many, an int64 scalar; -1 for all.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Example:
          >>> import tapeflow as tf
          >>> [int(x) for x in tf.data.Dataset.range(10).take(3)]
          [0, 1, 2]
        """
        return self._stage(TakeStage, count_of(count))

    def skip(self, count: Any, name: str | None = None) -> Any:
        """The elements behind the first ones.

        Args:
          count: how many to leave out, an int64 scalar; -1 for all.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Example:
          >>> import tapeflow as tf
          >>> [int(x) for x in tf.data.Dataset.range(5).skip(3)]
          [3, 4]
        """
        return self._stage(SkipStage, count_of(count))

    def repeat(self, count: Any = None, name: str | None = None) -> Any:
        """The elements several times.

        Args:
          count: how often, an int64 scalar; None or -1 for ever.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Example:
          >>> import tapeflow as tf
          >>> [int(x) for x in tf.data.Dataset.range(2).repeat(2)]
          [0, 1, 0, 1]
        """
        return self._stage(RepeatStage, count_of(-1 if count is None else count))

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> Any:
        """Every `num_shards`th element.

        Args:
          num_shards: an int64 scalar.
          index: number of the first one, an int64 scalar below `num_shards`.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          tf.errors.InvalidArgumentError: when `index` isn't in [0, num_shards).

        Example:
          >>> import tapeflow as tf
          >>> [int(x) for x in tf.data.Dataset.range(7).shard(3, 1)]
          [1, 4]
        """
        return self._stage(ShardStage, count_of(num_shards), count_of(index))

    def shuffle(
        self,
        buffer_size: Any,
        seed: Any = None,
        reshuffle_each_iteration: bool | None = True,
        name: str | None = None,
    ) -> Any:
        """The elements in random order, TensorFlow's for the same seeds.

        Args:
          buffer_size: among how many elements the next one is drawn, an int64 scalar;
            `tf.data.UNKNOWN_CARDINALITY` for all.
          seed: seed, combined with that of `tf.random.set_seed`.
          reshuffle_each_iteration: whether each iteration has an order of its own.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          tf.errors.InvalidArgumentError: when `buffer_size` isn't positive.

        Example:
          >>> import tapeflow as tf
          >>> tf.random.set_seed(1)
          >>> [int(x) for x in tf.data.Dataset.range(10).shuffle(10, seed=5)]
          [5, 2, 3, 4, 7, 1, 8, 0, 6, 9]
        """
        size = count_of(buffer_size)
        again = reshuffle_each_iteration is None or bool(reshuffle_each_iteration)
        return self._stage(ShuffleStage, size, *seed_pair(seed), reshuffle=again)

    def cache(self, filename: Any = "", name: str | None = None) -> Any:
        """The elements, kept in memory when an iteration has come to the end of them.

        Args:
          filename: empty; files are not supported.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          tf.errors.UnimplementedError: for the name of a file.

        Example:
          >>> import tapeflow as tf
          >>> dataset = tf.data.Dataset.range(3).map(lambda x: x * x).cache()
          >>> [int(x) for x in dataset], [int(x) for x in dataset]
          ([0, 1, 4], [0, 1, 4])
        """
        return self._stage(CacheStage, convert(filename, dtypes.string))

    def prefetch(self, buffer_size: Any, name: str | None = None) -> Any:
        """The elements, some of them computed before they are asked for.

        Args:
          buffer_size: how many, an int64 scalar; `tf.data.AUTOTUNE` leaves it to the pipeline.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          tf.errors.InvalidArgumentError: when `buffer_size` is below -1.

        Example:
          >>> import tapeflow as tf
          >>> [int(x) for x in tf.data.Dataset.range(3).prefetch(tf.data.AUTOTUNE)]
          [0, 1, 2]
        """
        return self._stage(PrefetchStage, count_of(buffer_size))
