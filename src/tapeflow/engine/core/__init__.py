"""What every other layer stands on: dtypes, shapes, type specs, nests, errors, thread state.

Any module of the package may import from here; nothing here imports another layer, and nothing
here knows of tensors, operations or tapes.
"""
