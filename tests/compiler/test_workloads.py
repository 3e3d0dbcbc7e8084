"""The training workloads of `benchmarks/`, small: functions train as eager steps do.

`python -m benchmarks.training` measures them; here their results are right.
"""

from __future__ import annotations

import numpy as np
import pytest

import tapeflow as tf
from benchmarks.training import problems, with_tensorflow
from fresh_process import ROOT, run_python

STEPS = 3
HARNESS = "-m benchmarks.training --ours-only --workloads linear --rounds 1 --seconds 0.01"


def trained(name: str, traced: bool) -> tuple[list[float], dict[str, np.ndarray]]:
    """Losses of a few steps, and the weights after them."""
    problem = problems.SMALL[name]()
    v = {key: tf.Variable(w) for key, w in problem.weights.items()}
    step = with_tensorflow.train_step(tf, name, problem, v)
    run = tf.function(step) if traced else step
    losses = [float(run(*map(tf.constant, problem.inputs))) for _ in range(STEPS)]
    return losses, {key: variable.numpy() for key, variable in v.items()}


@pytest.mark.parametrize("name", problems.WORKLOADS)
def test_a_function_trains_as_eager_steps_do(name):
    losses, weights = trained(name, traced=True)
    expected, expected_weights = trained(name, traced=False)
    assert np.isfinite(losses).all()
    assert losses[0] != losses[-1]
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    for key, weight in expected_weights.items():
        if key.endswith("qkv.b"):
            # A bias of all keys changes no softmax: its gradient is rounding, which Adam blows up.
            q, _, v = np.split(weight, 3)
            weight = np.concatenate([q, v])
            q, _, v = np.split(weights[key], 3)
            weights[key] = np.concatenate([q, v])
        np.testing.assert_allclose(weights[key], weight, rtol=1e-4, atol=1e-5, err_msg=key)


@pytest.mark.parametrize("name", problems.WORKLOADS)
def test_training_begins_anew_after_reset(name):
    program = with_tensorflow.program(tf, name, problems.SMALL[name](), "function")
    first = [program.wait(program.step()) for _ in range(STEPS)]
    program.reset()
    assert [program.wait(program.step()) for _ in range(STEPS)] == first


@pytest.mark.program
def test_the_harness_measures_and_reports():
    ran = run_python(*HARNESS.split(), cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    assert "| linear |" in ran.stdout
    assert "Measured peak" in ran.stdout
    assert "fails on" not in ran.stdout
