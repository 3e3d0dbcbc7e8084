"""AutoGraph: `for` loops."""

from cases.form import Case, bad


def _for_range(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in tf.range(n):
            s += i
        return s

    return f(c(5))


def _for_range3(tf):
    c = tf.constant

    @tf.function
    def f(a, b, d):
        s = []
        ta = tf.TensorArray(tf.int32, 0, dynamic_size=True)
        for i in tf.range(a, b, d):
            ta = ta.write(ta.size(), i)
        return ta.stack()

    return f(c(5), c(-4), c(-2)), f(c(1), c(9), c(3))


def _for_range_float(tf):
    c = tf.constant

    @tf.function
    def f(a, b, d):
        ta = tf.TensorArray(tf.float32, 0, dynamic_size=True)
        for i in tf.range(a, b, d):
            ta = ta.write(ta.size(), i)
        return ta.stack()

    return f(c(0.0), c(1.0), c(0.3))


def _for_pyrange_tensor(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in range(n):
            s += i
        return s

    return f(c(5))


def _for_pyrange_tensor2(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in range(1, n, 2):
            s += i
        return s, isinstance(i, tf.Tensor)

    return f(c(5))


def _for_pyrange_loopvar_after(tf):
    c = tf.constant

    @tf.function
    def f(n):
        for i in range(n):
            pass
        return i

    return f(c(5))


def _for_i_defined_before(tf):
    c = tf.constant

    @tf.function
    def f(n):
        i = 0
        for i in tf.range(n):
            pass
        return i

    return f(c(5)), f(c(0))


def _for_tensor(tf):
    c = tf.constant

    @tf.function
    def f(x):
        s = 0.0
        for r in x:
            s += tf.reduce_sum(r)
        return s

    return f(c([[1.0, 2], [3, 4]]))


def _for_tensor_unknown(tf):
    c = tf.constant

    @tf.function(input_signature=[tf.TensorSpec([None, 2])])
    def f(x):
        s = tf.zeros([2])
        for r in x:
            s += r
        return s

    return f(c([[1.0, 2], [3, 4]]))


def _for_tensor_unknown_rank(tf):
    c = tf.constant

    @tf.function(input_signature=[tf.TensorSpec(None)])
    def f(x):
        s = 0.0
        for r in x:
            s += tf.reduce_sum(r)
        return s

    return f(c([[1.0, 2], [3, 4]]))


def _for_tensor_scalar(tf):
    c = tf.constant

    @tf.function
    def f(x):
        s = 0.0
        for r in x:
            s += tf.reduce_sum(r)
        return s

    return f(c(1.0))


def _for_tensor_empty_undefined(tf):
    c = tf.constant

    @tf.function
    def f(x):
        for r in x:
            s = r
        return s

    return f(c([1.0, 2.0])), f(tf.zeros([0]))


def _for_break(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in tf.range(n):
            if i == 3:
                break
            s += i
        return s

    return f(c(10)), f(c(2))


def _for_continue(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in tf.range(n):
            if i % 2 == 0:
                continue
            s += i
        return s

    return f(c(10))


def _for_python_tensor_break(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in [1, 2, 3]:
            if n > i:
                break
            s += i
        return s

    return f(c(10))


def _for_python_static_break(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in [1, 2, 3]:
            if i == 2:
                break
            s += i
        return s

    return f(c(10))


def _for_python_tensor_continue(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in [1, 2, 3]:
            if n <= i:
                continue
            s += i
        return s

    return f(c(2))


def _for_python_tensor_return(tf):
    c = tf.constant

    @tf.function
    def f(n):
        for i in [1, 2, 3]:
            if n == i:
                return i
        return 0

    return f(c(2))


def _for_unpack(tf):
    c = tf.constant

    @tf.function
    def f(x):
        s = 0.0
        for a, b in x:
            s += a * b
        return s

    return f(c([[1.0, 2], [3, 4]]))


def _for_enumerate(tf):
    c = tf.constant

    @tf.function
    def f(x):
        s = 0.0
        for i, a in enumerate(x):
            s += a
        return s, i

    return f(c([1.0, 2, 3]))


def _for_enumerate_start(tf):
    c = tf.constant

    @tf.function
    def f(x):
        s = 0.0
        for i, a in enumerate(x, 5):
            s += a
        return s, isinstance(i, int)

    return f(c([1.0, 2, 3]))


def _for_zip(tf):
    c = tf.constant

    @tf.function
    def f(x, y):
        s = 0.0
        for a, b in zip(x, y):
            s += a * b
        return s

    return f(c([1.0, 2, 3]), c([1.0, 2, 3]))


def _for_zip_unknown(tf):
    c = tf.constant

    @tf.function(input_signature=[tf.TensorSpec([None]), tf.TensorSpec([None])])
    def f(x, y):
        s = 0.0
        for a, b in zip(x, y):
            s += a * b
        return s

    return f(c([1.0, 2, 3]), c([1.0, 2, 3]))


def _for_map(tf):
    c = tf.constant

    @tf.function
    def f(x):
        s = 0.0
        for a in map(lambda v: v * 2, x):
            s += a
        return s

    return f(c([1.0, 2, 3]))


def _for_filter(tf):
    c = tf.constant

    @tf.function
    def f(x):
        s = 0.0
        for a in filter(lambda v: v > 2, x):
            s += a
        return s

    return f(c([1.0, 2, 3]))


def _for_reversed(tf):
    c = tf.constant

    @tf.function
    def f(x):
        s = 0.0
        for a in reversed(x):
            s += a
        return s

    return f(c([1.0, 2, 3]))


def _for_ragged(tf):
    @tf.function
    def f(x):
        s = 0
        for r in x:
            s += tf.reduce_sum(r) * tf.size(r)
        return s

    return f(tf.ragged.constant([[1], [2, 3]]))


def _for_variables(tf):
    c = tf.constant
    v = tf.Variable(0)

    @tf.function
    def f(n):
        for i in tf.range(n):
            v.assign_add(i)
        return v

    return f(c(4))


def _for_nested(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in tf.range(n):
            for j in tf.range(i):
                s += j
        return s

    return f(c(4))


def _for_indexed_undef_inner(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in tf.range(n):
            k = i * 2
            s += k
        return s

    return f(c(2))


def _empty_range(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in tf.range(n):
            s += i
        return s

    return f(c(0)), f(c(-3))


CASES = [
    Case("function", _for_range, id="for_range"),
    Case("function", _for_range3, id="for_range3"),
    Case("function", _for_range_float, id="for_range_float"),
    Case("function", _for_pyrange_tensor, id="for_pyrange_tensor"),
    Case("function", _for_pyrange_tensor2, id="for_pyrange_tensor2"),
    Case("function", _for_pyrange_loopvar_after, id="for_pyrange_loopvar_after"),
    Case("function", _for_i_defined_before, id="for_i_defined_before"),
    Case("function", _for_tensor, id="for_tensor"),
    Case("function", _for_tensor_unknown, id="for_tensor_unknown"),
    Case("function", _for_tensor_unknown_rank, id="for_tensor_unknown_rank"),
    bad("function", _for_tensor_scalar, id="for_tensor_scalar"),
    bad("function", _for_tensor_empty_undefined, id="for_tensor_empty_undefined"),
    Case("function", _for_break, id="for_break"),
    Case("function", _for_continue, id="for_continue"),
    bad("function", _for_python_tensor_break, id="for_python_tensor_break"),
    Case("function", _for_python_static_break, id="for_python_static_break"),
    Case("function", _for_python_tensor_continue, id="for_python_tensor_continue"),
    bad("function", _for_python_tensor_return, id="for_python_tensor_return"),
    bad("function", _for_unpack, id="for_unpack"),
    bad("function", _for_enumerate, id="for_enumerate"),
    bad("function", _for_enumerate_start, id="for_enumerate_start"),
    bad("function", _for_zip, id="for_zip"),
    bad("function", _for_zip_unknown, id="for_zip_unknown"),
    bad("function", _for_map, id="for_map"),
    bad("function", _for_filter, id="for_filter"),
    bad("function", _for_reversed, id="for_reversed"),
    Case("function", _for_ragged, id="for_ragged"),
    Case("function", _for_variables, id="for_variables"),
    Case("function", _for_nested, id="for_nested"),
    Case("function", _for_indexed_undef_inner, id="for_indexed_undef_inner"),
    Case("function", _empty_range, id="empty_range"),
]
