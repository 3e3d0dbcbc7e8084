"""The CPU that code is generated for."""

from __future__ import annotations

import functools
from typing import NamedTuple

import llvmlite.binding as llvm


class Target(NamedTuple):
    """What a code generator must know of a CPU.

    Attributes:
      triple: LLVM's name for the platform.
      cpu: LLVM's name for the CPU.
      features: its features, as LLVM takes them: `"+avx2,+fma"`.
      vector_bytes: how wide a vector register is: 64 (AVX-512), 32 (AVX2) or 16.
      registers: how many vector registers there are.
      fma: whether it multiplies and adds in one instruction.
    """

    triple: str
    cpu: str
    features: str
    vector_bytes: int
    registers: int
    fma: bool

    def lanes(self, size: int) -> int:
        """How many elements of `size` bytes a vector register holds."""
        return self.vector_bytes // size


def described(triple: str, cpu: str, features: dict[str, bool]) -> Target:
    """The target with these features, the widest vectors that they allow."""
    listed = ",".join(("+" if on else "-") + name for name, on in sorted(features.items()))
    if triple.startswith(("aarch64", "arm64")):
        return Target(triple, cpu, listed, 16, 32, True)
    if features.get("avx512f") and features.get("avx512vl") and features.get("avx512dq"):
        return Target(triple, cpu, listed, 64, 32, True)
    if features.get("avx2") and features.get("fma"):
        return Target(triple, cpu, listed, 32, 16, True)
    return Target(triple, cpu, listed, 16, 16, False)


@functools.cache
def host() -> Target:
    """The CPU of this machine."""
    return described(
        llvm.get_process_triple(), llvm.get_host_cpu_name(), dict(llvm.get_host_cpu_features())
    )


@functools.cache
def narrower(vector_bytes: int) -> Target:
    """This machine's CPU, restricted to vectors of 32 or 16 bytes: tests compare the widths."""
    features = dict(llvm.get_host_cpu_features())
    for name in features:
        if name.startswith(("avx512", "amx", "avx10")) or (
            vector_bytes < 32 and name.startswith(("avx", "fma", "f16c"))
        ):
            features[name] = False
    return described(llvm.get_process_triple(), "x86-64", features)


AARCH64 = Target("aarch64-unknown-linux-gnu", "generic", "+neon", 16, 32, True)
"""Any 64-bit ARM; code for it can be generated everywhere."""
