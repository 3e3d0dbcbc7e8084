"""AutoGraph: variables of loops: defined late, of changing shape, dtype or structure."""

from cases.form import Case, bad


def _while_py_start(tf):
    c = tf.constant

    @tf.function
    def f(x):
        i = 0
        s = 0
        while i < x:
            i += 1
            s += i
        return s, i

    return f(c(4))


def _while_undefined(tf):
    c = tf.constant

    @tf.function
    def f(x):
        while x > 0:
            y = x
            x -= 1
        return y

    return f(c(4)), f(c(0))


def _while_undefined_local(tf):
    c = tf.constant

    @tf.function
    def f(x):
        while x > 0:
            y = x
            x -= y
        return x

    return f(c(4))


def _while_undefined_usedinside(tf):
    c = tf.constant

    @tf.function
    def f(x):
        while x > 0:
            x -= 1
            if x == 2:
                y = x
        return y

    return f(c(4))


def _while_undefined_read_first(tf):
    c = tf.constant

    @tf.function
    def f(x):
        while x > 0:
            x -= z
            z = 1
        return x

    return f(c(4))


def _while_none_before(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = None
        while x > 0:
            y = x
            x -= 1
        return y

    return f(c(4))


def _while_none_after(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = 1
        while x > 0:
            y = None
            x -= 1
        return y

    return f(c(4))


def _while_shape(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = c([1])
        while x > 0:
            y = tf.concat([y, y], 0)
            x -= 1
        return y

    return f(c(4))


def _while_shape_less(tf):
    c = tf.constant

    @tf.function
    def f(x, n):
        y = c([1])
        while x > 0:
            y = tf.zeros([n], tf.int32)
            x -= 1
        return y

    return f(c(4), c(2))


def _while_dtype(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = 1
        while x > 0:
            y = 1.5
            x -= 1
        return y

    return f(c(4))


def _while_dtype_py(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = c(1.0)
        while x > 0:
            y = 2
            x -= 1
        return y

    return f(c(4))


def _while_struct(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = (1, 2)
        while x > 0:
            y = (1, 2, 3)
            x -= 1
        return y

    return f(c(4))


def _while_pyobj(tf):
    c = tf.constant

    class A:
        pass

    @tf.function
    def f(x):
        y = A()
        while x > 0:
            y = A()
            x -= 1
        return 1

    return f(c(4))


def _while_pyobj_out(tf):
    c = tf.constant

    class A:
        pass

    @tf.function
    def f(x):
        y = A()
        while x > 0:
            z = y
            y = A()
            x -= 1
        return 1

    return f(c(4))


def _while_str(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = "a"
        while x > 0:
            y = "b"
            x -= 1
        return y

    return f(c(4))


def _while_py_then_tensor(tf):
    c = tf.constant

    @tf.function
    def f(n):
        i = 0
        while i < 3:
            i = i + n
        return i

    return f(c(1))


def _while_str_cond(tf):
    c = tf.constant

    @tf.function
    def f(n):
        while n:
            n = ""
        return n

    return f(c("sd"))


def _for_shape(tf):
    c = tf.constant

    @tf.function
    def f(n):
        y = c([1])
        for i in tf.range(n):
            y = tf.concat([y, [i]], 0)
        return y

    return f(c(4))


def _for_list_append(tf):
    c = tf.constant

    @tf.function
    def f(n):
        items = []
        for i in tf.range(n):
            items.append(i)
        return tf.stack(items)

    return f(c(4))


def _for_list_append_py(tf):
    c = tf.constant

    @tf.function
    def f(n):
        items = []
        for i in range(3):
            items.append(i * n)
        return tf.stack(items)

    return f(c(4))


def _for_dtype_error(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in tf.range(n):
            s = s + 0.5
        return s

    return f(c(4))


def _for_ta(tf):
    c = tf.constant

    @tf.function
    def f(n):
        ta = tf.TensorArray(tf.int32, size=n)
        for i in tf.range(n):
            ta = ta.write(i, i * i)
        return ta.stack()

    return f(c(4))


def _for_dict_items(tf):
    c = tf.constant

    @tf.function
    def f(n):
        d = {"a": n, "b": n}
        s = 0
        for k, v in d.items():
            s += v
        return s

    return f(c(4))


def _for_state_dict(tf):
    c = tf.constant

    @tf.function
    def f(n):
        d = {"a": 0}
        for i in tf.range(n):
            d["a"] += i
        return d

    return f(c(4))


def _for_undefined_after(tf):
    c = tf.constant

    @tf.function
    def f(n):
        s = 0
        for i in tf.range(n):
            k = i * 2
            s += k
        return k

    return f(c(2)), f(c(0))


def _for_undef_nested_struct(tf):
    c = tf.constant

    @tf.function
    def f(n):
        for i in tf.range(n):
            k = (i, {"a": [i * 1.0 if False else 2.0]})
        return k

    return f(c(2))


def _for_undef_shape_dynamic(tf):
    c = tf.constant

    @tf.function
    def f(n):
        for i in tf.range(n):
            k = tf.range(i)
        return k

    return f(c(3))


def _for_undef_none(tf):
    c = tf.constant

    @tf.function
    def f(n):
        for i in tf.range(n):
            k = None
        return k

    return f(c(3))


def _scratch_effects(tf):
    c = tf.constant
    items = []

    @tf.function
    def f(n):
        for i in tf.range(n):
            items.append(1)
            y = i
        return y

    f(c(3))
    return items


def _noscratch_effects(tf):
    c = tf.constant
    items = []
    m = []

    @tf.function
    def f(n):
        for i in tf.range(n):
            items.append(1)
        while n > 0:
            m.append(1)
            n = n - 1
        return n

    f(c(3))
    return items, m


def _while_none_zero(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = None
        while x > 0:
            y = x
            x -= 1
        return y

    return f(c(0))


def _undefined_two(tf):
    c = tf.constant

    @tf.function
    def f(x):
        while x > 0:
            y = x
            z = x
            x -= 1
        return y, z

    return f(c(0))


def _undef_local_only(tf):
    c = tf.constant

    @tf.function
    def f(x):
        while x > 0:
            if x > 2:
                y = x
            else:
                y = -x
            x -= 1
        return x

    return f(c(3))


def _undef_in_if_inside_loop(tf):
    c = tf.constant

    @tf.function
    def f(x):
        for i in tf.range(x):
            if i > 2:
                y = x
                z = y
        return x

    return f(c(3))


def _undef_in_if_then_used(tf):
    c = tf.constant

    @tf.function
    def f(x):
        for i in tf.range(x):
            if i == 0:
                y = x
            else:
                y = y + 1
        return y

    return f(c(3))


def _while_none_both(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = None
        while x > 0:
            x -= 1
            y = None
        return x if y is None else y

    return f(c(3))


CASES = [
    Case("function", _while_py_start, id="while_py_start"),
    bad("function", _while_undefined, id="while_undefined"),
    Case("function", _while_undefined_local, id="while_undefined_local"),
    bad("function", _while_undefined_usedinside, id="while_undefined_usedinside"),
    bad("function", _while_undefined_read_first, id="while_undefined_read_first"),
    Case("function", _while_none_before, id="while_none_before"),
    bad("function", _while_none_after, id="while_none_after"),
    bad("function", _while_shape, id="while_shape"),
    bad("function", _while_shape_less, id="while_shape_less"),
    bad("function", _while_dtype, id="while_dtype"),
    bad("function", _while_dtype_py, id="while_dtype_py"),
    bad("function", _while_struct, id="while_struct"),
    Case("function", _while_pyobj, id="while_pyobj"),
    bad("function", _while_pyobj_out, id="while_pyobj_out"),
    Case("function", _while_str, id="while_str"),
    bad("function", _while_py_then_tensor, id="while_py_then_tensor"),
    bad("function", _while_str_cond, id="while_str_cond"),
    bad("function", _for_shape, id="for_shape"),
    bad("function", _for_list_append, id="for_list_append"),
    Case("function", _for_list_append_py, id="for_list_append_py"),
    bad("function", _for_dtype_error, id="for_dtype_error"),
    Case("function", _for_ta, id="for_ta"),
    Case("function", _for_dict_items, id="for_dict_items"),
    Case("function", _for_state_dict, id="for_state_dict"),
    bad("function", _for_undefined_after, id="for_undefined_after"),
    Case("function", _for_undef_nested_struct, id="for_undef_nested_struct"),
    Case("function", _for_undef_shape_dynamic, id="for_undef_shape_dynamic"),
    bad("function", _for_undef_none, id="for_undef_none"),
    Case("function", _scratch_effects, id="scratch_effects"),
    Case("function", _noscratch_effects, id="noscratch_effects"),
    bad("function", _while_none_zero, id="while_none_zero"),
    bad("function", _undefined_two, id="undefined_two"),
    Case("function", _undef_local_only, id="undef_local_only"),
    Case("function", _undef_in_if_inside_loop, id="undef_in_if_inside_loop"),
    bad("function", _undef_in_if_then_used, id="undef_in_if_then_used"),
    bad("function", _while_none_both, id="while_none_both"),
]
