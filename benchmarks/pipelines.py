"""tf.data beside real TensorFlow's, in one process and run: the time of one element.

    python benchmarks/pipelines.py [--rounds 5]

TensorFlow is left out where it isn't installed. Threads: whatever the libraries choose by default.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from eager import load
from timing import interleave

IMAGES = np.random.default_rng(0).random((20_000, 28, 28), np.float32)
LABELS = np.arange(20_000)


def pipelines(tf: Any) -> dict[str, tuple[Callable[[], object], int]]:
    """Name -> what goes through a dataset, and how many elements it takes."""
    D = tf.data.Dataset
    rows = D.from_tensor_slices((IMAGES, LABELS))
    numbers = D.range(5000)
    batches = len(LABELS) // 32
    lengths = D.range(1000).map(lambda x: tf.fill([x % 50], x))

    @tf.function
    def total(dataset: Any) -> Any:
        found = tf.constant(0, tf.int64)
        for x in dataset:
            found += x
        return found

    def generator() -> Any:
        return iter(range(2000))

    spec = tf.TensorSpec([], tf.int64)
    made = D.from_generator(generator, output_signature=spec)
    return {
        "rows, batch 32": (drain(rows.batch(32)), batches),
        "rows, shuffle 10,000, batch 32": (drain(rows.shuffle(10_000).batch(32)), batches),
        "the same, prefetch": (drain(rows.shuffle(10_000).batch(32).prefetch(-1)), batches),
        "range": (drain(numbers), 5000),
        "range, map": (drain(numbers.map(lambda x: x * 2 + 1)), 5000),
        "range, map, batch 100": (drain(numbers.map(lambda x: x * 2 + 1).batch(100)), 5000),
        "range, filter": (drain(numbers.filter(lambda x: x % 2 == 0)), 5000),
        "zip of two ranges": (drain(D.zip(numbers, numbers)), 5000),
        "flat_map, 50 datasets of 100": (drain(D.range(50).flat_map(lambda x: D.range(100))), 5000),
        "padded batches of 50": (drain(lengths.padded_batch(50)), 1000),
        "Python generator": (drain(made), 2000),
        "range, loop in a tf.function": (lambda: total(numbers), 5000),
        "building range, map, batch": (lambda: D.range(3).map(lambda x: x * 2).batch(2), 1),
    }


def drain(dataset: Any) -> Callable[[], object]:
    """A function that goes through a dataset."""

    def run() -> None:
        for _ in dataset:
            pass

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    tapeflow, tensorflow = load("tapeflow"), load("tensorflow")
    ours = pipelines(tapeflow)
    theirs = pipelines(tensorflow) if tensorflow else {}
    print("| us per element | tapeflow | TensorFlow | ratio |\n| --- | ---: | ---: | ---: |")
    for name, (run, count) in ours.items():
        contenders = {"ours": run} | ({"theirs": theirs[name][0]} if theirs else {})
        times = interleave(contenders, arguments.rounds)
        us = times["ours"].median / count
        if theirs:
            other = times["theirs"].median / count
            print(f"| {name} | {us:.1f} | {other:.1f} | {us / other:.2f} |")
        else:
            print(f"| {name} | {us:.1f} | | |")


if __name__ == "__main__":
    main()
