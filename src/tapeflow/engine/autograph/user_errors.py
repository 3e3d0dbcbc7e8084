"""Errors of converted functions, told in terms of the lines that the user wrote."""

from __future__ import annotations

import linecache
import types
import weakref
from typing import Any, NamedTuple, NoReturn

from tapeflow.engine.core.errors import (
    InaccessibleTensorError,
    OperatorNotAllowedInGraphError,
    OpError,
)

_OWN = __name__.partition(".")[0]


class AutoGraphError(Exception):
    """Base class of AutoGraph's own errors."""


class ConversionError(AutoGraphError):
    """A function could not be converted."""


class StagingError(AutoGraphError):
    """Stands for an error of a class that can't be raised anew with a message that says more."""


class UnsupportedLanguageElementError(AutoGraphError, NotImplementedError):
    """The function uses Python in a way that can't be converted."""


class InaccessibleSourceCodeError(AutoGraphError, ValueError):
    """The function's source is nowhere to be found."""


class MultilineMessageKeyError(KeyError):
    """A KeyError whose message is printed as it is; KeyError itself would quote it."""

    def __init__(self, message: str, original_key: Any) -> None:
        super().__init__(original_key)
        self._message = message

    def __str__(self) -> str:
        return self._message


MultilineMessageKeyError.__name__ = KeyError.__name__

_TAKE_A_MESSAGE = (
    AssertionError,
    AttributeError,
    NameError,
    NotImplementedError,
    RuntimeError,
    StopIteration,
    TypeError,
    UnboundLocalError,
    ValueError,
    AutoGraphError,
    ConversionError,
    StagingError,
    InaccessibleTensorError,
    OperatorNotAllowedInGraphError,
)

converted_code: weakref.WeakKeyDictionary[types.CodeType, str] = weakref.WeakKeyDictionary()
"""The code of converted functions, and the name that the user knows each by."""


class _Frame(NamedTuple):
    filename: str
    line: int
    function: str
    mark: str


class ErrorMetadata:
    """What an error tells of the lines that led to it.

    Args:
      frames: the user's lines, outermost first.
      cause_message: class and message of the error itself.
    """

    __slots__ = ("cause_message", "frames")

    def __init__(self, frames: list[_Frame], cause_message: str) -> None:
        self.frames = frames
        self.cause_message = cause_message

    def get_message(self) -> str:
        """The whole message."""
        lines = ["in user code:", ""]
        for frame in self.frames:
            lines.append(f'    File "{frame.filename}", line {frame.line}, in {frame.function}'
                         f"{frame.mark}")  # fmt: skip
            source = linecache.getline(frame.filename, frame.line).strip()
            lines.append(f"        {source or '<source unavailable>'}")
        lines.append("")
        lines += [f"    {line}" for line in self.cause_message.split("\n")]
        lines.append("")
        return "\n".join(lines)


def raise_in_user_terms(error: Exception) -> NoReturn:
    """Raises an error again, with the user's lines in its message.

    The class stays where it can be raised with a message alone; else it is a `StagingError`. Errors
    that passed through no converted code, or have an attribute `ag_pass_through`, stay as they are.
    """
    frames = _user_frames(error.__traceback__)
    if not frames or hasattr(error, "ag_pass_through"):
        raise error
    former = getattr(error, "ag_error_metadata", None)
    cause = f"{type(error).__name__}: {error}" if former is None else former.cause_message
    metadata = ErrorMetadata(frames, cause)
    new = _of_same_class(error, metadata.get_message())
    new.ag_error_metadata = metadata  # type: ignore[attr-defined]
    new.__suppress_context__ = True
    raise new.with_traceback(error.__traceback__)


def _of_same_class(error: Exception, message: str) -> Exception:
    kind = type(error)
    if isinstance(error, OpError):
        try:
            return kind(error.node_def, error.op, message)  # type: ignore[call-arg]
        except TypeError:
            return OpError(error.node_def, error.op, message, error.error_code)
    if kind in _TAKE_A_MESSAGE or kind.__init__ is Exception.__init__:
        return kind(message)
    if kind is KeyError:
        return MultilineMessageKeyError(message, error.args[0] if error.args else None)
    if kind is MultilineMessageKeyError:
        return MultilineMessageKeyError(message, error.args[0])
    return StagingError(message)


def _user_frames(traceback: types.TracebackType | None) -> list[_Frame]:
    """The innermost converted line of each call, and after the last of them what it called.

    One call of a converted function may be on the stack with several frames, as the branches and
    loops of its body are functions of their own.
    """
    frames: list[_Frame] = []
    pending: _Frame | None = None  # of the call that is being looked at
    outside: list[_Frame] = []  # what is not converted, since the last converted frame
    while traceback is not None:
        code = traceback.tb_frame.f_code
        name = converted_code.get(code)
        line = traceback.tb_lineno
        if name is not None:
            pending = _Frame(code.co_filename, line, name, "  *")
            outside = []
        elif _is_own(traceback.tb_frame):
            if code.co_name == "converted_call" and pending is not None:
                frames.append(pending)
                pending = None
        else:
            # Two stars: called by converted code, but not converted itself.
            mark = "  **" if pending is None and not outside and frames else ""
            outside.append(_Frame(code.co_filename, line, code.co_name, mark))
        traceback = traceback.tb_next
    if pending is not None:
        frames.append(pending)
    return frames + outside if frames else []


def _is_own(frame: types.FrameType) -> bool:
    name = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return name in (_OWN, "malt")
