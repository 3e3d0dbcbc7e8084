"""The tutorial that everything starts from, byte for byte, in a fresh interpreter."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from fresh_process import tapeflow_command

PROGRAM = Path(__file__).parent / "tutorial" / "custom_training_basics.py"
EPOCH = re.compile(r"에포크 +(\d+): W=(\S+) b=(\S+), 손실=(\S+)")

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def output():
    ended = tapeflow_command("run", PROGRAM)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.program
def test_prints_the_matrix_of_twos(output):
    row = "[2. 2. 2. 2. 2. 2. 2. 2. 2. 2.]"
    rows = "\n ".join([row] * 10)
    assert output.startswith(f"tf.Tensor(\n[{rows}], shape=(10, 10), dtype=float32)\n")


@pytest.mark.program
def test_trains_towards_the_true_parameters(output):
    epochs = [tuple(map(float, numbers)) for numbers in EPOCH.findall(output)]
    numbers, weights, biases, losses = zip(*epochs, strict=True)
    assert numbers == tuple(range(10))
    assert (weights[0], biases[0]) == (5.0, 0.0)
    assert all(later < earlier for earlier, later in pairwise(losses))
    # The seed is not set. Each step of plain gradient descent takes a fifth of what is left:
    # 3 + 2 * 0.8**9 = 3.27 and 2 - 2 * 0.8**9 = 1.73, give or take the sample's own noise.
    assert weights[-1] == pytest.approx(3.27, abs=0.2)
    assert biases[-1] == pytest.approx(1.73, abs=0.2)
    assert losses[-1] == pytest.approx(1.14, abs=0.3)


@pytest.mark.program
def test_prints_the_loss_before_training(output):
    before = float(output.split("현재 손실: \n")[1].split("\n")[0])
    first_epoch = EPOCH.search(output)
    assert first_epoch is not None
    assert before == pytest.approx(float(first_epoch[4]), abs=1e-4)
