"""TensorFlow's dtypes.

There is one `DType` object for each dtype, so that the engine compares with `is` and looks up in
dicts; `FROM_NUMPY` leads from an array's dtype to it.

Example:
    >>> import tapeflow as tf
    >>> tf.float32
    tf.float32
    >>> print(tf.as_dtype("half"), tf.int32.max, tf.complex64.real_dtype.name)
    <dtype: 'float16'> 2147483647 float32
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, Final

import ml_dtypes
import numpy as np

from tapeflow.engine.core.export import export, export_value
from tapeflow.engine.core.messages import SerializedDType
from tapeflow.engine.core.protocols import TensorFreeTrace

_REF_OFFSET: Final = 100
"""Distance from a dtype's number to that of its legacy reference form (`float32_ref`)."""


@export("DType", "dtypes.DType")
class DType(TensorFreeTrace):
    """The type of a tensor's elements.

    `DType(number)` gives the one object there is for that number, as do `tf.float32` and
    `tf.as_dtype("float32")`.

    Args:
      type_enum: the dtype's number in TensorFlow's `DataType` enumeration.
      handle_data: static data about what a resource refers to; kept, and never looked at.

    Example:
        >>> import tapeflow as tf
        >>> tf.int8.is_integer, tf.int8.size, tf.int8 == "int8", tf.int8 == tf.uint8
        (True, 1, True, False)
    """

    # The rules of every operation read these all the time: plain slots, nothing computed.
    __slots__ = {  # noqa: RUF023  (in the order of their meaning)
        "name": "The dtype's name, such as `'float32'`.",
        "as_datatype_enum": "The dtype's number in TensorFlow's `DataType` enumeration.",
        "np": "The NumPy dtype of arrays that hold such elements (object for strings).",
        "size": "Bytes of one element; 0 for strings, resources and variants.",
        "is_bool": "Whether this is the boolean dtype.",
        "is_floating": "Whether this is a real floating-point dtype.",
        "is_integer": "Whether this is an integer dtype that isn't quantized.",
        "is_unsigned": "Whether this is an unsigned integer dtype that isn't quantized.",
        "is_complex": "Whether this is a complex dtype.",
        "is_quantized": "Whether this is a quantized dtype.",
        "is_numeric": "Whether this is a standard numeric dtype (so neither bool nor 8-bit float).",
        "is_numpy_compatible": "Whether NumPy arrays of such elements exist.",
        "base_dtype": "The dtype without the reference mark; nearly always the dtype itself.",
        "real_dtype": "The dtype of the real part: of a complex dtype its half, else itself.",
        "_as_numpy": "",
        "_handle_data": "",
    }

    name: str
    as_datatype_enum: int
    np: np.dtype[Any]
    size: int
    is_bool: builtins.bool
    is_floating: builtins.bool
    is_integer: builtins.bool
    is_unsigned: builtins.bool
    is_complex: builtins.bool
    is_quantized: builtins.bool
    is_numeric: builtins.bool
    is_numpy_compatible: builtins.bool
    base_dtype: DType
    real_dtype: DType
    _as_numpy: Any
    _handle_data: Any

    def __new__(cls, type_enum: int, handle_data: Any = None) -> DType:
        number = int(type_enum)
        known = _BY_ENUM.get(number)
        if known is None:
            raise TypeError(f"{number} does not correspond to a valid tensorflow::DataType")
        if handle_data is None:
            return known
        made = _copy(known)
        made._handle_data = handle_data
        return made

    @property
    def as_numpy_dtype(self) -> Any:
        """The NumPy scalar type (`numpy.float32`), or dtype for quantized types.

        Raises:
          KeyError: for resources and variants, which NumPy has no type for.
        """
        if self._as_numpy is None:
            raise KeyError(self.as_datatype_enum)
        return self._as_numpy

    @property
    def min(self) -> Any:
        """The least finite value: an int for integers, a NumPy scalar for floats.

        Raises:
          TypeError: where there is no order.
        """
        return self._extreme("min", "minimum")

    @property
    def max(self) -> Any:
        """The greatest finite value: an int for integers, a NumPy scalar for floats.

        Raises:
          TypeError: where there is no order.
        """
        return self._extreme("max", "maximum")

    def _extreme(self, which: str, word: str) -> Any:
        if self.is_integer:
            return int(getattr(ml_dtypes.iinfo(self.np), which))
        if self.is_floating:
            return self.np.type(getattr(ml_dtypes.finfo(self.np), which))
        base = self.base_dtype
        if self.is_quantized:
            raise TypeError(f"Cannot find {word} value of {self} with quantized type {base}.")
        if not self.is_numpy_compatible:
            raise TypeError(f"Cannot find {word} value of {self}.")
        raise TypeError(f"Cannot find {word} value of {self} with type {base}.")

    @property
    def limits(self) -> tuple[Any, Any]:
        """The range of an image's intensities: (0, 1) for floats, (0, max) for integers.

        Raises:
          ValueError: for a dtype that images don't have.
        """
        base = self.base_dtype
        if base in _UNIT_LIMITS:
            return (0, 1)
        if base in INTEGERS:
            return (0, self.max)
        if base is bool_:
            return (0, True)
        if not self.is_numpy_compatible:
            raise KeyError(self.as_datatype_enum)
        raise ValueError(f"{self} does not have defined limits.")

    def is_compatible_with(self, other: Any) -> builtins.bool:
        """Whether an `other` tensor will do where this dtype is asked for.

        Args:
          other: anything that `tf.as_dtype` takes.
        """
        other = as_dtype(other)
        return self is other or self == other or self == other.base_dtype

    def is_subtype_of(self, other: Any) -> builtins.bool:
        """Whether the dtypes are the same (no dtype is part of another)."""
        return self == other

    def most_specific_common_supertype(self, types: Sequence[Any]) -> DType | None:
        """This dtype if all `types` are the same, else None."""
        return self if all(self == other for other in types) else None

    @classmethod
    def experimental_type_proto(cls) -> type[SerializedDType]:
        """The class of the message that `experimental_as_proto` returns."""
        return SerializedDType

    def experimental_as_proto(self) -> SerializedDType:
        """This dtype as a message."""
        return SerializedDType(self.as_datatype_enum)

    @classmethod
    def experimental_from_proto(cls, proto: Any) -> DType:
        """The dtype that `experimental_as_proto` wrote down."""
        return DType(proto.datatype)

    @property
    def _is_ref_dtype(self) -> builtins.bool:
        return self.as_datatype_enum > _REF_OFFSET

    def __eq__(self, other: object) -> builtins.bool:
        if self is other:
            return True
        if type(other) is DType:
            return (
                self.as_datatype_enum == other.as_datatype_enum
                and self._handle_data == other._handle_data
            )
        try:
            return other is not None and self == as_dtype(other)
        except TypeError:
            return False

    def __hash__(self) -> int:
        return self.as_datatype_enum

    def __int__(self) -> int:
        return self.as_datatype_enum

    def __repr__(self) -> str:
        return "tf." + self.name

    def __str__(self) -> str:
        return f"<dtype: {self.name!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (as_dtype, (self.name,))

    def __copy__(self) -> DType:
        return self

    def __deepcopy__(self, memo: Any) -> DType:
        return self


_BY_ENUM: Final[dict[int, DType]] = {}

_BY_KEY: Final[dict[Any, DType]] = {}
"""What `as_dtype` finds at once: names, numbers, NumPy dtypes, scalar types."""

FROM_NUMPY: Final[dict[np.dtype[Any], DType]] = {}
"""The dtype of arrays of that NumPy dtype, for every native one that TensorFlow knows."""

_FLAGS = ("is_bool", "is_floating", "is_integer", "is_unsigned", "is_complex", "is_quantized",
          "is_numeric")  # fmt: skip


def _copy(of: DType) -> DType:
    made = object.__new__(DType)
    for slot in DType.__slots__:
        setattr(made, slot, getattr(of, slot))
    return made


def _declare(
    name: str, number: int, numpy_type: Any, flags: str = "", real: DType | None = None
) -> DType:
    """Makes the dtype, its reference form, and their entries in the tables."""
    made = object.__new__(DType)
    made.name = name
    made.as_datatype_enum = number
    made.np = np.dtype(object if numpy_type is None else numpy_type)
    made.size = 0 if made.np.hasobject else made.np.itemsize
    for flag in _FLAGS:
        setattr(made, flag, flag[3:] in flags.split())
    made.is_numpy_compatible = numpy_type is not None
    made.base_dtype = made
    made.real_dtype = made if real is None else real
    made._as_numpy = numpy_type
    made._handle_data = None
    ref = _copy(made)
    ref.name += "_ref"
    ref.as_datatype_enum += _REF_OFFSET
    ref.real_dtype = ref if real is None else real
    for each in (made, ref):
        _BY_ENUM[each.as_datatype_enum] = _BY_KEY[each.as_datatype_enum] = _BY_KEY[each.name] = each
    if numpy_type is not None:
        FROM_NUMPY[made.np] = _BY_KEY[made.np] = made
        if isinstance(numpy_type, type):
            _BY_KEY[numpy_type] = made
    return made


_F, _I, _U = "floating", "integer", "integer unsigned"

float32: Final = _declare("float32", 1, np.float32, "floating numeric")
float64: Final = _declare("float64", 2, np.float64, "floating numeric")
int32: Final = _declare("int32", 3, np.int32, "integer numeric")
uint8: Final = _declare("uint8", 4, np.uint8, "integer unsigned numeric")
int16: Final = _declare("int16", 5, np.int16, "integer numeric")
int8: Final = _declare("int8", 6, np.int8, "integer numeric")
string: Final = _declare("string", 7, object)
complex64: Final = _declare("complex64", 8, np.complex64, "complex numeric", float32)
int64: Final = _declare("int64", 9, np.int64, "integer numeric")
bool_: Final = _declare("bool", 10, np.bool_, "bool")
qint8: Final = _declare("qint8", 11, np.dtype([("qint8", np.int8)]), "quantized numeric")
quint8: Final = _declare("quint8", 12, np.dtype([("quint8", np.uint8)]), "quantized numeric")
qint32: Final = _declare("qint32", 13, np.dtype([("qint32", np.int32)]), "quantized numeric")
bfloat16: Final = _declare("bfloat16", 14, ml_dtypes.bfloat16, "floating numeric")
qint16: Final = _declare("qint16", 15, np.dtype([("qint16", np.int16)]), "quantized numeric")
quint16: Final = _declare("quint16", 16, np.dtype([("quint16", np.uint16)]), "quantized numeric")
uint16: Final = _declare("uint16", 17, np.uint16, "integer unsigned numeric")
complex128: Final = _declare("complex128", 18, np.complex128, "complex numeric", float64)
float16: Final = _declare("float16", 19, np.float16, "floating numeric")
resource: Final = _declare("resource", 20, None)
variant: Final = _declare("variant", 21, None)
uint32: Final = _declare("uint32", 22, np.uint32, "integer unsigned numeric")
uint64: Final = _declare("uint64", 23, np.uint64, "integer unsigned numeric")
float8_e5m2: Final = _declare("float8_e5m2", 24, ml_dtypes.float8_e5m2, _F)
float8_e4m3fn: Final = _declare("float8_e4m3fn", 25, ml_dtypes.float8_e4m3fn, _F)
float8_e4m3fnuz: Final = _declare("float8_e4m3fnuz", 26, ml_dtypes.float8_e4m3fnuz, _F)
float8_e4m3b11fnuz: Final = _declare("float8_e4m3b11fnuz", 27, ml_dtypes.float8_e4m3b11fnuz, _F)
float8_e5m2fnuz: Final = _declare("float8_e5m2fnuz", 28, ml_dtypes.float8_e5m2fnuz, _F)
int4: Final = _declare("int4", 29, ml_dtypes.int4, _I)
uint4: Final = _declare("uint4", 30, ml_dtypes.uint4, _U)
int2: Final = _declare("int2", 31, ml_dtypes.int2, _I)
uint2: Final = _declare("uint2", 32, ml_dtypes.uint2, _U)
float4_e2m1fn: Final = _declare("float4_e2m1fn", 33, ml_dtypes.float4_e2m1fn, _F)

half: Final = float16
double: Final = float64

# Python's `int`, `str` and `complex` name no dtype in TensorFlow; `float`, `bool`, `object` do.
_BY_KEY.update({"half": float16, "float": float32, "double": float64, float: float32})
_BY_KEY.update({builtins.bool: bool_, np.str_: string, np.bytes_: string, np.object_: string})
for _short, _long in (("half", "float16"), ("float", "float32"), ("double", "float64")):
    _BY_KEY[_short + "_ref"] = _BY_KEY[_long + "_ref"]


@export("as_dtype", "dtypes.as_dtype")
def as_dtype(type_value: Any) -> DType:
    """Finds the `DType` that `type_value` stands for.

    Args:
      type_value: a `DType`, its name or number, a NumPy dtype or scalar type, or `float` or `bool`.

    Returns:
      The `DType`.

    Raises:
      TypeError: when `type_value` stands for none.

    Example:
        >>> import numpy as np, tapeflow as tf
        >>> tf.as_dtype("float"), tf.as_dtype(np.int64), tf.as_dtype(np.dtype("S3"))
        (tf.float32, tf.int64, tf.string)
    """
    if type(type_value) is DType:
        return type_value
    try:
        return _BY_KEY[type_value]
    except (KeyError, TypeError):  # a TypeError: unhashable, as arrays are
        found = _from_numpy_like(type_value)
    if found is None:
        raise TypeError(
            f"Cannot convert the argument `type_value`: {type_value!r} to a TensorFlow DType."
        )
    return found


def _from_numpy_like(value: Any) -> DType | None:
    """Finds the dtype of a NumPy dtype that isn't a table's key, a scalar type, or an array."""
    if isinstance(value, type) and issubclass(value, np.generic):
        try:
            value = np.dtype(value)
        except TypeError:  # an abstract type, such as np.floating
            return None
    elif not isinstance(value, np.dtype):
        value = getattr(value, "dtype", None)
        if not isinstance(value, np.dtype):
            return None
    if value.kind in "SU":
        return string
    return FROM_NUMPY.get(value if value.isnative else value.newbyteorder("="))


FLOATING: Final = frozenset({bfloat16, float16, float32, float64})
"""The floating-point dtypes that arithmetic is defined for."""
COMPLEX: Final = frozenset({complex64, complex128})
SIGNED_INTEGERS: Final = frozenset({int8, int16, int32, int64})
UNSIGNED_INTEGERS: Final = frozenset({uint8, uint16, uint32, uint64})
INTEGERS: Final = SIGNED_INTEGERS | UNSIGNED_INTEGERS
"""The integer dtypes that arithmetic is defined for."""
REAL: Final = FLOATING | INTEGERS
"""Numbers that have an order."""
NUMERIC: Final = REAL | COMPLEX
SIGNED: Final = FLOATING | COMPLEX | SIGNED_INTEGERS
"""Numbers that have negatives."""
DIFFERENTIABLE: Final = FLOATING | COMPLEX
"""Dtypes that gradients flow through."""
INDEX: Final = frozenset({int32, int64})
"""Dtypes of indices, axes and shapes."""
BOOL: Final = frozenset({bool_})
STRING: Final = frozenset({string})
SMALL: Final = frozenset({
    float8_e5m2, float8_e4m3fn, float8_e4m3fnuz, float8_e4m3b11fnuz, float8_e5m2fnuz,
    float4_e2m1fn, int4, uint4, int2, uint2,
})  # fmt: skip
"""Dtypes for storage: they can be cast and moved, and have no arithmetic."""
QUANTIZED: Final = frozenset({qint8, quint8, qint16, quint16, qint32})
ALL: Final = NUMERIC | BOOL | STRING | SMALL
"""Every dtype that a tensor with values may have, but the quantized ones."""

QUANTIZED_DTYPES: Final = QUANTIZED | {_BY_KEY[d.name + "_ref"] for d in QUANTIZED}
"""The quantized dtypes and their reference forms."""

_UNIT_LIMITS: Final = frozenset({float32, float64})

for _name in (
    "bfloat16 complex128 complex64 double float16 float32 float64 half int16 int32 int64 int8 "
    "qint16 qint32 qint8 quint16 quint8 resource string uint16 uint32 uint64 uint8 variant"
).split():
    export_value(_name, _name, f"dtypes.{_name}")
export_value("bool_", "bool", "dtypes.bool")
export_value("QUANTIZED_DTYPES", "dtypes.QUANTIZED_DTYPES")
for _dtype in SMALL:
    export_value(_dtype.name, f"dtypes.experimental.{_dtype.name}")

bool = bool_  # the public name; annotations above say `builtins.bool`
