"""Every elementwise function over its dtypes, with broadcasting and gradients of both orders."""

from cases.form import Case, bad

SMOOTH = [[0.3, 0.7, 0.45], [0.55, 0.6, 0.81]]
WIDE = [-2.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.5, 20.0]
OTHER = [1.25, 0.4, 2.0]
FLOATS = ("float16", "bfloat16", "float32", "float64")
DOUBLES = ("float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
SIGNED = ("int8", "int16", "int32", "int64")


def function_of(tf, name):
    """The function that a public name stands for."""
    found = tf
    for part in name.split("."):
        found = getattr(found, part)
    return found


def values(tf, dtype, numbers):
    return tf.cast(tf.constant(numbers, tf.float64), dtype)


def both_orders(tf, name, *numbers):
    """The gradient of a function, and of the sum of its squares."""
    function = function_of(tf, name)
    inputs = [tf.constant(n) for n in numbers]
    with tf.GradientTape() as outer:
        outer.watch(inputs)
        with tf.GradientTape() as inner:
            inner.watch(inputs)
            y = function(*inputs)
        first = inner.gradient(y, inputs)
        total = tf.add_n([tf.reduce_sum(g * g) for g in first if g is not None])
    return first, outer.gradient(total, inputs)


def call(tf, name, dtype, *numbers):
    return function_of(tf, name)(*[values(tf, dtype, n) for n in numbers])


def unary_cases(name, dtypes, numbers=None, smooth=True, rejected="int32"):
    for dtype in dtypes:
        spread = numbers or ([abs(v) for v in WIDE] if dtype.startswith("u") else WIDE)
        rtol = 0.02 if dtype == "bfloat16" else None
        run = lambda tf, name=name, dtype=dtype, spread=spread: call(tf, name, dtype, spread)
        yield Case(name, run, rtol=rtol, id=dtype)
    yield Case(name, lambda tf, name=name: function_of(tf, name)(tf.zeros([0, 2])), id="empty")
    yield Case(name, lambda tf, name=name: function_of(tf, name)(tf.constant(0.5)), id="scalar")
    if smooth:
        yield Case(
            name, lambda tf, name=name: both_orders(tf, name, SMOOTH), rtol=2e-5, id="gradient"
        )
    if rejected:
        run = lambda tf, name=name, rejected=rejected: call(tf, name, rejected, [1.0])
        yield bad(name, run, id="rejected")
    yield bad(name, lambda tf, name=name: function_of(tf, name)(tf.constant(["a"])), id="string")


def binary_cases(name, dtypes, x=SMOOTH, y=OTHER, smooth=True, rejected="string"):
    for dtype in dtypes:
        whole = dtype in INTEGERS
        left = [[7, 2, 5], [9, 0, 3]] if whole else x
        right = [2, 1, 3] if whole else y
        rtol = 0.02 if dtype == "bfloat16" else None
        run = lambda tf, name=name, dtype=dtype, a=left, b=right: call(tf, name, dtype, a, b)
        yield Case(name, run, rtol=rtol, id=dtype)
    if dtypes:
        run = lambda tf, name=name, d=dtypes[0]: call(tf, name, d, [[1.0]], 2.0)
        yield Case(name, run, id="scalar")
    if smooth:
        run = lambda tf, name=name, x=x, y=y: both_orders(tf, name, x, y)
        yield Case(name, run, rtol=5e-5, id="gradient")
    run = lambda tf, name=name, d=dtypes[0]: call(tf, name, d, [1.0, 2.0], [1.0, 2.0, 3.0])
    yield bad(name, run, id="shapes")
    run = lambda tf, name=name: function_of(tf, name)(tf.zeros([2]), tf.zeros([2], tf.float64))
    yield bad(name, run, id="dtypes")


CASES = []

for _name in (
    "exp expm1 sin cos tan sinh cosh tanh asinh atan sigmoid softplus erf erfc floor ceil sign abs"
).split():
    _smooth = _name not in ("floor", "ceil")
    _rejected = None if _name in ("abs", "sign") else "int32"
    CASES += unary_cases(f"math.{_name}", FLOATS, smooth=_smooth, rejected=_rejected)
for _name in "log log1p sqrt rsqrt reciprocal".split():
    CASES += unary_cases(f"math.{_name}", FLOATS, [0.0, 0.25, 1.0, 3.0, 60.0])
for _name in "asin acos atanh".split():
    CASES += unary_cases(f"math.{_name}", FLOATS, [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5])
CASES += unary_cases("math.acosh", FLOATS, [0.5, 1.0, 1.5, 3.0, 60.0], smooth=False)
for _name in "is_nan is_inf is_finite".split():
    _odd = [float("nan"), float("inf"), -float("inf"), 0.0, 3.0]
    CASES += unary_cases(f"math.{_name}", FLOATS, _odd, smooth=False)
CASES += unary_cases("math.rint", DOUBLES, smooth=False)
CASES += unary_cases("math.round", (*FLOATS, *SIGNED), smooth=False, rejected=None)
CASES += unary_cases("math.square", (*FLOATS, *INTEGERS), rejected=None)
CASES += unary_cases("math.negative", (*FLOATS, *SIGNED), rejected="uint8")
CASES += unary_cases("nn.relu", (*FLOATS, *INTEGERS), rejected=None)
for _name in "lgamma digamma".split():
    _points = [-2.5, -0.5, 0.25, 1.0, 1.5, 2.0, 7.0, 30.0]
    CASES += unary_cases(f"math.{_name}", ("float16", *DOUBLES), _points)
for _name in "erfinv ndtri erfcinv".split():
    _points = [0.0, 1e-6, 0.1, 0.5, 0.75, 0.999, 1.0, 1.5]
    CASES += unary_cases(f"math.{_name}", DOUBLES, _points)
for _name in "i0 i0e i1 i1e j0 j1 k0 k0e k1 k1e y0 y1".split():
    _points = [0.1, 0.5, 1.0, 2.0, 3.9, 4.1, 9.0, 26.0, 60.0]
    CASES += unary_cases(f"math.special.bessel_{_name}", DOUBLES, _points)
for _name in "dawsn expint fresnel_cos fresnel_sin spence".split():
    _points = [0.1, 0.5, 1.0, 2.0, 3.9, 9.0, 26.0, 60.0]
    CASES += unary_cases(f"math.special.{_name}", DOUBLES, _points)

for _name in "add subtract multiply".split():
    CASES += binary_cases(f"math.{_name}", (*FLOATS, *INTEGERS, "complex64", "complex128"))
for _name in "maximum minimum".split():
    CASES += binary_cases(f"math.{_name}", (*FLOATS, *INTEGERS))
for _name in "less less_equal greater greater_equal equal not_equal".split():
    CASES += binary_cases(f"math.{_name}", (*FLOATS, *INTEGERS), smooth=False)
CASES += binary_cases("math.divide", (*FLOATS, *INTEGERS, "complex64"))
CASES += binary_cases("math.truediv", (*FLOATS, *INTEGERS))
CASES += binary_cases("realdiv", FLOATS)
CASES += binary_cases("math.divide_no_nan", FLOATS, y=[1.25, 0.0, 2.0])
CASES += binary_cases("math.multiply_no_nan", FLOATS, y=[1.25, 0.0, 2.0])
CASES += binary_cases("math.floordiv", (*FLOATS, *INTEGERS), smooth=False)
CASES += binary_cases("math.floormod", (*FLOATS, *INTEGERS))
CASES += binary_cases("math.mod", (*FLOATS, *INTEGERS))
CASES += binary_cases("truncatediv", (*FLOATS, *INTEGERS), smooth=False)
CASES += binary_cases("truncatemod", (*DOUBLES, "int32", "int64"), smooth=False)
CASES += binary_cases("math.pow", (*FLOATS, *SIGNED))
CASES += binary_cases("math.squared_difference", (*FLOATS, "int32", "int64"))
CASES += binary_cases("math.atan2", FLOATS)
for _name in "xlogy xdivy xlog1py".split():
    CASES += binary_cases(f"math.{_name}", FLOATS, x=[[0.0, 0.5, 2.0]])
CASES += binary_cases("math.nextafter", DOUBLES)
CASES += binary_cases("math.igamma", DOUBLES, smooth=False)
CASES += binary_cases("math.igammac", DOUBLES, smooth=False)
CASES += binary_cases("math.zeta", DOUBLES, x=[1.5, 2.0, 7.0])
CASES += binary_cases("math.polygamma", DOUBLES, x=[0.0, 1.0, 3.0])
for _name in "bitwise_and bitwise_or bitwise_xor left_shift right_shift".split():
    CASES += binary_cases(f"bitwise.{_name}", INTEGERS, smooth=False)
for _dtype in INTEGERS:
    CASES.append(
        Case("bitwise.invert", lambda tf, d=_dtype: tf.bitwise.invert(tf.cast([0, 1, 9], d)))
    )
CASES.append(bad("bitwise.invert", lambda tf: tf.bitwise.invert([1.0])))

TRUTH = [[True, False], [True, True]]
CASES += [
    Case("math.logical_and", lambda tf: tf.logical_and(TRUTH, [False, True])),
    Case("math.logical_or", lambda tf: tf.logical_or(TRUTH, [False, True])),
    Case("math.logical_xor", lambda tf: tf.math.logical_xor(TRUTH, [False, True])),
    Case("math.logical_not", lambda tf: tf.logical_not(TRUTH)),
    Case("math.logical_not", lambda tf: tf.logical_not(tf.zeros([0], tf.bool))),
    bad("math.logical_xor", lambda tf: tf.math.logical_xor([1], [0])),
    bad("math.logical_not", lambda tf: tf.logical_not([1])),
]

ROOTS = [[1 + 2j, -0.5j], [0.3 - 1j, 2 + 0.5j]]


def complex_gradient(tf, name):
    z = tf.constant(ROOTS, tf.complex128)
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = function_of(tf, name)(z)
    return y, tape.gradient(y, z)


for _name in (
    "exp expm1 log log1p sqrt rsqrt reciprocal square negative sin cos tan asin acos atan sinh "
    "cosh tanh asinh acosh atanh sigmoid abs real imag conj angle sign"
).split():
    CASES.append(
        Case(f"math.{_name}", lambda tf, n=f"math.{_name}": complex_gradient(tf, n), id="complex")
    )
