"""`tf.train.ExponentialMovingAverage`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.optimizers.optimizer import unique_name
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.execution import init_scope
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.variables import resource_ops
from tapeflow.engine.variables.variable import Variable

_AVERAGED = ("float16", "float32", "float64", "bfloat16")


@export("train.ExponentialMovingAverage", "compat.v1.train.ExponentialMovingAverage")
class ExponentialMovingAverage:
    """Keeps averages of variables in which older values count ever less.

    Each `apply` does `average -= (1 - decay) * (average - value)`.

    Args:
      decay: float, near 1.
      num_updates: number of updates so far, or None; with it the decay used is
        `min(decay, (1 + num_updates) / (10 + num_updates))`.
      zero_debias: whether averages of tensors start at zero and are corrected for that; those of
        variables start at the variable's value.
      name: ends the names of the averages.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable(1.0)
      >>> ema = tf.train.ExponentialMovingAverage(0.9)
      >>> ema.apply([v])
      >>> _ = v.assign(2.0)
      >>> ema.apply([v])
      >>> ema.average(v).numpy()
      np.float32(1.1)
    """

    def __init__(
        self,
        decay: Any,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Any, tuple[Any, Variable]] = {}

    @property
    def name(self) -> str:
        """What ends the names of the averages."""
        return self._name

    def apply(self, var_list: Any = None) -> Any:
        """Moves the averages towards the variables' values; makes those that do not exist yet.

        Args:
          var_list: variables of floating dtype; by default none.

        Returns:
          None; while a function is traced, the operation that moves the averages.

        Raises:
          TypeError: for tensors and integer variables.
        """
        numbers = [convert(self._decay)]
        if self._num_updates is not None:
            numbers.append(convert(self._num_updates))
        for var in var_list or ():
            if not isinstance(var, Variable):
                raise TypeError(
                    "tf.train.ExponentialMovingAverage does not support non-Variable tensors when "
                    "eager execution is enabled."
                )
            if var.dtype.name not in _AVERAGED:
                raise TypeError(f"The variables must be half, float, or double: {var.name}")
        variables = list(var_list or ())
        with init_scope():
            for var in variables:
                self._make_average(var)
        if state.tracer is None:
            self._move(variables, numbers)
            return None
        return resource_ops.effect_on("AssignMovingAvg", self._move, variables, numbers)

    def _make_average(self, var: Any) -> None:
        if var._handle not in self._averages:
            name = unique_name(self.average_name(var))
            average = Variable(EagerTensor(var._array.copy()), trainable=False, name=name)
            average._name, average._handle.name = f"{name}:0", name
            self._averages[var._handle] = (var, average)

    def _move(self, variables: list[Any], numbers: list[Any]) -> None:
        decay = float(numbers[0]._array)
        if len(numbers) > 1:
            count = float(numbers[1]._array)
            decay = min(decay, (1.0 + count) / (10.0 + count))
        for var in variables:
            array = self._averages[var._handle][1]._writable().reshape(-1)
            rest = np.float32(1.0 - decay).astype(array.dtype)
            change = array - var._array.reshape(-1)
            np.multiply(change, rest, out=change)
            np.subtract(array, change, out=array)

    def average(self, var: Any) -> Any:
        """The average of a variable.

        Args:
          var: a variable.

        Returns:
          A variable, or None where none is kept.
        """
        entry = self._averages.get(getattr(var, "_handle", None))
        return None if entry is None else entry[1]

    def average_name(self, var: Any) -> str:
        """The name that the average of a variable has (without `:0`).

        Args:
          var: a variable.

        Returns:
          A string.
        """
        return f"{var.name.partition(':')[0]}/{self._name}"

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """Which saved values to load in order to work with the averages.

        Args:
          moving_avg_variables: variables that have averages; by default those applied to.

        Returns:
          A dict from names of averages to variables.
        """
        if moving_avg_variables is None:
            moving_avg_variables = [var for var, _ in self._averages.values()]
        return {self.average_name(var): var for var in moving_avg_variables}
