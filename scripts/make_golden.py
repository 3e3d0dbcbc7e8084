#!/usr/bin/env python
"""Records on the real TensorFlow what tests compare with: tests/golden/.

    python scripts/make_golden.py [FAMILY ...]          cases of tests/cases/FAMILY.py
    python scripts/make_golden.py --primitives [NAME ...]
                                                       samples of primitives (or of whole modules,
                                                       such as math.arithmetic), by tf.raw_ops
    python scripts/make_golden.py --traced [FAMILY ...]
                                                       cases inside of tf.function
    --all                                              also what is recorded already

Only what is missing or has changed is recorded; what no longer exists is dropped. Needs TensorFlow
2.21; nothing else in the repository does.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--primitives", action="store_true", help="record samples, not cases")
    parser.add_argument("--traced", action="store_true", help="record cases inside functions")
    parser.add_argument("--all", action="store_true", help="record anew what is there already")
    arguments = parser.parse_args()
    record = record_families
    if arguments.primitives:
        record = record_primitives
    elif arguments.traced:
        record = record_traced
    problems = record(arguments.names, arguments.all)
    for line in problems:
        print(f"problem: {line}", file=sys.stderr)
    return 1 if problems else 0


def real_tensorflow() -> Any:
    import tensorflow as tf

    if not tf.__version__.startswith("2.21."):
        raise SystemExit(f"expected TensorFlow 2.21; found {tf.__version__}")
    return tf


def record_families(names: list[str], everything: bool) -> list[str]:
    from harness.families import families

    problems = []
    for family in names or families():
        problems += record_family(family, everything)
    return problems


def record_family(family: str, everything: bool) -> list[str]:
    from harness.families import entries, run_case
    from harness.golden import family_path, load, store
    from harness.seeds import forget_seed

    problems = []
    path = family_path(family)
    former = load(path)
    made = {}
    fresh = 0
    for entry in entries(family):
        if entry.key in former and not everything:
            made[entry.key] = former[entry.key]
            continue
        tf = real_tensorflow()
        forget_seed(tf)
        result = run_case(entry.case, tf)
        raised = isinstance(result, dict) and "error" in result
        if raised != entry.case.bad:
            what = f"raises {result}" if raised else "raises nothing, but is marked bad"
            problems.append(f"{family}: {entry.label}: TensorFlow {what}")
            continue
        if raised:
            del result["message"]
        made[entry.key] = result
        fresh += 1
    if made != former or list(made) != list(former):
        store(path, made)
    print(f"{family}: {len(made)} cases, {fresh} recorded now")
    return problems


def record_traced(names: list[str], everything: bool) -> list[str]:
    from harness.families import entries
    from harness.golden import family_path, load, store, traced_path
    from harness.seeds import forget_seed
    from harness.traced import FAMILIES, FATAL, MODES, compact, run_traced

    for family in names or FAMILIES:
        former = load(traced_path(family))
        eager = load(family_path(family))
        made: dict[str, Any] = {}
        fresh = 0
        for entry in entries(family):
            if entry.key in former and not everything:
                made[entry.key] = former[entry.key]
                continue
            tf = real_tensorflow()
            found = {}
            for mode in MODES:
                if (entry.key, mode) in FATAL:
                    continue
                forget_seed(tf)
                result = run_traced(entry.case, tf, mode)
                found[mode] = compact(result, eager[entry.key], entry.case)
            made[entry.key] = {k: v for k, v in found.items() if v is not None}
            fresh += 1
        if made != former or list(made) != list(former):
            store(traced_path(family), made)
        print(f"{family}: {len(made)} cases inside of functions, {fresh} recorded now", flush=True)
    return []


def record_primitives(names: list[str], everything: bool) -> list[str]:
    from harness.golden import load, primitives_path, store
    from harness.registry import import_engine, module_of, primitives

    for module, problem in import_engine().items():
        print(f"not importable, its primitives are left out: {module}: {problem}", file=sys.stderr)
    by_module: dict[str, list[Any]] = {}
    for prim in primitives():
        by_module.setdefault(module_of(prim), []).append(prim)
    problems: list[str] = []
    for module, prims in by_module.items():
        short = module.removeprefix("tapeflow.engine.ops.")
        wanted = [p for p in prims if not names or p.name in names or short in names]
        if not wanted:
            continue
        path = primitives_path(module)
        former = load(path)
        made: dict[str, Any] = {}
        for prim in prims:
            kept = {k: v for k, v in former.items() if k.split(" ")[0] == prim.name}
            if prim in wanted:
                kept = record_primitive(prim, {} if everything else kept, problems)
            made.update(kept)
        if made != former or list(made) != list(former):
            store(path, made)
        print(f"{short}: {len(wanted)} of {len(prims)} primitives, {len(made)} entries")
    return problems


def record_primitive(prim: Any, former: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    from harness.raw_calls import absent, run_raw, run_raw_gradient
    from harness.registry import gradient_key, has_recorded_gradient, sample_key, samples_of

    made: dict[str, Any] = {}
    try:
        samples = samples_of(prim.name)
    except Exception as error:
        problems.append(f"{prim.name}: its sampler raises {type(error).__name__}: {error}")
        return former
    for sample in samples:
        key = sample_key(prim, sample)
        gradient = gradient_key(key)
        if key in former:
            made |= {k: former[k] for k in (key, gradient) if k in former}
            continue
        tf = real_tensorflow()
        reason = absent(tf, prim)
        if reason is not None:
            return {prim.name: reason}
        try:
            made[key] = run_raw(tf, prim, sample)
            if has_recorded_gradient(prim, sample) and isinstance(made[key], list):
                grads = run_raw_gradient(tf, prim, sample)
                if grads is not None:
                    made[gradient] = grads
        except LookupError as error:
            problems.append(str(error))
            return made
        except Exception as error:
            problems.append(f"{prim.name}: {sample}: {type(error).__name__}: {error}")
    results = list(made.values())
    if results and all(isinstance(r, dict) for r in results):
        problems.append(f"{prim.name}: TensorFlow runs none of its samples: {results[0]}")
    return made


if __name__ == "__main__":
    sys.exit(main())
