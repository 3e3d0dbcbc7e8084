"""AutoGraph: the class in which errors of user code arrive."""

from cases.form import bad


class PlainError(Exception):
    pass


class TwoArgumentsError(Exception):
    def __init__(self, a, b):
        super().__init__(a)
        self.b = b


class DerivedError(ValueError):
    pass


def _raise(error):
    raise error


def _raised(error):
    """A program that raises `error` two converted calls down."""

    def run(tf):
        @tf.function
        def f(x):
            _raise(error(tf))
            return x

        return f(tf.constant(1))

    return run


def _doing(act):
    """A program that does `act(tf, x)` in a converted function."""

    def run(tf):
        @tf.function
        def f(x):
            act(tf, x)
            return x

        return f(tf.constant(1))

    return run


CASES = [
    bad("function", _raised(lambda tf: PlainError("m")), id="plain"),
    bad("function", _raised(lambda tf: TwoArgumentsError("m", 2)), id="two_arguments"),
    bad("function", _raised(lambda tf: DerivedError("m")), id="derived"),
    bad("function", _raised(lambda tf: KeyError("m")), id="key"),
    bad("function", _raised(lambda tf: OverflowError("m")), id="overflow"),
    bad("function", _raised(lambda tf: RecursionError("m")), id="recursion"),
    bad("function", _raised(lambda tf: ImportError("m")), id="import"),
    bad("function", _raised(lambda tf: Exception("m")), id="exception"),
    bad("function", _raised(lambda tf: AssertionError("m")), id="assertion"),
    bad("function", _raised(lambda tf: EOFError("m")), id="eof"),
    bad("function", _raised(lambda tf: ValueError()), id="no_message"),
    bad("function", _raised(lambda tf: NotImplementedError("m")), id="not_implemented"),
    bad("function", _raised(lambda tf: RuntimeError("m")), id="runtime"),
    bad("function", _raised(lambda tf: NameError("m")), id="name"),
    bad("function", _raised(lambda tf: TypeError("m")), id="type"),
    bad("function", _raised(lambda tf: tf.errors.InvalidArgumentError(None, None, "m")), id="op"),
    bad("function", _raised(lambda tf: tf.errors.OutOfRangeError(None, None, "m")), id="range"),
    bad("function", _doing(lambda tf, x: {}["zz"]), id="missing_key"),
    bad("function", _doing(lambda tf, x: tuple(range(2))[3]), id="index"),
    bad("function", _doing(lambda tf, x: x.foo), id="attribute"),
    bad("function", _doing(lambda tf, x: 1 / 0), id="zero_division"),
    bad("function", _doing(lambda tf, x: open("/nonexistent")), id="os"),
    bad("function", _doing(lambda tf, x: next(iter([]))), id="stop_iteration"),
    bad("function", _doing(lambda tf, x: b"\xff".decode()), id="unicode"),
    bad("function", _doing(lambda tf, x: tf.zeros([2]) + tf.zeros([3])), id="shapes"),
    bad("function", _doing(lambda tf, x: x + 1.5), id="dtypes"),
    bad("function", _doing(lambda tf, x: bool(x)), id="truth"),
    bad("function", _doing(lambda tf, x: x.numpy()), id="numpy"),
]
