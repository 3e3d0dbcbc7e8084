"""Case, length, stripping and parts of strings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    broadcast,
    reject,
    require_dtype,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.strings.arguments import (
    STRING,
    array_of,
    map_strings,
    of_strings,
    to_strings,
    words,
)
from tapeflow.engine.runtime.convert import convert_pair
from tapeflow.engine.runtime.dispatch import apply

UNITS = ("BYTE", "UTF8_CHAR")


def check_unit(unit: Any) -> str:
    """`unit`, when it is one that strings are counted in.

    Raises:
      InvalidArgumentError: when it isn't.
    """
    if unit not in UNITS:
        reject(f"unit: expected one of {', '.join(UNITS)}; received {unit!r}")
    return unit  # type: ignore[no-any-return]


def _change_case(input: np.ndarray, encoding: str, upper: bool) -> np.ndarray:
    if encoding == "":  # ASCII letters only
        return map_strings(bytes.upper if upper else bytes.lower, input)
    if encoding != "utf-8":
        reject(f"encoding: expected '' or 'utf-8'; received {encoding!r}")
    turn = str.upper if upper else str.lower
    return map_strings(lambda s: turn(s.decode("utf-8", "replace")).encode(), input)


def _case_samples(draw: Draw) -> Iterable[Sample]:
    yield from words(encoding="")(draw)
    yield from words(items=(b"ABC def", "Grüße ÉÀ".encode()), encoding="utf-8")(draw)


lower_p = primitive(
    "StringLower",
    infer=of_strings(),
    kernel=lambda input, encoding: _change_case(input, encoding, upper=False),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_case_samples,
)

upper_p = primitive(
    "StringUpper",
    infer=of_strings(),
    kernel=lambda input, encoding: _change_case(input, encoding, upper=True),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_case_samples,
)

strip_p = primitive(
    "StringStrip",
    infer=of_strings(),
    kernel=lambda input: map_strings(bytes.strip, input),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=words(),
)


@export("strings.lower")
def lower(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """Turns letters into lower case.

    Args:
      input: string tensor.
      encoding: `""` for ASCII letters only, `"utf-8"` for all letters.
      name: ignored in eager mode.

    Returns:
      A string tensor of the shape of `input`.

    Raises:
      tf.errors.InvalidArgumentError: for another encoding.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.lower("CamelCase").numpy()
      b'camelcase'
    """
    return apply(lower_p, to_strings(input), encoding=encoding)


@export("strings.upper")
def upper(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """Turns letters into upper case.

    Args:
      input: string tensor.
      encoding: `""` for ASCII letters only, `"utf-8"` for all letters.
      name: ignored in eager mode.

    Returns:
      A string tensor of the shape of `input`.

    Raises:
      tf.errors.InvalidArgumentError: for another encoding.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.upper("CamelCase").numpy()
      b'CAMELCASE'
    """
    return apply(upper_p, to_strings(input), encoding=encoding)


@export("strings.strip")
def strip(input: Any, name: str | None = None) -> Any:
    """Removes whitespace (ASCII) at both ends.

    Args:
      input: string tensor.
      name: ignored in eager mode.

    Returns:
      A string tensor of the shape of `input`.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.strip(["  a b\\n", "c"]).numpy()
      array([b'a b', b'c'], dtype=object)
    """
    return apply(strip_p, to_strings(input))


def starts_of_characters(text: bytes) -> list[int]:
    """Where characters begin: the bytes of UTF-8 that don't continue one."""
    return [i for i, byte in enumerate(text) if byte & 0xC0 != 0x80]


def _length_infer(input: Spec, unit: str) -> Any:
    check_unit(unit)
    return of_strings(dtypes.int32)(input)


def _length(input: np.ndarray, unit: str) -> np.ndarray:
    count = len if unit == "BYTE" else lambda s: len(starts_of_characters(s))
    sizes = [count(s) for s in input.reshape(-1).tolist()]
    return np.array(sizes, np.int32).reshape(input.shape)


def _length_samples(draw: Draw) -> Iterable[Sample]:
    for unit in UNITS:
        yield from words(unit=unit)(draw)


length_p = primitive(
    "StringLength",
    infer=_length_infer,
    kernel=_length,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_length_samples,
)


@export("strings.length")
def length(input: Any, unit: str = "BYTE", name: str | None = None) -> Any:
    """Gives the lengths of strings.

    Args:
      input: string tensor.
      unit: `"BYTE"`, or `"UTF8_CHAR"` for the number of characters.
      name: ignored in eager mode.

    Returns:
      An int32 tensor of the shape of `input`.

    Raises:
      tf.errors.InvalidArgumentError: for another unit.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.length(["abc", ""]).numpy()
      array([3, 0], dtype=int32)
    """
    return apply(length_p, to_strings(input), unit=unit)


def _substr_infer(input: Spec, pos: Spec, len: Spec, unit: str) -> Spec:
    check_unit(unit)
    require_dtype(input, STRING)
    require_dtype(pos, dtypes.INDEX, "pos")
    require_same_dtype(pos, len)
    if pos.shape is not None and len.shape is not None and pos.shape != len.shape:
        if None not in pos.shape and None not in len.shape:
            reject(
                f"len: expected the shape of pos, {shape_text(pos.shape)}; "
                f"received {shape_text(len.shape)}"
            )
    return Spec(dtypes.string, broadcast(input.shape, pos.shape))


def _part(text: bytes, pos: int, size: int, unit: str) -> bytes:
    starts = range(len(text)) if unit == "BYTE" else starts_of_characters(text)
    count = len(starts)
    begin = pos + count if pos < 0 else pos
    if not 0 <= begin <= count:
        reject(f"pos: {pos} is out of range for string b'{text.decode('latin-1')}'")
    end = count if size < 0 else min(begin + size, count)
    bounds = [*starts, len(text)]
    return text[bounds[begin] : bounds[end]]


def _substr(input: np.ndarray, pos: np.ndarray, len: np.ndarray, unit: str) -> np.ndarray:
    texts, starts, sizes = np.broadcast_arrays(input, pos, len)
    every = zip(
        texts.reshape(-1).tolist(), starts.reshape(-1).tolist(), sizes.reshape(-1).tolist(),
        strict=True,
    )  # fmt: skip
    return array_of((_part(s, p, n, unit) for s, p, n in every), texts.shape)


def _substr_samples(draw: Draw) -> Iterable[Sample]:
    texts = array_of([b"Hello", b"World!", "Grüße".encode()], (3,))
    for unit in UNITS:
        for pos, size in ((1, 2), (-2, 5), (0, 0), (4, 1), (2, 100)):
            at, count = np.array(pos, np.int32), np.array(size, np.int32)
            yield Sample(texts, at, count, unit=unit, grad=False)
    yield Sample(texts, np.array([0, 1, 2]), np.array([1, 2, 3]), unit="BYTE", grad=False)
    yield Sample(
        array_of([b"abc"], ()), np.array([0, 1]), np.array([1, 2]), unit="BYTE", grad=False
    )


substr_p = primitive(
    "Substr",
    infer=_substr_infer,
    kernel=_substr,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_substr_samples,
)


@export("strings.substr")
def substr(input: Any, pos: Any, len: Any, unit: str = "BYTE", name: str | None = None) -> Any:
    """Takes a part of each string.

    Args:
      input: string tensor.
      pos: int32 or int64 tensor that broadcasts with `input`: where the part begins; negative
        positions count from the end.
      len: tensor of the shape and dtype of `pos`: the greatest length of the part; negative for all
        that follows.
      unit: `"BYTE"`, or `"UTF8_CHAR"` where positions and lengths count characters.
      name: ignored in eager mode.

    Returns:
      A string tensor of the broadcast shape.

    Raises:
      tf.errors.InvalidArgumentError: when a position lies outside of its string.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.substr(["Hello", "World"], 1, 3).numpy()
      array([b'ell', b'orl'], dtype=object)
    """
    start, size = convert_pair(pos, len, "Substr")
    return apply(substr_p, to_strings(input), start, size, unit=unit)
