"""Finds the source of a function, as a syntax tree whose nodes know where they stand."""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import linecache
import types

from tapeflow.engine.autograph.user_errors import (
    InaccessibleSourceCodeError,
    UnsupportedLanguageElementError,
)


def function_node(function: types.FunctionType) -> ast.FunctionDef | ast.Lambda:
    """The definition of a function, fresh from its file.

    Args:
      function: a function or a lambda.

    Returns:
      A tree of its own, with line numbers of the file.

    Raises:
      InaccessibleSourceCodeError: when there is no file, as for `exec`.
      UnsupportedLanguageElementError: when it is no plain function.
    """
    code = function.__code__
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, function.__globals__)
    if not lines:
        raise InaccessibleSourceCodeError(
            f"Unable to locate the source code of {function}. Note that functions defined in "
            "certain environments, like the interactive Python shell, do not expose their source "
            "code. If that is the case, you should define them in a .py source file. If you are "
            "certain the code is graph-compatible, wrap the call using "
            "@tf.autograph.experimental.do_not_convert. Original error: could not get source code"
        )
    if code.co_name == "<lambda>":
        return _lambda_node(function, "".join(lines))
    first = code.co_firstlineno
    block = "".join(inspect.getblock(lines[first - 1 :]))
    # What is indented is parsed as the body of an `if`: dedenting would change long strings.
    indented = block[:1] in (" ", "\t")
    try:
        tree: ast.AST = ast.parse(f"if True:\n{block}" if indented else block)
    except SyntaxError as error:
        raise UnsupportedLanguageElementError(
            f"could not parse the source code of {function}: {error}"
        ) from error
    node = tree.body[0].body[0] if indented else tree.body[0]  # type: ignore[attr-defined]
    if not isinstance(node, ast.FunctionDef):
        raise UnsupportedLanguageElementError(f"Unknown node type {type(node).__name__}")
    ast.increment_lineno(node, first - (2 if indented else 1))
    return node


def _lambda_node(function: types.FunctionType, source: str) -> ast.Lambda:
    """The lambda whose body holds all the positions that the compiled code knows of."""
    code = function.__code__
    spots = [
        (line, column)
        for line, _, column, end in code.co_positions()
        if line is not None and column is not None and end  # else it is no part of the body
    ]
    found = [
        node
        for node in _lambdas(source)
        if node.lineno <= code.co_firstlineno <= (node.end_lineno or node.lineno)
    ]
    exact = [node for node in found if spots and _body_holds(node.body, spots)]
    if exact:  # of nested ones, the inner one is the smallest that holds everything
        found = [min(exact, key=_extent)]
    if len(found) != 1:
        what = "found multiple definitions" if found else "found no definition"
        raise UnsupportedLanguageElementError(
            f"could not parse the source code of {function}: {what} at the location. This error "
            "may be avoided by defining each lambda on a single line and with unique argument "
            "names."
        )
    return copy.deepcopy(found[0])


@functools.lru_cache(maxsize=4)
def _lambdas(source: str) -> list[ast.Lambda]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Lambda)]


def _body_holds(body: ast.expr, spots: list[tuple[int, int]]) -> bool:
    start, end = (body.lineno, body.col_offset), (body.end_lineno or 0, body.end_col_offset or 0)
    return all(start <= spot < end for spot in spots)


def _extent(node: ast.Lambda) -> tuple[int, int]:
    return ((node.end_lineno or 0) - node.lineno, (node.end_col_offset or 0) - node.col_offset)
