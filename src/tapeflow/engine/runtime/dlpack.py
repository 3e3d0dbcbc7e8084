"""Exchange of tensors with other libraries through DLPack."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor


class _Exporter:
    """Hands a capsule to NumPy, which asks an object for it."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


@export("experimental.dlpack.to_dlpack")
def to_dlpack(tf_tensor: Any) -> Any:
    """Makes a DLPack capsule of a tensor's values.

    Args:
      tf_tensor: tensor of a numeric dtype.

    Returns:
      A capsule of a copy: whoever takes it may write to it, and a tensor never changes.

    Raises:
      tf.errors.InvalidArgumentError: for dtypes that DLPack does not have, such as strings.

    Example:
      >>> import tapeflow as tf
      >>> capsule = tf.experimental.dlpack.to_dlpack(tf.constant([1.0, 2.0]))
      >>> tf.experimental.dlpack.from_dlpack(capsule).numpy()
      array([1., 2.], dtype=float32)
    """
    tensor = convert(tf_tensor)
    try:
        return tensor.__dlpack__()
    except BufferError as error:
        raise InvalidArgumentError(
            None, None, f"to_dlpack: tf_tensor: dtype {tensor.dtype.name}: {error}"
        ) from None


@export("experimental.dlpack.from_dlpack")
def from_dlpack(dlcapsule: Any) -> EagerTensor:
    """Makes a tensor of what another library exported.

    Args:
      dlcapsule: a DLPack capsule, or an object with `__dlpack__`, in main memory.

    Returns:
      A tensor with a copy of the values.

    Raises:
      tf.errors.InvalidArgumentError: when it is no capsule, or was used before.

    Example:
      >>> import numpy as np
      >>> import tapeflow as tf
      >>> tf.experimental.dlpack.from_dlpack(np.array([1, 2]).__dlpack__()).numpy()
      array([1, 2])
    """
    owner = dlcapsule if hasattr(dlcapsule, "__dlpack__") else _Exporter(dlcapsule)
    try:
        array = np.from_dlpack(owner)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise InvalidArgumentError(
            None, None, f"from_dlpack: dlcapsule: expected an unused DLPack capsule: {error}"
        ) from None
    return EagerTensor(np.array(array))
