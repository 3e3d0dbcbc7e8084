"""Where elementwise nodes and reductions use their operands."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.compiler.native.accesses import Access, broadcast_access


def folded_axes(node: Any) -> set[int]:
    """The axes that a reduction folds."""
    rank = len(node.inputs[0].spec.shape)
    axis = node.attrs["axis"]
    return set(range(rank)) if axis is None else {a % rank for a in axis}


def unfolded(node: Any, access: Access, along: Access) -> Access:
    """The access of what a reduction folds, used at `access`, where the folded axes are `along`."""
    gone = folded_axes(node)
    rank = len(node.inputs[0].spec.shape)
    rest = iter(along)
    if node.attrs["keep_dims"]:
        return tuple([next(rest) if a in gone else access[a] for a in range(rank)])
    outer = iter(access)
    return tuple([next(rest) if a in gone else next(outer) for a in range(rank)])


def combine_of(node: Any) -> str:
    """How a reduction combines two values."""
    combine: str = node.prim.lower.detail["combine"]
    return combine


def operand_accesses(node: Any, access: Access) -> list[tuple[Any, Access]]:
    """The operands of an elementwise node used at `access`, and where each is used."""
    name = node.prim.name
    if name == "OneHot":
        indices, _, on, off = node.inputs
        axis = node.attrs["axis"] % len(access)
        return [(indices, access[:axis] + access[axis + 1 :]), (on, ()), (off, ())]
    if name == "MatrixBandPart":
        return [(node.inputs[0], access)]
    if name == "GatherV2":
        params, indices = node.inputs
        axis = node.attrs["axis"] % len(params.spec.shape)
        rank = len(indices.spec.shape)
        return [(indices, access[axis : axis + rank])]
    if name == "CheckedIndex":
        return [(node.inputs[0], access)]
    return [(v, broadcast_access(access, v.spec.shape)) for v in node.inputs]


def whole_operands(node: Any) -> list[Any]:
    """Operands of an elementwise node that must be in memory: it addresses them, or waits."""
    name = node.prim.name
    if name == "GatherV2":
        return [node.inputs[0]]
    if name == "CheckedIndex":
        return [node.inputs[1]]
    return []
