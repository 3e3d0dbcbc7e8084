"""Numbers written as strings, and strings read as numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import FROM_NUMPY, DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, reject_dtype, require_dtype
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.strings.arguments import STRING, array_of, to_strings
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

_NUMBERS = frozenset(
    (
        dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64, dtypes.uint32, dtypes.uint64,
    )
)  # fmt: skip
_FLOAT = re.compile(
    rb"\s*[+-]?(inf(inity)?|nan(\(\w*\))?|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)\s*", re.IGNORECASE
)
_HEXADECIMAL = re.compile(
    rb"\s*[+-]?0x([\da-f]+\.?[\da-f]*|\.[\da-f]+)(p[+-]?\d+)?\s*", re.IGNORECASE
)
_INTEGER = re.compile(rb"\s*[+-]?\d+\s*")


def _number(text: bytes, target: DType) -> Any:
    if target.is_floating:
        if _FLOAT.fullmatch(text):
            return float(text.split(b"(")[0])
        if _HEXADECIMAL.fullmatch(text):
            return float.fromhex(text.decode())
    elif _INTEGER.fullmatch(text):
        value = int(text)
        if target.min <= value <= target.max:
            return value
    reject(f"string_tensor: expected a number of dtype {target.name}; received {text!r}")
    return None


def _to_number(string_tensor: np.ndarray, out_type: DType) -> np.ndarray:
    numbers = [_number(text, out_type) for text in string_tensor.reshape(-1).tolist()]
    return np.array(numbers, out_type.np).reshape(string_tensor.shape)


def _to_number_infer(string_tensor: Spec, out_type: DType) -> Spec:
    require_dtype(string_tensor, STRING, "string_tensor")
    if out_type not in _NUMBERS:
        reject_dtype(f"out_type: expected a dtype of numbers; received {out_type.name}")
    return Spec(out_type, string_tensor.shape)


def _to_number_samples(draw: Draw) -> Iterable[Sample]:
    for target in (dtypes.float32, dtypes.float64):
        texts = [
            b"1",
            b"-2.5",
            b"1e10",
            b"nan",
            b"-inf",
            b" 3.25 ",
            b".5",
            b"1e50",
            b"+7.",
            b"1e-50",
        ]
        yield Sample(array_of(texts, (10,)), out_type=target, grad=False)
        yield Sample(array_of([b"x"], (1,)), out_type=target, grad=False)
    for target in (dtypes.int32, dtypes.int64):
        yield Sample(array_of([b"1", b"-25", b" 3 ", b"0012"], (2, 2)), out_type=target, grad=False)
        yield Sample(array_of([b"1.5"], ()), out_type=target, grad=False)
        yield Sample(array_of([b"99999999999999999999"], ()), out_type=target, grad=False)


to_number_p = primitive(
    "StringToNumber",
    infer=_to_number_infer,
    kernel=_to_number,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_to_number_samples,
)


@export("strings.to_number")
def to_number(input: Any, out_type: Any = dtypes.float32, name: str | None = None) -> Any:
    """Reads strings as numbers.

    Args:
      input: string tensor; whitespace around the numbers is fine.
      out_type: float32, float64, int32, int64, uint32 or uint64.
      name: ignored in eager mode.

    Returns:
      A tensor of dtype `out_type`.

    Raises:
      tf.errors.InvalidArgumentError: when a string is no number, or does not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.to_number(["1.5", "-2"]).numpy()
      array([ 1.5, -2. ], dtype=float32)
    """
    return apply(to_number_p, to_strings(input), out_type=as_dtype(out_type))


_WRITABLE = dtypes.NUMERIC | dtypes.BOOL | STRING


def _writer(dtype: DType, attrs: dict[str, Any]) -> Callable[[Any], bytes]:
    """How to write one value of a dtype, as C's printf does."""
    precision, scientific, shortest = attrs["precision"], attrs["scientific"], attrs["shortest"]
    width, fill = attrs["width"], attrs["fill"]
    if len(fill) > 1:
        reject(f"fill: expected at most one character; received {fill!r}")
    if fill not in ("", "0", "+", "-", " "):
        reject(f"fill: expected one of '', ' ', '0', '-', '+'; received {fill!r}")
    real = dtype.is_floating or dtype.is_complex
    if scientific and shortest:
        reject("scientific, shortest: expected at most one of them to be true")
    if not real and dtype is not dtypes.string:
        if scientific or shortest:
            reject(f"scientific, shortest: expected false for dtype {dtype.name}")
        if precision >= 0:
            reject(f"precision: expected none for dtype {dtype.name}; received {precision}")
    flags = "" if fill == "+" and dtype.is_unsigned else fill  # as C has it
    form = "%" + flags + (str(width) if width >= 0 else "")
    if real:
        form += (f".{precision}" if precision >= 0 else "") + (
            "e" if scientific else "g" if shortest else "f"
        )
        if dtype.is_complex:
            pair = f"({form},{form})"
            return lambda v: (pair % (v.real, v.imag)).encode()
        return lambda v: (form % v).encode()
    if dtype.is_bool:
        return lambda v: b"true" if v else b"false"
    if dtype is dtypes.string:
        size = max(width, 0)
        return lambda v: v.ljust(size) if flags == "-" else v.rjust(size)
    form += "d"
    return lambda v: (form % v).encode()


def _as_string(input: np.ndarray, **attrs: Any) -> np.ndarray:
    dtype = FROM_NUMPY[input.dtype]
    write = _writer(dtype, attrs)
    flat = input.reshape(-1)
    if dtype is dtypes.bfloat16:
        flat = flat.astype(np.float32)
    return array_of(map(write, flat.tolist()), input.shape)


def _as_string_infer(input: Spec, **attrs: Any) -> Spec:
    require_dtype(input, _WRITABLE)
    return Spec(dtypes.string, input.shape)


_PLAIN = {"precision": -1, "scientific": False, "shortest": False, "width": -1, "fill": ""}


def _as_string_samples(draw: Draw) -> Iterable[Sample]:
    reals = np.array([1.5, -2.25, 0.0, 1e10, 3.14159], np.float32)
    for dtype in (dtypes.float32, dtypes.float64, dtypes.float16):
        kept = reals[:3].astype(dtype.np)
        yield Sample(kept, grad=False, **_PLAIN)
        yield Sample(kept, grad=False, **{**_PLAIN, "precision": 2, "width": 8, "fill": "0"})
    yield Sample(reals, grad=False, **{**_PLAIN, "scientific": True})
    yield Sample(reals, grad=False, **{**_PLAIN, "shortest": True})
    yield Sample(np.array([np.nan, np.inf, -np.inf], np.float32), grad=False, **_PLAIN)
    yield Sample(np.array([1 + 2j], np.complex64), grad=False, **{**_PLAIN, "precision": 1})
    yield Sample(np.array([True, False]), grad=False, **_PLAIN)
    for dtype in (dtypes.int32, dtypes.int64, dtypes.int8, dtypes.uint8):
        kept = draw.ints(2, 2, dtype=dtype)
        yield Sample(kept, grad=False, **_PLAIN)
        yield Sample(kept, grad=False, **{**_PLAIN, "width": 4})
        yield Sample(kept, grad=False, **{**_PLAIN, "width": 4, "fill": "0"})
        yield Sample(kept, grad=False, **{**_PLAIN, "precision": 2})


as_string_p = primitive(
    "AsString",
    infer=_as_string_infer,
    kernel=_as_string,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_as_string_samples,
)


@export("strings.as_string", "as_string")
def as_string(
    input: Any,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
    name: str | None = None,
) -> Any:
    """Writes numbers as strings.

    Args:
      input: tensor of a numeric dtype, bool or string.
      precision: digits after the point, of floating dtypes; -1 means 6.
      scientific: whether floats are written with an exponent.
      shortest: whether floats are written with or without an exponent, whichever is shorter.
      width: least number of characters; -1 means as many as it takes.
      fill: what fills up: `""` or `" "` for blanks before the number, `"0"` for zeros, `"-"` for
        blanks behind it; `"+"` writes the sign of positive numbers.
      name: ignored in eager mode.

    Returns:
      A string tensor of the shape of `input`.

    Raises:
      tf.errors.InvalidArgumentError: for options that don't go together, or with the dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.as_string([1.5, -2.0], precision=2).numpy()
      array([b'1.50', b'-2.00'], dtype=object)
    """
    return apply(
        as_string_p, convert(input), precision=precision, scientific=scientific, shortest=shortest,
        width=width, fill=fill,
    )  # fmt: skip
