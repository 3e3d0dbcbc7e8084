"""AutoGraph: boolean operators, items, assertions and builtin functions."""

from cases.form import Case, bad


def _len_(tf):
    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def f(x):
        return len(x), isinstance(len(x), int)

    return f(tf.zeros([2, 3]))


def _len_static(tf):
    @tf.function
    def f(x):
        return len(x), isinstance(len(x), int)

    return f(tf.zeros([2, 3]))


def _len_scalar(tf):
    @tf.function
    def f(x):
        return len(x)

    return f(tf.zeros([]))


def _len_unknown_rank(tf):
    @tf.function(input_signature=[tf.TensorSpec(None)])
    def f(x):
        return len(x)

    try:
        return f(tf.zeros([2, 3]))
    finally:
        f(tf.zeros([]))


def _len_ta(tf):
    @tf.function
    def f(x):
        ta = tf.TensorArray(tf.int32, 3)
        return len(ta)

    return f(tf.zeros([2, 3]))


def _len_ragged(tf):
    @tf.function
    def f(x):
        return len(x)

    return f(tf.ragged.constant([[1], [2, 3]]))


def _len_variable(tf):
    v = tf.Variable([1, 2])

    @tf.function
    def f():
        return len(v)

    return f()


def _int_float(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return int(x), float(x), float(3), int("7"), abs(x)

    return f(c(-2.7))


def _int_str(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return int(x), float(x)

    return f(c("12"))


def _int_base(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return int(x, 16)

    return f(c("12"))


def _int_base2(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return int("12", 16)

    return f(c("12"))


def _bool_(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return bool(x)

    return f(c(1))


def _sum_(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return sum(x)

    return f(c([1.7, 2]))


def _sum_list(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return sum([x, x, 1.0])

    return f(c(1.7))


def _min_max(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return min(x), max(x)

    return f(c([1.7, 2]))


def _min_max2(tf):
    c = tf.constant

    @tf.function
    def f(x, y):
        return min(x, y), max(x, y), max(x, 1)

    return f(c(1), c(3))


def _min_max3(tf):
    c = tf.constant

    @tf.function
    def f(x, y):
        return min(x, y, 2)

    return f(c(1), c(3))


def _min_max_rank2(tf):
    @tf.function
    def f(x):
        return min(x)

    return f(tf.zeros([2, 2]))


def _min_scalar(tf):
    @tf.function
    def f(x):
        return min(x)

    return f(tf.zeros([]))


def _min_list(tf):
    @tf.function
    def f(x):
        return min([x, x + 1])

    return f(tf.zeros([]))


def _any_all(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return any(x), all(x)

    return f(c([True, False]))


def _any_list(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return any([x, x])

    return f(c(True))


def _sorted_(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return sorted(x), sorted(x, reverse=True)

    return f(c([3, 1, 2]))


def _sorted_key(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return sorted(x, key=lambda v: -v)

    return f(c([3, 1, 2]))


def _sorted_2d(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return sorted(x)

    return f(c([[3, 1, 2]]))


def _range_mixed(tf):
    c = tf.constant

    @tf.function
    def f(n):
        r = range(n)
        return r

    return f(c(3))


def _range_step(tf):
    c = tf.constant

    @tf.function
    def f(n):
        return range(10, n, -2)

    return f(c(3))


def _range_float(tf):
    c = tf.constant

    @tf.function
    def f(n):
        return range(n)

    return f(c(3.0))


def _enumerate_list(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i, x in enumerate([n, n]):
            s += i * x
        return s

    return f(c(3))


def _and_or(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return x > 0 and x < 5, x > 0 or x < -5, not (x > 0), 0 < x < 5

    return f(c(3))


def _and_mixed2(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return x > 0 and True, x > 0 or False

    return f(c(3))


def _not_int(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return not x

    return f(c(3))


def _eq_ops(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return x == 3, x != 3

    return f(c(3))


def _eq_none(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return x == None, x != None

    return f(c(3))


def _is_none(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x is None:
            return 1
        return 2

    return f(c(3))


def _eq_feature(tf):
    c = tf.constant

    @tf.function(
        experimental_autograph_options=tf.autograph.experimental.Feature.EQUALITY_OPERATORS
    )
    def f(n):
        return n == 3, n != 3, 3 == 3, (n,) == (n,)

    return f(c(3))


def _none_in_nest(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            y = (1, None)
        else:
            y = (2, None)
        return y

    return f(c(3))


def _none_in_nest_one(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            y = (1, None)
        else:
            y = (2, 3)
        return y

    return f(c(3))


def _if_static_shape_cond(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x.shape[0] == 2:
            return 1
        return 2

    return f(c([1, 2]))


def _if_stmt_prints(tf):
    c = tf.constant
    out = []

    @tf.function
    def f(x):
        if x > 0:
            out.append("a")
            y = 1
        elif x < -5:
            out.append("b")
            y = 2
        else:
            out.append("c")
            y = 3
        return y

    return f(c(-7)), out


def _chained(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return 1 < x <= 3, 1 < x != 4

    return f(c(3))


CASES = [
    Case("function", _len_, id="len_"),
    Case("function", _len_static, id="len_static"),
    bad("function", _len_scalar, id="len_scalar"),
    bad("function", _len_unknown_rank, id="len_unknown_rank"),
    Case("function", _len_ta, id="len_ta"),
    Case("function", _len_ragged, id="len_ragged"),
    Case("function", _len_variable, id="len_variable"),
    Case("function", _int_float, id="int_float"),
    Case("function", _int_str, id="int_str"),
    bad("function", _int_base, id="int_base"),
    Case("function", _int_base2, id="int_base2"),
    bad("function", _bool_, id="bool_"),
    bad("function", _sum_, id="sum_"),
    Case("function", _sum_list, id="sum_list"),
    bad("function", _min_max, id="min_max"),
    bad("function", _min_max2, id="min_max2"),
    bad("function", _min_max3, id="min_max3"),
    bad("function", _min_max_rank2, id="min_max_rank2"),
    bad("function", _min_scalar, id="min_scalar"),
    bad("function", _min_list, id="min_list"),
    bad("function", _any_all, id="any_all"),
    bad("function", _any_list, id="any_list"),
    Case("function", _sorted_, id="sorted_"),
    Case("function", _sorted_key, id="sorted_key"),
    bad("function", _sorted_2d, id="sorted_2d"),
    Case("function", _range_mixed, id="range_mixed"),
    Case("function", _range_step, id="range_step"),
    Case("function", _range_float, id="range_float"),
    Case("function", _enumerate_list, id="enumerate_list"),
    Case("function", _and_or, id="and_or"),
    Case("function", _and_mixed2, id="and_mixed2"),
    bad("function", _not_int, id="not_int"),
    Case("function", _eq_ops, id="eq_ops"),
    Case("function", _eq_none, id="eq_none"),
    Case("function", _is_none, id="is_none"),
    Case("autograph.experimental.Feature", _eq_feature, id="eq_feature"),
    bad("function", _none_in_nest, id="none_in_nest"),
    bad("function", _none_in_nest_one, id="none_in_nest_one"),
    Case("function", _if_static_shape_cond, id="if_static_shape_cond"),
    Case("function", _if_stmt_prints, id="if_stmt_prints"),
    Case("function", _chained, id="chained"),
]
