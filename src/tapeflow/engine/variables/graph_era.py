"""What variables keep from the time of graphs and sessions; most of it says what to use instead."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import OutOfRangeError
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.variables import resource_ops
from tapeflow.engine.variables.row_updates import refuse


class SaveSliceInfo:
    """Which part of a larger variable a variable is.

    Args:
      full_name: name of the whole.
      full_shape: its shape, a list of ints.
      var_offset: where the part begins.
      var_shape: shape of the part.
      save_slice_info_def: not supported; must be None.
      import_scope: accepted and not used.
    """

    def __init__(
        self,
        full_name: str | None = None,
        full_shape: Any = None,
        var_offset: Any = None,
        var_shape: Any = None,
        save_slice_info_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        if save_slice_info_def is not None:
            raise ValueError(
                "SaveSliceInfo: save_slice_info_def is not supported; give full_name, full_shape, "
                "var_offset and var_shape."
            )
        self.full_name = full_name
        self.full_shape = full_shape
        self.var_offset = var_offset
        self.var_shape = var_shape

    @property
    def spec(self) -> str:
        """Shape of the whole and extent of the part, as checkpoints spell it: `"4 3 0,2:1,2"`."""
        shape = " ".join(str(n) for n in self.full_shape) + " "
        extents = zip(self.var_offset, self.var_shape, strict=True)
        return shape + ":".join(f"{start},{size}" for start, size in extents)


class GraphEraMethods:
    """The methods, for variables to inherit."""

    __slots__ = ()

    _array: Any

    SaveSliceInfo = SaveSliceInfo

    @property
    def initializer(self) -> None:
        """None: an eager variable has its value from the start."""
        return None

    @property
    def initial_value(self) -> NoReturn:
        """Refused: the initial value is not kept."""
        raise RuntimeError("initial_value is not supported in eager mode; it is not kept.")

    @property
    def create(self) -> NoReturn:
        """Refused: an eager variable needs no operation that creates it."""
        raise RuntimeError("create is not supported in eager mode.")

    @property
    def op(self) -> NoReturn:
        """Refused: there is no graph."""
        raise AttributeError("Variable.op is undefined in eager mode: there is no graph.")

    @property
    def graph(self) -> NoReturn:
        """Refused: there is no graph."""
        raise AttributeError("Variable.graph is undefined in eager mode: there is no graph.")

    def is_initialized(self, name: str | None = None) -> EagerTensor:
        """True, as a tensor: an eager variable has its value from the start."""
        if state.tracer is not None:
            return apply(resource_ops.is_initialized_p, resource_ops.handle_of(self))  # type: ignore[no-any-return]
        return EagerTensor(np.array(True))

    def initialized_value(self) -> Any:
        """The value: an eager variable has it from the start."""
        return self.read_value()  # type: ignore[attr-defined]

    def load(self, value: Any, session: Any = None) -> None:
        """Assigns `value`; `session` is ignored."""
        self.assign(value)  # type: ignore[attr-defined]

    def eval(self, session: Any = None) -> NoReturn:
        """Refused: there are no sessions in TensorFlow 2."""
        if state.tracer is not None:
            raise AttributeError("Variable.eval is undefined in functions: there are no sessions.")
        raise RuntimeError("eval is not supported in eager mode; call .numpy() instead.")

    def to_proto(self, export_scope: str | None = None) -> NoReturn:
        """Refused: only graph variables have a protocol buffer."""
        raise RuntimeError(
            "to_proto is not supported in eager mode; save with tf.train.Checkpoint."
        )

    @staticmethod
    def from_proto(variable_def: Any, import_scope: str | None = None) -> NoReturn:
        """Refused: only graph variables have a protocol buffer."""
        raise NotImplementedError(
            "Variable.from_proto is for graphs of TensorFlow 1; TensorFlow 2 refuses it as well."
        )

    def count_up_to(self, limit: int) -> EagerTensor:
        """Adds 1 to a scalar integer variable that is below `limit`.

        Args:
          limit: int.

        Returns:
          The value before, a tensor.

        Raises:
          tf.errors.OutOfRangeError: when the value has reached `limit`.
          tf.errors.InvalidArgumentError: when the variable is no int32 or int64 scalar.

        Example:
          >>> import tapeflow as tf
          >>> v = tf.Variable(0)
          >>> v.count_up_to(2).numpy(), v.numpy()
          (np.int32(0), np.int32(1))
        """
        dtype = self.dtype  # type: ignore[attr-defined]
        if dtype not in dtypes.INDEX and state.tracer is not None:
            raise TypeError(
                f"ResourceCountUpTo: resource: expected int32 or int64; received {dtype.name}"
            )
        if dtype not in dtypes.INDEX:
            raise refuse(
                "ResourceCountUpTo", f"resource: expected int32 or int64; received {dtype.name}"
            )
        if state.tracer is not None:
            shape = self.shape  # type: ignore[attr-defined]
            if shape.rank not in (0, None):
                raise ValueError(f"count_up_to: Shape must be rank 0 but is rank {shape.rank}")
            handle = resource_ops.handle_of(self)
            return apply(resource_ops.count_up_to_p, handle, limit=int(limit))  # type: ignore[no-any-return]
        return self._counted(int(limit))

    def _counted(self, limit: int) -> EagerTensor:
        dtype = self.dtype  # type: ignore[attr-defined]
        before = EagerTensor(self._array.copy())
        if before._array.ndim:
            raise refuse(
                "ResourceCountUpTo",
                f"resource: expected a scalar; received shape {list(before._array.shape)}",
            )
        if before._array >= limit:
            raise OutOfRangeError(None, None, f"Reached limit of {limit} [Op:ResourceCountUpTo]")
        self.assign(EagerTensor(np.asarray(before._array + convert(1, dtype)._array)))  # type: ignore[attr-defined]
        return before
