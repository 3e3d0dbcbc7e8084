"""What operations on strings share: conversion of arguments, mapping over elements, samples."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.ir.infer import require_dtype
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor

STRING = frozenset((dtypes.string,))
WORDS = (b"", b"abc", b"Hello World", b"  pad\t\n", "Grüße 你好".encode(), b"\xff\x00z")


def to_strings(value: Any) -> Any:
    """A tensor of strings; a tensor of another dtype passes, for the shape rule to reject."""
    return value if isinstance(value, Tensor) else convert(value, dtypes.string)


def array_of(items: Iterable[Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """An object array of `shape` that holds `items`."""
    listed = list(items)
    out = np.empty(len(listed), object)
    out[:] = listed
    return out.reshape(shape)


def map_strings(function: Callable[[bytes], bytes], x: np.ndarray) -> np.ndarray[Any, Any]:
    """Applies a function to each string of an array."""
    return array_of(map(function, x.reshape(-1).tolist()), x.shape)


def of_strings(result: DType = dtypes.string) -> Callable[..., Spec]:
    """The shape rule of a function of one string tensor, elementwise."""

    def rule(input: Spec, **attrs: Any) -> Spec:
        require_dtype(input, STRING)
        return Spec(result, input.shape)

    return rule


def words(items: Collection[bytes] = WORDS, **attrs: Any) -> Callable[[Draw], Iterable[Sample]]:
    """Samples of one tensor of strings: several, a scalar, none."""

    def sample(draw: Draw) -> Iterable[Sample]:
        listed = array_of(items, (len(items),))
        yield Sample(listed, grad=False, **attrs)
        yield Sample(array_of(listed[:2], (1, 2)), grad=False, **attrs)
        yield Sample(array_of([listed[1]], ()), grad=False, **attrs)
        yield Sample(np.empty((2, 0), object), grad=False, **attrs)

    return sample
