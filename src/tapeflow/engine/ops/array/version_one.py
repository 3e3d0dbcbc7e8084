"""Array functions of TensorFlow 1 whose parameters stand in another order: `tf.compat.v1`."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ir.infer import reject, shape_text
from tapeflow.engine.ir.primitive import HOST, Primitive
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import (
    creation,
    dimensions,
    gathering,
    padding,
    repetition,
    selection,
    shaping,
)
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


def _either(new: Any, old: Any, name: str, old_name: str) -> Any:
    """The value of a parameter that has two names."""
    if old is None:
        return new
    if new is not None:
        raise ValueError(f"{name}: expected {name} or {old_name}, not both")
    return old


@export("compat.v1.boolean_mask")
def boolean_mask(tensor: Any, mask: Any, name: str = "boolean_mask", axis: Any = None) -> Any:
    """`tf.boolean_mask` with the parameters of TensorFlow 1.

    Args:
      tensor: tensor.
      mask: bool tensor.
      name: ignored in eager mode.
      axis: the dimension.

    Returns:
      What `tf.boolean_mask` gives.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.boolean_mask([1, 2], [True, False]).numpy()
      array([1], dtype=int32)
    """
    return selection.boolean_mask(tensor, mask, axis=axis)


@export("compat.v1.gather")
def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> Any:
    """`tf.gather` with the parameters of TensorFlow 1.

    Args:
      params: tensor or variable.
      indices: integer tensor.
      validate_indices: not used; indices are always checked.
      name: ignored in eager mode.
      axis: the dimension.
      batch_dims: number of leading dimensions that both share.

    Returns:
      What `tf.gather` gives.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.gather([10, 20], [1]).numpy()
      array([20], dtype=int32)
    """
    return gathering.gather(params, indices, axis=axis, batch_dims=batch_dims)


@export("compat.v1.gather_nd")
def gather_nd(
    params: Any,
    indices: Any,
    name: str | None = None,
    batch_dims: int = 0,
    bad_indices_policy: str = "",
) -> Any:
    """`tf.gather_nd` with the parameters of TensorFlow 1.

    Args:
      params: tensor or variable.
      indices: integer tensor.
      name: ignored in eager mode.
      batch_dims: number of leading dimensions that both share.
      bad_indices_policy: what an index out of range does.

    Returns:
      What `tf.gather_nd` gives.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.gather_nd([[1, 2], [3, 4]], [[1, 0]]).numpy()
      array([3], dtype=int32)
    """
    return gathering.gather_nd(params, indices, batch_dims, None, bad_indices_policy)


@export("compat.v1.pad")
def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    name: str | None = None,
    constant_values: Any = 0,
) -> Any:
    """`tf.pad` with the parameters of TensorFlow 1.

    Args:
      tensor: tensor.
      paddings: int `[rank, 2]`: how many elements go before and after.
      mode: `"CONSTANT"`, `"REFLECT"` or `"SYMMETRIC"`.
      name: ignored in eager mode.
      constant_values: scalar to pad with.

    Returns:
      What `tf.pad` gives.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.pad([1], [[1, 1]]).numpy()
      array([0, 1, 0], dtype=int32)
    """
    return padding.pad(tensor, paddings, mode, constant_values)


@export("compat.v1.expand_dims")
def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Any:
    """`tf.expand_dims` with the parameters of TensorFlow 1.

    Args:
      input: tensor.
      axis: the dimension.
      name: ignored in eager mode.
      dim: older name of `axis`.

    Returns:
      What `tf.expand_dims` gives.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.expand_dims([1], dim=0).numpy()
      array([[1]], dtype=int32)
    """
    return dimensions.expand_dims(input, _either(axis, dim, "axis", "dim"))


@export("compat.v1.squeeze")
def squeeze(input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None) -> Any:
    """`tf.squeeze` with the parameters of TensorFlow 1.

    Args:
      input: tensor.
      axis: the dimension.
      name: ignored in eager mode.
      squeeze_dims: older name of `axis`.

    Returns:
      What `tf.squeeze` gives.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.squeeze([[1]], squeeze_dims=[0]).numpy()
      array([1], dtype=int32)
    """
    return dimensions.squeeze(input, _either(axis, squeeze_dims, "axis", "squeeze_dims"))


@export("compat.v1.transpose")
def transpose(a: Any, perm: Any = None, name: str = "transpose", conjugate: bool = False) -> Any:
    """`tf.transpose` with the parameters of TensorFlow 1.

    Args:
      a: tensor.
      perm: the order of the dimensions; None reverses them.
      name: ignored in eager mode.
      conjugate: whether complex numbers are conjugated, too.

    Returns:
      What `tf.transpose` gives.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.transpose([[1, 2]]).numpy()
      array([[1],
             [2]], dtype=int32)
    """
    return dimensions.transpose(a, perm, conjugate)


@export("compat.v1.shape")
def shape(input: Any, name: str | None = None, out_type: Any = None) -> Any:
    """`tf.shape` with the parameters of TensorFlow 1.

    Args:
      input: tensor.
      name: ignored in eager mode.
      out_type: dtype of the result, int32 by default.

    Returns:
      What `tf.shape` gives.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.shape([[1, 2]]).numpy()
      array([1, 2], dtype=int32)
    """
    return shaping.shape(input, out_type)


@export("compat.v1.size")
def size(input: Any, name: str | None = None, out_type: Any = None) -> Any:
    """`tf.size` with the parameters of TensorFlow 1.

    Args:
      input: tensor.
      name: ignored in eager mode.
      out_type: dtype of the result, int32 by default.

    Returns:
      What `tf.size` gives.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.size([[1, 2]]).numpy()
      np.int32(2)
    """
    return dimensions.size(input, out_type)


@export("compat.v1.zeros_like")
def zeros_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Any:
    """`tf.zeros_like` with the parameters of TensorFlow 1.

    Args:
      tensor: tensor.
      dtype: dtype of the result; by default that of `tensor`.
      name: ignored in eager mode.
      optimize: accepted and not used.

    Returns:
      What `tf.zeros_like` gives.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.zeros_like([1, 2]).numpy()
      array([0, 0], dtype=int32)
    """
    return creation.zeros_like(tensor, dtype)


@export("compat.v1.ones_like")
def ones_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Any:
    """`tf.ones_like` with the parameters of TensorFlow 1.

    Args:
      tensor: tensor.
      dtype: dtype of the result; by default that of `tensor`.
      name: ignored in eager mode.
      optimize: accepted and not used.

    Returns:
      What `tf.ones_like` gives.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.ones_like([3, 4]).numpy()
      array([1, 1], dtype=int32)
    """
    return creation.ones_like(tensor, dtype)


@export("compat.v1.batch_gather")
def batch_gather(params: Any, indices: Any, name: str | None = None) -> Any:
    """Takes slices along the last dimension of `indices`; the dimensions before are a batch.

    Args:
      params: tensor.
      indices: integer tensor `[batch..., n]`.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `indices.shape + params.shape[indices.rank:]`.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.batch_gather([[1, 2], [3, 4]], [[0], [1]]).numpy()
      array([[1],
             [4]], dtype=int32)
    """
    indices = convert(indices)
    last = indices.shape.ndims - 1
    return gathering.gather(convert(params), indices, axis=last, batch_dims=last)


@export("compat.v1.reverse_sequence")
def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
    seq_dim: int | None = None,
    batch_dim: int | None = None,
) -> Any:
    """`tf.reverse_sequence` with the parameters of TensorFlow 1.

    Args:
      input: tensor of a batch of sequences.
      seq_lengths: int `[batch]`: how many elements of each sequence to turn round.
      seq_axis: the dimension along the sequence.
      batch_axis: the dimension of the batch, 0 by default.
      name: ignored in eager mode.
      seq_dim: older name of `seq_axis`.
      batch_dim: older name of `batch_axis`.

    Returns:
      A tensor like `input`.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.reverse_sequence([[1, 2, 3]], [2], seq_dim=1).numpy()
      array([[2, 1, 3]], dtype=int32)
    """
    along = _either(seq_axis, seq_dim, "seq_axis", "seq_dim")
    batch = _either(batch_axis, batch_dim, "batch_axis", "batch_dim")
    return repetition.reverse_sequence(input, seq_lengths, along, batch)


@export("compat.v1.where")
def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """Chooses elements, or whole rows, of two tensors of one shape; nothing broadcasts.

    Args:
      condition: bool tensor of the shape of `x`, or a scalar, or one value for each row of `x`.
      x: tensor of what to take where the condition holds.
      y: tensor of what to take elsewhere, like `x`.
      name: ignored in eager mode.

    Returns:
      A tensor like `x`; without `x` and `y` the int64 indices of what is true, as `tf.where` does.

    Raises:
      ValueError: when only one of `x` and `y` is given.
      tf.errors.InvalidArgumentError: when shapes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.where([True, False], [[1], [2]], [[3], [4]]).numpy()
      array([[1],
             [4]], dtype=int32)
    """
    if x is None and y is None:
        return selection.where(condition)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    condition = convert(condition, dtypes.bool)
    x, y = selection.to_same_dtype([x, y])
    if not x.shape.is_compatible_with(y.shape):
        raise refuse("Select", f"y: expected shape {x.shape}, that of x; received {y.shape}")
    if not condition.shape.is_compatible_with(x.shape) and condition.shape.ndims != 0:
        if condition.shape.ndims != 1 or not condition.shape.is_compatible_with(x.shape[:1]):
            raise refuse(
                "Select", f"condition: expected shape {x.shape}; received {condition.shape}"
            )
        condition = shaping.reshape(condition, [-1] + [1] * (x.shape.ndims - 1))
    return selection.where(condition, x, y)


placeholder_with_default_p = Primitive(  # in no registry: to eager execution it is an identity
    "PlaceholderWithDefault",
    infer=lambda input, shape: Spec(input.dtype, merged_with_default(input.shape, shape)),
    kernel=lambda input, shape: input,
    vjp=lambda ctx, dy: (dy,),
    lower=HOST,
    samples=lambda draw: (),
)


def merged_with_default(known: Any, wanted: Any) -> Any:
    """The wanted shape, which must be compatible with what is known of the default's."""
    if not TensorShape._of(known).is_compatible_with(TensorShape._of(wanted)):
        reject(f"shape: expected one compatible with {shape_text(known)}; received "
               f"{shape_text(wanted)}")  # fmt: skip
    return wanted


@export("compat.v1.placeholder_with_default")
def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Any:
    """The default itself; in a graph, a tensor of which no more is known than `shape`.

    Args:
      input: the default.
      shape: shape that it must be compatible with.
      name: ignored in eager mode.

    Returns:
      A tensor.

    Raises:
      ValueError: in a graph, when the shapes are not compatible.

    Example:
      >>> import tapeflow as tf
      >>> with tf.Graph().as_default():
      ...     print(tf.compat.v1.placeholder_with_default([1.0, 2.0], [None]).shape)
      (None,)
    """
    tensor = convert(input)
    if state.tracer is None:
        return tensor
    return apply(placeholder_with_default_p, tensor, shape=TensorShape(shape)._dims)
