"""What a generator yields, made a tensor of the dtype that was announced."""

from __future__ import annotations

from functools import partial

import numpy as np

from cases.form import Case

DTYPES = ("int32", "int64", "uint8", "float32", "float64", "bool", "string", "complex64")
VALUES = {
    "float": 1.5,
    "whole float": 2.0,
    "np.float64": np.float64(1.5),
    "np.float32": np.float32(1.5),
    "float array": np.array([1.5]),
    "float list": [1.5],
    "bool": True,
    "np.int64": np.int64(3),
    "int array": np.array([3]),
    "large int": 2**40,
    "str": "a",
    "bytes": b"a",
    "complex": 1j,
    "bool array": np.array([True]),
    "str list": ["a"],
    "str array": np.array(["a"]),
    "None": None,
    "negative": -1,
    "rows of unequal length": [[1], [2, 3]],
    "np.uint8": np.uint8(3),
    "NaN": float("nan"),
}


def made(tf, dtype, make, shape=None):
    """The element as it comes out, or the class of the error."""
    spec = tf.TensorSpec(shape, getattr(tf, dtype))
    dataset = tf.data.Dataset.from_generator(lambda: iter([make()]), output_signature=spec)
    try:
        return next(dataset.as_numpy_iterator())
    except Exception as error:
        return type(error).__name__


def converted(tf, value, shape):
    return [made(tf, dtype, lambda: value, shape) for dtype in DTYPES]


def pairs(tf):
    """Structures: values are converted as for a known shape, unless there are ragged tensors."""
    s = tf.TensorSpec([], tf.int32)
    u = tf.TensorSpec(None, tf.int32)
    r = tf.RaggedTensorSpec([None, None], tf.int32)
    ragged = tf.ragged.constant([[1]])
    found = []
    for value, spec in (((1.5, 2), (s, u)), ((1, 1.5), (s, u)), ((1.5, ragged), (s, r)),
                        ((1, ragged), (s, r)), ({"a": 1.5, "b": 2}, {"a": s, "b": u})):  # fmt: skip
        dataset = tf.data.Dataset.from_generator(lambda: iter([value]), output_signature=spec)
        try:
            found.append(next(iter(dataset)))
        except Exception as error:
            found.append(type(error).__name__)
    return found


CASES = [
    *[
        Case("data.Dataset", partial(converted, value=value, shape=shape), id=f"{name} {shape}")
        for name, value in VALUES.items()
        for shape in (None, [])
    ],
    Case("data.Dataset", pairs),
    Case("data.Dataset", lambda tf: [made(tf, d, lambda: tf.constant(1.5)) for d in DTYPES]),
    Case("data.Dataset", lambda tf: [made(tf, d, lambda: tf.constant("a")) for d in DTYPES]),
]
