"""Datasets and iterators in functions: loops, branches, arguments, results."""

from __future__ import annotations

import numpy as np

from cases.form import Case, collect

CASES: list[Case] = []
case = collect(CASES)


def total(dataset):
    return dataset.reduce(np.int64(0), lambda s, x: s + x)


@case("data.Dataset")
def loop_with_jumps(tf):
    @tf.function
    def f(dataset):
        s = tf.constant(0, tf.int64)
        for x in dataset:
            if x == 3:
                continue
            if x > 6:
                break
            s += x
        return s

    return f(tf.data.Dataset.range(10)), f(tf.data.Dataset.range(2))


@case("data.Dataset", bad=True)
def return_in_loop(tf):
    @tf.function
    def f(dataset):
        for x in dataset:
            if x > 2:
                return x
        return tf.constant(-1, tf.int64)

    return f(tf.data.Dataset.range(9)), f(tf.data.Dataset.range(2))


@case("data.Dataset")
def loop_over_windows(tf):
    @tf.function
    def f(dataset):
        s = tf.constant(0, tf.int64)
        for window in dataset.window(3):
            for x in window:
                s += x * x
        return s

    return f(tf.data.Dataset.range(7))


@case("data.Dataset")
def builtins_of_datasets(tf):
    @tf.function
    def f(a, b):
        s = tf.constant(0, tf.int64)
        for i, (x, y) in enumerate(zip(a, b)):
            s += x * y + i
        above = map(lambda x: x > 3, a)  # noqa: C417
        return s, any(above), all(above), len(a)

    return f(tf.data.Dataset.range(5), tf.data.Dataset.range(2, 7))


@case("data.Dataset", bad=True)
def length_that_nobody_knows(tf):
    @tf.function
    def f(dataset):
        return len(dataset)

    return f(tf.data.Dataset.range(5).filter(lambda x: x > 1))


@case("data.Dataset")
def shapes_that_grow(tf):
    @tf.function
    def f(dataset):
        rows = tf.zeros([0, 2])
        for x in dataset:
            rows = tf.concat([rows, x], 0)
        return rows

    return f(tf.data.Dataset.from_tensors(tf.ones([1, 2])).repeat(3))


@case("data.Dataset")
def arrays_and_counters(tf):
    @tf.function
    def f(dataset):
        a = tf.TensorArray(tf.int64, 0, dynamic_size=True)
        i = 0
        for x in dataset:
            a = a.write(i, x * 2)
            i += 1
        return a.stack(), i

    return f(tf.data.Dataset.range(4))


@case("data.Dataset")
def target_after_the_loop(tf):
    @tf.function
    def f(dataset):
        x = tf.constant(5, tf.int64)
        for x in dataset:
            pass
        return x

    return f(tf.data.Dataset.range(4)), f(tf.data.Dataset.range(0))


@case("data.Dataset")
def nested_break(tf):
    @tf.function
    def f(dataset):
        n = 0
        for x in dataset:
            for y in tf.range(3):
                if tf.cast(y, tf.int64) == x:
                    break
                n += 1
            if n > 5:
                break
        return n

    return f(tf.data.Dataset.range(9))


@case("data.Dataset")
def training_loop(tf):
    w = tf.Variable(1.0)

    @tf.function
    def train(dataset):
        for x in dataset:
            with tf.GradientTape() as tape:
                loss = w * w * x
            w.assign_sub(0.1 * tape.gradient(loss, w))

    train(tf.data.Dataset.from_tensor_slices([1.0, 2.0]))
    return w.numpy()


@case("data.Iterator")
def loop_over_an_iterator(tf):
    @tf.function
    def f(iterator, n):
        s = tf.constant(0, tf.int64)
        for _ in tf.range(n):
            s += iterator.get_next()
        return s

    iterator = iter(tf.data.Dataset.range(10))
    found = [f(iterator, 3), f(iterator, 3), next(iterator)]
    try:
        f(iterator, 100)
    except tf.errors.OutOfRangeError:
        found.append("end")
    return found


@case("data.Iterator")
def optionals_in_a_while_loop(tf):
    @tf.function
    def f(iterator):
        s = tf.constant(0, tf.int64)
        element = iterator.get_next_as_optional()
        while element.has_value():
            s += element.get_value()
            element = iterator.get_next_as_optional()
        return s

    return f(iter(tf.data.Dataset.range(5)))


@case("data.Iterator")
def captured_iterator(tf):
    iterator = iter(tf.data.Dataset.range(5))
    f = tf.function(lambda: iterator.get_next())
    return f(), f(), next(iterator)


@case("data.Iterator")
def iterator_through_functions_and_branches(tf):
    inner = tf.function(lambda it: next(it))
    outer = tf.function(lambda it: inner(it) * 10 + inner(it))
    branch = tf.function(
        lambda it, p: tf.cond(p, lambda: next(it), lambda: tf.constant(-5, tf.int64))
    )
    iterator = iter(tf.data.Dataset.range(1, 9))
    taken = [branch(iterator, tf.constant(b)) for b in (True, False, True)]
    return outer(iterator), taken


@case("data.Iterator")
def iterator_made_in_a_function(tf):
    @tf.function
    def f():
        it = iter(tf.data.Dataset.range(4))
        return next(it) + next(it)

    made = tf.function(lambda: iter(tf.data.Dataset.range(4)))
    return f(), f(), [int(x) for x in made()]


@case("data.IteratorSpec")
def one_trace_for_iterators_of_a_spec(tf):
    traced = []

    @tf.function
    def f(iterator):
        traced.append(1)
        return next(iterator)

    r = tf.data.Dataset.range
    for dataset in (r(2).batch(2), r(4).batch(2), r(4).batch(2, drop_remainder=True), r(3)):
        f(iter(dataset))
        f(iter(dataset))
    return len(traced)


@case("data.IteratorSpec")
def signature_with_an_iterator(tf):
    @tf.function(input_signature=[tf.data.IteratorSpec(tf.TensorSpec([], tf.int64))])
    def f(iterator):
        return next(iterator)

    return f(iter(tf.data.Dataset.range(3, 5)))


@case("data.DatasetSpec")
def datasets_as_arguments_and_results(tf):
    traced = []

    @tf.function
    def f(arguments):
        traced.append(1)
        return total(arguments["a"]) + arguments["k"]

    r = tf.data.Dataset.range
    k = tf.constant(1, tf.int64)
    sums = [f({"a": d, "k": k}) for d in (r(4), r(9), r(9).filter(lambda x: x > 3))]
    scaled = tf.function(lambda n: {"d": r(n).map(lambda x: x * n), "n": n})(k * 4)
    return sums, len(traced), [int(x) for x in scaled["d"]]


@case("data.DatasetSpec")
def dataset_from_a_branch(tf):
    @tf.function
    def f(p):
        r = tf.data.Dataset.range
        return total(tf.cond(p, lambda: r(3), lambda: r(10, 13)))

    return f(tf.constant(True)), f(tf.constant(False))


@case("data.Dataset")
def captured_dataset_and_tensor(tf):
    dataset = tf.data.Dataset.range(6)

    @tf.function
    def f(k):
        scaled = dataset.map(lambda x: x * k).filter(lambda x: x > 2)
        return scaled.reduce(np.int64(0), lambda s, x: s + x + k)

    return f(tf.constant(2, tf.int64)), f(tf.constant(3, tf.int64))


@case("data.Dataset")
def variables_in_pipelines(tf):
    v = tf.Variable(3, dtype=tf.int64)
    read = tf.data.Dataset.range(3).map(lambda x: x + v)
    first = [int(x) for x in read]
    v.assign(10)
    counted = tf.data.Dataset.range(4).map(lambda x: v.assign_add(x))
    return first, [int(x) for x in read], [int(x) for x in counted], v.numpy()


@case("data.Dataset")
def numbers_of_datasets_in_functions(tf):
    @tf.function
    def f(n):
        r = tf.data.Dataset.range
        return r(n, n + 1).get_single_element(), r(n).cardinality(), r(n).batch(2).cardinality()

    return f(tf.constant(5, tf.int64))


@case("data.Dataset")
def shuffles_in_functions(tf):
    tf.random.set_seed(4)

    @tf.function
    def f():
        return tf.data.Dataset.range(9).shuffle(9, seed=1).batch(9).get_single_element()

    return f(), f()


@case("data.Dataset")
def python_in_pipelines(tf):
    d = tf.data.Dataset.range(3)
    doubled = d.map(lambda x: tf.numpy_function(lambda y: y * 2, [x], tf.int64))
    eager = d.map(lambda x: tf.py_function(lambda y: y * 3, [x], tf.int64))
    return [int(x) for x in doubled], [int(x) for x in eager]


@case("data.Dataset", bad=True)
def in_a_plain_graph(tf):
    with tf.Graph().as_default():
        return [*tf.data.Dataset.range(3)]
