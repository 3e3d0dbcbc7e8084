"""An update of 256 rows of an embedding table must cost the same whatever the table's size.

python benchmarks/sparse.py [--rounds 30]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from timing import interleave, table

ROWS = (10_000, 100_000, 1_000_000, 10_000_000)
WIDTH = 16
IDS = 256


def step(tf: Any, rows: int, optimizer: Any) -> Callable[[], object]:
    """Look-up, loss, gradient and sparse update of a table of so many rows."""
    # `np.zeros` maps pages on first touch, so that the largest table fits; the ids are spread.
    variable = tf.Variable(np.zeros((rows, WIDTH), np.float32))
    ids = tf.constant(np.random.default_rng(0).integers(0, rows, IDS))

    def run() -> object:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(variable, ids) - 1.0))
        gradient = tape.gradient(loss, variable)
        optimizer.apply_gradients([(gradient, variable)])
        return loss

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    import tapeflow as tf

    makers = {
        "GradientDescent": lambda: tf.compat.v1.train.GradientDescentOptimizer(0.1),
        "Adagrad": lambda: tf.compat.v1.train.AdagradOptimizer(0.1),
    }
    for name, make in makers.items():
        contenders = {f"{rows:,} rows": step(tf, rows, make()) for rows in ROWS}
        timings = interleave(contenders, rounds)
        print(table(f"{name}, {IDS} ids, width {WIDTH}", timings, f"{ROWS[0]:,} rows"), end="\n\n")


if __name__ == "__main__":
    main()
