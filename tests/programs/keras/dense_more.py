"""A functional model with two inputs and outputs: regularizers, weights, callbacks, saving."""

import json
import tempfile
from pathlib import Path

import keras
import numpy as np

keras.utils.set_random_seed(11)
rng = np.random.default_rng(1)
wide = rng.normal(size=(160, 6)).astype("float32")
deep = rng.normal(size=(160, 10)).astype("float32")
price = (wide.sum(axis=1, keepdims=True) * 0.5 + 1).astype("float32")
label = (deep[:, :1] > 0.2).astype("float32")


def build():
    a = keras.Input((6,), name="wide")
    b = keras.Input((10,), name="deep")
    hidden = keras.layers.Dense(
        12, activation="gelu", kernel_regularizer=keras.regularizers.L2(1e-3), name="hidden"
    )(b)
    hidden = keras.layers.Dropout(0.3)(hidden)
    hidden = keras.layers.Dense(12, activation="elu", kernel_constraint="max_norm")(hidden)
    both = keras.layers.Concatenate()([a, hidden])
    both = keras.layers.Activation("silu")(both)
    first = keras.layers.Dense(1, name="price", use_bias=False)(both)
    second = keras.layers.Dense(1, activation="sigmoid", name="label")(both + 0.5)
    return keras.Model({"wide": a, "deep": b}, {"price": first, "label": second})


class Rates(keras.callbacks.Callback):
    """Keeps the learning rate of each epoch."""

    def __init__(self):
        super().__init__()
        self.rates, self.batches = [], 0

    def on_epoch_end(self, epoch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1


results = {}
for name in ("sgd", "rmsprop", "adamw", "nadam", "lion", "adagrad"):
    keras.utils.set_random_seed(5)
    model = build()
    model.compile(
        optimizer=keras.optimizers.get({"class_name": name, "config": {"learning_rate": 0.01}}),
        loss={"price": "huber", "label": "binary_crossentropy"},
        loss_weights={"price": 0.7, "label": 1.3},
        metrics={"price": ["mae", "mse"], "label": ["accuracy", keras.metrics.AUC(name="auc")]},
    )
    results[name] = model.fit(
        {"wide": wide, "deep": deep},
        {"price": price, "label": label},
        batch_size=40,
        epochs=2,
        verbose=0,
    ).history

rates = Rates()
callbacks = [
    rates,
    keras.callbacks.EarlyStopping(monitor="loss", patience=2, min_delta=0.05),
    keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.8),
    keras.callbacks.TerminateOnNaN(),
]
weights = np.linspace(0.5, 1.5, 160).astype("float32")
history = model.fit(
    {"wide": wide, "deep": deep},
    {"price": price, "label": label},
    sample_weight={"price": weights, "label": weights[::-1].copy()},
    validation_data=(
        {"wide": wide[:40], "deep": deep[:40]},
        {"price": price[:40], "label": label[:40]},
    ),
    epochs=8,
    verbose=0,
    callbacks=callbacks,
)
results["callbacks"] = history.history
results["rates"] = rates.rates
results["batches"] = rates.batches

inputs = {"wide": wide[:4], "deep": deep[:4]}
before = model.predict(inputs, verbose=0)
results["predictions"] = {k: v.tolist() for k, v in before.items()}
with tempfile.TemporaryDirectory() as folder:
    whole = Path(folder, "model.keras")
    model.save(whole)
    loaded = keras.models.load_model(whole)
    again = loaded.predict(inputs, verbose=0)
    results["loaded"] = {k: float(np.abs(v - before[k]).max()) for k, v in again.items()}
    loaded.fit({"wide": wide, "deep": deep}, {"price": price, "label": label}, epochs=1, verbose=0)
    model.save_weights(Path(folder, "model.weights.h5"))
    fresh = build()
    fresh.load_weights(Path(folder, "model.weights.h5"))
    again = fresh.predict(inputs, verbose=0)
    results["weights loaded"] = {k: float(np.abs(v - before[k]).max()) for k, v in again.items()}
results["config"] = [layer["class_name"] for layer in model.get_config()["layers"]]
single = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
single.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(0.1, momentum=0.9))
x, y = wide[:, :3], label
results["class weights"] = single.fit(
    x, y, class_weight={0: 1.0, 1: 3.0}, epochs=2, verbose=0, shuffle=False
).history
print(json.dumps(results))
