"""`tf.variable_creator_scope`, and how `tf.Variable(...)` passes through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.variables.options import VariableAggregation, VariableSynchronization

# The arguments of `tf.Variable` in order, with their defaults: creators get all of them.
_ARGUMENTS: dict[str, Any] = {
    "initial_value": None,
    "trainable": None,
    "validate_shape": True,
    "caching_device": None,
    "name": None,
    "variable_def": None,
    "dtype": None,
    "import_scope": None,
    "constraint": None,
    "synchronization": VariableSynchronization.AUTO,
    "aggregation": VariableAggregation.NONE,
    "shape": None,
    "experimental_enable_variable_lifting": None,
}


class VariableMeta(type):
    """Makes `tf.Variable(...)` pass through the creators of `tf.variable_creator_scope`."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        tracer = state.tracer
        if tracer is not None and not tracer.building_function and _is_variable_itself(cls):
            from tapeflow.engine.variables.graph_variable import GraphVariable

            cls = GraphVariable
        creators = state.variable_creators
        if not creators or not getattr(cls, "_creators_apply", False):
            return type.__call__(cls, *args, **kwargs)
        given = dict(_ARGUMENTS)
        given.update(zip(_ARGUMENTS, args, strict=False))
        given.update(kwargs)

        def make(**options: Any) -> Any:
            options.pop("next_creator", None)
            return type.__call__(cls, **options)

        creator = make
        for outer in creators:
            creator = _chain(outer, creator)
        return creator(**given)


def _is_variable_itself(cls: type) -> bool:
    return bool(vars(cls).get("_creators_apply", False))


def _chain(outer: Any, inner: Any) -> Any:
    def call(**kwargs: Any) -> Any:
        return outer(inner, **kwargs)

    return call


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
