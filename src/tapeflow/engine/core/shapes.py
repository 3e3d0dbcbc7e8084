"""`TensorShape`: what is known of a tensor's shape.

Example:
    >>> import tapeflow as tf
    >>> shape = tf.TensorShape([None, 3])
    >>> shape.rank, shape[1], shape.merge_with([2, None])
    (2, 3, TensorShape([2, 3]))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from tapeflow.engine.core.dimension import Dimension, dimension_size
from tapeflow.engine.core.export import export
from tapeflow.engine.core.messages import TensorShapeDim, TensorShapeProto
from tapeflow.engine.core.protocols import TensorFreeTrace

Dims: TypeAlias = "tuple[int | None, ...]"


@export("TensorShape")
class TensorShape(TensorFreeTrace):
    """The sizes of a tensor's dimensions, where known.

    A shape is fully known (`[2, 3]`), known but for some sizes (`[None, 3]`), or of unknown rank
    (`None`). Entries are ints and None.

    Args:
      dims: a sequence of sizes, one size (for a vector), or None for an unknown rank.

    Example:
        >>> import tapeflow as tf
        >>> tf.TensorShape([2, 3]) + [4]
        TensorShape([2, 3, 4])
        >>> tf.TensorShape([2, 3]) == (2, 3), tf.TensorShape(None).rank
        (True, None)
    """

    __slots__ = ("__weakref__", "_dims")

    _dims: Dims | None

    def __init__(self, dims: Any) -> None:
        kind = type(dims)
        if kind is TensorShape:
            self._dims = dims._dims
        elif dims is None:
            self._dims = None
        elif kind is tuple or kind is list:
            for d in dims:
                if type(d) is not int or d < 0:
                    dims = [dimension_size(each) for each in dims]
                    break
            self._dims = tuple(dims)
        else:
            self._dims = _dims_of(dims)

    @staticmethod
    def _of(dims: Dims | None) -> TensorShape:
        """Wraps entries that are known to be right; the fast way for the engine."""
        made = _new(TensorShape)
        made._dims = dims
        return made

    # What is known.

    @property
    def rank(self) -> int | None:
        """Number of dimensions, or None when unknown."""
        return None if self._dims is None else len(self._dims)

    @property
    def ndims(self) -> int | None:
        """Number of dimensions, or None when unknown; the older name of `rank`."""
        return None if self._dims is None else len(self._dims)

    @property
    def dims(self) -> list[Dimension] | None:
        """The entries as `Dimension` objects, or None when the rank is unknown."""
        return None if self._dims is None else [Dimension(d) for d in self._dims]

    def as_list(self) -> list[int | None]:
        """The entries, ints and None, in a new list.

        Raises:
          ValueError: when the rank is unknown.
        """
        if self._dims is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._dims)

    def num_elements(self) -> int | None:
        """Number of elements, or None when the shape isn't fully known."""
        if self._dims is None:
            return None
        total = 1
        for d in self._dims:
            if d is None:
                return None
            total *= d
        return total

    def is_fully_defined(self) -> bool:
        """Whether the rank and every size are known."""
        return self._dims is not None and None not in self._dims

    def assert_is_fully_defined(self) -> None:
        """Raises `ValueError` unless the rank and every size are known."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def __len__(self) -> int:
        if self._dims is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._dims)

    def __bool__(self) -> bool:
        return self._dims is not None

    def __iter__(self) -> Iterator[int | None]:
        if self._dims is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter(self._dims)

    def __getitem__(self, key: Any) -> Any:
        if self._dims is not None:
            if isinstance(key, slice):
                return TensorShape._of(self._dims[key])
            return self._dims[key]
        if not isinstance(key, slice):
            return None
        if key.step is not None:
            raise ValueError("Steps are not yet handled")
        start = 0 if key.start is None else key.start
        stop = key.stop
        # A slice of an unknown rank has a known one only if it doesn't count from the end.
        if stop is None or stop < 0 or start < 0:
            return TensorShape._of(None)
        return TensorShape._of((None,) * max(0, int(stop) - int(start)))

    # Comparing and combining.

    def __eq__(self, other: object) -> bool:
        if type(other) is TensorShape:
            return self._dims == other._dims
        if type(other) is tuple and self._dims == other:
            return True
        try:
            return self._dims == as_shape(other)._dims
        except TypeError:
            return NotImplemented

    def __hash__(self) -> int:
        return hash(self._dims)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether some fully known shape fits both.

        Args:
          other: anything that `TensorShape` takes.
        """
        a, b = self._dims, as_shape(other)._dims
        if a is None or b is None or a == b:
            return True
        return len(a) == len(b) and all(
            m is None or n is None or m == n for m, n in zip(a, b, strict=True)
        )

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises `ValueError` unless some fully known shape fits both."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")

    def is_subtype_of(self, other: Any) -> bool:
        """Whether every shape that fits this one fits the shape `other` too."""
        if not isinstance(other, TensorShape):
            return False
        a, b = self._dims, other._dims
        if b is None or a == b:
            return True
        if a is None or len(a) != len(b):
            return False
        return all(n is None or m == n for m, n in zip(a, b, strict=True))

    def most_specific_common_supertype(self, others: Sequence[Any]) -> TensorShape | None:
        """The narrowest shape that this one and all `others` fit; None if one is no shape."""
        dims = self._dims
        for other in others:
            if not isinstance(other, TensorShape):
                return None
            dims = common_dims(dims, other._dims)
        return TensorShape._of(dims)

    def most_specific_compatible_shape(self, other: Any) -> TensorShape:
        """The narrowest shape that both fit."""
        return TensorShape._of(common_dims(self._dims, as_shape(other)._dims))

    def merge_with(self, other: Any) -> TensorShape:
        """What is known when both describe the same tensor.

        Raises:
          ValueError: when they contradict each other.
        """
        other = as_shape(other)
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are not compatible")
        if self._dims is None:
            return TensorShape._of(other._dims)
        if other._dims is None:
            return TensorShape._of(self._dims)
        merged = (n if m is None else m for m, n in zip(self._dims, other._dims, strict=True))
        return TensorShape._of(tuple(merged))

    def concatenate(self, other: Any) -> TensorShape:
        """This shape's entries followed by `other`'s; unknown when one of the ranks is."""
        other = as_shape(other)
        if self._dims is None or other._dims is None:
            return TensorShape._of(None)
        return TensorShape._of(self._dims + other._dims)

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return as_shape(other).concatenate(self)

    # Requiring a rank.

    def assert_same_rank(self, other: Any) -> None:
        """Raises `ValueError` when both ranks are known and unequal."""
        other = as_shape(other)
        if self._dims is not None and other._dims is not None and len(self) != len(other):
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def assert_has_rank(self, rank: int | None) -> None:
        """Raises `ValueError` when the rank is known and isn't `rank`."""
        if rank is not None and self._dims is not None and len(self._dims) != rank:
            raise ValueError(f"Shape {self} must have rank {rank}")

    def with_rank(self, rank: int | None) -> TensorShape:
        """This shape, known to have `rank` dimensions.

        Raises:
          ValueError: when it has another number of them.
        """
        self.assert_has_rank(rank)
        if self._dims is None and rank is not None:
            return TensorShape._of((None,) * rank)
        return TensorShape._of(self._dims)

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """This shape.

        Raises:
          ValueError: when it has fewer than `rank` dimensions.
        """
        if self._dims is not None and len(self._dims) < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """This shape.

        Raises:
          ValueError: when it has more than `rank` dimensions.
        """
        if self._dims is not None and len(self._dims) > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    # Writing down.

    def as_proto(self) -> TensorShapeProto:
        """This shape as a message, in which -1 stands for an unknown size."""
        if self._dims is None:
            return TensorShapeProto(unknown_rank=True)
        return TensorShapeProto([TensorShapeDim(-1 if d is None else d) for d in self._dims])

    def experimental_as_proto(self) -> TensorShapeProto:
        """This shape as a message; the same as `as_proto`."""
        return self.as_proto()

    @classmethod
    def experimental_type_proto(cls) -> type[TensorShapeProto]:
        """The class of the message that `experimental_as_proto` returns."""
        return TensorShapeProto

    @classmethod
    def experimental_from_proto(cls, proto: Any) -> TensorShape:
        """The shape that `experimental_as_proto` wrote down."""
        return TensorShape._of(_dims_of_proto(proto))

    def __repr__(self) -> str:
        return f"TensorShape({None if self._dims is None else list(self._dims)!r})"

    def __str__(self) -> str:
        return "<unknown>" if self._dims is None else str(self._dims)

    def __reduce__(self) -> tuple[Any, ...]:
        return (TensorShape, (self._dims,))


_new = object.__new__


@export("compat.dimension_at_index")
def dimension_at_index(shape: TensorShape, index: int) -> Dimension:
    """The entry of a shape as a `Dimension`; of an unknown rank, an unknown one.

    Args:
      shape: a `TensorShape`.
      index: the entry's place.

    Returns:
      A `Dimension`.
    """
    assert isinstance(shape, TensorShape)
    return Dimension(None) if shape._dims is None else Dimension(shape._dims[index])


def as_shape(shape: Any) -> TensorShape:
    """`shape`, anything that `TensorShape` takes, as a `TensorShape`."""
    return shape if type(shape) is TensorShape else TensorShape(shape)


def common_dims(a: Dims | None, b: Dims | None) -> Dims | None:
    """The dimensions in which two shapes agree; None where the ranks differ."""
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple([m if m == n else None for m, n in zip(a, b, strict=True)])


def _dims_of(dims: Any) -> Dims | None:
    """Entries of anything but None, a tuple or a list."""
    if isinstance(dims, TensorShape):
        return dims._dims
    if hasattr(dims, "unknown_rank"):
        return _dims_of_proto(dims)
    if isinstance(dims, (tuple, list)):
        return tuple([dimension_size(d) for d in dims])
    try:
        entries = iter(dims)
    except TypeError:  # no sequence: the one size of a vector
        return (dimension_size(dims),)
    out = []
    for entry in entries:
        try:
            out.append(dimension_size(entry))
        except TypeError:
            raise TypeError(
                f"Failed to convert '{dims!r}' to a shape: '{entry!r}'could not be converted to "
                "a dimension. A shape should either be single dimension (e.g. 10), or an iterable "
                "of dimensions (e.g. [1, 10, None])."
            ) from None
    return tuple(out)


def _dims_of_proto(proto: Any) -> Dims | None:
    if proto.unknown_rank:
        return None
    return tuple([None if entry.size == -1 else entry.size for entry in proto.dim])
