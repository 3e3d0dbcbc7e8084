"""How a sample is run on TensorFlow: through `tf.raw_ops`, where attributes have our names."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from harness.canonical import canonical
from harness.encoding import encode_array
from harness.seeds import forget_seed
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ir.primitive import Primitive
from tapeflow.engine.ir.samples import Sample

NOT_COMPARABLE: dict[str, str] = {
    # name -> why TensorFlow's op of that name cannot be asked for the same numbers
    "EncodePng": "files of equal pixels need not be equal; tests/cases/image_boxes.py compares",
    "EncodeJpeg": "files of equal pixels need not be equal; tests/cases/image_boxes.py compares",
    "EncodeJpegVariableQuality": "as EncodeJpeg; tests/cases/image_boxes.py compares",
}


GRADIENT_NOT_COMPARABLE: dict[str, str] = {
    # name -> why TensorFlow's op of that name cannot be asked for the same numbers
    "SoftmaxCrossEntropyWithLogits": "TensorFlow's rule leaves out parts that no user can ask for",
}


def absent(tf: Any, prim: Primitive) -> str | None:
    """Why a primitive cannot be compared, or None when it can."""
    if prim.name in NOT_COMPARABLE:
        return NOT_COMPARABLE[prim.name]
    if not hasattr(tf.raw_ops, prim.name):
        return "not in tf.raw_ops"
    return None


def run_raw(tf: Any, prim: Primitive, sample: Sample) -> Any:
    """The encoded outputs of TensorFlow's op, or the error it raised."""
    arguments = arguments_of(tf, prim, sample)
    forget_seed(tf)  # which also starts anew the counters of random ops
    try:
        out = getattr(tf.raw_ops, prim.name)(**arguments)
    except (tf.errors.OpError, TypeError, ValueError) as error:
        return {"error": type(error).__name__, "message": _short(error)}
    if out is None or isinstance(out, tf.Operation):
        return []
    outputs = out if isinstance(out, (list, tuple)) else [out]
    flat: list[Any] = []
    for item in outputs:
        flat.extend(item if isinstance(item, (list, tuple)) else [item])
    arrays = canonical(prim.name, [_array(t) for t in flat], sample.attrs)
    return [encode_array(a, t.dtype.name) for a, t in zip(arrays, flat)]


def run_raw_gradient(tf: Any, prim: Primitive, sample: Sample) -> Any:
    """TensorFlow's gradient of the sum of all outputs with respect to the floating inputs.

    None where it refuses: an op without a gradient rule is something else than one without
    gradient.
    """
    if prim.name in GRADIENT_NOT_COMPARABLE:
        return None
    tensors = [tf.constant(a) for a in sample.inputs]
    sources = [t for t in tensors if t.dtype.is_floating]
    forget_seed(tf)
    try:
        with tf.GradientTape() as tape:
            tape.watch(sources)
            out = getattr(tf.raw_ops, prim.name)(**arguments_of(tf, prim, sample, tensors))
        outputs = tf.nest.flatten(out)
        outputs = [o for o in outputs if o.dtype.is_floating]
        if not outputs:
            return None
        grads = tape.gradient(outputs, sources)
    except (LookupError, tf.errors.OpError, TypeError, ValueError, NotImplementedError):
        return None
    return [None if g is None else _encode(tf.convert_to_tensor(g)) for g in grads]


def _encode(tensor: Any) -> Any:
    return encode_array(_array(tensor), tensor.dtype.name)


def _array(tensor: Any) -> np.ndarray:
    value = tensor.numpy()
    if isinstance(value, bytes):
        cell = np.empty((), object)
        cell[()] = value
        value = cell
    return np.asarray(value)


def _short(error: Exception) -> str:
    return str(error).split("\n")[0][:160]


def arguments_of(
    tf: Any, prim: Primitive, sample: Sample, tensors: list[Any] | None = None
) -> dict[str, Any]:
    """Keyword arguments: attributes by name, the inputs in order to the parameters left."""
    from tensorflow.python.framework import op_def_registry

    parameters = list(inspect.signature(getattr(tf.raw_ops, prim.name)).parameters)
    op = op_def_registry.get(prim.name)
    is_list = [bool(a.number_attr or a.type_list_attr) for a in op.input_arg]
    attributes = {
        name: _attribute(tf, name, value, sample)
        for name, value in sample.attrs.items()
        if not (value is None and name != "axis")
    }
    unknown = attributes.keys() - set(parameters)
    if unknown:
        raise LookupError(
            f"{prim.name}: attributes {sorted(unknown)} are not named as in raw_ops: {parameters}"
        )
    slots = [
        (name, several)
        for name, several in zip(parameters, is_list, strict=False)
        if name not in attributes
    ]
    arrays = [tf.constant(a) for a in sample.inputs] if tensors is None else list(tensors)
    lists = sum(several for _, several in slots)
    length = (len(arrays) - (len(slots) - lists)) // lists if lists else 0
    arguments = dict(attributes)
    for name, several in slots:
        if several:
            arguments[name], arrays = arrays[:length], arrays[length:]
        elif arrays:
            arguments[name] = arrays.pop(0)
    if arrays:
        raise LookupError(f"{prim.name}: more inputs than parameters {[s[0] for s in slots]}")
    return arguments


def _attribute(tf: Any, name: str, value: Any, sample: Sample) -> Any:
    if name == "axis" and value is None:
        return list(range(sample.inputs[0].ndim))
    if isinstance(value, DType):
        return tf.as_dtype(value.name)
    if isinstance(value, TensorShape):
        return value.as_list()
    if isinstance(value, tuple):
        if not value:
            return tf.constant([], tf.int32) if name == "axis" else []
        return [_attribute(tf, "", v, sample) for v in value]
    return value
