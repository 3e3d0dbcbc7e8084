"""AutoGraph: early returns."""

from cases.form import Case, bad


def _while_return(tf):
    c = tf.constant

    @tf.function
    def f(n):
        i = c(0)
        while i < 10:
            i = i + n
            if i > 5:
                return i * 100
        return i

    return f(c(1)), f(c(5))


def _while_return2(tf):
    c = tf.constant

    @tf.function
    def f(n):
        i = c(0)
        while i < 10:
            i = i + n
            if i > 5:
                return i * 100

    return f(c(1))


def _for_return(tf):
    c = tf.constant

    @tf.function
    def f(n):
        for i in tf.range(n):
            if i == 3:
                return i
        return -1

    return f(c(10))


def _for_return_static(tf):
    c = tf.constant

    @tf.function
    def f(n):
        for i in tf.range(n):
            return i

    return f(c(10))


def _for_return_static_false(tf):
    c = tf.constant

    @tf.function
    def f(n, flag):
        for i in tf.range(n):
            if flag:
                return i
        return n

    return f(c(10), False), f(c(10), True)


def _while_return_static_false(tf):
    c = tf.constant

    @tf.function
    def f(n, flag):
        while n > 0:
            n = n - 1
            if flag:
                return n * 100
        return n

    return f(c(10), False), f(c(10), True)


def _return_before_loop(tf):
    c = tf.constant

    @tf.function
    def f(n):
        if n > 5:
            return n
        for i in tf.range(n):
            n += i
        return n

    return f(c(10)), f(c(3))


def _ret_for_static(tf):
    c = tf.constant

    @tf.function
    def f(x):
        for i in tf.range(x):
            return (i, {"a": 2.0})

    return f(c(3))


def _ret_for_static_zero(tf):
    c = tf.constant

    @tf.function
    def f(x):
        for i in tf.range(x):
            return i

    return f(c(0))


def _ret_for_static_after(tf):
    c = tf.constant

    @tf.function
    def f(x):
        for i in tf.range(x):
            return i
        return x

    return f(c(3))


def _ret_while_cond(tf):
    c = tf.constant

    @tf.function
    def f(x):
        while x > 0:
            if x == 2:
                return x
            else:
                return x + 1
        return x

    return f(c(3))


def _ret_for_py(tf):
    c = tf.constant

    @tf.function
    def f(x):
        for i in range(3):
            if i == 1:
                return x * i
        return x

    return f(c(3))


def _ret_after_if_nested(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            if x > 5:
                return x
            y = x * 2
        else:
            y = x
        return y

    return f(c(3)), f(c(7)), f(c(-7))


def _ret_multi(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 10:
            return 1
        elif x > 5:
            return 2
        elif x > 0:
            return 3
        else:
            return 4

    return [f(c(k)) for k in (11, 6, 1, -1)]


def _ret_then_code(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 10:
            y = 1
            return y
        y = x
        y += 1
        return y

    return [f(c(k)) for k in (11, 6)]


def _ret_none_explicit(tf):
    c = tf.constant

    @tf.function
    def f(x):
        v.assign(x)
        if x > 10:
            v.assign(0)
            return
        v.assign(5)

    v = tf.Variable(0)
    return f(c(11)), v


def _ret_missing_static(tf):
    c = tf.constant

    @tf.function
    def f(x, k):
        if k:
            return x

    return f(c(1), True), f(c(1), False)


def _try_return(tf):
    c = tf.constant

    @tf.function
    def f(x):
        try:
            if x > 0:
                return x
            else:
                return -x
        except ValueError:
            return x * 100

    return f(c(-3))


CASES = [
    bad("function", _while_return, id="while_return"),
    bad("function", _while_return2, id="while_return2"),
    bad("function", _for_return, id="for_return"),
    Case("function", _for_return_static, id="for_return_static"),
    bad("function", _for_return_static_false, id="for_return_static_false"),
    bad("function", _while_return_static_false, id="while_return_static_false"),
    Case("function", _return_before_loop, id="return_before_loop"),
    Case("function", _ret_for_static, id="ret_for_static"),
    bad("function", _ret_for_static_zero, id="ret_for_static_zero"),
    Case("function", _ret_for_static_after, id="ret_for_static_after"),
    Case("function", _ret_while_cond, id="ret_while_cond"),
    Case("function", _ret_for_py, id="ret_for_py"),
    bad("function", _ret_after_if_nested, id="ret_after_if_nested"),
    Case("function", _ret_multi, id="ret_multi"),
    Case("function", _ret_then_code, id="ret_then_code"),
    bad("function", _ret_none_explicit, id="ret_none_explicit"),
    Case("function", _ret_missing_static, id="ret_missing_static"),
    Case("function", _try_return, id="try_return"),
]
