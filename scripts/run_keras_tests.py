#!/usr/bin/env python
"""Runs the test files that ship in Keras's wheel on tapeflow, and compares with TensorFlow.

    python scripts/run_keras_tests.py                        the files of KERAS_TESTS, on tapeflow
    python scripts/run_keras_tests.py --record               the same on TensorFlow; kept for later
    python scripts/run_keras_tests.py losses/loss_test.py    some of them
    python scripts/run_keras_tests.py -k serialization -v    tests by name, with their messages

Each file runs in an interpreter of its own, under KERAS_BACKEND=tensorflow. The table has a row for
each file: tests passed, failed, skipped on either side. Below it stands every test whose outcome
differs from the recorded one, with the reason where tests/keras_differences.toml gives one; the
exit status is 1 when a difference has none.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT / "tests" / "golden" / "keras_tests.json"
DIFFERENCES = ROOT / "tests" / "keras_differences.toml"
KERAS_TESTS = (
    "layers/core/dense_test.py",
    "optimizers/*_test.py",
    "losses/*_test.py",
    "metrics/*_test.py",
    "models/sequential_test.py",
    "models/functional_test.py",
    "trainers/trainer_test.py",
    "trainers/epoch_iterator_test.py",
    "callbacks/early_stopping_test.py",
)
Outcomes = dict[str, str]  # test id -> passed, failed, skipped

# What the interpreter of one file runs; argv: the file, where to write outcomes, pytest's options.
PROGRAM = """
import importlib.util, json, sys, types
{install}
import keras
import pytest
with open(sys.argv[1]) as file:
    wants_jax = any(line.strip() == "import jax" for line in file)
if wants_jax and importlib.util.find_spec("jax") is None:
    sys.modules["jax"] = types.ModuleType("jax")  # imported by a file that uses it for JAX alone

class Outcomes:
    def __init__(self):
        self.found = {{}}
    def pytest_runtest_logreport(self, report):
        name = report.nodeid.partition("::")[2]
        if report.when == "call" or report.outcome != "passed":
            self.found[name] = report.outcome
    def pytest_collectreport(self, report):
        if report.outcome == "failed":
            self.found["(import)"] = "failed"
            print(report.longrepr)

outcomes = Outcomes()
pytest.main(sys.argv[3:] + [sys.argv[1]], plugins=[outcomes])
with open(sys.argv[2], "w") as file:
    json.dump(outcomes.found, file)
"""
INSTALL = "import tapeflow\ntapeflow.install()"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", help="below keras/src; by default KERAS_TESTS")
    parser.add_argument("--record", action="store_true", help="run on TensorFlow, keep outcomes")
    parser.add_argument("-k", dest="expression", help="only the tests that match, as in pytest")
    parser.add_argument("-v", dest="verbose", action="store_true", help="show pytest's output")
    parser.add_argument("--timeout", type=float, default=900, help="seconds for one file")
    arguments = parser.parse_args()

    source = keras_source()
    recorded: dict[str, Outcomes] = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    reasons = tomllib.loads(DIFFERENCES.read_text()) if DIFFERENCES.exists() else {}
    rows, unexplained = [], []
    for path in test_files(source, arguments.files or KERAS_TESTS):
        name = str(path.relative_to(source))
        found = run_file(path, arguments)
        if arguments.record:
            recorded[name] = found
        wanted = {t: o for t, o in recorded.get(name, {}).items() if selected(t, found, arguments)}
        rows.append((name, Counter(found.values()), Counter(wanted.values())))
        print(row_text(*rows[-1]), flush=True)
        for test, mine, theirs in differing(found, wanted):
            reason = reasons.get(name, {}).get(test)
            print(f"    {test}: {mine}; on TensorFlow {theirs}: {reason or 'NO REASON GIVEN'}")
            if reason is None:
                unexplained.append(test)
    total = [sum((row[i] for row in rows), Counter()) for i in (1, 2)]
    print(row_text("total", *total))
    if arguments.record:
        RECORDED.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n")
    return 1 if unexplained else 0


def keras_source() -> Path:
    """The folder `keras/src` of the installed Keras."""
    spec = importlib.util.find_spec("keras")
    if spec is None or spec.origin is None:
        raise SystemExit("Keras is not installed: pip install 'tapeflow[keras]'")
    return Path(spec.origin).parent / "src"


def test_files(source: Path, patterns: Iterable[str]) -> list[Path]:
    """The files that the patterns name."""
    found = []
    for pattern in patterns:
        matches = sorted(source.glob(pattern))
        if not matches:
            raise SystemExit(f"{pattern}: no such file below {source}")
        found += matches
    return found


def run_file(path: Path, arguments: argparse.Namespace) -> Outcomes:
    """Runs one file in an interpreter of its own."""
    options = ["-q", "-p", "no:cacheprovider", "-W", "ignore", "--rootdir", str(path.parent)]
    options += ["--tb=short" if arguments.verbose else "--tb=no", "-c", os.devnull]
    if arguments.expression:
        options += ["-k", arguments.expression]
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
    }
    program = PROGRAM.format(install="")
    if not arguments.record:
        program = PROGRAM.format(install=INSTALL)
        environment["PYTHONPATH"] = str(ROOT / "src")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "outcomes.json")
        try:
            ended = subprocess.run(
                [sys.executable, "-c", program, str(path), str(out), *options],
                cwd=folder,
                env=environment,
                stdout=None if arguments.verbose else subprocess.PIPE,
                stderr=None if arguments.verbose else subprocess.STDOUT,
                timeout=arguments.timeout,
                check=False,
                text=True,
            )
        except subprocess.TimeoutExpired:
            return {"(time)": "failed"}
        if not out.exists():
            print((ended.stdout or "")[-2000:])
            return {"(start)": "failed"}
        return json.loads(out.read_text())


def selected(test: str, found: Outcomes, arguments: argparse.Namespace) -> bool:
    """Whether a recorded test was to run."""
    return test in found or not arguments.expression


def differing(found: Outcomes, wanted: Outcomes) -> list[tuple[str, str, str]]:
    """The tests whose outcomes differ: name, here, on TensorFlow."""
    if not wanted:
        wanted = {test: "passed" for test, outcome in found.items() if outcome == "failed"}
        found = {test: found[test] for test in wanted}
    tests = [*wanted, *(t for t in found if t not in wanted)]
    pairs = [(t, found.get(t, "absent"), wanted.get(t, "absent")) for t in tests]
    return [pair for pair in pairs if pair[1] != pair[2]]


def row_text(name: str, found: Counter[str], wanted: Counter[str]) -> str:
    """One line of the table."""
    kinds = ("passed", "failed", "skipped")
    mine = " ".join(f"{kind} {found[kind]}" for kind in kinds)
    theirs = " ".join(f"{kind} {wanted[kind]}" for kind in kinds)
    return f"{name:45} {mine:35} | TensorFlow: {theirs if wanted else 'not recorded'}"


if __name__ == "__main__":
    sys.exit(main())
