"""Slices: `tf.strided_slice`, `tf.slice` and their gradients; `indexing` has `x[1:3]`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    reads_values,
    reject,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import movement, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.array.arguments import (
    INDEX,
    INDEX16,
    refuse,
    to_ints,
    to_matching,
)
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


class _Unknown:
    """A bound that is not known while tracing."""


UNKNOWN = _Unknown()


class _Masks:
    """What the five masks of `StridedSlice` say of each entry, as NumPy index items."""

    __slots__ = ("begin_mask", "ellipsis_mask", "end_mask", "new_axis_mask", "shrink_axis_mask")

    def __init__(
        self,
        begin_mask: int,
        end_mask: int,
        ellipsis_mask: int,
        new_axis_mask: int,
        shrink_axis_mask: int,
    ) -> None:
        self.begin_mask = begin_mask
        self.end_mask = end_mask
        self.ellipsis_mask = ellipsis_mask
        self.new_axis_mask = new_axis_mask
        self.shrink_axis_mask = shrink_axis_mask

    def items(self, begin: Any, end: Any, strides: tuple[int, ...]) -> list[Any]:
        """The index: ints, slices, None and Ellipsis; `UNKNOWN` for bounds that are."""
        out: list[Any] = []
        for i, stride in enumerate(strides):
            bit = 1 << i
            if self.ellipsis_mask & bit:
                out.append(Ellipsis)
            elif self.new_axis_mask & bit:
                out.append(None)
            elif self.shrink_axis_mask & bit:
                if stride <= 0:
                    reject(f"strides[{i}]: expected 1 where a dimension goes; received {stride}")
                out.append(UNKNOWN if begin is None else begin[i])
            else:
                if stride == 0:
                    reject(f"strides[{i}]: expected a step other than 0; received 0")
                start = None if self.begin_mask & bit else UNKNOWN if begin is None else begin[i]
                stop = None if self.end_mask & bit else UNKNOWN if end is None else end[i]
                out.append(slice(start, stop, stride))
        if out.count(Ellipsis) > 1:
            reject("ellipsis_mask: expected one ellipsis at most; received more")
        return out


def _sliced(shape: Dims | None, items: list[Any]) -> Dims | None:
    """The shape of `x[items]`."""
    if shape is None:
        return None
    used = sum(1 for item in items if item is not None and item is not Ellipsis)
    if used > len(shape):
        reject(f"input: expected rank >= {used} for {used} indices; received {shape_text(shape)}")
    if Ellipsis not in items:
        items = [*items, Ellipsis]
    out: list[int | None] = []
    at = 0
    for item in items:
        if item is None:
            out.append(1)
            continue
        if item is Ellipsis:
            skipped = len(shape) - used
            out.extend(shape[at : at + skipped])
            at += skipped
            continue
        size = shape[at]
        if isinstance(item, slice):
            out.append(_slice_size(size, item))
        elif item is not UNKNOWN and size is not None and not -size <= item < size:
            reject(f"begin: slice index {item} of dimension {at} out of bounds of size {size}")
        at += 1
    return tuple(out)


def _slice_size(size: int | None, item: slice) -> int | None:
    if item.start is UNKNOWN or item.stop is UNKNOWN:
        return None
    if size is None:
        # Only what does not depend on the size: [0:n] may be cut short, [:0] may not.
        return 0 if item.stop == 0 and item.start in (None, 0) and item.step > 0 else None
    return len(range(*item.indices(size)))


def _numpy_key(
    begin: np.ndarray, end: np.ndarray, strides: tuple[int, ...], **masks: int
) -> tuple[Any, ...]:
    items = _Masks(**masks).items(begin.tolist(), end.tolist(), strides)
    # With an ellipsis NumPy always gives an array, never a scalar.
    return tuple(items) if Ellipsis in items else (*items, Ellipsis)


def _check_bounds(begin: Spec, end: Spec, strides: tuple[int, ...]) -> None:
    require_dtype(begin, INDEX16, "begin")
    require_same_dtype(begin, end)
    for spec, argument in ((begin, "begin"), (end, "end")):
        require_rank(spec, 1, argument)
        if spec.shape is not None and spec.shape[0] not in (None, len(strides)):
            reject(f"{argument}: expected {len(strides)} entries, as many as strides; "
                   f"received {spec.shape[0]}")  # fmt: skip


def _listed(spec: Spec) -> Any:
    return None if spec.value is None else spec.value.tolist()


@reads_values(1, 2)
def _strided_infer(
    input: Spec, begin: Spec, end: Spec, strides: tuple[int, ...], **masks: int
) -> Spec:
    _check_bounds(begin, end, strides)
    items = _Masks(**masks).items(_listed(begin), _listed(end), strides)
    return Spec(input.dtype, _sliced(input.shape, items))


def _strided_kernel(
    input: np.ndarray, begin: np.ndarray, end: np.ndarray, strides: tuple[int, ...], **masks: int
) -> np.ndarray:
    return input[_numpy_key(begin, end, strides, **masks)]


def _strided_vjp(ctx: Any, dy: Any) -> Any:
    x, begin, end = ctx.inputs
    return (apply(strided_slice_grad_p, shaping.shape(x), begin, end, dy, **ctx.attrs), None, None)


NO_MASKS = {
    "begin_mask": 0,
    "end_mask": 0,
    "ellipsis_mask": 0,
    "new_axis_mask": 0,
    "shrink_axis_mask": 0,
}


def _slices() -> Iterable[tuple[tuple[int, ...], list[int], list[int], dict[str, Any]]]:
    yield (3, 4), [0, 1], [2, 3], {}
    yield (3, 4), [1], [3], {}
    yield (3, 4), [-1, 3], [-4, 0], {"strides": (-1, -2)}
    yield (3, 4), [0, 9], [0, 9], {"begin_mask": 1, "end_mask": 3}
    yield (3, 4), [1, 0], [2, 2], {"shrink_axis_mask": 1}
    yield (3, 4), [1, -1], [2, 0], {"shrink_axis_mask": 3}
    yield (2, 3, 4), [0, 1], [0, 3], {"ellipsis_mask": 1}
    yield (2, 3, 4), [0, 0, 1], [0, 0, 3], {"ellipsis_mask": 2, "new_axis_mask": 1}
    yield (5,), [1], [4], {"strides": (2,)}
    yield (5,), [4], [1], {}
    yield (0, 2), [0], [5], {}
    yield (), [0], [0], {"new_axis_mask": 1}
    yield (), [], [], {}


def _strided_samples(draw: Draw) -> Iterable[Sample]:
    for shape, begin, end, attrs in _slices():
        attrs = NO_MASKS | {"strides": (1,) * len(begin)} | attrs
        yield Sample(
            draw.reals(*shape), np.array(begin, np.int32), np.array(end, np.int32), **attrs
        )


strided_slice_p = primitive(
    "StridedSlice",
    infer=_strided_infer,
    kernel=_strided_kernel,
    vjp=_strided_vjp,
    lower=movement("slice"),
    samples=_strided_samples,
)


@reads_values(0, 1, 2)
def _strided_grad_infer(
    shape: Spec, begin: Spec, end: Spec, dy: Spec, strides: tuple[int, ...], **masks: int
) -> Spec:
    _check_bounds(begin, end, strides)
    dims = shaping.known_dims(shape)
    items = _Masks(**masks).items(_listed(begin), _listed(end), strides)
    sliced = _sliced(dims, items)
    if sliced is not None and dy.shape is not None and len(sliced) == len(dy.shape):
        fits = all(a is None or b is None or a == b for a, b in zip(sliced, dy.shape, strict=True))
    else:
        fits = sliced is None or dy.shape is None
    if not fits:
        reject(f"dy: expected shape {shape_text(sliced)}; received {shape_text(dy.shape)}")
    return Spec(dy.dtype, dims)


def _strided_grad_kernel(
    shape: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    dy: np.ndarray,
    strides: tuple[int, ...],
    **masks: int,
) -> np.ndarray:
    out = np.zeros(shape.tolist(), dy.dtype)
    out[_numpy_key(begin, end, strides, **masks)] = dy
    return out


def _strided_grad_samples(draw: Draw) -> Iterable[Sample]:
    for shape, begin, end, attrs in _slices():
        attrs = NO_MASKS | {"strides": (1,) * len(begin)} | attrs
        bounds = np.array(begin, np.int32), np.array(end, np.int32)
        taken = _strided_kernel(np.empty(shape), *bounds, **attrs)
        yield Sample(np.array(shape, np.int32), *bounds, draw.reals(*taken.shape), **attrs)


strided_slice_grad_p = primitive(
    "StridedSliceGrad",
    infer=_strided_grad_infer,
    kernel=_strided_grad_kernel,
    vjp=lambda ctx, ddx: (
        None,
        None,
        None,
        apply(strided_slice_p, ddx, *ctx.inputs[1:3], **ctx.attrs),
    ),
    lower=movement("unslice"),
    samples=_strided_grad_samples,
)


@export("strided_slice")
def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Any:
    """Takes a slice with steps; `x[1:5:2, ::-1]` spells it shorter.

    Args:
      input_: tensor.
      begin: where each dimension's slice begins, a vector of ints.
      end: where it ends.
      strides: steps, which may be negative; 1 by default.
      begin_mask: bit `i`: ignore `begin[i]` and begin at the start.
      end_mask: bit `i`: ignore `end[i]` and go to the end.
      ellipsis_mask: bit `i`: entry `i` stands for as many full dimensions as are left.
      new_axis_mask: bit `i`: entry `i` inserts a dimension of size 1.
      shrink_axis_mask: bit `i`: entry `i` is the index `begin[i]`, and its dimension goes.
      var: the variable that `input_` is the value of, or None.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `input_`.

    Raises:
      tf.errors.InvalidArgumentError: when an index is out of range, a step is 0, or `begin`, `end`
        and `strides` differ in size.

    Example:
      >>> import tapeflow as tf
      >>> tf.strided_slice([1, 2, 3, 4, 5], [0], [5], [2]).numpy()
      array([1, 3, 5], dtype=int32)
    """
    first, last = to_matching(begin, end)
    if strides is not None:
        steps = to_ints(strides, "StridedSlice", "strides")
    elif first.shape.ndims != 1:
        raise refuse("StridedSlice", f"begin: expected a vector; received shape {first.shape}")
    else:
        steps = (1,) * known_length(first)
    return apply(
        strided_slice_p,
        convert(input_),
        first,
        last,
        strides=steps,
        begin_mask=begin_mask,
        end_mask=end_mask,
        ellipsis_mask=ellipsis_mask,
        new_axis_mask=new_axis_mask,
        shrink_axis_mask=shrink_axis_mask,
    )


def known_length(vector: Any) -> int:
    """How many entries a vector has.

    Raises:
      ValueError: when that is not known.
    """
    count = vector.shape.num_elements()
    if count is None:
        raise ValueError(
            f"StridedSlice: begin: expected a known number of entries; received {vector}"
        )
    return int(count)


@reads_values(1, 2)
def _slice_infer(input: Spec, begin: Spec, size: Spec) -> Spec:
    require_dtype(begin, INDEX, "begin")
    require_same_dtype(begin, size)
    starts, sizes = shaping.known_dims(begin, "begin"), shaping.known_dims(size, "size")
    shape = input.shape
    rank = next((len(d) for d in (shape, starts, sizes) if d is not None), None)
    if rank is None:
        return Spec(input.dtype, None)
    for dims, argument in ((starts, "begin"), (sizes, "size")):
        if dims is not None and len(dims) != rank:
            reject(f"{argument}: expected {rank} entries, one per dimension; received {len(dims)}")
    out: list[int | None] = []
    for i in range(rank):
        have = None if shape is None else shape[i]
        start = None if starts is None else starts[i]
        count = None if sizes is None else sizes[i]
        if start is not None and (start < 0 or (have is not None and start > have)):
            reject(f"begin[{i}]: expected a value in [0, {have}]; received {start}")
        if count == -1:
            count = None if have is None or start is None else have - start
        elif count is not None and (
            count < 0 or (have is not None and start is not None and start + count > have)
        ):
            reject(f"size[{i}]: expected a value in [0, {have} - {start}]; received {count}")
        out.append(count)
    return Spec(input.dtype, tuple(out))


def _slice_kernel(input: np.ndarray, begin: np.ndarray, size: np.ndarray) -> np.ndarray:
    key = [
        slice(b, None if n == -1 else b + n)
        for b, n in zip(begin.tolist(), size.tolist(), strict=True)
    ]
    return input[(*key, ...)]


def _slice_vjp(ctx: Any, dy: Any) -> Any:
    from tapeflow.engine.ops.array import padding

    x, begin, _ = ctx.inputs
    after = shaping.shape(x, begin.dtype) - begin - shaping.shape(dy, begin.dtype)
    return (padding.pad(dy, shaping.stack_columns(begin, after)), None, None)


def _slice_samples(draw: Draw) -> Iterable[Sample]:
    for shape, begin, size in (
        ((3, 4), (0, 1), (2, 3)), ((3, 4), (1, 1), (-1, -1)), ((3,), (3,), (0,)),
        ((0, 2), (0, 0), (0, 1)), ((), (), ()),
    ):  # fmt: skip
        yield Sample(draw.reals(*shape), np.array(begin, np.int32), np.array(size, np.int32))


slice_p = primitive(
    "Slice",
    infer=_slice_infer,
    kernel=_slice_kernel,
    vjp=_slice_vjp,
    lower=movement("slice"),
    samples=_slice_samples,
)


@export("slice")
def slice_(input_: Any, begin: Any, size: Any, name: str | None = None) -> Any:
    """Takes the block of given size that starts at a given place.

    Args:
      input_: tensor.
      begin: where it starts, a vector of ints >= 0.
      size: its size; -1 for everything that is left of a dimension.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `size`.

    Raises:
      tf.errors.InvalidArgumentError: when the block does not lie inside `input_`.

    Example:
      >>> import tapeflow as tf
      >>> tf.slice([[1, 2, 3], [4, 5, 6]], [0, 1], [2, -1]).numpy()
      array([[2, 3],
             [5, 6]], dtype=int32)
    """
    return apply(slice_p, convert(input_), *to_matching(begin, size))
