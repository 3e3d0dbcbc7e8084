"""Runs Python programs in interpreters of their own, with the tapeflow under test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import tapeflow

ROOT = Path(__file__).resolve().parent.parent
IMPORTED_FROM = Path(tapeflow.__file__).resolve().parent.parent


def run_python(
    *arguments: str | Path, cwd: Path | None = None, timeout: float = 240, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`python ARGUMENTS`, output captured, in UTF-8, in English unless `environment` says else."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LC_", "LANG", "PYTHON", "COV"))
    }
    settings = {
        "PYTHONPATH": str(IMPORTED_FROM),
        "PYTHONUTF8": "1",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        **environment,
    }
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=inherited | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )


def tapeflow_command(
    *arguments: str | Path, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`python -m tapeflow ARGUMENTS`."""
    return run_python("-m", "tapeflow", *arguments, cwd=cwd, **environment)
