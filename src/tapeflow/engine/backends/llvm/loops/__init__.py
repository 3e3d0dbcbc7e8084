"""Kernels for loop nests: elementwise work, movement, reductions."""
