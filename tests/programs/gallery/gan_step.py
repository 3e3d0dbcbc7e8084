"""A generative adversarial network on a ring of points, two tapes per step."""

import numpy as np


def program(tf):
    tf.random.set_seed(12)
    angles = tf.linspace(0.0, 2 * np.pi, 33)[:-1]
    real = tf.stack([tf.cos(angles), tf.sin(angles)], axis=1)

    def dense(inputs, outputs):
        return [
            tf.Variable(tf.random.normal([inputs, outputs]) / np.sqrt(inputs)),
            tf.Variable(tf.zeros([outputs])),
        ]

    generator = dense(4, 12) + dense(12, 2)
    discriminator = dense(2, 12) + dense(12, 1)

    def generate(z):
        w1, b1, w2, b2 = generator
        return tf.tanh(z @ w1 + b1) @ w2 + b2

    def discriminate(x):
        w1, b1, w2, b2 = discriminator
        return tf.nn.leaky_relu(x @ w1 + b1) @ w2 + b2

    def cross_entropy(labels, logits):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))

    generator_optimizer = tf.compat.v1.train.AdamOptimizer(1e-2, beta1=0.5)
    discriminator_optimizer = tf.compat.v1.train.AdamOptimizer(1e-2, beta1=0.5)
    history = []
    for _ in range(15):
        noise = tf.random.normal([32, 4])
        with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
            fake = generate(noise)
            real_output, fake_output = discriminate(real), discriminate(fake)
            gen_loss = cross_entropy(tf.ones_like(fake_output), fake_output)
            real_loss = cross_entropy(0.9 * tf.ones_like(real_output), real_output)
            fake_loss = cross_entropy(tf.zeros_like(fake_output), fake_output)
            disc_loss = real_loss + fake_loss
        gen_gradients = gen_tape.gradient(gen_loss, generator)
        disc_gradients = disc_tape.gradient(disc_loss, discriminator)
        generator_optimizer.apply_gradients(zip(gen_gradients, generator))
        discriminator_optimizer.apply_gradients(zip(disc_gradients, discriminator))
        history.append((float(gen_loss), float(disc_loss)))
    shuffled = tf.random.shuffle(tf.range(8))
    return history, generate(tf.ones([1, 4])), discriminator[0], shuffled
