"""`tf.data`: pipelines, the order of shuffling, iterators, data sets in graphs."""

from __future__ import annotations

import numpy as np

from cases.form import Case


def listed(dataset):
    """All elements, as NumPy values."""
    return list(dataset.as_numpy_iterator())


def raised(function):
    """The class of the error that a call raises."""
    try:
        return function()
    except Exception as error:
        return type(error).__name__


def ranges(tf):
    r = tf.data.Dataset.range
    return [listed(d) for d in (r(3), r(1, 4), r(5, 0, -2), r(1, 9, 3, output_type=tf.int32), r(0))]


def sources(tf):
    d = tf.data.Dataset
    return (
        listed(d.from_tensors(([1, 2], {"a": 3.0}))),
        listed(d.from_tensor_slices(([1, 2], {"a": [3.0, 4.0]}))),
        list(d.from_tensors((1, None))),
        repr(d.from_tensors(([1, 2], {"a": 3.0})).element_spec),
        repr(d.from_tensor_slices((np.ones([4, 2, 3]), np.arange(4))).element_spec),
    )


def generated(tf):
    d = tf.data.Dataset
    spec = tf.TensorSpec([], tf.int32)
    pairs = (tf.TensorSpec([None], tf.float32), {"n": spec})
    return (
        listed(d.from_generator(lambda n: iter(range(n)), output_signature=spec, args=(3,))),
        listed(
            d.from_generator(
                lambda: iter([([1.0], {"n": 1}), ([], {"n": 0})]), output_signature=pairs
            )
        ),
        listed(d.from_generator(lambda: iter([1.5]), output_types=tf.float32)),
        listed(d.from_generator(lambda: iter([[1], [2]]), tf.int64, [1]).repeat(2)),
        raised(lambda: listed(d.from_generator(lambda: iter(["a"]), output_signature=spec))),
        raised(lambda: listed(d.from_generator(lambda: iter([[1]]), output_signature=spec))),
        raised(
            lambda: listed(d.from_generator(lambda: (1 // 0 for _ in [1]), output_signature=spec))
        ),
    )


def stages(tf):
    d = tf.data.Dataset.range(7)
    return (
        listed(d.map(lambda x: (x, [x, x]))),
        listed(d.map(lambda x: {"a": x, "b": (x * 2, 1.0)})),
        listed(d.filter(lambda x: x % 2 == 0)),
        listed(d.flat_map(lambda x: tf.data.Dataset.range(x).map(lambda y: y * x))),
        listed(d.batch(3)),
        listed(d.batch(3, drop_remainder=True)),
        listed(d.batch(3).unbatch()),
        listed(d.take(2).concatenate(d.skip(5)).repeat(2)),
        listed(d.enumerate(start=3)),
        listed(tf.data.Dataset.zip((d, d.batch(2), {"c": d.skip(1)}))),
        listed(d.cache().prefetch(2).take(3)),
        listed(d.take(-1)),
        listed(d.skip(-1)),
        listed(d.repeat(0)),
        listed(d.map(lambda x, f=tf.square: f(x), num_parallel_calls=tf.data.AUTOTUNE)),
    )


def types(tf):
    d = tf.data.Dataset.range(7)
    rows = tf.data.Dataset.from_tensor_slices(np.ones((4, 2)))
    wider = rows.concatenate(tf.data.Dataset.from_tensor_slices(np.ones((4, 3))))
    return [
        repr(x.element_spec)
        for x in (
            d.batch(2), d.batch(2, True), d.map(lambda x: (x, [x, x])), wider, rows.batch(2).unbatch(),
            d.enumerate(), tf.data.Dataset.zip({"a": d}), d.map(lambda x: tf.data.Dataset.range(x)),
        )
    ]  # fmt: skip


def sizes(tf):
    d = tf.data.Dataset.range(5)
    made = (
        d, d.batch(2), d.batch(2, True), d.repeat(), d.repeat(3), d.repeat(0), d.take(3), d.skip(9),
        d.concatenate(d), tf.data.Dataset.zip((d, d.repeat())), d.map(lambda x: x),
        d.filter(lambda x: x > 1), d.flat_map(lambda x: tf.data.Dataset.range(3)), d.shuffle(2),
        d.repeat().take(3), d.concatenate(d.repeat()), d.repeat().batch(2), d.unbatch,
    )  # fmt: skip
    return [x.cardinality() for x in made[:-1]], len(d), raised(lambda: len(d.repeat()))


def shuffles(tf):
    tf.random.set_seed(5)
    d = tf.data.Dataset.range(20)
    found = [listed(d.shuffle(n)) for n in (1, 3, 20, 100)]
    twice = d.shuffle(7, seed=3)
    found += [listed(twice), listed(twice)]
    fixed = d.shuffle(7, seed=3, reshuffle_each_iteration=False)
    found += [listed(fixed), listed(fixed)]
    for chain in (
        d.shuffle(9).repeat(2), d.shuffle(9).batch(6).repeat(2), d.repeat(2).shuffle(9).batch(7),
        d.shuffle(9).take(4).repeat(3), d.shuffle(9).prefetch(1).repeat(2), d.shuffle(30).map(lambda x: x),
    ):  # fmt: skip
        found += [listed(chain), listed(chain)]
    return found


def random_maps(tf):
    tf.random.set_seed(5)
    d = tf.data.Dataset.range(3).map(lambda x: tf.random.uniform([]))
    shuffled = tf.data.Dataset.range(2).map(lambda x: tf.random.shuffle(tf.range(6)))
    return listed(d), listed(d), listed(d.repeat(2)), listed(shuffled)


def iterators(tf):
    it = iter(tf.data.Dataset.range(4))
    first = next(it), it.get_next(), it.get_next_as_optional().get_value(), next(it)
    return (
        first,
        raised(lambda: next(it)),
        raised(it.get_next),
        it.get_next_as_optional().has_value(),
        repr(it.element_spec),
        isinstance(it, tf.data.Iterator),
        repr(tf.type_spec_from_value(it)),
    )


def iterator_in_function(tf):
    it = iter(tf.data.Dataset.from_tensor_slices(([1.0, 2.0, 3.0], [1, 2, 3])))

    @tf.function
    def given(iterator):
        x, y = iterator.get_next()
        return x * 2.0, y + 1

    @tf.function
    def captured():
        optional = it.get_next_as_optional()
        return optional.has_value()

    return given(it), given(it), captured(), captured(), raised(lambda: given(it))


def dataset_in_function(tf):
    @tf.function
    def total(dataset):
        return dataset.reduce(tf.constant(0, tf.int64), lambda a, b: a + b), next(iter(dataset))

    @tf.function
    def made(x, factor):
        d = tf.data.Dataset.from_tensor_slices(x).map(lambda v: v * factor).batch(2)
        return d.reduce(0.0, lambda a, b: a + tf.reduce_sum(b))

    return total(tf.data.Dataset.range(1, 6)), made(tf.constant([1.0, 2.0, 3.0]), tf.constant(3.0))


def variables_in_maps(tf):
    v = tf.Variable(10, dtype=tf.int64)
    d = tf.data.Dataset.range(2).map(lambda x: x + v)
    first = listed(d)
    v.assign(20)
    return first, listed(d)


def composites(tf):
    ragged = tf.ragged.constant([[1], [2, 3], []])
    sparse = tf.sparse.from_dense([[0, 1], [2, 0]])
    d = tf.data.Dataset
    return (
        list(d.from_tensor_slices(ragged)),
        list(d.from_tensor_slices(ragged).batch(2)),
        list(d.from_tensor_slices(sparse)),
        list(d.from_tensor_slices(sparse).batch(2)),
        list(d.from_tensors(sparse).map(lambda s: tf.sparse.to_dense(s) * 2)),
        repr(d.from_tensor_slices(sparse).batch(2).element_spec),
        repr(d.from_tensor_slices(ragged).element_spec),
    )


def options(tf):
    o = tf.data.Options()
    o.deterministic = True
    o.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    d = tf.data.Dataset.range(2).with_options(o).map(lambda x: x)
    return (
        d.options().deterministic,
        d.options().experimental_distribute.auto_shard_policy.name,
        d.options().autotune.enabled,
        o == tf.data.Options(),
        raised(lambda: setattr(o, "deterministic", 3)),
        raised(lambda: setattr(o, "foo", 3)),
    )


def asserted(tf):
    d = tf.data.Dataset.range(5)
    claim = tf.data.experimental.assert_cardinality
    return (
        listed(d.apply(claim(5))),
        raised(lambda: listed(d.apply(claim(6)))),
        raised(lambda: listed(d.apply(claim(4)))),
        tf.data.experimental.cardinality(d),
        d.filter(lambda x: x > 1).apply(claim(3)).cardinality(),
        raised(lambda: d.apply(lambda x: 3)),
    )


def optionals_in_functions(tf):
    optional = tf.experimental.Optional

    @tf.function
    def give(x):
        return optional.from_value({"a": x * 2, "b": (x, 1)})

    @tf.function
    def take(o):
        return o.has_value(), o.get_value()["a"] + 1

    @tf.function
    def choose(x):
        none = tf.TensorSpec([], tf.float32)
        o = tf.cond(x > 0, lambda: optional.from_value(x), lambda: optional.empty(none))
        return tf.cond(o.has_value(), lambda: o.get_value(), lambda: -1.0)

    @tf.function
    def loop(x):
        last = optional.empty(None)

        def body(i, o):
            found = optional.from_value(x * tf.cast(i, tf.float32))
            last._element_spec = found.element_spec
            return i + 1, found

        _, found = tf.while_loop(lambda i, o: i < 3, body, [tf.constant(0), last])
        found._element_spec = last.element_spec
        return found

    given = give(tf.constant([1.0, 2.0]))
    return (
        given.get_value(),
        repr(given.element_spec),
        take(given),
        [choose(tf.constant(v)) for v in (3.0, -3.0)],
        loop(tf.constant([1.0, 2.0])).get_value(),
    )


def _bad(call):
    return Case("data.Dataset", call, bad=True)


CASES = [
    Case("data.Dataset", ranges),
    Case("data.Dataset", sources),
    Case("data.Dataset", generated),
    Case("data.Dataset", stages),
    Case("data.Dataset", types),
    Case("data.Dataset", sizes),
    Case("data.Dataset", shuffles),
    Case("data.Dataset", random_maps),
    Case("data.Iterator", iterators),
    Case("data.Iterator", iterator_in_function),
    Case("data.DatasetSpec", dataset_in_function),
    Case("data.Dataset", variables_in_maps),
    Case("data.Dataset", composites),
    Case("data.Options", options),
    Case("data.experimental.assert_cardinality", asserted),
    Case("data.experimental.cardinality", lambda tf: tf.data.experimental.cardinality(tf.data.Dataset.range(3))),
    Case("data.DatasetSpec", lambda tf: repr(tf.type_spec_from_value(tf.data.Dataset.range(3)))),
    Case("data.IteratorSpec", lambda tf: repr(tf.data.IteratorSpec(tf.TensorSpec([2])))),
    Case("data.NumpyIterator", lambda tf: next(tf.data.NumpyIterator(tf.data.Dataset.range(3)))),
    Case("data.AUTOTUNE", lambda tf: [tf.data.AUTOTUNE, tf.data.INFINITE_CARDINALITY, tf.data.UNKNOWN_CARDINALITY]),
    Case("experimental.Optional", optionals_in_functions),
    _bad(lambda tf: tf.data.Dataset.range()),
    _bad(lambda tf: tf.data.Dataset.from_tensors(None)),
    _bad(lambda tf: tf.data.Dataset.from_tensor_slices(3)),
    _bad(lambda tf: tf.data.Dataset.from_tensor_slices(([1, 2], [1]))),
    _bad(lambda tf: tf.data.Dataset.from_generator(3, tf.int32)),
    _bad(lambda tf: tf.data.Dataset.zip(1)),
    _bad(lambda tf: tf.data.Dataset.range(3).map(lambda x: None)),
    _bad(lambda tf: tf.data.Dataset.range(3).map(lambda x, y: x)),
    _bad(lambda tf: tf.data.Dataset.range(3).filter(lambda x: x)),
    _bad(lambda tf: tf.data.Dataset.range(3).concatenate(tf.data.Dataset.from_tensors(1.0))),
    _bad(lambda tf: tf.data.Dataset.range(3).batch(0)),
    _bad(lambda tf: tf.data.Dataset.range(3).shuffle(0)),
    _bad(lambda tf: tf.data.Dataset.range(3).prefetch(-5)),
    _bad(lambda tf: tf.data.Dataset.range(3).with_options(3)),
    _bad(lambda tf: listed(tf.data.Dataset.range(1, 3).flat_map(lambda n: tf.data.Dataset.from_tensors(tf.range(n))).batch(2))),
    _bad(lambda tf: listed(tf.data.Dataset.range(3).map(lambda x: 1 // x))),
    _bad(lambda tf: tf.data.Dataset.range(2).get_single_element()),
]  # fmt: skip
