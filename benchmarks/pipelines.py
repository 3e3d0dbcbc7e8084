"""Input pipelines beside real tf.data: microseconds per element.

    python benchmarks/pipelines.py [--rounds 15]

Where TensorFlow is installed it runs in the same process, in turn with tapeflow.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from timing import Timing, interleave, table

ROWS, WIDTH, BATCH = 4096, 32, 64


def contenders(tf: Any) -> dict[str, Callable[[], object]]:
    """One pass over 4096 elements, in several pipelines."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, WIDTH)).astype(np.float32)
    y = rng.integers(0, 10, ROWS)
    rows = tf.data.Dataset.from_tensor_slices((x, y))
    numbers = tf.data.Dataset.range(ROWS)
    datasets = {
        "range": numbers,
        "rows, batch": rows.batch(BATCH),
        "rows, shuffle, batch": rows.shuffle(ROWS, seed=1).batch(BATCH),
        "map, batch": rows.map(lambda a, b: (a * 2.0 + 1.0, b)).batch(BATCH),
        "batch, map": rows.batch(BATCH).map(lambda a, b: (a * 2.0 + 1.0, b)),
        "filter, batch": numbers.filter(lambda n: n % 2 == 0).batch(BATCH),
    }

    def runner(dataset: Any) -> Callable[[], object]:
        def run() -> object:
            element = None
            for element in dataset:  # noqa: B007 - the pass is what is timed
                pass
            return element

        return run

    return {name: runner(dataset) for name, dataset in datasets.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tapeflow

    peers = {"tapeflow": tapeflow}
    if importlib.util.find_spec("tensorflow"):
        import tensorflow

        peers["tensorflow"] = tensorflow
    runs = {peer: contenders(tf) for peer, tf in peers.items()}
    for name in runs["tapeflow"]:
        passes = interleave({p: r[name] for p, r in runs.items()}, arguments.rounds)
        each = {p: Timing(t.median / ROWS, t.best / ROWS) for p, t in passes.items()}
        print(table(f"{name}, microseconds per element", each, "tapeflow"))


if __name__ == "__main__":
    main()
