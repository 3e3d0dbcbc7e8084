"""What the engine relies on in `DType`, and messages recorded from TensorFlow 2.21."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype

NUMBERS = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "string": 7,
    "complex64": 8, "int64": 9, "bool": 10, "qint8": 11, "quint8": 12, "qint32": 13,
    "bfloat16": 14, "qint16": 15, "quint16": 16, "uint16": 17, "complex128": 18, "float16": 19,
    "resource": 20, "variant": 21, "uint32": 22, "uint64": 23, "float8_e5m2": 24,
    "float8_e4m3fn": 25, "float8_e4m3fnuz": 26, "float8_e4m3b11fnuz": 27, "float8_e5m2fnuz": 28,
    "int4": 29, "uint4": 30, "int2": 31, "uint2": 32, "float4_e2m1fn": 33,
}  # fmt: skip

EVERY = [as_dtype(name) for name in NUMBERS]


@pytest.mark.parametrize("dtype", EVERY, ids=repr)
def test_one_object_for_each_dtype(dtype):
    number = NUMBERS[dtype.name]
    assert dtype.as_datatype_enum == number == hash(dtype) == int(dtype)
    for same in (
        DType(number),
        as_dtype(dtype),
        as_dtype(number),
        as_dtype(dtype.name),
        pickle.loads(pickle.dumps(dtype)),
        copy.copy(dtype),
        copy.deepcopy(dtype),
        DType.experimental_from_proto(dtype.experimental_as_proto()),
        as_dtype(dtype.name + "_ref").base_dtype,
    ):
        assert same is dtype


@pytest.mark.parametrize("dtype", [d for d in EVERY if d.is_numpy_compatible], ids=repr)
def test_numpy_dtypes_lead_to_the_same_object(dtype):
    assert isinstance(dtype.np, np.dtype)
    assert dtypes.FROM_NUMPY[np.empty(0, dtype.np).dtype] is dtype
    assert as_dtype(dtype.np) is dtype
    assert as_dtype(dtype.as_numpy_dtype) is dtype
    assert as_dtype(np.empty(0, dtype.np)) is dtype
    if dtype.np.kind in "iufc":
        assert as_dtype(dtype.np.newbyteorder()) is dtype
        assert dtype.size == dtype.np.itemsize


def test_equality_is_with_everything_as_dtype_takes():
    assert dtypes.float32 == "float32" == dtypes.float32
    assert dtypes.float32 == np.float32
    assert dtypes.float32 == np.dtype("float32")
    assert dtypes.bfloat16 == ml_dtypes.bfloat16
    assert dtypes.float32 != dtypes.float64
    assert dtypes.float32 != "no dtype"
    assert dtypes.float32 is not None
    assert dtypes.float32 != [1]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (int, "<class 'int'>"),
        (str, "<class 'str'>"),
        (complex, "<class 'complex'>"),
        (None, "None"),
        ("foo", "'foo'"),
        (1000, "1000"),
        (np.dtype("M8"), "dtype('<M8')"),
        (np.floating, "<class 'numpy.floating'>"),
        ([1], "[1]"),
    ],
)
def test_as_dtype_refuses(value, text):
    with pytest.raises(TypeError) as caught:
        as_dtype(value)
    assert (
        str(caught.value) == f"Cannot convert the argument `type_value`: {text} to a "
        "TensorFlow DType."
    )


def test_messages_of_undefined_extremes():
    for dtype, text in (
        (dtypes.bool_, "<dtype: 'bool'> with type <dtype: 'bool'>."),
        (dtypes.qint8, "<dtype: 'qint8'> with quantized type <dtype: 'qint8'>."),
        (dtypes.resource, "<dtype: 'resource'>."),
    ):
        with pytest.raises(TypeError) as caught:
            dtype.max
        assert str(caught.value) == f"Cannot find maximum value of {text}"
    with pytest.raises(ValueError, match=r"<dtype: 'float16'> does not have defined limits."):
        dtypes.float16.limits
    with pytest.raises(TypeError, match="999 does not correspond to a valid tensorflow::DataType"):
        DType(999)
    with pytest.raises(AssertionError, match=r"Can not cast 1 to type tf.float32"):
        dtypes.float32.cast(1, None)


def test_extremes_have_tensorflows_types():
    assert type(dtypes.uint64.max) is int
    assert dtypes.uint64.max == 2**64 - 1
    assert type(dtypes.int4.min) is int
    assert dtypes.int4.min == -8
    assert type(dtypes.float32.max) is np.float32
    assert type(dtypes.bfloat16.min) is ml_dtypes.bfloat16


def test_categories():
    standard = [d for d in EVERY if d.is_numeric and not d.is_quantized]
    assert frozenset(standard) == dtypes.NUMERIC
    assert frozenset(d for d in standard if d.is_floating) == dtypes.FLOATING
    assert frozenset(d for d in standard if d.is_integer) == dtypes.INTEGERS
    assert frozenset(d for d in standard if d.is_unsigned) == dtypes.UNSIGNED_INTEGERS
    assert frozenset(d for d in standard if d.is_complex) == dtypes.COMPLEX
    assert dtypes.NUMERIC - dtypes.COMPLEX == dtypes.REAL
    assert dtypes.NUMERIC - dtypes.UNSIGNED_INTEGERS == dtypes.SIGNED
    assert len(dtypes.ALL) == len(NUMBERS) - len(dtypes.QUANTIZED) - 2  # resource, variant
    assert len(dtypes.QUANTIZED_DTYPES) == 10


def test_a_resource_keeps_its_handle_data():
    held = DType(20, handle_data="what it refers to")
    assert held != dtypes.resource
    assert held == DType(20, handle_data="what it refers to")
    assert held.name == "resource"


def test_dtypes_pickle_between_processes():
    program = (
        "import pickle, sys, tapeflow; print(pickle.load(sys.stdin.buffer) is tapeflow.bfloat16)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps(dtypes.bfloat16),
        capture_output=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        check=True,
    )
    assert ended.stdout.strip() == b"True"
