"""Layers of one's own: weights, state, nesting, `training`, configuration, random numbers."""

import json
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops

keras.utils.set_random_seed(31)
rng = np.random.default_rng(5)
x = rng.normal(size=(80, 6)).astype("float32")
y = (x[:, :1] * x[:, 1:2]).astype("float32")


@keras.saving.register_keras_serializable("tests")
class Scaled(keras.layers.Layer):
    """A dense layer that normalises by a running mean, which it keeps in a weight."""

    def __init__(self, units, rate=0.9, **kwargs):
        super().__init__(**kwargs)
        self.units, self.rate = units, rate
        self.inner = [keras.layers.Dense(units, use_bias=False) for _ in range(2)]

    def build(self, input_shape):
        self.mean = self.add_weight(shape=(input_shape[-1],), initializer="zeros", trainable=False)
        self.gain = self.add_weight(shape=(self.units,), initializer="ones", name="gain")
        for layer in self.inner:
            layer.build(input_shape)
        super().build(input_shape)

    def call(self, inputs, training=False):
        if training:
            now = tf.reduce_mean(inputs, axis=0)
            self.mean.assign(self.rate * self.mean + (1 - self.rate) * now)
        centred = inputs - self.mean
        return self.gain * tf.nn.relu(self.inner[0](centred)) + self.inner[1](centred)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "rate": self.rate}


@keras.saving.register_keras_serializable("tests")
class Noise(keras.layers.Layer):
    """Random numbers from a seed of the layer; its output shape is found by tracing."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(77)

    def call(self, inputs, training=None):
        if not training:
            return inputs
        return inputs + 0.1 * keras.random.normal(ops.shape(inputs), seed=self.seeds)


results = {}
inputs = keras.Input((6,))
outputs = keras.layers.Dense(1)(Noise()(Scaled(7)(inputs)))
outputs = keras.layers.Lambda(lambda t: t * 2.0, output_shape=(1,))(outputs)
model = keras.Model(inputs, outputs)
model.compile(optimizer="adam", loss="mse")
results["fit"] = model.fit(x, y, batch_size=16, epochs=3, verbose=0).history
results["mean"] = model.layers[1].mean.numpy().tolist()
results["trainable"] = [list(w.shape) for w in model.trainable_weights]
results["other"] = [list(w.shape) for w in model.non_trainable_weights]
core = keras.Model(inputs, model.layers[-2].output)
before = core.predict(x[:3], verbose=0)
results["predictions"] = before.tolist()
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "core.keras")
    core.save(path)
    loaded = keras.models.load_model(path)
    results["loaded"] = float(np.abs(loaded.predict(x[:3], verbose=0) - before).max())
clone = Scaled.from_config(model.layers[1].get_config())
results["clone"] = [clone.units, clone.rate, list(clone(x[:2]).shape)]
layer = model.layers[1]
layer.trainable = False
results["frozen"] = [len(model.trainable_weights), len(layer.trainable_weights)]
masked = keras.layers.Masking()(tf.constant([[[1.0], [0.0], [2.0]]]))
results["mask"] = masked._keras_mask.numpy().tolist()
results["shape"] = list(keras.ops.shape(model(x[:5])))
results["symbolic"] = [None if d is None else int(d) for d in model.output.shape]
print(json.dumps(results))
