"""Cases of public names that belong to no family of operations."""

import numpy as np

from cases.form import Case


class Celsius:
    """A type that tensors do not know until it is registered."""

    def __init__(self, degrees):
        self.degrees = degrees


def registered_conversion(tf):
    kind = type("Celsius", (Celsius,), {})

    def to_tensor(value, dtype=None, name=None, as_ref=False):
        if dtype is not None and dtype != tf.float32:
            return NotImplemented
        return tf.constant(value.degrees, tf.float32)

    tf.register_tensor_conversion_function(kind, to_tensor)
    return tf.convert_to_tensor(kind(21.5)), tf.add(kind(1.0), 2.0)


def slices(tf, shape=(3, 2)):
    dense_shape = None if shape is None else tf.constant(shape)
    return tf.IndexedSlices(tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([2, 0]), dense_shape)


def slices_facts(tf):
    s = slices(tf)
    return s, s.dtype, s.shape.as_list(), -s, tf.convert_to_tensor(s), tf.cast(s, tf.float64)


def slices_twice(tf):
    s = tf.IndexedSlices(tf.constant([1.0, 2.0, 4.0]), tf.constant([1, 1, 0]), tf.constant([3]))
    return tf.convert_to_tensor(s), tf.math.add_n([s, s]), tf.clip_by_norm(s, 1.0)


def soft_placement(tf):
    before = tf.config.get_soft_device_placement()
    tf.config.set_soft_device_placement(False)
    inside = tf.config.get_soft_device_placement()
    tf.config.set_soft_device_placement(before)
    return before, inside, tf.config.get_soft_device_placement()


CASES = [
    Case("register_tensor_conversion_function", registered_conversion),
    Case("IndexedSlices", slices_facts),
    Case("IndexedSlices", slices_twice),
    Case("IndexedSlices", lambda tf: slices(tf, None).shape),
    Case("config.set_soft_device_placement", soft_placement),
    Case("Tensor", lambda tf: np.asarray(tf.constant([1, 2])) + 1),
]
