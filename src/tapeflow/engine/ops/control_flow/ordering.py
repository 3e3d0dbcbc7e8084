"""The clock, and values that wait for each other."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.primitive import DRAWS
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array.shaping import identity
from tapeflow.engine.ops.host_functions import call_on_host
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor


def _now() -> EagerTensor:
    return EagerTensor(np.array(time.time()))


@export("timestamp", "compat.v1.timestamp")
def timestamp(name: str | None = None) -> Any:
    """The time now; in a traced function, when the function runs.

    Args:
      name: ignored in eager mode.

    Returns:
      A float64 scalar: seconds since 1970 began, UTC.
    """
    if state.tracer is None:
        return _now()
    known = [Spec(dtypes.float64, ())]
    return call_on_host("Timestamp", lambda: [_now()], (), {}, DRAWS, results=known)[0]


@export("tuple")
def tuple_(tensors: Any, control_inputs: Any = None, name: str | None = None) -> list[Any]:
    """The same tensors, available when all of them are computed.

    Args:
      tensors: list of tensors, `tf.IndexedSlices` and None.
      control_inputs: operations and tensors that come first, too.
      name: ignored in eager mode.

    Returns:
      A list like `tensors`.

    Raises:
      ValueError: when `tensors` holds no tensor.
      TypeError: when a control input is neither an operation nor a tensor.

    Example:
      >>> import tapeflow as tf
      >>> a, b = tf.tuple([tf.constant(1), tf.constant(2)])
      >>> a.numpy(), b.numpy()
      (np.int32(1), np.int32(2))
    """
    if state.tracer is None:
        return list(tensors)
    if all(t is None for t in tensors):
        raise ValueError(f"`tensors` must have at least one Tensor. Received: {tensors}.")
    with state.tracer.control_dependencies(control_inputs or ()):
        return [t if t is None or is_composite(t) else identity(convert(t)) for t in tensors]


@export("compat.v1.tuple")
def tuple_v1(tensors: Any, name: str | None = None, control_inputs: Any = None) -> list[Any]:
    """The same tensors, available when all of them are computed; see `tf.tuple`."""
    return tuple_(tensors, control_inputs, name)
