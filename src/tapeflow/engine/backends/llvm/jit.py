"""Compiles IR text to machine code, once: object code is kept on disk."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import threading
import weakref
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from tapeflow.engine.backends.llvm import objects
from tapeflow.engine.backends.llvm.target import Target, host

_lock = threading.RLock()
_loaded: weakref.WeakValueDictionary[str, Loaded] = weakref.WeakValueDictionary()
_forever: list[Loaded] = []
statistics = {"compiled": 0, "from_disk": 0}
"""How many kernels this process compiled, and how many it found on disk."""


def pause() -> None:
    """Waits until LLVM is not at work, and keeps it from work until `resume`."""
    _lock.acquire()


def resume() -> None:
    """Ends a pause."""
    _lock.release()


# Loop strength reduction takes half of the time of compiling a product, whose inner loops have
# nothing left to reduce.
llvm.set_option("tapeflow", "-disable-lsr")


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


class Loaded:
    """A function in memory, for as long as somebody holds this object.

    Attributes:
      address: where it is.
    """

    def __init__(self, name: str, code: bytes, target: Target) -> None:
        _machine(target)
        empty = llvm.parse_assembly("")
        empty.triple = target.triple
        self._engine = llvm.create_mcjit_compiler(empty, _engine_machine())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self.address: int = self._engine.get_function_address(name)

    def __del__(self, lock: Any = _lock) -> None:
        # A process that forks must not have LLVM's own lock taken by another thread.
        with lock:
            self._engine.close()


def loaded(name: str, text: str, target: Target | None = None) -> Loaded:
    """Function `name` of a module, compiled now or before.

    A kernel is held by the plans that call it, and a plan is held while it runs: threads leave a
    kernel before the plan ends, so none is ever inside of code that goes.

    Args:
      name: the function.
      text: the module's IR.
      target: the CPU; this machine's by default.
    """
    target = target or host()
    key = key_of(text, target)
    with _lock:
        known = _loaded.get(key)
        if known is None:
            code = objects.read(key)
            if code is None:
                code = object_code(text, target)
                objects.write(key, code)
                statistics["compiled"] += 1
            else:
                statistics["from_disk"] += 1
            known = _loaded[key] = Loaded(name, code, target)
        return known


def load(name: str, text: str, target: Target | None = None) -> int:
    """The address of a function that stays for as long as the process; see `loaded`."""
    made = loaded(name, text, target)
    _forever.append(made)
    return made.address


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
