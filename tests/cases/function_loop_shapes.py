"""Static shapes of what loops, maps and arrays leave, and results of loops that never run."""

from __future__ import annotations

from typing import Any

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


def shapes(tf: Any, f: Any, *specs: Any) -> Any:
    """The static shapes of a function's results."""
    seen = []

    def note(*xs):
        seen.append(tf.nest.map_structure(lambda t: t.shape, f(*xs)))
        return 0

    tf.function(note, autograph=False).get_concrete_function(*specs)
    return seen[0]


def filled(tf: Any, x: Any, ta: Any, make: Any) -> Any:
    """An array into which a loop over the rows of `x` writes."""
    return tf.while_loop(
        lambda i, t: i < tf.shape(x)[0], lambda i, t: (i + 1, t.write(i, make(x[i]))), [0, ta]
    )[1]


@case("map_fn")
def shapes_of_maps(tf):
    known, unknown = tf.TensorSpec([6, 3]), tf.TensorSpec([None, 3])
    pair = (tf.float32, tf.float32)
    return (
        shapes(tf, lambda x: tf.map_fn(lambda r: r, x), known),
        shapes(tf, lambda x: tf.map_fn(lambda r: r, x), unknown),
        shapes(tf, lambda x: tf.map_fn(tf.reduce_sum, x), known),
        shapes(tf, lambda x: tf.map_fn(lambda r: (r, r[0]), x, fn_output_signature=pair), known),
        shapes(tf, lambda x: tf.map_fn(tf.function(lambda r: r * 2.0), x), known),
        shapes(
            tf,
            lambda x: tf.map_fn(lambda r: tf.cond(r[0] > 0.0, lambda: r, lambda: -r), x),
            known,
        ),
        shapes(tf, lambda x: tf.map_fn(lambda r: tf.boolean_mask(r, r > 0.0), x), known),
        shapes(tf, lambda x: tf.map_fn(lambda r: r, x, infer_shape=False), known),
        shapes(
            tf,
            lambda x: tf.map_fn(lambda r: r, x, fn_output_signature=tf.TensorSpec([None])),
            known,
        ),
        shapes(tf, lambda x: tf.map_fn(lambda r: tf.map_fn(lambda e: e * 2.0, r), x), known),
    )


@case("while_loop")
def shapes_of_maps_in_loops(tf):
    known = tf.TensorSpec([6, 3])

    def repeated(x):
        return tf.while_loop(
            lambda i, y: i < 2, lambda i, y: (i + 1, tf.map_fn(lambda r: r * 2.0, y)), [0, x]
        )[1]

    def masked(x):
        large = tf.map_fn(tf.reduce_sum, x)
        return tf.map_fn(lambda k: tf.reduce_sum(tf.boolean_mask(x, large > k)), tf.range(3.0))

    return shapes(tf, repeated, known), shapes(tf, masked, known)


@case("TensorArray")
def shapes_of_arrays_after_loops(tf):
    known, unknown = tf.TensorSpec([6, 3]), tf.TensorSpec([None, 3])

    def array(**options):
        return tf.TensorArray(tf.float32, **options)

    def all_of(x):
        ta = filled(tf, x, array(size=6), lambda r: r)
        return ta.stack(), ta.read(0), ta.gather([0, 1]), ta.concat()

    def nested(x):
        return tf.while_loop(
            lambda i, t: i < 2,
            lambda i, t: (i + 1, filled(tf, x, t, lambda r: r)),
            [0, array(size=6)],
        )[1].stack()

    growing = {"size": 0, "dynamic_size": True}
    return (
        shapes(tf, all_of, known),
        shapes(tf, nested, known),
        shapes(tf, lambda x: filled(tf, x, array(**growing), lambda r: r).stack(), unknown),
        shapes(
            tf,
            lambda x: filled(tf, x, array(size=6, infer_shape=False), lambda r: r).stack(),
            known,
        ),
    )


@case("map_fn")
def maps_over_no_rows(tf):
    @tf.function
    def f(x):
        return (
            tf.map_fn(lambda r: r, x),
            tf.map_fn(tf.reduce_sum, x),
            tf.map_fn(lambda r: (r, r[0]), x, fn_output_signature=(tf.float32, tf.float32)),
        )

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
    def g(x):
        return tf.map_fn(lambda r: r[:2], x)

    return f(tf.zeros([0, 3])), g(tf.zeros([0, 3])), g(tf.ones([2, 3]))


@case("TensorArray")
def arrays_of_other_sizes(tf):
    def array(size, *values, **options):
        ta = tf.TensorArray(tf.float32, size, **options)
        for i, value in enumerate(values):
            ta = ta.write(i, value)
        return ta

    @tf.function
    def f(n):
        chosen = tf.cond(
            n > 2,
            lambda: array(1, 1.0, element_shape=[]),
            lambda: array(2, 1.0, 2.0, element_shape=[]),
        )
        _, grown = tf.while_loop(
            lambda i, t: i < n,
            lambda i, t: (i + 1, t.write(i, tf.cast(i, tf.float32))),
            [0, array(1, dynamic_size=True)],
        )
        _, doubled = tf.while_loop(
            lambda i, t: i < n,
            lambda i, t: (i + 1, t.write(i, t.read(i) * 2.0)),
            [0, array(3, clear_after_read=False).unstack([1.0, 2.0, 3.0])],
        )
        return (
            chosen.stack(),
            grown.stack(),
            doubled.stack(),
            array(2, dynamic_size=True).unstack([1.0, 2.0, 3.0]).stack(),
            array(3).scatter([2, 0, 1], [1.0, 2.0, 3.0]).stack(),
        )

    return f(tf.constant(3)), f(tf.constant(1))


@case("TensorArray")
def rows_of_a_loop_that_never_runs(tf):
    @tf.function
    def f(n):
        ta = tf.TensorArray(tf.float32, 0, dynamic_size=True)
        _, ta = tf.while_loop(
            lambda i, t: i < n, lambda i, t: (i + 1, t.write(i, [1.0, 2.0])), [0, ta]
        )
        return ta.stack()

    return f(tf.constant(0)), f(tf.constant(2))


@case("map_fn")
def signatures_that_do_not_fit(tf):
    x = tf.zeros([2, 3])
    wrong = tf.TensorSpec([4])
    return raised(
        lambda: tf.function(lambda x: tf.map_fn(lambda r: r, x, fn_output_signature=wrong))(x)
    )
