"""A staged loop: the variables that its body changes become loop variables of a `While`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.autograph.staging import (
    dtype_of,
    holds_none,
    is_array,
    same_structure,
    scratch_graph,
    shape_of,
    staged_value,
    stand_ins,
)
from tapeflow.engine.autograph.variables import UndefinedReturnValue, is_undefined
from tapeflow.engine.core import nest
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ops.array import creation
from tapeflow.engine.ops.control_flow.traced_loop import traced_while
from tapeflow.engine.ops.debugging import assertions
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.variables.variable import Variable

_RETURN_IN_LOOP = (
    "a return statement cannot be placed inside this TensorFlow loop; this may happen if a return "
    "statement depends on a static Python condition such as a hyperparameter"
)


class State(NamedTuple):
    """The variables of the user's program that a loop changes.

    Attributes:
      get: gives their values.
      set: sets them.
      names: their names.
    """

    get: Callable[[], tuple[Any, ...]]
    set: Callable[[tuple[Any, ...]], None]
    names: tuple[str, ...]


class _Shapes(Exception):
    """The shapes of the loop's variables were found to vary; the loop is to be traced again."""


def stage_loop(
    test: Callable[..., Any],
    body: Callable[..., tuple[Any, ...]],
    extra: tuple[Any, ...],
    state: State,
    opts: dict[str, Any],
    *,
    may_define: bool = True,
    relax_shapes: bool = False,
) -> None:
    """Adds a loop to the graph that is traced, and leaves the results in the state.

    Args:
      test: function of the extra loop variables; gives a boolean.
      body: function of the extra loop variables; gives their next values.
      extra: loop variables beside those of the state, such as a counter.
      state: the variables of the program.
      opts: the options of `set_loop_options`.
      may_define: whether a variable may get its first value in the loop.
      relax_shapes: whether shapes may vary without `shape_invariants`.

    Raises:
      ValueError: when a variable has no value, or changes its shape.
      TypeError: when it changes its dtype or structure, or can't be a tensor.
      NotImplementedError: when the loop returns from the function.
    """
    before = state.get()
    try:
        _Loop(test, body, extra, state, before, opts, may_define).run(relax_shapes)
    except Exception:
        state.set(before)
        raise


class _Loop:
    def __init__(
        self,
        test: Callable[..., Any],
        body: Callable[..., tuple[Any, ...]],
        extra: tuple[Any, ...],
        state: State,
        before: tuple[Any, ...],
        opts: dict[str, Any],
        may_define: bool,
    ) -> None:
        self.test = test
        self.body = body
        self.extra = extra
        self.state = state
        self.limit = opts.get("maximum_iterations")
        # A shape is given for a variable by its value, as the user wrote `(variable, shape)`.
        given = opts.get("shape_invariants") or ()
        self.invariants = [next((s for v, s in given if v is value), None) for value in before]
        self.missing = [i for i, v in enumerate(before) if v is None or is_undefined(v)]
        values = list(before)
        if self.missing:
            self._define(values, may_define)
        self.start = [self._started(n, v) for n, v in zip(state.names, values)]
        self.shapes = [
            self._flat_invariant(name, value, invariant)
            for name, value, invariant in zip(state.names, self.start, self.invariants)
        ]

    def _started(self, name: str, value: Any) -> Any:
        if holds_none(value):
            raise ValueError(f"'{name}' is not allowed to be None before the loop")
        return staged_value(name, value)

    # Variables that get their first value in the loop.

    def _define(self, values: list[Any], may_define: bool) -> None:
        """Traces the body once for nothing, to see what its variables will be."""
        first = values[self.missing[0]]
        name = self.state.names[self.missing[0]]
        returns = any(isinstance(values[i], UndefinedReturnValue) for i in self.missing)
        problem = f"'{name}' must be defined before the loop"
        if not may_define:
            if returns:
                raise NotImplementedError(_RETURN_IN_LOOP)
            raise ValueError(problem)
        note = "\nNote: AutoGraph tried to define it automatically, but ran into a "
        with scratch_graph() as graph:
            try:
                self.state.set(
                    tuple(
                        v
                        if i in self.missing
                        else stand_ins(graph, self._started(self.state.names[i], v))
                        for i, v in enumerate(values)
                    )
                )
                self.body(*stand_ins(graph, self.extra))
            except (TypeError, ValueError, KeyError, UnboundLocalError) as error:
                if returns:
                    raise NotImplementedError(_RETURN_IN_LOOP) from error
                raise ValueError(f"{problem}{note}{type(error).__name__}: {error}") from error
            after = self.state.get()
        self.state.set(tuple(values))
        for i in self.missing:
            end = after[i]
            name = self.state.names[i]
            if isinstance(end, UndefinedReturnValue):
                raise ValueError(
                    "the return value from a TensorFlow loop may only be a Tensor, int, float, "
                    f"bool or a list, tuple or dict thereof; got {type(end)}"
                )
            if end is None and first is None:
                raise ValueError(f"'{name}' is not allowed to be None before the loop")
            problem = f"'{name}' must be defined before the loop"
            if end is None or is_undefined(end):
                raise ValueError(problem)
            try:
                values[i] = nest.map_structure(_placeholder, end)
            except TypeError as error:
                raise ValueError(f"{problem}{note}{type(error).__name__}: {error}") from error
            self.invariants[i] = nest.map_structure(_shape_to_come, end)

    # Shapes.

    def _flat_invariant(self, name: str, value: Any, invariant: Any) -> list[TensorShape | None]:
        """For each leaf of a variable, the shape that all iterations share; None: the first one."""
        leaves = nest.flatten(value)
        if invariant is None:
            return [None] * len(leaves)
        flat = _flat_shapes(value, invariant)
        if len(flat) != len(leaves):
            raise ValueError(
                f"'{name}': shape_invariants: expected {len(leaves)} shapes; received {invariant}"
            )
        for leaf, shape in zip(leaves, flat):
            if not _is_narrower(shape_of(leaf), shape):
                raise ValueError(
                    f"'{name}' has shape {shape_of(leaf)} before the loop, which does not conform "
                    f"with the shape invariant {shape}."
                )
        return list(flat)

    # The loop.

    def run(self, relax_shapes: bool) -> None:
        while True:
            try:
                final = self._traced(relax_shapes)
                break
            except _Shapes:  # `shapes` allow for what was found; try again
                continue
        ran, values = self._unpacked(final)[1:]
        self.state.set(values)
        if self.missing:
            names = [
                "the function return value" if n.startswith("retval_") else n
                for n in [self.state.names[i] for i in self.missing]
            ]
            text = f"loop must iterate at least once to initialize {', '.join(names)}"
            assertions.Assert(ran, [text])

    def _traced(self, relax_shapes: bool) -> list[Any]:
        ran = [convert(False)] if self.missing else []
        flat = nest.flatten(self.start)
        shapes = [s for group in self.shapes for s in group]
        names = [n for n, v in zip(self.state.names, self.start) for _ in nest.flatten(v)]
        loop_vars = [*self.extra, *ran, *flat]
        around = [shape_of(v) for v in (*self.extra, *ran)]
        own = [shape_of(v) if s is None else s for v, s in zip(flat, shapes)]

        def test(*variables: Any) -> Any:
            extra, _, values = self._unpacked(list(variables))
            self.state.set(values)
            return self.test(*extra)

        def body(*variables: Any) -> list[Any]:
            extra, _, values = self._unpacked(list(variables))
            self.state.set(values)
            following = self.body(*extra)
            leaves = self._ended(self.state.get(), relax_shapes)
            return [*following, *([convert(True)] if self.missing else []), *leaves]

        final: list[Any] = traced_while(
            test,
            body,
            loop_vars,
            [*around, *[_of_composite(v, s) for v, s in zip(flat, own)]],
            self.limit,
            None,
            [*["the loop's own counter"] * len(around), *[f"'{n}'" for n in names]],
        )
        return final

    def _unpacked(self, variables: list[Any]) -> tuple[list[Any], Any, tuple[Any, ...]]:
        """The extra variables, whether the body ran, and the values of the state."""
        count = len(self.extra)
        extra = variables[:count]
        ran = None
        if self.missing:
            ran = variables[count]
            count += 1
        rest = variables[count:]
        values = []
        for value in self.start:
            size = len(nest.flatten(value))
            values.append(nest.pack_sequence_as(value, rest[:size]))
            rest = rest[size:]
        return extra, ran, tuple(values)

    def _ended(self, after: tuple[Any, ...], relax_shapes: bool) -> list[Any]:
        """The leaves of the state after an iteration, if they are as they must be."""
        flat = []
        varied = False
        for i, (name, value) in enumerate(zip(self.state.names, after)):
            if is_undefined(value):
                raise ValueError(f"'{name}' is not defined at the end of the iteration.")
            if holds_none(value):
                raise ValueError(f"'{name}' is None at the end of the iteration.")
            value = staged_value(name, value)
            reason = same_structure(self.start[i], value)
            if reason is not None:
                raise TypeError(
                    f"'{name}' does not have the same nested structure after one iteration.\n\n"
                    f"{reason}"
                )
            leaves = nest.flatten(value)
            for k, (first, leaf) in enumerate(zip(nest.flatten(self.start[i]), leaves)):
                if dtype_of(first) is not dtype_of(leaf):
                    raise TypeError(
                        f"'{name}' has dtype {dtype_of(first).name} before the loop, but dtype "
                        f"{dtype_of(leaf).name} after one iteration"
                    )
                given = self.shapes[i][k]
                common = shape_of(first) if given is None else given
                if is_array(first) or _is_narrower(shape_of(leaf), common):
                    continue
                if relax_shapes:
                    self.shapes[i][k] = _common(common, shape_of(leaf))
                    varied = True
                elif given is not None:
                    raise ValueError(
                        f"'{name}' has shape {shape_of(leaf)} after one iteration, which does not "
                        f"conform with the shape invariant {given}."
                    )
                else:
                    raise ValueError(
                        f"'{name}' has shape {common} before the loop, but shape {shape_of(leaf)} "
                        "after one iteration. Use tf.autograph.experimental.set_loop_options to "
                        "set shape invariants."
                    )
            flat += leaves
        if varied:
            raise _Shapes
        return flat


def _placeholder(leaf: Any) -> Any:
    """What a variable that gets its first value in a loop is given before it."""
    leaf = convert(leaf) if isinstance(leaf, Variable) else leaf
    if isinstance(leaf, Tensor):
        dims = leaf.shape.as_list() if leaf.shape.rank is not None else []
        return creation.zeros([d or 0 for d in dims], leaf.dtype)
    if isinstance(leaf, (bool, int, float, str, bytes, np.ndarray, np.generic)):
        return creation.zeros_like(convert(leaf))
    raise TypeError(
        f"Found an unsupported type '{type(leaf).__name__}' while creating placeholder for "
        f"{leaf!r}. Supported types include Tensor, int, float, bool, list, tuple or dict."
    )


def _shape_to_come(leaf: Any) -> TensorShape:
    return leaf.shape if isinstance(leaf, Tensor) else convert(leaf).shape


def _flat_shapes(value: Any, invariant: Any) -> list[TensorShape]:
    if isinstance(invariant, TensorShape):
        return [invariant]
    if nest.is_nested(value):
        return [TensorShape(s) for s in nest.flatten(invariant)]
    return [TensorShape(invariant)]


def _of_composite(leaf: Any, shape: TensorShape) -> Any:
    """The invariant that `traced_while` is told: composites keep that of their parts."""
    return None if is_composite(leaf) or is_array(leaf) else shape


def _is_narrower(shape: TensorShape, general: TensorShape) -> bool:
    if general.rank is None:
        return True
    if shape.rank != general.rank:
        return False
    return all(g is None or s == g for s, g in zip(shape.as_list(), general.as_list()))


def _common(one: TensorShape, other: TensorShape) -> TensorShape:
    if one.rank is None or one.rank != other.rank:
        return TensorShape(None)
    pairs = zip(one.as_list(), other.as_list())
    return TensorShape([a if a == b else None for a, b in pairs])
