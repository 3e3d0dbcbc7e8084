"""Hessian-vector products three ways, conjugate gradients on them, a Newton step, Jacobians."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(23)
    x = tf.constant(rng.randn(20, 3), tf.float32)
    y = tf.constant((rng.rand(20) > 0.5).astype(np.float32))
    w = tf.Variable([0.1, -0.2, 0.3])

    def loss_of(weights):
        logits = tf.linalg.matvec(x, weights)
        cross = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits)
        return tf.reduce_mean(cross) + 0.05 * tf.reduce_sum(weights**2)

    def forward_over_reverse(vector):
        with tf.autodiff.ForwardAccumulator(w, vector) as accumulator:
            with tf.GradientTape() as tape:
                loss = loss_of(w)
            gradient = tape.gradient(loss, w)
        return accumulator.jvp(gradient)

    def reverse_over_reverse(vector):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                loss = loss_of(w)
            product = tf.reduce_sum(inner.gradient(loss, w) * vector)
        return outer.gradient(product, w)

    def reverse_over_forward(vector):
        with tf.GradientTape() as tape:
            with tf.autodiff.ForwardAccumulator(w, vector) as accumulator:
                loss = loss_of(w)
            slope = accumulator.jvp(loss)
        return tape.gradient(slope, w)

    v = tf.constant([1.0, 2.0, -1.0])
    products = [f(v) for f in (forward_over_reverse, reverse_over_reverse, reverse_over_forward)]

    with tf.GradientTape(persistent=True) as outer:
        with tf.GradientTape() as inner:
            loss = loss_of(w)
        gradient = inner.gradient(loss, w)
    hessian = outer.jacobian(gradient, w)

    solution, residual = tf.zeros(3), gradient
    direction = residual
    for _ in range(3):
        product = forward_over_reverse(direction)
        size = tf.tensordot(residual, residual, 1)
        alpha = size / tf.tensordot(direction, product, 1)
        solution += alpha * direction
        residual = residual - alpha * product
        direction = residual + tf.tensordot(residual, residual, 1) / size * direction
    newton = tf.linalg.solve(hessian, gradient[:, None])[:, 0]
    w.assign_sub(newton)

    with tf.GradientTape() as tape:
        tape.watch(x)
        rows = tf.sin(x) * tf.cumsum(x, axis=1)
    batch = tape.batch_jacobian(rows, x)
    return products, hessian, solution, newton, loss_of(w), batch[:2]
