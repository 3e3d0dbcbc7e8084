"""Gathering rows and elements at given indices; scattering is its transpose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    at_run_time,
    merge_dims,
    normalize_axis,
    reject,
    reject_values,
    require_dtype,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import indexed, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions, scattering, shaping
from tapeflow.engine.ops.array.arguments import INDEX16, refuse, to_axis, to_integers
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.indexed_slices import IndexedSlices
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


def _gather_infer(params: Spec, indices: Spec, axis: int, batch_dims: int) -> Spec:
    require_dtype(indices, INDEX16, "indices")
    p, i = params.shape, indices.shape
    if i is not None:
        if not -len(i) <= batch_dims <= len(i):
            reject(f"batch_dims: expected a value in [-{len(i)}, {len(i)}]; received {batch_dims}")
        batch_dims += len(i) if batch_dims < 0 else 0
    if p is None or i is None:
        return Spec(params.dtype, None)
    if not p:
        reject("params: expected rank >= 1; received a scalar")
    axis = normalize_axis(axis, len(p))
    if batch_dims > axis:
        reject_values(f"batch_dims: expected at most axis, which is {axis}; received {batch_dims}")
    with at_run_time():
        batch = merge_dims(p[:batch_dims], i[:batch_dims], "indices: batch dimensions") or ()
    return Spec(params.dtype, (*batch, *p[batch_dims:axis], *i[batch_dims:], *p[axis + 1 :]))


def require_in_range(indices: np.ndarray, size: int, argument: str = "indices") -> None:
    """Rejects indices outside of `[0, size)`; negative ones do not count from the end."""
    if not indices.size:
        return
    # As unsigned numbers the negative ones are too large: one pass instead of two.
    if int(indices.view(f"u{indices.itemsize}").max()) >= size:
        flat = indices.reshape(-1)
        wrong = int(np.flatnonzero((flat < 0) | (flat >= size))[0])
        place = ",".join(map(str, np.unravel_index(wrong, indices.shape)))
        reject(f"{argument}[{place}] = {flat[wrong]} is not in [0, {size})")


def take_rows(params: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """`params[indices]` along dimension 0, after checking the range."""
    require_in_range(indices, params.shape[0])
    return params.take(indices, 0)


def _gather_kernel(
    params: np.ndarray, indices: np.ndarray, axis: int, batch_dims: int
) -> np.ndarray:
    if axis < 0:
        axis += params.ndim
    if batch_dims < 0:
        batch_dims += indices.ndim
    require_in_range(indices, params.shape[axis])
    if not batch_dims:
        # np.take gives a scalar for a scalar index into a vector.
        return np.asarray(params.take(indices, axis))
    key = _batch_key(params.shape, indices, axis, batch_dims)
    return params[key]


def _batch_key(
    shape: tuple[int, ...], indices: np.ndarray, axis: int, batch_dims: int
) -> tuple[np.ndarray, ...]:
    """For each of the first `axis + 1` dimensions, an index array of the shape of the result."""
    inner = indices.ndim - batch_dims
    rank = axis + inner
    key = []
    for d in range(axis):
        dims = [1] * rank
        dims[d] = shape[d]
        key.append(np.arange(shape[d]).reshape(dims))
    dims = [*indices.shape[:batch_dims], *[1] * (axis - batch_dims), *indices.shape[batch_dims:]]
    return (*key, indices.reshape(dims))


def _gather_vjp(ctx: Any, dy: Any) -> Any:
    params, indices = ctx.inputs
    axis, batch_dims = ctx.attrs["axis"], ctx.attrs["batch_dims"]
    if axis == 0 and batch_dims == 0:
        return (slices_of_rows(dy, indices, shaping.shape(params)), None)
    return (apply(gather_grad_p, params, indices, dy, axis=axis, batch_dims=batch_dims), None)


def slices_of_rows(dy: Any, indices: Any, dense_shape: Any) -> IndexedSlices:
    """The gradient of a gather of rows: `dy` at `indices` of a tensor of shape `dense_shape`."""
    if indices.shape.ndims != 1:
        if (
            type(dy) is EagerTensor
            and type(indices) is EagerTensor
            and type(dense_shape) is EagerTensor
        ):
            count = indices._array.size
            dy = shaping.reshape(dy, [count, *dense_shape._array[1:].tolist()])
            return IndexedSlices(dy, shaping.reshape(indices, [count]), dense_shape)
        tail = dense_shape[1:]
        if tail.shape.as_list() != [0]:
            from tapeflow.engine.ops.array import concatenation

            rows = dimensions.expand_dims(dimensions.size(indices, tail.dtype), 0)
            tail = concatenation.concat([rows, tail], 0)
        else:
            tail = [-1]
        dy = shaping.reshape(dy, tail)
        indices = shaping.reshape(indices, [-1])
    return IndexedSlices(dy, indices, dense_shape)


def _gather_samples(draw: Draw) -> Iterable[Sample]:
    def sample(p: tuple[int, ...], i: tuple[int, ...], axis: int, batch_dims: int = 0) -> Sample:
        size = p[axis]
        return Sample(
            draw.reals(*p), draw.ints(*i, high=max(size, 1)), axis=axis, batch_dims=batch_dims
        )

    yield sample((4, 3), (5,), 0)
    yield sample((4,), (), 0)
    yield sample((4, 3), (2, 2), 0)
    yield sample((2, 4, 3), (5,), 1)
    yield sample((2, 4, 3), (2, 2), -1)
    yield sample((2, 4, 3), (2, 5), 1, 1)
    yield sample((2, 4, 3), (2, 2, 2), 2, 1)
    yield sample((2, 3, 4), (2, 3), 2, 2)
    yield sample((2, 4), (2, 0), 1, 1)
    yield sample((4, 0), (2,), 0)
    yield sample((0, 3), (0,), 0)
    yield Sample(draw.ints(4), np.array([3, 3, 0], np.int64), axis=0, batch_dims=0, grad=False)


gather_p = primitive(
    "GatherV2",
    infer=_gather_infer,
    kernel=_gather_kernel,
    vjp=_gather_vjp,
    lower=indexed("gather"),
    samples=_gather_samples,
)


def _gather_grad_infer(params: Spec, indices: Spec, dy: Spec, axis: int, batch_dims: int) -> Spec:
    require_same_dtype(params, dy)
    taken = _gather_infer(params, indices, axis, batch_dims)
    merge_dims(taken.shape, dy.shape, "dy")
    return Spec(dy.dtype, params.shape)


def _gather_grad_kernel(
    params: np.ndarray, indices: np.ndarray, dy: np.ndarray, axis: int, batch_dims: int
) -> np.ndarray:
    axis %= params.ndim
    if batch_dims < 0:
        batch_dims += indices.ndim
    out = np.zeros(params.shape, dy.dtype)
    scattering.add_at(out, _batch_key(params.shape, indices, axis, batch_dims), dy)
    return out


def _gather_grad_samples(draw: Draw) -> Iterable[Sample]:
    for taken in _gather_samples(draw):
        params, indices = taken.inputs
        y = _gather_kernel(params, indices, **taken.attrs)
        grad = y.dtype.kind == "f"
        yield Sample(
            params, indices, draw.reals(*y.shape).astype(y.dtype), grad=grad, **taken.attrs
        )


gather_grad_p = primitive(
    "GatherV2Grad",  # Our own: TensorFlow composes it of transposes and a segment sum.
    infer=_gather_grad_infer,
    kernel=_gather_grad_kernel,
    vjp=lambda ctx, ddx: (None, None, apply(gather_p, ddx, ctx.inputs[1], **ctx.attrs)),
    lower=indexed("scatter_add"),
    samples=_gather_grad_samples,
)


@export("gather")
def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Any:
    """Takes slices at `indices` along a dimension.

    Args:
      params: tensor or variable. Of a variable only the rows wanted are read, and its gradient
        along axis 0 is a `tf.IndexedSlices`.
      indices: int16, int32 or int64 tensor.
      validate_indices: not used; indices are always checked.
      axis: the dimension; by default `batch_dims`.
      batch_dims: number of leading dimensions that `params` and `indices` share.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis+1:]`.

    Raises:
      tf.errors.InvalidArgumentError: when an index is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.gather([10, 20, 30], [2, 0]).numpy()
      array([30, 10], dtype=int32)
    """
    if axis is None:
        axis = batch_dims
    else:
        axis = axis if type(axis) is int else to_axis(to_integers(axis), "GatherV2")
    if type(axis) is int and type(batch_dims) is int and axis == 0 and batch_dims == 0:
        read = getattr(params, "sparse_read", None)
        if read is not None:
            return read(indices, name=name)
    params = params if isinstance(params, Tensor) else convert(params)
    return apply(gather_p, params, to_integers(indices), axis=axis, batch_dims=_count(batch_dims))


def _count(batch_dims: Any) -> Any:
    """An int; a symbolic scalar for a tensor whose value is not known yet."""
    return to_axis(batch_dims, "GatherV2") if isinstance(batch_dims, Tensor) else int(batch_dims)


def _gather_nd_infer(params: Spec, indices: Spec, bad_indices_policy: str) -> Spec:
    require_dtype(indices, INDEX16, "indices")
    scattering.require_policy(bad_indices_policy)
    p, i = params.shape, indices.shape
    if p is not None and not p:
        reject("params: expected rank >= 1; received a scalar")
    if i is not None and not i:
        reject("indices: expected rank >= 1; received a scalar")
    if p is None or i is None or i[-1] is None:
        return Spec(params.dtype, None)
    if i[-1] > len(p):
        reject(
            f"indices: expected at most {len(p)} indices for params of shape {shape_text(p)}; "
            f"received shape {shape_text(i)}"
        )
    return Spec(params.dtype, (*i[:-1], *p[i[-1] :]))


def _gather_nd_kernel(
    params: np.ndarray, indices: np.ndarray, bad_indices_policy: str
) -> np.ndarray:
    depth = indices.shape[-1]
    if depth == 0:
        return np.broadcast_to(params, (*indices.shape[:-1], *params.shape))
    key, bad = scattering.element_key(params.shape, indices, bad_indices_policy)
    out = params[(*key, ...)]
    if bad is not None:
        out[bad] = 0
    return out


def _gather_nd_vjp(ctx: Any, dy: Any) -> Any:
    params, indices = ctx.inputs
    dims = shaping.shape(params, indices.dtype)
    if indices.shape.ndims == 2 and indices.shape.as_list()[-1] == 1:
        return (IndexedSlices(dy, dimensions.squeeze(indices, [-1]), dims), None)
    if indices.shape.ndims == 1:  # one index; scatter_nd wants a list of them
        indices, dy = dimensions.expand_dims(indices, 0), dimensions.expand_dims(dy, 0)
    return (scattering.scatter_nd(indices, dy, dims, **ctx.attrs), None)


def _gather_nd_samples(draw: Draw) -> Iterable[Sample]:
    for shape, depth, lead in (
        ((3, 4), 2, (5,)), ((3, 4), 1, (2,)), ((3, 4), 1, (2, 2)), ((4,), 1, ()), ((3, 4), 0, (2,)),
        ((3, 4), 2, (0,)), ((2, 3, 4), 2, (3,)),
    ):  # fmt: skip
        indices = np.stack(
            [draw.ints(*lead, high=n) for n in shape[:depth]] or [draw.ints(*lead)], -1
        )[..., :depth]
        # TensorFlow's gradient of an index of no dimensions raises.
        yield Sample(draw.reals(*shape), indices, bad_indices_policy="", grad=depth > 0)


gather_nd_p = primitive(
    "GatherNd",
    infer=_gather_nd_infer,
    kernel=_gather_nd_kernel,
    vjp=_gather_nd_vjp,
    lower=indexed("gather_nd"),
    samples=_gather_nd_samples,
)


@export("gather_nd")
def gather_nd(
    params: Any,
    indices: Any,
    batch_dims: int = 0,
    name: str | None = None,
    bad_indices_policy: str = "",
) -> Any:
    """Takes elements or slices at multi-dimensional indices.

    Args:
      params: tensor or variable.
      indices: integer tensor `[..., depth]`, each row of which is an index into the first `depth`
        dimensions of `params`.
      batch_dims: number of leading dimensions that `params` and `indices` share.
      name: ignored in eager mode.
      bad_indices_policy: what an index out of range does: `""` and `"ERROR"` raise, `"IGNORE"` and
        `"DEFAULT"`: see Returns.

    Returns:
      A tensor of shape `indices.shape[:-1] + params.shape[depth:]`; zeros for indices ignored.

    Raises:
      tf.errors.InvalidArgumentError: when an index is out of range.
      ValueError: when `batch_dims` does not fit the ranks.

    Example:
      >>> import tapeflow as tf
      >>> tf.gather_nd([[1, 2], [3, 4]], [[0, 1], [1, 0]]).numpy()
      array([2, 3], dtype=int32)
    """
    params, indices = convert(params), to_integers(indices)
    if batch_dims:
        indices = _with_batch_indices(params, indices, int(batch_dims))
    return apply(gather_nd_p, params, indices, bad_indices_policy=bad_indices_policy)


def _with_batch_indices(params: Any, indices: Any, batch_dims: int) -> Any:
    """Puts the batch coordinates in front of each index."""
    from tapeflow.engine.ops.array import concatenation, sequences

    ranks = indices.shape.ndims, params.shape.ndims
    if None in ranks:
        raise ValueError("gather_nd: expected known ranks when batch_dims is given")
    if batch_dims < 0 or batch_dims >= min(ranks):
        raise ValueError(
            f"gather_nd: batch_dims: expected a value in [0, {min(ranks)}); received {batch_dims}"
        )
    if not params.shape[:batch_dims].is_compatible_with(indices.shape[:batch_dims]):
        raise refuse(
            "GatherNd",
            f"indices: expected batch dimensions {params.shape[:batch_dims]}, those of params; "
            f"received {indices.shape[:batch_dims]}",
        )
    lead = shaping.shape(indices, indices.dtype)[:-1]
    columns = []
    for d in range(batch_dims):
        counter = sequences.range_(lead[d])
        counter = shaping.reshape(counter, [-1] + [1] * (ranks[0] - 2 - d))
        columns.append(dimensions.expand_dims(shaping.broadcast_to(counter, lead), -1))
    return concatenation.concat([*columns, indices], -1)


__all__ = ["gather", "gather_nd", "require_in_range", "slices_of_rows", "take_rows"]
