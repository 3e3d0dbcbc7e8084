"""Moving the zero frequency to the middle of a spectrum, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core.export import export
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import concatenation
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.tracing.deferral import planned


@export("signal.fftshift")
@planned(sizes=("x",), values=("axes",), result=lambda x, **_: Spec(x.dtype, x.shape._dims))
def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Any:
    """Moves the zero frequency to the middle.

    Args:
      x: tensor of any dtype.
      axes: dimensions to shift, an int or a list; by default all.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.fftshift([0, 1, 2, -2, -1]).numpy()
      array([-2, -1,  0,  1,  2], dtype=int32)
    """
    return _shifted(x, axes, lambda n: (n + 1) // 2)


@export("signal.ifftshift")
@planned(sizes=("x",), values=("axes",), result=lambda x, **_: Spec(x.dtype, x.shape._dims))
def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Any:
    """Undoes `tf.signal.fftshift`.

    Args:
      x: tensor of any dtype.
      axes: dimensions to shift, an int or a list; by default all.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.ifftshift([-2, -1, 0, 1, 2]).numpy()
      array([ 0,  1,  2, -2, -1], dtype=int32)
    """
    return _shifted(x, axes, lambda n: n // 2)


def _shifted(x: Any, axes: Any, first: Callable[[int], int]) -> Any:
    x = convert(x)
    if axes is None:
        axes = range(x.shape.ndims)
    elif isinstance(axes, int):
        axes = (axes,)
    elif isinstance(axes, Tensor):
        axes = np.reshape(static_value(axes), -1).tolist()
    for axis in axes:
        at = axis % x.shape.ndims
        cut = first(x.shape[at])
        lead = (slice(None),) * at
        x = concatenation.concat([x[(*lead, slice(cut, None))], x[(*lead, slice(0, cut))]], at)
    return x
