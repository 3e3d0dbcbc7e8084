"""`tf.errors`."""

from __future__ import annotations

import pickle

from cases.form import Case

CODES = """
    OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS
    PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED
    INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED
""".split()

ERRORS = """
    AbortedError AlreadyExistsError CancelledError DataLossError DeadlineExceededError
    FailedPreconditionError InternalError InvalidArgumentError NotFoundError OutOfRangeError
    PermissionDeniedError ResourceExhaustedError UnauthenticatedError UnavailableError
    UnimplementedError UnknownError
""".split()


def facts(error):
    """Everything that an error tells."""
    return [
        type(error).__name__,
        [kind.__name__ for kind in type(error).__mro__ if not kind.__name__.startswith("_")],
        str(error),
        repr(error),
        list(error.args),
        error.message,
        error.op,
        error.node_def,
        error.error_code,
        error.experimental_payloads,
    ]


def of_class(tf, name):
    kind = getattr(tf.errors, name)
    plain = kind(None, None, "what went wrong")
    return [
        facts(plain),
        facts(kind(None, None, "m", {"key": "payload"})),
        facts(kind(node_def=None, op=None, message="m")),
        facts(pickle.loads(pickle.dumps(plain))),
    ]


def caught(tf, raised, expected):
    try:
        raise getattr(tf.errors, raised)(None, None, "m")
    except getattr(tf.errors, expected) as error:
        return type(error).__name__


CASES = [
    *(Case(f"errors.{name}", lambda tf, name=name: getattr(tf.errors, name)) for name in CODES),
    *(Case(f"errors.{name}", lambda tf, name=name: of_class(tf, name)) for name in ERRORS),
    *(Case(f"errors.{name}", lambda tf, name=name: caught(tf, name, "OpError")) for name in ERRORS),
    *(
        Case(f"errors.{name}", lambda tf, name=name: getattr(tf.errors, name)(), bad=True)
        for name in ERRORS
    ),
    Case("errors.OpError", lambda tf: facts(tf.errors.OpError(None, None, "m", 7))),
    Case("errors.OpError", lambda tf: facts(tf.errors.OpError(None, None, "m", None))),
    Case("errors.OpError", lambda tf: facts(tf.errors.OpError(None, None, "m", 3, {"a": "b"}))),
    Case("errors.OpError", lambda tf: tf.errors.OpError(None, None, "m"), bad=True),
    Case(
        "errors.OpError",
        lambda tf: facts(pickle.loads(pickle.dumps(tf.errors.OpError(None, None, "m", 7)))),
    ),
    Case(
        "errors.OperatorNotAllowedInGraphError",
        lambda tf: [kind.__name__ for kind in tf.errors.OperatorNotAllowedInGraphError.__mro__],
    ),
    Case(
        "errors.OperatorNotAllowedInGraphError",
        lambda tf: str(tf.errors.OperatorNotAllowedInGraphError("m")),
    ),
]
