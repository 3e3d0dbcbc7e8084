"""Convolution in all its forms, with gradients."""

from __future__ import annotations

import numpy as np

from cases.form import Case, bad


def array(*shape, seed=0, dtype=np.float32):
    return np.random.Generator(np.random.PCG64(seed)).uniform(-1, 1, shape).astype(dtype)


def gradients(function, *arrays):
    """The result of a function, and its gradients for all arguments with uneven weights."""

    def run(tf):
        inputs = [tf.constant(a) for a in arrays]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            y = function(tf, *inputs)
            weights = tf.reshape(tf.linspace(0.5, 2.0, int(np.prod(y.shape))), y.shape)
            loss = tf.reduce_sum(tf.square(y) * tf.cast(weights, y.dtype))
        return y, tape.gradient(loss, inputs)

    return run


def second(function, *arrays):
    """The second derivative of the first argument along fixed directions."""

    def run(tf):
        inputs = [tf.constant(a) for a in arrays]
        with tf.GradientTape() as outer:
            outer.watch(inputs)
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                loss = tf.reduce_sum(tf.square(function(tf, *inputs)))
            grads = tape.gradient(loss, inputs)
            total = tf.add_n([tf.reduce_sum(tf.square(g)) for g in grads])
        return outer.gradient(total, inputs)

    return run


X1, W1 = array(2, 7, 3), array(3, 3, 4, seed=1)
X2, W2 = array(2, 6, 5, 3), array(3, 2, 3, 4, seed=1)
X3, W3 = array(1, 4, 5, 4, 2), array(2, 3, 2, 2, 3, seed=1)
WD = array(3, 2, 3, 2, seed=2)
SQUARE = array(2, 2, 3, 2, seed=2)  # as wide as high
XT, WT = array(1, 3, 3, 4, seed=3), array(3, 3, 2, 4, seed=4)
EXPLICIT = [[0, 0], [2, 1], [0, 1], [0, 0]]
ONE = [1, 1, 1, 1]

CONV2D = {
    "same": {"strides": 1, "padding": "SAME"},
    "valid": {"strides": 1, "padding": "VALID"},
    "stride": {"strides": 2, "padding": "SAME"},
    "uneven": {"strides": [1, 2, 1, 1], "padding": "VALID"},
    "pair": {"strides": [2, 1], "padding": "SAME"},
    "explicit": {"strides": 1, "padding": EXPLICIT},
    "explicit-stride": {"strides": [2, 3], "padding": EXPLICIT},
}

CASES = [
    *(
        Case(
            "nn.conv2d",
            gradients(lambda tf, x, w, kw=kw: tf.nn.conv2d(x, w, **kw), X2, W2),
            id=name,
            rtol=1e-4,
            atol=1e-5,
        )
        for name, kw in CONV2D.items()
    ),
    Case("nn.conv2d", second(lambda tf, x, w: tf.nn.conv2d(x, w, 2, "SAME"), X2, W2), rtol=1e-4),
    Case("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, 1, "SAME", dilations=2), atol=1e-5),
    Case("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, 1, "VALID", dilations=[2, 1]), atol=1e-5),
    Case(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(array(1, 5, 5, 4), array(3, 3, 2, 6), 1, "SAME"),
        atol=1e-5,
    ),
    Case(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(array(2, 3, 5, 5, 4), array(3, 3, 4, 2), 1, "SAME"),
        atol=1e-5,
    ),
    Case("nn.conv2d", lambda tf: tf.nn.conv2d(array(0, 5, 5, 4), array(3, 3, 4, 2), 1, "SAME")),
    Case("nn.conv2d", lambda tf: tf.nn.conv2d(X2.astype("f8"), W2.astype("f8"), 1, "SAME")),
    Case("nn.conv2d", lambda tf: tf.nn.conv2d(array(1, 2, 2, 1), array(3, 3, 1, 1), 1, "VALID")),
    Case(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(
            tf.cast(np.arange(16).reshape(1, 4, 4, 1), tf.int32),
            tf.cast(np.arange(4).reshape(2, 2, 1, 1), tf.int32),
            1,
            "SAME",
        ),
    ),
    Case("nn.conv1d", gradients(lambda tf, x, w: tf.nn.conv1d(x, w, 1, "SAME"), X1, W1), rtol=1e-4),
    Case(
        "nn.conv1d", gradients(lambda tf, x, w: tf.nn.conv1d(x, w, [2], "VALID"), X1, W1), rtol=1e-4
    ),
    Case("nn.conv1d", lambda tf: tf.nn.conv1d(X1, W1, 1, "SAME", dilations=2), atol=1e-5),
    Case("nn.conv1d", lambda tf: tf.nn.conv1d(X1, W1, [1, 3, 1], "SAME"), atol=1e-5),
    Case("nn.conv1d", lambda tf: tf.nn.conv1d(array(2, 3, 7, 3), W1, 1, "VALID"), atol=1e-5),
    Case(
        "nn.conv3d",
        gradients(lambda tf, x, w: tf.nn.conv3d(x, w, [1] * 5, "SAME"), X3, W3),
        rtol=1e-4,
        atol=1e-5,
    ),
    Case(
        "nn.conv3d",
        gradients(lambda tf, x, w: tf.nn.conv3d(x, w, [1, 2, 2, 1, 1], "VALID"), X3, W3),
        rtol=1e-4,
        atol=1e-5,
    ),
    Case(
        "nn.conv3d",
        second(lambda tf, x, w: tf.nn.conv3d(x, w, [1] * 5, "VALID"), X3, W3),
        rtol=1e-3,
    ),
    *(
        Case(
            "nn.depthwise_conv2d",
            gradients(lambda tf, x, w, s=s, p=p: tf.nn.depthwise_conv2d(x, w, s, p), X2, SQUARE),
            rtol=1e-4,
            atol=1e-5,
        )
        for s, p in (
            (ONE, "SAME"),
            (ONE, "VALID"),
            ([1, 2, 2, 1], "SAME"),
            (ONE, EXPLICIT[:1] + [[1, 1], [0, 1], [0, 0]]),
        )
    ),
    Case(
        "nn.depthwise_conv2d",
        second(lambda tf, x, w: tf.nn.depthwise_conv2d(x, w, ONE, "SAME"), X2, SQUARE),
        rtol=1e-3,
    ),
    Case(
        "nn.depthwise_conv2d",
        lambda tf: tf.nn.depthwise_conv2d(X2, WD, ONE, "SAME", dilations=[2, 2]),
        atol=1e-5,
    ),
    Case(
        "nn.depthwise_conv2d",
        lambda tf: tf.nn.depthwise_conv2d(X2, WD, ONE, "VALID", dilations=[1, 2]),
        atol=1e-5,
    ),
    Case(
        "nn.depthwise_conv2d",
        lambda tf: tf.nn.depthwise_conv2d(
            array(1, 6, 6, 3), WD, [1, 2, 2, 1], "SAME", dilations=[2, 2]
        ),
        atol=1e-5,
    ),
    Case(
        "nn.depthwise_conv2d_backprop_input",
        lambda tf: tf.nn.depthwise_conv2d_backprop_input(
            [2, 6, 5, 3], SQUARE, array(2, 6, 5, 6), ONE, "SAME"
        ),
        atol=1e-5,
    ),
    Case(
        "nn.depthwise_conv2d_backprop_filter",
        lambda tf: tf.nn.depthwise_conv2d_backprop_filter(
            X2, [2, 2, 3, 2], array(2, 6, 5, 6), ONE, "SAME"
        ),
        atol=1e-5,
    ),
    Case(
        "nn.separable_conv2d",
        gradients(
            lambda tf, x, d, p: tf.nn.separable_conv2d(x, d, p, ONE, "SAME"),
            X2,
            SQUARE,
            array(1, 1, 6, 4),
        ),
        rtol=1e-4,
        atol=1e-5,
    ),
    Case(
        "nn.separable_conv2d",
        lambda tf: tf.nn.separable_conv2d(
            X2, WD, array(1, 1, 6, 4), ONE, "VALID", dilations=[1, 2]
        ),
        atol=1e-5,
    ),
    *(
        Case(
            "nn.conv2d_transpose",
            gradients(
                lambda tf, y, w, o=o, s=s, p=p: tf.nn.conv2d_transpose(y, w, o, s, p), XT, WT
            ),
            rtol=1e-4,
            atol=1e-5,
        )
        for o, s, p in (
            ([1, 6, 6, 2], 2, "SAME"),
            ([1, 3, 3, 2], 1, "SAME"),
            ([1, 5, 5, 2], 1, "VALID"),
            ([1, 8, 8, 2], 2, "VALID"),
            ([1, 5, 6, 2], [2, 2], "SAME"),
            ([1, 3, 4, 2], 1, [[0, 0], [1, 1], [0, 1], [0, 0]]),
        )
    ),
    Case(
        "nn.conv2d_transpose",
        second(lambda tf, y, w: tf.nn.conv2d_transpose(y, w, [1, 6, 6, 2], 2), XT, WT),
        rtol=1e-3,
    ),
    Case(
        "nn.conv2d_transpose",
        lambda tf: tf.nn.conv2d_transpose(XT, WT, tf.constant([1, 6, 6, 2]), [1, 2, 2, 1]),
        atol=1e-5,
    ),
    Case("nn.conv2d_transpose", lambda tf: tf.nn.conv2d_transpose(XT, WT, [6, 6], 2), atol=1e-5),
    Case(
        "nn.conv1d_transpose",
        gradients(
            lambda tf, y, w: tf.nn.conv1d_transpose(y, w, [1, 6, 2], 2),
            array(1, 3, 4),
            array(3, 2, 4),
        ),
        rtol=1e-4,
    ),
    Case(
        "nn.conv1d_transpose",
        lambda tf: tf.nn.conv1d_transpose(array(1, 3, 4), array(3, 2, 4), [1, 7, 2], 2, "VALID"),
        atol=1e-5,
    ),
    Case(
        "nn.conv3d_transpose",
        gradients(
            lambda tf, y, w: tf.nn.conv3d_transpose(y, w, [1, 4, 4, 4, 2], 2),
            array(1, 2, 2, 2, 3),
            array(3, 3, 3, 2, 3),
        ),
        rtol=1e-4,
        atol=1e-5,
    ),
    Case("nn.conv_transpose", lambda tf: tf.nn.conv_transpose(XT, WT, [1, 6, 6, 2], 2), atol=1e-5),
    Case(
        "nn.conv_transpose",
        lambda tf: tf.nn.conv_transpose(array(1, 3, 4), array(3, 2, 4), tf.constant([1, 6, 2]), 2),
        atol=1e-5,
    ),
    Case("nn.atrous_conv2d", lambda tf: tf.nn.atrous_conv2d(X2, W2, 2, "SAME"), atol=1e-5),
    Case("nn.atrous_conv2d", lambda tf: tf.nn.atrous_conv2d(X2, W2, 2, "VALID"), atol=1e-5),
    Case(
        "nn.atrous_conv2d_transpose",
        lambda tf: tf.nn.atrous_conv2d_transpose(XT, WT, [1, 7, 7, 2], 2, "VALID"),
        atol=1e-5,
    ),
    Case(
        "nn.atrous_conv2d_transpose",
        lambda tf: tf.nn.atrous_conv2d_transpose(XT, WT, [1, 3, 3, 2], 2, "SAME"),
        atol=1e-5,
    ),
    *(
        Case("nn.convolution", lambda tf, x=x, w=w: tf.nn.convolution(x, w), atol=1e-5)
        for x, w in ((X1, W1), (X2, W2), (X3, W3))
    ),
    Case(
        "nn.convolution", lambda tf: tf.nn.convolution(X2, W2, strides=2, padding="SAME"), atol=1e-5
    ),
    Case(
        "nn.convolution",
        lambda tf: tf.nn.convolution(X2, W2, dilations=2, padding="SAME"),
        atol=1e-5,
    ),
    Case("nn.convolution", lambda tf: tf.nn.convolution(X2, W2, dilations=[2, 1]), atol=1e-5),
    Case("nn.convolution", lambda tf: tf.nn.convolution(X1, W1, dilations=2), atol=1e-5),
    Case(
        "nn.convolution",
        lambda tf: tf.nn.convolution(array(2, 3, 5, 5, 4), array(3, 3, 4, 2)),
        atol=1e-5,
    ),
    Case(
        "compat.v1.nn.convolution",
        lambda tf: tf.compat.v1.nn.convolution(X2, W2, "SAME", strides=[2, 2]),
        atol=1e-5,
    ),
    Case(
        "compat.v1.nn.conv2d_transpose",
        lambda tf: tf.compat.v1.nn.conv2d_transpose(XT, WT, [1, 6, 6, 2], [1, 2, 2, 1]),
        atol=1e-5,
    ),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(tf.ones([1, 4, 4, 3]), tf.ones([3, 3, 2, 1]), 1, "VALID"),
    ),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(tf.ones([1, 4, 4, 4]), tf.ones([3, 3, 2, 5]), 1, "VALID"),
    ),
    bad(
        "nn.conv2d", lambda tf: tf.nn.conv2d(tf.ones([4, 4, 4]), tf.ones([3, 3, 4, 6]), 1, "VALID")
    ),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, [2, 1, 1, 1], "VALID")),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, 0, "VALID")),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, [1, 1, 1], "VALID")),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, 1, "VALID", dilations=0)),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, 1, "FOO")),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, 1, None)),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, 1, [[0, 0], [-1, 0], [0, 0], [0, 0]])),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, 1, [[1, 0], [0, 0], [0, 0], [0, 0]])),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, 1, [[0, 0], [0, 0]])),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, 1, "EXPLICIT")),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(X2, W2, 1, "SAME", "NWHC")),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(tf.constant(X2), tf.ones([3, 3, 3, 6], tf.float64), 1, "SAME"),
    ),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(tf.ones([1, 4, 4, 0]), tf.ones([3, 3, 0, 6]), 1, "SAME"),
    ),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(tf.ones([1, 0, 4, 4]), tf.ones([3, 3, 4, 2]), 1, "VALID"),
    ),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(tf.ones([1, 4, 4, 4]), tf.ones([0, 3, 4, 2]), 1, "VALID"),
    ),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(
            tf.ones([1, 4, 4, 4], tf.bool), tf.ones([3, 3, 4, 2], tf.bool), 1, "VALID"
        ),
    ),
    bad("nn.conv1d", lambda tf: tf.nn.conv1d(X1, W1, [1, 2], "SAME")),
    bad("nn.conv1d", lambda tf: tf.nn.conv1d(X1, W1, 1, "SAME", "FOO")),
    bad("nn.conv1d", lambda tf: tf.nn.conv1d(X1, array(3, 2), 1, "SAME")),
    bad("nn.conv3d", lambda tf: tf.nn.conv3d(X3, W3, 1, "SAME")),
    bad("nn.conv3d", lambda tf: tf.nn.conv3d(X3, W3, [2, 1, 1, 1, 1], "SAME")),
    bad("nn.conv3d", lambda tf: tf.nn.conv3d(X3, W3, [1] * 4, "SAME")),
    bad("nn.conv3d", lambda tf: tf.nn.conv3d(X3, W3, [1] * 5, "VALID", dilations=1)),
    bad("nn.depthwise_conv2d", lambda tf: tf.nn.depthwise_conv2d(X2, WD, 1, "SAME")),
    bad("nn.depthwise_conv2d", lambda tf: tf.nn.depthwise_conv2d(X2, WD, [1, 2, 1, 1], "SAME")),
    bad(
        "nn.depthwise_conv2d", lambda tf: tf.nn.depthwise_conv2d(X2, array(3, 3, 2, 2), ONE, "SAME")
    ),
    bad(
        "nn.depthwise_conv2d",
        lambda tf: tf.nn.depthwise_conv2d(X2, WD, ONE, "SAME", dilations=[0, 1]),
    ),
    bad("nn.depthwise_conv2d", lambda tf: tf.nn.depthwise_conv2d(X2, WD, ONE, "SAME", dilations=2)),
    bad(
        "nn.separable_conv2d",
        lambda tf: tf.nn.separable_conv2d(X2, WD, array(1, 1, 3, 5), ONE, "SAME"),
    ),
    bad(
        "nn.separable_conv2d",
        lambda tf: tf.nn.separable_conv2d(X2, WD, array(2, 1, 6, 5), ONE, "SAME"),
    ),
    bad("nn.conv2d_transpose", lambda tf: tf.nn.conv2d_transpose(XT, WT, [1, 9, 9, 2], 2)),
    bad(
        "nn.conv2d_transpose",
        lambda tf: tf.nn.conv2d_transpose(XT, array(3, 3, 2, 3), [1, 6, 6, 2], 2),
    ),
    bad("nn.conv2d_transpose", lambda tf: tf.nn.conv2d_transpose(XT, WT, [1.0, 6, 6, 2], 2)),
    bad("nn.conv2d_transpose", lambda tf: tf.nn.conv2d_transpose(XT, WT, [2, 6, 6, 2], 2)),
    bad("nn.conv2d_transpose", lambda tf: tf.nn.conv2d_transpose(XT, WT, [1, -6, 6, 2], 2)),
    bad("nn.conv_transpose", lambda tf: tf.nn.conv_transpose(array(1, 3), array(2, 3), [1, 2], 2)),
    bad("nn.atrous_conv2d", lambda tf: tf.nn.atrous_conv2d(X2, W2, 0, "SAME")),
    bad(
        "nn.atrous_conv2d_transpose",
        lambda tf: tf.nn.atrous_conv2d_transpose(XT, WT, [1, 7, 7, 2], 0, "VALID"),
    ),
    bad(
        "nn.atrous_conv2d_transpose",
        lambda tf: tf.nn.atrous_conv2d_transpose(XT, WT, [1, 7, 7, 2], 2, "X"),
    ),
    bad("nn.convolution", lambda tf: tf.nn.convolution(X2, W2, strides=2, dilations=2)),
    bad("nn.convolution", lambda tf: tf.nn.convolution(array(3, 4), array(4, 2))),
    bad("nn.convolution", lambda tf: tf.nn.convolution(X2, W2, padding="X")),
    bad("nn.convolution", lambda tf: tf.nn.convolution(X2, W2, padding=EXPLICIT)),
]
