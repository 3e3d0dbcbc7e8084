"""`tf.train` beside the optimizers: averages, schedules, cluster specs, examples; the build."""

from __future__ import annotations

from cases.form import Case


def averages(tf):
    ema = tf.train.ExponentialMovingAverage(0.9)
    v = tf.Variable([1.0, 2.0], name="averaged")
    results = [ema.apply([v])]
    for step in range(5):
        v.assign_add([1.0, step * 0.5])
        ema.apply([v])
    return [
        results,
        ema.average(v),
        ema.average(v).name,
        ema.average_name(v),
        ema.name,
        sorted(ema.variables_to_restore()),
        ema.average(tf.Variable(1.0)),
        ema.apply(),
        v,
    ]


def averages_with(tf, **options):
    ema = tf.train.ExponentialMovingAverage(0.99, **options)
    v = tf.Variable([1.0, 2.0], name="with_options")
    ema.apply([v])
    v.assign([3.0, 7.0])
    ema.apply([v])
    return ema.average(v)


def schedule(name, *args, **kwargs):
    def run(tf):
        step = tf.Variable(0)
        rate = getattr(tf.compat.v1.train, name)(
            *[step if a == "step" else a for a in args], **kwargs
        )
        rates = []
        for value in (0, 1, 3, 10, 25):
            step.assign(value)
            rates.append(rate())
        return rates

    return run


def scheduled(tf):
    step = tf.compat.v1.train.get_or_create_global_step()
    step.assign(0)
    v = tf.Variable(1.0)
    rate = tf.compat.v1.train.exponential_decay(0.5, step, 1, 0.5)
    optimizer = tf.compat.v1.train.GradientDescentOptimizer(rate)
    for _ in range(3):
        optimizer.minimize(lambda: v * 1.0, global_step=step)
    return [v, step, step.name, tf.compat.v1.train.get_global_step() is step]


def cluster(tf):
    spec = tf.train.ClusterSpec({"worker": ["a:1", "b:2"], "ps": ["c:3"]})
    gaps = tf.train.ClusterSpec({"w": {1: "x:1", 3: "y:2"}})
    return [
        spec.jobs,
        spec.as_dict(),
        spec.num_tasks("worker"),
        spec.task_indices("worker"),
        spec.task_address("worker", 1),
        spec.job_tasks("ps"),
        bool(spec),
        bool(tf.train.ClusterSpec({})),
        spec == tf.train.ClusterSpec(spec),
        spec != gaps,
        str(spec),
        str(spec.as_cluster_def()),
        gaps.as_dict(),
        gaps.num_tasks("w"),
        gaps.task_indices("w"),
        gaps.job_tasks("w"),
        repr(gaps),
        sorted(tf.train.ClusterSpec(spec.as_cluster_def()).as_dict()),
    ]


def spec(tf):
    return tf.train.ClusterSpec({"worker": ["a:1", "b:2"]})


def example(tf):
    train = tf.train
    feature = train.Feature(int64_list=train.Int64List(value=[1, -2]))
    made = train.Example(
        features=train.Features(
            feature={
                "i": feature,
                "b": train.Feature(bytes_list=train.BytesList(value=[b"x", b"\xff"])),
                "f": train.Feature(float_list=train.FloatList(value=[1.5, 0.1])),
            }
        )
    )
    data = made.SerializeToString(deterministic=True)
    again = train.Example.FromString(data)
    return [
        data,
        again == made,
        feature.WhichOneof("kind"),
        list(again.features.feature["i"].int64_list.value),
        train.Example.DESCRIPTOR.full_name,
        list(again.features.feature["f"].float_list.value),
        str(feature),
    ]


def sequence(tf):
    train = tf.train
    feature = train.Feature(int64_list=train.Int64List(value=[1, 2]))
    return train.SequenceExample(
        context=train.Features(feature={"c": feature}),
        feature_lists=train.FeatureLists(
            feature_list={"q": train.FeatureList(feature=[feature, feature])}
        ),
    ).SerializeToString(deterministic=True)


EMA = "train.ExponentialMovingAverage"
V1 = "compat.v1.train."
CASES = [
    Case(EMA, averages),
    Case(EMA, lambda tf: averages_with(tf, num_updates=3)),
    Case(EMA, lambda tf: averages_with(tf, zero_debias=True)),
    Case(
        EMA, lambda tf: tf.train.ExponentialMovingAverage(0.9).apply([tf.constant(1.0)]), bad=True
    ),
    Case(EMA, lambda tf: tf.train.ExponentialMovingAverage(0.9).apply([tf.Variable(1)]), bad=True),
    Case(V1 + "exponential_decay", schedule("exponential_decay", 0.1, "step", 10, 0.5)),
    Case(
        V1 + "exponential_decay",
        schedule("exponential_decay", 0.1, "step", 10, 0.5, staircase=True),
    ),
    Case(V1 + "natural_exp_decay", schedule("natural_exp_decay", 0.1, "step", 10, 0.5)),
    Case(V1 + "natural_exp_decay", schedule("natural_exp_decay", 0.1, "step", 10, 0.5, True)),
    Case(V1 + "inverse_time_decay", schedule("inverse_time_decay", 0.1, "step", 10, 0.5)),
    Case(V1 + "inverse_time_decay", schedule("inverse_time_decay", 0.1, "step", 10, 0.5, True)),
    Case(V1 + "polynomial_decay", schedule("polynomial_decay", 0.1, "step", 10)),
    Case(V1 + "polynomial_decay", schedule("polynomial_decay", 0.1, "step", 10, 0.01, 2.0)),
    Case(V1 + "polynomial_decay", schedule("polynomial_decay", 0.1, "step", 10, cycle=True)),
    Case(V1 + "cosine_decay", schedule("cosine_decay", 0.1, "step", 10)),
    Case(V1 + "cosine_decay", schedule("cosine_decay", 0.1, "step", 10, alpha=0.2)),
    Case(
        V1 + "piecewise_constant", schedule("piecewise_constant", "step", [1, 5], [1.0, 0.5, 0.1])
    ),
    Case(
        V1 + "piecewise_constant",
        lambda tf: tf.compat.v1.train.piecewise_constant(tf.Variable(0), [1, 5], [1.0, 0.5]),
        bad=True,
    ),
    Case(V1 + "get_or_create_global_step", scheduled),
    Case(
        V1 + "create_global_step",
        lambda tf: [
            tf.compat.v1.train.get_or_create_global_step(),
            tf.compat.v1.train.create_global_step(),
        ],
        bad=True,
    ),
    Case("train.ClusterSpec", cluster),
    *[
        Case("train.ClusterSpec", run, bad=True)
        for run in (
            lambda tf: tf.train.ClusterSpec(3),
            lambda tf: tf.train.ClusterSpec({"a": 3}),
            lambda tf: tf.train.ClusterSpec({"a": [3]}),
            lambda tf: tf.train.ClusterSpec({3: ["a"]}),
            lambda tf: tf.train.ClusterSpec({"a": {"x": "y"}}),
            lambda tf: spec(tf).num_tasks("zz"),
            lambda tf: spec(tf).task_address("worker", 9),
            lambda tf: spec(tf).job_tasks("zz"),
            lambda tf: hash(spec(tf)),
        )
    ],
    Case("train.Example", example),
    Case("train.SequenceExample", sequence),
    Case("train.Int64List", lambda tf: tf.train.Int64List(value=["x"]), bad=True),
    Case("train.Feature", lambda tf: tf.train.Feature(foo=1), bad=True),
    Case("sysconfig.get_build_info", lambda tf: isinstance(tf.sysconfig.get_build_info(), dict)),
    Case("sysconfig.CXX11_ABI_FLAG", lambda tf: tf.sysconfig.CXX11_ABI_FLAG),
    Case("sysconfig.CXX_VERSION", lambda tf: tf.sysconfig.CXX_VERSION),
    Case("sysconfig.MONOLITHIC_BUILD", lambda tf: tf.sysconfig.MONOLITHIC_BUILD),
    Case("test.is_gpu_available", lambda tf: tf.test.is_gpu_available()),
    Case("test.gpu_device_name", lambda tf: tf.test.gpu_device_name()),
    Case("test.is_built_with_rocm", lambda tf: tf.test.is_built_with_rocm()),
]
