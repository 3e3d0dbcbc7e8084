"""Gradients of control flow to second order; Jacobians and forward mode in functions."""

from __future__ import annotations

from typing import Any

from cases.form import Case, collect

CASES: list[Case] = []
case = collect(CASES)


def to_second_order(tf: Any, f: Any, *values: Any, inside: bool) -> Any:
    """Value, gradients and gradients of their weighted sum, by tapes inside or outside."""

    def derivatives(*xs):
        with tf.GradientTape() as t2:
            t2.watch(xs)
            with tf.GradientTape() as t1:
                t1.watch(xs)
                y = f(*xs)
            first = t1.gradient(y, xs)
            total = tf.add_n([tf.reduce_sum(g * (i + 2.0)) for i, g in enumerate(first)])
        return y, first, t2.gradient(total, xs)

    xs = [tf.constant(v) for v in values]
    return tf.function(derivatives)(*xs) if inside else derivatives(*xs)


def both(tf: Any, f: Any, *values: Any) -> Any:
    """Second-order results inside a function and around one."""
    return (
        to_second_order(tf, f, *values, inside=True),
        to_second_order(tf, tf.function(f), *values, inside=False),
        to_second_order(tf, tf.function(f), *values, inside=True),
    )


@case("cond")
def cond_gradient(tf):
    def f(x, y):
        return tf.cond(x > 1.0, lambda: x * x * y, lambda: x * y * y * y)

    return both(tf, f, 2.0, 3.0), both(tf, f, 0.5, 3.0)


@case("cond")
def cond_gradient_of_one_branch(tf):
    def f(x, y):
        return tf.cond(y > 1.0, lambda: x * x * x, lambda: x * x + 3.0 * y * y)

    return both(tf, f, 2.0, 0.3), to_second_order(tf, f, 2.0, 3.0, inside=True)


@case("case")
def case_gradient(tf):
    def f(x):
        return tf.case([(x < 1.0, lambda: x**2), (x < 2.0, lambda: x**3)], default=lambda: x**4)

    return [both(tf, f, v) for v in (0.5, 1.5, 2.5)]


@case("switch_case")
def switch_gradient(tf):
    def f(x):
        i = tf.cast(x, tf.int32)
        return tf.switch_case(i, [lambda: x * 3.0, lambda: x * x, lambda: tf.exp(x)])

    return [both(tf, f, v) for v in (0.5, 1.5, 2.5)]


@case("while_loop")
def while_gradient(tf):
    def f(x, k):
        return tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y * x + k), (0, x))[1]

    return both(tf, f, 1.5, 0.5)


@case("while_loop")
def while_gradient_depends_on_data(tf):
    def f(x):
        return tf.while_loop(lambda y: y < 10.0, lambda y: (y * x,), (x,))[0]

    return both(tf, f, 1.5), both(tf, f, 20.0)


@case("while_loop")
def while_gradient_of_vectors(tf):
    def f(x, w):
        _, h = tf.while_loop(
            lambda i, h: i < 3,
            lambda i, h: (i + 1, tf.tanh(tf.linalg.matvec(w, h) + x)),
            (tf.constant(0), tf.zeros([2])),
        )
        return tf.reduce_sum(h * h)

    return both(tf, f, [0.5, -0.3], [[0.2, 0.8], [-0.5, 0.1]])


@case("while_loop")
def while_with_maximum_gradient(tf):
    def f(x):
        return tf.while_loop(
            lambda i, y: i < 9, lambda i, y: (i + 1, y * x), (0, 1.0), maximum_iterations=3
        )[1]

    return both(tf, f, 2.0)


@case("while_loop")
def nested_loop_gradient(tf):
    def f(x):
        def outer(i, y):
            _, z = tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, z * x), (0, y))
            return i + 1, z + x

        return tf.while_loop(lambda i, y: i < 4, outer, (0, 1.0))[1]

    return both(tf, f, 1.2)


@case("while_loop")
def cond_in_loop_gradient(tf):
    def f(x):
        def body(i, y):
            return i + 1, tf.cond(y > 3.0, lambda: y * 0.5 * x, lambda: y * y * x)

        return tf.while_loop(lambda i, y: i < 5, body, (0, x))[1]

    return both(tf, f, 1.3)


@case("while_loop")
def loop_in_cond_gradient(tf):
    def f(x):
        return tf.cond(
            x > 0.0,
            lambda: tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x), (0, x))[1],
            lambda: x * x,
        )

    return both(tf, f, 1.5), both(tf, f, -2.0)


@case("while_loop")
def array_gradient(tf):
    def f(x):
        ta = tf.TensorArray(tf.float32, size=3)
        _, _, ta = tf.while_loop(
            lambda i, y, ta: i < 3,
            lambda i, y, ta: (i + 1, y * x, ta.write(i, y * y)),
            (0, x, ta),
        )
        return tf.reduce_sum(ta.stack() * [1.0, 2.0, 3.0])

    return both(tf, f, 1.5)


@case("TensorArray")
def array_read_gradient(tf):
    def f(x):
        ta = tf.TensorArray(tf.float32, size=3).unstack(x)
        out = tf.constant(0.0)
        for i in tf.range(3):
            out = out * 2.0 + ta.read(i) ** 3
        return out

    return to_second_order(tf, tf.function(f), [1.0, 2.0, 3.0], inside=False)


@case("scan")
def scan_gradient(tf):
    def f(x):
        return tf.reduce_sum(tf.scan(lambda a, b: a * b + b, x) ** 2)

    return both(tf, f, [0.5, 1.5, -1.0])


@case("scan")
def scan_gradient_with_captures(tf):
    w = tf.Variable([[0.5, 0.1], [-0.2, 0.4]])

    @tf.function
    def f(x):
        h = tf.scan(lambda h, r: tf.tanh(tf.linalg.matvec(w, h) + r), x, tf.zeros([2]))
        return tf.reduce_sum(h[-1])

    x = tf.constant([[1.0, 0.5], [0.2, -0.4], [0.3, 0.3]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return y, tape.gradient(y, [x, w])


@case("map_fn")
def map_gradient(tf):
    def f(x, k):
        return tf.reduce_sum(tf.map_fn(lambda r: tf.reduce_sum(r * r * r) * k, x))

    return both(tf, f, [[1.0, 2.0], [3.0, 0.5]], 2.0)


@case("foldl")
def fold_gradient(tf):
    def f(x):
        return tf.foldl(lambda a, b: a * b + a, x) + tf.foldr(lambda a, b: a * b, x)

    return both(tf, f, [1.0, 2.0, 3.0])


@case("vectorized_map")
def vectorized_map_gradient(tf):
    def f(x):
        return tf.reduce_sum(tf.vectorized_map(lambda r: tf.sin(r) * tf.reduce_sum(r), x))

    return both(tf, f, [[1.0, 2.0], [3.0, 0.5]])


@case("GradientTape")
def gradient_in_a_loop(tf):
    @tf.function
    def descend(x, n):
        for _ in tf.range(n):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum((x - 3.0) ** 2)
            x -= 0.1 * tape.gradient(y, x)
        return x

    return descend(tf.constant([0.0, 10.0]), tf.constant(5)), descend(tf.constant([1.0]), 2)


@case("GradientTape")
def gradient_in_a_branch(tf):
    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            if x > 0.0:
                y = x * x
            else:
                y = -x
        return tape.gradient(y, x)

    return f(tf.constant(3.0)), f(tf.constant(-3.0))


@case("GradientTape")
def jacobian_inside(tf):
    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.stack([x[0] * x[1], x[0] ** 2, tf.sin(x[1])])
        return tape.jacobian(y, x)

    return f(tf.constant([2.0, 3.0]))


@case("GradientTape")
def jacobian_without_pfor(tf):
    @tf.function
    def f(x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = tf.tanh(x) * tf.reduce_sum(x)
        return tape.jacobian(y, x, experimental_use_pfor=False)

    return f(tf.constant([0.2, 0.3]))


@case("GradientTape")
def jacobian_outside(tf):
    w = tf.Variable([[1.0, 2.0], [3.0, 4.0]])

    @tf.function
    def f(x):
        return tf.tanh(tf.linalg.matvec(w, x))

    x = tf.constant([0.1, 0.2])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.jacobian(y, [x, w])


@case("GradientTape")
def batch_jacobian_inside(tf):
    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x * tf.reverse(x, [1])
        return tape.batch_jacobian(y, x)

    return f(tf.constant([[1.0, 2.0], [3.0, 4.0]]))


@case("GradientTape")
def hessian_inside(tf):
    @tf.function
    def f(x):
        with tf.GradientTape() as t2:
            t2.watch(x)
            with tf.GradientTape() as t1:
                t1.watch(x)
                y = tf.reduce_sum(x**3) * x[0]
            g = t1.gradient(y, x)
        return t2.jacobian(g, x)

    return f(tf.constant([1.0, 2.0]))


@case("autodiff.ForwardAccumulator")
def forward_over_a_function(tf):
    v = tf.Variable(3.0)

    @tf.function
    def f(x):
        return v * x * x, tf.sin(x)

    x = tf.constant([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator([x, v], [tf.constant([1.0, 0.5]), tf.constant(2.0)]) as acc:
        y, z = f(x)
    return acc.jvp(y), acc.jvp(z), acc.jvp([y, z])


@case("autodiff.ForwardAccumulator")
def forward_inside_a_function(tf):
    @tf.function
    def f(x, t):
        with tf.autodiff.ForwardAccumulator(x, t) as acc:
            y = tf.exp(x) * x
        return y, acc.jvp(y)

    return f(tf.constant([1.0, 2.0]), tf.constant([1.0, 0.0]))


@case("autodiff.ForwardAccumulator")
def forward_over_backward(tf):
    @tf.function
    def product(x, v):
        with tf.autodiff.ForwardAccumulator(x, v) as acc:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum(x**3) * x[0]
            g = tape.gradient(y, x)
        return g, acc.jvp(g)

    return product(tf.constant([1.0, 2.0]), tf.constant([1.0, -1.0]))


@case("cond")
def gradient_of_random_branch(tf):
    tf.random.set_seed(3)

    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.nn.dropout(x, 0.5, seed=4) * x
        return y, tape.gradient(y, x)

    return f(tf.ones([6])), f(tf.ones([6]))
