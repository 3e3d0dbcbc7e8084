"""What all plans share: functions of Python and NumPy, counters, and variables in use.

While a step runs with the GIL released, the variables that it writes to have no array: their slot
`_array` is empty, and who wants to read it waits.
"""

from __future__ import annotations

import ctypes
import functools
import os
import threading
from typing import Any

import numpy as np

from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.execution import layout, memory
from tapeflow.engine.backends.llvm.execution.tables import Shared

words = np.zeros(Shared.COUNT, np.int64)
"""The table, in the order of `Shared`."""

_EMPTY: tuple[()] = ()
_returned = threading.Condition()


def _notify() -> None:
    with _returned:
        _returned.notify_all()


def wait_until_attached(variable: Any, name: str = "_array") -> bool:
    """Waits for the end of the step that has taken a variable's array.

    Args:
      variable: an object whose slot is empty.
      name: the slot.

    Returns:
      Whether the slot has a value now; False when no step runs that could have taken it.
    """
    descriptor = vars(_owner(type(variable), name))[name]
    with _returned:
        words[Shared.WAITING] += 1
        try:
            while True:
                # First look whether any step runs: it puts arrays back before it says it is done.
                runs = words[Shared.DETACHED] > 0
                if _filled(descriptor, variable):
                    return True
                if not runs:
                    return False
                _returned.wait()
        finally:
            words[Shared.WAITING] -= 1


def wait_for_forks() -> None:
    """Waits until no thread is about to fork."""
    with _returned:
        while words[Shared.PAUSED]:
            _returned.wait()


def _before_fork() -> None:
    """Lets other threads end their steps: a child process would miss the variables they took."""
    jit.pause()
    with _returned:
        words[Shared.PAUSED] += 1
        words[Shared.WAITING] += 1
        while words[Shared.DETACHED] > 0:
            _returned.wait()
        words[Shared.WAITING] -= 1


def _after_fork_in_parent() -> None:
    with _returned:
        words[Shared.PAUSED] -= 1
        _returned.notify_all()
    jit.resume()


def _filled(descriptor: Any, of: Any) -> bool:
    try:
        descriptor.__get__(of)
    except AttributeError:
        return False
    return True


def _owner(of: type, name: str) -> type:
    return next(each for each in of.__mro__ if name in vars(each))


@functools.cache
def table() -> int:
    """The table's address, once its functions are filled in."""
    functions = {
        Shared.NEW_TUPLE: "PyTuple_New",
        Shared.SET_ITEM: "PyTuple_SetItem",
        Shared.HOLD: "Py_IncRef",
        Shared.DROP: "Py_DecRef",
        Shared.SAVE_THREAD: "PyEval_SaveThread",
        Shared.RESTORE_THREAD: "PyEval_RestoreThread",
        Shared.CALL: "PyObject_Vectorcall",
        Shared.NEW_INT: "PyLong_FromLongLong",
        Shared.IS_SUBTYPE: "PyType_IsSubtype",
    }
    if layout.SUPPORTED:
        for place, name in functions.items():
            words[place] = layout.python_function(name)
        words[Shared.NEW_ARRAY] = layout.new_from_descr()
        words[Shared.NDARRAY] = id(np.ndarray)
        words[Shared.NOT_IMPLEMENTED] = id(NotImplemented)
        words[Shared.EMPTY_TUPLE] = id(_EMPTY)
        words[Shared.NOTIFY] = id(_notify)
        if memory.available():
            words[Shared.ALLOCATE] = memory.allocate_function()
            words[Shared.HANDLER] = memory.handler()
    words[Shared.PROCESS] = 1
    words[Shared.CLOCK] = _clock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_before_fork,
            after_in_parent=_after_fork_in_parent,
            after_in_child=_after_fork,
        )
    return int(words.ctypes.data)


def _after_fork() -> None:
    """In a child process, the steps of the parent's other threads do not go on."""
    global _returned
    _returned = threading.Condition()
    words[Shared.PROCESS] += 1
    words[Shared.DETACHED] = words[Shared.WAITING] = words[Shared.PAUSED] = 0
    jit.resume()


def _clock() -> int:
    """The address of `clock_gettime`; 0 where there is none, and then no times are noted."""
    if os.name != "posix":
        return 0
    function = getattr(ctypes.CDLL(None), "clock_gettime", None)
    return ctypes.cast(function, ctypes.c_void_p).value or 0 if function else 0
