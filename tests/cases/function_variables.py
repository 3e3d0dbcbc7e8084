"""Variables in functions: made on the first call, captured by reference, changed in order."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


@case("function")
def created_on_the_first_call(tf):
    log = []
    holder: list[Any] = []

    @tf.function
    def f(x):
        log.append(1)
        if not holder:
            holder.append(tf.Variable(tf.ones([2])))
        return holder[0].assign_add(x)

    x = tf.constant([1.0, 2.0])
    return f(x), len(log), f(x), len(log), f.experimental_get_tracing_count(), holder[0]


@case("function")
def created_in_a_module(tf):
    log = []

    class Count(tf.Module):
        def __init__(self):
            self.count = None

        @tf.function
        def __call__(self):
            log.append(1)
            if self.count is None:
                self.count = tf.Variable(0)
            return self.count.assign_add(1)

    a, b = Count(), Count()
    return a(), a(), b(), a(), b(), len(log), a.count, b.count


@case("function")
def creation_on_each_call_fails(tf):
    @tf.function
    def f(x):
        return tf.Variable(1.0) + x

    return raised(lambda: f(tf.constant(1.0)))


@case("function")
def creation_on_a_later_call_fails(tf):
    made = {}

    @tf.function
    def f(key, x):
        if key not in made:
            made[key] = tf.Variable(1.0)
        return made[key] * x

    x = tf.constant(2.0)
    return f("a", x), raised(lambda: f("b", x)), f("a", x)


@case("function")
def two_variables_on_the_first_call(tf):
    made = []

    @tf.function
    def f(x):
        if not made:
            made.append(tf.Variable(2.0, name="first"))
            made.append(tf.Variable(lambda: tf.fill([2], 3.0), name="second"))
        return made[0] * x + made[1]

    return f(tf.constant(1.0)), f(tf.constant(2.0)), [v.name for v in made], [v.shape for v in made]


@case("function")
def initial_value_depends_on_the_argument(tf):
    made = []

    @tf.function
    def f(x):
        if not made:
            made.append(tf.Variable(x * 10.0))
        made[0].assign_add(x)
        return made[0].read_value()

    return f(tf.constant(1.0)), f(tf.constant(2.0)), made[0]


@case("function")
def random_initial_values(tf):
    tf.random.set_seed(5)
    made = []

    @tf.function
    def f():
        if not made:
            made.append(tf.Variable(tf.random.normal([3])))
        return made[0] + 0.0

    return f(), f(), made[0]


@case("function")
def created_with_numpy(tf):
    made = []

    @tf.function
    def f(x):
        if not made:
            made.append(tf.Variable(np.arange(3, dtype=np.float32), trainable=False))
        return made[0] * x

    return f(2.0), f(3.0), made[0].trainable


@case("function")
def created_in_a_nested_function(tf):
    made = []
    log = []

    @tf.function
    def inner(x):
        log.append("inner")
        if not made:
            made.append(tf.Variable(2.0))
        return made[0] * x

    @tf.function
    def outer(x):
        log.append("outer")
        return inner(x) + 1.0

    return outer(tf.constant(3.0)), outer(tf.constant(4.0)), inner(tf.constant(5.0)), log


@case("function")
def created_in_init_scope(tf):
    made = []

    @tf.function
    def f(x):
        with tf.init_scope():
            if not made:
                made.append(tf.Variable(5.0))
        return made[0] * x

    return f(tf.constant(2.0)), f(tf.constant(3.0)), f.experimental_get_tracing_count()


@case("function")
def weakly_held_variables_die(tf):
    @tf.function
    def f(x):
        return x

    def make():
        v = tf.Variable(2.0)

        @tf.function
        def g(x):
            return v * x

        return g

    g = make()
    return raised(lambda: g(tf.constant(1.0))), f(tf.constant(1.0))


@case("function")
def captured_by_reference(tf):
    v = tf.Variable(1.0)

    @tf.function
    def f(x):
        return v * x

    first = f(tf.constant(2.0))
    v.assign(10.0)
    return first, f(tf.constant(2.0)), f.experimental_get_tracing_count()


@case("function")
def rebinding_is_not_seen(tf):
    v = tf.Variable(1.0)
    state = {"v": v}

    @tf.function
    def f():
        return state["v"] + 0.0

    first = f()
    state["v"] = tf.Variable(100.0)
    v.assign(2.0)
    return first, f()


@case("function")
def python_numbers_are_frozen(tf):
    scale = 2.0
    items = [1.0]

    @tf.function
    def f(x):
        return x * scale + sum(items)

    first = f(tf.constant(1.0))
    scale = 100.0
    items.append(50.0)
    return first, f(tf.constant(1.0)), f(tf.constant([1.0]))


@case("function")
def captured_tensors_are_frozen_by_rebinding(tf):
    k = tf.constant(2.0)

    @tf.function
    def f(x):
        return x * k

    first = f(tf.constant(1.0))
    k = tf.constant(100.0)
    return first, f(tf.constant(1.0)), f(tf.constant([1.0]))


@case("function")
def module_replaced_attributes(tf):
    class Model(tf.Module):
        def __init__(self):
            self.bias = 0.0
            self.weight = tf.Variable(2.0)

    log = []

    @tf.function
    def evaluate(model, x):
        log.append(1)
        return model.weight * x + model.bias

    model = Model()
    x = tf.constant(10.0)
    first = evaluate(model, x)
    model.bias = 5.0
    second = evaluate(model, x)
    model.weight.assign(1.0)
    third = evaluate(model, x)
    return first, second, third, len(log)


@case("function")
def reads_and_writes_in_order(tf):
    v = tf.Variable(1.0)

    @tf.function
    def f(x):
        a = v + 0.0
        v.assign(x)
        b = v + 0.0
        v.assign_add(1.0)
        c = v.read_value()
        v.assign_sub(10.0)
        return a, b, c, v + 0.0

    return f(tf.constant(5.0)), v, f(tf.constant(7.0)), v


@case("function")
def value_before_assignment_is_a_snapshot(tf):
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def f():
        before = v.value()
        v.assign([5.0, 6.0])
        return before, v.value()

    return f()


@case("function")
def assignments_return_the_new_value(tf):
    v = tf.Variable(1.0)

    @tf.function
    def f():
        a = v.assign(3.0)
        b = v.assign_add(2.0)
        return a + 0.0, b + 0.0, v.assign_sub(1.0) * 2.0

    return f(), v


@case("function")
def assignment_without_read_value(tf):
    v = tf.Variable(1.0)

    @tf.function
    def f():
        out = v.assign(3.0, read_value=False)
        return v + 0.0, out is None

    return f()


@case("function")
def effects_happen_without_results(tf):
    v = tf.Variable(0)

    @tf.function
    def f():
        v.assign_add(1)
        v.assign_add(10)

    f()
    f()
    return v


@case("function")
def swap(tf):
    a, b = tf.Variable([1.0]), tf.Variable([2.0])

    @tf.function
    def f():
        t = a.read_value()
        a.assign(b)
        b.assign(t)

    f()
    f()
    f()
    return a, b


@case("function")
def sparse_and_sliced_updates(tf):
    v = tf.Variable(tf.zeros([4, 2]))

    @tf.function
    def f(i):
        v.scatter_nd_update([[0, 1]], [7.0])
        v.scatter_add(tf.IndexedSlices(tf.ones([2, 2]), [i, 1]))
        v[2].assign([8.0, 9.0])
        v[3, 1].assign(5.0)
        return v.sparse_read([0, 2])

    return f(tf.constant(1)), f(tf.constant(3)), v


@case("function")
def variables_of_each_dtype(tf):
    vs = [
        tf.Variable(1, dtype=tf.int64),
        tf.Variable(1, dtype=tf.int32),
        tf.Variable(2.0, dtype=tf.float16),
        tf.Variable(3.0, dtype=tf.float64),
        tf.Variable(True),
        tf.Variable("a"),
        tf.Variable(1j, dtype=tf.complex64),
    ]

    @tf.function
    def f():
        vs[0].assign_add(2)
        vs[1].assign_add(3)
        vs[2].assign_sub(0.5)
        vs[3].assign(vs[3] * 2.0)
        vs[4].assign(tf.logical_not(vs[4]))
        vs[5].assign(vs[5] + "b")
        vs[6].assign_add(1.0)
        return [v.read_value() for v in vs]

    return f(), f()


@case("function")
def variable_with_unknown_shape(tf):
    v = tf.Variable([1.0], shape=tf.TensorShape([None]))
    seen = []

    @tf.function
    def f(x):
        v.assign(tf.concat([v, x], 0))
        seen.append(v.shape)
        seen.append(v.read_value().shape)
        return tf.reduce_sum(v)

    return f(tf.constant([2.0])), f(tf.constant([3.0])), v, seen


@case("function")
def assignment_of_another_shape(tf):
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def f(x):
        return v.assign(x)

    return raised(lambda: f(tf.constant([1.0]))), raised(lambda: f(tf.constant([1, 2]))), v


@case("function")
def conditional_assignment(tf):
    v = tf.Variable(0.0)

    @tf.function
    def f(x):
        if x > 0.0:
            v.assign_add(x)
        else:
            v.assign_sub(1.0)
        return v + 0.0

    return f(tf.constant(2.0)), f(tf.constant(-1.0)), v


@case("function")
def assignment_in_a_loop(tf):
    v = tf.Variable(0)

    @tf.function
    def f(n):
        for i in tf.range(n):
            v.assign_add(i)
            if i == 3:
                v.assign(v * 10)
        return v.read_value()

    return f(tf.constant(3)), f(tf.constant(6)), v


@case("function")
def python_counter_and_variable_counter(tf):
    counts = {"python": 0}
    v = tf.Variable(0)

    @tf.function
    def f(x):
        counts["python"] += 1
        v.assign_add(1)
        return x

    for i in range(3):
        f(tf.constant(i))
    f(tf.constant(1.0))
    return counts["python"], v


@case("function")
def globals_and_nonlocals(tf):
    total = 0
    last = None

    @tf.function
    def f(x):
        nonlocal total, last
        total += 1
        last = x.dtype
        return x + total

    return f(tf.constant(1)), f(tf.constant(2)), f(tf.constant([1])), total, last


@case("function")
def generators_advance_once(tf):
    numbers = iter([10, 20, 30, 40])

    @tf.function
    def f(x):
        return x + next(numbers)

    return f(tf.constant(1)), f(tf.constant(2)), f(tf.constant([1])), next(numbers)


@case("function")
def variable_attributes_inside(tf):
    v = tf.Variable([[1.0, 2.0]], name="weights")
    seen = []

    @tf.function
    def f():
        seen.append((v.name, v.shape, v.dtype, v.trainable, tf.shape(v).shape, v.get_shape()))
        return tf.shape(v), tf.size(v), tf.rank(v), v[0, 1], v @ tf.transpose(v)

    return f(), seen


@case("function")
def counter_read_in_init_scope(tf):
    v = tf.Variable(3)
    seen = []

    @tf.function
    def f(x):
        with tf.init_scope():
            seen.append((tf.executing_eagerly(), v.numpy(), raised(lambda: x + 1)))
        return x + v

    return f(tf.constant(1)), seen


@case("function")
def optimizer_slots_on_the_first_step(tf):
    w = tf.Variable([1.0, 2.0])
    slots = []

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(w * x))
        (g,) = tape.gradient(loss, [w])
        if not slots:
            slots.append(tf.Variable(tf.zeros_like(w), trainable=False))
        m = slots[0]
        m.assign(0.9 * m + g)
        w.assign_sub(0.1 * m)
        return loss

    return (
        [step(tf.constant(1.0)) for _ in range(3)],
        w,
        slots[0],
        step.experimental_get_tracing_count(),
    )


@case("function")
def eager_variable_passed_and_captured(tf):
    v = tf.Variable(1.0)

    @tf.function
    def f(u):
        u.assign_add(1.0)
        v.assign_add(10.0)
        return u + v

    return f(v), v, f(tf.Variable(0.0)), v
