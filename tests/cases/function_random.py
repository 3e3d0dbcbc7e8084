"""Random numbers in functions: TensorFlow's sequences for TensorFlow's seeds."""

from __future__ import annotations

from typing import Any

from cases.form import Case, collect

CASES: list[Case] = []
case = collect(CASES)


def calls(f: Any, count: int = 3, *args: Any) -> list[Any]:
    return [f(*args) for _ in range(count)]


@case("random.set_seed")
def global_seed(tf):
    @tf.function
    def f():
        return tf.random.uniform([2])

    tf.random.set_seed(1)
    first = calls(f)
    tf.random.set_seed(1)
    return first, calls(f)


@case("random.set_seed")
def global_seed_before_the_trace(tf):
    tf.random.set_seed(7)

    @tf.function
    def f():
        return tf.random.normal([2]), tf.random.uniform([1])

    return calls(f), tf.random.uniform([2])


@case("random.set_seed")
def eager_and_function_alternate(tf):
    tf.random.set_seed(1234)

    @tf.function
    def f():
        a = tf.random.uniform([1])
        b = tf.random.uniform([1])
        return a, b

    @tf.function
    def g():
        a = tf.random.uniform([1])
        b = tf.random.uniform([1])
        return a, b

    return f(), g(), tf.random.uniform([1]), f(), g(), tf.random.uniform([1])


@case("random.set_seed")
def op_seeds_in_functions(tf):
    tf.random.set_seed(1234)

    @tf.function
    def foo():
        a = tf.random.uniform([1], seed=1)
        b = tf.random.uniform([1], seed=1)
        return a, b

    @tf.function
    def bar():
        a = tf.random.uniform([1], seed=1)
        b = tf.random.uniform([1], seed=2)
        return a, b

    return foo(), foo(), bar(), bar()


@case("random.set_seed")
def op_seeds_without_a_global_seed(tf):
    @tf.function
    def foo():
        return tf.random.uniform([2], seed=1), tf.random.normal([2], seed=5)

    @tf.function
    def bar():
        return tf.random.uniform([2], seed=1)

    return foo(), foo(), bar(), bar()


@case("random.set_seed")
def retracing_starts_anew(tf):
    tf.random.set_seed(3)

    @tf.function
    def f(x):
        return tf.random.uniform([2]) + x

    return f(tf.constant(0.0)), f(tf.constant(0.0)), f(tf.constant([0.0, 0.0])), f(tf.constant(0.0))


@case("random.set_seed")
def seed_set_between_calls(tf):
    @tf.function
    def f():
        return tf.random.normal([2])

    tf.random.set_seed(1)
    a = f(), f()
    tf.random.set_seed(2)
    b = f(), f()
    tf.random.set_seed(1)
    return a, b, f()


@case("random.set_seed")
def two_objects_of_one_function(tf):
    def f():
        return tf.random.normal([2])

    tf.random.set_seed(5)
    a, b = tf.function(f), tf.function(f)
    return a(), b(), a(), b()


@case("random.set_seed")
def every_distribution(tf):
    tf.random.set_seed(11)

    @tf.function
    def f():
        return (
            tf.random.normal([2], 1.0, 2.0),
            tf.random.truncated_normal([2]),
            tf.random.uniform([3], 0, 100, tf.int32),
            tf.random.uniform([2], -1.0, 1.0, tf.float64),
            tf.random.shuffle(tf.range(5)),
            tf.random.gamma([2], 2.0),
            tf.random.poisson([2], 4.0),
            tf.random.categorical([[0.0, 1.0, 2.0]], 4),
        )

    return f(), f()


@case("random.set_seed")
def positions_of_ops_count(tf):
    tf.random.set_seed(2)

    @tf.function
    def f():
        tf.constant(1.0) + 2.0
        a = tf.random.uniform([1])
        tf.constant([1.0, 2.0]) * 2.0
        b = tf.random.uniform([1])
        return a, b

    return f(), f()


@case("random.set_seed")
def seeds_in_nested_functions(tf):
    tf.random.set_seed(9)

    @tf.function
    def inner():
        return tf.random.uniform([1])

    @tf.function
    def outer():
        return inner(), inner(), tf.random.uniform([1])

    return outer(), outer(), inner()


@case("random.set_seed")
def inner_function_traced_first(tf):
    tf.random.set_seed(9)

    @tf.function
    def inner():
        return tf.random.uniform([1])

    @tf.function
    def outer():
        return inner(), tf.random.uniform([1])

    return inner(), outer(), inner(), outer()


@case("random.set_seed")
def seeds_in_branches(tf):
    tf.random.set_seed(4)

    @tf.function
    def f(p):
        if p:
            y = tf.random.uniform([2])
        else:
            y = tf.random.normal([2])
        return y, tf.random.uniform([1])

    t, u = tf.constant(True), tf.constant(False)
    return f(t), f(u), f(t), f(u)


@case("random.set_seed")
def seeds_in_loops(tf):
    tf.random.set_seed(4)

    @tf.function
    def f(n):
        total = tf.zeros([2])
        for _ in tf.range(n):
            # Side by side, iterations would draw in an order that nobody knows.
            tf.autograph.experimental.set_loop_options(parallel_iterations=1)
            total = total * 10.0 + tf.random.uniform([2])
        return total

    return f(tf.constant(3)), f(tf.constant(2))


@case("random.set_seed")
def seeds_in_python_loops(tf):
    tf.random.set_seed(4)

    @tf.function
    def f():
        return [tf.random.uniform([]) for _ in range(4)]

    return f(), f()


@case("random.set_seed")
def seeds_in_map_and_scan(tf):
    tf.random.set_seed(8)

    @tf.function
    def f():
        return (
            tf.map_fn(lambda x: x + tf.random.uniform([]), tf.zeros([3]), parallel_iterations=1),
            tf.scan(
                lambda a, x: a + x + tf.random.uniform([]), tf.zeros([3]), parallel_iterations=1
            ),
        )

    return f(), f()


@case("random.set_seed")
def set_seed_inside_a_function(tf):
    @tf.function
    def f():
        tf.random.set_seed(3)
        return tf.random.uniform([2])

    a = f(), f()
    tf.random.set_seed(None)
    return a


@case("nn.dropout")
def dropout(tf):
    tf.random.set_seed(3)

    @tf.function
    def f(x):
        return tf.nn.dropout(x, 0.5), tf.nn.dropout(x, 0.3, seed=4)

    x = tf.ones([8])
    return f(x), f(x)


@case("nn.dropout")
def dropout_gradient(tf):
    tf.random.set_seed(3)
    w = tf.Variable(tf.ones([8]))

    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            y = tf.nn.dropout(x * w, 0.5)
        return y, tape.gradient(y, w)

    x = tf.range(8.0)
    return f(x), f(x)


@case("nn.dropout")
def dropout_under_an_outer_tape(tf):
    tf.random.set_seed(3)
    w = tf.Variable(tf.ones([8]))

    @tf.function
    def f(x):
        return tf.nn.dropout(x * w, 0.5)

    out = []
    for _ in range(2):
        with tf.GradientTape() as tape:
            y = f(tf.range(8.0))
        out.append((y, tape.gradient(y, w)))
    return out


@case("random.stateless_uniform")
def stateless(tf):
    @tf.function
    def f(seed):
        return (
            tf.random.stateless_uniform([2], seed),
            tf.random.stateless_normal([2], seed + 1),
            tf.random.split(seed),
            tf.random.fold_in(seed, 3),
            tf.random.stateless_uniform([3], seed, 0, 10, tf.int32),
        )

    s = tf.constant([1, 2])
    return f(s), f(s), f(tf.constant([3, 4]))


@case("random.Generator")
def generators_captured(tf):
    g = tf.random.Generator.from_seed(5)

    @tf.function
    def f():
        return g.normal([2]), g.uniform([1])

    return f(), f(), g.normal([2]), g.state


@case("random.Generator")
def generator_made_on_the_first_call(tf):
    made = []

    @tf.function
    def f():
        if not made:
            made.append(tf.random.Generator.from_seed(1))
        return made[0].normal([2])

    return f(), f()


@case("random.Generator")
def generator_as_argument(tf):
    @tf.function
    def f(g):
        return g.uniform([2])

    a, b = tf.random.Generator.from_seed(1), tf.random.Generator.from_seed(2)
    return f(a), f(b), f(a), f.experimental_get_tracing_count()


@case("random.Generator")
def generator_split_and_skip(tf):
    g = tf.random.Generator.from_seed(5)

    @tf.function
    def f():
        g.skip(10)
        return g.make_seeds(2), g.normal([1])

    return f(), f()


@case("random.uniform")
def shape_from_a_tensor(tf):
    tf.random.set_seed(6)

    @tf.function
    def f(x):
        y = tf.random.uniform(tf.shape(x))
        return y, tf.random.normal([tf.shape(x)[0], 2])

    return f(tf.zeros([2, 2])), f(tf.zeros([2, 2]))


@case("random.set_seed")
def run_eagerly_alike(tf):
    def f():
        return tf.random.uniform([1]), tf.random.uniform([1], seed=3)

    tf.config.run_functions_eagerly(True)
    try:
        tf.random.set_seed(1)
        g = tf.function(f)
        return g(), g()
    finally:
        tf.config.run_functions_eagerly(False)


@case("random.set_seed")
def concrete_functions_keep_their_seeds(tf):
    tf.random.set_seed(1)

    @tf.function
    def f(x):
        return tf.random.uniform([2]) * x

    c = f.get_concrete_function(tf.TensorSpec([], tf.float32))
    one = tf.constant(1.0)
    return c(one), f(one), c(one)


@case("random.set_seed")
def two_traces_of_one_function(tf):
    tf.random.set_seed(1)

    @tf.function
    def f(x, n):
        return tf.random.uniform([2]) * x * n

    one = tf.constant(1.0)
    return f(one, 1.0), f(one, 2.0), f(one, 1.0), f(one, 2.0)


@case("random.set_seed")
def training_with_random_batches(tf):
    tf.random.set_seed(12)
    w = tf.Variable(tf.random.normal([3, 1]))

    @tf.function
    def step():
        x = tf.random.normal([8, 3])
        y = tf.reduce_sum(x, 1, keepdims=True) + 0.1 * tf.random.normal([8, 1])
        with tf.GradientTape() as tape:
            h = tf.nn.dropout(x @ w, 0.1)
            loss = tf.reduce_mean((h - y) ** 2)
        w.assign_sub(0.1 * tape.gradient(loss, w))
        return loss

    return [step() for _ in range(5)], w


@case("random.set_seed")
def weights_drawn_on_the_first_call(tf):
    tf.random.set_seed(21)
    made = []

    @tf.function
    def f(x):
        if not made:
            made.append(tf.Variable(tf.random.uniform([2, 2], -1.0, 1.0)))
            made.append(tf.Variable(tf.random_normal_initializer(seed=3)([2])))
        return x @ made[0] + made[1]

    x = tf.ones([1, 2])
    return f(x), f(x), made
