"""`tf.errors`: the tree, what an error carries, and how it travels."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from tapeflow.engine.core import errors
from tapeflow.engine.core.export import EXPORTS


@pytest.mark.parametrize(("code", "kind"), errors.BY_CODE.items(), ids=lambda v: str(v))
def test_class_and_code_belong_together(code, kind):
    error = kind(None, None, "m")
    assert error.error_code == code
    assert isinstance(error, errors.OpError)
    assert EXPORTS[f"errors.{kind.__name__}"].object is kind
    constant = "".join("_" + c if c.isupper() else c for c in kind.__name__)[1:].upper()
    assert getattr(errors, constant.removesuffix("_ERROR")) == code


def test_every_code_has_its_class():
    assert sorted(errors.BY_CODE) == list(range(1, 17))


@pytest.mark.parametrize(
    "travel", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_travel(travel):
    for error in (
        errors.NotFoundError(None, None, "m", {"a": b"b"}),
        errors.OpError(None, None, "m", 7, {"a": b"b"}),
        errors.OpError(None, None, "m", None),
    ):
        there = travel(error)
        assert type(there) is type(error)
        assert str(there) == "m"
        assert there.error_code == error.error_code
        assert there.experimental_payloads == error.experimental_payloads


def test_the_failed_operation_does_not_travel():
    error = errors.InternalError("a graph's node", lambda: "an unpicklable op", "m")
    assert error.node_def == "a graph's node"
    there = pickle.loads(pickle.dumps(error))
    assert there.node_def is there.op is None


def test_traceback_names_class_and_message():
    error = errors.InvalidArgumentError(None, None, "no such axis")
    last = traceback.format_exception_only(error)[-1]
    assert last.endswith("InvalidArgumentError: no such axis\n")


def test_classes_outside_of_the_tree():
    assert issubclass(errors.OperatorNotAllowedInGraphError, TypeError)
    assert issubclass(errors.InaccessibleTensorError, ValueError)
