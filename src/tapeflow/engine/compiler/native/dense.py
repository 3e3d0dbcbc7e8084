"""Makes tensors of the lists of tensors that loops fill and read, where their lengths are known.

A list of `n` tensors becomes one tensor with `n` rows; the histories that a loop keeps for its
gradient become tensors with a row for each iteration. Reading a variable in a loop that never
writes to it becomes reading it before the loop. What is not known makes the whole graph stay as it
was: then the host runs its loops.
"""

from __future__ import annotations

from typing import Any

from tapeflow.engine.compiler.native.maker import Maker
from tapeflow.engine.compiler.native.rows import ROW_ADD, ROW_SET
from tapeflow.engine.compiler.native.slicing import picked
from tapeflow.engine.compiler.native.state import READ, read_of
from tapeflow.engine.compiler.passes.specialize import Specialize
from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.ir.graph import Body, Graph, Node, known
from tapeflow.engine.ir.spec import Spec


class NotDenseError(Exception):
    """Something about a list is not known before the graph runs."""


class OneRow:
    """Zeros but for one row: usually it is added to something, which need not go over the rest."""

    def __init__(self, shape: tuple[int, ...], index: Any, value: Any) -> None:
        self.spec = Spec(value.spec.dtype, shape)
        self.index = index
        self.value = value


class Repeated:
    """A history of values that are all the same: one from around the loop."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.spec = value.spec


class Densify(Specialize):
    """Rewrites a graph without lists; shapes that follow from theirs are worked out."""

    def visit(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        name = node.prim.name
        rule = _RULES.get(name)
        if rule is not None:
            found = rule(_Rows(made, node), node, *inputs)
            if found is not None:
                return [found]
        if name == READ and inputs[0].spec.dtype is not dtypes.resource:
            return [inputs[0]]  # read before the loop
        if name == "While":
            return self._dense_loop(made, node, inputs)
        if any(isinstance(v, Repeated) for v in inputs):
            raise NotDenseError("history")
        if any(isinstance(v, OneRow) for v in inputs):
            inputs = tuple([_Rows(made, node).whole(v) for v in inputs])
        for old, new in zip(node.inputs, inputs, strict=True):
            if old.spec.dtype is dtypes.variant and new.spec.dtype is not dtypes.variant:
                raise NotDenseError(name)
        if any(True for _ in node.bodies()):
            return self.copy(made, node, inputs, [v.spec for v in node.outputs])
        return super().visit(made, node, inputs)

    def attrs(self, node: Node, inputs: tuple[Any, ...]) -> dict[str, Any]:
        """The attributes; branches must not see lists that became tensors."""
        for body in node.bodies():
            for inner in body.inputs:
                if inner.spec.dtype is dtypes.variant:
                    raise NotDenseError(node.prim.name)
        return super().attrs(node, inputs)

    def _dense_loop(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        attrs = dict(node.attrs)
        carries, last = attrs["carries"], attrs["carries"] + attrs["invariants"]
        body, cond = attrs["body"], attrs["cond"]
        given = _Given(_Rows(made, node), node, inputs)
        attrs["invariants"] = given.invariants
        trips = _trips(node) if cond is not None else given.length()
        new = self.inner().part(body.graph, given.arguments, body.outputs, given.specs)
        for spec, value in zip(given.specs[:carries], new.outputs[:carries], strict=True):
            if isinstance(value, (OneRow, Repeated)) or not _alike(spec, value.spec):
                raise NotDenseError("carry")
        outs = [Spec(v.spec.dtype, v.spec.shape) for v in given.values[:carries]]
        fixed = {id(new.inputs[i]): i for i in range(carries, carries + given.invariants)}
        kept = list(new.outputs[:carries])
        results: list[Any] = []
        for value in new.outputs[carries:]:
            if id(value) in fixed and trips:
                results.append(Repeated(given.values[fixed[id(value)]]))
                continue
            if isinstance(value, (OneRow, Repeated)) or not _is_array(value.spec) or trips is None:
                raise NotDenseError("history")
            outs.append(Spec(value.spec.dtype, (trips, *value.spec.shape)))
            results.append(len(kept))
            kept.append(value)
        attrs["body"] = Body(new, new.inputs, kept)
        attrs["trips"] = trips
        if cond is not None:
            made_cond = self.inner().part(cond.graph, cond.inputs, cond.outputs, given.specs[:last])
            attrs["cond"] = Body(made_cond, made_cond.inputs, made_cond.outputs)
        copy = Node(node.prim, tuple(given.values), attrs, node.name, node.location)
        values = made.add(copy, outs).outputs
        return values[:carries] + [r if isinstance(r, Repeated) else values[r] for r in results]


class _Given:
    """What a loop takes once it is dense: carries, invariants, then histories.

    Args:
      make: adds nodes before the loop.
      node: the loop.
      inputs: what it took.

    Attributes:
      values: the new inputs.
      arguments: the body's placeholders for them, in that order.
      specs: those that the body knows: for a history that of one row.
      invariants: how many there are.
    """

    def __init__(self, make: _Rows, node: Node, inputs: tuple[Any, ...]) -> None:
        carries, last = node.attrs["carries"], node.attrs["carries"] + node.attrs["invariants"]
        placeholders = node.attrs["body"].inputs
        self.values = [make.whole(v) for v in inputs[:last]]
        self.arguments = list(placeholders[:last])
        for i in range(carries, last):
            if inputs[i].spec.dtype is dtypes.resource and _only_reads(node, i):
                self.values[i] = make.read(inputs[i])
        histories = []
        for history, inner in zip(inputs[last:], placeholders[last:], strict=True):
            if isinstance(history, Repeated):
                self.values.append(history.value)
                self.arguments.append(inner)
            elif history.spec.dtype is dtypes.variant or not history.spec.is_static:
                raise NotDenseError("history")
            else:
                histories.append((make.whole(history), inner))
        self.specs = [Spec(v.spec.dtype, v.spec.shape, refers=v.spec.refers) for v in self.values]
        self.invariants = len(self.values) - carries
        self._histories = [history for history, _ in histories]
        for history, inner in histories:
            self.values.append(history)
            self.arguments.append(inner)
            self.specs.append(Spec(history.spec.dtype, history.spec.shape[1:]))

    def length(self) -> int:
        """How often a loop over histories runs."""
        if not self._histories:
            raise NotDenseError("history")  # all are repeated: nothing says how often
        return int(self._histories[0].spec.shape[0])


class _Rows(Maker):
    """Adds nodes that work on rows."""

    def index(self, index: Any, limit: int, wraps: bool = False) -> Any:
        """A scalar index that is known to be in range; `wraps`: negative ones are from the end."""
        index = self.reshape(index, ())
        return self.within(self.from_start(index, limit) if wraps else index, limit)

    def zeros(self, shape: Any, dtype: DType) -> Any:
        """Zeros, for rows to be written to."""
        return self.filled(0, tuple(shape), dtype)

    def read(self, handle: Any) -> Any:
        """What a variable holds."""
        return read_of(self._graph, self._origin, handle)

    def row(self, whole: Any, index: Any) -> Any:
        """One row."""
        return self("GatherV2", whole, index, axis=0, batch_dims=0)

    def whole(self, value: Any) -> Any:
        """A value with all its rows."""
        if not isinstance(value, OneRow):
            return value
        zeros = self.zeros(value.spec.shape, value.spec.dtype)
        return self.node(ROW_SET, zeros, value.index, value.value)


def _alike(a: Spec, b: Spec) -> bool:
    return a.shape == b.shape and a.dtype is b.dtype


def _is_array(spec: Spec) -> bool:
    """Whether values are arrays of a known shape."""
    return spec.is_static and spec.dtype not in (dtypes.variant, dtypes.resource, dtypes.string)


def _list(value: Any) -> Any:
    """The tensor that a list became."""
    if value.spec.dtype is dtypes.variant:
        raise NotDenseError("list")
    return value


def _reserve(make: _Rows, node: Node, count: Any) -> Any:
    shape = node.attrs["shape"]
    length = known(count)
    if length is None or shape is None or None in shape or int(length) <= 0:
        raise NotDenseError("TensorListReserve")
    return make.zeros((int(length), *shape), node.attrs["dtype"])


def _from_tensor(make: _Rows, node: Node, tensor: Any) -> Any:
    if isinstance(tensor, OneRow):
        return tensor
    if not _is_array(tensor.spec):
        raise NotDenseError("TensorListFromTensor")
    return tensor


def _stack(make: _Rows, node: Node, handle: Any, *like: Any) -> Any:
    if isinstance(handle, OneRow):
        return handle
    return _list(handle)


def _set_item(make: _Rows, node: Node, handle: Any, index: Any, item: Any) -> Any:
    whole = make.whole(_list(handle))
    if node.attrs["dynamic"] or item.spec.shape != whole.spec.shape[1:]:
        raise NotDenseError("TensorListSetItem")
    return make.node(ROW_SET, whole, make.index(index, whole.spec.shape[0]), item)


def _clear_item(make: _Rows, node: Node, handle: Any, index: Any) -> Any:
    whole = make.whole(_list(handle))
    zero = make.zeros(whole.spec.shape[1:], whole.spec.dtype)
    return make.node(ROW_SET, whole, make.index(index, whole.spec.shape[0]), zero)


def _get_item(make: _Rows, node: Node, handle: Any, index: Any, *like: Any) -> Any:
    whole = make.whole(_list(handle))
    return make.row(whole, make.index(index, whole.spec.shape[0]))


def _one_item(make: _Rows, node: Node, handle: Any, index: Any, item: Any) -> Any:
    spec = _list(handle).spec
    return OneRow(spec.shape, make.index(index, spec.shape[0]), item)


def _length(make: _Rows, node: Node, handle: Any) -> Any:
    return make.const(_list(handle).spec.shape[0], dtypes.int32)


def _empty_like(make: _Rows, node: Node, handle: Any) -> Any:
    spec = _list(handle).spec
    return make.zeros(spec.shape, spec.dtype)


def _add(make: _Rows, node: Node, *terms: Any) -> Any:
    """A sum of which a term is zero but for one row."""
    if node.prim.name == "AddN" and len(terms) != 2:
        return None
    x, y = terms
    if isinstance(x, OneRow):
        x, y = y, x
    if isinstance(y, OneRow):
        x = make.whole(x)
        if x.spec.shape != y.spec.shape:
            return None
        return make.node(ROW_ADD, x, y.index, y.value)
    if node.prim.name == "TensorListAdd":
        return make("AddV2", _list(x), _list(y))
    return None


def _takes_row(node: Node, begin: Any) -> bool:
    """Whether a strided slice, or its gradient, is of `x[i]` for an `i` that data say."""
    return begin.spec.shape == (1,) and known(begin) is None and picked(node) == (0, 1)


def _slice(make: _Rows, node: Node, x: Any, begin: Any, end: Any) -> Any:
    if isinstance(x, OneRow) or not _takes_row(node, begin):
        return None
    if not _is_array(x.spec) or 0 in x.spec.shape:
        return None
    return make.row(x, make.index(begin, x.spec.shape[0], wraps=True))


def _slice_grad(make: _Rows, node: Node, shape: Any, begin: Any, end: Any, dy: Any) -> Any:
    spec = node.outputs[0].spec
    if isinstance(dy, OneRow) or not _takes_row(node, begin):
        return None
    if not _is_array(spec) or 0 in spec.shape:
        return None
    return OneRow(spec.shape, make.index(begin, spec.shape[0], wraps=True), dy)


_RULES: dict[str, Any] = {
    "TensorListReserve": _reserve,
    "TensorListFromTensor": _from_tensor,
    "TensorListStack": _stack,
    "TensorListStackLike": _stack,
    "TensorListSetItem": _set_item,
    "TensorListClearItem": _clear_item,
    "TensorListGetItem": _get_item,
    "TensorListGetItemLike": _get_item,
    "TensorListOneItem": _one_item,
    "TensorListLength": _length,
    "TensorListEmptyLike": _empty_like,
    "TensorListAdd": _add,
    "AddV2": _add,
    "AddN": _add,
    "StridedSlice": _slice,
    "StridedSliceGrad": _slice_grad,
}


def _only_reads(node: Node, place: int) -> bool:
    """Whether a loop does nothing to an input but read it as a variable."""
    for body in node.bodies():
        if place >= len(body.inputs):
            continue
        handle = body.inputs[place]
        for inner in body.graph.nodes:
            if inner.prim.name != READ and any(v is handle for v in inner.inputs):
                return False
        if any(v is handle for v in body.outputs):
            return False
    refers = node.inputs[place].spec.refers
    return isinstance(refers, Spec) and refers.is_static


def _trips(node: Node) -> int | None:
    """How often a loop runs, where that can be seen: counters below limits."""
    return _until(node, node.attrs["cond"].outputs[0].node)


def _until(node: Node, test: Node) -> int | None:
    """How often a test of a loop's condition holds at first."""
    cond, body = node.attrs["cond"], node.attrs["body"]
    if test.prim.name == "LogicalAnd":
        both = [_until(node, v.node) for v in test.inputs]
        return None if None in both else min(both)  # type: ignore[type-var]
    if test.prim.name not in ("Less", "LessEqual"):
        return None
    counter = _place_of(test.inputs[0], cond.inputs)
    limit = _number(test.inputs[1], cond.inputs, node.inputs)
    if counter is None or limit is None or counter >= node.attrs["carries"]:
        return None
    start = _number(node.inputs[counter], [], [])
    step = body.outputs[counter].node
    if start is None or step.prim.name != "AddV2":
        return None
    if _place_of(step.inputs[0], body.inputs) != counter:
        return None
    by = _number(step.inputs[1], body.inputs, node.inputs)
    if by is None or by <= 0:
        return None
    if test.prim.name == "LessEqual":
        limit += 1
    return max(0, -(-(limit - start) // by))


def _place_of(value: Any, inputs: list[Any]) -> int | None:
    for i, other in enumerate(inputs):
        if other is value:
            return i
    return None


def _number(value: Any, inner: list[Any], outer: Any) -> int | None:
    """An integer that is known: a constant, perhaps one from around the loop."""
    place = _place_of(value, inner)
    if place is not None:
        if place >= len(outer):
            return None
        value = outer[place]
    array = known(value)
    is_number = array is not None and array.ndim == 0 and array.dtype.kind in "iu"
    return int(array) if is_number else None  # type: ignore[arg-type]


def densify(graph: Graph) -> Graph | None:
    """The graph with tensors for lists; None where that can't be, or changes nothing."""
    if not any(n.prim.name == "While" or n.prim.name.startswith("TensorList") for n in graph.nodes):
        return None
    try:
        made = Densify().run(graph)
    except NotDenseError:
        return None
    # Whoever gets a list, as the gradient of this function may, expects one.
    lists = [v.spec.dtype is dtypes.variant for v in graph.outputs]
    if lists != [v.spec.dtype is dtypes.variant for v in made.outputs]:
        return None
    used = [v for node in made.nodes for v in node.inputs] + made.outputs
    return None if any(isinstance(v, (OneRow, Repeated)) for v in used) else made
