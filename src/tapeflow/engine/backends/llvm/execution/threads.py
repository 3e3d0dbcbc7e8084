"""The threads that help with a kernel's chunks.

A worker is a daemon thread of Python inside generated code, where it needs no GIL; it sleeps in
the kernel of the system when there is nothing to do for some time. Threads are started when the
first plan with work for them is called. Where the system has no futex, there are none, and all runs
on the calling thread.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import sys
import threading
import time
from typing import Any

import numpy as np

from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.execution import pool, shared
from tapeflow.engine.backends.llvm.execution.pool import PoolField
from tapeflow.engine.backends.llvm.execution.tables import Shared, aligned
from tapeflow.engine.backends.llvm.target import host
from tapeflow.engine.core import parallelism

_MOST_WORKERS = 255
_SPIN_SECONDS = 64e-6
_WORK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)
_RUN = ctypes.CFUNCTYPE(
    None, *[ctypes.c_void_p] * 3, ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64
)
_lock = threading.Lock()
_workers: list[threading.Thread] = []


class _Memory:
    """The pool's table, which is never freed: workers may look at it until the process ends."""

    kept, address = aligned(8 * PoolField.COUNT)
    words = kept[address - kept.ctypes.data :][: 8 * PoolField.COUNT].view(np.int64)


ctypes.pythonapi.Py_IncRef(ctypes.py_object(_Memory.kept))


def available() -> bool:
    """Whether this system can have workers."""
    architecture = host().triple.split("-")[0]
    return sys.platform == "linux" and architecture in pool.FUTEX


def count() -> int:
    """How many threads a parallel kernel uses, the calling one among them."""
    return 1 + _wanted()


def _wanted() -> int:
    return min(parallelism.threads() - 1, _MOST_WORKERS) if available() else 0


@functools.cache
def prepare() -> None:
    """Compiles the pool's code and notes that workers are to be started."""
    words = _Memory.words
    words[:] = 0
    if available():
        library = ctypes.CDLL(None)
        for field, name in (
            (PoolField.SYSCALL, "syscall"),
            (PoolField.YIELD, "sched_yield"),
            (PoolField.ALLOCATE, "malloc"),
            (PoolField.FREE, "free"),
        ):
            words[field] = ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0
        shared.words[Shared.POOL_RUN] = jit.load("pool_run", pool.run_text(host()))
        words[PoolField.SPIN] = _ticks_in(_SPIN_SECONDS)
        _work_address()
    else:
        shared.words[Shared.POOL_RUN] = jit.load("pool_run", pool.alone_text(host()))
    shared.words[Shared.POOL] = _Memory.address
    shared.words[Shared.WORKERS_MISSING] = 1
    parallelism.on_change(_resized)
    atexit.register(_leave)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)


def _ticks_in(seconds: float) -> int:
    """How far the processor's counter gets in some time."""
    ticks = ctypes.CFUNCTYPE(ctypes.c_int64)(jit.load("ticks", pool.ticks_text(host())))
    start, first = time.perf_counter(), ticks()
    time.sleep(0.001)
    passed, last = time.perf_counter() - start, ticks()
    return int((last - first) / passed * seconds)


@functools.cache
def _work_address() -> int:
    return jit.load("pool_work", pool.worker_text(host()))


def start() -> None:
    """Starts the workers that are missing."""
    prepare()
    with _lock:
        if not shared.words[Shared.WORKERS_MISSING]:
            return
        wanted = _wanted()
        _set_workers(wanted)
        try:
            for number in range(len(_workers), wanted):
                worker = threading.Thread(
                    target=_work, args=(number,), name=f"tapeflow worker {number}", daemon=True
                )
                worker.start()
                _workers.append(worker)
        except RuntimeError:  # no more threads may be started: those that there are must do
            _set_workers(len(_workers))
        shared.words[Shared.WORKERS_MISSING] = 0


def _work(number: int) -> None:
    _WORK(_work_address())(_Memory.address, number)


def _set_workers(wanted: int) -> None:
    words = _Memory.words
    words[PoolField.SHIFT] = (2 * (wanted + 1) - 1).bit_length()
    words[PoolField.WORKERS] = wanted


def _resized() -> None:
    """Lets the workers go that are not wanted any more, or notes that some are missing."""
    with _lock:
        wanted = _wanted()
        if wanted < len(_workers):
            _dismiss(wanted)
        shared.words[Shared.WORKERS_MISSING] = wanted > len(_workers)


def _dismiss(wanted: int, timeout: float | None = None) -> None:
    _set_workers(wanted)
    _Memory.words[PoolField.GENERATION] += 1
    ctypes.CDLL(None).syscall(
        ctypes.c_long(pool.FUTEX[host().triple.split("-")[0]]),
        ctypes.c_void_p(_Memory.address + 8 * PoolField.GENERATION),
        ctypes.c_int(pool.WAKE),
        ctypes.c_int(2**31 - 1),
        None,
        None,
        ctypes.c_int(0),
    )
    for worker in _workers[wanted:]:
        worker.join(timeout)
    del _workers[wanted:]


def _leave() -> None:
    """At the interpreter's end: from now on all runs on the calling thread."""
    with _lock:
        shared.words[Shared.WORKERS_MISSING] = 0
        if _workers:
            _dismiss(0, timeout=1)


def _after_fork() -> None:
    """A child process has none of the threads, and nobody to unlock what they had locked."""
    global _lock
    _lock = threading.Lock()
    _workers.clear()
    words = _Memory.words
    words[PoolField.STATE] = (int(words[PoolField.STATE]) >> 40 << 40) + (1 << 40)
    for field in (PoolField.FINISHED, PoolField.LOCK, PoolField.SLEEPING, PoolField.WORKERS):
        words[field] = 0
    shared.words[Shared.WORKERS_MISSING] = 1


def run(kernel: Any, arrays: list[Any]) -> None:
    """Runs a kernel on NumPy arrays with all threads; for tests and trials.

    Args:
      kernel: a `Kernel`.
      arrays: its operands, outputs among them.
    """
    start()
    address = jit.load(kernel.name, kernel.text)
    pointers = np.array([a.ctypes.data for a in arrays], np.int64)
    memory, scratch = aligned(kernel.scratch)
    _RUN(int(shared.words[Shared.POOL_RUN]))(
        _Memory.address, address, pointers.ctypes.data, kernel.chunks, scratch, kernel.scratch
    )
    del memory
