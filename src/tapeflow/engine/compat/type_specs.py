"""The names under which type specs are stored: `tensorflow.python.framework.type_spec_registry`."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.specs import TensorSpec
from tapeflow.engine.ops.control_flow.optionals import OptionalSpec
from tapeflow.engine.ops.ragged.ragged_tensor import RaggedTensorSpec
from tapeflow.engine.runtime.sparse_tensor import SparseTensorSpec

_BY_NAME: dict[str, type] = {
    "tf.TensorSpec": TensorSpec,
    "tf.RaggedTensorSpec": RaggedTensorSpec,
    "tf.SparseTensorSpec": SparseTensorSpec,
    "tf.OptionalSpec": OptionalSpec,
}


def get_name(cls: Any) -> str:
    """The name that a class of type specs is registered under.

    Raises:
      TypeError: when it is no class.
      ValueError: when it is not registered.
    """
    if not isinstance(cls, type):
        raise TypeError(f"Expected `cls` to be a TypeSpec; got {cls!r}")
    for name, known in _BY_NAME.items():
        if known is cls:
            return name
    raise ValueError(f"TypeSpec {cls.__module__}.{cls.__name__} has not been registered.")


def lookup(name: Any) -> type:
    """The class registered under a name.

    Raises:
      TypeError: when `name` is no string.
      ValueError: when nothing is registered under it.
    """
    if not isinstance(name, str):
        raise TypeError(f"Expected `name` to be a string; got {name!r}")
    if name not in _BY_NAME:
        raise ValueError(f"No TypeSpec has been registered with name {name!r}")
    return _BY_NAME[name]
