"""The switches between eager and traced training give the same numbers."""

import contextlib
import io
import json

import keras
import numpy as np
import tensorflow as tf

rng = np.random.default_rng(6)
x = rng.normal(size=(64, 4)).astype("float32")
y = (x.sum(axis=1, keepdims=True) > 0).astype("float32")
traced = []


class Watching(keras.layers.Layer):
    """Notes whether it is called eagerly."""

    def call(self, inputs):
        traced.append(not tf.executing_eagerly())
        return inputs * 1.0


def train(epochs=2, verbose=0, **options):
    keras.utils.set_random_seed(8)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            Watching(),
            keras.layers.Dense(6, activation="relu"),
            keras.layers.Dense(1),
        ]
    )
    model.compile(
        optimizer="sgd",
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
        **options,
    )
    traced.clear()
    history = model.fit(x, y, batch_size=8, epochs=epochs, verbose=verbose).history
    return {**history, "ever traced": any(traced), "ever eager": not all(traced)}


results = {
    "traced": train(),
    "run_eagerly": train(run_eagerly=True),
    "steps_per_execution": train(steps_per_execution=4),
    "steps_per_execution, uneven": train(steps_per_execution=3),
}
tf.config.run_functions_eagerly(True)
results["run_functions_eagerly"] = train()
tf.config.run_functions_eagerly(False)
results["traced again"] = train()
text = io.StringIO()
with contextlib.redirect_stdout(text):
    train(verbose=2)
results["progress"] = [line.split(" - ")[0].split("/")[0] for line in text.getvalue().splitlines()]
text = io.StringIO()
with contextlib.redirect_stdout(text):
    train(epochs=1, verbose=1)
results["bar"] = ["8/8" in text.getvalue(), "loss:" in text.getvalue()]
with contextlib.redirect_stdout(text):
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).summary()
results["summary"] = "10 (40.00 B)" in text.getvalue()
results["float64"] = keras.layers.Dense(2, dtype="float64")(x).dtype.name
print(json.dumps(results))
