"""`tapeflow.install()`: tapeflow under the name `tensorflow`. In fresh interpreters, because an
installation is for the whole process and this one may hold the real TensorFlow."""

from __future__ import annotations

import textwrap

import pytest

from fresh_process import run_python

INSTALLED = "import tapeflow\ntapeflow.install()\n"


def run_source(source, **options):
    return run_python("-c", textwrap.dedent(source), **options)


def check(source):
    ended = run_source(INSTALLED + textwrap.dedent(source))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize(
    "source",
    [
        "import tensorflow as tf; assert tf is tapeflow",
        "from tensorflow import errors; assert errors is tapeflow.errors",
        "import tensorflow.errors as errors; assert errors is tapeflow.errors",
        "import tensorflow.errors; assert tensorflow.errors is tapeflow.errors",
        "from tensorflow.version import VERSION; assert VERSION == tapeflow.version.VERSION",
        "import importlib; assert importlib.import_module('tensorflow.errors') is tapeflow.errors",
        "import importlib.util as u; assert u.find_spec('tensorflow.version') is not None",
        "import tensorflow.errors, sys; assert sys.modules['tensorflow.errors'] is tapeflow.errors",
        "import tensorflow.errors as e; assert e.__name__ == e.__spec__.name == 'tapeflow.errors'",
    ],
)
def test_same_module_under_both_names(source):
    check(source)


def test_v1_module_and_functions_under_both_names():
    check(
        """
        import tensorflow.compat.v1 as tf
        from tensorflow.math import square
        from tensorflow import nn
        import tensorflow.nn as nn_again
        assert tf is tapeflow.compat.v1
        assert square is tapeflow.math.square is tapeflow.square
        assert nn is nn_again is tapeflow.nn
        """
    )


def test_installing_twice_changes_nothing():
    check(
        """
        import sys
        before = list(sys.meta_path)
        tapeflow.install()
        assert sys.meta_path == before
        import tensorflow.errors
        """
    )


def test_other_packages_of_similar_name_are_left_alone(tmp_path):
    (tmp_path / "tensorflow_datasets.py").write_text("answer = 42\n")
    ended = run_source(
        f"""
        import sys, tapeflow
        sys.path.insert(0, {str(tmp_path)!r})
        tapeflow.install()
        import tensorflow_datasets
        assert tensorflow_datasets.answer == 42
        """
    )
    assert ended.returncode == 0, ended.stderr


def test_real_tensorflow_already_imported(tmp_path):
    package = tmp_path / "tensorflow"
    package.mkdir()
    (package / "__init__.py").write_text("")
    ended = run_source(
        f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import tensorflow, tapeflow
        try:
            tapeflow.install()
        except RuntimeError as error:
            print(error)
        assert sys.modules["tensorflow"] is tensorflow is not tapeflow
        """
    )
    assert ended.returncode == 0, ended.stderr
    assert "the real TensorFlow is already imported" in ended.stdout
    assert "tapeflow.install() before" in ended.stdout


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("import tensorflow.lite", "does not provide tf.lite yet"),
        ("from tensorflow import lite", "does not provide tf.lite yet"),
        ("from tensorflow.lite import Interpreter", "does not provide tf.lite yet"),
        ("from tensorflow.lite.experimental import Analyzer", "does not provide tf.lite yet"),
        ("import tensorflow.no_such_thing", "No module named 'tensorflow.no_such_thing'"),
        ("import tensorflow.core.framework", "No module named 'tensorflow.core'"),
        ("import tensorflow.python.nothing", "No module named 'tensorflow.python.nothing'"),
        ("import tensorflow.engine", "No module named 'tensorflow.engine'"),
        ("from tensorflow import no_such_name", "cannot import name 'no_such_name'"),
    ],
)
def test_unknown_submodules(statement, message):
    printed = check(
        f"""
        try:
            {statement}
        except ImportError as error:
            print(type(error).__name__, error)
        """
    )
    assert message in printed
    assert printed.count("\n") == 1
    if "no_such_name" not in statement:
        assert printed.startswith("ModuleNotFoundError")


def test_unsupported_names_say_so_in_one_sentence():
    printed = check(
        """
        for name in ("lite", "no_such_name"):
            assert not hasattr(tapeflow, name)
            try:
                getattr(tapeflow, name)
            except AttributeError as error:
                print(error)
        """
    )
    ours, nobodys = printed.splitlines()
    assert ours.startswith("tapeflow 0.1.0 does not provide tf.lite yet")
    assert nobodys == "module 'tapeflow' has no attribute 'no_such_name'"
