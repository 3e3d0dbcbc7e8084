"""AutoGraph: `if` statements and expressions."""

import numpy as np

from cases.form import Case, bad


def _if_one_branch(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            y = x
        return y

    return f(c(1))


def _if_else_only(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            pass
        else:
            y = x
        return y

    return f(c(1))


def _if_both_undefined(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            del x
        return 1

    return f(c(1))


def _if_dtype(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            y = 1
        else:
            y = 1.0
        return y

    return f(c(1))


def _if_dtype_tensor(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            y = c(1)
        else:
            y = c(1.0)
        return y

    return f(c(1))


def _if_structure(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            y = (c(1), 2)
        else:
            y = c([1, 2])
        return y

    return f(c(1))


def _if_structure2(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            y = [c(1), 2]
        else:
            y = [c(1)]
        return y

    return f(c(1))


def _if_none_main(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = None
        if x > 0:
            y = 1
        return y

    return f(c(1))


def _if_none_both(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = 1
        if x > 0:
            y = None
        else:
            y = None
        return y

    return f(c(1))


def _if_return_missing(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            return x

    return f(c(1))


def _if_return_both(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            return x
        return -x

    return f(c(1)), f(c(-4))


def _if_return_none(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            return None
        return -x

    return f(c(1)), f(c(-4))


def _if_return_none_both(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            return None
        return None

    return f(c(1)), f(c(-4))


def _if_pyobj(tf):
    c = tf.constant

    class A:
        pass

    @tf.function
    def f(x):
        y = A()
        if x > 0:
            y = A()
        return 1

    return f(c(1))


def _if_str(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            y = "a"
        else:
            y = "b"
        return y

    return f(c(1))


def _if_pyval_same(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = 3
        if x > 0:
            y = 3
        return isinstance(y, int)

    return f(c(1))


def _if_nonscalar(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x:
            y = 1
        else:
            y = 2
        return y

    return f(c([True, False]))


def _if_nonscalar1(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x:
            y = 1
        else:
            y = 2
        return y

    return f(c([True]))


def _if_int_cond(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x:
            y = 1
        else:
            y = 2
        return y

    return f(c(3))


def _if_ragged(tf):
    @tf.function
    def f(r):
        if tf.size(r.values) > 0:
            y = r
        else:
            y = r + 1
        return y

    return f(tf.ragged.constant([[1], [2, 3]]))


def _if_side_effect_list(tf):
    c = tf.constant
    items = []

    @tf.function
    def f(x):
        if x > 0:
            items.append(1)
        else:
            items.append(2)

    f(c(1))
    return items


def _if_raise(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            raise ValueError("neg")
        return x

    return f(c(-1))


def _if_tensor_array(tf):
    c = tf.constant

    @tf.function
    def f(x):
        ta = tf.TensorArray(tf.int32, 2)
        if x > 0:
            ta = ta.write(0, 1)
        else:
            ta = ta.write(1, 1)
        return ta.stack()

    return f(c(1))


def _if_attr_restore(tf):
    c = tf.constant

    class A:
        pass

    a = A()

    @tf.function
    def f(x):
        if x > 0:
            a.y = x
        else:
            a.z = x
        return 1

    return f(c(-3)), vars(a)


def _if_dict_item(tf):
    c = tf.constant

    @tf.function
    def f(x):
        d = {}
        if x > 0:
            d["a"] = x
        else:
            d["a"] = -x
        return d

    return f(c(-3))


def _if_dict_item_one(tf):
    c = tf.constant

    @tf.function
    def f(x):
        d = {}
        if x > 0:
            d["a"] = x
        return d

    return f(c(-3))


def _if_nested_dict_returns(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            return {"a": x, "b": (x, x)}
        else:
            return {"a": -x, "b": (1, 2)}

    return f(c(-3))


def _if_exp_ok(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return x if x > 0 else -x

    return f(c(-3))


def _if_exp_dtype(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return 1 if x > 0 else 1.0

    return f(c(-3))


def _if_exp_none(tf):
    c = tf.constant

    @tf.function
    def f(x):
        return 1 if x > 0 else None

    return f(c(-3))


def _if_exp_bothnone(tf):
    c = tf.constant

    @tf.function
    def f(x):
        y = None if x > 0 else None
        return 1

    return f(c(-3))


def _if_lambda(tf):
    c = tf.constant
    g = lambda x: x if x > 0 else -x
    f = tf.function(g)
    return f(c(-3))


def _if_np(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            y = np.float32(1)
        else:
            y = np.ones(2, np.float32)
        return y

    return f(c(3))


def _if_variable_out(tf):
    c = tf.constant
    v = tf.Variable(1.0)
    w = tf.Variable(2.0)

    @tf.function
    def f(x):
        if x > 0:
            y = v
        else:
            y = w
        return y

    return f(c(3))


def _if_function_value(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:

            def g():
                return 1
        else:

            def g():
                return 2

        return g()

    return f(c(3))


def _if_function_value_unused(tf):
    c = tf.constant

    @tf.function
    def f(x):
        if x > 0:
            g = lambda: 1
            y = g()
        else:
            y = 2
        return y

    return f(c(3))


CASES = [
    bad("function", _if_one_branch, id="if_one_branch"),
    bad("function", _if_else_only, id="if_else_only"),
    Case("function", _if_both_undefined, id="if_both_undefined"),
    bad("function", _if_dtype, id="if_dtype"),
    bad("function", _if_dtype_tensor, id="if_dtype_tensor"),
    bad("function", _if_structure, id="if_structure"),
    bad("function", _if_structure2, id="if_structure2"),
    bad("function", _if_none_main, id="if_none_main"),
    bad("function", _if_none_both, id="if_none_both"),
    bad("function", _if_return_missing, id="if_return_missing"),
    Case("function", _if_return_both, id="if_return_both"),
    bad("function", _if_return_none, id="if_return_none"),
    bad("function", _if_return_none_both, id="if_return_none_both"),
    Case("function", _if_pyobj, id="if_pyobj"),
    Case("function", _if_str, id="if_str"),
    Case("function", _if_pyval_same, id="if_pyval_same"),
    bad("function", _if_nonscalar, id="if_nonscalar"),
    Case("function", _if_nonscalar1, id="if_nonscalar1"),
    bad("function", _if_int_cond, id="if_int_cond"),
    Case("function", _if_ragged, id="if_ragged"),
    Case("function", _if_side_effect_list, id="if_side_effect_list"),
    bad("function", _if_raise, id="if_raise"),
    Case("function", _if_tensor_array, id="if_tensor_array"),
    bad("function", _if_attr_restore, id="if_attr_restore"),
    Case("function", _if_dict_item, id="if_dict_item"),
    bad("function", _if_dict_item_one, id="if_dict_item_one"),
    Case("function", _if_nested_dict_returns, id="if_nested_dict_returns"),
    Case("function", _if_exp_ok, id="if_exp_ok"),
    bad("function", _if_exp_dtype, id="if_exp_dtype"),
    bad("function", _if_exp_none, id="if_exp_none"),
    bad("function", _if_exp_bothnone, id="if_exp_bothnone"),
    Case("function", _if_lambda, id="if_lambda"),
    Case("function", _if_np, id="if_np"),
    Case("function", _if_variable_out, id="if_variable_out"),
    bad("function", _if_function_value, id="if_function_value"),
    Case("function", _if_function_value_unused, id="if_function_value_unused"),
]
