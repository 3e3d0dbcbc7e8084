"""How CPython and NumPy lay out their objects in memory, as far as the generated call needs it.

The offsets are not taken on trust: importing this module compares what is read through them with
what Python says. Where anything differs, `SUPPORTED` is False and calls go through ctypes.
"""

from __future__ import annotations

import ctypes
import sys
import sysconfig
from typing import Any

import numpy as np

# PyObject
REFCOUNT = 0
TYPE = 8
# PyArrayObject_fields
DATA = 16
NDIM = 24
DIMENSIONS = 32
DESCR = 56
FLAGS = 64
HANDLER = 88
# PyMemberDescrObject, PyMemberDef
_MEMBER = 40
_MEMBER_TYPE = 8
_MEMBER_OFFSET = 16
_OBJECT_MEMBERS = (6, 16)

C_CONTIGUOUS = 0x1
OWNS_DATA = 0x4
ALIGNED = 0x100
WRITEABLE = 0x400
CARRAY = C_CONTIGUOUS | ALIGNED | WRITEABLE

REFCOUNT_BITS = 32 if sys.version_info >= (3, 12) else 64
"""From Python 3.12 on, the upper half of the word is used for other things."""

# Places in NumPy's table of functions.
_NEW_FROM_DESCR = 94
_GET_HANDLER = 305
_TP_NEW = 65


def word_at(address: int) -> int:
    """The 64-bit word at an address."""
    return ctypes.c_int64.from_address(address).value


def _int_at(address: int) -> int:
    return ctypes.c_int32.from_address(address).value


def member_offset(owner: type, name: str) -> int:
    """Where instances of a class keep the value of a slot.

    Raises:
      TypeError: when the class has no such slot.
    """
    descriptor = None
    for each in owner.__mro__:
        if name in vars(each):
            descriptor = vars(each)[name]
            break
    if type(descriptor) is not _MemberDescriptor:
        raise TypeError(f"{owner.__name__} has no slot {name!r}")
    member = word_at(id(descriptor) + _MEMBER)
    if _int_at(member + _MEMBER_TYPE) not in _OBJECT_MEMBERS:
        raise TypeError(f"{owner.__name__}.{name} is no slot for an object")
    return word_at(member + _MEMBER_OFFSET)


class _Probe:
    __slots__ = ("__dict__", "__weakref__", "_array", "other")

    _array: np.ndarray[Any, Any]
    other: np.ndarray[Any, Any]


_MemberDescriptor = type(vars(_Probe)["_array"])


def python_function(name: str) -> int:
    """The address of a function of Python's C API."""
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0


def _numpy_function(place: int) -> int:
    from numpy._core import _multiarray_umath  # type: ignore[attr-defined]

    unpack = ctypes.pythonapi.PyCapsule_GetPointer
    unpack.restype = ctypes.c_void_p
    unpack.argtypes = [ctypes.py_object, ctypes.c_char_p]
    table = unpack(_multiarray_umath._ARRAY_API, None)
    return word_at(table + 8 * place)


def new_from_descr() -> int:
    """The address of NumPy's `PyArray_NewFromDescr`."""
    return _numpy_function(_NEW_FROM_DESCR)


def new_function(made: type) -> int:
    """The address of what makes objects of a class, from the class, `()` and NULL."""
    get = ctypes.pythonapi.PyType_GetSlot
    get.restype = ctypes.c_void_p
    get.argtypes = [ctypes.py_object, ctypes.c_int]
    return get(made, _TP_NEW) or 0


def _array_agrees(array: np.ndarray[Any, Any]) -> bool:
    at = id(array)
    dimensions = word_at(at + DIMENSIONS)
    flags = _int_at(at + FLAGS)
    return (
        word_at(at + TYPE) == id(np.ndarray)
        and word_at(at + DATA) == array.ctypes.data
        and _int_at(at + NDIM) == array.ndim
        and all(word_at(dimensions + 8 * i) == n for i, n in enumerate(array.shape))
        and word_at(at + DESCR) == id(array.dtype)
        and bool(flags & C_CONTIGUOUS) == array.flags.c_contiguous
        and bool(flags & OWNS_DATA) == array.flags.owndata
        and bool(flags & ALIGNED) == array.flags.aligned
        and bool(flags & WRITEABLE) == array.flags.writeable
    )


def _refcount(of: object) -> int:
    if REFCOUNT_BITS == 32:
        return ctypes.c_uint32.from_address(id(of) + REFCOUNT).value
    return word_at(id(of) + REFCOUNT)


def _refcounts_agree() -> bool:
    holder = _Probe()
    holder._array = np.zeros(3)
    at = word_at(id(holder) + member_offset(_Probe, "_array"))
    first = ctypes.c_uint32.from_address(at + REFCOUNT).value
    more = [holder._array, holder._array]
    return first == 1 and _refcount(more[0]) >= 3


def _agrees() -> bool:
    whole = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    locked = np.zeros((3, 2), np.int64)
    locked.flags.writeable = False
    crooked = np.frombuffer(bytearray(17), np.uint8)[1:].view(np.int32)
    arrays: list[np.ndarray[Any, Any]] = [
        whole,
        whole.T,
        whole[:, 1:],
        np.zeros(()),
        locked,
        crooked,
        np.zeros((0, 5)),
    ]
    if not all(map(_array_agrees, arrays)):
        return False
    probe = _Probe()
    probe._array, probe.other = whole, locked
    for name in ("_array", "other"):
        if word_at(id(probe) + member_offset(_Probe, name)) != id(getattr(probe, name)):
            return False
    return _refcounts_agree()


def _supported() -> bool:
    if sys.implementation.name != "cpython" or sys.maxsize != 2**63 - 1:
        return False
    if sys.byteorder != "little" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return False
    return _agrees()


def _handlers_agree() -> bool:
    """Whether an array keeps the handler of its memory where this module says."""
    get = ctypes.PYFUNCTYPE(ctypes.py_object)(_numpy_function(_GET_HANDLER))
    array, current = np.zeros(1000), get()
    view = array[1:]
    return word_at(id(array) + HANDLER) == id(current) and not word_at(id(view) + HANDLER)


SUPPORTED = _supported()
"""Whether the objects are where this module says."""
HANDLERS_AGREE = SUPPORTED and _handlers_agree()
"""The same of the handlers of arrays' memory."""
