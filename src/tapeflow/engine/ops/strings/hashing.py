"""Strings to numbers of buckets, by hash."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, reject_values, require_dtype
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.strings.arguments import STRING, WORDS, array_of, to_strings
from tapeflow.engine.ops.strings.hashes import fingerprint64, murmur64, sip_hash
from tapeflow.engine.runtime.dispatch import apply


def _infer(input: Spec, num_buckets: int, key: Any = (0, 0)) -> Spec:
    require_dtype(input, STRING)
    if num_buckets < 1:
        reject(f"num_buckets: expected a number >= 1; received {num_buckets}")
    if len(key) != 2:
        reject_values(f"key: expected two integers; received {list(key)}")
    return Spec(dtypes.int64, input.shape)


def _buckets(hashed: Callable[[bytes], int], x: np.ndarray, count: int) -> np.ndarray:
    numbers = [hashed(text) % count for text in x.reshape(-1).tolist()]
    return np.array(numbers, np.int64).reshape(x.shape)


# Lengths at which the hash functions change their ways.
_LENGTHS = (0, 1, 3, 4, 7, 8, 9, 16, 17, 31, 32, 33, 48, 63, 64, 65, 127, 128, 129, 200)


def _samples(**attrs: Any) -> Callable[[Draw], Iterable[Sample]]:
    def sample(draw: Draw) -> Iterable[Sample]:
        texts = [draw.ints(n, high=256, dtype=dtypes.uint8).tobytes() for n in _LENGTHS]
        yield Sample(array_of(texts, (len(texts),)), num_buckets=2**62, grad=False, **attrs)
        yield Sample(array_of(WORDS, (2, 3)), num_buckets=10, grad=False, **attrs)
        yield Sample(array_of([b"x"], ()), num_buckets=1, grad=False, **attrs)

    return sample


hash_p = primitive(
    "StringToHashBucket",
    infer=_infer,
    kernel=lambda x, num_buckets: _buckets(murmur64, x, num_buckets),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_samples(),
)

fast_p = primitive(
    "StringToHashBucketFast",
    infer=_infer,
    kernel=lambda x, num_buckets: _buckets(fingerprint64, x, num_buckets),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_samples(),
)

strong_p = primitive(
    "StringToHashBucketStrong",
    infer=_infer,
    kernel=lambda x, num_buckets, key: _buckets(lambda s: sip_hash(key, s), x, num_buckets),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_samples(key=(11, 2**40 + 5)),
)


@export("strings.to_hash_bucket")
def to_hash_bucket(input: Any, num_buckets: int, name: str | None = None) -> Any:
    """Gives each string the number of a bucket, by the older hash function (MurmurHash64A).

    Args:
      input: string tensor.
      num_buckets: how many buckets there are.
      name: ignored in eager mode.

    Returns:
      An int64 tensor of numbers in `[0, num_buckets)`.

    Raises:
      tf.errors.InvalidArgumentError: when `num_buckets < 1`.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.to_hash_bucket(["Hello", "TensorFlow"], 3).numpy()
      array([2, 0])
    """
    return apply(hash_p, to_strings(input), num_buckets=_count(num_buckets))


@export("strings.to_hash_bucket_fast")
def to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> Any:
    """Gives each string the number of a bucket, by FarmHash's Fingerprint64.

    Args:
      input: string tensor.
      num_buckets: how many buckets there are.
      name: ignored in eager mode.

    Returns:
      An int64 tensor of numbers in `[0, num_buckets)`.

    Raises:
      tf.errors.InvalidArgumentError: when `num_buckets < 1`.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.to_hash_bucket_fast(["Hello", "TensorFlow", "2.x"], 3).numpy()
      array([0, 2, 2])
    """
    return apply(fast_p, to_strings(input), num_buckets=_count(num_buckets))


@export("strings.to_hash_bucket_strong")
def to_hash_bucket_strong(input: Any, num_buckets: int, key: Any, name: str | None = None) -> Any:
    """Gives each string the number of a bucket, by SipHash with a key that attackers don't know.

    Args:
      input: string tensor.
      num_buckets: how many buckets there are.
      key: two integers.
      name: ignored in eager mode.

    Returns:
      An int64 tensor of numbers in `[0, num_buckets)`.

    Raises:
      tf.errors.InvalidArgumentError: when `num_buckets < 1`, or `key` is not two integers.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.to_hash_bucket_strong(["Hello", "TF"], 3, [1, 2]).numpy()
      array([2, 0])
    """
    if not isinstance(key, (list, tuple)):
        raise TypeError(
            f"Expected list for 'key' argument to 'string_to_hash_bucket_strong' Op, not {key}."
        )
    return apply(
        strong_p, to_strings(input), num_buckets=_count(num_buckets), key=tuple(map(int, key))
    )


def _count(num_buckets: Any) -> int:
    if not isinstance(num_buckets, (int, np.integer)):
        raise TypeError(f"Expected int for argument 'num_buckets' not {num_buckets!r}.")
    return int(num_buckets)
