"""The lazy public packages: what a look-up gives, and that it happens once."""

from __future__ import annotations

import importlib

import pytest

import tapeflow as tf
from fresh_process import run_python
from tapeflow.engine.core import lazy


def test_first_look_up_stores_the_object():
    vars(tf.version).pop("VERSION", None)
    assert "VERSION" not in vars(tf.version)
    assert tf.version.VERSION == "2.21.0"
    assert vars(tf.version)["VERSION"] == "2.21.0"


def test_versions():
    assert tf.__version__ == tf.version.VERSION == "2.21.0"
    assert tf.__tapeflow_version__ == "0.1.0"


def test_dir_lists_public_names_only():
    assert {"VERSION", "GIT_VERSION"} <= {*dir(tf.version)}
    assert not {"attach", "TYPE_CHECKING"} & {*dir(tf.version)}
    assert {"install", "version", "errors", "__version__"} <= {*dir(tf)}
    assert "engine" not in dir(tf)


def test_every_public_name_resolves():
    packages, seen = [tf], set()
    while packages:
        package = packages.pop()
        seen.add(package.__name__)
        for name in package.__all__:
            value = getattr(package, name)
            if getattr(value, "__name__", "") == f"{package.__name__}.{name}":
                packages.append(value)
    assert {"tapeflow", "tapeflow.version", "tapeflow.errors"} <= seen


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("nn.relu", True),
        ("compat.v1.placeholder", True),
        ("keras", True),
        ("keras.layers.Dense", True),
        ("nn.no_such_name", False),
        ("no_such_name", False),
        ("no_such_name.relu", False),
    ],
)
def test_recorded_names_of_tensorflow(path, known):
    assert lazy.in_tensorflow(path) is known


def test_missing_dunder_does_not_read_the_recorded_names(monkeypatch):
    monkeypatch.setattr(lazy, "_recorded", {})
    with pytest.raises(AttributeError):
        importlib.import_module("tapeflow.version").__wrapped__
    assert not lazy._recorded


def test_import_loads_nothing_heavy():
    source = (
        "import sys, tapeflow as tf; tf.constant(1.0) + 1.0\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    ended = run_python("-c", source)
    assert ended.returncode == 0, ended.stderr
    heavy = {"scipy", "matplotlib", "sklearn", "optree", "tensorflow", "jax", "keras", "torch"}
    assert not heavy & {*ended.stdout.split()}


def printed_error(expression):
    ended = run_python("-c", f"import tapeflow as tf; {expression}")
    assert ended.returncode == 1
    return ended.stderr.splitlines()[-1]


def test_python_suggests_names_for_misspellings_only():
    # `tuple` resembles `tpu`, but is nothing that a user of `tf.tpu` can have meant.
    assert printed_error("tf.tpu").endswith("docs/coverage.md")
    assert printed_error("tf.reduce_men").endswith("Did you mean: 'reduce_mean'?")
