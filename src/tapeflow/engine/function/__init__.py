"""`tf.function`: signatures, the cache of traces, concrete functions, and what explains them."""
