"""A Sequential classifier: fit with validation, evaluate, predict, on NumPy data and data sets."""

import json

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(7)
rng = np.random.default_rng(0)
x = rng.normal(size=(200, 12)).astype("float32")
y = (x[:, :4].sum(axis=1) > 0).astype("int32") + (x[:, 4] > 1).astype("int32")


def build(jit_compile):
    model = keras.Sequential(
        [
            keras.Input((12,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(8, activation="tanh"),
            keras.layers.Dense(3),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=jit_compile,
    )
    return model


results = {}
for jit_compile in (False, True, "auto"):
    model = build(jit_compile)
    history = model.fit(x, y, batch_size=32, epochs=3, validation_split=0.25, verbose=0)
    results[f"fit, jit_compile={jit_compile}"] = history.history
    results[f"evaluate, jit_compile={jit_compile}"] = model.evaluate(x, y, verbose=0)
    results[f"predict, jit_compile={jit_compile}"] = model.predict(x[:5], verbose=0).tolist()

dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(200, seed=3).batch(25).prefetch(2)
model = build("auto")
results["fit on a data set"] = model.fit(dataset, epochs=3, verbose=0).history
results["evaluate on a data set"] = model.evaluate(dataset, verbose=0, return_dict=True)
results["predict on a data set"] = model.predict(dataset.map(lambda x, y: x), verbose=0).shape
results["steps"] = model.fit(dataset.repeat(), epochs=2, steps_per_epoch=5, verbose=0).history
results["train_on_batch"] = [float(v) for v in model.train_on_batch(x[:10], y[:10])]
results["test_on_batch"] = [float(v) for v in model.test_on_batch(x[:10], y[:10])]
results["predict_on_batch"] = model.predict_on_batch(x[:2]).tolist()
results["weights"] = [float(np.sum(w)) for w in model.get_weights()]
results["parameters"] = model.count_params()
print(json.dumps(results))
