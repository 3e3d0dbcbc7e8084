"""tf.gradients and tf.hessians, which differentiate the graph that is being traced."""

from __future__ import annotations

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


@case("gradients")
def symbolic_gradients(tf):
    @tf.function
    def f(x, y):
        z = x * x * y
        return tf.gradients(z, [x, y]), tf.gradients(z, x), tf.gradients([z, x], [x])

    return f(tf.constant(3.0), tf.constant(2.0))


@case("gradients")
def symbolic_gradients_options(tf):
    @tf.function
    def f(x, y):
        z = x * x
        return (
            tf.gradients(z, x, grad_ys=[tf.constant([1.0, 10.0])]),
            [g is None for g in tf.gradients(z, [x, y])],
            tf.gradients(z, y, unconnected_gradients="zero"),
            tf.gradients(z * y, y, stop_gradients=[z]),
        )

    return f(tf.constant([3.0, 4.0]), tf.constant([2.0, 1.0]))


@case("gradients")
def symbolic_second_order(tf):
    @tf.function
    def f(x):
        (g,) = tf.gradients(x**4, x)
        (h,) = tf.gradients(g, x)
        return g, h

    return f(tf.constant([1.0, 2.0])), raised(lambda: tf.gradients(tf.constant(1.0), []))


@case("hessians")
def symbolic_hessians(tf):
    @tf.function
    def f(x):
        return tf.hessians(tf.reduce_sum(x**3) * x[0], x)

    return f(tf.constant([1.0, 2.0]))


@case("gradients")
def symbolic_gradient_of_a_variable(tf):
    v = tf.Variable(3.0)

    @tf.function
    def f(x):
        return tf.gradients(v * v * x, v)

    return f(tf.constant(2.0))


@case("gradients")
def symbolic_gradient_through_a_loop(tf):
    @tf.function
    def f(x):
        y = x
        for _ in tf.range(3):
            y = y * x
        return tf.gradients(y, x)

    return f(tf.constant(2.0))


@case("gradients")
def symbolic_stop_gradients(tf):
    @tf.function
    def f(x):
        y = x * x
        return (
            tf.gradients(y * x, [x, y], stop_gradients=[y]),
            tf.gradients(y * x, [x, y]),
            tf.gradients(y, x, stop_gradients=[x]),
            tf.gradients([y, x * 3.0], x, grad_ys=[None, [10.0, 1.0]]),
        )

    return f(tf.constant([1.0, 2.0]))


@case("gradients")
def symbolic_sources(tf):
    k = tf.constant(3.0)
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def f(x, n):
        return (
            tf.gradients(x * k, k),
            tf.gradients(x, v, unconnected_gradients="zero"),
            tf.convert_to_tensor(tf.gradients(tf.gather(v, [0, 0]), v)[0]),
            tf.gradients(x, []),
            [tf.gradients(x * x, 2.0)[0] is None, tf.gradients(tf.cast(x, tf.int32), x)[0] is None],
            tf.gradients(tf.cast(n, tf.float32), n)[0] is None,
        )

    return f(tf.constant([1.0, 2.0]), tf.constant([1, 2]))


@case("gradients")
def symbolic_gradients_in_a_branch(tf):
    def f(x):
        y = x * x
        return tf.cond(
            x > 0.0, lambda: tf.gradients(y * x, x)[0], lambda: tf.gradients(x * x * x, [x])[0]
        )

    return tf.function(f)(tf.constant(2.0)), tf.function(f)(tf.constant(-2.0))


@case("gradients")
def symbolic_gradients_through_graphs_around(tf):
    """Symbolic sources count in all graphs; variables and eager tensors where one asks."""
    v, k = tf.Variable(3.0), tf.constant(5.0)

    def ask(target, sources, stop=None):
        def f(x):
            y = x * x * v * k

            def inner():
                z = y * x * v
                names = {"x": x, "y": y, "z": z, "v": v, "k": k, "zyk": z * y * k}

                def deep():
                    grads = tf.gradients(
                        names[target],
                        [names[s] for s in sources],
                        stop_gradients=None if stop is None else names[stop],
                    )
                    return [tf.constant(-99.0) if g is None else g for g in grads]

                return tf.cond(x > 1.0, deep, lambda: [tf.constant(0.0)] * len(sources))

            return tf.cond(x > 0.0, inner, lambda: [tf.constant(1.0)] * len(sources))

        return tf.function(f, autograph=False)(tf.constant(2.0))

    return (
        [ask("zyk", s) for s in ("x", "y", "z", "v", "k", "xyzvk")],
        [ask("zyk", "xy", stop) for stop in "xyz"],
        ask("z", "xyv"),
        ask("y", "xvk"),
    )


@case("gradients")
def symbolic_gradients_in_bodies(tf):
    def f(x):
        y = x * x

        def body(i, g):
            return i + 1, g + tf.gradients(y * g * x, x)[0]

        return (
            tf.while_loop(lambda i, g: i < 2, body, [0, x]),
            tf.map_fn(lambda e: tf.gradients(y * e, x)[0], tf.constant([1.0, 2.0, 3.0])),
            tf.function(lambda: tf.gradients(y * y * x, [x, y]))(),
            tf.gradients(y * x, x, stop_gradients=y),
        )

    return tf.function(f, autograph=False)(tf.constant(2.0))


@case("hessians")
def symbolic_hessians_of_what_is_captured(tf):
    v, k = tf.Variable([1.0, 2.0]), tf.constant([3.0, 4.0])

    def read():
        value = v.read_value()
        return tf.hessians(tf.reduce_sum(value**3), value)

    return (
        tf.function(read)(),
        raised(lambda: tf.function(lambda: tf.hessians(tf.reduce_sum(v**3), v))()),
        raised(lambda: tf.function(lambda: tf.hessians(tf.reduce_sum(k**3), k))()),
        raised(lambda: tf.function(lambda x: tf.gradients(tf.complex(x, x), x))(k)),
    )


@case("gradients")
def symbolic_mistakes(tf):
    def error(call):
        return raised(lambda: tf.function(call, autograph=False)(tf.constant([1.0, 2.0])))

    return (
        error(lambda x: tf.gradients(x * x, x, grad_ys=[x, x])),
        error(lambda x: tf.gradients(x * x, x, grad_ys=[tf.constant([1.0, 2.0, 3.0])])),
        error(lambda x: tf.gradients(x * x, x, grad_ys=[tf.constant([1, 2])])),
        error(lambda x: tf.gradients(x, x, unconnected_gradients="other")),
        error(lambda x: tf.gradients("a", x)),
        error(lambda x: tf.hessians(tf.reduce_sum(2.0 * x), x)),
        error(lambda x: tf.hessians(tf.constant(1.0), x)),
    )


@case("hessians")
def symbolic_hessians_of_several(tf):
    @tf.function
    def f(x, y):
        return tf.hessians(tf.reduce_sum(x * x * tf.reduce_sum(y**2)), [x, y])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def g(x):
        return tf.hessians(tf.reduce_sum(x**3) * x[0], x)

    x = tf.constant([1.0, 2.0])
    return f(x, tf.constant([[1.0, 2.0], [3.0, 4.0]])), g(x), g(tf.constant([3.0]))
