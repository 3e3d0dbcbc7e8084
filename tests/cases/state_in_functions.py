"""State, effects and composite tensors in functions that AutoGraph leaves alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


def plain(tf: Any, function: Any, **options: Any) -> Any:
    return tf.function(function, autograph=False, **options)


# Python functions.


@case("py_function")
def tape_watches_the_call_itself(tf):
    calls = []

    def square(x):
        calls.append(1)
        return x * x

    x = tf.constant(3.0)
    f = plain(tf, lambda x: tf.py_function(square, [x], tf.float32))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return y, tape.gradient(y, x), len(calls)


@case("py_function")
def unconnected_results_have_zero_gradients(tf):
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.py_function(lambda x: tf.constant(2.0), [x], tf.float32)
        return tape.gradient(y, x)

    return plain(tf, f)(tf.constant(3.0))


@case("py_function")
def no_second_order(tf):
    def f(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.py_function(lambda x: x * x * x, [x], tf.float32)
            g = inner.gradient(y, x)
        return g, outer.gradient(g, x)

    return plain(tf, f)(tf.constant(3.0))


@case("py_function")
def several_inputs_and_results(tf):
    def f(a, b):
        with tf.GradientTape() as tape:
            tape.watch((a, b))
            y, z = tf.py_function(lambda a, b: (a * b, a + b), [a, b], [tf.float32, tf.float32])
            loss = tf.reduce_sum(y * z)
        return loss, tape.gradient(loss, (a, b))

    return plain(tf, f)(tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0]))


@case("py_function")
def composite_argument_and_result(tf):
    spec = tf.RaggedTensorSpec([None, None], tf.float32)
    f = plain(tf, lambda r: tf.py_function(lambda r: r * 2.0, [r], spec))
    return f(tf.ragged.constant([[1.0, 2.0], [3.0]]))


@case("py_function")
def errors_of_functions(tf):
    def raising(error):
        def inner(x):
            raise error

        return inner

    x = tf.constant(1.0)
    found = []
    for error in (KeyError("k"), ValueError("v"), TypeError("t"), StopIteration()):
        f = plain(tf, lambda x, error=error: tf.py_function(raising(error), [x], tf.float32))
        g = plain(tf, lambda x, error=error: tf.numpy_function(raising(error), [x], tf.float32))
        found.append((raised(lambda f=f: f(x)), raised(lambda g=g: g(x))))
    f = plain(tf, lambda x: tf.py_function(lambda x: tf.cast(x, tf.int32), [x], tf.float32))
    g = plain(tf, lambda x: tf.numpy_function(lambda x: np.float64(x), [x], tf.float32))
    h = plain(tf, lambda x: tf.numpy_function(lambda x: None, [x], tf.float32))
    return found, raised(lambda: f(x)), raised(lambda: g(x)), raised(lambda: h(x))


@case("numpy_function")
def shapes_are_unknown(tf):
    shapes = []

    def f(x):
        y = tf.numpy_function(lambda x: x * 2, [x], tf.float32)
        z = tf.py_function(lambda x: x * 2, [x], tf.TensorSpec([2], tf.float32))
        shapes.extend([y.shape, z.shape])
        return y + z

    return plain(tf, f)(tf.constant([1.0, 2.0])), shapes


@case("compat.v1.py_func")
def the_older_name(tf):
    f = plain(tf, lambda x: tf.compat.v1.py_func(np.cumsum, [x], tf.float32))
    return f(tf.constant([1.0, 2.0]))


# Assertions.


@case("debugging.assert_positive")
def checked_when_it_runs(tf):
    def f(x):
        tf.debugging.assert_positive(x, message="positive")
        tf.debugging.Assert(tf.reduce_all(x < 5.0), [x])
        return x * 2.0

    g = plain(tf, f)
    return (
        g(tf.constant([1.0])),
        raised(lambda: g(tf.constant([-1.0]))),
        raised(lambda: g(tf.constant([6.0]))),
    )


@case("debugging.assert_equal")
def checked_while_tracing(tf):
    def f(x):
        tf.debugging.assert_equal(tf.constant(1), 2)
        return x

    def g(x):
        tf.debugging.assert_equal(tf.shape(x)[0], 3)
        return x

    def h(x):
        tf.debugging.assert_rank(x, 2)
        return x

    x = tf.constant([1.0, 2.0])
    return [raised(lambda k=k: plain(tf, k).get_concrete_function(x)) for k in (f, g, h)]


@case("debugging.assert_rank")
def unknown_ranks_are_checked_when_it_runs(tf):
    def f(x):
        tf.debugging.assert_rank(x, 2)
        tf.debugging.assert_shapes([(x, ("n", "n"))])
        return tf.shape(x)

    g = plain(tf, f, input_signature=[tf.TensorSpec(None)])
    return (
        g(tf.ones([2, 2])),
        raised(lambda: g(tf.ones([2]))),
        raised(lambda: g(tf.ones([2, 3]))),
    )


@case("debugging.assert_positive")
def assertions_are_operations(tf):
    kinds = []

    def f(x):
        made = [
            tf.debugging.assert_positive(x),
            tf.debugging.Assert(x > 0, [x]),
            tf.no_op(),
            tf.group(x, x),
            tf.compat.v1.assign(v, 2.0, use_locking=True),
            v.assign(3.0, read_value=False),
        ]
        kinds.extend([isinstance(m, tf.Operation) for m in made])
        with tf.control_dependencies(made):
            return tf.identity(x)

    v = tf.Variable(1.0)
    return plain(tf, f)(tf.constant(1.0)), kinds, v


@case("function")
def operations_are_no_results(tf):
    return [
        raised(lambda make=make: plain(tf, make)())
        for make in (tf.no_op, lambda: tf.group(tf.constant(1)), lambda: tf.print("x"))
    ]


# Variables.


@case("Variable")
def parts_at_symbolic_places(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    def f(i, x):
        v[i].assign(x)
        v[i + 1 :, 0].assign(x[0])
        v[0, ::-1].assign(x)
        return v, v[i], v[i:, 1]

    return plain(tf, f)(tf.constant(1), tf.constant([7.0, 8.0])), v


@case("Variable")
def sparse_updates_in_order(tf):
    v = tf.Variable([1.0, 2.0, 3.0])

    def f(i, x):
        v.scatter_add(tf.IndexedSlices(x, i))
        v.scatter_nd_update(tf.expand_dims(i, 1), x * 10.0)
        v.scatter_max(tf.IndexedSlices(x * 20.0, i))
        a = tf.identity(v)
        v.batch_scatter_update(tf.IndexedSlices(x, i))
        return a, v, v.sparse_read(i), v.gather_nd([[1]])

    return plain(tf, f)(tf.constant([0, 2]), tf.constant([1.0, 2.0])), v


@case("Variable")
def counting_up(tf):
    v = tf.Variable(0)
    f = plain(tf, lambda: v.count_up_to(2))
    return f(), f(), raised(f), v


@case("Variable")
def questions_about_variables(tf):
    v, w = tf.Variable([1.0, 2.0]), tf.Variable([1.0, 3.0])
    f = plain(tf, lambda: (v.is_initialized(), v == w, v != w, v < w, -v))
    return f(), raised(plain(tf, lambda: v.numpy()))


@case("Variable")
def wrong_updates(tf):
    v = tf.Variable([1.0, 2.0])
    slices = tf.IndexedSlices
    calls = [
        lambda: v.assign([1.0, 2.0, 3.0]),
        lambda: v.assign_add(tf.constant([1, 2])),
        lambda: v.scatter_add(slices(tf.constant([1.0, 2.0, 3.0]), tf.constant([0]))),
        lambda: v.scatter_add(slices(tf.constant([1.0]), tf.constant([0.5]))),
        lambda: v.scatter_nd_add(tf.constant([[0]]), tf.constant([[1.0, 2.0, 3.0]])),
    ]

    def nothing(call):
        call()
        return tf.constant(0)

    return [raised(lambda c=c: plain(tf, lambda: nothing(c))()) for c in calls], v


# Optimizers.


def optimizer_steps(tf: Any, make: Any) -> Any:
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    w = tf.Variable(2.0)
    optimizer = make(tf.compat.v1.train)
    traces = []

    def step(x, ids):
        traces.append(1)
        optimizer.minimize(lambda: tf.reduce_sum(tf.gather(v, ids) * x) * w, var_list=[v, w])
        return w

    f = plain(tf, step)
    results = [f(tf.constant(0.5), tf.constant([0, 2, 0])) for _ in range(3)]
    slots = [optimizer.get_slot(x, n) for x in (v, w) for n in optimizer.get_slot_names()]
    return results, v, w, len(traces), slots


for name, make in (
    ("sgd", lambda t: t.GradientDescentOptimizer(0.1)),
    ("momentum", lambda t: t.MomentumOptimizer(0.1, 0.9, use_nesterov=True)),
    ("adam", lambda t: t.AdamOptimizer(0.1)),
    ("adagrad", lambda t: t.AdagradOptimizer(0.1)),
    ("adadelta", lambda t: t.AdadeltaOptimizer(0.1)),
    ("rmsprop", lambda t: t.RMSPropOptimizer(0.1, momentum=0.5, centered=True)),
    ("ftrl", lambda t: t.FtrlOptimizer(0.1, l1_regularization_strength=0.01)),
    ("proximal", lambda t: t.ProximalAdagradOptimizer(0.1, l2_regularization_strength=0.01)),
):
    CASES.append(
        Case("compat.v1.train.Optimizer", lambda tf, make=make: optimizer_steps(tf, make),
             id=name, rtol=2e-6)
    )  # fmt: skip


@case("compat.v1.train.exponential_decay")
def schedules_and_steps(tf):
    v = tf.Variable([1.0, 2.0])
    count = tf.Variable(0, dtype=tf.int64)
    rate = tf.compat.v1.train.exponential_decay(0.1, count, 1, 0.5)
    optimizer = tf.compat.v1.train.GradientDescentOptimizer(rate)

    def step(x):
        inside = tf.compat.v1.train.inverse_time_decay(0.5, count, 1, 0.5)
        optimizer.minimize(lambda: tf.reduce_sum(v * x), global_step=count)
        return inside

    f = plain(tf, step)
    return [f(tf.constant(1.0)) for _ in range(3)], v, count


@case("compat.v1.train.GradientDescentOptimizer")
def losses_that_are_tensors(tf):
    v = tf.Variable([1.0, 2.0])
    optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.1)

    def step(x):
        optimizer.minimize(tf.reduce_sum(v * v * x), var_list=[v])
        return v

    def without(x):
        optimizer.minimize(tf.reduce_sum(v * x), var_list=[w])
        return v

    w = tf.Variable(1.0)
    return plain(tf, step)(tf.constant(1.0)), raised(lambda: plain(tf, without)(tf.constant(1.0)))


@case("train.ExponentialMovingAverage")
def averages_of_variables(tf):
    v = tf.Variable([1.0, 2.0])
    ema = tf.train.ExponentialMovingAverage(0.5, num_updates=3)
    traces = []

    def step():
        traces.append(1)
        v.assign_add([1.0, 1.0])
        ema.apply([v])
        return ema.average(v)

    f = plain(tf, step)
    return f(), f(), f(), len(traces)


# Generators.


@case("random.Generator")
def generators_go_on(tf):
    g = tf.random.Generator.from_seed(3)

    def f(n):
        return (
            g.normal([2]),
            g.uniform([n], maxval=10, dtype=tf.int32),
            g.make_seeds(2),
            g.uniform_full_int([2]),
            g.skip(3),
            g.truncated_normal([n, 1]),
        )

    h = plain(tf, f)
    return h(tf.constant(3)), h(tf.constant(2)), g.state


@case("random.Generator")
def generators_start_anew(tf):
    g = tf.random.Generator.from_seed(3)

    def f(seed):
        a = g.normal([2])
        g.reset_from_seed(seed)
        b = g.normal([2])
        g.reset_from_key_counter(seed, [5, 6])
        return a, b, g.normal([2]), g.key

    return plain(tf, f)(tf.constant(7, tf.int64)), g.state


@case("random.Generator")
def splitting_makes_variables(tf):
    g = tf.random.Generator.from_seed(3)
    return raised(plain(tf, lambda: g.split(2)[0].normal([1])))


# Composite tensors.


@case("RaggedTensor")
def ragged_arguments(tf):
    shapes = []

    def f(r):
        shapes.append(r.shape)
        with tf.GradientTape() as tape:
            tape.watch(r.flat_values)
            loss = tf.reduce_sum(r.to_tensor() ** 2) + tf.reduce_sum(tf.reduce_max(r, axis=1))
        return (
            r * 2.0,
            r + r,
            tf.reduce_sum(r, axis=1),
            r.to_tensor(default_value=-1.0),
            r.row_lengths(),
            r.value_rowids(),
            r[0],
            r[:, :1],
            tf.concat([r, r], 0),
            tf.stack([r, r]),
            tf.gather(r, [1, 0]),
            r.nrows(),
            r.bounding_shape(),
            tf.ragged.boolean_mask(r, r > 1.5),
            tape.gradient(loss, r.flat_values),
        )

    g = plain(tf, f, input_signature=[tf.RaggedTensorSpec([None, None], tf.float32)])
    return g(tf.ragged.constant([[1.0, 2.0], [3.0]])), g(tf.ragged.constant([[4.0], [], [1.0]]))


@case("RaggedTensor")
def ragged_factories(tf):
    def f(x, splits, lengths, ids, n):
        r = tf.RaggedTensor
        return (
            r.from_row_splits(x, splits),
            r.from_row_lengths(x, lengths),
            r.from_value_rowids(x, ids),
            r.from_value_rowids(x, ids, nrows=n),
            r.from_row_starts(x, splits[:-1]),
            r.from_row_limits(x, splits[1:]),
            r.from_uniform_row_length(x, 2),
            r.from_nested_row_splits(x, [[0, 1, 2], [0, 2, 4]]),
            r.from_tensor(tf.reshape(x, [2, 2]), padding=4),
            tf.ragged.range(lengths),
        )

    spec = tf.TensorSpec([None], tf.int64)
    g = plain(tf, f, input_signature=[spec, spec, spec, spec, tf.TensorSpec([], tf.int64)])
    x, splits, lengths, ids, n = [1, 2, 3, 4], [0, 1, 1, 4], [1, 0, 3], [0, 2, 2, 2], 5
    wrong = raised(lambda: g(x, splits, [1, 1], ids, n))
    return g(x, splits, lengths, ids, n), wrong


@case("RaggedTensor")
def embeddings_of_ragged_ids(tf):
    shapes = []
    table = tf.Variable(tf.reshape(tf.range(12.0), [6, 2]))

    def f(r):
        with tf.GradientTape() as tape:
            rows = tf.nn.embedding_lookup(table, r)
            mean = tf.reduce_mean(rows, axis=1)
            shapes.extend([rows.shape, mean.shape])
            loss = tf.reduce_sum(mean * mean)
        return mean, tf.convert_to_tensor(tape.gradient(loss, table))

    g = plain(tf, f, input_signature=[tf.RaggedTensorSpec([None, None], tf.int32)])
    return g(tf.ragged.constant([[1, 2], [3]])), shapes


@case("SparseTensor")
def sparse_arguments(tf):
    shapes = []

    def f(s, d):
        with tf.GradientTape() as tape:
            tape.watch([s.values, d])
            loss = tf.reduce_sum(tf.sparse.sparse_dense_matmul(s, d) ** 2)
        shapes.extend([s.shape, s.dense_shape.shape])
        return (
            tf.sparse.to_dense(s),
            tf.sparse.reduce_sum(s, 1),
            tf.sparse.add(s, s),
            tf.sparse.transpose(s),
            tf.sparse.reorder(s),
            tf.sparse.slice(s, [0, 0], [1, 2]),
            tf.sparse.concat(0, [s, s]),
            tf.sparse.from_dense(d),
            tf.sparse.fill_empty_rows(s, 9.0),
            tape.gradient(loss, [s.values, d]),
            s,
        )

    spec = tf.SparseTensorSpec([None, 2], tf.float32)
    g = plain(tf, f, input_signature=[spec, tf.TensorSpec([2, None])])
    s = tf.SparseTensor([[0, 1], [2, 0]], [1.0, 2.0], [3, 2])
    return g(s, tf.constant([[1.0, 0.0], [2.0, 3.0]])), shapes


@case("IndexedSlices")
def slices_as_arguments(tf):
    shapes = []

    def f(s):
        shapes.append(s.shape)
        return tf.convert_to_tensor(s), s.values, tf.IndexedSlices(s.values * 2.0, s.indices)

    g = plain(tf, f)
    s = tf.IndexedSlices(tf.ones([2, 2]), tf.constant([1, 3]), tf.constant([4, 2]))
    return g(s), shapes, g.experimental_get_tracing_count()


@case("strings.split")
def strings_into_rows(tf):
    def f(s):
        words = tf.strings.split(s)
        return (
            words,
            words.to_tensor(),
            tf.strings.split(s, ",").flat_values,
            tf.strings.unicode_decode(s, "UTF-8"),
            tf.strings.unicode_split(s, "UTF-8"),
            tf.strings.bytes_split(s),
            tf.strings.ngrams(words, 2),
            tf.strings.reduce_join(words, axis=-1, separator="-"),
            tf.strings.regex_replace(s, s[0], "x"),
            tf.strings.regex_full_match(s, s[1]),
        )

    g = plain(tf, f, input_signature=[tf.TensorSpec([None], tf.string)])
    return g(tf.constant(["a b", "c d,e", ""]))


@case("timestamp")
def clocks_and_tuples(tf):
    def f(x):
        a, b, c = tf.tuple([x, None, x + 1])
        early = tf.timestamp()
        return a, b, c, early > 1e9, tf.timestamp() >= early

    return plain(tf, f)(tf.constant(1))


# Numerics.


@case("debugging.check_numerics")
def checked_whether_used_or_not(tf):
    def f(x):
        tf.debugging.check_numerics(x, "unused")
        return tf.constant(1)

    g = plain(tf, f)
    return g(tf.constant([1.0])), raised(lambda: g(tf.constant([np.nan])))


@case("debugging.enable_check_numerics")
def all_operations_are_checked(tf):
    def f(x):
        return tf.math.log(x) * 0.0 + 1.0, x / 2.0

    before = plain(tf, f)(tf.constant(-1.0))
    tf.debugging.enable_check_numerics()
    try:
        g = plain(tf, f)
        good, bad = g(tf.constant(1.0)), raised(lambda: g(tf.constant(-1.0)))
    finally:
        tf.debugging.disable_check_numerics()
    return before, good, bad, plain(tf, f)(tf.constant(-1.0))
