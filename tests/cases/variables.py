"""`tf.Variable` and the functions that change variables."""

from __future__ import annotations

import copy
import pickle

import numpy as np

from cases.form import Case

V = "Variable"


def table(tf, dtype="float32"):
    return tf.Variable([[1, 2], [3, 4], [5, 6]], dtype=dtype)


def slices(tf, values, indices, dtype="float32"):
    return tf.IndexedSlices(tf.constant(values, dtype), tf.constant(indices))


def scattered(method, values, indices, dtype="float32"):
    def run(tf):
        v = table(tf, dtype)
        held = v.value()
        result = getattr(v, method)(slices(tf, values, indices, dtype))
        return [result, v, held]

    return run


def nd(method, indices, updates, dtype="float32"):
    def run(tf):
        v = table(tf, dtype)
        held = v.value()
        result = getattr(v, method)(indices, tf.constant(updates, dtype))
        return [result, v, held]

    return run


def on(make, function):
    """`function` of a fresh variable; the variable is compared too."""

    def run(tf):
        v = make(tf)
        return [function(tf, v), v]

    return run


ROWS = (
    "scatter_add scatter_sub scatter_mul scatter_div scatter_max scatter_min scatter_update".split()
)


def _ragged_rows(tf):
    table = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with tf.GradientTape() as tape:
        rows = tf.gather(table, tf.ragged.constant([[2, 0], [], [2]]))
        loss = tf.reduce_sum(tf.reduce_sum(rows, axis=1) ** 2)
    return rows.to_list(), tf.convert_to_tensor(tape.gradient(loss, table))


CASES = []
for _m in ROWS:
    CASES += [
        Case(V, scattered(_m, [[10, 20]], [1]), id=f"{_m}-one"),
        Case(V, scattered(_m, [[10, 20], [1, 2], [3, 4]], [0, 2, 0]), id=f"{_m}-again"),
        Case(V, scattered(_m, [[[1, 1], [7, 2]]], [[0, 1]]), id=f"{_m}-rank-2"),
        Case(V, scattered(_m, 5, [0, 2]), id=f"{_m}-scalar-update"),
        Case(V, scattered(_m, [5, 6], 1), id=f"{_m}-scalar-index"),
        Case(V, scattered(_m, np.zeros((0, 2)), np.zeros(0, np.int32)), id=f"{_m}-none"),
        Case(V, scattered(_m, [[7, -2], [3, 2]], [0, 0], "int32"), id=f"{_m}-int32"),
        Case(V, scattered(_m, [[7, 2], [3, 2]], [0, 2], "float64"), id=f"{_m}-float64"),
        Case(V, scattered(_m, [[7, 2], [3, 2]], [0, 2], "bfloat16"), id=f"{_m}-bfloat16"),
        Case(
            V,
            lambda tf, m=_m: getattr(table(tf), m)(tf.constant([1.0])),
            bad=True,
            id=f"{_m}-tensor",
        ),
        Case(V, scattered(_m, [[1, 2]], [3]), bad=True, id=f"{_m}-range"),
        Case(V, scattered(_m, [[1, 2]], [-1]), bad=True, id=f"{_m}-negative"),
        Case(V, scattered(_m, [[1, 2]], [1.0]), bad=True, id=f"{_m}-float-index"),
        Case(V, scattered(_m, [[1, 2]], tuple(np.array([1], np.int16))), id=f"{_m}-listed"),
        Case(
            V,
            lambda tf, m=_m: getattr(table(tf), m)(slices(tf, [[1, 2]], [0], "int32")),
            bad=True,
            id=f"{_m}-dtype",
        ),
        Case(
            V,
            lambda tf, m=_m: getattr(tf.Variable(5.0), m)(slices(tf, [1.0], [0])),
            bad=True,
            id=f"{_m}-scalar-variable",
        ),
    ]
for _m in ("scatter_add", "scatter_sub", "scatter_mul", "scatter_div", "scatter_update"):
    CASES.append(Case(V, scattered(_m, [[1 + 2j, 2], [1j, 1]], [0, 0], "complex64"), id=f"{_m}-c"))
for _m in ("scatter_add", "scatter_max", "scatter_div"):
    CASES += [
        Case(
            V,
            on(
                lambda tf: tf.Variable([True]),
                lambda tf, v, m=_m: getattr(v, m)(tf.IndexedSlices([False], [0])),
            ),
            bad=True,
        ),
        Case(
            V,
            on(
                lambda tf: tf.Variable(["a"]),
                lambda tf, v, m=_m: getattr(v, m)(tf.IndexedSlices(["b"], [0])),
            ),
            bad=True,
        ),
    ]
CASES += [
    Case(
        V,
        on(
            lambda tf: tf.Variable(["a", "b"]),
            lambda tf, v: v.scatter_update(tf.IndexedSlices(["x"], [1])),
        ),
    ),
    Case(V, scattered("scatter_div", [[0, 1]], [0], "int32"), bad=True, id="divide-by-zero"),
    Case(V, scattered("scatter_div", [[-2, 2]], [1], "int32"), id="divide-towards-zero"),
    Case(V, scattered("scatter_div", [[0, 1]], [0]), bad=True, id="divide-by-zero-float"),
    Case(V, nd("scatter_nd_max", [[0], [0]], [[float("nan"), 1], [2, float("nan")]]), id="nd-nan"),
    Case(V, scattered("scatter_max", [[float("nan"), 1]], [0]), id="max-nan"),
]
for _m in (
    "scatter_nd_add",
    "scatter_nd_sub",
    "scatter_nd_update",
    "scatter_nd_max",
    "scatter_nd_min",
):
    CASES += [
        Case(V, nd(_m, [[0], [2]], [[10, -20], [1, 7]]), id=f"{_m}-rows"),
        Case(V, nd(_m, [[0, 1], [2, 0]], [10, -20]), id=f"{_m}-elements"),
        Case(V, nd(_m, [[[0, 1]], [[2, 0]]], [[10], [-20]], "int64"), id=f"{_m}-nested"),
        Case(V, nd(_m, [[0], [3]], [[10, -20], [1, 2]]), bad=True, id=f"{_m}-range"),
        Case(V, nd(_m, [[0]], [[10, 20, 4]]), bad=True, id=f"{_m}-shape"),
        Case(V, nd(_m, [[0.0]], [[10, 20]]), bad=True, id=f"{_m}-float-index"),
        Case(
            V,
            on(table, lambda tf, v, m=_m: getattr(v, m)([[0]], tf.constant([[1, 2]]))),
            bad=True,
            id=f"{_m}-dtype",
        ),
        Case(
            V,
            on(lambda tf: tf.Variable(1.0), lambda tf, v, m=_m: getattr(v, m)([[0]], [1.0])),
            bad=True,
            id=f"{_m}-scalar",
        ),
    ]
for _m in ("scatter_nd_add", "scatter_nd_sub"):
    CASES.append(Case(V, nd(_m, [[0], [0], [0]], [[1, 2], [3, 4], [5, 6]]), id=f"{_m}-again"))
CASES += [
    Case(
        V,
        on(
            lambda tf: tf.Variable([True, False]),
            lambda tf, v: v.scatter_nd_add([[0], [1]], [True, True]),
        ),
    ),
    Case(
        V,
        on(
            lambda tf: tf.Variable([True, False]),
            lambda tf, v: v.scatter_nd_sub([[0], [1]], [True, True]),
        ),
    ),
    Case(V, on(lambda tf: tf.Variable(["a"]), lambda tf, v: v.scatter_nd_update([[0]], ["b"]))),
    Case(
        V,
        on(
            lambda tf: tf.Variable([[1, 2], [3, 4]]),
            lambda tf, v: v.batch_scatter_update(tf.IndexedSlices([[9], [8]], [[1], [0]])),
        ),
    ),
    Case(
        V,
        on(
            lambda tf: tf.Variable([[1, 2], [3, 4]]),
            lambda tf, v: v.batch_scatter_update(tf.IndexedSlices([[9, 7]], [1])),
        ),
    ),
    Case(
        V,
        on(
            lambda tf: tf.Variable([[1, 2], [3, 4]]),
            lambda tf, v: v.batch_scatter_update(tf.IndexedSlices([[9]], [1])),
        ),
        bad=True,
    ),
    Case(V, on(table, lambda tf, v: v.gather_nd([[0, 1], [2, 0]]))),
    Case(V, on(table, lambda tf, v: v.gather_nd([[0, 9]])), bad=True),
    Case(V, on(table, lambda tf, v: v.sparse_read([0, 2, 0]))),
    Case(V, on(table, lambda tf, v: v.sparse_read([7])), bad=True),
]

# Parts.
PARTS = {
    "rows": (lambda v: v[1:3], [[9, 9], [8, 8]]),
    "row": (lambda v: v[0], [7, 8]),
    "element": (lambda v: v[0, 1], 7),
    "column": (lambda v: v[:, 0], [7, 8, 9]),
    "negative": (lambda v: v[-1], [7, 8]),
    "scalar": (lambda v: v[0:2], 1),
    "broadcast": (lambda v: v[0:2], [7, 8]),
    "ellipsis": (lambda v: v[..., 0], [1, 2, 3]),
    "stride": (lambda v: v[::2], [[1, 2], [3, 3]]),
    "backwards": (lambda v: v[::-1], [[1, 2], [3, 3], [5, 6]]),
    "newaxis": (lambda v: v[None, 0], [[7, 8]]),
    "everything": (lambda v: v[:], [[1, 1], [2, 2], [3, 3]]),
    "nothing": (lambda v: v[3:], 5),
}


def part(key, dtype="float32"):
    def run(tf):
        v = table(tf, dtype)
        held = v.value()
        take, value = PARTS[key]
        before = take(v)
        return [take(v).assign(tf.constant(value, dtype)), v, held, before]

    return run


for _key in PARTS:
    CASES.append(Case(V, part(_key), id=f"part-{_key}"))
CASES += [
    Case(V, part("rows", "int64"), id="part-int64"),
    Case(V, on(table, lambda tf, v: v[tf.constant(0) : tf.constant(2)].assign([[1.0, 1], [2, 2]]))),
    Case(V, on(table, lambda tf, v: v[0:2].assign(1))),
    Case(V, on(table, lambda tf, v: v[0:2].assign([7.0, 8, 9])), bad=True),
    Case(V, on(table, lambda tf, v: v[0:2].assign(tf.constant(1))), bad=True),
    Case(V, on(table, lambda tf, v: v[7].assign([1.0, 1])), bad=True),
    Case(V, on(table, lambda tf, v: v[0].assign_add([1.0, 1])), bad=True),
    Case(V, on(table, lambda tf, v: v[v > 2.0].assign([1.0])), bad=True),
    Case(V, on(table, lambda tf, v: v[v > 2.0])),
    Case(V, on(table, lambda tf, v: v[0][0].assign(1.0)), bad=True),
    Case(V, on(table, lambda tf, v: v.__setitem__(0, 1.0)), bad=True),
]


def sliced_gradient(tf):
    v = table(tf)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(v[1:] * v[0]) + tf.reduce_sum(v[:, 1])
    return tf.convert_to_tensor(tape.gradient(y, v))


def counts(tf):
    v = tf.Variable(0)
    return [v.count_up_to(2), v, v.count_up_to(2), v]


def creators(tf):
    log = []

    def outer(next_creator, **kwargs):
        log.append(["outer", sorted(kwargs)])
        return next_creator(**kwargs)

    def inner(next_creator, **kwargs):
        log.append(["inner", kwargs["name"], kwargs["trainable"]])
        kwargs["trainable"] = False
        return next_creator(**kwargs)

    with tf.variable_creator_scope(outer):
        with tf.variable_creator_scope(inner):
            v = tf.Variable(1.0, name="made")
        u = tf.Variable(2.0)
    w = tf.Variable(3.0)
    return [log, v.trainable, v.name, u.trainable, w]


def ended(tf):
    v = tf.Variable(2)
    v.count_up_to(2)


def attributes(tf):
    v = tf.Variable([1.0, 2.0], name="a", trainable=False)
    return [
        v.name,
        v.dtype,
        v.shape,
        v.trainable,
        v.device,
        v.constraint,
        v.synchronization.name,
        v.aggregation.name,
        v.initializer,
        v.is_initialized(),
        v.get_shape(),
        v.load([5.0, 6.0]),
        v.read_value(),
        v.value(),
        v.numpy(),
    ]


def reprs(tf):
    return [
        repr(v)
        for v in (
            tf.Variable(1.0),
            tf.Variable([1, 2], name="k"),
            tf.Variable(b"ab"),
            tf.Variable(True),
            tf.Variable([b"a"]),
            tf.Variable(tf.zeros([2, 0])),
            tf.Variable([[1.0, 2.0], [3.0, 4.0]]),
            tf.Variable([1.0], shape=tf.TensorShape(None)),
            tf.Variable([1.0], shape=[None]),
            tf.Variable(1 + 2j),
            tf.Variable(3, dtype=tf.int8),
            tf.Variable(0.1, dtype=tf.float64),
        )
    ] + [str(tf.Variable(2.5)), f"{tf.Variable(1.5)}"]


def copies(tf):
    v = tf.Variable([1.0, 2.0], name="w", trainable=False)
    w = copy.deepcopy(v)
    w.assign([5.0, 6.0])
    u = pickle.loads(pickle.dumps(v))
    return [copy.copy(v) is v, v, w, u, u.trainable]


def slice_info(tf):
    info = tf.Variable.SaveSliceInfo("n", [4, 3], [0, 1], [2, 2])
    return [info.full_name, info.full_shape, info.var_offset, info.var_shape, info.spec]


def assigned_under_a_tape(tf):
    v, u = tf.Variable([1.0, 2.0]), tf.Variable([3.0, 4.0])
    with tf.GradientTape(persistent=True) as tape:
        first = v * v * u
        v.assign_add([1.0, 1.0])
        v.scatter_update(tf.IndexedSlices([9.0], [0]))
        second = v * u
        v[0].assign(5.0)
        u.assign(v)
        third = v * u
    return [tape.gradient(y, [v, u]) for y in (first, second, third)] + [v, u]


def float_variable(tf):
    return tf.Variable([1.0, 2.0])


CASES += [
    Case(V, sliced_gradient),
    Case(V, lambda tf: tf.Variable(1.0, use_resource=True, collections=[])),
    Case(V, assigned_under_a_tape),
    Case(V, counts),
    Case(V, ended, bad=True),
    Case(V, lambda tf: tf.Variable(0.0).count_up_to(2), bad=True),
    Case(V, lambda tf: tf.Variable([0]).count_up_to(2), bad=True),
    Case("variable_creator_scope", creators),
    Case(V, attributes),
    Case(V, reprs),
    Case(V, copies),
    Case(V, slice_info),
    Case(
        "VariableSynchronization",
        lambda tf: [(m.name, m.value) for m in tf.VariableSynchronization],
    ),
    Case("VariableAggregation", lambda tf: [(m.name, m.value) for m in tf.VariableAggregation]),
    Case(V, lambda tf: [tf.Variable([1.0, 2.0], shape=[None]).assign([1.0, 2.0, 3.0])]),
    Case(
        V,
        lambda tf: [
            int(tf.Variable(3.7)),
            float(tf.Variable(3)),
            complex(tf.Variable(1.0)),
            bool(tf.Variable(True)),
            list(tf.Variable([1, 2])),
        ],
    ),
    Case(V, lambda tf: tf.Variable(tf.constant(127, tf.int8)).assign_add(1)),
    Case(V, lambda tf: np.add(float_variable(tf), 1)),
    Case(V, lambda tf: np.ones(2) + tf.Variable([1.0, 2.0], dtype=tf.float64)),
    Case(V, lambda tf: tf.Variable(lambda: tf.zeros([2]), dtype=tf.float32, shape=[2])),
    Case(V, lambda tf: tf.Variable(1, dtype=tf.float32)),
    Case(V, lambda tf: [float_variable(tf).assign([3.0, 4.0], read_value=False)]),
]

BAD = [
    lambda tf: tf.Variable(),
    lambda tf: tf.Variable(None),
    lambda tf: tf.Variable(1.0, constraint=3),
    lambda tf: tf.Variable([1.0, 2.0], shape=[3]),
    lambda tf: tf.Variable(lambda: tf.zeros([2]), shape=[3]),
    lambda tf: tf.Variable(tf.constant(1), dtype=tf.float32),
    lambda tf: tf.Variable(1.5, dtype=tf.int32),
    lambda tf: tf.Variable(variable_def=1),
    lambda tf: tf.Variable(1.0, synchronization=5),
    lambda tf: tf.Variable(1.0, aggregation="x"),
    lambda tf: float_variable(tf).assign([1.0]),
    lambda tf: float_variable(tf).assign(tf.constant([1, 2])),
    lambda tf: float_variable(tf).assign(None),
    lambda tf: float_variable(tf).assign("x"),
    lambda tf: float_variable(tf).assign_add(1.0),
    lambda tf: float_variable(tf).assign_add([[1.0, 2.0]]),
    lambda tf: float_variable(tf).assign_sub(tf.constant([1, 2])),
    lambda tf: tf.Variable([1.0, 2.0], shape=[None]).assign_add([1.0, 2.0, 3.0]),
    lambda tf: tf.Variable(True).assign_add(True),
    lambda tf: tf.Variable("a").assign_add("b"),
    lambda tf: len(float_variable(tf)),
    lambda tf: bool(float_variable(tf)),
    lambda tf: hash(float_variable(tf)),
    lambda tf: [1, 2][tf.Variable(1)],
    lambda tf: list(tf.Variable(1)),
    lambda tf: float_variable(tf).op,
    lambda tf: float_variable(tf).graph,
    lambda tf: float_variable(tf).initial_value,
    lambda tf: float_variable(tf).create,
    lambda tf: float_variable(tf).eval(),
    lambda tf: float_variable(tf).to_proto(),
    lambda tf: tf.Variable.from_proto(None),
    lambda tf: float_variable(tf).set_shape([3]),
    lambda tf: float_variable(tf).no_such_thing,
    lambda tf: f"{tf.Variable(1.5):.2f}",
]
CASES += [Case(V, run, bad=True) for run in BAD]


# The older functions.
def older(name, *args):
    def run(tf):
        v = table(tf)
        return [getattr(tf.compat.v1, name)(v, *args), v]

    return run


CASES += [
    Case("compat.v1.assign", older("assign", [[0.0, 0.0]] * 3)),
    Case("compat.v1.assign", older("assign", [1.0]), bad=True),
    Case(
        "compat.v1.assign",
        lambda tf: tf.compat.v1.assign(
            tf.Variable([1.0, 2.0]), [1.0, 2.0, 3.0], validate_shape=False
        ),
        bad=True,
    ),
    Case("compat.v1.assign_add", older("assign_add", [[1.0, 1.0]] * 3)),
    Case("compat.v1.assign_sub", older("assign_sub", [[1.0, 1.0]] * 3)),
    Case("compat.v1.scatter_nd_update", older("scatter_nd_update", [[0], [2]], [[1.0, 1], [2, 2]])),
    Case("compat.v1.scatter_nd_add", older("scatter_nd_add", [[0], [0]], [[1.0, 1], [2, 2]])),
    Case("compat.v1.scatter_nd_sub", older("scatter_nd_sub", [[0], [2]], [[1.0, 1], [2, 2]])),
    Case(
        "compat.v1.batch_scatter_update",
        lambda tf: tf.compat.v1.batch_scatter_update(
            tf.Variable([[1, 2], [3, 4]]), [[1], [0]], [[9], [8]]
        ),
    ),
    Case("compat.v1.count_up_to", lambda tf: tf.compat.v1.count_up_to(tf.Variable(0), 3)),
    Case("compat.v1.count_up_to", lambda tf: tf.compat.v1.count_up_to(tf.Variable(3), 3), bad=True),
]
for _m in ROWS:
    CASES += [
        Case(f"compat.v1.{_m}", older(_m, [0, 2], [[1.0, 2.0], [3.0, 4.0]])),
        Case(f"compat.v1.{_m}", older(_m, [0, 9], [[1.0, 2.0], [3.0, 4.0]]), bad=True),
    ]
CASES.append(Case("gather", _ragged_rows, id="ragged rows of a variable"))
