"""Kernels whose addresses come from data, and those that go along an axis in order."""
