"""Compiles IR text to machine code, once: object code is kept on disk."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import threading
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from tapeflow.engine.backends.llvm import objects
from tapeflow.engine.backends.llvm.target import Target, host

_lock = threading.RLock()
# Closing an engine while a worker is inside of its code would be the end of the process: what is
# loaded stays.
_loaded: dict[str, int] = {}
_engines: list[Any] = []
statistics = {"compiled": 0, "from_disk": 0}
"""How many kernels this process compiled, and how many it found on disk."""


@functools.cache
def _machine(target: Target) -> Any:
    if target.triple == llvm.get_process_triple():
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        llvm.initialize_native_asmparser()
    else:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
    made = llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, features=target.features, opt=2, reloc="pic", codemodel="small"
    )
    return made


def object_code(text: str, target: Target) -> bytes:
    """The object file for a module, without a look at the cache.

    Raises:
      RuntimeError: when the text is no valid IR.
    """
    machine = _machine(target)
    module = llvm.parse_assembly(text)
    module.triple = target.triple
    module.data_layout = str(machine.target_data)
    module.verify()
    return machine.emit_object(module)  # type: ignore[no-any-return]


def key_of(text: str, target: Target) -> str:
    """What the object code depends on, as a name."""
    whole = "\0".join([text, *map(str, target), llvmlite.__version__, str(llvm.llvm_version_info)])
    return hashlib.sha256(whole.encode()).hexdigest()[:40]


def load(name: str, text: str, target: Target | None = None) -> int:
    """The address of function `name` of a module, compiled now or before.

    Args:
      name: the function.
      text: the module's IR.
      target: the CPU; this machine's by default.
    """
    target = target or host()
    key = key_of(text, target)
    with _lock:
        known = _loaded.get(key)
        if known is not None:
            return known
        code = objects.read(key)
        if code is None:
            code = object_code(text, target)
            objects.write(key, code)
            statistics["compiled"] += 1
        else:
            statistics["from_disk"] += 1
        _machine(target)
        empty = llvm.parse_assembly("")
        empty.triple = target.triple
        engine = llvm.create_mcjit_compiler(empty, _engine_machine())
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        address = engine.get_function_address(name)
        _engines.append(engine)
        _loaded[key] = address
        return address  # type: ignore[no-any-return]


def _engine_machine() -> Any:
    # An execution engine takes its target machine with it.
    target = host()
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, features=target.features, opt=2, reloc="pic", codemodel="small"
    )


KERNEL_TYPE = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p
)


def run(kernel: Any, arrays: list[Any], target: Target | None = None) -> None:
    """Runs a kernel on NumPy arrays, on this thread; for tests and trials.

    Args:
      kernel: a `Kernel`.
      arrays: its operands, outputs among them.
      target: the CPU that it was generated for.
    """
    address = load(kernel.name, kernel.text, target)
    pointers = (ctypes.c_void_p * len(arrays))(*[a.ctypes.data for a in arrays])
    scratch = ctypes.create_string_buffer(kernel.scratch + 64)
    start = (ctypes.addressof(scratch) + 63) // 64 * 64
    KERNEL_TYPE(address)(ctypes.addressof(pointers), 0, kernel.chunks, start)
