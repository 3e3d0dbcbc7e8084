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
    from tapeflow.engine.compiler.native.eager import Generated

    return Generated(prim, arrays, attrs, spent)


def _load_lowered() -> None:
    """Loads the operations that the compiler writes others in, and finds by name."""
    from tapeflow.engine.ops.array import (  # noqa: F401
        gathering,
        selection,
        sequences,
        shaping,
        slicing,
    )
    from tapeflow.engine.ops.math import (  # noqa: F401
        arithmetic,
        casting,
        comparison,
        exponentials,
        folds,
        logical,
        reductions,
    )


upward.provide(
    generated=_generated,
    load_lowered=_load_lowered,
    pack_nested=_pack_nested,
    concat=_concat,
    cast=_cast,
    unsorted_segment_sum=_unsorted_segment_sum,
)
