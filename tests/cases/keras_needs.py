"""What Keras asks of TensorFlow beyond what programs do: casts of narrow floats, variables that are
none, names inside of `tf.__internal__`."""

from __future__ import annotations

from cases.form import Case

_NARROW = ("float8_e4m3fn", "float8_e5m2", "int4", "uint4")
_WIDE = ("float32", "float16", "bfloat16", "float64", "int32", "uint8", "bool", "complex64")


def narrow_casts(tf):
    """Which casts there are from and to the narrow dtypes."""
    found = {}
    for narrow in _NARROW:
        for wide in (*_WIDE, *_NARROW):
            for source, target in ((narrow, wide), (wide, narrow)):
                try:
                    start = tf.cast(tf.constant([1.0, 2.0]), source)
                except tf.errors.UnimplementedError:
                    start = tf.cast(tf.constant([1, 2]), source)
                try:
                    tf.cast(start, target)
                    found[f"{source}->{target}"] = True
                except tf.errors.UnimplementedError:
                    found[f"{source}->{target}"] = False
    return found


def float8(tf):
    """Rounding, overflow and what comes back."""
    x = tf.constant([1.5, -0.0, 500.0, 1e9, float("nan"), float("inf"), 0.001, 17.3, 19.0, -449.0])
    return [
        tf.cast(tf.cast(tf.cast(x, wide), narrow), tf.float32)
        for narrow in _NARROW[:2]
        for wide in ("float32", "bfloat16", "float16")
    ]


class _Acting:
    """Acts as a variable without being one, as Keras's variables do."""

    _should_act_as_resource_variable = True

    def __init__(self, variable):
        self.variable = variable
        self.shape, self.trainable = variable.shape, True

    @property
    def dtype(self):
        return self.variable.dtype.name  # a string, as Keras has it

    @property
    def handle(self):
        return self.variable.handle

    def __tf_tensor__(self, dtype=None, name=None):
        tensor = self.variable.read_value()
        return tensor if dtype is None or tensor.dtype == dtype else _refused(dtype)


def _refused(dtype):
    raise ValueError(f"dtype {dtype}")


def acting_variable(tf):
    """The tape knows it by its handle; operations read it."""
    acting = _Acting(tf.Variable([1.0, 2.0]))
    with tf.GradientTape(persistent=True) as tape:
        y = tf.reduce_sum(tf.square(acting) * [1.0, 3.0])
        z = tf.concat([acting, [5.0]], 0)
        s = tf.add_n([acting, acting])
    return (
        y,
        tape.gradient(y, acting),
        tape.gradient(y, [acting, acting.variable]),
        tape.gradient(z, acting),
        tape.gradient(s, {"a": acting}),
        [len(tape.watched_variables()), tape.watched_variables()[0] is acting.variable],
    )


def watched_acting_variable(tf):
    acting = _Acting(tf.Variable([1.0, 2.0], trainable=False))
    with tf.GradientTape() as tape:
        tape.watch(acting.variable)
        y = tf.tensordot(acting, acting, 1)
    return tape.gradient(y, acting)


def acting_among_operands(tf):
    acting = _Acting(tf.Variable([1.0, 2.0, 3.0]))
    return (
        tf.add(acting, 1.0),
        tf.constant([1.0, 1.0, 1.0]) + tf.convert_to_tensor(acting),
        tf.where(tf.greater(acting, 1.5), acting, tf.zeros(3)),
        tf.maximum(acting, 2.0),
        tf.reshape(acting, [3, 1]),
        tf.gather(acting, [2, 0]),
        tf.clip_by_value(acting, 1.5, 2.5),
        tf.cond(tf.constant(True), lambda: tf.identity(acting), lambda: tf.zeros(3)),
        tf.Variable(acting),
        tf.Variable([0.0, 0.0, 0.0]).assign(acting),
        tf.Variable([0.0, 0.0, 0.0]).assign_add(acting),
        tf.nn.softmax(acting),
        tf.matmul([[1.0, 0.0, 0.0]], tf.expand_dims(acting, 1)),
        tf.cast(acting, tf.int32),
        tf.shape(acting),
        tf.zeros_like(acting),
        tf.debugging.is_numeric_tensor(tf.convert_to_tensor(acting)),
    )


def acting_as_argument(tf):
    """In places where a number or a tensor of indices is more usual."""
    one = _Acting(tf.Variable(1))
    scale = _Acting(tf.Variable(3.0))
    return (
        tf.scalar_mul(scale, tf.constant([1.0, 2.0])),
        tf.scalar_mul(2.0, _Acting(tf.Variable([1.0, 2.0]))),
        tf.linalg.band_part(tf.ones([3, 3]), one, one),
        tf.where(tf.greater(scale, 1.0), scale, 0.0),
        tf.stack([tf.constant(1.0), scale]),
    )


def sparse_gradients(tf):
    """Rows' gradients stay sparse on their way to the variable, in a function too."""
    table = tf.Variable(tf.ones([3, 2]))

    def kinds():
        found = []
        for read in (
            lambda: table,
            lambda: tf.convert_to_tensor(table),
            lambda: tf.identity(table),
        ):
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(tf.gather(read(), [0, 2]))
            found.append(type(tape.gradient(y, table)).__name__)
        return found

    traced = []
    tf.function(lambda: traced.append(kinds()), autograph=False)()
    return kinds(), traced[0]


def ragged_shape(tf):
    ragged = tf.ragged.constant([[[1, 2]], [[3, 4], [5, 6]]], inner_shape=(2,))
    shape = tf.shape(ragged)
    rows = tf.function(lambda x: tf.shape(x)[0], autograph=False)
    return (
        repr(shape), shape[0], shape[2], shape.rank, shape.inner_rank, shape.inner_shape, shape.dtype.name,
        shape.num_row_partitions, shape.static_lengths(), [shape.is_uniform(i) for i in range(3)],
        rows(ragged), tf.shape(ragged, out_type=tf.int64)[0],
    )  # fmt: skip


def smart_conditions(tf):
    choose = tf.__internal__.smart_cond.smart_cond
    return [
        choose(pred, lambda: "yes", lambda: "no")
        for pred in (True, False, 1, 0, tf.constant(True), tf.constant(False))
    ]


def tracking(tf):
    internal = tf.__internal__.tracking

    class Node(internal.AutoTrackable):
        @internal.no_automatic_dependency_tracking
        def hide(self, value):
            self.hidden = value

    node, below = Node(), Node()
    node.below = below
    node.number = 3
    node.weight = tf.Variable(1.0)
    node.hide(Node())
    node._track_trackable(tf.Variable(2.0), name="extra")
    children = [*node._trackable_children()]
    del node.below
    return (
        children,
        [*node._trackable_children()],
        [isinstance(v, internal.Trackable) for v in (tf.Variable(1.0), tf.Module(), 1, tf.constant(1))],
    )  # fmt: skip


def tracked_twice(tf):
    node = tf.__internal__.tracking.AutoTrackable()
    node._track_trackable(tf.Variable(1.0), name="a")
    node._track_trackable(tf.Variable(2.0), name="a")


CASES = [
    Case("cast", narrow_casts),
    Case("cast", float8),
    Case("GradientTape", acting_variable),
    Case("GradientTape", watched_acting_variable),
    Case("convert_to_tensor", acting_among_operands),
    Case("scalar_mul", acting_as_argument),
    Case("gather", sparse_gradients),
    Case("shape", ragged_shape),
    Case("shape", lambda tf: tf.shape(tf.ragged.constant([[1], []]))[1], bad=True),
    Case("shape", lambda tf: tf.shape(tf.ragged.constant([[1], []]))[2], bad=True),
    Case("cond", smart_conditions),
    Case("cond", lambda tf: tf.__internal__.smart_cond.smart_cond(2, lambda: 1, lambda: 2), bad=True),
    Case("cond", lambda tf: tf.__internal__.smart_cond.smart_cond(True, 1, lambda: 2), bad=True),
    Case("Module", tracking),
    Case("Module", tracked_twice, bad=True),
    Case("is_tensor", lambda tf: [tf.is_tensor(tf.__internal__.types.Tensor()), tf.is_tensor(1)]),
    Case("Variable", lambda tf: isinstance(tf.Variable(1.0), tf.__internal__.types.Tensor)),
    Case("Tensor", lambda tf: isinstance(tf.constant(1.0), tf.__internal__.EagerTensor)),
]  # fmt: skip
