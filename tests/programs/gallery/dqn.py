"""Deep Q-learning: replay from NumPy, one_hot and gather_nd, Huber loss, target network."""

import random

import numpy as np


def program(tf):
    random.seed(14)
    rng = np.random.RandomState(14)
    tf.random.set_seed(14)
    states, actions = 4, 3

    def network():
        return [
            tf.Variable(tf.random.normal([states, 10], stddev=0.4)),
            tf.Variable(tf.random.normal([10, actions], stddev=0.4)),
        ]

    online, target = network(), network()
    for a, b in zip(online, target):
        b.assign(a)

    def q_values(x, parameters):
        return tf.nn.relu(tf.cast(x, tf.float32) @ parameters[0]) @ parameters[1]

    replay = []
    for _ in range(60):
        s = rng.randn(states)
        if random.random() < 0.3:
            action = random.randrange(actions)
        else:
            action = tf.argmax(q_values(s[None], online)[0]).numpy()
        replay.append((s, action, float(s[action]), rng.randn(states), rng.rand() < 0.1))

    optimizer = tf.compat.v1.train.AdamOptimizer(0.01)
    history = []
    for step in range(15):
        batch = random.sample(replay, 16)
        s, a, r, s2, done = (np.array(part) for part in zip(*batch))
        future = tf.reduce_max(q_values(s2, target), axis=1)
        wanted = r.astype(np.float32) + 0.9 * future * (1.0 - done.astype("float32"))
        with tf.GradientTape() as tape:
            q = q_values(s, online)
            taken = tf.reduce_sum(q * tf.one_hot(a, actions), axis=1)
            same = tf.gather_nd(q, tf.stack([tf.range(16), tf.cast(a, tf.int32)], axis=1))
            error = wanted - taken
            huber = tf.where(tf.abs(error) < 1.0, 0.5 * error**2, tf.abs(wanted - same) - 0.5)
            loss = tf.reduce_mean(huber)
        optimizer.apply_gradients(zip(tape.gradient(loss, online), online))
        if step % 5 == 4:
            for a_, b_ in zip(online, target):
                b_.assign(0.5 * a_ + 0.5 * b_)
        history.append(loss.numpy())

    table = tf.Variable(tf.zeros([5, actions]))
    table.scatter_nd_update([[0, 1], [4, 2]], [1.0, 2.0])
    table.scatter_nd_add([[0, 1]], [0.5])
    table[1, 0].assign(7.0)
    updated = tf.tensor_scatter_nd_max(table, [[1], [2]], tf.ones([2, actions]))
    return np.array(history), target, table, updated
