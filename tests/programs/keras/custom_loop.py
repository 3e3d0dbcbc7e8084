"""Keras layers, losses, metrics and optimizers in a training loop of one's own."""

import json

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(21)
rng = np.random.default_rng(4)
x = rng.normal(size=(96, 5)).astype("float32")
y = rng.integers(0, 4, 96).astype("int64")
dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)

results = {}
for traced in (False, True):
    keras.utils.set_random_seed(22)
    inputs = keras.Input((5,))
    hidden = keras.layers.Dense(9, activation="softplus")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(4)(keras.layers.Dropout(0.1, seed=2)(hidden)))
    rate = keras.optimizers.schedules.CosineDecay(0.02, 20)
    optimizer = keras.optimizers.Adam(rate, global_clipnorm=0.5)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    accuracy = keras.metrics.SparseCategoricalAccuracy()
    mean = keras.metrics.Mean()

    def step(x, y):
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = loss_fn(y, logits)
        gradients = tape.gradient(loss, model.trainable_weights)
        optimizer.apply_gradients(zip(gradients, model.trainable_weights))
        accuracy.update_state(y, logits)
        mean.update_state(loss)
        return loss

    if traced:
        step = tf.function(step)
    losses = []
    for _epoch in range(3):
        accuracy.reset_state()
        mean.reset_state()
        for batch in dataset:
            last = step(*batch)
        losses.append([float(last), float(mean.result()), float(accuracy.result())])
    results[f"losses, traced={traced}"] = losses
    results[f"iterations, traced={traced}"] = int(optimizer.iterations)
    results[f"rate, traced={traced}"] = float(optimizer.learning_rate)
    results[f"weights, traced={traced}"] = [float(np.sum(w)) for w in model.get_weights()]

# Second derivatives through a layer, and a variable of Keras among plain operations.
layer = keras.layers.Dense(1, activation="tanh", kernel_initializer="ones")
point = tf.constant([[0.3, -0.2]])
with tf.GradientTape() as outer:
    outer.watch(point)
    with tf.GradientTape() as inner:
        inner.watch(point)
        value = layer(point)
    first = inner.gradient(value, point)
results["second derivative"] = outer.gradient(first, point).numpy().tolist()
scale = keras.Variable([1.0, 2.0], name="scale")
with tf.GradientTape() as tape:
    z = tf.reduce_sum(tf.square(scale) * [3.0, 4.0]) + tf.matmul([[1.0, 1.0]], scale[:, None])[0, 0]
results["variable"] = [scale.name, float(z), tape.gradient(z, scale).numpy().tolist()]
results["is_tensor"] = [bool(tf.is_tensor(scale)), isinstance(scale, tf.Variable)]
scale.assign_add([1.0, 1.0])
results["stacked"] = tf.stack([scale.value, scale.value]).numpy().tolist()
results["where"] = tf.where(scale > 2.5, scale, 0.0).numpy().tolist()
print(json.dumps(results))
