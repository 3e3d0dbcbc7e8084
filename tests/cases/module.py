"""`tf.Module`, name scopes, devices, `tf.config`, and how the program runs."""

from __future__ import annotations

from cases.form import Case


def classes(tf):
    class Dense(tf.Module):
        def __init__(self, inputs, outputs, name=None):
            super().__init__(name=name)
            self.w = tf.Variable(tf.ones([inputs, outputs]), name="w")
            self.b = tf.Variable(tf.zeros([outputs]), name="b", trainable=False)

        @tf.Module.with_name_scope
        def __call__(self, x):
            if not hasattr(self, "v"):
                self.v = tf.Variable(1.0, name="v")
            return x * self.w + self.b

    class Net(tf.Module):
        def __init__(self):
            super().__init__()
            self.z = [
                Dense(1, 2),
                {"k": Dense(2, 1, "kk"), "a": (tf.Variable(3.0, name="q"), None)},
            ]
            self.a = Dense(1, 1)
            self.self_ref = self
            self._private = tf.Variable(7.0, name="private")
            self.text = "text"
            self.again = self.a

    return Dense, Net


def members(tf):
    _, Net = classes(tf)
    net = Net()
    return [
        [v.name for v in net.variables],
        [v.name for v in net.trainable_variables],
        [v.name for v in net.non_trainable_variables],
        [m.name for m in net.submodules],
        net.name,
        net.name_scope.name,
        net.a.name_scope.name,
        isinstance(net.variables, tuple),
        isinstance(net.submodules, tuple),
    ]


def scoped_names(tf):
    Dense, _ = classes(tf)
    d = Dense(1, 1)
    d(tf.ones([1, 1]))
    with tf.name_scope("outer"):
        e = Dense(1, 1, "inner")
    e(tf.ones([1, 1]))
    return [d.v.name, d.w.name, e.v.name, e.name_scope.name]


def named(tf, *names):
    return [type(n, (tf.Module,), {})().name for n in names]


def order(tf):
    class Ordered(tf.Module):
        def __init__(self):
            super().__init__("ordered")
            self.d = {"b": tf.Variable(1.0, name="b"), "a": tf.Variable(2.0, name="a")}
            self.al = [[tf.Variable(5.0, name="l5")], (tf.Variable(6.0, name="t6"),)]
            self.B = tf.Variable(8.0, name="B")
            self.zz = tf.Variable(9.0, name="zz")
            self.twice = self.zz

    return [v.name for v in Ordered().variables]


def mixed_keys(tf):
    module = tf.Module()
    module.d = {1: tf.Variable(1.0), "x": tf.Variable(2.0)}
    return module.variables


def without_init(tf):
    class Bare(tf.Module):
        def __init__(self):
            self.x = tf.Variable(1.0)

    return [len(Bare().variables)]


def scopes(tf):
    log = []
    with tf.name_scope("a") as a:
        with tf.name_scope("b") as b:
            log.append(tf.Variable(1.0, name="w").name)
            with tf.name_scope("c/") as c:
                log.append(tf.Variable(1.0).name)
            with tf.name_scope("") as d:
                log.append(tf.Variable(1.0).name)
            log.append(tf.get_current_name_scope())
        log.append(tf.get_current_name_scope())
    again = tf.name_scope("z")
    with again, again as e:
        log.append(tf.Variable(1.0).name)
    return [log, a, b, c, d, e, again.name, tf.get_current_name_scope()]


def on_device(name):
    def run(tf):
        with tf.device(name):
            return [(tf.ones([2]) + 1.0).device, tf.Variable(1.0).device]

    return run


def hard(name):
    def run(tf):
        tf.config.set_soft_device_placement(False)
        try:
            with tf.device(name):
                return tf.ones([2])
        finally:
            tf.config.set_soft_device_placement(True)

    return run


def settings(tf):
    config = tf.config
    before = config.functions_run_eagerly()
    config.run_functions_eagerly(True)
    during = config.functions_run_eagerly()
    config.run_functions_eagerly(False)
    return [before, during, config.functions_run_eagerly(), config.get_soft_device_placement()]


def optimizer_options(tf):
    optimizer = tf.config.optimizer
    optimizer.set_experimental_options({"layout_optimizer": True})
    options = optimizer.get_experimental_options()
    optimizer.set_jit(True)
    first = optimizer.get_jit()
    optimizer.set_jit(False)
    return [sorted(options.items()), first, optimizer.get_jit()]


def policies(tf):
    experimental = tf.config.experimental
    experimental.set_device_policy("warn")
    first = experimental.get_device_policy()
    experimental.set_device_policy(None)
    return [first, experimental.get_device_policy(), experimental.get_synchronous_execution()]


def dependencies(tf):
    log = []
    with tf.control_dependencies([tf.constant(1)]):
        log.append("inside")
    with tf.control_dependencies([lambda: log.append("called")]):
        log.append("after")
    with tf.control_dependencies(None):
        pass
    return log


def init_scope(tf):
    with tf.init_scope():
        return [tf.executing_eagerly(), tf.Variable(1.0)]


CPU = "config.list_physical_devices"
M = "Module"
CASES = [
    Case(M, members),
    Case(M, scoped_names),
    Case(
        M, lambda tf: named(tf, "HTTPServer2D", "ABCModule", "myMod", "A1B2", "_Private", "Module")
    ),
    Case(M, order),
    Case(M, without_init),
    Case(M, mixed_keys, bad=True),
    *[
        Case(M, lambda tf, n=n: tf.Module(name=n), bad=True)
        for n in ("a b", "1a", "a/b", "", "a-b", 3)
    ],
    Case(M, lambda tf: setattr(tf.Module(), "variables", 3), bad=True),
    Case("name_scope", scopes),
    Case("name_scope", lambda tf: tf.name_scope(None), bad=True),
    Case("name_scope", lambda tf: tf.name_scope(3), bad=True),
    *[
        Case("device", on_device(n), id=str(n))
        for n in (
            "/CPU:0",
            "cpu",
            "CPU",
            "cpu:0",
            "/device:CPU:0",
            "/gpu:0",
            "GPU:0",
            "/cpu:1",
            None,
            "",
            "/job:localhost/replica:0/task:0/device:CPU:0",
            "/device:TPU:0",
        )
    ],
    *[
        Case("device", on_device(n), bad=True, id=str(n))
        for n in ("/job:worker/task:1", "xyz", "/job:worker/device:CPU:0", "/replica:1/cpu:0", 3)
    ],
    Case("device", lambda tf: tf.device(lambda op: "/cpu:0"), bad=True),
    Case("device", hard("/gpu:0"), bad=True),
    Case("device", hard("/cpu:1"), bad=True),
    Case("device", hard("/cpu:0")),
    Case(
        CPU,
        lambda tf: [
            [tuple(d) for d in tf.config.list_physical_devices(k)]
            for k in (None, "CPU", "GPU", "foo")
        ],
    ),
    Case(
        "config.list_logical_devices",
        lambda tf: [
            [tuple(d) for d in tf.config.list_logical_devices(k)] for k in (None, "CPU", "GPU")
        ],
    ),
    Case(
        "config.get_visible_devices",
        lambda tf: [
            [tuple(d) for d in tf.config.get_visible_devices(k)] for k in (None, "CPU", "GPU")
        ],
    ),
    Case("config.set_visible_devices", lambda tf: tf.config.set_visible_devices([], "GPU")),
    Case(
        "config.set_visible_devices",
        lambda tf: tf.config.set_visible_devices(tf.config.list_physical_devices("CPU"), "CPU"),
    ),
    Case("config.set_visible_devices", lambda tf: tf.config.set_visible_devices("x"), bad=True),
    Case(
        "config.experimental.set_memory_growth",
        lambda tf: tf.config.experimental.set_memory_growth(
            tf.config.list_physical_devices()[0], True
        ),
        bad=True,
    ),
    Case(
        "config.experimental.set_memory_growth",
        lambda tf: tf.config.experimental.set_memory_growth("GPU:0", True),
        bad=True,
    ),
    Case(
        "config.experimental.get_memory_growth",
        lambda tf: tf.config.experimental.get_memory_growth(tf.config.list_physical_devices()[0]),
        bad=True,
    ),
    Case(
        "config.set_logical_device_configuration",
        lambda tf: tf.config.set_logical_device_configuration("x", []),
        bad=True,
    ),
    Case(
        "config.LogicalDeviceConfiguration",
        lambda tf: [
            tuple(tf.config.LogicalDeviceConfiguration(memory_limit=3)),
            tf.config.experimental.VirtualDeviceConfiguration
            is tf.config.LogicalDeviceConfiguration,
        ],
    ),
    Case(
        "config.PhysicalDevice",
        lambda tf: tf.config.PhysicalDevice("a", "b") == tf.config.PhysicalDevice("a", "b"),
    ),
    Case("config.run_functions_eagerly", settings),
    Case("config.optimizer.set_experimental_options", optimizer_options),
    Case("config.experimental.set_device_policy", policies),
    Case(
        "config.experimental.set_device_policy",
        lambda tf: tf.config.experimental.set_device_policy("x"),
        bad=True,
    ),
    Case(
        "config.experimental.get_device_details",
        lambda tf: tf.config.experimental.get_device_details(tf.config.list_physical_devices()[0]),
    ),
    Case(
        "config.experimental.get_device_details",
        lambda tf: tf.config.experimental.get_device_details("x"),
        bad=True,
    ),
    Case(
        "config.experimental.get_memory_info",
        lambda tf: tf.config.experimental.get_memory_info("GPU:0"),
        bad=True,
    ),
    Case(
        "config.experimental_connect_to_cluster",
        lambda tf: tf.config.experimental_connect_to_cluster(3),
        bad=True,
    ),
    Case(
        "config.experimental_connect_to_host",
        lambda tf: tf.config.experimental_connect_to_host(None),
        bad=True,
    ),
    Case("control_dependencies", dependencies),
    Case("init_scope", init_scope),
    Case(
        "group", lambda tf: [tf.group(1, 2), tf.group(tf.constant(1), [tf.constant(2)], name="q")]
    ),
    Case("no_op", lambda tf: tf.no_op()),
    Case("executing_eagerly", lambda tf: tf.executing_eagerly()),
    Case("inside_function", lambda tf: tf.inside_function()),
    Case("is_symbolic_tensor", lambda tf: [tf.is_symbolic_tensor(x) for x in (1, tf.constant(1))]),
    Case("timestamp", lambda tf: [tf.timestamp().dtype, tf.timestamp().shape]),
    Case("get_logger", lambda tf: tf.get_logger().name),
    Case("RegisterGradient", lambda tf: tf.RegisterGradient(3), bad=True),
    Case("no_gradient", lambda tf: tf.no_gradient(3), bad=True),
    Case("import_graph_def", lambda tf: tf.import_graph_def(None), bad=True),
    Case("compat.as_text", lambda tf: [tf.compat.as_text(b"a"), tf.compat.as_text("a")]),
    Case("compat.as_text", lambda tf: tf.compat.as_text(3), bad=True),
    Case("compat.as_text", lambda tf: tf.compat.as_text(b"\xff"), bad=True),
    Case(
        "compat.as_bytes",
        lambda tf: [
            tf.compat.as_bytes("\xe9"),
            tf.compat.as_bytes(b"a"),
            tf.compat.as_bytes("\xe9", "latin-1"),
        ],
    ),
    Case("compat.as_bytes", lambda tf: tf.compat.as_bytes(3), bad=True),
    Case("compat.as_str", lambda tf: tf.compat.as_str(b"a")),
    Case("compat.as_str_any", lambda tf: [tf.compat.as_str_any(v) for v in (3, b"x", None)]),
    Case("compat.path_to_str", lambda tf: [tf.compat.path_to_str(v) for v in ("a", b"a", 3)]),
    Case(
        "compat.forward_compatible",
        lambda tf: [
            tf.compat.forward_compatible(2019, 1, 1),
            tf.compat.forward_compatible(2090, 1, 1),
        ],
    ),
    Case("compat.v1.placeholder", lambda tf: tf.compat.v1.placeholder(tf.float32), bad=True),
    Case(
        "compat.v1.placeholder_with_default",
        lambda tf: tf.compat.v1.placeholder_with_default(1.0, []),
    ),
    Case(
        "compat.v1.global_variables_initializer",
        lambda tf: tf.compat.v1.global_variables_initializer(),
    ),
    Case(
        "compat.v1.enable_eager_execution",
        lambda tf: [
            tf.compat.v1.enable_eager_execution(),
            tf.compat.v1.enable_v2_behavior(),
            tf.compat.v1.enable_resource_variables(),
            tf.compat.v1.executing_eagerly(),
        ],
    ),
    Case(
        "compat.v1.logging.set_verbosity",
        lambda tf: [
            tf.compat.v1.logging.DEBUG,
            tf.compat.v1.logging.INFO,
            tf.compat.v1.logging.WARN,
            tf.compat.v1.logging.ERROR,
            tf.compat.v1.logging.FATAL,
        ],
    ),
    *[
        Case(f"version.{n}", lambda tf, n=n: getattr(tf.version, n))
        for n in (
            "VERSION",
            "GRAPH_DEF_VERSION",
            "GRAPH_DEF_VERSION_MIN_CONSUMER",
            "GRAPH_DEF_VERSION_MIN_PRODUCER",
        )
    ],
]
