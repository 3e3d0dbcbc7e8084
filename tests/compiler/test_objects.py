"""The object cache: what is damaged is not used, and the folder does not grow without end."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

pytest.importorskip("llvmlite")
from tapeflow.engine.backends.llvm import objects


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TAPEFLOW_CACHE", str(tmp_path))
    return tmp_path


def aged(path: Path, days: float) -> None:
    then = time.time() - days * objects.DAY
    os.utime(path, (then, then))


def test_what_was_written_is_read(folder):
    objects.write("key", b"code" * 100)
    assert objects.read("key") == b"code" * 100
    assert objects.read("another") is None


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"x" + b[1:], lambda b: b[:9]])
def test_what_is_damaged_is_not_read(folder, damage):
    objects.write("key", b"code")
    path = folder / "key.o"
    path.write_bytes(damage(path.read_bytes()))
    assert objects.read("key") is None


def test_what_was_not_used_for_longest_goes_first(folder):
    for i in range(6):
        objects.write(f"key{i}", bytes(1000))
        aged(folder / f"key{i}.o", 10 - i)
    objects.read("key0")  # is used again
    size = (folder / "key0.o").stat().st_size
    objects.shrink(folder, 3 * size)
    assert sorted(p.name for p in folder.iterdir()) == ["key0.o", "key4.o", "key5.o"]


def test_only_objects_are_removed(folder):
    (folder / "other").write_bytes(bytes(1000))
    (folder / "old.part").write_bytes(bytes(10))
    (folder / "new.part").write_bytes(bytes(10))
    aged(folder / "old.part", 2)
    objects.shrink(folder, 1000)
    assert sorted(p.name for p in folder.iterdir()) == ["new.part", "other"]


def test_writing_keeps_the_folder_small(folder, monkeypatch):
    monkeypatch.setattr(objects, "LIMIT", 5000)
    for i in range(2 * objects._LOOKS):
        objects.write(f"key{i}", bytes(100))
    assert sum(1 for _ in folder.iterdir()) <= objects._LOOKS + 5000 // 100
