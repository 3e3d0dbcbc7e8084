"""Beside the public API: what Keras and other packages import from inside TensorFlow."""
