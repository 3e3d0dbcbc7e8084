"""Encoding and decoding of image files.

PNG is done here; other formats need the package Pillow, which is loaded when first used. JPEG files
decode to the values of its inverse cosine transform, which is the exact one; TensorFlow's default is a
faster, less exact one, so that single values differ a little.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, require_dtype, shape_text
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, Primitive, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.image import png
from tapeflow.engine.ops.image.colors import convert_image_dtype
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

_JPEG = b"\xff\xd8\xff"
_STARTS = {b"\x89PNG": "png", _JPEG: "jpeg", b"GIF8": "gif", b"BM": "bmp", b"RIFF": "webp"}


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            "reading and writing JPEG, GIF, BMP and WebP files needs the package Pillow: "
            "pip install pillow"
        ) from None
    return Image


def _format_of(contents: bytes) -> str:
    for start, kind in _STARTS.items():
        if contents.startswith(start):
            return kind
    reject(
        "contents: expected a JPEG, PNG, GIF, BMP or WebP file; received "
        f"{len(contents)} bytes that begin with {contents[:8]!r}"
    )


def _read(contents: bytes, ratio: int = 1) -> np.ndarray:
    """Any file as an array `[height, width, channels]`; the first frame of an animation."""
    if _format_of(contents) == "png":
        try:
            return png.read_png(contents)
        except png.PngError as error:
            reject(f"contents: expected a PNG file; {error}")
    return _frames(contents, ratio)[0]


def _frames(contents: bytes, ratio: int = 1) -> list[np.ndarray]:
    pillow = _pillow()
    frames = []
    try:
        with pillow.open(io.BytesIO(contents)) as image:
            if ratio > 1:
                size = tuple(-(-n // ratio) for n in image.size)
                image.draft(image.mode, size)
            for i in range(getattr(image, "n_frames", 1)):
                image.seek(i)
                frames.append(_array_of(image))
    except (OSError, SyntaxError, ValueError) as error:
        reject(f"contents: expected an image file; {error}")
    return frames


def _array_of(image: Any) -> np.ndarray:
    if image.format == "GIF" or image.mode not in ("L", "RGB", "RGBA", "LA"):
        image = image.convert("RGB")
    array = np.asarray(image)
    return array[..., None] if array.ndim == 2 else array


def _with_channels(pixels: np.ndarray, channels: int) -> np.ndarray:
    """As many channels as wanted: colours to grey and back, alpha dropped or full."""
    have = pixels.shape[-1]
    if channels in (0, have):
        return pixels
    full = np.iinfo(pixels.dtype).max
    color, alpha = pixels[..., : 1 if have < 3 else 3], pixels[..., have - 1 :]
    if channels == 1 and have >= 3:
        return _grey(color)
    if channels >= 3 and color.shape[-1] == 1:
        color = np.repeat(color, 3, axis=-1)
    if channels in (1, 3):
        return color
    if have not in (2, 4):
        alpha = np.full_like(color[..., :1], full)
    return np.concatenate((color, alpha), axis=-1)


def _grey(color: np.ndarray) -> np.ndarray:
    """Brightness in fixed point, with the weights and the rounding that TensorFlow's results show."""
    wide = color.astype(np.int64)
    total = wide[..., :1] * 9797 + wide[..., 1:2] * 19234 + wide[..., 2:] * 3737
    grey = (total + (16384 if color.dtype.itemsize == 2 else 0)) >> 15
    same = (wide == wide[..., :1]).all(-1, keepdims=True)
    return np.where(same, wide[..., :1], grey).astype(color.dtype)


def _to_depth(pixels: np.ndarray, dtype: DType) -> np.ndarray:
    if pixels.dtype == dtype.np:
        return pixels
    if dtype is dtypes.uint16:
        return pixels.astype(np.uint16) * np.uint16(257)
    return (pixels >> 8).astype(np.uint8)


def _check_channels(channels: int, allowed: tuple[int, ...] = (0, 1, 3, 4)) -> None:
    if channels not in allowed:
        reject(f"channels: expected one of {allowed}; received {channels}")


def _decoded(contents: Spec, channels: int, dtype: DType, allowed: tuple[int, ...]) -> Spec:
    require_dtype(contents, {dtypes.string}, "contents")
    _check_channels(channels, allowed)
    if contents.shape not in (None, ()):
        reject(f"contents: expected a scalar; received shape {shape_text(contents.shape)}")
    return Spec(dtype, (None, None, channels or None))


def _stored(array: np.ndarray) -> np.ndarray:
    cell = np.empty((), object)
    cell[()] = png.write_png(array)
    return cell


def _png_infer(contents: Spec, channels: int, dtype: DType) -> Spec:
    if dtype not in (dtypes.uint8, dtypes.uint16):
        reject(f"dtype: expected uint8 or uint16; received {dtype.name}")
    return _decoded(contents, channels, dtype, (0, 1, 3, 4))


def _png_kernel(contents: np.ndarray, channels: int, dtype: DType) -> np.ndarray:
    return _to_depth(_with_channels(_read(contents[()]), channels), dtype)


def _png_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in (dtypes.uint8, dtypes.uint16):
        for depth in (1, 3, 4):
            image = draw.ints(3, 4, depth, high=dtype.max, dtype=dtype)
            for channels in (0, 1, 3, 4):
                yield Sample(_stored(image), channels=channels, dtype=dtype, grad=False)


decode_png_p = primitive(
    "DecodePng",
    infer=_png_infer,
    kernel=_png_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_png_samples,
)


def _no_samples(draw: Draw) -> Iterable[Sample]:
    # Needs Pillow, and its values are not TensorFlow's to the last bit: see the cases.
    return ()


def _jpeg_infer(contents: Spec, channels: int, ratio: int) -> Spec:
    if ratio not in (1, 2, 4, 8):
        reject(f"ratio: expected 1, 2, 4 or 8; received {ratio}")
    return _decoded(contents, channels, dtypes.uint8, (0, 1, 3))


def _jpeg_kernel(contents: np.ndarray, channels: int, ratio: int) -> np.ndarray:
    return _to_depth(_with_channels(_read(contents[()], ratio), channels), dtypes.uint8)


decode_jpeg_p = primitive(
    "DecodeJpeg",
    infer=_jpeg_infer,
    kernel=_jpeg_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_no_samples,
)


def _image_infer(contents: Spec, channels: int, dtype: DType, expand_animations: bool) -> Spec:
    spec = _decoded(contents, channels, dtype, (0, 1, 3, 4))
    return Spec(dtype, None if expand_animations else spec.shape)


def _image_kernel(
    contents: np.ndarray, channels: int, dtype: DType, expand_animations: bool
) -> np.ndarray:
    data = contents[()]
    if _format_of(data) == "gif":
        frames = [_with_channels(f, channels) for f in _frames(data)]
        return np.stack(frames) if expand_animations else frames[0]
    return _to_depth(_with_channels(_read(data), channels), dtype)


decode_image_p = primitive(
    "DecodeImage",
    infer=_image_infer,
    kernel=_image_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_no_samples,
)


def _encode_png_infer(image: Spec, compression: int) -> Spec:
    require_dtype(image, {dtypes.uint8, dtypes.uint16}, "image")
    if image.shape is None:
        return Spec(dtypes.string, None)
    if len(image.shape) < 3:
        reject(f"image: expected rank >= 3; received shape {shape_text(image.shape)}")
    if image.shape[-1] not in (1, 2, 3, 4, None):
        reject(f"image: expected 1 to 4 channels; received shape {shape_text(image.shape)}")
    if 0 in image.shape[-3:]:
        reject(f"image: expected pixels; received shape {shape_text(image.shape)}")
    return Spec(dtypes.string, image.shape[:-3])


def _encoded(image: np.ndarray, encode: Callable[[np.ndarray], bytes]) -> np.ndarray:
    out = np.empty(image.shape[:-3], object)
    for index in np.ndindex(out.shape):
        out[index] = encode(image[index])
    return out


encode_png_p = primitive(
    "EncodePng",
    infer=_encode_png_infer,
    kernel=lambda image, compression: _encoded(image, lambda x: png.write_png(x, compression)),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_no_samples,  # files of equal pixels need not be equal
)


def _write_jpeg(image: np.ndarray, quality: int, subsampled: bool = True, **more: Any) -> bytes:
    pillow = _pillow()
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
            reject(
                f"image: expected shape [height, width, 1 or 3]; received {shape_text(image.shape)}"
            )


def _encode_jpeg_infer(image: Spec, **attrs: Any) -> Spec:
    _check_jpeg(image)
    if not 0 <= attrs["quality"] <= 100:
        reject(f"quality: expected 0 to 100; received {attrs['quality']}")
    depth = {"": (1, 3), "grayscale": (1,), "rgb": (3,)}.get(attrs["format"])
    if depth is None:
        reject(f"format: expected '', 'grayscale' or 'rgb'; received {attrs['format']!r}")
    if image.shape is not None and image.shape[2] not in (*depth, None):
        reject(f"image: expected {depth} channels; received shape {shape_text(image.shape)}")
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


encode_jpeg_p = primitive(
    "EncodeJpeg",
    infer=_encode_jpeg_infer,
    kernel=_encode_jpeg_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_no_samples,
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


encode_quality_p: Primitive = primitive(
    "EncodeJpegVariableQuality",
    infer=_quality_infer,
    kernel=_quality_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_no_samples,
)


@export("image.decode_png", "io.decode_png")
def decode_png(
    contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, name: str | None = None
) -> Any:
    """Decodes a PNG file.

    Args:
      contents: string scalar, the file.
      channels: 0 (as in the file), 1 (grey), 3 (RGB) or 4 (RGBA).
      dtype: uint8 or uint16.
      name: ignored in eager mode.

    Returns:
      A tensor `[height, width, channels]` of dtype `dtype`.

    Raises:
      tf.errors.InvalidArgumentError: when it is no image file, or arguments are wrong.

    Example:
      >>> import tapeflow as tf
      >>> file = tf.io.encode_png(tf.constant([[[7]]], tf.uint8))
      >>> tf.io.decode_png(file).numpy()
      array([[[7]]], dtype=uint8)
    """
    return apply(decode_png_p, convert(contents), channels=channels, dtype=as_dtype(dtype))


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


@export("image.decode_jpeg", "io.decode_jpeg")
def decode_jpeg(
    contents: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Any:
    """Decodes a JPEG file (or another image file); needs Pillow.

    Args:
      contents: string scalar, the file.
      channels: 0 (as in the file), 1 (grey) or 3 (RGB).
      ratio: 1, 2, 4 or 8: by how much the image is made smaller.
      fancy_upscaling: ignored: colours are always interpolated.
      try_recover_truncated: ignored: truncated files are errors.
      acceptable_fraction: ignored.
      dct_method: ignored: always the exact one.
      name: ignored in eager mode.

    Returns:
      A uint8 tensor `[height, width, channels]`.

    Raises:
      ImportError: when Pillow is not installed.
      tf.errors.InvalidArgumentError: when it is no image file, or arguments are wrong.

    Example:
      >>> import tapeflow as tf
      >>> file = tf.io.encode_jpeg(tf.zeros([2, 3, 1], tf.uint8))
      >>> tf.io.decode_jpeg(file).shape
      TensorShape([2, 3, 1])
    """
    return apply(decode_jpeg_p, convert(contents), channels=channels, ratio=ratio)


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


@export("image.decode_image", "io.decode_image")
def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = dtypes.uint8,
    name: str | None = None,
    expand_animations: bool = True,
) -> Any:
    """Decodes an image file of any format; all but PNG need Pillow.

    Args:
      contents: string scalar, the file.
      channels: 0 (as in the file), 1 (grey), 3 (RGB) or 4 (RGBA).
      dtype: uint8, uint16 or a floating dtype, to whose range values are scaled.
      name: ignored in eager mode.
      expand_animations: whether a GIF gives all its frames, `[frames, height, width, channels]`.

    Returns:
      A tensor `[height, width, channels]` of dtype `dtype`.

    Raises:
      ImportError: when Pillow is needed and not installed.
      tf.errors.InvalidArgumentError: when it is no image file, or arguments are wrong.

    Example:
      >>> import tapeflow as tf
      >>> file = tf.io.encode_png(tf.constant([[[255]]], tf.uint8))
      >>> tf.io.decode_image(file, dtype=tf.float32).numpy()
      array([[[1.]]], dtype=float32)
    """
    target = as_dtype(dtype)
    depth = dtypes.uint16 if target is dtypes.uint16 else dtypes.uint8
    image = apply(
        decode_image_p,
        convert(contents),
        channels=channels or 0,
        dtype=depth,
        expand_animations=bool(expand_animations),
    )
    return image if depth is target else convert_image_dtype(image, target)


@export("image.is_jpeg", "io.is_jpeg")
def is_jpeg(contents: Any, name: str | None = None) -> Any:
    """Tells whether a file begins as JPEG files do.

    Args:
      contents: string scalar.
      name: ignored in eager mode.

    Returns:
      A bool scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.io.is_jpeg(b"GIF89a").numpy()
      np.False_
    """
    data = convert(contents, dtypes.string)._array[()]
    return convert(data.startswith(_JPEG))


@export("image.extract_jpeg_shape", "io.extract_jpeg_shape")
def extract_jpeg_shape(
    contents: Any, output_type: Any = dtypes.int32, name: str | None = None
) -> Any:
    """Reads the shape of a JPEG image without decoding it; needs Pillow.

    Args:
      contents: string scalar, the file.
      output_type: int32 or int64.
      name: ignored in eager mode.

    Returns:
      A tensor `[3]`: height, width, channels.

    Raises:
      tf.errors.InvalidArgumentError: when it is no JPEG file.

    Example:
      >>> import tapeflow as tf
      >>> tf.io.extract_jpeg_shape(tf.io.encode_jpeg(tf.zeros([2, 3, 1], tf.uint8))).numpy()
      array([2, 3, 1], dtype=int32)
    """
    data = convert(contents, dtypes.string)._array[()]
    try:
        with _pillow().open(io.BytesIO(data)) as image:
            (width, height), channels = image.size, len(image.getbands())
    except OSError as error:
        reject(f"contents: expected a JPEG file; {error}")
    return convert(np.array((height, width, channels), as_dtype(output_type).np))


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
    return convert_image_dtype(decode_jpeg(file), image.dtype, saturate=True)
