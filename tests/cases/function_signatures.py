"""Signatures: input_signature, reduce_retracing, names, defaults, and what does not fit them."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


def shapes_seen(tf: Any, calls: Any, **options: Any) -> Any:
    """The static shape of each trace of a function of one tensor, and the trace count by call."""
    shapes: list[Any] = []

    @tf.function(**options)
    def f(x):
        shapes.append(x.shape)
        return tf.identity(x)

    counts = []
    for value in calls:
        f(value)
        counts.append(len(shapes))
    return counts, shapes


@case("function")
def one_trace_for_all_lengths(tf):
    log = []

    @tf.function(input_signature=(tf.TensorSpec(shape=[None], dtype=tf.int32),))
    def next_collatz(x):
        log.append(x.shape)
        return tf.where(x % 2 == 0, x // 2, 3 * x + 1)

    return (
        next_collatz(tf.constant([1, 2])),
        next_collatz(tf.constant([5, 6, 7])),
        log,
        raised(lambda: next_collatz(tf.constant([[1, 2], [3, 4]]))),
        raised(lambda: next_collatz(tf.constant([1.0, 2.0]))),
        next_collatz.experimental_get_tracing_count(),
    )


@case("function")
def unknown_rank(tf):
    spec = tf.TensorSpec(None, tf.float32)
    calls = [tf.zeros([]), tf.zeros([1]), tf.zeros([2, 3])]
    return shapes_seen(tf, calls, input_signature=[spec])


@case("function")
def partly_known(tf):
    spec = tf.TensorSpec([None, 2], tf.float32)
    calls = [tf.zeros([1, 2]), tf.zeros([4, 2]), np.zeros([3, 2], np.float32)]
    return shapes_seen(tf, calls, input_signature=[spec])


@case("function")
def values_are_converted(tf):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def f(x):
        return x * 2.0

    return (
        f([1.0, 2.0]),
        f((1, 2)),
        f(np.array([1.0, 2.0])),
        f(tf.Variable([1.0, 3.0])),
        raised(lambda: f(["a"])),
        raised(lambda: f(1.0)),
        raised(lambda: f(None)),
    )


@case("function")
def python_numbers_are_converted(tf):
    log = []

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def f(x):
        log.append(1)
        return x + 1.0

    return f(1.0), f(2), f(True), f(np.float64(3.5)), len(log)


@case("function")
def empty_signature(tf):
    @tf.function(input_signature=[])
    def f():
        return tf.constant(7)

    return f(), f(), f.experimental_get_tracing_count()


@case("function")
def fewer_specs_than_parameters(tf):
    @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
    def f(x, y=5):
        return x * y

    return f(2), raised(lambda: f(2, 3))


@case("function")
def signature_by_keyword(tf):
    @tf.function(input_signature=[tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.int32)])
    def f(x, y):
        return x * 10 + y

    return f(1, 2), f(y=2, x=1), f(1, y=2), raised(lambda: f(1)), raised(lambda: f(1, 2, 3))


@case("function")
def nested_signature(tf):
    log = []
    spec = tf.TensorSpec([None], tf.float32)

    @tf.function(input_signature=[{"a": spec, "b": [spec, spec]}])
    def f(d):
        log.append(1)
        return d["a"] + d["b"][0] * d["b"][1]

    one, two = tf.ones([2]), tf.fill([3], 2.0)
    return (
        f({"a": one, "b": [one, one]}),
        f({"b": [two, two], "a": two}),
        raised(lambda: f({"a": one, "b": [one]})),
        raised(lambda: f({"a": one})),
        len(log),
    )


Point = collections.namedtuple("Point", "x y")


@case("function")
def namedtuple_signature(tf):
    spec = tf.TensorSpec([], tf.float32)

    @tf.function(input_signature=[Point(spec, spec)])
    def f(p):
        return Point(p.y, p.x)

    return f(Point(tf.constant(1.0), tf.constant(2.0))), f(Point(3.0, 4.0))


@case("function")
def signature_of_a_method(tf):
    class Model(tf.Module):
        def __init__(self):
            self.k = tf.Variable(3.0)
            self.traces = 0

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def scale(self, x):
            self.traces += 1
            return self.k * x

    m, n = Model(), Model()
    n.k.assign(5.0)
    return m.scale([1.0]), m.scale([1.0, 2.0]), n.scale([1.0]), m.traces, n.traces


@case("function")
def input_signature_attributes(tf):
    spec = tf.TensorSpec([None], tf.float32, name="x")

    @tf.function(input_signature=[spec])
    def f(x):
        return x

    @tf.function
    def g(x):
        return x

    return f.input_signature, g.input_signature


@case("function")
def sparse_and_ragged_specs(tf):
    @tf.function(input_signature=[tf.SparseTensorSpec([None, 3], tf.float32)])
    def f(s):
        return tf.sparse.reduce_sum(s, axis=1)

    @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.int32)])
    def g(r):
        return tf.reduce_sum(r, axis=1)

    s = tf.sparse.from_dense([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])
    return (
        f(s),
        f(tf.sparse.from_dense([[1.0, 0.0, 2.0]])),
        f.experimental_get_tracing_count(),
        g(tf.ragged.constant([[1], [2, 3]])),
        g(tf.ragged.constant([[1, 2], [], [3]])),
        g.experimental_get_tracing_count(),
    )


@case("function")
def unknown_dimension_inside(tf):
    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
    def f(x):
        static = x.shape.as_list()
        n = tf.shape(x)[0]
        return tf.reshape(x, [n * 3]), n, tf.zeros([n, 2]), tf.convert_to_tensor(static[1])

    return f(tf.ones([2, 3])), f(tf.ones([4, 3]))


@case("function")
def static_shapes_of_results(tf):
    seen = []

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
    def f(x):
        seen.append((x + 1.0).shape)
        seen.append(tf.matmul(x, tf.zeros([4, 2])).shape)
        seen.append(tf.transpose(x).shape)
        seen.append(tf.concat([x, x], 0).shape)
        seen.append(tf.concat([x, x], 1).shape)
        seen.append(tf.reduce_sum(x, 0).shape)
        seen.append(tf.reshape(x, [-1]).shape)
        seen.append(tf.reshape(x, [2, -1]).shape)
        seen.append(tf.reshape(x, [tf.shape(x)[0], 2, 2]).shape)
        seen.append(x[0].shape)
        seen.append(x[:2].shape)
        seen.append(x[:, 1:].shape)
        seen.append(tf.stack([x, x], 1).shape)
        seen.append(tf.where(x > 0.0).shape)
        seen.append(tf.boolean_mask(x, x[:, 0] > 0.0).shape)
        seen.append(tf.zeros(tf.shape(x)).shape)
        seen.append(tf.broadcast_to(x, [3, 5, 4]).shape)
        seen.append(tf.range(tf.shape(x)[0]).shape)
        seen.append(tf.one_hot(tf.argmax(x, 1), 7).shape)
        seen.append(tf.split(x, 2, axis=1)[0].shape)
        seen.append(tf.expand_dims(x, 1).shape)
        seen.append(tf.gather(x, [0, 1, 1]).shape)
        seen.append(tf.tile(x, [2, 3]).shape)
        seen.append(tf.pad(x, [[1, 1], [0, 2]]).shape)
        seen.append((x + tf.ones([5, 1])).shape)
        return x

    f(tf.ones([5, 4]))
    return seen


@case("ensure_shape")
def shapes_set_by_hand(tf):
    seen = []

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32)])
    def f(x):
        seen.append(x.shape)
        y = tf.ensure_shape(x, [None, 3])
        seen.append(y.shape)
        x.set_shape([2, None])
        seen.append(x.shape)
        return y

    return f(tf.ones([2, 3])), seen, raised(lambda: f(tf.ones([2, 4])))


@case("function")
def retracing_generalises_shapes(tf):
    return shapes_seen(tf, [tf.zeros([n]) for n in (1, 2, 3, 4, 1, 9)], reduce_retracing=True)


@case("function")
def retracing_generalises_single_dimensions(tf):
    sizes = ([1, 2], [2, 2], [3, 2], [3, 5], [4, 7], [1, 2])
    return shapes_seen(tf, [tf.zeros(s) for s in sizes], reduce_retracing=True)


@case("function")
def retracing_generalises_ranks(tf):
    sizes = ([], [1], [1, 2], [2], [3, 4, 5])
    return shapes_seen(tf, [tf.zeros(s) for s in sizes], reduce_retracing=True)


@case("function")
def retracing_keeps_dtypes_apart(tf):
    calls = [
        tf.zeros([1]),
        tf.zeros([2]),
        tf.zeros([1], tf.int32),
        tf.zeros([3]),
        tf.zeros([2], tf.int32),
    ]
    return shapes_seen(tf, calls, reduce_retracing=True)


@case("function")
def retracing_of_two_arguments(tf):
    log = []

    @tf.function(reduce_retracing=True)
    def f(x, y):
        log.append((x.shape, y.shape))
        return tf.reduce_sum(x) + tf.reduce_sum(y)

    counts = []
    for a, b in ((1, 1), (2, 1), (3, 1), (3, 2), (5, 7), (1, 1)):
        f(tf.zeros([a]), tf.zeros([b]))
        counts.append(len(log))
    return counts, log


@case("function")
def retracing_of_python_values(tf):
    log = []

    @tf.function(reduce_retracing=True)
    def f(n, x):
        log.append((n, x.shape))
        return x * n

    counts = []
    for n, size in ((1, 1), (2, 1), (2, 2), (1, 2), (1, 3), (3, 4)):
        f(n, tf.ones([size], tf.int32))
        counts.append(len(log))
    return counts, log


@case("function")
def retracing_of_structures(tf):
    log = []

    @tf.function(reduce_retracing=True)
    def f(d):
        log.append({k: v.shape for k, v in d.items()})
        return tf.add_n([tf.reduce_sum(v) for v in d.values()])

    counts = []
    for a, b in ((1, 2), (2, 2), (3, 2), (3, 3), (4, 4)):
        f({"a": tf.zeros([a]), "b": tf.zeros([b])})
        counts.append(len(log))
    return counts, log


@case("function")
def retracing_relaxes_variables(tf):
    log = []

    @tf.function(reduce_retracing=True)
    def f(v):
        log.append(v.shape)
        return tf.reduce_sum(v)

    counts = []
    for n in (1, 2, 3):
        f(tf.Variable(tf.zeros([n])))
        counts.append(len(log))
    return counts


@case("function")
def retracing_of_sparse_and_ragged(tf):
    log = []

    @tf.function(reduce_retracing=True)
    def f(r):
        log.append(1)
        return tf.reduce_sum(r)

    counts = []
    for rows in ([[1]], [[1, 2], [3]], [[1], [2], [3]], [[], [1, 2]]):
        f(tf.ragged.constant(rows, dtype=tf.int32))
        counts.append(len(log))

    @tf.function(reduce_retracing=True)
    def g(s):
        log.append(s.shape)
        return tf.sparse.reduce_sum(s)

    for n in (1, 2, 3, 4):
        g(tf.sparse.eye(n))
        counts.append(len(log))
    return counts


@case("function")
def options_have_defaults(tf):
    import inspect

    parameters = inspect.signature(tf.function).parameters
    return [(name, repr(p.default)) for name, p in parameters.items() if name != "kwargs"]


@case("function")
def decorator_with_and_without_call(tf):
    @tf.function
    def f(x):
        return x + 1

    @tf.function()
    def g(x):
        return x + 2

    def h(x):
        return x + 3

    made = tf.function(h, autograph=False, jit_compile=False, reduce_retracing=False)
    return f(1), g(1), made(1), f.__name__, g.__name__, made.__name__


@case("function")
def name_and_doc_are_kept(tf):
    @tf.function
    def documented(x, y=2):
        """What it does."""
        return x + y

    import inspect

    return (
        documented.__name__,
        documented.__doc__,
        list(inspect.signature(documented).parameters),
        documented.__wrapped__ is documented.python_function,
        callable(documented),
        documented.python_function(1, 1),
    )


@case("function")
def pretty_printed_signatures(tf):
    @tf.function
    def f(x, flag, scale=2.0):
        return x * scale

    f(tf.constant([1.0]), True)
    return "f(x" in f.pretty_printed_concrete_signatures()


@case("function")
def jit_compile_attribute(tf):
    @tf.function(jit_compile=True)
    def f(x):
        return x * 2.0 + 1.0

    return f(tf.constant([1.0, 2.0])), f(3.0), f.experimental_get_tracing_count()


@case("function")
def jit_compiled_step(tf):
    w = tf.Variable([1.0, 2.0])

    @tf.function(jit_compile=True)
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.linalg.matvec(x, w) - y))
        g = tape.gradient(loss, w)
        w.assign_sub(0.1 * g)
        return loss

    x, y = tf.constant([[1.0, 0.0], [0.0, 1.0]]), tf.constant([3.0, 4.0])
    return [step(x, y) for _ in range(3)], w


@case("function")
def jit_compiled_loop(tf):
    @tf.function(jit_compile=True)
    def power(x, n):
        i, y = tf.constant(0), tf.ones_like(x)
        while i < n:
            y = y * x
            i += 1
        return y

    return power(tf.constant([2.0, 3.0]), tf.constant(3))


@case("function")
def decorated_function_is_reused(tf):
    @tf.function
    def f(x):
        return x + 1

    g = tf.function(f)
    return g(tf.constant(1)), f(tf.constant(1))


@case("types.experimental.GenericFunction")
def protocols(tf):
    kinds = tf.types.experimental

    @tf.function
    def f(x):
        return x

    concrete = f.get_concrete_function(tf.TensorSpec([], tf.float32))
    return (
        isinstance(f, kinds.GenericFunction),
        isinstance(f, kinds.PolymorphicFunction),
        isinstance(f, kinds.Callable),
        isinstance(concrete, kinds.ConcreteFunction),
        isinstance(concrete, kinds.Callable),
        isinstance(f, kinds.ConcreteFunction),
    )


@case("types.experimental.SupportsTracingProtocol")
def own_trace_type(tf):
    kinds = tf.types.experimental

    class Kind(kinds.TraceType):
        def __init__(self, key):
            self.key = key

        def is_subtype_of(self, other):
            return self == other

        def most_specific_common_supertype(self, others):
            return self if all(self == o for o in others) else None

        def placeholder_value(self, placeholder_context=None):
            return Thing(self.key)

        def __hash__(self):
            return hash(self.key)

        def __eq__(self, other):
            return isinstance(other, Kind) and self.key == other.key

    class Thing(kinds.SupportsTracingProtocol):
        def __init__(self, key):
            self.key = key

        def __tf_tracing_type__(self, context):
            return Kind(self.key)

    log = []

    @tf.function
    def f(thing, x):
        log.append(thing.key)
        return x * thing.key

    x = tf.constant(2)
    return f(Thing(1), x), f(Thing(1), x), f(Thing(3), x), log
