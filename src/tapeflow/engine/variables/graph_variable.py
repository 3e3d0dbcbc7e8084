"""Variables of a `tf.Graph` made by hand: built and looked at, as the graph is not run."""

from __future__ import annotations

from typing import Any, NoReturn

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.name_scopes import name_scope
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ir.graph import structural_form
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.tracing.graph import out_of_scope
from tapeflow.engine.variables import resource_ops
from tapeflow.engine.variables.options import VariableAggregation, VariableSynchronization
from tapeflow.engine.variables.variable import Variable

VAR_HANDLE = structural_form("VarHandleOp")
"""The identity of a variable of the graph."""


class GraphVariable(Variable):
    """What `tf.Variable(...)` makes in a graph that is no function's; the arguments are the same.

    Raises:
      ValueError: when there is no initial value, or it does not fit `shape`.
    """

    __slots__ = ("_initial_value", "_initializer")

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: Any = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
        experimental_enable_variable_lifting: Any = None,
        **kwargs: Any,
    ) -> None:
        self._require_arguments(initial_value, variable_def, constraint)
        graph = state.tracer
        whole = graph.unique_name(state.name_scope + (name or "Variable"))
        with name_scope(f"{whole}/Initializer/"):
            if callable(initial_value) and not isinstance(initial_value, Variable):
                initial_value = initial_value()
            tensor = convert(initial_value, None if dtype is None else as_dtype(dtype))
            first = graph.value_of(tensor, f"{whole}/Initializer/initial_value")
        self._dtype = first.dtype
        self._shape = first.shape if validate_shape else TensorShape(None)
        if shape is not None:
            self._shape = TensorShape(shape)
            if not self._shape.is_compatible_with(first.shape):
                raise ValueError(
                    f"Variable: initial_value: expected a shape compatible with {self._shape}; "
                    f"received {first.shape}."
                )
        self._trainable = True if trainable is None else bool(trainable)
        self._constraint = constraint
        self._synchronization = VariableSynchronization.from_value(synchronization)
        self._aggregation = VariableAggregation.from_value(aggregation)
        self._name = f"{whole}:0"
        held = Spec(dtypes.resource, (), refers=self._handle_refers())
        attrs = {"shared_name": whole, "dtype": self._dtype, "shape": self._shape}
        self._handle = graph.add_named(VAR_HANDLE, (), attrs, [held], whole).outputs[0]
        self._initial_value = first
        self._initializer = graph.add_named(
            resource_ops.assign_p, (self._handle, first), {}, [], f"{whole}/Assign"
        )
        graph.add_to_collection("variables", self)
        if self._trainable:
            graph.add_to_collection("trainable_variables", self)

    @property
    def initializer(self) -> Any:
        """The operation that gives it its first value."""
        return self._initializer

    create = initializer

    @property
    def initial_value(self) -> Any:
        """The tensor that is its first value."""
        return self._initial_value

    @property
    def op(self) -> Any:
        """The operation of its handle."""
        return self._handle.op  # type: ignore[attr-defined]

    @property
    def graph(self) -> Any:
        """The graph that it belongs to."""
        return self._handle.graph  # type: ignore[attr-defined]

    @property
    def device(self) -> str:
        """The device asked for when it was made, or `""`."""
        return self._handle.device  # type: ignore[attr-defined,no-any-return]

    def numpy(self) -> NoReturn:
        """Refused: it has no value while its graph is built.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError("numpy() is only available when eager execution is enabled.")

    @property
    def _array(self) -> NoReturn:  # type: ignore[override]
        raise out_of_scope(self._handle, None)

    def __repr__(self) -> str:
        return f"<tf.Variable '{self._name}' shape={self._shape} dtype={self._dtype.name}>"
