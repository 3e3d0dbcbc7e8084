"""Making tensors, and moving their elements: shapes, slices, joins, gathers."""
