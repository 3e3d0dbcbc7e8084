"""Plans, their executor and the call from Python."""

from __future__ import annotations

import gc
import pickle
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import tapeflow as tf
from tapeflow.engine.backends.llvm.execution import calling, layout, memory, shared
from tapeflow.engine.backends.llvm.execution.plan import (
    AddConst,
    Address,
    Arena,
    Argument,
    Call,
    Constant,
    Copy,
    Input,
    Jump,
    JumpUnless,
    Moving,
    Output,
    Plan,
    Swap,
    Zero,
)
from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import host
from tapeflow.engine.backends.llvm.text import Code
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.variables.variable import Variable

F4, I8, I4, B1 = (np.dtype(t) for t in (np.float32, np.int64, np.int32, np.bool_))


def binary(op: str, dtype: np.dtype, count: int) -> Kernel:
    """`o[i] = op(a[i], b[i])`; `op` is an LLVM instruction."""
    kind = as_dtype(dtype)
    code = Code(host(), f"{op.split()[0]}_{dtype}_{count}")
    a, b, o = (code.argument(i) for i in range(3))
    with code.loop(0, count) as loop:
        x, y = (code.load(code.offset(p, loop.index, kind), kind) for p in (a, b))
        z = x._replace(text=code.op(f"{op} {x.type} {x.text}, {y.text}"))
        code.store(z, code.offset(o, loop.index, kind), kind)
    return Kernel(code.name, code.text())


def less() -> Kernel:
    """`o = a < b` of int64 scalars."""
    code = Code(host(), "less")
    a, b, o = (code.argument(i) for i in range(3))
    x, y = (code.op(f"load i64, ptr {p}") for p in (a, b))
    byte = code.op(f"zext i1 {code.op(f'icmp slt i64 {x}, {y}')} to i8")
    code.line(f"store i8 {byte}, ptr {o}")
    return Kernel("less", code.text())


def adding(n: int = 5, kind: str = "written variable", **more) -> Plan:
    """`r = x + v; v = r`."""
    owner = None if kind == "array" else Variable
    program = [Call(binary("fadd", F4, n), (0, 1, 2))]
    if kind == "written variable":
        program.append(Copy(2, 1, 4 * n))
    inputs = [Argument(F4, (n,)), Argument(F4, (n,), kind, owner)]
    return Plan(inputs, [(F4, (n,))], [Input(0), Input(1), Output(0)], program, **more)


@pytest.fixture(params=["native", "python"])
def call(request, monkeypatch):
    """`native_call`, also where the layout of objects is not known."""
    if request.param == "python":
        monkeypatch.setattr(layout, "SUPPORTED", False)
    else:
        assert layout.SUPPORTED
    return calling.native_call


@pytest.mark.parametrize("release", [False, True])
@pytest.mark.parametrize("wrap", [False, True])
def test_results_and_written_variables(call, wrap, release):
    step = call(adding(release_gil=release), EagerTensor, wrap)
    x, v = np.arange(5, dtype=np.float32), Variable(np.ones(5, np.float32))
    for given in (x, EagerTensor(x), x):
        before = v.numpy()
        results = step(given, v)
        assert type(results) is tuple
        assert type(results[0]) is (EagerTensor if wrap else np.ndarray)
        np.testing.assert_array_equal(np.asarray(results[0]), before + x)
        np.testing.assert_array_equal(v.numpy(), before + x)


@pytest.mark.parametrize("release", [False, True])
def test_snapshots_do_not_change(call, release):
    step = call(adding(release_gil=release), EagerTensor)
    x, v = np.ones(5, np.float32), Variable(np.zeros(5, np.float32))
    snapshots = []
    for i in range(4):
        snapshots.append((i, v.value()))
        step(x, v)
    for i, snapshot in snapshots:
        np.testing.assert_array_equal(snapshot.numpy(), np.full(5, i))
    step(v.value(), v)
    np.testing.assert_array_equal(v.numpy(), np.full(5, 8))


@pytest.mark.parametrize(
    "given",
    [
        np.arange(10, dtype=np.float32)[::2],
        np.arange(5, dtype=np.float32).astype(">f4"),
        np.frombuffer(b"\0" + np.arange(5, dtype=np.float32).tobytes(), np.uint8)[1:].view(F4),
        np.arange(5, dtype=np.float32).view(np.dtype(np.float32, metadata={"a": 1})),
        np.arange(5, dtype=np.float32).view(type("Sub", (np.ndarray,), {})),
        EagerTensor(np.arange(10, dtype=np.float32)[::2]),
    ],
    ids=["strided", "big-endian", "misaligned", "metadata", "subclass", "strided tensor"],
)
def test_other_arrays_are_converted(call, given):
    step = call(adding(kind="array"), EagerTensor)
    expected = np.asarray(given).astype(F4) + 1
    np.testing.assert_array_equal(step(given, np.ones(5, np.float32))[0], expected)


def test_scalars_and_empty_arrays(call):
    plan = Plan([Argument(F4, ())] * 2, [(F4, ())], [Input(0), Input(1), Output(0)],
                [Call(binary("fadd", F4, 1), (0, 1, 2))])  # fmt: skip
    (result,) = call(plan)(np.float32(2), np.array(3, F4))
    assert type(result) is np.ndarray
    assert result.shape == ()
    assert result == 5
    plan = Plan([Argument(F4, (0, 3))], [(F4, (3, 0))], [Input(0), Output(0)], [Copy(0, 1, 0)])
    assert call(plan)(np.zeros((0, 3), F4))[0].shape == (3, 0)
    assert call(Plan([], [], [], []))() == ()


@pytest.mark.parametrize(
    "arguments",
    [
        (np.ones(4, F4), np.ones(5, F4)),
        (np.ones(5), np.ones(5, F4)),
        (np.ones((5, 1), F4), np.ones(5, F4)),
        (np.ones(5, F4),),
        (np.ones(5, F4),) * 3,
        (np.ones(5, F4), object()),
    ],
)
def test_what_the_plan_was_not_made_for_is_refused(call, arguments):
    with pytest.raises(AssertionError):
        call(adding(kind="array"))(*arguments)


def test_variables_of_other_kinds(call):
    step = call(adding(), EagerTensor)
    x = np.ones(5, F4)
    v = Variable(x)
    with pytest.raises(AssertionError):
        step(x, x)
    v._array = np.arange(10, dtype=np.float32)[::2]
    step(x, v)
    np.testing.assert_array_equal(v.numpy(), np.arange(0, 10, 2) + 1)
    locked = np.zeros(5, F4)
    locked.flags.writeable = False
    v._array = locked
    step(x, v)
    assert (locked == 0).all()
    assert (v.numpy() == 1).all()
    sub = type("Sub", (Variable,), {})(x)
    step(x, sub)
    assert (sub.numpy() == 2).all()
    v._array = None
    with pytest.raises(tf.errors.FailedPreconditionError, match="read before it has a value"):
        step(x, v)
    del v._array
    with pytest.raises(AttributeError):
        step(x, v)


def loop_plan(rounds: int) -> Plan:
    """Adds row after row of a constant table to a sum; the sum is swapped with a spare buffer."""
    table = np.arange(3 * rounds, dtype=np.float32).reshape(rounds, 3)
    add, test = binary("fadd", F4, 3), less()
    slots = [Input(0), Constant(table), Arena(0), Constant(np.array(rounds)), Arena(64), Moving(),
             Arena(128), Arena(192), Output(0)]  # fmt: skip
    program = [
        Zero(2, 8),  # 0: the counter
        Copy(0, 6, 12),
        Call(test, (2, 3, 4)),  # 2
        JumpUnless(4, 9),
        Address(5, 1, 2, 12),
        Call(add, (6, 5, 7)),
        Swap(6, 7),
        AddConst(2, 1),
        Jump(2),
        Copy(6, 8, 12),  # 9
    ]
    return Plan([Argument(F4, (3,))], [(F4, (3,))], slots, program, arena_bytes=256)


@pytest.mark.parametrize("rounds", [0, 1, 2, 101])
def test_loops(call, rounds):
    step = call(loop_plan(rounds))
    table = np.arange(3 * rounds, dtype=np.float32).reshape(rounds, 3)
    for _ in range(3):
        np.testing.assert_array_equal(step(np.ones(3, F4))[0], table.sum(0) + 1)


def test_narrow_counters(call):
    rows = np.arange(12, dtype=np.float32).reshape(4, 3)
    plan = Plan([Argument(F4, (4, 3)), Argument(I4, ())], [(F4, (3,))],
                [Input(0), Input(1), Moving(), Output(0)],
                [Address(2, 0, 1, 12, wide=False), Copy(2, 3, 12)])  # fmt: skip
    step = call(plan)
    for i in range(4):
        np.testing.assert_array_equal(step(rows, np.array(i, I4))[0], rows[i])


def checking() -> Kernel:
    """Sets its second operand when the first, an int64, is negative."""
    code = Code(host(), "checking")
    a, status = code.argument(0), code.argument(1)
    with code.when(code.op(f"icmp slt i64 {code.op(f'load i64, ptr {a}')}, 0")):
        code.line(f"store i64 7, ptr {status}")
    return Kernel("checking", code.text())


@pytest.mark.parametrize("release", [False, True])
def test_failures(call, release):
    told = []

    def on_failure(number, operands):
        told.append((number, operands))
        raise IndexError("negative")

    plan = Plan(
        [Argument(I8, ()), Argument(I8, (), "written variable", Variable)],
        [(I8, ())],
        [Input(0), Arena(0), Output(0), Input(1)],
        [AddConst(3, 1), Call(checking(), (0, 1), 1, ((I8, ()), (I8, ()))), Copy(0, 2, 8),
         AddConst(3, 1)],
        arena_bytes=8,
        release_gil=release,
    )  # fmt: skip
    step = call(plan, on_failure=on_failure)
    v = Variable(np.array(0))
    good = np.array(3)
    assert step(good, v) == (3,)
    with pytest.raises(IndexError, match="negative"):
        step(np.array(-2), v)
    assert told == [(1, [-2, 7])]
    assert v.numpy() == 3
    assert step(good, v) == (3,)
    assert v.numpy() == 5
    with pytest.raises(AssertionError, match="checking"):
        call(plan)(np.array(-1), v)


def test_poison(call, monkeypatch):
    monkeypatch.setattr(calling, "POISON", True)
    plan = Plan([], [(F4, (4,))], [Arena(64), Output(0)], [Copy(0, 1, 16)], arena_bytes=80)
    step = call(plan)
    assert np.isnan(step()[0]).all()
    assert np.isnan(step()[0]).all()


def test_times():
    step = calling.native_call(loop_plan(10))
    x = np.ones(3, F4)
    calling.note_times(step)
    step(x), step(x)
    counts = [each.calls for each in calling.times(step)]
    assert counts == [2, 2, 22, 22, 20, 20, 20, 20, 20, 2]
    spent = sum(each.nanoseconds for each in calling.times(step))
    assert 0 < spent < 1e8
    calling.note_times(step, False)
    step(x)
    assert sum(each.calls for each in calling.times(step)) == 0


def test_plans_are_checked():
    with pytest.raises(ValueError, match="there are 1"):
        calling.native_call(Plan([Argument(F4, ())], [], [Input(1)], []))
    with pytest.raises(ValueError, match="outside"):
        calling.native_call(Plan([], [], [Arena(9)], [], arena_bytes=8))
    with pytest.raises(ValueError, match="not the only one"):
        calling.native_call(
            Plan([Argument(F4, ())], [], [Input(0), Input(0), Arena(0)], [Swap(0, 2)])
        )
    with pytest.raises(ValueError, match="kind"):
        Argument(F4, (), "other")
    with pytest.raises(ValueError, match="owner"):
        Argument(F4, (), "variable")


# Memory.


@pytest.mark.parametrize("release", [False, True])
@pytest.mark.parametrize("wrap", [False, True])
def test_calls_keep_nothing(wrap, release):
    step = calling.native_call(adding(release_gil=release), EagerTensor, wrap)
    x, v = np.ones(5, F4), Variable(np.zeros(5, F4))
    t = EagerTensor(x)
    watched = [x, v, t, F4, EagerTensor, np.ndarray, step, np.dtype(F4)]

    def some(count):
        for _ in range(count):
            step(t, v)
            step(x, v)

    some(100)
    gc.collect()
    before = [sys.getrefcount(each) for each in watched]
    holders = sys.getrefcount(v._array)
    tracemalloc.start()
    try:
        some(10)
        gc.collect()
        start = tracemalloc.get_traced_memory()[0]
        some(50_000)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - start
        after = [sys.getrefcount(each) for each in watched]
        holders_after = sys.getrefcount(v._array)
    finally:
        tracemalloc.stop()
    assert grown < 20_000
    assert after == before
    assert holders_after == holders


def test_slow_calls_and_failures_keep_nothing():
    def fail(number, operands):
        raise IndexError

    plan = Plan([Argument(I8, ()), Argument(I8, (), "variable", Variable)], [(I8, ())],
                [Input(0), Arena(0)], [Call(checking(), (0, 1), 1, ((I8, ()), None))],
                arena_bytes=8)  # fmt: skip
    step = calling.native_call(plan, EagerTensor, True, on_failure=fail)
    v, scalar, bad = Variable(np.array(1)), np.int64(2), np.array(-1)
    watched = [v, v._array, bad, I8, EagerTensor]

    def some(count):
        for _ in range(count):
            step(scalar, v)
            with pytest.raises(IndexError):
                step(bad, v)

    some(10)
    gc.collect()
    before = [sys.getrefcount(each) for each in watched]
    some(500)
    after = [sys.getrefcount(each) for each in watched]
    assert after == before


def test_a_dropped_function_is_freed():
    def alive():
        gc.collect()
        return sum(type(each) is calling.Prepared for each in gc.get_objects())

    before = alive()
    step = calling.native_call(adding(), EagerTensor)
    assert alive() == before + 1
    step(np.ones(5, F4), Variable(np.ones(5, F4)))
    del step
    assert alive() == before


def test_tensors_are_whole():
    step = calling.native_call(adding(), EagerTensor, True)
    (tensor,) = step(np.ones(5, F4), Variable(np.ones(5, F4)))
    tensor.anything = 3
    assert tensor.anything == 3
    assert (tensor + 1).shape == (5,)
    assert gc.is_tracked(tensor)
    array = tensor._array
    del tensor
    assert array.flags.owndata
    assert array.flags.writeable
    array += 1


# Threads.


def sleeping(milliseconds: float = 30) -> Plan:
    """Adds 1 to a variable many times, for about so long."""
    rounds = int(milliseconds * 1e6 / 15)
    slots = [Input(0), Arena(0), Constant(np.array(rounds)), Arena(8)]
    program = [
        Zero(1, 8),
        Call(less(), (1, 2, 3)),
        JumpUnless(3, 6),
        AddConst(1, 1),
        AddConst(0, 1),
        Jump(1),
    ]
    inputs = [Argument(I8, (), "written variable", Variable)]
    return Plan(inputs, [], slots, program, arena_bytes=16, release_gil=True)


def test_a_variable_in_use_has_no_array():
    plan = sleeping(100)
    step = calling.native_call(plan)
    v = Variable(np.array(0))
    rounds = int(plan.slots[2].array)
    thread = threading.Thread(target=step, args=(v,))
    thread.start()
    seen_empty = False
    while thread.is_alive() and not seen_empty:
        try:
            Variable.__dict__["_array"].__get__(v)
        except AttributeError:
            seen_empty = True
    assert seen_empty
    assert shared.wait_until_attached(v)
    assert v.numpy() == rounds
    thread.join()
    assert shared.words[calling.Shared.DETACHED] == 0
    empty = Variable(np.array(0))
    del empty._array
    assert not shared.wait_until_attached(empty)


def test_an_assignment_meanwhile_stays():
    step = calling.native_call(sleeping(100))
    v = Variable(np.array(0))
    thread = threading.Thread(target=step, args=(v,))
    thread.start()
    time.sleep(0.02)
    v._array = np.array(-5)
    thread.join()
    assert v.numpy() == -5


def test_one_plan_in_several_threads():
    plan = sleeping(3)
    step = calling.native_call(plan)
    rounds = int(plan.slots[2].array)
    shared_one = Variable(np.array(0))
    own = [Variable(np.array(0)) for _ in range(4)]

    def work(variable):
        for _ in range(5):
            step(variable)
            step(shared_one)

    threads = [threading.Thread(target=work, args=(v,)) for v in own]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [v.numpy() for v in own] == [5 * rounds] * 4
    assert shared_one.numpy() == 20 * rounds


# Aligned memory.


@pytest.mark.parametrize(
    "shape", [(), (3,), (511,), (512,), (513,), (7, 1000), (3, 1 << 20), (0, 9)]
)
def test_large_results_are_aligned(shape):
    plan = Plan([], [(F4, shape)], [Output(0)], [Zero(0, 4 * int(np.prod(shape)))])
    step = calling.native_call(plan)
    for make in (lambda: step()[0], lambda: memory.aligned_copy(np.zeros(shape, F4))):
        array = make()
        assert array.shape == shape
        assert array.flags.owndata
        assert array.flags.writeable
        assert array.flags.c_contiguous
        assert array.flags.f_contiguous == (array.ndim < 2 or not array.size)
        assert (array == 0).all()
    made = [step()[0], memory.empty(shape, F4), memory.aligned_copy(np.zeros(shape, F4))]
    for array in made:
        if array.nbytes >= memory.SMALLEST:
            assert array.ctypes.data % 64 == 0
        view = array[...]
        del array
        copy = view.copy()
        copy.resize((5,), refcheck=False)


def test_aligned_arrays_are_arrays():
    array = memory.aligned_copy(np.arange(1000, dtype=F4))
    array.resize((100_000,), refcheck=False)
    np.testing.assert_array_equal(array[:1000], np.arange(1000))
    array.resize((10,), refcheck=False)
    v = Variable(np.zeros(10, F4))
    v._set(array)
    assert v._array is array
    assert pickle.loads(pickle.dumps(array)).sum() == 45


def test_aligned_arrays_are_freed():
    plan = Plan([], [(F4, (1 << 20,))], [Output(0)], [Zero(0, 4 << 20)])
    step = calling.native_call(plan)
    for _ in range(3000):  # of 4 MB each
        step()
        memory.empty((1 << 20,), F4)
    size = int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    assert size < 2e9


def test_an_interrupt_while_others_are_told():
    def interrupted():
        raise KeyboardInterrupt

    step = calling.native_call(adding(release_gil=True))
    x, v = np.ones(5, F4), Variable(np.zeros(5, F4))
    before = int(shared.words[calling.Shared.NOTIFY])
    shared.words[calling.Shared.WAITING] += 1
    shared.words[calling.Shared.NOTIFY] = id(interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            step(x, v)
    finally:
        shared.words[calling.Shared.WAITING] -= 1
        shared.words[calling.Shared.NOTIFY] = before
    assert (v.numpy() == 1).all()
    step(x, v)
    assert (v.numpy() == 2).all()
    assert sys.getrefcount(v._array) == sys.getrefcount(Variable(x)._array)
