"""The public packages on disk are what scripts/generate_api.py makes of the engine's exports."""

from __future__ import annotations

import re

from fresh_process import ROOT, run_python


def test_public_packages_are_up_to_date():
    ended = run_python(ROOT / "scripts" / "generate_api.py", "--check")
    assert ended.returncode == 0, f"run: python scripts/generate_api.py\n{ended.stderr}"


def test_engine_does_not_import_the_public_packages():
    # import-linter cannot say this: the engine is itself below the public root.
    public = re.compile(r"^\s*(import tapeflow\b|from tapeflow(?!\.engine\b)[\w.]* import)", re.M)
    offenders = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "src/tapeflow/engine").rglob("*.py")
        if public.search(without_docstrings(path.read_text(encoding="utf-8")))
    ]
    assert offenders == []


def without_docstrings(source: str) -> str:
    return re.sub(r'""".*?"""', "", source, flags=re.S)
