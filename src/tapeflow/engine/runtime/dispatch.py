"""Runs a primitive: checks, kernel, and a note on whoever records.

`unary` and `binary` are the short way for elementwise operations and the hottest code of eager
mode (`unary_function` and `binary_function` make it); `apply` is the general one. All of them hand
over to the tracer while a function is traced.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import (
    SILENCE,
    current_recorders,
    enter_silence,
    leave_silence,
    state,
)
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.core.errors import InvalidArgumentError, OpError, ResourceExhaustedError
from tapeflow.engine.ir.primitive import with_values
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import READERS, convert, convert_operand, convert_pair
from tapeflow.engine.runtime.large import least_elements, remembered
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tapeflow.engine.ir.primitive import Primitive

DIFFERENTIABLE = {d.np: True for d in dtypes.DIFFERENTIABLE}
"""NumPy dtypes whose tensors have gradients."""

# TensorFlow's kernels never speak of overflow or division by zero; NumPy's warn. Warnings of our
# modules are ignored, and where a program turns them (or `np.seterr`) into errors, the kernel runs
# once more, silenced. Silencing NumPy around every kernel would cost a tenth of a training step.
# Kernels that call NumPy functions written in Python are `silenced` themselves (core/context.py).
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tapeflow\.")
FLOAT_ERRORS = (RuntimeWarning, FloatingPointError)

_new = object.__new__
_ndarray = np.ndarray

# A primitive remembers so many accepted signatures, then starts anew: shapes that never repeat
# must not make memory grow.
MAX_CHECKED = 1024


def unary(prim: Primitive, x: Any) -> Any:
    """Applies an elementwise primitive of one input; converts `x` when it isn't a tensor."""
    return (prim.call or unary_function(prim))(x)


def binary(prim: Primitive, x: Any, y: Any) -> Any:
    """Applies an elementwise primitive of two inputs; a non-tensor takes the other's dtype."""
    return (prim.call or binary_function(prim))(x, y)


def unary_function(prim: Primitive) -> Callable[[Any], Any]:
    """`unary(prim, ...)` as a function of its own, one call cheaper."""
    kernel, fast, loggable = prim.kernel, prim.fast, _loggable(prim)
    large = least_elements(prim)

    def call(x: Any) -> Any:
        if type(x) is not EagerTensor:
            x = convert(x)
            if type(x) is not EagerTensor:
                return apply(prim, x)
        array = x._array
        recorders = current_recorders()
        if (
            array.dtype not in fast
            or (recorders and state.tracer is not None)
            or (large and array.size >= large)
        ):
            return apply(prim, x)
        try:
            out = kernel(array)
        except FLOAT_ERRORS:
            out = _silently(kernel, (array,), NO_ATTRS)
        except Exception as error:
            _explain(prim, (array,), NO_ATTRS, error)
        result = _new(EagerTensor)
        result._array = out if type(out) is _ndarray else _as_array(out)
        if recorders:
            for recorder in recorders:
                if id(x) in recorder.tracked:
                    if loggable and recorder.log is not None:
                        recorder.log((prim, (x,), (result,), NO_ATTRS))
                        recorder.tracked.add(id(result))
                    else:
                        recorder.record(prim, (x,), (result,), NO_ATTRS)
        return result

    prim.calls.append(call)
    if prim.call is None:
        prim.call = call
    return call


def binary_function(
    prim: Primitive, otherwise: Callable[[Any, Any], Any] | None = None
) -> Callable[[Any, Any], Any]:
    """`binary(prim, ...)` as a function of its own, one call cheaper.

    Args:
      prim: the elementwise primitive.
      otherwise: what to call with tensors whose dtypes `prim` does not take; by default `apply`,
        which raises the error.

    Returns:
      A function of two arguments.
    """
    kernel, fast, name, loggable = prim.kernel, prim.fast, prim.name, _loggable(prim)
    large = None if otherwise else least_elements(prim)

    def general(x: Any, y: Any) -> Any:
        return apply(prim, x, y)

    instead = otherwise or general

    def call(x: Any, y: Any) -> Any:
        if type(x) is not EagerTensor:
            reader = READERS.get(type(x))
            if reader is not None:
                x = reader(x)
            if type(y) is not EagerTensor:
                x, y = convert_pair(x, y, name)
            elif type(x) is not EagerTensor:
                x = convert_operand(x, y, name)
        elif type(y) is not EagerTensor:
            y = convert_operand(y, x, name)
        try:
            a = x._array
            b = y._array
        except AttributeError:
            return instead(x, y)
        dtype = a.dtype
        recorders = current_recorders()
        if (
            dtype is not b.dtype
            or dtype not in fast
            or (recorders and state.tracer is not None)
            or (large and a.size >= large)
        ):
            return instead(x, y)
        try:
            out = kernel(a, b)
        except FLOAT_ERRORS:
            out = _silently(kernel, (a, b), NO_ATTRS)
        except Exception as error:
            _explain(prim, (a, b), NO_ATTRS, error)
        result = _new(EagerTensor)
        result._array = out if type(out) is _ndarray else _as_array(out)
        if recorders:
            for recorder in recorders:
                tracked = recorder.tracked
                if id(x) in tracked or id(y) in tracked:
                    if loggable and recorder.log is not None:
                        recorder.log((prim, (x, y), (result,), NO_ATTRS))
                        tracked.add(id(result))
                    else:
                        recorder.record(prim, (x, y), (result,), NO_ATTRS)
        return result

    prim.calls.append(call)
    if prim.call is None and otherwise is None:
        prim.call = call
    return call


def _loggable(prim: Primitive) -> bool:
    """Whether a tracked input makes the output differentiable, so that a tape need only note it."""
    return prim.differentiable and getattr(prim.infer, "result", prim) is None


NO_ATTRS: dict[str, Any] = {}


def apply(prim: Primitive, *inputs: Tensor, **attrs: Any) -> Any:
    """Applies any primitive.

    Args:
      prim: the primitive.
      *inputs: tensors, already converted (see `convert`).
      **attrs: hashable attributes.

    Returns:
      A tensor, or a tuple of tensors where the kernel gives a tuple.

    Raises:
      OpError: of the class the shape rule or kernel raised, with the op's name in front.
    """
    recorders = current_recorders()
    if recorders and state.tracer is not None:
        return state.tracer.apply(prim, inputs, attrs)
    try:
        arrays = [t._array for t in inputs]  # type: ignore[attr-defined]
    except AttributeError:
        return _apply_composite(prim, inputs, attrs)
    key: Any = (*[(a.dtype, a.shape) for a in arrays], *attrs.items())
    if prim.value_inputs:
        key = with_values(key, prim, arrays)
    try:
        known = prim.checked.get(key)
    except TypeError:  # an unhashable attribute: check anew each time
        _infer(prim, arrays, attrs)
    else:
        if known is None:
            _infer(prim, arrays, attrs)
            if len(prim.checked) >= MAX_CHECKED:
                prim.checked.clear()
            if key is not None:
                known = prim.checked[key] = remembered(prim, arrays, attrs)
        if known is not None and known is not True:
            outputs = known(inputs)
            if outputs is not None:
                if recorders:
                    record(prim, inputs, outputs, attrs)
                return outputs if known.several else outputs[0]
    return run(prim, inputs, attrs)


def run(prim: Primitive, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    """Runs the kernel on eager tensors that the shape rule is known to accept, and records it."""
    recorders = current_recorders()
    if recorders and state.tracer is not None:
        return state.tracer.apply(prim, inputs, attrs)
    count = len(inputs)
    try:
        if count == 1:  # the common cases, spelled out: a list comprehension is a call of its own
            out = prim.kernel(inputs[0]._array, **attrs)
        elif count == 2:
            out = prim.kernel(inputs[0]._array, inputs[1]._array, **attrs)
        else:
            out = prim.kernel(*[t._array for t in inputs], **attrs)
    except FLOAT_ERRORS:
        out = _silently(prim.kernel, [t._array for t in inputs], attrs)
    except Exception as error:
        _explain(prim, [t._array for t in inputs], attrs, error)
    if type(out) is tuple:
        outputs = tuple([EagerTensor(_as_array(o)) for o in out])
        if recorders:
            record(prim, inputs, outputs, attrs)
        return outputs
    result = _new(EagerTensor)
    result._array = out if type(out) is _ndarray else _as_array(out)
    if recorders:
        for recorder in recorders:
            tracked = recorder.tracked
            for t in inputs:
                if id(t) in tracked:
                    log = recorder.log
                    if log and prim.differentiable and result._array.dtype in DIFFERENTIABLE:
                        log((prim, inputs, (result,), attrs))
                        tracked.add(id(result))
                    else:
                        recorder.record(prim, inputs, (result,), attrs)
                    break
    return result


def record(prim: Any, inputs: Any, outputs: Any, attrs: Any) -> None:
    """Notes an execution on every recorder that tracks one of the inputs."""
    for recorder in current_recorders():
        tracked = recorder.tracked
        for t in inputs:
            if id(t) in tracked:
                recorder.record(prim, inputs, outputs, attrs)
                break


def _as_array(value: Any) -> np.ndarray[Any, Any]:
    if isinstance(value, (bytes, str)):
        cell = np.empty((), object)
        cell[()] = value
        return cell
    return np.asarray(value)


def spec_of(array: np.ndarray[Any, Any], with_value: bool = False) -> Spec:
    """The spec of an array; with its values where a shape rule wants them."""
    return Spec(FROM_NUMPY[array.dtype], array.shape, array if with_value else None)


def _infer(prim: Primitive, arrays: Any, attrs: dict[str, Any]) -> None:
    wanted = prim.value_inputs
    try:
        prim.infer(*[spec_of(a, i in wanted) for i, a in enumerate(arrays)], **attrs)
    except OpError as error:
        named = name_op(error, prim)
        named.rule_error = error  # type: ignore[attr-defined]  # it is not about the values
        raise named from None


def name_op(error: OpError, prim: Primitive) -> OpError:
    """The same error with the op's name in its message."""
    make: Any = type(error)  # every class we raise takes three arguments; `OpError` itself four
    return make(None, None, f"{prim.name}: {error.message} [Op:{prim.name}]")


def _silently(kernel: Any, arrays: Any, attrs: dict[str, Any]) -> Any:
    """Runs a kernel again with NumPy's floating-point warnings switched off."""
    token = enter_silence(SILENCE)
    try:
        return kernel(*arrays, **attrs)
    finally:
        leave_silence(token)


def _explain(prim: Primitive, arrays: Any, attrs: dict[str, Any], error: Exception) -> NoReturn:
    """Turns a kernel's failure into the error TensorFlow would raise."""
    if isinstance(error, OpError):
        raise name_op(error, prim) from None
    if isinstance(error, MemoryError) or "array is too big" in str(error):
        raise ResourceExhaustedError(
            None, None, f"{prim.name}: cannot allocate the result: {error} [Op:{prim.name}]"
        ) from None
    _infer(prim, arrays, attrs)
    if isinstance(error, ValueError) and "aximum allowed dimension" in str(error):
        raise InvalidArgumentError(None, None, f"{prim.name}: {error} [Op:{prim.name}]") from None
    raise error


def _apply_composite(prim: Primitive, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    """Leaves the operation to a composite tensor among the inputs, or rejects what is no tensor."""
    for t in inputs:
        own = getattr(type(t), "_apply", None)
        if own is not None:
            return own(t, prim, inputs, attrs)
    for i, t in enumerate(inputs):
        if isinstance(t, Tensor) and not isinstance(t, EagerTensor):
            raise TypeError(
                f"{prim.name}: input {i} is a symbolic tensor of a function that is no longer "
                f"being traced: {t!r}. Return it from the function instead of keeping it."
            )
        if not isinstance(t, Tensor):
            raise TypeError(
                f"{prim.name}: input {i}: expected a tensor; received {type(t).__name__}"
            )
    raise AssertionError("unreachable")
