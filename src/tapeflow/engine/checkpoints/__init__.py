"""Checkpoint files: finding them, and reading the tensors in them.

The format is TensorFlow's own (a table of names and a file of bytes). Writing belongs to a later
version.
"""
