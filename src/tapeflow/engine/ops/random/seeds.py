"""Which numbers come next: the global seed, op seeds, and the stream position of each stateful op.

TensorFlow's rules for eager mode:

| `set_seed` | `seed=` | the op's numbers                                                      |
| ---------- | ------- | --------------------------------------------------------------------- |
| not called | none    | from the operating system's entropy                                   |
| not called | given   | from `(87654321, seed)`                                               |
| called     | none    | from the global seed and the next number of a sequence it starts      |
| called     | given   | from both                                                             |

Ops of one type, dtype and pair of seeds share a stream and continue it with each call; `set_seed`
starts all streams anew.
"""

from __future__ import annotations

import os
import random
import threading
from typing import Any

import numpy as np

from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.random.philox import MASK64, MASK128

DEFAULT_SEED = 87654321
_MAX_INT32 = 2**31 - 1

# With `set_seed` alone, nearly every call has a stream of its own that never is used again. Only so
# many streams, those used last, are remembered: memory must not grow with the number of calls.
_MAX_STREAMS = 16384


class _Seeds:
    """The process's seeds and streams (as in TensorFlow, not the thread's)."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.restart(None)

    def restart(self, seed: Any) -> None:
        if seed is None or isinstance(seed, (int, float, str)):
            sequence = random.Random(seed)
        else:
            sequence = random.Random(int(np.array(seed)))
        with self.lock:
            self.seed = seed
            self.sequence = sequence
            self.streams: dict[Any, tuple[int, int]] = {}


_seeds = _Seeds()


@export("random.set_seed")
def set_seed(seed: Any) -> None:
    """Sets the global random seed, and starts the streams of all random ops anew.

    Ops with a `seed` argument of their own combine it with the global one; ops without take the
    next number of a sequence that the global seed starts. So a program that sets the global seed
    first gives the same numbers in every run, and those that TensorFlow gives.

    Args:
      seed: an integer; None goes back to seeds from the operating system.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.set_seed(1234)
      >>> tf.random.uniform([2]).numpy()
      array([0.5380393 , 0.36461866], dtype=float32)
    """
    if state.tracer is not None:  # the seed of the operations that follow in this function
        state.tracer.seed = seed
        return
    _seeds.restart(seed)


class OpSeed(int):
    """The second seed of one random operation of a graph: no other operation shares its stream.

    In eager mode, operations with equal seeds share a stream. An operation of a graph starts a
    stream of its own and goes on with it from call to call.
    """


def global_seed() -> Any:
    """What `set_seed` was called with last, or None."""
    return _seeds.seed


def op_seeds(seed: Any) -> tuple[Any, Any]:
    """A stateful op's two seeds, from its `seed` argument and the global one.

    In a graph, ops without a seed are numbered.
    """
    tracer = state.tracer
    glob = _seeds.seed if tracer is None else tracer.seed
    if glob is None:
        if seed is None:
            # What the kernels take for "from the system's entropy".
            return 0, 0 if tracer is None else OpSeed(0)
        pair = DEFAULT_SEED, seed % _MAX_INT32
    else:
        if seed is None and tracer is not None:
            seed = tracer.next_seed()
        elif seed is None:
            with _seeds.lock:
                seed = _seeds.sequence.randint(0, _MAX_INT32)
        pair = glob % _MAX_INT32, seed % _MAX_INT32
    first, second = (0, _MAX_INT32) if pair == (0, 0) else pair
    return int(first), int(second) if tracer is None else OpSeed(second)


def reserve(op: Any, seed: int, seed2: int, blocks: int) -> tuple[int, int]:
    """Takes the next `blocks` blocks of a stream.

    Args:
      op: what tells ops apart besides their seeds: op type, dtypes.
      seed: first seed; with `seed2`, 0 for numbers that cannot be foreseen.
      seed2: second seed.
      blocks: number of Philox blocks.

    Returns:
      The key and the counter of the first block.
    """
    # An operation of a graph is known by its seed's identity; the key holds it, so it stays unique.
    name = (op, seed, seed2, seed2 if type(seed2) is not OpSeed else _Identity(seed2))
    with _seeds.lock:
        own = state.random_streams
        streams = _seeds.streams if own is None or type(seed2) is not OpSeed else own
        key, counter = streams.pop(name, None) or _first(seed, seed2)
        streams[name] = key, counter + blocks & MASK128
        if len(streams) > _MAX_STREAMS:
            del streams[next(iter(streams))]
    return key, counter


class _Identity:
    """Equal to itself alone; keeps the object it is made of alive."""

    __slots__ = ("what",)

    def __init__(self, what: Any) -> None:
        self.what = what

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.what is self.what

    def __hash__(self) -> int:
        return id(self.what)


def _first(seed: int, seed2: int) -> tuple[int, int]:
    if seed == 0 and seed2 == 0:
        return entropy(), entropy() << 64
    return seed & MASK64, (seed2 & MASK64) << 64


def entropy() -> int:
    """64 bits from the operating system."""
    return int.from_bytes(os.urandom(8), "little")


def _after_fork() -> None:
    _seeds.lock = threading.Lock()  # another thread may have held it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
