"""docs/coverage.md says what is the case."""

from __future__ import annotations

from fresh_process import ROOT, run_python


def test_coverage_report_is_up_to_date():
    ended = run_python(ROOT / "scripts" / "make_coverage.py", "--check")
    assert ended.returncode == 0, f"run: python scripts/make_coverage.py\n{ended.stderr}"
