"""Finds checkpoints: the `checkpoint` file of a directory says which is the latest."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from tapeflow.engine.core.export import export

_LINE = re.compile(r'^\s*model_checkpoint_path:\s*"((?:[^"\\]|\\.)*)"', re.MULTILINE)


@export("train.latest_checkpoint")
def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """Finds the latest checkpoint of a directory.

    Args:
      checkpoint_dir: path of the directory.
      latest_filename: name of the file that says which one is the latest, by default `checkpoint`.

    Returns:
      The checkpoint's path without `.index`, or None where there is none.

    Example:
      >>> import tapeflow as tf
      >>> tf.train.latest_checkpoint("no/such/directory") is None
      True
    """
    directory = os.fspath(checkpoint_dir)
    try:
        with open(
            os.path.join(directory, latest_filename or "checkpoint"), encoding="utf-8"
        ) as file:
            found = _LINE.search(file.read())
    except OSError:
        return None
    if found is None:
        return None
    prefix = os.path.join(directory, re.sub(r"\\(.)", r"\1", found[1]))
    return prefix if os.path.isfile(prefix + ".index") or os.path.isfile(prefix) else None


@export("train.checkpoints_iterator")
def checkpoints_iterator(
    checkpoint_dir: Any,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """Yields each new checkpoint of a directory as it appears.

    Args:
      checkpoint_dir: path of the directory.
      min_interval_secs: least time between two checkpoints, in seconds.
      timeout: how long to wait for the next one, in seconds; None waits for ever.
      timeout_fn: called after a time-out; going on waiting when it returns False.

    Yields:
      Paths of checkpoints.

    Example:
      >>> import tapeflow as tf
      >>> list(tf.train.checkpoints_iterator("no/such/directory", timeout=0))
      []
    """
    seen: str | None = None
    while True:
        found = _wait_for_new(checkpoint_dir, seen, timeout)
        if found is None:
            if timeout_fn is None or timeout_fn():
                return
            continue
        start = time.monotonic()
        seen = found
        yield found
        rest = start + min_interval_secs - time.monotonic()
        if rest > 0:
            time.sleep(rest)


def _wait_for_new(directory: Any, last: str | None, timeout: float | None) -> str | None:
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        found = latest_checkpoint(directory)
        if found is not None and found != last:
            return found
        if end is not None and time.monotonic() + 1.0 > end:
            return None
        time.sleep(1.0)
