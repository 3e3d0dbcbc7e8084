"""Trace counts by call form, variables, contexts, nesting: what shares a graph."""

from __future__ import annotations

from typing import Any

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


def identity(tf: Any, **options: Any) -> Any:
    """A function that gives back its first argument, and the list its traces append to."""
    traces: list[int] = []

    @tf.function(**options)
    def f(*args, **kwargs):
        traces.append(len(traces))
        return tf.constant(len(traces))

    return f, traces


def counts(f: Any, traces: list[int], calls: list[Any]) -> list[int]:
    """How many traces there are after each call."""
    seen = []
    for args in calls:
        f(*args) if isinstance(args, tuple) else f(args)
        seen.append(len(traces))
    return seen


@case("function")
def keyword_and_position_share_traces(tf):
    log = []

    @tf.function
    def f(x, y=2, *, z=3):
        log.append(1)
        return x + y + z

    x = tf.constant(1)
    results = [f(x), f(x, 2), f(x, y=2), f(y=2, x=x), f(x, 2, z=3), f(x, z=4), f(x, 5)]
    return results, len(log)


@case("function")
def default_value_of_another_kind(tf):
    log = []

    @tf.function
    def f(x=1.0):
        log.append(1)
        return tf.convert_to_tensor(x)

    return f(), f(1.0), f(1), f(tf.constant(1.0)), f(x=1.0), len(log)


@case("function")
def keyword_order_does_not_matter(tf):
    log = []

    @tf.function
    def f(**kwargs):
        log.append(sorted(kwargs))
        return sum(kwargs.values())

    a, b = tf.constant(1), tf.constant(2)
    return f(a=a, b=b), f(b=b, a=a), f(a=a), f(a=a, c=b), log


@case("function")
def varargs_by_count(tf):
    log = []

    @tf.function
    def f(*args):
        log.append(len(args))
        return tf.add_n(args) if args else tf.constant(0)

    a = tf.constant(1)
    return f(), f(a), f(a, a), f(a + 1, a), f(), log


@case("function")
def variables_share_traces_by_spec(tf):
    log = []

    @tf.function
    def f(v, x):
        log.append(1)
        return v * x

    a, b, c = tf.Variable(1.0), tf.Variable(2.0), tf.Variable([1.0])
    x = tf.constant(3.0)
    return f(a, x), f(b, x), f(c, x), f(a, x), len(log)


@case("function")
def variables_in_traces_by_alias(tf):
    log = []

    @tf.function
    def f(v, w):
        log.append(1)
        v.assign_add(1.0)
        return v + w

    a, b = tf.Variable(1.0), tf.Variable(10.0)
    return f(a, b), f(b, a), f(a, a), f(b, b), f(a, b), len(log), a, b


@case("function")
def trainable_is_part_of_the_key(tf):
    f, log = identity(tf)
    a, b = tf.Variable(1.0), tf.Variable(1.0, trainable=False)
    return counts(f, log, [(a,), (b,), (a,)])


@case("function")
def variable_and_tensor_differ(tf):
    f, log = identity(tf)
    v = tf.Variable(1.0)
    return counts(f, log, [(v,), (v + 0.0,), (v,), (v.read_value(),)])


@case("function")
def variables_in_lists(tf):
    log = []

    @tf.function
    def f(vs):
        log.append(1)
        return tf.add_n(vs)

    a, b = tf.Variable(1.0), tf.Variable(2.0)
    return f([a, b]), f([b, a]), f([a, a]), f([a]), len(log)


@case("function")
def modules_by_identity(tf):
    class Scale(tf.Module):
        def __init__(self, k):
            self.k = tf.Variable(k)

    log = []

    @tf.function
    def f(m, x):
        log.append(1)
        return m.k * x

    a, b = Scale(2.0), Scale(3.0)
    x = tf.constant(1.0)
    return f(a, x), f(a, x), f(b, x), f(b, x), len(log)


@case("function")
def two_functions_of_one_python_function(tf):
    log = []

    def f(x):
        log.append(1)
        return x + 1

    a, b = tf.function(f), tf.function(f)
    x = tf.constant(1)
    return a(x), a(x), b(x), b(x), len(log), a.python_function is f


@case("function")
def tracing_counts_of_each(tf):
    f, _ = identity(tf)
    g, _ = identity(tf)
    f(1)
    f(2)
    g(1)
    return f.experimental_get_tracing_count(), g.experimental_get_tracing_count()


@case("function")
def tracing_count_starts_at_zero(tf):
    return tf.function(lambda x: x).experimental_get_tracing_count()


@case("function")
def failed_trace_counts(tf):
    log = []

    @tf.function
    def f(x):
        log.append(1)
        if len(log) == 1:
            raise KeyError("first")
        return x

    first = raised(lambda: f(1))
    return first, f(1), f(1), len(log)


@case("function")
def context_is_part_of_the_key(tf):
    f, log = identity(tf)
    x = tf.constant(1)
    f(x)
    with tf.device("/CPU:0"):
        f(x)
    seen = [len(log)]
    with tf.Graph().as_default():
        f(tf.constant(1))
    seen.append(len(log))

    @tf.function
    def outer(x):
        return f(x)

    outer(x)
    seen.append(len(log))
    outer(x)
    seen.append(len(log))
    f(x)
    seen.append(len(log))
    return seen


@case("function")
def nested_function_traces(tf):
    log = []

    @tf.function
    def inner(x):
        log.append("inner")
        return x + 1

    @tf.function
    def outer(x):
        log.append("outer")
        return inner(inner(x)) * inner(tf.zeros([2]))

    return outer(tf.constant(1.0)), outer(tf.constant(2.0)), inner(tf.constant(5.0)), log


@case("function")
def recursion_on_python_values(tf):
    log = []

    @tf.function
    def factorial(n, x):
        log.append(n)
        if n <= 1:
            return x
        return x * n * factorial(n - 1, x)

    return factorial(4, tf.constant(1.0)), factorial(5, tf.constant(1.0)), log


@case("function")
def string_tensors_and_bytes(tf):
    f, log = identity(tf)
    return counts(f, log, [tf.constant("a"), tf.constant("b"), "a", tf.constant(["a"])])


@case("function")
def ranges_and_generators(tf):
    f, log = identity(tf)
    return counts(f, log, [(range(3),), (range(3),), (range(4),)])


@case("function")
def tensor_specs_as_plain_arguments(tf):
    f, log = identity(tf)
    spec = tf.TensorSpec([2], tf.float32)
    return counts(f, log, [tf.zeros([2])]), [len(log), raised(lambda: f(spec))]


@case("function")
def autograph_off_traces_alike(tf):
    f, log = identity(tf, autograph=False)
    return counts(f, log, [1, 2, 1, tf.constant(1), tf.constant(2)])


@case("function")
def constants_traced_by_value_stay(tf):
    log = []

    @tf.function
    def train(num_steps):
        log.append(1)
        for _ in tf.range(num_steps):
            pass
        return num_steps + 0

    return (
        train(10),
        train(20),
        train(tf.constant(10)),
        train(tf.constant(20)),
        len(log),
        train.experimental_get_tracing_count(),
    )
