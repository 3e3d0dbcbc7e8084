"""What the libraries' programs give to whoever runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Program:
    """A training step that can be run again and again.

    Attributes:
      step: runs a step; its loss, perhaps not computed yet.
      wait: returns a loss as a float once all that was begun is done.
      reset: gives weights and optimizer their initial values.
    """

    step: Callable[[], object]
    wait: Callable[[object], float]
    reset: Callable[[], None]
