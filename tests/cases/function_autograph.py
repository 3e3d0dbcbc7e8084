"""AutoGraph: Python's if, while, for, return, and, or, not, assert and print over tensors."""

from __future__ import annotations

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


@case("function")
def if_else(tf):
    @tf.function
    def f(x):
        if x > 0:
            return x * 2
        else:
            return x - 1

    return f(tf.constant(3)), f(tf.constant(-3)), f(0), f.experimental_get_tracing_count()


@case("function")
def elif_chain(tf):
    @tf.function
    def f(x):
        if x > 10:
            y = tf.constant("large")
        elif x > 5:
            y = tf.constant("medium")
        elif x > 0:
            y = tf.constant("small")
        else:
            y = tf.constant("none")
        return y

    return [f(tf.constant(v)) for v in (20, 7, 1, -1)]


@case("function")
def if_without_else(tf):
    @tf.function
    def f(x):
        y = x
        if tf.reduce_sum(x) > 5.0:
            y = x * 10.0
        return y

    return f(tf.constant([1.0, 2.0])), f(tf.constant([3.0, 4.0]))


@case("function")
def several_variables_in_a_branch(tf):
    @tf.function
    def f(x):
        a, b, c = x, x + 1, 0
        if x > 2:
            a = b * 2
            c = a + 1
        else:
            b = a - 5
        return a, b, c

    return f(tf.constant(3)), f(tf.constant(1))


@case("function")
def python_conditions_stay_python(tf):
    log = []

    @tf.function
    def f(x, training):
        if training:
            log.append("train")
            return x * 2
        log.append("test")
        return x

    return f(tf.constant(1), True), f(tf.constant(1), False), log


@case("function")
def none_tests_stay_python(tf):
    @tf.function
    def f(x, mask=None):
        if mask is None:
            return x
        if mask is not None and x is not None:
            return tf.where(mask, x, 0)
        return x

    x = tf.constant([1, 2])
    return f(x), f(x, tf.constant([True, False]))


@case("function")
def branch_sets_attributes_and_items(tf):
    class Box:
        pass

    @tf.function
    def f(x):
        box = Box()
        box.value = x
        d = {"k": x}
        items = [x, x]
        if x > 0:
            box.value = x * 2
            d["k"] = x * 3
            items[1] = x * 4
        return box.value, d["k"], items

    return f(tf.constant(2)), f(tf.constant(-2))


@case("function")
def nested_ifs(tf):
    @tf.function
    def f(x, y):
        if x > 0:
            if y > 0:
                r = 1
            else:
                r = 2
        else:
            if y > 0:
                r = 3
            else:
                r = 4
        return r

    return [f(tf.constant(a), tf.constant(b)) for a in (1, -1) for b in (1, -1)]


@case("function")
def returns_in_a_chain(tf):
    @tf.function
    def f(x):
        if x > 0:
            return 1
        elif x < 0:
            return -1
        return 0

    return raised(lambda: f(tf.constant(3))), f(3), f(-3), f(0)


@case("function")
def early_returns(tf):
    @tf.function
    def f(x):
        if x < 0:
            return tf.constant(-1)
        if x == 0:
            return tf.constant(0)
        x = x * 2
        if x > 100:
            return tf.constant(100)
        return x

    return [f(tf.constant(v)) for v in (-5, 0, 7, 70)]


@case("function")
def return_inside_a_loop(tf):
    @tf.function
    def first_above(xs, limit):
        for x in xs:
            if x > limit:
                return x
        return tf.constant(-1)

    @tf.function
    def last_above(xs, limit):
        found = tf.constant(-1)
        for x in xs:
            if x > limit:
                found = x
                break
        return found

    xs = tf.constant([1, 5, 3, 8])
    return raised(lambda: first_above(xs, 4)), last_above(xs, 4), last_above(xs, 100)


@case("function")
def return_inside_a_while(tf):
    @tf.function
    def f(n):
        i = tf.constant(0)
        while True:
            i += 1
            if i * i > n:
                return i

    return raised(lambda: f(tf.constant(10)))


@case("function")
def conditional_expressions(tf):
    @tf.function
    def f(x):
        y = x * 2 if x > 0 else -x
        return y + (1 if tf.reduce_all(y > 5) else 0)

    return f(tf.constant(3)), f(tf.constant(-3)), f(tf.constant(1))


@case("function")
def and_or_not(tf):
    @tf.function
    def f(x, y):
        a = x > 0 and y > 0
        b = x > 0 or y > 0
        c = not x > 0
        return a, b, c, x > 0 and y > 0 and not x > 5

    return [f(tf.constant(a), tf.constant(b)) for a, b in ((1, 1), (1, -1), (-1, -1), (9, 9))]


@case("function")
def and_or_skip_the_rest(tf):
    calls = []

    def note(x):
        calls.append(bool(x))
        return x

    def noted(tf, x):
        out = tf.numpy_function(note, [x], tf.bool)
        out.set_shape([])
        return out

    @tf.function
    def f(p, q):
        return noted(tf, p) and noted(tf, q), noted(tf, p) or noted(tf, q)

    t, u = tf.constant(True), tf.constant(False)
    return f(t, u), f(u, t), len(calls)


@case("function")
def logic_of_python_and_tensors(tf):
    @tf.function
    def f(x, flag):
        if flag and x > 0:
            return 1
        if not flag or x < -5:
            return 2
        return 3

    return [f(tf.constant(v), flag) for v in (1, -1, -9) for flag in (True, False)]


@case("function")
def comparison_chains(tf):
    @tf.function
    def f(x):
        if 0 < x < 10:
            return 1
        if -5 <= x <= 0:
            return 2
        return 3

    return [f(tf.constant(v)) for v in (5, -3, 50)]


@case("function")
def equality_in_conditions(tf):
    @tf.function
    def f(x, s):
        if x == 3:
            return 1
        if x != 4:
            return 2
        if s == "a":
            return 3
        return 4

    return [f(tf.constant(v), tf.constant(s)) for v, s in ((3, "a"), (5, "a"), (4, "a"), (4, "b"))]


@case("function")
def in_and_is(tf):
    @tf.function
    def f(x, names):
        if "a" in names:
            x = x + 1
        if x is not None:
            x = x * 2
        if "b" not in names:
            x = x + 100
        return x

    return f(tf.constant(1), ("a",)), f(tf.constant(1), ("b",))


@case("function")
def while_loops(tf):
    @tf.function
    def f(x):
        steps = 0
        while tf.reduce_sum(x) > 1.0:
            x = x / 2.0
            steps += 1
        return x, steps

    return f(tf.constant([10.0, 4.0])), f(tf.constant([0.1]))


@case("function")
def while_with_python_condition(tf):
    log = []

    @tf.function
    def f(x):
        i = 0
        while i < 3:
            log.append(i)
            x = x * 2
            i += 1
        return x

    return f(tf.constant(1)), log


@case("function")
def while_break_and_continue(tf):
    @tf.function
    def f(n):
        i, total = 0, tf.constant(0)
        while i < n:
            i += 1
            if i % 2 == 0:
                continue
            if total > 20:
                break
            total += i
        return i, total

    return f(tf.constant(5)), f(tf.constant(100)), f(tf.constant(0))


@case("function")
def while_else(tf):
    def f(n):
        i = 0
        while i < n:
            i += 1
        else:
            i = -1
        return i

    return raised(lambda: tf.function(f)(tf.constant(3)))


@case("function")
def nested_while(tf):
    @tf.function
    def primes(n):
        count = 0
        i = 2
        while i < n:
            j = 2
            prime = True
            while j * j <= i:
                if i % j == 0:
                    prime = False
                    break
                j += 1
            if prime:
                count += 1
            i += 1
        return count

    return primes(tf.constant(30)), primes(tf.constant(3)), primes(10)


@case("function")
def loop_variable_becomes_a_tensor(tf):
    @tf.function
    def f(n):
        x = 0
        y = 1.5
        while x < n:
            x = x + 1
            y = y * 2
        return x, y

    return f(tf.constant(3)), f(2)


@case("function")
def variables_defined_in_a_loop(tf):
    @tf.function
    def f(n):
        for i in tf.range(n):
            last = i * 10
        return last

    return f(tf.constant(3))


@case("function")
def undefined_in_one_branch(tf):
    @tf.function
    def f(x):
        if x > 0:
            y = x
        return y

    return raised(lambda: f(tf.constant(1)))


@case("function")
def undefined_but_not_used(tf):
    @tf.function
    def f(x):
        z = x
        if x > 0:
            y = x * 2
            z = y + 1
        return z

    return f(tf.constant(1)), f(tf.constant(-1))


@case("function")
def asserts(tf):
    @tf.function
    def f(x):
        assert x > 0, "must be positive"
        return x * 2

    return raised(lambda: f(tf.constant(2))), f(2), raised(lambda: f(-1))


@case("function")
def prints(tf):
    @tf.function
    def f(x):
        print("tracing", "x")
        return x + 1

    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        f(tf.constant(1))
        f(tf.constant(2))
    return out.getvalue()


@case("function")
def python_builtins(tf):
    @tf.function
    def f(x):
        return (
            len(x), abs(-x), int(2.5), float(3), min(2, 1), max([1, 2]), sum([x, x]),
            sorted([3, 1]), any([False]), all([]),
        )  # fmt: skip

    return f(tf.constant([1, 2, 3]))


@case("function")
def casts_of_tensors(tf):
    @tf.function
    def f(x):
        return int(x), float(x)

    return f(tf.constant(2.7)), f(tf.constant(3))


@case("function")
def len_of_unknown(tf):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
    def f(x):
        return len(x) + 1

    return f([1, 2, 3]), f([])
