"""Moving blocks of an image into its batch or its channels, and back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import NotFoundError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reads_values, reject, require_dtype, require_rank
from tapeflow.engine.ir.primitive import movement, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.nn.arguments import integer, integers
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor
from tapeflow.engine.tracing.deferral import deferred, planned


def _known(block_shape: Spec, amounts: Spec, argument: str) -> tuple[list[int], list[Any]] | None:
    """Blocks and paddings (or crops) where both are known; rejects what no input makes right."""
    require_dtype(block_shape, dtypes.INDEX, "block_shape")
    require_dtype(amounts, dtypes.INDEX, argument)
    require_rank(block_shape, 1, "block_shape")
    require_rank(amounts, 2, argument)
    if block_shape.value is None or amounts.value is None:
        return None
    block = [int(b) for b in block_shape.value]
    if amounts.value.shape != (len(block), 2):
        reject(f"{argument}: expected shape [{len(block)},2]; received {list(amounts.value.shape)}")
    if block and min(block) < 1:
        reject(f"block_shape: expected positive entries; received {block}")
    if amounts.value.size and amounts.value.min() < 0:
        reject(f"{argument}: expected no negative entry; received {amounts.value.tolist()}")
    if sum(b > 1 for b in block) > 4:
        reject(f"block_shape: expected at most 4 entries greater than 1; received {block}")
    return block, amounts.value.tolist()


def _check_rank(input: Spec, blocks: int) -> None:
    if input.shape is not None and len(input.shape) < blocks + 1:
        reject(f"input: expected rank {blocks + 1} or more; received {len(input.shape)}")


@reads_values(1, 2)
def _to_batch_infer(input: Spec, block_shape: Spec, paddings: Spec) -> Spec:
    known = _known(block_shape, paddings, "paddings")
    if known is None:
        return Spec(input.dtype, _partly(input, block_shape))
    block, pads = known
    _check_rank(input, len(block))
    if input.shape is None:
        return Spec(input.dtype, None)
    batch = input.shape[0]
    dims: list[int | None] = [None if batch is None else batch * math.prod(block)]
    for i, (b, (low, high)) in enumerate(zip(block, pads, strict=True)):
        n = input.shape[i + 1]
        if n is not None and (n + low + high) % b:
            reject(f"input: expected padded size {n + low + high} of dimension {i + 1} to be a "
                   f"multiple of the block's {b}")  # fmt: skip
        dims.append(None if n is None else (n + low + high) // b)
    return Spec(input.dtype, (*dims, *input.shape[len(block) + 1 :]))


def _partly(input: Spec, block_shape: Spec) -> Dims | None:
    """What is known of the dimensions behind the blocks, whatever the blocks are."""
    if input.shape is None:
        return None
    count = block_shape.shape[0] if block_shape.shape else None
    rank = len(input.shape)
    if count is None or count >= rank:
        return (None,) * rank
    return (*[None] * (count + 1), *input.shape[count + 1 :])


def _to_batch_kernel(
    input: np.ndarray, block_shape: np.ndarray, paddings: np.ndarray
) -> np.ndarray:
    blocks = [int(b) for b in block_shape]
    rest = input.ndim - 1 - len(blocks)
    if paddings.any():
        shape = [n + int(p.sum()) for n, p in zip(input.shape[1:], paddings, strict=False)]
        inner = [
            slice(int(p[0]), int(p[0]) + n) for n, p in zip(input.shape[1:], paddings, strict=False)
        ]
        full = (input.shape[0], *shape, *input.shape[1 + len(blocks) :])
        padded = (
            np.full(full, b"", object) if input.dtype == object else np.zeros(full, input.dtype)
        )
        padded[(slice(None), *inner)] = input
        input = padded
    split: list[int] = [input.shape[0]]
    for n, b in zip(input.shape[1:], blocks, strict=False):
        split += [n // b, b]
    split += input.shape[1 + len(blocks) :]
    m = len(blocks)
    order = [*range(2, 2 * m + 1, 2), 0, *range(1, 2 * m, 2), *range(2 * m + 1, 2 * m + 1 + rest)]
    moved = input.reshape(split).transpose(order)
    tail = (*moved.shape[m + 1 : 2 * m + 1], *input.shape[1 + m :])
    return moved.reshape(math.prod(moved.shape[: m + 1]), *tail)


@reads_values(1, 2)
def _from_batch_infer(input: Spec, block_shape: Spec, crops: Spec) -> Spec:
    known = _known(block_shape, crops, "crops")
    if known is None:
        return Spec(input.dtype, _partly(input, block_shape))
    block, cuts = known
    _check_rank(input, len(block))
    if input.shape is None:
        return Spec(input.dtype, None)
    batch, count = input.shape[0], math.prod(block)
    if batch is not None and batch % count:
        reject(f"input: expected a batch that is a multiple of {count}; received {batch}")
    dims: list[int | None] = [None if batch is None else batch // count]
    for i, (b, (low, high)) in enumerate(zip(block, cuts, strict=True)):
        n = input.shape[i + 1]
        if n is not None and n * b < low + high:
            reject(f"crops: expected at most {n * b} for dimension {i + 1}; received {low + high}")
        dims.append(None if n is None else n * b - low - high)
    return Spec(input.dtype, (*dims, *input.shape[len(block) + 1 :]))


def _from_batch_kernel(input: np.ndarray, block_shape: np.ndarray, crops: np.ndarray) -> np.ndarray:
    blocks = [int(b) for b in block_shape]
    m = len(blocks)
    batch = input.shape[0] // math.prod(blocks)
    split = input.reshape(*blocks, batch, *input.shape[1:])
    order = [m]
    for i in range(m):
        order += [m + 1 + i, i]
    order += range(2 * m + 1, split.ndim)
    sizes = [n * b for n, b in zip(input.shape[1:], blocks, strict=False)]
    whole = split.transpose(order).reshape(batch, *sizes, *input.shape[1 + m :])
    keep = [slice(int(low), n - int(high)) for n, (low, high) in zip(sizes, crops, strict=True)]
    return whole[(slice(None), *keep)]


def _batch_samples(to_batch: bool) -> Callable[[Draw], Iterable[Sample]]:
    def sample(draw: Draw) -> Iterable[Sample]:
        for dtype in (dtypes.float32, dtypes.float64, dtypes.int32, dtypes.uint8):
            for shape, block, amounts in (
                ((2, 4, 6, 3), (2, 3), ((0, 0), (0, 0))), ((1, 4, 3), (2,), ((1, 1),)),
                ((1, 2, 3, 2), (1, 2), ((0, 0), (1, 0))), ((2, 3), (), ()),
                ((0, 4), (2,), ((0, 0),)),
            ):  # fmt: skip
                if not to_batch:
                    shape = (shape[0] * math.prod(block), *shape[1:])
                x = draw.reals(*shape, dtype=dtype)
                pairs = np.array(amounts, np.int32).reshape(-1, 2)
                yield Sample(x, np.array(block, np.int32), pairs, grad=dtype.is_floating)

    return sample


space_to_batch_p = primitive(
    "SpaceToBatchND",
    infer=_to_batch_infer,
    kernel=_to_batch_kernel,
    vjp=lambda ctx, dy: (apply(batch_to_space_p, dy, *ctx.inputs[1:]), None, None),
    lower=movement("space_to_batch"),
    samples=_batch_samples(True),
)

batch_to_space_p = primitive(
    "BatchToSpaceND",
    infer=_from_batch_infer,
    kernel=_from_batch_kernel,
    vjp=lambda ctx, dy: (apply(space_to_batch_p, dy, *ctx.inputs[1:]), None, None),
    lower=movement("batch_to_space"),
    samples=_batch_samples(False),
)


def _index_tensor(value: Any) -> Tensor:
    """A list or tensor of integers; an empty list is int32."""
    if isinstance(value, (list, tuple)) and not np.size(value):
        return convert(value, dtypes.int32)  # type: ignore[no-any-return]
    return convert(value)  # type: ignore[no-any-return]


@export("space_to_batch", "nn.space_to_batch", "space_to_batch_nd")
def space_to_batch(input: Any, block_shape: Any, paddings: Any, name: str | None = None) -> Any:
    """Cuts images into interleaved parts, which become images of a larger batch.

    Args:
      input: `[batch, *image, ...]`.
      block_shape: `[m]`, int32 or int64: for each of the first m image dimensions, how many parts.
      paddings: `[m, 2]`, int32 or int64: zeros before and after each of these dimensions.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch * prod(block_shape), *padded_image / block_shape, ...]`.

    Raises:
      tf.errors.InvalidArgumentError: when a padded dimension is no multiple of its block.

    Example:
      >>> import tapeflow as tf
      >>> tf.space_to_batch([[1, 2, 3, 4]], [2], [[0, 0]]).numpy()
      array([[1, 3],
             [2, 4]], dtype=int32)
    """
    return apply(
        space_to_batch_p, convert(input), _index_tensor(block_shape), _index_tensor(paddings)
    )


@export("batch_to_space")
def batch_to_space(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Any:
    """Interleaves images of a batch into larger ones; undoes `tf.space_to_batch`.

    Args:
      input: `[batch, *image, ...]`, the batch a multiple of `prod(block_shape)`.
      block_shape: `[m]`, int32 or int64, or one integer for the first two image dimensions.
      crops: `[m, 2]`, int32 or int64: what to cut off before and after each of these dimensions.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch / prod(block_shape), *image * block_shape - crops, ...]`.

    Raises:
      tf.errors.InvalidArgumentError: when the batch does not divide, or crops exceed the image.

    Example:
      >>> import tapeflow as tf
      >>> tf.batch_to_space([[1, 3], [2, 4]], [2], [[0, 0]]).numpy()
      array([[1, 2, 3, 4]], dtype=int32)
    """
    if isinstance(block_shape, int):
        block_shape = [block_shape, block_shape]
    return apply(batch_to_space_p, convert(input), _index_tensor(block_shape), _index_tensor(crops))


def _block_infer(to_depth: bool) -> Callable[..., Spec]:
    def rule(input: Spec, block_size: int, data_format: str) -> Spec:
        if data_format == "NCHW_VECT_C":
            raise NotFoundError(None, None, "data_format: NCHW_VECT_C is for GPUs alone")
        if data_format not in ("NHWC", "NCHW"):
            reject(f"data_format: expected 'NHWC' or 'NCHW'; received {data_format!r}")
        if block_size < 2:
            reject(f"block_size: expected 2 or more; received {block_size}")
        require_rank(input, 4)
        shape: Dims = (None,) * 4 if input.shape is None else input.shape
        is_last = data_format == "NHWC"
        h, w, c = shape[1:] if is_last else (*shape[2:], shape[1])
        b = block_size
        if to_depth:
            if (h is not None and h % b) or (w is not None and w % b):
                reject(
                    f"input: expected height and width that are multiples of {b}; received {h}, {w}"
                )
            h, w, c = (
                None if h is None else h // b,
                None if w is None else w // b,
                None if c is None else c * b * b,
            )
        else:
            if c is not None and c % (b * b):
                reject(f"input: expected channels in a multiple of {b * b}; received {c}")
            h, w, c = (
                None if h is None else h * b,
                None if w is None else w * b,
                None if c is None else c // (b * b),
            )
        return Spec(input.dtype, (shape[0], h, w, c) if is_last else (shape[0], c, h, w))

    return rule


def _to_depth_kernel(input: np.ndarray, block_size: int, data_format: str) -> np.ndarray:
    b = block_size
    if data_format == "NHWC":
        n, h, w, c = input.shape
        parts = input.reshape(n, h // b, b, w // b, b, c).transpose(0, 1, 3, 2, 4, 5)
        return parts.reshape(n, h // b, w // b, c * b * b)
    n, c, h, w = input.shape
    parts = input.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
    return parts.reshape(n, c * b * b, h // b, w // b)


def _from_depth_kernel(input: np.ndarray, block_size: int, data_format: str) -> np.ndarray:
    b = block_size
    if data_format == "NHWC":
        n, h, w, c = input.shape
        parts = input.reshape(n, h, w, b, b, c // (b * b)).transpose(0, 1, 3, 2, 4, 5)
        return parts.reshape(n, h * b, w * b, c // (b * b))
    n, c, h, w = input.shape
    parts = input.reshape(n, b, b, c // (b * b), h, w).transpose(0, 3, 4, 1, 5, 2)
    return parts.reshape(n, c // (b * b), h * b, w * b)


def _block_samples(to_depth: bool) -> Callable[[Draw], Iterable[Sample]]:
    def sample(draw: Draw) -> Iterable[Sample]:
        for dtype in (dtypes.float32, dtypes.float64, dtypes.int32, dtypes.bool):
            for shape, b in (((2, 4, 6, 2), 2), ((1, 3, 3, 1), 3), ((0, 2, 2, 1), 2)):
                if not to_depth:
                    shape = (*shape[:3], shape[3] * b * b)
                x = draw.bools(*shape) if dtype.is_bool else draw.reals(*shape, dtype=dtype)
                yield Sample(x, block_size=b, data_format="NHWC", grad=dtype.is_floating)

    return sample


space_to_depth_p = primitive(
    "SpaceToDepth",
    infer=_block_infer(True),
    kernel=_to_depth_kernel,
    vjp=lambda ctx, dy: (apply(depth_to_space_p, dy, **ctx.attrs),),
    lower=movement("space_to_depth"),
    samples=_block_samples(True),
)

depth_to_space_p = primitive(
    "DepthToSpace",
    infer=_block_infer(False),
    kernel=_from_depth_kernel,
    vjp=lambda ctx, dy: (apply(space_to_depth_p, dy, **ctx.attrs),),
    lower=movement("depth_to_space"),
    samples=_block_samples(False),
)


@export("nn.space_to_depth")
def space_to_depth(
    input: Any, block_size: Any, data_format: str = "NHWC", name: str | None = None
) -> Any:
    """Moves square blocks of images into their channels.

    Args:
      input: images `[batch, height, width, channels]`.
      block_size: edge of a block, 2 or more.
      data_format: `"NHWC"` or `"NCHW"`.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, height / block_size, width / block_size, channels * block_size ** 2]`.

    Raises:
      TypeError: when `block_size` is no integer.
      tf.errors.InvalidArgumentError: when height or width is no multiple of `block_size`.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.space_to_depth([[[[1], [2]], [[3], [4]]]], 2).numpy()
      array([[[[1, 2, 3, 4]]]], dtype=int32)
    """
    return apply(
        space_to_depth_p, convert(input), block_size=integer(block_size, "block_size"),
        data_format=data_format,
    )  # fmt: skip


@export("nn.depth_to_space")
def depth_to_space(
    input: Any, block_size: Any, data_format: str = "NHWC", name: str | None = None
) -> Any:
    """Lays channels of images out as square blocks; undoes `tf.nn.space_to_depth`.

    Args:
      input: images `[batch, height, width, channels]`.
      block_size: edge of a block, 2 or more.
      data_format: `"NHWC"` or `"NCHW"`.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, height * block_size, width * block_size, channels / block_size ** 2]`.

    Raises:
      TypeError: when `block_size` is no integer.
      tf.errors.InvalidArgumentError: when the channels are no multiple of `block_size ** 2`.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.depth_to_space([[[[1, 2, 3, 4]]]], 2)[0, :, :, 0].numpy()
      array([[1, 2],
             [3, 4]], dtype=int32)
    """
    return apply(
        depth_to_space_p, convert(input), block_size=integer(block_size, "block_size"),
        data_format=data_format,
    )  # fmt: skip


@export("required_space_to_batch_paddings")
@planned(
    values=("input_shape", "block_shape", "base_paddings"),
    result=lambda block_shape, **_: (Spec(dtypes.int32, (_length(block_shape), 2)),) * 2,
)
def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> Any:
    """The padding that makes an image's dimensions multiples of their blocks.

    Args:
      input_shape: sizes of the image's dimensions, int32 `[m]`.
      block_shape: `[m]`, int32.
      base_paddings: `[m, 2]`, int32: the least padding wanted; None for none.
      name: ignored in eager mode.

    Returns:
      `(paddings, crops)`, int32 `[m, 2]`, for `tf.space_to_batch` and `tf.batch_to_space`.

    Raises:
      ValueError: when shapes or dtypes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> paddings, crops = tf.required_space_to_batch_paddings([5], [2])
      >>> paddings.numpy(), crops.numpy()
      (array([[0, 1]], dtype=int32), array([[0, 1]], dtype=int32))
    """
    sizes = _known_vector(input_shape, "input_shape")
    block = _known_vector(block_shape, "block_shape")
    if sizes.shape != block.shape:
        raise ValueError(f"Shapes {sizes.shape} and {list(block.shape)} are incompatible")
    base = np.zeros((len(block), 2), np.int32)
    if base_paddings is not None:
        base = static_value(convert(base_paddings, dtypes.int32))  # type: ignore[assignment]
        if base.shape != (len(block), 2):
            raise ValueError(f"Shapes {base.shape} and {[len(block), 2]} are incompatible")
    paddings, crops = _block_paddings(sizes, block, base)
    return convert(paddings.astype(np.int32)), convert(crops.astype(np.int32))


def _block_paddings(sizes: np.ndarray, block: np.ndarray, base: Any) -> tuple[Any, Any]:
    """Paddings to whole blocks, and the crops that undo them."""
    base = np.asarray(base)
    full = sizes + base.sum(-1)
    extra = np.remainder(block - np.remainder(full, block), block)
    paddings = np.stack([base[:, 0], base[:, 1] + extra], -1)
    return paddings, np.stack([np.zeros_like(extra), extra], -1)


def _length(vector: Any) -> int | None:
    dims: Any = convert(vector).shape._dims
    return dims[0] if dims else None


def _known_vector(value: Any, argument: str) -> np.ndarray:
    known = static_value(convert(value, dtypes.int32))
    if known is None:
        raise ValueError(f"{argument}: expected values that are known when the function is traced")
    if known.ndim != 1:
        raise ValueError(f"{argument}: Shape {known.shape} must have rank 1")
    return known


@export("nn.with_space_to_batch")
def with_space_to_batch(
    input: Any,
    dilation_rate: Any,
    padding: Any,
    op: Callable[..., Any],
    filter_shape: Any = None,
    spatial_dims: Any = None,
    data_format: str | None = None,
) -> Any:
    """Applies a windowed operation at a dilation, by taking interleaved parts as a batch.

    Args:
      input: `[batch, ...]` of rank `m + 2` or more.
      dilation_rate: `[m]` positive integers.
      padding: `"SAME"`, `"VALID"`, or a list of pairs, one per axis.
      op: called as `op(part, num_spatial_dims=..., padding=...)`; must treat a batch's images
        independently. At a dilation it gets `"VALID"`.
      filter_shape: `[m]`, the window's size; only needed for `"SAME"`.
      spatial_dims: the image's axes, ascending; by default the first m after the batch (and after
        the channels, where `data_format` starts with "NC").
      data_format: the layout, for the default of `spatial_dims`.

    Returns:
      What `op` gives, with the batch put together again.

    Raises:
      ValueError: when the arguments don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([[[1.0], [2.0], [3.0], [4.0]]])
      >>> def pairs(part, num_spatial_dims, padding):
      ...     return tf.nn.avg_pool1d(part, 2, 1, padding)
      >>> tf.nn.with_space_to_batch(x, [2], "VALID", pairs)[0, :, 0].numpy()
      array([2., 3.], dtype=float32)
    """
    rates_known = static_value(dilation_rate)
    if rates_known is None or rates_known.ndim != 1:
        rank = None if rates_known is None else rates_known.ndim
        raise ValueError(
            f"`dilation_rate.shape.rank` must be 1. Received: dilation_rate={dilation_rate} "
            f"of rank {rank}"
        )
    rates = [int(r) for r in rates_known]
    if any(rate < 1 for rate in rates):
        raise ValueError(f"`dilation_rate` must be positive. Received: dilation_rate={rates}")
    m = len(rates)
    if spatial_dims is None:
        first = 2 if data_format is not None and data_format.startswith("NC") else 1
        axes = list(range(first, first + m))
    else:
        axes = list(integers(spatial_dims, "spatial_dims"))
    if not axes or axes[0] < 1 or any(a >= b for a, b in itertools.pairwise(axes)):
        raise ValueError(
            "`spatial_dims` must be a monotonically increasing sequence of positive integers. "
            f"Received: spatial_dims={axes}"
        )
    if isinstance(padding, str) and padding not in ("SAME", "VALID"):
        if max(rates) > 1:
            raise ValueError(
                f"`padding` must be one of 'SAME' or 'VALID'. Received: padding={padding}"
            )
    x = convert(input)
    least = axes[-1] + (1 if axes[0] > 1 else 2)
    if x.shape.ndims is not None and x.shape.ndims < least:
        raise ValueError(
            f"`input.shape.rank` must be at least {least}. Received: input.shape={x.shape} "
            f"with rank {x.shape.ndims}"
        )
    if max(rates) == 1:
        return op(x, num_spatial_dims=m, padding=padding)
    sizes = x.shape.as_list()
    if any(sizes[a] is None for a in axes):
        return _dilated_later(
            x, rates, axes, _base_paddings(padding, rates, axes, filter_shape), op
        )
    base = _base_paddings(padding, rates, axes, filter_shape)
    paddings, crops = _block_paddings(np.array([sizes[a] for a in axes]), np.array(rates), base)
    # Axes between the batch and the image (channels in front) are blocks of 1.
    block = np.ones(axes[-1], np.int32)
    pads = np.zeros((axes[-1], 2), np.int32)
    cuts = np.zeros((axes[-1], 2), np.int32)
    for i, axis in enumerate(axes):
        block[axis - 1] = rates[i]
        pads[axis - 1] = paddings[i]
        cuts[axis - 1] = crops[i]
    part = space_to_batch(x, block, pads)
    return batch_to_space(op(part, num_spatial_dims=m, padding="VALID"), block, cuts)


def _dilated_later(x: Any, rates: list[int], axes: list[int], base: Any, op: Any) -> Any:
    """As `with_space_to_batch`, for images whose sizes are known when the graph runs."""
    block = np.ones(axes[-1], np.int32)
    for axis, rate in zip(axes, rates, strict=True):
        block[axis - 1] = rate

    def plan(sizes: Any) -> Any:
        paddings, crops = _block_paddings(
            sizes._array[axes], np.array(rates), np.asarray(base, np.int32)
        )
        both = np.zeros((2, axes[-1], 2), np.int32)
        for i, axis in enumerate(axes):
            both[0, axis - 1], both[1, axis - 1] = paddings[i], crops[i]
        return EagerTensor(both[0]), EagerTensor(both[1])

    spec = Spec(dtypes.int32, (axes[-1], 2))
    pads, cuts = deferred("BlockPaddings", plan, [shaping.shape(x)], spec, spec)
    part = space_to_batch(x, block, pads)
    return batch_to_space(op(part, num_spatial_dims=len(axes), padding="VALID"), block, cuts)


def _base_paddings(padding: Any, rates: list[int], axes: list[int], filter_shape: Any) -> list[Any]:
    """The padding to be there before the parts are taken."""
    if not isinstance(padding, str):
        return [list(padding[a]) for a in axes]
    if padding == "VALID":
        return [[0, 0] for _ in rates]
    if filter_shape is None:
        raise ValueError(
            "`filter_shape` must be specified for `padding='SAME'`. "
            f"Received: filter_shape={filter_shape} and padding={padding}"
        )
    window = [int(k) for k in static_value(filter_shape)]  # type: ignore[union-attr]
    extra = [(k - 1) * rate for k, rate in zip(window, rates, strict=True)]
    return [[e // 2, e - e // 2] for e in extra]
