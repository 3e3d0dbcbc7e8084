"""What programs look up in graphs, operations and the variables of graphs made by hand."""

from __future__ import annotations

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


@case("Graph")
def names_that_are_none(tf):
    with tf.Graph().as_default() as g:
        x = tf.constant([1.0], name="x")
    other = tf.Graph()
    return [
        raised(lambda: g.get_tensor_by_name("x:1")),
        raised(lambda: g.get_tensor_by_name("x:y")),
        raised(lambda: g.get_tensor_by_name(3)),
        raised(lambda: g.get_operation_by_name("nothing")),
        raised(lambda: g.get_operation_by_name("x:0")),
        raised(lambda: g.get_operation_by_name(None)),
        raised(lambda: g.as_graph_element(3)),
        raised(lambda: g.as_graph_element(x, allow_tensor=False)),
        raised(lambda: g.as_graph_element(x.op, allow_operation=False)),
        raised(lambda: g.as_graph_element(x, False, False)),
        raised(lambda: other.as_graph_element(x)),
    ]


@case("Graph")
def feeding_and_fetching(tf):
    with tf.Graph().as_default() as g:
        x = tf.constant([1.0], name="x")
    seen = [g.is_feedable(x), g.is_fetchable(x.op)]
    g.prevent_feeding(x)
    g.prevent_fetching(x.op)
    return [*seen, g.is_feedable(x), g.is_fetchable(x.op), len(g.operations), g.num_operations()]


@case("Graph")
def collections_by_scope(tf):
    g = tf.Graph()
    with g.as_default():
        g.add_to_collection("t", tf.constant(1.0, name="first"))
        g.add_to_collection("t", tf.constant(1.0, name="second"))
    g.add_to_collections("one", 1)
    found = [t.name for t in g.get_collection("t", "fir")]
    g.clear_collection("one")
    return found, g.get_collection("one"), len(g.get_collection_ref("t"))


@case("Graph")
def devices_of_operations(tf):
    with tf.Graph().as_default() as g:
        a = tf.constant(1)
        with g.device("/cpu:0"):
            b = tf.constant(1)
        with g.colocate_with(a), g.container("c"):
            c = tf.constant(2)
    return a.device, b.device, c.op.control_inputs


@case("init_scope")
def init_scope_stays_in_a_plain_graph(tf):
    v1 = tf.compat.v1

    @tf.function
    def f(x):
        with tf.init_scope():
            return tf.executing_eagerly(), v1.get_default_graph() is g

    with tf.Graph().as_default() as g:
        with tf.init_scope():
            seen = [tf.executing_eagerly(), v1.get_default_graph() is g]
        with g.name_scope("q"), tf.init_scope():
            seen.append(tf.constant(1).name)
    return seen


@case("control_dependencies")
def control_inputs_by_block(tf):
    with tf.Graph().as_default():
        t = tf.constant(1.0, name="t")
        with tf.control_dependencies([t]):
            made = tf.constant(1.0, name="made")
            taken = tf.negative(t, name="taken")
            with tf.control_dependencies(None):
                free = tf.identity(t, name="free")
            with tf.control_dependencies([taken]):
                inside = tf.identity(taken, name="inside")
                both = tf.identity(free, name="both")
        tensors = (made, taken, free, inside, both)
        return [sorted(op.name for op in x.op.control_inputs) for x in tensors]


@case("group")
def groups(tf):
    with tf.Graph().as_default():
        a, b = tf.constant(1, name="a"), tf.constant(2, name="b")
        made = [tf.group(a, [b]), tf.group(a), tf.group(tf.no_op(), name="train")]
        return [(op.name, op.type, sorted(i.name for i in op.control_inputs)) for op in made]


@case("group")
def groups_in_functions(tf):
    v = tf.Variable(1.0)
    seen = []

    @tf.function
    def f(x):
        a = tf.negative(x, name="a")
        with tf.control_dependencies([a]):
            b = tf.identity(x)
        seen.append([op.name for op in b.op.control_inputs])
        with tf.control_dependencies([v.assign_add(1.0)]):
            c = tf.no_op()
        seen.append([op.name for op in c.control_inputs])
        return x

    f(tf.constant(1.0))
    return seen, v


@case("Graph")
def variables_of_a_graph(tf):
    with tf.Graph().as_default() as g:
        v = tf.Variable(1.0, name="v")
        w = tf.Variable(2.0, name="v")
        x = tf.Variable(lambda: tf.ones([2]), trainable=False)
        with tf.name_scope("s"):
            y = tf.Variable(2, name="y")
        with tf.GradientTape() as tape:
            z = v * v
        dz = tape.gradient(z, v)
        names = [u.name for u in (v, w, x, y)]
        first = [u.initial_value.name for u in (v, w, y)]
        kinds = [v.initializer.type, v.op.type, v.assign(3.0).dtype, v.op.name, v.initializer.name]
        collected = [len(g.get_collection(k)) for k in ("variables", "trainable_variables")]
        errors = [raised(lambda: v.numpy()), raised(lambda: tf.Variable())]
    outside = [raised(lambda: v + 1.0), raised(lambda: v.assign(1.0))]
    return names, first, kinds, collected, errors, outside, repr(v), v.graph is g, dz.dtype, x.shape


@case("Graph")
def variables_from_outside(tf):
    v = tf.Variable(1.0)
    with tf.Graph().as_default():
        return raised(lambda: v + 1.0), raised(lambda: v.assign(1.0))


@case("compat.v1.placeholder_with_default")
def defaults_of_placeholders(tf):
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        d = v1.placeholder_with_default([1.0, 2.0], [None], name="d")
        (dd,) = tf.gradients(d * 2.0, d)
        wrong = raised(lambda: v1.placeholder_with_default([1.0], [3]))
        seen = (d.name, [i.name for i in d.op.inputs], dd.shape, wrong)

    @tf.function
    def f(x):
        return v1.placeholder_with_default(x, [None]) * 2.0

    return seen, f(tf.constant([1.0])), v1.placeholder_with_default([1.0], [3])


@case("Graph")
def names_of_constants(tf):
    with tf.Graph().as_default():
        t = tf.constant(1.0)
        made = [
            (t + 1.0).op.inputs[1],
            tf.add(t, 1.0).op.inputs[1],
            (1.0 + t).op.inputs[0],
            (t**2).op.inputs[1],
            (t > 0).op.inputs[1],
            tf.reshape(t, [1]).op.inputs[1],
            tf.maximum(t, 1.0).op.inputs[1],
            tf.equal(t, 1.0).op.inputs[1],
        ]
        return [x.name for x in made]


@case("Operation")
def attributes_of_operations(tf):
    with tf.Graph().as_default():
        a = tf.constant(1)
        ops = [
            (tf.cast(a, tf.float32).op, ("SrcT", "DstT")),
            (tf.matmul(tf.ones([2, 2]), tf.ones([2, 2]), transpose_a=True).op, ("transpose_a", "T")),
            (tf.stack([a, a]).op, ("T", "axis", "N")),
            (tf.concat([[a], [a]], 0).op, ("T", "N")),
            (tf.nn.conv2d(tf.ones([1, 2, 2, 1]), tf.ones([1, 1, 1, 1]), 1, "SAME").op,
             ("strides", "padding", "data_format")),
        ]  # fmt: skip
        values = [[op.get_attr(name) for name in names] for op, names in ops]
        return values, raised(lambda: a.op.get_attr("nothing"))


@case("Operation")
def outputs_without_a_session(tf):
    with tf.Graph().as_default():
        x = tf.constant(1.0)
        return raised(lambda: x.eval()), raised(lambda: x.op.run()), raised(lambda: x.numpy())


@case("get_static_value")
def static_values_of_more(tf):
    seen = []

    @tf.function
    def f(x):
        one = tf.constant(1)
        for t in (
            tf.equal(one, 1),
            tf.not_equal(one, 1),
            tf.identity(one),
            tf.stop_gradient(one),
            tf.reshape(tf.constant([1, 2]), [2, 1]),
            tf.split(tf.constant([1, 2]), 2)[1],
            tf.unstack(tf.constant([1, 2]))[1],
            tf.stack([1, one]),
            tf.transpose(tf.constant([[1, 2]])),
            tf.range(one + 2),
            tf.range(one),
            tf.reduce_sum(tf.constant([1, 2])),
            tf.expand_dims(one, 0),
            -one,
            tf.logical_not(tf.constant(True)),
            tf.ones([2]) * 2.0,
            tf.stack([tf.shape(tf.ones([2, 3])), [1, 2]]),
        ):
            value = tf.get_static_value(t)
            seen.append(None if value is None else value.tolist())
        n = tf.shape(x)[0]
        seen.append(tf.get_static_value(tf.stack([n, 2]), partial=True).tolist())
        seen.append(tf.get_static_value(tf.stack([n, 2])))
        return x

    f.get_concrete_function(tf.TensorSpec([None]))
    return seen


@case("function")
def parts_of_a_functions_graph(tf):
    w = tf.Variable(tf.ones([2, 2]))

    @tf.function
    def f(x, k=3):
        return tf.matmul(x, w), {"k": x + 1.0}

    concrete = f.get_concrete_function(tf.TensorSpec([None, 2], name="x"))
    g = concrete.graph
    return (
        g.structured_input_signature == concrete.structured_input_signature,
        [t.name for t in tf.nest.flatten(g.structured_outputs)],
        g.get_tensor_by_name("x:0") is concrete.inputs[0],
        [op.type for op in g.get_operations() if op.type in ("MatMul", "AddV2", "ReadVariableOp")],
        len(g.captures), len(g.variables), len(g.inputs), g.finalized, g.get_name_scope(),
    )  # fmt: skip


@case("Graph")
def tensors_of_a_plain_graph_are_keys(tf):
    with tf.Graph().as_default():
        x = tf.constant(1)
        y = tf.constant(1)
        return x == x, x == y, x != y, len({x, y, x}), {x: 5}[x]


@case("compat.v1.executing_eagerly_outside_functions")
def outside_functions(tf):
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        return v1.executing_eagerly_outside_functions()


@case("compat.v1.global_variables")
def variables_in_collections(tf):
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        tf.Variable(1.0, name="a")
        tf.Variable(1.0, name="b", trainable=False)
        init = v1.global_variables_initializer()
        return (
            [v.name for v in v1.global_variables()],
            [v.name for v in v1.trainable_variables()],
            [v.name for v in v1.global_variables("b")],
            (init.name, init.type, sorted(op.name for op in init.control_inputs)),
        )


@case("Graph")
def datasets_are_not_iterated_in_a_plain_graph(tf):
    with tf.Graph().as_default():
        return raised(lambda: list(tf.data.Dataset.range(3)))
