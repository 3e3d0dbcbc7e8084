"""Bad calls: TensorFlow's class of error, a message that names op or argument, nothing changed.

The calls stand in `tests/cases/`, marked as bad; that the class is TensorFlow's is checked with the
other cases. Here is what TensorFlow's recorded results cannot say.
"""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import Any

import pytest

import tapeflow as tf
from harness.families import Entry, all_entries, families
from harness.golden import family_path, load
from harness.signatures import reference
from tapeflow.engine.core.context import state

BAD = [entry for entry in all_entries() if entry.case.bad]
TABLE = [entry for entry in BAD if entry.family.startswith("bad_")]
# Python itself refuses these: the message is the interpreter's.
PYTHONS_OWN = (AttributeError, RecursionError)


def test_there_are_at_least_300_bad_calls_checked_against_tensorflow():
    recorded = {family: load(family_path(family)) for family in families()}
    assert sum("error" in (recorded[e.family].get(e.key) or {}) for e in BAD) >= 300


@pytest.mark.parametrize("entry", TABLE, ids=lambda e: f"{e.family}-{e.label}")
def test_message_names_op_or_argument(entry: Entry):
    recorders, tracer = state.recorders, state.tracer
    with pytest.raises(Exception) as caught:
        entry.case.run(tf)
    assert state.recorders == recorders, "a tape was left on the stack"
    assert state.tracer is tracer
    if isinstance(caught.value, PYTHONS_OWN) or raised_by_the_case(caught.value):
        return
    message = str(caught.value)
    words = {w.lower() for w in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", message)}
    named = words & telling_words(entry.case.symbol) or re.search(
        r"\[Op:|`\w+`|\w_\w|\b[A-Z]\w+: ", message
    )
    if not named and entry.case.symbol.rpartition(".")[2].replace("_", "") not in message.lower():
        pytest.fail(f"the message names neither op nor argument: {message!r}", pytrace=False)


def raised_by_the_case(error: BaseException) -> bool:
    """Whether the error comes out of the case's own Python, such as a function it passes."""
    return Path(traceback.extract_tb(error.__traceback__)[-1].filename).parent.name == "cases"


def telling_words(symbol: str) -> set[str]:
    """The names by which a message may refer to the call: its own, its arguments', its kind's."""
    parts = symbol.split(".")
    words = {*parts, *(part.replace("_", "") for part in parts)}
    recorded: dict[str, Any] = reference().get(symbol, {})
    arguments = re.findall(r"\w+", recorded.get("signature", ""))
    words |= {part for argument in arguments for part in (argument, *argument.split("_"))}
    words |= set(recorded.get("members", ()))
    words |= {"tensor", "tensors", "eagertensor", "variable", "variables", "tape", "dtype"}
    words |= {"shape", "shapes", "dimension", "dimensions", "rank", "index", "indices", "axis"}
    words |= {"array", "sequence", "structure", "structures", "subscripts", "scalar"}
    words |= {"key", "literal"}
    return {w.lower() for w in words}


def test_a_bad_call_leaves_no_trace_on_a_tape():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        before = len(tape._records)
        with pytest.raises(tf.errors.InvalidArgumentError):
            x + tf.zeros([3])
        assert len(tape._records) == before
