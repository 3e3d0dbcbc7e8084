"""A long training loop: resident memory must stay flat after warm-up.

python benchmarks/soak.py [--steps 1000000] [--function]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from eager import tape_step
from function import function_step


def resident_kilobytes() -> int:
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    raise RuntimeError("no VmRSS in /proc/self/status: this benchmark needs Linux")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--function", action="store_true", help="the step as a tf.function")
    options = parser.parse_args()
    steps = options.steps
    import tapeflow

    step = function_step(tapeflow) if options.function else tape_step(tapeflow)
    warm = max(steps // 100, 1)
    for _ in range(warm):
        step()
    before = resident_kilobytes()
    start = time.perf_counter()
    readings = []
    for i in range(1, steps + 1):
        step()
        if i % max(steps // 20, 1) == 0:
            readings.append(resident_kilobytes())
    seconds = time.perf_counter() - start
    print(f"{steps:,} steps after {warm:,} of warm-up, {seconds / steps * 1e6:.1f} us a step")
    print(f"resident memory: {before:,} kB before, {readings[-1]:,} kB after, "
          f"at most {max(readings):,} kB, growth {readings[-1] - before:+,} kB")  # fmt: skip


if __name__ == "__main__":
    main()
