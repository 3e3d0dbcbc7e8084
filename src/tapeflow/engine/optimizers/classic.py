"""The classic optimizers: gradient descent, momentum, Adagrad, Adadelta and RMSProp.

Each gives one `_step`, which changes arrays in place: whole buffers for a dense gradient, copies of
the addressed rows for a sparse one. Sparse steps therefore cost what their rows cost.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import SILENCE, enter_silence, leave_silence
from tapeflow.engine.core.export import export
from tapeflow.engine.optimizers.optimizer import Array, Optimizer
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.variables.row_updates import combine_rows, refuse

BLOCK = 1 << 15
"""Elements taken at a time from large arrays."""

_TRAINABLE = {d.np: True for d in dtypes.FLOATING | dtypes.COMPLEX}


class InPlaceOptimizer(Optimizer):
    """An optimizer whose step is a function of arrays."""

    def __init__(self, learning_rate: Any, use_locking: bool, name: str, **kwargs: Any) -> None:
        super().__init__(use_locking, name, **kwargs)
        self._learning_rate = learning_rate
        # The numbers of this step by dtype: they are computed in the variable's precision.
        self._numbers: dict[Any, tuple[Any, ...]] = {}
        # What they were made of; nothing where it may change without being another object.
        self._former: tuple[Any, ...] = ()
        self._values: list[Any] = []

    def _hyper(self) -> tuple[Any, ...]:
        """The numbers that `_step` takes: the learning rate, and what a subclass adds."""
        return (self._learning_rate,)

    def _slots_of(self, var: Any) -> tuple[Any, ...]:
        """The slot variables that `_step` takes."""
        return ()

    def _step(self, numbers: tuple[Any, ...], var: Array, grad: Array, *slots: Array) -> None:
        """Changes `var` and `slots` in place; `grad` must stay as it is."""
        raise NotImplementedError

    def _prepare(self) -> None:
        hyper = self._hyper()
        plain = {*map(type, hyper)} == {float}
        if plain and hyper == self._former:
            return
        self._former = hyper if plain else ()
        # Python numbers become float32 here, also for variables of double precision.
        self._values = [
            np.float32(h) if type(h) is float else convert(self._call_if_callable(h))._array
            for h in hyper
        ]
        self._numbers = {}
        self._check_values()

    def _prepare_with(self, values: list[Array]) -> None:
        self._former = ()
        self._values = values
        self._numbers = {}
        self._check_values()

    def _check_values(self) -> None:
        """Refuses numbers that the step cannot take."""

    def _numbers_for(self, dtype: Any) -> tuple[Any, ...]:
        numbers = self._numbers.get(dtype)
        if numbers is None:
            if dtype not in _TRAINABLE:
                op = f"Apply{self._name}"
                raise refuse(op, f"var: this optimizer does not take dtype {dtype}")
            token = enter_silence(SILENCE)
            try:
                numbers = self._combined(*[v.astype(dtype)[()] for v in self._values])
                # Arrays of rank 0, which NumPy's functions take in less time than scalars.
                numbers = tuple([np.asarray(n) for n in numbers])
            finally:
                leave_silence(token)
            self._numbers[dtype] = numbers
        return numbers

    def _combined(self, *numbers: Any) -> tuple[Any, ...]:
        """What `_step` takes, of the numbers of `_hyper` in the variable's dtype."""
        return numbers

    def _resource_apply_dense(self, grad: Any, handle: Any) -> None:
        numbers = self._numbers_for(handle._array.dtype)
        arrays = [handle._writable(), grad._array]
        arrays += [slot._writable() for slot in self._slots_of(handle)]
        size = arrays[0].size
        if not arrays[0].ndim or size > 2 * BLOCK:
            # NumPy's functions turn arrays of rank 0 into scalars, and large arrays are taken in
            # pieces that stay in the cache from one pass to the next.
            arrays = [array.reshape(-1) for array in arrays]
        token = enter_silence(SILENCE)
        try:
            if size <= 2 * BLOCK:
                self._step(numbers, *arrays)
            else:
                for start in range(0, size, BLOCK):
                    self._step(numbers, *[array[start : start + BLOCK] for array in arrays])
        finally:
            leave_silence(token)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> None:
        rows = indices._array
        numbers = self._numbers_for(handle._array.dtype)
        wholes = [v._writable() for v in (handle, *self._slots_of(handle))]
        parts = [whole[rows] for whole in wholes]
        token = enter_silence(SILENCE)
        try:
            self._step(numbers, parts[0], grad._array, *parts[1:])
        finally:
            leave_silence(token)
        for whole, part in zip(wholes, parts, strict=True):
            whole[rows] = part


@export("compat.v1.train.GradientDescentOptimizer", "train.GradientDescentOptimizer")
class GradientDescentOptimizer(InPlaceOptimizer):
    """Gradient descent: `var -= learning_rate * grad`.

    Args:
      learning_rate: float, scalar tensor, or function without arguments that returns one.
      use_locking: accepted; updates of one thread are in order anyway.
      name: name of the optimizer.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable([1.0, 2.0])
      >>> optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.1)
      >>> optimizer.apply_gradients([(tf.constant([1.0, 1.0]), v)])
      >>> v.numpy()
      array([0.9, 1.9], dtype=float32)
    """

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(learning_rate, use_locking, name)

    def _step(self, numbers: tuple[Any, ...], var: Array, grad: Array, *slots: Array) -> None:
        np.subtract(var, grad * numbers[0], var)

    def _resource_apply_sparse_duplicate_indices(
        self, grad: Any, handle: Any, indices: Any
    ) -> None:
        # Rows simply add up; nothing needs them to be unique.
        (rate,) = self._numbers_for(handle._array.dtype)
        combine_rows(np.subtract, handle._writable(), indices._array, grad._array * rate)


@export("compat.v1.train.MomentumOptimizer", "train.MomentumOptimizer")
class MomentumOptimizer(InPlaceOptimizer):
    """Gradient descent with momentum, or Nesterov's form of it.

    `accum = momentum * accum + grad`, `var -= learning_rate * accum`; with Nesterov momentum
    `var -= learning_rate * (grad + momentum * accum)`. The slot is `momentum`.

    Args:
      learning_rate: float, scalar tensor, or function without arguments that returns one.
      momentum: the same.
      use_locking: accepted; updates of one thread are in order anyway.
      name: name of the optimizer.
      use_nesterov: whether to use Nesterov momentum (Sutskever et al., 2013).

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable(1.0)
      >>> tf.compat.v1.train.MomentumOptimizer(0.1, 0.9).minimize(lambda: v * v)
      >>> v.numpy()
      np.float32(0.8)
    """

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(learning_rate, use_locking, name)
        self._momentum = momentum
        self._use_nesterov = use_nesterov

    def _hyper(self) -> tuple[Any, ...]:
        return (self._learning_rate, self._momentum)

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)

    def _slots_of(self, var: Any) -> tuple[Any, ...]:
        return (self.get_slot(var, "momentum"),)

    def _step(self, numbers: tuple[Any, ...], var: Array, grad: Array, *slots: Array) -> None:
        rate, momentum = numbers
        (accum,) = slots
        np.multiply(accum, momentum, accum)
        np.add(accum, grad, accum)
        if self._use_nesterov:
            np.subtract(var, grad * rate, var)
            rate = momentum * rate
        np.subtract(var, accum * rate, var)


@export("compat.v1.train.AdagradOptimizer", "train.AdagradOptimizer")
class AdagradOptimizer(InPlaceOptimizer):
    """Adagrad: `accum += grad**2`, `var -= learning_rate * grad / sqrt(accum)`.

    Source: Duchi, Hazan and Singer, 2011. The slot is `accumulator`.

    Args:
      learning_rate: float, scalar tensor, or function without arguments that returns one.
      initial_accumulator_value: what `accum` starts with, > 0.
      use_locking: accepted; updates of one thread are in order anyway.
      name: name of the optimizer.

    Raises:
      ValueError: when `initial_accumulator_value` is not positive.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable(1.0)
      >>> tf.compat.v1.train.AdagradOptimizer(0.1).minimize(lambda: v * v)
      >>> round(float(v), 4)
      0.9012
    """

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(learning_rate, use_locking, name)
        self._initial = initial_accumulator_value

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._filled_slot(var, self._initial, "accumulator", self._name)

    def _slots_of(self, var: Any) -> tuple[Any, ...]:
        return (self.get_slot(var, "accumulator"),)

    def _step(self, numbers: tuple[Any, ...], var: Array, grad: Array, *slots: Array) -> None:
        (accum,) = slots
        change = np.square(grad)
        np.add(accum, change, out=accum)
        np.sqrt(accum, out=change)
        np.divide(grad * numbers[0], change, out=change)
        np.subtract(var, change, out=var)


@export("compat.v1.train.AdadeltaOptimizer", "train.AdadeltaOptimizer")
class AdadeltaOptimizer(InPlaceOptimizer):
    """Adadelta: steps as large as the recent steps were, relative to the recent gradients.

    Source: Zeiler, 2012. The slots are `accum` and `accum_update`.

    Args:
      learning_rate: float, scalar tensor, or function without arguments that returns one.
      rho: how much of the old averages is kept.
      epsilon: added under the square roots.
      use_locking: accepted; updates of one thread are in order anyway.
      name: name of the optimizer.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable(1.0)
      >>> tf.compat.v1.train.AdadeltaOptimizer(1.0).minimize(lambda: v * v)
      >>> round(float(v), 5)
      0.99955
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(learning_rate, use_locking, name)
        self._rho = rho
        self._epsilon = epsilon

    def _hyper(self) -> tuple[Any, ...]:
        return (self._learning_rate, self._rho, self._epsilon)

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "accum", self._name)
            self._zeros_slot(var, "accum_update", self._name)

    def _slots_of(self, var: Any) -> tuple[Any, ...]:
        return (self.get_slot(var, "accum"), self.get_slot(var, "accum_update"))

    def _step(self, numbers: tuple[Any, ...], var: Array, grad: Array, *slots: Array) -> None:
        rate, rho, epsilon = numbers
        accum, accum_update = slots
        rest = 1 - rho
        scratch = np.square(grad)
        np.multiply(scratch, rest, out=scratch)
        np.multiply(accum, rho, out=accum)
        np.add(accum, scratch, out=accum)
        np.add(accum, epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        change = accum_update + epsilon
        np.sqrt(change, out=change)
        np.divide(change, scratch, out=change)
        np.multiply(change, grad, out=change)
        np.subtract(var, np.multiply(change, rate, out=scratch), out=var)
        np.square(change, out=change)
        np.multiply(change, rest, out=change)
        np.multiply(accum_update, rho, out=accum_update)
        np.add(accum_update, change, out=accum_update)


@export("compat.v1.train.RMSPropOptimizer", "train.RMSPropOptimizer")
class RMSPropOptimizer(InPlaceOptimizer):
    """RMSProp: gradients divided by the root of their recent mean square, with momentum.

    Source: Tieleman and Hinton, 2012; the centered form, Graves, 2013. The slots are `rms`, `mg`
    (when centered) and `momentum`.

    Args:
      learning_rate: float, scalar tensor, or function without arguments that returns one.
      decay: how much of the old averages is kept.
      momentum: how much of the last step is added.
      epsilon: added under the square root.
      use_locking: accepted; updates of one thread are in order anyway.
      centered: whether to subtract the square of the mean gradient.
      name: name of the optimizer.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable(1.0)
      >>> tf.compat.v1.train.RMSPropOptimizer(0.1).minimize(lambda: v * v)
      >>> round(float(v), 4)
      0.8246
    """

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(learning_rate, use_locking, name)
        self._decay = decay
        self._momentum = momentum
        self._epsilon = epsilon
        self._centered = centered

    def _hyper(self) -> tuple[Any, ...]:
        return (self._learning_rate, self._decay, self._momentum, self._epsilon)

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._filled_slot(var, 1, "rms", self._name)
            if self._centered:
                self._zeros_slot(var, "mg", self._name)
            self._zeros_slot(var, "momentum", self._name)

    def _slots_of(self, var: Any) -> tuple[Any, ...]:
        names = ("rms", "momentum", "mg") if self._centered else ("rms", "momentum")
        return tuple([self.get_slot(var, name) for name in names])

    def _step(self, numbers: tuple[Any, ...], var: Array, grad: Array, *slots: Array) -> None:
        rate, decay, momentum, epsilon = numbers
        rms, moment = slots[:2]
        rest = 1 - decay
        scratch = np.square(grad)
        np.subtract(scratch, rms, out=scratch)
        np.multiply(scratch, rest, out=scratch)
        np.add(rms, scratch, out=rms)
        if self._centered:
            mean = slots[2]
            np.subtract(grad, mean, out=scratch)
            np.multiply(scratch, rest, out=scratch)
            np.add(mean, scratch, out=mean)
            np.square(mean, out=scratch)
            np.subtract(rms, scratch, out=scratch)
            np.add(scratch, epsilon, out=scratch)
        else:
            np.add(rms, epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.divide(grad * rate, scratch, out=scratch)
        np.multiply(moment, momentum, out=moment)
        np.add(moment, scratch, out=moment)
        np.subtract(var, moment, out=var)
