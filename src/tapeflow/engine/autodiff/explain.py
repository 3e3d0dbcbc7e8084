"""Why a gradient is None: what a tape saw on the way from a source to a target."""

from __future__ import annotations

from typing import Any, NamedTuple

from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.frames import Location, location_text
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE


class Step(NamedTuple):
    """One record without its tensors: they are freed while the explanation must stay possible."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    location: Location | None
    differentiable: bool
    integer_outputs: bool


class Explainer:
    """What only `GradientTape.explain` needs, so that a tape pays for it only when it happens.

    Attributes:
      locations: index of a record without gradient -> the user's line that made it.
      exits: tensors whose values went to NumPy, and where.
    """

    def __init__(self) -> None:
        self.locations: dict[int, Location] = {}
        self.exits: list[tuple[Any, Location]] = []
        self._steps: list[Step] | None = None
        self._watched: set[int] = set()
        self._reads: list[tuple[int, int]] = []
        self._exit_ids: list[tuple[int, Location]] = []

    def remember(self, records: Any, watched: Any, variables: Any, reads: Any) -> None:
        """Notes the shape of what was recorded, before the tape frees it."""
        self._steps = [
            Step(
                prim.name,
                tuple(map(id, inputs)),
                tuple(map(id, outputs)),
                self.locations.get(i),
                prim.vjp is not NOT_DIFFERENTIABLE,
                not any(_is_differentiable(t) for t in outputs),
            )
            for i, (prim, inputs, outputs, _) in enumerate(records)
        ]
        self._watched = {id(t) for t in watched} | set(variables)
        self._reads = [(id(t), key) for t, key in reads]
        self._exit_ids = [(id(t), where) for t, where in self.exits]

    def forget_tensors(self) -> None:
        """Frees the tensors that `exits` holds; their ids are remembered."""
        self.exits = []

    def explain(self, target: Any, source: Any) -> str:
        """One paragraph: why the gradient of `target` with respect to `source` is None."""
        handle = handle_of(source)
        what = f"variable '{source.name}'" if handle is not None else "the source tensor"
        if not _is_differentiable(source):
            return (
                f"The gradient is None because {what} has dtype {source.dtype.name}: only floating "
                "and complex tensors have gradients. Cast it with tf.cast before it is watched."
            )
        if not _is_differentiable(target):
            return (
                f"The gradient is None because the target has dtype {target.dtype.name}: only "
                "floating and complex tensors can be differentiated."
            )
        key = id(source if handle is None else handle)
        target_handle = handle_of(target)
        goal = id(target if target_handle is None else target_handle)
        steps = self._steps or []
        if goal == key:
            return "The gradient is not None: the target is the source itself."
        if key not in self._watched and not any(key in s.outputs for s in steps):
            return self._never_watched(source, handle, what)
        reached = self._reach({key, *(t for t, k in self._reads if k == key)}, steps, False)
        if goal in reached:
            return (
                "The gradient is not None: the target depends on the source through "
                "differentiable operations."
            )
        loose = self._reach({key, *(t for t, k in self._reads if k == key)}, steps, True)
        if goal in loose:
            return self._blocked(steps, reached, goal, what)
        for tensor, where in self._exit_ids:
            if tensor in loose:
                return (
                    f"The gradient is None because a value computed from {what} left through NumPy "
                    f"(or Python) at {location_text(where)}: what is computed from it there is "
                    "invisible to the tape. Use tf operations instead, or tf.py_function."
                )
        if not any(goal in s.outputs for s in steps):
            return (
                "The gradient is None because the target was not computed from anything watched "
                "while the tape was recording: compute it inside `with tf.GradientTape()`."
            )
        return f"The gradient is None because the target does not depend on {what}."

    def _never_watched(self, source: Any, handle: Any, what: str) -> str:
        if handle is None:
            return (
                "The gradient is None because the source tensor was never watched: call "
                "tape.watch(tensor) inside the `with` block, before it is used."
            )
        if not source.trainable:
            return (
                f"The gradient is None because {what} is not trainable, so the tape does not watch "
                "it on its own: call tape.watch(variable), or make it with trainable=True."
            )
        return (
            f"The gradient is None because {what} was not read inside the tape (or the tape has "
            "watch_accessed_variables=False): read it inside the `with` block."
        )

    @staticmethod
    def _reach(start: set[int], steps: list[Step], loosely: bool) -> set[int]:
        reached = set(start)
        for step in steps:
            passes = loosely or (step.differentiable and not step.integer_outputs)
            if passes and any(i in reached for i in step.inputs):
                reached.update(step.outputs)
        return reached

    def _blocked(self, steps: list[Step], reached: set[int], goal: int, what: str) -> str:
        needed = {goal}
        for step in reversed(steps):
            if any(o in needed for o in step.outputs):
                stops = not step.differentiable or step.integer_outputs
                if stops and any(i in reached for i in step.inputs):
                    where = f" at {location_text(step.location)}" if step.location else ""
                    why = (
                        "which has no gradient"
                        if not step.differentiable
                        else "whose result is not floating"
                    )
                    return (
                        f"The gradient is None because between {what} and the target stands "
                        f"{step.name}{where}, {why}."
                    )
                needed.update(step.inputs)
        return (
            f"The gradient is None because no differentiable path leads from {what} to the target."
        )


def _is_differentiable(t: Any) -> bool:
    dtype = as_dtype(t.dtype)
    return bool(dtype.is_floating or dtype.is_complex)
