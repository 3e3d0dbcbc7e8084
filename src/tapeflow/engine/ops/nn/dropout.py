"""Dropout: random elements set to zero, the others scaled up."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ops.array.selection import where
from tapeflow.engine.ops.array.shaping import shape as shape_of
from tapeflow.engine.ops.math.arithmetic import divide, multiply, subtract
from tapeflow.engine.ops.math.comparison import greater_equal
from tapeflow.engine.ops.random.seeds import op_seeds
from tapeflow.engine.ops.random.stateful import uniform
from tapeflow.engine.ops.random.stateless import stateless_uniform
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor

Sampler = Callable[..., Any]


def _dropped(
    x: Any, rate: Any, noise_shape: Any, sampler: Sampler, skip_draw: Callable[[], Any]
) -> Any:
    """`x` with elements dropped where `sampler`'s number is below `rate`.

    `skip_draw` moves on whatever the sampler would: a rate of 0 must not change later numbers.
    """
    fixed = isinstance(rate, numbers.Real)
    if fixed:
        if rate < 0 or rate >= 1:
            raise ValueError(f"dropout: rate: expected a number in [0, 1); received {rate}")
    elif not isinstance(rate, Tensor) and not hasattr(rate, "__tf_tensor__"):
        raise ValueError(f"dropout: rate: expected a scalar or scalar tensor; received {rate!r}")
    x = convert(x)
    if not x.dtype.is_floating:
        raise ValueError(f"dropout: x: expected a floating dtype; received {x.dtype.name}")
    if fixed:
        if rate == 0:
            skip_draw()
            return x
        kept = multiply(x, convert(1 / (1 - rate), x.dtype))
        bound = convert(rate, x.dtype)
    else:
        bound = convert(rate)
        if bound.dtype is not x.dtype:
            raise ValueError(
                f"dropout: rate: expected the dtype of x, {x.dtype.name}; "
                f"received {bound.dtype.name}"
            )
        bound.shape.assert_has_rank(0)
        kept = divide(x, subtract(convert(1, x.dtype), bound))
    numbers_drawn = sampler(shape=_noise_dims(x, noise_shape), dtype=x.dtype)
    return where(greater_equal(numbers_drawn, bound), kept, convert(0, x.dtype))


def _noise_dims(x: Any, noise_shape: Any) -> Any:
    """The shape to draw; None in `noise_shape` stands for the dimension of `x`."""
    if noise_shape is None:
        return x.shape if x.shape.is_fully_defined() else shape_of(x)
    if isinstance(noise_shape, Tensor):
        return noise_shape
    try:
        dims = TensorShape(noise_shape)
    except (TypeError, ValueError):
        return noise_shape
    if x.shape.rank is not None and x.shape.rank == dims.rank and not dims.is_fully_defined():
        filled = zip(dims.as_list(), x.shape.as_list(), strict=True)
        return [have if wanted is None else wanted for wanted, have in filled]
    return noise_shape


@export("nn.dropout")
def dropout(
    x: Any, rate: Any, noise_shape: Any = None, seed: Any = None, name: str | None = None
) -> Any:
    """Sets elements to zero with probability `rate` and divides the others by `1 - rate`.

    Args:
      x: floating tensor.
      rate: probability that an element is dropped: a number in [0, 1), or a scalar tensor of the
        dtype of `x`.
      noise_shape: shape of what is decided at random; broadcasts with that of `x`. None in it
        stands for the dimension of `x`.
      seed: op seed, an integer; combined with the one of `tf.random.set_seed`.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; `x` itself when `rate` is the number 0.

    Raises:
      ValueError: for a dtype that is not floating, or a rate out of range or of another dtype.
      tf.errors.InvalidArgumentError: when `noise_shape` does not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.set_seed(3)
      >>> tf.nn.dropout(tf.ones([8]), rate=0.5, seed=1).numpy()
      array([2., 2., 2., 0., 0., 2., 0., 0.], dtype=float32)
    """

    def draw(shape: Any, dtype: Any) -> Any:
        return uniform(shape, dtype=dtype, seed=seed)

    return _dropped(x, rate, noise_shape, draw, lambda: op_seeds(seed))


@export("nn.experimental.stateless_dropout")
def stateless_dropout(
    x: Any,
    rate: Any,
    seed: Any,
    rng_alg: Any = None,
    noise_shape: Any = None,
    name: str | None = None,
) -> Any:
    """As `tf.nn.dropout`; the same seed drops the same elements.

    Args:
      x: floating tensor.
      rate: probability that an element is dropped: a number in [0, 1), or a scalar tensor.
      seed: `[2]`, int32 or int64.
      rng_alg: the generator: `"philox"`, `"auto_select"`, a `tf.random.Algorithm`.
      noise_shape: shape of what is decided at random; broadcasts with that of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      ValueError: for a dtype that is not floating, or a rate out of range or of another dtype.
      tf.errors.InvalidArgumentError: for a seed of another shape.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.experimental.stateless_dropout(tf.ones([4]), rate=0.5, seed=[1, 2]).numpy()
      array([2., 0., 2., 0.], dtype=float32)
    """

    def draw(shape: Any, dtype: Any) -> Any:
        algorithm = "auto_select" if rng_alg is None else rng_alg
        return stateless_uniform(shape, seed, dtype=dtype, alg=algorithm)

    return _dropped(x, rate, noise_shape, draw, lambda: None)


@export("nn.experimental.general_dropout")
def general_dropout(
    x: Any, rate: Any, uniform_sampler: Sampler, noise_shape: Any = None, name: str | None = None
) -> Any:
    """As `tf.nn.dropout`, with the caller's own source of random numbers.

    Args:
      x: floating tensor.
      rate: probability that an element is dropped: a number in [0, 1), or a scalar tensor.
      uniform_sampler: called as `uniform_sampler(shape=..., dtype=...)`; gives numbers in [0, 1).
      noise_shape: shape of what is decided at random; broadcasts with that of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      ValueError: for a dtype that is not floating, or a rate out of range or of another dtype.

    Example:
      >>> import tapeflow as tf
      >>> half = lambda shape, dtype: tf.constant([0.2, 0.7], dtype)
      >>> tf.nn.experimental.general_dropout(tf.ones([2]), 0.5, half).numpy()
      array([0., 2.], dtype=float32)
    """
    return _dropped(x, rate, noise_shape, uniform_sampler, lambda: None)
