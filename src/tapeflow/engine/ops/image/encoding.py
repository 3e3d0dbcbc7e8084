"""Encoding of image files: PNG, and JPEG with the package Pillow."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, reject_values, require_dtype, shape_text
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.image import png
from tapeflow.engine.ops.image.codecs import decode_jpeg, load_pillow
from tapeflow.engine.ops.image.colors import convert_image_dtype
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor


def _uniform(depth: int) -> np.ndarray:
    return np.full((16, 16, depth), 100, np.uint8)


def _encode_png_infer(image: Spec, compression: int) -> Spec:
    require_dtype(image, {dtypes.uint8, dtypes.uint16}, "image")
    if image.shape is None:
        return Spec(dtypes.string, None)
    if len(image.shape) < 3:
        reject(f"image: expected rank >= 3; received shape {shape_text(image.shape)}")
    if image.shape[-1] not in (1, 2, 3, 4, None):
        reject_values(f"image: expected 1 to 4 channels; received shape {shape_text(image.shape)}")
    if 0 in image.shape[-3:]:
        reject(f"image: expected pixels; received shape {shape_text(image.shape)}")
    return Spec(dtypes.string, image.shape[:-3])


def _encoded(image: np.ndarray, encode: Callable[[np.ndarray], bytes]) -> np.ndarray:
    out = np.empty(image.shape[:-3], object)
    for index in np.ndindex(out.shape):
        out[index] = encode(image[index])
    return out


def _encode_png_samples(draw: Draw) -> Iterable[Sample]:
    yield Sample(_uniform(3), compression=-1, grad=False)
    yield Sample(draw.ints(2, 3, 4, 2, high=256, dtype=dtypes.uint8), compression=0, grad=False)


encode_png_p = primitive(
    "EncodePng",
    infer=_encode_png_infer,
    kernel=lambda image, compression: _encoded(image, lambda x: png.write_png(x, compression)),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_encode_png_samples,
)


def _write_jpeg(image: np.ndarray, quality: int, subsampled: bool = True, **more: Any) -> bytes:
    pillow = load_pillow()
    data = io.BytesIO()
    pixels = image[..., 0] if image.shape[-1] == 1 else image
    pillow.fromarray(np.ascontiguousarray(pixels)).save(
        data, "JPEG", quality=quality, subsampling=2 if subsampled else 0, **more
    )
    return data.getvalue()


def _check_jpeg(image: Spec) -> None:
    require_dtype(image, {dtypes.uint8}, "image")
    if image.shape is not None:
        if len(image.shape) != 3 or image.shape[2] not in (1, 3, None):
            reject_values(
                f"image: expected shape [height, width, 1 or 3]; received {shape_text(image.shape)}"
            )


def _encode_jpeg_infer(image: Spec, **attrs: Any) -> Spec:
    _check_jpeg(image)
    if not 0 <= attrs["quality"] <= 100:
        reject_values(f"quality: expected 0 to 100; received {attrs['quality']}")
    depth = {"": (1, 3), "grayscale": (1,), "rgb": (3,)}.get(attrs["format"])
    if depth is None:
        reject(f"format: expected '', 'grayscale' or 'rgb'; received {attrs['format']!r}")
    if image.shape is not None and image.shape[2] not in (*depth, None):
        reject_values(f"image: expected {depth} channels; received shape {shape_text(image.shape)}")
    return Spec(dtypes.string, ())


def _encode_jpeg_kernel(image: np.ndarray, **attrs: Any) -> np.ndarray:
    density = (attrs["x_density"], attrs["y_density"])
    return _encoded(
        image,
        lambda x: _write_jpeg(
            x,
            attrs["quality"],
            attrs["chroma_downsampling"],
            progressive=attrs["progressive"],
            optimize=attrs["optimize_size"],
            dpi=density if attrs["density_unit"] == "in" else tuple(d * 2.54 for d in density),
        ),
    )


def _encode_jpeg_samples(draw: Draw) -> Iterable[Sample]:
    yield Sample(
        _uniform(3), format="", quality=95, progressive=False, optimize_size=False,
        chroma_downsampling=True, density_unit="in", x_density=300, y_density=300, grad=False,
    )  # fmt: skip


encode_jpeg_p = primitive(
    "EncodeJpeg",
    infer=_encode_jpeg_infer,
    kernel=_encode_jpeg_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_encode_jpeg_samples,
)


def _quality_infer(images: Spec, quality: Spec) -> Spec:
    _check_jpeg(images)
    require_dtype(quality, {dtypes.int32}, "quality")
    return Spec(dtypes.string, ())


def _quality_kernel(images: np.ndarray, quality: np.ndarray) -> np.ndarray:
    value = int(quality)
    if not 0 <= value <= 100:
        reject(f"quality: expected 0 to 100; received {value}")
    return _encoded(images, lambda x: _write_jpeg(x, value))


def _quality_samples(draw: Draw) -> Iterable[Sample]:
    yield Sample(_uniform(1), np.array(70, np.int32), grad=False)


encode_quality_p = primitive(
    "EncodeJpegVariableQuality",
    infer=_quality_infer,
    kernel=_quality_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_quality_samples,
)


@export("image.encode_png", "io.encode_png")
def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Any:
    """Encodes images as PNG files.

    Args:
      image: tensor `[..., height, width, channels]`, uint8 or uint16, with 1 to 4 channels.
      compression: 0 (none) to 9 (most), -1 for the usual.
      name: ignored in eager mode.

    Returns:
      A string tensor `[...]`.

    Raises:
      tf.errors.InvalidArgumentError: for another dtype or shape.

    Example:
      >>> import tapeflow as tf
      >>> tf.io.encode_png(tf.constant([[[7]]], tf.uint8)).numpy()[:4]
      b'\\x89PNG'
    """
    return apply(encode_png_p, convert(image), compression=int(compression))


@export("image.encode_jpeg", "io.encode_jpeg")
def encode_jpeg(
    image: Any,
    format: str = "",
    quality: int = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: str = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
    name: str | None = None,
) -> Any:
    """Encodes an image as a JPEG file; needs Pillow.

    Args:
      image: uint8 tensor `[height, width, channels]` with 1 or 3 channels.
      format: `""`, `"grayscale"` or `"rgb"`.
      quality: 0 to 100.
      progressive: whether the file shows the whole image coarsely first.
      optimize_size: whether to search for a smaller file.
      chroma_downsampling: whether colours are stored at half the resolution.
      density_unit: `"in"` or `"cm"`.
      x_density: pixels per unit.
      y_density: pixels per unit.
      xmp_metadata: ignored.
      name: ignored in eager mode.

    Returns:
      A string scalar.

    Raises:
      ImportError: when Pillow is not installed.
      tf.errors.InvalidArgumentError: for another dtype, shape or quality.

    Example:
      >>> import tapeflow as tf
      >>> tf.io.encode_jpeg(tf.zeros([2, 3, 1], tf.uint8)).numpy()[:2]
      b'\\xff\\xd8'
    """
    return apply(
        encode_jpeg_p,
        convert(image),
        format=format,
        quality=quality,
        progressive=progressive,
        optimize_size=optimize_size,
        chroma_downsampling=chroma_downsampling,
        density_unit=density_unit,
        x_density=x_density,
        y_density=y_density,
    )


@export("image.adjust_jpeg_quality")
def adjust_jpeg_quality(
    image: Any, jpeg_quality: Any, dct_method: str = "", name: str | None = None
) -> Any:
    """Encodes an image as a JPEG file and decodes it again; needs Pillow.

    Args:
      image: tensor `[height, width, channels]`, floating or integer, with 1 or 3 channels.
      jpeg_quality: 0 to 100.
      dct_method: ignored: always the exact one.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ImportError: when Pillow is not installed.
      tf.errors.InvalidArgumentError: for another shape or quality.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.adjust_jpeg_quality(tf.zeros([2, 3, 1]), 50).shape
      TensorShape([2, 3, 1])
    """
    image = convert(image)
    whole = convert_image_dtype(image, dtypes.uint8, saturate=True)
    file = apply(encode_quality_p, whole, convert(jpeg_quality, dtypes.int32))
    made = decode_jpeg(file)
    if not isinstance(made, EagerTensor) and image.shape.rank:
        made.set_shape([None, None, image.shape[-1]])
    return convert_image_dtype(made, image.dtype, saturate=True)
