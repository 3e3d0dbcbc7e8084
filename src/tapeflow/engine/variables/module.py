"""`Module`: an object that knows the variables and modules in its attributes."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from tapeflow.engine.core import nest
from tapeflow.engine.core.export import export
from tapeflow.engine.core.name_scopes import name_scope
from tapeflow.engine.core.tracking import AutoTrackable

_VALID_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_WORD_START = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")


@export("Module")
class Module(AutoTrackable):
    """A container of variables: a layer, a model, or anything that has state.

    Variables and modules are found in the attributes, also inside lists, tuples and dictionaries.

    Args:
      name: a Python identifier; by default the class name in snake case.

    Raises:
      ValueError: when `name` is no identifier.

    Example:
      >>> import tapeflow as tf
      >>> class Dense(tf.Module):
      ...     def __init__(self, inputs, outputs, name=None):
      ...         super().__init__(name=name)
      ...         self.w = tf.Variable(tf.ones([inputs, outputs]), name="w")
      ...         self.b = tf.Variable(tf.zeros([outputs]), name="b")
      ...     def __call__(self, x):
      ...         return x * self.w + self.b
      >>> [v.name for v in Dense(1, 2).trainable_variables]
      ['b:0', 'w:0']
    """

    # Attributes that are not searched.
    _TF_MODULE_IGNORED_PROPERTIES: frozenset[str] = frozenset(
        ("_self_unconditional_dependency_names",)
    )

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = _WORD_START.sub(r"_\1", type(self).__name__).lower()
        if not _VALID_NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is not a valid module name. Module names must be valid Python "
                "identifiers (e.g. a valid class name)."
            )
        self._name = name
        with name_scope(name) as scope:
            self._name_scope = name_scope(scope)

    @property
    def name(self) -> str:
        """The name given or made at construction."""
        return self._name

    @property
    def name_scope(self) -> name_scope:
        """The `tf.name_scope` of this module."""
        return self._name_scope

    @property
    def variables(self) -> tuple[Any, ...]:
        """All variables of this module and its submodules.

        Those of attributes come by the attributes' names, before those of submodules.
        """
        return tuple(self._flatten(predicate=_is_variable, expand_composites=True))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """The variables that are trainable, in the order of `variables`."""
        return tuple([v for v in self.variables if v.trainable])

    @property
    def non_trainable_variables(self) -> tuple[Any, ...]:
        """The variables that are not trainable, in the order of `variables`."""
        return tuple([v for v in self.variables if not v.trainable])

    @property
    def submodules(self) -> tuple[Module, ...]:
        """All modules below this one, without itself."""
        return tuple(self._flatten(predicate=_is_module))

    def _flatten(
        self,
        recursive: bool = True,
        predicate: Callable[[Any], bool] | None = None,
        attribute_traversal_key: Any = None,
        with_path: bool = False,
        expand_composites: bool = False,
    ) -> Iterator[Any]:
        """The leaves of all attributes for which `predicate` holds, each once.

        With `with_path`, pairs of a path (attribute names, keys and places) and the leaf.
        """
        walk = _Walk(recursive, predicate, attribute_traversal_key, with_path, expand_composites)
        return walk.of(self, (), {id(self)})

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """Decorates a method so that it runs inside of the module's name scope.

        Args:
          method: the method.

        Returns:
          The decorated method.

        Example:
          >>> import tapeflow as tf
          >>> class Layer(tf.Module):
          ...     @tf.Module.with_name_scope
          ...     def build(self):
          ...         return tf.Variable(1.0, name="w")
          >>> Layer().build().name
          'layer/w:0'
        """

        @functools.wraps(method)
        def inside(self: Module, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        inside._converts_what_it_wraps = True  # type: ignore[attr-defined]
        return inside


def _is_variable(value: Any) -> bool:
    return hasattr(type(value), "_should_act_as_resource_variable") or (
        getattr(value, "_handle", None) is not None and hasattr(value, "trainable")
    )


def _is_module(value: Any) -> bool:
    return isinstance(value, Module)


class _Walk:
    """How one call of `Module._flatten` goes through the attributes."""

    def __init__(
        self, recursive: bool, predicate: Any, key: Any, with_path: bool, expand: bool
    ) -> None:
        self.recursive = recursive
        self.predicate = predicate if predicate is not None else lambda _: True
        self.key = key
        self.with_path = with_path
        self.expand = expand

    def of(self, module: Module, path: tuple[Any, ...], seen: set[int]) -> Iterator[Any]:
        """The leaves of a module; `seen` holds the ids of what was met before."""
        attributes = vars(module)
        below = []
        for name in sorted(attributes, key=self.key):
            if name in module._TF_MODULE_IGNORED_PROPERTIES:
                continue
            try:
                leaves = list(_leaves(attributes[name], (name,), self.expand))
            except Exception as error:
                raise ValueError(
                    f"Error processing property {name!r} of {attributes[name]!r}"
                ) from error
            for place, leaf in leaves:
                if not self.with_path:
                    if id(leaf) in seen:
                        continue
                    seen.add(id(leaf))
                if self.predicate(leaf):
                    yield ((*path, *place), leaf) if self.with_path else leaf
                if self.recursive and isinstance(leaf, Module):
                    below.append((place, leaf))
        for place, leaf in below:
            if self.with_path:
                if id(leaf) in seen:  # a cycle: paths go through a module once
                    continue
                yield from self.of(leaf, (*path, *place), seen | {id(leaf)})
            else:
                yield from self.of(leaf, (*path, *place), seen)


def _leaves(
    value: Any, path: tuple[Any, ...], expand: bool
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _leaves(value[key], (*path, key), expand)
    elif nest.is_nested(value):
        for i, item in enumerate(nest._parts(value, expand)):
            yield from _leaves(item, (*path, i), expand)
    elif expand and not _is_variable(value):
        for leaf in nest.flatten(value, expand_composites=True):
            yield path, leaf
    else:
        yield path, value
