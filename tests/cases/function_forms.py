"""What may be decorated, what may go in and what may come out."""

from __future__ import annotations

import collections
import functools

import numpy as np

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


@case("function")
def methods(tf):
    class Counter:
        def __init__(self, start):
            self.start = start
            self.traces = 0

        @tf.function
        def plus(self, x):
            self.traces += 1
            return self.start + x

    a, b = Counter(1), Counter(10)
    x = tf.constant(5)
    return a.plus(x), a.plus(x), b.plus(x), a.plus(x=x), a.traces, b.traces


@case("function")
def method_of_the_class(tf):
    class Counter:
        start = 3

        @tf.function
        def plus(self, x):
            return self.start + x

    c = Counter()
    return Counter.plus(c, tf.constant(1)), c.plus(tf.constant(2))


@case("function")
def bound_method_is_kept(tf):
    class Counter:
        @tf.function
        def plus(self, x):
            return x + 1

    c = Counter()
    plus = c.plus
    return plus(tf.constant(1)), c.plus is c.plus, plus.experimental_get_tracing_count()


@case("function")
def function_made_from_a_bound_method(tf):
    class Scale:
        def __init__(self, k):
            self.k = k

        def __call__(self, x):
            return x * self.k

        def half(self, x):
            return x * self.k / 2.0

    s = Scale(6.0)
    f, g = tf.function(s), tf.function(s.half)
    return f(tf.constant(2.0)), g(tf.constant(2.0)), g(3.0)


@case("function")
def static_and_class_methods(tf):
    class Tools:
        base = 10

        @staticmethod
        @tf.function
        def double(x):
            return x * 2

        @classmethod
        @tf.function
        def shifted(cls, x):
            return x + cls.base

        @tf.function
        @staticmethod
        def never(x):
            return x

    return (
        Tools.double(tf.constant(3)),
        Tools().double(tf.constant(4)),
        Tools.shifted(tf.constant(1)),
        Tools().shifted(tf.constant(2)),
    )


@case("function")
def property_that_calls(tf):
    class Model(tf.Module):
        def __init__(self):
            self.v = tf.Variable(4.0)

        @property
        @tf.function
        def doubled(self):
            return self.v * 2.0

    m = Model()
    first = m.doubled
    m.v.assign(1.0)
    return first, m.doubled


@case("function")
def inherited_methods(tf):
    class Base:
        @tf.function
        def run(self, x):
            return self.step(x) + 1

        def step(self, x):
            return x

    class Double(Base):
        def step(self, x):
            return x * 2

    class More(Double):
        @tf.function
        def run(self, x):
            return super().run(x) + 100

    x = tf.constant(5)
    base, double, more = Base(), Double(), More()
    return base.run(x), double.run(x), more.run(x)


@case("function")
def methods_of_temporaries(tf):
    class Base:
        @tf.function
        def run(self, x):
            return self.step(x) + 1

        def step(self, x):
            return x

    return raised(lambda: Base().run(tf.constant(1)))


@case("function")
def callable_class_instances(tf):
    class Net(tf.Module):
        def __init__(self):
            self.w = tf.Variable(2.0)

        @tf.function
        def __call__(self, x):
            return self.w * x

    net = Net()
    return net(tf.constant(3.0)), net(x=tf.constant(4.0))


@case("function")
def equal_instances_have_their_own_traces(tf):
    class Same:
        def __init__(self, k):
            self.k = k

        def __eq__(self, other):
            return True

        def __hash__(self):
            return 1

        @tf.function
        def f(self, x):
            return x * self.k

    a, b = Same(2), Same(3)
    return a.f(tf.constant(1)), b.f(tf.constant(1))


@case("function")
def closures(tf):
    def make(k):
        @tf.function
        def f(x):
            return x * k

        return f

    double, triple = make(2.0), make(tf.constant(3.0))
    return double(tf.constant(5.0)), triple(tf.constant(5.0))


@case("function")
def partial_functions(tf):
    def f(x, y, z=0.0):
        return x * 100.0 + y * 10.0 + z

    g = tf.function(functools.partial(f, 1.0))
    h = tf.function(functools.partial(f, z=3.0))
    k = functools.partial(tf.function(f), y=tf.constant(5.0))
    return g(2.0), g(tf.constant(3.0), z=4.0), h(1.0, tf.constant(2.0)), k(tf.constant(7.0))


@case("function")
def partial_of_a_tensor(tf):
    log = []

    def f(x, y):
        log.append(1)
        return x - y

    g = tf.function(functools.partial(f, tf.constant(10.0)))
    return g(tf.constant(1.0)), g(tf.constant(2.0)), len(log)


@case("function")
def lambdas(tf):
    f = tf.function(lambda x, y=3: x * y)
    return f(tf.constant(2)), f(tf.constant(2), 5), f.__name__


@case("function")
def decorators_below_and_above(tf):
    log = []

    def logged(f):
        @functools.wraps(f)
        def wrapper(*args, **kwargs):
            log.append(f.__name__)
            return f(*args, **kwargs)

        return wrapper

    @tf.function
    @logged
    def inner(x):
        if x > 0:
            return x
        return -x

    @logged
    @tf.function
    def outer(x):
        return x + 1

    return (
        inner(tf.constant(-2)),
        inner(tf.constant(3)),
        outer(tf.constant(1)),
        outer(tf.constant(2)),
        log,
    )


@case("function")
def builtin_functions(tf):
    f, g = tf.function(tf.square), tf.function(abs)
    return f(tf.constant(3)), g(tf.constant(-3)), f(x=tf.constant(4))


@case("function")
def numpy_on_constants_inside(tf):
    @tf.function
    def f(x):
        k = np.arange(3, dtype=np.float32)
        return x * k + np.float32(1.0) * np.ones(3, np.float32)

    return f(tf.constant(2.0)), f(tf.constant([1.0, 2.0, 3.0]))


@case("function")
def arguments_of_every_kind(tf):
    @tf.function
    def f(a, b=2, *args, c, d=4, **kwargs):
        total = a + b + c + d
        for v in args:
            total = total + v
        for k in sorted(kwargs):
            total = total * kwargs[k]
        return total

    one = tf.constant(1)
    return (
        f(one, c=3),
        f(one, 20, c=3),
        f(one, 2, 30, 40, c=3, e=2),
        f(one, c=one, z=one + 1, y=3),
        raised(lambda: f(one)),
        raised(lambda: f(c=3)),
    )


@case("function")
def positional_only(tf):
    @tf.function
    def f(a, b, /, c):
        return a * 100 + b * 10 + c

    return f(tf.constant(1), 2, 3), f(1, tf.constant(2), c=3), raised(lambda: f(a=1, b=2, c=3))


@case("function")
def mutable_defaults(tf):
    @tf.function
    def f(x, scales=(1.0, 2.0), options={"shift": 3.0}):
        return x * scales[0] * scales[1] + options["shift"]

    return f(tf.constant(1.0)), f(tf.constant(1.0), (5.0, 1.0)), f(1.0, options={"shift": 0.0})


@case("function")
def keyword_named_like_internals(tf):
    @tf.function
    def f(name, args, kwargs, fn):
        return name + fn * args - kwargs

    one = tf.constant(1)
    return f(name=one, fn=one, args=one, kwargs=one), f(one, one, one, one)


@case("function")
def no_arguments(tf):
    @tf.function
    def f():
        return tf.constant(3) + 4

    return f(), f()


@case("function")
def returns_python_values(tf):
    @tf.function
    def f(x):
        return 1, 2.5, True, "text", None, [x, 3], {"k": x, "n": 4}, b"raw"

    return f(tf.constant(9))


@case("function")
def returns_nothing(tf):
    @tf.function
    def f(x):
        x + 1

    return f(tf.constant(1)), f(2)


@case("function")
def returns_numpy(tf):
    @tf.function
    def f(x):
        return np.array([1, 2]), np.float32(3), x

    return f(tf.constant(1))


@case("function")
def returns_nests(tf):
    Result = collections.namedtuple("Result", "mean parts")

    @tf.function
    def f(x):
        parts = {"low": tf.reduce_min(x), "high": [tf.reduce_max(x)]}
        return Result(tf.reduce_mean(x), parts), (), [], {}

    out = f(tf.constant([1.0, 2.0]))
    return out, type(out[0]).__name__, type(out[0].parts).__name__, out[0].parts["high"]


@case("function")
def kinds_of_containers_are_kept(tf):
    @tf.function
    def f(x):
        return [x], (x,), {"b": x, "a": x}, collections.OrderedDict([("z", x), ("y", x)])

    a, b, c, d = f(tf.constant(1))
    return type(a).__name__, type(b).__name__, type(c).__name__, type(d).__name__, list(c), list(d)


@case("function")
def returns_its_arguments(tf):
    @tf.function
    def f(x, d, n):
        return x, d, n

    x = tf.constant([1, 2])
    out = f(x, {"k": x}, 5)
    return out, out[0] is x


@case("function")
def returns_one_tensor_twice(tf):
    @tf.function
    def f(x):
        y = x + 1
        return y, y, [y]

    a, b, c = f(tf.constant(1))
    return a, b, c


@case("function")
def returns_a_captured_tensor(tf):
    k = tf.constant([1.0, 2.0])

    @tf.function
    def f():
        return k

    return f(), f()


@case("function")
def returns_a_constant_of_each_dtype(tf):
    @tf.function
    def f():
        return [
            tf.constant(v, d)
            for v, d in (
                (1, tf.int8),
                (2, tf.uint16),
                (3, tf.float16),
                (4, tf.bfloat16),
                (5, tf.float64),
                (6, tf.complex64),
                (True, tf.bool),
                ("s", tf.string),
            )
        ]

    return f()


@case("function")
def returns_a_variable(tf):
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def f():
        return v

    out = f()
    return tf.convert_to_tensor(out), isinstance(out, tf.Variable)


@case("function")
def returns_a_variable_in_a_nest(tf):
    v = tf.Variable(1.0)

    @tf.function
    def f(x):
        v.assign_add(x)
        return {"v": v, "x": x}

    out = f(tf.constant(2.0))
    return tf.convert_to_tensor(out["v"]), out["x"], v


@case("function")
def returns_a_function(tf):
    @tf.function
    def f(x):
        return x + 1, lambda y: y * 2

    return raised(lambda: f(tf.constant(1)))


@case("function")
def returns_objects(tf):
    class Thing:
        pass

    @tf.function
    def f(x):
        return Thing()

    return raised(lambda: f(tf.constant(1)))


@case("function")
def returns_dtype_and_shape(tf):
    @tf.function
    def f(x):
        return tf.shape(x), x.shape

    return f(tf.constant([1])), f(tf.constant([[1, 2]]))


@case("function")
def returns_a_set(tf):
    @tf.function
    def f(x):
        return {1, 2}

    return raised(lambda: f(tf.constant([1])))


@case("function")
def returns_a_string_and_bytes(tf):
    @tf.function
    def f():
        return "a", tf.strings.join(["b", tf.constant("c")])

    return f()


@case("function")
def shape_as_python_inside(tf):
    @tf.function
    def f(x):
        rows, columns = x.shape
        return tf.reshape(x, [columns, rows]) * float(rows), x.shape[0] * 2, len(x.shape), x.ndim

    return f(tf.ones([2, 3]))


@case("function")
def static_attributes_of_symbolic_tensors(tf):
    seen = []

    @tf.function
    def f(x):
        seen.append(
            (
                x.dtype,
                x.shape,
                x.shape.rank,
                x.name.split(":")[1],
                x.op.type,
                x.graph is tf.compat.v1.get_default_graph(),
                tf.is_tensor(x),
                isinstance(x, tf.Tensor),
                tf.is_symbolic_tensor(x),
                hasattr(x, "numpy"),
                x.device,
                x.value_index,
            )
        )
        return x

    f(tf.constant([1.0]))
    return seen, tf.is_symbolic_tensor(tf.constant(1))


@case("function")
def symbolic_tensors_hash_by_reference(tf):
    seen = []

    @tf.function
    def f(x):
        y = x + 1
        seen.append(x.ref() == x.ref())
        seen.append(x.ref() == y.ref())
        seen.append(len({x.ref(), y.ref(), x.ref()}))
        seen.append(x.ref().deref() is x)
        seen.append(raised(lambda: hash(x)))
        seen.append(x is y)
        return y

    f(tf.constant(1))
    return seen


@case("function")
def operators_on_symbolic_tensors(tf):
    @tf.function
    def f(x, y):
        return (
            x + y, x - 1, 2 * x, x / y, x // y, x % y, x**2, -x, abs(x), x < y, x >= 2, x == y,
            x != y, x @ tf.transpose(y), x[0], x[..., 1], x[:, ::-1], 1 + x, 7 - x, 8 / x, 9 // x,
        )  # fmt: skip

    return f(tf.constant([[1, 2], [3, 4]]), tf.constant([[5, 2], [1, 4]]))


@case("function")
def bitwise_and_logic_operators(tf):
    @tf.function
    def f(a, b):
        return a & b, a | b, a ^ b, ~a

    t = tf.constant([True, False])
    return f(t, tf.constant([True, True])), f(tf.constant(6), tf.constant(3))
