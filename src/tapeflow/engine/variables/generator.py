"""`tf.random.Generator`: a stream of random numbers whose position is a variable."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tapeflow.engine.core import context, dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.errors import UnimplementedError
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array.concatenation import concat
from tapeflow.engine.ops.array.creation import zeros_like
from tapeflow.engine.ops.array.joining import stack, unstack
from tapeflow.engine.ops.array.padding import pad
from tapeflow.engine.ops.array.shaping import reshape, shape
from tapeflow.engine.ops.host_functions import on_host
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.folds import reduce_prod
from tapeflow.engine.ops.random.advancing import philox_advance_p, philox_binomial_p
from tapeflow.engine.ops.random.algorithms import (
    AUTO_SELECT,
    PHILOX,
    THREEFRY,
    algorithm_number,
    known_algorithm,
)
from tapeflow.engine.ops.random.stateful import check_location, drawn_shape, ranged, scaled
from tapeflow.engine.ops.random.stateless import (
    stateless_full_int_p,
    stateless_int_p,
    stateless_normal_p,
    stateless_truncated_normal_p,
    stateless_uniform_p,
)
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.variables.variable import Variable

# Words of state: the counter's and, last, the key.
_SIZES = {PHILOX: 3, THREEFRY: 2, AUTO_SELECT: 3}


def _size(alg: int) -> int:
    return _SIZES[known_algorithm(alg)]


def _state_of_seed(seed: Any, alg: int) -> Any:
    """The first state: a Python int fills it from the left, a tensor to the right."""
    size = _size(alg)
    if isinstance(seed, int):
        pieces = [seed >> 64 * i & 2**64 - 1 for i in range(size)]
        return EagerTensor(np.array(pieces, np.uint64).view(np.int64))
    words = reshape(cast(convert(seed), dtypes.int64), [-1])[:size]
    return pad(words, [[size - shape(words)[0], 0]])


def _checked(value: Any, dims: tuple[int, ...]) -> Any:
    """A state, or a part of one, as int64."""
    words = convert(value)
    if not words.shape.is_compatible_with(dims):
        raise ValueError(f"Shapes {words.shape} and {list(dims)} are incompatible")
    return cast(words, dtypes.int64)


def _state_of_key(key: Any, counter: Any, alg: int) -> Any:
    words = _checked(counter, (_size(alg) - 1,))
    return concat([words, reshape(_checked(key, ()), [1])], 0)


@export("random.create_rng_state", "random.experimental.create_rng_state")
def create_rng_state(seed: Any, alg: Any) -> Any:
    """Makes the state of a generator from a seed.

    Args:
      seed: an integer, or a vector of integers.
      alg: `"philox"`, `"threefry"`, `"auto_select"` or a `tf.random.Algorithm`.

    Returns:
      `[3]` (ThreeFry: `[2]`) of int64.

    Raises:
      ValueError: for an unknown algorithm.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.create_rng_state(5, "philox").numpy()
      array([5, 0, 0])
    """
    return _state_of_seed(seed, algorithm_number(alg))


@on_host("BinomialSteps")
def _binomial_steps(dims: Any, counts: Any, probs: Any) -> Any:
    """How far a draw of binomial numbers moves a generator on."""
    both = np.broadcast_shapes(counts._array.shape, probs._array.shape)
    batches = int(np.prod(both, dtype=object))
    each = int(np.prod(dims._array, dtype=object)) // batches if batches else 0
    return EagerTensor(np.array(batches * 2 * 100 * (each + 3) // 4, np.int64))


@export("random.Generator", "random.experimental.Generator")
class Generator:
    """A stream of random numbers whose position is kept in a variable.

    Make one with `from_seed`, `from_state`, `from_key_counter` or `from_non_deterministic_state`;
    each draw moves it on. The numbers are those that TensorFlow's generator gives on CPU. ThreeFry
    can be named, but only Philox draws.

    Args:
      copy_from: a generator to copy.
      state: `[3]` of int64 or uint64: the counter's two words, and the key.
      alg: `"philox"`, `"auto_select"` or a `tf.random.Algorithm`.

    Example:
      >>> import tapeflow as tf
      >>> g = tf.random.Generator.from_seed(1)
      >>> g.uniform_full_int([1]).shape
      TensorShape([1])
      >>> g.state.numpy()
      array([257,   0,   0])
    """

    def __init__(self, copy_from: Any = None, state: Any = None, alg: Any = None) -> None:
        if copy_from is not None:
            assert alg is None, "copy_from excludes alg"
            assert state is None, "copy_from excludes state"
            state, alg = copy_from.state.value(), copy_from.algorithm
        else:
            assert alg is not None, "expected copy_from, or state and alg"
            assert state is not None, "expected copy_from, or state and alg"
        self._alg = algorithm_number(alg)
        words = _checked(state, (_size(self._alg),))
        self._state_var = Variable(words, trainable=False, name="StateVar", dtype=dtypes.int64)

    @classmethod
    def from_state(cls, state: Any, alg: Any) -> Generator:
        """Makes a generator with this state (`[3]`, int64 or uint64)."""
        return cls(alg=alg, state=state)

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> Generator:
        """Makes a generator from an integer, or a vector of integers."""
        number = algorithm_number(alg)
        return cls(state=_state_of_seed(seed, number), alg=number)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """Makes a generator whose numbers nobody can foresee."""
        number = algorithm_number(alg)
        words = np.frombuffer(os.urandom(8 * _size(number)), np.int64)
        return cls(state=EagerTensor(words.copy()), alg=number)

    @classmethod
    def from_key_counter(cls, key: Any, counter: Any, alg: Any) -> Generator:
        """Makes a generator from its key (a scalar) and counter (two words)."""
        number = algorithm_number(alg)
        return cls(state=_state_of_key(key, counter, number), alg=number)

    @property
    def state(self) -> Variable:
        """The variable that holds the state."""
        return self._state_var

    @property
    def algorithm(self) -> int:
        """The number of the algorithm: 1 Philox, 2 ThreeFry, 3 auto-selected."""
        return int(self._alg)

    @property
    def key(self) -> Any:
        """The key, an int64 scalar."""
        value: Any = self._state_var.value()
        return value[-1]

    def reset(self, state: Any) -> None:
        """Puts another state in place.

        Args:
          state: as of the constructor.

        Raises:
          ValueError: for another shape.
        """
        self._state_var.assign(_checked(state, (_size(self._alg),)))

    def reset_from_seed(self, seed: Any) -> None:
        """Starts anew, as `from_seed` does."""
        self._state_var.assign(_state_of_seed(seed, self._alg))

    def reset_from_key_counter(self, key: Any, counter: Any) -> None:
        """Starts anew, as `from_key_counter` does."""
        self._state_var.assign(_state_of_key(key, counter, self._alg))

    def skip(self, delta: Any) -> Any:
        """Moves on by `delta` numbers (256 blocks of the stream each).

        Args:
          delta: an integer scalar.

        Returns:
          The state before.

        Raises:
          tf.errors.UnimplementedError: for ThreeFry.
        """
        before = self._state_var.value()
        self._take(delta)
        return before

    def _take(self, delta: Any) -> tuple[Any, Any]:
        """Moves on; the key and counter where it was."""
        if self._alg == THREEFRY:
            raise UnimplementedError(
                None, None, "RngReadAndSkip: ThreeFry does not run on CPU [Op:RngReadAndSkip]"
            )
        steps = convert(delta, hint=dtypes.int64)
        key, counter, after = apply(philox_advance_p, self._state_var.value(), steps)
        self._state_var.assign(after)
        return key, counter

    def _draw(self, prim: Any, shape: Any, *bounds: Any, **attrs: Any) -> Any:
        dims = drawn_shape(shape)
        if context.state.tracer is None:
            counts = dims._array
            # A shape that the op will reject moves nothing on; it is rejected below.
            valid = counts.ndim == 1 and counts.dtype.kind == "i" and (counts >= 0).all()
            steps: Any = int(np.prod(counts, dtype=object)) if valid else 0
        else:
            steps = reduce_prod(cast(dims, dtypes.int64))
        key, counter = self._take(steps)
        return apply(prim, dims, key, counter, convert(self._alg), *bounds, **attrs)

    def normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Any:
        """Draws normally distributed numbers; arguments as of `tf.random.normal`."""
        target = as_dtype(dtype)
        check_location(mean, stddev, target)
        return scaled(self._draw(stateless_normal_p, shape, dtype=target), mean, stddev, target)

    def truncated_normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Any:
        """Draws normal numbers less than two deviations from the mean."""
        target = as_dtype(dtype)
        check_location(mean, stddev, target)
        values = self._draw(stateless_truncated_normal_p, shape, dtype=target)
        return scaled(values, mean, stddev, target)

    def uniform(
        self,
        shape: Any,
        minval: Any = 0,
        maxval: Any = None,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Any:
        """Draws uniformly distributed numbers; arguments as of `tf.random.stateless_uniform`."""
        target = as_dtype(dtype)
        if not target.is_integer:
            bound = 1 if maxval is None else maxval
            low = convert(minval, target)
            values = self._draw(stateless_uniform_p, shape, dtype=target)
            return ranged(values, minval if type(minval) is int else low, bound, target)
        if minval is None and maxval is None:
            return self.uniform_full_int(shape, target)
        # Of the defaults, minval is 0 and maxval None: integers need both or neither.
        if (minval is None) != (maxval is None):
            if target.is_unsigned and maxval is None:
                return self.uniform_full_int(shape, target)
            raise ValueError(
                f"uniform: expected minval and maxval, or neither, for dtype {target.name}; "
                f"received minval={minval} and maxval={maxval}"
            )
        bounds = convert(minval, target), convert(maxval, target)
        return self._draw(stateless_int_p, shape, *bounds)

    def uniform_full_int(
        self, shape: Any, dtype: Any = dtypes.uint64, name: str | None = None
    ) -> Any:
        """Draws integers of a dtype's whole range: int32, int64, uint32 or uint64."""
        return self._draw(stateless_full_int_p, shape, dtype=as_dtype(dtype))

    def binomial(
        self,
        shape: Any,
        counts: Any,
        probs: Any,
        dtype: Any = dtypes.int32,
        name: str | None = None,
    ) -> Any:
        """Draws numbers of successes in `counts` trials of probability `probs`.

        Args:
          shape: sizes of the result; ends with the broadcast shape of `counts` and `probs`.
          counts: numbers of trials, floating.
          probs: probabilities of success, of the same dtype.
          dtype: dtype of the result.
          name: ignored in eager mode.

        Raises:
          tf.errors.InvalidArgumentError: for integer parameters, or another shape.
        """
        target: DType = as_dtype(dtype)
        dims = drawn_shape(shape)
        n = convert(counts)
        p = convert(probs, hint=n.dtype)
        key, counter = self._take(_binomial_steps(dims, n, p))
        return apply(philox_binomial_p, dims, key, counter, n, p, dtype=target)

    def _keys(self, count: Any) -> Any:
        return self.uniform_full_int([count], dtypes.int64)

    def make_seeds(self, count: Any = 1) -> Any:
        """Draws seeds for the stateless ops.

        Args:
          count: how many.

        Returns:
          int64 `[2, count]`, a seed in each column.
        """
        keys = self._keys(count)
        return stack([keys, zeros_like(keys)])

    def split(self, count: Any = 1) -> list[Generator]:
        """Makes generators that are independent of this one and of each other.

        Args:
          count: how many.

        Returns:
          A list of generators.
        """
        keys = self._keys(count)
        zeros = EagerTensor(np.zeros(_size(self._alg) - 1, np.int64))
        return [
            Generator(state=concat([zeros, reshape(key, [1])], 0), alg=self._alg)
            for key in unstack(keys)
        ]


_global: Generator | None = None


@export("random.get_global_generator", "random.experimental.get_global_generator")
def get_global_generator() -> Generator:
    """The generator that the whole process shares; made, not foreseeable, when first asked for.

    Returns:
      A `tf.random.Generator`.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.set_global_generator(tf.random.Generator.from_seed(1))
      >>> tf.random.get_global_generator().state.numpy()
      array([1, 0, 0])
    """
    global _global
    if _global is None:
        _global = Generator.from_non_deterministic_state()
    return _global


@export("random.set_global_generator", "random.experimental.set_global_generator")
def set_global_generator(generator: Any) -> None:
    """Puts another generator in the place of the one the whole process shares.

    Args:
      generator: a `tf.random.Generator`.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.set_global_generator(tf.random.Generator.from_seed(7))
    """
    global _global
    _global = generator
