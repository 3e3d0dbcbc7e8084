"""The tutorial's linear model, its step as a tf.function, its weights a Module's variables."""


def program(tf):
    class Model(tf.Module):
        def __init__(self):
            self.w = tf.Variable(5.0)
            self.b = tf.Variable(0.0)

        def __call__(self, x):
            return self.w * x + self.b

    tf.random.set_seed(1)
    x = tf.random.normal([200])
    y = x * 3.0 + 2.0 + tf.random.normal([200])
    model = Model()
    traces = []

    @tf.function
    def train(model, x, y, learning_rate):
        traces.append(learning_rate)
        with tf.GradientTape() as t:
            loss = tf.reduce_mean(tf.square(y - model(x)))
        dw, db = t.gradient(loss, [model.w, model.b])
        model.w.assign_sub(learning_rate * dw)
        model.b.assign_sub(learning_rate * db)
        return loss

    losses = [train(model, x, y, learning_rate=0.1) for _ in range(10)]
    losses += [train(model, x, y, learning_rate=0.05) for _ in range(5)]
    losses += [train(model, x[:50], y[:50], learning_rate=tf.constant(0.01)) for _ in range(3)]
    return losses, model.w, model.b, len(traces), train.experimental_get_tracing_count()
