"""A two-layer network with an Adam of one's own, whose slots are made on the first step."""


def program(tf):
    tf.random.set_seed(2)

    class Adam(tf.Module):
        def __init__(self, rate=0.01, beta1=0.9, beta2=0.999, eps=1e-7):
            self.rate, self.beta1, self.beta2, self.eps = rate, beta1, beta2, eps
            self.t = tf.Variable(0.0, trainable=False)
            self.m, self.v = [], []

        def apply(self, gradients, variables):
            if not self.m:
                self.m = [tf.Variable(tf.zeros(w.shape), trainable=False) for w in variables]
                self.v = [tf.Variable(tf.zeros(w.shape), trainable=False) for w in variables]
            self.t.assign_add(1.0)
            for g, w, m, v in zip(gradients, variables, self.m, self.v):
                m.assign(self.beta1 * m + (1.0 - self.beta1) * g)
                v.assign(self.beta2 * v + (1.0 - self.beta2) * tf.square(g))
                mean = m / (1.0 - tf.pow(self.beta1, self.t))
                square = v / (1.0 - tf.pow(self.beta2, self.t))
                w.assign_sub(self.rate * mean / (tf.sqrt(square) + self.eps))

    x = tf.random.normal([64, 4])
    y = tf.cast(tf.reduce_sum(x[:, :2], 1) > x[:, 2], tf.int32) + tf.cast(x[:, 3] > 1.0, tf.int32)
    weights = [
        tf.Variable(tf.random.normal([4, 16], stddev=0.5)),
        tf.Variable(tf.zeros([16])),
        tf.Variable(tf.random.normal([16, 3], stddev=0.5)),
        tf.Variable(tf.zeros([3])),
    ]
    adam = Adam()

    def logits(x):
        return tf.nn.relu(x @ weights[0] + weights[1]) @ weights[2] + weights[3]

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits(x))
            loss = tf.reduce_mean(losses)
        adam.apply(tape.gradient(loss, weights), weights)
        return loss

    @tf.function(input_signature=[tf.TensorSpec([None, 4]), tf.TensorSpec([None], tf.int32)])
    def accuracy(x, y):
        return tf.reduce_mean(tf.cast(tf.argmax(logits(x), 1, tf.int32) == y, tf.float32))

    losses = [step(x, y) for _ in range(30)]
    return (
        losses,
        accuracy(x, y),
        accuracy(x[:10], y[:10]),
        adam.t,
        step.experimental_get_tracing_count(),
    )
