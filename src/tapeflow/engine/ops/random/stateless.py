"""Random numbers as a function of their seed: `tf.random.stateless_normal` and its siblings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reads_values, reject, reject_values, require_dtype, shape_text
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array.joining import stack
from tapeflow.engine.ops.random import variates
from tapeflow.engine.ops.random.algorithms import PHILOX, THREEFRY, known_algorithm
from tapeflow.engine.ops.random.categorical_kernel import categorical as sample_categories
from tapeflow.engine.ops.random.philox import scramble
from tapeflow.engine.ops.random.stateful import (
    INTEGER,
    REAL,
    categorical_samples,
    categorical_spec,
    category_dtype,
    check_location,
    drawn_dims,
    drawn_shape,
    permuted,
    ranged,
    require_attribute,
    require_range,
    sample_count,
    scaled,
)
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor

Array = np.ndarray[Any, Any]

WORDS = frozenset((dtypes.int32, dtypes.int64, dtypes.uint32, dtypes.uint64))


def require_seed(seed: Spec) -> None:
    """Rejects a seed that is not two integers."""
    require_dtype(seed, INTEGER, "seed")
    if seed.shape is not None and (len(seed.shape) != 1 or seed.shape[0] not in (2, None)):
        reject(f"seed: expected shape [2]; received {shape_text(seed.shape)}")


def seed_tensor(seed: Any) -> Any:
    """A stateless seed as a tensor; arrays of narrow or unsigned integers become int32."""
    if isinstance(seed, np.ndarray) and seed.dtype.kind in "iu" and seed.dtype.itemsize <= 4:
        seed = seed.astype(np.int32)
    return convert(seed)


def stream_of(seed: Array) -> tuple[int, int]:
    """The key and counter that a stateless seed stands for."""
    first, second = seed.tolist()
    return scramble((first, second))


def _key_counter_infer(seed: Spec) -> tuple[Spec, Spec]:
    require_seed(seed)
    return Spec(dtypes.uint64, (1,)), Spec(dtypes.uint64, (2,))


def _key_counter_kernel(seed: Array) -> tuple[Array, Array]:
    key, counter = stream_of(seed)
    return np.array([key], np.uint64), np.array([0, counter >> 64], np.uint64)


def _key_counter_samples(draw: Draw) -> Iterable[Sample]:
    for seed in ((0, 0), (1, 2), (-5, 2**31 - 1)):
        yield Sample(np.array(seed, np.int32), grad=False)
    yield Sample(np.array((2**40, -(2**63)), np.int64), grad=False)


key_counter_p = primitive(
    "StatelessRandomGetKeyCounter",
    infer=_key_counter_infer,
    kernel=_key_counter_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_key_counter_samples,
)


def key_counter(seed: Any, alg: Any) -> tuple[Any, Any, Any]:
    """The inputs `key`, `counter`, `alg` of the ops below, from a seed and an algorithm."""
    number = known_algorithm(alg)
    tensor = seed_tensor(seed)
    if number == THREEFRY:
        # Philox alone runs here; the op will say so.
        return _ONE_WORD, _ONE_WORD, convert(number)
    key, counter = apply(key_counter_p, tensor)
    return key, counter, convert(number)


_ONE_WORD = EagerTensor(np.zeros(1, np.uint64))


def _stream_dims(shape: Spec, key: Spec, counter: Spec, alg: Spec) -> Dims | None:
    """The output's dimensions, after the checks that all ops on a key and counter share."""
    require_stream(key, counter, alg)
    return drawn_dims(shape)


def require_stream(key: Spec, counter: Spec, alg: Spec) -> None:
    """Rejects a key and counter that name no Philox stream."""
    words = frozenset((dtypes.uint64,))
    require_dtype(key, words, "key")
    require_dtype(counter, words, "counter")
    require_dtype(alg, frozenset((dtypes.int32,)), "alg")
    if key.shape is not None and key.shape not in ((1,), (None,)):
        reject(f"key: expected shape [1]; received {shape_text(key.shape)}")
    if alg.value is not None and int(alg.value) == THREEFRY:
        reject_values(
            "alg: expected Philox (1) or auto-select (3); received ThreeFry (2), not for CPU"
        )
    if counter.shape is not None:
        size = counter.shape[0] if len(counter.shape) == 1 else 0
        if size is not None and size < 2:
            reject(
                f"counter: expected at least 2 words; received shape {shape_text(counter.shape)}"
            )


@reads_values(0, 3)
def _real_infer(shape: Spec, key: Spec, counter: Spec, alg: Spec, *, dtype: DType) -> Spec:
    require_attribute(dtype, REAL)
    return Spec(dtype, _stream_dims(shape, key, counter, alg))


def start_of(key: Array, counter: Array) -> tuple[int, int]:
    """Key and counter as integers."""
    low, high = counter.tolist()[:2]
    return int(key[0]), low | high << 64


def _real_kernel(fill: Any) -> Any:
    def kernel(shape: Array, key: Array, counter: Array, alg: Array, *, dtype: DType) -> Array:
        count = int(np.prod(shape, dtype=object))
        out: Array = fill(*start_of(key, counter), count, dtype.np)
        return out.reshape(shape)

    return kernel


def sample_streams() -> Iterable[tuple[Array, Array, Array]]:
    """Keys, counters and algorithms to test with; one counter is about to carry."""
    for key, counter, alg in ((0x123456789ABCDEF0, (5, 7), PHILOX), (2**63 + 1, (2**64 - 2, 0), 3)):
        yield np.array([key], np.uint64), np.array(counter, np.uint64), np.array(alg, np.int32)


def _real_samples(draw: Draw) -> Iterable[Sample]:
    for stream in sample_streams():
        for dtype in (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64):
            yield Sample(np.array([3, 5], np.int32), *stream, dtype=dtype, grad=False)
        for dims in ((), (0,), (201,)):
            shape = np.array(dims, np.int64)
            yield Sample(shape, *stream, dtype=dtypes.float32, grad=False, exact=True)


stateless_uniform_p = primitive(
    "StatelessRandomUniformV2",
    infer=_real_infer,
    kernel=_real_kernel(variates.uniform),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_real_samples,
)

stateless_normal_p = primitive(
    "StatelessRandomNormalV2",
    infer=_real_infer,
    kernel=_real_kernel(variates.normal),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_real_samples,
)

stateless_truncated_normal_p = primitive(
    "StatelessTruncatedNormalV2",
    infer=_real_infer,
    kernel=_real_kernel(variates.truncated_normal),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_real_samples,
)


@reads_values(0, 3)
def _full_infer(shape: Spec, key: Spec, counter: Spec, alg: Spec, *, dtype: DType) -> Spec:
    require_attribute(dtype, WORDS)
    return Spec(dtype, _stream_dims(shape, key, counter, alg))


def _full_samples(draw: Draw) -> Iterable[Sample]:
    for stream in sample_streams():
        for dtype in (dtypes.int32, dtypes.int64, dtypes.uint32, dtypes.uint64):
            for dims in ((), (0,), (3, 5)):
                yield Sample(np.array(dims, np.int32), *stream, dtype=dtype, grad=False)


stateless_full_int_p = primitive(
    "StatelessRandomUniformFullIntV2",
    infer=_full_infer,
    kernel=_real_kernel(variates.full_integers),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_full_samples,
)


@reads_values(0, 3, 4, 5)
def _int_infer(
    shape: Spec, key: Spec, counter: Spec, alg: Spec, minval: Spec, maxval: Spec
) -> Spec:
    dims = _stream_dims(shape, key, counter, alg)
    require_range(minval, maxval, dims)
    return Spec(minval.dtype, dims)


def _int_kernel(
    shape: Array, key: Array, counter: Array, alg: Array, minval: Array, maxval: Array
) -> Array:
    count = int(np.prod(shape, dtype=object))
    if count == 0:
        return np.empty(shape, minval.dtype)
    out = variates.integers(*start_of(key, counter), count, minval[()], maxval[()])
    return out.reshape(shape)


def _int_samples(draw: Draw) -> Iterable[Sample]:
    for stream in sample_streams():
        for dtype in (np.int32, np.int64):
            least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
            for dims, low, high in (((3, 5), -5, 7), ((0,), 0, 1), ((), 3, 4), ((9,), least, most)):
                bounds = np.array(low, dtype), np.array(high, dtype)
                yield Sample(np.array(dims, np.int32), *stream, *bounds, grad=False)


stateless_int_p = primitive(
    "StatelessRandomUniformIntV2",
    infer=_int_infer,
    kernel=_int_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_int_samples,
)


@export("random.stateless_uniform")
def stateless_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Draws uniformly distributed numbers from `[minval, maxval)`; the same seed, the same numbers.

    Args:
      shape: sizes of the result.
      seed: `[2]`, int32 or int64.
      minval: least value; None, with `maxval` None, for integers of the dtype's whole range.
      maxval: bound that is not reached; 1 for floating dtypes when None.
      dtype: float16, bfloat16, float32, float64, int32, int64, or (whole range only) uint32 or
        uint64.
      name: ignored in eager mode.
      alg: the generator: `"philox"`, `"auto_select"`, a `tf.random.Algorithm`.

    Returns:
      A tensor of shape `shape` and dtype `dtype`.

    Raises:
      ValueError: for another dtype, or only one of the bounds of an integer dtype.
      tf.errors.InvalidArgumentError: for a seed of another shape, a negative size, or integers with
        `minval >= maxval`.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.stateless_uniform([2], seed=[1, 2]).numpy()
      array([0.8440604, 0.19204533], dtype=float32)
    """
    target = as_dtype(dtype)
    if target not in REAL and target not in WORDS:
        names = ", ".join(sorted(d.name for d in REAL | WORDS))
        raise ValueError(
            f"stateless_uniform: dtype: expected one of {names}; received {target.name}"
        )
    if target.is_integer:
        if (minval is None) != (maxval is None):
            raise ValueError(
                f"stateless_uniform: expected both of minval and maxval, or neither, for dtype "
                f"{target.name}; received minval={minval} and maxval={maxval}"
            )
        if minval is not None and target.is_unsigned:
            raise ValueError(
                f"stateless_uniform: dtype: expected a signed one with minval; "
                f"received {target.name}"
            )
    elif maxval is None:
        maxval = 1
    dims = drawn_shape(shape)
    if not target.is_integer:
        convert(minval, target)
        values = apply(stateless_uniform_p, dims, *key_counter(seed, alg), dtype=target)
        return ranged(values, minval, maxval, target)
    stream = key_counter(seed, alg)
    if minval is None:
        return apply(stateless_full_int_p, dims, *stream, dtype=target)
    return apply(stateless_int_p, dims, *stream, convert(minval, target), convert(maxval, target))


@export("random.stateless_normal")
def stateless_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Draws normally distributed numbers; the same seed, the same numbers.

    Args:
      shape: sizes of the result.
      seed: `[2]`, int32 or int64.
      mean: mean; a tensor that broadcasts with `shape`.
      stddev: standard deviation; a tensor that broadcasts with `shape`.
      dtype: float16, bfloat16, float32 or float64.
      name: ignored in eager mode.
      alg: the generator: `"philox"`, `"auto_select"`, a `tf.random.Algorithm`.

    Returns:
      A tensor of shape `shape` and dtype `dtype`.

    Raises:
      tf.errors.InvalidArgumentError: for a seed of another shape, or a negative size.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.stateless_normal([2], seed=[1, 2], mean=1.0, stddev=2.0).numpy()
      array([2.0882201, 1.4147606], dtype=float32)
    """
    target = as_dtype(dtype)
    dims = drawn_shape(shape)
    check_location(mean, stddev, target)
    values = apply(stateless_normal_p, dims, *key_counter(seed, alg), dtype=target)
    return scaled(values, mean, stddev, target)


@export("random.stateless_truncated_normal")
def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Draws normal numbers less than two deviations from the mean; the same seed, the same numbers.

    Args:
      shape: sizes of the result.
      seed: `[2]`, int32 or int64.
      mean: mean of the distribution before truncation; broadcasts with `shape`.
      stddev: standard deviation before truncation; broadcasts with `shape`.
      dtype: float16, bfloat16, float32 or float64.
      name: ignored in eager mode.
      alg: the generator: `"philox"`, `"auto_select"`, a `tf.random.Algorithm`.

    Returns:
      A tensor of shape `shape` and dtype `dtype`.

    Raises:
      tf.errors.InvalidArgumentError: for a seed of another shape, or a negative size.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.stateless_truncated_normal([2], seed=[1, 2], dtype=tf.float64).numpy()
      array([-0.14231181,  0.74060725])
    """
    target = as_dtype(dtype)
    dims = drawn_shape(shape)
    check_location(mean, stddev, target)
    values = apply(stateless_truncated_normal_p, dims, *key_counter(seed, alg), dtype=target)
    return scaled(values, mean, stddev, target)


@reads_values(1)
def _multinomial_infer(logits: Spec, num_samples: Spec, seed: Spec, *, output_dtype: DType) -> Spec:
    require_seed(seed)
    return categorical_spec(logits, num_samples, output_dtype)


def _multinomial_kernel(
    logits: Array, num_samples: Array, seed: Array, *, output_dtype: DType
) -> Array:
    out = sample_categories(*stream_of(seed), logits, int(num_samples))
    return out.astype(output_dtype.np, copy=False)


def _multinomial_samples(draw: Draw) -> Iterable[Sample]:
    for i, (logits, count) in enumerate(categorical_samples(draw)):
        output = dtypes.int32 if i % 2 else dtypes.int64
        seed = np.array([1, i], np.int32 if i % 3 else np.int64)
        yield Sample(logits, count, seed, output_dtype=output, grad=False)


stateless_multinomial_p = primitive(
    "StatelessMultinomial",
    infer=_multinomial_infer,
    kernel=_multinomial_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_multinomial_samples,
)


@export("random.stateless_categorical")
def stateless_categorical(
    logits: Any, num_samples: Any, seed: Any, dtype: Any = dtypes.int64, name: str | None = None
) -> Any:
    """Draws class numbers with given log-probabilities; the same seed, the same numbers.

    Args:
      logits: `[batch, classes]`, floating, unnormalised; each row a distribution.
      num_samples: how many to draw from each row, an int32 scalar.
      seed: `[2]`, int32 or int64.
      dtype: int32 or int64.
      name: ignored in eager mode.

    Returns:
      `[batch, num_samples]` of class numbers.

    Raises:
      ValueError: for another dtype.
      tf.errors.InvalidArgumentError: for a seed of another shape, logits that are no matrix or have
        no classes, or a negative `num_samples`.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.stateless_categorical([[0.0, 1.0]], 3, seed=[1, 2]).numpy()
      array([[1, 1, 0]])
    """
    target = category_dtype(dtype)
    count = sample_count(num_samples)
    words = seed_tensor(seed)
    return apply(stateless_multinomial_p, convert(logits), count, words, output_dtype=target)


@export("random.split", "random.experimental.stateless_split")
def split(seed: Any, num: Any = 2, alg: Any = "auto_select") -> Any:
    """Derives independent seeds from one.

    Args:
      seed: `[2]`, int32 or int64.
      num: how many seeds.
      alg: the generator: `"philox"`, `"auto_select"`, a `tf.random.Algorithm`.

    Returns:
      `[num, 2]` of the seed's dtype.

    Raises:
      tf.errors.InvalidArgumentError: for a seed of another shape, or a negative `num`.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.split([1, 2]).numpy()
      array([[1105988140, 1738052849],
             [-335576002,  370444179]], dtype=int32)
    """
    tensor = seed_tensor(seed)
    return stateless_uniform([num, 2], tensor, None, None, tensor.dtype, alg=alg)


@export("random.fold_in", "random.experimental.stateless_fold_in")
def fold_in(seed: Any, data: Any, alg: Any = "auto_select") -> Any:
    """Derives a seed from a seed and a number, such as that of a step or replica.

    Args:
      seed: `[2]`, int32 or int64.
      data: an integer scalar.
      alg: the generator: `"philox"`, `"auto_select"`, a `tf.random.Algorithm`.

    Returns:
      `[2]` of the dtype of `data`.

    Raises:
      ValueError: when `data` is no integer.
      tf.errors.InvalidArgumentError: for a seed of another shape, or `data` that is no scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.fold_in([1, 2], 5).numpy()
      array([1105988140,          5], dtype=int32)
    """
    number = convert(data)
    first = stateless_uniform([], seed, None, None, number.dtype, alg=alg)
    return stack([first, number])


@reads_values(3)
def _shuffle_infer(value: Spec, key: Spec, counter: Spec, alg: Spec) -> Spec:
    require_stream(key, counter, alg)
    return Spec(value.dtype, value.shape)


def _shuffle_kernel(value: Array, key: Array, counter: Array, alg: Array) -> Array:
    return permuted(value, *start_of(key, counter))


def _shuffle_samples(draw: Draw) -> Iterable[Sample]:
    for stream in sample_streams():
        for array in (
            draw.ints(7),
            draw.reals(5, 2),
            draw.reals(),
            draw.reals(0, 2),
            draw.bools(3),
        ):
            yield Sample(array, *stream, grad=False)


stateless_shuffle_p = primitive(
    "StatelessShuffle",
    infer=_shuffle_infer,
    kernel=_shuffle_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_shuffle_samples,
)


@export("random.experimental.stateless_shuffle")
def stateless_shuffle(
    value: Any, seed: Any, alg: Any = "auto_select", name: str | None = None
) -> Any:
    """Puts a tensor's entries along the first dimension into an order that the seed determines.

    Args:
      value: tensor `[n, ...]`.
      seed: `[2]`, int32 or int64.
      alg: the generator: `"philox"`, `"auto_select"`, a `tf.random.Algorithm`.
      name: ignored in eager mode.

    Returns:
      A tensor of the same shape and dtype; each `value[i]` is in it once.

    Raises:
      tf.errors.InvalidArgumentError: for a seed of another shape.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.experimental.stateless_shuffle([1, 2, 3, 4], seed=[1, 2]).numpy()
      array([1, 4, 3, 2], dtype=int32)
    """
    tensor = convert(value)
    return apply(stateless_shuffle_p, tensor, *key_counter(seed, alg))
