"""Normal numbers truncated to any interval, bit for bit."""

from __future__ import annotations

import numpy as np

from cases.form import Case

SYMBOL = "random.stateless_parameterized_truncated_normal"
INTERVALS = (
    (0, 1, -2, 2), (0, 1, -np.inf, -3), (0, 1, -0.1, 0.1), (0, 1, 3, np.inf), (0, 1, 3, 4),
    (3, 2, 0, 10), (0, 1, 2, 6), (5, 1, -1, 3), (1e3, 1e-2, 999, 1001),
)  # fmt: skip


def _draw(tf, shape, dtype, values, seed):
    values = [np.array(v, dtype) for v in values]
    return getattr(tf.random, SYMBOL.split(".")[1])(shape, seed, *values)


CASES = [
    Case(SYMBOL, lambda tf, d=dtype, v=values: _draw(tf, [60], d, v, [1, 2]), exact=True)
    for dtype in ("float16", "float32", "float64")
    for values in INTERVALS
]
CASES += [
    Case(
        SYMBOL, lambda tf, r=rows: _draw(tf, [r, 9], "float32", zip(*INTERVALS), [3, r]), exact=True
    )
    for rows in (1, 2, 5, 33)
]
for _run in (
    lambda tf: _draw(tf, [2], "float32", (0, 1, 2, -2), [1, 2]),
    lambda tf: _draw(tf, [2], "float32", (0, -1, -2, 2), [1, 2]),
    lambda tf: _draw(tf, [2], "float32", (0, 1, -np.inf, np.inf), [1, 2]),
    lambda tf: _draw(tf, [2], "float32", (np.nan, np.nan, -2, 2), [1, 2]),
    lambda tf: _draw(tf, [2], "int32", (0, 1, -2, 2), [1, 2]),
    lambda tf: _draw(tf, [3], "float32", ([0, 1], 1, -2, 2), [1, 2]),
    lambda tf: _draw(tf, [3], "float32", (0, 1, -2, 2), [1]),
    lambda tf: _draw(tf, [-3], "float32", (0, 1, -2, 2), [1, 2]),
):
    CASES.append(Case(SYMBOL, _run, bad=True))
