"""`tapeflow.install()`: from here on, `import tensorflow` gives tapeflow.

`tensorflow.nn` and `tapeflow.nn` are one module object under two names in `sys.modules`, so it
does not matter how a program reaches a name.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

from tapeflow.engine.compat.private_paths import contents
from tapeflow.engine.core.addresses import adopt
from tapeflow.engine.core.lazy import attach, explain_missing, in_tensorflow

ALIAS = "tensorflow"
REAL = "tapeflow"
# Ours, but no part of TensorFlow's API: not to be had under its name.
_PRIVATE = frozenset({"alias", "cli", "engine"})


def install() -> None:
    """Makes `import tensorflow`, and of its submodules, give tapeflow in this process.

    Call it before the program's first `import tensorflow`; calling it again changes nothing.

    Raises:
        RuntimeError: the real TensorFlow was already imported.

    >>> import tapeflow
    >>> tapeflow.install()
    >>> import tensorflow as tf
    >>> tf is tapeflow
    True
    """
    root = import_module(REAL)
    present = sys.modules.get(ALIAS)
    if present is not None and present is not root:
        origin = getattr(present, "__file__", None)
        raise RuntimeError(
            f"the real TensorFlow is already imported, from {origin}; "
            "call tapeflow.install() before the first 'import tensorflow'"
        )
    sys.modules[ALIAS] = root
    adopt()
    if not any(isinstance(finder, _AliasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AliasFinder())
        sys.meta_path.append(_MissingFinder())


class _AliasFinder(MetaPathFinder):
    """Finds `tensorflow.X` as the module `tapeflow.X`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(f"{ALIAS}."):
            return None
        if contents(fullname.removeprefix(f"{ALIAS}.")) is not None:
            return ModuleSpec(fullname, _PrivateLoader(), is_package=True)
        real = REAL + fullname.removeprefix(ALIAS)
        if real.split(".")[1] in _PRIVATE or not _exists(real):
            raise _missing(real)
        return ModuleSpec(fullname, _AliasLoader(real), is_package=True)


class _AliasLoader(Loader):
    """Gives the existing module instead of making a second one."""

    def __init__(self, real: str) -> None:
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self.real)
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # the import system has put the alias's spec there


class _PrivateLoader(Loader):
    """Makes a module that is inside of TensorFlow, with what programs import from there."""

    def exec_module(self, module: ModuleType) -> None:
        names, below = contents(module.__name__.removeprefix(f"{ALIAS}.")) or ({}, ())
        module.__doc__ = "What other packages import from inside of TensorFlow."
        own = vars(module)
        own["__getattr__"], own["__dir__"], own["__all__"] = attach(module.__name__, names, below)


class _MissingFinder(MetaPathFinder):
    """Last in line: explains `from tensorflow import keras`, which looks for `tapeflow.keras`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.startswith(f"{REAL}.") and in_tensorflow(fullname.partition(".")[2]):
            raise _missing(fullname)
        return None


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package on the way is not there
        return False


def _missing(real: str) -> ModuleNotFoundError:
    """The error for a submodule that is not there.

    It carries TensorFlow's name: to `from tensorflow import X`, an error under the name
    `tapeflow.X` only means "no such submodule", and Python would drop this text for its own.
    """
    package, _, name = real.rpartition(".")
    alias = ALIAS + real.removeprefix(REAL)
    if in_tensorflow(real.partition(".")[2]):
        return ModuleNotFoundError(explain_missing(package, name), name=alias)
    return ModuleNotFoundError(
        f"No module named {alias!r} (tapeflow has TensorFlow's public modules, and of the others "
        "what Keras imports)",
        name=alias,
    )
