"""Patches of volumes, side by side along the last dimension."""

from __future__ import annotations

from itertools import product
from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import OutOfRangeError, UnimplementedError
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array import concatenation, creation
from tapeflow.engine.ops.array.arguments import refuse, to_ints
from tapeflow.engine.ops.array.padding import pad
from tapeflow.engine.runtime.convert import convert

OP = "ExtractVolumePatches"


@export("extract_volume_patches")
def extract_volume_patches(
    input: Any, ksizes: Any, strides: Any, padding: str, name: str | None = None
) -> Any:
    """Cuts patches out of volumes and puts the elements of each along the last dimension.

    Args:
      input: tensor `[batch, planes, rows, columns, depth]` of a real dtype.
      ksizes: size of the patches, `[1, planes, rows, columns, 1]`.
      strides: steps between patches, `[1, planes, rows, columns, 1]`.
      padding: `"VALID"` for patches inside the volume, or `"SAME"` for as many as steps fit into
        it, with zeros around.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, planes, rows, columns, patch size * depth]`.

    Raises:
      tf.errors.InvalidArgumentError: when `input` is no batch of volumes, or for another padding.
      tf.errors.UnimplementedError: for sizes or steps other than 1 along batch and depth.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape(tf.range(8), [1, 2, 2, 2, 1])
      >>> tf.extract_volume_patches(x, [1, 2, 2, 2, 1], [1, 1, 1, 1, 1], "VALID").numpy()
      array([[[[[0, 1, 2, 3, 4, 5, 6, 7]]]]], dtype=int32)
    """
    x = convert(input)
    sizes, steps = to_ints(ksizes, OP, "ksizes"), to_ints(strides, OP, "strides")
    _check(x, sizes, steps, padding)
    dims = x.shape.as_list()[1:4]
    if None in dims:
        raise ValueError("extract_volume_patches: input: expected known planes, rows and columns")
    counts, amounts = [], [[0, 0]]
    for size, step, have in zip(sizes[1:4], steps[1:4], dims, strict=True):
        if padding == "SAME":
            count = -(-have // step)
            missing = max((count - 1) * step + size - have, 0)
            amounts.append([missing // 2, missing - missing // 2])
        else:
            count = max(-(-(have - size + 1) // step), 0)
            amounts.append([0, 0])
        counts.append(count)
    if 0 in counts:
        depth = x.shape.as_list()[4] * sizes[1] * sizes[2] * sizes[3]
        return creation.zeros([x.shape.as_list()[0], *counts, depth], x.dtype)
    if padding == "SAME":
        x = pad(x, [*amounts, [0, 0]])
    along = zip(sizes[1:4], counts, steps[1:4], strict=True)
    cuts = [
        [slice(i, i + (count - 1) * step + 1, step) for i in range(size)]
        for size, count, step in along
    ]
    parts = [x[:, plane, row, column] for plane, row, column in product(*cuts)]
    return concatenation.concat(parts, -1)


def _check(x: Any, sizes: tuple[int, ...], steps: tuple[int, ...], how: str) -> None:
    if x.dtype not in dtypes.REAL:
        raise refuse(OP, f"input: expected a real dtype; received {x.dtype.name}")
    if how not in ("SAME", "VALID"):
        raise refuse(OP, f"padding: expected SAME or VALID; received {how!r}")
    for values, argument in ((sizes, "ksizes"), (steps, "strides")):
        if len(values) != 5:
            raise refuse(OP, f"{argument}: expected 5 numbers; received {values}")
    if x.shape.ndims != 5:
        raise refuse(OP, f"input: expected rank 5; received shape {x.shape}")
    for values, argument in ((sizes, "ksizes"), (steps, "strides")):
        if values[0] != 1 or values[4] != 1:
            message = f"{OP}: {argument}: expected 1 for batch and depth; received {values}"
            raise UnimplementedError(None, None, message)
        if min(values) < 1:
            raise OutOfRangeError(None, None, f"{OP}: {argument}: expected >= 1; received {values}")
