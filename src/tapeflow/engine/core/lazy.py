"""How the generated public packages find their names: on first use, then as plain attributes.

`import tapeflow` must cost about as much as `import numpy`, so a public package lists where each
name lives and imports nothing. The first look-up of a name imports its module and stores the
object among the package's globals; from then on Python finds it without coming here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from tapeflow.engine.core.version import TAPEFLOW_VERSION

_recorded: dict[str, frozenset[str]] = {}

_RUNTIME = "tapeflow.engine.runtime."
_OPERATORS = "tapeflow.engine.ops"


def attach(
    package: str,
    names: Mapping[str, str],
    subpackages: tuple[str, ...] = (),
    late: tuple[str, ...] = (),
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Returns the `__getattr__`, `__dir__` and `__all__` of a generated package.

    Args:
        package: the package's full name.
        names: public name -> `"module:attribute"`.
        subpackages: names of the packages directly below.
        late: names of such packages that `from package import *` leaves alone.
    """
    module = sys.modules[package]
    public = sorted((*names, *subpackages))

    def __getattr__(name: str) -> Any:
        target = names.get(name)
        if target is not None:
            home, _, attribute = target.partition(":")
            if home.startswith(_RUNTIME):  # whoever gets hold of a tensor may use operators on it
                import_module(_OPERATORS)
            value = getattr(import_module(home), attribute)
        elif name in subpackages or name in late:
            value = import_module(f"{package}.{name}")
        elif name.startswith("__"):  # Python's own probing (`__path__`, `__wrapped__`): no reading
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        else:
            # Without `name`, Python adds no "Did you mean ...?" to a sentence that is complete.
            error = AttributeError(explain_missing(package, name), obj=module)
            if not in_tensorflow(f"{package}.{name}".partition(".")[2]):
                error.name = name
            raise error
        setattr(module, name, value)
        return value

    def __dir__() -> list[str]:
        return sorted({*public, *late, *(name for name in vars(module) if name.startswith("__"))})

    return __getattr__, __dir__, public


def explain_missing(package: str, name: str) -> str:
    """Says in one sentence why `package` has no `name`: not TensorFlow's, or not ours yet."""
    path = f"{package}.{name}".partition(".")[2]
    if not in_tensorflow(path):
        return f"module {package!r} has no attribute {name!r}"
    return (
        f"tapeflow {TAPEFLOW_VERSION} does not provide tf.{path} yet; "
        "what it provides is listed in docs/coverage.md"
    )


def in_tensorflow(path: str) -> bool:
    """Whether TensorFlow's public API has `path` (without the leading `tf.`)."""
    if not _recorded:
        _recorded.update(_read_recorded())
    namespace, _, name = path.rpartition(".")
    if name in _recorded.get(namespace, ()):
        return True
    # Inside a namespace whose contents are not recorded (`keras`), everything may be.
    return bool(namespace) and namespace not in _recorded and in_tensorflow(namespace)


def _read_recorded() -> dict[str, frozenset[str]]:
    """Reads `tensorflow_names.txt`: on each line a namespace (`.` is the root) and its names."""
    from importlib.resources import files

    text = files(__package__).joinpath("tensorflow_names.txt").read_text(encoding="utf-8")
    recorded = {}
    for line in text.splitlines():
        namespace, *names = line.split()
        if namespace != "#":
            recorded[namespace.removeprefix(".")] = frozenset(names)
    return recorded
