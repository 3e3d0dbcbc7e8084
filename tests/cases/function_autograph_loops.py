"""AutoGraph: for loops over tensors, ranges and Python iterables; what loops carry; to_graph."""

from __future__ import annotations

from cases.form import Case, collect, raised

CASES: list[Case] = []
case = collect(CASES)


@case("function")
def over_a_tensor(tf):
    @tf.function
    def f(xs):
        total = tf.constant(0)
        for x in xs:
            total = total * 10 + x
        return total

    return f(tf.constant([1, 2, 3])), f(tf.constant([4])), f([1, 2])


@case("function")
def over_rows(tf):
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def f(xs):
        total = tf.zeros([2])
        for row in xs:
            total = total * 0.5 + row
        return total

    return f([[1.0, 2.0], [3.0, 4.0]]), f(tf.zeros([0, 2]))


@case("function")
def over_tf_range(tf):
    @tf.function
    def f(n):
        a, b = tf.constant(0), tf.constant(1)
        for _ in tf.range(n):
            a, b = b, a + b
        return a

    return [f(tf.constant(n)) for n in (0, 1, 10)], f(10), f.experimental_get_tracing_count()


@case("function")
def over_tf_range_with_steps(tf):
    @tf.function
    def f(a, b, c):
        total = tf.constant(0)
        for i in tf.range(a, b, c):
            total = total * 10 + i
        return total

    return f(1, 6, 2), f(5, 0, -2), f(tf.constant(2), tf.constant(4), tf.constant(1))


@case("function")
def over_python_range(tf):
    log = []

    @tf.function
    def f(x, n):
        for i in range(n):
            log.append(i)
            x += i
        return x

    return f(tf.constant(0), 3), f(tf.constant(0), 2), log


@case("function")
def over_range_of_a_tensor(tf):
    @tf.function
    def f(n):
        total = tf.constant(0)
        for i in range(n):
            total += i
        return total

    return f(tf.constant(4)), f(tf.constant(0))


@case("function")
def over_range_of_tensors_with_step(tf):
    @tf.function
    def f(a, b):
        total = tf.constant(0)
        for i in range(a, b, 2):
            total = total * 10 + i
        return total

    return f(tf.constant(1), tf.constant(6))


@case("function")
def over_python_containers(tf):
    @tf.function
    def f(x):
        for k in [1, 2]:
            x = x * 10 + k
        for k in (3, 4):
            x = x * 10 + k
        for k in {"a": 5, "b": 6}.values():
            x = x * 10 + k
        for name, k in sorted({"z": 1, "y": 2}.items()):
            x = x * 10 + k + len(name)
        for a, b in zip([1, 2], [3, 4]):
            x = x + a * b
        for i, v in enumerate([x, x]):
            x = x + i * v
        return x

    return f(tf.constant(0))


@case("function")
def enumerate_and_zip_of_tensors(tf):
    @tf.function
    def f(xs, ys):
        total = tf.constant(0)
        for i, x in enumerate(xs):
            total += i * x
        for x, y in zip(tf.unstack(xs), tf.unstack(ys)):
            total += x * y
        return total

    return raised(lambda: f(tf.constant([1, 2, 3]), tf.constant([4, 5, 6])))


@case("function")
def over_a_list_of_tensors(tf):
    @tf.function
    def f(xs):
        out = []
        for x in xs:
            out.append(x * 2)
        return out

    return f([tf.constant(1), tf.constant([2, 3])])


@case("function")
def over_ragged_rows(tf):
    @tf.function
    def f(r):
        total = tf.constant(0)
        for row in r:
            total += tf.reduce_sum(row) * tf.size(row)
        return total

    return f(tf.ragged.constant([[1, 2], [], [3]]))


@case("function")
def break_and_continue(tf):
    @tf.function
    def f(xs):
        total = tf.constant(0)
        for x in xs:
            if x == 3:
                continue
            if x > 5:
                break
            total += x
        return total

    return f(tf.constant([1, 3, 2, 9, 1])), f(tf.constant([3, 3])), f(tf.constant([7]))


@case("function")
def break_in_nested_loops(tf):
    @tf.function
    def f(n):
        count = tf.constant(0)
        for i in tf.range(n):
            for j in tf.range(n):
                if j > i:
                    break
                if (i + j) % 2 == 0:
                    continue
                count += 1
            if count > 5:
                break
        return count

    return f(tf.constant(3)), f(tf.constant(10))


@case("function")
def break_in_a_python_loop(tf):
    @tf.function
    def f(x):
        for i in range(5):
            if x > 10:
                break
            x = x * 2
        return x

    return raised(lambda: f(tf.constant(1))), f(1)


@case("function")
def for_else(tf):
    def f(x):
        for i in tf.range(3):
            x += i
        else:
            x = x * 100
        return x

    return raised(lambda: tf.function(f)(tf.constant(1)))


@case("function")
def loop_variable_afterwards(tf):
    @tf.function
    def f(n):
        i = tf.constant(-1)
        for i in tf.range(n):
            pass
        return i

    return f(tf.constant(5)), f(tf.constant(0))


@case("function")
def list_append_in_a_tensor_loop(tf):
    @tf.function
    def f(n):
        out = []
        for i in tf.range(n):
            out.append(i)
        return out[0]

    return raised(lambda: f(tf.constant(3)))


@case("function")
def array_in_a_loop(tf):
    @tf.function
    def f(xs):
        ta = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
        for i in tf.range(tf.shape(xs)[0]):
            ta = ta.write(i, tf.reduce_sum(xs[: i + 1]))
        return ta.stack()

    return f(tf.constant([1.0, 2.0, 3.0])), f(tf.constant([5.0]))


@case("function")
def array_in_loop_and_branch(tf):
    @tf.function
    def f(xs):
        ta = tf.TensorArray(tf.int32, 0, dynamic_size=True)
        for x in xs:
            if x > 0:
                ta = ta.write(ta.size(), x * x)
        return ta.stack()

    return f(tf.constant([1, -2, 3])), f(tf.constant([-1, 4, 5, -6]))


@case("function")
def dynamic_rnn(tf):
    @tf.function
    def rnn(x, state):
        x = tf.transpose(x, [1, 0, 2])
        steps = tf.shape(x)[0]
        states = tf.TensorArray(tf.float32, size=steps)
        for i in tf.range(steps):
            state = tf.tanh(x[i] + state * 0.5)
            states = states.write(i, state)
        return tf.transpose(states.stack(), [1, 0, 2])

    x = tf.reshape(tf.range(12.0) / 10.0, [2, 3, 2])
    return rnn(x, tf.zeros([2, 2]))


@case("autograph.experimental.set_loop_options")
def growing_tensor(tf):
    @tf.function
    def f(n):
        v = tf.constant((0,))
        for i in tf.range(n):
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(v, tf.TensorShape([None]))]
            )
            v = tf.concat((v, [i]), 0)
        return v

    return f(tf.constant(3)), f(tf.constant(0))


@case("autograph.experimental.set_loop_options")
def growing_tensor_in_a_while(tf):
    @tf.function
    def f(n):
        v = tf.zeros([1, 2])
        while tf.shape(v)[0] < n:
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(v, tf.TensorShape([None, 2]))], parallel_iterations=1
            )
            v = tf.concat((v, tf.ones([1, 2])), 0)
        return v

    return f(tf.constant(3))


@case("autograph.experimental.set_loop_options")
def maximum_iterations(tf):
    @tf.function
    def f(n):
        i = tf.constant(0)
        while i < n:
            tf.autograph.experimental.set_loop_options(maximum_iterations=3)
            i += 1
        return i

    return f(tf.constant(10)), f(tf.constant(2))


@case("function")
def growing_without_options(tf):
    @tf.function
    def f(n):
        v = tf.constant([0])
        for i in tf.range(n):
            v = tf.concat([v, [i]], 0)
        return v

    return raised(lambda: f(tf.constant(3)))


@case("function")
def loop_over_a_dataset_like_iterator(tf):
    @tf.function
    def f(x):
        total = x
        for v in iter([1, 2, 3]):
            total = total * v
        return total

    return f(tf.constant(2))


@case("function")
def loop_over_a_generator(tf):
    def numbers():
        yield 1
        yield 2

    @tf.function
    def f(x):
        for n in numbers():
            x = x * 10 + n
        return x

    return f(tf.constant(0))


@case("function")
def comprehensions(tf):
    @tf.function
    def f(x):
        a = [x * i for i in range(3)]
        b = {k: x + k for k in (1, 2)}
        c = sum(x + i for i in range(3))
        d = [v for v in a if v is not None]
        return a, b, c, len(d)

    return f(tf.constant(2))


@case("function")
def attributes_in_a_loop(tf):
    class State:
        pass

    @tf.function
    def f(n):
        s = State()
        s.count = tf.constant(0)
        for i in tf.range(n):
            s.count += i
        return s.count

    return f(tf.constant(5))


@case("function")
def method_with_loop_over_self(tf):
    class Model(tf.Module):
        def __init__(self):
            self.layers = [tf.Variable(2.0), tf.Variable(3.0)]
            self.steps = tf.Variable(0)

        @tf.function
        def __call__(self, x):
            for layer in self.layers:
                x = x * layer
            while x < 100.0:
                x = x * 2.0
                self.steps.assign_add(1)
            return x

    m = Model()
    return m(tf.constant(1.0)), m.steps, m(tf.constant(50.0)), m.steps


@case("function")
def loop_with_none_state(tf):
    @tf.function
    def f(n):
        y = None
        for i in tf.range(n):
            y = i
        return y

    return f(tf.constant(3))


@case("function")
def python_number_in_a_tensor_loop(tf):
    @tf.function
    def f(n):
        count = 0
        scale = 1.0
        flag = False
        for i in tf.range(n):
            count += 2
            scale *= 0.5
            flag = i > 1
        return count, scale, flag

    return f(tf.constant(3)), f(tf.constant(0))


@case("function")
def python_effects_in_a_tensor_loop_happen_once(tf):
    log = []

    @tf.function
    def f(n):
        for i in tf.range(n):
            log.append("body")
        return n

    f(tf.constant(5))
    return log


@case("function")
def bubble_sort(tf):
    @tf.function
    def sort(xs):
        n = tf.shape(xs)[0]
        for i in tf.range(n - 1):
            for j in tf.range(n - 1 - i):
                if xs[j] > xs[j + 1]:
                    xs = tf.tensor_scatter_nd_update(xs, [[j], [j + 1]], [xs[j + 1], xs[j]])
        return xs

    return sort(tf.constant([3, 1, 4, 1, 5, 9, 2, 6])), sort(tf.constant([2]))


@case("function")
def fizzbuzz(tf):
    @tf.function
    def fizzbuzz(n):
        out = tf.TensorArray(tf.string, size=n)
        for i in tf.range(1, n + 1):
            if i % 15 == 0:
                word = "FizzBuzz"
            elif i % 3 == 0:
                word = "Fizz"
            elif i % 5 == 0:
                word = "Buzz"
            else:
                word = tf.strings.as_string(i)
            out = out.write(i - 1, word)
        return out.stack()

    return fizzbuzz(tf.constant(15))
