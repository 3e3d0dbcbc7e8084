"""A two-layer network of tf.Modules with dropout, Glorot weights and Adam."""

import numpy as np


def program(tf):
    class Dense(tf.Module):
        def __init__(self, inputs, outputs, activation=None, name=None):
            super().__init__(name=name)
            with self.name_scope:
                limit = np.sqrt(6.0 / (inputs + outputs))
                self.w = tf.Variable(tf.random.uniform([inputs, outputs], -limit, limit), name="w")
                self.b = tf.Variable(tf.zeros([outputs]), name="b")
            self.activation = activation

        @tf.Module.with_name_scope
        def __call__(self, x):
            y = x @ self.w + self.b
            return y if self.activation is None else self.activation(y)

    class Network(tf.Module):
        def __init__(self):
            super().__init__(name="network")
            self.layers = [Dense(4, 16, tf.nn.relu, name="hidden"), Dense(16, 3, name="logits")]
            self.steps = tf.Variable(0, trainable=False, dtype=tf.int64)

        def __call__(self, x, training=False):
            for layer in self.layers[:-1]:
                x = layer(x)
                if training:
                    x = tf.nn.dropout(x, rate=0.25)
            return self.layers[-1](x)

    tf.random.set_seed(4)
    x = tf.random.normal((48, 4))
    y = tf.argmax(x[:, :3] * 2.0 + x[:, 1:], axis=1, output_type=tf.int32)
    network = Network()
    optimizer = tf.compat.v1.train.AdamOptimizer(learning_rate=0.02)
    losses = []
    for _ in range(20):
        with tf.GradientTape() as tape:
            per_example = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=y, logits=network(x, training=True)
            )
            loss = tf.math.reduce_mean(per_example)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables))
        network.steps.assign_add(1)
        losses.append(loss)
    accuracy = np.mean(np.argmax(network(x), axis=1) == y.numpy())
    return {
        "losses": tf.stack(losses),
        "accuracy": accuracy,
        "names": [v.name for v in network.trainable_variables],
        "variables": len(network.variables),
        "parameters": sum(np.prod(v.shape) for v in network.trainable_variables),
        "steps": network.steps,
        "submodules": [m.name for m in network.submodules],
    }
