"""Strings taken apart: at separators, into bytes, and into runs of neighbours."""

from __future__ import annotations

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
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.host_functions import on_host
from tapeflow.engine.ops.ragged.conversions import divided, is_ragged
from tapeflow.engine.ops.ragged.row_partition import RowPartition
from tapeflow.engine.ops.strings.arguments import STRING, array_of, to_strings
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor


def _split_infer(input: Spec, sep: Spec, maxsplit: int) -> tuple[Spec, ...]:
    require_dtype(input, STRING)
    require_rank(input, 1)
    require_dtype(sep, STRING, "sep")
    require_rank(sep, 0, "sep")
    return (
        Spec(dtypes.int64, (None, 2)), Spec(dtypes.string, (None,)), Spec(dtypes.int64, (2,)),
    )  # fmt: skip


def _parts(text: bytes, sep: bytes, maxsplit: int) -> list[bytes]:
    if sep:
        return text.split(sep, maxsplit)
    parts = text.split(None, maxsplit)
    # What is left after the last split counts as a part, even when it is nothing.
    return [*parts, b""] if len(parts) == maxsplit else parts


def _split(input: np.ndarray, sep: np.ndarray, maxsplit: int) -> tuple[np.ndarray, ...]:
    rows = [_parts(text, sep[()], maxsplit) for text in input.tolist()]
    indices = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
    values = [part for row in rows for part in row]
    shape = np.array([len(rows), max(map(len, rows), default=0)], np.int64)
    return (
        np.array(indices, np.int64).reshape(-1, 2), array_of(values, (len(values),)), shape,
    )  # fmt: skip


def _split_samples(draw: Draw) -> Iterable[Sample]:
    texts = array_of([b"a b  c", b"", b" x ", b"p,q,,r"], (4,))
    for sep in (b"", b",", b" ", b"  "):
        for most in (-1, 1):
            yield Sample(texts, array_of([sep], ()), maxsplit=most, grad=False)
    yield Sample(np.empty(0, object), array_of([b""], ()), maxsplit=-1, grad=False)


split_p = primitive(
    "StringSplitV2",
    infer=_split_infer,
    kernel=_split,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_split_samples,
)


def of_rows(input: Any, divide: Any) -> Any:
    """Makes a function of a string vector, which gives ragged rows, one of any rank.

    Args:
      input: string tensor or ragged tensor.
      divide: function of a vector that gives a ragged tensor with a row for each string.

    Returns:
      The rows, in the shape of `input`; for a scalar the one row.
    """
    if is_ragged(input):
        return input.with_flat_values(of_rows(input.flat_values, divide))
    rank = input.shape.rank
    if rank == 1:
        return divide(input)
    shape = input.shape.as_list()
    rows = divide(shaping.reshape(input, [-1]))
    if rank == 0:
        return rows.values
    for depth in range(rank - 1, 0, -1):
        count = int(np.prod(shape[:depth], dtype=np.int64))
        rows = divided(rows, RowPartition.of_equal(count, shape[depth]))
    return rows


@export("strings.split")
@on_host("StringSplitV2")
def split(input: Any, sep: Any = None, maxsplit: int = -1, name: str | None = None) -> Any:
    """Splits strings into parts.

    Args:
      input: string tensor.
      sep: what stands between parts, a string scalar; by default any whitespace.
      maxsplit: how often a string is split at most; -1 for no limit.
      name: ignored in eager mode.

    Returns:
      A ragged tensor with one dimension more; for a scalar a string vector.

    Raises:
      tf.errors.InvalidArgumentError: when `sep` is no scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.split(["hello world", "a b c"])
      <tf.RaggedTensor [[b'hello', b'world'], [b'a', b'b', b'c']]>
    """
    between = to_strings("" if sep is None else sep)

    def divide(vector: Any) -> Any:
        indices, values, shape = apply(split_p, vector, between, maxsplit=int(maxsplit))
        count = int(shape._array[0])
        return divided(values, RowPartition.of_row_ids(indices._array[:, 0], count))

    return of_rows(to_strings(input), divide)


@export("strings.bytes_split")
@on_host("StringBytesSplit")
def bytes_split(input: Any, name: str | None = None) -> Any:
    """Splits strings into bytes.

    Args:
      input: string tensor.
      name: ignored in eager mode.

    Returns:
      A ragged tensor with one dimension more; for a scalar a string vector.

    Raises:
      ValueError: when `input` is no string tensor.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.bytes_split(["hi", "x"])
      <tf.RaggedTensor [[b'h', b'i'], [b'x']]>
    """

    def divide(vector: Any) -> Any:
        texts = vector._array.tolist()
        letters = [bytes((byte,)) for text in texts for byte in text]
        lengths = np.array([len(text) for text in texts], np.int64)
        return divided(
            EagerTensor(array_of(letters, (len(letters),))), RowPartition.of_lengths(lengths)
        )

    x = convert(input)
    if x.dtype is not dtypes.string:
        raise ValueError(f"bytes_split: input: expected strings; received dtype {x.dtype.name}")
    return of_rows(x, divide)


def _ngrams_infer(data: Spec, data_splits: Spec, **attrs: Any) -> tuple[Spec, ...]:
    require_dtype(data, STRING, "data")
    require_rank(data, 1, "data")
    require_dtype(data_splits, dtypes.INDEX, "data_splits")
    if any(width < 1 for width in attrs["ngram_widths"]):
        reject(f"ngram_widths: expected numbers >= 1; received {attrs['ngram_widths']}")
    return Spec(dtypes.string, (None,)), Spec(data_splits.dtype, data_splits.shape)


def _row_ngrams(row: list[bytes], width: int, attrs: dict[str, Any]) -> list[bytes]:
    pad = attrs["pad_width"]
    pad = width - 1 if pad < 0 else min(pad, width - 1)
    count = len(row) + 2 * pad - width + 1
    left, right = attrs["left_pad"].encode(), attrs["right_pad"].encode()
    padded = [left] * pad + row + [right] * pad
    between = attrs["separator"].encode()
    return [between.join(padded[i : i + width]) for i in range(max(count, 0))]


def _ngrams(data: np.ndarray, data_splits: np.ndarray, **attrs: Any) -> tuple[np.ndarray, ...]:
    texts = data.tolist()
    bounds = data_splits.tolist()
    if not bounds:
        return np.empty(0, object), data_splits
    if bounds[0] != 0 or bounds[-1] != len(texts) or sorted(bounds) != bounds:
        reject(f"data_splits: expected ascending numbers from 0 to {len(texts)}; received {bounds}")
    out: list[bytes] = []
    ends = [0]
    for start, stop in itertools.pairwise(bounds):
        row = texts[start:stop]
        made = [gram for width in attrs["ngram_widths"] for gram in _row_ngrams(row, width, attrs)]
        if attrs["preserve_short_sequences"] and not made and row:
            # The whole row, where it is shorter than every width.
            made = _row_ngrams(row, len(row) + 2 * max(attrs["pad_width"], 0), attrs)
        out += made
        ends.append(len(out))
    return array_of(out, (len(out),)), np.array(ends, data_splits.dtype)


def _ngrams_samples(draw: Draw) -> Iterable[Sample]:
    data = array_of([b"a", b"b", b"c", b"d", b"e", b"f"], (6,))
    splits = np.array([0, 3, 3, 4, 6], np.int64)
    plain: dict[str, Any] = {
        "separator": "-", "left_pad": "<", "right_pad": ">", "pad_width": 0,
        "preserve_short_sequences": False, "ngram_widths": (2,), "grad": False,
    }  # fmt: skip
    yield Sample(data, splits, **plain)
    yield Sample(data, splits, **{**plain, "ngram_widths": (1, 3)})
    for pad in (-1, 1):
        yield Sample(data, splits, **{**plain, "pad_width": pad})
        yield Sample(data, splits, **{**plain, "pad_width": pad, "ngram_widths": (3,)})
    yield Sample(data, splits, **{**plain, "preserve_short_sequences": True})


ngrams_p = primitive(
    "StringNGrams",
    infer=_ngrams_infer,
    kernel=_ngrams,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_ngrams_samples,
)


@export("strings.ngrams")
@on_host("StringNGrams")
def ngrams(
    data: Any,
    ngram_width: Any,
    separator: str = " ",
    pad_values: Any = None,
    padding_width: int | None = None,
    preserve_short_sequences: bool = False,
    name: str | None = None,
) -> Any:
    """Joins each run of neighbours in a row.

    Args:
      data: string tensor or ragged tensor of rank 1 or more.
      ngram_width: how many neighbours are joined; an int, or a list of several widths, whose runs
        follow one another.
      separator: what comes between.
      pad_values: what fills up rows at both ends: a string, or a pair for left and right.
      padding_width: how many are filled up at most; by default one less than the width.
      preserve_short_sequences: whether rows shorter than the width give one run of all they have.
      name: ignored in eager mode.

    Returns:
      A ragged tensor; a tensor where `data` is one.

    Raises:
      ValueError: for a scalar `data`, or widths below 1.
      TypeError: for pad values that are no strings.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.ngrams(["A", "B", "C", "D"], 2).numpy()
      array([b'A B', b'B C', b'C D'], dtype=object)
    """
    if pad_values is None:
        if padding_width is not None and padding_width != 0:
            raise ValueError("pad_values must be provided if padding_width is set.")
        left = right = ""
        pad = 0
    else:
        if isinstance(pad_values, (list, tuple)):
            if not isinstance(pad_values[0], str) or not isinstance(pad_values[1], str):
                raise TypeError("pad_values must be a string, tuple of strings, or None.")
            left, right = pad_values
        elif isinstance(pad_values, str):
            left = right = pad_values
        else:
            raise TypeError("pad_values must be a string, tuple of strings, or None.")
        pad = -1 if padding_width is None else padding_width
        if padding_width is not None and padding_width < 1:
            raise ValueError(f"padding_width must be greater than 0. Got {padding_width}")
    widths = list(ngram_width) if isinstance(ngram_width, (list, tuple)) else [ngram_width]
    for width in widths:
        if width < 1:
            raise ValueError(f"All ngram_widths must be greater than 0. Got {ngram_width}")
    x = data if is_ragged(data) else to_strings(data)
    rank = x.shape.rank
    if rank == 0:
        raise ValueError("Data must have rank>0")
    dense = not is_ragged(x)
    if dense:
        from tapeflow.engine.ops.ragged.conversions import from_tensor

        shape = x.shape.as_list()
        x = from_tensor(
            shaping.reshape(x, [1, *shape]) if rank == 1 else x, None, None, max(rank - 1, 1),
            dtypes.int64,
        )  # fmt: skip
    innermost = x._partitions()[-1]
    made, ends = apply(
        ngrams_p, x.flat_values, EagerTensor(innermost.splits), separator=separator,
        ngram_widths=tuple(widths), left_pad=left, right_pad=right, pad_width=pad,
        preserve_short_sequences=bool(preserve_short_sequences),
    )  # fmt: skip
    out = divided(made, RowPartition(ends._array))
    for partition in reversed(x._partitions()[:-1]):
        out = divided(out, partition)
    if not dense:
        return out
    out = out.to_tensor(default_value="") if made.shape.as_list()[0] else out.to_tensor()
    return out[0] if rank == 1 else out
