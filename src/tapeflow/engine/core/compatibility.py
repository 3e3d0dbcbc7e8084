"""`tf.compat`: strings of either kind, numeric types, dimensions, and what is left of versions."""

from __future__ import annotations

import datetime
import numbers
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tapeflow.engine.core.export import export, export_value

bytes_or_text_types = (bytes, str)
integral_types = (numbers.Integral, np.integer)
real_types = (numbers.Real, np.integer, np.floating)
complex_types = (numbers.Complex, np.number)
for _name in ("bytes_or_text_types", "integral_types", "real_types", "complex_types"):
    export_value(_name, f"compat.{_name}")


@export("compat.as_bytes")
def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """A string of either kind as `bytes`.

    Args:
      bytes_or_text: `str`, `bytes` or `bytearray`.
      encoding: how to encode a `str`.

    Returns:
      A `bytes` object.

    Raises:
      TypeError: when it is no string.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.as_bytes("a")
      b'a'
    """
    if isinstance(bytes_or_text, bytearray):
        return bytes(bytes_or_text)
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@export("compat.as_text", "compat.as_str")
def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """A string of either kind as `str`.

    Args:
      bytes_or_text: `str` or `bytes`.
      encoding: how `bytes` are encoded.

    Returns:
      A `str`.

    Raises:
      TypeError: when it is no string.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.as_text(b"a")
      'a'
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@export("compat.as_str_any")
def as_str_any(value: Any, encoding: str = "utf-8") -> str:
    """`str(value)`, and `bytes` decoded.

    Args:
      value: anything.
      encoding: how `bytes` are encoded.

    Returns:
      A `str`.
    """
    return as_text(value, encoding) if isinstance(value, bytes) else str(value)


@export("compat.path_to_str")
def path_to_str(path: Any) -> Any:
    """A path object as a string.

    Args:
      path: a string or an object with `__fspath__`.

    Returns:
      A `str`; anything else that is no path object as it is.
    """
    return as_str_any(os.fspath(path)) if hasattr(path, "__fspath__") else path


@export("compat.forward_compatible")
def forward_compatible(year: int, month: int, day: int) -> bool:
    """Whether programs may be used by TensorFlow builds as old as a date.

    Args:
      year: of the date.
      month: of the date.
      day: of the date.

    Returns:
      True when the date has passed.
    """
    return _horizon[0] > datetime.date(year, month, day)


_horizon = [datetime.date(2026, 3, 1)]


@export("compat.forward_compatibility_horizon")
@contextmanager
def forward_compatibility_horizon(year: int, month: int, day: int) -> Iterator[None]:
    """Sets the date of `tf.compat.forward_compatible` for the `with` block.

    Args:
      year: of the date.
      month: of the date.
      day: of the date.

    Returns:
      A context manager.
    """
    before = _horizon[0]
    _horizon[0] = datetime.date(year, month, day)
    try:
        yield
    finally:
        _horizon[0] = before
