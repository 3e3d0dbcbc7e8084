"""Recorded results belong to cases and primitives that exist, and every file stays small."""

from __future__ import annotations

from harness.families import all_entries, families
from harness.golden import GOLDEN, family_path, load, primitives_path, traced_path
from harness.registry import module_of, primitives, sample_key, samples_of
from harness.traced import FAMILIES as TRACED


def test_no_golden_file_is_left_over():
    wanted = {family_path(f) for f in families()}
    wanted |= {traced_path(f) for f in TRACED}
    wanted |= {primitives_path(module_of(p)) for p in primitives()}
    wanted |= {GOLDEN / "keras_programs.json", GOLDEN / "keras_tests.json"}
    left_over = sorted(p.name for p in {*GOLDEN.rglob("*.json")} - wanted)
    assert left_over == [], "delete them"


def test_no_case_is_recorded_that_no_longer_exists():
    keys = {(e.family, e.key) for e in all_entries()}
    stale = [
        f"{family}: {key}"
        for family in families()
        for path in (family_path(family), traced_path(family))
        for key in load(path)
        if (family, key) not in keys
    ]
    assert stale == [], "run: python scripts/make_golden.py"


def test_no_sample_is_recorded_that_no_longer_exists():
    stale = []
    for module in {module_of(p) for p in primitives()}:
        prims = [p for p in primitives() if module_of(p) == module]
        keys = {sample_key(p, s) for p in prims for s in samples_of(p.name)}
        keys |= {p.name for p in prims}
        for key in load(primitives_path(module)):
            if key.removesuffix(" gradient") not in keys:
                stale.append(f"{module}: {key}")
    assert stale == [], "run: python scripts/make_golden.py --primitives"


def test_golden_files_stay_small():
    large = {p.name: p.stat().st_size for p in GOLDEN.rglob("*.json") if p.stat().st_size > 500_000}
    assert large == {}, "use smaller inputs"
    assert sum(p.stat().st_size for p in GOLDEN.rglob("*.json")) < 8_000_000
