"""Ten training workloads, all libraries in one run: medians of interleaved rounds.

    python -m benchmarks.training --tensorflow PYTHON --peers PYTHON [--workloads linear,cnn_mnist]
    python -m benchmarks.training --ours-only --workloads mlp_mnist
    python -m benchmarks.training --sizes --peers PYTHON

From the repository's root. `--tensorflow` and `--peers` name interpreters that have TensorFlow, and
JAX and PyTorch; by default this one, and a library that it lacks is left out and said so.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import math
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.training import machine, report, sizes
from benchmarks.training.peers import Run
from benchmarks.training.problems import WORKLOADS

SLOW_TO_COMPILE = {"PyTorch compile": frozenset({"lstm_char", "lstm_char_unrolled"})}
"""torch.compile unrolls an LSTM: it takes 100 s to compile, and is slower than eager then."""

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "training_sizes.png"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help="names, by commas")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each contender")
    parser.add_argument("--seconds", type=float, default=0.1, help="about how long a turn lasts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tensorflow", metavar="PYTHON", default=sys.executable)
    parser.add_argument("--peers", metavar="PYTHON", default=sys.executable)
    parser.add_argument("--ours-only", action="store_true", help="no other library")
    parser.add_argument("--without", default="", help='contenders, by commas: "PyTorch compile"')
    parser.add_argument("--all", action="store_true", help="also what takes minutes to compile")
    parser.add_argument("--sizes", action="store_true", help="cost against size, ours and JAX")
    parser.add_argument("--picture", type=Path, default=PICTURE, help="where --sizes plots")
    parser.add_argument("--output", type=Path, help="write the tables there, too")
    options = parser.parse_args()
    options.workloads = options.workloads.split(",")
    unknown = set(options.workloads) - set(WORKLOADS)
    if unknown:
        parser.error(f"--workloads: expected some of {', '.join(WORKLOADS)}; received {unknown}")
    return options


def has(python: str, module: str) -> bool:
    """Whether an interpreter can import a module."""
    if python == sys.executable:
        return importlib.util.find_spec(module) is not None
    question = f"import importlib.util, sys; sys.exit(not importlib.util.find_spec({module!r}))"
    return subprocess.run([python, "-c", question], check=False).returncode == 0


def libraries(options: argparse.Namespace) -> tuple[dict[str, str], list[str]]:
    """Library -> interpreter, for those that are there, and the names of the others."""
    places = {"tapeflow": sys.executable}
    if options.sizes:
        places["jax"] = options.peers
    elif not options.ours_only:
        places |= {"tensorflow": options.tensorflow, "jax": options.peers, "torch": options.peers}
    found = {name: python for name, python in places.items() if has(python, name)}
    if "tapeflow" not in found:
        sys.exit("tapeflow cannot be imported here: install it, or set PYTHONPATH=src")
    return found, [name for name in places if name not in found]


def compared(run: Run, options: argparse.Namespace) -> str:
    """The tables of all workloads."""
    limits = machine.measured(options.threads)
    results = report.Results()
    for workload in options.workloads:
        results.found[workload] = run.measure(workload)
        results.warm[workload] = run.first_call("tapeflow", report.OURS, workload)
        seen = {n: report.duration(m.median) or m.error for n, m in results.found[workload].items()}
        print(f"{workload}: {seen}", file=sys.stderr, flush=True)
    limits = limits.better(machine.measured(options.threads))
    parts = ["## Time of a call, median", report.steps(results)]
    parts += ["## First call: trace, compile, run", report.first_calls(results)]
    if not options.ours_only:
        parts += ["## Losses, relative distance to ours", report.losses(results)]
    parts += ["## Share of what the machine can do", report.roofline(results, limits)]
    parts += report.failures(results)
    return "\n\n".join(parts)


def main() -> None:
    options = arguments()
    found, missing = libraries(options)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(
            found,
            options.rounds,
            options.seconds,
            options.threads,
            Path(folder),
            ({} if options.all else SLOW_TO_COMPILE)
            | {name: frozenset(WORKLOADS) for name in options.without.split(",")},
        )
        if options.sizes:
            curves = sizes.measured(run)
            sizes.plot(curves, options.picture)
            body = sizes.tables(curves)
        else:
            body = compared(run, options)
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    head = (
        f"{datetime.date.today()}; {machine.description()}; {options.threads} threads; Python "
        f"{platform.python_version()}; {versions}. Medians of {options.rounds} interleaved rounds "
        f"of about {options.seconds} s."
    )
    if run.others and not math.isnan(run.others[0]):
        busy = statistics.mean(run.others)
        head += f" Other processes used {busy:.2f} cores meanwhile, on average."
    if missing:
        head += f" Not installed: {', '.join(missing)}."
    text = f"{head}\n\n{body}\n"
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
