"""State of the running thread: who records, what is being traced, which scopes are open.

Lower layers look here instead of importing the layers above: reading a variable notifies the
tapes without knowing what a tape is.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol

import numpy as np


class Recorder(Protocol):
    """What dispatch asks of a tape or a forward accumulator."""

    @property
    def tracked(self) -> set[int]:
        """Ids of the tensors whose use is to be recorded; the recorder keeps them alive."""

    @property
    def log(self) -> Callable[[Any], None] | None:
        """Takes `(prim, inputs, outputs, attrs)` of an execution whose output is differentiable as
        its inputs are; dispatch then adds the output to `tracked`. None: `record` must be called.
        """

    def record(
        self, prim: Any, inputs: tuple[Any, ...], outputs: tuple[Any, ...], attrs: Any
    ) -> None:
        """Notes one execution of `prim`; at least one input is tracked."""

    def variable_read(self, variable: Any, tensor: Any) -> None:
        """Notes that a tensor was read from a variable."""

    def left(self, tensor: Any) -> None:
        """Notes that a tracked tensor's values went to NumPy."""


_RECORDERS: ContextVar[tuple[Recorder, ...]] = ContextVar("recorders", default=())

current_recorders = _RECORDERS.get
"""The recorders of this thread; never empty while a function is traced (the tracer puts one there
that tracks nothing), so that eager dispatch looks for a tracer only when there are any. A context
variable is read in half the time of a thread-local attribute, and every operation reads this."""

set_recorders = _RECORDERS.set


class ThreadState(threading.local):
    """Everything else that is per thread; one instance, `state`."""

    def __init__(self) -> None:
        self.tracer: Any = None
        self.name_scope: str = ""
        self.device: str | None = None
        self.variable_creators: tuple[Any, ...] = ()
        # The graph that the innermost `init_scope` has left.
        self.left_graph: Any = None
        # The streams of random operations of graphs, where a data pipeline has its own.
        self.random_streams: dict[Any, Any] | None = None
        # Called with each variable that is made, while a function is traced.
        self.on_variable_made: Callable[[Any], None] | None = None
        # The replica, or the place across replicas, of `tf.distribute`; None outside of all.
        self.replica: Any = None

    @property
    def recorders(self) -> tuple[Recorder, ...]:
        """The recorders of this thread; see `current_recorders`."""
        return current_recorders()

    @recorders.setter
    def recorders(self, value: tuple[Recorder, ...]) -> None:
        set_recorders(value)


state = ThreadState()


# TensorFlow's kernels never warn about overflow or division by zero; NumPy's do. Around a kernel:
#     token = enter_silence(SILENCE)
#     try: ... finally: leave_silence(token)
# `np.errstate` does the same in some 1.5 us, too slow for every eager op; setting the context
# variable behind it takes a tenth of the time.
try:
    from numpy._core import umath as _umath

    _variable: Any = _umath._extobj_contextvar  # type: ignore[attr-defined]
    SILENCE: Any = _umath._make_extobj(all="ignore")  # type: ignore[attr-defined]
    enter_silence: Callable[[Any], Any] = _variable.set
    leave_silence: Callable[[Any], None] = _variable.reset
    leave_silence(enter_silence(SILENCE))
except Exception:  # a NumPy that keeps this state elsewhere: the public, slower way
    SILENCE = {"all": "ignore"}

    def enter_silence(how: Any) -> Any:
        """Stops NumPy's floating-point warnings in this thread; returns the former setting."""
        return np.seterr(**how)

    def leave_silence(token: Any) -> None:
        """Restores what `enter_silence` returned."""
        np.seterr(**token)


def silenced(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel during which NumPy is silent, even where NumPy itself would be the one to warn."""

    @functools.wraps(kernel)
    def run(*arrays: Any, **attrs: Any) -> Any:
        token = enter_silence(SILENCE)
        try:
            return kernel(*arrays, **attrs)
        finally:
            leave_silence(token)

    return run
