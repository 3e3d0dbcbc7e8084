"""Decoding of image files.

PNG is done here; other formats need the package Pillow, which is loaded when first used. JPEG
files decode to the values of its inverse cosine transform, which is the exact one; TensorFlow's
default is a faster, less exact one, so that single values differ a little.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, reject_dtype, reject_values, require_dtype, shape_text
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.image import png
from tapeflow.engine.ops.image.colors import convert_image_dtype
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.tracing.deferral import planned

_JPEG = b"\xff\xd8\xff"
_STARTS = {b"\x89PNG": "png", _JPEG: "jpeg", b"GIF8": "gif", b"BM": "bmp", b"RIFF": "webp"}


def load_pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            "reading and writing JPEG, GIF, BMP and WebP files needs the package Pillow: "
            "pip install 'tapeflow[image]'"
        ) from None
    return Image


def _format_of(contents: bytes) -> str:
    found = [kind for start, kind in _STARTS.items() if contents.startswith(start)]
    if not found:
        reject(
            "contents: expected a JPEG, PNG, GIF, BMP or WebP file; received "
            f"{len(contents)} bytes that begin with {contents[:8]!r}"
        )
    return found[0]


def _read(contents: bytes, channels: int, ratio: int = 1) -> np.ndarray:
    """Any file as `[height, width, channels]`; the first frame of an animation."""
    if _format_of(contents) != "png":
        return _with_channels(_frames(contents, ratio)[0], channels)
    try:
        pixels, opaque, keyed = png.read_png(contents)
    except png.PngError as error:
        reject(f"contents: expected a PNG file; {error}")
    if keyed and channels == 0:
        channels = pixels.shape[-1] - 1  # a transparent colour gives no channel unless asked for
    # Of less than 8 bits, an opaque pixel has the alpha of that depth, as in TensorFlow.
    return _with_channels(pixels, channels, opaque)


def _frames(contents: bytes, ratio: int = 1) -> list[np.ndarray]:
    pillow = load_pillow()
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


def _with_channels(pixels: np.ndarray, channels: int, opaque: int | None = None) -> np.ndarray:
    """As many channels as wanted: colours to grey and back, alpha dropped or full."""
    have = pixels.shape[-1]
    if channels in (0, have):
        return pixels
    full = np.iinfo(pixels.dtype).max if opaque is None else opaque
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
    """Brightness in fixed point, with the weights and rounding that TensorFlow's results show."""
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
        reject_values(f"channels: expected one of {allowed}; received {channels}")


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
        reject_dtype(f"dtype: expected uint8 or uint16; received {dtype.name}")
    return _decoded(contents, channels, dtype, (0, 1, 3, 4))


def _png_kernel(contents: np.ndarray, channels: int, dtype: DType) -> np.ndarray:
    return _to_depth(_read(contents[()], channels), dtype)


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


def _file_samples(**attrs: Any) -> Any:
    """PNG files, which every decoder takes; JPEG's values are not TensorFlow's to the last bit."""

    def sample(draw: Draw) -> Iterable[Sample]:
        for depth in (1, 3):
            image = draw.ints(3, 4, depth, high=256, dtype=dtypes.uint8)
            for channels in (0, 1, 3):
                yield Sample(_stored(image), channels=channels, **attrs, grad=False)

    return sample


def _jpeg_infer(contents: Spec, channels: int, ratio: int) -> Spec:
    if ratio not in (1, 2, 4, 8):
        reject_values(f"ratio: expected 1, 2, 4 or 8; received {ratio}")
    return _decoded(contents, channels, dtypes.uint8, (0, 1, 3))


def _jpeg_kernel(contents: np.ndarray, channels: int, ratio: int) -> np.ndarray:
    return _to_depth(_read(contents[()], channels, ratio), dtypes.uint8)


decode_jpeg_p = primitive(
    "DecodeJpeg",
    infer=_jpeg_infer,
    kernel=_jpeg_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_file_samples(ratio=1),
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
    return _to_depth(_read(data, channels), dtype)


decode_image_p = primitive(
    "DecodeImage",
    infer=_image_infer,
    kernel=_image_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_file_samples(dtype=dtypes.uint8, expand_animations=True),
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


def _file(contents: Any) -> Any:
    """The bytes of a file whose values are at hand."""
    known: Any = static_value(convert(contents, dtypes.string))
    return known[()]


@export("image.is_jpeg", "io.is_jpeg")
@planned(values=("contents",), result=lambda **_: Spec(dtypes.bool_, ()))
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
    data: Any = _file(contents)
    return convert(data.startswith(_JPEG))


@export("image.extract_jpeg_shape", "io.extract_jpeg_shape")
@planned(values=("contents",), result=lambda output_type, **_: Spec(as_dtype(output_type), (3,)))
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
    data: Any = _file(contents)
    try:
        with load_pillow().open(io.BytesIO(data)) as image:
            (width, height), channels = image.size, len(image.getbands())
    except OSError as error:
        reject(f"contents: expected a JPEG file; {error}")
    return convert(np.array((height, width, channels), as_dtype(output_type).np))


def _of_format(contents: Any, kind: str) -> None:
    """Rejects a file that is of another format, as far as its first bytes tell."""
    data = static_value(convert(contents, dtypes.string))
    if data is None:  # found out when the graph runs
        return
    if data.ndim:
        reject(f"contents: expected a scalar; received shape {shape_text(data.shape)}")
    found = _format_of(data[()])
    if found != kind:
        reject(f"contents: expected a file of format {kind}; received one of format {found}")


@export("image.decode_bmp", "io.decode_bmp")
def decode_bmp(contents: Any, channels: int = 0, name: str | None = None) -> Any:
    """Decodes a BMP file; needs Pillow.

    Args:
      contents: string scalar, the file.
      channels: 0 (as in the file), 3 (RGB) or 4 (RGBA).
      name: ignored in eager mode.

    Returns:
      A uint8 tensor `[height, width, channels]`.

    Raises:
      ImportError: when Pillow is not installed.
      tf.errors.InvalidArgumentError: when it is no such file.

    Example:
      >>> import tapeflow as tf
      >>> try:
      ...     tf.io.decode_bmp(b"GIF89a")
      ... except tf.errors.InvalidArgumentError as error:
      ...     print(error.message)
      contents: expected a file of format bmp; received one of format gif
    """
    _of_format(contents, "bmp")
    return decode_image(contents, channels=channels)


@export("image.decode_gif", "io.decode_gif")
def decode_gif(contents: Any, name: str | None = None) -> Any:
    """Decodes all frames of a GIF file; needs Pillow.

    Args:
      contents: string scalar, the file.
      name: ignored in eager mode.

    Returns:
      A uint8 tensor `[frames, height, width, 3]`.

    Raises:
      ImportError: when Pillow is not installed.
      tf.errors.InvalidArgumentError: when it is no such file.

    Example:
      >>> import tapeflow as tf
      >>> try:
      ...     tf.io.decode_gif(b"BM")
      ... except tf.errors.InvalidArgumentError as error:
      ...     print(error.message)
      contents: expected a file of format gif; received one of format bmp
    """
    _of_format(contents, "gif")
    return decode_image(contents)
