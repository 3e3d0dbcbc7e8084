"""Conversion between dtypes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.errors import UnimplementedError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.primitive import primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor

_FLOAT8 = frozenset({dtypes.float8_e4m3fn, dtypes.float8_e5m2})
_INT4 = frozenset({dtypes.int4, dtypes.uint4})
_WIDE = dtypes.NUMERIC | dtypes.BOOL


def _is_cast(source: DType, target: DType) -> bool:
    """Whether TensorFlow has this cast: narrow floats from and to floats, 4 bits with integers."""
    if source in _WIDE:
        if target in _FLOAT8:
            return source in dtypes.FLOATING
        if target in _INT4:
            return source in dtypes.INTEGERS
        return target in _WIDE or target in dtypes.QUANTIZED
    if source in _FLOAT8:
        return target in _WIDE or target in _FLOAT8
    return source in _INT4 and (target in dtypes.INTEGERS or target in _INT4)


def _infer(x: Spec, DstT: DType) -> Spec:
    # TensorFlow makes nodes of other casts, and finds out when they run that it cannot.
    if not _is_cast(x.dtype, DstT):
        raise UnimplementedError(None, None, f"x: no cast from {x.dtype.name} to {DstT.name}")
    return Spec(DstT, x.shape)


def _kernel(x: np.ndarray, DstT: DType) -> np.ndarray:
    if x.dtype.kind == "c" and not DstT.is_complex:
        x = x.real
    if DstT in _INT4:
        x = x.astype(np.int16)  # ml_dtypes has no cast between its own two
    return x.astype(DstT.np)


def _cast_vjp(ctx: Any, dy: Any) -> Any:
    source = ctx.inputs[0].dtype
    if not (source.is_floating or source.is_complex):
        return (None,)
    return (cast(dy, source),)


def _samples(draw: Draw) -> Iterable[Sample]:
    for source in (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.int32, dtypes.uint8):
        for target in (dtypes.float32, dtypes.float64, dtypes.bfloat16, dtypes.int64, dtypes.bool_):
            # Not beyond the target's range: what happens there is undefined in C.
            smooth = source in dtypes.FLOATING and target in (dtypes.float32, dtypes.float64)
            yield Sample(draw.reals(2, 3, dtype=source), DstT=target, grad=smooth)
    yield Sample(draw.bools(4), DstT=dtypes.float32, grad=False)
    yield Sample(
        np.array([np.nan, np.inf, -np.inf, -0.0], np.float32), DstT=dtypes.float64, grad=False
    )
    yield Sample(draw.reals(3, dtype=dtypes.complex64), DstT=dtypes.float32, grad=False)
    for shape in ((), (0,), (2, 0)):
        yield Sample(draw.reals(*shape), DstT=dtypes.int32, grad=False)


cast_p = primitive(
    "Cast",
    infer=_infer,
    kernel=_kernel,
    vjp=_cast_vjp,
    lower=lambda b, x, DstT: b.cast(x, DstT),
    samples=_samples,
)


@export("cast", "dtypes.cast")
def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Converts a tensor to another dtype.

    Floats become integers by truncation, complex numbers lose their imaginary part, and numbers
    become booleans by comparison with zero.

    Args:
      x: tensor, `tf.SparseTensor` or `tf.IndexedSlices` of a numeric dtype or bool.
      dtype: the wanted dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape of `x` and dtype `dtype`; `x` itself where it has that dtype.

    Raises:
      TypeError: when `x` cannot be converted to a tensor or `dtype` is no dtype.
      tf.errors.UnimplementedError: for strings.

    Example:
      >>> import tapeflow as tf
      >>> tf.cast([1.8, -2.2], tf.int32).numpy()
      array([ 1, -2], dtype=int32)
    """
    target = as_dtype(dtype)
    if not isinstance(x, Tensor):
        with_values = getattr(type(x), "_cast_values", None)
        if with_values is not None:
            return with_values(x, target)
        x = convert(x)
    if x.dtype is target:
        return x
    return apply(cast_p, x, DstT=target)
