"""AutoGraph: what is converted, and what is left alone."""

import functools

from cases.form import Case, bad


def ext_cond(v):
    if v > 3:
        return v
    else:
        return -v


def gen_ext(x):
    yield x
    yield x + 1


def rec(x, n):
    if n <= 1:
        return x
    return n * rec(x, n - 1)


def _call_ext(tf):
    c = tf.constant

    @tf.function
    def f(n):
        return ext_cond(n)

    return f(c(3))


def _lambda_inner(tf):
    c = tf.constant

    @tf.function
    def f(x):
        h = lambda v: v if v > 0 else -v
        return h(x)

    return f(c(-3))


def _generator_ext(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return list(gen_ext(x))

    return f(c(-3))


def _try_stmt(tf):
    c = tf.constant

    @tf.function
    def f(x):
        try:
            if x > 0:
                y = x
            else:
                y = -x
            raise KeyError("a")
        except KeyError:
            y = y * 2
        finally:
            z = 1
        return y

    return f(c(-2))


def _with_stmt(tf):
    c = tf.constant

    @tf.function
    def f(x):
        with tf.name_scope("a"):
            if x > 0:
                return x
            return -x

    return f(c(-2))


def _do_not_convert(tf):
    c = tf.constant

    @tf.autograph.experimental.do_not_convert
    def g(x):
        if x > 0:
            return x
        return -x

    @tf.function
    def f(x):
        return g(x)

    return f(c(3))


def _autograph_false(tf):
    c = tf.constant

    @tf.function(autograph=False)
    def f(x):
        if x > 0:
            return x
        return -x

    return f(c(3))


def _autograph_false_call(tf):
    c = tf.constant

    @tf.function(autograph=False)
    def f(x):
        return g(x)

    @tf.function
    def g(x):
        if x > 0:
            return x
        return -x

    return f(c(3))


def _del_var(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = x
        del y
        return y

    return f(c(3))


def _unbound(tf):
    c = tf.constant

    @tf.function
    def f(x, k):
        if k:
            y = x
        return y

    return f(c(3), False)


def _calls(tf):
    c = tf.constant

    class A:
        def __call__(self, x):
            if x > 0:
                return x
            return -x

        @staticmethod
        def s(x):
            if x > 0:
                return x
            return -x

        @classmethod
        def k(cls, x):
            if x > 0:
                return x
            return -x

        @property
        def p(self):
            return 3

    a = A()

    @tf.function
    def f(x):
        return (
            a(x),
            A.s(x),
            a.s(x),
            A.k(x),
            a.k(x),
            a.p,
            functools.partial(a.s, x)(),
            functools.partial(A.s)(x=x),
        )

    return f(c(-2))


def _callable_obj(tf):
    c = tf.constant

    class A:
        def __call__(self, x):
            if x > 0:
                return x
            return -x

    return tf.function(A())(c(-2))


def _tf_partial(tf):
    c = tf.constant

    def g(x, y):
        if x > 0:
            return x + y
        return -x

    return tf.function(functools.partial(g, y=2))(c(-2))


def _ctor(tf):
    c = tf.constant

    class A:
        def __init__(self, x):
            if x > 0:
                self.x = x
            else:
                self.x = -x

    @tf.function
    def f(x):
        return A(x).x

    return f(c(-2))


def _decorated_wraps(tf):
    c = tf.constant

    def deco(fn):
        @functools.wraps(fn)
        def w(*a, **k):
            return fn(*a, **k)

        return w

    @deco
    def g(x):
        if x > 0:
            return x
        return -x

    @tf.function
    def f(x):
        return g(x)

    return f(c(-2))


def _decorated_lru(tf):
    c = tf.constant

    @functools.lru_cache
    def g(x):
        if x > 0:
            return x
        return -x

    @tf.function
    def f(x):
        return (g(3),)

    return f(c(-2))


def _recursion_py(tf):
    c = tf.constant

    @tf.function
    def f(x, n):
        def fact(n):
            if n <= 1:
                return x
            return n * fact(n - 1)

        return fact(n)

    return f(c(1), 5)


def _recursion_ext(tf):
    c = tf.constant

    @tf.function
    def f(x, n):
        return rec(x, n)

    return f(c(1), 5)


def _err_nested_levels(tf):
    c = tf.constant

    def g(x):
        return h(x)

    def h(x):
        if x > 0:
            raise ValueError("deep")
        return x

    @tf.function
    def f(x):
        return g(x)

    return f(c(1))


def _err_nested_functions(tf):
    c = tf.constant

    @tf.function
    def g(x):
        raise ValueError("deep")

    @tf.function
    def f(x):
        return g(x)

    return f(c(1))


def _err_through_lib(tf):
    c = tf.constant

    def g(x):
        raise ValueError("deep")

    @tf.function
    def f(x):
        return functools.reduce(lambda a, b: g(a), [1, 2, 3])

    return f(c(1))


def _err_caught_inside(tf):
    c = tf.constant

    @tf.function
    def f(x):
        def g(x):
            raise KeyError("zz")

        try:
            g(x)
        except KeyError as e:
            return str(e), repr(e), type(e).__name__

    return f(c(1))


def _map_fn_ext(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return tf.map_fn(ext_cond, x)

    return f(c([3, 4, -5]))


def _tograph_bad(tf):
    return tf.autograph.to_graph(len)


def _tograph_tffunction(tf):
    return tf.autograph.to_graph(tf.function(lambda x: x))


def _tograph_method(tf):
    c = tf.constant

    class A:
        def f(self, x):
            if x > 0:
                return x
            return -x

    return tf.autograph.to_graph(A().f)(A(), c(-3))


def _tfconvert(tf):
    c = tf.constant
    i = tf.__internal__.autograph

    def g(x):
        if x > 0:
            return x
        return -x

    h = i.tf_convert(g, i.control_status_ctx())

    @tf.function(autograph=False)
    def f(x):
        return h(x)

    return f(c(-3)), h(c(-2)), h.__name__, h.__wrapped__ is g


def _name_scope_method(tf):
    c = tf.constant

    class M(tf.Module):
        @tf.Module.with_name_scope
        def g(self, x):
            if x > 0:
                return x
            return -x

    m = M()
    return tf.function(lambda x: m.g(x))(c(-3))


CASES = [
    Case("function", _call_ext, id="call_ext"),
    Case("function", _lambda_inner, id="lambda_inner"),
    Case("function", _generator_ext, id="generator_ext"),
    Case("function", _try_stmt, id="try_stmt"),
    Case("function", _with_stmt, id="with_stmt"),
    bad("autograph.experimental.do_not_convert", _do_not_convert, id="do_not_convert"),
    bad("function", _autograph_false, id="autograph_false"),
    Case("function", _autograph_false_call, id="autograph_false_call"),
    bad("function", _del_var, id="del_var"),
    bad("function", _unbound, id="unbound"),
    Case("function", _calls, id="calls"),
    Case("function", _callable_obj, id="callable_obj"),
    Case("function", _tf_partial, id="tf_partial"),
    bad("function", _ctor, id="ctor"),
    Case("function", _decorated_wraps, id="decorated_wraps"),
    Case("function", _decorated_lru, id="decorated_lru"),
    Case("function", _recursion_py, id="recursion_py"),
    Case("function", _recursion_ext, id="recursion_ext"),
    bad("function", _err_nested_levels, id="err_nested_levels"),
    bad("function", _err_nested_functions, id="err_nested_functions"),
    bad("function", _err_through_lib, id="err_through_lib"),
    Case("function", _err_caught_inside, id="err_caught_inside"),
    Case("function", _map_fn_ext, id="map_fn_ext"),
    bad("autograph.to_graph", _tograph_bad, id="tograph_bad"),
    bad("autograph.to_graph", _tograph_tffunction, id="tograph_tffunction"),
    Case("autograph.to_graph", _tograph_method, id="tograph_method"),
    Case("__internal__.autograph.tf_convert", _tfconvert, id="tfconvert"),
    Case("function", _name_scope_method, id="name_scope_method"),
]
