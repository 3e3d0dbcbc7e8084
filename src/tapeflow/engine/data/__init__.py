"""`tf.data`: pipelines of elements. A `Dataset` describes one; a `Pipeline` runs it."""
