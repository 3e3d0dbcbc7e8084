"""The parameters of a function: binding calls to them, and input signatures."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from tapeflow.engine.core import nest
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.protocols import FunctionType
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.specs import TensorSpec, TypeSpec
from tapeflow.engine.function.signatures import (
    OBJECT,
    SPEC,
    TENSOR,
    VALUE,
    VARIABLE,
    Encoder,
    Key,
    generalizes,
)
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.tracing.symbolic import SymbolicTensor

_EMPTY = inspect.Parameter.empty
_VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
_VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD
_KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY

Bound = list[tuple[str, Any]]
"""Arguments by the names of their parameters, in order, with defaults filled in."""


class Parameters:
    """The parameters of one Python function.

    Args:
      function: the function.
      input_signature: nest of specs for its leading parameters, or None.
    """

    def __init__(self, function: Callable[..., Any], input_signature: Any = None) -> None:
        try:
            self.signature = inspect.signature(function)
        except (TypeError, ValueError):
            both = [
                inspect.Parameter("args", _VAR_POSITIONAL),
                inspect.Parameter("kwargs", _VAR_KEYWORD),
            ]
            self.signature = inspect.Signature(both)
        self.name = getattr(function, "__name__", type(function).__name__)
        if not (input_signature is None or isinstance(input_signature, (list, tuple))):
            raise TypeError(
                "input_signature: expected a list or tuple of specs, one for each argument; "
                f"received {input_signature!r}"
            )
        self.input_signature = None if input_signature is None else tuple(input_signature)
        parameters = self.signature.parameters.values()
        self.positional = [
            p for p in parameters if p.kind not in (_VAR_POSITIONAL, _VAR_KEYWORD, _KEYWORD_ONLY)
        ]
        self.simple = len(self.positional) == len(parameters)
        if self.input_signature is not None:
            self._check_signature()

    def _check_signature(self) -> None:
        wanted = self.input_signature or ()
        for spec in nest.flatten(wanted):
            if not isinstance(spec, TypeSpec):
                raise TypeError(
                    f"input_signature must be a possibly nested sequence of TensorSpec objects; "
                    f"received {spec!r}"
                )
        variadic = any(p.kind is _VAR_POSITIONAL for p in self.signature.parameters.values())
        if len(wanted) > len(self.positional) and not variadic:
            raise TypeError(
                f"input_signature has {len(wanted)} entries; {self.name} takes "
                f"{len(self.positional)} arguments."
            )

    def is_variadic(self, name: str) -> bool:
        """Whether a parameter takes all further positional arguments."""
        return self.signature.parameters[name].kind is _VAR_POSITIONAL

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Bound:
        """The arguments of a call.

        Raises:
          TypeError: when they do not fit the parameters or the input signature.
        """
        if self.input_signature is not None:
            args, kwargs = self._with_signature(args, kwargs)
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(
                f"Binding inputs to tf.function `{self.name}` failed: {error}"
            ) from None
        bound.apply_defaults()
        return list(bound.arguments.items())

    def _with_signature(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        wanted = self.input_signature or ()
        given = list(args)
        kwargs = dict(kwargs)
        beyond = {p.name for p in self.positional[len(wanted) :]}
        if len(given) > len(wanted) or beyond & kwargs.keys():
            raise TypeError(
                f"Binding inputs to tf.function `{self.name}` failed: the input_signature has "
                f"{len(wanted)} entries, so that no other arguments can be given."
            )
        for i in range(len(given), len(wanted)):
            parameter = self.positional[i] if i < len(self.positional) else None
            if parameter is not None and parameter.name in kwargs:
                given.append(kwargs.pop(parameter.name))
            elif parameter is not None and parameter.default is not _EMPTY:
                given.append(parameter.default)
            else:
                name = parameter.name if parameter else f"number {i}"
                raise TypeError(
                    f"Binding inputs to tf.function `{self.name}` failed: the input_signature "
                    f"needs argument {name!r}, which is missing."
                )
        for i, spec in enumerate(wanted):
            name = self.positional[i].name if i < len(self.positional) else f"args[{i}]"
            given[i] = self._cast(given[i], spec, name)
        return tuple(given), kwargs

    def _cast(self, value: Any, spec: Any, name: str) -> Any:
        try:
            nest.assert_same_structure(spec, value, expand_composites=False)
        except (TypeError, ValueError) as error:
            if not isinstance(spec, TypeSpec):
                raise TypeError(
                    f"tf.function `{self.name}`: argument {name!r}: its structure does not match "
                    f"the input_signature: {error}"
                ) from None
        if isinstance(spec, TypeSpec):
            return self._cast_leaf(value, spec, name)
        flat = [
            self._cast_leaf(v, s, name)
            for v, s in zip(nest.flatten(value), nest.flatten(spec), strict=True)
        ]
        return nest.pack_sequence_as(value, flat)

    def _cast_leaf(self, value: Any, spec: Any, name: str) -> Any:
        problem: Any = None
        if isinstance(value, TypeSpec):
            bare = value
            if isinstance(value, TensorSpec):
                bare = TensorSpec(value.shape, value.dtype)
            if value.is_subtype_of(spec) or bare.is_subtype_of(spec._without_tensor_names()):
                return value
        elif type(spec) is TensorSpec:
            try:
                tensor = value if isinstance(value, Tensor) else convert(value, spec.dtype)
                if tensor.dtype is spec.dtype and tensor.shape.is_subtype_of(spec.shape):
                    return tensor
            except (TypeError, ValueError) as error:
                problem = error
        elif spec.is_compatible_with(value):
            return value
        shown = value if not isinstance(value, Tensor) else TensorSpec(value.shape, value.dtype)
        raise TypeError(
            f"Binding inputs to tf.function `{self.name}` failed: argument {name!r}: can not cast "
            f"{shown!r} to {spec!r} of the input_signature."
        ) from problem

    def signature_key(self, bound: Bound, key: Key) -> Key:
        """The key with the shapes of the input signature in place of the call's."""
        wanted = self.input_signature or ()
        encoder = Encoder()
        for i, (name, value) in enumerate(bound):
            if i < len(wanted) and self.signature.parameters[name].kind is not _VAR_POSITIONAL:
                encoder.add(wanted[i])
            elif name in self.signature.parameters and (
                self.signature.parameters[name].kind is _VAR_POSITIONAL
            ):
                encoder.add(tuple(wanted[i:]) if i < len(wanted) else value)
            else:
                encoder.add(value)
        return tuple(encoder.key) if len(encoder.key) == len(key) else key

    def call_arguments(self, bound: Bound) -> tuple[list[Any], dict[str, Any]]:
        """The arguments to call the Python function with."""
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for name, value in bound:
            kind = self.signature.parameters[name].kind
            if kind is _VAR_POSITIONAL:
                args.extend(value)
            elif kind is _VAR_KEYWORD:
                kwargs.update(value)
            elif kind is _KEYWORD_ONLY:
                kwargs[name] = value
            else:
                args.append(value)
        return args, kwargs


class OtherShapes(Exception):
    """A concrete function is called with tensors of other shapes than it was traced for."""


class CallSignature:
    """What one concrete function takes.

    Args:
      parameters: the function's parameters.
      bound: what it was traced with.
      key: the key of the trace.
    """

    def __init__(self, parameters: Parameters, bound: Bound, key: Key) -> None:
        self.parameters = parameters
        self.key = key
        self._names = [name for name, _ in bound]
        self._leaves: dict[str, list[Any]] = {}
        self._templates: dict[str, Any] = {}
        entries = iter(key)
        for name, value in bound:
            self._leaves[name] = _entries_of(value, entries)
            self._templates[name] = specs_of(value, self._leaves[name], name)

    def bind_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], bool]:
        """The tensors of a call of the concrete function, and whether they have its shapes.

        Raises:
          TypeError: when arguments are missing, left over, or of another type than traced.
        """
        values = self._by_name(args, dict(kwargs))
        tensors: list[Any] = []
        fitting = True
        for name in self._names:
            entries = self._leaves[name]
            if name not in values:
                if any(e[0] in (TENSOR, VARIABLE, SPEC) for e in entries):
                    raise TypeError(
                        f"{self.parameters.name}: missing argument {name!r} of type "
                        f"{self._templates[name]!r}."
                    )
                continue
            try:
                tensors += self._tensors(name, values[name], entries)
            except OtherShapes:
                fitting = False
                encoder = Encoder()
                encoder.add(values[name])
                tensors += encoder.tensors
        return tensors, fitting

    def _by_name(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        signature = self.parameters.signature.parameters
        # Arguments by position are the tensors' where Python values were left out.
        names = list(self._names)
        if len(args) + len(kwargs) < len(names):
            needed = [
                n for n in names if any(e[0] in (TENSOR, VARIABLE, SPEC) for e in self._leaves[n])
            ]
            if len(args) + sum(n in kwargs for n in needed) == len(needed):
                names = [n for n in names if n in needed or n in kwargs]
        rest = list(args)
        for name in names:
            kind = signature[name].kind
            if kind is _VAR_POSITIONAL:
                values[name] = tuple(rest)
                rest = []
            elif kind is _VAR_KEYWORD:
                values[name] = {k: kwargs.pop(k) for k in list(kwargs) if k not in signature}
            elif name in kwargs and rest and kind is not _KEYWORD_ONLY:
                raise TypeError(
                    f"tf.function `{self.parameters.name}`: got two values for argument {name!r}."
                )
            elif name in kwargs:
                values[name] = kwargs.pop(name)
            elif self._spec_name(name) in kwargs:
                values[name] = kwargs.pop(self._spec_name(name))
            elif rest and kind is not _KEYWORD_ONLY:
                values[name] = rest.pop(0)
        if rest or kwargs:
            left = [*map(repr, rest), *kwargs]
            raise TypeError(
                f"tf.function `{self.parameters.name}`: got unexpected arguments: "
                f"{', '.join(map(str, left))}."
            )
        return values

    def _spec_name(self, name: str) -> Any:
        """What the spec for a parameter calls it, if it was traced with a spec."""
        return getattr(self._templates[name], "name", None)

    def _tensors(self, name: str, value: Any, entries: list[Any]) -> list[Any]:
        encoder = Encoder()
        wanted = [e for e in entries if e[0] is TENSOR]
        plain = not isinstance(value, (Tensor, TensorSpec))
        if len(entries) == 1 and wanted and plain and not isinstance(value, (list, tuple)):
            value = self._converted(name, value, wanted[0])
        encoder.add(value)
        if not generalizes(tuple(entries), tuple(encoder.key)):
            if not plain or len(entries) > 1:
                self._require_same_kinds(name, entries, encoder.key)
            given = specs_of(value, encoder.key, name)
            raise TypeError(
                f"{self.parameters.name}: argument {name!r}: expected "
                f"{self._templates[name]!r}; received {given!r}. The function was traced for "
                "one signature; call the tf.function itself to trace others."
            )
        return encoder.tensors

    def _require_same_kinds(self, name: str, entries: list[Any], key: list[Any]) -> None:
        """Raises for tensors of other dtypes, as TensorFlow does, and `OtherShapes` for shapes."""
        if [e[0] for e in entries] != [k[0] for k in key] or any(
            e != k for e, k in zip(entries, key, strict=True) if e[0] is not TENSOR
        ):
            return
        for e, k in zip(entries, key, strict=True):
            if e[0] is TENSOR and e[1] != k[1]:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"{self.parameters.name}: argument {name!r}: expected dtype {e[1].name}; "
                    f"received {k[1].name}",
                )
        raise OtherShapes

    def _converted(self, name: str, value: Any, entry: Any) -> Any:
        try:
            return convert(value, FROM_NUMPY[entry[1]])
        except (TypeError, ValueError):
            return value

    @property
    def structured(self) -> Any:
        """`(args, kwargs)` with specs in place of tensors."""
        bound = [(name, nest.map_structure(_alive, self._templates[name])) for name in self._names]
        args, kwargs = self.parameters.call_arguments(bound)
        return tuple(args), kwargs

    @property
    def function_type(self) -> FunctionType:
        """The parameters, annotated with their types."""
        made = []
        for name in self._names:
            parameter = self.parameters.signature.parameters[name]
            made.append(parameter.replace(annotation=_shown(self._templates[name])))
        return FunctionType(made)

    def text(self, concrete: Any) -> str:
        """Parameters, results and captures, one on each line."""
        lines = ["Input Parameters:"]
        for name in self._names:
            kind = self.parameters.signature.parameters[name].kind.name
            lines.append(f"  {name} ({kind}): {_shown(self._templates[name])}")
        lines += ["Output Type:", f"  {_shown(_output_specs(concrete.structured_outputs))}"]
        captures = concrete.graph.captures
        if captures:
            lines.append("Captures:")
            lines += [f"  {id(e)}: {TensorSpec(i.shape, i.dtype)}" for e, i in captures]
        else:
            lines += ["Captures:", "  None"]
        return "\n".join(lines)


def _alive(value: Any) -> Any:
    return value() if isinstance(value, weakref.ref) else value


def _entries_of(value: Any, entries: Any) -> list[Any]:
    """The entries of a key that belong to one argument."""
    counter = Encoder()
    counter.add(value)
    return [next(entries) for _ in counter.key]


def specs_of(value: Any, entries: list[Any], name: str) -> Any:
    """The argument with specs in place of tensors."""
    rest = iter(entries)

    def take(part: Any, name: str) -> Any:
        entry = next(rest)
        tag = entry[0]
        if tag is TENSOR:
            label = part.name if isinstance(part, TensorSpec) and part.name else name
            return TensorSpec(TensorShape._of(entry[2]), FROM_NUMPY[entry[1]], name=label)
        if tag is SPEC:
            return entry[1]
        if tag is OBJECT:
            return entry[1]  # the reference: a trace does not keep its arguments alive
        if tag is VALUE or tag is VARIABLE:
            return part
        if isinstance(part, Mapping):
            made = {key: take(part[key], f"{name}_{key}") for key in entry[1]}
            return {key: made[key] for key in part}
        if isinstance(part, (list, tuple)):
            items = [take(item, f"{name}_{i}") for i, item in enumerate(part)]
            return type(part)(*items) if hasattr(part, "_fields") else type(part)(items)
        parts = [take(p, f"{name}_{i}") for i, p in enumerate(nest._parts(part, False))]
        return nest.pack_sequence_as(part, parts)

    return take(value, name)


def _shown(value: Any) -> Any:
    """A structure of specs and values as TensorFlow prints types."""
    if isinstance(value, TensorSpec):
        return f"TensorSpec(shape={value.shape}, dtype={value.dtype!r}, name=None)"
    if isinstance(value, TypeSpec):
        return repr(value)
    if type(value) is tuple:
        return f"Tuple[{', '.join(map(str, map(_shown, value)))}]"
    if isinstance(value, list):
        return f"List[{', '.join(map(str, map(_shown, value)))}]"
    if isinstance(value, dict):
        inner = ", ".join(f"[{k!r}, {_shown(v)}]" for k, v in value.items())
        return f"Dict[{inner}]"
    if isinstance(value, (int, float, str, bool, bytes, type(None))):
        return f"Literal[{value!r}]"
    return repr(value)


def _output_specs(structured: Any) -> Any:
    return nest.map_structure(
        lambda t: TensorSpec(t.shape, t.dtype) if isinstance(t, SymbolicTensor) else t, structured
    )
