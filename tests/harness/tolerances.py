"""How far results may be from TensorFlow's, by dtype: the one table there is."""

from __future__ import annotations

# dtype name -> (relative, absolute). Dtypes that are not here must agree exactly.
TOLERANCES: dict[str, tuple[float, float]] = {
    "float64": (1e-10, 1e-12),
    "float32": (1e-5, 1e-6),
    "float16": (2e-3, 1e-3),
    "bfloat16": (1.6e-2, 4e-3),
    "complex128": (1e-10, 1e-12),
    "complex64": (1e-5, 1e-6),
}


def tolerance(
    dtype: str, rtol: float | None = None, atol: float | None = None
) -> tuple[float, float]:
    """The tolerances of a dtype, where given replaced by a case's own."""
    default = TOLERANCES.get(dtype, (0.0, 0.0))
    return (default[0] if rtol is None else rtol, default[1] if atol is None else atol)


# Primitives that TensorFlow itself computes in single precision, whatever the dtype.
PRIMITIVES: dict[str, float] = {
    "CTCBeamSearchDecoder": 1e-5,
    "CTCGreedyDecoder": 1e-5,
    "CTCLoss": 1e-5,
}


def own_tolerance(primitive: str) -> float | None:
    """The relative tolerance of a primitive's results, where it is not that of their dtypes."""
    return PRIMITIVES.get(primitive)
