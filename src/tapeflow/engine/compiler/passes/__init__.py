"""Passes: each makes a new graph that computes the same."""
