"""Makes arguments what a plan wants, where the generated code found that they are not."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.backends.llvm.execution import shared
from tapeflow.engine.backends.llvm.execution.plan import Argument, Array, Plan
from tapeflow.engine.core.errors import FailedPreconditionError


class Converter:
    """Converts the arguments of one plan.

    Args:
      plan: the plan.
      tensor: the class of tensors, if any are taken.
    """

    def __init__(self, plan: Plan, tensor: type | None) -> None:
        self._inputs = plan.inputs
        self._tensor: Any = tensor or ()

    def fit(self, arguments: tuple[Any, ...]) -> list[Any]:
        """The arguments as the generated code takes them.

        Variables stay what they are; where a snapshot of one that is written to is held, it gets a
        buffer of its own.

        Raises:
          AssertionError: when number, shape or dtype are other than what the plan was made for.
          FailedPreconditionError: when a variable has no value.
        """
        self._count(arguments)
        fit = []
        for place, (given, wanted) in enumerate(zip(arguments, self._inputs, strict=True)):
            if wanted.kind == "array":
                fit.append(self._array(place, given, wanted))
            else:
                self._variable(place, given, wanted)
                fit.append(given)
        return fit

    def arrays(self, arguments: tuple[Any, ...]) -> list[Array]:
        """The arrays of all arguments; the variables stay as they are.

        Raises:
          AssertionError: when number, shape or dtype are other than what the plan was made for.
          FailedPreconditionError: when a variable has no value.
        """
        self._count(arguments)
        found = []
        for place, (given, wanted) in enumerate(zip(arguments, self._inputs, strict=True)):
            if wanted.kind == "array":
                found.append(self._array(place, given, wanted))
            else:
                found.append(_plain(self._held(place, given, wanted), wanted))
        return found

    def _count(self, arguments: tuple[Any, ...]) -> None:
        if len(arguments) != len(self._inputs):
            wanted = len(self._inputs)
            raise AssertionError(f"a step takes {wanted} arguments, not {len(arguments)}")

    def told(self, arguments: tuple[Any, ...]) -> str:
        """What was given and what was wanted, for a message."""
        return f"given {[type(a).__name__ for a in arguments]}, wanted {self._inputs}"

    def _array(self, place: int, given: Any, wanted: Argument) -> Array:
        array = np.asarray(given._array if isinstance(given, self._tensor) else given)
        _check(place, array, wanted)
        return _plain(array, wanted)

    def _held(self, place: int, given: Any, wanted: Argument) -> Array:
        assert wanted.owner is not None
        if not isinstance(given, wanted.owner):
            raise AssertionError(f"argument {place}: {type(given)}, not a {wanted.owner}")
        array = array_of(given)
        _check(place, array, wanted)
        return array

    def _variable(self, place: int, given: Any, wanted: Argument) -> None:
        array = self._held(place, given, wanted)
        if wanted.kind == "variable":
            if not _is_plain(array, wanted):
                given._array = _plain(array, wanted)
        elif not (_is_plain(array, wanted) and array.flags.owndata and array.flags.writeable):
            # A copy by `np.array` would keep a dtype that is equal but another object.
            fresh = np.empty(wanted.shape, wanted.dtype)
            np.copyto(fresh, array)
            given._array = fresh
            del fresh
        else:
            del array  # a second name for the buffer would count as a holder
            given._writable()


def array_of(variable: Any) -> Array:
    """The array that a variable holds, once no step is writing to it.

    Raises:
      FailedPreconditionError: when it has no value.
    """
    while True:
        try:
            array: Array | None = variable._array
            break
        except AttributeError:
            if not shared.wait_until_attached(variable):
                raise
    if array is None:
        raise FailedPreconditionError(
            None, None, f"the variable '{variable.name}' is read before it has a value"
        )
    return array


def _check(place: int, array: Array, wanted: Argument) -> None:
    same = array.dtype == wanted.dtype or array.dtype.newbyteorder("=") == wanted.dtype
    if not same or array.shape != wanted.shape:
        raise AssertionError(
            f"argument {place}: {array.dtype} of shape {array.shape} where the step was made for "
            f"{wanted.dtype} of shape {wanted.shape}"
        )


def _is_plain(array: Array, wanted: Argument) -> bool:
    return (
        type(array) is np.ndarray
        and array.dtype is wanted.dtype
        and array.flags.c_contiguous
        and array.flags.aligned
    )


def _plain(array: Array, wanted: Argument) -> Array:
    if not _is_plain(array, wanted):
        array = np.require(array, wanted.dtype, ["C", "A"])
        # Equal dtypes may be different objects.
        array = array if array.dtype is wanted.dtype else array.view(wanted.dtype)
    return array
