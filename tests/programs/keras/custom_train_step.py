"""Subclassed models with their own train_step, test_step and metrics."""

import json

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(3)
rng = np.random.default_rng(2)
x = rng.normal(size=(120, 8)).astype("float32")
y = np.tanh(x[:, :2] @ np.array([[1.0], [-2.0]])).astype("float32")


class Regressor(keras.Model):
    """Trains by a step written with GradientTape."""

    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(10, activation="relu")
        self.dropout = keras.layers.Dropout(0.2)
        self.out = keras.layers.Dense(1)
        self.loss_metric = keras.metrics.Mean(name="loss")
        self.error = keras.metrics.MeanAbsoluteError(name="error")

    def call(self, inputs, training=False):
        return self.out(self.dropout(self.hidden(inputs), training=training))

    @property
    def metrics(self):
        return [self.loss_metric, self.error]

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            prediction = self(x, training=True)
            loss = tf.reduce_mean(tf.square(y - prediction))
        variables = self.trainable_variables
        gradients = tape.gradient(loss, variables)
        gradients, norm = tf.clip_by_global_norm(gradients, 1.0)
        self.optimizer.apply(gradients, variables)
        self.loss_metric.update_state(loss)
        self.error.update_state(y, prediction)
        return {**{m.name: m.result() for m in self.metrics}, "norm": norm}

    def test_step(self, data):
        x, y = data
        self.error.update_state(y, self(x, training=False))
        return {"error": self.error.result()}


class Averaging(Regressor):
    """The same with the built-in loss, and `add_loss`."""

    def call(self, inputs, training=False):
        hidden = self.hidden(inputs)
        self.add_loss(0.01 * tf.reduce_mean(tf.abs(hidden)))
        return self.out(hidden)

    metrics = keras.Model.metrics

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            prediction = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=prediction)
        self.optimizer.apply_gradients(
            zip(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        )
        return self.compute_metrics(x, y, prediction)

    test_step = keras.Model.test_step


results = {}
for run_eagerly in (True, False):
    keras.utils.set_random_seed(9)
    model = Regressor()
    model.compile(
        optimizer=keras.optimizers.SGD(0.05, nesterov=True, momentum=0.8), run_eagerly=run_eagerly
    )
    results[f"own step, run_eagerly={run_eagerly}"] = model.fit(
        x, y, batch_size=24, epochs=3, verbose=0, validation_data=(x[:30], y[:30])
    ).history
    model = Averaging()
    model.compile(optimizer="adam", loss="mse", metrics=["mae"], run_eagerly=run_eagerly)
    results[f"add_loss, run_eagerly={run_eagerly}"] = model.fit(
        x, y, batch_size=24, epochs=2, verbose=0
    ).history
    results[f"evaluate, run_eagerly={run_eagerly}"] = model.evaluate(x, y, verbose=0)
results["layers"] = [layer.name for layer in model.layers]
results["shapes"] = [list(v.shape) for v in model.trainable_variables]
print(json.dumps(results))
