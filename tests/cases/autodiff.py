"""Tapes, custom gradients, forward mode."""

import numpy as np

from cases.form import Case, bad


def _tape(f, *values, persistent=False):
    """Gradients of `f` by each of the values, as a function of tf."""

    def run(tf):
        xs = [tf.constant(v) for v in values]
        with tf.GradientTape(persistent=persistent) as tape:
            for x in xs:
                tape.watch(x)
            y = f(tf, *xs)
        return y, tape.gradient(y, xs)

    return run


def _second_order(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = x * x * x
        dy = inner.gradient(y, x)
    return dy, outer.gradient(dy, x)


def _third_order(tf):
    x = tf.constant(1.5)
    with tf.GradientTape() as a:
        a.watch(x)
        with tf.GradientTape() as b:
            b.watch(x)
            with tf.GradientTape() as c:
                c.watch(x)
                y = tf.sin(x) * x
            y1 = c.gradient(y, x)
        y2 = b.gradient(y1, x)
    return y1, y2, a.gradient(y2, x)


def _persistent(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        z = y * y
    return tape.gradient(z, x), tape.gradient(y, x), tape.gradient(z, y), tape.watched_variables()


def _second_use(tf):
    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    return tape.gradient(y, x)


def _intermediate(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
        z = y * 3.0
    return tape.gradient(z, [y, x, z])


def _unconnected(mode):
    def run(tf):
        x, w = tf.Variable(2.0), tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            y = x * x
        return tape.gradient(y, [x, w], unconnected_gradients=mode(tf))

    return run


def _output_gradients(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = x * x
    return tape.gradient(y, x, output_gradients=tf.constant([10.0, 100.0]))


def _several_targets(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
        z = x * 5.0
    return tape.gradient([y, z, {"k": y}], {"x": x})


def _stop_recording(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        with tape.stop_recording():
            a = x * x
        y = a * x
    return tape.gradient(y, x)


def _reset(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
        tape.reset()
        z = x * 3.0
    return tape.gradient([z, y], x)


def _unwatched(tf):
    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        y = x * 2.0
    return tape.gradient(y, x)


def _manual_watch(tf):
    a, b = tf.Variable(1.0), tf.Variable(2.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(a)
        y = a * b
    return tape.gradient(y, [a, b])


def _non_trainable(tf):
    a = tf.Variable(3.0, trainable=False)
    with tf.GradientTape() as tape:
        y = a * a
    return tape.gradient(y, a)


def _integers(tf):
    x = tf.constant(3)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return tape.gradient(y, x)


def _through_integers(tf):
    x = tf.Variable(3.7)
    with tf.GradientTape() as tape:
        y = tf.cast(tf.cast(x, tf.int32), tf.float32) * x
    return tape.gradient(y, x)


def _snapshot(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        a = v * v
        v.assign(5.0)
        b = v * v
        y = a + b
    return y, tape.gradient(y, v)


def _read_before(tf):
    v = tf.Variable(2.0)
    old = v.read_value()
    with tf.GradientTape() as tape:
        y = v * old
    return tape.gradient(y, v)


def _jacobian(tf):
    x = tf.constant([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.stack([x[0] * x[1], x[1] * x[2]])
    return tape.jacobian(y, x)


def _jacobian_of_matrix(tf):
    x = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.matmul(x, x)
    return tape.jacobian(y, x)


def _hessian(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = tf.reduce_sum(x * x * x) * x[0]
        g = inner.gradient(y, x)
    return outer.jacobian(g, x)


def _batch_jacobian(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.stack([x[:, 0] * x[:, 1], x[:, 0], x[:, 1] * x[:, 1]], axis=1)
    return tape.batch_jacobian(y, x)


def _bad_batch(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x[0]
    return tape.batch_jacobian(tf.reshape(y, [1, 2]), x)


def _custom(tf):
    @tf.custom_gradient
    def f(x, y):
        def grad(dz):
            return dz * y * 10.0, dz * x * 100.0

        return x * y, grad

    a, b = tf.Variable(2.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(b)
        z = f(a, b) * 2.0
    return z, tape.gradient(z, [a, b])


def _custom_with_variables(tf):
    v = tf.Variable(2.0)

    @tf.custom_gradient
    def f(x):
        def grad(dy, variables=None):
            return dy * 7.0, [dy * 11.0 for _ in variables]

        return x * v, grad

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return y, tape.gradient(y, [x, v])


def _custom_without_variables(tf):
    v = tf.Variable(2.0)

    @tf.custom_gradient
    def f(x):
        return x * v, lambda dy: dy

    return f(tf.constant(1.0))


def _custom_wrong_count(tf):
    @tf.custom_gradient
    def f(x, y):
        return x * y, lambda dz: dz

    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        z = f(x, 2.0)
    return tape.gradient(z, x)


def _custom_nested(tf):
    @tf.custom_gradient
    def f(x):
        def grad(dy):
            return dy * g(x)

        return tf.square(x), grad

    @tf.custom_gradient
    def g(x):
        return 2.0 * x, lambda dy: dy * 2.0 * 100.0

    x = tf.Variable(3.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = f(x)
        dy = inner.gradient(y, x)
    return dy, outer.gradient(dy, x)


def _recompute(tf):
    w = tf.Variable([1.0, 2.0])
    f = tf.recompute_grad(lambda x: tf.reduce_sum(tf.sin(x * w)))
    x = tf.constant([0.5, 1.5])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return y, tape.gradient(y, [x, w])


def _forward(tf):
    x = tf.constant([2.0, 3.0])
    with tf.autodiff.ForwardAccumulator(x, tf.constant([1.0, 0.5])) as acc:
        y = tf.sin(x) * x
        z = tf.reduce_sum(tf.gather(y, [1, 1, 0]))
    return acc.jvp(y), acc.jvp(z), acc.jvp(tf.constant(1.0))


def _forward_variable(tf):
    v = tf.Variable(2.0)
    with tf.autodiff.ForwardAccumulator(v, tf.constant(1.0)) as acc:
        y = v * v * v
    return acc.jvp(y), acc.jvp(v)


def _forward_over_reverse(tf):
    v = tf.Variable([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator(v, tf.constant([1.0, 0.0])) as acc:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(v**3) * v[1]
        g = tape.gradient(y, v)
    return g, acc.jvp(g)


def _forward_nested(tf):
    x = tf.constant(3.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as outer:
        with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as inner:
            y = x * x * x
        first = inner.jvp(y)
    return first, outer.jvp(first), outer.jvp(y)


def _forward_layers(tf):
    x = tf.reshape(tf.range(6.0), [2, 3])
    w = tf.constant([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
    with tf.autodiff.ForwardAccumulator(w, tf.ones_like(w)) as acc:
        y = tf.nn.softmax(tf.nn.relu(tf.matmul(x, w) - 1.0))
        loss = tf.reduce_mean(tf.math.log(y))
    return acc.jvp(y), acc.jvp(loss)


def _stop_gradient(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * tf.stop_gradient(x)
    return y, tape.gradient(y, x)


def _training(tf):
    x = tf.constant(np.linspace(-1, 1, 50, dtype=np.float32))
    y = 3.0 * x + 2.0
    w, b = tf.Variable(5.0), tf.Variable(0.0)
    losses = []
    for _ in range(20):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(w * x + b - y))
        dw, db = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 * dw)
        b.assign_sub(0.1 * db)
        losses.append(loss)
    return losses, w, b


def _inside(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
        g = tape.gradient(y, x)
    return g


def _entered_twice(tf):
    with tf.GradientTape() as tape:
        with tape:
            pass


def _reentered(tf):
    tape = tf.GradientTape()
    x = tf.Variable(1.0)
    with tape:
        y = x * x
    with tape:
        z = x * 3.0
    return tape.gradient([y, z], x)


def _complex(tf, x):
    return tf.math.real(x * tf.math.conj(x))


def _passed(f, *x):
    def run(tf):
        v, inputs = tf.Variable(2.0), [tf.constant(a) for a in x]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            y = tf.grad_pass_through(lambda *a: f(tf, v, *a))(*inputs)
        return y, tape.gradient(y, [*inputs, v])

    return run


def _check(f, *x, **kw):
    return lambda tf: tf.test.compute_gradient(lambda *t: f(tf, *t), [v(tf) for v in x], **kw)


CASES = [
    Case("GradientTape", _tape(lambda tf, x: x * x, 3.0)),
    Case("GradientTape", _tape(lambda tf, x, y: x * y + x / y, [1.0, 2.0], 4.0)),
    Case(
        "GradientTape", _tape(lambda tf, x: tf.reduce_mean(tf.square(x)), [[1.0, 2.0], [3.0, 4.0]])
    ),
    Case("GradientTape", _tape(_complex, np.complex64(1 + 2j))),
    Case(
        "GradientTape", _tape(lambda tf, x: tf.gather(x, [0, 0, 2]), [1.0, 2.0, 3.0]), id="slices"
    ),
    Case("GradientTape", _second_order),
    Case("GradientTape", _third_order),
    Case("GradientTape", _persistent),
    Case("GradientTape", _intermediate),
    Case("GradientTape", _unconnected(lambda tf: tf.UnconnectedGradients.NONE)),
    Case("GradientTape", _unconnected(lambda tf: tf.UnconnectedGradients.ZERO)),
    Case("UnconnectedGradients", _unconnected(lambda tf: "zero")),
    Case("GradientTape", _output_gradients),
    Case("GradientTape", _several_targets),
    Case("GradientTape", _stop_recording),
    Case("GradientTape", _reset),
    Case("GradientTape", _unwatched),
    Case("GradientTape", _manual_watch),
    Case("GradientTape", _non_trainable),
    Case("GradientTape", _integers),
    Case("GradientTape", _through_integers),
    Case("GradientTape", _snapshot),
    Case("GradientTape", _read_before),
    Case("GradientTape", _inside),
    Case("GradientTape", _jacobian, id="jacobian"),
    Case("GradientTape", _jacobian_of_matrix, id="jacobian"),
    Case("GradientTape", _hessian, id="jacobian"),
    Case("GradientTape", _batch_jacobian, id="batch_jacobian"),
    Case("autodiff.GradientTape", _training, id="training"),
    Case("custom_gradient", _custom),
    Case("custom_gradient", _custom_with_variables),
    Case("custom_gradient", _custom_nested),
    bad("custom_gradient", _custom_without_variables),
    bad("custom_gradient", _custom_wrong_count),
    Case("recompute_grad", _recompute),
    Case("stop_gradient", _stop_gradient),
    Case("autodiff.ForwardAccumulator", _forward),
    Case("autodiff.ForwardAccumulator", _forward_variable),
    Case("autodiff.ForwardAccumulator", _forward_over_reverse),
    Case("autodiff.ForwardAccumulator", _forward_nested),
    Case("autodiff.ForwardAccumulator", _forward_layers),
    bad(
        "autodiff.ForwardAccumulator",
        lambda tf: tf.autodiff.ForwardAccumulator(tf.constant(1.0), [tf.constant(1.0)]),
    ),
    bad("GradientTape", _second_use),
    bad("GradientTape", _bad_batch),
    bad("GradientTape", _unconnected(lambda tf: "nonsense")),
    bad("GradientTape", lambda tf: tf.GradientTape().gradient(None, tf.constant(1.0))),
    bad("GradientTape", lambda tf: tf.GradientTape().watch("a")),
    bad("GradientTape", _entered_twice),
    Case("GradientTape", _reentered),
    bad("gradients", lambda tf: tf.gradients(tf.constant(1.0), tf.constant(1.0))),
    bad("hessians", lambda tf: tf.hessians(tf.constant(1.0), tf.constant(1.0))),
    Case("test.compute_gradient", _check(lambda tf, x: x * x, lambda tf: [1.0, 2.0])),
    Case(
        "test.compute_gradient",
        _check(lambda tf, x, y: x * y, lambda tf: tf.constant([[1.0, 2.0]]), lambda tf: 3.0),
    ),
    Case(
        "test.compute_gradient",
        _check(
            lambda tf, x: tf.gather(x, [0, 0]), lambda tf: tf.constant([[1.0, 2.0], [3.0, 4.0]])
        ),
    ),
    Case("test.compute_gradient", _check(lambda tf, x: x * x, lambda tf: tf.constant([1 + 2j]))),
    Case(
        "test.compute_gradient",
        _check(lambda tf, x: tf.cast(x, tf.complex64) * (1 + 1j), lambda tf: tf.Variable([1.0])),
    ),
    Case(
        "test.compute_gradient",
        _check(lambda tf, x: tf.stop_gradient(x), lambda tf: tf.constant([1.0, 2.0])),
    ),
    Case(
        "test.compute_gradient",
        _check(lambda tf, x: x * 2, lambda tf: tf.constant([1.0, 2.0], tf.float16)),
    ),
    Case("test.compute_gradient", _check(lambda tf, x: x * 2, lambda tf: tf.zeros([0]))),
    Case(
        "test.compute_gradient",
        _check(lambda tf, x: x**3, lambda tf: tf.constant(2.0, tf.float64), delta=0.1),
    ),
    Case(
        "test.compute_gradient",
        _check(lambda tf, x: x**3, lambda tf: tf.constant([1.0], tf.float64)),
    ),
    bad("test.compute_gradient", _check(lambda tf, x: x * x, lambda tf: tf.constant([1]))),
    bad("test.compute_gradient", lambda tf: tf.test.compute_gradient(tf.sin, tf.constant([1.0]))),
    Case("grad_pass_through", _passed(lambda tf, v, a: tf.round(a * 3), [1.5, 2.0])),
    Case("grad_pass_through", _passed(lambda tf, v, a: a * v, [1.5, 2.0])),
    Case("grad_pass_through", _passed(lambda tf, v, a, b: (a * b, a + b), 1.5, 2.0)),
    bad("grad_pass_through", _passed(lambda tf, v, a, b: a * b, 1.5, 2.0)),
]
