"""Calls of a plan where Python's objects are not laid out as the generated entry code expects.

The executor is the same; Python checks the arguments and makes the results. Variables that are
written to get a new buffer each time: nothing needs to be known about who holds the old one.
"""

from __future__ import annotations

import ctypes
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from tapeflow.engine.backends.llvm.execution import threads
from tapeflow.engine.backends.llvm.execution.tables import Field, Flag

if TYPE_CHECKING:
    from tapeflow.engine.backends.llvm.execution.calling import Prepared

_EXECUTE = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)
# One for all plans: several may write to the same variable.
_lock = threading.RLock()


class PythonCall:
    """What `native_call` gives in place of a builtin function.

    Args:
      prepared: the plan.
      tensor: the class to wrap results with, or None for arrays.
    """

    def __init__(self, prepared: Prepared, tensor: type | None) -> None:
        self.prepared = prepared
        self._tensor = tensor

    @property
    def __self__(self) -> PythonCall:
        return self

    def __call__(self, *arguments: Any) -> tuple[Any, ...]:
        prepared = self.prepared
        with _lock:
            arrays = prepared.converter.arrays(arguments)
            for place, wanted in enumerate(prepared.plan.inputs):
                if wanted.kind == "written variable":
                    arrays[place] = arrays[place].copy()
            results = [np.empty(shape, dtype) for dtype, shape in prepared.plan.outputs]
            failed = self._run(arrays + results)
            for given, array, wanted in zip(arguments, arrays, prepared.plan.inputs, strict=True):
                if wanted.kind == "written variable":
                    given._array = array
            if failed >= 0:
                prepared.failed(failed)
        if self._tensor is None:
            return tuple(results)
        return tuple(self._wrapped(self._tensor, array) for array in results)

    def _run(self, arrays: list[Any]) -> int:
        prepared = self.prepared
        words = prepared.words
        for place, array in enumerate(arrays):
            prepared.slots[place] = array.ctypes.data
        flags = int(words[Field.FLAGS])
        if flags & Flag.PARALLEL:
            threads.start()
        if flags & Flag.RESET:
            size = int(words[Field.OTHERS_BYTES])
            others = words[Field.SLOTS] + 8 * len(arrays)
            ctypes.memmove(int(others), int(words[Field.TEMPLATE]), size)
        if flags & Flag.POISON:
            ctypes.memset(int(words[Field.ARENA]), 0xFF, int(words[Field.ARENA_BYTES]))
        return int(_EXECUTE(int(words[Field.EXECUTOR]))(int(words.ctypes.data)))

    @staticmethod
    def _wrapped(tensor: Any, array: Any) -> Any:
        made = tensor.__new__(tensor)
        made._array = array
        return made
