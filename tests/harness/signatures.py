"""Signatures as TensorFlow's were recorded: names, defaults and order, without annotations."""

from __future__ import annotations

import functools
import inspect
import json
import re
from pathlib import Path
from typing import Any

REFERENCE = Path(__file__).resolve().parent.parent / "reference" / "tf_api_2.21.json"


@functools.cache
def reference() -> dict[str, dict[str, Any]]:
    """Public name -> kind, tier, signature, members, alias_of."""
    return json.loads(REFERENCE.read_text(encoding="utf-8"))


def bare(signature: str) -> str:
    """A signature's text without annotations and addresses.

    Text it is, because defaults such as `<UnconnectedGradients.NONE: 'none'>` are no Python.
    """
    end = _closing(signature)
    parameters = [_without_annotation(p) for p in _split(signature[1:end], ", ")]
    return re.sub(r" at 0x[0-9a-f]+", "", f"({', '.join(p for p in parameters if p)})")


def signature_of(value: Any) -> str | None:
    """The bare signature of a function or class; None where it has none."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return None
    empty = inspect.Parameter.empty
    parameters = [p.replace(annotation=empty) for p in signature.parameters.values()]
    plain = signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty)
    return re.sub(r" at 0x[0-9a-f]+", "", str(plain))


def signature_problem(name: str, value: Any) -> str | None:
    """What differs from the recorded signature of a public name; None when nothing does."""
    recorded = reference()[name].get("signature")
    if recorded is None or recorded == "(*args, **kwargs)":
        return None  # nothing recorded, or TensorFlow's own wrapper hides it
    actual = signature_of(value)
    return None if actual == recorded else f"expected {recorded}; received {actual}"


def missing_members(name: str, value: Any) -> list[str]:
    """Members of TensorFlow's class that ours lacks."""
    return [m for m in reference()[name].get("members", ()) if not hasattr(value, m)]


def _closing(text: str) -> int:
    """Where the parenthesis that opens `text` is closed."""
    for i, depth in _depths(text):
        if i and depth == 0:
            return i
    return len(text) - 1


def _depths(text: str) -> list[tuple[int, int]]:
    """Position and nesting depth after each character; inside quotes nothing nests."""
    found = []
    depth = 0
    quote = ""
    for i, c in enumerate(text):
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in "([{<":
            depth += 1
        elif c in ")]}" or (c == ">" and text[i - 1] != "-"):
            depth -= 1
        found.append((i, depth if not quote else depth + 1))
    return found


def _split(text: str, separator: str) -> list[str]:
    pieces, start = [], 0
    for i, depth in _depths(text):
        if depth == 0 and i >= start and text.startswith(separator, i):
            pieces.append(text[start:i])
            start = i + len(separator)
    return [*pieces, text[start:]]


def _without_annotation(parameter: str) -> str:
    name, *annotation = _split(parameter, ": ")
    if not annotation:
        return parameter
    default = _split(": ".join(annotation), " = ")
    return name if len(default) == 1 else f"{name}={' = '.join(default[1:])}"
