"""Results as JSON: what a golden file stores and what comparison works on.

Works by the names of classes, so that results of TensorFlow and of tapeflow become the same data.
Arrays are `{"t": dtype, "s": shape, "v": values}`; short ones list their values, others are packed.
"""

from __future__ import annotations

import base64
import types
import zlib
from typing import Any

import ml_dtypes
import numpy as np

LISTED = 24  # arrays of up to so many elements are written as numbers, which diff well

_EXTENDED = {
    name: np.dtype(getattr(ml_dtypes, name))
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint4")
}


def encode(value: Any) -> Any:
    """`value` as data that JSON can hold."""
    if value is None or isinstance(value, (bool, str)) or type(value) in (int, float):
        return value
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if isinstance(value, complex) and not isinstance(value, np.generic):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, (np.ndarray, np.generic)):
        return {"numpy": encode_array(np.asarray(value))}
    if isinstance(value, type):
        return {"type": value.__name__}
    if isinstance(value, BaseException):
        return encode_error(value)
    names = [base.__name__ for base in type(value).__mro__]
    made = _encode_named(value, names)
    if made is not None:
        return made
    if isinstance(value, dict) or "Mapping" in names:
        return {"dict": [[encode(k), encode(value[k])] for k in value]}
    if isinstance(value, tuple):
        if hasattr(value, "_fields"):
            return {"fields": {f: encode(v) for f, v in zip(value._fields, value, strict=True)}}
        return {"tuple": [encode(v) for v in value]}
    if isinstance(value, (set, frozenset)):
        return {"set": sorted(map(str, value))}
    if isinstance(value, (list, range, types.GeneratorType)) or "Sequence" in names:
        return [encode(v) for v in value]
    return {"object": type(value).__name__}


def _encode_named(value: Any, names: list[str]) -> Any:
    """The value of a class that TensorFlow defines, or None."""
    if "DType" in names:
        return {"dtype": value.name}
    if "TensorShape" in names:
        return {"shape": None if value.rank is None else value.as_list()}
    if "Dimension" in names:
        return {"dimension": value.value}
    if "IndexedSlices" in names:
        return {"slices": [encode(v) for v in (value.values, value.indices, value.dense_shape)]}
    if "SparseTensor" in names:
        return {"sparse": [encode(v) for v in (value.indices, value.values, value.dense_shape)]}
    if "RaggedTensor" in names:
        return {"ragged": [encode(value.flat_values), [encode(s) for s in value.nested_row_splits]]}
    if "TypeSpec" in names:
        return {"spec": repr(value)}
    if any("Variable" in name for name in names):
        return {"variable": encode_array(np.asarray(value.numpy()), value.dtype.name)}
    if "Tensor" in names:
        return encode_array(_array_of(value), value.dtype.name)
    return None


def _array_of(tensor: Any) -> np.ndarray:
    value = tensor.numpy()
    if isinstance(value, (bytes, str)):
        cell = np.empty((), object)
        cell[()] = value
        return cell
    return np.asarray(value)


def encode_array(array: np.ndarray, dtype: str | None = None) -> dict[str, Any]:
    """An array; strings always as a list, and long numeric ones packed."""
    dtype = array.dtype.name if dtype is None else dtype
    made: dict[str, Any] = {"t": dtype, "s": list(array.shape)}
    flat = array.reshape(-1)
    if array.dtype.kind in "OSU":
        made["t"] = "string" if dtype == "object" else dtype
        made["v"] = [_text(item) for item in flat.tolist()]
    elif array.size <= LISTED:
        made["v"] = _numbers(flat)
    else:
        raw = flat.astype(flat.dtype.newbyteorder("<"), copy=False).tobytes()
        made["z"] = base64.b64encode(zlib.compress(raw, 9)).decode()
    return made


def _text(item: Any) -> str:
    return item.decode("latin-1") if isinstance(item, bytes) else str(item)


def _numbers(flat: np.ndarray) -> list[Any]:
    if flat.dtype.kind == "c":
        parts = flat.view(flat.real.dtype)
        return _numbers(parts)
    if flat.dtype.kind == "b":
        return [int(v) for v in flat]
    if flat.dtype.kind in "iu" or flat.dtype.name in ("int4", "uint4"):
        return [int(v) for v in flat]
    # The shortest decimal that the dtype reads back as the same value.
    return [float(str(v)) for v in flat]


def decode_array(data: dict[str, Any]) -> np.ndarray:
    """The array that `encode_array` encoded; strings as an object array of `str`."""
    name = data["t"]
    shape = tuple(data["s"])
    if name in ("string", "str") or name.startswith(("bytes", "str")):
        array = np.empty(len(data["v"]), object)
        array[:] = data["v"]
        return array.reshape(shape)
    dtype = _EXTENDED.get(name) or np.dtype(name)
    if "z" in data:
        raw = zlib.decompress(base64.b64decode(data["z"]))
        return np.frombuffer(raw, dtype.newbyteorder("<")).astype(dtype).reshape(shape)
    if dtype.kind == "c":
        parts = np.array(data["v"], np.float64).astype(np.empty(0, dtype).real.dtype)
        return parts.view(dtype).reshape(shape)
    if dtype.kind in "iu":
        return np.array([int(v) for v in data["v"]], dtype).reshape(shape)
    with np.errstate(all="ignore"):
        return np.array(data["v"], np.float64).astype(dtype).reshape(shape)


def encode_error(error: BaseException) -> dict[str, Any]:
    """The class of an error, and those it derives from, by name."""
    return {"error": type(error).__name__}
