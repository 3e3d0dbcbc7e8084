"""The reference backend: what generated code must compute, computed by NumPy."""
