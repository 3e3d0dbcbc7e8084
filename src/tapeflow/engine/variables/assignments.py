"""The older functions that change variables: `tf.assign(v, x)` for `v.assign(x)`, and so on.

TensorFlow 2 has them as `tf.compat.v1.assign`; here they also stand where TensorFlow 1 had them.
"""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.variables.scatter import scatter_batches, scatter_elements, scatter_rows


@export("compat.v1.assign", "assign")
def assign(
    ref: Any,
    value: Any,
    validate_shape: bool | None = None,
    use_locking: bool | None = None,
    name: str | None = None,
) -> Any:
    """Replaces a variable's value; `v.assign(value)` is the newer form.

    Args:
      ref: variable.
      value: tensor of its dtype and a shape that fits.
      validate_shape: accepted; the variable's own shape decides.
      use_locking: accepted; assignments of one thread are in order anyway.
      name: ignored in eager mode.

    Returns:
      The variable.

    Raises:
      ValueError: when shape or dtype do not fit.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable(1.0)
      >>> tf.compat.v1.assign(v, 2.0).numpy()
      np.float32(2.0)
    """
    return ref.assign(value, name=name)


@export("compat.v1.assign_add", "assign_add")
def assign_add(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Adds to a variable; `v.assign_add(value)` is the newer form.

    Args:
      ref: variable.
      value: tensor of its dtype and shape.
      use_locking: accepted; assignments of one thread are in order anyway.
      name: ignored in eager mode.

    Returns:
      The variable.
    """
    return ref.assign_add(value)


@export("compat.v1.assign_sub", "assign_sub")
def assign_sub(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Subtracts from a variable; `v.assign_sub(value)` is the newer form.

    Args:
      ref: variable.
      value: tensor of its dtype and shape.
      use_locking: accepted; assignments of one thread are in order anyway.
      name: ignored in eager mode.

    Returns:
      The variable.
    """
    return ref.assign_sub(value)


@export("compat.v1.scatter_update", "scatter_update")
def scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Replaces rows of a variable; the last one of an index that occurs several times stays.

    Args:
      ref: variable `[rows, ...]`.
      indices: int32 or int64 tensor `[n]`.
      updates: tensor `[n, ...]` of the variable's dtype, or a scalar.
      use_locking: accepted; updates of one thread are in order anyway.
      name: ignored in eager mode.

    Returns:
      The variable.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit or an index is out of range.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable([1, 2, 3])
      >>> tf.compat.v1.scatter_update(v, [0, 2], [9, 8]).numpy()
      array([9, 2, 8], dtype=int32)
    """
    return scatter_rows("scatter_update", ref, indices, updates)


@export("compat.v1.scatter_add", "scatter_add")
def scatter_add(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Adds rows to a variable's; see `tf.compat.v1.scatter_update`."""
    return scatter_rows("scatter_add", ref, indices, updates)


@export("compat.v1.scatter_sub", "scatter_sub")
def scatter_sub(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Subtracts rows from a variable's; see `tf.compat.v1.scatter_update`."""
    return scatter_rows("scatter_sub", ref, indices, updates)


@export("compat.v1.scatter_mul", "scatter_mul")
def scatter_mul(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Multiplies rows of a variable; see `tf.compat.v1.scatter_update`."""
    return scatter_rows("scatter_mul", ref, indices, updates)


@export("compat.v1.scatter_div", "scatter_div")
def scatter_div(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Divides rows of a variable; see `tf.compat.v1.scatter_update`."""
    return scatter_rows("scatter_div", ref, indices, updates)


@export("compat.v1.scatter_min", "scatter_min")
def scatter_min(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Lowers elements of a variable's rows; see `tf.compat.v1.scatter_update`."""
    return scatter_rows("scatter_min", ref, indices, updates)


@export("compat.v1.scatter_max", "scatter_max")
def scatter_max(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Raises elements of a variable's rows; see `tf.compat.v1.scatter_update`."""
    return scatter_rows("scatter_max", ref, indices, updates)


@export("compat.v1.scatter_nd_update", "scatter_nd_update")
def scatter_nd_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Replaces elements or slices of a variable.

    Args:
      ref: variable.
      indices: int32 or int64 tensor `[..., depth]`.
      updates: tensor of shape `indices.shape[:-1] + ref.shape[depth:]`.
      use_locking: accepted; updates of one thread are in order anyway.
      name: ignored in eager mode.

    Returns:
      The variable.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit or an index is out of range.
    """
    return scatter_elements("scatter_nd_update", ref, indices, updates)


@export("compat.v1.scatter_nd_add", "scatter_nd_add")
def scatter_nd_add(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Adds to elements or slices of a variable; see `tf.compat.v1.scatter_nd_update`."""
    return scatter_elements("scatter_nd_add", ref, indices, updates)


@export("compat.v1.scatter_nd_sub", "scatter_nd_sub")
def scatter_nd_sub(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Subtracts from elements or slices of a variable; see `tf.compat.v1.scatter_nd_update`."""
    return scatter_elements("scatter_nd_sub", ref, indices, updates)


@export("compat.v1.batch_scatter_update", "batch_scatter_update")
def batch_scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Replaces rows within each batch: `ref[b, indices[b, i]] = updates[b, i]`.

    Args:
      ref: variable `[batch..., rows, ...]`.
      indices: int32 or int64 tensor `[batch..., n]`.
      updates: tensor `[batch..., n, ...]`.
      use_locking: accepted; updates of one thread are in order anyway.
      name: ignored in eager mode.

    Returns:
      The variable.
    """
    return scatter_batches(ref, indices, updates)


@export("compat.v1.count_up_to", "count_up_to")
def count_up_to(ref: Any, limit: int, name: str | None = None) -> Any:
    """Adds 1 to a scalar integer variable that is below `limit`.

    Args:
      ref: variable.
      limit: int.
      name: ignored in eager mode.

    Returns:
      The value before, a tensor.

    Raises:
      tf.errors.OutOfRangeError: when the value has reached `limit`.
    """
    return ref.count_up_to(limit)
