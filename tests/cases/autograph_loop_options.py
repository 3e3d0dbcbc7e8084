"""AutoGraph: `set_loop_options`."""

from cases.form import Case, bad


def _while_maxiter(tf):
    c = tf.constant

    @tf.function
    def f(x):
        n = tf.constant(0)
        while x > 0:
            tf.autograph.experimental.set_loop_options(
                maximum_iterations=3, parallel_iterations=1, swap_memory=True
            )
            x -= 1
            n += 1
        return x, n

    return f(c(7))


def _for_shape_inv(tf):
    c = tf.constant

    @tf.function
    def f(n):
        y = c([1])
        for i in tf.range(n):
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(y, tf.TensorShape([None]))], maximum_iterations=2
            )
            y = tf.concat([y, [i]], 0)
        return y

    return f(c(4))


def _loop_opts_py(tf):
    c = tf.constant

    @tf.function
    def f(n):
        k = 0
        while k < 5:
            tf.autograph.experimental.set_loop_options(maximum_iterations=2)
            k += 1
        return k

    return f(c(5))


def _shape_inv_bad(tf):
    c = tf.constant

    @tf.function
    def f(n):
        y = c([1])
        while n > 0:
            tf.autograph.experimental.set_loop_options(shape_invariants=[(y, tf.TensorShape([2]))])
            y = y + 1
            n -= 1
        return y

    return f(c(3))


def _shape_inv_notloopvar(tf):
    c = tf.constant

    @tf.function
    def f(n):
        y = c([1])
        z = c([1])
        while n > 0:
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(z, tf.TensorShape([None]))]
            )
            y = y + 1
            n -= 1
        return y

    return f(c(3))


def _shape_inv_nest(tf):
    c = tf.constant

    @tf.function
    def f(n):
        y = (c([1]), c(1))
        while n > 0:
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(y, (tf.TensorShape([None]), tf.TensorShape([])))]
            )
            y = (tf.concat([y[0], [1]], 0), y[1])
            n -= 1
        return y

    return f(c(3))


def _shape_inv_elem(tf):
    c = tf.constant

    @tf.function
    def f(n):
        y = (c([1]), c(1))
        a, b = y
        while n > 0:
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(a, tf.TensorShape([None]))]
            )
            a = tf.concat([a, [1]], 0)
            n -= 1
        return a

    return f(c(3))


def _loop_maxiter_tensor(tf):
    c = tf.constant

    @tf.function
    def f(x, m):
        n = 0
        for i in tf.range(x):
            tf.autograph.experimental.set_loop_options(maximum_iterations=m)
            n += 1
        return n

    return f(c(10), c(4))


CASES = [
    Case("autograph.experimental.set_loop_options", _while_maxiter, id="while_maxiter"),
    Case("autograph.experimental.set_loop_options", _for_shape_inv, id="for_shape_inv"),
    Case("autograph.experimental.set_loop_options", _loop_opts_py, id="loop_opts_py"),
    bad("autograph.experimental.set_loop_options", _shape_inv_bad, id="shape_inv_bad"),
    Case(
        "autograph.experimental.set_loop_options", _shape_inv_notloopvar, id="shape_inv_notloopvar"
    ),
    Case("autograph.experimental.set_loop_options", _shape_inv_nest, id="shape_inv_nest"),
    Case("autograph.experimental.set_loop_options", _shape_inv_elem, id="shape_inv_elem"),
    Case("autograph.experimental.set_loop_options", _loop_maxiter_tensor, id="loop_maxiter_tensor"),
]
