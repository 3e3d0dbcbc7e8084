"""Checks of values, shapes and types, and printing."""
