"""Import time and installed size beside NumPy's.

    python benchmarks/startup.py [--runs 15]

Import times are whole processes, taken in turn; sizes are those of the installed files.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import statistics
import subprocess
import sys
import time


def seconds(statement: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def installed_bytes(distribution: str) -> int:
    files = importlib.metadata.files(distribution) or []
    paths = [f.locate() for f in files]
    return sum(p.stat().st_size for p in paths if p.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    statements = {
        "nothing": "pass",
        "import numpy": "import numpy",
        "import tapeflow": "import tapeflow",
        "import tapeflow, first tensor": "import tapeflow as tf; tf.constant(1.0)",
    }
    times: dict[str, list[float]] = {name: [] for name in statements}
    for statement in statements.values():
        seconds(statement)
    for _ in range(runs):
        for name, statement in statements.items():
            times[name].append(seconds(statement))
    median = {name: statistics.median(t) for name, t in times.items()}
    bare = median["nothing"]
    print("### Import time (whole process, less an empty one)\n")
    print(
        "| | median ms | over an empty process ms | ratio to NumPy |\n| --- | ---: | ---: | ---: |"
    )
    for name in list(statements)[1:]:
        net = median[name] - bare
        print(
            f"| {name} | {median[name] * 1e3:.1f} | {net * 1e3:.1f} "
            f"| {net / (median['import numpy'] - bare):.2f} |"
        )
    print("\n### Installed size\n")
    print("| distribution | MB |\n| --- | ---: |")
    sizes = {}
    needs = [
        re.split(r"[^\w.-]", requirement)[0]
        for requirement in importlib.metadata.requires("tapeflow") or []
        if "extra" not in requirement
    ]
    for name in ["tapeflow", *needs]:
        sizes[name] = installed_bytes(name)
        print(f"| {name} | {sizes[name] / 1e6:.2f} |")
    print(f"| all | {sum(sizes.values()) / 1e6:.2f} |")
    print(f"\nAll together: {sum(sizes.values()) / sizes['numpy']:.2f} times NumPy.")


if __name__ == "__main__":
    main()
