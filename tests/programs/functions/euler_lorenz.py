"""Lorenz's system by Euler and Runge-Kutta in graph loops, and its sensitivity to the start."""


def program(tf):
    @tf.function
    def field(s, rho):
        x, y, z = tf.unstack(s)
        return tf.stack([10.0 * (y - x), x * (rho - z) - y, x * y - 8.0 / 3.0 * z])

    @tf.function
    def euler(s, rho, dt, steps):
        path = tf.TensorArray(tf.float64, size=steps, element_shape=[3])
        for i in tf.range(steps):
            s += dt * field(s, rho)
            path = path.write(i, s)
        return path.stack()

    @tf.function
    def runge_kutta(s, rho, dt, steps):
        def body(i, s):
            k1 = field(s, rho)
            k2 = field(s + 0.5 * dt * k1, rho)
            k3 = field(s + 0.5 * dt * k2, rho)
            k4 = field(s + dt * k3, rho)
            return i + 1, s + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

        return tf.while_loop(lambda i, s: i < steps, body, (0, s))[1]

    start = tf.constant([1.0, 1.0, 1.0], tf.float64)
    rho, dt = tf.constant(28.0, tf.float64), tf.constant(0.01, tf.float64)
    path = euler(start, rho, dt, tf.constant(50))
    end = runge_kutta(start, rho, dt, tf.constant(50))
    with tf.GradientTape() as tape:
        tape.watch([start, rho])
        x = runge_kutta(start, rho, dt, tf.constant(20))[0]
    return (
        path[::10],
        end,
        x,
        tape.gradient(x, [start, rho]),
        euler.experimental_get_tracing_count(),
    )
