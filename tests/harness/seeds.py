"""Puts the global seed back to what it is in a fresh process: none."""

from __future__ import annotations

from typing import Any


def forget_seed(tf: Any) -> None:
    """Undoes what `tf.random.set_seed` of an earlier case did."""
    try:
        set_seed = tf.random.set_seed
    except AttributeError:  # the random family is not there (yet)
        return
    set_seed(None)
