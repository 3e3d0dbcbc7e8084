"""AutoGraph: what it converts besides loops: calls, lambdas, structures; its own functions."""

from __future__ import annotations

import collections

import numpy as np

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


@case("function")
def lambdas_are_converted(tf):
    @tf.function
    def f(x):
        g = lambda v: v * 2 if v > 0 else -v
        return g(x) + g(-x)

    return f(tf.constant(3)), f(tf.constant(-5))


@case("function")
def called_functions_are_converted(tf):
    def sign(x):
        if x > 0:
            return 1
        else:
            if x < 0:
                return -1
            else:
                return 0

    class Tools:
        def clip(self, x):
            if x > 10:
                x = tf.constant(10)
            return x

        @staticmethod
        def double(x):
            while x < 100:
                x = x * 2
            return x

    tools = Tools()

    @tf.function
    def f(x):
        return sign(x), tools.clip(x), Tools.double(abs(x) + 1)

    return f(tf.constant(30)), f(tf.constant(-4)), f(tf.constant(0))


@case("function")
def recursive_conversion_is_a_choice(tf):
    def sign(x):
        if x > 0:
            return 1
        return -1

    f = tf.function(lambda x: sign(x))
    return f(tf.constant(4))


@case("autograph.experimental.do_not_convert")
def do_not_convert(tf):
    @tf.autograph.experimental.do_not_convert
    def inner(x):
        return 1 if x.shape.rank == 0 else 2

    @tf.autograph.experimental.do_not_convert
    def bad(x):
        if x > 0:
            return 1
        return 2

    @tf.function
    def f(x):
        return inner(x)

    @tf.function
    def g(x):
        return bad(x)

    return f(tf.constant(1)), raised(lambda: g(tf.constant(1)))


@case("function")
def autograph_off(tf):
    @tf.function(autograph=False)
    def f(x):
        if x > 0:
            return x
        return -x

    @tf.function(autograph=False)
    def g(x):
        for _ in range(3):
            x = x * 2
        return x

    return raised(lambda: f(tf.constant(1))), g(tf.constant(1))


Point = collections.namedtuple("Point", "x y")


@case("function")
def structures_through_branches_and_loops(tf):
    @tf.function
    def f(n):
        p = Point(0, 1)
        d = {"a": tf.constant(0)}
        pair = (tf.constant(1.0), [tf.constant(2)])
        while p.x < n:
            p = Point(p.x + 1, p.y * 2)
            d = {"a": d["a"] + p.y}
            if p.x > 2:
                pair = (pair[0] * 2.0, [pair[1][0] + 1])
        return p, d, pair

    return f(tf.constant(4)), f(tf.constant(0))


@case("function")
def numpy_in_conditions(tf):
    @tf.function
    def f(x):
        if np.float32(1.0) > 0.5:
            x = x + 1
        if np.array([True]).all():
            x = x * 2
        return x

    return f(tf.constant(1))


@case("autograph.to_graph")
def to_graph(tf):
    def f(x):
        if x > 0:
            x = x * x
        else:
            x = -x
        return x

    converted = tf.autograph.to_graph(f)

    @tf.function(autograph=False)
    def g(x):
        return converted(x)

    return g(tf.constant(3)), g(tf.constant(-3)), converted(tf.constant(5)), converted(2)


@case("autograph.to_code")
def to_code(tf):
    def f(x):
        if x > 0:
            x = x * x
        return x

    code = tf.autograph.to_code(f)
    return "def tf__f(x)" in code, "if_stmt" in code, "x * x" in code


@case("autograph.trace")
def trace(tf):
    log = []

    @tf.autograph.experimental.do_not_convert
    def note(*args):
        log.append(len(args))

    @tf.function
    def f(x):
        note(x)
        return x

    f(tf.constant(1))
    return log, callable(tf.autograph.trace)


@case("function")
def autograph_in_eager_mode(tf):
    tf.config.run_functions_eagerly(True)
    try:
        log = []

        @tf.function
        def f(xs):
            total = 0
            for x in xs:
                log.append(int(x))
                if x > 1:
                    total += x
            return total

        return f(tf.constant([1, 2, 3])), log
    finally:
        tf.config.run_functions_eagerly(False)


@case("function")
def experimental_autograph_options(tf):
    feature = tf.autograph.experimental.Feature

    @tf.function(experimental_autograph_options=feature.EQUALITY_OPERATORS)
    def f(x):
        if x == 1:
            return 10
        return 20

    return f(tf.constant(1)), f(tf.constant(2)), sorted(m.name for m in feature)


@case("function")
def deep_recursion_over_structures(tf):
    def total(node):
        if isinstance(node, (list, tuple)):
            return sum(total(n) for n in node)
        return node * 2

    @tf.function
    def f(tree):
        return total(tree)

    one = tf.constant(1)
    return f([one, (one, [one, one])])


@case("function")
def try_and_with_statements(tf):
    log = []

    class Scope:
        def __enter__(self):
            log.append("enter")
            return self

        def __exit__(self, *args):
            log.append("exit")

    @tf.function
    def f(x):
        try:
            with Scope():
                if x > 0:
                    x = x * 2
            raise KeyError("python")
        except KeyError:
            x = x + 1
        finally:
            log.append("finally")
        return x

    return f(tf.constant(2)), f(tf.constant(-2)), log


@case("function")
def errors_keep_their_class(tf):
    class OwnError(Exception):
        pass

    class Loaded(Exception):
        def __init__(self, a, b):
            super().__init__(a + b)

    def fail(kind):
        if kind == 0:
            raise OwnError("own")
        if kind == 1:
            raise Loaded("a", "b")
        if kind == 2:
            return {}["missing"]
        if kind == 3:
            return [1, 2][kind]
        if kind == 4:
            return 1 / 0
        if kind == 5:
            return None.attribute
        if kind == 6:
            raise StopIteration
        return tf.constant(1) + tf.constant(1.0)

    f = tf.function(fail)
    return [raised(lambda k=k: f(k)) for k in range(8)]


@case("function")
def errors_name_the_users_line(tf):
    def inner(x):
        return tf.matmul(x, tf.zeros([3, 3]))

    @tf.function
    def f(x):
        return inner(x)

    try:
        f(tf.zeros([2, 2]))
    except ValueError as error:
        text = str(error)
        return (
            "in user code" in text,
            "function_autograph_calls.py" in text,
            "in inner" in text,
            ("tf.matmul(x, tf.zeros([3, 3]))" in text),
        )


@case("function")
def super_and_class_cells(tf):
    class Base:
        def value(self, x):
            if x > 0:
                return x
            else:
                return x * 0

    class More(Base):
        def value(self, x):
            return super().value(x) + Base.value(self, x) + 1

    more = More()

    @tf.function
    def f(x):
        return more.value(x)

    return f(tf.constant(2)), f(tf.constant(-2))


@case("function")
def starred_calls_and_unpacking(tf):
    def three(a, b, c=0, **more):
        return a * 100 + b * 10 + c + sum(more.values())

    @tf.function
    def f(x):
        args, kwargs = (x, x + 1), {"c": x + 2}
        first, *rest = [x, x + 5, x + 6]
        (a, b), c = (first, rest[0]), rest[1]
        return three(*args, **kwargs), three(a, *rest, d=c), three(a, b)

    return f(tf.constant(1))


@case("function")
def globals_and_defaults(tf):
    @tf.function
    def f(x, k=LIMIT):
        if x > LIMIT:
            return x - k
        else:
            return x + k

    return f(tf.constant(10)), f(tf.constant(1)), f(tf.constant(1), 100)


LIMIT = 5


@case("function")
def walrus_formatted_strings_and_slices(tf):
    seen = []

    @tf.function
    def f(x):
        if (n := x.shape[0]) > 2:
            seen.append(f"{n} rows of {x.dtype.name}")
        a = x[1:, ..., tf.newaxis]
        b = x[tf.shape(x)[0] - 1]
        return a, b, x[-n:]

    return f(tf.constant([1, 2, 3])), seen


@case("function")
def inner_functions_with_loops(tf):
    @tf.function
    def f(x, n):
        def power(y, k):
            out = tf.ones_like(y)
            for _ in tf.range(k):
                out *= y
            return out

        def outer(y):
            def inner():
                return power(y, n) + x

            return inner()

        return outer(x * 2)

    return f(tf.constant(3), tf.constant(2)), f(tf.constant(1), 5)


@case("function")
def delete_and_global_state(tf):
    @tf.function
    def f(x):
        y = x * 2
        if x > 0:
            z = y + 1
            y = z
            del z
        return y

    return f(tf.constant(1)), f(tf.constant(-1))
