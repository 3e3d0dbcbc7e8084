"""How far generated functions may be from exact results: tests hold them to it."""

from __future__ import annotations

BOUNDS: dict[str, tuple[float, float]] = {
    "exp": (1.0, 1.0),
    "expm1": (1.6, 2.0),
    "log": (1.0, 1.0),
    "log1p": (1.5, 1.5),
    "tanh": (2.5, 2.5),
}
"""A function -> units in the last place, of float32 and of float64. What is not here is exact or
correctly rounded."""
