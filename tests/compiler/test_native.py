"""What compiled functions are like: one call, state in place, errors, the object cache."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapeflow as tf
from benchmarks.training import problems, with_tensorflow
from fresh_process import run_python
from tapeflow.engine.compiler import compile as compiler

pytest.importorskip("llvmlite")
from tapeflow.engine.backends.llvm.execution.plan import Call, JumpIfBelow


def program_of(function: Any, *args: Any) -> Any:
    """What a function runs for these arguments, after a call."""
    concrete = function.get_concrete_function(*args)
    concrete(*args)
    return concrete._runnable._program


@pytest.mark.parametrize("name", problems.WORKLOADS)
def test_a_training_step_is_one_native_call(name):
    problem = problems.SMALL[name]()
    variables = {key: tf.Variable(w) for key, w in problem.weights.items()}
    step = tf.function(with_tensorflow.train_step(tf, name, problem, variables))
    assert program_of(step, *map(tf.constant, problem.inputs)).whole is not None


def test_arguments_and_results_may_be_in_any_order():
    """Nothing but the native function stands between a call and the kernels."""
    w = tf.Variable(tf.ones([7]))

    @tf.function
    def step(x, unused, y):
        made = w * tf.reduce_max(y, 0)
        return tf.reduce_sum(made), x - made, made

    x, y = tf.random.normal([5, 7], seed=1), tf.random.normal([5, 7], seed=2)
    assert program_of(step, x, y, y).step is not None
    highest = y.numpy().max(0)
    np.testing.assert_allclose(step(x, x, y)[1], x.numpy() - highest, rtol=1e-6)
    np.testing.assert_allclose(step(x, tf.ones([3]), y)[2], highest, rtol=1e-6)


@pytest.mark.parametrize("is_training", [True, False])
def test_batch_normalisation_and_its_gradient_are_native(is_training):
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(4, 5, 5, 8)).astype(np.float32))
    scale, offset, mean, variance = map(tf.constant, rng.uniform(1, 2, (4, 8)).astype(np.float32))
    moments = {} if is_training else {"mean": mean, "variance": variance}

    def step(x, scale, offset):
        with tf.GradientTape() as tape:
            tape.watch([x, scale, offset])
            y, *moved = tf.compat.v1.nn.fused_batch_norm(
                x, scale, offset, is_training=is_training, **moments
            )
            loss = tf.reduce_sum(tf.square(y) * x)
        return [y, *(moved if is_training else []), *tape.gradient(loss, [x, scale, offset])]

    compiled = tf.function(step)
    assert program_of(compiled, x, scale, offset).whole is not None
    for got, expected in zip(compiled(x, scale, offset), step(x, scale, offset), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_a_loop_is_a_jump():
    v = tf.Variable(0.0)

    @tf.function
    def train(x):
        for _ in tf.range(1000):
            v.assign_add(x)
        return v.read_value()

    x = tf.constant(1.0)
    program = program_of(train, x)
    assert [type(i) for r in program.regions for i in r.plan.instructions].count(JumpIfBelow) == 1
    assert float(train(x)) == 2000.0


def test_branches_and_loops_agree_with_the_interpreter():
    def program(x):
        total = tf.zeros_like(x)
        for i in tf.range(5):
            if tf.reduce_sum(total) > 2.0:
                total -= tf.cast(i, tf.float32)
            else:
                total += x * tf.cast(i, tf.float32)
        return total

    x = tf.constant([0.5, 0.25, 1.0])
    np.testing.assert_allclose(tf.function(program)(x), program(x), rtol=1e-6)


def test_a_value_read_before_does_not_change():
    v = tf.Variable(tf.ones([100]))
    step = tf.function(lambda: v.assign_add(tf.ones([100])).read_value())
    step()
    before = v.read_value()
    after = step()
    assert before.numpy().max() == 2.0
    assert after.numpy().min() == 3.0
    step()
    assert after.numpy().max() == 3.0


@pytest.mark.parametrize("kind", ["scatter_add", "scatter_sub", "scatter_update"])
def test_rows_of_a_variable(kind):
    def trained(compiled: bool) -> Any:
        compiler.COMPILE = compiled
        table = tf.Variable(tf.reshape(tf.range(40.0), [10, 4]))

        @tf.function
        def step(ids, rows):
            taken = tf.gather(table, ids)
            getattr(table, kind)(tf.IndexedSlices(rows + taken, ids))
            return taken

        ids = tf.constant([3, 0, 3, 9], tf.int64)
        if kind == "scatter_update":
            ids = tf.constant([3, 0, 5, 9], tf.int64)
        held = table.read_value()
        results = [step(ids, tf.ones([4, 4])).numpy() for _ in range(2)]
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            step(tf.constant([3, 10, 0, 0], tf.int64), tf.ones([4, 4]))
        return [*results, table.numpy(), held.numpy()], str(caught.value)

    before = compiler.COMPILE
    try:
        (expected, message), (got, told) = trained(False), trained(True)
    finally:
        compiler.COMPILE = before
    for e, g in zip(expected, got, strict=True):
        np.testing.assert_array_equal(g, e)
    assert told.split(" [Op")[0] == message.split(" [Op")[0]


def test_labels_out_of_range_raise_as_before():
    loss = tf.function(tf.nn.sparse_softmax_cross_entropy_with_logits)
    assert loss(tf.constant([0, 2]), tf.zeros([2, 3])).shape == (2,)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"labels.*\[0, 3\)"):
        loss(tf.constant([0, 3]), tf.zeros([2, 3]))


def test_an_index_out_of_range_raises_on_the_shortest_way_too():
    gather = tf.function(lambda x, i: tf.gather(x, i) * 2.0, autograph=False)
    x = tf.ones([3, 4])
    for _ in range(3):
        assert gather(x, tf.constant([0, 2])).shape == (2, 4)
    assert gather._last is not None
    for _ in range(2):
        with pytest.raises(tf.errors.InvalidArgumentError, match="3 is not in"):
            gather(x, tf.constant([0, 3]))
    assert gather(x, tf.constant([0, 2])).shape == (2, 4)
    assert gather(x, tf.constant([1])).shape == (1, 4)


SCRIPT = """
import tapeflow as tf
from tapeflow.engine.backends.llvm.jit import statistics
f = tf.function(lambda x: tf.nn.softmax(tf.tanh(x) @ x))
f(tf.ones([33, 33]))
print(statistics["compiled"], statistics["from_disk"])
"""


def counts(folder: Any) -> list[int]:
    """How many kernels a new process compiles, and how many it finds."""
    done = run_python("-c", SCRIPT, TAPEFLOW_CACHE=str(folder))
    assert done.returncode == 0, done.stderr
    return [int(word) for word in done.stdout.split()]


def test_a_second_process_compiles_nothing(tmp_path):
    first = counts(tmp_path)
    assert first[0] > 0
    assert counts(tmp_path) == [0, sum(first)]
    # Damaged and foreign files are compiled anew.
    for i, file in enumerate(sorted(tmp_path.glob("*.o"))):
        whole = file.read_bytes()
        file.write_bytes(
            b"" if i % 3 == 0 else whole[:-7] if i % 3 == 1 else whole[:60] + b"x" * 99
        )
    assert counts(tmp_path) == first
    assert counts("") == first


ELSEWHERE = {
    "reversed": lambda v: tf.reverse(v, [1]),
    "transposed": lambda v: tf.transpose(v) + 1.0,
    "product": lambda v: v @ v,
    "product and itself": lambda v: tf.nn.relu(v @ v + v),
    "softmax": tf.nn.softmax,
    "without mean": lambda v: v - tf.reduce_mean(v, 0),
    "shifted": lambda v: tf.concat([v[1:], v[:1]], 0),
    "rows": lambda v: tf.gather(v, [1, 0] * 10) * 2.0,
    "first row everywhere": lambda v: v + v[:1],
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_update_that_reads_other_elements(name):
    """Such a value is not made in the memory that it is read from."""
    v = tf.Variable(np.random.default_rng(0).normal(size=(20, 20)).astype(np.float32))
    expected = ELSEWHERE[name](v.read_value())
    step = tf.function(lambda: v.assign(ELSEWHERE[name](v)))
    assert program_of(step).whole is not None
    np.testing.assert_allclose(v.numpy(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("wrap", ["call", "tf.function(call, autograph=False)"])
def test_what_the_compiler_writes_with_is_loaded(wrap):
    """In a process that has used nothing else: operations are loaded when they are first used."""
    script = f"""
import tapeflow as tf
x, labels, rows = tf.ones([512, 1000]), tf.zeros([512], tf.int32), tf.constant([0, 2])
for call in (
    tf.nn.softmax,
    lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits(labels, x),
    lambda x: tf.gather(x, rows),
    lambda x: tf.reshape(x, [-1])[3:9],
    lambda x: tf.pad(x, [[1, 1], [0, 0]]),
):
    call = {wrap}
    for _ in range(40):  # NumPy runs the first calls of large eager operations
        call(x)
"""
    done = run_python("-c", script)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "step",
    [
        lambda x: tf.sin(x) * 0.9 + 0.1,
        lambda x: tf.transpose(x)[::-1],
        lambda x: x + tf.nn.relu(-x),
    ],
)
def test_a_long_chain(step):
    def program(x):
        for _ in range(400):
            x = step(x)
        return x

    x = tf.constant([[0.5, -0.25], [1.0, 2.0]])
    np.testing.assert_allclose(tf.function(program, autograph=False)(x), program(x), rtol=1e-5)


def test_many_results_of_one_argument_are_several_kernels():
    @tf.function
    def program(x):
        return [tf.exp(x * float(i)) for i in range(120)]

    x = tf.constant([0.5, -0.25])
    calls = [i for i in program_of(program, x).whole.plan.instructions if isinstance(i, Call)]
    assert 1 < len(calls) < 12
    for i, result in enumerate(program(x)):
        np.testing.assert_allclose(result, tf.exp(x * float(i)), rtol=1e-5)


def kernels_of(function: Any, *args: Any) -> list[Any]:
    """The kernels that a function runs; its results are compared with eager ones."""
    program = program_of(tf.function(function), *args)
    found = tf.function(function)(*args)
    np.testing.assert_allclose(found, function(*args), rtol=1e-5, atol=1e-5)
    plan = program.whole.plan
    return [i.kernel for i in plan.instructions if isinstance(i, Call)]


def test_parts_that_do_not_need_each_other_are_one_kernel():
    def run(x):
        s = x * x
        return tf.concat([tf.sin(s), tf.tanh(x), s + x], 1)

    assert len(kernels_of(run, tf.random.normal([32, 40]))) == 1


def test_parts_that_need_each_other_are_not():
    def run(x):
        e = tf.exp(x)
        return tf.concat([e, tf.sqrt(tf.reverse(e, [0]))], 1)

    assert len(kernels_of(run, tf.random.normal([32, 40]))) > 1


def test_parts_of_different_shapes_are_not():
    def run(x):
        return tf.concat([tf.sin(x), tf.tanh(x[:, :7])], 1)

    assert len(kernels_of(run, tf.random.normal([32, 40]))) == 2


def test_chunks_of_what_takes_long_are_shorter():
    x = tf.random.normal([64, 256])
    (cheap,) = kernels_of(lambda x: x + 1.0, x)
    (dear,) = kernels_of(lambda x: tf.tanh(tf.sin(tf.exp(tf.sigmoid(x)))), x)
    assert dear.chunks > cheap.chunks


def test_kernels_that_compute_the_same_are_written_once():
    def program(x, w):
        for _ in range(12):
            x = tf.tanh(x @ w) * 0.5 + tf.reduce_max(x, 1, keepdims=True)
        return x

    program = program_of(tf.function(program), tf.ones([16, 16]), tf.ones([16, 16]))
    kernels = [k for step in program.whole.lowering.steps for k, _ in step.calls]
    assert len(kernels) > len({id(k) for k in kernels})
    assert len({id(k) for k in kernels}) <= 8


def test_numbers_tell_kernels_apart():
    def program(x):
        parts = [tf.tanh(x @ x) * c for c in (0.0, -0.0, 1.0, 2.0)]
        return [tf.reduce_sum(p) + 1.0 / tf.reduce_max(p) for p in parts]

    x = tf.ones([4, 4]) * 0.1
    got = tf.function(program)(x)
    for a, b in zip(got, program(x), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize(
    "program",
    [
        lambda x, w: (x + 1.0)[-1],
        lambda x, w: tf.exp(x)[2:4] @ w,
        lambda x, w: tf.reverse(x, [0])[:2],
        lambda x, w: tf.split(tf.sin(x), 8)[3] @ w,
    ],
)
def test_only_what_is_needed_of_a_value_is_computed(program):
    x = tf.reshape(tf.range(64.0) * 0.01, [16, 4])
    w = tf.ones([4, 4])
    function = tf.function(program)
    np.testing.assert_allclose(function(x, w), program(x, w), rtol=1e-6)
    (region,) = program_of(function, x, w).regions
    for step in region.lowering.steps:
        for kernel, _ in step.calls:
            assert kernel.bytes < 64 * 4 + 64
            assert "MatMul" in kernel.fused or kernel.flops <= 8
