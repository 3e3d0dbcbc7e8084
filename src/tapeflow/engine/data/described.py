"""What all data sets have in common, and how one is made of another."""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable, Iterable
from typing import Any

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.specs import TensorSpec
from tapeflow.engine.core.tracking import Trackable
from tapeflow.engine.data.elements import held, map_leaves
from tapeflow.engine.data.functions import UserFunction
from tapeflow.engine.data.options import Options
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, READS, Primitive
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.composite import CompositeTensor
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor, VariantTensor


def dataset_op(kind: str, build: Callable[..., Any], *inputs: Any) -> Any:
    """The variant tensor of a data set: a pipeline now, or an operation of the traced graph.

    Args:
      kind: the operation's name.
      build: makes the pipeline of the inputs' values.
      *inputs: variant tensors of other data sets, and tensors.
    """
    if state.tracer is None:
        return VariantTensor(build(*[held(t) for t in inputs]))
    return apply(operation(kind), *inputs, build=build, specs=Spec(dtypes.variant, ()))


@functools.cache
def operation(kind: str) -> Primitive:
    """An operation on data sets; what it does is its attribute `build`.

    Not in the registry: samples are arrays, and a data set is none.
    """
    return Primitive(
        kind,
        infer=lambda *inputs, build, specs: specs,
        kernel=lambda *values, build, specs: build(*values),
        vjp=NOT_DIFFERENTIABLE,
        lower=HOST,
        samples=lambda draw: (),
        effect=READS,
    )


class Described(Iterable[Any], Trackable, CompositeTensor, metaclass=abc.ABCMeta):
    """A data set: the tensor that stands for its pipeline, and the type of its elements."""

    _concrete: Any = None
    """The class of the data sets that the methods make: `(kind, variant tensor, element spec)`."""

    def __init__(self, variant_tensor: Any) -> None:
        self._variant_tensor = variant_tensor
        self._options = Options()

    @property
    @abc.abstractmethod
    def element_spec(self) -> Any:
        """The type of the elements, a structure of type specs."""

    def _then(self, kind: str, build: Any, spec: Any, *tensors: Any) -> Any:
        """The data set with a stage more."""
        variant = dataset_op(kind.removeprefix("_"), build, self._variant_tensor, *tensors)
        return self._concrete(kind, variant, spec)._like(self)

    def _function(self, function: Any, method: str) -> UserFunction:
        return UserFunction(function, arguments(self.element_spec), method)


def int64(value: Any) -> Any:
    return value if isinstance(value, Tensor) else convert(value, dtypes.int64)


def require_tensors(flat: list[Any], op: str) -> None:
    if not flat:
        raise InvalidArgumentError(
            None, None, f"{op}: components: expected one tensor at least; received none"
        )


def signature(types: Any, shapes: Any) -> Any:
    if shapes is None:
        return nest.map_structure(lambda t: TensorSpec(None, t), types)
    flat_types = nest.flatten(types)
    flat_shapes: list[Any] = []
    if len(flat_types) == 1 and not nest.is_nested(types):
        return TensorSpec(shapes, types)
    map_leaves(flat_shapes.append, shapes)
    specs = [TensorSpec(s, t) for s, t in zip(flat_shapes, flat_types, strict=True)]
    return nest.pack_sequence_as(types, specs)


def arguments(element_spec: Any) -> tuple[Any, ...]:
    """The specs of the arguments that an element is given as."""
    is_tuple = isinstance(element_spec, tuple) and not hasattr(element_spec, "_fields")
    return element_spec if is_tuple else (element_spec,)


def whole(parts: Any, element_spec: Any) -> tuple[Any, ...]:
    """The element, as one argument, of its parts."""
    is_tuple = isinstance(element_spec, tuple) and not hasattr(element_spec, "_fields")
    return (parts,) if is_tuple else parts


def flat_of(spec: Any) -> list[Any]:
    return [inner for leaf in nest.flatten(spec) for inner in leaf.flatten()]


def wider_of(a: Any, b: Any) -> Any:
    """The narrowest spec of which both are, or None."""
    try:
        nest.assert_same_structure(a, b)
    except (TypeError, ValueError):
        return None
    merged = [
        x.most_specific_common_supertype([y])
        for x, y in zip(nest.flatten(a), nest.flatten(b), strict=True)
    ]
    return None if any(m is None for m in merged) else nest.pack_sequence_as(a, merged)
