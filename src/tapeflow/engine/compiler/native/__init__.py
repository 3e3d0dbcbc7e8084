"""Turns the parts of a graph that code can be generated for into native calls."""
