"""Arrays that begin at a multiple of 64 bytes, as wide vectors want them.

NumPy's own begin at any multiple of 16. An array says itself who frees its memory (its handler, see
NumPy's NEP 49), so these are arrays like any other, and own their memory.
"""

from __future__ import annotations

import ctypes
import functools
import math
import os
from typing import Any

import numpy as np

from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.execution import layout

ALIGNMENT = 64
SMALLEST = 2048
"""From how many bytes on a result is aligned."""
HUGE = 1 << 22
"""From how many bytes on the system is asked for large pages, as NumPy asks too."""
_HUGE_PAGES = 14

_HANDLER_FUNCTIONS = """
declare ptr @malloc(i64)
declare ptr @calloc(i64, i64)
declare ptr @realloc(ptr, i64)
declare void @free(ptr)

define internal ptr @new(ptr %context, i64 %size) {
  %got = call ptr @malloc(i64 %size)
  ret ptr %got
}

define internal ptr @new_zeros(ptr %context, i64 %count, i64 %size) {
  %got = call ptr @calloc(i64 %count, i64 %size)
  ret ptr %got
}

define internal ptr @resize(ptr %context, ptr %memory, i64 %size) {
  %got = call ptr @realloc(ptr %memory, i64 %size)
  ret ptr %got
}

define internal void @drop(ptr %context, ptr %memory, i64 %size) {
  call void @free(ptr %memory)
  ret void
}

define void @handler_functions(ptr %table) {
  store ptr @new, ptr %table
  %second = getelementptr ptr, ptr %table, i64 1
  store ptr @new_zeros, ptr %second
  %third = getelementptr ptr, ptr %table, i64 2
  store ptr @resize, ptr %third
  %fourth = getelementptr ptr, ptr %table, i64 3
  store ptr @drop, ptr %fourth
  ret void
}
"""

_ALLOCATE = f"""
declare ptr @aligned_alloc(i64, i64)
declare i32 @madvise(ptr, i64, i32)

define ptr @allocate(i64 %size) {{
  %more = add i64 %size, {ALIGNMENT - 1}
  %whole = and i64 %more, {-ALIGNMENT}
  %got = call ptr @aligned_alloc(i64 {ALIGNMENT}, i64 %whole)
  %large = icmp uge i64 %size, {HUGE}
  %there = icmp ne ptr %got, null
  %both = and i1 %large, %there
  br i1 %both, label %advise, label %done
advise:
  %start = ptrtoint ptr %got to i64
  %up = add i64 %start, 4095
  %page = and i64 %up, -4096
  %skipped = sub i64 %page, %start
  %rest = sub i64 %size, %skipped
  %at = inttoptr i64 %page to ptr
  %ignored = call i32 @madvise(ptr %at, i64 %rest, i32 {_HUGE_PAGES})
  br label %done
done:
  ret ptr %got
}}
"""


class _Allocator(ctypes.Structure):
    _fields_ = (
        ("context", ctypes.c_void_p),
        ("functions", ctypes.c_void_p * 4),
    )


class _Handler(ctypes.Structure):
    """NumPy's `PyDataMem_Handler`, version 1."""

    _fields_ = (
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("allocator", _Allocator),
    )


def available() -> bool:
    """Whether this system can have them."""
    return os.name == "posix" and layout.SUPPORTED and layout.HANDLERS_AGREE


@functools.cache
def handler() -> int:
    """The address of the object that says how the memory is freed."""
    made = _Handler(b"tapeflow", 1)
    fill = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    fill(jit.load("handler_functions", _HANDLER_FUNCTIONS))(
        ctypes.addressof(made.allocator.functions)
    )
    new_capsule = ctypes.pythonapi.PyCapsule_New
    new_capsule.restype = ctypes.py_object
    new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    name = b"mem_handler"
    capsule = new_capsule(ctypes.addressof(made), name, None)
    # Arrays may be freed after this module is gone.
    for each in (made, name, capsule):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(each))
    return id(capsule)


@functools.cache
def allocate_function() -> int:
    """The address of `ptr allocate(i64 size)`."""
    return jit.load("allocate", _ALLOCATE)


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """An array of any contents, aligned where that can be done and is worth it.

    Raises:
      MemoryError: when there is no memory.
    """
    size = math.prod(shape) * dtype.itemsize
    if size < SMALLEST or not available() or dtype.hasobject:
        return np.empty(shape, dtype)
    data = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_int64)(allocate_function())(size)
    if not data:
        raise MemoryError(f"no memory for an array of {size} bytes")
    new = ctypes.PYFUNCTYPE(
        ctypes.py_object, ctypes.py_object, ctypes.py_object, ctypes.c_int, ctypes.c_void_p,
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p,
    )(layout.new_from_descr())  # fmt: skip
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(dtype))
    dimensions = np.array(shape, np.int64)
    made = new(
        np.ndarray, dtype, len(shape), dimensions.ctypes.data, None, data, layout.CARRAY, None
    )
    capsule = ctypes.cast(handler(), ctypes.py_object)
    ctypes.pythonapi.Py_IncRef(capsule)
    ctypes.c_int64.from_address(id(made) + layout.HANDLER).value = handler()
    ctypes.c_int32.from_address(id(made) + layout.FLAGS).value |= layout.OWNS_DATA
    return made  # type: ignore[no-any-return]


def aligned_copy(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A copy of an array, aligned where that can be done and is worth it."""
    made = empty(array.shape, array.dtype)
    np.copyto(made, array)
    return made
