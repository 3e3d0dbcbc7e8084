"""Branches, loops, maps and calls of Python functions.

In eager mode they are Python; gradients come from the operations that the bodies run.
"""
