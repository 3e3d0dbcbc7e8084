"""AutoGraph: `while` loops."""

from cases.form import Case, bad


def _while_break_continue(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        i = 0
        while True:
            i += 1
            if i > n:
                break
            if i % 2 == 0:
                continue
            s += i
        return s

    return f(c(7))


def _while_true_tensor_break(tf):
    c = tf.constant

    @tf.function
    def f(n):
        i = c(0)
        while True:
            i = i + n
            if i > 5:
                break
        return i

    return f(c(1))


def _while_empty_body(tf):
    c = tf.constant

    @tf.function
    def f(n):
        while n < 0:
            pass
        return n

    return f(c(1))


def _while_nonscalar(tf):
    c = tf.constant

    @tf.function
    def f(n):
        while n:
            n = n - 1
        return n

    return f(c([1]))


def _while_int_cond(tf):
    c = tf.constant

    @tf.function
    def f(n):
        while n:
            n = n - 1
        return n

    return f(c(3))


def _while_float_cond(tf):
    c = tf.constant

    @tf.function
    def f(n):
        while n:
            n = n - 1
        return n

    return f(c(3.0))


def _while_double_eval(tf):
    c = tf.constant
    items = [1, 2, 3, 0, 5, 6]
    m = []

    @tf.function
    def f(x):
        while items.pop(0):
            m.append(1)
        return x

    f(c(1))
    return items, m


def _while_not(tf):
    c = tf.constant

    @tf.function
    def f(x):
        done = False
        while not done:
            x -= 1
            done = x < 0
        return x

    return f(c(5))


def _while_not_tensor(tf):
    c = tf.constant

    @tf.function
    def f(x):
        done = c(False)
        while not done:
            x -= 1
            done = x < 0
        return x

    return f(c(5))


def _while_continue(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        while n > 0:
            n -= 1
            if n % 2 == 0:
                continue
            s += n
        return s

    return f(c(7))


CASES = [
    bad("function", _while_break_continue, id="while_break_continue"),
    bad("function", _while_true_tensor_break, id="while_true_tensor_break"),
    Case("function", _while_empty_body, id="while_empty_body"),
    bad("function", _while_nonscalar, id="while_nonscalar"),
    bad("function", _while_int_cond, id="while_int_cond"),
    bad("function", _while_float_cond, id="while_float_cond"),
    Case("function", _while_double_eval, id="while_double_eval"),
    bad("function", _while_not, id="while_not"),
    Case("function", _while_not_tensor, id="while_not_tensor"),
    Case("function", _while_continue, id="while_continue"),
]
