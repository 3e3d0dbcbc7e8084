"""The PNG format: reading and writing, with zlib and NumPy.

W3C, Portable Network Graphics (PNG) Specification, third edition.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# Colour type -> channels.
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Interlaced images: first row and column, and steps, of the seven passes.
_ADAM7 = (
    (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
    (1, 0, 2, 1),
)  # fmt: skip


class PngError(ValueError):
    """The bytes are no valid PNG image."""


class _Header:
    def __init__(self, data: bytes) -> None:
        if len(data) != 13:
            raise PngError("the header is damaged")
        self.width, self.height, self.depth, self.color, _, _, self.interlaced = struct.unpack(
            ">IIBBBBB", data
        )
        if self.color not in _CHANNELS or self.depth not in (1, 2, 4, 8, 16):
            raise PngError(f"colour type {self.color} with {self.depth} bits is unknown")
        if not self.width or not self.height:
            raise PngError("the image is empty")
        self.channels = _CHANNELS[self.color]


def read_png(contents: bytes) -> tuple[np.ndarray, int, bool]:
    """Decodes an image as it is stored, palettes and transparency resolved.

    Args:
      contents: the file.

    Returns:
      An array `[height, width, channels]` of uint8 or uint16, with 1 to 4 channels; the greatest
      value that the file's depth has; and whether transparency is that of a single colour.

    Raises:
      PngError: when the file is damaged.
    """
    header, palette, transparent, data = _chunks(contents)
    try:
        raw = zlib.decompress(data)
    except zlib.error as error:
        raise PngError(f"the pixels are damaged: {error}") from None
    pixels = _pixels(np.frombuffer(raw, np.uint8), header)
    if header.color == 3:
        if palette is None:
            raise PngError("the palette is missing")
        return _with_palette(pixels[..., 0], palette, transparent), (1 << header.depth) - 1, False
    keyed = transparent is not None and header.color in (0, 2)
    if keyed:
        key = np.frombuffer(transparent or b"", ">u2")[: header.channels]
        alpha = np.where((pixels == key).all(-1, keepdims=True), 0, (1 << header.depth) - 1)
        pixels = np.concatenate((pixels, alpha.astype(pixels.dtype)), axis=-1)
    if header.depth < 8:
        pixels = pixels * np.uint8(255 // ((1 << header.depth) - 1))
    return pixels, (1 << header.depth) - 1, keyed


def _chunks(contents: bytes) -> tuple[_Header, np.ndarray | None, bytes | None, bytes]:
    if not contents.startswith(SIGNATURE):
        raise PngError("the signature is missing")
    at = len(SIGNATURE)
    header: _Header | None = None
    palette: np.ndarray | None = None
    transparent: bytes | None = None
    parts: list[bytes] = []
    while at + 8 <= len(contents):
        (size,) = struct.unpack(">I", contents[at : at + 4])
        kind = contents[at + 4 : at + 8]
        body = contents[at + 8 : at + 8 + size]
        if kind == b"IEND":
            break
        if len(body) != size:
            raise PngError("the file ends early")
        if kind == b"IHDR":
            header = _Header(body)
        elif kind == b"PLTE":
            palette = np.frombuffer(body, np.uint8).reshape(-1, 3)
        elif kind == b"tRNS":
            transparent = body
        elif kind == b"IDAT":
            parts.append(body)
        at += 12 + size
    if header is None or not parts:
        raise PngError("the header or the pixels are missing")
    return header, palette, transparent, b"".join(parts)


def _with_palette(index: np.ndarray, palette: np.ndarray, transparent: bytes | None) -> np.ndarray:
    if int(index.max()) >= len(palette):
        raise PngError("the palette is too small")
    colors = palette
    if transparent is not None:
        alpha = np.full((len(palette), 1), 255, np.uint8)
        given = np.frombuffer(transparent, np.uint8)[: len(palette)]
        alpha[: len(given), 0] = given
        colors = np.concatenate((palette, alpha), axis=1)
    return colors[index]


def _pixels(raw: np.ndarray, header: _Header) -> np.ndarray:
    if not header.interlaced:
        return _unpack(raw, header.height, header.width, header)[0]
    dtype = np.uint16 if header.depth == 16 else np.uint8
    out = np.zeros((header.height, header.width, header.channels), dtype)
    for top, left, down, along in _ADAM7:
        rows = -(-max(header.height - top, 0) // down)
        columns = -(-max(header.width - left, 0) // along)
        if rows and columns:
            part, used = _unpack(raw, rows, columns, header)
            out[top::down, left::along] = part
            raw = raw[used:]
    return out


def _unpack(raw: np.ndarray, rows: int, columns: int, header: _Header) -> tuple[np.ndarray, int]:
    """The pixels of one (sub)image, and how many bytes it takes."""
    bits = header.depth * header.channels
    line = (columns * bits + 7) // 8
    used = rows * (line + 1)
    if len(raw) < used:
        raise PngError("the pixels end early")
    lines = raw[:used].reshape(rows, line + 1)
    filters = lines[:, 0]
    if filters.max() > 4:
        raise PngError(f"filter {filters.max()} is unknown")
    data = _unfilter(lines[:, 1:], filters, max(bits // 8, 1))
    if header.depth == 16:
        wide = data.reshape(rows, columns, header.channels, 2).astype(np.uint16)
        return (wide[..., 0] << 8) | wide[..., 1], used
    if header.depth == 8:
        return data.reshape(rows, columns, header.channels), used
    per_byte = 8 // header.depth
    shifts = np.arange(per_byte - 1, -1, -1, dtype=np.uint8) * header.depth
    values = (data[..., None] >> shifts) & ((1 << header.depth) - 1)
    values = values.reshape(rows, -1)[:, : columns * header.channels]
    return values.reshape(rows, columns, header.channels).astype(np.uint8), used


def _unfilter(lines: np.ndarray, filters: np.ndarray, step: int) -> np.ndarray:
    """Undoes the rows' filters; `step` is the distance of the pixel to the left in bytes."""
    rows, line = lines.shape
    if not filters.any():
        return lines
    if filters.max() <= 2:
        out = np.empty_like(lines)
        above = np.zeros(line, np.uint8)
        for i, kind in enumerate(filters.tolist()):
            row = lines[i]
            if kind == 1:
                row = _accumulate(row, step)
            elif kind == 2:
                row = row + above
            out[i] = above = row
        return out
    # A pixel needs those to the left, above, and above to the left: all of an antidiagonal are
    # ready at once, whatever the filters of their rows.
    columns = line // step
    raw = lines[:, : columns * step].reshape(rows, columns, step).astype(np.int16)
    out = np.zeros((rows + 1, columns + 1, step), np.int16)
    kinds = [filters == k for k in range(5)]
    for diagonal in range(rows + columns - 1):
        first, last = max(0, diagonal - columns + 1), min(rows - 1, diagonal)
        r = np.arange(first, last + 1)
        c = diagonal - r
        left, above, corner = out[r + 1, c], out[r, c + 1], out[r, c]
        estimate = left + above - corner
        by_left, by_above, by_corner = (np.abs(estimate - v) for v in (left, above, corner))
        paeth = np.where(
            (by_left <= by_above) & (by_left <= by_corner),
            left,
            np.where(by_above <= by_corner, above, corner),
        )
        predicted = np.select(
            [k[r, None] for k in kinds[1:]], [left, above, (left + above) >> 1, paeth], 0
        )
        out[r + 1, c + 1] = (raw[r, c] + predicted) & 255
    return out[1:, 1:].astype(np.uint8).reshape(rows, columns * step)


def _accumulate(row: np.ndarray, step: int) -> np.ndarray:
    whole = row.reshape(-1, step) if len(row) % step == 0 else row[:, None]
    return np.add.accumulate(whole, axis=0, dtype=np.uint8).reshape(-1)


def write_png(image: np.ndarray, compression: int = -1) -> bytes:
    """Encodes an image.

    Args:
      image: array `[height, width, channels]` of uint8 or uint16, with 1 to 4 channels.
      compression: 0 (none) to 9 (most), -1 for the usual.

    Returns:
      The file.
    """
    height, width, channels = image.shape
    depth = image.dtype.itemsize * 8
    color = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    data = image.astype(image.dtype.newbyteorder(">")).tobytes()
    lines = np.frombuffer(data, np.uint8).reshape(height, -1)
    body = zlib.compress(_filtered(lines, channels * depth // 8).tobytes(), compression)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _filtered(lines: np.ndarray, step: int) -> np.ndarray:
    """Each row with the simple filter that leaves the least, as the specification recommends."""
    left = np.zeros_like(lines)
    left[:, step:] = lines[:, :-step]
    above = np.zeros_like(lines)
    above[1:] = lines[:-1]
    candidates = np.stack((lines, lines - left, lines - above))
    size = np.abs(candidates.view(np.int8).astype(np.int16)).sum(-1, dtype=np.int64)
    best = size.argmin(0)
    chosen = candidates[best, np.arange(len(lines))]
    return np.concatenate((best.astype(np.uint8)[:, None], chosen), axis=1)
