"""AutoGraph: what may be a variable of a loop."""

import numpy as np

from cases.form import Case, bad


def _loop_numpy_state(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = np.zeros(3, np.float32)
        while x > 0:
            y = y + 1
            x -= 1
        return y

    return f(c(3))


def _loop_np64_state(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = np.zeros(3)
        while x > 0:
            y = y + 1
            x -= 1
        return y

    return f(c(3))


def _loop_variable_state(tf):
    c = tf.constant
    v = tf.Variable(1.0)

    @tf.function
    def f(x):
        y = v
        while x > 0:
            y = y + 1
            x -= 1
        return y

    return f(c(3))


def _loop_variable_state2(tf):
    c = tf.constant
    v = tf.Variable(1.0)

    @tf.function
    def f(x):
        y = v
        while x > 0:
            y = v
            x -= 1
        return y

    return f(c(3))


def _loop_ta_undefined(tf):
    c = tf.constant

    @tf.function
    def f(x):
        for i in tf.range(x):
            ta = tf.TensorArray(tf.int32, 2)
            ta = ta.write(0, i)
        return ta.stack()

    return f(c(3))


def _loop_ragged_state(tf):
    c = tf.constant

    @tf.function
    def f(x):
        r = tf.ragged.constant([[1], [2, 3]])
        for i in tf.range(x):
            r = r + i
        return r

    return f(c(3))


def _loop_str(tf):
    c = tf.constant

    @tf.function
    def f(x):
        s = "a"
        for i in tf.range(x):
            s = s + "b"
        return s

    return f(c(3))


def _loop_namedtuple(tf):
    c = tf.constant
    import collections

    P = collections.namedtuple("P", "a b")

    @tf.function
    def f(x):
        p = P(1, 2.0)
        for i in tf.range(x):
            p = P(p.a + i, p.b * 2)
        return p.a, p.b, type(p).__name__

    return f(c(3))


def _loop_dict_new_key(tf):
    c = tf.constant

    @tf.function
    def f(x):
        d = {}
        for i in tf.range(x):
            d["a"] = i
        return d

    return f(c(3))


def _loop_attr_undefined(tf):
    c = tf.constant

    class A:
        pass

    a = A()

    @tf.function
    def f(x):
        for i in tf.range(x):
            a.z = i
        return a.z

    return f(c(3))


def _loop_attr_method(tf):
    c = tf.constant

    class A:
        def __init__(self):
            self.z = 0

        def inc(self, i):
            self.z = self.z + i

    @tf.function
    def f(x):
        a = A()
        for i in tf.range(x):
            a.inc(i)
        return a.z

    return f(c(3))


def _loop_subscript_var(tf):
    c = tf.constant

    @tf.function
    def f(x):
        items = [0, 0]
        for i in tf.range(x):
            items[0] = items[0] + i
            items[1] = items[1] + 1
        return items

    return f(c(3))


def _loop_subscript_dyn(tf):
    c = tf.constant

    @tf.function
    def f(x):
        items = [0, 0]
        for k in range(2):
            for i in tf.range(x):
                items[k] = items[k] + i
        return items

    return f(c(3))


def _loop_int64_range(tf):
    c = tf.constant

    @tf.function
    def f(x):
        n = tf.constant(0, tf.int64)
        for i in tf.range(x, dtype=tf.int64):
            n += i
        return n

    return f(c(10))


def _loop_range_var(tf):
    c = tf.constant

    @tf.function
    def f(x):
        r = tf.range(x)
        n = 0
        for i in r:
            n += i
        for j in r + 1:
            n += j
        return n

    return f(c(4))


def _loop_bool_cond_scalar1(tf):
    c = tf.constant

    @tf.function
    def f(x):
        while x > 0:
            x = x - 1
        return x

    return f(c([3]))


def _loop_eager_cond(tf):
    c = tf.constant
    k = c(3)

    @tf.function
    def f(x):
        n = k
        while n > 0:
            n = n - 1
            x = x + 1
        return x

    return f(c(0))


def _loop_py_loopvar_float_accum(tf):
    c = tf.constant

    @tf.function
    def f(x):
        s = 0.0
        for i in tf.range(x):
            s += tf.cast(i, tf.float32) * 0.5
        return s

    return f(c(4))


def _loop_and_cond(tf):
    c = tf.constant

    @tf.function
    def f(x):
        i = 0
        while i < 10 and x > 0:
            i += 1
            x -= 2
        return i, x

    return f(c(5))


def _loop_pytensor_and(tf):
    c = tf.constant

    @tf.function
    def f(x):
        i = 0
        while i < 3 and x > 0:
            i += 1
            x -= 1
        return i, x

    return f(c(5))


CASES = [
    Case("function", _loop_numpy_state, id="loop_numpy_state"),
    Case("function", _loop_np64_state, id="loop_np64_state"),
    Case("function", _loop_variable_state, id="loop_variable_state"),
    Case("function", _loop_variable_state2, id="loop_variable_state2"),
    bad("function", _loop_ta_undefined, id="loop_ta_undefined"),
    Case("function", _loop_ragged_state, id="loop_ragged_state"),
    Case("function", _loop_str, id="loop_str"),
    Case("function", _loop_namedtuple, id="loop_namedtuple"),
    Case("function", _loop_dict_new_key, id="loop_dict_new_key"),
    Case("function", _loop_attr_undefined, id="loop_attr_undefined"),
    bad("function", _loop_attr_method, id="loop_attr_method"),
    Case("function", _loop_subscript_var, id="loop_subscript_var"),
    Case("function", _loop_subscript_dyn, id="loop_subscript_dyn"),
    Case("function", _loop_int64_range, id="loop_int64_range"),
    Case("function", _loop_range_var, id="loop_range_var"),
    Case("function", _loop_bool_cond_scalar1, id="loop_bool_cond_scalar1"),
    Case("function", _loop_eager_cond, id="loop_eager_cond"),
    Case("function", _loop_py_loopvar_float_accum, id="loop_py_loopvar_float_accum"),
    Case("function", _loop_and_cond, id="loop_and_cond"),
    Case("function", _loop_pytensor_and, id="loop_pytensor_and"),
]
