"""The base class of all tensors, and of objects of other packages that want to pass for one."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.export import export


@address("tensorflow.python.types.core")
@export("__internal__.types.Tensor")
class Tensor:
    """What `tf.is_tensor` recognises.

    `tf.Tensor` derives from it; so do Keras's variables, which become tensors by `__tf_tensor__`.
    """

    __slots__ = ()

    @property
    def dtype(self) -> Any:
        """The dtype of the elements; None here, classes derived from it say."""
        return None

    @property
    def shape(self) -> Any:
        """The shape; None here, classes derived from it say."""
        return None
