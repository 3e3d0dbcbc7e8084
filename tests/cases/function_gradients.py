"""Gradients and functions: tapes inside, outside and around each other, and forward mode."""

from __future__ import annotations

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


@case("GradientTape")
def tape_inside(tf):
    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(x * x * x)
        return y, tape.gradient(y, x)

    return f(tf.constant([1.0, 2.0])), f(tf.constant([3.0]))


@case("GradientTape")
def tape_outside(tf):
    v = tf.Variable(2.0)

    @tf.function
    def f(x):
        return v * x * x

    x = tf.constant(3.0)
    grads = []
    for _ in range(3):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        grads.append(tape.gradient(y, [x, v]))
        v.assign_add(1.0)
    return grads, f.experimental_get_tracing_count()


@case("GradientTape")
def tape_outside_called_twice(tf):
    v = tf.Variable(2.0)

    @tf.function
    def f(x):
        return v * x

    with tf.GradientTape() as tape:
        y = f(tf.constant(3.0)) * f(f(tf.constant(2.0)))
    return y, tape.gradient(y, v)


@case("GradientTape")
def tape_in_function_around_function(tf):
    w = tf.Variable([1.0, 2.0])

    @tf.function
    def loss(x):
        return tf.reduce_sum(tf.square(w * x))

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            y = loss(x)
        return y, tape.gradient(y, w)

    return step(tf.constant(2.0)), step(tf.constant([1.0, 3.0]))


@case("GradientTape")
def unused_sources(tf):
    v, w = tf.Variable(1.0), tf.Variable(2.0)

    @tf.function
    def f(x):
        return v * x

    with tf.GradientTape() as tape:
        y = f(tf.constant(2.0))
    inside = []

    @tf.function
    def g(x):
        with tf.GradientTape() as tape:
            y = v * x
        grads = tape.gradient(y, [v, w])
        inside.append([d is None for d in grads])
        return grads

    return tape.gradient(y, [v, w]), g(tf.constant(3.0)), inside


@case("GradientTape")
def unconnected_zeros(tf):
    v, w = tf.Variable(1.0), tf.Variable([2.0, 3.0])

    @tf.function
    def g(x):
        with tf.GradientTape() as tape:
            y = v * x
        return tape.gradient(y, [v, w], unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return g(tf.constant(3.0))


@case("GradientTape")
def second_order_outside(tf):
    @tf.function
    def f(x):
        return x * x * x * x

    x = tf.Variable(2.0)
    with tf.GradientTape() as t2:
        with tf.GradientTape() as t1:
            y = f(x)
        dy = t1.gradient(y, x)
    return dy, t2.gradient(dy, x)


@case("GradientTape")
def third_order(tf):
    @tf.function
    def f(x):
        return tf.sin(x) * x

    x = tf.constant(0.7)
    with tf.GradientTape() as t3:
        t3.watch(x)
        with tf.GradientTape() as t2:
            t2.watch(x)
            with tf.GradientTape() as t1:
                t1.watch(x)
                y = f(x)
            d1 = t1.gradient(y, x)
        d2 = t2.gradient(d1, x)
    return y, d1, d2, t3.gradient(d2, x)


@case("GradientTape")
def second_order_inside(tf):
    @tf.function
    def f(x):
        with tf.GradientTape() as t2:
            t2.watch(x)
            with tf.GradientTape() as t1:
                t1.watch(x)
                y = tf.exp(x) * x
            dy = t1.gradient(y, x)
        return y, dy, t2.gradient(dy, x)

    return f(tf.constant(1.0)), f(tf.constant([0.5, 1.5]))


@case("GradientTape")
def inner_tape_in_function_outer_outside(tf):
    @tf.function
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x**3
        return tape.gradient(y, x)

    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        g = gradient(x)
    return g, tape.gradient(g, x)


@case("GradientTape")
def inner_tape_in_function_tensor_argument(tf):
    @tf.function
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x**3
        return tape.gradient(y, x)

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        g = gradient(x)
    return g, tape.gradient(g, x)


@case("GradientTape")
def persistent_tapes(tf):
    @tf.function
    def f(x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x * x
            z = y * y
        return tape.gradient(y, x), tape.gradient(z, x), tape.gradient(z, y)

    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        a, b, c = f(x)
    return a, b, c, tape.gradient(a, x), tape.gradient(b, x), tape.gradient(c, x)


@case("GradientTape")
def several_outputs(tf):
    @tf.function
    def f(x):
        return {"a": x * 2.0, "b": [x * x, tf.cast(x, tf.int32)], "n": 3}

    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        out = f(x)
        total = tf.reduce_sum(out["a"]) + 10.0 * tf.reduce_sum(out["b"][0])
    return (
        tape.gradient(total, x),
        tape.gradient(out["a"], x),
        tape.gradient(out["b"][0], x),
        tape.gradient([out["a"], out["b"][0]], x),
        tape.gradient(out["b"][0], x, output_gradients=tf.constant([1.0, 0.0])),
    )


@case("GradientTape")
def captured_tensors(tf):
    k = tf.constant(3.0)

    @tf.function
    def f(x):
        return x * k * k

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch([x, k])
        y = f(x)
    return tape.gradient(y, [x, k])


@case("GradientTape")
def captured_tensor_inside(tf):
    k = tf.constant(3.0)

    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(k)
            y = x * k * k
        return tape.gradient(y, k)

    return f(tf.constant(2.0))


@case("GradientTape")
def captured_intermediate(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        k = x * x

        @tf.function
        def f(y):
            return y * k

        z = f(tf.constant(5.0))
    return z, tape.gradient(z, x)


@case("GradientTape")
def variables_made_inside(tf):
    made = []

    @tf.function
    def f(x):
        if not made:
            made.append(tf.Variable(3.0))
        return made[0] * x * x

    grads = []
    for _ in range(2):
        with tf.GradientTape() as tape:
            y = f(tf.constant(2.0))
        grads.append(tape.gradient(y, made[0]))
    return grads, len(tape.watched_variables())


@case("GradientTape")
def variable_argument(tf):
    @tf.function
    def f(v, x):
        return v * v * x

    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = f(v, tf.constant(2.0))
    return y, tape.gradient(y, v)


@case("GradientTape")
def watched_variables(tf):
    a = tf.Variable(1.0, name="a")
    b = tf.Variable(2.0, trainable=False, name="b")
    c = tf.Variable(3.0, name="c")

    @tf.function
    def f(x):
        return a * x + b + c

    with tf.GradientTape() as tape:
        y = f(1.0)
    with tf.GradientTape(watch_accessed_variables=False) as other:
        other.watch(a)
        z = f(1.0)
    return (
        sorted(v.name for v in tape.watched_variables()),
        tape.gradient(y, [a, b, c]),
        [v.name for v in other.watched_variables()],
        other.gradient(z, [a, b, c]),
    )


@case("GradientTape")
def assignment_between_reads(tf):
    v = tf.Variable(2.0)

    @tf.function
    def f(x):
        a = v * x
        v.assign(10.0)
        return a + v * x

    with tf.GradientTape() as tape:
        y = f(tf.constant(3.0))
    return y, tape.gradient(y, v), v


@case("GradientTape")
def assigned_values_carry_no_gradient(tf):
    v, w = tf.Variable(2.0), tf.Variable(5.0)

    @tf.function
    def f():
        v.assign(w * 3.0)
        return v * 1.0

    with tf.GradientTape() as tape:
        y = f()
    return y, tape.gradient(y, [v, w])


@case("GradientTape")
def values_at_the_time_of_the_call(tf):
    v = tf.Variable(3.0)

    @tf.function
    def f():
        return v * v

    with tf.GradientTape() as tape:
        y = f()
        v.assign(100.0)
    return tape.gradient(y, v)


@case("stop_gradient")
def stopped(tf):
    @tf.function
    def f(x):
        return tf.stop_gradient(x * x) * x

    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = f(x)
        with tape.stop_recording():
            z = f(x)
    return tape.gradient(y, x), tape.gradient(z, x)


@case("GradientTape")
def slices_inside(tf):
    table = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    kinds = []

    @tf.function
    def f(ids):
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.gather(table, ids) ** 2)
        g = tape.gradient(y, table)
        kinds.append(isinstance(g, tf.IndexedSlices))
        return g, tf.convert_to_tensor(g)

    out, dense = f(tf.constant([0, 2, 0]))
    return out, dense, kinds, isinstance(out, tf.IndexedSlices)


@case("GradientTape")
def slices_outside(tf):
    table = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    @tf.function
    def f(ids):
        return tf.nn.embedding_lookup(table, ids)

    with tf.GradientTape() as tape:
        y = tf.reduce_sum(f(tf.constant([1, 1, 2])) * [[1.0], [2.0], [3.0]])
    g = tape.gradient(y, table)
    return tf.convert_to_tensor(g), isinstance(g, tf.IndexedSlices)


@case("GradientTape")
def integer_arguments_have_none(tf):
    @tf.function
    def f(x, n):
        return x * tf.cast(n, tf.float32)

    x, n = tf.constant(2.0), tf.constant(3)
    with tf.GradientTape() as tape:
        tape.watch([x, n])
        y = f(x, n)
    return tape.gradient(y, [x, n])


@case("custom_gradient")
def custom_gradients(tf):
    @tf.custom_gradient
    def clip(x):
        return x * 2.0, lambda dy: tf.clip_by_value(dy, -1.0, 1.0)

    @tf.function
    def f(x):
        return tf.reduce_sum(clip(x) * tf.constant([5.0, 0.5]))

    @tf.function
    def g(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.gradient(y, x)

    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = f(x)
    return y, tape.gradient(y, x), g(tf.constant([1.0, 2.0]))


@case("custom_gradient")
def custom_gradient_of_a_function(tf):
    @tf.custom_gradient
    @tf.function
    def f(x):
        y = tf.exp(x)

        def grad(dy):
            return dy * 100.0

        return y, grad

    x = tf.constant(0.0)

    def run():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.gradient(y, x)

    return raised(run)


@case("custom_gradient")
def custom_gradient_with_variables(tf):
    v = tf.Variable(3.0)

    @tf.custom_gradient
    def scale(x):
        y = v * x

        def grad(dy, variables=None):
            return dy * 7.0, [dy * 11.0 for _ in variables]

        return y, grad

    @tf.function
    def f(x):
        return scale(x) * 2.0

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return y, tape.gradient(y, [x, v])


@case("custom_gradient")
def custom_second_order(tf):
    @tf.custom_gradient
    def cube(x):
        return x * x * x, lambda dy: dy * 3.0 * x * x

    @tf.function
    def f(x):
        with tf.GradientTape() as t2:
            t2.watch(x)
            with tf.GradientTape() as t1:
                t1.watch(x)
                y = cube(x)
            dy = t1.gradient(y, x)
        return dy, t2.gradient(dy, x)

    return f(tf.constant(2.0))


@case("recompute_grad")
def recomputed(tf):
    v = tf.Variable(3.0)
    log = []

    @tf.recompute_grad
    def layer(x):
        log.append(1)
        return tf.tanh(v * x)

    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(layer(x))
        return y, tape.gradient(y, [x, v])

    return f(tf.constant(0.3))


@case("grad_pass_through")
def passed_through(tf):
    @tf.function
    def f(x):
        return tf.grad_pass_through(tf.round)(x) * 3.0

    x = tf.Variable([1.2, 2.7])
    with tf.GradientTape() as tape:
        y = f(x)
    return y, tape.gradient(y, x)
