"""`tapeflow run`: what `python SCRIPT.py` does, with tapeflow under the name `tensorflow`."""

from __future__ import annotations

import builtins
import importlib.util
import io
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType, TracebackType

from tapeflow.alias.installation import install


def run_script(script: str, arguments: list[str]) -> int:
    """Runs a script file as `__main__`; returns 0, or 2 where it cannot be read."""
    path = os.path.abspath(script)
    try:
        with io.open_code(path) as file:
            source = file.read()
    except OSError as error:
        print(
            f"tapeflow run: can't open file {path!r}: [Errno {error.errno}] {error.strerror}",
            file=sys.stderr,
        )
        return 2
    sys.argv[:] = [script, *arguments]
    _set_first_path(os.path.dirname(os.path.realpath(path)))
    module = _new_main(path, SourceFileLoader("__main__", path), None)
    return _execute(module, source)


def run_module(name: str, arguments: list[str]) -> int:
    """Runs a module, or a package's `__main__`, as `python -m` does; 1 where there is none."""
    _set_first_path(os.getcwd())
    install()
    spec, code = _find_code(name)
    if spec is None or code is None:
        print(f"tapeflow run: No module named {name}", file=sys.stderr)
        return 1
    sys.argv[:] = [spec.origin or name, *arguments]
    return _execute(_new_main(spec.origin, spec.loader, spec), code)


def _find_code(name: str) -> tuple[ModuleSpec | None, CodeType | None]:
    """The spec and code of a module; of a package, those of its `__main__`."""
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # an import inside a parent package failed: that is the program's error
        return None, None
    get_code = getattr(spec.loader, "get_code", None) if spec is not None else None
    if spec is None or get_code is None:
        return None, None
    return spec, get_code(spec.name)


def _set_first_path(folder: str) -> None:
    """Puts the program's folder where the interpreter had put that of this command."""
    if not sys.flags.safe_path:
        sys.path[0] = folder


def _new_main(path: str | None, loader: object, spec: ModuleSpec | None) -> ModuleType:
    """A fresh `__main__`, with the attributes that the interpreter gives it."""
    module = ModuleType("__main__")
    module.__dict__.update(
        __file__=path,
        __loader__=loader,
        __spec__=spec,
        __package__=spec.parent if spec else None,
        __cached__=None,
        __builtins__=builtins,
    )
    sys.modules["__main__"] = module
    return module


def _execute(module: ModuleType, program: bytes | CodeType) -> int:
    """Runs the program; an exception ends the process as it would without us in between."""
    install()
    try:
        if isinstance(program, bytes):
            program = compile(program, module.__file__ or "<unknown>", "exec", dont_inherit=True)
        exec(program, module.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        # The program's own hook, if it has set one, is called; then the exception goes on, unseen,
        # so that the interpreter ends as it does for this exception (interrupts included).
        traceback = _below_this_file(error.__traceback__)
        sys.excepthook(type(error), error.with_traceback(traceback), traceback)
        sys.excepthook = lambda *_: None
        raise
    return 0


def _below_this_file(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback without the frames above the program's first."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    return traceback
