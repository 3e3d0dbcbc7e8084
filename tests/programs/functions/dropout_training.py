"""Dropout by the global seed, by op seeds and stateless, with a training flag that is Python's."""


def program(tf):
    tf.random.set_seed(6)
    x = tf.random.normal([32, 5])
    y = tf.sin(tf.reduce_sum(x, 1, keepdims=True))
    w1 = tf.Variable(tf.random.normal([5, 12], stddev=0.4))
    w2 = tf.Variable(tf.random.normal([12, 1], stddev=0.3))

    def forward(x, training, seed):
        h = tf.nn.relu(x @ w1)
        if training:
            h = tf.nn.dropout(h, 0.3)
            h = tf.nn.experimental.stateless_dropout(h, 0.1, seed)
        return h @ w2

    traces = []

    @tf.function
    def call(x, training, seed):
        traces.append(training)
        return forward(x, training, seed)

    @tf.function
    def step(x, y, counter):
        with tf.GradientTape() as tape:
            seed = tf.stack([counter, 7])
            loss = tf.reduce_mean(tf.square(forward(x, True, seed) - y))
            noise = tf.nn.dropout(tf.ones([4]), 0.5, seed=9)
        for v, g in zip((w1, w2), tape.gradient(loss, [w1, w2])):
            v.assign_sub(0.05 * g)
        return loss, noise

    history = [step(x, y, tf.constant(i)) for i in range(10)]
    tests = [call(x[:2], False, tf.constant([0, 0])) for _ in range(2)]
    trains = [call(x[:2], True, tf.constant([0, 0])) for _ in range(2)]
    tf.random.set_seed(6)
    again = call(x[:2], True, tf.constant([0, 0]))
    return history, tests, trains, again, traces
