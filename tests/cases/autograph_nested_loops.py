"""AutoGraph: loops in loops, with branches and gradients."""

from cases.form import Case, bad


def _nested_loops_break(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in tf.range(n):
            j = 0
            while True:
                if j > i:
                    break
                j += 1
                s += 1
        return s

    return f(c(3))


def _gradient_through(tf):
    c = tf.constant

    @tf.function
    def f(x):
        with tf.GradientTape() as t:
            t.watch(x)
            y = x
            for i in tf.range(3):
                if y > 1:
                    y = y * x
                else:
                    y = y + x
        return t.gradient(y, x)

    return f(c(1.5)), f(c(0.2))


def _nested_break(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in tf.range(n):
            for j in tf.range(n):
                if j > i:
                    break
                s += 1
            if s > 7:
                break
        return s, i

    return f(c(5))


def _break_in_else(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in tf.range(n):
            if i < 3:
                s += i
            else:
                break
        return s

    return f(c(5))


def _mixed_break_return(tf):
    c = tf.constant

    @tf.function
    def f(n):
        found = False
        for i in tf.range(n):
            if i * i > n:
                found = True
                break
        return found, i

    return f(c(10))


def _fib(tf):
    c = tf.constant

    @tf.function
    def f(n):
        a, b = 0, 1
        for _ in tf.range(n):
            a, b = b, a + b
        return a

    return f(c(10))


def _collatz(tf):
    c = tf.constant

    @tf.function
    def f(n):
        k = 0
        while n != 1:
            if n % 2 == 0:
                n = n // 2
            else:
                n = 3 * n + 1
            k += 1
        return k

    return f(c(27))


def _with_loop(tf):
    c = tf.constant

    @tf.function
    def f(n):
        with tf.GradientTape() as t:
            t.watch(n)
            s = n
            for i in tf.range(3):
                with tf.name_scope("z"):
                    s = s * n
        return t.gradient(s, n)

    return f(c(2.0))


def _list_for_tensors(tf):
    c = tf.constant

    @tf.function
    def f(x):
        s = 0
        for t_ in tf.unstack(x):
            s += t_
        for k in range(len(x)):
            s += x[k]
        for k in range(x.shape[0]):
            s += x[k]
        return s

    return f(c([1, 2, 3]))


def _pyloop_extra(tf):
    c = tf.constant

    @tf.function
    def f(x):
        out = []
        for i in range(5):
            if i == 3:
                break
            if i == 1:
                continue
            out.append(x * i)
        return out

    return f(c(2))


CASES = [
    bad("function", _nested_loops_break, id="nested_loops_break"),
    Case("function", _gradient_through, id="gradient_through"),
    Case("function", _nested_break, id="nested_break"),
    Case("function", _break_in_else, id="break_in_else"),
    Case("function", _mixed_break_return, id="mixed_break_return"),
    Case("function", _fib, id="fib"),
    Case("function", _collatz, id="collatz"),
    Case("function", _with_loop, id="with_loop"),
    Case("function", _list_for_tensors, id="list_for_tensors"),
    Case("function", _pyloop_extra, id="pyloop_extra"),
]
