"""Linear regression on standardised columns, by hand-written gradient descent."""

import numpy as np


def program(tf):
    tf.random.set_seed(1)
    rng = np.random.RandomState(1)
    columns = rng.uniform(0.0, 100.0, size=(64, 3))
    prices = columns @ np.array([1.5, -2.0, 0.25]) + 4.0 + rng.randn(64)

    x = tf.constant(columns, dtype=tf.float32)
    y = tf.cast(tf.reshape(prices, [-1, 1]), tf.float32)
    mean, variance = tf.nn.moments(x, axes=[0])
    x = (x - mean) / tf.sqrt(variance)

    w = tf.Variable(tf.random.normal([3, 1], stddev=0.1), name="weights")
    b = tf.Variable(tf.zeros([1]), name="bias")
    history = []
    for step in range(40):
        with tf.GradientTape() as tape:
            error = tf.matmul(x, w) + b - y
            loss = tf.reduce_mean(error**2)
        grads = tape.gradient(loss, [w, b])
        for variable, grad in zip([w, b], grads):
            variable.assign_sub(0.1 * grad)
        if step % 10 == 0:
            history.append(float(loss))
    total = tf.reduce_sum(tf.square(y - tf.reduce_mean(y)))
    residual = tf.reduce_sum(tf.square(y - (x @ w + b)))
    r_squared = 1 - residual / total
    return {"history": history, "w": w, "b": b, "r2": f"{r_squared:.4f}", "name": w.name}
