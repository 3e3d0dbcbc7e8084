"""What the code generators give: a kernel, ready to be compiled and called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Kernel:
    """Native code for one step of a compiled function.

    The code is a function `void name(ptr args, i64 begin, i64 end, ptr scratch)`: `args` points to
    the operands' addresses, inputs and outputs in an order that the generator chooses. The work is
    cut into `chunks` that do not depend on each other; the call does those in `[begin, end)`. How
    it is cut depends on shapes alone, so that results do not depend on the number of threads.

    Attributes:
      name: unique for what it computes; part of the file's name in the object cache.
      text: LLVM IR of a module with the function.
      chunks: how many parts the work has.
      scratch: bytes of memory that each thread needs besides; 64-byte aligned.
      flops: floating-point operations in all.
      bytes: bytes read and written in all, each operand counted once.
      fused: what it computes, for `explain`: `"MatMul + BiasAdd + Relu"`.
      notes: what a reader of the plan should know.
      code: holds the compiled function, once there is one.
      parallel: whether the work is worth more than one thread.
    """

    name: str
    text: str
    chunks: int = 1
    scratch: int = 0
    flops: int = 0
    bytes: int = 0
    fused: str = ""
    parallel: bool = False
    notes: list[str] = field(default_factory=list)
    code: Any = None
