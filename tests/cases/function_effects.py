"""Effects in program order, contexts, prints, host calls, asserts, and running eagerly."""

from __future__ import annotations

import contextlib
import io

import numpy as np

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


@case("executing_eagerly")
def eager_or_not(tf):
    seen = []

    @tf.function
    def f(x):
        seen.append((tf.executing_eagerly(), tf.inside_function()))
        with tf.init_scope():
            seen.append((tf.executing_eagerly(), tf.inside_function()))
        tf.cond(
            x > 0,
            lambda: seen.append((tf.executing_eagerly(), tf.inside_function())) or 1,
            lambda: 2,
        )
        return x

    f(tf.constant(1))
    seen.append((tf.executing_eagerly(), tf.inside_function()))
    with tf.Graph().as_default():
        seen.append((tf.executing_eagerly(), tf.inside_function()))
    return seen


@case("config.run_functions_eagerly")
def run_eagerly(tf):
    log = []

    @tf.function
    def f(x):
        log.append((tf.executing_eagerly(), tf.inside_function(), tf.is_symbolic_tensor(x)))
        return x * 2

    out = [f(tf.constant(1))]
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        during = tf.config.functions_run_eagerly()
        out += [f(tf.constant(2)), f(tf.constant(3)), f(4)]
    finally:
        tf.config.run_functions_eagerly(False)
    out.append(f(tf.constant(5)))
    return out, log, before, during, f.experimental_get_tracing_count()


@case("config.run_functions_eagerly")
def run_eagerly_takes_python_values(tf):
    log = []

    @tf.function
    def f(x, k):
        log.append((type(x).__name__ in ("int", "list"), type(k).__name__))
        return tf.add(x, 1)

    tf.config.run_functions_eagerly(True)
    try:
        return f(1, "a"), f([1, 2], None), log
    finally:
        tf.config.run_functions_eagerly(False)


@case("config.run_functions_eagerly")
def run_eagerly_creates_variables(tf):
    @tf.function
    def f():
        v = tf.Variable(1.0)
        return v.assign_add(1.0)

    tf.config.run_functions_eagerly(True)
    try:
        return f(), f()
    finally:
        tf.config.run_functions_eagerly(False)


@case("config.run_functions_eagerly")
def run_eagerly_with_gradients(tf):
    v = tf.Variable(3.0)

    @tf.function
    def f(x):
        if x > 1.0:
            return v * x
        return v

    tf.config.run_functions_eagerly(True)
    try:
        with tf.GradientTape() as tape:
            y = f(tf.constant(2.0))
        return y, tape.gradient(y, v)
    finally:
        tf.config.run_functions_eagerly(False)


@case("config.run_functions_eagerly")
def run_eagerly_with_a_signature(tf):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def f(x):
        return x * 2.0

    tf.config.run_functions_eagerly(True)
    try:
        return f(tf.constant([1.0])), raised(lambda: f(tf.constant([1])))
    finally:
        tf.config.run_functions_eagerly(False)


@case("print")
def printing(tf):
    err = io.StringIO()
    v = tf.Variable(1)
    lines = []

    @tf.function
    def f(x):
        v.assign_add(1)
        tf.print("x:", x, "v:", v, output_stream="file:///dev/null")
        return x

    with contextlib.redirect_stderr(err):
        f(tf.constant(1))
    return v, lines


@case("py_function")
def order_of_host_calls(tf):
    log = []
    v = tf.Variable(0)

    def note(text, value):
        log.append((text.numpy().decode(), int(value)))

    @tf.function
    def f():
        # The variable is read in the graph: TensorFlow leaves open when a host call would see it.
        tf.py_function(note, ["start", v], [])
        v.assign(5)
        tf.py_function(note, ["middle", v], [])
        v.assign(7)
        tf.py_function(note, ["end", v], [])

    f()
    f()
    return sorted(log)


@case("py_function")
def host_values(tf):
    seen = []

    def host(x, y):
        seen.append((tf.executing_eagerly(), type(x.numpy()).__name__, x.shape))
        return x * 2, y + 1

    @tf.function
    def f(x, y):
        a, b = tf.py_function(host, [x, y], [tf.float32, tf.int32])
        return a, b, a.shape.rank is None

    return f(tf.constant([1.0, 2.0]), tf.constant(3)), seen


@case("py_function")
def host_gradient(tf):
    v = tf.Variable(2.0)

    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            y = tf.py_function(lambda a, b: a * a * b, [x, v], tf.float32)
        return y, tape.gradient(y, v)

    return f(tf.constant(3.0))


@case("numpy_function")
def numpy_host(tf):
    @tf.function
    def f(x):
        y = tf.numpy_function(lambda a: np.sort(a)[::-1], [x], tf.float32)
        y = tf.ensure_shape(y, [3])
        return y * 2.0

    return f(tf.constant([1.0, 3.0, 2.0]))


@case("numpy_function")
def host_errors(tf):
    def fail(x):
        raise ValueError("host")

    def key(x):
        raise KeyError("host")

    @tf.function
    def f(x):
        return tf.numpy_function(fail, [x], tf.int32)

    @tf.function
    def g(x):
        return tf.numpy_function(key, [x], tf.int32)

    @tf.function
    def h(x):
        return tf.numpy_function(lambda a: a * 1.0, [x], tf.int32)

    one = tf.constant(1)
    return raised(lambda: f(one)), raised(lambda: g(one)), raised(lambda: h(one))


@case("numpy_function")
def unused_host_calls_still_run(tf):
    log = []

    @tf.function
    def f(x):
        tf.numpy_function(lambda a: log.append(int(a)) or a, [x], tf.int32)
        return x

    f(tf.constant(1))
    f(tf.constant(2))
    return log


@case("numpy_function")
def host_calls_in_loops(tf):
    log = []

    @tf.function
    def f(n):
        for i in tf.range(n):
            tf.numpy_function(lambda a: log.append(int(a)) or a, [i * i], tf.int32)
        return n

    f(tf.constant(4))
    return sorted(log)  # TensorFlow may run iterations side by side


@case("debugging.assert_equal")
def assertions(tf):
    @tf.function
    def f(x, y):
        tf.debugging.assert_equal(x, y)
        return x + y

    @tf.function
    def g(x):
        tf.debugging.assert_positive(x, message="not positive")
        tf.debugging.assert_less(x, 10)
        tf.debugging.assert_rank(x, 1)
        return x

    one, two = tf.constant(1), tf.constant(2)
    return (
        f(one, one),
        raised(lambda: f(one, two)),
        g(tf.constant([1, 2])),
        raised(lambda: g(tf.constant([-1]))),
        raised(lambda: g(tf.constant([11]))),
        raised(lambda: g(one)),
    )


@case("debugging.Assert")
def assert_stops_what_follows(tf):
    v = tf.Variable(0)

    @tf.function
    def f(x):
        v.assign(1)
        # TensorFlow orders the second assignment after the assertion only when told to.
        with tf.control_dependencies([tf.debugging.Assert(x > v, [x])]):
            v.assign(2)
        return x

    first = raised(lambda: f(tf.constant(-1)))
    after = v.read_value()
    return first, after, f(tf.constant(3)), v


@case("debugging.assert_shapes")
def shape_assertions(tf):
    @tf.function
    def f(x, y):
        tf.debugging.assert_shapes([(x, ("N", 2)), (y, ("N",))])
        return x

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32)] * 2)
    def g(x, y):
        tf.debugging.assert_shapes([(x, ("N", 2)), (y, ("N",))])
        return x

    a, b, c = tf.zeros([3, 2]), tf.zeros([3]), tf.zeros([4])
    return f(a, b), raised(lambda: f(a, c)), g(a, b), raised(lambda: g(a, c))


@case("debugging.check_numerics")
def numerics(tf):
    @tf.function
    def f(x):
        return tf.debugging.check_numerics(tf.math.log(x), "log")

    return f(tf.constant(1.0)), raised(lambda: f(tf.constant(-1.0)))


@case("function")
def errors_at_run_time(tf):
    @tf.function
    def gather(x, i):
        return tf.gather(x, i)

    @tf.function
    def divide(x, y):
        return x // y

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32)] * 2)
    def product(x, y):
        return tf.matmul(x, y)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)] * 2)
    def total(x, y):
        return x + y

    x = tf.constant([1, 2])
    return (
        raised(lambda: gather(x, tf.constant(5))),
        raised(lambda: divide(x, tf.constant(0))),
        raised(lambda: product(tf.zeros([2, 3]), tf.zeros([2, 3]))),
        raised(lambda: total(tf.zeros([2]), tf.zeros([3]))),
        total(tf.ones([1]), tf.ones([3])),
    )


@case("function")
def effects_before_an_error_stay(tf):
    v = tf.Variable(0)

    @tf.function
    def f(i):
        # Each needs what the one before gives: that alone is an order in TensorFlow.
        i += 0 * v.assign_add(1)
        x = tf.gather(tf.constant([1, 2]), i)
        v.assign_add(10 * x)
        return x

    return raised(lambda: f(tf.constant(9))), f(tf.constant(1)), v


@case("control_dependencies")
def control_dependencies(tf):
    v = tf.Variable(1)

    @tf.function
    def f(x):
        add = v.assign_add(x)
        with tf.control_dependencies([add]):
            y = tf.identity(v)
        with tf.control_dependencies([tf.debugging.assert_greater(y, 0)]):
            z = y * 2
        return y, z

    return f(tf.constant(4)), f(tf.constant(5)), raised(lambda: f(tf.constant(-100)))


@case("control_dependencies")
def dependencies_of_ops(tf):
    @tf.function
    def f(x):
        a = tf.add(x, 1, name="a")
        with tf.control_dependencies([a]):
            b = tf.multiply(x, 2, name="b")
        with tf.control_dependencies(None):
            c = tf.subtract(x, 2, name="c")
        return b + c

    c = f.get_concrete_function(tf.TensorSpec([], tf.int32))
    found = {op.name: [i.name for i in op.control_inputs] for op in c.graph.get_operations()}
    return found["a"], found["b"], found["c"], c(tf.constant(1))


@case("group")
def groups(tf):
    v, w = tf.Variable(1), tf.Variable(2)

    @tf.function
    def f():
        op = tf.group(v.assign_add(1), w.assign_add(2))
        with tf.control_dependencies([op]):
            return v + w

    return f(), f(), v, w


@case("init_scope")
def lifted_out(tf):
    log = []

    @tf.function
    def f(x):
        with tf.init_scope():
            k = tf.constant(3)
            log.append((tf.executing_eagerly(), int(k)))
        return x * k

    @tf.function
    def g(x):
        return f(x) + 1

    return g(tf.constant(2)), f(tf.constant(3)), log


@case("init_scope")
def symbolic_tensors_stay_inside(tf):
    @tf.function
    def f(x):
        y = x + 1
        with tf.init_scope():
            return y + 1

    return raised(lambda: f(tf.constant(1)))


@case("autograph.experimental.do_not_convert")
def timestamps_are_frozen(tf):
    ticks = iter(range(10))

    @tf.function
    def f():
        return tf.constant(next(ticks)), tf.numpy_function(lambda: next(ticks), [], tf.int64)

    return f(), f(), f()


@case("device")
def devices(tf):
    names = []

    @tf.function
    def f(x):
        with tf.device("/CPU:0"):
            y = x + 1
        names.append("CPU:0" in y.device)
        return y

    out = f(tf.constant(1))
    return out, "CPU:0" in out.device, names


@case("math.add_n")
def dead_code_with_errors(tf):
    @tf.function
    def f(x):
        tf.gather(x, 100)
        return x

    return f(tf.constant([1, 2]))


@case("GradientTape")
def tape_stops_at_host_calls(tf):
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def f():
        with tf.GradientTape() as tape:
            y = tf.numpy_function(lambda a: a * 2.0, [v], tf.float32)
        return y, tape.gradient(y, v) is None

    return f()


@case("function")
def variable_order_across_functions(tf):
    v = tf.Variable(1.0)

    @tf.function
    def double():
        v.assign(v * 2.0)

    @tf.function
    def plus():
        v.assign_add(1.0)
        return v.read_value()

    @tf.function
    def outer():
        double()
        a = plus()
        double()
        return a, plus()

    return outer(), v, outer(), v
