"""Random numbers from streams that every call moves on: `tf.random.normal` and its siblings."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.errors import NotFoundError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    product,
    reads_values,
    reject,
    reject_dtype,
    reject_values,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import DRAWS, HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array.shaping import known_dims, to_shape_tensor
from tapeflow.engine.ops.math.arithmetic import add, multiply, subtract
from tapeflow.engine.ops.random import variates
from tapeflow.engine.ops.random.categorical_kernel import categorical as sample_categories
from tapeflow.engine.ops.random.philox import words
from tapeflow.engine.ops.random.seeds import op_seeds, reserve
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor

Array = np.ndarray[Any, Any]

REAL = frozenset((dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64))
INTEGER = frozenset((dtypes.int32, dtypes.int64))

# Blocks that a call takes from its stream for each output.
RESERVED = 256


def drawn_dims(shape: Spec, refuse: Any = reject_values) -> Dims | None:
    """The output's dimensions, from a shape-valued input that must not be negative."""
    dims = known_dims(shape, "shape")
    if dims is not None:
        for d in dims:
            if d is not None and d < 0:
                refuse(f"shape: expected dimensions >= 0; received {shape_text(dims)}")
        count = product(dims)
        if count is not None and count >= 2**63:
            reject_values(f"shape: expected fewer than 2**63 elements; received {shape_text(dims)}")
    return dims


def require_attribute(dtype: DType, allowed: Collection[DType]) -> None:
    """Rejects an output dtype that the op does not make."""
    if dtype not in allowed:
        names = ", ".join(sorted(d.name for d in allowed))
        reject_dtype(f"dtype: expected one of {names}; received {dtype.name}")


@reads_values(0)
def _real_infer(shape: Spec, *, dtype: DType, seed: int, seed2: int) -> Spec:
    require_attribute(dtype, REAL)
    return Spec(dtype, drawn_dims(shape))


def _real_kernel(op: str, fill: Any) -> Any:
    def kernel(shape: Array, *, dtype: DType, seed: int, seed2: int) -> Array:
        count = int(np.prod(shape, dtype=object))
        key, counter = reserve((op, dtype, shape.dtype), seed, seed2, RESERVED * count)
        out: Array = fill(key, counter, count, dtype.np)
        return out.reshape(shape)

    return kernel


def _real_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64):
        yield Sample(np.array([2, 3], np.int32), dtype=dtype, seed=1, seed2=2, grad=False)
    for dims in ((), (0,), (101,)):
        shape = np.array(dims, np.int64)
        yield Sample(shape, dtype=dtypes.float32, seed=3, seed2=4, grad=False)


random_uniform_p = primitive(
    "RandomUniform",
    infer=_real_infer,
    kernel=_real_kernel("RandomUniform", variates.uniform),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_real_samples,
    effect=DRAWS,
)

random_normal_p = primitive(
    "RandomStandardNormal",
    infer=_real_infer,
    kernel=_real_kernel("RandomStandardNormal", variates.normal),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_real_samples,
    effect=DRAWS,
)

truncated_normal_p = primitive(
    "TruncatedNormal",
    infer=_real_infer,
    kernel=_real_kernel("TruncatedNormal", variates.truncated_normal),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_real_samples,
    effect=DRAWS,
)


def drawn_shape(shape: Any) -> Any:
    """A shape argument as a tensor: arrays keep their dtype, which tells streams apart."""
    if isinstance(shape, (np.ndarray, str, bytes)):
        return convert(shape)
    return to_shape_tensor(shape)


def scaled(values: Any, mean: Any, stddev: Any, dtype: DType) -> Any:
    """`values * stddev + mean`, in the order that rounds as TensorFlow does."""
    if type(stddev) is float and stddev == 1.0 and type(mean) is float and mean == 0.0:
        return values
    return add(multiply(values, convert(stddev, dtype)), convert(mean, dtype))


def check_location(mean: Any, stddev: Any, dtype: DType) -> None:
    """Raises what TensorFlow raises for a mean or deviation that does not fit the dtype."""
    if not dtype.is_floating:
        convert(mean, dtype)
        convert(stddev, dtype)


@export("random.normal")
def normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Draws normally distributed numbers.

    Args:
      shape: sizes of the result.
      mean: mean; a tensor that broadcasts with `shape`.
      stddev: standard deviation; a tensor that broadcasts with `shape`.
      dtype: float16, bfloat16, float32 or float64.
      seed: op seed, an integer; combined with the one of `tf.random.set_seed`.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape` and dtype `dtype`.

    Raises:
      tf.errors.InvalidArgumentError: for a negative size, or a complex dtype.
      TypeError: for an integer dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.set_seed(5)
      >>> tf.random.normal([3], seed=3).numpy()
      array([-1.4616988, -0.5901872,  0.492833 ], dtype=float32)
    """
    target = as_dtype(dtype)
    dims = drawn_shape(shape)
    check_location(mean, stddev, target)
    seed1, seed2 = op_seeds(seed)
    values = apply(random_normal_p, dims, dtype=target, seed=seed1, seed2=seed2)
    return scaled(values, mean, stddev, target)


@export("random.truncated_normal")
def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Draws normally distributed numbers less than two standard deviations from the mean.

    Args:
      shape: sizes of the result.
      mean: mean of the distribution before truncation; broadcasts with `shape`.
      stddev: standard deviation before truncation; broadcasts with `shape`.
      dtype: float16, bfloat16, float32 or float64.
      seed: op seed, an integer; combined with the one of `tf.random.set_seed`.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape` and dtype `dtype`.

    Raises:
      tf.errors.InvalidArgumentError: for a negative size, or a complex dtype.
      TypeError: for an integer dtype.

    Example:
      >>> import tapeflow as tf
      >>> bool(tf.reduce_max(tf.abs(tf.random.truncated_normal([1000]))) < 2)
      True
    """
    target = as_dtype(dtype)
    dims = drawn_shape(shape)
    check_location(mean, stddev, target)
    seed1, seed2 = op_seeds(seed)
    values = apply(truncated_normal_p, dims, dtype=target, seed=seed1, seed2=seed2)
    return scaled(values, mean, stddev, target)


@reads_values(0, 1, 2)
def _integer_infer(shape: Spec, minval: Spec, maxval: Spec, *, seed: int, seed2: int) -> Spec:
    dims = drawn_dims(shape)
    require_range(minval, maxval, dims)
    return Spec(minval.dtype, dims)


def require_range(minval: Spec, maxval: Spec, dims: Dims | None) -> None:
    """Rejects bounds that are no scalars of one integer dtype, or in the wrong order."""
    if minval.dtype in (dtypes.uint32, dtypes.uint64):
        # TensorFlow's op admits these but has nothing to run them.
        raise NotFoundError(
            None, None, f"minval: expected int32 or int64; received {minval.dtype.name}"
        )
    require_dtype(minval, INTEGER, "minval")
    require_same_dtype(minval, maxval)
    require_rank(minval, 0, "minval")
    require_rank(maxval, 0, "maxval")
    if dims is not None and product(dims) == 0:
        return  # nothing is drawn: TensorFlow does not look at the bounds
    if minval.value is not None and maxval.value is not None:
        low, high = int(minval.value), int(maxval.value)
        if low >= high:
            reject_values(f"minval: expected less than maxval; received {low} >= {high}")


def _integer_kernel(shape: Array, minval: Array, maxval: Array, *, seed: int, seed2: int) -> Array:
    count = int(np.prod(shape, dtype=object))
    name = ("RandomUniformInt", minval.dtype, shape.dtype)
    key, counter = reserve(name, seed, seed2, RESERVED * count)
    if count == 0:
        return np.empty(shape, minval.dtype)
    return variates.integers(key, counter, count, minval[()], maxval[()]).reshape(shape)


def _integer_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in (np.int32, np.int64):
        for dims, low, high in (((2, 3), -5, 7), ((0,), 0, 1), ((), 3, 4)):
            bounds = np.array(low, dtype), np.array(high, dtype)
            yield Sample(np.array(dims, np.int32), *bounds, seed=1, seed2=2, grad=False)


random_uniform_int_p = primitive(
    "RandomUniformInt",
    infer=_integer_infer,
    kernel=_integer_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_integer_samples,
    effect=DRAWS,
)


@export("random.uniform")
def uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Draws uniformly distributed numbers from `[minval, maxval)`.

    Integers are the remainder of a random word, so ranges that do not divide 2**32 (int32) or 2**64
    (int64) are a little uneven.

    Args:
      shape: sizes of the result.
      minval: least value; for floating dtypes a tensor that broadcasts with `shape`.
      maxval: bound that is not reached; 1 for floating dtypes when None.
      dtype: float16, bfloat16, float32, float64, int32 or int64.
      seed: op seed, an integer; combined with the one of `tf.random.set_seed`.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape` and dtype `dtype`.

    Raises:
      ValueError: for another dtype, or an integer dtype without `maxval`.
      tf.errors.InvalidArgumentError: for a negative size, or integers with `minval >= maxval`.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.set_seed(1234)
      >>> tf.random.uniform([3], maxval=10, dtype=tf.int32, seed=1).numpy()
      array([6, 5, 3], dtype=int32)
    """
    target = as_dtype(dtype)
    if target not in REAL and target not in INTEGER:
        names = ", ".join(sorted(d.name for d in REAL | INTEGER))
        raise ValueError(f"uniform: dtype: expected one of {names}; received {target.name}")
    if maxval is None:
        if target.is_integer:
            raise ValueError(
                f"uniform: maxval: expected a bound for dtype {target.name}; received None"
            )
        maxval = 1
    dims = drawn_shape(shape)
    if target.is_integer:
        low, high = convert(minval, target), convert(maxval, target)
        seed1, seed2 = op_seeds(seed)
        return apply(random_uniform_int_p, dims, low, high, seed=seed1, seed2=seed2)
    seed1, seed2 = op_seeds(seed)
    values = apply(random_uniform_p, dims, dtype=target, seed=seed1, seed2=seed2)
    return ranged(values, minval, maxval, target)


def ranged(values: Any, minval: Any, maxval: Any, dtype: DType) -> Any:
    """Numbers in [0, 1) stretched to `[minval, maxval)`, rounding as TensorFlow does."""
    if type(minval) is int and minval == 0 and type(maxval) is int and maxval == 1:
        return values
    low = convert(minval, dtype)
    return add(multiply(values, subtract(convert(maxval, dtype), low)), low)


def _shuffle_infer(value: Spec, *, seed: int, seed2: int) -> Spec:
    return Spec(value.dtype, value.shape)


def _shuffle_kernel(value: Array, *, seed: int, seed2: int) -> Array:
    if value.ndim == 0 or value.size == 0 or len(value) <= 1:
        return value
    blocks = -(-(len(value) - 1) // 4)
    return permuted(value, *reserve(("RandomShuffle", value.dtype), seed, seed2, blocks))


def permuted(value: Array, key: int, counter: int) -> Array:
    """`value` with its entries along the first dimension shuffled (Fisher and Yates)."""
    if value.ndim == 0 or value.size == 0 or len(value) <= 1:
        return value
    steps = len(value) - 1
    rest = np.arange(len(value), 1, -1, dtype=np.uint32)
    jumps = (words(key, counter, -(-steps // 4))[:steps] % rest).tolist()
    order = list(range(len(value)))
    for i, jump in enumerate(jumps):
        j = i + jump
        order[i], order[j] = order[j], order[i]
    return value[order]


def _shuffle_samples(draw: Draw) -> Iterable[Sample]:
    for array in (draw.ints(7), draw.reals(5, 2), draw.reals(), draw.reals(0, 2), draw.bools(3)):
        yield Sample(array, seed=1, seed2=2, grad=False)


random_shuffle_p = primitive(
    "RandomShuffle",
    infer=_shuffle_infer,
    kernel=_shuffle_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_shuffle_samples,
    effect=DRAWS,
)


@export("random.shuffle")
def shuffle(value: Any, seed: Any = None, name: str | None = None) -> Any:
    """Puts a tensor's entries along the first dimension into random order.

    Args:
      value: tensor `[n, ...]` of any dtype; a scalar stays as it is.
      seed: op seed, an integer; combined with the one of `tf.random.set_seed`.
      name: ignored in eager mode.

    Returns:
      A tensor of the same shape and dtype; each `value[i]` is in it once.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.set_seed(5)
      >>> tf.random.shuffle([1, 2, 3, 4, 5], seed=1).numpy()
      array([5, 1, 2, 3, 4], dtype=int32)
    """
    tensor = convert(value)
    seed1, seed2 = op_seeds(seed)
    return apply(random_shuffle_p, tensor, seed=seed1, seed2=seed2)


def categorical_spec(logits: Spec, num_samples: Spec, output_dtype: DType) -> Spec:
    """The output of a categorical op, after its checks."""
    require_dtype(logits, REAL, "logits")
    require_rank(logits, 2, "logits")
    require_dtype(num_samples, frozenset((dtypes.int32,)), "num_samples")
    require_rank(num_samples, 0, "num_samples")
    require_attribute(output_dtype, INTEGER)
    samples = None if num_samples.value is None else int(num_samples.value)
    if samples is not None and samples < 0:
        reject(f"num_samples: expected a number >= 0; received {samples}")
    if logits.shape is None:
        return Spec(output_dtype, (None, samples))
    if logits.shape[1] == 0:
        reject_values(
            f"logits: expected at least one class; received shape {shape_text(logits.shape)}"
        )
    return Spec(output_dtype, (logits.shape[0], samples))


@reads_values(1)
def _multinomial_infer(
    logits: Spec, num_samples: Spec, *, seed: int, seed2: int, output_dtype: DType
) -> Spec:
    return categorical_spec(logits, num_samples, output_dtype)


def _multinomial_kernel(
    logits: Array, num_samples: Array, *, seed: int, seed2: int, output_dtype: DType
) -> Array:
    samples = int(num_samples)
    # float64 numbers take two words each; TensorFlow rounds the samples of a row up to four.
    blocks = 2 * RESERVED * len(logits) * (-(-samples // 4) * 4)
    key, counter = reserve(("Multinomial", logits.dtype, output_dtype), seed, seed2, blocks)
    return sample_categories(key, counter, logits, samples).astype(output_dtype.np, copy=False)


def categorical_samples(draw: Draw) -> Iterable[tuple[Array, Array]]:
    """Logits and sample counts that both categorical ops are tested with."""
    for dtype in (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64):
        yield draw.reals(3, 4, dtype=dtype), np.array(5, np.int32)
    for logits, count in ((draw.reals(0, 2), 3), (draw.reals(2, 3), 0), (draw.reals(1, 1), 1)):
        yield logits, np.array(count, np.int32)
    special = np.array([[np.nan, 1, 2], [-np.inf, 1, -np.inf], [np.inf, 0, 1]], np.float32)
    yield special, np.array(6, np.int32)


def _multinomial_samples(draw: Draw) -> Iterable[Sample]:
    for i, (logits, count) in enumerate(categorical_samples(draw)):
        output = dtypes.int32 if i % 2 else dtypes.int64
        yield Sample(logits, count, seed=1, seed2=2, output_dtype=output, grad=False)


multinomial_p = primitive(
    "Multinomial",
    infer=_multinomial_infer,
    kernel=_multinomial_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_multinomial_samples,
    effect=DRAWS,
)


def category_dtype(dtype: Any) -> DType:
    """The dtype of class numbers: int64 unless int32 is asked for."""
    target = dtypes.int64 if dtype is None else as_dtype(dtype)
    if target not in INTEGER:
        raise ValueError(f"categorical: dtype: expected int32 or int64; received {target.name}")
    return target


def sample_count(num_samples: Any) -> Any:
    """The argument `num_samples` as a tensor; a Python value must be an int32."""
    return convert(num_samples, None if isinstance(num_samples, Tensor) else dtypes.int32)


@export("random.categorical")
def categorical(
    logits: Any, num_samples: Any, dtype: Any = None, seed: Any = None, name: str | None = None
) -> Any:
    """Draws class numbers with given unnormalised log-probabilities.

    Args:
      logits: `[batch, classes]`, float16, bfloat16, float32 or float64; each row a distribution.
      num_samples: how many to draw from each row, an int32 scalar.
      dtype: int32 or int64 (the default).
      seed: op seed, an integer; combined with the one of `tf.random.set_seed`.
      name: ignored in eager mode.

    Returns:
      `[batch, num_samples]` of class numbers.

    Raises:
      ValueError: for another dtype.
      tf.errors.InvalidArgumentError: when `logits` is no matrix or has no classes, or
        `num_samples` is negative.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.set_seed(5)
      >>> tf.random.categorical([[0.0, 1.0]], 3, seed=1).numpy()
      array([[0, 1, 1]])
    """
    target = category_dtype(dtype)
    table = convert(logits)
    count = sample_count(num_samples)
    seed1, seed2 = op_seeds(seed)
    return apply(multinomial_p, table, count, seed=seed1, seed2=seed2, output_dtype=target)
