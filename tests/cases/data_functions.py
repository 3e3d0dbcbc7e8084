"""Datasets and iterators in traced functions; composite elements."""

import numpy as np

from cases.form import Case, bad


def values(dataset):
    return list(dataset.as_numpy_iterator())


def described(dataset):
    return [list(dataset), int(dataset.cardinality()), str(dataset.element_spec)]


def summed(tf):
    @tf.function
    def f(dataset):
        total = tf.constant(0, tf.int64)
        for x in dataset:
            total += x
        return total

    return f


def loops(tf):
    D = tf.data.Dataset
    f = summed(tf)
    return [
        f(D.range(5)), f(D.range(3)), f(D.range(0)), f.experimental_get_tracing_count(),
        f(iter(D.range(5))), f(iter(D.range(3))), f.experimental_get_tracing_count(),
        f(D.range(4).batch(1).unbatch()), f.experimental_get_tracing_count(),
    ]  # fmt: skip


def loop_leaves(tf):
    @tf.function
    def f(dataset):
        total = tf.constant(0, tf.int64)
        for x in dataset:
            if x > 6:
                break
            if x % 2 == 0:
                continue
            total += x
        return total

    it = iter(tf.data.Dataset.range(20))
    return [f(tf.data.Dataset.range(10)), f(it), next(it)]


def loop_returns(tf):
    @tf.function
    def f(dataset):
        for x in dataset:
            if x > 3:
                return x
        return tf.constant(-1, tf.int64)

    return [f(tf.data.Dataset.range(10)), f(tf.data.Dataset.range(2))]


def loop_over_structure(tf):
    @tf.function
    def f(dataset):
        total = 0.0
        for x, features in dataset:
            total += tf.cast(x, tf.float32) * tf.reduce_sum(features["a"])
        return total

    dataset = tf.data.Dataset.from_tensor_slices(([1, 2, 3], {"a": np.ones((3, 2), np.float32)}))
    return [f(dataset), f(dataset.batch(2).unbatch())]


def loop_over_batches(tf):
    @tf.function
    def f(dataset):
        rows, total = 0, 0.0
        for x in dataset:
            rows += tf.shape(x)[0]
            total += tf.reduce_sum(x)
        return rows, total

    return f(tf.data.Dataset.from_tensor_slices(np.arange(10, dtype=np.float32)).batch(4))


def loop_grows(tf):
    @tf.function
    def f(dataset):
        seen = tf.constant([], tf.int64)
        for x in dataset:
            seen = tf.concat([seen, [x]], 0)
        return seen

    return f(tf.data.Dataset.range(4))


def nested_loops(tf):
    @tf.function
    def f():
        total = tf.constant(0, tf.int64)
        for x in tf.data.Dataset.range(4):
            for y in tf.data.Dataset.range(x):
                total += x * y
        return total

    return f()


def captured(tf):
    dataset = tf.data.Dataset.range(4).map(lambda x: x * 2)

    @tf.function
    def f():
        total = tf.constant(0, tf.int64)
        for x in dataset:
            total += x
        return total

    return [f(), f()]


def captured_iterator(tf):
    it = iter(tf.data.Dataset.range(4))

    @tf.function
    def f():
        return next(it) + it.get_next()

    return [f(), f()]


def made_inside(tf):
    @tf.function
    def f(n):
        dataset = tf.data.Dataset.range(n).map(lambda x: x * n).filter(lambda x: x > n).batch(2)
        total = tf.constant(0, tf.int64)
        for x in dataset:
            total += tf.reduce_sum(x) * tf.cast(tf.size(x), tf.int64)
        return total

    return [f(tf.constant(5, tf.int64)), f(tf.constant(7, tf.int64))]


def returned(tf):
    @tf.function
    def f(dataset, n):
        return dataset.map(lambda x: x + n).skip(1)

    made = f(tf.data.Dataset.range(4), tf.constant(3, tf.int64))
    return [values(made), str(made.element_spec), values(made.batch(2))]


def reduced(tf):
    @tf.function
    def f(dataset, n):
        return dataset.reduce(n, lambda s, x: s + x), dataset.cardinality()

    return f(tf.data.Dataset.range(5), tf.constant(10, tf.int64))


def end_of_iterator(call):
    def run(tf):
        @tf.function
        def f(it):
            return call(it)

        it = iter(tf.data.Dataset.range(1))
        f(it)
        return f(it)

    return run


def ends_in_loop(tf):
    @tf.function
    def step(it):
        return next(it) * 2

    it = iter(tf.data.Dataset.range(3))
    found = []
    try:
        while True:
            found.append(step(it))
    except tf.errors.OutOfRangeError:
        found.append("end")
    return [found, step.experimental_get_tracing_count()]


def several_steps(tf):
    @tf.function
    def steps(it):
        total = tf.constant(0, tf.int64)
        for _ in tf.range(3):
            total += next(it)
        return total

    it = iter(tf.data.Dataset.range(9))
    return [steps(it), steps(it), steps(it)]


def optional(tf):
    @tf.function
    def f(it):
        found = it.get_next_as_optional()
        if found.has_value():
            return found.get_value()
        return tf.constant(-1, tf.int64)

    it = iter(tf.data.Dataset.range(2))
    return [f(it), f(it), f(it)]


def builtins(tf):
    @tf.function
    def f(dataset):
        total = tf.constant(0, tf.int64)
        for i, (a, b) in enumerate(zip(dataset, dataset)):
            total += i * a * b
        for x in map(lambda x: x * 10, filter(lambda x: x > 1, dataset)):  # noqa: C417
            total += x
        return total

    return f(tf.data.Dataset.range(4))


def with_state(tf):
    count = tf.Variable(0, dtype=tf.int64)

    @tf.function
    def f(dataset):
        for x in dataset:
            count.assign_add(x)
        return count.read_value()

    return [f(tf.data.Dataset.range(4)), f(tf.data.Dataset.range(3)), count]


def gradient_of_step(tf):
    w = tf.Variable([[1.0], [2.0]])

    @tf.function
    def step(it):
        x, y = next(it)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.matmul(x, w) - y) ** 2)
        w.assign_sub(0.1 * tape.gradient(loss, w))
        return loss

    x = np.linspace(-1, 1, 16).astype(np.float32).reshape(8, 2)
    y = x.sum(1, keepdims=True)
    it = iter(tf.data.Dataset.from_tensor_slices((x, y)).batch(3).repeat())
    return [[step(it) for _ in range(4)], w]


def control_flow_in_map(tf):
    def f(x):
        if x % 2 == 0:
            y = x
        else:
            y = -x
        for _ in tf.range(2):
            y += 1
        return y

    return values(tf.data.Dataset.range(5).map(f))


def tensor_array_in_map(tf):
    def f(n):
        rows = tf.TensorArray(tf.int64, size=3)
        for i in tf.range(3):
            rows = rows.write(i, tf.cast(i, tf.int64) * n)
        return rows.stack()

    return values(tf.data.Dataset.range(3).map(f))


def py_function_in_map(tf):
    def f(x):
        y = tf.py_function(lambda v: v.numpy() * 2, [x], tf.int64)
        z = tf.numpy_function(lambda v: v + 1, [x], tf.int64)
        y.set_shape([])
        z.set_shape([])
        return y, z

    return described(tf.data.Dataset.range(3).map(f))


def function_in_map(tf):
    @tf.function
    def f(x):
        return x + 1

    return values(tf.data.Dataset.range(3).map(f))


def not_in_functions(call):
    def run(tf):
        return tf.function(call)(tf.data.Dataset.range(3))

    return run


def ragged(tf):
    return tf.ragged.constant([[1, 2], [3], []])


def sparse(tf):
    return tf.sparse.from_dense([[1, 0], [0, 2], [0, 0]])


def signature(tf):
    spec = tf.data.DatasetSpec(tf.TensorSpec([None], tf.int64))

    @tf.function(input_signature=[spec])
    def f(dataset):
        return dataset.reduce(tf.constant(0, tf.int64), lambda s, x: s + tf.reduce_sum(x))

    return [
        f(tf.data.Dataset.range(5).batch(2)),
        f(tf.data.Dataset.range(4).batch(2, drop_remainder=True)),
        f.experimental_get_tracing_count(),
    ]


GRAPHS = [
    Case("data.Dataset", loops, id="loops"),
    Case("data.Dataset", loop_leaves, id="break and continue"),
    bad("data.Dataset", loop_returns, id="return"),
    Case("data.Dataset", loop_over_structure, id="structures"),
    Case("data.Dataset", loop_over_batches, id="batches"),
    Case("data.Dataset", loop_grows, id="growing"),
    Case("data.Dataset", nested_loops, id="nested loops"),
    Case("data.Dataset", captured, id="captured"),
    Case("data.Iterator", captured_iterator, id="captured"),
    Case("data.Dataset", made_inside, id="made inside"),
    Case("data.Dataset", returned, id="returned"),
    Case("data.Dataset.reduce", reduced, id="in a function"),
    Case("data.Iterator", ends_in_loop, id="end"),
    Case("data.Iterator", several_steps, id="several steps"),
    Case("data.Iterator", optional, id="optional"),
    Case("data.Iterator", gradient_of_step, id="training"),
    bad("data.Iterator", end_of_iterator(lambda it: it.get_next()), id="end, get_next"),
    bad("data.Iterator", end_of_iterator(lambda it: next(it)), id="end, next"),
    Case("data.Dataset", builtins, id="builtins"),
    Case("data.Dataset", with_state, id="variables"),
    Case("data.DatasetSpec", signature, id="signature"),
    Case("data.Dataset.map", control_flow_in_map, id="control flow"),
    Case("data.Dataset.map", tensor_array_in_map, id="tensor array"),
    Case("data.Dataset.map", py_function_in_map, id="py_function"),
    Case("data.Dataset.map", function_in_map, id="tf.function"),
    bad("data.Dataset", not_in_functions(lambda d: d.__len__()), id="len in a function"),
    bad(
        "data.Dataset.as_numpy_iterator",
        not_in_functions(lambda d: list(d.as_numpy_iterator())),
        id="in a function",
    ),
    Case(
        "data.Dataset.cardinality", not_in_functions(lambda d: d.cardinality()), id="in a function"
    ),
    Case(
        "data.Dataset.get_single_element",
        not_in_functions(lambda d: d.batch(3).get_single_element()),
        id="in a function",
    ),
]

COMPOSITES = [
    Case(
        "data.Dataset.from_tensor_slices",
        lambda tf: described(tf.data.Dataset.from_tensor_slices(ragged(tf))),
        id="ragged",
    ),
    Case(
        "data.Dataset.from_tensor_slices",
        lambda tf: described(
            tf.data.Dataset.from_tensor_slices(tf.ragged.constant([[[1], [2, 3]], []]))
        ),
        id="ragged twice",
    ),
    Case(
        "data.Dataset.from_tensor_slices",
        lambda tf: described(tf.data.Dataset.from_tensor_slices(sparse(tf))),
        id="sparse",
    ),
    Case(
        "data.Dataset.from_tensor_slices",
        lambda tf: described(tf.data.Dataset.from_tensor_slices({"a": ragged(tf), "b": [1, 2, 3]})),
        id="ragged and dense",
    ),
    Case(
        "data.Dataset.from_tensors",
        lambda tf: described(tf.data.Dataset.from_tensors(ragged(tf))),
        id="ragged",
    ),
    Case(
        "data.Dataset.batch",
        lambda tf: described(tf.data.Dataset.from_tensor_slices(ragged(tf)).batch(2)),
        id="ragged",
    ),
    Case(
        "data.Dataset.batch",
        lambda tf: described(tf.data.Dataset.from_tensors(ragged(tf)).repeat(2).batch(2)),
        id="ragged twice",
    ),
    Case(
        "data.Dataset.batch",
        lambda tf: described(tf.data.Dataset.from_tensor_slices(sparse(tf)).batch(2)),
        id="sparse",
    ),
    Case(
        "data.Dataset.unbatch",
        lambda tf: described(tf.data.Dataset.from_tensors(ragged(tf)).unbatch()),
        id="ragged",
    ),
    Case(
        "data.Dataset.unbatch",
        lambda tf: described(tf.data.Dataset.from_tensors(sparse(tf)).unbatch()),
        id="sparse",
    ),
    Case(
        "data.Dataset.map",
        lambda tf: described(tf.data.Dataset.from_tensor_slices(ragged(tf)).map(lambda x: x + 1)),
        id="ragged",
    ),
    Case(
        "data.Dataset.map",
        lambda tf: described(
            tf.data.Dataset.from_tensors(ragged(tf)).map(lambda x: tf.reduce_sum(x, axis=1))
        ),
        id="ragged sum",
    ),
    Case(
        "data.Dataset.as_numpy_iterator",
        lambda tf: values(tf.data.Dataset.from_tensor_slices(ragged(tf))),
        id="ragged",
    ),
    Case(
        "data.Dataset.as_numpy_iterator",
        lambda tf: values(tf.data.Dataset.from_tensor_slices(sparse(tf))),
        id="sparse",
    ),
    Case(
        "data.Dataset.ragged_batch",
        lambda tf: described(tf.data.Dataset.range(3).map(lambda x: tf.range(x)).ragged_batch(2)),
    ),
    Case(
        "data.Dataset.sparse_batch",
        lambda tf: described(
            tf.data.Dataset.range(3).map(lambda x: tf.range(x)).sparse_batch(2, [4])
        ),
    ),
    Case(
        "data.experimental.dense_to_ragged_batch",
        lambda tf: described(
            tf.data.Dataset.range(3)
            .map(lambda x: tf.range(x))
            .apply(tf.data.experimental.dense_to_ragged_batch(2))
        ),
    ),
    Case(
        "data.experimental.dense_to_sparse_batch",
        lambda tf: described(
            tf.data.Dataset.range(3)
            .map(lambda x: tf.range(x))
            .apply(tf.data.experimental.dense_to_sparse_batch(2, [4]))
        ),
    ),
    Case(
        "data.Dataset.from_generator",
        lambda tf: described(
            tf.data.Dataset.from_generator(
                lambda: iter([ragged(tf)]),
                output_signature=tf.RaggedTensorSpec([3, None], tf.int32),
            )
        ),
        id="ragged",
    ),
    bad(
        "data.Dataset.padded_batch",
        lambda tf: tf.data.Dataset.from_tensors(ragged(tf)).padded_batch(2),
        id="ragged",
    ),
]

CASES = [*GRAPHS, *COMPOSITES]
