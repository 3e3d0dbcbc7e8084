"""The registry is whole: modules import, rules are there, and every primitive is used."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import pytest

from harness.registry import import_engine, primitives, samples_of
from tapeflow.engine.compat.private_paths import PRIVATE_MODULES
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.core.export import EXPORTS
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, REGISTRY, Primitive, Structural


def test_every_module_of_the_engine_imports():
    assert import_engine() == {}


@pytest.mark.parametrize("prim", primitives(), ids=lambda p: p.name)
def test_every_rule_is_there(prim: Primitive):
    assert callable(prim.infer)
    assert callable(prim.kernel)
    assert callable(prim.vjp) or prim.vjp is NOT_DIFFERENTIABLE
    assert callable(prim.lower) or isinstance(prim.lower, Structural)
    samples = samples_of(prim.name)
    assert samples
    assert all(a.dtype in FROM_NUMPY for s in samples for a in s.inputs)


def test_every_primitive_is_reachable_from_the_public_api():
    reached = reachable_primitives()
    assert sorted(REGISTRY.keys() - reached) == []


def test_a_primitive_that_nobody_uses_is_found():
    unused = Primitive(
        "Unused",
        infer=lambda x: x,
        kernel=lambda x: x,
        vjp=NOT_DIFFERENTIABLE,
        lower=HOST,
        samples=lambda draw: (),
    )
    REGISTRY[unused.name] = unused
    try:
        assert unused.name not in reachable_primitives()
    finally:
        del REGISTRY[unused.name]


def reachable_primitives() -> set[str]:
    """Names of the primitives that code behind an export refers to, however far behind.

    What stands at a private path of TensorFlow's counts as an export.
    """
    import_engine()
    found: set[str] = set()
    seen = {id(REGISTRY), id(EXPORTS)}  # which hold everything, used or not
    keep: list[Any] = []
    work: list[Any] = [export.object for export in EXPORTS.values()]
    for place in {place for names in PRIVATE_MODULES.values() for place in names.values()}:
        module, _, name = place.partition(":")
        work.append(getattr(sys.modules[module], name))
    while work:
        value = work.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        keep.append(value)  # so that no id is reused
        if isinstance(value, Primitive):
            found.add(value.name)
            work += [value.infer, value.kernel, value.vjp, value.lower]
        else:
            work.extend(referred(value))
    return found


def referred(value: Any) -> Iterator[Any]:
    """The objects that a function, class or container of the engine refers to."""
    if isinstance(value, FunctionType):
        yield from of_code(value.__code__, value.__globals__)
        for cell in value.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:
                pass
        yield from value.__defaults__ or ()
        yield from (value.__kwdefaults__ or {}).values()
        yield from vars(value).values()
    elif isinstance(value, type):
        if str(value.__module__).startswith("tapeflow."):
            yield from vars(value).values()
            yield from value.__mro__[1:]
            yield from type.__subclasses__(value)
    elif isinstance(value, MethodType):
        yield from (value.__func__, value.__self__)
    elif isinstance(value, property):
        yield from (value.fget, value.fset)
    elif isinstance(value, (staticmethod, classmethod)):
        yield value.__func__
    elif isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from value
    elif hasattr(value, "func") and hasattr(value, "args"):  # functools.partial
        yield from (value.func, value.args)
    elif str(type(value).__module__).startswith("tapeflow.engine"):
        yield type(value)
        yield from getattr(value, "__dict__", {}).values()


def of_code(code: CodeType, names: dict[str, Any]) -> Iterator[Any]:
    """What the names in a code object, and in the functions inside it, stand for."""
    modules: list[ModuleType] = []
    for name in code.co_names:
        value = names.get(name)
        if value is None and name.startswith("tapeflow."):
            value = sys.modules.get(name)  # an import inside the function
        if isinstance(value, ModuleType):
            if value.__name__.startswith("tapeflow.engine"):
                modules.append(value)
        elif value is not None:
            yield value
    for module in modules:
        for name in code.co_names:
            member = vars(module).get(name)
            if isinstance(member, ModuleType):
                modules.extend([member] if member not in modules else [])
            elif member is not None:
                yield member
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from of_code(constant, names)
