"""Fingerprints: two pipelines with the same one give the same elements."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from tapeflow.engine.data.functions import DatasetFunction
from tapeflow.engine.data.sources import Frozen
from tapeflow.engine.data.stages.stage import Stage
from tapeflow.engine.data.structure import Columns
from tapeflow.engine.ir.graph import Body


def fingerprint(stage: Stage) -> int:
    """A number of 64 bits that depends on all that a pipeline was made of."""
    digest = hashlib.sha256()
    _add(digest, stage)
    return int.from_bytes(digest.digest()[:8], "little")


def _add(digest: Any, value: Any) -> None:
    if isinstance(value, Stage):
        inputs, attrs = value.made_of
        _note(digest, type(value).__name__)
        for part in inputs:
            _add(digest, part)
        for name in sorted(attrs):
            _note(digest, name)
            _add(digest, attrs[name])
    elif isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        _note(digest, f"{array.dtype}{array.shape}")
        digest.update(
            repr(array.tolist()).encode() if array.dtype.hasobject else array.tobytes()
        )
    elif isinstance(value, DatasetFunction):
        _note(digest, repr(value.output_spec))
        _add_graph(digest, value.graph, value.graph.outputs)
    elif isinstance(value, Frozen):
        _note(digest, repr(value.spec))
    elif isinstance(value, Columns):
        _note(digest, repr(value.leaves))
    elif callable(value):
        _note(digest, f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}")
    else:
        _note(digest, repr(value))


def _add_graph(digest: Any, graph: Any, outputs: Any) -> None:
    numbers: dict[int, int] = {}
    for node in graph.nodes:
        _note(digest, node.prim.name)
        for value in node.inputs:
            _note(digest, str(numbers[id(value)]))
        for name in sorted(node.attrs):
            _note(digest, name)
            attr = node.attrs[name]
            for part in attr if isinstance(attr, tuple) else (attr,):
                if isinstance(part, Body):
                    _add_graph(digest, part.graph, part.outputs)
                else:
                    _add(digest, part)
        for value in node.outputs:
            numbers[id(value)] = len(numbers)
    for value in outputs:
        _note(digest, str(numbers[id(value)]))


def _note(digest: Any, text: str) -> None:
    digest.update(f"{text};".encode())
