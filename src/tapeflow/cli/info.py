"""`tapeflow info`: what a bug report should say about the machine."""

from __future__ import annotations

import os
import platform
import sys
import unicodedata
from typing import Any

import numpy as np

from tapeflow.cli.messages import Messages
from tapeflow.engine.core.version import TAPEFLOW_VERSION, VERSION


def info(messages: Messages) -> int:
    """Prints version, Python, CPU features, threads and backends."""
    config: Any = np.show_config(mode="dicts")
    blas = config.get("Build Dependencies", {}).get("blas", {})
    simd = config.get("SIMD Extensions", {})
    rows = {
        "tapeflow": f"{TAPEFLOW_VERSION} ({messages('implements', version=VERSION)})",
        "Python": f"{platform.python_version()} ({platform.python_implementation()}, "
        f"{sys.platform}, {platform.machine()})",
        "NumPy": f"{np.__version__} (BLAS: {blas.get('name', '?')} {blas.get('version', '')})",
        messages("cpu_features"): " ".join((*simd.get("baseline", ()), *simd.get("found", ()))),
        messages("threads"): messages(
            "threads_text", usable=usable_cpus(), present=os.cpu_count() or 1
        ),
        messages("backends"): ", ".join(
            f"{name}: {messages('present' if there else 'absent')}"
            for name, there in (("numpy", True), ("llvm", False), ("xla", False))
        ),
    }
    for name, text in rows.items():
        padding = " " * (14 - width(name + ":"))
        print(f"{name}:{padding}{text}".rstrip())
    return 0


def width(text: str) -> int:
    """Columns that `text` takes on a terminal: two for a Korean letter."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def usable_cpus() -> int:
    """How many CPUs the operating system lets this process use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
