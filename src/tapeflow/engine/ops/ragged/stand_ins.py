"""Small eager ragged tensors in place of symbolic ones, for `ops/host_functions.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.ops.ragged.ragged_tensor import RaggedTensor
from tapeflow.engine.ops.ragged.row_partition import RowPartition
from tapeflow.engine.ops.stand_ins import StandIns
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.tracing.graph import known_value


def ragged(like: RaggedTensor, how: StandIns) -> Any:
    """An eager ragged tensor of the kind of `like`, with its rows where they are known."""
    partitions = like._partitions()
    flat = like.flat_values
    total = flat.shape.as_list()[0] if flat.shape.rank else None
    count = like._partition.count
    made = []
    for partition in partitions:
        known = known_value(partition.tensor)
        if known is not None:
            splits = known
        elif partition.uniform is None:
            splits = how.rows(
                total if partition is partitions[-1] else None, count, partition.dtype
            )
        else:
            number = how.size if count is None else count
            splits = (np.arange(number + 1) * partition.uniform).astype(partition.dtype)
        made.append(RowPartition(splits, partition.uniform))
        count = int(splits[-1])
    inner = how.tensor(flat).shape.as_list()[1:]
    values: Any = EagerTensor(how.array(like.dtype.np, (count or 0, *inner)))
    for partition in reversed(made):
        values = RaggedTensor(values, partition, internal=True)
    return values
