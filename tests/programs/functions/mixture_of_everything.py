"""A step that nests what functions may hold: maps, loops, branches, host calls, slots, prints."""

import numpy as np


def program(tf):
    tf.random.set_seed(15)
    seen = []

    class Experts(tf.Module):
        def __init__(self, count):
            self.weights = [tf.Variable(tf.random.normal([3, 3])) for _ in range(count)]
            self.gate = tf.Variable(tf.random.normal([3, count]))
            self.uses = tf.Variable(tf.zeros([count], tf.int32), trainable=False)

        @tf.function
        def route(self, row):
            choice = tf.argmax(
                tf.linalg.matvec(self.gate, row, transpose_a=True), output_type=tf.int32
            )
            self.uses.scatter_add(tf.IndexedSlices(1, choice))
            return tf.switch_case(
                choice, [lambda w=w: tf.linalg.matvec(w, row) for w in self.weights]
            )

        @tf.function
        def __call__(self, x, rounds):
            for _ in tf.range(rounds):
                x = tf.map_fn(self.route, x)
                largest = tf.reduce_max(tf.abs(x))
                if largest > 3.0:
                    x = x * (3.0 / largest)
            return x

    experts = Experts(3)

    def note(value):
        seen.append(np.round(float(value), 3))
        return np.float32(len(seen))

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            out = experts(x, tf.constant(2))
            loss = tf.reduce_mean((out - y) ** 2)
        gradients = tape.gradient(loss, experts.weights)
        calls = tf.numpy_function(note, [loss], tf.float32)
        for v, g in zip(experts.weights, gradients):
            v.assign_sub(0.05 * tf.clip_by_norm(g, 1.0))
        return loss, calls

    x = tf.random.normal([6, 3])
    y = tf.reverse(x, [1])
    history = [step(x, y) for _ in range(8)]
    return history, experts.uses, len(seen), experts.weights[0]
