"""What is known of a tensor before it holds values: dtype, shape, and perhaps the values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from tapeflow.engine.core.dtypes import DType

Dims = tuple["int | None", ...]


class Spec:
    """Dtype and shape of one input or output of a primitive.

    Attributes:
      dtype: the `DType`.
      shape: a tuple of `int | None` (None: unknown size), or None where even the rank is unknown.
      value: the array itself where it is known (always in eager mode; for constants in a graph).
        Shape rules read it for inputs that determine extents, such as `Reshape`'s `shape`, and
        must cope with None.
      dims: for an integer vector whose values are known in part: those known, None elsewhere
        (`[tf.shape(x)[0], 10]` in a graph). None where `value` says all or nothing is known.
      refers: for a resource: what is known of the value that it refers to (a variable's spec).
    """

    __slots__ = ("dims", "dtype", "refers", "shape", "value")

    def __init__(
        self,
        dtype: DType,
        shape: Dims | None,
        value: np.ndarray | None = None,
        dims: Dims | None = None,
        refers: Any = None,
    ) -> None:
        self.dtype = dtype
        self.shape = shape
        self.value = value
        self.dims = dims
        self.refers = refers

    @property
    def rank(self) -> int | None:
        """Number of dimensions, or None when unknown."""
        return None if self.shape is None else len(self.shape)

    @property
    def is_static(self) -> bool:
        """Whether all dimensions are known."""
        return self.shape is not None and None not in self.shape

    def accepts(self, other: Spec) -> bool:
        """Whether `other` (usually read off a computed array) is one of the values described."""
        if self.dtype is not other.dtype:
            return False
        if self.shape is None or other.shape is None:
            return True
        return len(self.shape) == len(other.shape) and all(
            a is None or b is None or a == b for a, b in zip(self.shape, other.shape, strict=True)
        )

    def __repr__(self) -> str:
        if self.shape is None:
            return f"{self.dtype.name}[...]"
        dims = ",".join("?" if d is None else str(d) for d in self.shape)
        return f"{self.dtype.name}[{dims}]"
