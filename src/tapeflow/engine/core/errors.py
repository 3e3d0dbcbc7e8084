"""TensorFlow's exceptions, which are one class for each status code.

Example:
    >>> import tapeflow as tf
    >>> try:
    ...     raise tf.errors.NotFoundError(None, None, "no such file")
    ... except tf.errors.OpError as error:
    ...     print(error.error_code, error)
    5 no such file
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tapeflow.engine.core.export import export, export_value

OK: Final = 0
CANCELLED: Final = 1
UNKNOWN: Final = 2
INVALID_ARGUMENT: Final = 3
DEADLINE_EXCEEDED: Final = 4
NOT_FOUND: Final = 5
ALREADY_EXISTS: Final = 6
PERMISSION_DENIED: Final = 7
RESOURCE_EXHAUSTED: Final = 8
FAILED_PRECONDITION: Final = 9
ABORTED: Final = 10
OUT_OF_RANGE: Final = 11
UNIMPLEMENTED: Final = 12
INTERNAL: Final = 13
UNAVAILABLE: Final = 14
DATA_LOSS: Final = 15
UNAUTHENTICATED: Final = 16

for _code in (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
):
    export_value(_code, f"errors.{_code}")


@export("errors.OpError")
class OpError(Exception):
    """An operation failed; the classes below say how.

    Args:
      node_def: the failed operation's graph definition, or None.
      op: the failed operation, or None.
      message: what went wrong.
      error_code: one of the integers in `tf.errors`.
      *args: optionally a mapping with further details, `experimental_payloads`.
    """

    def __init__(
        self, node_def: Any, op: Any, message: str, error_code: int | None, *args: Any
    ) -> None:
        # TensorFlow leaves `args` empty; everything is in the properties.
        super().__init__()
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = error_code
        self._payloads: dict[Any, Any] = {}
        if args and isinstance(args[0], Mapping):
            self._payloads.update(args[0])

    @property
    def message(self) -> str:
        """What went wrong."""
        return self._message

    @property
    def op(self) -> Any:
        """The operation that failed; None in eager execution."""
        return self._op

    @property
    def error_code(self) -> int | None:
        """The integer that stands for this kind of error."""
        return self._error_code

    @property
    def node_def(self) -> Any:
        """The graph definition of the operation that failed; None in eager execution."""
        return self._node_def

    @property
    def experimental_payloads(self) -> dict[Any, Any]:
        """Further details given where the error was raised."""
        return self._payloads

    def __str__(self) -> str:
        return str(self._message)

    def __reduce__(self) -> tuple[Any, ...]:
        return (OpError, (None, None, self._message, self._error_code, self._payloads))


class _CodedError(OpError):
    """An `OpError` whose class determines the code."""

    code: int

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, self.code, *args)

    def __reduce__(self) -> tuple[Any, ...]:
        # Graph objects don't travel between processes; what remains is what a reader needs.
        return (type(self), (None, None, self._message, self._payloads))


@export("errors.CancelledError")
class CancelledError(_CodedError):
    """The operation was cancelled before it was done."""

    code = CANCELLED


@export("errors.UnknownError")
class UnknownError(_CodedError):
    """The cause isn't known, or fits no other class."""

    code = UNKNOWN


@export("errors.InvalidArgumentError")
class InvalidArgumentError(_CodedError):
    """An argument's shape, dtype or value is not acceptable, whatever the system's state."""

    code = INVALID_ARGUMENT


@export("errors.DeadlineExceededError")
class DeadlineExceededError(_CodedError):
    """The time allowed had passed before the operation was done."""

    code = DEADLINE_EXCEEDED


@export("errors.NotFoundError")
class NotFoundError(_CodedError):
    """A file, directory or other thing asked for doesn't exist."""

    code = NOT_FOUND


@export("errors.AlreadyExistsError")
class AlreadyExistsError(_CodedError):
    """A thing that was to be created exists already."""

    code = ALREADY_EXISTS


@export("errors.PermissionDeniedError")
class PermissionDeniedError(_CodedError):
    """The caller may not do this."""

    code = PERMISSION_DENIED


@export("errors.UnauthenticatedError")
class UnauthenticatedError(_CodedError):
    """The request has no valid credentials."""

    code = UNAUTHENTICATED


@export("errors.ResourceExhaustedError")
class ResourceExhaustedError(_CodedError):
    """Memory, disk space or another limited thing has run out."""

    code = RESOURCE_EXHAUSTED


@export("errors.FailedPreconditionError")
class FailedPreconditionError(_CodedError):
    """The system isn't in the state the operation needs, such as an uninitialized variable."""

    code = FAILED_PRECONDITION


@export("errors.AbortedError")
class AbortedError(_CodedError):
    """The operation was given up, typically because another one came in between."""

    code = ABORTED


@export("errors.OutOfRangeError")
class OutOfRangeError(_CodedError):
    """The operation went past the end, such as reading on after a file's last record."""

    code = OUT_OF_RANGE


@export("errors.UnimplementedError")
class UnimplementedError(_CodedError):
    """There is no implementation for these dtypes, shapes or devices."""

    code = UNIMPLEMENTED


@export("errors.InternalError")
class InternalError(_CodedError):
    """Something that should hold doesn't: a bug below."""

    code = INTERNAL


@export("errors.UnavailableError")
class UnavailableError(_CodedError):
    """A service can't be reached now; trying again may help."""

    code = UNAVAILABLE


@export("errors.DataLossError")
class DataLossError(_CodedError):
    """Stored data is damaged and can't be recovered."""

    code = DATA_LOSS


@export("errors.OperatorNotAllowedInGraphError")
class OperatorNotAllowedInGraphError(TypeError):
    """A Python operator was used on a symbolic tensor that has no value yet."""


class InaccessibleTensorError(ValueError):
    """A symbolic tensor was used outside of the function it belongs to."""


BY_CODE: Final[dict[int, type[OpError]]] = {
    error.code: error
    for error in (
        CancelledError,
        UnknownError,
        InvalidArgumentError,
        DeadlineExceededError,
        NotFoundError,
        AlreadyExistsError,
        PermissionDeniedError,
        UnauthenticatedError,
        ResourceExhaustedError,
        FailedPreconditionError,
        AbortedError,
        OutOfRangeError,
        UnimplementedError,
        InternalError,
        UnavailableError,
        DataLossError,
    )
}
"""The exception class that stands for a status code."""
