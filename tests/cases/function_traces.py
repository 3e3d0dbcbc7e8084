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
