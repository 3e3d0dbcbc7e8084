"""Kernels whose addresses come from data."""
