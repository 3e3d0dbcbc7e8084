"""Random numbers: seed rules, distributions, stateless ops, generators; all bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.form import Case

FLOATS = ("float16", "bfloat16", "float32", "float64")


def seeded(draw: Any, seed: Any = 1234) -> Any:
    """A program that sets the global seed first."""

    def run(tf: Any) -> Any:
        tf.random.set_seed(seed)
        return draw(tf)

    run.__code__ = run.__code__.replace(co_name=f"seeded_{seed}")
    return run


CASES: list[Case] = []


def add(symbol: str, draw: Any, seed: Any = 1234, **options: Any) -> None:
    CASES.append(Case(symbol, seeded(draw, seed), exact=True, **options))


def bad(symbol: str, run: Any) -> None:
    CASES.append(Case(symbol, run, bad=True))


# The seed rules.

for _seed in (0, 1, 5, -5, 2**31 - 1, 2**31, 2**40, 2**63, 3.7, True, np.int64(7)):
    add("random.set_seed", lambda tf: [tf.random.uniform([3]) for _ in range(3)], _seed)
add(
    "random.set_seed",
    lambda tf: [tf.random.normal([2]), tf.random.uniform([2]), tf.random.shuffle([1, 2, 3])],
)
add("random.set_seed", lambda tf: [tf.random.uniform([2], seed=7) for _ in range(3)])
add("random.set_seed", lambda tf: [tf.random.uniform([2], seed=7) for _ in range(3)], None)
add("random.set_seed", lambda tf: [tf.random.uniform([2], seed=0) for _ in range(2)], 0)
add(
    "random.set_seed",
    lambda tf: [tf.random.uniform([2], seed=s) for s in (-7, 2**40, 2**31 - 1, 1.5, True)],
)


def _interleaved(tf: Any) -> Any:
    out = [tf.random.uniform([2]) for _ in range(2)]
    out += [tf.random.uniform([2], seed=7), tf.random.normal([2], seed=7)]
    out += [tf.random.uniform([2], seed=7, dtype=tf.float64), tf.random.uniform([2])]
    out += [tf.random.uniform(tf.constant([2], tf.int64), seed=7), tf.random.uniform([5], seed=7)]
    tf.random.set_seed(1234)
    return [*out, tf.random.uniform([2]), tf.random.uniform([2], seed=7)]


add("random.set_seed", _interleaved)
add("random.set_seed", lambda tf: [tf.nn.dropout(tf.ones([9]), 0.0), tf.random.uniform([2])])
add("random.set_seed", lambda tf: [tf.nn.dropout(tf.ones([9]), 0.5), tf.random.uniform([2])])
add(
    "random.set_seed", lambda tf: [tf.nn.dropout(tf.ones([9]), 0.0, seed=1), tf.random.uniform([2])]
)
add(
    "random.set_seed",
    lambda tf: [
        tf.random.categorical([[0.0, 1.0]], 3),
        tf.random.gamma([2], 1.5),
        tf.random.poisson([2], 3.0),
    ],
)
bad("random.set_seed", lambda tf: (tf.random.set_seed("a"), tf.random.uniform([1])))
bad("random.set_seed", lambda tf: (tf.random.set_seed([1]), tf.random.uniform([1])))

# Uniform, normal, truncated normal.

for _name in ("uniform", "normal", "truncated_normal"):
    for _dtype in FLOATS:
        add(
            f"random.{_name}",
            lambda tf, n=_name, d=_dtype: [
                getattr(tf.random, n)([k], dtype=d, seed=3) for k in (1, 2, 7, 203)
            ],
        )
    for _shape in (
        [],
        [0],
        [2, 0, 3],
        [2, 3],
        [1, 1],
        (2,),
        np.array([3]),
        np.array([2, 2], np.int64),
    ):
        add(f"random.{_name}", lambda tf, n=_name, s=_shape: getattr(tf.random, n)(s))
    add(f"random.{_name}", lambda tf, n=_name: getattr(tf.random, n)(tf.TensorShape([2, 3])))
    add(
        f"random.{_name}",
        lambda tf, n=_name: getattr(tf.random, n)(tf.constant([3], tf.int64), seed=2),
    )
    add(f"random.{_name}", lambda tf, n=_name: getattr(tf.random, n)([40_000], seed=2)[-3:])
    for _wrong in (
        3,
        -1,
        [-1],
        [1.5],
        "a",
        None,
        [None],
        [[2]],
        [2**40, 2**40],
        np.array([2], np.uint8),
    ):
        bad(f"random.{_name}", lambda tf, n=_name, s=_wrong: getattr(tf.random, n)(s))
    for _wrong in ("int32", "bool", "complex64", "string", "int8", "nonsense"):
        if (_name, _wrong) != ("uniform", "nonsense"):
            bad(
                f"random.{_name}", lambda tf, n=_name, d=_wrong: getattr(tf.random, n)([2], dtype=d)
            )
    for _wrong in ("a", [1]):
        bad(f"random.{_name}", lambda tf, n=_name, s=_wrong: getattr(tf.random, n)([2], seed=s))

for _name in ("normal", "truncated_normal"):
    for _dtype in FLOATS:
        add(
            f"random.{_name}", lambda tf, n=_name, d=_dtype: getattr(tf.random, n)([9], 3.0, 0.7, d)
        )
    add(
        f"random.{_name}",
        lambda tf, n=_name: getattr(tf.random, n)([2, 2], [0.0, 10.0], [[1.0], [5.0]]),
    )
    add(f"random.{_name}", lambda tf, n=_name: getattr(tf.random, n)([3], mean=1, stddev=2))
    add(f"random.{_name}", lambda tf, n=_name: getattr(tf.random, n)([3], stddev=tf.constant(0.0)))
    bad(f"random.{_name}", lambda tf, n=_name: getattr(tf.random, n)([3], mean=[1.0, 2.0]))
    bad(
        f"random.{_name}",
        lambda tf, n=_name: getattr(tf.random, n)([3], mean=tf.constant(1.0, tf.float64)),
    )
    bad(f"random.{_name}", lambda tf, n=_name: getattr(tf.random, n)([3], stddev=None))


def _through_mean(tf: Any) -> Any:
    tf.random.set_seed(1)
    mean, deviation = tf.constant(2.0), tf.constant([3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch([mean, deviation])
        y = tf.random.normal([2], mean, deviation)
    return tape.gradient(y, [mean, deviation])


CASES.append(Case("random.normal", _through_mean, exact=True))

for _dtype in FLOATS:
    add("random.uniform", lambda tf, d=_dtype: tf.random.uniform([9], -3, 5, d))
    add("random.uniform", lambda tf, d=_dtype: tf.random.uniform([9], maxval=0.1, dtype=d))
for _dtype in ("int32", "int64"):
    _least, _most = np.iinfo(_dtype).min, np.iinfo(_dtype).max
    for _low, _high in ((0, 10), (-5, 7), (0, 1), (_least, _most), (0, _most), (-1, 0)):
        add(
            "random.uniform", lambda tf, d=_dtype, a=_low, b=_high: tf.random.uniform([11], a, b, d)
        )
add("random.uniform", lambda tf: tf.random.uniform([0], 5, 5, tf.int32))
add("random.uniform", lambda tf: tf.random.uniform([2, 2], [0.0, 10.0], [1.0, 20.0]))
add("random.uniform", lambda tf: tf.random.uniform([2], 5.0, 3.0))
add("random.uniform", lambda tf: tf.random.uniform([2], 0.0, 1.0))
for _run in (
    lambda tf: tf.random.uniform([2], dtype=tf.int32),
    lambda tf: tf.random.uniform([2], 5, 5, tf.int32),
    lambda tf: tf.random.uniform([2], 5, 3, tf.int64),
    lambda tf: tf.random.uniform([2], [0, 1], [3, 4], tf.int32),
    lambda tf: tf.random.uniform([2], maxval=3, dtype=tf.uint32),
    lambda tf: tf.random.uniform([2], 0.5, 3, tf.int32),
    lambda tf: tf.random.uniform([2], None, 1.0),
    lambda tf: tf.random.uniform([2], "a", "b"),
    lambda tf: tf.random.uniform([3], [0.0, 1.0]),
):
    bad("random.uniform", _run)

# Shuffle and categorical.

for _value in (
    [1, 2, 3, 4, 5], [[1, 2], [3, 4], [5, 6]], 3.5, [True, False, True], ["a", "b", "c"], [7], [],
    np.zeros((0, 2)), np.zeros((3, 0)), np.arange(40.0).reshape(20, 2, 1),
):  # fmt: skip
    add("random.shuffle", lambda tf, v=_value: [tf.random.shuffle(v, seed=2) for _ in range(3)])
add("random.shuffle", lambda tf: tf.random.shuffle(tf.range(1000))[:20])
bad("random.shuffle", lambda tf: tf.random.shuffle([[1], [2, 3]]))

_LOGITS = np.log(np.arange(1, 8))
_TABLE = np.stack([_LOGITS, _LOGITS[::-1], np.zeros(7)])
for _dtype in FLOATS:
    add(
        "random.categorical",
        lambda tf, d=_dtype: [
            tf.random.categorical(tf.cast(_TABLE, d), n, seed=2) for n in (1, 2, 5, 100, 5)
        ],
    )
add("random.categorical", lambda tf: tf.random.categorical([[0.0, 1.0]], 3, dtype=tf.int32))
add("random.categorical", lambda tf: tf.random.categorical([[0.0, 1.0]], tf.constant(3)))
add("random.categorical", lambda tf: tf.random.categorical(tf.zeros([64, 10]), 1))
_odd = np.array([[np.nan, 1, 2], [-np.inf, 1, -np.inf], [np.inf, 0, 1], [-np.inf] * 3], np.float32)
add("random.categorical", lambda tf: tf.random.categorical(_odd, 9))
add(
    "random.categorical",
    lambda tf: [tf.random.categorical([[0.0, 1.0]], 0), tf.random.categorical(tf.zeros([0, 2]), 1)],
)
for _run in (
    lambda tf: tf.random.categorical([0.0, 1.0], 3),
    lambda tf: tf.random.categorical([[0.0, 1.0]], -1),
    lambda tf: tf.random.categorical(tf.zeros([2, 0]), 1),
    lambda tf: tf.random.categorical([[0.0, 1.0]], 3, dtype=tf.float32),
    lambda tf: tf.random.categorical([[0.0, 1.0]], 1.5),
    lambda tf: tf.random.categorical([[0.0, 1.0]], [3]),
    lambda tf: tf.random.categorical([[0.0, 1.0]], tf.constant(3, tf.int64)),
    lambda tf: tf.random.categorical([["a"]], 3),
):
    bad("random.categorical", _run)

# Gamma and Poisson.

for _dtype in ("float16", "float32", "float64"):
    add(
        "random.gamma",
        lambda tf, d=_dtype: [
            tf.random.gamma([n], [0.3, 1.0, 2.5, 10.0], dtype=d, seed=2) for n in (1, 5, 100, 5)
        ],
    )
    add(
        "random.poisson",
        lambda tf, d=_dtype: [
            tf.random.poisson([n], tf.constant([0.0, 0.3, 9.9, 10.0, 55.5], d), seed=2)
            for n in (1, 5, 100, 5)
        ],
    )
add("random.gamma", lambda tf: tf.random.gamma([3], [1.5, 2.0], [[1.0], [2.0], [5.0]]))
add(
    "random.gamma",
    lambda tf: [
        tf.random.gamma([], 2),
        tf.random.gamma([2], -1.0),
        tf.random.gamma([2], 0.0),
        tf.random.gamma([2], tf.zeros([0])),
    ],
)
add("random.gamma", lambda tf: tf.random.gamma([2, 3], 500.0))
for _run in (
    lambda tf: tf.random.gamma([2], 2, dtype=tf.int32),
    lambda tf: tf.random.gamma([2], 2.0, dtype=tf.bfloat16),
    lambda tf: tf.random.gamma([-2], 2.0),
    lambda tf: tf.random.gamma(3, 2.0),
    lambda tf: tf.random.gamma([2], [1.0, 2.0], [1.0, 2.0, 3.0]),
    lambda tf: tf.random.gamma([2], "a"),
    lambda tf: tf.random.gamma([2], tf.constant(2.0, tf.float64)),
):
    bad("random.gamma", _run)


def _through_gamma(tf: Any) -> Any:
    tf.random.set_seed(1)
    alpha, beta = tf.constant([0.3, 1.0, 2.5, 10.0, 80.0]), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch([alpha, beta])
        y = tf.random.gamma([50], alpha, beta)
    return tape.gradient(y, [alpha, beta])


def _through_stateless_gamma(tf: Any) -> Any:
    alpha = tf.constant([[0.3], [4.0]])
    with tf.GradientTape() as tape:
        tape.watch(alpha)
        y = tf.random.stateless_gamma([20, 2, 3], [1, 2], alpha, [1.0, 2.0, 3.0])
    return tape.gradient(y, alpha)


CASES.append(Case("random.gamma", _through_gamma, rtol=1e-4))
CASES.append(Case("random.stateless_gamma", _through_stateless_gamma, rtol=1e-4))

for _dtype in ("float16", "float32", "float64", "int32", "int64"):
    add("random.poisson", lambda tf, d=_dtype: tf.random.poisson([5], [3.0, 30.0], d))
add(
    "random.poisson",
    lambda tf: [
        tf.random.poisson([2], 3),
        tf.random.poisson([2], -3.0),
        tf.random.poisson([2], np.inf),
        tf.random.poisson([0], 1.0),
    ],
)
for _run in (
    lambda tf: tf.random.poisson([2], 3.0, tf.bfloat16),
    lambda tf: tf.random.poisson([2], 3.0, tf.uint8),
    lambda tf: tf.random.poisson(2, 3.0),
    lambda tf: tf.random.poisson([-2], 3.0),
    lambda tf: tf.random.poisson([2], "a"),
):
    bad("random.poisson", _run)

# Stateless ops.

SEEDS = ([0, 0], [1, 2], [-5, 2**31 - 1], np.array([2**40, -(2**63)]))
for _seed in SEEDS:
    for _dtype in FLOATS:
        for _name in ("uniform", "normal", "truncated_normal"):
            add(
                f"random.stateless_{_name}",
                lambda tf, n=_name, d=_dtype, s=_seed: getattr(tf.random, f"stateless_{n}")(
                    [2, 51], s, dtype=d
                ),
            )
    for _dtype in ("int32", "int64", "uint32", "uint64"):
        add(
            "random.stateless_uniform",
            lambda tf, d=_dtype, s=_seed: tf.random.stateless_uniform([7], s, None, None, d),
        )
    for _dtype in ("int32", "int64"):
        add(
            "random.stateless_uniform",
            lambda tf, d=_dtype, s=_seed: tf.random.stateless_uniform([7], s, -3, 1000, d),
        )
    add(
        "random.stateless_categorical",
        lambda tf, s=_seed: tf.random.stateless_categorical(tf.cast(_TABLE, tf.float32), 9, s),
    )
    add("random.split", lambda tf, s=_seed: [tf.random.split(s), tf.random.split(s, 5)])
    add("random.fold_in", lambda tf, s=_seed: [tf.random.fold_in(s, 3), tf.random.fold_in(s, -3)])
    add(
        "random.experimental.stateless_shuffle",
        lambda tf, s=_seed: tf.random.experimental.stateless_shuffle(tf.range(30), s),
    )
for _name in ("uniform", "normal", "truncated_normal"):
    for _alg in ("philox", "auto_select", 1, 3, None):
        add(
            f"random.stateless_{_name}",
            lambda tf, n=_name, a=_alg: getattr(tf.random, f"stateless_{n}")([3], [1, 2], alg=a),
        )
    add(
        f"random.stateless_{_name}",
        lambda tf, n=_name: getattr(tf.random, f"stateless_{n}")(
            [3], [1, 2], alg=tf.random.Algorithm.PHILOX
        ),
    )
    for _alg in ("threefry", "xx", 2, 7, 1.5):
        bad(
            f"random.stateless_{_name}",
            lambda tf, n=_name, a=_alg: getattr(tf.random, f"stateless_{n}")([3], [1, 2], alg=a),
        )
    for _wrong in ([1], [1, 2, 3], 1, [1.0, 2.0], None, [[1, 2]]):
        bad(
            f"random.stateless_{_name}",
            lambda tf, n=_name, s=_wrong: getattr(tf.random, f"stateless_{n}")([3], s),
        )
    for _wrong in (2, [-1], [1.5], None):
        bad(
            f"random.stateless_{_name}",
            lambda tf, n=_name, s=_wrong: getattr(tf.random, f"stateless_{n}")(s, [1, 2]),
        )
    for _wrong in ("bool", "int8", "complex64"):
        bad(
            f"random.stateless_{_name}",
            lambda tf, n=_name, d=_wrong: getattr(tf.random, f"stateless_{n}")(
                [2], [1, 2], dtype=d
            ),
        )
    for _seed in (np.array([1, 2], np.uint32), np.array([1, 2], np.int8), (1, 2), range(2)):
        add(
            f"random.stateless_{_name}",
            lambda tf, n=_name, s=_seed: getattr(tf.random, f"stateless_{n}")([3], s),
        )
for _name in ("normal", "truncated_normal"):
    add(
        f"random.stateless_{_name}",
        lambda tf, n=_name: getattr(tf.random, f"stateless_{n}")([2, 2], [1, 2], [1.0, 5.0], 3.0),
    )
add(
    "random.stateless_uniform",
    lambda tf: tf.random.stateless_uniform([5], [1, 2], -1.0, [1, 2, 3, 4, 5]),
)
for _run in (
    lambda tf: tf.random.stateless_uniform([2], [1, 2], dtype=tf.int32),
    lambda tf: tf.random.stateless_uniform([2], [1, 2], None, 10, tf.int32),
    lambda tf: tf.random.stateless_uniform([2], [1, 2], 0, 10, tf.uint32),
    lambda tf: tf.random.stateless_uniform([2], [1, 2], 5, 5, tf.int32),
    lambda tf: tf.random.stateless_uniform([2], [1, 2], minval=None),
    lambda tf: tf.random.split([1], 2),
    lambda tf: tf.random.split([1, 2], -1),
    lambda tf: tf.random.split(tf.constant([1, 2], tf.uint32)),
    lambda tf: tf.random.stateless_normal([2], tf.constant([1, 2], tf.uint32)),
    lambda tf: tf.random.fold_in([1, 2], 1.5),
    lambda tf: tf.random.fold_in([1, 2], [1, 2]),
    lambda tf: tf.random.stateless_categorical([0.0, 1.0], 3, [1, 2]),
    lambda tf: tf.random.stateless_categorical([[0.0, 1.0]], 3, [1]),
    lambda tf: tf.random.stateless_categorical([[0.0, 1.0]], 3, [1, 2], tf.float32),
    lambda tf: tf.random.experimental.stateless_shuffle([1, 2], [1]),
):
    bad("random.stateless_uniform", _run)
add(
    "random.fold_in",
    lambda tf: [
        tf.random.fold_in([1, 2], tf.constant(2**40)),
        tf.random.fold_in(np.array([1, 2]), 5),
    ],
)
add(
    "random.split",
    lambda tf: [
        tf.random.split([1, 2], tf.constant(2)),
        tf.random.split([1, 2], 0),
        tf.random.split([1, 2], 2, "philox"),
    ],
)
add(
    "random.experimental.stateless_shuffle",
    lambda tf: [
        tf.random.experimental.stateless_shuffle(v, [3, 4])
        for v in (3, [7], [[1, 2], [3, 4], [5, 6]], ["a", "b"])
    ],
)

_COUNTS, _PROBS = [1.0, 5.0, 20.0, 100.0, 1000.0, 50.0], [0.3, 0.5, 0.9, 0.01, 0.4, 0.6]
for _dtype in ("float16", "float32", "float64"):
    add(
        "random.stateless_gamma",
        lambda tf, d=_dtype: tf.random.stateless_gamma(
            [30, 4], [1, 2], [0.3, 1.0, 2.5, 10.0], [1.0, 2.0, 3.0, 4.0], d
        ),
    )
    add(
        "random.stateless_poisson",
        lambda tf, d=_dtype: tf.random.stateless_poisson(
            [30, 5], [1, 2], tf.constant([0.0, 0.3, 9.9, 10.0, 55.5], d)
        ),
    )
    add(
        "random.stateless_poisson",
        lambda tf, d=_dtype: tf.random.stateless_poisson([5, 2], [1, 2], [3.0, 30.0], d),
    )
    add(
        "random.stateless_binomial",
        lambda tf, d=_dtype: tf.random.stateless_binomial(
            [30, 6], [1, 2], tf.constant(_COUNTS, d), tf.constant(_PROBS, d)
        ),
    )
    add(
        "random.stateless_binomial",
        lambda tf, d=_dtype: tf.random.stateless_binomial([5], [1, 2], 5.0, 0.5, d),
    )
add(
    "random.stateless_gamma",
    lambda tf: [
        tf.random.stateless_gamma([], [1, 2], 2.0),
        tf.random.stateless_gamma([2], [1, 2], -1.0),
        tf.random.stateless_gamma([3, 2], [1, 2], [1.0, 2.0], [[3.0], [4.0], [5.0]]),
    ],
)
add(
    "random.stateless_poisson",
    lambda tf: [
        tf.random.stateless_poisson([2], [1, 2], 3),
        tf.random.stateless_poisson([2], [1, 2], -3.0),
        tf.random.stateless_poisson([0], [1, 2], 1.0),
    ],
)
add(
    "random.stateless_binomial",
    lambda tf: [
        tf.random.stateless_binomial([6], [1, 2], n, p)
        for n, p in ((5, 0.5), (5.0, 1.0), (5.0, 0.0), (5, 1), (2.5, 0.7), (40.5, 0.3))
    ],
)
add(
    "random.stateless_binomial",
    lambda tf: tf.random.stateless_binomial(
        [4, 3, 2], [1, 2], [[5.0], [6.0], [7.0]], [0.5, 0.2], tf.int64
    ),
)
for _run in (
    lambda tf: tf.random.stateless_gamma([3], [1, 2], [1.0, 2.0]),
    lambda tf: tf.random.stateless_gamma([2], [1, 2], 1.5, dtype=tf.bfloat16),
    lambda tf: tf.random.stateless_gamma([2], [1, 2], 2, dtype=tf.int32),
    lambda tf: tf.random.stateless_gamma([2], [1, 2], tf.constant(2.0, tf.float64)),
    lambda tf: tf.random.stateless_gamma([2], [1], 2.0),
    lambda tf: tf.random.stateless_poisson([3], [1, 2], [3.0, 30.0]),
    lambda tf: tf.random.stateless_poisson([2], [1, 2], 3.0, tf.bfloat16),
    lambda tf: tf.random.stateless_poisson([2], [1], 3.0),
    lambda tf: tf.random.stateless_binomial([3], [1, 2], [5.0, 6.0], 0.5),
    lambda tf: tf.random.stateless_binomial([2], [1, 2], tf.constant(5), tf.constant(0.5)),
    lambda tf: tf.random.stateless_binomial([2], [1, 2], tf.constant(5), tf.constant(1)),
    lambda tf: tf.random.stateless_binomial([2], [1], 5.0, 0.5),
):
    bad("random.stateless_binomial", _run)
