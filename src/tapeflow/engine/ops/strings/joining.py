"""Joining strings: elementwise, along dimensions, by segment, and in runs of neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import OutOfRangeError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    normalize_axis,
    reads_values,
    reduce_dims,
    reject,
    require_dtype,
    require_rank,
    shape_text,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.math.reductions import to_axes
from tapeflow.engine.ops.strings.arguments import STRING, array_of, to_strings
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


def _join_infer(*inputs: Spec, separator: str) -> Spec:
    shape: Any = ()
    for i, spec in enumerate(inputs):
        require_dtype(spec, STRING, f"inputs[{i}]")
        if spec.shape is None:
            shape = None if shape == () else shape
        elif spec.shape != ():
            if shape not in ((), None) and shape != spec.shape:
                if len(shape) != len(spec.shape) or None not in (*shape, *spec.shape):
                    reject(
                        f"inputs[{i}]: expected a scalar or shape {shape_text(shape)}; "
                        f"received {shape_text(spec.shape)}"
                    )
            shape = spec.shape
    return Spec(dtypes.string, shape)


def _join(*inputs: np.ndarray, separator: str) -> np.ndarray:
    between = separator.encode()
    parts = np.broadcast_arrays(*inputs) if inputs else [array_of([b""], ())]
    rows = zip(*[p.reshape(-1).tolist() for p in parts], strict=True)
    return array_of(map(between.join, rows), parts[0].shape)


def _join_samples(draw: Draw) -> Iterable[Sample]:
    a = array_of([b"a", b"", b"c d"], (3,))
    b = array_of([b"x", b"yy", b"z"], (3,))
    yield Sample(a, b, separator="", grad=False)
    yield Sample(a, array_of([b"-"], ()), b, separator=", ", grad=False)
    yield Sample(array_of([b"p"], ()), array_of([b"q"], ()), separator="_", grad=False)
    yield Sample(np.empty((0, 2), object), array_of([b"-"], ()), separator="", grad=False)


join_p = primitive(
    "StringJoin",
    infer=_join_infer,
    kernel=_join,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_join_samples,
)


@export("strings.join")
def join(inputs: Any, separator: str = "", name: str | None = None) -> Any:
    """Joins strings of several tensors, elementwise.

    Args:
      inputs: list of string tensors: scalars, or all of one shape.
      separator: what comes between.
      name: ignored in eager mode.

    Returns:
      A string tensor of that shape.

    Raises:
      tf.errors.InvalidArgumentError: when the shapes differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.join([["a", "b"], "x"], separator="-").numpy()
      array([b'a-x', b'b-x'], dtype=object)
    """
    if not isinstance(inputs, (list, tuple)):
        raise TypeError(f"Expected list for 'inputs' argument to 'string_join' Op, not {inputs!r}.")
    return apply(join_p, *[to_strings(x) for x in inputs], separator=_text(separator))


def _text(separator: Any) -> str:
    if isinstance(separator, bytes):
        return separator.decode()
    if not isinstance(separator, str):
        raise TypeError(f"Expected string for argument 'separator' not {separator!r}.")
    return separator


def _reduce_infer(
    inputs: Spec, reduction_indices: tuple[int, ...], keep_dims: bool, separator: str
) -> Spec:
    require_dtype(inputs, STRING, "inputs")
    for axis in reduction_indices:
        rank = inputs.rank
        if rank is not None and not -rank <= axis < rank:
            raise OutOfRangeError(
                None,
                None,
                f"reduction_indices: expected dimensions in [-{rank}, {rank}); received {axis}",
            )
    return Spec(dtypes.string, reduce_dims(inputs.shape, reduction_indices, keep_dims))


def _reduce(
    inputs: np.ndarray, reduction_indices: tuple[int, ...], keep_dims: bool, separator: str
) -> np.ndarray:
    rank = inputs.ndim
    axes = [normalize_axis(a, rank) for a in reduction_indices]
    rest = [a for a in range(rank) if a not in axes]
    # The dimension named first is joined first, so that it varies fastest.
    turned = inputs.transpose([*rest, *reversed(axes)])
    shape = turned.shape[: len(rest)]
    count = int(np.prod([inputs.shape[a] for a in axes], dtype=np.int64))
    rows = turned.reshape((int(np.prod(shape, dtype=np.int64)), count)).tolist()
    kept = reduce_dims(inputs.shape, tuple(axes), keep_dims)
    return array_of(map(separator.encode().join, rows), kept)  # type: ignore[arg-type]


def _reduce_samples(draw: Draw) -> Iterable[Sample]:
    x = array_of([b"a", b"b", b"c", b"d"], (2, 2))
    for axis in ((0,), (1,), (-1,), (0, 1), (1, 0), (-2,)):
        for keep in (False, True):
            yield Sample(x, reduction_indices=axis, keep_dims=keep, separator=".", grad=False)
    empty = np.empty((2, 0), object)
    yield Sample(empty, reduction_indices=(1,), keep_dims=False, separator=".", grad=False)


reduce_join_p = primitive(
    "ReduceJoin",
    infer=_reduce_infer,
    kernel=_reduce,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_reduce_samples,
)


@export("strings.reduce_join")
def reduce_join(
    inputs: Any,
    axis: Any = None,
    keepdims: bool = False,
    separator: str = "",
    name: str | None = None,
) -> Any:
    """Joins the strings of one tensor along dimensions.

    Args:
      inputs: string tensor.
      axis: the dimensions to fold, an int or a list, in the order of joining; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      separator: what comes between.
      name: ignored in eager mode.

    Returns:
      A string tensor.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=-1, separator="+").numpy()
      array([b'a+b', b'c+d'], dtype=object)
    """
    x = to_strings(inputs)
    axes = to_axes(axis, x.shape.ndims)
    if axis is None and axes is not None:
        axes = axes[::-1]  # in row-major order
    return apply(
        reduce_join_p, x, reduction_indices=axes, keep_dims=bool(keepdims),
        separator=_text(separator),
    )  # fmt: skip


@reads_values(2)
def _segment_infer(inputs: Spec, segment_ids: Spec, num_segments: Spec, separator: str) -> Spec:
    require_dtype(inputs, STRING, "inputs")
    require_dtype(segment_ids, dtypes.INDEX, "segment_ids")
    require_rank(num_segments, 0, "num_segments")
    if inputs.shape is None or segment_ids.shape is None:
        return Spec(dtypes.string, None)
    depth = len(segment_ids.shape)
    if depth == 0:
        reject("segment_ids: expected rank 1 or more; received a scalar")
    head = inputs.shape[:depth]
    if len(head) < depth or any(
        m is not None and n is not None and m != n
        for m, n in zip(head, segment_ids.shape, strict=True)
    ):
        reject(
            f"segment_ids: expected the leading dimensions of inputs, {shape_text(inputs.shape)}; "
            f"received {shape_text(segment_ids.shape)}"
        )
    count = None if num_segments.value is None else int(num_segments.value)
    if count is not None and count < 0:
        reject(f"num_segments: expected a number >= 0; received {count}")
    return Spec(dtypes.string, (count, *inputs.shape[depth:]))


def _segment_join(
    inputs: np.ndarray, segment_ids: np.ndarray, num_segments: np.ndarray, separator: str
) -> np.ndarray:
    count = int(num_segments)
    ids = segment_ids.reshape(-1).tolist()
    inner = inputs.shape[segment_ids.ndim :]
    width = int(np.prod(inner, dtype=np.int64))
    rows = inputs.reshape(len(ids), width).tolist()
    bags: list[list[list[bytes]]] = [[[] for _ in range(width)] for _ in range(count)]
    for number, row in zip(ids, rows, strict=True):
        if not 0 <= number < count:
            reject(f"segment_ids: expected numbers in [0, {count}); received {number}")
        for bag, text in zip(bags[number], row, strict=True):
            bag.append(text)
    between = separator.encode()
    return array_of((between.join(bag) for bags_ in bags for bag in bags_), (count, *inner))


def _segment_samples(draw: Draw) -> Iterable[Sample]:
    x = array_of([b"a", b"b", b"c", b"d"], (4,))
    ids = np.array([2, 0, 2, 0], np.int32)
    yield Sample(x, ids, np.array(3, np.int32), separator=":", grad=False)
    yield Sample(x.reshape(2, 2), ids[1:3], np.array(3, np.int32), separator="", grad=False)
    yield Sample(x, ids, np.array(2, np.int32), separator="", grad=False)


segment_join_p = primitive(
    "UnsortedSegmentJoin",
    infer=_segment_infer,
    kernel=_segment_join,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_segment_samples,
)


@export("strings.unsorted_segment_join")
def unsorted_segment_join(
    inputs: Any, segment_ids: Any, num_segments: Any, separator: str = "", name: str | None = None
) -> Any:
    """Joins the strings of each segment.

    Args:
      inputs: string tensor.
      segment_ids: int32 or int64 tensor, whose shape begins that of `inputs`.
      num_segments: int scalar, the number of segments.
      separator: what comes between.
      name: ignored in eager mode.

    Returns:
      A string tensor `[num_segments, ...]`.

    Raises:
      tf.errors.InvalidArgumentError: when a number is not in `[0, num_segments)`.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.unsorted_segment_join(["a", "b", "c"], [0, 1, 0], 2, ":").numpy()
      array([b'a:c', b'b'], dtype=object)
    """
    return apply(
        segment_join_p, to_strings(inputs), convert(segment_ids), convert(num_segments),
        separator=_text(separator),
    )  # fmt: skip
