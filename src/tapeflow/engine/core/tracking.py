"""`Trackable`: an object that knows the objects it depends on by name.

Checkpoints walk these names; Keras's layers, models, optimizers and variables are trackable too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.export import export

F = TypeVar("F", bound=Callable[..., Any])


@address("tensorflow.python.trackable.base")
@export("__internal__.tracking.Trackable")
class Trackable:
    """An object with named dependencies on other trackable objects."""

    __slots__ = ()

    def _track_trackable(self, trackable: Any, name: str, overwrite: bool = False) -> Any:
        """Adds a dependency.

        Args:
          trackable: the object depended on.
          name: a name, unique among the dependencies of this object.
          overwrite: whether the name may be in use for another object.

        Returns:
          `trackable`.

        Raises:
          TypeError: when it is not trackable.
          ValueError: when the name is in use.
        """
        if not isinstance(trackable, Trackable):
            raise TypeError(
                "Trackable._track_trackable() can only be used to track objects of type "
                f"Trackable. Got type {type(trackable)}."
            )
        known = self._dependencies()
        if not overwrite and known.get(name, trackable) is not trackable:
            raise ValueError(
                f"Called Trackable._track_trackable() with name='{name}', but a Trackable with "
                "this name is already declared as a dependency. Names must be unique (or "
                "overwrite=True)."
            )
        known[name] = trackable
        return trackable

    def _dependencies(self) -> dict[str, Any]:
        return vars(self).setdefault("_self_unconditional_dependency_names", {})  # type: ignore[no-any-return]

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        """The dependencies by name, in the order in which they were added.

        Args:
          save_type: `"checkpoint"` or `"savedmodel"`.
          **kwargs: for subclasses.
        """
        del save_type, kwargs
        return dict(getattr(self, "_self_unconditional_dependency_names", ()))

    def _lookup_dependency(self, name: str, cached_dependencies: Any = None) -> Any:
        """The dependency called `name`, or None."""
        if cached_dependencies is not None:
            return cached_dependencies.get(name)
        return self._trackable_children().get(name)


@address("tensorflow.python.trackable.autotrackable")
@export("__internal__.tracking.AutoTrackable")
class AutoTrackable(Trackable):
    """A trackable object whose trackable attributes are its dependencies."""

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Trackable) and getattr(self, "_self_setattr_tracking", True):
            self._track_trackable(value, name, overwrite=True)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        vars(self).get("_self_unconditional_dependency_names", {}).pop(name, None)
        super().__delattr__(name)


@export("__internal__.tracking.no_automatic_dependency_tracking")
def no_automatic_dependency_tracking(method: F) -> F:
    """Decorates a method in which attributes that are set do not become dependencies.

    Args:
      method: a method of an `AutoTrackable`.

    Returns:
      The decorated method.
    """

    @functools.wraps(method)
    def without_tracking(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = getattr(self, "_self_setattr_tracking", True)
        self._self_setattr_tracking = False
        try:
            return method(self, *args, **kwargs)
        finally:
            self._self_setattr_tracking = before

    return without_tracking  # type: ignore[return-value]


@address("tensorflow.python.trackable.data_structures")
class ListWrapper(Trackable, list[Any]):
    """A list that is trackable: its trackable items are dependencies, named by their places.

    Args:
      wrapped_list: the items.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, wrapped_list: Any = ()) -> None:
        super().__init__(wrapped_list)

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        return {str(i): item for i, item in enumerate(self) if isinstance(item, Trackable)}

    def __copy__(self) -> ListWrapper:
        return ListWrapper(self)

    def __repr__(self) -> str:
        return f"ListWrapper({list.__repr__(self)})"


@address("tensorflow.python.trackable.data_structures")
class _DictWrapper(Trackable, dict[Any, Any]):
    """A dictionary that is trackable: its trackable values are dependencies, named by their keys.

    Args:
      wrapped_dict: the items.
    """

    def __init__(self, wrapped_dict: Any = ()) -> None:
        super().__init__(wrapped_dict)

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        return {str(key): item for key, item in self.items() if isinstance(item, Trackable)}

    def __copy__(self) -> _DictWrapper:
        return _DictWrapper(self)

    def __repr__(self) -> str:
        return f"DictWrapper({dict.__repr__(self)})"
