"""Max pooling that also says where each maximum lies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    merge_dims,
    reject,
    reject_values,
    require_dtype,
    require_rank,
    require_same_dtype,
)
from tapeflow.engine.ir.primitive import indexed, primitive, window
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import creation
from tapeflow.engine.ops.nn import pooling_kernels as kernels
from tapeflow.engine.ops.nn.arguments import padding_name, per_axis
from tapeflow.engine.ops.nn.pooling import check_pooling, geometry_of, pooled_dims
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


def _infer(input: Spec, Targmax: DType, **attrs: Any) -> tuple[Spec, Spec]:
    require_dtype(input, dtypes.REAL)
    require_rank(input, 4, "input")
    check_pooling(2, attrs, False, False)
    if Targmax not in dtypes.INDEX:
        reject(f"output_dtype: expected int32 or int64; received {Targmax.name}")
    if input.shape is not None and 0 in input.shape:
        reject_values(f"input: expected at least one element; received shape {list(input.shape)}")
    shape = pooled_dims(input.shape, 2, attrs)
    return Spec(input.dtype, shape), Spec(Targmax, shape)


def _kernel(
    input: np.ndarray,
    Targmax: DType,
    include_batch_in_index: bool,
    **attrs: Any,
) -> tuple[np.ndarray, np.ndarray]:
    geometry = geometry_of(input.shape, attrs)
    where = kernels.first_maximum(input, geometry)
    positions = kernels.flat_positions(where, geometry, include_batch_in_index)
    return kernels.collect(input, where, geometry), positions.astype(Targmax.np)


def _gradient_infer(order: int) -> Callable[..., Spec]:
    def rule(input: Spec, grad: Spec, argmax: Spec, **attrs: Any) -> Spec:
        require_same_dtype(input, grad)
        require_dtype(input, dtypes.REAL)
        require_dtype(argmax, dtypes.INDEX, "argmax")
        for spec, argument in ((input, "input"), (grad, "grad"), (argmax, "argmax")):
            require_rank(spec, 4, argument)
        check_pooling(2, attrs, False, False)
        small = merge_dims(pooled_dims(input.shape, 2, attrs), argmax.shape, "argmax")
        if order == 1:
            merge_dims(small, grad.shape, "grad")
            return Spec(input.dtype, input.shape)
        merge_dims(input.shape, grad.shape, "grad")
        return Spec(input.dtype, small)

    return rule


def _flat(shape: tuple[int, ...], argmax: np.ndarray, with_batch: bool) -> np.ndarray:
    """`argmax` as positions in the whole input."""
    size = int(np.prod(shape))
    if with_batch:
        flat = argmax.astype(np.int64)
        limit = size
    else:
        limit = size // max(shape[0], 1)
        flat = argmax + (np.arange(shape[0]) * limit).reshape(-1, 1, 1, 1)
    if argmax.size and (argmax.min() < 0 or argmax.max() >= limit):
        reject(f"argmax: expected positions in the range [0, {limit}); received one outside of it")
    return flat


def _gradient_kernel(
    input: np.ndarray, grad: np.ndarray, argmax: np.ndarray, include_batch_in_index: bool, **_: Any
) -> np.ndarray:
    dx = np.zeros(input.size, grad.dtype)
    np.add.at(dx, _flat(input.shape, argmax, include_batch_in_index).reshape(-1), grad.reshape(-1))
    return dx.reshape(input.shape)


def _second_kernel(
    input: np.ndarray, grad: np.ndarray, argmax: np.ndarray, include_batch_in_index: bool, **_: Any
) -> np.ndarray:
    return grad.reshape(-1)[_flat(input.shape, argmax, include_batch_in_index)]


def _samples(order: int) -> Callable[[Draw], Iterable[Sample]]:
    def sample(draw: Draw) -> Iterable[Sample]:
        for dtype in (dtypes.float32, dtypes.float64, dtypes.int32, dtypes.uint8):
            for padding, with_batch in (("VALID", False), ("SAME", True), ("SAME", False)):
                attrs: dict[str, Any] = {
                    "ksize": (1, 2, 2, 1), "strides": (1, 2, 2, 1), "padding": padding,
                    "include_batch_in_index": with_batch,
                }  # fmt: skip
                x = draw.distinct(2, 3, 4, 2, dtype=dtype)
                y, where = _kernel(x, dtypes.int64, **attrs)
                if order == 0:
                    attrs["Targmax"] = dtypes.int64
                    yield Sample(x, grad=dtype.is_floating, **attrs)
                else:
                    dy = draw.reals(*(y if order == 1 else x).shape, dtype=dtype)
                    yield Sample(x, dy, where, grad=False, **attrs)

    return sample


def _vjp(ctx: Any, dy: Any, _: Any) -> Any:
    attrs = {k: v for k, v in ctx.attrs.items() if k != "Targmax"}
    return (apply(max_pool_grad_with_argmax_p, ctx.inputs[0], dy, ctx.outputs[1], **attrs),)


def _other_order(target: Callable[[], Any]) -> Callable[..., Any]:
    def vjp(ctx: Any, dd: Any) -> Any:
        x, _, where = ctx.inputs
        return (
            creation.zeros_like(x) if ctx.needs[0] else None,
            apply(target(), x, dd, where, **ctx.attrs) if ctx.needs[1] else None,
            None,
        )

    return vjp


max_pool_with_argmax_p = primitive(
    "MaxPoolWithArgmax",
    infer=_infer,
    kernel=_kernel,
    vjp=_vjp,
    lower=window("max_pool_with_argmax"),
    samples=_samples(0),
)

max_pool_grad_with_argmax_p = primitive(
    "MaxPoolGradWithArgmax",
    infer=_gradient_infer(1),
    kernel=_gradient_kernel,
    vjp=_other_order(lambda: pick_with_argmax_p),
    lower=window("max_pool_grad_with_argmax"),
    samples=_samples(1),
)

# TensorFlow's is `MaxPoolGradGradWithArgmax`, which has no kernel for the CPU to compare with.
pick_with_argmax_p = primitive(
    "PickWithArgmax",
    infer=_gradient_infer(2),
    kernel=_second_kernel,
    vjp=_other_order(lambda: max_pool_grad_with_argmax_p),
    lower=indexed("gather"),
    samples=_samples(2),
)


class MaxPoolWithArgmax(NamedTuple):
    """What `tf.nn.max_pool_with_argmax` gives.

    Attributes:
      output: the maxima.
      argmax: where they are.
    """

    output: Any
    argmax: Any


@export("nn.max_pool_with_argmax")
def max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    output_dtype: Any = dtypes.int64,
    include_batch_in_index: bool = False,
    name: str | None = None,
) -> Any:
    """Maxima of windows over images, and where in the image they are.

    Args:
      input: images `[batch, height, width, channels]`, a real dtype; not empty.
      ksize: size of the window; an int, or a list of 1, 2 or 4.
      strides: an int, or a list of 1, 2 or 4.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`.
      output_dtype: `tf.int32` or `tf.int64`.
      include_batch_in_index: whether positions count from the first image's start rather than from
        the start of each image.
      name: ignored in eager mode.

    Returns:
      A named tuple `(output, argmax)`: the maxima, and their positions
      `(y * width + x) * channels + channel`, both `[batch, out_height, out_width, channels]`. Of
      equal elements the first counts.

    Raises:
      ValueError: when `data_format` is another one, or a list has the wrong length.
      tf.errors.InvalidArgumentError: when `input` is empty or smaller than a window.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape([1.0, 5.0, 3.0, 2.0], [1, 2, 2, 1])
      >>> y, where = tf.nn.max_pool_with_argmax(x, 2, 2, "VALID")
      >>> y.numpy().item(), where.numpy().item()
      (5.0, 1)
    """
    if data_format != "NHWC":
        raise ValueError(
            "`data_format` values other  than 'NHWC' are not supported. "
            f"Received: data_format={data_format}"
        )
    results = apply(
        max_pool_with_argmax_p, convert(input), ksize=per_axis(ksize, 2, 3, "ksize"),
        strides=per_axis(strides, 2, 3, "strides"), padding=padding_name(padding),
        Targmax=as_dtype(output_dtype), include_batch_in_index=bool(include_batch_in_index),
    )  # fmt: skip
    return MaxPoolWithArgmax(*results)
