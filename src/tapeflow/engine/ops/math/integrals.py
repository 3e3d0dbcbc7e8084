"""The exponential integral and Spence's function."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array.creation import ones_like
from tapeflow.engine.ops.math import integral_kernels
from tapeflow.engine.ops.math.arithmetic import negative, realdiv, subtract
from tapeflow.engine.ops.math.chain_rule import chain
from tapeflow.engine.ops.math.comparison import equal
from tapeflow.engine.ops.math.exponentials import exp, log
from tapeflow.engine.ops.math.in_float64 import special
from tapeflow.engine.runtime.dispatch import unary

expint_p = special(
    "Expint",
    integral_kernels.exponential_integral,
    chain(lambda x, y: realdiv(exp(x), x)),
    0.5, 3.0, 0.0, 50.0, float("nan"),
    half=False,
)  # fmt: skip


@export("math.special.expint")
def expint(x: Any, name: str | None = None) -> Any:
    """Computes the exponential integral Ei, the integral of `exp(t) / t` from -inf to `x`.

    Args:
      x: tensor of float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; -inf at 0, NaN below.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.expint([1.0, 1.1, 2.1]).numpy()
      array([1.8951179, 2.1673784, 5.3332353], dtype=float32)
    """
    return unary(expint_p, x)


def _spence_slope(x: Any, y: Any) -> Any:
    from tapeflow.engine.ops.array.selection import where

    # log(x) / (1 - x), whose limit at 1 is -1.
    at_one = equal(x, 1.0)
    ones = ones_like(x)
    below = where(at_one, ones, subtract(1.0, x))
    return where(at_one, negative(ones), realdiv(log(x), below))


spence_p = special(
    "Spence",
    integral_kernels.dilogarithm,
    chain(_spence_slope),
    0.2, 0.9, 0.0, 1.0, 2.0, 3.5, -1.0, 100.0, float("nan"),
    half=False,
)  # fmt: skip


@export("math.special.spence")
def spence(x: Any, name: str | None = None) -> Any:
    """Computes Spence's function, the integral of `log(t) / (1 - t)` from 1 to `x`, elementwise.

    Args:
      x: tensor of float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; NaN below 0.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.spence([0.5, 1.0, 2.0]).numpy()
      array([ 0.58224034,  0.        , -0.82246685], dtype=float32)
    """
    return unary(spence_p, x)
