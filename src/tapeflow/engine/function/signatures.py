"""What a call looks like to the cache of traces: the key of its arguments, and their tensors.

TensorFlow's rules: tensors count by dtype and shape, Python values by equality, objects by a weak
reference, variables by dtype, shape and which of them are the same one; containers by their
structure.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tapeflow.engine.core import nest
from tapeflow.engine.core.dtypes import FROM_NUMPY, DType, resource
from tapeflow.engine.core.shapes import common_dims
from tapeflow.engine.core.specs import TensorSpec, TypeSpec, type_spec_from_value
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor
from tapeflow.engine.variables.traced_variable import TracedVariable
from tapeflow.engine.variables.variable import Variable

Key = tuple[Any, ...]

TENSOR = "tensor"
VARIABLE = "variable"
SPEC = "spec"
VALUE = "value"
OBJECT = "object"

_PLAIN = (int, float, bool, str, bytes, complex, type(None), DType, type)


class Encoder:
    """Takes the arguments of one call apart.

    Attributes:
      key: what the cache compares, one entry for each leaf and container.
      tensors: the tensors and variables, in order.
    """

    def __init__(self, dying: Callable[[Any], None] | None = None) -> None:
        self.key: list[Any] = []
        self.tensors: list[Any] = []
        self._aliases: dict[int, int] = {}
        self._dying = dying

    def add(self, value: Any) -> None:
        """Encodes one argument.

        Raises:
          TypeError: for a value that can be neither hashed nor referred to weakly.
        """
        kind = type(value)
        if kind is EagerTensor:
            array = value._array
            self.key.append((TENSOR, array.dtype, array.shape))
            self.tensors.append(value)
        elif kind in _PLAIN:
            self.key.append((VALUE, value))
        else:
            self._other(value, kind)

    def _other(self, value: Any, kind: type) -> None:
        if isinstance(value, Tensor):
            self.key.append((TENSOR, value.dtype.np, value.shape._dims))
            self.tensors.append(value)
        elif isinstance(value, Variable):
            self._variable(value)
        elif kind is TensorSpec:
            self.key.append((TENSOR, value.dtype.np, value.shape._dims))
            self.tensors.append(value)
        elif isinstance(value, (list, tuple)):
            self.key.append((kind, len(value)))
            for item in value:
                self.add(item)
        elif isinstance(value, Mapping):
            keys = sorted(value, key=_sortable)
            self.key.append((Mapping, tuple(keys)))
            for key in keys:
                self.add(value[key])
        elif isinstance(value, (np.ndarray, np.generic)):
            self.add(convert(value))
        elif isinstance(value, TypeSpec):
            self.key.append((SPEC, value))
            self.tensors.append(value)
        elif is_composite(value):
            spec = type_spec_from_value(value)
            self.key.append((SPEC, spec))
            self.tensors.extend(spec.to_tensors(value))
        elif hasattr(kind, "__tf_tracing_type__"):
            traced = value.__tf_tracing_type__(None)
            self.key.append((SPEC, traced))
            self.tensors.extend(traced.to_tensors(value))
        elif nest.is_nested(value) and kind is not bytearray:
            parts = nest._parts(value, False)
            self.key.append((kind, len(parts)))
            for item in parts:
                self.add(item)
        else:
            self._object(value)

    def _variable(self, value: Variable) -> None:
        alias = self._aliases.setdefault(id(value._handle), len(self._aliases))
        self.key.append((VARIABLE, value._dtype.np, value._shape._dims, value._trainable, alias))
        self.tensors.append(value)

    def _object(self, value: Any) -> None:
        try:
            if self._dying is None:
                reference: Any = weakref.ref(value)
            else:
                reference = weakref.ref(value, self._dying)
            hash(reference)
            self.key.append((OBJECT, reference))
            return
        except TypeError:
            pass
        try:
            hash(value)
        except TypeError:
            raise TypeError(
                f"tf.function: argument {value!r} of type {type(value).__name__} could not be "
                "represented in the key of a trace: it is neither hashable nor can it be referred "
                "to weakly. Pass tensors, hashable values, or nests of them."
            ) from None
        self.key.append((VALUE, value))


def _sortable(key: Any) -> Any:
    return (str(type(key)), key) if not isinstance(key, str) else ("", key)


class Placeholders:
    """Puts together what stands for the arguments while a function is traced.

    Args:
      graph: the graph to put placeholders into.
      values: the tensors of the call (or specs), in the encoder's order.
      key: the key; its shapes may be more general than those of the tensors.
    """

    def __init__(self, graph: Any, tensors: list[Any], key: Key) -> None:
        self.graph = graph
        self.inputs: list[Any] = []
        self._key = iter(key)
        self._tensors = iter(tensors)
        self._name = "args"
        self._variables: dict[int, TracedVariable] = {}

    def named(self, name: str, value: Any, variadic: bool = False) -> Any:
        """The stand-in for the argument of parameter `name` (of `*name`, if `variadic`)."""
        if variadic:
            next(self._key)
            made = []
            for i, item in enumerate(value):
                self._name = f"{name}_{i}"
                made.append(self._make(item))
            return tuple(made)
        self._name = name
        return self._make(value)

    def _make(self, value: Any) -> Any:
        entry = next(self._key)
        tag = entry[0]
        if tag is TENSOR:
            name = value.name if isinstance(value, TensorSpec) and value.name else self._name
            return self._tensor(entry[1], entry[2], name)
        if tag is VALUE or tag is OBJECT:
            return value
        if tag is VARIABLE:
            return self._variable(entry)
        if tag is SPEC:
            return self._of_spec(entry[1])
        if isinstance(value, Mapping):
            made = {key: self._make(value[key]) for key in entry[1]}
            ordered = {key: made[key] for key in value}
            if type(value) is dict:
                return ordered
            return nest.pack_sequence_as(value, [ordered[k] for k in sorted(value, key=_sortable)])
        if isinstance(value, (list, tuple)):
            items = [self._make(item) for item in value]
            if hasattr(value, "_fields"):
                return type(value)(*items)
            return type(value)(items)
        parts = [self._make(part) for part in nest._parts(value, False)]
        return nest.pack_sequence_as(value, parts)

    def _tensor(self, dtype: Any, dims: Any, name: str) -> Any:
        known = next(self._tensors)
        made = self.graph.placeholder(Spec(_as_dtype(dtype), dims), _valid(name))
        if isinstance(known, EagerTensor):
            self.graph.known_inputs[id(made)] = known
        self.inputs.append(made)
        return made

    def _variable(self, entry: Any) -> Any:
        _, dtype, dims, trainable, alias = entry
        actual = next(self._tensors)
        known = self._variables.get(alias)
        held = Spec(_as_dtype(dtype), dims)
        handle = self.graph.placeholder(Spec(resource, (), refers=held), _valid(self._name))
        self.inputs.append(handle)
        if known is None:
            known = self._variables[alias] = TracedVariable(handle, held, trainable, actual.name)
            self.graph.known_inputs[id(handle)] = actual
            self.graph.owners[id(handle)] = known
            if isinstance(actual, Variable):
                self.graph.arguments[id(actual._handle)] = handle
        return known

    def _of_spec(self, spec: Any) -> Any:
        for _ in spec.flatten():
            next(self._tensors, None)
        return spec.placeholder_value(self)

    def placeholder(self, spec: TensorSpec) -> Any:
        """A placeholder for one component of a composite argument (called by its spec)."""
        made = self.graph.placeholder(
            Spec(spec.dtype, spec.shape._dims, refers=getattr(spec, "refers", None)),
            _valid(self._name),
        )
        self.inputs.append(made)
        return made


def _valid(name: str) -> str:
    cleaned = "".join(c if c.isalnum() or c in "_.-/" else "_" for c in name)
    return cleaned if cleaned and (cleaned[0].isalnum() or cleaned[0] == ".") else f"arg_{cleaned}"


def _as_dtype(dtype: Any) -> DType:
    return dtype if isinstance(dtype, DType) else FROM_NUMPY[dtype]


def generalizes(general: Key, special: Key) -> bool:
    """Whether a trace for `general` can be called with arguments of key `special`."""
    if len(general) != len(special):
        return False
    for a, b in zip(general, special, strict=True):
        if a == b:
            continue
        if a[0] is not b[0]:
            return False
        if a[0] is TENSOR or a[0] is VARIABLE:
            if a[1] != b[1] or a[3:] != b[3:] or not _shape_generalizes(a[2], b[2]):
                return False
        elif a[0] is SPEC:
            if not b[1].is_subtype_of(a[1]):
                return False
        else:
            return False
    return True


def _shape_generalizes(general: Any, special: Any) -> bool:
    if general is None:
        return True
    if special is None or len(general) != len(special):
        return False
    return all(a is None or a == b for a, b in zip(general, special, strict=True))


def merged(a: Key, b: Key) -> Key | None:
    """The most special key that generalizes both, or None when they differ in more than shapes."""
    if len(a) != len(b):
        return None
    out = []
    for x, y in zip(a, b, strict=True):
        if x == y:
            out.append(x)
        elif x[0] is not y[0]:
            return None
        elif x[0] in (TENSOR, VARIABLE) and x[1] == y[1] and x[3:] == y[3:]:
            out.append((x[0], x[1], common_dims(x[2], y[2]), *x[3:]))
        elif x[0] is SPEC:
            spec = x[1].most_specific_common_supertype([y[1]])
            if spec is None:
                return None
            out.append((SPEC, spec))
        else:
            return None
    return tuple(out)
