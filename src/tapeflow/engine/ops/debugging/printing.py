"""`tf.print`."""

from __future__ import annotations

import pprint
import sys
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.ir.primitive import WRITES
from tapeflow.engine.ops.host_functions import call_on_host
from tapeflow.engine.ops.strings.numbers import as_string
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor

_DEFAULT_SUMMARY = 3
_LEVELS = ("debug", "info", "warning", "warn", "error", "fatal")


@export("print")
def print_(*inputs: Any, **kwargs: Any) -> Any:
    """Prints tensors and anything else.

    Args:
      *inputs: what to print; tensors may also stand inside of lists, tuples and dictionaries.
      **kwargs: `output_stream`: `sys.stderr` (default), `sys.stdout`, a `tf.compat.v1.logging`
        function, or `"file://path"`, to which text is appended; `summarize`: how many elements to
        show at each end of each dimension (3; -1: all); `sep`: what goes between inputs (`" "`);
        `end`: what goes after them (a line break); `name`: ignored in eager mode.

    Returns:
      None; while a function is traced the operation that prints when the function runs.

    Raises:
      ValueError: for other keyword arguments, or another output stream.

    Example:
      >>> import sys
      >>> import tapeflow as tf
      >>> tf.print("x:", tf.range(10), output_stream=sys.stdout)
      x: [0 1 2 ... 7 8 9]
    """
    stream = kwargs.pop("output_stream", sys.stderr)
    kwargs.pop("name", None)
    summarize = kwargs.pop("summarize", _DEFAULT_SUMMARY)
    separator = kwargs.pop("sep", " ")
    end = kwargs.pop("end", "\n")
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    count = _DEFAULT_SUMMARY if summarize is None else summarize
    write = _writer(stream)

    def show(*values: Any) -> list[Any]:
        # A string tensor on its own is printed as it is, else in quotes.
        alone = len(values) == 1
        write(separator.join([text_of(item, count, alone) for item in values]), end)
        return []

    if state.tracer is None:
        show(*inputs)
        return None
    call_on_host("PrintV2", show, inputs, {}, WRITES, results=[])
    return state.tracer.nodes[-1]  # type: ignore[no-any-return]


def _writer(stream: Any) -> Any:
    """What writes a text and its end to a stream."""
    for name in ("stdout", "stderr"):
        if stream is getattr(sys, name):  # what it is when the text is written
            return lambda text, end: print(text, end=end, file=getattr(sys, name), flush=True)
    if hasattr(stream, "write"):
        return lambda text, end: print(text, end=end, file=stream, flush=True)
    if isinstance(stream, str) and stream.startswith("file://"):
        path = stream.removeprefix("file://")

        def append(text: str, end: str) -> None:
            with open(path, "a", encoding="utf-8") as file:
                file.write(text + end)

        return append
    if getattr(stream, "__name__", None) in _LEVELS:
        return lambda text, end: stream(text)
    raise ValueError(
        f"Unsupported output stream, logging level, or file.{stream}. Supported streams are "
        "sys.stdout, sys.stderr, tf.logging.info, tf.logging.warning, tf.logging.error. File needs "
        "to be in the form of 'file://<filepath>'."
    )


def text_of(item: Any, count: int, alone: bool = False) -> str:
    """One input of `tf.print` as text."""
    if isinstance(item, str):
        return item
    if _is_tensor(item):
        return _tensor_text(item, count, alone)
    if is_composite(item):
        return _composite_text(item, count)
    if isinstance(item, (int, float, bytes, type(None))):
        return repr(item)
    shown = nest.map_structure(lambda x: _Verbatim(x, count) if _needs_text(x) else x, item)
    return pprint.pformat(shown)


def _needs_text(value: Any) -> bool:
    return _is_tensor(value) or is_composite(value)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or handle_of(value) is not None


class _Verbatim:
    """A tensor inside of a structure."""

    def __init__(self, value: Any, count: int) -> None:
        is_tensor = _is_tensor(value)
        self._text = (
            _tensor_text(value, count, False) if is_tensor else _composite_text(value, count)
        )

    def __repr__(self) -> str:
        return self._text


def _composite_text(value: Any, count: int) -> str:
    kind = type(value).__name__
    if kind == "SparseTensor":
        parts = ", ".join(
            f"{label}={array_text(convert(part)._array, count)}"
            for label, part in (
                ("indices", value.indices),
                ("values", value.values),
                ("shape", value.dense_shape),
            )
        )
        return f"'SparseTensor({parts})'"
    if kind == "RaggedTensor":
        return _ragged_text(value, count)
    return _tensor_text(convert(value), count, False)


def _ragged_text(value: Any, count: int) -> str:
    """Rows in brackets, with commas; numbers as `tf.strings.as_string` writes them."""
    flat = value.flat_values
    if flat.dtype is dtypes.string:
        texts = np.empty(flat._array.shape, object)
        texts.reshape(-1)[:] = [_quoted(_decoded(v)) for v in flat._array.reshape(-1).tolist()]
    else:
        texts = as_string(flat)._array
    rows = value.with_flat_values(EagerTensor(texts)).to_list()
    return _row_text(rows, count)


def _quoted(text: str) -> str:
    escaped = text.replace("'", "\\'")
    return f"'{escaped}'"


def _row_text(row: Any, count: int) -> str:
    if not isinstance(row, list):
        return row if isinstance(row, str) else _decoded(row)
    shown = row
    cut = 0 <= 2 * count < len(row)
    if cut:
        shown = [*row[:count], *row[len(row) - count :]]
    parts = [_row_text(item, count) for item in shown]
    if cut:
        parts.insert(count, "...")
    return f"[{', '.join(parts)}]"


def _tensor_text(value: Any, count: int, alone: bool) -> str:
    tensor = value if isinstance(value, EagerTensor) else convert(value)
    array = tensor._array
    if array.ndim == 0 and array.dtype == object and alone:
        return _decoded(array[()])
    return array_text(array, count)


def array_text(array: np.ndarray, count: int = _DEFAULT_SUMMARY) -> str:
    """An array as `tf.print` shows it: `[0 1 2 ... 7 8 9]`.

    Args:
      array: the array.
      count: how many elements to show at each end of each dimension; negative: all.

    Returns:
      A string of one line for rank 0 and 1, and one line for each row above.
    """
    if array.size == 0 and array.ndim > 1:
        return "[]" if array.shape[0] == 0 else "[\n ...]"
    return _block(array, count, 0, array.ndim)


def _block(array: Any, count: int, depth: int, rank: int) -> str:
    if depth == rank:
        return element_text(array[()] if isinstance(array, np.ndarray) else array)
    size = len(array)
    whole = count < 0 or size <= 2 * count
    picked = range(size) if whole else [*range(count), *range(size - count, size)]
    parts = [_block(array[i], count, depth + 1, rank) for i in picked]
    if not whole:
        parts.insert(count, "...")
    left = rank - depth - 1
    between = " " if left == 0 else "\n" * left + " " * (depth + 1)
    return f"[{between.join(parts)}]"


def element_text(value: Any) -> str:
    """A number, bool or string as `tf.print` shows it inside of an array."""
    if isinstance(value, bytes):
        return f'"{_decoded(value)}"'
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, np.complexfloating):
        return "?"  # TensorFlow prints no complex numbers either
    if isinstance(value, np.integer):
        return str(int(value))
    if isinstance(value, np.float64):
        return _shortest(float(value), 15, 17, np.float64)
    return _shortest(float(value), 6, 9, np.float32)


def _shortest(value: float, few: int, many: int, kind: Any) -> str:
    """With few digits where these read back as the same number, else with many."""
    if value != value:
        return "nan"
    if abs(value) < np.finfo(kind).tiny:
        value *= 0.0  # denormal numbers are printed as zero
    text = f"{value:.{few}g}"
    if kind(float(text)) != kind(value):
        text = f"{value:.{many}g}"
    return text


def _decoded(value: bytes) -> str:
    return value.decode("utf-8", errors="surrogateescape")
