"""A generator and a discriminator trained in one graph by two tapes."""

import itertools


def program(tf):
    tf.random.set_seed(5)

    class Dense(tf.Module):
        def __init__(self, inputs, outputs):
            self.w = tf.Variable(tf.random.normal([inputs, outputs], stddev=inputs**-0.5))
            self.b = tf.Variable(tf.zeros([outputs]))

        def __call__(self, x):
            return x @ self.w + self.b

    class Network(tf.Module):
        def __init__(self, *sizes):
            self.layers = [Dense(a, b) for a, b in itertools.pairwise(sizes)]

        def __call__(self, x):
            for layer in self.layers[:-1]:
                x = tf.nn.leaky_relu(layer(x))
            return self.layers[-1](x)

    generator, discriminator = Network(2, 8, 1), Network(1, 8, 1)

    def cross_entropy(logits, label):
        labels = tf.ones_like(logits) * label
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))

    @tf.function
    def step(real):
        noise = tf.random.normal([tf.shape(real)[0], 2])
        with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
            fake = generator(noise)
            d_real, d_fake = discriminator(real), discriminator(fake)
            g_loss = cross_entropy(d_fake, 1.0)
            d_loss = cross_entropy(d_real, 0.9) + cross_entropy(d_fake, 0.0)
        for tape, loss, model, rate in (
            (g_tape, g_loss, generator, 0.05),
            (d_tape, d_loss, discriminator, 0.1),
        ):
            variables = model.trainable_variables
            for v, g in zip(variables, tape.gradient(loss, variables)):
                v.assign_sub(rate * g)
        return g_loss, d_loss

    @tf.function
    def sample(n):
        return generator(tf.random.stateless_normal([n, 2], [1, 2]))

    losses = []
    for _ in range(15):
        losses.append(step(3.0 + 0.5 * tf.random.normal([16, 1])))
    return losses, tf.reduce_mean(sample(50)), sample(3), step.experimental_get_tracing_count()
