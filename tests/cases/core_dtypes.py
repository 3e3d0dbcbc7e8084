"""`tf.DType`, `tf.as_dtype` and the dtypes themselves."""

# ruff: noqa: E711, E721  (comparing with None and with types is what is tested)

from __future__ import annotations

import numpy as np

from cases.form import Case

NAMES = """
    bfloat16 bool complex128 complex64 double float16 float32 float64 half int16 int32 int64 int8
    qint16 qint32 qint8 quint16 quint8 resource string uint16 uint32 uint64 uint8 variant
""".split()

EXPERIMENTAL = """
    float4_e2m1fn float8_e4m3b11fnuz float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz
    int2 int4 uint2 uint4
""".split()

FLAGS = """
    is_bool is_floating is_integer is_complex is_unsigned is_quantized is_numeric
    is_numpy_compatible
""".split()


def facts(dtype):
    """Everything there is to know of a dtype; of a member that raises, the error's class."""
    found = {flag: getattr(dtype, flag) for flag in FLAGS}
    found |= {"name": dtype.name, "repr": repr(dtype), "str": str(dtype), "size": dtype.size}
    found |= {"number": dtype.as_datatype_enum, "hash": hash(dtype), "int": int(dtype)}
    found |= {"base": dtype.base_dtype.name, "real": dtype.real_dtype.name}
    for member in ("as_numpy_dtype", "min", "max", "limits"):
        try:
            value = getattr(dtype, member)
        except (KeyError, TypeError, ValueError) as error:
            value = type(error)
        found[member] = f"{type(value).__name__} {value}"
    return found


def compatible(tf, name):
    dtype = resolved(tf, name)
    return [(other, dtype.is_compatible_with(resolved(tf, other))) for other in NAMES]


def resolved(tf, path):
    for part in path.split("."):
        tf = getattr(tf, part)
    return tf


CASES = [
    Case("DType", lambda tf: tf.float32 == "float32"),
    Case("DType", lambda tf: tf.float32 == np.float32),
    Case("DType", lambda tf: tf.float32 == np.dtype("f4")),
    Case("DType", lambda tf: tf.float32 == 1),
    Case("DType", lambda tf: tf.float32 == None),
    Case("DType", lambda tf: tf.float32 != None),
    Case("DType", lambda tf: tf.float32 == "foo"),
    Case("DType", lambda tf: tf.float32 != "foo"),
    Case("DType", lambda tf: tf.float32 == float),
    Case("DType", lambda tf: tf.int64 == int),
    Case("DType", lambda tf: tf.string == str),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(float))),
    Case("as_dtype", lambda tf: tf.as_dtype(int), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(bool))),
    Case("as_dtype", lambda tf: tf.as_dtype(str), bad=True),
    Case("as_dtype", lambda tf: tf.as_dtype(bytes), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(object))),
    Case("as_dtype", lambda tf: tf.as_dtype(complex), bad=True),
    Case("as_dtype", lambda tf: tf.as_dtype(None), bad=True),
    Case("as_dtype", lambda tf: tf.as_dtype("foo"), bad=True),
    Case("as_dtype", lambda tf: tf.as_dtype(1000), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(1))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(101))),
    Case("as_dtype", lambda tf: tf.as_dtype(1.5), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.dtype("S3")))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.dtype("U3")))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.dtype(">f4")))),
    Case("as_dtype", lambda tf: tf.as_dtype(np.dtype("M8")), bad=True),
    Case("as_dtype", lambda tf: tf.as_dtype(np.longdouble), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.intp))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.longlong))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("half"))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("double"))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("float"))),
    Case("as_dtype", lambda tf: tf.as_dtype("f4"), bad=True),
    Case("as_dtype", lambda tf: tf.as_dtype("int"), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("float32_ref"))),
    Case("as_dtype", lambda tf: tf.as_dtype("str"), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("bool"))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("qint8"))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("resource"))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("bfloat16"))),
    Case("as_dtype", lambda tf: tf.as_dtype([1]), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.float64(3)))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.array([1.0])))),
    Case("as_dtype", lambda tf: tf.as_dtype(tf.constant(1.0)), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(tf.constant(1.0).dtype))),
    Case("DType", lambda tf: repr(tf.DType(1))),
    Case("DType", lambda tf: tf.DType(1) == tf.float32),
    Case("DType", lambda tf: tf.DType("float32"), bad=True),
    Case("DType", lambda tf: tf.DType(999), bad=True),
    Case("DType", lambda tf: tf.DType(0), bad=True),
    Case("DType", lambda tf: repr(tf.float32.as_numpy_dtype)),
    Case("DType", lambda tf: tf.float32.is_compatible_with(tf.float32)),
    Case("DType", lambda tf: tf.float32.is_compatible_with("float64")),
    Case("DType", lambda tf: tf.float32.is_compatible_with("foo"), bad=True),
    Case("as_dtype", lambda tf: tf.float32.is_compatible_with(tf.as_dtype("float32_ref"))),
    Case("as_dtype", lambda tf: tf.as_dtype("float32_ref").is_compatible_with(tf.float32)),
    Case("as_dtype", lambda tf: tf.as_dtype("float32_ref") == tf.float32),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("float32_ref").base_dtype)),
    Case("as_dtype", lambda tf: tf.as_dtype("float32_ref").name),
    Case("as_dtype", lambda tf: str(tf.as_dtype("float32_ref"))),
    Case("as_dtype", lambda tf: tf.as_dtype("float32_ref").size),
    Case("as_dtype", lambda tf: tf.as_dtype("float32_ref").is_floating),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("float32_ref").as_numpy_dtype)),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("float32_ref").real_dtype)),
    Case("DType", lambda tf: repr(tf.float32.limits)),
    Case("DType", lambda tf: repr(tf.int32.limits)),
    Case("DType", lambda tf: repr(tf.uint8.limits)),
    Case("DType", lambda tf: repr(tf.int8.limits)),
    Case("DType", lambda tf: repr(tf.bool.limits)),
    Case("DType", lambda tf: tf.complex64.limits, bad=True),
    Case("DType", lambda tf: repr(tf.float16.max)),
    Case("DType", lambda tf: tf.float32.cast(1, None), bad=True),
    Case("DType", lambda tf: tf.float32.cast(tf.constant(1.0), None), bad=True),
    Case("DType", lambda tf: repr(tf.float32.to_tensors(tf.constant(1.0)))),
    Case("DType", lambda tf: repr(tf.float32.to_tensors(1))),
    Case("DType", lambda tf: repr(tf.float32.flatten())),
    Case("DType", lambda tf: tf.float32.from_tensors(iter([3]))),
    Case("DType", lambda tf: tf.float32.is_subtype_of(tf.float32)),
    Case("DType", lambda tf: tf.float32.is_subtype_of(tf.int32)),
    Case("DType", lambda tf: tf.float32.is_subtype_of(3)),
    Case("DType", lambda tf: repr(tf.float32.most_specific_common_supertype([tf.float32]))),
    Case("DType", lambda tf: tf.float32.most_specific_common_supertype([tf.int32])),
    Case("DType", lambda tf: repr(tf.float32.most_specific_common_supertype([]))),
    Case("DType", lambda tf: tf.float32 < tf.int32, bad=True),
    Case("DType", lambda tf: hash(tf.float32)),
    Case("DType", lambda tf: int(tf.float32)),
    Case("DType", lambda tf: bool(tf.float32)),
    Case("DType", lambda tf: {tf.float32: 1}["float32"], bad=True),
    Case("as_dtype", lambda tf: tf.dtypes.as_dtype is tf.as_dtype),
    Case("DType", lambda tf: tf.float32.cast(None, None)),
    Case("DType", lambda tf: tf.float32.most_specific_common_supertype([3])),
    Case("DType", lambda tf: tf.float32.is_subtype_of("float32")),
    Case("DType", lambda tf: repr(tf.DType(1.0))),
    Case("DType", lambda tf: repr(tf.DType("1"))),
    Case("DType", lambda tf: repr(tf.DType(True))),
    Case("DType", lambda tf: tf.DType(None), bad=True),
    Case("DType", lambda tf: repr(tf.DType(np.int32(3)))),
    Case("DType", lambda tf: repr(tf.DType(101))),
    Case("DType", lambda tf: tf.DType(-1), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(True))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(1.0))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.int64(9)))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.array(1)))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.int8))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.str_))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.bytes_))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.object_))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.float32))),
    Case("as_dtype", lambda tf: tf.as_dtype(np.floating), bad=True),
    Case("as_dtype", lambda tf: tf.as_dtype(np.generic), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.dtype([("qint8", "i1")])))),
    Case("as_dtype", lambda tf: tf.as_dtype(np.dtype([("a", "i1")])), bad=True),
    Case("as_dtype", lambda tf: tf.as_dtype(np.dtype("V4")), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype(np.dtype("c8")))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("float8_e5m2"))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("uint2"))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("float4_e2m1fn"))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("quint8_ref"))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("half_ref"))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("float_ref"))),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("double_ref"))),
    Case("as_dtype", lambda tf: tf.as_dtype("complex"), bad=True),
    Case("as_dtype", lambda tf: tf.as_dtype("bool_"), bad=True),
    Case("as_dtype", lambda tf: repr(tf.as_dtype("variant"))),
    Case("as_dtype", lambda tf: tf.as_dtype(b"float32"), bad=True),
    Case("as_dtype", lambda tf: tf.as_dtype(""), bad=True),
    Case("DType", lambda tf: tf.float32 == "float"),
    Case("DType", lambda tf: tf.string == np.dtype("S3")),
    Case("DType", lambda tf: tf.float32.is_compatible_with(None), bad=True),
    Case("DType", lambda tf: tf.float32.__ne__("float32")),
    Case("DType", lambda tf: tf.float32.__eq__(tf.int32)),
    Case("DType", lambda tf: tf.float32.name),
    Case("DType", lambda tf: tf.float32.foo, bad=True),
]

PATHS = [
    *NAMES,
    *(f"dtypes.{name}" for name in NAMES),
    *(f"dtypes.experimental.{name}" for name in EXPERIMENTAL),
]
CASES += [Case(path, lambda tf, path=path: facts(resolved(tf, path))) for path in PATHS]
CASES += [
    Case("as_dtype", lambda tf, name=name: facts(tf.as_dtype(name + "_ref")))
    for name in (*NAMES, *EXPERIMENTAL)
    if name != "string"  # whose reference form gives `numpy.object_` in place of `object`
]
CASES += [Case("DType", lambda tf, name=name: compatible(tf, name)) for name in NAMES]
CASES += [
    Case(
        "dtypes.QUANTIZED_DTYPES",
        lambda tf: sorted(dtype.name for dtype in tf.dtypes.QUANTIZED_DTYPES),
    ),
    Case("dtypes.as_dtype", lambda tf: tf.dtypes.as_dtype is tf.as_dtype),
    Case("dtypes.DType", lambda tf: tf.dtypes.DType is tf.DType),
]
