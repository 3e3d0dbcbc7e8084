"""The sorted table that a checkpoint's `.index` file is: LevelDB's table format.

Source: the table format document of LevelDB (blocks of prefix-compressed keys, a footer with the
handle of the index block) and the protocol buffer wire format.
"""

from __future__ import annotations

from collections.abc import Iterator

from tapeflow.engine.core.errors import DataLossError

_FOOTER_SIZE = 48
_MAGIC = 0xDB4775248B80FB57


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The variable-length integer at `at`, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def read_table(data: bytes, name: str) -> dict[bytes, bytes]:
    """All entries of a table.

    Args:
      data: the file's bytes.
      name: the file's name, for errors.

    Returns:
      Key -> value.

    Raises:
      DataLossError: when this is no such table, or it is compressed or cut short.
    """
    footer = data[-_FOOTER_SIZE:]
    if len(footer) < _FOOTER_SIZE or int.from_bytes(footer[-8:], "little") != _MAGIC:
        raise DataLossError(None, None, f"{name}: not a checkpoint index (bad magic number)")
    try:
        at = 0
        for _ in range(2):  # the handle of the meta index, which checkpoints leave empty
            _, at = read_varint(footer, at)
        offset, at = read_varint(footer, at)
        size, at = read_varint(footer, at)
        entries: dict[bytes, bytes] = {}
        for _, handle in _block(data, offset, size, name):
            where, end = read_varint(handle, 0)
            length, _ = read_varint(handle, end)
            entries.update(_block(data, where, length, name))
    except IndexError:
        raise DataLossError(None, None, f"{name}: the checkpoint index is cut short") from None
    return entries


def _block(data: bytes, offset: int, size: int, name: str) -> Iterator[tuple[bytes, bytes]]:
    if data[offset + size] != 0:
        raise DataLossError(None, None, f"{name}: compressed index blocks are not supported")
    block = data[offset : offset + size]
    restarts = int.from_bytes(block[-4:], "little")
    end = size - 4 * (restarts + 1)
    at = 0
    key = b""
    while at < end:
        shared, at = read_varint(block, at)
        rest, at = read_varint(block, at)
        length, at = read_varint(block, at)
        key = key[:shared] + block[at : at + rest]
        at += rest
        yield key, block[at : at + length]
        at += length


def read_message(data: bytes) -> dict[int, list[int | bytes]]:
    """The fields of a protocol buffer message: number -> values in order of occurrence."""
    fields: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        kind = tag & 7
        value: int | bytes
        if kind == 0:
            value, at = read_varint(data, at)
        elif kind == 2:
            length, at = read_varint(data, at)
            value, at = data[at : at + length], at + length
        elif kind in (1, 5):
            width = 8 if kind == 1 else 4
            value, at = int.from_bytes(data[at : at + width], "little"), at + width
        else:
            raise DataLossError(None, None, f"unknown wire type {kind} in a checkpoint's index")
        fields.setdefault(tag >> 3, []).append(value)
    return fields
