"""The tables that the generated code walks: their fields, and a plan written into them.

All are arrays of 64-bit words. Fields are named by their places.
"""

from __future__ import annotations

import enum
from typing import Any

import numpy as np

from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.execution import plan as p

Words = np.ndarray[Any, Any]


class Field(enum.IntEnum):
    """The fields of a plan's table."""

    RUNTIME = 0
    """Table of what all plans share, `Shared`."""
    INPUTS = 1
    OUTPUTS = 2
    INPUT_RECORDS = 3
    OUTPUT_RECORDS = 4
    SLOTS = 5
    """The slots' addresses: those of the inputs, of the outputs, and the others."""
    TEMPLATE = 6
    """The addresses of the others as they are at the start of a call."""
    OTHERS_BYTES = 7
    CODE = 8
    OPERANDS = 9
    """Room for the operands of one kernel."""
    SCRATCH = 10
    ARENA = 11
    ARENA_BYTES = 12
    FLAGS = 13
    BUSY = 14
    """The process's number while a thread is inside with the GIL released."""
    ARRAYS = 15
    """Room for the argument's arrays."""
    WRITTEN = 16
    """How many inputs are written to."""
    EXECUTOR = 17
    TENSOR = 18
    TENSOR_OFFSET = 19
    TENSOR_NEW = 20
    SLOW = 21
    FAILED = 22
    TIMES = 23
    """Calls and nanoseconds of each instruction."""
    SCRATCH_BYTES = 24
    COUNT = 25


class Flag(enum.IntFlag):
    """Bits of `Field.FLAGS`."""

    RELEASE = 1
    WRAP = 2
    RESET = 4
    """The slots' addresses change during a call."""
    POISON = 8
    PARALLEL = 16
    """Some kernel is worth more than one thread."""


class Shared(enum.IntEnum):
    """The fields of the table that all plans share."""

    NDARRAY = 0
    NEW_ARRAY = 1
    NEW_TUPLE = 2
    SET_ITEM = 3
    HOLD = 4
    DROP = 5
    SAVE_THREAD = 6
    RESTORE_THREAD = 7
    CALL = 8
    NEW_INT = 9
    IS_SUBTYPE = 10
    NOT_IMPLEMENTED = 11
    EMPTY_TUPLE = 12
    DETACHED = 13
    """How many calls have taken variables' arrays away for as long as they run."""
    WAITING = 14
    """How many threads wait for such arrays."""
    NOTIFY = 15
    PROCESS = 16
    """A number other than that of the parent process."""
    CLOCK = 17
    POOL = 18
    POOL_RUN = 19
    WORKERS_MISSING = 20
    """Whether there are fewer threads than wanted."""
    ALLOCATE = 21
    """Gives aligned memory, and `HANDLER` frees it."""
    HANDLER = 22
    PAUSED = 23
    """How many threads want to fork: no step begins until they have."""
    COUNT = 24


class InputField(enum.IntEnum):
    """The fields of an argument's record."""

    KIND = 0
    OWNER = 1
    OFFSET = 2
    DESCR = 3
    NDIM = 4
    DIMENSIONS = 5
    FLAGS = 6
    COUNT = 8


class OutputField(enum.IntEnum):
    """The fields of a result's record."""

    DESCR = 0
    NDIM = 1
    DIMENSIONS = 2
    BYTES = 3
    """Its size where it is to be aligned, else 0."""
    COUNT = 4


class Op(enum.IntEnum):
    """What an instruction does; its first word, followed by its number in the plan."""

    STOP = 0
    CALL = 1
    CALL_CHECKED = 2
    COPY = 3
    ZERO = 4
    JUMP = 5
    JUMP_UNLESS = 6
    SWAP = 7
    ADD = 8
    ADDRESS = 9
    ADDRESS_NARROW = 10
    JUMP_IF_BELOW = 11


MOST_CHUNKS = 1 << 20
"""What the pool's counters hold."""


def aligned(size: int, by: int = 64) -> tuple[Words, int]:
    """Memory of so many bytes: what keeps it, and its address, a multiple of `by`."""
    memory = np.empty(size + by, np.uint8)
    return memory, -(-memory.ctypes.data // by) * by


class SlotNumbers:
    """The order of the slots in the table: inputs, outputs, the others.

    Args:
      plan: the plan.

    Raises:
      ValueError: when an instruction would change the address of an input that has two slots.
    """

    def __init__(self, plan: p.Plan) -> None:
        self.first_other = len(plan.inputs) + len(plan.outputs)
        self.others: list[p.Slot] = []
        self.numbers: list[int] = []
        for slot in plan.slots:
            if isinstance(slot, p.Input):
                self.numbers.append(_checked(slot.index, len(plan.inputs), "Input"))
            elif isinstance(slot, p.Output):
                place = _checked(slot.index, len(plan.outputs), "Output")
                self.numbers.append(len(plan.inputs) + place)
            else:
                self.numbers.append(self.first_other + len(self.others))
                self.others.append(slot)
        self.total = self.first_other + len(self.others)
        self.changes = False
        for each in plan.instructions:
            changed: tuple[int, ...] = ()
            if isinstance(each, p.Swap):
                changed = (each.first, each.second)
            elif isinstance(each, p.Address):
                changed = (each.slot,)
            self.changes |= bool(changed)
            for slot_number in changed:
                if self.numbers.count(self.numbers[slot_number]) > 1:
                    raise ValueError(f"Plan: slot {slot_number} changes and is not the only one")


def _checked(index: int, count: int, what: str) -> int:
    if not 0 <= index < count:
        raise ValueError(f"Plan: {what}({index}): there are {count}")
    return index


def template(plan: p.Plan, numbers: SlotNumbers, arena: int) -> Words:
    """The addresses of the slots that are neither inputs nor outputs, before a call."""
    made = np.zeros(len(numbers.others) + 1, np.int64)
    for place, slot in enumerate(numbers.others):
        if isinstance(slot, p.Arena):
            if not 0 <= slot.offset <= plan.arena_bytes:
                raise ValueError(f"Plan: {slot} is outside of {plan.arena_bytes} bytes")
            made[place] = arena + slot.offset
        elif isinstance(slot, p.Constant):
            if not slot.array.flags.c_contiguous:
                raise ValueError("Plan: a constant is not contiguous")
            made[place] = slot.array.ctypes.data
    return made


def code(plan: p.Plan, numbers: SlotNumbers) -> Words:
    """The instructions as words; jumps are distances in bytes from the beginning."""
    words: list[int] = []
    starts: list[int] = []
    jumps: list[tuple[int, int]] = []
    slot = numbers.numbers
    for number, each in enumerate(plan.instructions):
        starts.append(len(words))
        match each:
            case p.Call():
                words += _call(each, number, slot)
            case p.Copy():
                words += [Op.COPY, number, slot[each.source], slot[each.target], each.bytes]
            case p.Zero():
                words += [Op.ZERO, number, slot[each.slot], each.bytes]
            case p.Jump():
                jumps.append((len(words) + 2, each.to))
                words += [Op.JUMP, number, 0]
            case p.JumpUnless():
                jumps.append((len(words) + 2, each.to))
                words += [Op.JUMP_UNLESS, number, 0, slot[each.slot]]
            case p.JumpIfBelow():
                jumps.append((len(words) + 2, each.to))
                words += [Op.JUMP_IF_BELOW, number, 0, slot[each.slot], each.limit]
            case p.Swap():
                words += [Op.SWAP, number, slot[each.first], slot[each.second]]
            case p.AddConst():
                words += [Op.ADD, number, slot[each.slot], each.value]
            case p.Address():
                op = Op.ADDRESS if each.wide else Op.ADDRESS_NARROW
                words += [op, number, slot[each.slot], slot[each.base], slot[each.counter],
                          each.stride]  # fmt: skip
    starts.append(len(words))
    words += [Op.STOP, len(plan.instructions)]
    for place, to in jumps:
        words[place] = 8 * starts[to]
    return np.array(words, np.int64)


def _call(call: p.Call, number: int, slot: list[int]) -> list[int]:
    kernel = call.kernel
    if kernel.chunks > MOST_CHUNKS:
        raise ValueError(f"{kernel.name}: {kernel.chunks} chunks are more than {MOST_CHUNKS}")
    op = Op.CALL if call.status is None else Op.CALL_CHECKED
    status = 0 if call.status is None else slot[call.status]
    parallel = kernel.parallel and kernel.chunks > 1
    if kernel.code is None:
        kernel.code = jit.loaded(kernel.name, kernel.text)
    address = kernel.code.address
    operands = [slot[i] for i in call.operands]
    return [op, number, address, kernel.chunks, parallel, len(operands), status, *operands]
