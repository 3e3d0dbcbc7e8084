"""A variable that is an argument of a traced function; which one is known when it runs."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.variables.options import VariableAggregation, VariableSynchronization
from tapeflow.engine.variables.variable import Variable


class TracedVariable(Variable):
    """Stands for the variable that a function will be called with.

    Args:
      handle: symbolic tensor of dtype resource.
      held: dtype and shape of the value.
      trainable: whether tapes watch it on their own.
      name: what to call it.
    """

    __slots__ = ()
    _creators_apply = False

    def __init__(self, handle: Any, held: Spec, trainable: bool, name: str) -> None:
        self._handle = handle
        self._dtype = held.dtype
        self._shape = TensorShape._of(held.shape)
        self._trainable = trainable
        self._name = name
        self._constraint = None
        self._synchronization = VariableSynchronization.AUTO
        self._aggregation = VariableAggregation.NONE

    def __repr__(self) -> str:
        return f"<tf.Variable '{self._name}' shape={self._shape} dtype={self._dtype.name}>"
