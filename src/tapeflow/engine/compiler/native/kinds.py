"""What fusion can do with a node."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.compiler.native.accesses import VIEWS
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER
from tapeflow.engine.ir.primitive import REGISTRY, Primitive, Structural
from tapeflow.engine.runtime import upward

SOURCE, ELEMENT, VIEW, RESHAPE, FOLD, PLACED, OPAQUE, WRITE = (
    "source", "element", "view", "reshape", "fold", "placed", "opaque", "write",
)  # fmt: skip

_FOLDS = frozenset(("add", "multiply", "maximum", "minimum", "and", "or"))
"""Reductions that combine two values at a time."""

POINTWISE = frozenset(("OneHot", "MatrixBandPart", "GatherV2", "CheckedIndex"))
"""Operations that are elementwise but for the coordinates or addresses that they use."""

DATA_INPUTS: dict[str, tuple[int, ...]] = {
    "Reshape": (0,), "BroadcastTo": (0,), "OneHot": (0, 2, 3), "Fill": (1,), "Tile": (0,),
    "Roll": (0,), "Repeat": (0,), "DenseBincount": (0,), "FusedBatchNormV3": (0, 1, 2),
}  # fmt: skip
"""Which inputs are more than a shape or a number, or may be empty, where not all of them are."""

DATA_OUTPUTS = {"FusedBatchNormGradV3": 3}
"""How many outputs there are before those that are always empty."""

_PLACED = frozenset(("concat", "stack", "pad", "unslice"))


def primitive_named(name: str) -> Primitive:
    """The primitive that the compiler itself writes with; its module is loaded where it wasn't."""
    found = REGISTRY.get(name)
    if found is None:
        upward.call("load_lowered")
        found = REGISTRY[name]
    return found


def kind_of(node: Any) -> str:
    """One of the kinds above."""
    prim = node.prim
    if prim is PLACEHOLDER or prim is CONST or prim.name == "ReadVariableOp":
        return SOURCE
    if prim.name == "AssignVariableOp":
        return WRITE
    if prim.name in POINTWISE:
        return ELEMENT
    lower = prim.lower
    if not isinstance(lower, Structural):
        return ELEMENT
    if lower.kind == "Movement":
        how = lower.detail["how"]
        if how == "reshape":
            return RESHAPE
        if how in VIEWS:
            return VIEW
        if how in _PLACED:
            return PLACED
    if lower.kind == "Reduction" and lower.detail["combine"] in _FOLDS and "axis" in node.attrs:
        return FOLD
    return OPAQUE
