"""AutoGraph: items, assertions, calls with many arguments."""

import numpy as np

from cases.form import Case, bad


def ext_cond(v):
    if v > 3:
        return v
    else:
        return -v


def _comprehension(tf):
    c = tf.constant

    @tf.function
    def f(n):
        return [x + n for x in range(3)]

    return f(c(4))


def _comprehension_tensor(tf):
    c = tf.constant

    @tf.function
    def f(n):
        return [x + 1 for x in n]

    return f(c([4, 5]))


def _iter_tensor(tf):
    c = tf.constant

    @tf.function
    def f(n):
        a, b = n
        return a * b

    return f(c([4, 5]))


def _iter_set(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for x in {1, 2}:
            s += x * n
        return s

    return f(c(2))


def _iter_variable(tf):
    v = tf.Variable([1, 2, 3])

    @tf.function
    def f():
        s = 0
        for x in v:
            s += x
        return s

    return f()


def _iter_numpy(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for x in np.arange(3):
            s += x * n
        return s

    return f(c(2))


def _assert_default(tf):
    c = tf.constant

    @tf.function
    def f(x):
        assert x > 0, "neg"
        return x

    return f(c(1))


def _assert_feature(tf):
    c = tf.constant

    @tf.function(experimental_autograph_options=tf.autograph.experimental.Feature.ASSERT_STATEMENTS)
    def f(x):
        assert x > 0, "neg"
        return x

    return f(c(1)), f(c(-1))


def _assert_feature_nomsg(tf):
    c = tf.constant

    @tf.function(experimental_autograph_options=tf.autograph.experimental.Feature.ASSERT_STATEMENTS)
    def f(x):
        assert x > 0
        return x

    return f(c(1)), f(c(-1))


def _assert_python(tf):
    c = tf.constant

    @tf.function(experimental_autograph_options=tf.autograph.experimental.Feature.ASSERT_STATEMENTS)
    def f(x, k):
        assert k > 0, "neg"
        return x

    return f(c(1), 1), f(c(-1), -1)


def _map_py(tf):
    c = tf.constant

    @tf.function
    def f(n):
        return list(map(lambda v: v + n, [1, 2]))

    return f(c(3))


def _map_py_cond(tf):
    c = tf.constant

    @tf.function
    def f(n):
        def g(v):
            if v > 3:
                return v
            else:
                return -v

        return list(map(g, [n, n + 1]))

    return f(c(3))


def _map_py_external_cond(tf):
    c = tf.constant

    @tf.function
    def f(n):
        return list(map(ext_cond, [n, n + 1]))

    return f(c(3))


def _subscript(tf):
    c = tf.constant

    @tf.function
    def f(x, i):
        return x[i], x[i:]

    return f(c([3, 4]), c(1))


def _set_subscript(tf):
    c = tf.constant

    @tf.function
    def f(x, i):
        x[i] = 3
        return x

    return f(c([3, 4]), c(1))


def _set_subscript_feature(tf):
    c = tf.constant

    @tf.function(experimental_autograph_options=tf.autograph.experimental.Feature.LISTS)
    def f(x, i):
        x[i] = 3
        return x

    return f(c([3, 4]), c(1))


def _lists_ta2(tf):
    c = tf.constant

    @tf.function(experimental_autograph_options=tf.autograph.experimental.Feature.LISTS)
    def f(n):
        items = [n]
        for i in tf.range(n):
            items.append(i)
        return tf.stack(items), items

    return f(c(3))


def _lists_all(tf):
    c = tf.constant

    @tf.function(experimental_autograph_options=tf.autograph.experimental.Feature.ALL)
    def f(n):
        items = [1, 2]
        return items, type(items).__name__

    return f(c(3))


def _kwargs_(tf):
    c = tf.constant

    def g(a, *args, b=1, **kw):
        if a > 0:
            return a + b + sum(args) + kw["z"]
        return a

    @tf.function
    def f(x):
        items = (1, 2)
        d = {"z": 3}
        return g(x, *items, 4, b=5, **d)

    return f(c(2))


def _default_args(tf):
    c = tf.constant
    k = [1]

    def g(x, y=k):
        if x > 0:
            return y[0]
        return 2

    @tf.function
    def f(x):
        return g(x)

    return f(c(2))


def _eval_(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = x + 1
        return eval("y*2")

    return f(c(2))


def _aug(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = x
        y += 1
        y *= 2
        y //= 2
        y **= 2
        y %= 7
        return y, x

    return f(c(2))


def _dict_set_comprehension(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return {k: v * x for k, v in {"a": 1}.items()}, [i for i in range(3) if i % 2 == 0]

    return f(c(2))


def _isinst(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if isinstance(x, tf.Tensor):
            return 1
        return 2

    return f(c(2))


def _assert_eager_const(tf):
    c = tf.constant

    @tf.function
    def f(x):
        assert x.shape[0] == 3, "msg"
        return x

    return f(c([1, 2]))


CASES = [
    Case("function", _comprehension, id="comprehension"),
    bad("function", _comprehension_tensor, id="comprehension_tensor"),
    bad("function", _iter_tensor, id="iter_tensor"),
    Case("function", _iter_set, id="iter_set"),
    Case("function", _iter_variable, id="iter_variable"),
    Case("function", _iter_numpy, id="iter_numpy"),
    bad("function", _assert_default, id="assert_default"),
    bad("autograph.experimental.Feature", _assert_feature, id="assert_feature"),
    bad("autograph.experimental.Feature", _assert_feature_nomsg, id="assert_feature_nomsg"),
    bad("autograph.experimental.Feature", _assert_python, id="assert_python"),
    Case("function", _map_py, id="map_py"),
    Case("function", _map_py_cond, id="map_py_cond"),
    bad("function", _map_py_external_cond, id="map_py_external_cond"),
    Case("function", _subscript, id="subscript"),
    bad("function", _set_subscript, id="set_subscript"),
    Case("autograph.experimental.Feature", _set_subscript_feature, id="set_subscript_feature"),
    bad("autograph.experimental.Feature", _lists_ta2, id="lists_ta2"),
    Case("autograph.experimental.Feature", _lists_all, id="lists_all"),
    Case("function", _kwargs_, id="kwargs_"),
    Case("function", _default_args, id="default_args"),
    Case("function", _eval_, id="eval_"),
    Case("function", _aug, id="aug"),
    Case("function", _dict_set_comprehension, id="dict_set_comprehension"),
    Case("function", _isinst, id="isinst"),
    bad("function", _assert_eager_const, id="assert_eager_const"),
]
