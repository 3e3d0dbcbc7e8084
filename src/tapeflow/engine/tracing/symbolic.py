"""`SymbolicTensor`: stands for a value to come, in the graph that is being traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.errors import OperatorNotAllowedInGraphError
from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ir.graph import Value
from tapeflow.engine.ir.infer import merge_dims
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.tensor import Tensor

if TYPE_CHECKING:
    from tapeflow.engine.tracing.operation import Operation

_REMEDY = (
    "Use it inside a function decorated with @tf.function, where AutoGraph turns Python control "
    "flow on tensors into graph operations, or use tf.cond, tf.while_loop and their relatives."
)


@address("tensorflow.python.framework.ops")
@export("__internal__.SymbolicTensor")
class SymbolicTensor(Value, Tensor):
    """An output of an `Operation`: dtype and shape are known, the values are not yet."""

    __slots__ = ("__dict__", "__weakref__")

    @property
    def op(self) -> Operation:
        """The operation that computes it."""
        return self.node  # type: ignore[return-value]

    @property
    def value_index(self) -> int:
        """Which output of its operation it is."""
        return self.index

    @property
    def graph(self) -> Any:
        """The graph that it belongs to."""
        return self.node.graph  # type: ignore[attr-defined]

    @property
    def dtype(self) -> DType:
        return self.spec.dtype

    @property
    def shape(self) -> TensorShape:
        return TensorShape._of(self.spec.shape)

    @property
    def _shape(self) -> TensorShape:
        return TensorShape._of(self.spec.shape)

    @property
    def ndim(self) -> int | None:
        return self.spec.rank

    @property
    def name(self) -> str:
        return f"{self.node.name}:{self.index}"

    @property
    def device(self) -> str:
        """The device asked for when it was made, or `""`."""
        return self.node.device  # type: ignore[attr-defined,no-any-return]

    def consumers(self) -> list[Any]:
        """The operations that take it as an input."""
        return [node for node in self.graph.nodes if any(t is self for t in node.inputs)]

    def set_shape(self, shape: Any) -> None:
        """Narrows the static shape; what is said here is not checked when the function runs.

        Raises:
          ValueError: when `shape` contradicts what is known.
        """
        wanted = TensorShape(shape)
        if not self.shape.is_compatible_with(wanted):
            raise ValueError(
                f"Tensor {self.name}: set_shape: its shape is {self.shape}; received {wanted}, "
                "which is not compatible with it."
            )
        spec = self.spec
        merged = merge_dims(spec.shape, wanted._dims)
        self.spec = Spec(spec.dtype, merged, spec.value, spec.dims, spec.refers)

    def eval(self, feed_dict: Any = None, session: Any = None) -> NoReturn:
        """Refused: there are no sessions.

        Raises:
          ValueError: always; call the traced function to get values.
        """
        raise ValueError(
            "Cannot evaluate tensor using `eval()`: there are no sessions in TensorFlow 2; "
            f"return {self.name} from the function and call that."
        )

    def _no_values(self, what: str) -> NoReturn:
        raise OperatorNotAllowedInGraphError(
            f"{what} a symbolic `tf.Tensor` ({self!r}) is not allowed: it has no value while the "
            f"function is traced. {_REMEDY}"
        )

    def __bool__(self) -> NoReturn:  # noqa: PLE0304 - it raises
        self._no_values("Using as a Python `bool`")

    def __iter__(self) -> Any:
        self._no_values("Iterating over")

    def __len__(self) -> NoReturn:
        raise TypeError(
            f"len is not well defined for a symbolic Tensor ({self.name}). Please call `x.shape` "
            "rather than `len(x)` for shape information."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise NotImplementedError(
            f"Cannot convert a symbolic tf.Tensor ({self.name}) to a numpy array. It has no value "
            "while the function is traced; use TensorFlow's function instead of NumPy's, or wrap "
            "the call in tf.numpy_function."
        )

    def __eq__(self, other: Any) -> Any:
        # As in TensorFlow, where tensors of graphs made by hand are keys.
        return super().__eq__(other) if self.graph.building_function else self is other

    def __ne__(self, other: Any) -> Any:
        return super().__ne__(other) if self.graph.building_function else self is not other

    def __hash__(self) -> int:
        if not self.graph.building_function:
            return id(self)
        raise TypeError("Tensor is unhashable. Instead, use tensor.ref() as the key.")

    def __copy__(self) -> SymbolicTensor:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"cannot copy or pickle {self!r}: it stands for a value in its graph alone")

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    def __str__(self) -> str:
        shape = "" if self.spec.shape is None else f", shape={self.shape}"
        return f'Tensor("{self.name}"{shape}, dtype={self.dtype.name})'


# TensorFlow raises AttributeError for these, with the reason; a property gives it here.
def _no_numpy(self: SymbolicTensor) -> NoReturn:
    raise AttributeError(
        f"'SymbolicTensor' object has no attribute 'numpy': {self.name} has no value while the "
        "function is traced. Return it from the function and call .numpy() on the result, print "
        "it with tf.print, or hand it to Python with tf.py_function."
    )


def _no_round(self: SymbolicTensor) -> NoReturn:
    raise AttributeError(
        f"'SymbolicTensor' object has no attribute '__round__': {self.name} has no value while the "
        "function is traced. Use tf.round."
    )


setattr(SymbolicTensor, "__round__", property(_no_round))  # noqa: B010 - `round` finds it, too
setattr(SymbolicTensor, "numpy", property(_no_numpy))  # noqa: B010 - not a method: it has no value
