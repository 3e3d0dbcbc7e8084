"""Brings results that are only determined up to a choice into one form, so that they compare."""

from __future__ import annotations

from typing import Any

import numpy as np

# Decompositions whose vectors are determined up to a factor of absolute value one.
FREE = ("Eig", "SelfAdjointEigV2", "Svd")


def canonical(name: str, outputs: list[np.ndarray], attrs: dict[str, Any]) -> list[np.ndarray]:
    """The outputs of a primitive with that freedom taken out."""
    if name not in FREE:
        return outputs
    values, *vectors = outputs
    if not attrs.get("compute_v", attrs.get("compute_uv", True)):
        vectors = []  # what TensorFlow gives in place of them is memory as it was
    if name == "Eig":
        order = np.lexsort((np.round(values.imag, 3), np.round(values.real, 3)), axis=-1)
        values = np.take_along_axis(values, order, -1)
        vectors = [np.take_along_axis(v, order[..., None, :], -1) for v in vectors]
    count = values.shape[-1]  # what completes a basis is free altogether
    return [values, *(with_fixed_columns(v[..., :count]) for v in vectors)]


def with_fixed_columns(matrix: np.ndarray) -> np.ndarray:
    """Each column turned so that its largest element is real and positive."""
    if not matrix.size:
        return matrix
    # Of elements that are equally large the first: rounding must not decide.
    place = np.argmax(np.round(np.abs(matrix), 3), axis=-2)[..., None, :]
    largest = np.take_along_axis(matrix, place, axis=-2)
    size = np.abs(largest)
    factor = np.where(size > 0, np.conj(largest) / np.where(size > 0, size, 1), 1)
    return (matrix * factor).astype(matrix.dtype)
