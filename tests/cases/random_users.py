"""What draws random numbers on the way: dropout and initializers."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.form import Case

CASES: list[Case] = []


def add(symbol: str, draw: Any) -> None:
    """A case that sets the global seed first."""

    def run(tf: Any) -> Any:
        tf.random.set_seed(3)
        return draw(tf)

    CASES.append(Case(symbol, run, exact=True))


def bad(symbol: str, run: Any) -> None:
    CASES.append(Case(symbol, run, bad=True))


for _dtype in ("float16", "bfloat16", "float32", "float64"):
    for _rate in (0.5, 0.3, 0.1, 1e-9, 0.999):
        add(
            "nn.dropout",
            lambda tf, d=_dtype, r=_rate: [
                tf.nn.dropout(tf.ones([29], d), r, seed=1),
                tf.nn.dropout(tf.ones([29], d), r),
            ],
        )
for _noise in ([2, 1], [None, 1], [1, 4], (1, 1), [4], [], np.array([2, 1])):
    add(
        "nn.dropout",
        lambda tf, n=_noise: tf.nn.dropout(tf.ones([2, 4]), 0.5, noise_shape=n, seed=1),
    )
add("nn.dropout", lambda tf: tf.nn.dropout(tf.ones([2, 4]), 0.5, tf.constant([2, 1]), seed=1))
add("nn.dropout", lambda tf: tf.nn.dropout(tf.ones([29]), tf.constant(0.3), seed=1))
add(
    "nn.dropout",
    lambda tf: [
        tf.nn.dropout(tf.ones([9]), r)
        for r in (0, 0.0, tf.constant(0.0), tf.constant(1.0), float("nan"), np.float64(0.5))
    ],
)
add(
    "nn.dropout",
    lambda tf: tf.nn.dropout(
        tf.constant([np.nan, -1.0, np.inf, -0.0, -np.inf, 2.0] * 3), 0.5, seed=1
    ),
)
add(
    "nn.dropout",
    lambda tf: [
        tf.nn.dropout([1.0, 2.0], 0.5),
        tf.nn.dropout(1.0, 0.5),
        tf.nn.dropout(tf.zeros([0]), 0.5),
    ],
)
for _run in (
    lambda tf: tf.nn.dropout(tf.ones([8]), 1.0),
    lambda tf: tf.nn.dropout(tf.ones([8]), -0.1),
    lambda tf: tf.nn.dropout(tf.ones([8]), 1.5),
    lambda tf: tf.nn.dropout(tf.ones([8]), True),
    lambda tf: tf.nn.dropout(tf.ones([8]), "a"),
    lambda tf: tf.nn.dropout(tf.ones([8]), None),
    lambda tf: tf.nn.dropout(tf.ones([8]), [0.5]),
    lambda tf: tf.nn.dropout(tf.constant([1, 2]), 0.5),
    lambda tf: tf.nn.dropout(tf.constant([1j]), 0.5),
    lambda tf: tf.nn.dropout(tf.constant([1, 2]), 0.0),
    lambda tf: tf.nn.dropout(tf.ones([8]), tf.constant(0.5, tf.float64)),
    lambda tf: tf.nn.dropout(tf.ones([8]), tf.constant(0)),
    lambda tf: tf.nn.dropout(tf.ones([8]), tf.constant([0.5])),
    lambda tf: tf.nn.dropout(tf.ones([2, 4]), 0.5, noise_shape=[3, 1]),
    lambda tf: tf.nn.dropout(tf.ones([2, 4]), 0.5, noise_shape=[-1, 1]),
    lambda tf: tf.nn.dropout(tf.ones([2, 4]), 0.5, noise_shape=[None]),
    lambda tf: tf.nn.dropout(tf.ones([2, 4]), 0.5, noise_shape="a"),
    lambda tf: tf.nn.dropout(tf.ones([2, 4]), 0.5, noise_shape=[1.5]),
    lambda tf: tf.nn.dropout(tf.ones([2, 4]), 0.5, seed="a"),
    lambda tf: tf.nn.dropout("a", 0.5),
):
    bad("nn.dropout", _run)


def _gradient(tf: Any) -> Any:
    tf.random.set_seed(3)
    x = tf.Variable([1.0, 2.0, 3.0, 4.0] * 4)
    with tf.GradientTape() as tape:
        y = tf.nn.dropout(x, 0.5, seed=1)
    return [y, tape.gradient(y, x)]


def _gradient_of_rate(tf: Any) -> Any:
    tf.random.set_seed(3)
    rate = tf.constant(0.4)
    with tf.GradientTape() as tape:
        tape.watch(rate)
        y = tf.nn.dropout(tf.ones([20]), rate)
    return tape.gradient(y, rate)


CASES.append(Case("nn.dropout", _gradient, exact=True))
CASES.append(Case("nn.dropout", _gradient_of_rate))

for _alg in (None, "philox", "auto_select", 1):
    add(
        "nn.experimental.stateless_dropout",
        lambda tf, a=_alg: tf.nn.experimental.stateless_dropout(
            tf.ones([29]), 0.4, [1, 2], rng_alg=a
        ),
    )
add(
    "nn.experimental.stateless_dropout",
    lambda tf: tf.nn.experimental.stateless_dropout(
        tf.ones([2, 4]), 0.5, [1, 2], noise_shape=[1, 4]
    ),
)
add(
    "nn.experimental.stateless_dropout",
    lambda tf: [
        tf.nn.experimental.stateless_dropout(tf.ones([4]), 0, [1, 2]),
        tf.random.uniform([2]),
    ],
)
for _run in (
    lambda tf: tf.nn.experimental.stateless_dropout(tf.ones([4]), 0.5, [1]),
    lambda tf: tf.nn.experimental.stateless_dropout(tf.ones([4]), 0.5, [1, 2], rng_alg="threefry"),
    lambda tf: tf.nn.experimental.stateless_dropout(tf.ones([4]), 0.5, [1, 2], rng_alg="xx"),
    lambda tf: tf.nn.experimental.stateless_dropout(tf.ones([4]), 1.0, [1, 2]),
    lambda tf: tf.nn.experimental.stateless_dropout(tf.constant([1]), 0.5, [1, 2]),
):
    bad("nn.experimental.stateless_dropout", _run)
_NUMBERS = [0.0, 0.4, 0.5, 0.6, 0.7, 0.1, 0.2, 1.0]
add(
    "nn.experimental.general_dropout",
    lambda tf: tf.nn.experimental.general_dropout(
        tf.ones([8]), 0.5, lambda shape, dtype: tf.constant(_NUMBERS, dtype)
    ),
)
bad(
    "nn.experimental.general_dropout",
    lambda tf: tf.nn.experimental.general_dropout(
        tf.ones([8]), 2.0, lambda shape, dtype: tf.constant(_NUMBERS, dtype)
    ),
)

INITIALIZERS = ("zeros", "ones", "constant", "random_normal", "random_uniform")
for _name in INITIALIZERS:
    symbol = f"{_name}_initializer"
    add(
        symbol,
        lambda tf, s=symbol: [
            getattr(tf, s)()([2, 2]),
            getattr(tf, s)()([2], tf.float64),
            getattr(tf, s)()(tf.TensorShape([2])),
            getattr(tf, s)()((3,), "float16"),
        ],
    )
    add(symbol, lambda tf, s=symbol: getattr(tf, s)().get_config())
    add(symbol, lambda tf, s=symbol: getattr(tf, s).from_config(getattr(tf, s)().get_config())([2]))
    for _dtype in ("int32", "bool", "string", "complex64"):
        if (_name, _dtype) in (
            ("zeros", "int32"),
            ("ones", "int32"),
            ("constant", "int32"),
            ("zeros", "bool"),
            ("ones", "bool"),
            ("zeros", "complex64"),
            ("ones", "complex64"),
            ("constant", "complex64"),
        ):
            add(symbol, lambda tf, s=symbol, d=_dtype: getattr(tf, s)()([2], d))
        else:
            bad(symbol, lambda tf, s=symbol, d=_dtype: getattr(tf, s)()([2], d))
    bad(symbol, lambda tf, s=symbol: getattr(tf, s)()([2], foo=1))
    bad(symbol, lambda tf, s=symbol: getattr(tf, s)()([-1]))
    bad(symbol, lambda tf, s=symbol: getattr(tf, s)()("a"))
    if _name != "constant":
        add(
            symbol,
            lambda tf, s=symbol: getattr(tf, s)()(
                [4, 2], partition_shape=[2, 2], partition_offset=[0, 0]
            ),
        )
        bad(symbol, lambda tf, s=symbol: getattr(tf, s)()([2], None))
    add(
        symbol,
        lambda tf, s=symbol: tf.Variable(getattr(tf, s)()(shape=[2, 3], dtype=tf.float32)).value(),
    )
add(
    "random_normal_initializer",
    lambda tf: [tf.random_normal_initializer(1.0, 2.0, seed=3)([3]) for _ in range(2)],
)
add(
    "random_normal_initializer",
    lambda tf: [
        tf.random_normal_initializer(seed=0)([3], d) for d in (tf.float16, tf.bfloat16, tf.float64)
    ],
)
add(
    "random_normal_initializer",
    lambda tf: tf.random_normal_initializer(1.0, 2.0, seed=3).get_config(),
)
add(
    "random_uniform_initializer",
    lambda tf: [
        tf.random_uniform_initializer(0, 5, seed=2)([3], tf.int32),
        tf.random_uniform_initializer(0, None, seed=2)([3]),
        tf.random_uniform_initializer(seed=2)([3]),
    ],
)
add("random_uniform_initializer", lambda tf: tf.random_uniform_initializer(0, 5)([3], tf.int64))
for _value in ([1, 2, 3, 4], 2.5, (1, 2, 3, 4), np.arange(4), True, [[1, 2], [3, 4]], "a", [5]):
    add("constant_initializer", lambda tf, v=_value: tf.constant_initializer(v)([2, 2]))
    add("constant_initializer", lambda tf, v=_value: tf.constant_initializer(v).get_config())
add(
    "constant_initializer",
    lambda tf: tf.constant_initializer(3, support_partition=True)(
        [4], partition_shape=[2], partition_offset=[0]
    ),
)
for _run in (
    lambda tf: tf.constant_initializer([1, 2, 3])([2, 2]),
    lambda tf: tf.constant_initializer(2.5)([2], tf.int32),
    lambda tf: tf.constant_initializer(tf.constant(1.0)),
    lambda tf: tf.constant_initializer({}),
    lambda tf: tf.constant_initializer(None),
    lambda tf: tf.constant_initializer(3)([4], partition_shape=[2], partition_offset=[0]),
):
    bad("constant_initializer", _run)
