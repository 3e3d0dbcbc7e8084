"""How far generated functions may be from exact results: tests hold them to it."""

from __future__ import annotations

BOUNDS: dict[str, tuple[float, float]] = {
    "exp": (1.3, 1.3),
    "expm1": (1.7, 2.0),
    "log": (1.0, 1.0),
    "log1p": (1.5, 1.5),
    "sin": (1.6, 1.0),
    "cos": (1.6, 1.0),
    "tan": (3.5, 2.5),
    "asin": (2.5, 2.5),
    "acos": (1.5, 1.5),
    "atan": (2.0, 2.0),
    "atan2": (2.0, 2.0),
    "sinh": (2.5, 2.5),
    "cosh": (1.7, 1.7),
    "tanh": (3.0, 3.0),
    "asinh": (2.0, 2.2),
    "acosh": (2.0, 2.2),
    "atanh": (2.2, 2.2),
    "erf": (2.6, 2.2),
    "erfc": (3.9, 3.7),
    "pow": (1.5, 1.5),
}
"""A function -> units in the last place, of float32 and of float64. What is not here is exact or
correctly rounded."""
