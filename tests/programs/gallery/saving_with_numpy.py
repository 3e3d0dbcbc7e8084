"""A module's variables saved to an .npz file and put back; moving averages; early stopping."""

import os
import tempfile

import numpy as np


def program(tf):
    class Linear(tf.Module):
        def __init__(self, seed, name=None):
            super().__init__(name=name)
            initial = tf.random.stateless_uniform([3, 2], (seed, 0))
            self.w = tf.Variable(initial, name="w")
            self.b = tf.Variable(np.zeros(2, np.float32), name="b")
            self.table = {"scale": tf.Variable(1.0, name="scale")}
            self.count = tf.Variable(0, trainable=False, name="count")

        def __call__(self, x):
            self.count.assign_add(1)
            return (x @ self.w + self.b) * self.table["scale"]

    rng = np.random.RandomState(30)
    x = rng.rand(12, 3).astype(np.float32)
    y = (x @ rng.rand(3, 2)).astype(np.float32)
    model = Linear(1, "first")
    averages = tf.train.ExponentialMovingAverage(0.9)
    optimizer = tf.compat.v1.train.ProximalAdagradOptimizer(0.3, l2_regularization_strength=1e-3)
    averages.apply(model.trainable_variables)
    best, patience, losses = np.inf, 3, []
    for _ in range(20):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.abs(model(x) - y))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        averages.apply(model.trainable_variables)
        losses.append(loss.numpy())
        if loss < best - 1e-4:
            best, patience = loss.numpy(), 3
        else:
            patience -= 1
            if not patience:
                break

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "weights.npz")
        np.savez(path, **{v.name.replace(":0", ""): v.numpy() for v in model.trainable_variables})
        stored = np.load(path)
        other = Linear(2, "second")
        before = float(tf.reduce_mean(tf.abs(other(x) - y)))
        for variable in other.trainable_variables:
            variable.assign(stored[variable.name.split(":")[0]])
        names = sorted(stored.files)
        stored.close()
    difference = np.max(np.abs(other(x).numpy() - model(x).numpy()))
    return {
        "losses": losses,
        "before": before,
        "names": names,
        "difference": difference,
        "average": averages.average(model.w),
        "count": model.count.numpy(),
        "shapes": [v.shape.as_list() for v in other.variables],
    }
