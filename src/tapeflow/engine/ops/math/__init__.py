"""Arithmetic, elementwise functions, comparisons, reductions."""
