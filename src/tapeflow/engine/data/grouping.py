"""The part of `tf.data.Dataset` that makes datasets of elements, and elements of those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.autograph.conversion import convert_for_tracing
from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.specs import TensorSpec
from tapeflow.engine.data.functions import DatasetFunction
from tapeflow.engine.data.pipeline import Pipeline, int64
from tapeflow.engine.data.stages.nesting import GroupByWindowStage, WindowStage
from tapeflow.engine.data.structure import is_scalar_of
from tapeflow.engine.ops.array import gathering, joining
from tapeflow.engine.ops.debugging import assertions
from tapeflow.engine.ops.math import casting, comparison, folds
from tapeflow.engine.runtime.convert import convert


class Grouping(Pipeline):
    """Windows and groups."""

    def window(
        self,
        size: Any,
        shift: Any = None,
        stride: Any = 1,
        drop_remainder: Any = False,
        name: str | None = None,
    ) -> Any:
        """Datasets of neighbouring elements.

        Args:
          size: how many elements a window has, an int64 scalar.
          shift: by how many elements windows move on; by default `size`.
          stride: the distance of the elements of a window.
          drop_remainder: whether to leave out smaller windows at the end.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset` whose elements are nests of datasets.

        Raises:
          tf.errors.InvalidArgumentError: when a number isn't positive.

        Example:
          >>> import tapeflow as tf
          >>> windows = tf.data.Dataset.range(5).window(3, shift=1, drop_remainder=True)
          >>> for window in windows:
          ...     print([int(x) for x in window])
          [0, 1, 2]
          [1, 2, 3]
          [2, 3, 4]
        """
        from tapeflow.engine.data.dataset import DatasetSpec

        size = int64(size)
        shift = size if shift is None else int64(shift)
        drop = convert(drop_remainder, dtypes.bool_)
        leaves = nest.flatten(self.element_spec)
        return self._stage(
            WindowStage, size, shift, int64(stride), drop,
            spec=nest.map_structure(DatasetSpec, self.element_spec),
            sizes=tuple([len(spec.flatten()) for spec in leaves]),
        )  # fmt: skip

    def group_by_window(
        self,
        key_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        window_size: Any = None,
        window_size_func: Any = None,
        name: str | None = None,
    ) -> Any:
        """Elements with equal keys, some at a time, made into others by a function.

        Args:
          key_func: function of an element that returns an int64 scalar.
          reduce_func: function of a key and a dataset of elements that returns a dataset.
          window_size: how many elements are given to it at a time.
          window_size_func: instead, a function of the key that returns this number.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          ValueError: when neither or both of the sizes are given, or keys are no int64 scalars.

        Example:
          >>> import tapeflow as tf
          >>> groups = tf.data.Dataset.range(6).group_by_window(
          ...     lambda x: x % 2, lambda key, window: window.batch(3), window_size=3)
          >>> list(groups.as_numpy_iterator())
          [array([0, 2, 4]), array([1, 3, 5])]
        """
        from tapeflow.engine.data.dataset import DatasetSpec
        from tapeflow.engine.data.mapping import _inner_spec

        if (window_size is None) == (window_size_func is None):
            raise ValueError(
                "Either the `window_size` argument or the `window_size_func` argument must be "
                "specified."
            )
        if window_size is not None:
            constant = int64(window_size)

            def window_size_func(_: Any) -> Any:
                return constant

        key_spec = TensorSpec([], dtypes.int64)
        key = self._function(_as_int64(key_func), "Dataset_group_by_window_key")
        if not is_scalar_of(key.output_spec, dtypes.int64):
            raise ValueError(
                "Invalid `key_func`. `key_func` must return a single `tf.int64` scalar tensor but "
                f"its return type is {key.output_spec}."
            )
        size = DatasetFunction(
            _as_int64(window_size_func), key_spec, "Dataset_group_by_window_size"
        )
        if not is_scalar_of(size.output_spec, dtypes.int64):
            raise ValueError(
                "Invalid `window_size_func`. `window_size_func` must return a single `tf.int64` "
                f"scalar tensor but its return type is {size.output_spec}."
            )
        both = (key_spec, DatasetSpec(self.element_spec))
        reduce = DatasetFunction(reduce_func, both, "Dataset_group_by_window_reduce")
        first = len(key.captures)
        return self._stage(
            GroupByWindowStage, *key.captures, *reduce.captures, *size.captures,
            spec=_inner_spec(reduce, "group_by_window"),
            key=key, reduce=reduce, size=size, split=(first, first + len(reduce.captures)),
        )  # fmt: skip

    def bucket_by_sequence_length(
        self,
        element_length_func: Callable[..., Any],
        bucket_boundaries: Any,
        bucket_batch_sizes: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        pad_to_bucket_boundary: bool = False,
        no_padding: bool = False,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Any:
        """Batches of elements of similar length.

        Args:
          element_length_func: function of an element that returns its length, an int32 scalar.
          bucket_boundaries: the lengths at which a new bucket begins, ascending.
          bucket_batch_sizes: the batch size of each bucket, one more than there are boundaries.
          padded_shapes: as for `padded_batch`.
          padding_values: as for `padded_batch`.
          pad_to_bucket_boundary: whether unknown dimensions are padded to the longest of the
            bucket, not of the batch.
          no_padding: whether batches are not padded (elements must then be of one shape).
          drop_remainder: whether to leave out last, smaller batches.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          ValueError: when there is not one size more than there are boundaries.
        """
        if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
            raise ValueError(
                "`len(bucket_batch_sizes)` must equal `len(bucket_boundaries) + 1` but "
                f"`len(bucket_batch_sizes)={len(bucket_batch_sizes)}` and "
                f"`len(bucket_boundaries)={len(bucket_boundaries)}`."
            )
        limits = np.iinfo(np.int32)
        lower = convert(np.array([limits.min, *bucket_boundaries], np.int32))
        ends = convert(np.array([*bucket_boundaries, limits.max], np.int64))
        sizes = convert(np.array(bucket_batch_sizes, np.int64))

        measure = convert_for_tracing(element_length_func)

        def key(*element: Any) -> Any:
            length = casting.cast(measure(*element), dtypes.int32)
            reached = casting.cast(comparison.less_equal(lower, length), dtypes.int64)
            return folds.reduce_sum(reached) - 1

        def window_size(bucket: Any) -> Any:
            return gathering.gather(sizes, bucket)

        def filled(bucket: Any) -> Callable[[Any], Any]:
            last = convert(len(bucket_boundaries), dtypes.int64)
            assertions.assert_less(
                bucket,
                last,
                message="When pad_to_bucket_boundary=True, elements must have length < "
                "max(bucket_boundaries).",
            )
            longest = gathering.gather(ends, bucket) - 1

            def fill(shape: Any) -> Any:
                dims = TensorShape(shape).as_list()
                return joining.stack(
                    [longest if d is None else convert(d, dtypes.int64) for d in dims]
                )

            return fill

        def grouped(bucket: Any, window: Any) -> Any:
            size = window_size(bucket)
            if no_padding:
                return window.batch(size, drop_remainder=drop_remainder)
            shapes = padded_shapes
            if pad_to_bucket_boundary:
                if shapes is None:
                    shapes = nest.map_structure(lambda s: s.shape, self.element_spec)
                shapes = _map_shapes(filled(bucket), shapes)
            return window.padded_batch(size, shapes, padding_values, drop_remainder)

        return self.group_by_window(key, grouped, window_size_func=window_size)


def _as_int64(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose result is converted to an int64 tensor."""
    converted = convert_for_tracing(function)
    return lambda *args: convert(converted(*args), dtypes.int64)


def _map_shapes(function: Callable[[Any], Any], shapes: Any) -> Any:
    """What a function makes of the shapes in tuples and dictionaries; a list is a shape."""
    if isinstance(shapes, dict):
        return {key: _map_shapes(function, shape) for key, shape in shapes.items()}
    if isinstance(shapes, tuple):
        return tuple([_map_shapes(function, shape) for shape in shapes])
    return function(shapes)
