"""tf.Graph, symbolic tensors and ops, names and scopes, placeholders, the v1 parts around them."""

from __future__ import annotations

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


@case("Graph")
def ops_are_added(tf):
    g = tf.Graph()
    with g.as_default():
        c = tf.constant(30.0)
        d = c + 1.0
    return (
        c.graph is g,
        d.graph is g,
        [op.type for op in g.get_operations()],
        [op.name for op in g.get_operations()],
        d.name,
        d.op.name,
        d.op.type,
        [i.name for i in d.op.inputs],
        d.shape,
        d.dtype,
        tf.is_symbolic_tensor(d),
    )


@case("Graph")
def names_are_unique(tf):
    with tf.Graph().as_default() as g:
        names = [
            tf.constant(1).name,
            tf.constant(1).name,
            tf.constant(1, name="k").name,
            tf.constant(1, name="k").name,
            tf.constant(1, name="K").name,
            tf.add(1, 2).name,
            tf.add(1, 2).name,
            tf.identity(3, name="k_1").name,
        ]
        more = [
            g.unique_name("k"),
            g.unique_name("k"),
            g.unique_name("new"),
            g.unique_name("new", mark_as_used=False),
            g.unique_name("new"),
        ]
    return names, more


@case("name_scope")
def name_scopes(tf):
    with tf.Graph().as_default() as g:
        names = []
        with tf.name_scope("a") as scope:
            names.append(scope)
            names.append(tf.constant(1, name="x").name)
            with tf.name_scope("b") as inner:
                names.append(inner)
                names.append(tf.constant(1, name="x").name)
            with tf.name_scope("b") as again:
                names.append(again)
                names.append(tf.constant(1, name="x").name)
            names.append(g.get_name_scope())
        with tf.name_scope("a") as scope:
            names.append(scope)
            names.append(tf.constant(1, name="x").name)
        with tf.name_scope("a/"):
            names.append(tf.constant(1, name="x").name)
        names.append(tf.constant(1, name="x").name)
        names.append(g.get_name_scope())
        with g.name_scope("z"), tf.name_scope(scope):
            names.append(tf.constant(1, name="y").name)
        with g.name_scope("z"), g.name_scope(None):
            names.append(tf.constant(1, name="y").name)
    return names


@case("name_scope")
def name_scopes_in_functions(tf):
    names = []

    @tf.function
    def f(x):
        with tf.name_scope("layer"):
            y = tf.add(x, 1.0)
            names.append(y.name)
            with tf.name_scope("inner"):
                y = tf.matmul(y, y, name="product")
                names.append(y.name)
        with tf.name_scope("layer"):
            names.append((y * 2.0).name)
        names.append((y * 2.0).name)
        names.append((y * 3.0).name)
        return y

    f(tf.ones([1, 1]))
    return names


@case("name_scope")
def scope_around_a_call(tf):
    names = []

    @tf.function
    def f(x):
        names.append(tf.add(x, 1).name)
        return x

    with tf.name_scope("outside"):
        f(tf.constant(1))
    return names


@case("function")
def op_names_by_function(tf):
    names = []

    @tf.function
    def f(x, y):
        made = [
            tf.matmul(x, y), tf.matmul(x, y), x + y, x + y, x - y, x * y, x / y, -x, tf.nn.relu(x),
            tf.nn.softmax(x), tf.reduce_sum(x), tf.reduce_mean(x), tf.reshape(x, [-1]), tf.square(x),
            tf.exp(x), tf.concat([x, y], 0), tf.stack([x, y]), tf.cast(x, tf.int32), x[0], x > y,
            tf.transpose(x), tf.zeros([2]), tf.ones_like(x), tf.shape(x), tf.identity(x),
            tf.gather(x, 0), tf.one_hot(1, 3), tf.argmax(x), tf.where(x > y, x, y), tf.tanh(x),
            tf.sigmoid(x), tf.maximum(x, y), tf.expand_dims(x, 0), tf.squeeze(x[None]), tf.pow(x, y),
            tf.math.log(x), tf.sqrt(x), tf.fill([2], 1.0), tf.range(3), tf.nn.bias_add(x, y[0]),
        ]  # fmt: skip
        names.extend(t.op.type for t in made)
        return x

    f(tf.ones([2, 2]), tf.ones([2, 2]))
    return names


@case("function")
def names_of_common_ops(tf):
    names = []

    @tf.function
    def f(x, y):
        made = [
            tf.matmul(x, y), tf.matmul(x, y), x + y, x + y, x - y, x * y, x / y, -x, tf.nn.relu(x),
            tf.nn.softmax(x), tf.reshape(x, [-1]), tf.square(x), tf.exp(x), tf.tanh(x),
            tf.concat([x, y], 0), tf.stack([x, y]), tf.cast(x, tf.int32), x > y, tf.identity(x),
            tf.sigmoid(x), tf.math.log(x), tf.sqrt(x), tf.shape(x), tf.maximum(x, y), x @ y,
        ]  # fmt: skip
        names.extend(t.name for t in made)
        return x

    f(tf.ones([2, 2]), tf.ones([2, 2]))
    return names


@case("function")
def name_argument(tf):
    names = []

    @tf.function
    def f(x):
        names.append(tf.add(x, x, name="total").name)
        names.append(tf.add(x, x, name="total").name)
        names.append(tf.identity(x, name="out").name)
        names.append(tf.nn.relu(x, name="act").name)
        names.append(tf.constant(1.0, name="one").name)
        return x

    f(tf.constant([1.0]))
    return names


@case("compat.v1.placeholder")
def placeholders(tf):
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, 3], name="x")
        y = tf.compat.v1.placeholder(tf.int32)
        z = tf.compat.v1.placeholder(tf.float32, shape=[])
        out = tf.matmul(x, tf.ones([3, 2])) + z
        return (
            x.name, x.shape, x.dtype, x.op.type, y.name, y.shape, z.name, out.shape, out.name,
            tf.shape(x).shape, (x * 2.0).shape, tf.reduce_sum(x, 1).shape,
        )  # fmt: skip


@case("compat.v1.placeholder")
def placeholders_in_eager_mode(tf):
    return raised(lambda: tf.compat.v1.placeholder(tf.float32, [1]))


@case("compat.v1.placeholder_with_default")
def placeholder_with_default(tf):
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder_with_default(tf.constant([1.0, 2.0]), [None])
        return x.shape, x.dtype, x.op.type


@case("Graph")
def default_graphs_nest(tf):
    a, b = tf.Graph(), tf.Graph()
    v1 = tf.compat.v1
    with a.as_default():
        seen = [v1.get_default_graph() is a]
        with b.as_default():
            seen.append(v1.get_default_graph() is b)
            seen.append(tf.executing_eagerly())
        seen.append(v1.get_default_graph() is a)
    seen.append(tf.executing_eagerly())
    return seen, v1.executing_eagerly_outside_functions()


@case("Graph")
def finding_elements(tf):
    with tf.Graph().as_default() as g:
        x = tf.constant([1.0], name="x")
        y = tf.identity(x, name="y")
    return (
        g.get_tensor_by_name("y:0") is y,
        g.get_operation_by_name("x") is x.op,
        g.as_graph_element("y:0") is y,
        g.as_graph_element(y) is y,
        g.is_feedable(x),
        raised(lambda: g.get_tensor_by_name("nothing:0")),
        raised(lambda: g.get_tensor_by_name("y")),
        raised(lambda: g.get_operation_by_name("y:0")),
        raised(lambda: g.as_graph_element("y:1")),
    )


@case("Graph")
def finalized(tf):
    g = tf.Graph()
    with g.as_default():
        tf.constant(1)
    before = g.finalized
    g.finalize()

    def add():
        with g.as_default():
            tf.constant(2)

    return before, g.finalized, raised(add)


@case("Graph")
def collections(tf):
    g = tf.Graph()
    g.add_to_collection("things", 1)
    g.add_to_collections(["things", "others"], 2)
    g.get_collection_ref("others").append(3)
    return (
        g.get_collection("things"),
        g.get_collection("others"),
        g.get_collection("none"),
        sorted(g.get_all_collection_keys()),
    )


@case("Graph")
def version_and_seed(tf):
    g = tf.Graph()
    start = g.version
    with g.as_default():
        tf.constant(1)
        tf.constant(2)
        seeds = g.seed
        tf.random.set_seed(7)
    return start, g.version, seeds, g.seed, g.building_function


@case("Operation")
def operations(tf):
    with tf.Graph().as_default() as g:
        x = tf.constant([1.0, 2.0], name="x")
        y = tf.math.unsorted_segment_sum(x, [0, 1], 2, name="y")
        parts = tf.split(x, 2, name="parts")
    op = parts[1].op
    return (
        op.name, op.type, len(y.op.inputs), len(op.outputs), [o.name for o in op.outputs],
        parts[1].value_index, [c.type for c in x.consumers()], y.op.get_attr("T"),
        op.get_attr("num_split"), op.graph is g, op.device, op.control_inputs,
        op.node_def.name, op.node_def.op, isinstance(op, tf.Operation), op.outputs[0].op is op,
        [o.name for o in op.values()],
    )  # fmt: skip


@case("Graph")
def mixing_graphs(tf):
    with tf.Graph().as_default():
        a = tf.constant(1)
    with tf.Graph().as_default():
        b = tf.constant(2)
        one = raised(lambda: a + b)
    return one, raised(lambda: a + 1), raised(lambda: tf.add(a, b))


@case("Graph")
def eager_tensors_in_a_plain_graph(tf):
    e = tf.constant([1.0, 2.0])
    with tf.Graph().as_default() as g:
        x = tf.constant(3.0)
        failed = raised(lambda: x * e)
        y = x * e.numpy()
    return failed, y.shape, [op.type for op in g.get_operations()]


@case("Graph")
def variables_in_a_plain_graph(tf):
    with tf.Graph().as_default():
        v = tf.Variable(1.0, name="v")
        return v.name, v.shape, v.dtype, tf.is_symbolic_tensor(v + 1.0)


@case("Graph")
def functions_in_a_plain_graph(tf):
    @tf.function
    def f(x):
        return x * 2.0

    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, 2])
        y = f(x)
        return y.shape, y.dtype, tf.is_symbolic_tensor(y)


@case("Graph")
def gradients_in_a_plain_graph(tf):
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None])
        y = tf.reduce_sum(x * x)
        (g,) = tf.gradients(y, [x])
        return g.shape, g.dtype, tf.gradients(y, [tf.constant(1.0)])


@case("Graph")
def representations(tf):
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, 3], name="x")
        y = tf.cast(x, tf.int32, name="y")
    return repr(x), str(x), repr(y), str(y.op.name)


@case("function")
def representations_in_functions(tf):
    seen = []

    @tf.function
    def f(x):
        y = tf.add(x, 1.0)
        seen.extend([repr(x), str(y), f"{y.shape}"])
        return y

    f(tf.constant([1.0]))
    return seen


@case("get_static_value")
def static_values(tf):
    seen = []

    @tf.function
    def f(x):
        for t in (
            tf.constant([1, 2]),
            tf.shape(x),
            tf.zeros([2]),
            tf.range(3),
            tf.size(x),
            tf.rank(x),
            x,
            tf.constant(2) + 3,
            tf.shape(x)[0],
            tf.stack([tf.shape(x)[0], 5]),
            tf.cast(tf.constant(2), tf.float32),
            tf.fill([2], 7),
            tf.concat([[1], [2]], 0),
            tf.constant(1) < 2,
        ):
            value = tf.get_static_value(t)
            seen.append(None if value is None else value.tolist())
        return x

    f(tf.ones([2, 3]))
    return seen


@case("compat.v1.get_default_graph")
def default_graph_in_functions(tf):
    seen = []
    v1 = tf.compat.v1

    @tf.function
    def f(x):
        g = v1.get_default_graph()
        seen.append((g is x.graph, g.building_function, type(g).__name__, g.name))
        if x > 0:
            inner = v1.get_default_graph()
            seen.append((inner is g, inner.outer_graph is g, type(inner).__name__))
        with tf.init_scope():
            seen.append(v1.get_default_graph() is g)
        return x

    f(tf.constant(1))
    return seen


@case("identity")
def attributes_of_tensors_can_be_set(tf):
    seen = []

    @tf.function
    def f(x):
        x._keras_mask = 5
        x.own = "text"
        seen.append((x._keras_mask, x.own, hasattr(x + 1, "own")))
        return x

    f(tf.constant(1))
    return seen


@case("compat.v1.name_scope")
def v1_scopes(tf):
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        with v1.name_scope(None, "default", [tf.constant(1)]) as a:
            pass
        with v1.name_scope("given", "default") as b:
            pass
        with v1.name_scope("") as c:
            pass
    return a, b, c


@case("control_dependencies")
def graph_control_dependencies(tf):
    with tf.Graph().as_default() as g:
        a = tf.constant(1, name="a")
        with g.control_dependencies([a]):
            b = tf.identity(a + 1, name="b")
            with tf.control_dependencies([b]):
                c = tf.no_op(name="c")
    return [i.name for i in b.op.control_inputs], sorted(i.name for i in c.control_inputs), c.type
