"""Writes a unit as a loop nest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tapeflow.engine.compiler.native.accesses import Access, flat, reshaped_access, view_access
from tapeflow.engine.compiler.native.fusion import Fusion
from tapeflow.engine.compiler.native.kinds import (
    ELEMENT,
    FOLD,
    RESHAPE,
    SOURCE,
    VIEW,
    kind_of,
    primitive_named,
)
from tapeflow.engine.compiler.native.operands import combine_of, operand_accesses
from tapeflow.engine.compiler.native.units import Unit
from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.ir.graph import CONST, known
from tapeflow.engine.ir.nest import (
    Affine,
    Apply,
    Coordinate,
    Fold,
    Gather,
    Literal,
    Load,
    Nest,
    Store,
    contiguous,
)


class Loops:
    """The nest of a unit, and which values its operands are.

    Args:
      fusion: the units.
      unit: the one to write.

    Attributes:
      nest: the nest.
      operands: for each operand, the value whose memory it is.
      nodes: what is computed, once for each place in the domain where it is.
      places: how many different elements of its result each of these computes.
    """

    def __init__(self, fusion: Fusion, unit: Unit) -> None:
        self._fusion = fusion
        self._unit = unit
        self._place = {d: i for i, d in enumerate(unit.order)}
        self._known: dict[Any, int] = {}
        self._operand: dict[int, int] = {}
        self.operands: list[Any] = []
        self.nodes: list[Any] = []
        self.places: list[int] = []
        self._statements: list[Any] = []
        made = []
        for value, access, target, place in unit.stores:
            now = unit.resolve(access)
            if isinstance(value, (int, float)):
                number = self._add(Literal(value, target.spec.dtype))
            else:
                number = self._emit(value, now if value.spec.shape else ())
            root, offset = root_of(self._fusion, target)
            at = self._target(target, place, now).plus(Affine(offset, ()))
            made.append(Store(number, self._operand_of(root), self._moved(at), target.spec.dtype))
        self.nest = Nest(
            tuple([unit.extents[d] for d in unit.order]),
            len(unit.order) if unit.kept is None else unit.kept,
            self._statements,
            made,
            len(self.operands),
            " + ".join(dict.fromkeys([node.prim.name for node in self.nodes])),
        )

    def _target(self, target: Any, place: Access, now: Access) -> Affine:
        """The element of the target that a store writes to.

        A value goes to its own place; a part of a larger value to a shifted one. `place` is given
        in the dimensions of what is stored, and `now` says where these are in the domain.
        """
        total = Affine(0, ())
        for a, stride in zip(place, contiguous(target.spec.shape), strict=True):
            total = total.plus(Affine(a.const * stride, ()))
            for d, c in a.terms:
                total = total.plus(now[d].times(c * stride))
        return total

    def _moved(self, at: Affine) -> Affine:
        return Affine(at.const, tuple(sorted([(self._place[d], c) for d, c in at.terms])))

    def _operand_of(self, value: Any) -> int:
        found = self._operand.get(id(value))
        if found is None:
            found = self._operand[id(value)] = len(self.operands)
            self.operands.append(value)
        return found

    def _add(self, statement: Any) -> int:
        self._statements.append(statement)
        return len(self._statements) - 1

    def _emit(self, value: Any, access: Access) -> int:
        key = (id(value), access)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._made(value, access)
        return found

    def _made(self, value: Any, access: Access) -> int:
        node = value.node
        kind = kind_of(node)
        if node.prim is CONST:
            array = np.asarray(node.attrs["value"])
            if array.size and (array.size == 1 or _is_uniform(array)):
                return self._add(Literal(array.reshape(-1)[0], value.spec.dtype))
        made_here = id(root_of(self._fusion, value)[0]) in self._unit.computed
        if not made_here and (kind == SOURCE or self._is_stored(value)):
            return self._load(value, access)
        if kind == RESHAPE:
            source = node.inputs[0]
            inner = reshaped_access(access, value.spec.shape, source.spec.shape, self._unit.extents)
            assert inner is not None, "a reshape that is not affine was fused"
            return self._emit(source, inner)
        if kind == VIEW:
            inner = view_access(node, value.index, access)
            assert inner is not None
            return self._emit(node.inputs[0], inner)
        self.nodes.append(node)
        dims = {d for a in access for d, _ in a.terms}
        self.places.append(math.prod(self._unit.extents[d] for d in dims))
        if kind == FOLD:
            inner = self._unit.resolve(self._unit.folded[id(node)])
            arg = self._emit(node.inputs[0], inner)
            return self._add(Fold(combine_of(node), arg, value.spec.dtype))
        assert kind == ELEMENT, node.prim.name
        return self._element(node, value, access)

    def _is_stored(self, value: Any) -> bool:
        fusion = self._fusion
        return id(value) in fusion.stored or id(value) in fusion.alias

    def _load(self, value: Any, access: Access) -> int:
        root, offset = root_of(self._fusion, value)
        at = flat(access, value.spec.shape).plus(Affine(offset, ()))
        return self._add(Load(self._operand_of(root), self._moved(at), value.spec.dtype))

    # Elementwise nodes, and those that know where they are.

    def _element(self, node: Any, value: Any, access: Access) -> int:
        name = node.prim.name
        args = [self._emit(v, a) for v, a in operand_accesses(node, access)]
        if name == "OneHot":
            indices, on, off = args
            axis = node.attrs["axis"] % len(access)
            dtype = node.inputs[0].spec.dtype
            here = self._add(Coordinate(self._moved(access[axis]), dtype))
            return self._select(self._apply("Equal", here, indices), on, off)
        if name == "MatrixBandPart":
            return self._band(node, args[0], access)
        if name == "GatherV2":
            return self._gather(node, args[0], access)
        if name == "CheckedIndex":
            return args[0]
        return self._add(Apply(node.prim, tuple(args), node.attrs, value.spec.dtype))

    def _apply(self, name: str, *args: int) -> int:
        compares = name in ("Equal", "LessEqual", "GreaterEqual", "LogicalAnd")
        dtype = dtypes.bool_ if compares else self._dtype(args[-1])
        return self._add(Apply(primitive_named(name), args, {}, dtype))

    def _dtype(self, statement: int) -> DType:
        found: DType = self._statements[statement].dtype
        return found

    def _select(self, condition: int, x: int, y: int) -> int:
        return self._apply("SelectV2", condition, x, y)

    def _band(self, node: Any, x: int, access: Access) -> int:
        lower, upper = (int(known(v)) for v in node.inputs[1:])  # type: ignore[arg-type]
        distance = access[-1].plus(access[-2].times(-1))
        here = self._add(Coordinate(self._moved(distance), dtypes.int32))
        inside = None
        for name, limit, given in (
            ("GreaterEqual", -lower, lower), ("LessEqual", upper, upper),
        ):  # fmt: skip
            if given >= 0:
                bound = self._add(Literal(limit, dtypes.int32))
                test = self._apply(name, here, bound)
                inside = test if inside is None else self._apply("LogicalAnd", inside, test)
        if inside is None:
            return x
        zero = self._add(Literal(0, self._dtype(x)))
        return self._select(inside, x, zero)

    def _gather(self, node: Any, index: int, access: Access) -> int:
        params, indices = node.inputs
        shape = params.spec.shape
        axis = node.attrs["axis"]
        rank = len(indices.spec.shape)
        rest = (*access[:axis], Affine(0, ()), *access[axis + rank :])
        root, offset = root_of(self._fusion, params)
        at = self._moved(flat(rest, shape).plus(Affine(offset, ())))
        stride = math.prod(shape[axis + 1 :])
        return self._add(Gather(self._operand_of(root), at, index, stride, params.spec.dtype))


def root_of(fusion: Fusion, value: Any) -> tuple[Any, int]:
    """The value in whose memory a value lies, and the first element's place in it."""
    offset = 0
    while id(value) in fusion.alias:
        value, first = fusion.alias[id(value)]
        offset += first
    return value, offset


def _is_uniform(array: np.ndarray[Any, Any]) -> bool:
    if array.size > 4096:
        return not any(array.strides)
    rows = np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(array.size, -1)
    return bool((rows == rows[0]).all())
