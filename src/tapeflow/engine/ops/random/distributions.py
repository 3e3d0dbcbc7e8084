"""Gamma, Poisson and binomial numbers, from moving streams and from seeds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.errors import NotFoundError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    broadcast,
    elementwise,
    reads_values,
    reject,
    reject_values,
    require_dtype,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import DRAWS, HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array.shaping import broadcast_to
from tapeflow.engine.ops.math.arithmetic import divide, multiply
from tapeflow.engine.ops.math.broadcasting import broadcast_like, sum_to_shape_of
from tapeflow.engine.ops.math.extrema import maximum
from tapeflow.engine.ops.random import rejection
from tapeflow.engine.ops.random.gamma_derivative import sample_derivative
from tapeflow.engine.ops.random.seeds import op_seeds, reserve
from tapeflow.engine.ops.random.stateful import (
    RESERVED,
    drawn_dims,
    drawn_shape,
    require_attribute,
)
from tapeflow.engine.ops.random.stateless import (
    key_counter,
    require_seed,
    require_stream,
    sample_streams,
    seed_tensor,
    start_of,
    stream_of,
)
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

Array = np.ndarray[Any, Any]

FLOATS = frozenset((dtypes.float16, dtypes.float32, dtypes.float64))
RATES = FLOATS | {dtypes.int32, dtypes.int64}


def _appended(shape: Spec, parameter: Spec) -> Dims | None:
    """The dimensions of `shape`, then those of the parameter."""
    dims = drawn_dims(shape, reject)
    if dims is None or parameter.shape is None:
        return None
    return dims + parameter.shape


def ending_with(shape: Spec, batch: Dims | None) -> Dims | None:
    """The dimensions of `shape`, which must end with those of the parameters."""
    dims = drawn_dims(shape)
    if dims is None or batch is None:
        return dims
    end = dims[len(dims) - len(batch) :] if len(batch) <= len(dims) else ()
    if len(end) != len(batch) or any(
        m is not None and n is not None and m != n for m, n in zip(end, batch, strict=True)
    ):
        reject_values(
            f"shape: expected to end with the parameters' shape {shape_text(batch)}; "
            f"received {shape_text(dims)}"
        )
    return dims


def _per_parameter(shape: Array, parameters: int) -> int:
    """How many samples each parameter gets in an output of this shape."""
    count = int(np.prod(shape, dtype=object))
    return count // parameters if parameters else 0


def _gamma_vjp(ctx: Any, dy: Any) -> Any:
    *others, alpha = ctx.inputs
    sample = ctx.outputs[0]
    moved = apply(random_gamma_grad_p, broadcast_like(alpha, sample), sample)
    return (*[None] * len(others), sum_to_shape_of(multiply(dy, moved), alpha))


@reads_values(0)
def _gamma_infer(shape: Spec, alpha: Spec, *, seed: int, seed2: int) -> Spec:
    require_dtype(alpha, FLOATS, "alpha")
    return Spec(alpha.dtype, _appended(shape, alpha))


def _gamma_kernel(shape: Array, alpha: Array, *, seed: int, seed2: int) -> Array:
    samples = int(np.prod(shape, dtype=object))
    name = ("RandomGamma", alpha.dtype, shape.dtype)
    stream = reserve(name, seed, seed2, RESERVED * samples * alpha.size)
    out = rejection.gamma(*stream, samples, alpha.reshape(-1).astype(np.float64))
    return out.astype(alpha.dtype).reshape((*shape, *alpha.shape))


def _gamma_samples(draw: Draw) -> Iterable[Sample]:
    alphas = np.array([0.3, 1.0, 2.5, 10.0])
    for dtype in (np.float16, np.float32, np.float64):
        yield Sample(np.array([5], np.int32), alphas.astype(dtype), seed=1, seed2=2, grad=False)
    for dims, alpha in (((), 0.5), ((0,), 2.0), ((2, 0), [1.0])):
        shape = np.array(dims, np.int32)
        yield Sample(shape, np.array(alpha, np.float32), seed=3, seed2=4, grad=False)


random_gamma_p = primitive(
    "RandomGamma",
    infer=_gamma_infer,
    kernel=_gamma_kernel,
    vjp=_gamma_vjp,
    lower=HOST,
    samples=_gamma_samples,
    effect=DRAWS,
)


def _gamma_grad_kernel(alpha: Array, sample: Array) -> Array:
    a, x = np.broadcast_arrays(alpha, sample)
    out = sample_derivative(a.astype(np.float64), x.astype(np.float64))
    return out.astype(np.result_type(alpha))


def _gamma_grad_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in (dtypes.float32, dtypes.float64):
        alpha = draw.reals(3, 4, low=0.2, high=20, dtype=dtype)
        ratio = draw.reals(3, 4, low=0.2, high=2, dtype=dtype)
        yield Sample(alpha, alpha * ratio, grad=False)
    yield Sample(draw.reals(0, 2), draw.reals(1, 2), grad=False)


random_gamma_grad_p = primitive(
    "RandomGammaGrad",
    infer=elementwise((dtypes.float32, dtypes.float64, dtypes.float16)),
    kernel=_gamma_grad_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_gamma_grad_samples,
)


@reads_values(0, 3)
def _stateless_gamma_infer(shape: Spec, key: Spec, counter: Spec, alg: Spec, alpha: Spec) -> Spec:
    require_dtype(alpha, FLOATS, "alpha")
    require_stream(key, counter, alg)
    return Spec(alpha.dtype, ending_with(shape, alpha.shape))


def _stateless_gamma_kernel(
    shape: Array, key: Array, counter: Array, alg: Array, alpha: Array
) -> Array:
    samples = _per_parameter(shape, alpha.size)
    flat = alpha.reshape(-1).astype(np.float64)
    out = rejection.gamma(*start_of(key, counter), samples, flat)
    return out.astype(alpha.dtype).reshape(shape)


def _stateless_gamma_samples(draw: Draw) -> Iterable[Sample]:
    alphas = np.array([0.3, 1.0, 2.5, 10.0])
    for stream in sample_streams():
        for dtype in (np.float16, np.float32, np.float64):
            yield Sample(np.array([5, 4], np.int32), *stream, alphas.astype(dtype), grad=False)
        for dims, alpha in (((3,), 0.5), ((0, 1), [2.0]), ((), 1.0)):
            shape = np.array(dims, np.int64)
            yield Sample(shape, *stream, np.array(alpha, np.float32), grad=False)


stateless_gamma_p = primitive(
    "StatelessRandomGammaV3",
    infer=_stateless_gamma_infer,
    kernel=_stateless_gamma_kernel,
    vjp=_gamma_vjp,
    lower=HOST,
    samples=_stateless_gamma_samples,
)


def _rate_parameters(alpha: Any, beta: Any, dtype: DType) -> tuple[Any, Any, Any]:
    """`alpha` broadcast with `beta`, `beta`, and the least positive normal number of the dtype."""
    if dtype not in FLOATS and not dtype.is_complex:
        names = ", ".join(sorted(d.name for d in FLOATS))
        raise ValueError(f"gamma: dtype: expected one of {names}; received {dtype.name}")
    a = convert(alpha, dtype)
    b = convert(1 if beta is None else beta, dtype)
    dims = broadcast(_dims(a), _dims(b))
    if dims != _dims(a):
        a = broadcast_to(a, dims)
    return a, b, convert(np.finfo(dtype.np).tiny)


def _dims(tensor: Any) -> Dims | None:
    shape = tensor.shape
    return None if shape.rank is None else tuple(shape.as_list())


@export("random.gamma")
def gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = dtypes.float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Draws numbers of gamma distributions; differentiable in `alpha` and `beta`.

    Args:
      shape: how many to draw for each parameter.
      alpha: shape parameters, positive.
      beta: inverse scales, positive; broadcast with `alpha`; 1 when None.
      dtype: float16, float32 or float64.
      seed: op seed, an integer; combined with the one of `tf.random.set_seed`.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape + broadcast(alpha, beta).shape`; NaN where `alpha` is negative.

    Raises:
      ValueError: for another dtype.
      tf.errors.InvalidArgumentError: for a negative size.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.gamma([5], alpha=[0.5, 1.5]).shape
      TensorShape([5, 2])
    """
    target = as_dtype(dtype)
    dims = drawn_shape(shape)
    a, b, least = _rate_parameters(alpha, beta, target)
    seed1, seed2 = op_seeds(seed)
    drawn = apply(random_gamma_p, dims, a, seed=seed1, seed2=seed2)
    return maximum(least, divide(drawn, b))


@export("random.stateless_gamma")
def stateless_gamma(
    shape: Any,
    seed: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Draws numbers of gamma distributions; the same seed, the same numbers.

    Args:
      shape: sizes of the result; ends with the broadcast shape of `alpha` and `beta`.
      seed: `[2]`, int32 or int64.
      alpha: shape parameters, positive.
      beta: inverse scales, positive; broadcast with `alpha`; 1 when None.
      dtype: float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape`; NaN where `alpha` is negative.

    Raises:
      tf.errors.InvalidArgumentError: for another dtype, a seed of another shape, or a `shape` that
        does not end with the parameters' shape.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.stateless_gamma([2], seed=[1, 2], alpha=1.5).numpy()
      array([2.163376 , 1.3841168], dtype=float32)
    """
    target = as_dtype(dtype)
    if target not in FLOATS:
        raise _unsupported("StatelessRandomGammaV3", target)
    dims = drawn_shape(shape)
    a, b, least = _rate_parameters(alpha, beta, target)
    drawn = apply(stateless_gamma_p, dims, *key_counter(seed, "auto_select"), a)
    return maximum(least, divide(drawn, b))


def _unsupported(op: str, dtype: DType) -> Exception:
    from tapeflow.engine.core.errors import InvalidArgumentError

    names = ", ".join(sorted(d.name for d in FLOATS))
    text = f"{op}: dtype: expected one of {names}; received {dtype.name} [Op:{op}]"
    return InvalidArgumentError(None, None, text)


@reads_values(0)
def _poisson_infer(shape: Spec, rate: Spec, *, seed: int, seed2: int, dtype: DType) -> Spec:
    require_dtype(rate, RATES, "rate")
    require_attribute(dtype, RATES)
    return Spec(dtype, _appended(shape, rate))


def _poisson_kernel(shape: Array, rate: Array, *, seed: int, seed2: int, dtype: DType) -> Array:
    samples = int(np.prod(shape, dtype=object))
    name = ("RandomPoissonV2", rate.dtype, dtype, shape.dtype)
    stream = reserve(name, seed, seed2, RESERVED * samples * rate.size)
    out = rejection.poisson(*stream, samples, rate.reshape(-1).astype(np.float64))
    return out.astype(dtype.np).reshape((*shape, *rate.shape))


_SAMPLE_RATES = np.array([0.0, 0.3, 2, 9.9, 10, 55.5, 1000])


def _poisson_samples(draw: Draw) -> Iterable[Sample]:
    five = np.array([5], np.int32)
    for rate in (dtypes.float16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64):
        rates = _SAMPLE_RATES.astype(rate.np)
        for dtype in (dtypes.float32, dtypes.int64):
            yield Sample(five, rates, seed=1, seed2=2, dtype=dtype, grad=False)
    for dims, one in (((), 0.5), ((0,), 2.0), ((2, 0), [1.0])):
        shape = np.array(dims, np.int64)
        at = np.array(one, np.float32)
        yield Sample(shape, at, seed=3, seed2=4, dtype=dtypes.int32, grad=False)


random_poisson_p = primitive(
    "RandomPoissonV2",
    infer=_poisson_infer,
    kernel=_poisson_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_poisson_samples,
    effect=DRAWS,
)


@export("random.poisson")
def poisson(
    shape: Any,
    lam: Any,
    dtype: Any = dtypes.float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Draws numbers of Poisson distributions.

    Args:
      shape: how many to draw for each rate.
      lam: rates, i.e. means; floating, int32 or int64.
      dtype: float16, float32, float64, int32 or int64.
      seed: op seed, an integer; combined with the one of `tf.random.set_seed`.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape + lam.shape` and dtype `dtype`.

    Raises:
      tf.errors.InvalidArgumentError: for another dtype, or a negative size.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.poisson([5], [0.5, 1.5]).shape
      TensorShape([5, 2])
    """
    target = as_dtype(dtype)
    dims = drawn_shape(shape)
    rate = convert(lam)
    seed1, seed2 = op_seeds(seed)
    return apply(random_poisson_p, dims, rate, seed=seed1, seed2=seed2, dtype=target)


@reads_values(0)
def _stateless_poisson_infer(shape: Spec, seed: Spec, lam: Spec, *, dtype: DType) -> Spec:
    require_seed(seed)
    require_dtype(lam, RATES, "lam")
    require_attribute(dtype, RATES)
    return Spec(dtype, ending_with(shape, lam.shape))


def _stateless_poisson_kernel(shape: Array, seed: Array, lam: Array, *, dtype: DType) -> Array:
    samples = _per_parameter(shape, lam.size)
    out = rejection.poisson(*stream_of(seed), samples, lam.reshape(-1).astype(np.float64))
    return out.astype(dtype.np).reshape(shape)


def _stateless_poisson_samples(draw: Draw) -> Iterable[Sample]:
    seed = np.array([1, 2], np.int32)
    dims = np.array([5, len(_SAMPLE_RATES)], np.int32)
    for rate in (dtypes.float16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64):
        for dtype in (dtypes.float64, dtypes.int32):
            yield Sample(dims, seed, _SAMPLE_RATES.astype(rate.np), dtype=dtype, grad=False)
    for sizes, one in (((3,), 0.5), ((0, 1), [2.0]), ((), 1.0)):
        shape = np.array(sizes, np.int64)
        yield Sample(shape, seed, np.array(one, np.float32), dtype=dtypes.int32, grad=False)


stateless_poisson_p = primitive(
    "StatelessRandomPoisson",
    infer=_stateless_poisson_infer,
    kernel=_stateless_poisson_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_stateless_poisson_samples,
)


@export("random.stateless_poisson")
def stateless_poisson(
    shape: Any, seed: Any, lam: Any, dtype: Any = dtypes.int32, name: str | None = None
) -> Any:
    """Draws numbers of Poisson distributions; the same seed, the same numbers.

    Args:
      shape: sizes of the result; ends with the shape of `lam`.
      seed: `[2]`, int32 or int64.
      lam: rates, i.e. means; floating, int32 or int64.
      dtype: float16, float32, float64, int32 or int64.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape` and dtype `dtype`.

    Raises:
      tf.errors.InvalidArgumentError: for another dtype, a seed of another shape, or a `shape` that
        does not end with that of `lam`.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.stateless_poisson([3, 2], seed=[1, 2], lam=[3.0, 30.0]).numpy()
      array([[ 5, 45],
             [ 5, 25],
             [ 4, 35]], dtype=int32)
    """
    target = as_dtype(dtype)
    dims = drawn_shape(shape)
    return apply(stateless_poisson_p, dims, seed_tensor(seed), convert(lam), dtype=target)


@reads_values(0)
def _binomial_infer(shape: Spec, seed: Spec, counts: Spec, probs: Spec, *, dtype: DType) -> Spec:
    require_seed(seed)
    if counts.dtype in (dtypes.int32, dtypes.int64):
        # TensorFlow's op admits these but has nothing to run them.
        raise NotFoundError(
            None, None, f"counts: expected a floating dtype; received {counts.dtype.name}"
        )
    require_dtype(counts, FLOATS, "counts")
    require_same_dtype(counts, probs)
    require_attribute(dtype, RATES)
    return Spec(dtype, ending_with(shape, broadcast(counts.shape, probs.shape)))


def binomial_numbers(
    stream: tuple[int, int], shape: Array, counts: Array, probs: Array, dtype: DType
) -> Array:
    """An array of `shape`, whose last dimensions are those of the broadcast parameters."""
    n, p = np.broadcast_arrays(counts, probs)
    flat = n.reshape(-1).astype(np.float64), p.reshape(-1).astype(np.float64)
    out = rejection.binomial(*stream, _per_parameter(shape, n.size), *flat)
    return out.astype(dtype.np).reshape(shape)


def _binomial_kernel(
    shape: Array, seed: Array, counts: Array, probs: Array, *, dtype: DType
) -> Array:
    return binomial_numbers(stream_of(seed), shape, counts, probs, dtype)


def _binomial_samples(draw: Draw) -> Iterable[Sample]:
    seed = np.array([1, 2], np.int32)
    dims = np.array([4, 6], np.int32)
    counts = np.array([1, 5, 20, 100, 1000, 50])
    probs = np.array([0.3, 0.5, 0.9, 0.01, 0.4, 0.6])
    for real in (np.float16, np.float32, np.float64):
        for dtype in (dtypes.int32, dtypes.float32):
            yield Sample(
                dims, seed, counts.astype(real), probs.astype(real), dtype=dtype, grad=False
            )
    for sizes, n, p in (((3,), 5.0, 0.0), ((0, 1), 7.0, [0.5]), ((2, 2), [[9.0], [0.0]], [0.1, 1])):
        values = np.array(n, np.float32), np.array(p, np.float32)
        yield Sample(np.array(sizes, np.int64), seed, *values, dtype=dtypes.int64, grad=False)


stateless_binomial_p = primitive(
    "StatelessRandomBinomial",
    infer=_binomial_infer,
    kernel=_binomial_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_binomial_samples,
)


@export("random.stateless_binomial")
def stateless_binomial(
    shape: Any,
    seed: Any,
    counts: Any,
    probs: Any,
    output_dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Draws numbers of successes in independent trials; the same seed, the same numbers.

    Args:
      shape: sizes of the result; ends with the broadcast shape of `counts` and `probs`.
      seed: `[2]`, int32 or int64.
      counts: numbers of trials, floating.
      probs: probabilities of success, of the same dtype; broadcast with `counts`.
      output_dtype: float16, float32, float64, int32 or int64.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape` and dtype `output_dtype`.

    Raises:
      tf.errors.InvalidArgumentError: for another dtype, a seed of another shape, or a `shape` that
        does not end with the parameters' shape.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.stateless_binomial([3, 2], [1, 2], counts=[5.0, 6.0], probs=[0.5, 0.2]).numpy()
      array([[3, 1],
             [3, 3],
             [3, 1]], dtype=int32)
    """
    target = as_dtype(output_dtype)
    dims = drawn_shape(shape)
    p = convert(probs, hint=dtypes.float32)
    n = convert(counts, hint=p.dtype)
    return apply(stateless_binomial_p, dims, seed_tensor(seed), n, p, dtype=target)
