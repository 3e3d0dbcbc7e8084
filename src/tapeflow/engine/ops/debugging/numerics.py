"""`check_numerics`: NaN and infinities are errors, for one tensor or in all operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir import primitive as declaring
from tapeflow.engine.ir.infer import reject, same_as_input
from tapeflow.engine.ir.primitive import HOST, WRITES, Primitive, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.tracing import graph as graphs


def _kernel(tensor: np.ndarray, message: str = "") -> np.ndarray:
    if not np.isfinite(tensor).all():
        found = [
            name for name, test in (("Inf", np.isinf), ("NaN", np.isnan)) if test(tensor).any()
        ]
        reject(f"{message} : Tensor had {' and '.join(found)} values")
    return tensor


def _samples(draw: Draw) -> Any:
    for shape in ((), (3,), (2, 3), (0,)):
        yield Sample(draw.reals(*shape), message="checked")


_IN_GRADIENT = "Not a number (NaN) or infinity (Inf) values detected in gradient."

check_numerics_p = primitive(
    "CheckNumerics",
    infer=same_as_input(dtypes.FLOATING),
    kernel=_kernel,
    vjp=lambda ctx, dy: (apply(check_numerics_p, dy, message=_IN_GRADIENT),),
    lower=HOST,
    samples=_samples,
    effect=WRITES,  # the error comes whether somebody uses the result or not
)


@export("debugging.check_numerics", "compat.v1.check_numerics")
def check_numerics(tensor: Any, message: str, name: str | None = None) -> Any:
    """Passes a tensor on when all of its elements are finite.

    Args:
      tensor: floating tensor.
      message: what the error begins with.
      name: ignored in eager mode.

    Returns:
      `tensor`.

    Raises:
      tf.errors.InvalidArgumentError: when an element is NaN or infinite.
      TypeError: when `message` is no string.

    Example:
      >>> import tapeflow as tf
      >>> tf.debugging.check_numerics([1.0, 2.0], "loss").numpy()
      array([1., 2.], dtype=float32)
    """
    if not isinstance(message, (str, bytes)):
        raise TypeError(f"Expected string for argument 'message' not {message!r}.")
    text = message.decode() if isinstance(message, bytes) else message
    return apply(check_numerics_p, convert(tensor), message=text)


@export("debugging.assert_all_finite")
def assert_all_finite(x: Any, message: str, name: str | None = None) -> Any:
    """Passes a tensor on when all of its elements are finite.

    Args:
      x: floating tensor.
      message: what the error begins with.
      name: ignored in eager mode.

    Returns:
      `x` as a tensor.

    Raises:
      tf.errors.InvalidArgumentError: when an element is NaN or infinite.
    """
    return check_numerics(x, message)


# All operations: kernels are wrapped while checking is on; while it is off, it costs nothing.

_PLAIN: dict[str, Callable[..., Any]] = {}


@export("debugging.enable_check_numerics")
def enable_check_numerics(stack_height_limit: int = 30, path_length_limit: int = 50) -> None:
    """From now on an operation whose result has NaN or infinite elements is an error.

    Args:
      stack_height_limit: accepted; Python's traceback shows the whole stack.
      path_length_limit: accepted and not used.

    Example:
      >>> import tapeflow as tf
      >>> tf.debugging.enable_check_numerics()
      >>> tf.constant([1.0]) / tf.constant([0.0])
      Traceback (most recent call last):
      tapeflow.engine.core.errors.InvalidArgumentError: RealDiv: ...
      >>> tf.debugging.disable_check_numerics()
    """
    declaring.ON_DECLARED = _watch
    graphs.ON_OPERATION = _check_in_graph
    for prim in declaring.REGISTRY.values():
        _watch(prim)


@export("debugging.disable_check_numerics")
def disable_check_numerics() -> None:
    """Ends what `tf.debugging.enable_check_numerics` began."""
    declaring.ON_DECLARED = None
    graphs.ON_OPERATION = None
    for name, kernel in _PLAIN.items():
        _replace(declaring.REGISTRY[name], kernel)
    _PLAIN.clear()


def _check_in_graph(graph: Any, node: Any) -> None:
    """Adds a check of each floating result of an operation."""
    if node.prim is check_numerics_p:
        return
    for i, value in enumerate(node.outputs):
        if value.spec.dtype.np in _FLOATING:
            message = f'!!! Detected Infinity or NaN in output {i} of graph op "{node.type}" !!!'
            spec = Spec(value.spec.dtype, value.spec.shape)
            graph.add_operation(check_numerics_p, (value,), {"message": message}, [spec])


def _watch(prim: Primitive) -> None:
    if prim.name in _PLAIN or prim is check_numerics_p:
        return
    kernel = _PLAIN[prim.name] = prim.kernel
    name = prim.name

    def checked(*arrays: Any, **attrs: Any) -> Any:
        out = kernel(*arrays, **attrs)
        outputs = out if type(out) is tuple else (out,)
        for i, array in enumerate(map(np.asarray, outputs)):
            if array.dtype in _FLOATING and not np.isfinite(array).all():
                _report(name, i, len(outputs), array, arrays)
        return out

    _replace(prim, checked)


_FLOATING = {d.np: True for d in dtypes.FLOATING}


def _replace(prim: Primitive, kernel: Callable[..., Any]) -> None:
    old, prim.kernel = prim.kernel, kernel
    # The short ways to call an elementwise operation hold its kernel.
    for call in prim.calls:
        for cell in call.__closure__ or ():
            if cell.cell_contents is old:
                cell.cell_contents = kernel


def _report(name: str, index: int, count: int, array: np.ndarray, inputs: tuple[Any, ...]) -> None:
    counts = [
        f"  # of {what} elements: {number}"
        for what, number in (
            ("-Inf", int(np.isneginf(array).sum())),
            ("+Inf", int(np.isposinf(array).sum())),
            ("+NaN", int(np.isnan(array).sum())),
        )
        if number
    ]
    lines = [
        "\n",
        f'!!! Detected Infinity or NaN in output {index} of eagerly-executing op "{name}" !!!',
        f"  # of outputs: {count}",
        f"  dtype: {array.dtype}",
        f"  shape: {array.shape}",
        *counts,
        "",
        f"  Input tensors ({len(inputs)}):",
        *[f"         {i}: {np.asarray(x)}" for i, x in enumerate(inputs)],
    ]
    reject("\n".join(lines))
