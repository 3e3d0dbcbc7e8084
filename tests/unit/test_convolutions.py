"""Convolutions of arrays that have nothing in a dimension."""

from __future__ import annotations

import numpy as np

import tapeflow as tf


def test_no_output_channels_give_zeros_as_gradient():
    made = tf.nn.conv2d_transpose(tf.zeros([1, 4, 4, 0]), tf.zeros([3, 3, 2, 0]), [1, 4, 4, 2], 1)
    np.testing.assert_array_equal(made, np.zeros([1, 4, 4, 2], np.float32))
