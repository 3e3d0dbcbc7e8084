"""Tensors as Python objects: conversion, printing, operators, protocols."""

import copy
import enum
import pickle

import numpy as np

from cases.form import Case, bad


class Colour(enum.IntEnum):
    RED = 1


def _text(value):
    """repr, str and a formatted form."""
    return lambda tf: (repr(value(tf)), str(value(tf)))


class _Points:
    def __array__(self, dtype=None, copy=None):
        return np.array([1.0, 2.0], dtype or np.float64)


VALUES = {
    "int": 3, "negative": -7, "float": 2.5, "bool": True, "complex": 1 + 2j, "string": "héllo", "bytes": b"ab\x00c",
    "big": 2**31, "bigger": -(2**40), "list": [1, 2, 3], "floats": [1.5, 2], "nested": [[1, 2], [3, 4]],
    "bools": [True, False], "strings": ["a", "bc"], "empty": [], "empty2": [[], []], "tuple": (1.0, 2.0),
    "range": range(4), "np32": np.float32(1.5), "np64": np.float64(1.5), "npint": np.int64(4), "npbool": np.bool_(True),
    "array": np.arange(6).reshape(2, 3), "arrayf": np.linspace(0, 1, 3), "array16": np.array([1.5], np.float16),
    "list_of_arrays": [np.array([1.0, 2.0]), np.array([3.0, 4.0])], "list_np": [np.float64(1.0), np.float64(2.0)],
    "list_np32": [np.float32(1.0), np.float32(2.0)], "list_int64": [np.int64(1), np.int64(2)],
    "mixed": [1, 2.5, np.float32(3)], "inf": float("inf"), "nan": float("nan"), "npstr": np.array(["x", "yz"]),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "strided": np.arange(10)[::3], "uint8": np.uint8(200),
    "complexes": [1j, 2.0], "zero_d": np.array(3), "big_list": [1, 2**33], "mixed_bool": [1.0, True],
    "enum": Colour.RED, "bytes_list": [b"a", "b"],
}  # fmt: skip

BAD_VALUES = {
    "none": None, "ragged": [[1], [2, 3]], "nones": [1, None], "object": object(), "dict": {"a": 1},
    "too_big": 2**64, "mixed_types": [1, "a"], "string_number": ["a", 1], "deep": [[1, 2], 3], "set": {1, 2},
    "function": len, "huge": 1e300, "huge_list": [1.0, 1e39],
}  # fmt: skip

CONVERSIONS = {
    "int->float32": (3, "float32"), "int->float64": (3, "float64"), "int->int8": (3, "int8"), "float->float16": (2.5, "float16"),
    "float->bfloat16": (2.5, "bfloat16"), "int->bool": (1, "bool"), "bool->int": (True, "int32"), "float->int": (1.5, "int32"),
    "float2->int": (2.0, "int32"), "str->int": ("a", "int32"), "int->str": (1, "string"), "np->int": (np.float32(2.0), "int32"),
    "np->float": (np.int64(3), "float32"), "array->float": (np.arange(3), "float32"), "array64->32": (np.ones(2), "float32"),
    "arrayf->int": (np.array([1.5]), "int32"), "arrayf2->int": (np.array([1.0]), "int32"), "list->float64": ([1, 2], "float64"),
    "listf->int": ([1.5, 2.0], "int32"), "listf2->int": ([1.0, 2.0], "int32"), "complex->float": (1j, "float32"),
    "float->complex": (1.5, "complex64"), "bools->float": ([True], "float32"), "empty->int": ([], "int32"), "neg->uint": (-1, "uint8"),
    "300->uint8": (300, "uint8"), "big->int32": (2**31, "int32"), "list300->uint8": ([300], "uint8"), "bool->float": (True, "float32"),
    "np.bool->int": (np.array([True]), "int32"), "int->complex": (2, "complex128"), "enum->float": (Colour.RED, "float32"),
    "int->float8": (2, "float8_e4m3fn"), "nan->int": (float("nan"), "int32"),
}  # fmt: skip

PRINTED = {
    "scalar": lambda tf: tf.constant(1.5), "int": lambda tf: tf.constant(3), "bool": lambda tf: tf.constant(True),
    "vector": lambda tf: tf.constant([1.0, 2.0]), "matrix": lambda tf: tf.constant([[1, 2], [3, 4]]),
    "string": lambda tf: tf.constant("abc"), "strings": lambda tf: tf.constant([["a"], ["b"]]), "empty": lambda tf: tf.zeros([0, 3]),
    "cube": lambda tf: tf.reshape(tf.range(8.0), [2, 2, 2]), "long": lambda tf: tf.range(2000), "complex": lambda tf: tf.constant(1 + 2j),
    "bfloat16": lambda tf: tf.constant([1.5, 2.0], tf.bfloat16), "half": lambda tf: tf.constant(1.5, tf.float16),
    "nan": lambda tf: tf.constant([float("nan"), float("inf")]), "variable": lambda tf: tf.Variable([[1.0, 2.0]]),
    "named": lambda tf: tf.Variable(3, name="steps"), "bools": lambda tf: tf.constant([True, False]), "int8": lambda tf: tf.constant(-3, tf.int8),
    "small": lambda tf: tf.constant([1e-8, 1.0]), "double": lambda tf: tf.constant([0.1, 1 / 3], tf.float64),
}  # fmt: skip

BINARY = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b, "//": lambda a, b: a // b,
    "%": lambda a, b: a % b, "**": lambda a, b: a**b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "&": lambda a, b: a & b, "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b, "@": lambda a, b: a @ b, "divmod": lambda a, b: divmod(a, b),
}  # fmt: skip

OPERANDS = {
    "tensor,tensor": lambda tf: (tf.constant([5.0, -3.0]), tf.constant([2.0, 2.0])),
    "tensor,int": lambda tf: (tf.constant([5.0, -3.0]), 2),
    "int,tensor": lambda tf: (2, tf.constant([5.0, -3.0])),
    "float,ints": lambda tf: (2.5, tf.constant([5, -3])),
    "ints,int": lambda tf: (tf.constant([5, -3]), 2),
    "ints,ints": lambda tf: (tf.constant([5, -3]), tf.constant([2, 2])),
    "mixed": lambda tf: (tf.constant([5, -3]), tf.constant([2.0, 2.0])),
    "array,tensor": lambda tf: (np.array([5.0, -3.0], np.float32), tf.constant([2.0, 2.0])),
    "tensor,array64": lambda tf: (tf.constant([2.0, 2.0]), np.array([5.0, -3.0])),
    "variable,tensor": lambda tf: (tf.Variable([5.0, -3.0]), tf.constant([2.0, 2.0])),
    "float,variable": lambda tf: (3.0, tf.Variable([5.0, -3.0])),
    "bools": lambda tf: (tf.constant([True, False]), tf.constant([True, True])),
    "shapes": lambda tf: (tf.constant([1.0, 2.0]), tf.constant([1.0, 2.0, 3.0])),
    "tensor,none": lambda tf: (tf.constant([1.0]), None),
    "tensor,list": lambda tf: (tf.constant([1.0, 2.0]), [3, 4]),
    "matrix": lambda tf: (tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[1.0], [2.0]])),
    "int8,int": lambda tf: (tf.constant([5, -3], tf.int8), 2),
    "tensor,string": lambda tf: (tf.constant([1.0]), "a"),
    "strings": lambda tf: (tf.constant(["a", "b"]), tf.constant(["c", "b"])),
    "complex": lambda tf: (tf.constant([1 + 1j]), tf.constant([2 - 1j])),
}  # fmt: skip


def _exchange(tf):
    return tf.experimental.dlpack.from_dlpack(
        tf.experimental.dlpack.to_dlpack(tf.constant([[1.0, 2.0]]))
    )


def _outcome(tf, f):
    """The result, or the class of the error: one case for what may go either way."""
    try:
        return f()
    except Exception as error:
        return type(error).__name__


# `x | None` and `x | "a"` end in an AttributeError about `__ror__` in TensorFlow; we name the value.
_NOT_COMPARED = {("tensor,none", "|"), ("tensor,string", "|")}


def _operator_cases():
    for operand, make in OPERANDS.items():
        for sign, op in BINARY.items():
            if (operand, sign) in _NOT_COMPARED:
                continue
            yield Case("Tensor", lambda tf, make=make, op=op: _outcome(tf, lambda: op(*make(tf))),
                       id=f"{operand} {sign}")  # fmt: skip


UNARY = {
    "-": lambda x: -x, "abs": abs, "~": lambda x: ~x, "not": lambda x: not x, "bool": bool, "int": int, "float": float,
    "complex": complex, "len": len, "iter": lambda x: [v.numpy() for v in x], "hash": lambda x: hash(x) and None,
    "index": lambda x: [0, 1, 2][x], "format": lambda x: f"{x:.2f}", "percent": lambda x: "%.3f" % x, "round": lambda x: round(float(x), 1),
    "in": lambda x: 1 in x, "contains": lambda x: [y for y in range(3) if y == x], "ndim": lambda x: x.ndim, "shape": lambda x: x.shape,
    "get_shape": lambda x: x.get_shape(), "dtype": lambda x: x.dtype, "numpy": lambda x: x.numpy(), "device": lambda x: x.device,
    "array": np.asarray, "array64": lambda x: np.array(x, np.float64), "np.sum": np.sum, "np.add": lambda x: np.add(x, 1),
    "np.sin": lambda x: np.sin(x), "copy": lambda x: copy.copy(x), "deepcopy": lambda x: copy.deepcopy(x), "reversed": lambda x: list(reversed(x)),
    "pickle": lambda x: pickle.loads(pickle.dumps(x)), "name": lambda x: x.name, "op": lambda x: x.op, "graph": lambda x: x.graph,
    "eval": lambda x: x.eval(), "set_shape": lambda x: x.set_shape([7, 7]), "ref": lambda x: x.ref() == x.ref(),
    "deref": lambda x: x.ref().deref() is x, "tolist": lambda x: x.numpy().tolist(), "setitem": lambda x: x.__setitem__(0, 1),
    "attribute": lambda x: setattr(x, "mine", 3) or x.mine, "missing": lambda x: x.no_such_thing, "T": lambda x: x.T, "sum": sum,
    "max": max, "sorted": sorted, "eq_none": lambda x: x == None, "ne_none": lambda x: x != None, "eq_str": lambda x: x == "a",  # noqa: E711
    "is_none": lambda x: x is None, "and": lambda x: (x and True) is True, "range": lambda x: list(range(x)), "repeat": lambda x: [0] * x,
    "dlpack": lambda x: np.from_dlpack(x), "memory": lambda x: np.asarray(x).flags.writeable, "numpy_writes": lambda x: x.numpy().flags.writeable,
}  # fmt: skip

OBJECTS = {
    "scalar": lambda tf: tf.constant(1.5), "int": lambda tf: tf.constant(2), "vector": lambda tf: tf.constant([1.0, 2.0]),
    "bool": lambda tf: tf.constant(True), "matrix": lambda tf: tf.constant([[1, 2], [3, 4]]), "variable": lambda tf: tf.Variable(2.0),
    "string": lambda tf: tf.constant("ab"),
}  # fmt: skip


# What depends on addresses, or names the implementation.
_SKIPPED = {("numpy_writes", "scalar"), ("numpy_writes", "int"), ("numpy_writes", "bool"), ("numpy_writes", "string"),
            ("numpy_writes", "variable"), ("op", "variable"), ("graph", "variable"), ("device", "string"),
            ("dlpack", "bool"), ("dlpack", "string"), ("dlpack", "variable"), ("deepcopy", "variable"), ("pickle", "variable"),
            ("eval", "variable"), ("copy", "variable"), ("ndim", "variable"),
            # A variable compared with None raises in TensorFlow, where a tensor does not: we do as tensors do.
            ("eq_none", "variable"), ("ne_none", "variable")}  # fmt: skip


def _unary_cases():
    for name, make in OBJECTS.items():
        for what, op in UNARY.items():
            if (what, name) not in _SKIPPED:
                yield Case("Tensor", lambda tf, make=make, op=op: _outcome(tf, lambda: op(make(tf))),
                           id=f"{name} {what}")  # fmt: skip


CASES = [
    *(Case("constant", lambda tf, v=v: tf.constant(v), id=k) for k, v in VALUES.items()),
    *(
        Case("convert_to_tensor", lambda tf, v=v: tf.convert_to_tensor(v), id=k)
        for k, v in VALUES.items()
    ),
    *(bad("constant", lambda tf, v=v: tf.constant(v), id=k) for k, v in BAD_VALUES.items()),
    *(
        Case(
            "convert_to_tensor",
            lambda tf, v=v, d=d: _outcome(
                tf, lambda: tf.convert_to_tensor(v, dtype=getattr(tf, d, None) or d)
            ),
            id=k,
        )
        for k, (v, d) in CONVERSIONS.items()
    ),
    *(
        Case(
            "convert_to_tensor",
            lambda tf, v=v, d=d: _outcome(
                tf, lambda: tf.convert_to_tensor(v, dtype_hint=getattr(tf, d, None) or d)
            ),
            id=f"hint {k}",
        )
        for k, (v, d) in CONVERSIONS.items()
    ),
    Case("constant", lambda tf: tf.constant(2, shape=[2, 2])),
    Case("constant", lambda tf: tf.constant([1, 2, 3, 4], shape=[2, 2], dtype=tf.float32)),
    bad("constant", lambda tf: tf.constant([1, 2, 3], shape=[2, 2])),
    Case("constant", lambda tf: tf.constant(tf.constant([1.0]))),
    Case("constant", lambda tf: tf.constant(1e300, tf.float32)),
    Case("constant", lambda tf: tf.constant(1.0) + 1e300),
    Case(
        "convert_to_tensor",
        lambda tf: tf.convert_to_tensor([[tf.constant(1), 2], [3, tf.Variable(4)]]),
    ),
    Case("convert_to_tensor", lambda tf: tf.convert_to_tensor(_Points())),
    Case("convert_to_tensor", lambda tf: tf.convert_to_tensor(tf.TensorShape([2, 3]))),
    Case("convert_to_tensor", lambda tf: tf.convert_to_tensor(tf.Variable([1, 2]))),
    bad("convert_to_tensor", lambda tf: tf.convert_to_tensor(tf.constant(1), tf.float32)),
    bad("convert_to_tensor", lambda tf: tf.convert_to_tensor(tf.TensorShape([2, None]))),
    bad("convert_to_tensor", lambda tf: tf.convert_to_tensor(1, "no_dtype")),
    bad("convert_to_tensor", lambda tf: tf.convert_to_tensor([tf.constant(1), tf.constant(2.0)])),
    Case("experimental.dlpack.to_dlpack", _exchange),
    Case(
        "experimental.dlpack.from_dlpack",
        lambda tf: tf.experimental.dlpack.from_dlpack(np.arange(3).__dlpack__()),
    ),
    *(Case("Tensor", _text(make), id=f"print {k}") for k, make in PRINTED.items()),
    *_operator_cases(),
    *_unary_cases(),
]
