"""`tf.distribute` with one replica."""

from __future__ import annotations

from cases.form import Case


def _contexts(tf):
    """Where the program is: (across replicas, in a replica, another strategy than the default)."""
    d = tf.distribute
    return d.in_cross_replica_context(), d.get_replica_context() is not None, d.has_strategy()


def places(tf):
    d = tf.distribute
    default = d.get_strategy()
    found = [_contexts(tf)]
    with default.scope():
        found.append(_contexts(tf))
    found.append(default.run(lambda: _contexts(tf)))
    strategy = d.OneDeviceStrategy("/cpu:0")
    with strategy.scope() as entered:
        found += [_contexts(tf), entered is strategy, d.get_strategy() is strategy]
        found.append(strategy.run(lambda: _contexts(tf)))
    found.append(_contexts(tf))
    found.append(strategy.run(lambda: _contexts(tf)))
    return found


def replica(tf):
    x = tf.constant([1.0, 2.0])

    def merge(strategy, a, b=0):
        return a + b, _contexts(tf), strategy.num_replicas_in_sync

    def step(y):
        context = tf.distribute.get_replica_context()
        return (
            context.all_reduce("SUM", y),
            context.all_reduce(tf.distribute.ReduceOp.MEAN, {"a": y, "b": 1.0}),
            context.all_gather(y, 0),
            context.replica_id_in_sync_group,
            context.num_replicas_in_sync,
            context.merge_call(merge, args=(y,), kwargs={"b": 2.0}),
        )

    return tf.distribute.get_strategy().run(step, args=(x,))


def reductions(tf):
    strategy = tf.distribute.get_strategy()
    x = tf.constant([[1.0, 2.0], [3.0, 6.0]])
    return (
        strategy.reduce("SUM", x, axis=None),
        strategy.reduce(tf.distribute.ReduceOp.MEAN, x, axis=0),
        strategy.reduce("mean", {"a": x, "b": [x, x]}, axis=None),
        strategy.experimental_local_results(x),
        strategy.gather(x, 0),
    )


def updates(tf):
    v = tf.Variable(1.0)
    extended = tf.distribute.get_strategy().extended
    plain = extended.update(v, lambda a, b: a.assign_add(b), args=(2.0,)).numpy()
    one = extended.update(v, lambda a: a * 2.0, group=False)
    with extended.colocate_vars_with(v):
        w = tf.Variable(2.0)
    return (
        plain,
        one,
        extended.update(v, lambda a: None, group=False),
        w,
        extended.value_container(v),
    )


def created_in_scope(tf):
    one = tf.distribute.OneDeviceStrategy("/cpu:0")
    outside = tf.Variable(1.0)
    with one.scope():
        inside = tf.Variable(1.0)
    default = tf.distribute.get_strategy()
    strategies = (one, default)
    return [s.extended.variable_created_in_scope(v) for s in strategies for v in (inside, outside)]


def input_contexts(tf):
    strategy = tf.distribute.get_strategy()
    seen = []

    def make(context):
        seen.append(str(context))
        seen.append(context.get_per_replica_batch_size(8))
        seen.append((context.num_input_pipelines, context.input_pipeline_id))
        return tf.constant(1)

    strategy.experimental_distribute_values_from_function(lambda context: seen.append(str(context)))
    made = strategy.distribute_datasets_from_function(make)
    return seen, made


def converted(tf):
    """AutoGraph converts what a converted function hands to a strategy."""
    strategy = tf.distribute.get_strategy()
    v = tf.Variable(1.0)

    def step(x):
        if x > 0:
            y = x * 2
        else:
            y = -x
        return y

    @tf.function
    def run(x):
        return strategy.run(step, args=(x,))

    @tf.function
    def update(x):
        return strategy.extended.update(v, lambda a, b: step(b), args=(x,))

    @tf.function
    def merged(x):
        context = tf.distribute.get_replica_context()
        return context.merge_call(lambda _, value: step(value), args=(x,))

    return [f(tf.constant(x)) for f in (run, update, merged) for x in (3.0, -3.0)]


def not_converted(tf):
    strategy = tf.distribute.get_strategy()

    @tf.function(autograph=False)
    def run(x):
        return strategy.run(lambda y: y if y > 0 else -y, args=(x,))

    return run(tf.constant(1.0))


def mixed(tf):
    with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
        with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
            pass


CASES = [
    Case("distribute.get_replica_context", places),
    Case("distribute.ReplicaContext", replica),
    Case("distribute.Strategy", reductions),
    Case("distribute.StrategyExtended", updates),
    Case("distribute.OneDeviceStrategy", created_in_scope),
    Case("distribute.InputContext", input_contexts),
    Case("distribute.Strategy", converted, id="converted"),
    Case("distribute.Strategy", not_converted, bad=True, id="not_converted"),
    Case("distribute.OneDeviceStrategy", mixed, bad=True),
    Case("distribute.get_strategy", lambda tf: tf.distribute.get_strategy().reduce("x", 1.0, None), bad=True),
    Case("distribute.get_strategy", lambda tf: tf.distribute.get_strategy().extended.worker_devices, bad=True),
    Case("distribute.get_strategy", lambda tf: tf.distribute.get_strategy().num_replicas_in_sync),
    Case("distribute.has_strategy", lambda tf: tf.distribute.has_strategy()),
    Case("distribute.in_cross_replica_context", lambda tf: tf.distribute.in_cross_replica_context()),
    Case(
        "distribute.ReduceOp",
        lambda tf: [
            [op.value for op in tf.distribute.ReduceOp],
            tf.distribute.ReduceOp.from_variable_aggregation(tf.VariableAggregation.MEAN).name,
        ],
    ),
    Case(
        "distribute.ReduceOp",
        lambda tf: tf.distribute.ReduceOp.from_variable_aggregation(tf.VariableAggregation.NONE),
        bad=True,
    ),
    Case(
        "distribute.MirroredStrategy",
        lambda tf: tf.distribute.MirroredStrategy(["/cpu:0"]).run(lambda x: x + 1, args=(tf.constant(1),)),
    ),
]  # fmt: skip
