"""WAV files of 16-bit samples.

Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0, 1991.
"""

from __future__ import annotations

import struct
from collections import namedtuple
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, require_dtype, require_rank
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

DecodeWav = namedtuple("DecodeWav", ["audio", "sample_rate"])


def _read(data: bytes) -> tuple[np.ndarray, int]:
    """Samples `[samples, channels]` as int16, and how many there are in a second."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        reject(f"contents: expected a WAV file; received {len(data)} bytes, not of that format")
    at = 12
    layout: tuple[int, ...] | None = None
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        body = data[at + 8 : at + 8 + size]
        if kind == b"fmt ":
            if len(body) < 16:
                reject("contents: the WAV file's format is damaged")
            layout = struct.unpack("<HHIIHH", body[:16])
            if layout[0] not in (1, 0xFFFE) or layout[5] != 16:
                reject(
                    "contents: expected 16-bit PCM samples; received format "
                    f"{layout[0]} with {layout[5]} bits"
                )
            if layout[1] < 1:
                reject("contents: expected at least one channel")
        elif kind == b"data":
            if layout is None:
                reject("contents: the WAV file's format is missing")
            channels = layout[1]
            count = len(body) // (2 * channels)
            if len(body) < size:
                reject(f"contents: expected {size} bytes of samples; received {len(body)}")
            samples = np.frombuffer(body[: count * 2 * channels], "<i2").reshape(count, channels)
            return samples, layout[2]
        at += 8 + size + size % 2
    raise InvalidArgumentError(None, None, "contents: the WAV file has no samples")


def _decode_infer(contents: Spec, desired_channels: int, desired_samples: int) -> tuple[Spec, Spec]:
    require_dtype(contents, {dtypes.string}, "contents")
    require_rank(contents, 0, "contents")
    samples = None if desired_samples == -1 else desired_samples
    channels = None if desired_channels == -1 else desired_channels
    return Spec(dtypes.float32, (samples, channels)), Spec(dtypes.int32, ())


def _decode_kernel(
    contents: np.ndarray, desired_channels: int, desired_samples: int
) -> tuple[np.ndarray, np.ndarray]:
    samples, rate = _read(contents[()])
    audio = samples.astype(np.float32) / np.float32(32768)
    if desired_channels != -1:
        index = np.minimum(np.arange(desired_channels), audio.shape[1] - 1)
        audio = audio[:, index]
    if desired_samples != -1:
        missing = max(desired_samples - len(audio), 0)
        audio = np.pad(audio[:desired_samples], ((0, missing), (0, 0)))
    return audio, np.array(rate, np.int32)


def _write(audio: np.ndarray, rate: int) -> bytes:
    channels = audio.shape[1]
    samples = np.clip(np.rint(audio * np.float32(32768)), -32768, 32767).astype("<i2").tobytes()
    layout = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + layout
    body += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _encode_infer(audio: Spec, sample_rate: Spec) -> Spec:
    require_dtype(audio, {dtypes.float32}, "audio")
    require_rank(audio, 2, "audio")
    require_dtype(sample_rate, {dtypes.int32}, "sample_rate")
    require_rank(sample_rate, 0, "sample_rate")
    if audio.shape is not None and 0 in audio.shape:
        reject("audio: expected samples and channels; received none")
    return Spec(dtypes.string, ())


def _encode_kernel(audio: np.ndarray, sample_rate: np.ndarray) -> np.ndarray:
    cell = np.empty((), object)
    cell[()] = _write(audio, int(sample_rate))
    return cell


def _encode_samples(draw: Draw) -> Iterable[Sample]:
    for shape in ((5, 1), (4, 2)):
        yield Sample(draw.reals(*shape, low=-1.2, high=1.2), np.array(8000, np.int32), grad=False)


def _decode_samples(draw: Draw) -> Iterable[Sample]:
    for sample in _encode_samples(draw):
        file = _encode_kernel(*sample.inputs)
        for channels, count in ((-1, -1), (1, 3), (2, 7)):
            yield Sample(file, desired_channels=channels, desired_samples=count, grad=False)


decode_wav_p = primitive(
    "DecodeWav",
    infer=_decode_infer,
    kernel=_decode_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_decode_samples,
)

encode_wav_p = primitive(
    "EncodeWav",
    infer=_encode_infer,
    kernel=_encode_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_encode_samples,
)


@export("audio.decode_wav")
def decode_wav(
    contents: Any, desired_channels: int = -1, desired_samples: int = -1, name: str | None = None
) -> Any:
    """Decodes a WAV file of 16-bit samples.

    Args:
      contents: string scalar, the file.
      desired_channels: how many channels; the last one is repeated. -1: those of the file.
      desired_samples: how many samples; filled up with zeros. -1: those of the file.
      name: ignored in eager mode.

    Returns:
      A named tuple of `audio`, float32 `[samples, channels]` in [-1, 1], and `sample_rate` in
      hertz.

    Raises:
      tf.errors.InvalidArgumentError: when it is no such file.

    Example:
      >>> import tapeflow as tf
      >>> file = tf.audio.encode_wav([[0.5], [-0.5]], 8000)
      >>> tf.audio.decode_wav(file).audio.numpy()[:, 0]
      array([ 0.5, -0.5], dtype=float32)
    """
    return DecodeWav(
        *apply(
            decode_wav_p,
            convert(contents),
            desired_channels=int(desired_channels),
            desired_samples=int(desired_samples),
        )
    )


@export("audio.encode_wav")
def encode_wav(audio: Any, sample_rate: Any, name: str | None = None) -> Any:
    """Encodes sound as a WAV file of 16-bit samples.

    Args:
      audio: float32 tensor `[samples, channels]`; values are cut off at -1 and 1.
      sample_rate: samples per second, int32.
      name: ignored in eager mode.

    Returns:
      A string scalar.

    Raises:
      tf.errors.InvalidArgumentError: for another rank or dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.audio.encode_wav([[0.5]], 8000).numpy()[:4]
      b'RIFF'
    """
    return apply(
        encode_wav_p, convert(audio, hint=dtypes.float32), convert(sample_rate, hint=dtypes.int32)
    )
