"""When tf.function traces: what makes a new graph, and what finds the one it has."""

from __future__ import annotations

import collections
import dataclasses
import gc
from typing import Any

import numpy as np

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
def side_effects_run_once(tf):
    log = []

    @tf.function
    def double(x):
        log.append(1)
        return x * 2

    results = [double(tf.constant(i)) for i in range(4)]
    return results, log, double.experimental_get_tracing_count()


@case("function")
def dtypes_trace_anew(tf):
    log = []

    @tf.function
    def double(a):
        log.append(a.dtype.name)
        return a + a

    return (
        double(tf.constant(1)),
        double(tf.constant(1.1)),
        double(tf.constant("a")),
        double(tf.constant("b")),
        double(tf.constant(1, tf.int64)),
        double(tf.constant(3)),
        log,
    )


@case("function")
def shapes_trace_anew(tf):
    f, log = identity(tf)
    return counts(f, log, [tf.zeros(s) for s in ([], [1], [2], [2], [1, 2], [2, 1], [1, 2], [0])])


@case("function")
def numbers_are_values(tf):
    f, log = identity(tf)
    return counts(f, log, [1, 2, 1, 3, 2, -1])


@case("function")
def one_is_not_one_point_zero(tf):
    f, log = identity(tf)
    return counts(f, log, [1, 1.0, True, 1, 1.0, True, 0, 0.0, False, -0.0])


@case("function")
def nan_is_equal_to_itself(tf):
    f, log = identity(tf)
    nan = float("nan")
    return counts(f, log, [nan, nan])


@case("function")
def strings_and_none(tf):
    f, log = identity(tf)
    return counts(f, log, ["a", "b", "a", None, None, b"a", b"a", ""])


@case("function")
def complex_and_large_numbers(tf):
    f, log = identity(tf)
    return counts(f, log, [1j, 1j, 2**70, 2**70, 1e300])


@case("function")
def lists_and_tuples_differ(tf):
    f, log = identity(tf)
    return counts(f, log, [([1, 2],), ((1, 2),), ([1, 2],), ([1, 3],), ([1],), ([],), ((),)])


@case("function")
def lists_of_tensors(tf):
    f, log = identity(tf)
    a, b = tf.constant(1.0), tf.constant(2.0)
    return counts(
        f, log, [([a, b],), ([b, a],), ((a, b),), ([a],), ([a, tf.zeros([1])],), ([a, 1],)]
    )


@case("function")
def dicts_by_content(tf):
    f, log = identity(tf)
    return counts(
        f,
        log,
        [
            ({"a": 1, "b": 2},),
            ({"b": 2, "a": 1},),
            ({"a": 1},),
            ({"a": 1, "b": 3},),
            (collections.OrderedDict(a=1, b=2),),
            ({},),
        ],
    )


Pair = collections.namedtuple("Pair", "first second")
Other = collections.namedtuple("Other", "first second")


@case("function")
def namedtuples_by_class(tf):
    f, log = identity(tf)
    return counts(f, log, [(Pair(1, 2),), (Pair(1, 2),), (Other(1, 2),), ((1, 2),), (Pair(1, 3),)])


@case("function")
def nested_structures(tf):
    f, log = identity(tf)
    t = tf.constant([1.0, 2.0])
    return counts(
        f,
        log,
        [
            ({"a": [t, (1, t)]},),
            ({"a": [t + 1.0, (1, t)]},),
            ({"a": [t, (2, t)]},),
            ({"a": (t, (1, t))},),
            ({"a": [t[:1], (1, t)]},),
        ],
    )


@dataclasses.dataclass(frozen=True)
class Settings:
    size: int
    rate: float


@case("function")
def frozen_dataclasses_are_objects(tf):
    f, log = identity(tf)
    one, same, other = Settings(1, 0.5), Settings(1, 0.5), Settings(2, 0.5)
    return counts(f, log, [(one,), (one,), (same,), (other,), (one,)])


class Plain:
    pass


class Equal:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Equal) and self.value == other.value

    def __hash__(self):
        return hash(self.value)


@case("function")
def objects_by_identity(tf):
    f, log = identity(tf)
    a, b = Plain(), Plain()
    return counts(f, log, [(a,), (a,), (b,), (a,)])


@case("function")
def objects_with_equality(tf):
    f, log = identity(tf)
    a, b, c = Equal(1), Equal(1), Equal(2)
    return counts(f, log, [(a,), (b,), (c,), (a,)])


@case("function")
def dropped_objects_trace_anew(tf):
    f, log = identity(tf)
    seen = []
    for _ in range(3):
        thing = Plain()
        f(thing)
        f(thing)
        seen.append(len(log))
        del thing
        gc.collect()
    return seen


@case("function")
def mutated_objects_keep_their_trace(tf):
    class Fruit:
        flavor = 1.0

    log = []

    @tf.function
    def taste(fruit, x):
        log.append(fruit.flavor)
        return fruit.flavor * x

    fruit = Fruit()
    first = taste(fruit, tf.constant(2.0))
    fruit.flavor = 10.0
    return first, taste(fruit, tf.constant(2.0)), log


@case("function")
def functions_as_arguments(tf):
    log = []

    @tf.function
    def apply(g, x):
        log.append(1)
        return g(x)

    def add(x):
        return x + 1.0

    def times(x):
        return x * 3.0

    x = tf.constant(2.0)
    return apply(add, x), apply(add, x), apply(times, x), apply(lambda v: v - 1.0, x), len(log)


@case("function")
def classes_and_modules_as_arguments(tf):
    log = []

    @tf.function
    def make(cls, x):
        log.append(1)
        return cls(x)

    return [make(tf.square, 3.0), make(tf.square, 3.0), make(tf.negative, 3.0), len(log)]


@case("function")
def dtypes_and_shapes_as_arguments(tf):
    log = []

    @tf.function
    def make(shape, dtype):
        log.append(1)
        return tf.ones(shape, dtype)

    return (
        make(tf.TensorShape([2]), tf.int32),
        make(tf.TensorShape([2]), tf.int32),
        make(tf.TensorShape([2]), tf.float32),
        make(tf.TensorShape([3]), tf.float32),
        len(log),
    )


@case("function")
def enums_as_arguments(tf):
    import enum

    class Mode(enum.Enum):
        TRAIN = 1
        TEST = 2

    f, log = identity(tf)
    return counts(f, log, [(Mode.TRAIN,), (Mode.TRAIN,), (Mode.TEST,)])


@case("function")
def sets_as_arguments(tf):
    f, _ = identity(tf)
    return raised(lambda: f({1, 2})), raised(lambda: f(frozenset({1, 2})))


@case("function")
def numpy_arrays_become_tensors(tf):
    log = []

    @tf.function
    def f(x):
        log.append((type(x).__name__ == "ndarray", x.dtype.name, x.shape.as_list()))
        return x + x

    return (
        f(np.float32([1.0, 2.0])),
        f(np.float32([3.0, 4.0])),
        f(tf.constant([5.0, 6.0])),
        f(np.array([1.0, 2.0])),
        f(np.array(3)),
        log,
    )


@case("function")
def numpy_scalars_become_tensors(tf):
    f, log = identity(tf)
    calls = [
        np.float32(1),
        np.float32(2),
        np.int64(1),
        np.bool_(True),
        np.float32(3),
        tf.constant(1.0),
    ]
    return counts(f, log, calls)


@case("function")
def numpy_in_structures_becomes_tensors(tf):
    log = []

    @tf.function
    def f(d):
        log.append(1)
        return {k: v * 2 for k, v in d.items()}

    return f({"a": np.ones(2)}), f({"a": np.zeros(2)}), f({"a": np.ones(3)}), len(log)


@case("function")
def python_value_and_tensor_differ(tf):
    f, log = identity(tf)
    return counts(f, log, [1, tf.constant(1), tf.constant(2), 1])


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
def slices_are_no_arguments(tf):
    f, log = identity(tf)
    return raised(lambda: f(slice(1, 2))), counts(f, log, [(...,), (...,), (1,)])


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
