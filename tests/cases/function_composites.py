"""Sparse and ragged tensors, slices and other composites into and out of functions."""

from __future__ import annotations

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


def sparse(tf, n=2):
    return tf.SparseTensor([[0, 1], [1, 0]], [float(n), 2.0], [2, 3])


@case("SparseTensor")
def sparse_in_and_out(tf):
    log = []

    @tf.function
    def f(s):
        log.append(s.shape)
        return s * 2.0, tf.sparse.to_dense(s), s.dense_shape, s.values

    return f(sparse(tf)), f(sparse(tf, 5)), log


@case("SparseTensor")
def sparse_made_inside(tf):
    @tf.function
    def f(x):
        s = tf.sparse.from_dense(x)
        t = tf.SparseTensor([[0, 0]], x[0, :1], [2, 2])
        return s, tf.sparse.add(s, t)

    return f(tf.constant([[1.0, 0.0], [0.0, 3.0]])), f(tf.constant([[0.0, 0.0], [7.0, 0.0]]))


@case("SparseTensor")
def sparse_gradient(tf):
    w = tf.Variable([[1.0], [2.0], [3.0]])

    @tf.function
    def f(s):
        with tf.GradientTape() as tape:
            y = tf.sparse.sparse_dense_matmul(s, w)
        return y, tape.gradient(y, w)

    return f(sparse(tf))


@case("SparseTensor")
def sparse_concrete_function(tf):
    @tf.function
    def f(s):
        return tf.sparse.reduce_sum(s)

    c = f.get_concrete_function(tf.SparseTensorSpec([None, None], tf.float32))
    return c(sparse(tf)), len(c.inputs), [i.shape for i in c.inputs]


@case("SparseTensor")
def sparse_through_branch_and_loop(tf):
    @tf.function
    def f(s, n):
        if n > 2:
            s = s * 10.0
        for _ in tf.range(n):
            s = s * 2.0
        return s

    return f(sparse(tf), tf.constant(3)), f(sparse(tf), tf.constant(1))


@case("SparseTensor")
def sparse_by_shape(tf):
    @tf.function
    def f(s):
        return s.values

    f(sparse(tf))
    f(tf.sparse.eye(2))
    f(tf.sparse.eye(3))
    f(tf.sparse.eye(3))
    return f.experimental_get_tracing_count()


@case("RaggedTensor")
def ragged_in_and_out(tf):
    log = []

    @tf.function
    def f(r):
        log.append(r.shape)
        return r * 2, tf.reduce_sum(r, axis=1), r.row_lengths(), r.to_tensor(), r[0]

    return (
        f(tf.ragged.constant([[1, 2], [3]])),
        f(tf.ragged.constant([[5], [6, 7]])),
        f(tf.ragged.constant([[5], [6, 7], []])),
        log,
    )


@case("RaggedTensor")
def ragged_made_inside(tf):
    @tf.function
    def f(x, lengths):
        r = tf.RaggedTensor.from_row_lengths(x, lengths)
        return r, r.nrows(), tf.concat([r, r], 1)

    return f(tf.constant([1, 2, 3]), tf.constant([2, 0, 1]))


@case("RaggedTensor")
def ragged_signature(tf):
    @tf.function(input_signature=[tf.RaggedTensorSpec([None, None, 2], tf.float32, 1)])
    def f(r):
        return tf.reduce_max(r, axis=1)

    r = tf.RaggedTensor.from_row_lengths(tf.reshape(tf.range(6.0), [3, 2]), [2, 1])
    s = tf.RaggedTensor.from_row_lengths(tf.reshape(tf.range(4.0), [2, 2]), [1, 1])
    return (
        f(r),
        f(s),
        f.experimental_get_tracing_count(),
        raised(lambda: f(tf.ragged.constant([[1]]))),
    )


@case("RaggedTensor")
def ragged_gradient(tf):
    v = tf.Variable([1.0, 2.0, 3.0])

    @tf.function
    def f(r):
        return tf.reduce_sum(tf.gather(v, r) ** 2)

    with tf.GradientTape() as tape:
        y = f(tf.ragged.constant([[0, 1], [2], [0]]))
    return y, tf.convert_to_tensor(tape.gradient(y, v))


@case("IndexedSlices")
def slices_in_and_out(tf):
    log = []

    @tf.function
    def f(s):
        log.append(isinstance(s, tf.IndexedSlices))
        return tf.IndexedSlices(s.values * 2.0, s.indices, s.dense_shape), tf.convert_to_tensor(s)

    s = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([2, 0]), tf.constant([3, 1]))
    return f(s), f(s), log


@case("IndexedSlices")
def slices_without_dense_shape(tf):
    @tf.function
    def f(s):
        return tf.IndexedSlices(s.values * 2.0, s.indices), s.dense_shape is None

    return f(tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([2])))


@case("IndexedSlices")
def slices_update_a_variable(tf):
    v = tf.Variable(tf.zeros([3, 1]))

    @tf.function
    def f(s):
        v.scatter_sub(s)
        return v.read_value()

    return f(tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([2, 2])))


@case("function")
def composites_in_nests(tf):
    @tf.function
    def f(d):
        return {"s": d["s"] * 2.0, "r": [d["r"][0] + 1], "t": d["t"]}

    return f({"s": sparse(tf), "r": [tf.ragged.constant([[1], []], dtype=tf.int32)], "t": 5})


@case("function")
def composites_captured(tf):
    s, r = sparse(tf), tf.ragged.constant([[1, 2], [3]])

    @tf.function
    def f(x):
        return tf.sparse.to_dense(s) * x, r * tf.cast(x, tf.int32)

    return f(tf.constant(2.0))


@case("TensorSpec")
def specs_from_values(tf):
    seen = []

    @tf.function
    def f(x, s, r):
        for v in (x, s, r):
            spec = tf.type_spec_from_value(v)
            seen.append((spec.is_compatible_with(v), spec.shape))
        return x

    f(tf.zeros([2, 3]), sparse(tf), tf.ragged.constant([[1], [2, 3]]))
    return seen


@case("function")
def strings(tf):
    @tf.function
    def f(s):
        return tf.strings.length(s), tf.strings.join([s, "!"]), tf.strings.upper(s)

    return f(tf.constant(["a,b", "c"])), f(tf.constant("word"))


@case("function")
def ragged_strings(tf):
    @tf.function
    def f(s):
        parts = tf.strings.split(s)
        return parts, parts.row_lengths()

    return f(tf.constant(["a b", "c d e", ""]))
