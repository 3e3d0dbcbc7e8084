"""Rewrites functions with malt; the only module that imports it, when a function is converted."""

from __future__ import annotations
import __future__

import ast
import threading
import types
import weakref
from typing import Any

from malt.converters import (
    asserts,
    break_statements,
    call_trees,
    conditional_expressions,
    continue_statements,
    control_flow,
    directives,
    functions,
    lists,
    logical_expressions,
    return_statements,
    slices,
    variables,
)
from malt.core import unsupported_features_checker
from malt.impl.api import PyToPy
from malt.lang.directives import set_loop_options as malt_set_loop_options
from malt.pyct import anno, ast_util, errors, inspect_utils, naming, origin_info, parser
from malt.pyct import transformer as malt_transformer

from tapeflow.engine.autograph import operators
from tapeflow.engine.autograph.directives import set_loop_options
from tapeflow.engine.autograph.options import ConversionOptions, Feature
from tapeflow.engine.autograph.sources import function_node
from tapeflow.engine.autograph.user_errors import UnsupportedLanguageElementError, converted_code
from tapeflow.engine.autograph.verbosity import has_verbosity, log

_FUTURES = [getattr(__future__, name) for name in __future__.all_feature_names]


class _Directives(directives.DirectivesTransformer):  # type: ignore[misc]
    """Takes our `set_loop_options` for malt's, which `import tapeflow` must not import."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return _as_malts(super().visit_Name(node))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return _as_malts(super().visit_Attribute(node))


def _as_malts(node: ast.AST) -> ast.AST:
    if anno.getanno(node, directives.STATIC_VALUE, default=None) is set_loop_options:
        anno.setanno(node, directives.STATIC_VALUE, malt_set_loop_options)
    return node


class _Slices(slices.SliceTransformer):  # type: ignore[misc]
    """Item assignment as TensorFlow has it; malt adds slices and augmented assignment."""

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        return self.generic_visit(node)

    def _process_single_assignment(self, target: ast.AST, value: ast.AST) -> Any:
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice):
            return None
        return super()._process_single_assignment(target, value)


class _ConditionalExpressions(conditional_expressions.ConditionalExpressionTransformer):  # type: ignore[misc]
    """Conditional expressions, also inside of one another, where malt leaves them."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        return super().visit_IfExp(self.generic_visit(node))  # type: ignore[no-any-return]


class Factory:
    """Makes converted functions of one definition, each with the closure of its original.

    Args:
      function: a function with that definition.
      nodes: what became of its definition.
      name: the name that the nodes define.
    """

    __slots__ = ("_code", "_freevars", "_name")

    def __init__(self, function: types.FunctionType, nodes: list[ast.stmt], name: str) -> None:
        code = function.__code__
        self._name = name
        self._freevars = code.co_freevars
        flags = 0
        for future in _FUTURES:
            flags |= code.co_flags & future.compiler_flag
        # The closure's variables exist while this is compiled, to be replaced by cells.
        module = ast.parse(
            "def outer_factory():\n"
            + "".join(f"  {v} = None\n" for v in self._freevars)
            + "  def inner_factory(ag__):\n    pass\n  return inner_factory\n"
        )
        inner: Any = module.body[0].body[-2]  # type: ignore[attr-defined]
        inner.body = [*nodes, *ast.parse(f"return {name}", mode="exec").body]
        ast.fix_missing_locations(module)
        compiled = compile(module, code.co_filename, "exec", flags, dont_inherit=True)
        namespace: dict[str, Any] = {}
        exec(compiled, namespace)  # runs the two `def`s alone
        self._code = namespace["outer_factory"]().__code__
        _note_names(self._code, function.__name__)

    def instantiate(self, function: types.FunctionType) -> types.FunctionType:
        """The converted form of a function with this definition."""
        cells = dict(zip(self._freevars, function.__closure__ or ()))
        factory = types.FunctionType(
            self._code,
            function.__globals__,
            self._name,
            (),
            tuple([cells[name] for name in self._code.co_freevars]),
        )
        made: types.FunctionType = factory(operators)
        made.__defaults__ = function.__defaults__
        made.__kwdefaults__ = function.__kwdefaults__
        made.__annotations__ = function.__annotations__
        made.__module__ = function.__module__
        return made


_GENERATED = ("get_state", "set_state", "if_body", "else_body", "loop_body", "loop_test",
              "extra_test", "<lambda>", "inner_factory")  # fmt: skip


def _note_names(code: types.CodeType, name: str) -> None:
    converted_code[code] = name
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            own = inner.co_name
            generated = own.startswith((*_GENERATED, "tf__"))
            _note_names(inner, name if generated else own)


class _Program:
    """What malt's converters ask for the options of the conversion."""

    def __init__(self, options: ConversionOptions) -> None:
        self.options = options


class Transpiler(PyToPy):  # type: ignore[misc]
    """Converts functions, and keeps what it made for as long as their code exists."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._factories: weakref.WeakKeyDictionary[
            types.CodeType, dict[ConversionOptions, Factory]
        ] = weakref.WeakKeyDictionary()

    def get_extra_locals(self) -> dict[str, Any]:
        """What generated code finds under the name `ag__`: our operators."""
        return {"ag__": operators}

    def converted(
        self, function: types.FunctionType, options: ConversionOptions
    ) -> types.FunctionType:
        """The converted form of a function.

        Raises:
          UnsupportedLanguageElementError: when it does what can't be converted.
          InaccessibleSourceCodeError: when its source can't be found.
        """
        code = function.__code__
        factory = self._factories.get(code, {}).get(options)
        if factory is None:
            with self._lock:
                known = self._factories.setdefault(code, {})
                factory = known.get(options)
                if factory is None:
                    factory = known[options] = self._factory(function, options)
        return factory.instantiate(function)

    def source(self, function: types.FunctionType, options: ConversionOptions) -> str:
        """The source of the converted form of a function."""
        nodes, _ = self._transformed(function, options)
        return str(parser.unparse(nodes, include_encoding_marker=False))

    def _factory(self, function: types.FunctionType, options: ConversionOptions) -> Factory:
        nodes, name = self._transformed(function, options)
        text = parser.unparse(nodes, include_encoding_marker=False)
        if has_verbosity(1):
            log(1, f"Converted {function}")
            log(2, f"Transformed {function}:\n\n{text}\n")
        reparsed = ast.parse(text).body
        _locate(nodes, reparsed, function.__code__.co_firstlineno)
        return Factory(function, reparsed, name)

    def _transformed(
        self, function: types.FunctionType, options: ConversionOptions
    ) -> tuple[list[ast.stmt], str]:
        node: Any = function_node(function)
        _annotate_origins(node, function.__code__.co_filename)
        namespace = inspect_utils.getnamespace(function)
        namer = naming.Namer(namespace)
        is_lambda = isinstance(node, ast.Lambda)
        name = namer.new_symbol("tf__lam" if is_lambda else f"tf__{node.name}", ())
        info = malt_transformer.EntityInfo(
            name=name,
            source_code="",
            source_file="<fragment>",
            future_features=(),
            namespace=namespace,
        )
        context = malt_transformer.Context(info, namer, _Program(options))
        _detach(node)
        _name_exceptions(node, as_nodes=True)
        try:
            node = self.transform_ast(node, context)
        except errors.UnsupportedLanguageElementError as error:
            raise UnsupportedLanguageElementError(str(error)) from error
        _name_exceptions(node, as_nodes=False)
        if is_lambda:
            return [ast.Assign([ast.Name(name, ast.Store())], node)], name
        node.name = name
        return [node], name

    def transform_ast(self, node: Any, ctx: Any) -> Any:
        """malt's passes, in malt's order, with our variants of two of them.

        Passes take a millisecond or more each; those that would find nothing are left out.
        """
        options = ctx.user.options
        unsupported_features_checker.verify(node)
        node = self.initial_analysis(node, ctx)
        node = functions.transform(node, ctx)
        node = _Directives(ctx).visit(node)
        breaks = _has(node, ast.Break)
        if breaks:
            node = break_statements.transform(node, ctx)
        if options.uses(Feature.ASSERT_STATEMENTS):
            node = asserts.transform(node, ctx)
        if breaks or _has(node, ast.Continue):
            node = continue_statements.transform(node, ctx)
        node = return_statements.transform(node, ctx)
        if options.uses(Feature.LISTS):
            node = lists.transform(node, ctx)
            node = _Slices(ctx).visit(node)
        node = call_trees.transform(node, ctx)
        if _has(node, ast.If, ast.For, ast.While):
            node = control_flow.transform(node, ctx)
        if _has(node, ast.IfExp):
            node = _ConditionalExpressions(ctx).visit(node)
        if _has(node, ast.BoolOp, ast.Compare, ast.Not):
            node = logical_expressions.transform(node, ctx)
        return variables.transform(node, ctx)


def _has(node: ast.AST, *kinds: type[ast.AST]) -> bool:
    return any(isinstance(part, kinds) for part in ast.walk(node))


def _detach(node: Any) -> None:
    """Takes from a definition what is evaluated around the function: defaults and annotations."""
    arguments = node.args
    arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
    arguments.kw_defaults = [
        None if d is None else ast.Constant(None) for d in arguments.kw_defaults
    ]
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for argument in [*every, arguments.vararg, arguments.kwarg]:
        if argument is not None:
            argument.annotation = None
    if isinstance(node, ast.FunctionDef):
        node.returns = None


def _name_exceptions(node: ast.AST, as_nodes: bool) -> None:
    """Makes nodes of the names in `except ... as name`, as malt's analyses expect, or strings."""
    for part in ast.walk(node):
        if isinstance(part, ast.ExceptHandler) and part.name is not None:
            name: Any = part.name
            if as_nodes:
                name = ast.Name(name, ast.Store(), lineno=part.lineno, col_offset=part.col_offset)
            else:
                name = name.id
            part.name = name


def _annotate_origins(node: ast.AST, filename: str) -> None:
    """Tells malt where each node stands, so that what it makes of them can be told to the user."""
    for part in ast.walk(node):
        line = getattr(part, "lineno", None)
        if line is not None:
            place = origin_info.Location(filename, line, part.col_offset)  # type: ignore[attr-defined]
            anno.setanno(part, anno.Basic.ORIGIN, origin_info.OriginInfo(place, None, "", None))


def _locate(nodes: list[ast.stmt], reparsed: list[ast.stmt], first_line: int) -> None:
    """Gives the nodes of the generated code the lines of the user's program.

    Tracebacks, debuggers and the locations of operations then show what the user wrote.
    """
    lines: dict[int, int] = {}
    for made, final in ast_util.parallel_walk(nodes, reparsed):
        if isinstance(made, ast.AST):
            origin = anno.getanno(made, anno.Basic.ORIGIN, default=None)
            if origin is not None:
                lines[id(final)] = origin.loc.lineno
    pending: list[tuple[ast.AST, int]] = [(node, first_line) for node in reparsed]
    while pending:
        node, around = pending.pop()
        line = lines.get(id(node), around)
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = line  # type: ignore[attr-defined]
            # No columns, so that tracebacks underline nothing.
            node.col_offset = node.end_col_offset = 0  # type: ignore[attr-defined]
        pending += [(child, line) for child in ast.iter_child_nodes(node)]


TRANSPILER = Transpiler()
