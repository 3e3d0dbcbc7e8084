"""`tf.variable_creator_scope`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export


@export("variable_creator_scope")
@contextmanager
def variable_creator_scope(variable_creator: Callable[..., Any]) -> Iterator[None]:
    """Lets a function decide how variables are made inside of the `with` block.

    Args:
      variable_creator: called as `(next_creator, **kwargs)` with the arguments of `tf.Variable`;
        returns a variable, usually `next_creator(**kwargs)` with some of them changed. Of nested
        scopes the innermost is asked first.

    Returns:
      A context manager.

    Example:
      >>> import tapeflow as tf
      >>> def frozen(next_creator, **kwargs):
      ...     return next_creator(**{**kwargs, "trainable": False})
      >>> with tf.variable_creator_scope(frozen):
      ...     v = tf.Variable(1.0)
      >>> v.trainable
      False
    """
    before = state.variable_creators
    state.variable_creators = (*before, variable_creator)
    try:
        yield
    finally:
        state.variable_creators = before
