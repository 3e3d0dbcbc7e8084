"""Assertions about values: `assert_equal` and its relatives, `Assert`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.primitive import WRITES
from tapeflow.engine.ops.host_functions import call_on_host
from tapeflow.engine.ops.math import comparison
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.execution import no_op
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.tracing.graph import known_value


def _fail(message: str) -> NoReturn:
    raise InvalidArgumentError(None, None, message)


def _require(condition: Any, explain: Callable[..., str], *operands: Any) -> Any:
    """Raises unless all of `condition` holds.

    While a function is traced, what is known now is checked now, and the rest becomes an operation.

    Args:
      condition: bool tensor computed of `operands`.
      explain: called with `condition` and `operands`, eager tensors; gives the error's message.
      *operands: tensors.
    """
    if type(condition) is EagerTensor:
        if not condition._array.all():
            _fail(explain(condition, *operands))
        return None
    constant = all(type(t) is EagerTensor or t.op.type == "Const" for t in operands)
    known = [known_value(t) for t in (condition, *operands)]
    if constant and known[0] is not None:
        if known[0].all():
            return no_op()
        _fail(explain(*map(EagerTensor, known)))

    def check(condition: Any, *operands: Any) -> list[Any]:
        _require(condition, explain, *operands)
        return []

    call_on_host("Assert", check, (condition, *operands), {}, WRITES, results=[])
    return state.tracer.nodes[-1]


@export("debugging.Assert", "Assert", "compat.v1.Assert")
def Assert(condition: Any, data: Any, summarize: int | None = None, name: str | None = None) -> Any:
    """Raises unless `condition` holds.

    Args:
      condition: scalar bool tensor.
      data: list of tensors, for the message.
      summarize: how many elements of each to show; 3 by default.
      name: ignored in eager mode.

    Returns:
      None; while a function is traced, the operation that checks.

    Raises:
      tf.errors.InvalidArgumentError: when `condition` is False.
      TypeError: when `data` is no sequence.

    Example:
      >>> import tapeflow as tf
      >>> tf.debugging.Assert(tf.constant(True), ["all is well"])
    """
    if isinstance(data, EagerTensor) or not hasattr(data, "__iter__"):
        raise TypeError("values must be a sequence.")
    tensor = condition if isinstance(condition, EagerTensor) else convert(condition)
    count = 3 if summarize is None else summarize

    def check(holds: Any, data: list[Any]) -> list[Any]:
        if not holds._array.all():
            shown = "\n".join(_summarized(convert(x), count) for x in data)
            _fail(f"Expected '{holds}' to be true. Summarized data: {shown}")
        return []

    if state.tracer is None:
        check(tensor, data)
        return None
    call_on_host("Assert", check, (tensor, list(data)), {}, WRITES, results=[])
    return state.tracer.nodes[-1]


def _summarized(tensor: Any, count: int) -> str:
    items = [str(v) for v in tensor._array.reshape(-1)[: len(tensor._array.reshape(-1))
             if count < 0 else count]]  # fmt: skip
    more = ", ..." if tensor._array.size > len(items) else ""
    return ", ".join(items) + more


def _compare(
    x: Any, y: Any, sign: str, test: Callable[..., Any], message: Any, summarize: int | None
) -> Any:
    x, y = convert(x), convert(y)

    def explain(holds: Any, x: Any, y: Any) -> str:
        return _comparison_text(x, y, sign, holds, message, summarize)

    return _require(test(x, y), explain, x, y)


def _comparison_text(
    x: Any, y: Any, sign: str, holds: Any, message: Any, summarize: int | None
) -> str:
    a, b, wrong = x._array, y._array, ~holds._array
    count = 3 if summarize is None else summarize
    limit = None if count < 0 else count
    lines = [] if message is None or message == "" else [str(message)]
    lines.append(f"Condition x {sign} y did not hold.")
    if a.shape == b.shape and a.ndim:
        where = np.argwhere(wrong)[:limit]
        number = min(len(np.argwhere(wrong)), len(where))
        lines += [
            f"Indices of first {number} different values:",
            str(where.astype(np.int64)),
            "Corresponding x values:",
            str(a[wrong][:limit]),
            "Corresponding y values:",
            str(b[wrong][:limit]),
        ]
    for name, array in (("x", a), ("y", b)):
        flat = array.reshape(-1)[:limit]
        lines += [f"First {len(flat)} elements of {name}:", str(flat)]
    return "\n".join(lines)


@export("debugging.assert_equal", "assert_equal")
def assert_equal(
    x: Any, y: Any, message: Any = None, summarize: int | None = None, name: str | None = None
) -> Any:
    """Raises unless `x == y` for all elements.

    Args:
      x: tensor.
      y: tensor of the same dtype and a shape that broadcasts.
      message: what the error begins with.
      summarize: how many elements to show; 3 by default, -1 for all.
      name: ignored in eager mode.

    Returns:
      None; while a function is traced, the operation that checks.

    Raises:
      tf.errors.InvalidArgumentError: when an element differs.

    Example:
      >>> import tapeflow as tf
      >>> tf.debugging.assert_equal([1, 2], tf.constant([1, 2]))
    """
    return _compare(x, y, "==", comparison.equal, message, summarize)


@export("debugging.assert_none_equal")
def assert_none_equal(
    x: Any, y: Any, summarize: int | None = None, message: Any = None, name: str | None = None
) -> Any:
    """Raises unless `x != y` for all elements; see `tf.debugging.assert_equal`.

    Args:
      x: tensor.
      y: tensor of the same dtype and a shape that broadcasts.
      summarize: how many elements to show.
      message: what the error begins with.
      name: ignored in eager mode.

    Returns:
      None; while a function is traced, the operation that checks.
    """
    return _compare(x, y, "!=", comparison.not_equal, message, summarize)


@export("debugging.assert_less", "assert_less")
def assert_less(
    x: Any, y: Any, message: Any = None, summarize: int | None = None, name: str | None = None
) -> Any:
    """Raises unless `x < y` for all elements; see `tf.debugging.assert_equal`.

    Args:
      x: tensor.
      y: tensor of the same dtype and a shape that broadcasts.
      message: what the error begins with.
      summarize: how many elements to show.
      name: ignored in eager mode.

    Returns:
      None; while a function is traced, the operation that checks.
    """
    return _compare(x, y, "<", comparison.less, message, summarize)


@export("debugging.assert_less_equal")
def assert_less_equal(
    x: Any, y: Any, message: Any = None, summarize: int | None = None, name: str | None = None
) -> Any:
    """Raises unless `x <= y` for all elements; see `tf.debugging.assert_equal`.

    Args:
      x: tensor.
      y: tensor of the same dtype and a shape that broadcasts.
      message: what the error begins with.
      summarize: how many elements to show.
      name: ignored in eager mode.

    Returns:
      None; while a function is traced, the operation that checks.
    """
    return _compare(x, y, "<=", comparison.less_equal, message, summarize)


@export("debugging.assert_greater", "assert_greater")
def assert_greater(
    x: Any, y: Any, message: Any = None, summarize: int | None = None, name: str | None = None
) -> Any:
    """Raises unless `x > y` for all elements; see `tf.debugging.assert_equal`.

    Args:
      x: tensor.
      y: tensor of the same dtype and a shape that broadcasts.
      message: what the error begins with.
      summarize: how many elements to show.
      name: ignored in eager mode.

    Returns:
      None; while a function is traced, the operation that checks.

    Example:
      >>> import tapeflow as tf
      >>> tf.debugging.assert_greater([2, 3], tf.constant([1, 2]))
    """
    return _compare(x, y, ">", comparison.greater, message, summarize)


@export("debugging.assert_greater_equal")
def assert_greater_equal(
    x: Any, y: Any, message: Any = None, summarize: int | None = None, name: str | None = None
) -> Any:
    """Raises unless `x >= y` for all elements; see `tf.debugging.assert_equal`.

    Args:
      x: tensor.
      y: tensor of the same dtype and a shape that broadcasts.
      message: what the error begins with.
      summarize: how many elements to show.
      name: ignored in eager mode.

    Returns:
      None; while a function is traced, the operation that checks.
    """
    return _compare(x, y, ">=", comparison.greater_equal, message, summarize)


def _against_zero(x: Any, sign: str, test: Callable[..., Any], message: Any) -> Any:
    x = convert(x)
    zero = convert(0, x.dtype)
    start = f"{message}.  " if message else ""
    return _require(
        test(x, zero),
        lambda holds, x: (
            f"{start}\nCondition x {sign} 0 did not hold element-wise:\n"
            f"x (shape={x.shape} dtype={x.dtype.name}) = \n{_listed(x._array)}"
        ),
        x,
    )


def _listed(array: np.ndarray) -> Any:
    return [str(v) for v in array.reshape(-1)] if array.ndim else array[()]


@export("debugging.assert_negative")
def assert_negative(
    x: Any, message: Any = None, summarize: int | None = None, name: str | None = None
) -> Any:
    """Raises unless `x < 0` for all elements.

    Args:
      x: numeric tensor.
      message: what the error begins with.
      summarize: how many elements to show.
      name: ignored in eager mode.

    Returns:
      None; while a function is traced, the operation that checks.

    Raises:
      tf.errors.InvalidArgumentError: when an element is not negative.
    """
    return _against_zero(x, "<", comparison.less, message)


@export("debugging.assert_non_negative")
def assert_non_negative(
    x: Any, message: Any = None, summarize: int | None = None, name: str | None = None
) -> Any:
    """Raises unless `x >= 0` for all elements.

    Args:
      x: numeric tensor.
      message: what the error begins with.
      summarize: how many elements to show.
      name: ignored in eager mode.

    Returns:
      None; while a function is traced, the operation that checks.

    Raises:
      tf.errors.InvalidArgumentError: when an element is negative.
    """
    return _against_zero(x, ">=", comparison.greater_equal, message)


@export("debugging.assert_positive")
def assert_positive(
    x: Any, message: Any = None, summarize: int | None = None, name: str | None = None
) -> Any:
    """Raises unless `x > 0` for all elements.

    Args:
      x: numeric tensor.
      message: what the error begins with.
      summarize: how many elements to show.
      name: ignored in eager mode.

    Returns:
      None; while a function is traced, the operation that checks.

    Raises:
      tf.errors.InvalidArgumentError: when an element is not positive.
    """
    return _against_zero(x, ">", comparison.greater, message)


@export("debugging.assert_non_positive")
def assert_non_positive(
    x: Any, message: Any = None, summarize: int | None = None, name: str | None = None
) -> Any:
    """Raises unless `x <= 0` for all elements.

    Args:
      x: numeric tensor.
      message: what the error begins with.
      summarize: how many elements to show.
      name: ignored in eager mode.

    Returns:
      None; while a function is traced, the operation that checks.

    Raises:
      tf.errors.InvalidArgumentError: when an element is positive.
    """
    return _against_zero(x, "<=", comparison.less_equal, message)


@export("debugging.assert_near")
def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    message: Any = None,
    summarize: int | None = None,
    name: str | None = None,
) -> Any:
    """Raises unless `|x - y| <= atol + rtol * |y|` for all elements.

    Args:
      x: floating or complex tensor.
      y: tensor of the same dtype and a shape that broadcasts.
      rtol: relative tolerance; by default 10 times the dtype's machine epsilon.
      atol: absolute tolerance; the same by default.
      message: what the error begins with.
      summarize: how many elements to show; 3 by default.
      name: ignored in eager mode.

    Returns:
      None; while a function is traced, the operation that checks.

    Raises:
      tf.errors.InvalidArgumentError: when an element differs by more.
      ValueError: when the dtypes differ, or are integers.

    Example:
      >>> import tapeflow as tf
      >>> tf.debugging.assert_near([1.0, 2.0], [1.0, 2.000001])
    """
    from tapeflow.engine.ops.math import arithmetic, magnitude

    x = convert(x)
    y = convert(y, x.dtype)
    real = x.dtype.real_dtype
    if not (x.dtype.is_floating or x.dtype.is_complex):
        raise ValueError(f"data type {x.dtype.name} not inexact")
    import ml_dtypes

    tolerance = 10 * float(ml_dtypes.finfo(real.np).eps)
    rtol = convert(tolerance if rtol is None else rtol, real)
    atol = convert(tolerance if atol is None else atol, real)
    bound = arithmetic.add(atol, arithmetic.multiply(rtol, magnitude.abs(y)))
    holds = comparison.less_equal(magnitude.abs(arithmetic.subtract(x, y)), bound)
    start = f"{message}.  " if message else ""
    return _require(
        holds,
        lambda holds, x, y, rtol, atol: (
            f"{start}x and y not equal to tolerance rtol = {rtol!s}, atol = {atol!s}\n"
            f"x (shape={x.shape} dtype={x.dtype.name}) = {_summarized(x, summarize or 3)}\n"
            f"y (shape={y.shape} dtype={y.dtype.name}) = {_summarized(y, summarize or 3)}"
        ),
        x,
        y,
        rtol,
        atol,
    )
