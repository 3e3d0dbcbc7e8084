"""What cases of datasets share: how one is looked at, and a few to start from."""

import collections

from cases.form import Case, bad

Point = collections.namedtuple("Point", "a b")


def elements(dataset):
    """What a dataset gives, how many elements it says it has, and of what type they are."""
    return [
        list(dataset.as_numpy_iterator()),
        int(dataset.cardinality()),
        str(dataset.element_spec),
    ]


def values(dataset):
    return list(dataset.as_numpy_iterator())


def outcomes(iterator, count):
    """The results of so many calls: elements, or the classes of errors."""
    found = []
    for _ in range(count):
        try:
            found.append(next(iterator))
        except Exception as error:
            found.append(type(error).__name__)
    return found


def D(tf):
    return tf.data.Dataset


def case(symbol, build, id=None):
    return Case(f"data.Dataset{symbol}", lambda tf: elements(build(tf, tf.data.Dataset)), id=id)


def wrong(symbol, build, id=None):
    def run(tf):
        dataset = build(tf, tf.data.Dataset)
        return list(dataset) if isinstance(dataset, tf.data.Dataset) else dataset

    return bad(f"data.Dataset{symbol}", run, id=id)


def filled(tf, D):
    """Vectors of lengths 1, 2 and 3."""
    return D.range(1, 4).map(fill_with(tf))


def fill_with(tf):
    def fill(x):
        return tf.fill([x], x)

    return fill


def from_values(items, **kwargs):
    def build(tf, D):
        return D.from_generator(lambda: iter(items), **{k: v(tf) for k, v in kwargs.items()})

    return build


def int_spec(*dims):
    return lambda tf: tf.TensorSpec(list(dims), tf.int32)
