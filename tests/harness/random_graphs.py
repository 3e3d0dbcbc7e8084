"""Programs made of drawn numbers: what a step does follows from the numbers and from the shapes.

A program works on a pool of tensors, of many shapes, and on three variables. Each step takes
tensors from the pool and adds its result; a number stands for an axis, a permutation, a slice,
modulo what there is. So every list of steps is a program.

Results stay about as large as the arguments, and floats are not compared or rounded: what is added
up in another order then gives nearly the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import tapeflow as tf

LARGEST = 6000
"""Results of more elements are cut."""


class Step(NamedTuple):
    """A step of a program.

    Attributes:
      name: a key of `STEPS` or `HOST_STEPS`, one of `EFFECTS` or `HOST_EFFECTS`, `"loop"` or
        `"branch"`.
      x: which tensor of the pool it works on.
      y: which other one it may use.
      k: all that has to be chosen.
      inner: the steps inside of a loop or a branch.
    """

    name: str
    x: int
    y: int
    k: int
    inner: tuple[Step, ...]


def size_of(x: Any) -> int:
    return math.prod(x.shape)


def numbers(k: int, *limits: int) -> list[int]:
    """Digits of `k`: one below each limit."""
    found = []
    for limit in limits:
        k, digit = divmod(k, max(1, limit))
        found.append(digit)
    return found


def subset(k: int, rank: int) -> list[int]:
    return [a for a in range(rank) if k >> a & 1]


def permutation(k: int, count: int) -> list[int]:
    rest, made = list(range(count)), []
    for digit in numbers(k, *range(count, 0, -1)):
        made.append(rest.pop(digit))
    return made


def number(value: float, x: Any) -> Any:
    """A constant that has x's dtype."""
    return tf.cast(tf.constant(value), x.dtype)


def fitted(x: Any, shape: Any) -> Any:
    """The elements of x, over and over or not all of them, in another shape."""
    shape = list(shape)
    count = math.prod(shape)
    flat = tf.reshape(x, [-1])
    if size_of(x) > count:
        flat = flat[:count]
    elif size_of(x) < count:
        flat = tf.gather(flat, np.arange(count, dtype=np.int32) % size_of(x))
    return tf.reshape(flat, shape)


def matched(y: Any, x: Any) -> Any:
    """y with x's dtype, and a shape that broadcasts with x's to no more than x's rank."""
    y = cast(y, x.dtype)
    while y.shape.rank > x.shape.rank:
        y = tf.reduce_max(y, 0)
    for axis in range(y.shape.rank):
        wanted = x.shape[x.shape.rank - y.shape.rank + axis]
        if y.shape[axis] not in (1, wanted) and wanted != 1:
            y = tf.reduce_max(y, axis, keepdims=True)
    return y


def cast(x: Any, dtype: Any) -> Any:
    """As `tf.cast`; floats become no integers, for which they would have to be rounded."""
    if x.dtype.is_floating and not dtype.is_floating:
        return tf.cast(tf.ones_like(x), dtype)
    return tf.cast(x, dtype)


def square_of(x: Any) -> Any:
    """x as matrices."""
    while x.shape.rank < 2:
        x = tf.expand_dims(x, 0)
    return x


# Elementwise steps.

FLOATS: list[Callable[[Any], Any]] = [
    tf.tanh,
    tf.sigmoid,
    tf.nn.softplus,
    tf.sin,
    tf.math.erf,
    tf.nn.relu,
    tf.nn.gelu,
    tf.nn.elu,
    lambda x: tf.exp(-tf.abs(x)),
    lambda x: tf.math.log1p(tf.abs(x)),
    lambda x: tf.math.rsqrt(1.0 + tf.square(x)),
    lambda x: tf.sqrt(0.5 + tf.abs(x)),
    lambda x: tf.where(x > 0.1, x, number(0.1, x)),
    lambda x: tf.clip_by_value(x, -0.7, 0.9),
    lambda x: x / (2.0 + tf.cos(x)),
    lambda x: tf.pow(1.0 + tf.abs(x), 0.3),
    lambda x: tf.square(x) * 0.3 - 0.5,
    lambda x: cast(cast(x, tf.float16), x.dtype) if x.dtype.size == 2 else x * 0.75 + 0.125,
]
INTEGERS: list[Callable[[Any], Any]] = [
    lambda x: x * 3 + 1,
    lambda x: x * x,
    lambda x: tf.maximum(x, 2) - tf.minimum(x, 5),
    lambda x: tf.where(x > 3, x, x + x),
    lambda x: tf.cast(tf.equal(x % 3, 1), x.dtype) + x,
    lambda x: x // 2,
    lambda x: tf.bitwise.bitwise_xor(x, x * 5),
    lambda x: tf.bitwise.left_shift(x, tf.ones_like(x)),
    lambda x: tf.cast(tf.logical_or(x > 1, tf.logical_not(x < 0)), x.dtype) - x,
    lambda x: tf.cast(tf.cast(x, tf.int8), x.dtype),
    lambda x: tf.cast(tf.cast(x, tf.uint16), x.dtype),
    lambda x: tf.cast(tf.cast(x, tf.bool), x.dtype),
]
BOTH: list[Callable[[Any, Any], Any]] = [
    tf.add,
    tf.subtract,
    tf.maximum,
    tf.minimum,
    lambda x, y: x * y,
    lambda x, y: tf.where(tf.equal(tf.range(x.shape[-1]) % 2, 0), x, y) if x.shape.rank else x,
    lambda x, y: (x - y) * (x - y) * number(0.3 if x.dtype.is_floating else 1, x),
]


def unary(x: Any, y: Any, k: int) -> Any:
    functions = FLOATS if x.dtype.is_floating else INTEGERS
    return functions[k % len(functions)](x)


def binary(x: Any, y: Any, k: int) -> Any:
    which, swapped = numbers(k, len(BOTH), 2)
    y = matched(y, x)
    return BOTH[which](*((y, x) if swapped and y.shape == x.shape else (x, y)))


def cast_to(x: Any, y: Any, k: int) -> Any:
    if x.dtype.is_floating:
        return tf.cast(tf.cast(x, [tf.float64, tf.float32][k % 2]), x.dtype)
    return [
        lambda: tf.cast(tf.cast(x, tf.int64) * 5, x.dtype),
        lambda: tf.cast(x % 7, tf.float32) * 0.25 - 0.5,
        lambda: tf.cast(tf.reduce_any(x > 2, keepdims=True), x.dtype) + x,
    ][k % 3]()


# Folds.


def fold(x: Any, y: Any, k: int) -> Any:
    which, keep, axes = numbers(k, 6, 2, 16)
    axis = subset(axes, x.shape.rank)
    if x.dtype.is_floating:
        count = math.prod(x.shape[a] for a in axis)
        functions = [
            lambda *a, **b: tf.reduce_sum(*a, **b) * number(1 / math.sqrt(count), x),
            tf.reduce_mean,
            tf.reduce_max,
            tf.reduce_min,
            lambda v, *a, **b: tf.reduce_prod(1.0 + 0.01 * v, *a, **b) / (1.0 + 0.01 * count),
            lambda *a, **b: tf.sqrt(0.1 + tf.math.reduce_variance(*a, **b)),
        ]
    else:
        functions = [
            tf.reduce_sum,
            tf.reduce_prod,
            tf.reduce_max,
            tf.reduce_min,
            lambda v, *a, **b: tf.cast(tf.reduce_any(v > 1, *a, **b), v.dtype),
            lambda v, *a, **b: tf.cast(tf.reduce_all(v < 6, *a, **b), v.dtype),
        ]
    return functions[which](x, axis, keepdims=bool(keep))


def normalized(x: Any, y: Any, k: int) -> Any:
    """Softmax, layer norm and their like."""
    which, axis, kept = numbers(k, 6, max(1, x.shape.rank), 2)
    if not x.shape.rank:
        return x
    if not x.dtype.is_floating:
        return x - tf.reduce_max(x, axis, keepdims=True)
    mean, variance = tf.nn.moments(x, [axis], keepdims=True)
    return [
        lambda: tf.nn.softmax(x, axis),
        lambda: tf.nn.log_softmax(x, axis) * 0.3,
        lambda: (x - mean) * tf.math.rsqrt(variance + 0.1) * 0.5 + matched(y, x),
        lambda: x - tf.reduce_mean(x, axis, keepdims=True),
        lambda: x * tf.math.rsqrt(tf.reduce_sum(tf.square(x), axis, keepdims=True) + 0.5),
        lambda: x / (1.0 + tf.reduce_max(tf.abs(x), keepdims=bool(kept))),
    ][which]()


def cumulated(x: Any, y: Any, k: int) -> Any:
    axis, exclusive, reverse = numbers(k, max(1, x.shape.rank), 2, 2)
    if not x.shape.rank:
        return x
    scale = 1 / math.sqrt(x.shape[axis]) if x.dtype.is_floating else 1
    return tf.cumsum(x, axis, bool(exclusive), bool(reverse)) * number(scale, x)


# Views.


def transposed(x: Any, y: Any, k: int) -> Any:
    return tf.transpose(x, permutation(k, x.shape.rank))


def reshaped(x: Any, y: Any, k: int) -> Any:
    which, axis = numbers(k, 4, x.shape.rank + 1)
    shape = list(x.shape)
    if which == 0:
        return tf.reshape(x, [-1])
    if which == 1:
        return tf.expand_dims(x, axis) if len(shape) < 4 else tf.squeeze(x)
    if which == 2 and axis + 1 < len(shape):
        shape[axis : axis + 2] = [shape[axis] * shape[axis + 1]]
    elif axis < len(shape) and len(shape) < 4:
        factor = next((f for f in (2, 3, 5) if shape[axis] % f == 0), 1)
        shape[axis : axis + 1] = [factor, shape[axis] // factor]
    return tf.reshape(x, shape)


def sliced(x: Any, y: Any, k: int) -> Any:
    where = []
    for n in x.shape:
        k, kind = divmod(k, 6)
        where.append(
            [
                slice(None),
                slice(0, (n + 1) // 2),
                slice(n // 2, None),
                slice(None, None, 2),
                slice(None, None, -1),
                n // 2,
            ][kind]
        )
    return x[tuple(where)]


def reversed_(x: Any, y: Any, k: int) -> Any:
    return tf.reverse(x, subset(k, x.shape.rank))


def joined(x: Any, y: Any, k: int) -> Any:
    which, axis, cut = numbers(k, 4, max(1, x.shape.rank), 3)
    if not x.shape.rank:
        return tf.stack([x, matched(y, x), x])
    if which == 0 and x.shape.rank < 4:
        other = tf.broadcast_to(matched(y, x), x.shape) if 1 not in x.shape else x * x
        return tf.stack([x, other], axis)
    if which == 1:
        n = (x.shape[axis] + cut) // 2
        first, last = tf.split(x, [n, x.shape[axis] - n], axis) if 0 < n < x.shape[axis] else (x, x)
        return tf.concat([last, first + first], axis)
    if which == 2:
        rest = tf.unstack(x, axis=axis) if x.shape[axis] <= 9 else [x[..., 0], x[..., -1]]
        return tf.stack([*rest[1:], rest[0] * rest[-1]], min(axis, rest[0].shape.rank))
    return tf.concat([x, fitted(cast(y, x.dtype), x.shape), x], axis)


def padded(x: Any, y: Any, k: int) -> Any:
    sizes, pads = k, []
    for _ in x.shape:
        sizes, before, after = sizes // 6, *numbers(sizes, 2, 3)
        pads.append([before, after])
    if not pads:
        return x
    return tf.pad(x, pads, constant_values=number(1, x) if k % 2 else 0)


def repeated(x: Any, y: Any, k: int) -> Any:
    if x.shape.rank == 4:
        return x
    return tf.broadcast_to(x, [k % 3 + 1, *x.shape]) + number(1, x)


def tiled(x: Any, y: Any, k: int) -> Any:
    axis, count = numbers(k, max(1, x.shape.rank), 3)
    return tf.tile(x, [count + 1 if a == axis else 1 for a in range(x.shape.rank)])


def rolled(x: Any, y: Any, k: int) -> Any:
    return tf.roll(x, k % 3 + 1, k % x.shape.rank) if x.shape.rank else x


def reflected(x: Any, y: Any, k: int) -> Any:
    if not x.shape.rank or not all(n > 2 for n in x.shape):
        return x
    return tf.pad(x, [[1, 2]] * x.shape.rank, ["REFLECT", "SYMMETRIC"][k % 2])


def split_apart(x: Any, y: Any, k: int) -> Any:
    axis, parts = numbers(k, max(1, x.shape.rank), 4)
    if not x.shape.rank or x.shape[axis] % (parts + 1):
        return x
    pieces = tf.split(x, parts + 1, axis)
    return tf.add_n(pieces[::-1]) if k % 2 else tf.concat([pieces[-1], *pieces[:-1]], axis)


# Products, and what follows in the same kernel.


def product(x: Any, y: Any, k: int) -> Any:
    which, columns, after = numbers(k, 5, 7, 6)
    if x.dtype.name in ("int8", "int16", "uint8", "bool"):
        return x
    a = square_of(x)
    n = a.shape[-1]
    scale = number(1 / math.sqrt(n) if x.dtype.is_floating else 1, x)
    weights = cast(tf.constant((np.arange(n * (columns + 1)) * 7 % 5 - 2) * 0.5), tf.float32)
    weights = fitted(cast(weights, x.dtype), [n, columns + 1])
    if which == 0:
        made = tf.matmul(a, a, transpose_b=True) * scale
    elif which == 1:
        made = tf.matmul(a, tf.reverse(a, [-1]), transpose_a=True)
        made *= number(1 / math.sqrt(a.shape[-2]) if x.dtype.is_floating else 1, x)
    elif which == 2:
        made = tf.matmul(a, tf.transpose(weights), transpose_b=True) * scale
    elif which == 3:
        made = tf.einsum("...ij,jk->...ik", a, weights) * scale
    else:
        made = tf.matmul(a, weights) * scale
    return [
        lambda: made,
        lambda: tf.maximum(made + matched(y, made), number(0, made)),
        lambda: unary(made, y, k),
        lambda: made + fitted(x, made.shape),
        lambda: made - tf.reduce_max(made, -1, keepdims=True),
        lambda: tf.reshape(made, [-1]) * number(2, made),
    ][after]()


# Rows that data choose.


def gathered(x: Any, y: Any, k: int) -> Any:
    axis, which, step = numbers(k, max(1, x.shape.rank), 4, 5)
    if not x.shape.rank:
        return x
    n = x.shape[axis]
    found = tf.range(0, min(n, 9) * (step + 1), step + 1) % n
    if which == 0 and not y.dtype.is_floating and y.dtype.size >= 4:
        found = tf.math.floormod(tf.reshape(y, [-1])[:9], tf.cast(n, y.dtype))
        found = tf.cast(found, tf.int64)
    if which == 1:
        found = tf.reshape(found, [-1, 1])
    if which == 2 and not x.dtype.name == "bool":
        data = tf.gather(x, tf.zeros([n], tf.int32) + n // 2, axis=axis)
        data = tf.reshape(data, [n, -1]) if axis == 0 else fitted(data, [n, 2])
        segments = tf.range(n) % (step + 1)
        return tf.math.unsorted_segment_sum(data, segments, step + 2) * number(0.25, data)
    return tf.gather(x, found, axis=axis)


def chosen(x: Any, y: Any, k: int) -> Any:
    if x.dtype.is_floating:
        if x.shape.rank < 2:
            return x
        return tf.linalg.band_part(x, *[n - 1 for n in numbers(k, 3, 3)])
    if x.dtype.size < 4 or x.shape.rank > 3:
        return x
    return tf.one_hot(tf.cast(x, tf.int32) % 4, 3 + k % 3, 2, -1, k % 2 - 1, x.dtype)


STEPS: dict[str, Callable[[Any, Any, int], Any]] = {
    "unary": unary, "binary": binary, "cast": cast_to, "fold": fold, "normalized": normalized,
    "transposed": transposed, "reshaped": reshaped, "sliced": sliced,
    "reversed": reversed_, "joined": joined, "padded": padded, "repeated": repeated,
    "split": split_apart, "product": product, "gathered": gathered, "chosen": chosen,
}  # fmt: skip
HOST_STEPS: dict[str, Callable[[Any, Any, int], Any]] = {
    "cumulated": cumulated, "tiled": tiled, "rolled": rolled, "reflected": reflected,
}  # fmt: skip
"""Further ones, which stayed with the host when they were chosen: native code ends before them."""
EFFECTS = ("assign", "add", "sub", "same", "swap", "read", "rows")
HOST_EFFECTS = ("part",)


class Program:
    """Steps, run on arguments and variables.

    Args:
      steps: the steps.
      variables: three variables, the first two alike.
      gradients: whether results are differentiated, too.
    """

    def __init__(self, steps: Any, variables: list[Any], gradients: bool) -> None:
        self.steps = steps
        self.variables = variables
        self.gradients = gradients

    def __call__(self, x: Any, y: Any, turn: Any) -> list[Any]:
        """The last results, and values that the variables had on the way; at times
        x, untouched, and gradients.

        Args:
          x: a tensor.
          y: another one.
          turn: a number, on which it depends which branches are taken.
        """
        kept: list[Any] = []
        found: list[Any] = []
        if self.gradients and x.dtype.is_floating:
            with tf.GradientTape() as tape:
                tape.watch([x, y])
                pool = self._run(self.steps, [x, y], turn, kept)
                results = [tf.reduce_mean(v) for v in pool[-2:] if v.dtype == x.dtype]
            found = tape.gradient(results, [x, y, *self.variables], unconnected_gradients="zero")
            found = [tf.convert_to_tensor(v) for v in found]
        else:
            pool = self._run(self.steps, [x, y], turn, kept)
        untouched = [x] if self.steps[0].k % 4 == 0 else []
        return [*pool[max(2, len(pool) - 3) :], *untouched, *kept[-3:], *found]

    def _run(self, steps: Any, pool: list[Any], turn: Any, kept: list[Any]) -> list[Any]:
        pool = list(pool)
        for step in steps:
            x, y = (pool[-1 - i % len(pool)] for i in (step.x, step.y))
            if step.name == "loop":
                made = self._loop(step, x, y, turn)
            elif step.name == "branch":
                made = self._branch(step, x, y, turn)
            elif step.name in EFFECTS or step.name in HOST_EFFECTS:
                made = self._effect(step.name, x, step.k)
                kept.append(made)
            else:
                made = (STEPS.get(step.name) or HOST_STEPS[step.name])(x, y, step.k)
            if size_of(made) > LARGEST:
                made = tf.reshape(made, [-1])[: 3 * 37]
            pool.append(made)
        return pool

    def _inner(self, step: Step, x: Any, y: Any, turn: Any) -> Any:
        made = self._run(step.inner, [x, y], turn, [])[-1]
        return fitted(cast(made, x.dtype), x.shape)

    def _loop(self, step: Step, x: Any, y: Any, turn: Any) -> Any:
        def body(i: Any, value: Any) -> Any:
            return i + 1, self._inner(step, value, y, turn + i)

        _, value = tf.while_loop(lambda i, v: i < step.k % 4, body, (tf.constant(0), x))
        return value

    def _branch(self, step: Step, x: Any, y: Any, turn: Any) -> Any:
        taken = tf.equal((turn + step.k) % 2, 0)
        return tf.cond(taken, lambda: self._inner(step, x, y, turn), lambda: x)

    def _effect(self, name: str, x: Any, k: int) -> Any:
        v, w, u = self.variables
        one, other = ((v, w), (w, u), (u, v), (w, v))[k % 4]
        value = fitted(cast(x, one.dtype), one.shape)
        if one.dtype.is_floating:
            value = tf.clip_by_value(value, -2, 2)
        if name == "assign":
            one.assign(value)
        elif name == "add":
            one.assign_add(value * number(0.5, value))
        elif name == "sub":
            one.assign_sub(value * number(0.5, value))
        elif name == "same":
            v.assign(fitted(value, v.shape))
            w.assign(fitted(value, w.shape))
        elif name == "swap":
            old = v.read_value()
            v.assign(w)
            w.assign(old)
        elif name == "rows":
            count = one.shape[0]
            rows = tf.constant([0, count - 1, k % count], tf.int64 if k % 2 else tf.int32)
            taken = tf.gather(one, rows)
            delta = tf.gather(value, rows) if k % 3 else tf.ones_like(taken)
            [one.scatter_add, one.scatter_sub][k // 4 % 2](tf.IndexedSlices(delta, rows))
            return taken
        elif name == "part" and one.shape[0] > 1:
            one[1:].assign(value[1:] if k % 3 else fitted(other, value[1:].shape))
        before = one.read_value()
        if k % 5 == 0:  # read before it changes once more
            one.assign_add(value * number(0.25, value))
        return before
