"""Exported functions say what they do, in sections; `test_doctests.py` runs their examples."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from harness.registry import import_engine
from harness.signatures import reference
from tapeflow.engine.core.export import EXPORTS

import_engine()

# One entry for each object, under its first name.
OBJECTS: dict[int, tuple[str, Any]] = {}
for _name, _export in EXPORTS.items():
    if type(_export.object).__module__.startswith("google."):
        continue  # protocol messages, whose classes are made from descriptors
    if inspect.isfunction(_export.object) or inspect.isclass(_export.object):
        OBJECTS.setdefault(id(_export.object), (_name, _export.object))
NAMED = sorted(OBJECTS.values(), key=lambda item: item[0])
FUNCTIONS = [item for item in NAMED if inspect.isfunction(item[1]) and item[0] in reference()]
SECTION = re.compile(r"^\s*(Args|Arguments|Returns|Yields|Raises|Example|Examples):", re.M)


@pytest.mark.parametrize(("name", "value"), NAMED, ids=[n for n, _ in NAMED])
def test_docstring_starts_with_one_line(name: str, value: Any):
    text = inspect.getdoc(value) or ""
    first = text.split("\n")[0]
    assert first, f"tf.{name} has no docstring"
    assert first.endswith((".", "!", "?", ":")), first
    assert len(text.split("\n")) == 1 or text.split("\n")[1] == "", "no empty line after the first"


@pytest.mark.parametrize(("name", "value"), FUNCTIONS, ids=[n for n, _ in FUNCTIONS])
def test_sections_are_there(name: str, value: Any):
    found = {s.rstrip("s") for s in SECTION.findall(inspect.getdoc(value) or "")}
    parameters = [p for p in inspect.signature(value).parameters if p != "name"]
    wanted = {"Example"} if needs_example(name, value) else set()
    if parameters:
        wanted.add("Arg")
    code = value.__code__
    if not (code.co_flags & inspect.CO_GENERATOR) and returns_something(value):
        wanted.add("Return")
    assert wanted <= found | {"Return" if "Yield" in found else ""}, f"tf.{name} lacks sections"


def needs_example(name: str, value: Any) -> bool:
    """Switches and questions about the machine get by without; so do names hardly ever used."""
    is_switch = name.startswith(("config.", "test.")) or not returns_something(value)
    return reference()[name]["tier"] < 3 and not is_switch


def returns_something(value: Any) -> bool:
    annotation = inspect.signature(value).return_annotation
    return annotation not in (None, "None", "NoReturn", type(None))
