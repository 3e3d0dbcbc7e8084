"""Measures the contenders of a workload: a process per library, one at work at a time."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# Idle threads of a pool spin for a while before they sleep; the next contender waits that long.
PAUSE = 0.02


def busy_seconds() -> float:
    """Processor time that all processes have used; NaN where the system does not tell."""
    try:
        first = Path("/proc/stat").read_text().split("\n", 1)[0]
    except OSError:
        return math.nan
    user, nice, system, _, _, interrupt, soft, stolen = map(int, first.split()[1:9])
    return (user + nice + system + interrupt + soft + stolen) / os.sysconf("SC_CLK_TCK")


@dataclass
class Measurement:
    """What was seen of a contender on a workload.

    Attributes:
      first: seconds of the first call: tracing, compiling, running.
      losses: of the first calls.
      times: seconds per call, one for each round.
      error: why there is nothing of this; else None.
    """

    first: float = math.nan
    losses: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    error: str | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.times) if self.times else math.nan

    @property
    def best(self) -> float:
        return min(self.times) if self.times else math.nan


class Ended(Exception):
    """A worker's process is no more."""


class Peer:
    """A library's process.

    Args:
      library: a name in `worker.LIBRARIES`.
      python: the interpreter that has the library.
      threads: how many threads it may use.
      caches: a folder for compiled code.
    """

    def __init__(self, library: str, python: str, threads: int, caches: Path) -> None:
        self.library = library
        count = str(threads)
        environment = os.environ | {
            "OMP_NUM_THREADS": count,
            "OPENBLAS_NUM_THREADS": count,
            "MKL_NUM_THREADS": count,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TAPEFLOW_CACHE": str(caches / "tapeflow"),
            "TORCHINDUCTOR_CACHE_DIR": str(caches / "inductor"),
            "JAX_PLATFORMS": "cpu",
            "CUDA_VISIBLE_DEVICES": "",
        }
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.training.worker", library, count],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(caches / f"{library}.log").open("ab"),
            text=True,
        )
        self.log = caches / f"{library}.log"
        self.version = ""
        self.contenders: list[str] = []

    def greet(self) -> None:
        """Waits until the library is loaded.

        Raises:
          RuntimeError: the process ended before that.
        """
        try:
            hello = self.answer()
        except Ended as end:
            log = self.log.read_text(errors="replace").splitlines()
            raise RuntimeError(f"{self.library}: {end}; its log ends: {log[-1:]}") from None
        self.version, self.contenders = hello["version"], hello["contenders"]

    def answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()  # type: ignore[union-attr]
        if not line:
            raise Ended(f"the process ended with {self.process.wait()}")
        return json.loads(line)  # type: ignore[no-any-return]

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """Sends a request and waits for its answer, which has "error" if it failed."""
        try:
            self.process.stdin.write(json.dumps({"do": do, **request}) + "\n")  # type: ignore[union-attr]
            self.process.stdin.flush()  # type: ignore[union-attr]
            return self.answer()
        except BrokenPipeError:
            return {"error": f"the process ended with {self.process.wait()}"}
        except Ended as end:
            return {"error": str(end)}

    def close(self) -> None:
        self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait()
        self.process.stdout.close()  # type: ignore[union-attr]


@dataclass
class Run:
    """How to measure.

    Attributes:
      pythons: library -> the interpreter that has it.
      rounds: turns of each contender.
      seconds: about how long a turn lasts.
      threads: of each library.
      caches: a folder for compiled code, empty at first.
      skipped: contender -> workloads that it does not run.
      others: how many cores other processes used during each turn, filled in.
      versions: library -> version, filled in.
    """

    pythons: dict[str, str]
    rounds: int
    seconds: float
    threads: int
    caches: Path
    skipped: dict[str, frozenset[str]] = field(default_factory=dict)
    others: list[float] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def measure(
        self, workload: str, size: tuple[int, int] | None = None, losses: int = 5
    ) -> dict[str, Measurement]:
        """All contenders on one workload, in fresh processes, rounds interleaved."""
        peers = [Peer(k, p, self.threads, self.caches) for k, p in self.pythons.items()]
        found: dict[str, Measurement] = {}
        turns: list[tuple[Peer, str, int]] = []
        for peer in peers:
            peer.greet()
        for peer in peers:
            self.versions[peer.library] = peer.version
            for contender in peer.contenders:
                if workload in self.skipped.get(contender, ()):
                    continue
                seen = found[contender] = Measurement()
                ready = peer.ask(
                    "prepare", workload=workload, contender=contender, losses=losses, size=size
                )
                seen.error = ready.get("error")
                if seen.error is None:
                    seen.first, seen.losses = ready["first"], ready["losses"]
                    turns.append((peer, contender, max(1, round(self.seconds / ready["call"]))))
        for number in range(self.rounds):
            # Everyone follows everyone else at times.
            shift = number % max(1, len(turns))
            for peer, contender, calls in turns[shift:] + turns[:shift]:
                seen = found[contender]
                if seen.error is None:
                    time.sleep(PAUSE)
                    clock, busy = time.perf_counter(), busy_seconds()
                    turn = peer.ask("run", contender=contender, calls=calls)
                    seen.error = turn.get("error")
                    if seen.error is None:
                        seen.times.append(turn["seconds"] / calls)
                        foreign = busy_seconds() - busy - turn["processor"]
                        self.others.append(foreign / (time.perf_counter() - clock))
        for peer in peers:
            peer.close()
        return found

    def first_call(self, library: str, contender: str, workload: str) -> float:
        """Seconds of the first call in another process, compiled code being on disk by now."""
        peer = Peer(library, self.pythons[library], self.threads, self.caches)
        peer.greet()
        ready = peer.ask("prepare", workload=workload, contender=contender, losses=1, size=None)
        peer.close()
        return ready.get("first", math.nan)  # type: ignore[no-any-return]
