"""Assertions about ranks, shapes and types, which need no values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.primitive import WRITES
from tapeflow.engine.ops.host_functions import call_on_host
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.tracing.graph import known_value


def _start(message: Any) -> str:
    return f"{message}.  " if message else ""


def _tensor(value: Any) -> Any:
    return value if is_composite(value) else convert(value)


def _rank(value: Any) -> int:
    """A rank as an argument.

    Raises:
      TypeError: when it is no int32.
      ValueError: when it is no scalar.
    """
    tensor = convert(value)
    if tensor.dtype is not dtypes.int32:
        raise TypeError(f"tensor must be of type tf.int32; got {tensor.dtype}")
    if tensor.shape.ndims != 0:
        raise ValueError("Rank must be a scalar.")
    known = known_value(tensor)
    if known is None:
        raise ValueError(f"rank: expected a number known while the function is traced: {tensor!r}")
    return int(known)


def _when_it_runs(check: Callable[..., None], *tensors: Any) -> None:
    """Makes an operation of a check that needs shapes which are not known yet."""

    def run(*values: Any) -> list[Any]:
        try:
            check(*values)
        except ValueError as error:
            raise InvalidArgumentError(None, None, str(error)) from error
        return []

    call_on_host("Assert", run, tensors, {}, WRITES, results=[])


def _check_rank(x: Any, allowed: Any, wanted: str, message: Any) -> None:
    tensor = _tensor(x)
    if state.tracer is not None and tensor.shape.ndims is None:
        _when_it_runs(lambda value: _check_rank(value, allowed, wanted, message), tensor)
    shape = _tensor(x).shape
    if shape.ndims is not None and not allowed(shape.ndims):
        raise ValueError(
            f"{_start(message)}Tensor  must have rank {wanted}.  Received rank {shape.ndims}, "
            f"shape {shape}"
        )


@export("debugging.assert_rank", "assert_rank")
def assert_rank(x: Any, rank: Any, message: Any = None, name: str | None = None) -> None:
    """Raises unless a tensor has a rank.

    Args:
      x: tensor.
      rank: int.
      message: what the error begins with.
      name: ignored in eager mode.

    Raises:
      ValueError: when it has another.

    Example:
      >>> import tapeflow as tf
      >>> tf.debugging.assert_rank([[1, 2]], 2)
    """
    wanted = _rank(rank)
    _check_rank(x, lambda n: n == wanted, str(wanted), message)


@export("debugging.assert_rank_at_least")
def assert_rank_at_least(x: Any, rank: Any, message: Any = None, name: str | None = None) -> None:
    """Raises unless a tensor has a rank or a greater one.

    Args:
      x: tensor.
      rank: int.
      message: what the error begins with.
      name: ignored in eager mode.

    Raises:
      ValueError: when its rank is less.
    """
    wanted = _rank(rank)
    _check_rank(x, lambda n: n >= wanted, f"at least {wanted}", message)


@export("debugging.assert_rank_in")
def assert_rank_in(x: Any, ranks: Any, message: Any = None, name: str | None = None) -> None:
    """Raises unless a tensor has one of several ranks.

    Args:
      x: tensor.
      ranks: ints.
      message: what the error begins with.
      name: ignored in eager mode.

    Raises:
      ValueError: when it has another.
    """
    wanted = tuple([_rank(r) for r in ranks])
    _check_rank(x, lambda n: n in wanted, f"in {wanted}", message)


@export("debugging.assert_scalar")
def assert_scalar(tensor: Any, message: Any = None, name: str | None = None) -> None:
    """Raises unless a tensor has rank 0.

    Args:
      tensor: tensor.
      message: what the error begins with.
      name: ignored in eager mode.

    Raises:
      ValueError: when it has another rank.
    """
    tensor = convert(tensor)
    shape = tensor.shape
    if state.tracer is not None and shape.ndims is None:
        _when_it_runs(lambda value: assert_scalar(value, message), tensor)
    if shape.ndims not in (0, None):
        raise ValueError(f"{_start(message)}Expected scalar shape, saw shape: {shape}.")


@export("debugging.assert_integer")
def assert_integer(x: Any, message: Any = None, name: str | None = None) -> None:
    """Raises unless a tensor has an integer dtype.

    Args:
      x: tensor.
      message: what the error begins with.
      name: ignored in eager mode.

    Raises:
      TypeError: when it has another.
    """
    dtype = _tensor(x).dtype
    if not dtype.is_integer:
        raise TypeError(
            f'{_start(message)}Expected "x" to be integer type.  Found: tensor of dtype {dtype}'
        )


@export("debugging.assert_type")
def assert_type(tensor: Any, tf_type: Any, message: Any = None, name: str | None = None) -> None:
    """Raises unless a tensor has a dtype.

    Args:
      tensor: tensor, sparse or ragged tensor, or what becomes a tensor.
      tf_type: dtype.
      message: what the error begins with.
      name: ignored in eager mode.

    Raises:
      TypeError: when it has another.

    Example:
      >>> import tapeflow as tf
      >>> tf.debugging.assert_type([1.0], tf.float32)
    """
    wanted = as_dtype(tf_type)
    dtype = _tensor(tensor).dtype
    if dtype is not wanted:
        raise TypeError(f"{_start(message)}tensor must be of type {wanted}; got {dtype}")


@export("debugging.assert_proper_iterable")
def assert_proper_iterable(values: Any) -> None:
    """Raises for tensors, strings and arrays, which are iterable but no list of things.

    Args:
      values: anything.

    Raises:
      TypeError: when it is one of these, or not iterable.
    """
    if isinstance(values, (Tensor, np.ndarray, bytes, str)) or is_composite(values):
        raise TypeError(
            f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}'
        )
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


@export("debugging.assert_same_float_dtype")
def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> DType:
    """The floating dtype that all tensors have.

    Args:
      tensors: tensors and variables, or None; None among them is skipped.
      dtype: the dtype they must have; by default that of the first one, or float32.

    Returns:
      The dtype.

    Raises:
      ValueError: when they differ, or the dtype is not floating.
    """
    wanted = None if dtype is None else as_dtype(dtype)
    first = None
    for tensor in tensors or ():
        if tensor is None:
            continue
        if wanted is None:
            wanted, first = tensor.dtype, tensor
        elif tensor.dtype is not wanted:
            like = "" if first is None else f" as {first!s}"
            raise ValueError(
                f"{tensor!s}, type={tensor.dtype}, must be of the same type ({wanted}){like}."
            )
    if wanted is None:
        wanted = dtypes.float32
    if not wanted.is_floating:
        raise ValueError(f"Expected floating point type, got {wanted}.")
    return wanted


@export("debugging.is_numeric_tensor")
def is_numeric_tensor(tensor: Any) -> bool:
    """Whether `tensor` is a tensor of numbers.

    Args:
      tensor: anything.

    Returns:
      A bool; False for variables, arrays, and tensors of bools and strings.
    """
    return isinstance(tensor, Tensor) and tensor.dtype in dtypes.NUMERIC


@export("debugging.assert_shapes")
def assert_shapes(
    shapes: Any,
    data: Any = None,
    summarize: int | None = None,
    message: Any = None,
    name: str | None = None,
) -> None:
    """Raises unless tensors have the shapes given, in which equal symbols stand for equal sizes.

    Args:
      shapes: pairs `(tensor, shape)`, or a mapping. A shape is a sequence of ints, symbols (any
        other hashable values), None or `"."` for any size; `...` or `"*"` at its beginning stands
        for any dimensions.
      data: accepted; tensors for the message.
      summarize: accepted.
      message: what the error begins with.
      name: ignored in eager mode.

    Raises:
      ValueError: when a shape does not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.debugging.assert_shapes([(tf.ones([3, 4]), ("N", "D")), (tf.ones([4]), ("D",))])
    """
    pairs = [(v, w) for v, w in (shapes.items() if isinstance(shapes, Mapping) else shapes)]
    sizes: dict[Any, tuple[int, str]] = {}
    tensors = [_tensor(value) for value, _ in pairs]
    for tensor, (_, wanted) in zip(tensors, pairs, strict=True):
        about = f"Tensor shape={tensor.shape} dtype={tensor.dtype.name}"
        if not isinstance(wanted, Iterable) and not hasattr(wanted, "__getitem__"):
            raise ValueError(
                f"{_start(message)}{about}.  Specified shape must be an iterable.  An iterable has "
                "the attribute `__iter__` or `__getitem__`.  Received specified shape: "
                f"{wanted}"
            )
        _check_shape(tensor.shape, list(wanted), about, sizes, message)
    if not all(tensor.shape.is_fully_defined() for tensor in tensors):
        if state.tracer is not None:
            names = [wanted for _, wanted in pairs]
            _when_it_runs(
                lambda *values: assert_shapes(
                    list(zip(values, names, strict=True)), message=message
                ),
                *tensors,
            )


def _check_shape(
    shape: Any, wanted: list[Any], about: str, sizes: dict[Any, tuple[int, str]], message: Any
) -> None:
    open_start = bool(wanted) and wanted[0] in (..., "*")
    for i, symbol in enumerate(wanted[1:], 1):
        if symbol is ... or symbol == "*":
            raise ValueError(
                f"{_start(message)}{about} specified shape index {i}.  Symbol `...` or `*` for a "
                "variable number of unspecified dimensions is only allowed as the first entry"
            )
    if shape.ndims is None:
        return
    rest = wanted[1:] if open_start else wanted
    dims = shape.as_list()
    # A single symbol also stands for the size of a scalar, 1.
    fits = len(dims) >= len(rest) if open_start else (
        len(dims) in (0, 1) if len(rest) <= 1 else len(dims) == len(rest))  # fmt: skip
    if not fits:
        rank = (
            f"at least {len(rest)}" if open_start else "in (0, 1)" if len(rest) <= 1 else len(rest)
        )
        raise ValueError(
            f"{_start(message)}Tensor  must have rank {rank}.  Received rank {len(dims)}, "
            f"shape {shape}"
        )
    offset = len(dims) - len(rest)
    if offset < 0:
        dims, offset = [1], 0
    for i, symbol in enumerate(rest):
        size = dims[offset + i]
        if symbol is None or symbol == "." or size is None:
            continue
        explicit = _as_size(symbol)
        if explicit is not None:
            expected, source = explicit, "Specified explicitly"
        elif symbol in sizes:
            expected, source = sizes[symbol]
            source = f"Specified by {source}"
        else:
            sizes[symbol] = (size, f"{about[:1].lower()}{about[1:]} dimension {offset + i}")
            continue
        if size != expected:
            raise ValueError(
                f"{_start(message)}{source}.  {about} dimension {offset + i} must have size "
                f"{expected}.  Received size {size}, shape {shape}"
            )


def _as_size(symbol: Any) -> int | None:
    try:
        return int(symbol)
    except (TypeError, ValueError):
        return None


# Tracebacks. Ours are short; the setting is kept.
_filtering = [True]


@export("debugging.enable_traceback_filtering")
def enable_traceback_filtering() -> None:
    """Accepted: tracebacks show the program and a few frames of tapeflow."""
    _filtering[0] = True


@export("debugging.disable_traceback_filtering")
def disable_traceback_filtering() -> None:
    """Accepted: tracebacks show the program and a few frames of tapeflow."""
    _filtering[0] = False


@export("debugging.is_traceback_filtering_enabled")
def is_traceback_filtering_enabled() -> bool:
    """What was chosen last by the two functions before; at first True.

    Returns:
      A bool.
    """
    return _filtering[0]
