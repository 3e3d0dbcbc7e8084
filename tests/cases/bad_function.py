"""Mistakes around tf.function, each with the class of its error."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.form import Case

CASES: list[Case] = []


def traced(symbol: str, body: Any, *values: Any, **options: Any) -> None:
    """A function of `tf` and symbolic tensors that must fail when traced or run."""

    def run(tf: Any) -> Any:
        arguments = [tf.constant(v) for v in values]
        return tf.function(lambda *xs: body(tf, *xs), **options)(*arguments)

    CASES.append(Case(symbol, run, bad=True))


def made(symbol: str) -> Any:
    """A program that must fail."""

    def add(run: Any) -> Any:
        CASES.append(Case(symbol, run, bad=True, id=run.__name__))
        return run

    return add


# Symbolic tensors have no values.

OFF = {"autograph": False}
for _body in (
    lambda tf, x: x.numpy(),
    lambda tf, x: np.asarray(x),
    lambda tf, x: np.sum(x),
    lambda tf, x: np.array([x, x]),
    lambda tf, x: x.item(),
    lambda tf, x: x.tolist(),
    lambda tf, x: x.astype("int32"),
    lambda tf, x: bool(x[0]),
    lambda tf, x: not x[0],
    lambda tf, x: x[0] and x[1],
    lambda tf, x: 1.0 if x[0] > 0.0 else 2.0,
    lambda tf, x: list(x),
    lambda tf, x: [v for v in x],  # noqa: C416
    lambda tf, x: sum(x),
    lambda tf, x: len(x[0]),
    lambda tf, x: int(x[0]),
    lambda tf, x: float(x[0]),
    lambda tf, x: complex(x[0]),
    lambda tf, x: range(x[0]),
    lambda tf, x: [1, 2][x[0]],
    lambda tf, x: {x: 1},
    lambda tf, x: x[0] in [1.0, 2.0],
    lambda tf, x: 1.0 in x,
    lambda tf, x: max(x[0], x[1]),
    lambda tf, x: sorted([x[0], x[1]]),
    lambda tf, x: tf.reshape(x, x),
    lambda tf, x: f"{x:.2f}",
    lambda tf, x: x.nothing,
    lambda tf, x: x.attribute.other,
    lambda tf, x: x.assign(1.0),
    lambda tf, x: x("call"),
    lambda tf, x: x["a"],
    lambda tf, x: x[1.5],
    lambda tf, x: x[0, 0],
    lambda tf, x: setattr(x, "shape", [2]),
    lambda tf, x: x.__setitem__(0, 1.0),
    lambda tf, x: memoryview(x),
    lambda tf, x: round(x[0]),
    lambda tf, x: hash(x),
):
    traced("function", _body, [1.0, 2.0], **OFF)


@made("function")
def numpy_of_symbolic_under_autograph(tf):
    @tf.function
    def f(x):
        return x.numpy() + 1

    return f(tf.constant(1))


@made("function")
def iterating_unknown_rank(tf):
    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32)], autograph=False)
    def f(x):
        a, b = x
        return a + b

    return f(tf.zeros([2]))


@made("function")
def unpacking_unknown_length(tf):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def f(x):
        a, b = x
        return a + b

    return f(tf.zeros([2]))


@made("function")
def length_of_unknown_without_autograph(tf):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)], autograph=False)
    def f(x):
        return len(x)

    return f(tf.zeros([2]))


# Symbolic tensors that leave their function.


@made("function")
def leaked_to_a_list(tf):
    leaked = []

    @tf.function
    def f(x):
        leaked.append(x + 1)
        return x

    f(tf.constant(1))
    return leaked[0] + 1


@made("function")
def leaked_to_a_global(tf):
    box = {}

    @tf.function
    def f(x):
        box["x"] = x
        return x

    f(tf.constant(1))
    return tf.identity(box["x"])


@made("function")
def leaked_numpy(tf):
    leaked = []

    @tf.function
    def f(x):
        leaked.append(x)
        return x

    f(tf.constant(1))
    return leaked[0].numpy()


@made("function")
def leaked_into_another_function(tf):
    leaked = []

    @tf.function
    def f(x):
        leaked.append(x + 1)
        return x

    @tf.function
    def g(x):
        return x + leaked[0]

    f(tf.constant(1))
    return g(tf.constant(1))


@made("function")
def leaked_as_an_argument(tf):
    leaked = []

    @tf.function
    def f(x):
        leaked.append(x + 1)
        return x

    f(tf.constant(1))
    return f(leaked[0])


@made("function")
def leaked_to_a_variable_attribute(tf):
    class Model(tf.Module):
        @tf.function
        def __call__(self, x):
            self.last = x * 2
            return x

    m = Model()
    m(tf.constant(1))
    return m.last + 1


@made("function")
def leaked_from_a_branch(tf):
    leaked = []

    @tf.function
    def f(x):
        y = tf.cond(x > 0, lambda: leaked.append(x * 2) or x, lambda: x)
        return y + leaked[0]

    return f(tf.constant(1))


@made("function")
def leaked_from_a_loop(tf):
    leaked = []

    @tf.function
    def f(x):
        def body(i):
            leaked.append(i * 2)
            return (i + 1,)

        tf.while_loop(lambda i: i < x, body, [0])
        return leaked[0]

    return f(tf.constant(3))


@made("function")
def leaked_into_a_tape(tf):
    leaked = []

    @tf.function
    def f(x):
        leaked.append(x * 2.0)
        return x

    f(tf.constant(1.0))
    with tf.GradientTape() as tape:
        tape.watch(leaked[0])
        y = leaked[0] * 2.0
    return y


@made("function")
def generator_keeps_state(tf):
    @tf.function
    def f(xs):
        it = iter(xs)
        return next(it) + next(it)

    return f(tf.constant([1, 2]))


# Branches and loops.

for _body in (
    lambda tf, x: tf.cond(x > 0, lambda: x, lambda: None),
    lambda tf, x: tf.cond(x > 0, lambda: x, lambda: [x]),
    lambda tf, x: tf.cond(x > 0, lambda: x, lambda: (x, x)),
    lambda tf, x: tf.cond(x > 0, lambda: {"a": x}, lambda: {"b": x}),
    lambda tf, x: tf.cond(x > 0, lambda: [x], lambda: (x,)),
    lambda tf, x: tf.cond(x > 0, lambda: x, lambda: 1.5),
    lambda tf, x: tf.cond(x > 0, lambda: x, lambda: "a"),
    lambda tf, x: tf.cond(x > 0, lambda: 1, lambda: 1.0),
    lambda tf, x: tf.cond(x, lambda: 1.0),
    lambda tf, x: tf.cond(True, lambda: 1, lambda: 2),
    lambda tf, x: tf.cond(x > 0, 1, 2),
    lambda tf, x: tf.cond("a", lambda: 1, lambda: 2),
    lambda tf, x: tf.cond(x > 0, lambda y: y, lambda: 2),
    lambda tf, x: tf.cond(x > 0, lambda: object(), lambda: object()),
    lambda tf, x: tf.switch_case(x, [lambda: 1, lambda: 2.0]),
    lambda tf, x: tf.switch_case(x, [lambda: 1, lambda: [2]]),
    lambda tf, x: tf.switch_case(tf.cast(x, tf.float32), [lambda: 1, lambda: 2]),
    lambda tf, x: tf.switch_case(x, []),
    lambda tf, x: tf.switch_case(x, {0: lambda: 1, "a": lambda: 2}),
    lambda tf, x: tf.case([(x > 0, lambda: 1), (x < 0, lambda: 2.0)], default=lambda: 3),
    lambda tf, x: tf.case([(x > 5, lambda: 1)]),
    lambda tf, x: tf.while_loop(lambda i: i < 3, lambda i: (tf.cast(i, tf.float32),), [x]),
    lambda tf, x: tf.while_loop(lambda i: i < 3, lambda i: (i, i), [x]),
    lambda tf, x: tf.while_loop(lambda i: i < 3, lambda i: None, [x]),
    lambda tf, x: tf.while_loop(lambda i: i < 3, lambda i: ([i],), [x]),
    lambda tf, x: tf.while_loop(lambda i: i, lambda i: (i,), [x]),
    lambda tf, x: tf.while_loop(lambda i: True, lambda i: (i,), []),
    lambda tf, x: tf.while_loop(lambda i, j: i < 3, lambda i: (i,), [x]),
    lambda tf, x: tf.while_loop(
        lambda v: tf.size(v) < 3, lambda v: (tf.concat([v, v], 0),), [tf.zeros([1])]
    ),
    lambda tf, x: tf.while_loop(
        lambda i, v: i < 3, lambda i, v: (i + 1, v[None]), (0, tf.zeros([1]))
    ),
    lambda tf, x: tf.while_loop(
        lambda i, v: i < 3,
        lambda i, v: (i + 1, v),
        (0, tf.zeros([2, 2])),
        shape_invariants=(tf.TensorShape([]),),
    ),
    lambda tf, x: tf.while_loop(lambda i: i < 3, lambda i: (i + 1.5,), [x]),
    lambda tf, x: tf.map_fn(lambda v: tf.cast(v, tf.float32), tf.range(3)),
    lambda tf, x: tf.map_fn(lambda v: (v, v), tf.range(3)),
    lambda tf, x: tf.map_fn(lambda v: v, x),
    lambda tf, x: tf.scan(lambda a, b: tf.cast(a, tf.float32), tf.range(3)),
    lambda tf, x: tf.scan(lambda a, b: [a, b], tf.range(3)),
    lambda tf, x: tf.foldl(lambda a, b: tf.cast(a, tf.float32), tf.range(3)),
    lambda tf, x: tf.vectorized_map(lambda p: p[0] + p[1], (tf.zeros([2]), tf.zeros([3]))),
    lambda tf, x: tf.TensorArray(tf.float32, 2).write(0, x),
    lambda tf, x: tf.TensorArray(tf.int32, 2).write(0, x).write(1, [x]),
    lambda tf, x: tf.TensorArray(tf.int32, 2).write(5, x).stack(),
    lambda tf, x: tf.TensorArray(tf.int32, 2, element_shape=[]).read(7),
    lambda tf, x: tf.TensorArray(tf.int32, element_shape=[2]).write(0, x),
):
    traced("function", _body, 1)


@made("function")
def branch_defines_a_variable(tf):
    @tf.function
    def f(x):
        if x > 0:
            y = x
        return y

    return f(tf.constant(1))


@made("function")
def branch_changes_dtype(tf):
    @tf.function
    def f(x):
        y = 0
        if x > 0:
            y = 1.5
        return y

    return f(tf.constant(1))


@made("function")
def branch_changes_structure(tf):
    @tf.function
    def f(x):
        if x > 0:
            y = [x, x]
        else:
            y = [x]
        return y

    return f(tf.constant(1))


@made("function")
def branch_makes_none(tf):
    @tf.function
    def f(x):
        y = x
        if x > 0:
            y = None
        return y

    return f(tf.constant(1))


@made("function")
def branch_returns_sometimes(tf):
    @tf.function  # noqa: RET503
    def f(x):
        if x > 0:
            return x

    return f(tf.constant(1))


@made("function")
def branches_return_other_dtypes(tf):
    @tf.function
    def f(x):
        if x > 0:
            return x
        return 1.5

    return f(tf.constant(1))


@made("function")
def branch_of_objects(tf):
    class Thing:
        pass

    @tf.function
    def f(x):
        if x > 0:
            y = Thing()
        else:
            y = Thing()
        return y.value

    return f(tf.constant(1))


@made("function")
def vector_condition(tf):
    @tf.function
    def f(x):
        if x > 0:
            return x
        else:
            return -x

    return f(tf.constant([1, 2]))


@made("function")
def loop_changes_dtype(tf):
    @tf.function
    def f(n):
        x = 1
        while x < n:
            x = x * 1.5
        return x

    return f(tf.constant(3))


@made("function")
def loop_changes_shape(tf):
    @tf.function
    def f(n):
        x = tf.constant([1])
        for i in tf.range(n):
            x = tf.concat([x, [i]], 0)
        return x

    return f(tf.constant(3))


@made("function")
def loop_changes_structure(tf):
    @tf.function
    def f(n):
        x = (n,)
        for _ in tf.range(n):
            x = (n, n)
        return x

    return f(tf.constant(3))


@made("function")
def loop_over_a_scalar(tf):
    @tf.function
    def f(x):
        for v in x:
            x = v
        return x

    return f(tf.constant(3))


@made("function")
def loop_appends_to_a_list(tf):
    @tf.function
    def f(n):
        out = []
        for i in tf.range(n):
            out.append(i)
        return out

    return f(tf.constant(3))


@made("autograph.experimental.set_loop_options")
def loop_options_of_an_unknown_variable(tf):
    @tf.function
    def f(n):
        v, w = tf.constant([0]), tf.constant([1])
        for i in tf.range(n):
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(w, tf.TensorShape([None]))]
            )
            v = tf.concat([v, [i]], 0)
        return v

    return f(tf.constant(3))
