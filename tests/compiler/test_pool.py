"""The thread pool: every chunk once, whatever happens around it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import tapeflow as tf
from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.execution import (
    calling,
    entry,
    executor,
    pool,
    shared,
    threads,
)
from tapeflow.engine.backends.llvm.execution.plan import Argument, Call, Input, Output, Plan
from tapeflow.engine.backends.llvm.execution.tables import Shared
from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import AARCH64, host
from tapeflow.engine.backends.llvm.text import Code
from tapeflow.engine.core import parallelism
from tapeflow.engine.core.dtypes import float32

F4, I8 = np.dtype(np.float32), np.dtype(np.int64)

pytestmark = pytest.mark.skipif(not threads.available(), reason="no futex on this system")


@pytest.fixture(autouse=True)
def thread_count():
    """Sets the number of threads, for one test."""
    yield tf.config.threading.set_intra_op_parallelism_threads
    tf.config.threading.set_intra_op_parallelism_threads(0)


def counting(chunks: int) -> Kernel:
    """Adds 1 to an int64 for each chunk."""
    code = Code(host(), "counting")
    counts = code.argument(0)
    with code.loop("%begin", "%end") as loop:
        at = code.op(f"getelementptr i64, ptr {counts}, i64 {loop.index}")
        before = code.op(f"load i64, ptr {at}")
        code.line(f"store i64 {code.op(f'add i64 {before}, 1')}, ptr {at}")
    return Kernel("counting", code.text(), chunks=chunks, parallel=True)


def partial_sums(count: int, size: int) -> Kernel:
    """Sums parts of `size` float32 numbers each, by way of scratch memory."""
    code = Code(host(), f"partial_sums_{size}")
    source, sums = code.argument(0), code.argument(1)
    with code.loop("%begin", "%end") as loop:
        base = code.mul(loop.index, size)
        with code.loop(0, size) as copy:
            at = code.offset(source, code.add(base, copy.index), float32)
            code.store(code.load(at, float32), code.offset("%scratch", copy.index, float32),
                       float32)  # fmt: skip
        with code.loop(0, size, carried=[code.const(0, float32)]) as total:
            x = code.load(code.offset("%scratch", total.index, float32), float32)
            both = code.op(f"fadd float {total.values[0].text}, {x.text}")
            total.next = [x._replace(text=both)]
        code.store(total.results[0], code.offset(sums, loop.index, float32), float32)
    return Kernel(code.name, code.text(), count, 4 * size, parallel=True)


def summing(count: int = 64, size: int = 500, **more) -> Plan:
    inputs = [Argument(F4, (count, size))]
    slots = [Input(0), Output(0)]
    return Plan(inputs, [(F4, (count,))], slots, [Call(partial_sums(count, size), (0, 1))], **more)


def in_order(x: np.ndarray) -> np.ndarray:
    """The sums of the rows, added up from the left."""
    return np.add.accumulate(x, 1)[:, -1]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_results_do_not_depend_on_the_number_of_threads(thread_count, count):
    thread_count(count)
    assert threads.count() == count
    x = np.random.default_rng(0).normal(size=(64, 500)).astype(F4)
    step = calling.native_call(summing())
    expected = in_order(x)
    for _ in range(200):
        np.testing.assert_array_equal(step(x)[0], expected)
    alive = [t for t in threading.enumerate() if t.name.startswith("tapeflow worker")]
    assert len(alive) == count - 1


@pytest.mark.parametrize("chunks", [2, 3, 100, 4097])
def test_every_chunk_is_done_once(thread_count, chunks):
    thread_count(3)
    step = calling.native_call(
        Plan([Argument(I8, (chunks,))], [], [Input(0)], [Call(counting(chunks), (0,))] * 10)
    )
    counts = np.zeros(chunks, I8)
    for _ in range(300):
        step(counts)
    assert (counts == 3000).all()


def test_the_number_can_change(thread_count):
    x = np.ones((64, 500), F4)
    step = calling.native_call(summing())
    for count in (3, 1, 2, 4, 2, 3):
        thread_count(count)
        for _ in range(20):
            assert (step(x)[0] == 500).all()
    with pytest.raises(ValueError, match="negative"):
        thread_count(-1)


def test_scratch_memory_grows(thread_count):
    thread_count(3)
    for size in (10, 100_000, 1000):
        x = np.ones((16, size), F4)
        step = calling.native_call(summing(16, size))
        for _ in range(50):
            assert (step(x)[0] == size).all()


def test_environment(monkeypatch):
    for text, expected in (("3", 3), ("2,4", 2), ("", None), ("0", None), ("many", None)):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert parallelism.threads() == (expected or len(os.sched_getaffinity(0)))
    parallelism.choose(5)
    assert parallelism.threads() == tf.config.threading.get_intra_op_parallelism_threads() == 5


def nesting() -> Kernel:
    """Each of its chunks runs another kernel through the pool."""
    code = Code(host(), "nesting")
    what, counts = code.argument(0), code.argument(1)
    run, the_pool, kernel = (
        code.op(f"load ptr, ptr {code.op(f'getelementptr ptr, ptr {what}, i64 {i}')}")
        for i in range(3)
    )
    operand = code.op("alloca ptr")
    with code.loop("%begin", "%end") as loop:
        row = code.op(f"getelementptr i64, ptr {counts}, i64 {code.mul(loop.index, 50)}")
        code.line(f"store ptr {row}, ptr {operand}")
        code.line(f"call void {run}(ptr {the_pool}, ptr {kernel}, ptr {operand}, i64 50, ptr null,"
                  " i64 0)")  # fmt: skip
    return Kernel("nesting", code.text(), 20, parallel=True)


def test_nested_calls(thread_count):
    thread_count(3)
    threads.start()
    inner = counting(50)
    pointers = [*shared.words[[Shared.POOL_RUN, Shared.POOL]], jit.load(inner.name, inner.text)]
    counts = np.zeros((20, 50), I8)
    for _ in range(100):
        threads.run(nesting(), [np.array(pointers, I8), counts])
    assert (counts == 100).all()


@pytest.mark.parametrize("release", [False, True])
def test_several_callers(thread_count, release):
    thread_count(3)
    x = np.random.default_rng(0).normal(size=(64, 500)).astype(F4)
    steps = [calling.native_call(summing(release_gil=release)) for _ in range(4)]
    until = time.monotonic() + 2
    rounds, wrong = [0] * 8, []

    def work(number):
        scaled = x * F4.type(number + 1)
        expected = in_order(scaled)
        while time.monotonic() < until and not wrong:
            for step in steps:
                if not np.array_equal(step(scaled)[0], expected):
                    wrong.append(number)
            rounds[number] += 1

    callers = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    assert not wrong
    assert min(rounds) > 0


# Processes of their own.

_SETUP = """
import os, sys, threading, time, warnings
warnings.simplefilter("ignore")
sys.path[:0] = {path!r}
import numpy as np
from compiler.test_pool import *
x = np.ones((64, 500), F4)
parallelism.choose(3)
step = calling.native_call(summing())
def check(rounds=100):
    for _ in range(rounds):
        assert (step(x)[0] == 500).all()
"""


def fresh(program: str) -> str:
    """What a program writes; it must end well and without complaints."""
    text = _SETUP.format(path=sys.path) + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", text], capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_pool_start_when_they_are_needed():
    fresh("""
        assert threading.active_count() == 1
        check(1)
        assert threading.active_count() == 3
    """)


@pytest.mark.parametrize("idle", [0, 0.1])
def test_exit_with_workers(idle):
    fresh(f"check(); time.sleep({idle})")
    fresh(f"check(); time.sleep({idle}); os._exit(0)")
    fresh(f"check(); threading.Thread(target=lambda: (time.sleep({idle}), check())).start()")


def test_exit_while_a_daemon_thread_calls():
    fresh("""
        step = calling.native_call(summing(release_gil=True))
        def work():
            while True:
                check()
        for _ in range(3):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.2)
    """)


def test_calls_at_the_end():
    fresh("""
        import atexit
        class Last:
            def __del__(self, check=check):
                check()
        last = Last()
        check()
        atexit.register(check)
    """)


def test_fork():
    fresh("""
        check()
        for use_first in (True, False):
            children = []
            for _ in range(3):
                child = os.fork()
                if not child:
                    if use_first:
                        check()
                        assert threading.active_count() == 3
                    sys.exit(7)
                children.append(child)
                check()
            for child in children:
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    """)


def test_fork_while_others_call():
    fresh("""
        step = calling.native_call(summing(release_gil=True))
        stop = False
        def work():
            while not stop:
                check(10)
        callers = [threading.Thread(target=work) for _ in range(3)]
        for each in callers:
            each.start()
        for _ in range(20):
            child = os.fork()
            if not child:
                check()
                os._exit(7)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        stop = True
    """)


def test_idle_workers_use_no_cpu():
    spent = fresh("""
        check()
        time.sleep(0.05)
        before = time.process_time()
        time.sleep(1)
        print(time.process_time() - before)
    """)
    assert float(spent) < 0.02


def test_code_for_arm():
    for text in (
        pool.run_text(AARCH64),
        pool.worker_text(AARCH64),
        pool.alone_text(AARCH64),
        pool.ticks_text(AARCH64),
        entry.text(AARCH64),
        executor.text(timed=True),
    ):
        assert jit.object_code(text, AARCH64)


def test_without_workers(monkeypatch):
    alone = jit.load("pool_run", pool.alone_text(host()))
    kernel = counting(10)
    counts = np.zeros(10, I8)
    operands = np.array([counts.ctypes.data], I8)
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64, ctypes.c_void_p,
                            ctypes.c_int64)  # fmt: skip
    kind(alone)(None, jit.load(kernel.name, kernel.text), operands.ctypes.data, 10, None, 0)
    assert (counts == 1).all()
    monkeypatch.setattr(threads, "available", lambda: False)
    assert threads.count() == 1
