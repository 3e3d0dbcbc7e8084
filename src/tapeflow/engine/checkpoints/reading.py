"""Reads the tensors of a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.checkpoints.discovery import latest_checkpoint
from tapeflow.engine.checkpoints.table import read_message, read_table, read_varint
from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.errors import DataLossError, NotFoundError, UnimplementedError
from tapeflow.engine.core.export import export


class Entry(NamedTuple):
    """Where a tensor's bytes stand."""

    dtype: DType
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    sliced: bool


class CheckpointReader:
    """The tensors of one checkpoint, by name; `tf.train.load_checkpoint` makes it.

    The bytes of a tensor are read when it is asked for; their checksum is not verified.

    Args:
      prefix: path of the checkpoint without `.index`.
    """

    def __init__(self, prefix: str) -> None:
        index = Path(f"{prefix}.index")
        if not index.is_file():
            raise NotFoundError(None, None, f"checkpoint: found no file {index}")
        table = read_table(index.read_bytes(), str(index))
        header = read_message(table.pop(b"", b""))
        self._prefix = prefix
        self._shards = int(header.get(1, [1])[0])
        if header.get(2, [0])[0]:
            raise UnimplementedError(
                None, None, f"{index}: big-endian checkpoints are not supported"
            )
        self._entries = {k.decode(): _entry(v) for k, v in sorted(table.items())}

    def has_tensor(self, tensor_str: str) -> bool:
        """Whether there is a tensor of that name."""
        return tensor_str in self._entries

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Name -> shape."""
        return {name: list(e.shape) for name, e in self._entries.items()}

    def get_variable_to_dtype_map(self) -> dict[str, DType]:
        """Name -> dtype."""
        return {name: e.dtype for name, e in self._entries.items()}

    def debug_string(self) -> bytes:
        """Names, dtypes and shapes as text."""
        lines = [
            f"{name} (DT_{_PROTO_NAMES.get(e.dtype.name, e.dtype.name.upper())}) "
            f"[{','.join(map(str, e.shape))}]\n"
            for name, e in self._entries.items()
        ]
        return "".join(lines).encode()

    def get_tensor(self, tensor_str: str) -> Any:
        """Reads a tensor.

        Args:
          tensor_str: its name.

        Returns:
          A NumPy array (a scalar or `bytes` for shape `[]`).

        Raises:
          NotFoundError: when there is none of that name.
          DataLossError: when the file is cut short.
          UnimplementedError: for a tensor stored in slices.
        """
        entry = self._entries.get(tensor_str)
        if entry is None:
            raise NotFoundError(None, None, f"Key {tensor_str} not found in checkpoint")
        if entry.sliced:
            raise UnimplementedError(
                None, None, f"{tensor_str}: tensors stored in slices are not supported"
            )
        data = self._bytes(entry, tensor_str)
        if entry.dtype is dtypes.string:
            return _strings(data, entry.shape)
        array = np.frombuffer(data, entry.dtype.np).reshape(entry.shape).copy()
        return array if array.ndim else array[()]

    def _bytes(self, entry: Entry, name: str) -> bytes:
        path = f"{self._prefix}.data-{entry.shard:05d}-of-{self._shards:05d}"
        with open(path, "rb") as shard:
            shard.seek(entry.offset)
            data = shard.read(entry.size)
        if len(data) != entry.size:
            raise DataLossError(None, None, f"{path}: cut short inside the tensor {name}")
        return data


_PROTO_NAMES = {"float32": "FLOAT", "float64": "DOUBLE", "float16": "HALF"}


def _entry(message: bytes) -> Entry:
    fields = read_message(message)

    def number(field: int, default: int = 0) -> int:
        value = fields.get(field, [default])[0]
        assert isinstance(value, int)
        return value

    dims = []
    for shape in fields.get(2, []):
        assert isinstance(shape, bytes)
        for dim in read_message(shape).get(2, []):
            assert isinstance(dim, bytes)
            size = read_message(dim).get(1, [0])[0]
            assert isinstance(size, int)
            dims.append(size)
    return Entry(as_dtype(number(1)), tuple(dims), number(3), number(4), number(5), 7 in fields)


def _strings(data: bytes, shape: tuple[int, ...]) -> Any:
    count = int(np.prod(shape, dtype=np.int64))
    lengths = []
    at = 0
    for _ in range(count):
        length, at = read_varint(data, at)
        lengths.append(length)
    at += 4  # the checksum of the lengths
    out = np.empty(count, object)
    for i, length in enumerate(lengths):
        out[i] = data[at : at + length]
        at += length
    return out.reshape(shape) if shape else out[0]


def _prefix_of(ckpt_dir_or_file: Any) -> str:
    path = str(ckpt_dir_or_file)
    if Path(path).is_dir():
        found = latest_checkpoint(path)
        if found is None:
            raise ValueError(
                f"Couldn't find 'checkpoint' file or checkpoints in given directory {path}"
            )
        return found
    return path


@export("train.load_checkpoint")
def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """Opens a checkpoint for reading.

    Args:
      ckpt_dir_or_file: path of a checkpoint, or of a directory, whose latest checkpoint is meant.

    Returns:
      A reader with `get_tensor`, `has_tensor`, `get_variable_to_shape_map` and
      `get_variable_to_dtype_map`.

    Raises:
      ValueError: when the directory holds no checkpoint.
      tf.errors.NotFoundError: when there is no such checkpoint.

    Example:
      >>> import tapeflow as tf
      >>> tf.train.load_checkpoint("no/such/checkpoint")
      Traceback (most recent call last):
      tapeflow.engine.core.errors.NotFoundError: checkpoint: found no file no/such/checkpoint.index
    """
    return CheckpointReader(_prefix_of(ckpt_dir_or_file))


@export("train.list_variables")
def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """Lists the tensors of a checkpoint.

    Args:
      ckpt_dir_or_file: path of a checkpoint, or of a directory, whose latest checkpoint is meant.

    Returns:
      Pairs of name and shape, sorted by name.

    Raises:
      tf.errors.NotFoundError: when there is no such checkpoint.

    Example:
      >>> import tapeflow as tf
      >>> tf.train.list_variables("no/such/checkpoint")
      Traceback (most recent call last):
      tapeflow.engine.core.errors.NotFoundError: checkpoint: found no file no/such/checkpoint.index
    """
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


@export("train.load_variable")
def load_variable(ckpt_dir_or_file: Any, name: str) -> Any:
    """Reads one tensor of a checkpoint.

    Args:
      ckpt_dir_or_file: path of a checkpoint, or of a directory, whose latest checkpoint is meant.
      name: the tensor's name.

    Returns:
      A NumPy array.

    Raises:
      tf.errors.NotFoundError: when there is no such checkpoint or tensor.

    Example:
      >>> import tapeflow as tf
      >>> tf.train.load_variable("no/such/checkpoint", "w")
      Traceback (most recent call last):
      tapeflow.engine.core.errors.NotFoundError: checkpoint: found no file no/such/checkpoint.index
    """
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))
