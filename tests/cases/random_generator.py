"""`tf.random.Generator`: states, streams, splits; bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.form import Case
from cases.random import FLOATS, seeded

CASES: list[Case] = []


def add(symbol: str, draw: Any, seed: Any = 1234, **options: Any) -> None:
    CASES.append(Case(symbol, seeded(draw, seed), exact=True, **options))


def bad(symbol: str, run: Any) -> None:
    CASES.append(Case(symbol, run, bad=True))


# Generators.


def _of(make: Any) -> Any:
    """State and algorithm of a generator."""

    def run(tf: Any) -> Any:
        g = make(tf.random.Generator)
        return [g.state, g.algorithm]

    return run


for _seed in (
    0,
    1234,
    -1,
    -5,
    2**63,
    2**64 - 1,
    2**64 + 5,
    2**70 + 3,
    -(2**63),
    -(2**64),
    2**200,
    [1, 2],
    [1, 2, 3],
    [1, 2, 3, 4, 5],
    1.5,
    np.int32(7),
    np.array([7, 8], np.uint8),
):
    CASES.append(Case("random.Generator", _of(lambda g, s=_seed: g.from_seed(s))))
for _alg in ("philox", "threefry", "auto_select", 1, 2, 3, None):
    CASES.append(Case("random.Generator", _of(lambda g, a=_alg: g.from_seed(5, alg=a))))
for _make in (
    lambda g: g.from_state([1, 2, 3], "philox"),
    lambda g: g.from_state([1, 2], "threefry"),
    lambda g: g.from_state(np.array([1, 2, 2**64 - 1], np.uint64), "auto_select"),
    lambda g: g.from_key_counter(3, [1, 2], "philox"),
    lambda g: g.from_key_counter(3, [1], "threefry"),
    lambda g: g(copy_from=g.from_seed(3)),
    lambda g: g(state=[1, 2, 3], alg="philox"),
):
    CASES.append(Case("random.Generator", _of(_make)))
for _make in (
    lambda g: g(),
    lambda g: g(state=[1, 2, 3]),
    lambda g: g(copy_from=g.from_seed(3), state=[1, 2, 3]),
    lambda g: g.from_state([1, 2], "philox"),
    lambda g: g.from_state([1, 2, 3], "threefry"),
    lambda g: g.from_key_counter([3], [1, 2], "philox"),
    lambda g: g.from_key_counter(3, 1, "philox"),
    lambda g: g.from_seed(5, alg="xx"),
    lambda g: g.from_seed("a"),
    lambda g: g.from_seed(None),
    lambda g: g.from_seed(1).reset([4, 5]),
    lambda g: g.from_seed(1).reset(5),
    lambda g: g.from_seed(1).normal(3),
    lambda g: g.from_seed(1).normal([-1]),
    lambda g: g.from_seed(1).normal([2], dtype="int32"),
    lambda g: g.from_seed(1).uniform([2], dtype="int32"),
    lambda g: g.from_seed(1).uniform([2], maxval=5, dtype="uint32"),
    lambda g: g.from_seed(1).uniform([2], maxval=5, dtype="int8"),
    lambda g: g.from_seed(1).uniform_full_int([2], dtype="float32"),
    lambda g: g.from_seed(1).binomial([2], counts=5, probs=0.5),
    lambda g: g.from_seed(1).binomial([3], counts=[5.0, 4.0], probs=0.5),
    lambda g: g.from_seed(1).split(-1),
    lambda g: g.from_seed(3, alg="threefry").normal([2]),
    lambda g: g.from_seed(3, alg="threefry").skip(2),
    lambda g: g.from_seed(3, alg="threefry").make_seeds(),
    lambda g: g.from_seed(3, alg="threefry").split(2),
):
    bad("random.Generator", lambda tf, m=_make: m(tf.random.Generator))


def _drawing(draw: Any) -> Any:
    """What a generator draws, twice, and the state after each.

    The state is copied at once: a tensor of it may change in TensorFlow.
    """

    def run(tf: Any) -> Any:
        g = tf.random.Generator.from_state([2**63 - 1, -1, 9], "philox")
        out = [draw(g), g.state.numpy().tolist(), draw(g), g.state.numpy().tolist()]
        g = tf.random.Generator.from_seed(1)
        return [*out, draw(g), g.state.numpy().tolist(), g.key]

    return run


DRAWS: list[Any] = []
for _dtype in FLOATS:
    DRAWS += [
        lambda g, d=_dtype: g.normal([3, 3], dtype=d),
        lambda g, d=_dtype: g.uniform([3], dtype=d),
        lambda g, d=_dtype: g.truncated_normal([11], dtype=d),
        lambda g, d=_dtype: g.normal([3], 5.0, 2.0, d),
        lambda g, d=_dtype: g.uniform([3], 5.0, 20.0, d),
    ]
for _dtype in ("int32", "int64", "uint32", "uint64"):
    DRAWS += [
        lambda g, d=_dtype: g.uniform_full_int([5], d),
        lambda g, d=_dtype: g.uniform([5], minval=None, dtype=d),
    ]
DRAWS += [
    lambda g: g.uniform([5], -3, 100, "int32"),
    lambda g: g.uniform([5], maxval=100, dtype="int64"),
    lambda g: g.normal([]),
    lambda g: g.normal([0]),
    lambda g: g.normal(np.array([2])),
    lambda g: g.normal([2], mean=3.0, stddev=[1.0, 2.0]),
    lambda g: g.truncated_normal([2], mean=3.0, stddev=[1.0, 2.0]),
    lambda g: g.binomial([2], counts=5.0, probs=0.5),
    lambda g: g.binomial([300], counts=np.float64(90), probs=np.float64(0.3)),
    lambda g: g.binomial([3, 2], [1.0, 2.0], [0.3, 0.4], dtype="int64"),
    lambda g: g.binomial([2], counts=5.0, probs=0.5, dtype="float32"),
    lambda g: g.make_seeds(),
    lambda g: g.make_seeds(3),
    lambda g: [[h.state.value(), h.algorithm, h.normal([2])] for h in g.split(2)],
    lambda g: g.split(0),
    lambda g: [g.skip(5), g.skip(-1), g.skip(np.int64(3)), g.skip(2**40)],
    lambda g: [g.reset([4, 5, 6]), g.normal([2])],
    lambda g: [g.reset_from_seed(9), g.normal([2])],
    lambda g: [g.reset_from_key_counter(7, [1, 2]), g.normal([2])],
]
for _draw in DRAWS:
    CASES.append(Case("random.Generator", _drawing(_draw), exact=True))


def _global(tf: Any) -> Any:
    former = tf.random.get_global_generator()
    tf.random.set_global_generator(tf.random.Generator.from_seed(4))
    g = tf.random.get_global_generator()
    out = [g is tf.random.get_global_generator(), g is former, g.normal([2])]
    tf.random.set_seed(1)
    return [*out, tf.random.get_global_generator().state.value(), g.normal([2])]


CASES.append(Case("random.get_global_generator", _global, exact=True))
CASES.append(Case("random.set_global_generator", _global, exact=True))
for _alg in ("philox", "threefry", 1):
    for _seed in (5, [5, 6], -1):
        CASES.append(
            Case(
                "random.create_rng_state",
                lambda tf, a=_alg, s=_seed: tf.random.create_rng_state(s, a),
            )
        )
bad("random.create_rng_state", lambda tf: tf.random.create_rng_state(5, "xx"))
CASES.append(Case("random.Algorithm", lambda tf: [[a.name, a.value] for a in tf.random.Algorithm]))
CASES.append(Case("random.Algorithm", lambda tf: repr(tf.random.Algorithm.PHILOX)))
bad("random.Algorithm", lambda tf: tf.random.Algorithm(7))
