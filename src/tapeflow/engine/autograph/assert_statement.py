"""`assert` statements, as `Feature.ASSERT_STATEMENTS` converts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.autograph.staging import is_staged
from tapeflow.engine.ops.debugging import assertions
from tapeflow.engine.runtime.convert import convert


def assert_stmt(expression1: Any, expression2: Callable[[], Any]) -> None:
    """`assert expression1, expression2()`.

    Raises:
      AssertionError: when the condition does not hold; of a tensor, an `InvalidArgumentError` when
        the function runs.
    """
    if is_staged(expression1):
        message = expression2()
        assertions.Assert(convert(expression1), [message])
        return
    assert expression1, expression2()
