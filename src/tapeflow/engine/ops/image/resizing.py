"""Resizing of images."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    reads_values,
    reject,
    reject_values,
    require_dtype,
    require_rank,
    shape_text,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, Primitive, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions, shaping
from tapeflow.engine.ops.image import resampling
from tapeflow.engine.ops.image.resampling import Taps
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.tracing.deferral import planned

_PIXELS = frozenset(
    (
        dtypes.int8, dtypes.uint8, dtypes.int16, dtypes.uint16, dtypes.int32, dtypes.int64,
        dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64,
    )
)  # fmt: skip


def _sizes(size: Spec) -> tuple[int | None, int | None]:
    if size.shape not in (None, (2,), (None,)):
        reject(f"size: expected 2 elements; received shape {shape_text(size.shape)}")
    if size.value is None:
        return None, None
    rows, columns = size.value.tolist()
    if rows <= 0 or columns <= 0:
        reject_values(f"size: expected positive sizes; received {[rows, columns]}")
    return rows, columns


def _resize_spec(images: Spec, size: Spec, dtype: Any) -> Spec:
    require_dtype(images, _PIXELS, "images")
    require_rank(images, 4, "images")
    require_dtype(size, {dtypes.int32}, "size")
    rows, columns = _sizes(size)
    if images.shape is None:
        return Spec(dtype, (None, rows, columns, None))
    if 0 in images.shape:
        reject_values(f"images: expected a size > 0; received shape {shape_text(images.shape)}")
    return Spec(dtype, (images.shape[0], rows, columns, images.shape[3]))


MakeTaps = Callable[..., Taps]


def _make(
    name: str, taps: MakeTaps, kernel: Callable[..., np.ndarray], keeps_dtype: bool = False
) -> tuple[Primitive, Primitive]:
    """A resizing op and the op that TensorFlow has for its gradient."""

    def pair(rows: int, columns: int, shape: Any, **attrs: bool) -> tuple[Taps, Taps]:
        flags = (attrs["align_corners"], attrs["half_pixel_centers"])
        return taps(rows, shape[1], *flags), taps(columns, shape[2], *flags)

    @reads_values(1)
    def infer(images: Spec, size: Spec, align_corners: bool, half_pixel_centers: bool) -> Spec:
        return _resize_spec(images, size, images.dtype if keeps_dtype else dtypes.float32)

    def forward(images: np.ndarray, size: np.ndarray, **attrs: bool) -> np.ndarray:
        rows, columns = pair(int(size[0]), int(size[1]), images.shape, **attrs)
        if keeps_dtype:
            return kernel(images, rows, columns)
        return kernel(images.astype(np.float32, copy=False), rows, columns)

    def backward_infer(
        grads: Spec, original_image: Spec, align_corners: bool, half_pixel_centers: bool
    ) -> Spec:
        require_rank(grads, 4, "grads")
        dtype = grads.dtype if keeps_dtype else original_image.dtype
        return Spec(dtype, original_image.shape)

    def backward(grads: np.ndarray, original_image: np.ndarray, **attrs: bool) -> np.ndarray:
        rows, columns = pair(grads.shape[1], grads.shape[2], original_image.shape, **attrs)
        work = grads if grads.dtype.itemsize > 4 else grads.astype(np.float32, copy=False)
        back = resampling.resample_adjoint(work, rows, columns)
        return back.astype(grads.dtype if keeps_dtype else original_image.dtype, copy=False)

    def vjp(ctx: Any, dy: Any) -> Any:
        images = ctx.inputs[0]
        return apply(backward_p, dy, images, **ctx.attrs), None

    def backward_vjp(ctx: Any, dx: Any) -> Any:
        grads = ctx.inputs[0]
        size = EagerTensor(np.array(grads.shape.as_list()[1:3], np.int32))
        return cast(apply(forward_p, dx, size, **ctx.attrs), grads.dtype), None

    def samples(draw: Draw) -> Iterable[Sample]:
        for half, align in ((True, False), (False, False), (False, True)):
            flags = {"align_corners": align, "half_pixel_centers": half}
            for shape, size in (
                ((2, 3, 4, 2), (5, 2)),
                ((1, 5, 3, 1), (5, 7)),
                ((1, 1, 1, 3), (2, 2)),
            ):
                # Float32 inside, too coarse for central differences in float64.
                yield Sample(draw.reals(*shape), np.array(size, np.int32), grad=False, **flags)
        yield Sample(
            draw.ints(1, 3, 3, 2, dtype=dtypes.uint8), np.array((4, 4), np.int32),
            align_corners=False, half_pixel_centers=True, grad=False,
        )  # fmt: skip

    def backward_samples(draw: Draw) -> Iterable[Sample]:
        flags = {"align_corners": False, "half_pixel_centers": True, "grad": False}
        yield Sample(draw.reals(2, 5, 2, 2), draw.reals(2, 3, 4, 2), **flags)
        yield Sample(draw.reals(1, 2, 7, 1), draw.reals(1, 5, 3, 1), **flags)

    forward_p = primitive(name, infer=infer, kernel=forward, vjp=vjp, lower=HOST, samples=samples)
    backward_p = primitive(
        # TensorFlow's ResizeNearestNeighborGrad takes sizes instead of the image.
        name + ("GradLike" if keeps_dtype else "Grad"),
        infer=backward_infer,
        kernel=backward,
        # TensorFlow has no second derivative of this one.
        vjp=NOT_DIFFERENTIABLE if name == "ResizeBilinear" else backward_vjp,
        lower=HOST,
        samples=backward_samples,
    )
    return forward_p, backward_p


def _pick(x: np.ndarray, rows: Taps, columns: Taps) -> np.ndarray:
    return x.take(rows.index[:, 0], 1).take(columns.index[:, 0], 2)


bilinear_p, bilinear_grad_p = _make("ResizeBilinear", resampling.bilinear_taps, resampling.bilinear)
bicubic_p, bicubic_grad_p = _make("ResizeBicubic", resampling.bicubic_taps, resampling.resample)
nearest_p, nearest_grad_p = _make(
    "ResizeNearestNeighbor", resampling.nearest_taps, _pick, keeps_dtype=True
)


@reads_values(1)
def _area_infer(images: Spec, size: Spec, align_corners: bool) -> Spec:
    return _resize_spec(images, size, dtypes.float32)


def _area_kernel(images: np.ndarray, size: np.ndarray, align_corners: bool) -> np.ndarray:
    rows, columns = size.tolist()
    return resampling.resample(
        images.astype(np.float32, copy=False),
        resampling.area_taps(rows, images.shape[1], align_corners),
        resampling.area_taps(columns, images.shape[2], align_corners),
    )


def _area_samples(draw: Draw) -> Iterable[Sample]:
    for shape, size in (((2, 6, 4, 2), (3, 2)), ((1, 5, 3, 1), (2, 2)), ((1, 3, 3, 1), (5, 4))):
        yield Sample(draw.reals(*shape), np.array(size, np.int32), align_corners=False, grad=False)


def _no_area_gradient(ctx: Any, dy: Any) -> Any:
    # TensorFlow has none either, and says so with this class.
    raise LookupError("gradient registry has no entry for: ResizeArea")


area_p = primitive(
    "ResizeArea",
    infer=_area_infer,
    kernel=_area_kernel,
    vjp=_no_area_gradient,
    lower=HOST,
    samples=_area_samples,
)


# -- ScaleAndTranslate ---------------------------------------------------------------------------


def _scaled_pair(
    size: Any, shape: Any, scale: np.ndarray, translation: np.ndarray, kernel: str, antialias: bool
) -> tuple[Taps, Taps]:
    rows, columns = (
        resampling.scaled_taps(out, n, float(s), float(t), kernel, antialias)
        for out, n, s, t in zip(size, shape[1:3], scale, translation, strict=True)
    )
    return rows, columns


@reads_values(1)
def _scale_infer(
    images: Spec, size: Spec, scale: Spec, translation: Spec, kernel_type: str, antialias: bool
) -> Spec:
    return _resize_spec(images, size, dtypes.float32)


def _scale_kernel(
    images: np.ndarray,
    size: np.ndarray,
    scale: np.ndarray,
    translation: np.ndarray,
    kernel_type: str,
    antialias: bool,
) -> np.ndarray:
    taps = _scaled_pair(size.tolist(), images.shape, scale, translation, kernel_type, antialias)
    return resampling.resample(images.astype(np.float32, copy=False), *taps)


def _scale_vjp(ctx: Any, dy: Any) -> Any:
    images, _, scale, translation = ctx.inputs
    dx = apply(scale_grad_p, dy, cast(images, dtypes.float32), scale, translation, **ctx.attrs)
    return cast(dx, images.dtype), None, None, None


def _scale_grad_infer(
    grads: Spec,
    original_image: Spec,
    scale: Spec,
    translation: Spec,
    kernel_type: str,
    antialias: bool,
) -> Spec:
    require_rank(grads, 4, "grads")
    return Spec(original_image.dtype, original_image.shape)


def _scale_grad_kernel(
    grads: np.ndarray,
    original_image: np.ndarray,
    scale: np.ndarray,
    translation: np.ndarray,
    kernel_type: str,
    antialias: bool,
) -> np.ndarray:
    shape = original_image.shape
    taps = _scaled_pair(grads.shape[1:3], shape, scale, translation, kernel_type, antialias)
    back = resampling.resample_adjoint(grads.astype(np.float32, copy=False), *taps)
    return back.astype(original_image.dtype, copy=False)


def _scale_grad_vjp(ctx: Any, dx: Any) -> Any:
    grads, _, scale, translation = ctx.inputs
    size = EagerTensor(np.array(grads.shape.as_list()[1:3], np.int32))
    back = apply(scale_p, dx, size, scale, translation, **ctx.attrs)
    return cast(back, grads.dtype), None, None, None


def _pair_of(a: float, b: float) -> np.ndarray:
    return np.array((a, b), np.float32)


def _scale_samples(draw: Draw) -> Iterable[Sample]:
    for kernel in ("lanczos3", "lanczos5", "gaussian", "triangle", "keyscubic", "mitchellcubic"):
        for antialias in (False, True):
            for shape, size in (((1, 8, 6, 2), (3, 4)), ((2, 3, 4, 1), (5, 9))):
                scale = _pair_of(size[0] / shape[1], size[1] / shape[2])
                yield Sample(
                    draw.reals(*shape), np.array(size, np.int32), scale, _pair_of(0.0, 0.0),
                    kernel_type=kernel, antialias=antialias, grad=False,
                )  # fmt: skip


def _scale_grad_samples(draw: Draw) -> Iterable[Sample]:
    for kernel in ("lanczos3", "triangle"):
        yield Sample(
            draw.reals(1, 3, 4, 2), draw.reals(1, 8, 6, 2), _pair_of(3 / 8, 4 / 6), _pair_of(0, 0),
            kernel_type=kernel, antialias=True, grad=False,
        )  # fmt: skip


scale_p = primitive(
    "ScaleAndTranslate",
    infer=_scale_infer,
    kernel=_scale_kernel,
    vjp=_scale_vjp,
    lower=HOST,
    samples=_scale_samples,
)

scale_grad_p = primitive(
    "ScaleAndTranslateGrad",
    infer=_scale_grad_infer,
    kernel=_scale_grad_kernel,
    vjp=_scale_grad_vjp,
    lower=HOST,
    samples=_scale_grad_samples,
)


# -- the public function -------------------------------------------------------------------------


@export("image.ResizeMethod")
class ResizeMethod:
    """Names of the methods of `tf.image.resize`.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.ResizeMethod.BILINEAR
      'bilinear'
    """

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    AREA = "area"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    GAUSSIAN = "gaussian"
    MITCHELLCUBIC = "mitchellcubic"


_WIDE = {"bilinear": "triangle", "bicubic": "keyscubic"}
_ALL = frozenset(v for k, v in vars(ResizeMethod).items() if k.isupper())
# The methods' numbers in TensorFlow 1.
_NUMBERED = {0: "bilinear", 1: "nearest", 2: "bicubic", 3: "area"}


def resized(images: Any, size: Any, method: str, antialias: bool) -> Any:
    """Resizes a tensor `[n, h, w, c]` to the known sizes `size`."""
    height, width = images.shape.as_list()[1:3]
    target = EagerTensor(np.array(size, np.int32))
    if method == "nearest":
        return apply(nearest_p, images, target, align_corners=False, half_pixel_centers=True)
    if method == "area":
        return apply(area_p, images, target, align_corners=False)
    kernel = _WIDE.get(method, method)
    if method in _WIDE and not antialias:
        prim = bilinear_p if method == "bilinear" else bicubic_p
        return apply(prim, images, target, align_corners=False, half_pixel_centers=True)
    rows, columns = max(size[0], 0), max(size[1], 0)
    scale = _pair_of(rows / max(height, 1), columns / max(width, 1))
    return apply(
        scale_p,
        images,
        target,
        EagerTensor(scale),
        EagerTensor(_pair_of(0.0, 0.0)),
        kernel_type=kernel,
        antialias=bool(antialias),
    )


def _resized_spec(images: Any, size: Any, method: Any, **_: Any) -> Spec:
    """What is known of images that are resized when the graph runs."""
    if images.shape.rank not in (None, 3, 4):
        raise ValueError("'images' must have either 3 or 4 dimensions.")
    dtype = images.dtype if _NUMBERED.get(method, method) == "nearest" else dtypes.float32
    dims = images.shape._dims
    known = static_value(size)
    rows, columns = (None, None) if known is None or known.size != 2 else map(int, known)
    return Spec(dtype, None if dims is None else (*dims[:-3], rows, columns, dims[-1]))


@export("image.resize")
@planned(sizes=("images",), values=("size",), result=_resized_spec)
def resize(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
) -> Any:
    """Resizes images.

    Args:
      images: tensor `[batch, height, width, channels]` or `[height, width, channels]`.
      size: two ints, the new height and width.
      method: one of `tf.image.ResizeMethod`.
      preserve_aspect_ratio: whether to resize to the largest size with the images' aspect ratio
        that fits into `size`.
      antialias: whether to average over all pixels that an output pixel covers; matters where
        images get smaller, and not for `"nearest"` and `"area"`.
      name: ignored in eager mode.

    Returns:
      A float32 tensor of the same rank (for `"nearest"` of the dtype of `images`).

    Raises:
      ValueError: for another rank, `size` or `method`.
      tf.errors.InvalidArgumentError: for images or sizes of 0.

    Example:
      >>> import tapeflow as tf
      >>> image = tf.constant([[[0.0], [1.0]], [[2.0], [3.0]]])
      >>> tf.image.resize(image, [1, 2]).numpy()[..., 0]
      array([[1., 2.]], dtype=float32)
    """
    images = convert(images)
    rank = images.shape.ndims
    if rank not in (3, 4):
        raise ValueError("'images' must have either 3 or 4 dimensions.")
    known = static_value(size)
    if known is None:
        raise ValueError("resize: size: expected values that are known when tracing")
    if known.shape != (2,):
        raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
    if known.dtype.kind not in "iu":
        raise ValueError("'size' must be a 1-D int32 Tensor")
    rows, columns = (int(n) for n in known)
    if min(rows, columns) < -1:  # -1 gets to the op, whose error is of another class
        raise ValueError(f"resize: size: expected sizes > 0; received {[rows, columns]}")
    batch = images if rank == 4 else dimensions.expand_dims(images, 0)
    height, width = batch.shape.as_list()[1:3]
    if preserve_aspect_ratio:
        factor = min(np.float32(rows) / np.float32(height), np.float32(columns) / np.float32(width))
        rows = int(np.rint(np.float32(height) * factor))
        columns = int(np.rint(np.float32(width) * factor))
    method = _NUMBERED.get(method, method)
    if method not in _ALL:
        raise ValueError(f"Resize method is not implemented: {method}")
    sharp = method not in ("gaussian", "mitchellcubic")  # these two smooth at any size
    if (rows, columns) == (height, width) and sharp and batch.dtype in _PIXELS:
        return images if method == "nearest" else cast(images, dtypes.float32)
    out = resized(batch, (rows, columns), method, antialias)
    return out if rank == 4 else shaping.reshape(out, out.shape.as_list()[1:])
