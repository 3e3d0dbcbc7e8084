"""Crosses of features: every combination of their values, joined or hashed."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.host_functions import on_host
from tapeflow.engine.ops.ragged.conversions import divided, is_ragged
from tapeflow.engine.ops.ragged.row_partition import RowPartition
from tapeflow.engine.ops.sparse.coordinates import made, parts, refuse
from tapeflow.engine.ops.strings.arguments import array_of
from tapeflow.engine.ops.strings.hashes import MASK, fingerprint64
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.sparse_tensor import SparseTensor
from tapeflow.engine.runtime.tensor import EagerTensor

DEFAULT_KEY = 0xDECAFCAFFE
_FACTOR = 0xC6A4A7935BD1E995


def _combined(first: int, second: int) -> int:
    """A fingerprint of two, in the manner of MurmurHash64A."""
    mixed = (second * _FACTOR) & MASK
    mixed = ((mixed ^ (mixed >> 47)) * _FACTOR) & MASK
    result = ((first ^ _FACTOR ^ mixed) * _FACTOR) & MASK
    result = ((result ^ (result >> 47)) * _FACTOR) & MASK
    return result ^ (result >> 47)


def _hashed(values: tuple[Any, ...], buckets: int, key: int) -> int:
    number = key
    for value in values:
        own = fingerprint64(value) if isinstance(value, bytes) else int(value) & MASK
        number = _combined(number, own)
    return number % (buckets or 2**63 - 1)


def _joined(values: tuple[Any, ...], separator: bytes) -> bytes:
    return separator.join(v if isinstance(v, bytes) else str(v).encode() for v in values)


def _batches(inputs: Any, op: str) -> list[list[list[Any]]]:
    """For each feature the values of each row."""
    if not isinstance(inputs, (list, tuple)):
        raise TypeError("Inputs must be a list")
    features = []
    for x in inputs:
        if isinstance(x, SparseTensor):
            indices, values, shape = parts(x)
            rows: list[list[Any]] = [[] for _ in range(shape[0])]
            for row, value in zip(indices[:, 0].tolist(), values._array.tolist(), strict=True):
                rows[row].append(value)
        elif is_ragged(x):
            rows = x.to_list()
        else:
            tensor = convert(x)
            if tensor.shape.rank != 2:
                raise refuse(op, f"inputs: expected matrices; received shape {tensor.shape}")
            rows = tensor._array.tolist()
        if rows and not all(isinstance(v, (bytes, int)) for row in rows for v in row):
            raise refuse(op, "inputs: expected integers or strings")
        features.append(rows)
    if len({len(f) for f in features}) > 1:
        raise refuse(
            op, f"inputs: expected equal numbers of rows; received {[len(f) for f in features]}"
        )
    return features


def _crossed(features: list[list[list[Any]]]) -> list[list[tuple[Any, ...]]]:
    return [list(product(*rows)) for rows in zip(*features, strict=True)]


def _sparse(rows: list[list[Any]], kind: Any) -> SparseTensor:
    places = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
    flat = [v for row in rows for v in row]
    values = array_of(flat, (len(flat),)) if kind is dtypes.string else np.array(flat, np.int64)
    shape = (len(rows), max(map(len, rows), default=0))
    return made(np.array(places, np.int64), EagerTensor(values), shape)


def _ragged(rows: list[list[Any]], kind: Any) -> Any:
    flat = [v for row in rows for v in row]
    values = array_of(flat, (len(flat),)) if kind is dtypes.string else np.array(flat, np.int64)
    lengths = np.array([len(row) for row in rows], np.int64)
    return divided(EagerTensor(values), RowPartition.of_lengths(lengths))


@export("sparse.cross")
@on_host("SparseCrossV2")
def cross(inputs: Any, name: str | None = None, separator: Any = None) -> Any:
    """Joins every combination of the features' values in each row.

    Args:
      inputs: list of sparse tensors and matrices, of strings or integers, with equally many rows.
      name: ignored in eager mode.
      separator: what comes between, `"_X_"` by default.

    Returns:
      A `tf.SparseTensor` of strings.

    Raises:
      tf.errors.InvalidArgumentError: when the numbers of rows differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.sparse.cross([[["a"], ["b"]], [["c"], ["d"]]]).values.numpy()
      array([b'a_X_c', b'b_X_d'], dtype=object)
    """
    between = b"_X_" if separator is None else convert(separator, dtypes.string)._array[()]
    rows = _crossed(_batches(inputs, "SparseCrossV2"))
    return _sparse([[_joined(c, between) for c in row] for row in rows], dtypes.string)


@export("sparse.cross_hashed")
@on_host("SparseCrossHashed")
def cross_hashed(
    inputs: Any, num_buckets: int = 0, hash_key: int | None = None, name: str | None = None
) -> Any:
    """Hashes every combination of the features' values in each row.

    Args:
      inputs: list of sparse tensors and matrices, of strings or integers, with equally many rows.
      num_buckets: hashes are taken modulo this number, unless it is 0.
      hash_key: where hashing starts from.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor` of int64.

    Raises:
      tf.errors.InvalidArgumentError: when the numbers of rows differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.sparse.cross_hashed([[["a"], ["b"]], [["c"], ["e"]]], 100).values.numpy()
      array([66, 61])
    """
    key = DEFAULT_KEY if hash_key is None else int(hash_key)
    rows = _crossed(_batches(inputs, "SparseCrossHashed"))
    return _sparse([[_hashed(c, num_buckets, key) for c in row] for row in rows], dtypes.int64)


@export("ragged.cross")
@on_host("RaggedCross")
def ragged_cross(inputs: Any, name: str | None = None) -> Any:
    """Joins every combination of the features' values in each row.

    Args:
      inputs: list of ragged tensors, sparse tensors and matrices, with equally many rows.
      name: ignored in eager mode.

    Returns:
      A `tf.RaggedTensor` of strings.

    Raises:
      tf.errors.InvalidArgumentError: when the numbers of rows differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.ragged.cross([tf.ragged.constant([["a"], ["b", "c"]]), [["d"], ["e"]]])
      <tf.RaggedTensor [[b'a_X_d'], [b'b_X_e', b'c_X_e']]>
    """
    rows = _crossed(_batches(inputs, "RaggedCross"))
    return _ragged([[_joined(c, b"_X_") for c in row] for row in rows], dtypes.string)


@export("ragged.cross_hashed")
@on_host("RaggedCrossHashed")
def ragged_cross_hashed(
    inputs: Any, num_buckets: int = 0, hash_key: int | None = None, name: str | None = None
) -> Any:
    """Hashes every combination of the features' values in each row.

    Args:
      inputs: list of ragged tensors, sparse tensors and matrices, with equally many rows.
      num_buckets: hashes are taken modulo this number, unless it is 0.
      hash_key: where hashing starts from.
      name: ignored in eager mode.

    Returns:
      A `tf.RaggedTensor` of int64.

    Raises:
      tf.errors.InvalidArgumentError: when the numbers of rows differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.ragged.cross_hashed([tf.ragged.constant([["a"], ["b"]]), [["d"], ["e"]]], 100)
      <tf.RaggedTensor [[82], [61]]>
    """
    key = DEFAULT_KEY if hash_key is None else int(hash_key)
    rows = _crossed(_batches(inputs, "RaggedCross"))
    return _ragged([[_hashed(c, num_buckets, key) for c in row] for row in rows], dtypes.int64)
