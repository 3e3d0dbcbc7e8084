"""Newton's method: gradients and Hessians in a loop until the step is short."""


def program(tf):
    def rosenbrock(p):
        return (1.0 - p[0]) ** 2 + 100.0 * (p[1] - p[0] ** 2) ** 2

    @tf.function
    def derivatives(p):
        with tf.GradientTape() as outer:
            outer.watch(p)
            with tf.GradientTape() as inner:
                inner.watch(p)
                y = rosenbrock(p)
            g = inner.gradient(y, p)
        return y, g, outer.jacobian(g, p)

    @tf.function
    def minimize(p, most):
        steps = tf.constant(0)
        for _ in tf.range(most):
            _, g, h = derivatives(p)
            move = tf.linalg.solve(h, g[:, None])[:, 0]
            p -= move
            steps += 1
            if tf.norm(move) < 1e-6:
                break
        return p, steps

    @tf.function
    def square_root(a):
        x = tf.constant(1.0, tf.float64)
        change = tf.constant(1.0, tf.float64)
        while tf.abs(change) > 1e-12:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = x * x - a
            change = y / tape.gradient(y, x)
            x -= change
        return x

    p = tf.constant([-1.2, 1.0], tf.float64)
    return (
        derivatives(p),
        minimize(p, tf.constant(50)),
        [square_root(tf.constant(a, tf.float64)) for a in (2.0, 9.0, 1e4)],
    )
