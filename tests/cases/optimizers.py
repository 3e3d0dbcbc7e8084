"""The optimizers of `tf.compat.v1.train`, dense and sparse, over 50 steps."""

from __future__ import annotations

from cases.form import Case

STEPS = 50

OPTIMIZERS = {
    "sgd": ("GradientDescentOptimizer", (0.1,), {}),
    "momentum": ("MomentumOptimizer", (0.05, 0.9), {}),
    "nesterov": ("MomentumOptimizer", (0.05, 0.9), {"use_nesterov": True}),
    "adam": ("AdamOptimizer", (0.1,), {}),
    "adam-other": ("AdamOptimizer", (0.1, 0.8, 0.99, 1e-3), {}),
    "adagrad": ("AdagradOptimizer", (0.3,), {"initial_accumulator_value": 0.2}),
    "adadelta": ("AdadeltaOptimizer", (1.0,), {"rho": 0.9, "epsilon": 1e-4}),
    "rmsprop": ("RMSPropOptimizer", (0.02,), {}),
    "rmsprop-momentum": ("RMSPropOptimizer", (0.02, 0.8, 0.5, 1e-3), {}),
    "rmsprop-centered": ("RMSPropOptimizer", (0.02,), {"centered": True, "momentum": 0.3}),
    "ftrl": ("FtrlOptimizer", (0.5,), {}),
    "ftrl-l1-l2": (
        "FtrlOptimizer",
        (0.5,),
        {"l1_regularization_strength": 0.1, "l2_regularization_strength": 0.2},
    ),
    "ftrl-shrinkage": (
        "FtrlOptimizer",
        (0.5, -0.3, 0.2),
        {"l2_shrinkage_regularization_strength": 0.1, "l1_regularization_strength": 0.01},
    ),
    "ftrl-beta": ("FtrlOptimizer", (0.5,), {"beta": 0.3}),
    "proximal-sgd": ("ProximalGradientDescentOptimizer", (0.1,), {}),
    "proximal-sgd-l1": ("ProximalGradientDescentOptimizer", (0.1, 0.05, 0.1), {}),
    "proximal-adagrad": ("ProximalAdagradOptimizer", (0.3,), {}),
    "proximal-adagrad-l1": ("ProximalAdagradOptimizer", (0.3, 0.1, 0.05, 0.1), {}),
}


def make(tf, key):
    name, args, kwargs = OPTIMIZERS[key]
    return getattr(tf.compat.v1.train, name)(*args, **kwargs)


def state_of(optimizer, *variables):
    names = optimizer.get_slot_names()
    slots = [[optimizer.get_slot(v, name) for name in names] for v in variables]
    return [list(variables), names, slots]


def dense(key, dtype="float32"):
    def run(tf):
        v = tf.Variable([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]], dtype=dtype)
        b = tf.Variable([0.5, -0.5, 1.0], dtype=dtype)
        x = tf.constant([[1.0, 2.0], [-1.0, 0.5], [0.3, -0.7], [2.0, 1.0]], dtype)
        y = tf.constant(
            [[0.0, 1.0, 2.0], [1.0, 0.5, 0.0], [2.0, 2.0, -1.0], [0.0, 0.3, 0.1]], dtype
        )
        optimizer = make(tf, key)
        for _ in range(STEPS):
            optimizer.minimize(lambda: tf.reduce_mean(tf.square(tf.matmul(x, v) + b - y)))
        return state_of(optimizer, v, b)

    return run


def sparse(key):
    def run(tf):
        table = tf.Variable([[1.0, -2.0], [0.25, 3.0], [1.5, 2.5], [-1.0, 1.0], [0.1, 0.2]])
        optimizer = make(tf, key)
        for step in range(STEPS):
            rows = [[0, 2, 0], [3, 2, 3], [1, 1, 1]][step % 3]
            values = tf.constant([[0.1, 0.2], [-0.3, 0.4], [0.05, -0.45]]) * (1.0 + step / 10)
            grad = tf.IndexedSlices(values, tf.constant(rows), tf.constant([5, 2]))
            optimizer.apply_gradients([(grad, table)])
        return state_of(optimizer, table)

    return run


def mixed(key):
    """Sparse and dense steps in turn."""

    def run(tf):
        table = tf.Variable([[1.0, -2.0], [0.25, 3.0], [1.5, 2.5], [-1.0, 1.0]])
        optimizer = make(tf, key)
        for step in range(12):
            if step % 4 == 3:
                optimizer.apply_gradients([(tf.ones([4, 2]) * 0.1, table)])
            else:
                grad = tf.IndexedSlices(
                    tf.constant([[0.1, 0.2]]), tf.constant([step % 3], tf.int64)
                )
                optimizer.apply_gradients([(grad, table)])
        return state_of(optimizer, table)

    return run


def scalar(key):
    def run(tf):
        v = tf.Variable(2.0)
        optimizer = make(tf, key)
        for _ in range(10):
            optimizer.minimize(lambda: tf.square(v - 1.0))
        return state_of(optimizer, v)

    return run


def vector(key):
    """Elements of a vector as rows."""

    def run(tf):
        v = tf.Variable([2.0, 1.0, 0.5])
        optimizer = make(tf, key)
        for step in range(10):
            grad = tf.IndexedSlices(tf.constant([0.5, 0.25]), tf.constant([step % 3, 1]))
            optimizer.apply_gradients([(grad, v)])
        return state_of(optimizer, v)

    return run


def embedding(key):
    def run(tf):
        table = tf.Variable(tf.reshape(tf.cast(tf.range(12), tf.float32), [6, 2]) / 10.0)
        optimizer = make(tf, key)
        for _ in range(10):
            optimizer.minimize(lambda: tf.reduce_sum(tf.square(tf.gather(table, [1, 4, 1]))))
        return state_of(optimizer, table)

    return run


def low_precision(key, dtype):
    def run(tf):
        v = tf.Variable([1.0, -2.0, 0.5], dtype=dtype)
        optimizer = make(tf, key)
        for _ in range(5):
            optimizer.apply_gradients([(tf.constant([0.5, -0.25, 1.0], dtype), v)])
        return v

    return run


CASES = []
for _key, (_name, _, _) in OPTIMIZERS.items():
    _symbol = f"compat.v1.train.{_name}"
    CASES += [
        Case(_symbol, dense(_key), id=f"{_key}-dense", rtol=2e-5, atol=2e-6),
        Case(_symbol, sparse(_key), id=f"{_key}-sparse", rtol=2e-5, atol=2e-6),
        Case(_symbol, mixed(_key), id=f"{_key}-mixed"),
        Case(_symbol, embedding(_key), id=f"{_key}-embedding"),
        Case(_symbol, scalar(_key), id=f"{_key}-scalar"),
        Case(_symbol, vector(_key), id=f"{_key}-vector"),
    ]
for _key in ("sgd", "momentum", "adam", "adagrad", "adadelta", "rmsprop", "ftrl"):
    _symbol = f"compat.v1.train.{OPTIMIZERS[_key][0]}"
    CASES.append(Case(_symbol, dense(_key, "float64"), id=f"{_key}-float64"))
for _key in ("sgd", "momentum", "adam", "adagrad"):
    _symbol = f"compat.v1.train.{OPTIMIZERS[_key][0]}"
    CASES.append(Case(_symbol, low_precision(_key, "float16"), id=f"{_key}-float16"))


def with_rate(make_rate):
    def run(tf):
        v = tf.Variable([1.0, 2.0])
        optimizer = tf.compat.v1.train.GradientDescentOptimizer(make_rate(tf))
        for _ in range(3):
            optimizer.apply_gradients([(tf.constant([1.0, 0.5]), v)])
        return v

    return run


def adam_with_tensors(tf):
    v = tf.Variable([1.0, 2.0])
    optimizer = tf.compat.v1.train.AdamOptimizer(
        lambda: 0.1,
        beta1=tf.constant(0.8),
        beta2=lambda: tf.constant(0.9),
        epsilon=tf.constant(1e-3),
    )
    for _ in range(3):
        optimizer.apply_gradients([(tf.constant([1.0, 0.5]), v)])
    return v


def names(key):
    def run(tf):
        with tf.name_scope("names_" + key.replace("-", "_")):
            v = tf.Variable([1.0], name="w")
        optimizer = make(tf, key)
        optimizer.apply_gradients([(tf.constant([1.0]), v)])
        return [
            optimizer.get_name(),
            optimizer.get_slot_names(),
            [(x.name, x, x.trainable) for x in optimizer.variables()],
            optimizer.get_slot(v, "absent"),
        ]

    return run


def named(tf):
    v = tf.Variable([1.0], name="named")
    optimizer = tf.compat.v1.train.FtrlOptimizer(0.1, accum_name="A", linear_name="L")
    optimizer.apply_gradients([(tf.constant([1.0]), v)])
    return [x.name for x in optimizer.variables()]


def global_step(tf):
    step = tf.Variable(0, dtype=tf.int64)
    v = tf.Variable(1.0)
    optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.1)
    results = [optimizer.minimize(lambda: v * v, global_step=step)]
    results.append(optimizer.apply_gradients([(tf.constant(1.0), v)], global_step=step))
    return [results, step, v]


def gradients(tf):
    v, u = tf.Variable([1.0, 2.0], name="v"), tf.Variable(3.0, name="u")
    optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.1)
    loss = lambda: tf.reduce_sum(v * v)
    first = optimizer.compute_gradients(loss)
    second = optimizer.compute_gradients(loss, [u, v])
    third = optimizer.compute_gradients(lambda: v * v, [v], grad_loss=tf.constant([1.0, 10.0]))
    return [[(g, x.name) for g, x in pairs] for pairs in (first, second, third)]


def partly_none(tf):
    v, u = tf.Variable([1.0, 2.0]), tf.Variable(3.0)
    optimizer = tf.compat.v1.train.MomentumOptimizer(0.1, 0.9)
    optimizer.apply_gradients([(tf.constant([1.0, 1.0]), v), (None, u)])
    return [v, u, optimizer.get_slot(u, "momentum")]


def constraint(tf):
    v = tf.Variable([1.0, -2.0], constraint=lambda x: tf.maximum(x, 0.0))
    tf.compat.v1.train.GradientDescentOptimizer(0.1).minimize(lambda: tf.reduce_sum(v))
    return v


def sparse_constraint(tf):
    v = tf.Variable([1.0, -2.0], constraint=lambda x: x)
    grad = tf.IndexedSlices(tf.constant([1.0]), tf.constant([0]))
    tf.compat.v1.train.GradientDescentOptimizer(0.1).apply_gradients([(grad, v)])


def custom(tf):
    """A program's own optimizer."""

    class Signs(tf.compat.v1.train.Optimizer):
        def __init__(self, rate):
            super().__init__(False, "Signs")
            self._rate = rate

        def _create_slots(self, var_list):
            for v in var_list:
                self._zeros_slot(v, "count", self._name)

        def _resource_apply_dense(self, grad, handle):
            self.get_slot(handle, "count").assign_add(tf.ones_like(grad))
            return handle.assign_sub(self._rate * tf.sign(grad))

        def _resource_apply_sparse(self, grad, handle, indices):
            return handle.scatter_sub(tf.IndexedSlices(self._rate * tf.sign(grad), indices))

    v, table = tf.Variable([1.0, -2.0]), tf.Variable([[1.0], [2.0], [3.0]])
    optimizer = Signs(0.5)
    grad = tf.IndexedSlices(tf.constant([[1.0], [-3.0], [1.0]]), tf.constant([2, 2, 0]))
    optimizer.apply_gradients([(tf.constant([3.0, -1.0]), v), (grad, table)])
    return [v, table, optimizer.get_slot_names(), optimizer.variables()]


def one(grad, shape=(2,)):
    def run(tf):
        v = tf.Variable(tf.ones(shape))
        tf.compat.v1.train.AdamOptimizer(0.1).apply_gradients([(grad(tf), v)])
        return v

    return run


def with_options(key, **options):
    def run(tf):
        v = tf.Variable([1.0])
        optimizer = getattr(tf.compat.v1.train, key)(0.1, **options)
        optimizer.apply_gradients([(tf.constant([1.0]), v)])

    return run


SGD = "compat.v1.train.GradientDescentOptimizer"
BASE = "compat.v1.train.Optimizer"
CASES += [
    Case(SGD, with_rate(lambda tf: tf.constant(0.5))),
    Case(SGD, with_rate(lambda tf: tf.constant(0.5, tf.float64))),
    Case(SGD, with_rate(lambda tf: lambda: 0.25)),
    Case(SGD, with_rate(lambda tf: lambda: tf.constant(0.25))),
    Case(SGD, with_rate(lambda tf: tf.Variable(0.5))),
    Case(SGD, with_rate(lambda tf: 1)),
    Case(SGD, with_rate(lambda tf: None), bad=True),
    Case("compat.v1.train.AdamOptimizer", adam_with_tensors),
    Case("compat.v1.train.FtrlOptimizer", named),
    Case(BASE, global_step),
    Case(BASE, gradients),
    Case(BASE, partly_none),
    Case(BASE, constraint),
    Case(BASE, sparse_constraint, bad=True),
    Case(BASE, custom),
    Case(
        BASE,
        lambda tf: [
            getattr(tf.compat.v1.train.Optimizer, "GATE_" + n) for n in ("NONE", "OP", "GRAPH")
        ],
    ),
    Case(BASE, lambda tf: tf.compat.v1.train.Optimizer(False, ""), bad=True),
    Case(BASE, lambda tf: tf.compat.v1.train.Optimizer(False, "X").get_slot_names()),
    Case(BASE, one(lambda tf: [1.0, 2.0])),
    Case(BASE, one(lambda tf: tf.ones([3])), bad=True),
    Case(BASE, one(lambda tf: tf.IndexedSlices(tf.ones([1]), tf.constant([5]))), bad=True),
    Case(BASE, one(lambda tf: tf.IndexedSlices(tf.ones([1]), tf.constant([-1]))), bad=True),
    Case(BASE, lambda tf: tf.compat.v1.train.AdamOptimizer().apply_gradients([]), bad=True),
    Case(
        BASE,
        lambda tf: tf.compat.v1.train.AdamOptimizer().apply_gradients([(None, tf.Variable(1.0))]),
        bad=True,
    ),
    Case(
        BASE,
        lambda tf: tf.compat.v1.train.AdamOptimizer().apply_gradients([(tf.ones([]), tf.ones([]))]),
        bad=True,
    ),
    Case(BASE, lambda tf: tf.compat.v1.train.AdamOptimizer().minimize(tf.constant(1.0)), bad=True),
    Case(
        BASE,
        lambda tf: tf.compat.v1.train.AdamOptimizer().compute_gradients(tf.constant(1.0)),
        bad=True,
    ),
    Case(
        BASE,
        lambda tf: tf.compat.v1.train.AdamOptimizer().minimize(
            lambda: tf.constant(1.0), var_list=[tf.Variable(1.0)]
        ),
        bad=True,
    ),
    Case(
        "compat.v1.train.AdagradOptimizer",
        with_options("AdagradOptimizer", initial_accumulator_value=0.0),
        bad=True,
    ),
    Case(
        "compat.v1.train.ProximalAdagradOptimizer",
        with_options("ProximalAdagradOptimizer", initial_accumulator_value=-1.0),
        bad=True,
    ),
    Case(
        "compat.v1.train.ProximalAdagradOptimizer",
        with_options("ProximalAdagradOptimizer", l1_regularization_strength=-1.0),
        bad=True,
    ),
]
for _option in (
    "initial_accumulator_value",
    "l1_regularization_strength",
    "l2_regularization_strength",
    "l2_shrinkage_regularization_strength",
):
    CASES.append(
        Case(
            "compat.v1.train.FtrlOptimizer",
            with_options("FtrlOptimizer", **{_option: -1.0}),
            bad=True,
            id=_option,
        )
    )
CASES.append(
    Case(
        "compat.v1.train.FtrlOptimizer",
        with_options("FtrlOptimizer", learning_rate_power=0.5),
        bad=True,
        id="power",
    )
)
for _key in OPTIMIZERS:
    CASES.append(Case(f"compat.v1.train.{OPTIMIZERS[_key][0]}", names(_key), id=f"{_key}-names"))
