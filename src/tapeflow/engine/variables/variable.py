"""`Variable`: a value that is assigned to.

The buffer belongs to the variable. Reading gives a tensor of the same buffer, at no cost; an
assignment writes in place when nobody else holds the buffer and takes a new one when somebody
does, so that a tensor read before never changes.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from tapeflow.engine.core.context import (
    SILENCE,
    current_recorders,
    enter_silence,
    leave_silence,
    state,
)
from tapeflow.engine.core.dtypes import FROM_NUMPY, DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.tensor_type import Tensor as TensorType
from tapeflow.engine.core.tracking import Trackable
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import gathering
from tapeflow.engine.runtime.convert import CONVERTERS, READERS, convert
from tapeflow.engine.runtime.tensor import CPU_DEVICE, EagerTensor, Reference
from tapeflow.engine.tracing.graph import out_of_scope
from tapeflow.engine.variables import initial_values, operators, resource_ops
from tapeflow.engine.variables.creators import VariableMeta
from tapeflow.engine.variables.graph_era import GraphEraMethods
from tapeflow.engine.variables.options import VariableAggregation, VariableSynchronization
from tapeflow.engine.variables.resource_handle import ResourceHandle
from tapeflow.engine.variables.row_updates import refuse
from tapeflow.engine.variables.scatter import ScatterMethods
from tapeflow.engine.variables.sparse_reading import read_rows

_new = object.__new__


class _Probe:
    __slots__ = ("_array",)

    def __init__(self) -> None:
        self._array = np.zeros(())


def _holders(owner: Any) -> int:
    return sys.getrefcount(owner._array)


# How many references `_holders` counts when nobody else has the array: the number depends on how
# the Python version passes arguments, so it is measured rather than known.
_ALONE = _holders(_Probe())


@export("Variable")
class Variable(ScatterMethods, GraphEraMethods, TensorType, Trackable, metaclass=VariableMeta):
    """A value that can be assigned to, and that tapes watch when it is trainable.

    Args:
      initial_value: tensor, something that becomes one, or a callable without arguments that
        gives one.
      trainable: whether gradient tapes watch it on their own (default True).
      validate_shape: when False, the shape is unknown and any may be assigned.
      caching_device: accepted and not used.
      name: its name, `"Variable"` by default; the current name scope goes in front.
      variable_def: not supported; must be None.
      dtype: dtype that `initial_value` is converted to.
      import_scope: accepted and not used.
      constraint: function from the new value to the value to keep; optimizers call it.
      synchronization: a `tf.VariableSynchronization`.
      aggregation: a `tf.VariableAggregation`.
      shape: shape that assignments must fit; by default that of the initial value.
      experimental_enable_variable_lifting: accepted and not used.
      **kwargs: accepted and not used, as in TensorFlow (`collections`, `use_resource`, ...).

    Raises:
      ValueError: when there is no initial value, or it does not fit `shape`.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable([1.0, 2.0])
      >>> v.assign_add([1.0, 1.0]).numpy()
      array([2., 3.], dtype=float32)
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_aggregation",
        "_array",
        "_constraint",
        "_dtype",
        "_handle",
        "_name",
        "_shape",
        "_synchronization",
        "_trainable",
    )

    __array_priority__ = 100
    _creators_apply = True
    _should_act_as_resource_variable = True

    _array: np.ndarray[Any, Any]
    _dtype: DType

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
        experimental_enable_variable_lifting: bool = True,
        **kwargs: Any,
    ) -> None:
        self._require_arguments(initial_value, variable_def, constraint)
        if state.on_variable_made is not None:
            state.on_variable_made(self)
        if state.tracer is not None:
            tensor = initial_values.while_traced(initial_value, dtype)
        else:
            if callable(initial_value) and not isinstance(initial_value, Variable):
                initial_value = initial_value()
            recorders, state.recorders = state.recorders, ()
            try:
                tensor = convert(initial_value, None if dtype is None else as_dtype(dtype))
            finally:
                state.recorders = recorders
            if type(tensor) is not EagerTensor:
                raise out_of_scope(tensor, None)
        self._array = _owned(tensor._array)
        self._dtype = tensor.dtype
        self._trainable = True if trainable is None else bool(trainable)
        if shape is not None:
            self._shape = TensorShape(shape)
            if not self._shape.is_compatible_with(tensor.shape):
                raise ValueError(
                    f"Variable: initial_value: expected a shape compatible with {self._shape}; "
                    f"received {tensor.shape}."
                )
        else:
            self._shape = tensor.shape if validate_shape else TensorShape(None)
        self._constraint = constraint
        self._synchronization = VariableSynchronization.from_value(synchronization)
        self._aggregation = VariableAggregation.from_value(aggregation)
        if name is not None and not isinstance(name, str):
            raise ValueError(f"Variable: name: expected a string; received {name!r}")
        self._name = state.name_scope + (name or "Variable") + ":0"
        self._handle = ResourceHandle(self._name[:-2])

    @staticmethod
    def _require_arguments(initial_value: Any, variable_def: Any, constraint: Any) -> None:
        if variable_def is not None:
            raise ValueError(
                "Variable: argument variable_def is not supported; give initial_value."
            )
        if initial_value is None:
            raise ValueError(
                "The `initial_value` arg to `tf.Variable` must be specified except when you are "
                "not providing a `variable_def`. You provided neither."
            )
        if constraint is not None and not callable(constraint):
            raise ValueError(
                f"Argument `constraint` must be None or a callable. Received: {constraint!r}"
            )

    def __getattr__(self, name: str) -> Any:
        # Reached only where there is no such attribute. The array is missing while native code, in
        # another thread that has let go of the GIL, writes to it.
        if name == "_array":
            waited = sys.modules.get("tapeflow.engine.backends.llvm.execution.shared")
            if waited is not None and waited.wait_until_attached(self):
                return self._array
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self
        )

    # What it is.

    @property
    def name(self) -> str:
        """Its name, with the scopes it was made in: `"scope/kernel:0"`."""
        return self._name

    @property
    def _shared_name(self) -> str:
        return self._name[:-2]

    @property
    def _unique_id(self) -> str:
        return f"{self._name[:-2]}_{self._handle.number}"

    @property
    def dtype(self) -> DType:
        """The `DType`."""
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        """The shape that assigned values must fit."""
        return self._shape

    def get_shape(self) -> TensorShape:
        """The shape; the same as `.shape`."""
        return self._shape

    def set_shape(self, shape: Any) -> None:
        """Narrows the static shape.

        Raises:
          ValueError: when `shape` contradicts it.
        """
        self._shape = self._shape.merge_with(shape)

    @property
    def trainable(self) -> bool:
        """Whether gradient tapes watch it on their own."""
        return self._trainable

    @property
    def synchronization(self) -> Any:
        """The `tf.VariableSynchronization`."""
        return self._synchronization

    @property
    def aggregation(self) -> Any:
        """The `tf.VariableAggregation`."""
        return self._aggregation

    @property
    def constraint(self) -> Any:
        """The constraint function, or None."""
        return self._constraint

    @property
    def device(self) -> str:
        """The device that holds it."""
        return CPU_DEVICE

    @property
    def handle(self) -> ResourceHandle:
        """Its identity."""
        return self._handle

    def _handle_refers(self) -> Spec:
        """What a graph that takes the variable knows of its value."""
        return Spec(self._dtype, self._shape._dims)

    @property
    def ndim(self) -> int | None:
        """Number of dimensions."""
        return self._shape.ndims

    def ref(self) -> Reference:
        """A hashable reference, for use as a dictionary key."""
        return Reference(self)

    experimental_ref = ref

    # Reading.

    def _read(self) -> EagerTensor:
        recorders = current_recorders()
        if recorders and state.tracer is not None:
            return resource_ops.read(self)  # type: ignore[no-any-return]
        tensor = _new(EagerTensor)
        tensor._array = self._array
        for recorder in recorders:
            recorder.variable_read(self, tensor)
        return tensor

    def value(self, do_copy: bool | None = None) -> EagerTensor:
        """The value now, as a tensor that later assignments do not change."""
        return self._read()

    def read_value(self) -> EagerTensor:
        """The value now, as a tensor that later assignments do not change."""
        return self._read()

    def sparse_read(self, indices: Any, name: str | None = None) -> EagerTensor:
        """Reads rows, at a cost that does not depend on how many there are.

        Args:
          indices: integer tensor; which rows, along dimension 0.
          name: ignored in eager mode.

        Returns:
          A tensor of shape `indices.shape + variable.shape[1:]`. The gradient with respect to the
          variable is a `tf.IndexedSlices`.

        Raises:
          tf.errors.InvalidArgumentError: when an index is out of range.

        Example:
          >>> import tapeflow as tf
          >>> tf.Variable([[1, 2], [3, 4]]).sparse_read([1]).numpy()
          array([[3, 4]], dtype=int32)
        """
        if state.tracer is not None:
            return resource_ops.read_rows(self, indices)  # type: ignore[no-any-return]
        return read_rows(self, indices)  # type: ignore[no-any-return]

    def read_value_no_copy(self) -> EagerTensor:
        """The value now; the same as `read_value`, which copies nothing either."""
        return self._read()

    def numpy(self) -> Any:
        """The value as an array of its own (a scalar for shape `[]`); refused in functions."""
        if state.tracer is not None:
            raise NotImplementedError("numpy() is only available when eager execution is enabled.")
        array = self._array
        return array.copy() if array.ndim else array[()]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        return np.array(self._read().__array__(dtype))

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> EagerTensor:
        return convert(self._read(), dtype)  # type: ignore[no-any-return]

    def __bool__(self) -> bool:
        return bool(self._read())

    def __int__(self) -> int:
        return int(self._read())

    def __float__(self) -> float:
        return float(self._read())

    def __complex__(self) -> complex:
        return complex(self._read())

    def __iter__(self) -> Any:
        return iter(self._read())

    def __hash__(self) -> int:
        raise TypeError(
            f"Variable is unhashable. Instead, use variable.ref() as the key. (Variable: {self!r})"
        )

    def __copy__(self) -> Variable:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        copy = _new(type(self))
        memo[id(self)] = copy
        for slot in ("_dtype", "_name", "_shape", "_synchronization", "_aggregation"):
            setattr(copy, slot, getattr(self, slot))
        copy._trainable = self._trainable
        copy._constraint = self._constraint
        copy._array = self._array.copy()
        # An optimizer copied along knows its slots by the handles.
        handle = memo.get(id(self._handle))
        if handle is None:
            handle = memo[id(self._handle)] = ResourceHandle(self._handle.name)
        copy._handle = handle
        copy.__dict__.update(self.__dict__)
        return copy

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (self.numpy(), self._trainable, self._name[:-2], self._shape.as_list()
                           if self._shape.is_fully_defined() else None))  # fmt: skip

    def __repr__(self) -> str:
        shown = EagerTensor(self._array).__repr__().split("numpy=", 1)[1]
        return (
            f"<tf.Variable '{self._name}' shape={self._shape} dtype={self._dtype.name}, "
            f"numpy={shown}"
        )

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """Elements or slices at multi-dimensional indices.

        Args:
          indices: int32 or int64 tensor `[..., depth]`.
          name: ignored in eager mode.

        Returns:
          A tensor of shape `indices.shape[:-1] + shape[depth:]`.

        Raises:
          tf.errors.InvalidArgumentError: when an index is out of range.
        """
        return gathering.gather_nd(self._read(), indices)

    # Assigning.

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Replaces the value.

        Args:
          value: tensor of the variable's dtype and a shape that fits.
          use_locking: accepted; assignments of one thread are in order anyway.
          name: ignored in eager mode.
          read_value: whether to return the variable.

        Returns:
          The variable, or None when `read_value` is False.

        Raises:
          ValueError: when shape or dtype do not fit; the variable keeps its value.
        """
        if current_recorders() and state.tracer is not None:
            return resource_ops.assign(self, resource_ops.assign_p, value, read_value)
        self._set(self._fitting(value)._array)
        return self if read_value else None

    def _set(self, array: np.ndarray[Any, Any]) -> None:
        """Takes `array`, which fits, as the value."""
        self._array = _owned(array)

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Adds `delta` to the value.

        Args:
          delta: tensor of the variable's dtype and shape.
          use_locking: accepted; assignments of one thread are in order anyway.
          name: ignored in eager mode.
          read_value: whether to return the variable.

        Returns:
          The variable, or None when `read_value` is False.

        Raises:
          ValueError: when the dtype does not fit; the variable keeps its value.
          tf.errors.InvalidArgumentError: when the shape does not fit (nothing is broadcast), or
            the variable does not hold numbers.
        """
        if current_recorders() and state.tracer is not None:
            return resource_ops.assign(self, resource_ops.assign_add_p, delta, read_value)
        new = delta
        own = self._array
        if (  # what a training loop passes needs no further look
            type(delta) is not EagerTensor
            or delta._array.dtype is not own.dtype
            or delta._array.shape != own.shape
            or own.dtype.kind != "f"
        ):
            new = self._fitting_delta(delta, "AssignAddVariableOp")
        del own  # a second name for the buffer would count as a holder
        self._update(np.add, new._array)
        return self if read_value else None

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtracts `delta` from the value.

        Args:
          delta: tensor of the variable's dtype and shape.
          use_locking: accepted; assignments of one thread are in order anyway.
          name: ignored in eager mode.
          read_value: whether to return the variable.

        Returns:
          The variable, or None when `read_value` is False.

        Raises:
          ValueError: when the dtype does not fit; the variable keeps its value.
          tf.errors.InvalidArgumentError: when the shape does not fit (nothing is broadcast), or
            the variable does not hold numbers.
        """
        if current_recorders() and state.tracer is not None:
            return resource_ops.assign(self, resource_ops.assign_sub_p, delta, read_value)
        new = delta
        own = self._array
        if (  # what a training loop passes needs no further look
            type(delta) is not EagerTensor
            or delta._array.dtype is not own.dtype
            or delta._array.shape != own.shape
            or own.dtype.kind != "f"
        ):
            new = self._fitting_delta(delta, "AssignSubVariableOp")
        del own  # a second name for the buffer would count as a holder
        self._update(np.subtract, new._array)
        return self if read_value else None

    def _fitting(self, value: Any) -> Any:
        """`value` as a tensor that may be assigned."""
        if type(value) is not EagerTensor:
            value = convert(value, self._dtype)
        array = value._array
        if array.dtype is not self._array.dtype and FROM_NUMPY[array.dtype] is not self._dtype:
            convert(value, self._dtype)  # raises, naming both dtypes
        if array.shape != self._array.shape and not self._shape.is_compatible_with(array.shape):
            raise ValueError(
                f"Cannot assign value to variable '{self._name}': Shape mismatch. The variable "
                f"shape {self._shape}, and the assigned value shape {value.shape} are incompatible."
            )
        return value

    def _fitting_delta(self, value: Any, op: str) -> Any:
        """`value` as a tensor that may be added."""
        if type(value) is not EagerTensor:
            value = convert(value, self._dtype)
        array, own = value._array, self._array
        if array.dtype is not own.dtype and FROM_NUMPY[array.dtype] is not self._dtype:
            convert(value, self._dtype)  # raises, naming both dtypes
        if array.shape != own.shape:
            raise refuse(
                op,
                f"Cannot update variable with shape {list(own.shape)} using a Tensor with shape "
                f"{list(array.shape)}, shapes must be equal.",
            )
        if own.dtype.kind in "bO":
            raise refuse(op, f"variable: expected numbers; received dtype {self._dtype.name}")
        return value

    def _update(self, function: Any, operand: np.ndarray[Any, Any]) -> None:
        """Sets the value to `function(value, operand)`, in place where that can't be seen."""
        token = enter_silence(SILENCE)
        try:
            # For a scalar, NumPy's check for overlap costs more than a new array.
            if self._array.ndim and sys.getrefcount(self._array) == _ALONE:
                function(self._array, operand, out=self._array)
            else:
                self._array = np.asarray(function(self._array, operand))
        finally:
            leave_silence(token)

    def _writable(self) -> np.ndarray[Any, Any]:
        """The buffer, after making sure that writing to it changes no tensor."""
        if sys.getrefcount(self._array) != _ALONE:
            self._array = self._array.copy()
        return self._array


def _owned(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`array` itself where it owns its memory, else a copy: views hide who else holds it."""
    if array.base is None and array.flags.c_contiguous and array.flags.writeable:
        return array
    return np.array(array, order="C")


def _rebuild(value: Any, trainable: bool, name: str, shape: Any) -> Variable:
    return Variable(value, trainable=trainable, name=name, shape=shape)


def _from_variable(value: Variable, dtype: DType | None) -> Any:
    tensor = value._read()
    return tensor if dtype is None or tensor.dtype is dtype else convert(tensor, dtype)


CONVERTERS[Variable] = _from_variable
READERS[Variable] = Variable._read
operators.attach(Variable)
