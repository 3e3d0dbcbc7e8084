"""Elements of datasets: which structures they may have, their specs, and their values.

Tuples, dictionaries and attrs classes are structure. A list is not: it is a tensor's value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.errors import UnimplementedError
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.specs import NoneTensorSpec, TensorSpec, type_spec_from_value
from tapeflow.engine.data.stages.stage import Element, stack
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.ragged.ragged_tensor import RaggedTensorSpec
from tapeflow.engine.ops.sparse import dense
from tapeflow.engine.ops.sparse import joining as sparse_rows
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.sparse_tensor import SparseTensor, SparseTensorSpec, SparseTensorValue
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor, VariantTensor, VariantValue, held

_new = object.__new__
_ndarray = np.ndarray


def normalized(value: Any) -> Any:
    """An element with all its leaves converted: tensors, composite tensors, datasets, None.

    Raises:
      ValueError: for a leaf that is none of these and can't be converted.
    """
    if isinstance(value, tuple):
        parts = [normalized(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, SparseTensorValue):
        return SparseTensor(*value)
    if isinstance(value, Mapping):
        made = {key: normalized(part) for key, part in value.items()}
        return made if type(value) is dict else nest._mapping_like(value, made)
    if hasattr(type(value), "__attrs_attrs__"):
        return type(value)(*[normalized(part) for part in nest._parts(value, False)])
    if value is None or isinstance(value, Tensor) or is_composite(value):
        return value
    return convert(value)


def spec_of(element: Any) -> Any:
    """The spec of a normalized element."""
    return nest.map_structure(type_spec_from_value, element)


def flat_specs(element_spec: Any) -> list[TensorSpec]:
    """The specs of the tensors that an element consists of."""
    return [t for spec in nest.flatten(element_spec) for t in spec.flatten()]


def ir_specs(element_spec: Any) -> tuple[Spec, ...]:
    """The same, as operations of a graph have them."""
    return tuple([Spec(s.dtype, s.shape._dims) for s in flat_specs(element_spec)])


def to_tensors(element_spec: Any, element: Any) -> list[Any]:
    """The tensors that a normalized element consists of."""
    if type(element_spec) is TensorSpec:
        return [element]
    pairs = zip(nest.flatten(element_spec), nest.flatten(element), strict=True)
    return [t for spec, value in pairs for t in spec.to_tensors(value)]


def to_values(element_spec: Any, element: Any) -> list[Any]:
    """The same, as values that flow through a pipeline."""
    return [held(t) for t in to_tensors(element_spec, element)]


def from_tensors(element_spec: Any, tensors: list[Any]) -> Any:
    """The element made of these tensors."""
    if type(element_spec) is TensorSpec:
        return tensors[0]
    rest = iter(tensors)
    leaves = [spec.from_tensors(rest) for spec in nest.flatten(element_spec)]
    return nest.pack_sequence_as(element_spec, leaves)


def as_tensor(value: Any) -> Any:
    """A value that flows through a pipeline as an eager tensor."""
    kind = type(value)
    if kind is not _ndarray:
        if isinstance(value, VariantValue):
            return VariantTensor(value)
        value = as_array(value)
    tensor = _new(EagerTensor)
    tensor._array = value
    return tensor


def as_array(value: Any) -> np.ndarray[Any, Any]:
    """An array, NumPy scalar or `bytes` as an array."""
    if type(value) is bytes or isinstance(value, str):
        cell = np.empty((), object)
        cell[()] = value
        return cell
    return np.asarray(value)


def emitter(element_spec: Any) -> Callable[[Element], Any]:
    """A function that makes elements, as programs see them, from their values."""
    if type(element_spec) is TensorSpec:
        return lambda values: as_tensor(values[0])
    if type(element_spec) is tuple and all(type(s) is TensorSpec for s in element_spec):
        return lambda values: tuple([as_tensor(v) for v in values])
    if type(element_spec) is dict and all(type(s) is TensorSpec for s in element_spec.values()):
        order = sorted(element_spec)
        if order == list(element_spec):
            return lambda values: {k: as_tensor(v) for k, v in zip(order, values, strict=True)}
    return lambda values: from_tensors(element_spec, [as_tensor(v) for v in values])


def is_dense(element_spec: Any) -> bool:
    """Whether all components are plain tensors (or None)."""
    return all(isinstance(s, (TensorSpec, NoneTensorSpec)) for s in nest.flatten(element_spec))


# What batching makes of specs, and of values.


def batched_spec(element_spec: Any, size: int | None) -> Any:
    """The spec of batches of elements."""
    return nest.map_structure(lambda spec: _batched_leaf(spec, size), element_spec)


def _batched_leaf(spec: Any, size: int | None) -> Any:
    if isinstance(spec, NoneTensorSpec):
        return spec
    shape = getattr(spec, "shape", None)
    if shape is None:
        raise UnimplementedError(
            None, None, f"batch: elements with components of type {spec} can't be batched"
        )
    shape = TensorShape([size]).concatenate(shape)
    if isinstance(spec, RaggedTensorSpec):
        return RaggedTensorSpec(shape, spec.dtype, spec.ragged_rank + 1, spec.row_splits_dtype)
    return type(spec)(shape, spec.dtype)


def row_spec(spec: Any) -> Any:
    """The spec of the rows of a component.

    Raises:
      ValueError: when it has no first dimension.
    """
    if isinstance(spec, NoneTensorSpec):
        return spec
    shape = spec.shape
    if shape.rank == 0:
        raise ValueError("Unbatching a tensor is only supported for rank >= 1")
    rest = shape[1:] if shape.rank is not None else shape
    if isinstance(spec, RaggedTensorSpec):
        return RaggedTensorSpec(rest, spec.dtype, spec.ragged_rank - 1, spec.row_splits_dtype)
    return type(spec)(rest, spec.dtype)


class Columns:
    """The components of elements: how to stack them, and how to take them apart into rows.

    Args:
      element_spec: the spec of single elements.
    """

    def __init__(self, element_spec: Any) -> None:
        self.leaves = nest.flatten(element_spec)
        self.sizes = [len(spec.flatten()) for spec in self.leaves]
        self.dense = is_dense(element_spec)

    def stacked(self, rows: list[Element]) -> Element:
        """Several elements as one."""
        values: list[Any] = []
        start = 0
        for number, (spec, size) in enumerate(zip(self.leaves, self.sizes, strict=True)):
            if isinstance(spec, TensorSpec):
                values.append(stack([row[start] for row in rows], number))
            elif size:
                column = [
                    spec.from_tensors(iter([as_tensor(v) for v in row[start : start + size]]))
                    for row in rows
                ]
                values += _stacked_composites(spec, column)
            start += size
        return values

    def rows(self, batch: Element, batched: list[Any]) -> Iterator[Element]:
        """The elements that a batch consists of.

        Args:
          batch: the values of the batch.
          batched: the specs of its components.
        """
        start = 0
        columns: list[tuple[int, Callable[[int], list[Any]]]] = []
        for row, spec in zip(self.leaves, batched, strict=True):
            size = len(spec.flatten())
            if size:
                columns.append(_row_reader(spec, row, list(batch[start : start + size])))
            start += size
        counts = {count for count, _ in columns}
        if len(counts) > 1:
            from tapeflow.engine.ir.infer import reject

            first, second = sorted(counts)[:2]
            reject(
                "Input element must have the same batch size in each component: received "
                f"{first} and {second}"
            )
        for i in range(counts.pop() if counts else 0):
            yield [v for _, read in columns for v in read(i)]


def _stacked_composites(spec: Any, column: list[Any]) -> list[Any]:
    if isinstance(spec, RaggedTensorSpec):
        from tapeflow.engine.ops.ragged import stacking

        made = stacking.stack_all(column)
        target = _batched_leaf(spec, None)
    elif isinstance(spec, SparseTensorSpec):
        made = sparse_rows.stack_rows(column)
        target = _batched_leaf(spec, None)
    else:
        raise UnimplementedError(
            None, None, f"batch: elements with components of type {spec} can't be batched"
        )
    return [held(t) for t in target.to_tensors(made)]


def _row_reader(spec: Any, row: Any, values: list[Any]) -> tuple[int, Callable[[int], list[Any]]]:
    if isinstance(spec, TensorSpec):
        array = values[0]
        return len(array), lambda i: [array[i]]
    value = spec.from_tensors(iter([as_tensor(v) for v in values]))
    if isinstance(spec, SparseTensorSpec):
        count = int(held(value.dense_shape)[0])
        return count, lambda i: [held(t) for t in row.to_tensors(sparse_rows.row(value, i))]
    count = int(held(value.nrows()))
    return count, lambda i: [held(t) for t in row.to_tensors(value[i])]


# What programs see as NumPy values.


def to_numpy(value: Any) -> Any:
    """A tensor or composite tensor as NumPy has it; arrays are read-only."""
    if value is None:
        return None
    if isinstance(value, SparseTensor):
        return to_numpy(dense.to_dense(value))
    if not isinstance(value, EagerTensor):
        return value.numpy()
    array = value._array
    if not array.ndim:
        return array[()]
    view = array.view()
    view.flags.writeable = False
    return view


_NUMPY_SPECS = (TensorSpec, NoneTensorSpec, RaggedTensorSpec, SparseTensorSpec)


def require_numpy(element_spec: Any) -> None:
    """Raises where elements have components that NumPy can't hold.

    Raises:
      TypeError: when they do.
    """
    for spec in nest.flatten(element_spec):
        if not isinstance(spec, _NUMPY_SPECS):
            raise TypeError(
                "`tf.data.Dataset.as_numpy_iterator()` is not supported for datasets that produce "
                f"values of type {spec.value_type}"
            )


def is_scalar_of(spec: Any, dtype: Any) -> bool:
    """Whether a spec is that of scalars of a dtype."""
    return bool(spec.is_compatible_with(TensorSpec([], dtype)))


def common_spec(a: Any, b: Any) -> Any:
    """The narrowest spec of the elements of two datasets, or None where their structures differ."""
    try:
        nest.assert_same_structure(a, b)
    except (TypeError, ValueError):
        return None
    merged = [
        x.most_specific_common_supertype([y])
        for x, y in zip(nest.flatten(a), nest.flatten(b), strict=True)
    ]
    return None if any(m is None for m in merged) else nest.pack_sequence_as(a, merged)


def dtypes_of(element_spec: Any) -> Any:
    """The dtypes of the components, in their structure."""
    return nest.map_structure(lambda s: getattr(s, "dtype", dtypes.variant), element_spec)


def shapes_of(element_spec: Any) -> Any:
    """The shapes of the components, in their structure."""
    return nest.map_structure(lambda s: getattr(s, "shape", TensorShape([])), element_spec)
