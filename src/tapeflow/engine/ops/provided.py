"""What the runtime calls in this layer; an operation's module is loaded when first called."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.runtime import upward


def _pack_nested(value: Any, dtype: Any) -> Any:
    from tapeflow.engine.ops.array.joining import pack_nested

    return pack_nested(value, dtype)


def _concat(values: Any, axis: int) -> Any:
    from tapeflow.engine.ops.array.concatenation import concat

    return concat(values, axis)


def _cast(x: Any, dtype: Any) -> Any:
    from tapeflow.engine.ops.math.casting import cast

    return cast(x, dtype)


def _unsorted_segment_sum(data: Any, segment_ids: Any, num_segments: Any) -> Any:
    from tapeflow.engine.ops.math.segments import unsorted_segment_sum

    return unsorted_segment_sum(data, segment_ids, num_segments)


def _generated(prim: Any, arrays: Any, attrs: Any, spent: float) -> Any:
    import tapeflow.engine.ops.array.gathering
    import tapeflow.engine.ops.array.selection
    import tapeflow.engine.ops.array.sequences
    import tapeflow.engine.ops.array.shaping
    import tapeflow.engine.ops.math.casting
    import tapeflow.engine.ops.math.comparison
    import tapeflow.engine.ops.math.exponentials
    import tapeflow.engine.ops.math.folds
    import tapeflow.engine.ops.math.logical
    import tapeflow.engine.ops.math.reductions  # noqa: F401  (what code is generated from)
    from tapeflow.engine.compiler.native.eager import Generated

    return Generated(prim, arrays, attrs, spent)


upward.provide(
    generated=_generated,
    pack_nested=_pack_nested,
    concat=_concat,
    cast=_cast,
    unsorted_segment_sum=_unsorted_segment_sum,
)
