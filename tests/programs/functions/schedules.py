"""Warm-up, cosine and step schedules by conditions on a counter; layers frozen for a while."""

import math

import numpy as np


def program(tf):
    rng = np.random.RandomState(14)
    body = tf.Variable(rng.randn(4, 4).astype(np.float32) * 0.4)
    head = tf.Variable(rng.randn(4).astype(np.float32))
    counter = tf.Variable(0, trainable=False)

    @tf.function
    def warm_cosine(step, warm=5, total=20):
        step = tf.cast(step, tf.float32)
        if step < warm:
            rate = step / warm
        elif step < total:
            rate = 0.5 * (1.0 + tf.cos(math.pi * (step - warm) / (total - warm)))
        else:
            rate = 0.0
        return 0.1 * rate

    @tf.function
    def piecewise(step):
        return tf.case(
            [(step < 5, lambda: tf.constant(0.1)), (step < 12, lambda: tf.constant(0.03))],
            default=lambda: tf.constant(0.01),
        )

    def make(schedule, freeze):
        @tf.function
        def step(x, y):
            rate = schedule(counter)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((tf.linalg.matvec(tf.tanh(x @ body), head) - y) ** 2)
            db, dh = tape.gradient(loss, [body, head])
            head.assign_sub(rate * dh)
            if freeze:
                if counter >= 3:
                    body.assign_sub(rate * db)
            else:
                body.assign_sub(rate * db)
            counter.assign_add(1)
            return loss, rate

        return step

    x = tf.constant(rng.randn(16, 4).astype(np.float32))
    y = tf.reduce_sum(x, 1)
    out = []
    for schedule in (warm_cosine, piecewise):
        for freeze in (True, False):
            counter.assign(0)
            step = make(schedule, freeze)
            out.append([step(x, y) for _ in range(22 if freeze else 6)])
    return out, body, head, counter
