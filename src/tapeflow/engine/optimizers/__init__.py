"""The optimizers of `tf.compat.v1.train`, which work in place on the variables' buffers."""
