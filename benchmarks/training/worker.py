"""The process of one library: makes programs of a workload and runs them on request.

    python -m benchmarks.training.worker LIBRARY THREADS

Requests come as lines of JSON on standard input, answers go to standard output. A library's thread
pool lives in its own process, so that no other's idle threads disturb it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.training.problems import WORKLOADS, Problem, mlp
from benchmarks.training.program import Program

Maker = Callable[[str, Problem], Program]


def tapeflow(threads: int) -> tuple[str, dict[str, Maker]]:
    import tapeflow as tf
    from benchmarks.training.with_tensorflow import program

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    warm_function(tf)
    return tf.__version__, {"tapeflow": lambda *a: program(tf, *a, "function")}


def tensorflow(threads: int) -> tuple[str, dict[str, Maker]]:
    import tensorflow as tf

    from benchmarks.training.with_tensorflow import program

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    warm_function(tf)
    warm_function(tf, jit_compile=True)
    return tf.__version__, {
        "TensorFlow eager": lambda *a: program(tf, *a, "eager"),
        "TensorFlow function": lambda *a: program(tf, *a, "function"),
        "TensorFlow XLA": lambda *a: program(tf, *a, "xla"),
    }


def warm_function(tf: Any, **options: Any) -> None:
    """Loads what the first trace of a process loads."""
    v = tf.Variable([1.0, 2.0])

    def step() -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(v))
        v.assign_sub(0.1 * tape.gradient(loss, v))
        return loss

    float(tf.function(step, **options)())


def jax(threads: int) -> tuple[str, dict[str, Maker]]:
    import jax

    from benchmarks.training.with_jax import program

    jax.jit(jax.value_and_grad(lambda x: (x * x).sum()))(jax.numpy.ones(2))
    return jax.__version__, {"JAX jit": program}


def torch(threads: int) -> tuple[str, dict[str, Maker]]:
    import torch

    from benchmarks.training.with_torch import program

    torch.set_num_threads(threads)
    x = torch.ones(2, requires_grad=True)
    (x * x).sum().backward()
    torch.compile(lambda x: (x * x).sum())(x).backward()
    return torch.__version__, {
        "PyTorch eager": lambda *a: program(*a, "eager"),
        "PyTorch compile": lambda *a: program(*a, "compile"),
    }


LIBRARIES = {"tapeflow": tapeflow, "tensorflow": tensorflow, "jax": jax, "torch": torch}


class Worker:
    """Answers requests; each method is one kind."""

    def __init__(self, library: str, threads: int) -> None:
        self.version, self.makers = LIBRARIES[library](threads)
        self.programs: dict[str, Program] = {}

    def hello(self) -> dict[str, Any]:
        return {"version": self.version, "contenders": list(self.makers)}

    def prepare(
        self, workload: str, contender: str, losses: int, size: list[int] | None
    ) -> dict[str, Any]:
        """Makes a program, calls it for the first time, and finds about how long a call takes.

        Args:
          workload: its name.
          contender: which of the library's programs.
          losses: how many steps' losses to report.
          size: `[batch, width]` of an MLP in place of the workload's own problem.
        """
        problem = WORKLOADS[workload]() if size is None else mlp(size[0], (*size[1:] * 3, 10))
        program = self.programs[contender] = self.makers[contender](workload, problem)
        start = time.perf_counter()
        found = [program.wait(program.step())]
        first = time.perf_counter() - start
        found += [program.wait(program.step()) for _ in range(losses - 1)]
        calls = 1
        while (seconds := self.timed(program, calls)) < 0.01:
            calls *= 2
        return {"first": first, "losses": found, "call": seconds / calls}

    def run(self, contender: str, calls: int) -> dict[str, Any]:
        """Trains anew from the initial weights for `calls` steps; processor time is of it all."""
        program = self.programs[contender]
        before = time.process_time()
        # A long benchmark would else train until gradients vanish or weights overflow.
        program.reset()
        program.wait(program.step())
        seconds = self.timed(program, calls)
        return {"seconds": seconds, "processor": time.process_time() - before}

    @staticmethod
    def timed(program: Program, calls: int) -> float:
        step = program.step
        start = time.perf_counter()
        for _ in range(calls):
            loss = step()
        program.wait(loss)
        return time.perf_counter() - start


def main() -> None:
    library, threads = sys.argv[1], int(sys.argv[2])
    # The answers' channel is kept for them: what a library prints goes to standard error.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))[:threads]
        os.sched_setaffinity(0, allowed)
    worker = Worker(library, threads)

    def answer(found: dict[str, Any]) -> None:
        answers.write(json.dumps(found) + "\n")
        answers.flush()

    answer(worker.hello())
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer(getattr(worker, request.pop("do"))(**request))
        except Exception as error:
            first = next(iter(str(error).splitlines()), "")
            answer({"error": f"{type(error).__name__}: {first[:200]}"})


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
