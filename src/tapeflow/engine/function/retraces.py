"""Why a function was traced again: kept for `explain_retraces` and for the warning."""

from __future__ import annotations

import logging
from typing import Any

from tapeflow.engine.function.signatures import OBJECT, SPEC, TENSOR, VALUE, VARIABLE, Encoder

_log = logging.getLogger("tensorflow")

FREQUENT = 5
"""So many traces within the last calls draw a warning."""
WINDOW = 10


class Retraces:
    """The traces of one function, as texts."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.count = 0
        self._calls = 0
        self._recent: list[int] = []
        self._before: list[tuple[str, list[Any]]] | None = None
        self._reasons: list[str] = []

    def called(self) -> None:
        """Notes a call."""
        self._calls += 1

    def tracing(self, bound: list[tuple[str, Any]], key: tuple[Any, ...]) -> None:
        """Notes that a trace begins for these arguments."""
        self.count += 1
        entries = iter(key)
        now = []
        for name, value in bound:
            encoder = Encoder()
            encoder.add(value)
            now.append((name, [_described(next(entries)) for _ in encoder.key]))
        if self._before is not None:
            self._reasons.append(_difference(self._before, now))
            self._recent = [c for c in self._recent if c > self._calls - WINDOW]
            self._recent.append(self._calls)
            if len(self._recent) >= FREQUENT:
                _log.warning(
                    "%d out of the last %d calls to %s triggered tf.function retracing. Tracing is "
                    "expensive. The last one was made because %s. Pass tensors instead of Python "
                    "values that vary, use reduce_retracing=True or an input_signature for shapes "
                    "that vary, and make the tf.function outside of loops.",
                    len(self._recent), min(self._calls + 1, WINDOW), self._name, self._reasons[-1],
                )  # fmt: skip
        self._before = now

    def explain(self) -> str:
        """For each trace after the first, what was different from the one before."""
        if self.count == 0:
            return f"{self._name} has not been traced."
        lines = [f"{self._name} has been traced {self.count} time{'s' * (self.count > 1)}."]
        lines += [f"  trace {i}: {reason}." for i, reason in enumerate(self._reasons, 2)]
        return "\n".join(lines)


def _described(entry: Any) -> Any:
    tag = entry[0]
    if tag is TENSOR:
        shape = "unknown" if entry[2] is None else list(entry[2])
        return ("a tensor", entry[1].name, f"shape {shape}")
    if tag is VARIABLE:
        shape = "unknown" if entry[2] is None else list(entry[2])
        return ("a variable", entry[1].name, f"shape {shape}", f"alias {entry[4]}")
    if tag is VALUE:
        return ("the Python value", repr(entry[1]))
    if tag is OBJECT:
        return ("an object", f"{type(entry[1]()).__name__} at {id(entry[1]()):#x}")
    if tag is SPEC:
        return ("a value of type", repr(entry[1]))
    return ("a container", f"{tag.__name__} {entry[1]}")


def _difference(before: list[tuple[str, Any]], now: list[tuple[str, Any]]) -> str:
    for (name, old), (other, new) in zip(before, now, strict=False):
        if name != other:
            return f"other arguments were given: {other!r} instead of {name!r}"
        if old == new:
            continue
        if len(old) != len(new):
            return f"argument {name!r} has another structure"
        for i, (a, b) in enumerate(zip(old, new, strict=True)):
            if a != b:
                place = f"argument {name!r}" if len(old) == 1 else f"argument {name!r}, part {i}"
                return f"{place} was {' '.join(a)} and is {' '.join(b)}"
    return "the former trace cannot be used for these arguments"
