"""Gradients that the program defines or withholds."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from tapeflow.engine.autodiff.tape import GradientTape
from tapeflow.engine.autodiff.traced_custom import traced_custom_gradient
from tapeflow.engine.core import nest
from tapeflow.engine.core.context import current_recorders, set_recorders, state
from tapeflow.engine.core.export import export
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import record
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


class CustomGradient:
    """Stands for a primitive in the record of one call of a function with its own gradient."""

    differentiable = True

    def __init__(self, name: str, vjp: Callable[..., Any]) -> None:
        self.name = name
        self.vjp = vjp


class WatchReads:
    """A recorder that only notes which trainable variables are read."""

    def __init__(self) -> None:
        self.tracked: set[int] = set()
        self.log: Any = None
        self.variables: dict[int, Any] = {}

    def record(self, prim: Any, inputs: Any, outputs: Any, attrs: Any) -> None:
        """Nothing is tracked, so there is nothing to note."""

    def left(self, tensor: Any) -> None:
        """Nothing is tracked, so nothing leaves."""

    def variable_read(self, variable: Any, tensor: Any) -> None:
        """Notes the variable."""
        if variable._trainable:
            self.variables.setdefault(id(variable._handle), variable)


@export("custom_gradient")
def custom_gradient(f: Any = None) -> Any:
    """Gives a function a gradient of its own.

    Args:
      f: function of tensors that returns `(y, grad_fn)`; `grad_fn(*dys)` returns one gradient for
        each argument of `f`. If `f` reads variables, `grad_fn` takes the keyword `variables` and
        returns `(gradients, variable_gradients)`.

    Returns:
      A function that returns `y`.

    Raises:
      TypeError: when variables are read and `grad_fn` does not take `variables`.
      ValueError: when `grad_fn` returns another number of gradients than there are arguments.

    Example:
      >>> import tapeflow as tf
      >>> @tf.custom_gradient
      ... def clipped(x):
      ...     return x, lambda dy: tf.clip_by_value(dy, -1.0, 1.0)
      >>> x = tf.Variable(3.0)
      >>> with tf.GradientTape() as tape:
      ...     y = 10.0 * clipped(x)
      >>> tape.gradient(y, x).numpy()
      np.float32(1.0)
    """
    if f is None:
        return custom_gradient

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        return _call(f, args, kwargs)

    return decorated


def _call(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    flat_args = nest.flatten(args, expand_composites=True)
    inputs = tuple([convert(a) for a in flat_args])
    packed = nest.pack_sequence_as(args, inputs, expand_composites=True)
    recorders = current_recorders()
    watcher = WatchReads()
    set_recorders((watcher,))
    try:
        result, grad_fn = f(*packed, **kwargs)
    finally:
        set_recorders(recorders)
    taken = {id(handle_of(a)) for a in flat_args if handle_of(a) is not None}
    variables = [v for key, v in watcher.variables.items() if key not in taken]
    takes_variables = _takes_variables(grad_fn)
    if variables and not takes_variables:
        raise TypeError(
            "If using @custom_gradient with a function that uses variables, then grad_fn must "
            "accept a 'variables' keyword argument."
        )
    flat_result = nest.flatten(result, expand_composites=True)
    outputs = tuple([_fresh(convert(y)) for y in flat_result])
    count = len(inputs)

    def vjp(ctx: Any, *dys: Any) -> list[Any]:
        dresult = nest.pack_sequence_as(result, dys, expand_composites=True)
        dresult = dresult if isinstance(result, (list, tuple)) else (dresult,)
        if variables:
            grads, variable_grads = grad_fn(*dresult, variables=variables)
            flat_variable_grads = nest.flatten(variable_grads)
            if len(flat_variable_grads) != len(variables):
                raise ValueError(
                    f"custom_gradient: expected {len(variables)} variable gradients; received "
                    f"{len(flat_variable_grads)}"
                )
        else:
            grads, flat_variable_grads = grad_fn(*dresult), []
        flat = nest.flatten(grads)
        if len(flat) != count:
            raise ValueError(
                f"custom_gradient function expected to return {count} gradients, but returned "
                f"{len(flat)} instead."
            )
        return [*flat, *flat_variable_grads]

    name = getattr(f, "__name__", "CustomGradient")
    if state.tracer is not None:
        outputs = traced_custom_gradient(name, vjp, inputs, variables, outputs)
    elif recorders:
        for recorder in recorders:
            for v in variables:
                recorder.variable_read(v, EagerTensor(v._array))
        handles = tuple([v._handle for v in variables])
        record(CustomGradient(name, vjp), (*inputs, *handles), outputs, {})
    return nest.pack_sequence_as(result, outputs, expand_composites=True)


def _fresh(tensor: Any) -> Any:
    """A tensor object of its own: the function may have returned its argument."""
    return EagerTensor(tensor._array) if type(tensor) is EagerTensor else tensor


def _takes_variables(grad_fn: Any) -> bool:
    try:
        parameters = inspect.signature(grad_fn).parameters
    except (TypeError, ValueError):
        return False
    return "variables" in parameters or any(
        p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()
    )


@export("recompute_grad")
def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function forget its intermediate results and compute them again for the gradient.

    Args:
      f: function of tensors; it may read variables.

    Returns:
      A function with the same results and gradients that takes less memory and more time.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.Variable(2.0)
      >>> cube = tf.recompute_grad(lambda x: x * x * x)
      >>> with tf.GradientTape() as tape:
      ...     y = cube(x)
      >>> tape.gradient(y, x).numpy()
      np.float32(12.0)
    """

    @custom_gradient
    def inner(*args: Any, **kwargs: Any) -> Any:
        result = f(*args, **kwargs)

        def grad(*dresult: Any, variables: Any = None) -> Any:
            with GradientTape() as tape:
                tensors = [a for a in nest.flatten(args) if isinstance(a, Tensor)]
                fresh = [_fresh(a) for a in tensors]
                known = iter(fresh)
                again = nest.pack_sequence_as(
                    args, [next(known) if isinstance(a, Tensor) else a for a in nest.flatten(args)]
                )
                tape.watch([a for a in fresh if a.dtype.is_floating or a.dtype.is_complex])
                if variables:
                    tape.watch(variables)
                value = f(*again, **kwargs)
            seeds = list(dresult) if isinstance(value, (list, tuple)) else dresult[0]
            sources = [*fresh, *(variables or [])]
            grads = tape.gradient(value, sources, output_gradients=seeds)
            if variables:
                return grads[: len(fresh)], grads[len(fresh) :]
            return grads

        return result, grad

    return functools.wraps(f)(lambda *args, **kwargs: inner(*args, **kwargs))


@export("grad_pass_through")
def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function whose gradient is that of the identity: cotangents pass unchanged.

    Args:
      f: function of tensors, of as many as it returns; it may read variables, which get no
        gradient.

    Returns:
      A function with the same results.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.Variable(2.6)
      >>> with tf.GradientTape() as tape:
      ...     y = tf.grad_pass_through(tf.round)(x)
      >>> y.numpy(), tape.gradient(y, x).numpy()
      (np.float32(3.0), np.float32(1.0))
    """

    @custom_gradient
    def inner(*args: Any, **kwargs: Any) -> Any:
        def grad(*dresult: Any, variables: Any = None) -> Any:
            if variables is None:
                return dresult
            return dresult, [None] * len(variables)

        return f(*args, **kwargs), grad

    return inner  # type: ignore[no-any-return]
