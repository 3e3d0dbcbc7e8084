"""A fingerprint of a case: its source, and that of whatever of its module it uses.

A golden entry is found by it, so that a changed case is recorded anew and an added one leaves the
others as they are. It is made from source text, which is the same for all Python versions.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import re
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

FUNCTIONS = (ast.Lambda, ast.FunctionDef)


class _Module:
    """The functions of a source file by line, and its top-level definitions by name."""

    def __init__(self, path: str) -> None:
        self.source = Path(path).read_text(encoding="utf-8")
        self.lines = self.source.splitlines(keepends=True)
        tree = ast.parse(self.source)
        self.functions: dict[int, list[Any]] = {}
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                decorators = getattr(node, "decorator_list", [])
                line = min([node.lineno, *(d.lineno for d in decorators)])
                self.functions.setdefault(line, []).append(node)
        self.definitions: dict[str, list[ast.AST]] = {}
        for node in tree.body:
            for name in _defined(node):
                self.definitions.setdefault(name, []).append(node)

        self._texts: dict[Any, str] = {}
        self._used: dict[Any, list[str]] = {}

    def used(self, node: Any) -> list[str]:
        """The module's own definitions that a node names; nodes are shared by many cases."""
        if node not in self._used:
            names = {n.id for n in ast.walk(node) if type(n) is ast.Name}
            self._used[node] = sorted(names & self.definitions.keys())
        return self._used[node]

    def text(self, node: Any) -> str:
        """The source of a node without anything that formatting changes."""
        if node not in self._texts:
            self._texts[node] = self._text(node)
        return self._texts[node]

    def _text(self, node: Any) -> str:
        first, last = node.lineno - 1, node.end_lineno - 1
        if first == last:
            raw = self.lines[first].encode()[node.col_offset : node.end_col_offset].decode()
        else:
            start = self.lines[first].encode()[node.col_offset :].decode()
            end = self.lines[last].encode()[: node.end_col_offset].decode()
            raw = "".join([start, *self.lines[first + 1 : last], end])
        raw = re.sub(r"\s+#.*", "", raw)
        return re.sub(r",(?=[)\]}])", "", re.sub(r"\s+", "", raw)).replace("'", '"')


def _defined(node: ast.AST) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
    return []


@functools.cache
def _module(path: str) -> _Module:
    return _Module(path)


def digest(function: Any) -> str:
    """Ten hexadecimal digits that change when the case's code does."""
    pieces: list[str] = []
    _describe(function, pieces, set())
    return hashlib.sha256("\n".join(pieces).encode()).hexdigest()[:10]


def _describe(value: Any, pieces: list[str], seen: set[Any]) -> None:
    if isinstance(value, np.ndarray):
        pieces.append(f"{value.dtype}{value.shape}{value.tobytes().hex()}")
    elif isinstance(value, FunctionType):
        _describe_function(value, pieces, seen)
    elif isinstance(value, (list, tuple)):
        pieces.append(type(value).__name__)
        for item in value:
            _describe(item, pieces, seen)
    elif isinstance(value, dict):
        for key, item in value.items():
            pieces.append(repr(key))
            _describe(item, pieces, seen)
    elif isinstance(getattr(value, "func", None), FunctionType):  # functools.partial
        for part in (value.func, value.args, value.keywords):
            _describe(part, pieces, seen)
    else:
        text = repr(value)
        pieces.append(type(value).__name__ if " at 0x" in text else text)


def _describe_function(function: FunctionType, pieces: list[str], seen: set[Any]) -> None:
    code = function.__code__
    module = _module(code.co_filename)
    node = _node_of(code, module)
    if (code.co_filename, code.co_firstlineno, node) in seen and not function.__closure__:
        return
    seen.add((code.co_filename, code.co_firstlineno, node))
    pieces.append(module.text(node))
    for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        _describe(value, pieces, seen)
    for cell in function.__closure__ or ():
        _describe(cell.cell_contents, pieces, seen)
    _describe_names(node, module, pieces, seen)


def _describe_names(node: Any, module: _Module, pieces: list[str], seen: set[Any]) -> None:
    """The module's own definitions that a node uses, and what those use."""
    for name in module.used(node):
        for definition in module.definitions[name]:
            # CASES itself is what holds the cases; it cannot be part of one.
            if name != "CASES" and (module.source, definition) not in seen:
                seen.add((module.source, definition))
                pieces.append(module.text(definition))
                _describe_names(definition, module, pieces, seen)


def _node_of(code: Any, module: _Module) -> Any:
    candidates = module.functions[code.co_firstlineno]
    if len(candidates) == 1:
        return candidates[0]
    # Several lambdas stand on one line: the innermost that holds the code's instructions.
    spots = [
        (line, column, end, end_column)
        for line, end, column, end_column in code.co_positions()
        if line is not None and column is not None and (end, end_column) != (line, column)
    ]
    spots = [s for s in spots if s[1] is not None and s[2:] > s[:2]]
    holding = [
        node
        for node in candidates
        if all(
            (node.lineno, node.col_offset) <= s[:2]
            and s[2:] <= (node.end_lineno, node.end_col_offset)
            for s in spots
        )
    ]
    return max(holding or candidates, key=lambda node: (node.lineno, node.col_offset))
