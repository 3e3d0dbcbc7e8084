"""Exported symbols have the signatures and members that were recorded of TensorFlow's."""

from __future__ import annotations

import pytest

from harness.registry import import_engine
from harness.signatures import missing_members, reference, signature_problem
from tapeflow.engine.core.export import EXPORTS

import_engine()
NAMES = sorted(EXPORTS.keys() & reference().keys())


@pytest.mark.parametrize("name", [n for n in NAMES if reference()[n]["kind"] != "value"])
def test_signature_equals_the_recorded_one(name: str):
    problem = signature_problem(name, EXPORTS[name].object)
    if problem:
        pytest.fail(problem, pytrace=False)


@pytest.mark.parametrize("name", [n for n in NAMES if reference()[n].get("members")])
def test_members_of_the_class_are_there(name: str):
    assert missing_members(name, EXPORTS[name].object) == []


@pytest.mark.parametrize("name", [n for n in NAMES if "alias_of" in reference()[n]])
def test_aliases_are_one_object(name: str):
    other = reference()[name]["alias_of"]
    if other not in EXPORTS:
        pytest.fail(f"tf.{other} is the same object in TensorFlow, and not exported", pytrace=False)
    assert EXPORTS[other].object is EXPORTS[name].object
