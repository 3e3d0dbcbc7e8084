"""Names of `tf.types.experimental` for annotations."""

from __future__ import annotations

from typing import Any, Union

import numpy as np

from tapeflow.engine.core.export import export, export_value
from tapeflow.engine.runtime.tensor import Tensor

# What operations take for a tensor. (`|` would make a class of another name.)
TensorLike = Union[  # noqa: UP007
    Tensor,
    int,
    float,
    bool,
    str,
    bytes,
    complex,
    tuple[Any, ...],
    list[Any],
    np.ndarray[Any, Any],
    np.generic,
]
export_value("TensorLike", "types.experimental.TensorLike")


@export("types.experimental.distributed.PerReplica")
class PerReplica:
    """A value that differs between replicas; one process has none of them."""


@export("types.experimental.distributed.Mirrored")
class Mirrored:
    """A value that is the same in all replicas; one process has none of them."""
