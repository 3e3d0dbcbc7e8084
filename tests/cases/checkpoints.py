"""Checkpoint files written by TensorFlow (see `tests/data/README.md`), read back."""

import os
from pathlib import Path

from cases.form import Case, bad

DIRECTORY = str(Path(__file__).resolve().parent.parent / "data" / "checkpoint")
NAMES = [
    "model/w",
    "model/names",
    "model/step",
    "model/half",
    "model/flags",
    "model/none",
    "save_counter",
]


def _tensors(tf):
    reader = tf.train.load_checkpoint(DIRECTORY)
    return [reader.get_tensor(f"{name}/.ATTRIBUTES/VARIABLE_VALUE") for name in NAMES]


def _maps(tf):
    reader = tf.train.load_checkpoint(os.path.join(DIRECTORY, "ckpt-1"))
    return (
        sorted(reader.get_variable_to_shape_map().items()),
        sorted((k, v.name) for k, v in reader.get_variable_to_dtype_map().items()),
        reader.has_tensor("x"),
    )


def _latest(tf):
    return os.path.basename(tf.train.latest_checkpoint(DIRECTORY)), tf.train.latest_checkpoint(
        "/no/such"
    )


def _iterate(tf):
    return [os.path.basename(p) for p in tf.train.checkpoints_iterator(DIRECTORY, timeout=0)]


def _view(tf):
    model = tf.Module()
    model.w = tf.Variable(1.0)
    model.inner = tf.Module()
    model.inner.b = tf.Variable(2.0)
    model.other = 3
    view = tf.train.TrackableView(model)
    return sorted(view.children(model)), len(view.descendants()), view.root is model


CASES = [
    Case("train.load_checkpoint", _tensors),
    Case("train.load_checkpoint", _maps),
    Case(
        "train.load_variable",
        lambda tf: tf.train.load_variable(DIRECTORY, "model/w/.ATTRIBUTES/VARIABLE_VALUE"),
    ),
    Case("train.list_variables", lambda tf: tf.train.list_variables(DIRECTORY)),
    Case("train.latest_checkpoint", _latest),
    Case("train.checkpoints_iterator", _iterate),
    Case("train.TrackableView", _view),
    bad("train.load_checkpoint", lambda tf: tf.train.load_checkpoint("/no/such/place")),
    bad(
        "train.load_checkpoint",
        lambda tf: tf.train.load_checkpoint(DIRECTORY).get_tensor("nothing"),
    ),
    bad("train.load_checkpoint", lambda tf: tf.train.load_checkpoint(os.path.dirname(DIRECTORY))),
    bad("train.list_variables", lambda tf: tf.train.list_variables("/no/such/place")),
]
