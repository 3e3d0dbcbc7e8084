"""Repeating, turning round and shifting along dimensions."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    at_run_time,
    normalize_axis,
    reads_values,
    reject,
    reject_values,
    require_dtype,
    require_rank,
    shape_text,
)
from tapeflow.engine.ir.primitive import indexed, movement, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import gathering, sequences, shaping
from tapeflow.engine.ops.array.arguments import INDEX, refuse, to_integers, to_ints
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor


@reads_values(1)
def _tile_infer(input: Spec, multiples: Spec) -> Spec:
    times = shaping.known_dims(multiples, "multiples")
    shape = input.shape
    if times is None:
        return Spec(input.dtype, None if shape is None else (None,) * len(shape))
    if any(n is not None and n < 0 for n in times):
        reject(f"multiples: expected numbers >= 0; received {shape_text(times)}")
    if shape is None:
        return Spec(input.dtype, (None,) * len(times))
    if len(times) != len(shape):
        reject(
            f"multiples: expected {len(shape)} numbers for {shape_text(shape)}; "
            f"received {len(times)}"
        )
    pairs = zip(shape, times, strict=True)
    return Spec(input.dtype, tuple([None if None in (d, n) else d * n for d, n in pairs]))  # type: ignore[operator]


def _tile_vjp(ctx: Any, dy: Any) -> Any:
    from tapeflow.engine.ops.math.reductions import reduce_sum

    x, multiples = ctx.inputs
    rank = x.shape.ndims
    if rank == 0:
        return (dy, None)
    both = shaping.stack_columns(multiples, shaping.shape(x, multiples.dtype))
    apart = shaping.reshape(dy, shaping.reshape(both, [-1]))
    return (reduce_sum(apart, list(range(0, 2 * rank, 2))), None)


def _tile_samples(draw: Draw) -> Iterable[Sample]:
    for shape, times in (
        ((2, 3), (2, 1)), ((2, 3), (1, 1)), ((3,), (3,)), ((), ()), ((2, 3), (0, 2)),
        ((0, 2), (2, 2)),
    ):  # fmt: skip
        yield Sample(draw.reals(*shape), np.array(times, np.int32))
    yield Sample(draw.ints(2), np.array([2], np.int64), grad=False)


tile_p = primitive(
    "Tile",
    infer=_tile_infer,
    kernel=lambda input, multiples: np.tile(input, multiples.tolist()),
    vjp=_tile_vjp,
    lower=movement("tile"),
    samples=_tile_samples,
)


@export("tile")
def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """Repeats a tensor as a whole along its dimensions.

    Args:
      input: tensor.
      multiples: int32 or int64 `[rank]`: how often along each dimension.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `input.shape * multiples`.

    Raises:
      tf.errors.InvalidArgumentError: when `multiples` is negative or does not fit the rank.

    Example:
      >>> import tapeflow as tf
      >>> tf.tile([1, 2], [2]).numpy()
      array([1, 2, 1, 2], dtype=int32)
    """
    return apply(tile_p, convert(input), shaping.to_shape_tensor(multiples))


@reads_values(1)
def _repeat_infer(input: Spec, repeats: Spec, axis: int) -> Spec:
    require_dtype(repeats, INDEX, "repeats")
    require_rank(repeats, (0, 1), "repeats")
    if input.shape is None:
        return Spec(input.dtype, None)
    axis = normalize_axis(axis, len(input.shape))
    size = input.shape[axis]
    if repeats.shape and None not in (size, repeats.shape[0]):
        if repeats.shape[0] not in (1, size):
            reject(f"repeats: expected {size} numbers; received {repeats.shape[0]}")
    total = None
    if repeats.value is not None:
        if repeats.value.size == 1:
            count = int(repeats.value.reshape(-1)[0])
            if count < 0:
                reject_values(f"repeats: expected a number >= 0; received {count}")
            total = None if size is None else size * count
        else:
            total = int(np.maximum(repeats.value, 0).sum())
    return Spec(input.dtype, (*input.shape[:axis], total, *input.shape[axis + 1 :]))


def _repeat_vjp(ctx: Any, dy: Any) -> Any:
    x, repeats = ctx.inputs
    axis = ctx.attrs["axis"]
    places = apply(repeat_p, sequences.range_(shaping.shape(x)[axis]), repeats, axis=0)
    return (apply(gathering.gather_grad_p, x, places, dy, axis=axis, batch_dims=0), None)


def _repeat_samples(draw: Draw) -> Iterable[Sample]:
    for shape, repeats, axis in (
        ((3,), (2, 0, 1), 0), ((2, 3), (1, 2, 1), 1), ((2, 3), (1, 2), -2), ((3,), 2, 0),
        ((2, 3), 0, 1),
        ((2, 3), (2,), 1), ((0, 2), 3, 0),
    ):  # fmt: skip
        yield Sample(draw.reals(*shape), np.array(repeats, np.int32), axis=axis)


repeat_p = primitive(
    "Repeat",  # Our own: TensorFlow composes it of a mask and many other steps.
    infer=_repeat_infer,
    kernel=lambda input, repeats, axis: np.repeat(input, np.maximum(repeats, 0), axis),
    vjp=_repeat_vjp,
    lower=indexed("repeat"),
    samples=_repeat_samples,
)


@export("repeat")
def repeat(input: Any, repeats: Any, axis: Any = None, name: str | None = None) -> Any:
    """Repeats each element or slice.

    Args:
      input: tensor.
      repeats: how often, an int or a vector of one number for each slice.
      axis: the dimension along which slices are repeated; None flattens `input` first.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `input`.

    Raises:
      ValueError: when `axis` is out of range, or `repeats` has another size than that dimension.
      TypeError: when `repeats` holds no integers.

    Example:
      >>> import tapeflow as tf
      >>> tf.repeat([1, 2, 3], [2, 0, 1]).numpy()
      array([1, 1, 3], dtype=int32)
    """
    data, counts = convert(input), _counts(repeats)
    rank = data.shape.ndims
    if axis is None or rank == 0:
        data, rank = shaping.reshape(data, [-1]), 1
    axis = 0 if axis is None else axis
    if not isinstance(axis, numbers.Integral):
        raise TypeError(f"repeat: axis: expected an int; received {axis!r}")
    axis = int(axis)
    if rank is not None:
        if not -rank <= axis < rank:
            raise ValueError(
                f"repeat: axis: expected a value in [{-rank}, {rank}); received {axis}"
            )
        size = data.shape.as_list()[axis]
        given = counts.shape.num_elements()
        if given != 1 and None not in (size, given) and size != given:
            raise ValueError(f"repeat: repeats: expected {size} numbers; received {given}")
    return apply(repeat_p, data, counts, axis=axis)


def _counts(repeats: Any) -> Any:
    counts = convert(repeats)
    if counts.shape.num_elements() == 0 and not isinstance(repeats, Tensor):
        return convert(repeats, dtypes.int32)
    if not counts.dtype.is_integer:
        raise TypeError(f"repeat: repeats: expected integers; received dtype {counts.dtype.name}")
    if counts.shape.ndims not in (0, 1, None):
        raise ValueError(f"repeat: repeats: expected rank 0 or 1; received shape {counts.shape}")
    if counts.dtype in INDEX:
        return counts
    from tapeflow.engine.ops.math.casting import cast

    return cast(counts, dtypes.int32)


def _shifts(shift: Spec, axis: tuple[int, ...]) -> None:
    require_dtype(shift, INDEX, "shift")
    require_rank(shift, (0, 1), "shift")
    if shift.shape is not None:
        count = shift.shape[0] if shift.shape else 1
        if count not in (None, len(axis)):
            reject(f"shift: expected {len(axis)} numbers, one per axis; received {count}")


def _roll_infer(input: Spec, shift: Spec, axis: tuple[int, ...]) -> Spec:
    _shifts(shift, axis)
    if input.shape is not None:
        if not input.shape:
            reject("input: expected rank >= 1; received a scalar")
        with at_run_time():
            for a in axis:
                normalize_axis(a, len(input.shape))
    return Spec(input.dtype, input.shape)


def _roll_kernel(input: np.ndarray, shift: np.ndarray, axis: tuple[int, ...]) -> np.ndarray:
    return np.roll(input, shift.reshape(-1).tolist(), axis)


def _roll_samples(draw: Draw) -> Iterable[Sample]:
    for shape, shift, axis in (
        ((4,), (1,), (0,)), ((2, 3), (-1, 4), (0, 1)), ((2, 3), (1, 1), (1, 1)), ((0,), (2,), (0,)),
        ((3, 4), (0,), (-1,)),
    ):  # fmt: skip
        yield Sample(draw.reals(*shape), np.array(shift, np.int32), axis=axis)


roll_p = primitive(
    "Roll",
    infer=_roll_infer,
    kernel=_roll_kernel,
    vjp=lambda ctx, dy: (apply(roll_p, dy, -ctx.inputs[1], **ctx.attrs), None),
    lower=movement("roll"),
    samples=_roll_samples,
)


@export("roll")
def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Any:
    """Shifts elements along dimensions; what leaves at the end comes back at the start.

    Args:
      input: tensor of rank 1 or more.
      shift: by how many places, an int or one for each of `axis`; negative shifts go back.
      axis: the dimension, or a list of them.
      name: ignored in eager mode.

    Returns:
      A tensor like `input`.

    Raises:
      tf.errors.InvalidArgumentError: when `axis` is out of range, or `shift` is of another size.

    Example:
      >>> import tapeflow as tf
      >>> tf.roll([1, 2, 3, 4], 1, 0).numpy()
      array([4, 1, 2, 3], dtype=int32)
    """
    by, along = to_integers(shift), to_integers(axis)
    if by.shape.ndims != along.shape.ndims:
        raise refuse(
            "Roll", f"shift: expected shape {along.shape}, that of axis; received {by.shape}"
        )
    return apply(roll_p, convert(input), by, axis=to_ints(along, "Roll", "axis"))


def _reverse_infer(tensor: Spec, axis: tuple[int, ...]) -> Spec:
    if tensor.shape:  # a scalar is its own reverse, along whichever axis
        rank = len(tensor.shape)
        if len({normalize_axis(a, rank) for a in axis}) != len(axis):
            reject(f"axis: expected each dimension once; received {axis}")
    return Spec(tensor.dtype, tensor.shape)


def _reverse_kernel(tensor: np.ndarray, axis: tuple[int, ...]) -> np.ndarray:
    key = [slice(None)] * tensor.ndim
    for a in axis if key else ():
        key[a] = slice(None, None, -1)
    return tensor[(*key, ...)]


def _reverse_samples(draw: Draw) -> Iterable[Sample]:
    for shape, axis in (((4,), (0,)), ((2, 3), (0, -1)), ((2, 3), ()), ((), ()), ((0, 2), (0,))):
        yield Sample(draw.reals(*shape), axis=axis)


reverse_p = primitive(
    "ReverseV2",
    infer=_reverse_infer,
    kernel=_reverse_kernel,
    vjp=lambda ctx, dy: (apply(reverse_p, dy, **ctx.attrs),),
    lower=movement("reverse"),
    samples=_reverse_samples,
)


@export("reverse")
def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """Turns the order of elements round along dimensions.

    Args:
      tensor: tensor.
      axis: list of dimensions.
      name: ignored in eager mode.

    Returns:
      A tensor like `tensor`.

    Raises:
      tf.errors.InvalidArgumentError: when a dimension is out of range or occurs twice, or `axis` is
        no list.

    Example:
      >>> import tapeflow as tf
      >>> tf.reverse([1, 2, 3], [0]).numpy()
      array([3, 2, 1], dtype=int32)
    """
    if not isinstance(axis, (list, tuple)):
        axis = to_integers(axis)
        if axis.shape.ndims != 1:
            raise refuse("ReverseV2", f"axis: expected a vector; received shape {axis.shape}")
    return apply(reverse_p, convert(tensor), axis=to_ints(axis, "ReverseV2", "axis"))


@reads_values(1)
def _reverse_sequence_infer(input: Spec, seq_lengths: Spec, seq_dim: int, batch_dim: int) -> Spec:
    require_dtype(seq_lengths, INDEX, "seq_lengths")
    require_rank(seq_lengths, 1, "seq_lengths")
    if input.shape is None:
        return Spec(input.dtype, None)
    rank = len(input.shape)
    if seq_dim == batch_dim:
        reject(f"seq_dim: expected another dimension than batch_dim, {batch_dim}; received it")
    for value, argument in ((seq_dim, "seq_dim"), (batch_dim, "batch_dim")):
        if not 0 <= value < rank:
            reject(f"{argument}: expected a dimension in [0, {rank}); received {value}")
    count = None if seq_lengths.shape is None else seq_lengths.shape[0]
    if None not in (count, input.shape[batch_dim]) and count != input.shape[batch_dim]:
        reject(f"seq_lengths: expected {input.shape[batch_dim]} lengths; received {count}")
    size = input.shape[seq_dim]
    lengths = seq_lengths.value
    if lengths is not None and lengths.size:
        if lengths.min() < 0 or (size is not None and lengths.max() > size):
            reject_values(
                f"seq_lengths: expected lengths in [0, {size}]; received {lengths.tolist()}"
            )
    return Spec(input.dtype, input.shape)


def _reverse_sequence_kernel(
    input: np.ndarray, seq_lengths: np.ndarray, seq_dim: int, batch_dim: int
) -> np.ndarray:
    places = np.arange(input.shape[seq_dim])
    lengths = seq_lengths[:, None]
    source = np.where(places < lengths, lengths - 1 - places, places)
    moved = np.moveaxis(input, (batch_dim, seq_dim), (0, 1))
    taken = moved[np.arange(len(seq_lengths))[:, None], source]
    return np.moveaxis(taken, (0, 1), (batch_dim, seq_dim))


def _reverse_sequence_samples(draw: Draw) -> Iterable[Sample]:
    for shape, lengths, seq, batch in (
        ((2, 4), (3, 2), 1, 0), ((4, 2, 3), (0, 4), 0, 1), ((0, 3), (), 1, 0),
        ((2, 1), (1, 0), 1, 0),
    ):  # fmt: skip
        yield Sample(draw.reals(*shape), np.array(lengths, np.int32), seq_dim=seq, batch_dim=batch)


reverse_sequence_p = primitive(
    "ReverseSequence",
    infer=_reverse_sequence_infer,
    kernel=_reverse_sequence_kernel,
    vjp=lambda ctx, dy: (apply(reverse_sequence_p, dy, ctx.inputs[1], **ctx.attrs), None),
    lower=indexed("reverse_sequence"),
    samples=_reverse_sequence_samples,
)


@export("reverse_sequence")
def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
) -> Any:
    """Turns the beginnings of sequences round; each has a length of its own.

    Args:
      input: tensor of a batch of sequences.
      seq_lengths: int32 or int64 `[batch]`: how many elements of each sequence to turn round.
      seq_axis: the dimension along the sequence.
      batch_axis: the dimension of the batch, 0 by default.
      name: ignored in eager mode.

    Returns:
      A tensor like `input`.

    Raises:
      tf.errors.InvalidArgumentError: when a length is out of range or dimensions do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.reverse_sequence([[1, 2, 3], [4, 5, 6]], [2, 3], seq_axis=1).numpy()
      array([[2, 1, 3],
             [6, 5, 4]], dtype=int32)
    """
    if seq_axis is None:
        raise TypeError("reverse_sequence: seq_axis: expected an int; received None")
    return apply(
        reverse_sequence_p,
        convert(input),
        to_integers(seq_lengths),
        seq_dim=seq_axis,
        batch_dim=batch_axis or 0,
    )
