"""Concrete functions: how one gets them, calls them, and what they tell of themselves."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


def types(concrete: Any) -> list[str]:
    """The op types of a graph, placeholders and constants aside."""
    plain = ("Placeholder", "Const", "Identity", "NoOp")
    return [op.type for op in concrete.graph.get_operations() if op.type not in plain]


def square_of(tf: Any) -> Any:
    @tf.function
    def square(x):
        return x * x

    return square


@case("function")
def from_a_spec(tf):
    f = square_of(tf)
    c = f.get_concrete_function(tf.TensorSpec([], tf.float32))
    return c(tf.constant(3.0)), c(x=tf.constant(4.0)), f.experimental_get_tracing_count()


@case("function")
def from_a_tensor(tf):
    f = square_of(tf)
    c = f.get_concrete_function(tf.constant([1.0, 2.0]))
    return c(tf.constant([3.0, 4.0])), raised(lambda: c(tf.constant(3.0)))


@case("function")
def from_unknown_shape(tf):
    c = square_of(tf).get_concrete_function(tf.TensorSpec(None, tf.float32))
    return c(tf.constant(2.0)), c(tf.constant([[1.0, 3.0]])), c.outputs[0].shape


@case("function")
def call_uses_the_concrete_trace(tf):
    f = square_of(tf)
    f.get_concrete_function(tf.TensorSpec([None], tf.float32))
    f(tf.constant([1.0]))
    first = f.experimental_get_tracing_count()
    f(tf.constant([1.0, 2.0]))
    f(tf.constant(1.0))
    return first, f.experimental_get_tracing_count()


@case("function")
def same_concrete_function_again(tf):
    f = square_of(tf)
    a = f.get_concrete_function(tf.TensorSpec([2], tf.float32))
    b = f.get_concrete_function(tf.constant([1.0, 2.0]))
    d = f.get_concrete_function(tf.TensorSpec([3], tf.float32))
    return a is b, a is d, f.experimental_get_tracing_count()


@case("function")
def spec_names_become_parameters(tf):
    @tf.function
    def f(a, b):
        return a - b

    c = f.get_concrete_function(tf.TensorSpec([], tf.int32, name="x"), tf.TensorSpec([], tf.int32))
    return (
        c(tf.constant(5), tf.constant(3)),
        raised(lambda: c(x=tf.constant(5), b=tf.constant(3))),
        raised(lambda: c(a=tf.constant(5), b=tf.constant(3))),
    )


@case("function")
def python_values_are_bound(tf):
    @tf.function
    def power(a, b):
        return a**b

    square = power.get_concrete_function(tf.TensorSpec(None, tf.float32), 2)
    return (
        square(tf.constant(10.0)),
        square(tf.constant(10.0), b=2),
        raised(lambda: square(tf.constant(10.0), b=3)),
        raised(lambda: square(tf.constant(10.0), 3)),
        square(a=tf.constant(10.0)),
    )


@case("function")
def default_values_are_bound(tf):
    @tf.function
    def f(x, scale=3.0, *, shift=1.0):
        return x * scale + shift

    c = f.get_concrete_function(tf.TensorSpec([], tf.float32))
    d = f.get_concrete_function(tf.TensorSpec([], tf.float32), shift=tf.TensorSpec([], tf.float32))
    return c(tf.constant(2.0)), d(tf.constant(2.0), shift=tf.constant(5.0))


@case("function")
def booleans_select(tf):
    @tf.function
    def f(x, training):
        return x * 2.0 if training else x

    spec = tf.TensorSpec([], tf.float32)
    train, test = f.get_concrete_function(spec, True), f.get_concrete_function(spec, False)
    x = tf.constant(4.0)
    return train(x), test(x), types(train), types(test)


@case("function")
def structured_input_signatures(tf):
    @tf.function
    def f(x, flag, d, *, z=1):
        return x

    c = f.get_concrete_function(
        tf.TensorSpec([None], tf.float32), True, {"k": tf.TensorSpec([], tf.int32)}
    )
    args, kwargs = c.structured_input_signature
    return repr(args), repr(kwargs)


@case("function")
def structured_input_signature_plain(tf):
    c = square_of(tf).get_concrete_function(tf.TensorSpec([None, 2], tf.float32))
    (spec,), kwargs = c.structured_input_signature
    return spec.shape, spec.dtype, spec.name, kwargs


@case("function")
def structured_outputs(tf):
    @tf.function
    def f(x):
        return {"a": x, "b": (x + 1, [tf.cast(x, tf.float32)]), "c": None}

    c = f.get_concrete_function(tf.TensorSpec([None], tf.int32))
    out = c.structured_outputs
    return (
        sorted(out),
        out["a"].shape,
        out["a"].dtype,
        out["b"][0].dtype,
        out["b"][1][0].dtype,
        out["c"] is None,
        len(c.outputs),
        [o.dtype for o in c.outputs],
        c(tf.constant([1, 2])),
    )


@case("function")
def output_shapes_and_dtypes(tf):
    @tf.function
    def f(x, y):
        return x @ y, tf.reduce_sum(x)

    c = f.get_concrete_function(
        tf.TensorSpec([None, 3], tf.float32), tf.TensorSpec([3, 2], tf.float32)
    )
    return c.output_shapes, c.output_dtypes


@case("function")
def inputs_and_outputs(tf):
    v = tf.Variable(2.0)
    k = tf.constant(3.0)

    @tf.function
    def f(x, y):
        return v * x + y * k

    spec = tf.TensorSpec([], tf.float32)
    c = f.get_concrete_function(spec, spec)
    return (
        len(c.inputs),
        [i.dtype.name for i in c.inputs],
        [i.shape for i in c.inputs],
        len(c.outputs),
        len(c.captured_inputs),
        [t.dtype.name for t in c.captured_inputs],
        c.inputs[0].op.type,
    )


@case("function")
def captured_inputs_are_the_tensors(tf):
    v = tf.Variable(2.0)
    k = tf.constant(3.0)

    @tf.function
    def f(x):
        return v * x * k

    c = f.get_concrete_function(tf.TensorSpec([], tf.float32))
    captured = c.captured_inputs
    return [t is v.handle for t in captured], [t is k for t in captured]


@case("function")
def variables_of_a_concrete_function(tf):
    v = tf.Variable(2.0, name="v")
    w = tf.Variable(3.0, trainable=False, name="w")
    other = tf.Variable(1.0, name="other")

    @tf.function
    def f(x):
        return v * x + w

    c = f.get_concrete_function(tf.TensorSpec([], tf.float32))
    return (
        sorted(u.name for u in c.variables),
        [u.name for u in c.trainable_variables],
        sorted(u.name for u in c.graph.variables),
        other.name,
        [u is v for u in c.trainable_variables],
    )


@case("function")
def op_types_of_a_graph(tf):
    w = tf.Variable([[1.0], [2.0]])

    @tf.function
    def f(x):
        return tf.nn.relu(tf.matmul(x, w) + 1.0)

    c = f.get_concrete_function(tf.TensorSpec([None, 2], tf.float32))
    return [
        op.type for op in c.graph.get_operations() if op.type not in ("Const", "Identity", "NoOp")
    ]


@case("function")
def names_of_ops(tf):
    @tf.function
    def f(x, y):
        a = tf.add(x, y)
        b = tf.add(a, y, name="sum")
        return tf.add(a, b)

    spec = tf.TensorSpec([], tf.float32)
    c = f.get_concrete_function(spec, spec)
    return [op.name for op in c.graph.get_operations() if op.type != "NoOp"]


@case("function")
def names_of_inputs(tf):
    @tf.function
    def f(x, d, *rest, k=None):
        return x

    spec = tf.TensorSpec([], tf.float32)
    c = f.get_concrete_function(spec, {"a": spec, "b": spec}, spec, spec, k=spec)
    return [i.name for i in c.inputs]


@case("function")
def names_start_with_the_function(tf):
    f = square_of(tf)
    c = f.get_concrete_function(tf.TensorSpec([], tf.float32))
    name = c.name if isinstance(c.name, str) else c.name.decode()
    return "square" in name, c.graph.name, c.function_type is not None


@case("function")
def kinds_of_function_types(tf):
    @tf.function
    def f(x, y=2):
        return x * y

    c = f.get_concrete_function(tf.TensorSpec([], tf.int32))
    kind = c.function_type
    return list(kind.parameters), f.function_type is not None, list(f.function_type.parameters)


@case("function")
def call_by_position_and_name(tf):
    @tf.function
    def f(x, y, z):
        return x * 100 + y * 10 + z

    spec = tf.TensorSpec([], tf.int32)
    c = f.get_concrete_function(spec, spec, spec)
    a, b, d = tf.constant(1), tf.constant(2), tf.constant(3)
    return (
        c(a, b, d),
        c(a, z=d, y=b),
        c(x=a, y=b, z=d),
        raised(lambda: c(a, b)),
        raised(lambda: c(a, b, d, a)),
        raised(lambda: c(a, b, w=d)),
        raised(lambda: c(a, b, d, x=a)),
    )


@case("function")
def call_with_python_values(tf):
    c = square_of(tf).get_concrete_function(tf.TensorSpec([], tf.float32))
    return (
        c(3.0),
        raised(lambda: c(3)),
        raised(lambda: c("a")),
        raised(lambda: c(np.float32(2.0))),
        raised(lambda: c(tf.constant(3))),
        raised(lambda: c(None)),
    )


@case("function")
def call_with_a_variable(tf):
    c = square_of(tf).get_concrete_function(tf.TensorSpec([], tf.float32))
    return c(tf.Variable(3.0)), c(x=tf.Variable(4.0)), c(np.float32(2.0))


@case("function")
def variable_argument(tf):
    @tf.function
    def f(v, x):
        v.assign_add(x)
        return v * 2.0

    a, b = tf.Variable(1.0), tf.Variable(10.0)
    c = f.get_concrete_function(a, tf.TensorSpec([], tf.float32))
    return c(a, tf.constant(1.0)), c(b, tf.constant(1.0)), a, b


@case("function")
def nested_arguments(tf):
    @tf.function
    def f(pair, d):
        return pair[0] + pair[1] * d["k"]

    spec = tf.TensorSpec([], tf.float32)
    c = f.get_concrete_function((spec, spec), {"k": spec})
    one, two, three = (tf.constant(v) for v in (1.0, 2.0, 3.0))
    return c((one, two), {"k": three}), raised(lambda: c((one,), {"k": three}))


Box = collections.namedtuple("Box", "low high")


@case("function")
def namedtuple_results(tf):
    @tf.function
    def f(b):
        return Box(b.high, b.low)

    spec = tf.TensorSpec([], tf.int32)
    c = f.get_concrete_function(Box(spec, spec))
    return c(Box(tf.constant(1), tf.constant(2)))


@case("function")
def concrete_function_of_a_signature(tf):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def f(x):
        return x + 1.0

    c = f.get_concrete_function()
    return c(tf.constant([1.0])), f([1.0, 2.0]), f.experimental_get_tracing_count()


@case("function")
def concrete_function_of_a_method(tf):
    class Net(tf.Module):
        def __init__(self):
            self.w = tf.Variable(2.0)

        @tf.function
        def call(self, x):
            return self.w * x

    net = Net()
    c = net.call.get_concrete_function(tf.TensorSpec([], tf.float32))
    net.w.assign(5.0)
    return c(tf.constant(3.0)), [v is net.w for v in c.variables]


@case("function")
def concrete_function_creates_variables(tf):
    class Net(tf.Module):
        def __init__(self):
            self.w = None

        @tf.function
        def call(self, x):
            if self.w is None:
                self.w = tf.Variable(x * 2.0)
            return self.w * x

    net = Net()
    first = net.call(tf.constant(3.0))
    c = net.call.get_concrete_function(tf.TensorSpec([], tf.float32))
    return first, c(tf.constant(1.0))


@case("function")
def concrete_inside_a_function(tf):
    f = square_of(tf)
    c = f.get_concrete_function(tf.TensorSpec([], tf.float32))

    @tf.function
    def g(x):
        return c(x) + c(x + 1.0)

    return g(tf.constant(2.0))


@case("function")
def gradient_through_a_concrete_function(tf):
    v = tf.Variable(3.0)

    @tf.function
    def f(x):
        return v * x * x

    c = f.get_concrete_function(tf.TensorSpec([], tf.float32))
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = c(x)
    return y, tape.gradient(y, [x, v])


@case("function")
def returns_nothing(tf):
    v = tf.Variable(0)

    @tf.function
    def f(x):
        v.assign(x)

    c = f.get_concrete_function(tf.TensorSpec([], tf.int32))
    return c(tf.constant(4)), v, c.structured_outputs, c.outputs


@case("function")
def returns_its_input(tf):
    @tf.function
    def f(x, y):
        return y, x, x

    spec = tf.TensorSpec([], tf.int32)
    c = f.get_concrete_function(spec, spec)
    return c(tf.constant(1), tf.constant(2)), len(c.outputs)


@case("function")
def graph_of_a_concrete_function(tf):
    c = square_of(tf).get_concrete_function(tf.TensorSpec([2], tf.float32))
    g = c.graph
    op = g.get_operation_by_name("mul")
    return (
        op.type,
        op.name,
        [i.name for i in op.inputs],
        [o.name for o in op.outputs],
        g.get_tensor_by_name("mul:0").shape,
        g.building_function,
        [i.name for i in g.inputs],
        len(g.outputs),
        len(g.captures),
        isinstance(g, tf.Graph),
        g.as_graph_element("mul").type,
        raised(lambda: g.get_operation_by_name("nothing")),
    )


@case("function")
def consumers_and_attributes(tf):
    @tf.function
    def f(x, y):
        return tf.matmul(x, y, transpose_a=True) + 1.0

    spec = tf.TensorSpec([2, 2], tf.float32)
    c = f.get_concrete_function(spec, spec)
    (op,) = [o for o in c.graph.get_operations() if o.type == "MatMul"]
    return (
        op.get_attr("transpose_a"),
        op.get_attr("transpose_b"),
        op.get_attr("T"),
        [o.type for o in op.outputs[0].consumers()],
        op.outputs[0].op is op,
        op.outputs[0].value_index,
        raised(lambda: op.get_attr("nothing")),
        op.graph is c.graph,
        op.device,
        len(op.control_inputs),
    )
