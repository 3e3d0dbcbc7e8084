"""Python arguments that convolution and pooling share: strides, padding, layouts.

TensorFlow raises TypeError and ValueError here, before any operation runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


def integers(value: Any, argument: str) -> tuple[int, ...]:
    """A list, array or tensor of integers as a tuple.

    Raises:
      TypeError: for anything else.
    """
    if isinstance(value, Tensor):
        value = value.numpy() if isinstance(value, EagerTensor) else value
    if not isinstance(value, (list, tuple, np.ndarray)):
        raise TypeError(f"Expected list for argument {argument!r}; received {value!r}.")
    try:
        return tuple(int(v) for v in value)
    except (TypeError, ValueError):
        raise TypeError(f"Expected int for argument {argument!r}; received {value!r}.") from None


def integer(value: Any, argument: str) -> int:
    """An integer, or a float or scalar tensor that stands for one.

    Raises:
      TypeError: for anything else.
    """
    if isinstance(value, (str, bytes, list, tuple)):
        raise TypeError(f"Expected int for argument {argument!r}; received {value!r}.")
    try:
        return int(value)
    except (TypeError, ValueError):
        raise TypeError(f"Expected int for argument {argument!r}; received {value!r}.") from None


def per_axis(value: Any, rank: int, channel: int, argument: str) -> tuple[int, ...]:
    """One entry for each axis of the input, from an int, a list for the image, or a full list.

    Args:
      value: None (all 1), an int, or a list of 1, `rank` or `rank + 2` integers.
      rank: number of image dimensions.
      channel: the channels' axis.
      argument: what the error calls it.

    Raises:
      ValueError: for a list of another length.
      TypeError: for an entry that is no integer.
    """
    if value is None:
        value = [1]
    elif isinstance(value, Tensor):
        value = np.atleast_1d(value.numpy()).tolist()  # type: ignore[attr-defined]
    elif isinstance(value, np.ndarray):
        value = np.atleast_1d(value).tolist()
    elif not isinstance(value, (list, tuple)):
        value = [value]
    given = [integer(v, argument) for v in value]
    if len(given) == rank + 2:
        return tuple(given)
    if len(given) not in (1, rank):
        raise ValueError(
            f"{argument} should be of length 1, {rank} or {rank + 2}. "
            f"Received: {argument}={value} of length {len(given)}"
        )
    inner = given * rank if len(given) == 1 else given
    return (1, 1, *inner) if channel == 1 else (1, *inner, 1)


def padding_of(padding: Any, rank: int = 2) -> tuple[str, tuple[int, ...]]:
    """Padding as the attributes `padding` and `explicit_paddings`.

    Args:
      padding: `"SAME"`, `"VALID"`, or a list of `rank + 2` pairs.
      rank: number of image dimensions.

    Raises:
      ValueError: for a list of another form, or the string "EXPLICIT".
      TypeError: for anything else.
    """
    if isinstance(padding, (list, tuple)):
        for i, pair in enumerate(padding):
            if not isinstance(pair, (list, tuple)) or len(pair) != 2:
                raise ValueError(
                    "When `padding` is a list, each element of `padding` must be a list/tuple of "
                    f"size 2. Received: padding={padding} with element at index {i}: {pair!r}"
                )
        if len(padding) != rank + 2:
            raise ValueError(
                f"When padding is a list, it must be of size {rank + 2}. "
                f"Received: padding={padding} of size {len(padding)}"
            )
        flat = tuple(integer(v, "padding") for pair in padding for v in pair)
        return "EXPLICIT", flat
    if padding == "EXPLICIT":
        raise ValueError(
            "'EXPLICIT' is not a valid value for `padding`. To use explicit padding, `padding` "
            "must be a list."
        )
    return padding_name(padding), ()


def padding_name(padding: Any) -> str:
    """Padding where lists aren't taken.

    Raises:
      TypeError: when it is no string.
    """
    if isinstance(padding, bytes):
        padding = padding.decode()
    if not isinstance(padding, str):
        raise TypeError(f"Expected string for argument 'padding' not {padding!r}.")
    return padding


def check_choice(value: str, allowed: tuple[str, ...], argument: str, op: str) -> None:
    """Rejects an attribute that is not one of the strings `allowed`."""
    if value not in allowed:
        names = ", ".join(map(repr, allowed))
        raise InvalidArgumentError(
            None, None, f"{op}: {argument}: expected one of {names}; received {value!r} [Op:{op}]"
        )


def line_format(data_format: Any) -> str:
    """The planar layout that a layout of sequences, `NWC` or `NCW`, becomes.

    Raises:
      ValueError: for another layout.
    """
    if data_format in (None, "NWC", "NHWC"):
        return "NHWC"
    if data_format in ("NCW", "NCHW"):
        return "NCHW"
    raise ValueError(f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}")


def sizes_tensor(value: Any) -> Tensor:
    """A shape argument as the int32 tensor that the gradients of windows take.

    Raises:
      TypeError: when its entries are no integers.
    """
    if isinstance(value, Tensor):
        return value
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return convert(value, dtypes.int32)  # type: ignore[no-any-return]
