"""A variational autoencoder: reparameterisation with stateless noise, ELBO, KL annealing."""

import math

import numpy as np


def program(tf):
    rng = np.random.RandomState(11)
    data = tf.constant((rng.rand(16, 12) > 0.6).astype(np.float32))
    latent = 2
    generator = tf.random.Generator.from_seed(11)
    encoder = tf.Variable(generator.normal([12, 2 * latent]) * 0.2)
    decoder = tf.Variable(generator.normal([latent, 12]) * 0.2)
    bias = tf.Variable(tf.zeros(12))
    variables = (encoder, decoder, bias)

    def log_normal(sample, mean, logvar):
        log2pi = tf.math.log(2.0 * math.pi)
        terms = -0.5 * ((sample - mean) ** 2.0 * tf.exp(-logvar) + logvar + log2pi)
        return tf.reduce_sum(terms, axis=1)

    def elbo(x, step, beta):
        mean, logvar = tf.split(x @ encoder, 2, axis=1)
        eps = tf.random.stateless_normal(shape=tf.shape(mean), seed=[11, step])
        z = eps * tf.exp(logvar * 0.5) + mean
        logits = z @ decoder + bias
        cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=x)
        likelihood = -tf.reduce_sum(cross_entropy, axis=1)
        kl = log_normal(z, mean, logvar) - log_normal(z, 0.0, tf.constant(0.0))
        exact = -0.5 * tf.reduce_sum(1 + logvar - mean**2 - tf.exp(logvar), axis=1)
        return tf.reduce_mean(likelihood - beta * kl), tf.reduce_mean(exact)

    optimizer = tf.compat.v1.train.AdamOptimizer(0.05)
    history = []
    for step in range(20):
        beta = min(1.0, step / 10)
        with tf.GradientTape() as tape:
            bound, exact = elbo(data, step, beta)
            loss = -bound
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(list(zip(gradients, variables)))
        history.append([loss.numpy(), exact.numpy()])
    z = generator.normal([3, latent])
    samples = tf.nn.sigmoid(z @ decoder + bias)
    drawn = tf.cast(generator.uniform(samples.shape) < samples, tf.uint8)
    return np.array(history), samples, drawn, encoder
