"""Control flow functions in graphs: cond, case, switch_case, while_loop, scan, map_fn, folds."""

from __future__ import annotations

from typing import Any

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


@case("cond")
def cond_in_a_function(tf):
    @tf.function
    def f(x, y):
        return tf.cond(x < y, lambda: x + 1, lambda: y * 10)

    return (
        raised(lambda: f(1, 2)),
        f(tf.constant(1), tf.constant(2)),
        f(tf.constant(3), tf.constant(2)),
    )


@case("cond")
def cond_with_nests(tf):
    @tf.function
    def f(p, x):
        return tf.cond(p, lambda: {"a": x, "b": (x, [x + 1])}, lambda: {"a": -x, "b": (x, [x - 1])})

    x = tf.constant([1, 2])
    return f(tf.constant(True), x), f(tf.constant(False), x)


@case("cond")
def cond_with_python_numbers(tf):
    @tf.function
    def f(p):
        return tf.cond(p, lambda: 1, lambda: 2), tf.cond(p, lambda: 1.5, lambda: 2.5)

    return f(tf.constant(True)), f(tf.constant(False))


@case("cond")
def cond_with_a_python_predicate(tf):
    @tf.function
    def f(x, flag):
        return tf.cond(flag, lambda: x, lambda: -x)

    x = tf.constant(1)
    return raised(lambda: f(x, True)), raised(lambda: f(x, 1)), f(x, tf.constant(False))


@case("cond")
def cond_traces_both_branches_once(tf):
    log = []

    @tf.function
    def f(p, x):
        return tf.cond(p, lambda: log.append("yes") or x, lambda: log.append("no") or -x)

    f(tf.constant(True), tf.constant(1))
    f(tf.constant(False), tf.constant(1))
    return sorted(log)


@case("cond")
def cond_of_different_shapes(tf):
    seen = []

    @tf.function
    def f(p):
        y = tf.cond(p, lambda: tf.zeros([2, 3]), lambda: tf.ones([2, 4]))
        z = tf.cond(p, lambda: tf.zeros([2]), lambda: tf.ones([2, 4]))
        seen.extend([y.shape, z.shape])
        return y, z

    return f(tf.constant(True)), f(tf.constant(False)), seen


@case("cond")
def cond_without_results(tf):
    v = tf.Variable(0)

    @tf.function
    def f(p):
        tf.cond(p, lambda: v.assign_add(1), lambda: v.assign_sub(10))
        out = tf.cond(p, lambda: None, lambda: None)
        return v.read_value(), out

    return f(tf.constant(True)), f(tf.constant(False)), v


@case("cond")
def only_the_taken_branch_runs(tf):
    v = tf.Variable(1)
    log = []

    def note(x):
        log.append(int(x))
        return x

    @tf.function
    def f(p):
        return tf.cond(
            p,
            lambda: tf.numpy_function(note, [v.assign_add(1)], tf.int32),
            lambda: tf.numpy_function(note, [v.assign_add(100)], tf.int32),
        )

    return f(tf.constant(True)), f(tf.constant(False)), log, v


@case("cond")
def cond_catches_division(tf):
    @tf.function
    def f(x):
        return tf.cond(x == 0, lambda: 0, lambda: 10 // x)

    return f(tf.constant(0)), f(tf.constant(5))


@case("cond")
def nested_conds(tf):
    @tf.function
    def f(x):
        return tf.cond(
            x > 0,
            lambda: tf.cond(x > 10, lambda: "large", lambda: "small"),
            lambda: tf.cond(x < 0, lambda: "negative", lambda: "zero"),
        )

    return [f(tf.constant(v)) for v in (50, 5, 0, -5)]


@case("case")
def case_in_a_function(tf):
    @tf.function
    def f(x):
        return tf.case(
            [(x < 0, lambda: -x), (x < 10, lambda: x * 10)], default=lambda: tf.constant(-1)
        )

    return f(tf.constant(-3)), f(tf.constant(3)), f(tf.constant(30))


@case("case")
def case_without_default(tf):
    @tf.function
    def f(x):
        return tf.case([(x < 0, lambda: -x), (x < 10, lambda: x * 10)])

    return f(tf.constant(-3)), f(tf.constant(3)), raised(lambda: f(tf.constant(30)))


@case("case")
def case_exclusive(tf):
    @tf.function
    def f(x):
        return tf.case([(x < 5, lambda: 1), (x < 10, lambda: 2)], default=lambda: 3, exclusive=True)

    return f(tf.constant(7)), f(tf.constant(70)), raised(lambda: f(tf.constant(2)))


@case("switch_case")
def switch_in_a_function(tf):
    @tf.function
    def f(i, x):
        return tf.switch_case(i, [lambda: x, lambda: x * 10.0, lambda: x - 5.0])

    x = tf.constant(2.0)
    return [f(tf.constant(i), x) for i in (0, 1, 2, 3, -1)]


@case("switch_case")
def switch_with_keys_and_default(tf):
    @tf.function
    def f(i):
        return tf.switch_case(i, {0: lambda: 1, 1: lambda: 2}, default=lambda: 99)

    return [f(tf.constant(i)) for i in (0, 1, 2, -7)]


@case("while_loop")
def loop_in_a_function(tf):
    @tf.function
    def f(n):
        return tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, s + i), (0, 0))

    return f(tf.constant(5)), f(tf.constant(0)), f(7)


@case("while_loop")
def loop_over_structures(tf):
    @tf.function
    def f(x):
        start = {"x": x, "log": (tf.constant(0), [tf.zeros([2])])}

        def body(d):
            n, (row,) = d["log"]
            return ({"x": d["x"] * 2.0, "log": (n + 1, [row + d["x"]])},)

        (out,) = tf.while_loop(lambda d: d["x"] < 100.0, body, [start])
        return out

    return f(tf.constant(3.0)), f(tf.constant(1000.0))


@case("while_loop")
def loop_with_growing_shape(tf):
    seen = []

    @tf.function
    def f(n):
        _, rows = tf.while_loop(
            lambda i, r: i < n,
            lambda i, r: (i + 1, tf.concat([r, [[tf.cast(i, tf.float32), 1.0]]], 0)),
            (tf.constant(0), tf.zeros([1, 2])),
            shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, 2])),
        )
        seen.append(rows.shape)
        return rows

    return f(tf.constant(2)), f(tf.constant(0)), seen


@case("while_loop")
def loop_with_maximum_iterations(tf):
    @tf.function
    def f(n, most):
        return tf.while_loop(lambda i: i < n, lambda i: (i + 1,), [0], maximum_iterations=most)

    return f(tf.constant(10), 3), f(tf.constant(2), 3), f(tf.constant(10), tf.constant(4))


@case("while_loop")
def loop_captures(tf):
    v, k = tf.Variable(2.0), tf.constant(3.0)

    @tf.function
    def f(x):
        return tf.while_loop(lambda y: y < 50.0 * k, lambda y: (y * v + k,), [x])

    first = f(tf.constant(1.0))
    v.assign(10.0)
    return first, f(tf.constant(1.0))


@case("while_loop")
def nested_loops(tf):
    @tf.function
    def f(n):
        def outer(i, s):
            _, t = tf.while_loop(lambda j, t: j < i, lambda j, t: (j + 1, t + i * j), (0, s))
            return i + 1, t

        return tf.while_loop(lambda i, s: i < n, outer, (0, 0))[1]

    return f(tf.constant(4)), f(tf.constant(6))


@case("while_loop")
def cond_in_a_loop(tf):
    @tf.function
    def collatz(n):
        return tf.while_loop(
            lambda n, steps: n > 1,
            lambda n, steps: (tf.cond(n % 2 == 0, lambda: n // 2, lambda: 3 * n + 1), steps + 1),
            (n, 0),
        )[1]

    return collatz(tf.constant(6)), collatz(tf.constant(27)), collatz(tf.constant(1))


@case("while_loop")
def loop_in_a_cond(tf):
    @tf.function
    def f(p, n):
        return tf.cond(
            p,
            lambda: tf.while_loop(lambda i: i < n, lambda i: (i + 3,), [0])[0],
            lambda: tf.while_loop(lambda i: i > -n, lambda i: (i - 2,), [0])[0],
        )

    return f(tf.constant(True), tf.constant(10)), f(tf.constant(False), tf.constant(9))


@case("while_loop")
def loop_with_effects(tf):
    v = tf.Variable(0)

    @tf.function
    def f(n):
        def body(i):
            v.assign_add(i)
            return (i + 1,)

        tf.while_loop(lambda i: i < n, body, [tf.constant(0)])
        return v + 0

    return f(tf.constant(4)), f(tf.constant(3)), v


@case("while_loop")
def loop_with_array(tf):
    @tf.function
    def f(n):
        ta = tf.TensorArray(tf.float32, size=n)
        _, ta = tf.while_loop(
            lambda i, ta: i < n,
            lambda i, ta: (i + 1, ta.write(i, tf.cast(i * i, tf.float32))),
            (0, ta),
        )
        return ta.stack()

    return f(tf.constant(4)), f(tf.constant(1)), f(3)


@case("while_loop")
def loop_with_growing_array(tf):
    @tf.function
    def f(x):
        ta = tf.TensorArray(tf.int32, size=0, dynamic_size=True)

        def body(x, ta):
            return x // 2, ta.write(ta.size(), x % 2)

        _, ta = tf.while_loop(lambda x, ta: x > 0, body, (x, ta))
        return ta.stack(), ta.size()

    return f(tf.constant(6)), f(tf.constant(19)), f(tf.constant(0))


@case("while_loop")
def loop_with_ragged_and_sparse(tf):
    @tf.function
    def f(r):
        return tf.while_loop(lambda i, r: i < 3, lambda i, r: (i + 1, r * 2), (0, r))[1]

    return f(tf.ragged.constant([[1], [2, 3]]))


@case("TensorArray")
def array_methods(tf):
    @tf.function
    def f(x):
        ta = tf.TensorArray(tf.float32, size=3, clear_after_read=False)
        ta = ta.unstack(x)
        ta2 = tf.TensorArray(tf.float32, size=0, dynamic_size=True, infer_shape=False)
        ta2 = ta2.split(tf.reshape(x, [-1]), [2, 4])
        ta3 = tf.TensorArray(tf.float32, 2).scatter([1, 0], x[:2])
        return (
            ta.read(0), ta.gather([2, 1]), ta.stack(), ta.concat(), ta.size(), ta2.concat(),
            ta2.read(1), ta3.stack(), ta2.size(),
        )  # fmt: skip

    return f(tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))


@case("TensorArray")
def array_in_python_loop(tf):
    @tf.function
    def f(x):
        ta = tf.TensorArray(tf.int32, size=3, element_shape=[])
        for i in range(3):
            ta = ta.write(i, x * i)
        return ta.stack(), ta.read(2)

    return f(tf.constant(5)), f(tf.constant(7))


@case("TensorArray")
def array_static_shapes(tf):
    seen = []

    @tf.function
    def f(x, n):
        ta = tf.TensorArray(tf.float32, size=n)
        ta = ta.write(0, x).write(1, x)
        seen.append((ta.element_shape, ta.stack().shape, ta.read(0).shape, ta.dtype))
        return ta.stack()

    return f(tf.zeros([2]), tf.constant(2)), seen


@case("TensorArray")
def array_unwritten_elements(tf):
    @tf.function
    def f():
        ta = tf.TensorArray(tf.float32, size=3, element_shape=[2])
        return ta.write(1, [1.0, 2.0]).stack()

    return f()


@case("scan")
def scan_in_a_function(tf):
    @tf.function
    def f(x):
        return (
            tf.scan(lambda a, b: a + b, x),
            tf.scan(lambda a, b: a * b, x, reverse=True),
            tf.scan(lambda a, b: a + b, x, initializer=100),
            tf.scan(lambda a, b: (a[0] + b, a[1] * b), x, initializer=(0, 1)),
        )

    return f(tf.constant([1, 2, 3, 4])), f(tf.constant([5]))


@case("scan")
def scan_of_unknown_length(tf):
    seen = []

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def f(x):
        y = tf.scan(lambda h, row: tf.tanh(h * 0.5 + row), x, initializer=tf.zeros([2]))
        seen.append(y.shape)
        return y

    return f(tf.ones([1, 2])), f(tf.ones([3, 2])), seen


@case("map_fn")
def map_in_a_function(tf):
    @tf.function
    def f(x):
        return (
            tf.map_fn(lambda r: tf.reduce_sum(r), x),
            tf.map_fn(lambda r: (r, -r), x, fn_output_signature=(tf.float32, tf.float32)),
            tf.map_fn(lambda r: tf.cast(tf.argmax(r), tf.int32), x, fn_output_signature=tf.int32),
        )

    return f(tf.constant([[1.0, 2.0], [4.0, 3.0]])), f(tf.ones([1, 2]))


@case("map_fn")
def map_to_ragged(tf):
    @tf.function
    def f(n):
        return tf.map_fn(tf.range, n, fn_output_signature=tf.RaggedTensorSpec([None], tf.int32))

    return f(tf.constant([2, 0, 3]))


@case("map_fn")
def map_of_pairs(tf):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)] * 2)
    def f(a, b):
        return tf.map_fn(lambda p: p[0] * 10 + p[1], (a, b), fn_output_signature=tf.int32)

    return f([1, 2], [3, 4]), f([1], [2])


@case("foldl")
def folds_in_a_function(tf):
    @tf.function
    def f(x):
        return (
            tf.foldl(lambda a, b: a * 10 + b, x),
            tf.foldr(lambda a, b: a * 10 + b, x),
            tf.foldl(lambda a, b: a - b, x, initializer=100),
            tf.foldr(lambda a, b: (a[0] + b, a[1] * b), x, initializer=(0, 1)),
        )

    return f(tf.constant([1, 2, 3])), f(tf.constant([4]))


@case("vectorized_map")
def vectorized_map_in_a_function(tf):
    w = tf.Variable([[1.0, 2.0], [3.0, 4.0]])

    @tf.function
    def f(x):
        return tf.vectorized_map(lambda r: tf.linalg.matvec(w, r) + tf.reduce_sum(r), x)

    return f(tf.constant([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])), f(tf.ones([1, 2]))


@case("while_loop")
def static_shape_after_a_loop(tf):
    seen = []

    @tf.function
    def f(x):
        _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y @ y), (0, x))
        z = tf.while_loop(lambda i: i < 3, lambda i: (i + 1,), [tf.constant(0)])[0]
        seen.extend([y.shape, z.shape])
        return y, z

    return f(tf.constant([[1.0, 1.0], [0.0, 1.0]])), seen


def _effects_by_type(concrete: Any) -> list[str]:
    wanted = ("If", "StatelessIf", "While", "StatelessWhile", "Case", "StatelessCase")
    return [op.type for op in concrete.graph.get_operations() if op.type in wanted]


@case("cond")
def op_types_of_control_flow(tf):
    v = tf.Variable(1)

    @tf.function
    def f(x):
        a = tf.cond(x > 0, lambda: x, lambda: -x)
        b = tf.cond(x > 0, lambda: v.assign(1), lambda: v.assign(2))
        (c,) = tf.while_loop(lambda i: i < x, lambda i: (i + 1,), [0])
        d = tf.switch_case(x, [lambda: 1, lambda: 2])
        return a, b, c, d

    return _effects_by_type(f.get_concrete_function(tf.TensorSpec([], tf.int32)))
