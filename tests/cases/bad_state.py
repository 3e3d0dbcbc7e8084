"""Bad calls where there is state: variables, tapes, optimizers, random numbers, control flow."""

from cases.form import Case, bad


def kept(act):
    """A case that catches what `act(tf, variable)` raises, and shows the variable afterwards."""

    def run(tf):
        v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
        before = v.value()
        try:
            act(tf, v)
        except Exception as error:
            return type(error).__name__, v, before, v.trainable
        return "nothing was raised", v, before

    return run


def keeps(symbol, act, id=None):
    return Case(symbol, kept(act), id=id)


def used_tape(tf, persistent=False):
    x = tf.constant(2.0)
    with tf.GradientTape(persistent=persistent) as tape:
        tape.watch(x)
        y = x * x
    tape.gradient(y, x)
    return tape, y, x


def second_gradient(tf):
    tape, y, x = used_tape(tf)
    return tape.gradient(y, x)


def jacobian_after_gradient(tf):
    tape, y, x = used_tape(tf)
    return tape.jacobian(y, x)


def entered_twice(tf):
    with tf.GradientTape() as tape:
        with tape:
            pass


def stopped_twice(tf):
    with tf.GradientTape() as tape:
        with tape.stop_recording():
            with tape.stop_recording():
                pass


def stopped_outside(tf):
    tape = tf.GradientTape()
    with tape.stop_recording():
        pass


def gradient_with(make):
    def run(tf):
        x = tf.constant([1.0, 2.0])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        return make(tf, tape, y, x)

    return run


def wrong_output_gradient(tf, tape, y, x):
    return tape.gradient(y, x, output_gradients=tf.ones([3]))


def too_many_output_gradients(tf, tape, y, x):
    return tape.gradient([y], [x], output_gradients=[tf.ones([2]), tf.ones([2])])


def after_an_error(tf):
    """A bad call on the tape leaves it as it was: the gradient still comes."""
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        try:
            y + tf.zeros([3])
        except tf.errors.InvalidArgumentError:
            pass
        y = y * 2.0
    return tape.gradient(y, x)


def custom_gradient_of_wrong_length(tf):
    @tf.custom_gradient
    def f(x, y):
        return x + y, lambda dy: (dy,)

    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = f(x, x)
    return tape.gradient(z, x)


def optimizer_without_gradients(tf):
    optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.1)
    optimizer.apply_gradients([])


def optimizer_with_none(tf):
    optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.1)
    optimizer.apply_gradients([(None, tf.Variable(1.0))])


def optimizer_with_wrong_shape(tf, v):
    tf.compat.v1.train.GradientDescentOptimizer(0.1).apply_gradients([(tf.zeros([3]), v)])


def momentum_with_wrong_shape(tf, v):
    tf.compat.v1.train.MomentumOptimizer(0.1, 0.9).apply_gradients([(tf.zeros([3]), v)])


def adam_with_bad_rows(tf, v):
    slices = tf.IndexedSlices(tf.zeros([1, 2]), tf.constant([5]), tf.constant([2, 2]))
    tf.compat.v1.train.AdamOptimizer(0.1).apply_gradients([(slices, v)])


def minimize_a_tensor(tf):
    tf.compat.v1.train.GradientDescentOptimizer(0.1).minimize(tf.constant(1.0))


def assign_after_read(tf, v):
    v.assign(tf.zeros([5]))


def scatter(method, indices, rows):
    def act(tf, v):
        slices = tf.IndexedSlices(tf.constant(rows), tf.constant(indices))
        getattr(v, method)(slices)

    return act


CASES = [
    # Variables: created wrongly.
    bad("Variable", lambda tf: tf.Variable()),
    bad("Variable", lambda tf: tf.Variable(None)),
    bad("Variable", lambda tf: tf.Variable([[1], [2, 3]])),
    bad("Variable", lambda tf: tf.Variable(1.5, dtype=tf.int32)),
    bad("Variable", lambda tf: tf.Variable([1.0, 2.0], shape=[3])),
    bad("Variable", lambda tf: tf.Variable("a", dtype=tf.float32)),
    bad("Variable", lambda tf: tf.Variable(1.0, dtype="no dtype")),
    bad("Variable", lambda tf: tf.Variable(1.0, constraint=3)),
    bad("Variable", lambda tf: tf.Variable(1.0, synchronization="x")),
    bad("Variable", lambda tf: tf.Variable(1.0, aggregation="x")),
    bad("Variable", lambda tf: hash(tf.Variable(1.0))),
    bad("Variable", lambda tf: bool(tf.Variable([1.0, 2.0]))),
    bad("Variable", lambda tf: float(tf.Variable([1.0, 2.0]))),
    bad("Variable", lambda tf: list(tf.Variable(1.0))),
    bad("Variable", lambda tf: len(tf.Variable(1.0))),
    bad("Variable", lambda tf: tf.Variable([1.0])[3]),
    Case("Variable", lambda tf: tf.Variable([1.0]) + tf.zeros([2, 3])[0]),
    bad("Variable", lambda tf: tf.Variable(1.0) + tf.constant(1)),
    bad("Variable", lambda tf: tf.Variable(1.0).no_such_member),
    bad("Variable", lambda tf: tf.Variable([1.0]).__setitem__(0, 1.0)),
    bad("Variable", lambda tf: tf.Variable([1.0, 2.0]).sparse_read([2])),
    bad("Variable", lambda tf: tf.Variable([1.0, 2.0]).gather_nd([[2]])),
    bad("Variable", lambda tf: tf.Variable(["a"]).assign_add(["b", "c"])),
    bad("Variable", lambda tf: tf.convert_to_tensor(tf.Variable(1.0), tf.int32)),
    # Variables: assigned wrongly; the value stays.
    keeps("Variable.assign", lambda tf, v: v.assign(tf.zeros([3]))),
    keeps("Variable.assign", lambda tf, v: v.assign(1.0)),
    keeps("Variable.assign", lambda tf, v: v.assign([1.0, 2.0])),
    keeps("Variable.assign", lambda tf, v: v.assign(tf.zeros([2, 2], tf.int32))),
    keeps("Variable.assign", lambda tf, v: v.assign([[1, 2], [3]])),
    keeps("Variable.assign", lambda tf, v: v.assign("a")),
    keeps("Variable.assign", lambda tf, v: v.assign(None)),
    keeps("Variable.assign", lambda tf, v: v.assign(tf.zeros([2, 2], tf.float64))),
    keeps("Variable.assign_add", lambda tf, v: v.assign_add(1.0)),
    keeps("Variable.assign_add", lambda tf, v: v.assign_add(tf.zeros([3]))),
    keeps("Variable.assign_add", lambda tf, v: v.assign_add(tf.zeros([2, 2], tf.int32))),
    keeps("Variable.assign_sub", lambda tf, v: v.assign_sub([1.0, 2.0, 3.0])),
    keeps("Variable.assign_sub", lambda tf, v: v.assign_sub("a")),
    keeps("Variable.scatter_update", scatter("scatter_update", [2], [[1.0, 1.0]])),
    keeps("Variable.scatter_update", scatter("scatter_update", [-1], [[1.0, 1.0]])),
    keeps("Variable.scatter_sub", scatter("scatter_sub", [0], [[1, 1]])),
    keeps("Variable.scatter_mul", scatter("scatter_mul", [3], [[1.0, 1.0]])),
    keeps("Variable.scatter_div", scatter("scatter_div", [3], [[1.0, 1.0]])),
    keeps("Variable.scatter_max", scatter("scatter_max", [3], [[1.0, 1.0]])),
    keeps("Variable.scatter_min", scatter("scatter_min", [3], [[1.0, 1.0]])),
    keeps("Variable.scatter_update", lambda tf, v: v.scatter_update(tf.zeros([2, 2]))),
    keeps("Variable.scatter_nd_update", lambda tf, v: v.scatter_nd_update([[2, 0]], [1.0])),
    keeps("Variable.scatter_nd_add", lambda tf, v: v.scatter_nd_add([[0, 0]], [1.0, 2.0])),
    keeps("Variable.scatter_nd_sub", lambda tf, v: v.scatter_nd_sub([[0, 0, 0]], [1.0])),
    keeps("Variable", lambda tf, v: v[0:1].assign([[1.0, 2.0, 3.0]]), "slice-shape"),
    keeps("Variable", lambda tf, v: v[5].assign([1.0, 2.0]), "slice-range"),
    keeps("Variable", lambda tf, v: v[::0].assign([1.0, 2.0]), "slice-stride"),
    keeps("Variable", lambda tf, v: v[0].assign(["a", "b"]), "slice-dtype"),
    keeps("Variable", lambda tf, v: v[0, 0, 0].assign(1.0), "slice-rank"),
    keeps("Variable", lambda tf, v: v.set_shape([3]), "set-shape"),
    keeps("Variable", lambda tf, v: tf.compat.v1.assign(v, tf.zeros([7])), "v1-assign"),
    keeps(
        "Variable", lambda tf, v: tf.compat.v1.scatter_update(v, [9], [[0.0, 0.0]]), "v1-scatter"
    ),
    keeps("compat.v1.train.GradientDescentOptimizer", optimizer_with_wrong_shape),
    keeps("compat.v1.train.MomentumOptimizer", momentum_with_wrong_shape),
    keeps("compat.v1.train.AdamOptimizer", adam_with_bad_rows),
    bad("compat.v1.train.GradientDescentOptimizer", optimizer_without_gradients),
    bad("compat.v1.train.GradientDescentOptimizer", optimizer_with_none),
    bad("compat.v1.train.GradientDescentOptimizer", minimize_a_tensor),
    # Tapes.
    bad("GradientTape", second_gradient, "second-gradient"),
    bad("GradientTape", jacobian_after_gradient, "jacobian-after-gradient"),
    bad("GradientTape", entered_twice, "entered-twice"),
    bad("GradientTape", stopped_twice, "stopped-twice"),
    bad("GradientTape", stopped_outside, "stopped-outside"),
    bad("GradientTape", gradient_with(wrong_output_gradient), "output-gradient-shape"),
    Case("GradientTape", gradient_with(too_many_output_gradients), id="output-gradient-count"),
    bad("GradientTape", gradient_with(lambda tf, t, y, x: t.gradient(None, x)), "target-none"),
    bad("GradientTape", gradient_with(lambda tf, t, y, x: t.gradient(3.0, x)), "target-float"),
    bad("GradientTape", gradient_with(lambda tf, t, y, x: t.gradient(y, "x")), "source-string"),
    bad("GradientTape", gradient_with(lambda tf, t, y, x: t.gradient(y, None)), "source-none"),
    bad(
        "GradientTape",
        gradient_with(lambda tf, t, y, x: t.gradient(y, x, None, "some")),
        "unconnected",
    ),
    bad(
        "GradientTape",
        gradient_with(lambda tf, t, y, x: t.batch_jacobian(y, x)),
        "batch-jacobian-rank",
    ),
    bad("GradientTape", gradient_with(lambda tf, t, y, x: t.jacobian(y)), "jacobian-no-source"),
    bad("GradientTape", lambda tf: tf.GradientTape().watch(3.0), "watch-float"),
    bad("GradientTape", lambda tf: tf.GradientTape().watch("x"), "watch-string"),
    bad("GradientTape", lambda tf: tf.GradientTape(True, True, True), "too-many-arguments"),
    Case("GradientTape", after_an_error, id="after-an-error"),
    bad("custom_gradient", custom_gradient_of_wrong_length),
    bad("gradients", lambda tf: tf.gradients(tf.constant(1.0), tf.constant(1.0))),
    bad("hessians", lambda tf: tf.hessians(tf.constant(1.0), tf.constant(1.0))),
    Case(
        "autodiff.ForwardAccumulator",
        lambda tf: tf.autodiff.ForwardAccumulator(tf.constant(1.0), tf.constant([1.0])),
    ),
    bad(
        "autodiff.ForwardAccumulator",
        lambda tf: tf.autodiff.ForwardAccumulator([tf.constant(1.0)], []),
    ),
    Case(
        "autodiff.ForwardAccumulator",
        lambda tf: tf.autodiff.ForwardAccumulator(tf.constant(1), tf.constant(1)),
    ),
    # Random numbers.
    bad("random.uniform", lambda tf: tf.random.uniform([-1])),
    bad("random.uniform", lambda tf: tf.random.uniform([2], dtype=tf.int32)),
    bad("random.uniform", lambda tf: tf.random.uniform([2], 5, 5, tf.int32)),
    bad("random.uniform", lambda tf: tf.random.uniform([2], dtype=tf.string)),
    bad("random.uniform", lambda tf: tf.random.uniform([None])),
    bad("random.uniform", lambda tf: tf.random.uniform([2**50])),
    bad("random.normal", lambda tf: tf.random.normal([2.5])),
    bad("random.normal", lambda tf: tf.random.normal([2], dtype=tf.int32)),
    bad("random.truncated_normal", lambda tf: tf.random.truncated_normal([-2])),
    bad("random.gamma", lambda tf: tf.random.gamma([2], "a")),
    bad("random.categorical", lambda tf: tf.random.categorical([1.0], 2)),
    bad("random.categorical", lambda tf: tf.random.categorical([[1.0]], -1)),
    bad("random.shuffle", lambda tf: tf.random.shuffle([[1], [2, 3]])),
    bad("random.stateless_uniform", lambda tf: tf.random.stateless_uniform([2], 1)),
    bad("random.stateless_uniform", lambda tf: tf.random.stateless_uniform([2], [1, 2, 3])),
    bad("random.stateless_uniform", lambda tf: tf.random.stateless_uniform([2], [1.0, 2.0])),
    bad("random.stateless_uniform", lambda tf: tf.random.stateless_uniform([-2], [1, 2])),
    bad(
        "random.stateless_normal",
        lambda tf: tf.random.stateless_normal([2], [1, 2], dtype=tf.int32),
    ),
    bad("random.Generator", lambda tf: tf.random.Generator.from_seed(1).normal([-1])),
    bad("random.Generator", lambda tf: tf.random.Generator.from_seed(1, alg="x")),
    bad("random.Generator", lambda tf: tf.random.Generator.from_state([1, 2], "philox")),
    bad("random.Generator", lambda tf: tf.random.Generator()),
    # Control flow and functions of structures.
    bad("cond", lambda tf: tf.cond(tf.constant([True, False]), lambda: 1, lambda: 2)),
    bad("cond", lambda tf: tf.cond(True, 1, lambda: 2)),
    bad("cond", lambda tf: tf.cond(None, lambda: 1, lambda: 2)),
    bad("case", lambda tf: tf.case([(tf.constant(False), lambda: 1)])),
    Case("case", lambda tf: tf.case([(tf.constant(True), lambda: 1)] * 2, exclusive=True)),
    bad("switch_case", lambda tf: tf.switch_case(tf.constant(0), [])),
    bad("switch_case", lambda tf: tf.switch_case("a", [lambda: 1])),
    bad("while_loop", lambda tf: tf.while_loop(1, lambda i: i, [0])),
    bad("while_loop", lambda tf: tf.while_loop(lambda i: i < 1, 2, [0])),
    bad("while_loop", lambda tf: tf.while_loop(lambda i: i < 1, lambda i: (i, i), [0])),
    bad("map_fn", lambda tf: tf.map_fn(lambda x: x, tf.constant(1.0))),
    bad("map_fn", lambda tf: tf.map_fn(lambda x: tf.cast(x, tf.int32), tf.zeros([2]))),
    bad(
        "vectorized_map", lambda tf: tf.vectorized_map(lambda x: x, (tf.zeros([2]), tf.zeros([3])))
    ),
    bad("TensorArray", lambda tf: tf.TensorArray(tf.float32, 2).write(2, 1.0)),
    bad("TensorArray", lambda tf: tf.TensorArray(tf.float32, 2).read(0)),
    bad("TensorArray", lambda tf: tf.TensorArray(tf.float32, 2).write(0, tf.constant(1))),
    bad("TensorArray", lambda tf: tf.TensorArray(tf.float32, 2).unstack(tf.zeros([3]))),
    bad("numpy_function", lambda tf: tf.numpy_function(lambda x: 1 / 0, [1.0], tf.float32)),
    bad("py_function", lambda tf: tf.py_function(lambda x: "a", [1.0], tf.float32)),
    bad("nest.map_structure", lambda tf: tf.nest.map_structure(lambda a, b: a, [1], [1, 2])),
    bad("nest.map_structure", lambda tf: tf.nest.map_structure(3, [1])),
    bad("nest.assert_same_structure", lambda tf: tf.nest.assert_same_structure([1], (1,))),
    bad("nest.assert_same_structure", lambda tf: tf.nest.assert_same_structure({"a": 1}, {"b": 1})),
    bad("nest.pack_sequence_as", lambda tf: tf.nest.pack_sequence_as([1, 2], [1])),
    bad("Module", lambda tf: tf.Module(name="not a name")),
    bad("name_scope", lambda tf: tf.name_scope(3).__enter__()),
    bad("device", lambda tf: tf.device("no device").__enter__()),
    bad(
        "IndexedSlices",
        lambda tf: tf.convert_to_tensor(tf.IndexedSlices(tf.zeros([1]), tf.constant([0]))),
    ),
    bad(
        "IndexedSlices",
        lambda tf: tf.convert_to_tensor(
            tf.IndexedSlices(tf.zeros([1]), tf.constant([5]), tf.constant([2]))
        ),
    ),
    # Assertions.
    bad("debugging.assert_equal", lambda tf: tf.debugging.assert_equal([1, 2], [1, 3])),
    bad("debugging.assert_equal", lambda tf: tf.debugging.assert_equal([1], [1.0, 2.0])),
    bad("debugging.assert_less", lambda tf: tf.debugging.assert_less([1], [1])),
    bad("debugging.assert_positive", lambda tf: tf.debugging.assert_positive([0])),
    bad("debugging.assert_rank", lambda tf: tf.debugging.assert_rank([1], 2)),
    bad("debugging.assert_rank", lambda tf: tf.debugging.assert_rank([1], 1.5)),
    bad("debugging.assert_rank_in", lambda tf: tf.debugging.assert_rank_in([1], [2, 3])),
    bad("debugging.assert_type", lambda tf: tf.debugging.assert_type([1], tf.float32)),
    bad(
        "debugging.assert_shapes",
        lambda tf: tf.debugging.assert_shapes([(tf.zeros([2]), ("N", 3))]),
    ),
    bad("debugging.assert_scalar", lambda tf: tf.debugging.assert_scalar([1])),
    bad("debugging.assert_near", lambda tf: tf.debugging.assert_near([1.0], [1.1])),
    bad("debugging.assert_integer", lambda tf: tf.debugging.assert_integer([1.0])),
    bad("debugging.check_numerics", lambda tf: tf.debugging.check_numerics([float("nan")], "here")),
    bad("debugging.check_numerics", lambda tf: tf.debugging.check_numerics([1], "here")),
    bad("debugging.Assert", lambda tf: tf.debugging.Assert(False, ["why"])),
    bad("ensure_shape", lambda tf: tf.ensure_shape(tf.Variable([1.0]), [2])),
]
