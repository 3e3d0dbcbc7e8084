"""Makes a function that Python calls out of a plan."""

from __future__ import annotations

import ctypes
import functools
import math
import os
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.execution import (
    entry,
    executor,
    layout,
    memory,
    shared,
    tables,
    threads,
)
from tapeflow.engine.backends.llvm.execution.arguments import Converter
from tapeflow.engine.backends.llvm.execution.plan import Call, Plan
from tapeflow.engine.backends.llvm.execution.tables import (
    Field,
    Flag,
    InputField,
    OutputField,
    Shared,
)
from tapeflow.engine.backends.llvm.target import host

POISON = False
"""Whether plans that are prepared from now on fill their arena with NaN before each call."""

_KINDS = {"array": entry.ARRAY, "variable": entry.VARIABLE, "written variable": entry.WRITTEN}
_FLAGS = layout.C_CONTIGUOUS | layout.ALIGNED
_WRITTEN_FLAGS = _FLAGS | layout.WRITEABLE | layout.OWNS_DATA
_MOST_TRIES = 1000
_lock = threading.RLock()
"""Held while a plan is prepared: what all plans share is made with the first one, and only once."""


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class InstructionTime(NamedTuple):
    """How often an instruction ran, and for how long in all."""

    calls: int
    nanoseconds: int


def native_call(
    plan: Plan,
    tensor: type | None = None,
    wrap: bool = False,
    on_failure: Callable[[int, list[Any]], Any] | None = None,
) -> Any:
    """A function that runs a plan.

    Args:
      plan: the plan.
      tensor: a class of objects that hold an array in a slot `_array`, taken where the plan
        wants arrays.
      wrap: whether the results are such objects rather than arrays.
      on_failure: called with the number of an instruction that failed and copies of its operands
        (None for those without specs); it raises.

    Returns:
      A builtin function that takes the arguments of the plan and gives a tuple of new results.
    """
    return Prepared(plan, tensor, wrap, on_failure).call


def times(step: Any) -> list[InstructionTime]:
    """What `note_times` made a function note: for each instruction of its plan."""
    prepared: Prepared = step.__self__.prepared
    rows = prepared.times.reshape(-1, 2)[:-1]
    return [InstructionTime(int(calls), int(spent)) for calls, spent in rows]


def note_times(step: Any, wanted: bool = True) -> None:
    """Says whether a function of `native_call` notes the time of each instruction.

    Args:
      step: the function.
      wanted: whether it does from now on; the times so far are forgotten.

    Raises:
      RuntimeError: where the system has no clock for it.
    """
    prepared: Prepared = step.__self__.prepared
    if wanted and not shared.words[Shared.CLOCK]:
        raise RuntimeError("note_times: this system has no clock_gettime")
    prepared.times[:] = 0
    prepared.words[Field.EXECUTOR] = _executor(wanted)


@functools.cache
def _executor(timed: bool) -> int:
    return jit.load("execute", executor.text(timed))


class _MethodDef(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("documentation", ctypes.c_char_p),
    )


_METH_FASTCALL = 0x80


@functools.cache
def _method() -> _MethodDef:
    return _MethodDef(b"step", jit.load("enter", entry.text(host())), _METH_FASTCALL, None)


def _builtin(table: Any) -> Any:
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    return make(ctypes.addressof(_method()), table, None)


class _Table(np.ndarray[Any, Any]):
    """A plan's table: the builtin function's `self`."""

    prepared: Prepared


class Prepared:
    """A plan ready to be called, with its memory.

    Attributes:
      plan: the plan.
      converter: for arguments that are not as the plan wants them.
      words: the table, in the order of `Field`.
      slots: the addresses of the buffers; inputs, outputs, the others.
      times: calls and nanoseconds of each instruction.
      call: the function.
    """

    def __init__(
        self,
        plan: Plan,
        tensor: type | None,
        wrap: bool,
        on_failure: Callable[[int, list[Any]], Any] | None,
    ) -> None:
        if wrap and tensor is None:
            raise ValueError("native_call: wrap: expected a class `tensor` to wrap results with")
        self.plan = plan
        self._made_of = (plan, tensor, wrap, on_failure)
        self._on_failure = on_failure
        self.converter = Converter(plan, tensor)
        self._spares: list[Prepared] = []
        self._kept: list[Any] = []
        self._numbers = tables.SlotNumbers(plan)
        self.times = np.zeros(2 * len(plan.instructions) + 2, np.int64)
        self.words = np.zeros(Field.COUNT, np.int64)
        with _lock:
            self._prepare(tensor, wrap)

    def _prepare(self, tensor: type | None, wrap: bool) -> None:
        self._fill_memory()
        self._fill_records(tensor, wrap)
        self.call: Any
        if layout.SUPPORTED:
            table = self.words.view(_Table)
            table.prepared = self
            self.call = _builtin(table)
        else:
            from tapeflow.engine.backends.llvm.execution.fallback import PythonCall

            self.call = PythonCall(self, tensor if wrap else None)

    def _pointer(self, array: tables.Words) -> int:
        self._kept.append(array)
        return int(array.ctypes.data)

    def _aligned(self, size: int) -> int:
        memory, address = tables.aligned(size)
        self._kept.append(memory)
        return address

    def _fill_memory(self) -> None:
        plan, words, numbers = self.plan, self.words, self._numbers
        calls = [each for each in plan.instructions if isinstance(each, Call)]
        scratch = max([plan.scratch_bytes, *(each.kernel.scratch for each in calls)])
        words[Field.RUNTIME] = shared.table()
        words[Field.EXECUTOR] = _executor(False)
        arena = words[Field.ARENA] = self._aligned(plan.arena_bytes)
        words[Field.ARENA_BYTES] = plan.arena_bytes
        words[Field.SCRATCH] = self._aligned(scratch)
        words[Field.SCRATCH_BYTES] = scratch
        others = tables.template(plan, numbers, int(arena))
        self.slots = np.zeros(numbers.total + 1, np.int64)
        self.slots[numbers.first_other :] = others
        words[Field.SLOTS] = self._pointer(self.slots)
        words[Field.TEMPLATE] = self._pointer(others)
        words[Field.OTHERS_BYTES] = 8 * len(numbers.others)
        words[Field.CODE] = self._pointer(tables.code(plan, numbers))
        most = max([len(each.operands) for each in calls], default=0)
        words[Field.OPERANDS] = self._pointer(np.zeros(most + 1, np.int64))
        words[Field.TIMES] = self._pointer(self.times)
        flags = Flag.RELEASE if plan.release_gil else Flag(0)
        if numbers.changes:
            flags |= Flag.RESET
        if POISON:
            flags |= Flag.POISON
        if any(each.kernel.parallel and each.kernel.chunks > 1 for each in calls):
            flags |= Flag.PARALLEL
            threads.prepare()
        words[Field.FLAGS] = flags

    def _fill_records(self, tensor: type | None, wrap: bool) -> None:
        plan, words = self.plan, self.words
        words[Field.INPUTS], words[Field.OUTPUTS] = len(plan.inputs), len(plan.outputs)
        words[Field.ARRAYS] = self._pointer(np.zeros(len(plan.inputs) + 1, np.int64))
        words[Field.WRITTEN] = sum(a.kind == "written variable" for a in plan.inputs)
        if not layout.SUPPORTED:
            return
        # Where nothing but arrays will do, objects of a class that has none.
        tensor_type: type = tensor or _Nothing
        offset = layout.member_offset(tensor_type, "_array")
        inputs = np.zeros((len(plan.inputs) + 1, InputField.COUNT), np.int64)
        for row, argument in zip(inputs, plan.inputs, strict=False):
            owner = argument.owner or tensor_type
            written = argument.kind == "written variable"
            row[InputField.KIND] = _KINDS[argument.kind]
            row[InputField.OWNER] = id(owner)
            row[InputField.OFFSET] = layout.member_offset(owner, "_array")
            row[InputField.DESCR] = id(argument.dtype)
            row[InputField.NDIM] = len(argument.shape)
            row[InputField.DIMENSIONS] = self._pointer(np.array(argument.shape, np.int64))
            row[InputField.FLAGS] = _WRITTEN_FLAGS if written else _FLAGS
            self._kept += [owner, argument.dtype]
        words[Field.INPUT_RECORDS] = self._pointer(inputs)
        outputs = np.zeros((len(plan.outputs) + 1, OutputField.COUNT), np.int64)
        for row, (dtype, shape) in zip(outputs, plan.outputs, strict=False):
            row[OutputField.DESCR] = id(dtype)
            row[OutputField.NDIM] = len(shape)
            row[OutputField.DIMENSIONS] = self._pointer(np.array(shape, np.int64))
            size = math.prod(shape) * dtype.itemsize
            if size >= memory.SMALLEST and memory.available():
                row[OutputField.BYTES] = size
            self._kept.append(dtype)
        words[Field.OUTPUT_RECORDS] = self._pointer(outputs)
        if wrap:
            words[Field.FLAGS] |= Flag.WRAP
        words[Field.TENSOR] = id(tensor_type)
        words[Field.TENSOR_OFFSET] = offset
        words[Field.TENSOR_NEW] = layout.new_function(tensor_type)
        functions = [self._slow, self.failed]
        self._kept += functions
        words[Field.SLOW], words[Field.FAILED] = map(id, functions)

    # What the generated code calls.

    def _slow(self, *arguments: Any) -> Any:
        """Makes the arguments what the plan wants, and calls again."""
        if self.words[Field.FLAGS] & Flag.PARALLEL:
            threads.start()
        if shared.words[Shared.PAUSED]:
            shared.wait_for_forks()
        for _ in range(_MOST_TRIES):
            if self.words[Field.BUSY] == shared.words[Shared.PROCESS]:
                return self._with_spare(arguments)
            fit = self.converter.fit(arguments)
            results = self.call(*fit, NotImplemented)
            if results is not NotImplemented:
                return results
        told = self.converter.told(arguments)
        raise AssertionError(f"a step does not take its arguments: {told}")

    def _with_spare(self, arguments: tuple[Any, ...]) -> Any:
        """Runs with memory of its own, as another thread is inside the plan."""
        spare = self._spares.pop() if self._spares else Prepared(*self._made_of)
        try:
            return spare.call(*arguments)
        finally:
            if not self._spares:
                self._spares.append(spare)

    def failed(self, number: int) -> None:
        """Raises for an instruction that failed."""
        call = self.plan.instructions[number]
        assert isinstance(call, Call)
        for back in self.plan.saved:
            places = [self._numbers.numbers[slot] for slot in (back.target, back.source)]
            target, source = (int(self.slots[place]) for place in places)
            ctypes.memmove(target, source, back.bytes)
        specs = call.specs or (None,) * len(call.operands)
        operands = [
            None if spec is None else _copy(self.slots[self._numbers.numbers[slot]], *spec)
            for slot, spec in zip(call.operands, specs, strict=True)
        ]
        if self._on_failure is not None:
            self._on_failure(number, operands)
        raise AssertionError(f"instruction {number} failed: {call.kernel.name}")


class _Nothing:
    __slots__ = ("_array",)


def _copy(address: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Any:
    made = np.empty(shape, dtype)
    if made.nbytes:
        ctypes.memmove(made.ctypes.data, int(address), made.nbytes)
    return made
