"""What the graph compiler hands over: buffers, and the instructions that work on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tapeflow.engine.backends.llvm.kernel import Kernel

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Argument:
    """What one argument of the call is.

    Attributes:
      dtype: of its elements.
      shape: its static shape.
      kind: `"array"` for an array or a tensor; `"variable"` for an object that holds its array in
        a slot `_array`; `"written variable"` when the step writes into that array.
      owner: the class of a variable.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    kind: str = "array"
    owner: type | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"Argument: kind: expected one of {KINDS}; received {self.kind!r}")
        if (self.owner is None) != (self.kind == "array"):
            raise ValueError("Argument: owner: expected a class for a variable, and only there")


KINDS = ("array", "variable", "written variable")


# Where a buffer is.


@dataclass(frozen=True)
class Input:
    """The array of argument number `index`."""

    index: int


@dataclass(frozen=True)
class Output:
    """Result number `index`."""

    index: int


@dataclass(frozen=True)
class Arena:
    """Memory of the plan's own, `offset` bytes into it; its contents do not outlive a call."""

    offset: int


@dataclass(frozen=True, eq=False)
class Constant:
    """An array that is read and never written to."""

    array: Array


@dataclass(frozen=True)
class Moving:
    """An address that instruction `Address` computes."""


Slot = Input | Output | Arena | Constant | Moving


# What to do. Buffers are named by their numbers in `Plan.slots`, instructions by their places.


@dataclass(frozen=True)
class Call:
    """Runs a kernel.

    Attributes:
      kernel: the kernel.
      operands: the slots, in the kernel's order.
      status: slot of an int64 that the kernel sets to something else than zero when it fails, such
        as for an index out of range; the plan then stops. The kernel finds a zero there.
      specs: dtype and shape of each operand, for those that want to tell about a failure.
    """

    kernel: Kernel
    operands: tuple[int, ...]
    status: int | None = None
    specs: tuple[tuple[np.dtype[Any], tuple[int, ...]] | None, ...] = ()


@dataclass(frozen=True)
class Copy:
    """Copies bytes from one buffer to another; the two may overlap."""

    source: int
    target: int
    bytes: int


@dataclass(frozen=True)
class Zero:
    """Sets bytes to zero."""

    slot: int
    bytes: int


@dataclass(frozen=True)
class Jump:
    """Continues elsewhere; the number of instructions stands for the end."""

    to: int


@dataclass(frozen=True)
class JumpUnless:
    """Continues elsewhere when the byte in a slot is zero."""

    slot: int
    to: int


@dataclass(frozen=True)
class JumpIfBelow:
    """Continues elsewhere while the int64 in a slot is below a number."""

    slot: int
    limit: int
    to: int


@dataclass(frozen=True)
class Swap:
    """Exchanges the addresses of two slots, until the end of the call."""

    first: int
    second: int


@dataclass(frozen=True)
class AddConst:
    """Adds a number to the int64 in a slot."""

    slot: int
    value: int


@dataclass(frozen=True)
class Address:
    """Sets a slot to the address `base + counter * stride`.

    Attributes:
      slot: a `Moving` slot.
      base: the slot whose address is the first.
      counter: the slot of a counter.
      stride: bytes.
      wide: whether the counter is an int64 rather than an int32.
    """

    slot: int
    base: int
    counter: int
    stride: int
    wide: bool = True


Instruction = Call | Copy | Zero | Jump | JumpUnless | JumpIfBelow | Swap | AddConst | Address


@dataclass
class Plan:
    """One compiled function for one set of shapes.

    Attributes:
      inputs: what the arguments are.
      outputs: dtype and shape of the results.
      slots: where the buffers are.
      instructions: what to do.
      arena_bytes: size of the arena.
      scratch_bytes: scratch memory of a thread; at least what the kernels ask for.
      release_gil: whether other Python threads may run meanwhile, which is worth its cost in a plan
        of more than some 10 us.
      saved: copies to make where an instruction fails: what variables held before.
    """

    inputs: list[Argument]
    outputs: list[tuple[np.dtype[Any], tuple[int, ...]]]
    slots: list[Slot]
    instructions: list[Instruction]
    arena_bytes: int = 0
    scratch_bytes: int = 0
    release_gil: bool = False
    saved: list[Copy] = field(default_factory=list)
