"""The classic initializers: objects that make a variable's first value from its shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array.creation import constant, ones, zeros
from tapeflow.engine.ops.random.stateful import normal, uniform
from tapeflow.engine.ops.random.stateless import stateless_normal, stateless_uniform

_PARTITION = ("partition_shape", "partition_offset")


class Initializer:
    """What the initializers share: they are called with a shape, and can be rebuilt."""

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Makes an initializer from what `get_config` gave."""
        return cls(**{name: value for name, value in config.items() if name != "dtype"})


def _extent(shape: Any, options: dict[str, Any]) -> Any:
    """The shape to make: that of the partition where one is given."""
    for name in options:
        if name not in _PARTITION:
            raise TypeError(
                f"Keyword argument should be one of {list(_PARTITION)}. Received: {name}"
            )
    partition = options.get("partition_shape")
    return shape if partition is None else partition


def _plain(dtype: Any) -> DType:
    target = as_dtype(dtype)
    if target is dtypes.string or not target.is_numpy_compatible:
        raise ValueError(f"dtype: expected a numeric dtype or bool; received {target.name}")
    return target


@export("zeros_initializer")
class Zeros(Initializer):
    """Makes tensors of zeros.

    Example:
      >>> import tapeflow as tf
      >>> tf.zeros_initializer()(shape=[2]).numpy()
      array([0., 0.], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> Any:
        """Makes a tensor.

        Args:
          shape: its shape.
          dtype: its dtype, numeric or bool.
          **kwargs: `partition_shape`, `partition_offset`: the part of the shape to make.

        Raises:
          ValueError: for another dtype.
          TypeError: for other keywords.
        """
        return zeros(_extent(shape, kwargs), _plain(dtype))


@export("ones_initializer")
class Ones(Initializer):
    """Makes tensors of ones.

    Example:
      >>> import tapeflow as tf
      >>> tf.ones_initializer()(shape=[2]).numpy()
      array([1., 1.], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> Any:
        """Makes a tensor; arguments and errors as of `tf.zeros_initializer`."""
        return ones(_extent(shape, kwargs), _plain(dtype))


@export("constant_initializer")
class Constant(Initializer):
    """Makes tensors of given values.

    Args:
      value: a Python scalar, list or tuple, or NumPy array: one value, or as many as the shape has.
      support_partition: whether `partition_shape` is accepted (and ignored).

    Raises:
      TypeError: for another `value`.

    Example:
      >>> import tapeflow as tf
      >>> tf.constant_initializer(2.5)(shape=[2]).numpy()
      array([2.5, 2.5], dtype=float32)
    """

    def __init__(self, value: Any = 0, support_partition: bool = False) -> None:
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise TypeError(
                f"value: expected a Python scalar, list, tuple or NumPy array; "
                f"received {type(value).__name__}"
            )
        self.value = value
        self.support_partition = support_partition

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """Makes a tensor.

        Args:
          shape: its shape.
          dtype: its dtype; that of the value when None.
          **kwargs: `partition_shape`, `partition_offset`, where supported.

        Raises:
          TypeError: when the values do not fit the shape or dtype, or for other keywords.
          ValueError: for a partition that is not supported.
        """
        if _extent(None, kwargs) is not None and not self.support_partition:
            raise ValueError("constant_initializer: expected no partition (see support_partition)")
        return constant(self.value, None if dtype is None else as_dtype(dtype), shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"value": self.value}


@export("random_normal_initializer")
class RandomNormal(Initializer):
    """Makes tensors of normally distributed numbers.

    Args:
      mean: mean.
      stddev: standard deviation.
      seed: an integer; every call then gives the same numbers. None: those that come next.

    Example:
      >>> import tapeflow as tf
      >>> tf.random_normal_initializer(mean=1.0, stddev=2.0, seed=3)(shape=[2]).numpy()
      array([-0.34316957,  4.352101  ], dtype=float32)
    """

    def __init__(self, mean: Any = 0.0, stddev: Any = 0.05, seed: Any = None) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> Any:
        """Makes a tensor.

        Args:
          shape: its shape.
          dtype: its dtype, floating.
          **kwargs: `partition_shape`, `partition_offset`: the part of the shape to make.

        Raises:
          ValueError: for another dtype.
          TypeError: for other keywords.
        """
        sizes = _extent(shape, kwargs)
        target = as_dtype(dtype)
        if not target.is_floating:
            raise ValueError(f"dtype: expected a floating dtype; received {target.name}")
        if self.seed is None:
            return normal(sizes, self.mean, self.stddev, target)
        return stateless_normal(sizes, [self.seed, 0], self.mean, self.stddev, target)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}


@export("random_uniform_initializer")
class RandomUniform(Initializer):
    """Makes tensors of uniformly distributed numbers.

    Args:
      minval: least value.
      maxval: bound that is not reached.
      seed: an integer; every call then gives the same numbers. None: those that come next.

    Example:
      >>> import tapeflow as tf
      >>> tf.random_uniform_initializer(0, 5, seed=2)(shape=[3], dtype=tf.int32).numpy()
      array([2, 0, 2], dtype=int32)
    """

    def __init__(self, minval: Any = -0.05, maxval: Any = 0.05, seed: Any = None) -> None:
        self.minval = minval
        self.maxval = maxval
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> Any:
        """Makes a tensor.

        Args:
          shape: its shape.
          dtype: its dtype, floating or integer.
          **kwargs: `partition_shape`, `partition_offset`: the part of the shape to make.

        Raises:
          ValueError: for another dtype.
          TypeError: for other keywords, or bounds that do not fit the dtype.
        """
        sizes = _extent(shape, kwargs)
        target = as_dtype(dtype)
        if not target.is_floating and not target.is_integer:
            raise ValueError(f"dtype: expected a floating or integer dtype; received {target.name}")
        if self.seed is None:
            return uniform(sizes, self.minval, self.maxval, target)
        return stateless_uniform(sizes, [self.seed, 0], self.minval, self.maxval, target)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed}
