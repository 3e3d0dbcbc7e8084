"""What generated code finds under the name `ag__`."""

from __future__ import annotations

from tapeflow.engine.autograph.assert_statement import assert_stmt
from tapeflow.engine.autograph.calls import converted_call
from tapeflow.engine.autograph.collections_and_items import (
    GetItemOpts,
    ListPopOpts,
    ListStackOpts,
    get_item,
    list_append,
    list_pop,
    list_stack,
    new_list,
    set_item,
)
from tapeflow.engine.autograph.conditionals import if_exp, if_stmt
from tapeflow.engine.autograph.for_loops import for_stmt
from tapeflow.engine.autograph.function_scope import FunctionScope, with_function_scope
from tapeflow.engine.autograph.logic import and_, eq, not_, not_eq, or_
from tapeflow.engine.autograph.options import STANDARD as STD
from tapeflow.engine.autograph.options import ConversionOptions, Feature
from tapeflow.engine.autograph.policy import autograph_artifact
from tapeflow.engine.autograph.variables import Undefined, UndefinedReturnValue, ld, ldu
from tapeflow.engine.autograph.while_loops import while_stmt

__all__ = [
    "STD",
    "ConversionOptions",
    "Feature",
    "FunctionScope",
    "GetItemOpts",
    "ListPopOpts",
    "ListStackOpts",
    "Undefined",
    "UndefinedReturnValue",
    "and_",
    "assert_stmt",
    "autograph_artifact",
    "converted_call",
    "eq",
    "for_stmt",
    "get_item",
    "if_exp",
    "if_stmt",
    "ld",
    "ldu",
    "list_append",
    "list_pop",
    "list_stack",
    "new_list",
    "not_",
    "not_eq",
    "or_",
    "set_item",
    "while_stmt",
    "with_function_scope",
]
