"""Datasets on disk: a directory with a description and files of elements.

The format is tapeflow's own: `dataset.json` says of what type the elements are and which files hold
them; a file holds the components of one element after the other, each as `numpy.save` writes it.
Strings are two arrays, their lengths and their bytes.
"""

from __future__ import annotations

import collections
import gzip
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.errors import (
    AlreadyExistsError,
    DataLossError,
    NotFoundError,
    UnimplementedError,
)
from tapeflow.engine.core.specs import NoneTensorSpec, TensorSpec
from tapeflow.engine.data.stages.stage import UNKNOWN, Element, Run, Stage, Stream
from tapeflow.engine.data.structure import as_array, flat_specs
from tapeflow.engine.ops.ragged.ragged_tensor import RaggedTensorSpec
from tapeflow.engine.runtime.sparse_tensor import SparseTensorSpec

DESCRIPTION = "dataset.json"
_VERSION = 1


def require_compression(compression: Any) -> bool:
    """Whether files are compressed.

    Raises:
      ValueError: for another method than GZIP.
    """
    if compression in (None, "", "NONE", "AUTO"):
        return False
    if compression == "GZIP":
        return True
    raise ValueError(f"compression: expected None or 'GZIP'; received {compression!r}")


def write(
    path: str, rows: Iterable[tuple[int, Element]], element_spec: Any, compressed: bool
) -> None:
    """Writes elements; the directory is there as a whole or not at all.

    Args:
      path: the directory to make.
      rows: pairs of the number of a file and the values of an element.
      element_spec: the spec of the elements.
      compressed: whether to compress the files.

    Raises:
      AlreadyExistsError: when something else than a saved dataset is there.
    """
    target = Path(path)
    if target.exists() and any(target.iterdir()) and not (target / DESCRIPTION).exists():
        raise AlreadyExistsError(None, None, f"save: {path} is there, and is no saved dataset")
    described = describe(element_spec)
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".saving-", dir=target.parent))
    files: dict[int, Any] = {}
    count = 0
    try:
        for number, values in rows:
            file = files.get(number)
            if file is None:
                file = files[number] = _open(made / _name(number), compressed, "wb")
            for value in values:
                _write_value(file, as_array(value))
            count += 1
        for file in files.values():
            file.close()
        description = {
            "version": _VERSION,
            "element_spec": described,
            "count": count,
            "files": [_name(number) for number in sorted(files)],
            "compressed": compressed,
        }
        (made / DESCRIPTION).write_text(json.dumps(description), encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        made.rename(target)
    except BaseException:
        for file in files.values():
            file.close()
        shutil.rmtree(made, ignore_errors=True)
        raise


def read_description(path: str) -> dict[str, Any]:
    """What was written of a dataset.

    Raises:
      NotFoundError: when there is no dataset of ours.
    """
    file = Path(path) / DESCRIPTION
    if not file.exists():
        raise NotFoundError(
            None, None, f"load: path: {path} holds no dataset that tapeflow saved"
        )
    description: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return description


class SavedStage(Stage):
    """The elements of one file.

    Args:
      path: the file.
      spec: the spec of the elements.
      compressed: whether the file is.
      count: how many elements there are, or None.
    """

    op = "SavedElements"
    kind = "_LoadDataset"

    def __init__(self, path: Any, *, spec: Any, compressed: bool, count: int | None) -> None:
        self._path = bytes(path[()]).decode()
        self._dtypes = [s.dtype for s in flat_specs(spec.spec)]
        self._compressed = compressed
        self._count = count

    def open(self, run: Run) -> Stream:
        return _Saved(self._path, self._dtypes, self._compressed)

    def cardinality(self) -> int:
        return UNKNOWN if self._count is None else self._count


class _Saved(Stream):
    __slots__ = ("_dtypes", "_file")

    def __init__(self, path: str, kinds: list[Any], compressed: bool) -> None:
        self._dtypes = kinds
        self._file: Any = _open(Path(path), compressed, "rb")

    def __next__(self) -> Element:
        if self._file is None:
            raise StopIteration
        if not self._file.peek(1):
            self._file.close()
            self._file = None
            raise StopIteration
        try:
            return [_read_value(self._file, dtype) for dtype in self._dtypes]
        except (ValueError, EOFError, OSError) as error:
            raise DataLossError(None, None, f"load: a file is damaged: {error}") from error

    def __del__(self) -> None:
        file = getattr(self, "_file", None)
        if file is not None:
            file.close()


class SnapshotStage(Stage):
    """The elements, written to disk once an iteration has come to their end.

    Args:
      source: the elements.
      path: the directory.
      written: their spec.
      compressed: whether to compress the files.
    """

    op = "SnapshotDatasetV2"
    kind = "_SnapshotDataset"

    def __init__(self, source: Stage, path: Any, *, written: Any, compressed: bool) -> None:
        self._source = source
        self._path = bytes(path[()]).decode()
        self._spec = written.spec
        self._compressed = compressed

    def open(self, run: Run) -> Stream:
        if (Path(self._path) / DESCRIPTION).exists():
            description = read_description(self._path)
            kinds = [s.dtype for s in flat_specs(self._spec)]
            files = description["files"]
            if not files:
                return _Nothing()
            return _Saved(str(Path(self._path) / files[0]), kinds, description["compressed"])
        return _Writing(self._source.open(run), self._path, self._spec, self._compressed)

    def cardinality(self) -> int:
        return self._source.cardinality()


class _Nothing(Stream):
    __slots__ = ()

    def __next__(self) -> Element:
        raise StopIteration


class _Writing(Stream):
    __slots__ = ("_compressed", "_path", "_seen", "_spec", "_stream")

    def __init__(self, stream: Stream, path: str, spec: Any, compressed: bool) -> None:
        self._stream = stream
        self._path = path
        self._spec = spec
        self._compressed = compressed
        self._seen: Any = []

    def __next__(self) -> Element:
        try:
            element = next(self._stream)
        except StopIteration:
            if self._seen is not None:
                write(self._path, ((0, e) for e in self._seen), self._spec, self._compressed)
                self._seen = None
            raise
        self._seen.append(element)
        return element


def _name(number: int) -> str:
    return f"elements-{number:05d}"


def _open(path: Path, compressed: bool, mode: str) -> Any:
    return gzip.open(path, mode) if compressed else path.open(mode)


def _write_value(file: Any, array: np.ndarray[Any, Any]) -> None:
    if array.dtype != object:
        kind = array.dtype
        if kind.isbuiltin != 1:  # bfloat16 and the like: their bytes
            array = np.ascontiguousarray(array).view(f"u{kind.itemsize}").reshape(array.shape)
        np.save(file, array, allow_pickle=False)
        return
    strings = [bytes(s) for s in array.reshape(-1).tolist()]
    lengths = np.array([len(s) for s in strings], np.int64).reshape(array.shape)
    np.save(file, lengths, allow_pickle=False)
    np.save(file, np.frombuffer(b"".join(strings), np.uint8), allow_pickle=False)


def _read_value(file: Any, dtype: Any) -> np.ndarray[Any, Any]:
    array = np.load(file, allow_pickle=False)
    if dtype is not dtypes.string:
        return array if array.dtype == dtype.np else array.view(dtype.np).reshape(array.shape)
    joined = np.load(file, allow_pickle=False).tobytes()
    out = np.empty(array.shape, object)
    start = 0
    flat = out.reshape(-1)
    for i, length in enumerate(array.reshape(-1).tolist()):
        flat[i] = joined[start : start + length]
        start += length
    return out


# Specs as JSON.


def describe(spec: Any) -> Any:
    """A spec of elements as JSON has it.

    Raises:
      UnimplementedError: for components that can't be written.
    """
    if isinstance(spec, NoneTensorSpec):
        return {"none": True}
    if type(spec) is TensorSpec:
        return {"tensor": [_dims(spec), spec.dtype.name]}
    if isinstance(spec, RaggedTensorSpec):
        splits = spec.row_splits_dtype.name
        return {"ragged": [_dims(spec), spec.dtype.name, spec.ragged_rank, splits]}
    if isinstance(spec, SparseTensorSpec):
        return {"sparse": [_dims(spec), spec.dtype.name]}
    if isinstance(spec, tuple) and hasattr(spec, "_fields"):
        return {"named": [type(spec).__name__, list(spec._fields), [describe(s) for s in spec]]}
    if isinstance(spec, tuple):
        return {"tuple": [describe(s) for s in spec]}
    if isinstance(spec, dict):
        return {"dict": [[key, describe(value)] for key, value in spec.items()]}
    raise UnimplementedError(None, None, f"save: components of type {spec!r} can't be saved")


def _dims(spec: Any) -> Any:
    return None if spec.shape.rank is None else spec.shape.as_list()


def described_spec(text: Any) -> Any:
    """The spec that `describe` wrote down."""
    ((kind, value),) = text.items()
    if kind == "none":
        return NoneTensorSpec()
    if kind == "tensor":
        return TensorSpec(*value)
    if kind == "ragged":
        return RaggedTensorSpec(*value)
    if kind == "sparse":
        return SparseTensorSpec(*value)
    if kind == "named":
        name, fields, parts = value
        return collections.namedtuple(name, fields)(*map(described_spec, parts))
    if kind == "tuple":
        return tuple(map(described_spec, value))
    return {key: described_spec(part) for key, part in value}


def same_structure(a: Any, b: Any) -> bool:
    """Whether two specs have one structure."""
    try:
        nest.assert_same_structure(a, b)
    except (TypeError, ValueError):
        return False
    return True


def pairs(rows: Iterator[Element], shard: Any) -> Iterator[tuple[int, Element]]:
    """Elements with the numbers of their files."""
    for values in rows:
        yield (0 if shard is None else int(shard(values)[0])), values
