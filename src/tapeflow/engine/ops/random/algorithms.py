"""Which generator runs: Philox, on every CPU; ThreeFry is known by name only, as in TensorFlow."""

from __future__ import annotations

import enum
from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.runtime.tensor import Tensor


@export("random.Algorithm", "random.experimental.Algorithm")
class Algorithm(enum.Enum):
    """The algorithms of random-number generators.

    `PHILOX` runs everywhere and `AUTO_SELECT` means it; `THREEFRY` can be named, but ops on CPU
    reject it, as TensorFlow's do.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.Algorithm.PHILOX.value
      1
    """

    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3


PHILOX = 1
THREEFRY = 2
AUTO_SELECT = 3

_NAMES = {"philox": PHILOX, "threefry": THREEFRY, "auto_select": AUTO_SELECT}


def algorithm_number(alg: Any) -> Any:
    """The integer that stands for an algorithm; None is Philox.

    Raises:
      ValueError: for an unknown name.
      TypeError: for something that names no algorithm.
    """
    if alg is None:
        return PHILOX
    if isinstance(alg, Algorithm):
        return alg.value
    if isinstance(alg, str):
        if alg not in _NAMES:
            raise ValueError(f"alg: expected one of {', '.join(_NAMES)}; received {alg!r}")
        return _NAMES[alg]
    if isinstance(alg, Tensor):
        return int(alg)
    if not isinstance(alg, int):
        raise TypeError(f"alg: expected an Algorithm, a name or an int; received {alg!r}")
    return alg


def known_algorithm(alg: Any) -> int:
    """As `algorithm_number`, of the three that exist.

    Raises:
      ValueError: for another number.
    """
    number = algorithm_number(alg)
    if number not in (PHILOX, THREEFRY, AUTO_SELECT):
        raise ValueError(
            f"alg: expected 1 (Philox), 2 (ThreeFry) or 3 (auto-select); received {alg}"
        )
    return int(number)
