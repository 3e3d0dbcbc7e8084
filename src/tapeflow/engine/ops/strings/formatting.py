"""Tensors written into a string."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.strings.arguments import array_of
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


def _real(value: float, digits: tuple[int, int], exact: Any) -> str:
    """A float with few digits, or where these don't give it back, with all."""
    short = f"{value:.{digits[0]}g}"
    return short if exact(short) == value or value != value else f"{value:.{digits[1]}g}"


def _element(value: Any) -> str:
    if isinstance(value, bytes):
        escaped = value.decode("latin-1").replace("\\", "\\\\").replace('"', '\\"')
        for letter, name in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
            escaped = escaped.replace(letter, name)
        return f'"{escaped}"'
    kind = value.dtype.kind
    if kind == "b":
        return "1" if value else "0"
    if kind in "iu":
        return str(int(value))
    if kind == "c":
        return "?"
    if value.dtype == np.float64:
        return _real(float(value), (15, 17), float)
    return _real(float(value), (6, 9), lambda text: float(value.dtype.type(text)))


def summary(array: np.ndarray, ends: int) -> str:
    """The elements in brackets.

    Args:
      array: the values.
      ends: how many elements (or rows) are shown at both ends of each dimension; -1 for all.
    """
    return _summary(array, ends, 1)


def _summary(array: Any, ends: int, depth: int) -> str:
    if not isinstance(array, np.ndarray) or array.ndim == 0:
        return _element(array[()] if isinstance(array, np.ndarray) else array)
    count = len(array)
    whole = ends < 0 or count <= 2 * ends
    shown = range(count) if whole else [*range(ends), *range(count - ends, count)]
    parts = [_summary(array[i], ends, depth + 1) for i in shown]
    if not whole:
        parts.insert(ends, "...")
    between = " " if array.ndim == 1 else "\n" * (array.ndim - 1) + " " * depth
    return f"[{between.join(parts)}]"


def _format(*inputs: np.ndarray, template: str, placeholder: str, summarize: int) -> np.ndarray:
    pieces = template.split(placeholder)
    out = pieces[0]
    for piece, array in zip(pieces[1:], inputs, strict=True):
        out += summary(array, summarize) + piece
    return array_of([out.encode("utf-8")], ())


def _format_infer(*inputs: Spec, template: str, placeholder: str, summarize: int) -> Spec:
    wanted = template.count(placeholder)
    if wanted != len(inputs):
        reject(f"template: expected {len(inputs)} placeholders; received {wanted}")
    return Spec(dtypes.string, ())


def _format_samples(draw: Draw) -> Iterable[Sample]:
    rest: dict[str, Any] = {"placeholder": "{}", "summarize": 3, "grad": False}
    yield Sample(np.arange(10), template="a {} b", **rest)
    yield Sample(np.arange(100).reshape(10, 10), np.array([0.1, 2.5]), template="{}, {}", **rest)
    yield Sample(np.arange(128).reshape(8, 8, 2), template="{}", **rest)
    yield Sample(np.array([1 / 3, 1e10, 2.0], np.float32), template="{}", **rest)
    yield Sample(np.array([True, False]), template="{}", **rest)
    yield Sample(array_of([b"x", b'a"b'], (2,)), template="{}", **rest)


format_p = primitive(
    "StringFormat",
    infer=_format_infer,
    kernel=_format,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_format_samples,
)


@export("strings.format")
def format(
    template: Any, inputs: Any, placeholder: str = "{}", summarize: int = 3, name: str | None = None
) -> Any:
    """Writes tensors into a text.

    Args:
      template: the text, with a placeholder for each tensor.
      inputs: a tensor, or a list or tuple of tensors.
      placeholder: what stands for a tensor in the text.
      summarize: how many elements are shown at both ends of each dimension; -1 for all.
      name: ignored in eager mode.

    Returns:
      A string scalar.

    Raises:
      ValueError: when there are not as many placeholders as tensors.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.format("tensor: {}, suffix", tf.range(5)).numpy()
      b'tensor: [0 1 2 3 4], suffix'
    """
    if not hasattr(inputs, "dtype") and not hasattr(inputs, "__len__"):
        raise TypeError(f"format: inputs: expected tensors; received {inputs!r}, a number alone")
    items = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    wanted = template.count(placeholder)
    if wanted != len(items):
        raise ValueError(
            f"The template expects {wanted} tensors, but the inputs only has {len(items)}. Please "
            "ensure the number of placeholders in template matches inputs length."
        )
    return apply(
        format_p, *map(convert, items), template=template, placeholder=placeholder,
        summarize=summarize,
    )  # fmt: skip
