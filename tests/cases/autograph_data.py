"""AutoGraph: loops over datasets and iterators."""

from cases.form import Case, bad


def _for_dataset_break(tf):
    @tf.function
    def f(ds):
        s = tf.constant(0, tf.int64)
        for x in ds:
            if x > 2:
                break
            s += x
        return s

    return f(tf.data.Dataset.range(5))


def _for_dataset_enum(tf):
    @tf.function
    def f(ds):
        s = tf.constant(0, tf.int64)
        for i, x in enumerate(ds):
            s += x * i
        return s

    return f(tf.data.Dataset.range(5))


def _for_dataset_loopvar(tf):
    @tf.function
    def f(ds):
        for x in ds:
            pass
        return x

    return f(tf.data.Dataset.range(5))


def _for_dataset_undefined(tf):
    @tf.function
    def f(ds):
        for x in ds:
            y = x + 1
        return y

    return f(tf.data.Dataset.range(5))


def _for_iterator(tf):
    @tf.function
    def f(it):
        s = tf.constant(0, tf.int64)
        for x in it:
            s += x
        return s

    return f(iter(tf.data.Dataset.range(5)))


def _for_iterator_break(tf):
    @tf.function
    def f(it):
        s = tf.constant(0, tf.int64)
        for x in it:
            s += x
            if s > 2:
                break
        return s

    it = iter(tf.data.Dataset.range(7))
    return f(it), next(it)


def _next_iterator(tf):
    @tf.function
    def f(it):
        return next(it) + next(it)

    return f(iter(tf.data.Dataset.range(5)))


def _next_iterator_default(tf):
    @tf.function
    def f(it):
        return next(it, tf.constant(-1, tf.int64))

    it = iter(tf.data.Dataset.range(1))
    return f(it), f(it)


def _len_dataset(tf):
    @tf.function
    def f(x):
        return len(x)

    return f(tf.data.Dataset.range(3))


def _len_dataset_unknown(tf):
    @tf.function
    def f(x):
        return len(x)

    return f(tf.data.Dataset.range(3).filter(lambda x: x > 1))


def _len_dataset_inf(tf):
    @tf.function
    def f(x):
        return len(x)

    return f(tf.data.Dataset.range(3).repeat())


def _any_dataset(tf):
    @tf.function
    def f(x):
        return any(x), all(x)

    return f(tf.data.Dataset.from_tensor_slices([True, False]))


def _iter_undefined(tf):
    @tf.function
    def f(it):
        for x in it:
            y = x + 1
        return y

    return f(iter(tf.data.Dataset.range(5)))


def _ds_state(tf):
    @tf.function
    def f(ds):
        n = 0
        s = tf.constant(0, tf.int64)
        for a, b in ds:
            n += 1
            s += a * b
        return n, s

    return f(tf.data.Dataset.zip((tf.data.Dataset.range(4), tf.data.Dataset.range(4))))


def _ds_side(tf):
    v = tf.Variable(0, dtype=tf.int64)

    @tf.function
    def f(ds):
        for x in ds:
            v.assign_add(x)

    f(tf.data.Dataset.range(4))
    return v


def _ds_shape(tf):
    @tf.function
    def f(ds):
        y = tf.zeros([0], tf.int64)
        for x in ds:
            y = tf.concat([y, [x]], 0)
        return y

    return f(tf.data.Dataset.range(4))


def _ds_shape_inv(tf):
    @tf.function
    def f(ds):
        y = tf.zeros([0], tf.int64)
        for x in ds:
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(y, tf.TensorShape([None]))]
            )
            y = tf.concat([y, [x]], 0)
        return y

    return f(tf.data.Dataset.range(4))


def _ds_maxit(tf):
    @tf.function
    def f(ds):
        y = tf.constant(0)
        for x in ds:
            tf.autograph.experimental.set_loop_options(maximum_iterations=2)
            y += 1
        return y

    return f(tf.data.Dataset.range(4))


def _ds_return(tf):
    @tf.function
    def f(ds):
        for x in ds:
            return x

    return f(tf.data.Dataset.range(4))


def _ds_continue(tf):
    @tf.function
    def f(ds):
        s = tf.constant(0, tf.int64)
        for x in ds:
            if x == 2:
                continue
            s += x
        return s

    return f(tf.data.Dataset.range(4))


def _ds_infinite_break(tf):
    @tf.function
    def f(ds):
        s = tf.constant(0, tf.int64)
        for x in ds.repeat():
            s += x
            if s > 20:
                break
        return s

    return f(tf.data.Dataset.range(4))


def _ds_zip_map_filter(tf):
    @tf.function
    def f(ds):
        s = tf.constant(0, tf.int64)
        for i, (a, b) in enumerate(zip(ds, map(lambda x: x * 2, filter(lambda x: x < 10, ds)))):
            s += i * a * b
        return s

    return f(tf.data.Dataset.range(4))


CASES = [
    Case("function", _for_dataset_break, id="for_dataset_break"),
    Case("function", _for_dataset_enum, id="for_dataset_enum"),
    bad("function", _for_dataset_loopvar, id="for_dataset_loopvar"),
    bad("function", _for_dataset_undefined, id="for_dataset_undefined"),
    Case("function", _for_iterator, id="for_iterator"),
    Case("function", _for_iterator_break, id="for_iterator_break"),
    Case("function", _next_iterator, id="next_iterator"),
    bad("function", _next_iterator_default, id="next_iterator_default"),
    Case("function", _len_dataset, id="len_dataset"),
    bad("function", _len_dataset_unknown, id="len_dataset_unknown"),
    bad("function", _len_dataset_inf, id="len_dataset_inf"),
    Case("function", _any_dataset, id="any_dataset"),
    bad("function", _iter_undefined, id="iter_undefined"),
    Case("function", _ds_state, id="ds_state"),
    Case("function", _ds_side, id="ds_side"),
    Case("function", _ds_shape, id="ds_shape"),
    Case("autograph.experimental.set_loop_options", _ds_shape_inv, id="ds_shape_inv"),
    Case("autograph.experimental.set_loop_options", _ds_maxit, id="ds_maxit"),
    bad("function", _ds_return, id="ds_return"),
    Case("function", _ds_continue, id="ds_continue"),
    Case("function", _ds_infinite_break, id="ds_infinite_break"),
    Case("function", _ds_zip_map_filter, id="ds_zip_map_filter"),
]
