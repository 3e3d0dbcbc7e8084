"""`tf.debugging`, `tf.Assert` and `tf.print`."""

from __future__ import annotations

import collections
import os
import sys
import tempfile

import numpy as np

from cases.form import Case


def message(call):
    """The class and the text of the error that `call` raises."""

    def run(tf):
        try:
            call(tf)
        except Exception as error:
            return [type(error).__name__, str(error)]
        return "nothing raised"

    return run


CASES = []
COMPARISONS = "equal none_equal less less_equal greater greater_equal".split()
PAIRS = [
    ([1, 2], [1, 2]),
    ([1, 2], [2, 1]),
    ([1], [1, 2, 3]),
    ([], []),
    (3, 3),
    ([[1, 5], [7, 2]], 4),
]
for _name in COMPARISONS:
    _symbol = f"debugging.assert_{_name}"
    for _x, _y in PAIRS:
        CASES.append(
            Case(
                _symbol,
                message(lambda tf, n=_name, x=_x, y=_y: getattr(tf.debugging, f"assert_{n}")(x, y)),
            )
        )
    CASES += [
        Case(
            _symbol,
            lambda tf, n=_name: getattr(tf.debugging, f"assert_{n}")([1, 2], [1, 2, 3]),
            bad=True,
        ),
        Case(_symbol, lambda tf, n=_name: getattr(tf.debugging, f"assert_{n}")(1, 1.0), bad=True),
        Case(_symbol, lambda tf, n=_name: getattr(tf.debugging, f"assert_{n}")(None, 1), bad=True),
    ]
for _name in ("assert_equal", "assert_less", "assert_greater"):
    CASES.append(Case(_name, lambda tf, n=_name: getattr(tf, n)([1, 4], [2, 3]), bad=True))
E = "debugging.assert_equal"
CASES += [
    Case(
        E,
        message(
            lambda tf: tf.debugging.assert_equal(
                [1, 2, 3, 4, 5], [1, 2, 3, 4, 6], message="MSG", summarize=2
            )
        ),
    ),
    Case(E, message(lambda tf: tf.debugging.assert_equal(["a"], ["b"]))),
    Case(E, message(lambda tf: tf.debugging.assert_equal([1.5, 2.25], [1.5, 3.125]))),
    Case(E, message(lambda tf: tf.debugging.assert_equal(True, False))),
    Case(E, message(lambda tf: tf.debugging.assert_equal(float("nan"), float("nan")))),
    Case(
        E, message(lambda tf: tf.debugging.assert_equal(tf.range(9), tf.range(9) * 2, summarize=-1))
    ),
    Case("debugging.assert_less", lambda tf: tf.debugging.assert_less(["a"], ["b"]), bad=True),
]

N = "debugging.assert_near"
CASES += [
    Case(N, lambda tf: tf.debugging.assert_near([1.0, 2.0], [1.0, 2.000001])),
    Case(N, lambda tf: tf.debugging.assert_near(1.0, 1.2, rtol=0.3)),
    Case(N, lambda tf: tf.debugging.assert_near(1.0, 1.2, atol=0.3)),
    Case(
        N,
        lambda tf: tf.debugging.assert_near(
            tf.constant(1.0, tf.float16), tf.constant(1.005, tf.float16)
        ),
    ),
    Case(N, lambda tf: tf.debugging.assert_near([1.0, 2.0], [1.0, 2.1]), bad=True),
    Case(N, lambda tf: tf.debugging.assert_near(1, 2), bad=True),
    Case(
        N,
        lambda tf: tf.debugging.assert_near(tf.constant(1.0), tf.constant(1.0, tf.float64)),
        bad=True,
    ),
    Case(N, lambda tf: tf.debugging.assert_near(float("nan"), float("nan")), bad=True),
]

for _name in ("negative", "non_negative", "positive", "non_positive"):
    _symbol = f"debugging.assert_{_name}"
    for _value in ([1, 2], [-1, 0], [0.0], [-2.0], [], float("nan")):
        _run = message(lambda tf, n=_name, v=_value: getattr(tf.debugging, f"assert_{n}")(v))
        if _name != "non_positive":  # a line break is missing in TensorFlow's text
            CASES.append(Case(_symbol, _run))
        else:
            CASES.append(Case(_symbol, lambda tf, run=_run: run(tf)[0]))
    CASES.append(
        Case(_symbol, lambda tf, n=_name: getattr(tf.debugging, f"assert_{n}")("a"), bad=True)
    )

D = "debugging.assert_"


def texts(symbol, *calls):
    CASES.extend(Case(f"debugging.{symbol}", message(call)) for call in calls)


texts(
    "assert_integer",
    lambda tf: tf.debugging.assert_integer(1),
    lambda tf: tf.debugging.assert_integer(1.0),
    lambda tf: tf.debugging.assert_integer(tf.constant(1.0), message="hey"),
)
texts(
    "assert_rank",
    lambda tf: tf.debugging.assert_rank([1], 1),
    lambda tf: tf.debugging.assert_rank([1], 2),
    lambda tf: tf.debugging.assert_rank([1], 2, message="zz"),
    lambda tf: tf.debugging.assert_rank([1], [2]),
    lambda tf: tf.debugging.assert_rank([1], tf.constant(2)),
)
CASES.append(Case("debugging.assert_rank", lambda tf: tf.debugging.assert_rank([1], 1.0), bad=True))
CASES.append(Case("assert_rank", lambda tf: tf.assert_rank([1], 3), bad=True))
texts(
    "assert_rank_at_least",
    lambda tf: tf.debugging.assert_rank_at_least([1], 1),
    lambda tf: tf.debugging.assert_rank_at_least([1], 2, message="q"),
)
texts(
    "assert_rank_in",
    lambda tf: tf.debugging.assert_rank_in([1], (1, 2)),
    lambda tf: tf.debugging.assert_rank_in([1], (2, 3), message="q"),
    lambda tf: tf.debugging.assert_rank_in([1], []),
)
CASES.append(
    Case("debugging.assert_rank_in", lambda tf: tf.debugging.assert_rank_in([1], 1), bad=True)
)
texts(
    "assert_type",
    lambda tf: tf.debugging.assert_type(tf.constant(1), tf.int32),
    lambda tf: tf.debugging.assert_type(1.0, tf.float32),
)
for _bad in (
    lambda tf: tf.debugging.assert_type(tf.constant(1), tf.float32, message="q"),
    lambda tf: tf.debugging.assert_type(1.0, "zz"),
):
    CASES.append(Case("debugging.assert_type", _bad, bad=True))
texts(
    "assert_scalar",
    lambda tf: tf.debugging.assert_scalar([1]),
    lambda tf: tf.debugging.assert_scalar([1], message="q"),
)
CASES.append(Case("debugging.assert_scalar", lambda tf: tf.debugging.assert_scalar(1)))
P = "debugging.assert_proper_iterable"
CASES += [
    Case(P, lambda tf: tf.debugging.assert_proper_iterable([1])),
    *[
        Case(P, lambda tf, v=v: tf.debugging.assert_proper_iterable(v), bad=True)
        for v in ("a", b"a", 1, np.zeros(2))
    ],
    Case(P, lambda tf: tf.debugging.assert_proper_iterable(tf.constant([1])), bad=True),
]
S = "debugging.assert_same_float_dtype"
CASES += [
    Case(S, lambda tf: tf.debugging.assert_same_float_dtype([tf.constant(1.0, tf.float64)])),
    Case(S, lambda tf: tf.debugging.assert_same_float_dtype()),
    Case(
        S,
        lambda tf: tf.debugging.assert_same_float_dtype(
            [tf.constant(1.0), None, tf.Variable(1.0)], tf.float32
        ),
    ),
    Case(
        S,
        lambda tf: tf.debugging.assert_same_float_dtype(
            [tf.constant(1.0), tf.constant(1.0, tf.float64)]
        ),
        bad=True,
    ),
    Case(S, lambda tf: tf.debugging.assert_same_float_dtype([tf.constant(1)]), bad=True),
    Case(
        S, lambda tf: tf.debugging.assert_same_float_dtype([tf.constant(1.0)], tf.float64), bad=True
    ),
    Case(S, lambda tf: tf.debugging.assert_same_float_dtype(None, tf.int32), bad=True),
]


def shapes(*wanted, **options):
    def run(tf):
        tensors = tf.zeros([3, 4]), tf.zeros([4, 5]), tf.zeros([2, 3, 4]), tf.constant(1)
        tf.debugging.assert_shapes([(tensors[i], w) for i, w in wanted], **options)

    return message(run)


for _wanted in (
    [(0, ("N", "Q")), (1, ("Q", "D"))],
    [(0, ("N", "Q")), (1, ("N", "D"))],
    [(0, (3, "Q")), (1, (4, None))],
    [(0, (2, "Q"))],
    [(0, ("N",))],
    [(0, (..., "Q")), (1, ("Q", ...))],
    [(0, ("*", "Q"))],
    [(0, "NQ")],
    [(0, ".Q")],
    [(3, ())],
    [(0, ())],
    [(3, ("a",)), (0, ("b", "c"))],
    [(0, (..., "a", "b", "c"))],
    [(0, ("1", "b"))],
    [(2, (..., "b", 4)), (0, ("b", 4))],
    [(0, 1)],
    [],
):
    CASES.append(Case("debugging.assert_shapes", shapes(*_wanted)))
CASES += [
    Case("debugging.assert_shapes", shapes((0, ("N", "N")), message="mm")),
    Case("debugging.assert_shapes", lambda tf: tf.debugging.assert_shapes(3), bad=True),
    Case("debugging.assert_shapes", lambda tf: tf.debugging.assert_shapes([([1, 2], (2,))])),
]


def numbers(tf, *values, dtype="float32"):
    return tf.constant(values, dtype)


def check_gradient(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.debugging.check_numerics(x * x, "m")
    return tape.gradient(y, x)


def while_enabled(call):
    def run(tf):
        tf.debugging.enable_check_numerics()
        try:
            return call(tf)
        finally:
            tf.debugging.disable_check_numerics()

    return run


INF, NAN = float("inf"), float("nan")
for _name in ("check_numerics", "assert_all_finite"):
    _symbol = f"debugging.{_name}"
    CASES += [
        Case(_symbol, lambda tf, n=_name: getattr(tf.debugging, n)([1.0, 2.0], "m")),
        Case(
            _symbol,
            lambda tf, n=_name: getattr(tf.debugging, n)(numbers(tf, 1, dtype="float16"), "m"),
        ),
        Case(_symbol, lambda tf, n=_name: getattr(tf.debugging, n)([1.0, NAN], "m"), bad=True),
        Case(
            _symbol,
            lambda tf, n=_name: getattr(tf.debugging, n)(numbers(tf, -INF, dtype="float64"), "m"),
            bad=True,
        ),
        Case(_symbol, lambda tf, n=_name: getattr(tf.debugging, n)([1], "m"), bad=True),
        Case(_symbol, lambda tf, n=_name: getattr(tf.debugging, n)([1j], "m"), bad=True),
        Case(_symbol, lambda tf, n=_name: getattr(tf.debugging, n)([1.0], 3), bad=True),
    ]
C = "debugging.enable_check_numerics"
CASES += [
    Case("debugging.check_numerics", check_gradient),
    Case(C, while_enabled(lambda tf: tf.math.log(numbers(tf, 1.0, 2.0)) + 1.0)),
    Case(C, while_enabled(lambda tf: tf.math.log(numbers(tf, -1.0, 1.0))), bad=True),
    Case(C, while_enabled(lambda tf: numbers(tf, 1.0) / numbers(tf, 0.0)), bad=True),
    Case(C, while_enabled(lambda tf: numbers(tf, 1e38) * 10.0), bad=True),
    Case(C, while_enabled(lambda tf: tf.reduce_sum(numbers(tf, 3e38, 3e38))), bad=True),
    Case(
        "debugging.disable_check_numerics",
        lambda tf: [while_enabled(lambda tf: 1)(tf), numbers(tf, 1.0) / numbers(tf, 0.0)],
    ),
    Case(
        "debugging.is_numeric_tensor",
        lambda tf: [
            tf.debugging.is_numeric_tensor(v)
            for v in (
                tf.constant(1),
                tf.constant("a"),
                tf.constant(True),
                1,
                tf.Variable(1.0),
                np.zeros(1),
                tf.constant(1j),
                tf.constant(1, tf.uint8),
                tf.constant(1, tf.uint64),
            )
        ],
    ),
    Case(
        "debugging.is_traceback_filtering_enabled",
        lambda tf: [
            tf.debugging.disable_traceback_filtering(),
            tf.debugging.is_traceback_filtering_enabled(),
            tf.debugging.enable_traceback_filtering(),
            tf.debugging.is_traceback_filtering_enabled(),
        ],
    ),
    Case(
        "debugging.set_log_device_placement",
        lambda tf: [
            tf.debugging.set_log_device_placement(False),
            tf.debugging.get_log_device_placement(),
            # TensorFlow 2.21 forgets its soft placement in the call above.
            tf.config.set_soft_device_placement(True),
        ],
    ),
]
A = "debugging.Assert"
CASES += [
    Case(A, lambda tf: tf.debugging.Assert(True, [1])),
    Case(A, lambda tf: tf.debugging.Assert([True], [1])),
    Case("Assert", lambda tf: tf.Assert(tf.constant(True), ["x"])),
    Case(
        A,
        message(
            lambda tf: tf.debugging.Assert(False, [tf.constant([1, 2, 3, 4, 5]), "t"], summarize=2)
        ),
    ),
    Case(A, message(lambda tf: tf.debugging.Assert(False, []))),
    Case(A, message(lambda tf: tf.debugging.Assert(0, ["x"]))),
    Case(A, lambda tf: tf.debugging.Assert(False, tf.constant([1])), bad=True),
    Case("Assert", lambda tf: tf.Assert(False, ["x"]), bad=True),
]


def printed(make, **options):
    """What `tf.print` writes."""

    def run(tf):
        path = os.path.join(tempfile.mkdtemp(), "out.txt")
        tf.print(*make(tf), output_stream="file://" + path, **options)
        with open(path, encoding="utf-8") as file:
            return file.read()

    return run


Point = collections.namedtuple("Point", "x y")
PRINTED = [
    lambda tf: (1,),
    lambda tf: ("a", 2.5, True, None),
    lambda tf: (),
    lambda tf: (tf.constant([1, 2, 3]),),
    lambda tf: (tf.range(6),),
    lambda tf: (tf.range(7),),
    lambda tf: (tf.reshape(tf.range(100), [10, 10]),),
    lambda tf: (tf.reshape(tf.range(27), [3, 3, 3]),),
    lambda tf: (tf.ones([2, 2, 2, 2]),),
    lambda tf: (tf.zeros([1, 7, 1]),),
    lambda tf: (tf.constant([[1.5, 2.25], [1e10, 1e-10]]),),
    lambda tf: (tf.constant("abc"),),
    lambda tf: ("x", tf.constant("abc")),
    lambda tf: (tf.constant(["a", "b"]),),
    lambda tf: (tf.constant([["a", "b"], ["c", "d"]]),),
    lambda tf: ([tf.constant(1), "x", {"b": tf.constant([1, 2]), "a": 3}],),
    lambda tf: ((1, 2), (1,), {"a": 1}, [1, 2, 3], [], {}, ()),
    lambda tf: (tf.Variable([1.0, 2.0]),),
    lambda tf: (tf.constant(True), tf.constant([True, False])),
    lambda tf: (tf.constant(0.1), tf.constant(1 / 3, tf.float64), tf.constant(1e20)),
    lambda tf: (tf.constant([NAN, INF, -INF]),),
    lambda tf: (tf.constant(123456789.0), tf.constant(16777216.0), -tf.constant(0.0)),
    lambda tf: (tf.constant([1.23456789, 100000.0, 1e6, 1e7, 1e15, 1e16]),),
    lambda tf: (tf.constant([1e300, 2.5e-300], tf.float64),),
    lambda tf: (tf.constant([], tf.float32), tf.zeros([0, 2])),
    lambda tf: (tf.constant([0.1], tf.float16), tf.constant(0.1, tf.bfloat16)),
    lambda tf: (tf.constant(3, tf.uint8), tf.constant(-3, tf.int8), tf.constant(2**40)),
    lambda tf: (np.array([1, 2]), np.float32(1.5)),
    lambda tf: (tf.float32, tf.TensorShape([1, 2])),
    lambda tf: (Point(1, tf.constant(2)), collections.OrderedDict(b=1, a=tf.constant(2))),
    lambda tf: ({"k": "v", "t": tf.constant("s")},),
    lambda tf: ([["a"], [1.5]], [None, "q", b"bytes"], b"bytes"),
    lambda tf: (1.23456789, 1e-5, 1e16, 123456.789),
    lambda tf: ("a%sb{}", 1),
    lambda tf: ([tf.constant([[1, 2], [3, 4]])],),
    lambda tf: ("two\nlines",),
    lambda tf: ({(1, 2): 3}, {1}),
    lambda tf: (tf.constant([1e-45, 1e-30]),),
]
CASES += [Case("print", printed(make), id=str(i)) for i, make in enumerate(PRINTED)]
CASES += [
    Case("print", printed(lambda tf: (tf.range(20),), summarize=-1)),
    Case("print", printed(lambda tf: (tf.range(20),), summarize=2)),
    Case("print", printed(lambda tf: ([tf.range(20)],), summarize=1)),
    Case("print", printed(lambda tf: ("x", 1, tf.constant(2)), sep="--", end="|")),
    Case("print", lambda tf: tf.print("to stdout", output_stream=sys.stdout)),
    Case("print", lambda tf: tf.print(1, output_stream="foo"), bad=True),
    Case("print", lambda tf: tf.print(1, foo=2), bad=True),
    Case("print", lambda tf: tf.print({1: 2, "a": 3}, output_stream=sys.stdout), bad=True),
]
