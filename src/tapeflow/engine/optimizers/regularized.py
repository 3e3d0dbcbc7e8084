"""Ftrl and the proximal optimizers, which shrink variables as they train them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.export import export
from tapeflow.engine.optimizers.classic import InPlaceOptimizer
from tapeflow.engine.optimizers.optimizer import Array
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.variables.row_updates import refuse


def _shrink(prox: Array, rate: Any, l1: Any, l2: Any, out: Array) -> None:
    """`sign(prox) * max(|prox| - rate * l1, 0) / (1 + rate * l2)`."""
    if l1 > 0:
        size = np.abs(prox)
        np.maximum(np.subtract(size, rate * l1, out=size), 0, out=size)
        np.multiply(np.sign(prox, out=prox), size, out=prox)
    np.divide(prox, 1 + rate * l2, out=out)


def _check_strengths(op: str, l1: Any, l2: Any) -> None:
    for value, which in ((l1, "l1"), (l2, "l2")):
        if not value >= 0:
            raise refuse(op, f"{which} regularization strength: expected a number >= 0; "
                             f"received {value}")  # fmt: skip


@export(
    "compat.v1.train.ProximalGradientDescentOptimizer", "train.ProximalGradientDescentOptimizer"
)
class ProximalGradientDescentOptimizer(InPlaceOptimizer):
    """Gradient descent, each step of which is followed by soft thresholding.

    Source: Duchi and Singer, 2009.

    Args:
      learning_rate: float, scalar tensor, or function without arguments that returns one.
      l1_regularization_strength: how strongly absolute values are penalised, >= 0.
      l2_regularization_strength: how strongly squares are penalised, >= 0.
      use_locking: accepted; updates of one thread are in order anyway.
      name: name of the optimizer.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable([1.0, 0.01])
      >>> optimizer = tf.compat.v1.train.ProximalGradientDescentOptimizer(0.1, 0.5)
      >>> optimizer.apply_gradients([(tf.zeros([2]), v)])
      >>> v.numpy()
      array([0.95, 0.  ], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(learning_rate, use_locking, name)
        self._l1 = l1_regularization_strength
        self._l2 = l2_regularization_strength

    def _hyper(self) -> tuple[Any, ...]:
        return (self._learning_rate, self._l1, self._l2)

    def _check_values(self) -> None:
        _check_strengths("ApplyProximalGradientDescent", *self._values[1:])

    def _step(self, numbers: tuple[Any, ...], var: Array, grad: Array, *slots: Array) -> None:
        rate, l1, l2 = numbers
        prox = np.subtract(var, grad * rate)
        _shrink(prox, rate, l1, l2, var)


@export("compat.v1.train.ProximalAdagradOptimizer", "train.ProximalAdagradOptimizer")
class ProximalAdagradOptimizer(InPlaceOptimizer):
    """Adagrad, each step of which is followed by soft thresholding.

    Source: Duchi and Singer, 2009. The slot is `accumulator`.

    Args:
      learning_rate: float, scalar tensor, or function without arguments that returns one.
      initial_accumulator_value: what the accumulator starts with, > 0.
      l1_regularization_strength: how strongly absolute values are penalised, >= 0.
      l2_regularization_strength: how strongly squares are penalised, >= 0.
      use_locking: accepted; updates of one thread are in order anyway.
      name: name of the optimizer.

    Raises:
      ValueError: when `initial_accumulator_value` is not positive.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable(1.0)
      >>> tf.compat.v1.train.ProximalAdagradOptimizer(0.1).minimize(lambda: v * v)
      >>> round(float(v), 4)
      0.9012
    """

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(learning_rate, use_locking, name)
        self._initial = initial_accumulator_value
        self._l1 = l1_regularization_strength
        self._l2 = l2_regularization_strength

    def _hyper(self) -> tuple[Any, ...]:
        return (self._learning_rate, self._l1, self._l2)

    def _check_values(self) -> None:
        _check_strengths("ApplyProximalAdagrad", *self._values[1:])

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._filled_slot(var, self._initial, "accumulator", self._name)

    def _slots_of(self, var: Any) -> tuple[Any, ...]:
        return (self.get_slot(var, "accumulator"),)

    def _step(self, numbers: tuple[Any, ...], var: Array, grad: Array, *slots: Array) -> None:
        rate, l1, l2 = numbers
        (accum,) = slots
        rates = np.square(grad)
        np.add(accum, rates, out=accum)
        np.sqrt(accum, out=rates)
        np.divide(rate, rates, out=rates)
        prox = np.subtract(var, grad * rates)
        _shrink(prox, rates, l1, l2, var)


@export("compat.v1.train.FtrlOptimizer", "train.FtrlOptimizer")
class FtrlOptimizer(InPlaceOptimizer):
    """Follow the regularised leader, with per-coordinate rates and L1 and L2 penalties.

    Source: McMahan et al., 2013. The slots are `accum` and `linear`.

    Args:
      learning_rate: float, scalar tensor, or function without arguments that returns one.
      learning_rate_power: how rates decay with the accumulated squares, <= 0.
      initial_accumulator_value: what `accum` starts with, >= 0.
      l1_regularization_strength: how strongly absolute values are penalised, >= 0.
      l2_regularization_strength: how strongly squares are penalised, >= 0.
      use_locking: accepted; updates of one thread are in order anyway.
      name: name of the optimizer.
      accum_name: suffix of the names of the `accum` variables; by default `name`.
      linear_name: suffix of the names of the `linear` variables; by default `name`.
      l2_shrinkage_regularization_strength: a penalty on the value, added to the gradient, >= 0.
      beta: added, over `2 * learning_rate`, to the L2 penalty.

    Raises:
      ValueError: when one of the numbers has the wrong sign.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable([1.0, 2.0])
      >>> optimizer = tf.compat.v1.train.FtrlOptimizer(0.1)
      >>> optimizer.apply_gradients([(tf.constant([0.5, 0.25]), v)])
      >>> v.numpy().round(4)
      array([0.381 , 0.3691], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float | None = None,
    ) -> None:
        for value, what in (
            (initial_accumulator_value, "initial_accumulator_value"),
            (l1_regularization_strength, "l1_regularization_strength"),
            (l2_regularization_strength, "l2_regularization_strength"),
            (l2_shrinkage_regularization_strength, "l2_shrinkage_regularization_strength"),
        ):
            if value < 0.0:
                raise ValueError(f"{what} {value:f} needs to be positive or zero")
        if learning_rate_power > 0.0:
            raise ValueError(
                f"learning_rate_power {learning_rate_power:f} needs to be negative or zero"
            )
        super().__init__(learning_rate, use_locking, name)
        self._power = learning_rate_power
        self._initial = initial_accumulator_value
        self._l1 = l1_regularization_strength
        self._l2 = l2_regularization_strength
        self._l2_shrinkage = l2_shrinkage_regularization_strength
        self._beta = 0.0 if beta is None else beta
        self._accum_name = accum_name or name
        self._linear_name = linear_name or name

    def _hyper(self) -> tuple[Any, ...]:
        rate = self._call_if_callable(self._learning_rate)
        l2 = self._l2
        if self._beta:  # in a graph the rate may be a symbolic tensor
            number: Any = rate if isinstance(rate, Tensor) else float(rate)
            l2 = l2 + self._beta / (2.0 * number)
        return (rate, self._power, self._l1, l2, self._l2_shrinkage)

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._filled_slot(var, self._initial, "accum", self._accum_name)
            self._zeros_slot(var, "linear", self._linear_name)

    def _slots_of(self, var: Any) -> tuple[Any, ...]:
        return (self.get_slot(var, "accum"), self.get_slot(var, "linear"))

    def _step(self, numbers: tuple[Any, ...], var: Array, grad: Array, *slots: Array) -> None:
        rate, power, l1, l2, shrinkage = numbers
        accum, linear = slots
        root_before = np.sqrt(accum) if power == -0.5 else np.power(accum, -power)
        np.add(accum, np.square(grad), out=accum)
        root = np.sqrt(accum) if power == -0.5 else np.power(accum, -power)
        np.subtract(root, root_before, out=root_before)
        np.divide(root_before, rate, out=root_before)
        np.multiply(root_before, var, out=root_before)
        if shrinkage:
            np.add(linear, (2 * shrinkage) * var, out=linear)
        np.add(linear, grad, out=linear)
        np.subtract(linear, root_before, out=linear)
        np.divide(root, rate, out=root)
        np.add(root, 2 * l2, out=root)
        clipped = np.clip(linear, -l1, l1) if l1 > 0 else 0
        np.divide(np.subtract(clipped, linear), root, out=var)
