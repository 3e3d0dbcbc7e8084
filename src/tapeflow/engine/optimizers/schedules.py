"""The step counter of `tf.compat.v1.train`, and learning rates that depend on it.

In eager mode a schedule is a function: an optimizer calls it at each step.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.host_functions import call_on_host
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.variables.variable import Variable


def _value(x: Any) -> Any:
    return convert(_called(x))._array


def _called(x: Any) -> Any:
    return x() if callable(x) and not isinstance(x, Variable) else x


def _schedule(function: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function of float32 numbers into one that gives a schedule."""

    @functools.wraps(function)
    def make(learning_rate: Any, *args: Any, **kwargs: Any) -> Any:
        def compute(learning_rate: Any, args: Any, kwargs: Any) -> EagerTensor:
            start = _value(learning_rate)
            kind = start.dtype.type

            def number(x: Any) -> Any:
                return kind(_value(x)) if not isinstance(x, (bool, str, type(None))) else x

            value = function(
                start[()], *map(number, args), **{k: number(v) for k, v in kwargs.items()}
            )
            return EagerTensor(np.asarray(value, start.dtype))

        def rate() -> Any:
            if state.tracer is None:
                return compute(learning_rate, args, kwargs)
            given = nest.map_structure(_called, (learning_rate, args, kwargs))
            return call_on_host(function.__name__, compute, given, {})

        if args or "global_step" in kwargs:
            step = args[0] if args else kwargs["global_step"]
            if step is None:
                raise ValueError(f"Argument `global_step` is required for {function.__name__}.")
        # In a graph a schedule is a tensor.
        return functools.partial(rate) if state.tracer is None else rate()

    return make


@export("compat.v1.train.exponential_decay")
@_schedule
def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """`learning_rate * decay_rate ** (global_step / decay_steps)`.

    Args:
      learning_rate: the first rate.
      global_step: number of steps done, usually a variable.
      decay_steps: steps in which the rate falls by `decay_rate`.
      decay_rate: the factor.
      staircase: whether it falls all at once at the end of them.
      name: ignored in eager mode.

    Returns:
      A function without arguments that gives a scalar tensor.

    Example:
      >>> import tapeflow as tf
      >>> rate = tf.compat.v1.train.exponential_decay(0.5, 20, 10, 0.5)
      >>> rate().numpy()
      np.float32(0.125)
    """
    p = global_step / decay_steps
    return learning_rate * np.power(decay_rate, np.floor(p) if staircase else p)


@export("compat.v1.train.natural_exp_decay")
@_schedule
def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """`learning_rate * exp(-decay_rate * global_step / decay_steps)`; see `exponential_decay`."""
    p = global_step / decay_steps
    return learning_rate * np.exp(-decay_rate * (np.floor(p) if staircase else p))


@export("compat.v1.train.inverse_time_decay")
@_schedule
def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """`learning_rate / (1 + decay_rate * global_step / decay_steps)`; see `exponential_decay`."""
    p = global_step / decay_steps
    return learning_rate / (1 + decay_rate * (np.floor(p) if staircase else p))


@export("compat.v1.train.polynomial_decay")
@_schedule
def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Any:
    """From `learning_rate` to `end_learning_rate` in `decay_steps`, by a power of what is left.

    Args:
      learning_rate: the first rate.
      global_step: number of steps done, usually a variable.
      decay_steps: number of steps.
      end_learning_rate: the last rate.
      power: 1 for a line.
      cycle: whether to begin anew, with longer periods.
      name: ignored in eager mode.

    Returns:
      A function without arguments that gives a scalar tensor.
    """
    if cycle:
        decay_steps = decay_steps * (1 if global_step == 0 else np.ceil(global_step / decay_steps))
    else:
        global_step = np.minimum(global_step, decay_steps)
    left = 1 - global_step / decay_steps
    return (learning_rate - end_learning_rate) * np.power(left, power) + end_learning_rate


@export("compat.v1.train.cosine_decay")
@_schedule
def cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Any:
    """Half a cosine from `learning_rate` to `alpha * learning_rate` in `decay_steps` steps.

    Args:
      learning_rate: the first rate.
      global_step: number of steps done, usually a variable.
      decay_steps: number of steps.
      alpha: the last rate as a part of the first.
      name: ignored in eager mode.

    Returns:
      A function without arguments that gives a scalar tensor.
    """
    done = np.minimum(global_step, decay_steps) / decay_steps
    cosine = 0.5 * (1 + np.cos(np.asarray(math.pi * done, learning_rate.dtype)))
    return learning_rate * ((1 - alpha) * cosine + alpha)


@export("compat.v1.train.piecewise_constant", "compat.v1.train.piecewise_constant_decay")
def piecewise_constant(x: Any, boundaries: Any, values: Any, name: str | None = None) -> Any:
    """`values[0]` up to `boundaries[0]`, then `values[1]` up to `boundaries[1]`, and so on.

    Args:
      x: number of steps done, usually a variable.
      boundaries: increasing numbers.
      values: one more than there are boundaries.
      name: ignored in eager mode.

    Returns:
      A function without arguments that gives a scalar tensor.

    Raises:
      ValueError: when there are not as many values.

    Example:
      >>> import tapeflow as tf
      >>> step = tf.Variable(3)
      >>> tf.compat.v1.train.piecewise_constant(step, [2, 5], [1.0, 0.5, 0.1])().numpy()
      np.float32(0.5)
    """
    if len(boundaries) != len(values) - 1:
        raise ValueError(
            f"The length of boundaries should be 1 less than the length of values; received "
            f"{len(boundaries)} boundaries, {len(values)} values"
        )

    def rate() -> Any:
        place = int(np.searchsorted([_value(b) for b in boundaries], _value(x), side="left"))
        return convert(values[place])

    return functools.partial(rate)


# The step counter.

_step: list[Variable] = []


@export("compat.v1.train.get_global_step")
def get_global_step(graph: Any = None) -> Any:
    """The step counter, or None when there is none yet.

    Args:
      graph: not used.

    Returns:
      An int64 variable, or None.
    """
    return _step[0] if _step else None


@export("compat.v1.train.create_global_step")
def create_global_step(graph: Any = None) -> Any:
    """Makes the step counter.

    Args:
      graph: not used.

    Returns:
      An int64 variable with value 0, named `"global_step"`.

    Raises:
      ValueError: when it exists.
    """
    if _step:
        raise ValueError('"global_step" already exists.')
    _step.append(Variable(0, dtype=dtypes.int64, trainable=False, name="global_step"))
    return _step[0]


@export("compat.v1.train.get_or_create_global_step")
def get_or_create_global_step(graph: Any = None) -> Any:
    """The step counter, made when there is none yet.

    Args:
      graph: not used.

    Returns:
      An int64 variable, named `"global_step"`.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.train.get_or_create_global_step().name
      'global_step:0'
    """
    return _step[0] if _step else create_global_step()
