"""What a variable is known by to tapes and graphs."""

from __future__ import annotations

import itertools

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.shapes import TensorShape


class ResourceHandle:
    """Identity of a variable: what tapes track, and what outlives its values."""

    __slots__ = ("__weakref__", "dtype", "name", "number", "shape")

    _numbers = itertools.count()

    def __init__(self, name: str) -> None:
        self.name = name
        self.number = next(self._numbers)
        self.dtype = dtypes.resource
        self.shape = TensorShape([])

    @property
    def _id(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<ResourceHandle(name={self.name!r})>"
