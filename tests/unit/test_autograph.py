"""AutoGraph: conversion itself; what converted programs compute is in cases/autograph_*.py."""

from __future__ import annotations

import functools
import gc
import inspect
import sys
import textwrap
import threading
import traceback
import weakref

import numpy as np
import pytest

import tapeflow as tf
from fresh_process import run_python
from tapeflow.engine.autograph import policy
from tapeflow.engine.autograph.for_loops import stage_iteration
from tapeflow.engine.autograph.options import STANDARD
from tapeflow.engine.autograph.user_errors import (
    ConversionError,
    StagingError,
    UnsupportedLanguageElementError,
)


def _collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


def _first_over(items, limit):
    found = None
    for i, item in enumerate(items):
        if item < limit and not i == 7:
            continue
        found = item
        break
    return found, "some" if found is not None else "none"


def _summed(n):
    total = 0
    for k in range(n):
        total += k if k % 3 else -k
    assert total is not None, "msg"
    return total, sorted([3, 1, 2], reverse=True), len("ab"), int("7"), float(2), abs(-1)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [(_collatz, (27,)), (_first_over, ([1, 5, 9], 6)), (_first_over, ([], 6)), (_summed, (8,))],
)
def test_converted_code_is_plain_python_in_eager_mode(function, arguments):
    features = tf.autograph.experimental.Feature.ALL
    for optional in (None, features):
        converted = tf.autograph.to_graph(function, experimental_optional_features=optional)
        assert converted(*arguments) == function(*arguments)


def test_converted_code_takes_eager_tensors_as_python_takes_them():
    converted = tf.autograph.to_graph(_collatz)
    assert converted(tf.constant(27)) == 111


def test_malt_is_imported_at_the_first_conversion_only(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\n"
        "import tapeflow as tf\n"
        "tf.autograph.experimental.set_loop_options, tf.autograph.experimental.Feature\n"
        "f = tf.function(lambda x: x, autograph=False)\n"
        "f(tf.constant(1))\n"
        "assert 'malt' not in sys.modules\n"
        "tf.function(lambda x: x)(tf.constant(1))\n"
        "assert 'malt' in sys.modules\n"
    )
    done = run_python(program)
    assert done.returncode == 0, done.stderr


def test_an_error_names_the_users_line():
    def inner(x):
        if x > 0:
            raise ValueError("deep")
        return x

    @tf.function
    def outer(x):
        return inner(x)

    line = inspect.getsourcelines(inner)[1] + 2
    with pytest.raises(ValueError, match="deep") as caught:
        outer(tf.constant(1))
    message = str(caught.value)
    assert message.startswith("in user code:\n")
    place = f'File "{__file__}", line {line}, in inner  *\n'
    assert place + '        raise ValueError("deep")' in message
    assert "in outer  *" in message
    assert "tapeflow/engine" not in message
    # The traceback shows the same lines, of the program as it was written.
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert (__file__, line) in [(f.filename, f.lineno) for f in frames]


def test_an_unconverted_frame_is_marked():
    @tf.autograph.experimental.do_not_convert
    def plain(x):
        raise KeyError("k")

    @tf.function
    def f(x):
        return plain(x)

    with pytest.raises(KeyError) as caught:
        f(tf.constant(1))
    assert "in plain  **" in str(caught.value)
    assert "in f  *\n" in str(caught.value)
    assert str(caught.value).rstrip().endswith("KeyError: 'k'")


def test_an_error_that_cannot_be_made_anew_is_a_staging_error():
    @tf.function
    def f(x):
        return [][x.shape[0]]

    with pytest.raises(StagingError, match="IndexError: list index out of range"):
        f(tf.constant([1, 2]))


def test_errors_caught_inside_are_the_original_ones():
    @tf.function
    def f(x):
        try:
            raise KeyError("k")
        except KeyError as error:
            return repr(error)

    assert f(tf.constant(1)).numpy() == b"KeyError('k')"


@pytest.mark.parametrize(
    ("program", "kind", "message"),
    [
        (
            "if x > 0:\n    y = x\nreturn y",
            ValueError,
            "'y' must also be initialized in the else branch",
        ),
        (
            "if x > 0:\n    return x",
            ValueError,
            "the else branch must also have a return statement.",
        ),
        (
            "y = 1 if x > 0 else None\nreturn y",
            ValueError,
            "'x > 0' is None at the end of the else branch.",
        ),
        (
            "if x > 0:\n    y = 1\nelse:\n    y = 1.0\nreturn y",
            TypeError,
            "'y' has dtype int32 in the main branch, but dtype float32 in the else branch",
        ),
        (
            "if x > 0:\n    y = object()\nelse:\n    y = object()\nreturn y",
            TypeError,
            "'y': expected a Tensor, or what can be made one",
        ),
        (
            "if x:\n    return 1\nreturn 2",
            ValueError,
            "condition of if statement expected to be `tf.bool` scalar",
        ),
        (
            "y = tf.constant([1])\nwhile x > 0:\n    y, x = tf.concat([y, y], 0), x - 1\nreturn y",
            ValueError,
            "'y' has shape (1,) before the loop, but shape (2,) after one iteration. Use tf.auto",
        ),
        (
            "y = 1\nfor i in tf.range(x):\n    y = 1.5\nreturn y",
            TypeError,
            "'y' has dtype int32 before the loop, but dtype float32 after one iteration",
        ),
        (
            "y = (1, 2)\nfor i in tf.range(x):\n    y = (1, 2, 3)\nreturn y",
            TypeError,
            "'y' does not have the same nested structure after one iteration.",
        ),
        (
            "while x > 0:\n    x -= 1\n    if x == 2:\n        y = x\nreturn y",
            ValueError,
            "automatically, but ran into a ValueError: 'y' must also be initialized in the else",
        ),
        (
            "for i in tf.range(x):\n    if i > 2:\n        return i\nreturn x",
            NotImplementedError,
            "a return statement cannot be placed inside this TensorFlow loop",
        ),
        (
            "while True:\n    x -= 1\n    if x < 0:\n        break\nreturn x",
            NotImplementedError,
            "The condition of while loop started as non-Tensor, then changed to Tensor.",
        ),
        (
            "for i in [1, 2]:\n    if x < i:\n        break\nreturn x",
            NotImplementedError,
            "break and return statements which depend on a TF condition are not supported in Py",
        ),
        ("del x\nreturn x", UnboundLocalError, "'x' is used before assignment"),
    ],
)
def test_messages_name_the_variable(tmp_path, program, kind, message):
    path = tmp_path / "program.py"
    path.write_text("def f(x):\n" + textwrap.indent(program, "    ") + "\n")
    namespace = {"tf": tf, "__name__": "program"}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    with pytest.raises(kind) as caught:
        tf.function(namespace["f"])(tf.constant(4))
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_loop_that_never_runs_leaves_its_variables_undefined():
    @tf.function
    def f(n):
        for i in tf.range(n):
            y = i * 2
        return y

    assert f(tf.constant(3)).numpy() == 4
    with pytest.raises(tf.errors.InvalidArgumentError, match="at least once to initialize y"):
        f(tf.constant(0))


def test_a_range_is_counted_and_never_made():
    @tf.function
    def f(n):
        total = tf.constant(0, tf.int64)
        for i in tf.range(n, dtype=tf.int64):
            if i > 3:
                break
            total += i
        return total

    assert f(tf.constant(2**40, tf.int64)).numpy() == 6


def test_source_out_of_reach_is_run_as_it_is(caplog):
    namespace = {"__name__": "nowhere"}
    exec("def f(x):\n    return x + 1", namespace)
    with caplog.at_level("WARNING", "tensorflow"):
        assert tf.function(namespace["f"])(tf.constant(1)).numpy() == 2
        tf.function(namespace["f"])(tf.constant(1.0))
    warnings = [r.getMessage() for r in caplog.records]
    assert len(warnings) == 1
    assert warnings[0].startswith("AutoGraph could not transform <function f at")
    assert "and will run it as-is.\nCause: Unable to locate the source code" in warnings[0]
    assert warnings[0].endswith("@tf.autograph.experimental.do_not_convert")


def test_generators_run_as_they_are(caplog):
    @tf.function
    def f(x):
        def counted():
            yield x
            yield x + 1

        return list(counted())

    with caplog.at_level("WARNING", "tensorflow"):
        assert [t.numpy() for t in f(tf.constant(1))] == [1, 2]
    assert "Cause: generators are not supported" in caplog.text


def test_lambdas_on_one_line_are_told_apart():
    f, g = tf.function(lambda x: x if x > 0 else -x), tf.function(lambda x: 1 if x > 1 else 2)
    assert f(tf.constant(-3)).numpy() == 3
    assert g(tf.constant(-3)).numpy() == 2
    outer = tf.function(lambda x: (lambda y: y if y > 0 else -y)(x) * (2 if x > 0 else 3))
    assert outer(tf.constant(-3)).numpy() == 9


def test_methods_partials_and_callable_objects():
    class Scaled:
        factor = 3

        def __call__(self, x):
            return x * self.factor if x > 0 else x

        def method(self, x, y=1):
            if x > 0:
                return x + y
            return -x

    class Derived(Scaled):
        def method(self, x, y=1):
            return super().method(x, y) * 10

    scaled, derived = Scaled(), Derived()
    assert tf.function(scaled)(tf.constant(2)).numpy() == 6
    assert tf.function(scaled.method)(tf.constant(2)).numpy() == 3
    assert tf.function(functools.partial(scaled.method, y=5))(tf.constant(2)).numpy() == 7
    assert tf.function(derived.method)(tf.constant(-2)).numpy() == 20


def test_a_scope_around_a_method_does_not_keep_it_from_being_converted():
    class Module(tf.Module):
        @tf.Module.with_name_scope
        def __call__(self, x):
            if x > 0:
                return x
            return -x

    module = Module()
    assert tf.function(lambda x: module(x))(tf.constant(-2)).numpy() == 2


def test_libraries_are_left_alone():
    assert policy.is_unsupported(np.linspace)
    assert policy.is_unsupported(np.float32)
    assert policy.belongs_to_library(textwrap.dedent)
    assert policy.belongs_to_library(tf.reduce_sum)
    assert policy.belongs_to_library(pytest.raises) is False
    assert not policy.belongs_to_library(_collatz)
    assert policy.is_own(tf.matmul)
    assert policy.is_in_library("keras.src.layers")
    assert not policy.is_in_library("keras_of_mine")


def test_conversion_is_done_once_for_a_definition():
    from tapeflow.engine.autograph.transpiler import TRANSPILER

    def make(k):
        def f(x):
            return x + k if x > 0 else k

        return f

    one, two = make(1), make(2)
    first, second = (TRANSPILER.converted(f, STANDARD) for f in (one, two))
    assert first.__code__ is second.__code__
    assert first(1) == 2
    assert second(1) == 3


def test_dropped_functions_return_their_memory():
    from tapeflow.engine.autograph.transpiler import TRANSPILER

    def definition(number):
        source = f"def f(x):\n    if x > {number}:\n        x = x * 2\n    return x\n"
        name = f"<made {number}>"
        import linecache

        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        namespace = {"__name__": "made"}
        exec(compile(source, name, "exec"), namespace)
        return namespace["f"]

    gc.collect()
    modules = len(sys.modules)
    before = len(TRANSPILER._factories)
    dead = []
    for number in range(50):
        function = definition(number)
        converted = tf.function(function)
        assert converted(tf.constant(1)).numpy() == (2 if number < 1 else 1)
        dead.append(weakref.ref(function))
        del function, converted
    gc.collect()
    assert not [r for r in dead if r() is not None]
    assert len(TRANSPILER._factories) <= before
    assert len(sys.modules) == modules


def test_threads_convert_a_function_once():
    from tapeflow.engine.autograph.transpiler import TRANSPILER

    def f(x):
        if x > 0:
            return x
        return -x

    codes = []
    threads = [
        threading.Thread(target=lambda: codes.append(TRANSPILER.converted(f, STANDARD).__code__))
        for _ in range(8)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(codes) == 8
    assert all(c is codes[0] for c in codes)


def test_what_cannot_be_converted_is_said():
    with pytest.raises(ConversionError, match="doesn't expose a __code__ object"):
        tf.autograph.to_graph(len)
    with pytest.raises(ConversionError, match="python_function"):
        tf.autograph.to_code(tf.function(lambda x: x))

    def generator():
        yield 1

    with pytest.raises(UnsupportedLanguageElementError, match="generators are not supported"):
        tf.autograph.to_graph(generator)


def test_code_is_shown():
    code = tf.autograph.to_code(_collatz)
    assert code.startswith("def tf___collatz(n):")
    for operator in ("ag__.while_stmt", "ag__.if_stmt", "ag__.ld(n)", "fscope.ret"):
        assert operator in code


def test_the_status_follows_the_functions():
    context = tf.__internal__.autograph.control_status_ctx
    seen = []

    @tf.function(autograph=False)
    def off():
        seen.append(context().status.name)

    @tf.function
    def on():
        seen.append(context().status.name)
        off()
        tf.autograph.experimental.do_not_convert(lambda: seen.append(context().status.name))()

    on()
    assert seen == ["ENABLED", "DISABLED", "DISABLED"]
    assert context().status.name == "UNSPECIFIED"


def test_tf_convert_goes_by_where_a_function_comes_from():
    autograph = tf.__internal__.autograph

    def sign(x):
        return 1 if x > 0 else -1

    converted = autograph.tf_convert(sign, autograph.control_status_ctx())
    assert tf.function(lambda x: converted(x), autograph=False)(tf.constant(-2)).numpy() == -1
    assert converted.__wrapped__ is sign
    left = autograph.tf_convert(sign, autograph.control_status_ctx(), convert_by_default=False)
    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError):
        tf.function(lambda x: left(x), autograph=False)(tf.constant(-2))


def test_functions_given_to_map_fn_are_converted():
    def sign(x):
        return 1 if x > 0 else -1

    signs = tf.function(lambda x: tf.map_fn(sign, x))
    assert signs(tf.constant([3, -2])).numpy().tolist() == [1, -1]


class _Countdown:
    """Like an iterator over a dataset: known to end only when it has ended."""

    def __init__(self, variable):
        self.variable = variable

    def next_item(self):
        left = self.variable.assign_sub(1).read_value()
        return left >= 0, left * 2


stage_iteration(_Countdown, lambda items: items.next_item)


def test_a_class_can_be_iterated_in_the_graph():
    left = tf.Variable(5)

    @tf.function
    def f(items):
        total = 0
        for item in items:
            if item == 4:
                continue
            total += item
            if item < 2:
                break
        return total

    assert f(_Countdown(left)).numpy() == 8 + 6 + 2 + 0
    assert left.numpy() == 0
    left.assign(3)

    @tf.function
    def undefined(items):
        for item in items:
            last = item
        return last

    with pytest.raises(ValueError, match="'last' must be defined before the loop"):
        undefined(_Countdown(left))
