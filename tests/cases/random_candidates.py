"""Candidate samplers: the same candidates as TensorFlow's, and their expected counts."""

from __future__ import annotations

from typing import Any

from cases.form import Case

CASES: list[Case] = []
CLASSES = [[1, 2], [3, 4], [0, 9]]


def _three(name: str, count: int, unique: bool, seed: Any) -> Any:
    def run(tf: Any) -> Any:
        tf.random.set_seed(5)
        draw = getattr(tf.random, name)
        return [list(draw(CLASSES, 2, count, unique, 20, seed=seed)) for _ in range(3)]

    return run


for _name in ("uniform_candidate_sampler", "log_uniform_candidate_sampler"):
    for _unique in (True, False):
        for _count in (1, 4, 7, 15):
            for _seed in (3, None):
                CASES.append(Case(f"random.{_name}", _three(_name, _count, _unique, _seed)))
    for _wrong in (
        lambda tf, n=_name: getattr(tf.random, n)(CLASSES, 2, 21, True, 20),
        lambda tf, n=_name: getattr(tf.random, n)(CLASSES, 3, 4, True, 20),
        lambda tf, n=_name: getattr(tf.random, n)([1, 2], 2, 4, True, 20),
        lambda tf, n=_name: getattr(tf.random, n)([[1.5]], 1, 4, True, 20),
        lambda tf, n=_name: getattr(tf.random, n)(CLASSES, 2, 0, True, 20),
        lambda tf, n=_name: getattr(tf.random, n)(CLASSES, 2, 4, True, 0),
    ):
        CASES.append(Case(f"random.{_name}", _wrong, bad=True))
for _name in ("random.all_candidate_sampler", "nn.all_candidate_sampler"):
    CASES.append(
        Case(
            _name,
            lambda tf, n=_name: list(
                getattr(getattr(tf, n.split(".")[0]), n.split(".")[1])(CLASSES, 2, 10, True)
            ),
        )
    )
