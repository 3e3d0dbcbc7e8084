"""Strings as characters: decoding, encoding, splitting, transcoding."""

from __future__ import annotations

import codecs
import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, require_dtype, require_rank
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.host_functions import on_host
from tapeflow.engine.ops.ragged.conversions import divided, from_tensor, is_ragged
from tapeflow.engine.ops.ragged.factories import to_values
from tapeflow.engine.ops.ragged.row_partition import RowPartition
from tapeflow.engine.ops.strings.arguments import STRING, array_of, map_strings, to_strings
from tapeflow.engine.ops.strings.splitting import of_rows
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor

_ERRORS = ("strict", "replace", "ignore")
_OUTPUTS = ("UTF-8", "UTF-16-BE", "UTF-32-BE")
_MOST = 0x10FFFF


def _check_errors(errors: str, replacement_char: int) -> None:
    if errors not in _ERRORS:
        reject(f"errors: expected one of {', '.join(_ERRORS)}; received {errors!r}")
    if not 0 <= replacement_char <= _MOST or 0xD800 <= replacement_char < 0xE000:
        reject(f"replacement_char: expected a code point; received {replacement_char}")


def _codec(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        reject(f"input_encoding: there is no converter for {encoding!r}")


def _decoded(text: bytes, codec: str, attrs: dict[str, Any]) -> tuple[list[int], list[int]]:
    """Code points, and the bytes where they begin."""
    points: list[int] = []
    offsets: list[int] = []
    at = 0
    while at < len(text):
        try:
            valid, stop, bad = text[at:].decode(codec), len(text), None
        except UnicodeDecodeError as error:
            stop, bad = at + error.start, at + error.end
            valid = text[at:stop].decode(codec)
        place = at
        for letter in valid:
            offsets.append(place)
            points.append(ord(letter))
            place += len(letter.encode(codec)) if stop - at != len(valid) else 1
        at = stop
        if bad is not None:
            if attrs["errors"] == "strict":
                reject("input: expected valid text; received invalid formatting on input string")
            if attrs["errors"] == "replace":
                offsets.append(stop)
                points.append(attrs["replacement_char"])
            at = max(bad, stop + 1)
    if attrs["replace_control_characters"]:
        replacement = attrs["replacement_char"]
        if attrs["errors"] == "ignore":
            kept = [(p, o) for p, o in zip(points, offsets, strict=True) if not _is_control(p)]
            return [p for p, _ in kept], [o for _, o in kept]
        points = [replacement if _is_control(p) else p for p in points]
    return points, offsets


def _is_control(point: int) -> bool:
    return point <= 0x1F or point == 0x7F


def _encoded(points: Iterable[int], output_encoding: str) -> bytes:
    return "".join(map(chr, points)).encode(output_encoding.lower(), "surrogatepass")


def _decode_infer(
    input: Spec, input_encoding: str, errors: str, replacement_char: int, **attrs: Any
) -> tuple[Spec, ...]:
    require_dtype(input, STRING)
    _check_errors(errors, replacement_char)
    count = None
    if input.shape is not None and None not in input.shape:
        count = int(np.prod(input.shape, dtype=np.int64)) + 1
    return (
        Spec(attrs["Tsplits"], (count,)), Spec(dtypes.int32, (None,)), Spec(dtypes.int64, (None,)),
    )  # fmt: skip


def _decode(input: np.ndarray, **attrs: Any) -> tuple[np.ndarray, ...]:
    codec = _codec(attrs["input_encoding"])
    points: list[int] = []
    offsets: list[int] = []
    ends = [0]
    for text in input.reshape(-1).tolist():
        more, places = _decoded(text, codec, attrs)
        points += more
        offsets += places
        ends.append(len(points))
    return (
        np.array(ends, attrs["Tsplits"].np), np.array(points, np.int32),
        np.array(offsets, np.int64),
    )  # fmt: skip


def _decode_samples(draw: Draw) -> Iterable[Sample]:
    texts = array_of(["Grüße".encode(), b"a\xffb", b"", b"x\x01y"], (4,))
    plain: dict[str, Any] = {
        "input_encoding": "UTF-8", "errors": "replace", "replacement_char": 65533,
        "replace_control_characters": False, "Tsplits": dtypes.int64, "grad": False,
    }  # fmt: skip
    yield Sample(texts, **plain)
    yield Sample(texts, **{**plain, "errors": "ignore", "replace_control_characters": True})
    yield Sample(texts, **{**plain, "replacement_char": 63, "replace_control_characters": True})
    yield Sample(texts, **{**plain, "errors": "strict"})
    yield Sample(texts, **{**plain, "input_encoding": "ISO-8859-1"})
    yield Sample(array_of([b"\x00a\x00b"], (1,)), **{**plain, "input_encoding": "UTF-16-BE"})


decode_p = primitive(
    "UnicodeDecodeWithOffsets",
    infer=_decode_infer,
    kernel=_decode,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_decode_samples,
)


def _decode_rows(
    input: Any, input_encoding: str, errors: str, replacement_char: int, replace_controls: bool
) -> tuple[Any, Any]:
    """The code points and where they begin, in ragged rows."""
    found: list[Any] = []

    def divide(vector: Any) -> Any:
        if not found:
            found.extend(
                apply(
                    decode_p,
                    vector,
                    input_encoding=input_encoding,
                    errors=errors,
                    replacement_char=replacement_char,
                    replace_control_characters=bool(replace_controls),
                    Tsplits=dtypes.int64,
                )
            )
        return divided(found[1], RowPartition(found[0]._array))

    points = of_rows(convert(input), divide)
    if is_ragged(points):
        return points, points.with_flat_values(found[2])
    return points, found[2]


@export("strings.unicode_decode")
@on_host("UnicodeDecode")
def unicode_decode(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """Decodes strings into code points.

    Args:
      input: string tensor.
      input_encoding: the encoding, such as `"UTF-8"`, `"UTF-16-BE"` or `"ISO-8859-1"`.
      errors: what happens where text is not valid: `"replace"`, `"ignore"` or `"strict"`.
      replacement_char: the code point that replaces it.
      replace_control_characters: whether control characters (below 32) are treated likewise.
      name: ignored in eager mode.

    Returns:
      An int32 ragged tensor with one dimension more; for a scalar a vector.

    Raises:
      tf.errors.InvalidArgumentError: when text is not valid and `errors` is `"strict"`, or there
        is no such encoding.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.unicode_decode(["Gr\\u00fc", "a"], "UTF-8")
      <tf.RaggedTensor [[71, 114, 252], [97]]>
    """
    return _decode_rows(
        input, input_encoding, errors, replacement_char, replace_control_characters
    )[0]


@export("strings.unicode_decode_with_offsets")
@on_host("UnicodeDecodeWithOffsets")
def unicode_decode_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """Decodes strings into code points, and says where each begins.

    Args:
      input: string tensor.
      input_encoding: the encoding.
      errors: `"replace"`, `"ignore"` or `"strict"`.
      replacement_char: the code point that replaces what is not valid.
      replace_control_characters: whether control characters are replaced, too.
      name: ignored in eager mode.

    Returns:
      `(code_points, offsets)`: as of `tf.strings.unicode_decode`, and the int64 numbers of the
      bytes where the characters begin.

    Raises:
      tf.errors.InvalidArgumentError: as for `tf.strings.unicode_decode`.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.unicode_decode_with_offsets(["\\u00fca"], "UTF-8")[1]
      <tf.RaggedTensor [[0, 2]]>
    """
    return _decode_rows(input, input_encoding, errors, replacement_char, replace_control_characters)


def _characters(points: Any) -> Any:
    flat = points.flat_values if is_ragged(points) else points
    letters = [chr(p).encode("utf-8", "surrogatepass") for p in flat._array.tolist()]
    made = EagerTensor(array_of(letters, (len(letters),)))
    return points.with_flat_values(made) if is_ragged(points) else made


@export("strings.unicode_split")
@on_host("UnicodeSplit")
def unicode_split(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> Any:
    """Splits strings into characters.

    Args:
      input: string tensor.
      input_encoding: the encoding: UTF-8, UTF-16-BE or UTF-32-BE.
      errors: `"replace"`, `"ignore"` or `"strict"`.
      replacement_char: the code point that replaces what is not valid.
      name: ignored in eager mode.

    Returns:
      A string ragged tensor with one dimension more; for a scalar a vector.

    Raises:
      tf.errors.InvalidArgumentError: as for `tf.strings.unicode_decode`.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.unicode_split("abc", "UTF-8").numpy()
      array([b'a', b'b', b'c'], dtype=object)
    """
    return unicode_split_with_offsets(input, input_encoding, errors, replacement_char)[0]


@export("strings.unicode_split_with_offsets")
@on_host("UnicodeSplitWithOffsets")
def unicode_split_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> Any:
    """Splits strings into characters, and says where each begins.

    Args:
      input: string tensor.
      input_encoding: the encoding: UTF-8, UTF-16-BE or UTF-32-BE.
      errors: `"replace"`, `"ignore"` or `"strict"`.
      replacement_char: the code point that replaces what is not valid.
      name: ignored in eager mode.

    Returns:
      `(characters, offsets)`: as of `tf.strings.unicode_split`, and the int64 numbers of the bytes
      where the characters begin.

    Raises:
      tf.errors.InvalidArgumentError: as for `tf.strings.unicode_decode`.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.unicode_split_with_offsets("abc", "UTF-8")[1].numpy()
      array([0, 1, 2])
    """
    points, offsets = _decode_rows(input, input_encoding, errors, replacement_char, False)
    characters = _characters(points)
    if input_encoding != "UTF-8":
        characters = unicode_transcode(characters, "UTF-8", input_encoding)
    return characters, offsets


def _encode_infer(
    input_values: Spec, input_splits: Spec, output_encoding: str, errors: str, replacement_char: int
) -> Spec:
    require_dtype(input_values, frozenset((dtypes.int32,)), "input_values")
    require_rank(input_splits, 1, "input_splits")
    _check_errors(errors, replacement_char)
    if output_encoding not in _OUTPUTS:
        reject(
            f"output_encoding: expected one of {', '.join(_OUTPUTS)}; received {output_encoding!r}"
        )
    rows = input_splits.shape[0] if input_splits.shape else None
    return Spec(dtypes.string, (None if rows is None else max(rows - 1, 0),))


def _encode(
    input_values: np.ndarray,
    input_splits: np.ndarray,
    output_encoding: str,
    errors: str,
    replacement_char: int,
) -> np.ndarray:
    points: list[int] = []
    bounds = input_splits.tolist()
    numbers = input_values.tolist()
    out = []
    for start, stop in itertools.pairwise(bounds):
        points = []
        for point in numbers[start:stop]:
            if 0 <= point <= _MOST and not 0xD800 <= point < 0xE000:
                points.append(point)
            elif errors == "strict":
                reject("input_values: a code point is out of range for Unicode, or is a surrogate")
            elif errors == "replace":
                points.append(replacement_char)
        out.append(_encoded(points, output_encoding))
    return array_of(out, (len(out),))


def _encode_samples(draw: Draw) -> Iterable[Sample]:
    points = np.array([71, 252, 0x1F600, 0xD800, -1, 97], np.int32)
    splits = np.array([0, 3, 3, 6], np.int64)
    for encoding in _OUTPUTS:
        for errors in _ERRORS:
            yield Sample(
                points, splits, output_encoding=encoding, errors=errors, replacement_char=63,
                grad=False,
            )  # fmt: skip


encode_p = primitive(
    "UnicodeEncode",
    infer=_encode_infer,
    kernel=_encode,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_encode_samples,
)


@export("strings.unicode_encode")
@on_host("UnicodeEncode")
def unicode_encode(
    input: Any,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> Any:
    """Encodes rows of code points as strings.

    Args:
      input: int32 tensor or ragged tensor of rank 1 or more.
      output_encoding: `"UTF-8"`, `"UTF-16-BE"` or `"UTF-32-BE"`.
      errors: what happens to numbers that are no code points: `"replace"`, `"ignore"`, `"strict"`.
      replacement_char: the code point that replaces them.
      name: ignored in eager mode.

    Returns:
      A string tensor with one dimension less.

    Raises:
      ValueError: for a scalar.
      tf.errors.InvalidArgumentError: when a number is no code point and `errors` is `"strict"`.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.unicode_encode([[71, 252], [97, 98]], "UTF-8").numpy()
      array([b'G\\xc3\\xbc', b'ab'], dtype=object)
    """
    x = to_values(input)
    rank = x.shape.rank
    if rank == 0:
        raise ValueError("input_tensor's rank must be at least 1.")

    def encode(values: Any, splits: Any) -> Any:
        return apply(
            encode_p, values, EagerTensor(splits), output_encoding=output_encoding, errors=errors,
            replacement_char=replacement_char,
        )  # fmt: skip

    if not is_ragged(x):
        if rank == 1:
            return encode(x, np.array([0, x.shape.as_list()[0]]))[0]
        ragged = from_tensor(x, None, None, rank - 1, dtypes.int64)
        made = encode(ragged.flat_values, ragged._partitions()[-1].splits)
        from tapeflow.engine.ops.array.shaping import reshape

        return reshape(made, x.shape.as_list()[:-1])
    partitions = x._partitions()
    flat = x.flat_values
    if flat.shape.rank > 1:
        made = unicode_encode(flat, output_encoding, errors, replacement_char)
        return x.with_flat_values(made)
    out = encode(flat, partitions[-1].splits)
    for partition in reversed(partitions[:-1]):
        out = divided(out, partition)
    return out


def _transcode_infer(input: Spec, **attrs: Any) -> Spec:
    require_dtype(input, STRING)
    _check_errors(attrs["errors"], attrs["replacement_char"])
    if attrs["output_encoding"] not in _OUTPUTS:
        reject(
            f"output_encoding: expected one of {', '.join(_OUTPUTS)}; "
            f"received {attrs['output_encoding']!r}"
        )
    return Spec(dtypes.string, input.shape)


def _transcode(input: np.ndarray, output_encoding: str, **attrs: Any) -> np.ndarray:
    codec = _codec(attrs["input_encoding"])
    return map_strings(lambda s: _encoded(_decoded(s, codec, attrs)[0], output_encoding), input)


def _transcode_samples(draw: Draw) -> Iterable[Sample]:
    texts = array_of(["Grüße".encode(), b"a\xffb", b"", b"x\x01y"], (2, 2))
    for encoding in _OUTPUTS:
        for errors in _ERRORS:
            for controls in (True, False):
                yield Sample(
                    texts, input_encoding="UTF-8", output_encoding=encoding, errors=errors,
                    replacement_char=63, replace_control_characters=controls, grad=False,
                )  # fmt: skip


transcode_p = primitive(
    "UnicodeTranscode",
    infer=_transcode_infer,
    kernel=_transcode,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_transcode_samples,
)


@export("strings.unicode_transcode")
def unicode_transcode(
    input: Any,
    input_encoding: str,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """Turns strings from one encoding into another.

    Args:
      input: string tensor.
      input_encoding: the encoding of `input`.
      output_encoding: `"UTF-8"`, `"UTF-16-BE"` or `"UTF-32-BE"`.
      errors: `"replace"`, `"ignore"` or `"strict"`.
      replacement_char: the code point that replaces what is not valid.
      replace_control_characters: whether control characters are replaced, too.
      name: ignored in eager mode.

    Returns:
      A string tensor of the shape of `input`.

    Raises:
      tf.errors.InvalidArgumentError: when text is not valid and `errors` is `"strict"`.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.unicode_transcode("ab", "UTF-8", "UTF-16-BE").numpy()
      b'\\x00a\\x00b'
    """
    return apply(
        transcode_p, to_strings(input), input_encoding=input_encoding,
        output_encoding=output_encoding, errors=errors, replacement_char=replacement_char,
        replace_control_characters=bool(replace_control_characters),
    )  # fmt: skip
