"""Adam, whose sparse steps move every row that ever had a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.context import SILENCE, enter_silence, leave_silence
from tapeflow.engine.core.export import export
from tapeflow.engine.optimizers.classic import InPlaceOptimizer
from tapeflow.engine.optimizers.optimizer import Array


class Touched:
    """Which rows of the moments may differ from zero.

    The moments of a row decay from the step after its gradient on, and the row moves with them; a
    row that never had a gradient stays. A sparse step thus has to visit the former rows only.
    """

    def __init__(self, m: Any, v: Any, *, fresh: bool) -> None:
        rows = len(m._array)
        self.everywhere = False
        self._mask: Array = np.zeros(rows, bool)
        self._rows: Array = np.empty(64, np.intp)
        self._count = 0
        if not fresh:
            busy = m._array.reshape(rows, -1).any(1) | v._array.reshape(rows, -1).any(1)
            self.add(np.flatnonzero(busy))
        self.buffers = (id(m._array), id(v._array))

    def add(self, rows: Array) -> None:
        """Notes rows."""
        new = rows[~self._mask[rows]]
        count = self._count + len(new)
        if count > len(self._rows):
            larger = np.empty(2 * count, np.intp)
            larger[: self._count] = self._rows[: self._count]
            self._rows = larger
        self._rows[self._count : count] = new
        self._mask[new] = True
        self._count = count
        # Addressing most of the rows one by one costs more than going through all of them.
        self.everywhere = self.everywhere or count * 2 > len(self._mask)

    @property
    def rows(self) -> Array:
        """The rows noted so far."""
        return self._rows[: self._count]


@export("compat.v1.train.AdamOptimizer", "train.AdamOptimizer")
class AdamOptimizer(InPlaceOptimizer):
    """Adam: momentum divided by the root of the mean square, both corrected for their start.

    Source: Kingma and Ba, 2015. The slots are `m` and `v`. A sparse gradient gives what a dense one
    with zeros in the other rows gives: rows keep moving while their momentum lasts.

    Args:
      learning_rate: float, scalar tensor, or function without arguments that returns one.
      beta1: how much of the old mean is kept.
      beta2: how much of the old mean square is kept.
      epsilon: added to the root.
      use_locking: accepted; updates of one thread are in order anyway.
      name: name of the optimizer.
      use_own_namescope_for_non_slot_vars: whether the powers of the betas carry its name too.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable(1.0)
      >>> tf.compat.v1.train.AdamOptimizer(0.1).minimize(lambda: v * v)
      >>> round(float(v), 4)
      0.9
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
        use_own_namescope_for_non_slot_vars: bool = False,
    ) -> None:
        super().__init__(
            learning_rate,
            use_locking,
            name,
            use_own_namescope_for_non_slot_vars=use_own_namescope_for_non_slot_vars,
        )
        self._beta1 = beta1
        self._beta2 = beta2
        self._epsilon = epsilon
        self._touched: dict[Any, Touched] = {}

    def _create_slots(self, var_list: list[Any]) -> None:
        if not self._non_slots:
            first = min(var_list, key=lambda v: v.name)
            for name, beta in (("beta1_power", self._beta1), ("beta2_power", self._beta2)):
                value = self._call_if_callable(beta)
                self._create_non_slot_variable(value, name, first)
        made, made_too = self._slot_dict("m"), self._slot_dict("v")
        for var in var_list:
            if var._handle in made and var._handle in made_too:
                continue
            fresh = self.get_slot(var, "m") is None
            m = self._zeros_slot(var, "m", self._name)
            v = self._zeros_slot(var, "v", self._name)
            if fresh and var._array.ndim:
                self._touched[var._handle] = Touched(m, v, fresh=True)

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        return self._non_slots["beta1_power"], self._non_slots["beta2_power"]

    def _hyper(self) -> tuple[Any, ...]:
        return (
            self._learning_rate, self._beta1, self._beta2, self._epsilon,
            *[power._read() for power in self._get_beta_accumulators()],
        )  # fmt: skip

    def _slots_of(self, var: Any) -> tuple[Any, ...]:
        return (self.get_slot(var, "m"), self.get_slot(var, "v"))

    def _combined(self, *numbers: Any) -> tuple[Any, ...]:
        rate, beta1, beta2, epsilon, power1, power2 = numbers
        rate = rate * np.sqrt(1 - power2) / (1 - power1)
        return (rate, 1 - beta1, 1 - beta2, epsilon, beta1, beta2)

    def _step(self, numbers: tuple[Any, ...], var: Array, grad: Array, *slots: Array) -> None:
        rate, rest1, rest2, epsilon = numbers[:4]
        m, v = slots
        scratch = grad - m
        np.multiply(scratch, rest1, scratch)
        np.add(m, scratch, m)
        np.square(grad, scratch)
        np.subtract(scratch, v, scratch)
        np.multiply(scratch, rest2, scratch)
        np.add(v, scratch, v)
        _move(var, m, v, rate, epsilon, scratch)

    def _resource_apply_dense(self, grad: Any, handle: Any) -> None:
        super()._resource_apply_dense(grad, handle)
        self._touched.pop(handle._handle, None)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> None:
        rate, rest1, rest2, epsilon, beta1, beta2 = self._numbers_for(handle._array.dtype)
        slots = self._slots_of(handle)
        m, v = [slot._writable() for slot in slots]
        var = handle._writable()
        touched = self._touched.get(handle._handle)
        if touched is None or touched.buffers != (id(m), id(v)):
            touched = self._touched[handle._handle] = Touched(*slots, fresh=False)
        rows, values = indices._array, grad._array
        touched.add(rows)
        token = enter_silence(SILENCE)
        try:
            if touched.everywhere or not epsilon > 0:
                np.multiply(m, beta1, out=m)
                np.multiply(v, beta2, out=v)
                m[rows] += values * rest1
                v[rows] += np.square(values) * rest2
                _move(var, m, v, rate, epsilon, np.empty_like(m))
            else:
                active = touched.rows
                m[active] *= beta1
                v[active] *= beta2
                m[rows] += values * rest1
                v[rows] += np.square(values) * rest2
                part = var[active]
                some = m[active]
                _move(part, some, v[active], rate, epsilon, np.empty_like(some))
                var[active] = part
        finally:
            leave_silence(token)

    def _finish(self, update_ops: list[Any], name_scope: str | None) -> None:
        for power, beta in zip(self._get_beta_accumulators(), self._values[1:3], strict=True):
            array = power._writable()
            np.multiply(array, beta.astype(array.dtype), out=array)


def _move(var: Array, m: Array, v: Array, rate: Any, epsilon: Any, scratch: Array) -> None:
    """`var -= rate * m / (sqrt(v) + epsilon)`."""
    np.sqrt(v, scratch)
    np.add(scratch, epsilon, scratch)
    np.divide(m, scratch, scratch)
    np.multiply(scratch, rate, scratch)
    np.subtract(var, scratch, var)
