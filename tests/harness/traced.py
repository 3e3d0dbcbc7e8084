"""Cases inside of `tf.function`: with what they hold, with unknown shapes, with unknown values.

A mode says which values that a case hands to public functions become arguments of the function:

- `static`: none; constants stay constants.
- `unknown`: what `tf.constant` is given, arrays, and lists of floats; of no dimension known.
- `symbolic`: integers and lists of integers: axes, shapes and counts that the trace cannot see.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from cases.form import Case
from harness.comparison import differences

MODES = ("static", "unknown", "symbolic")

FAMILIES = (
    "array_creation", "array_dimensions", "array_dtypes", "array_identities", "array_order",
    "array_patterns", "array_rest", "autodiff", "bad_array", "bad_math", "bad_nn", "daily_calls",
    "gathering", "image", "image_boxes", "indexing", "linalg", "linalg_decompositions",
    "math_elementwise", "math_functions", "math_gradients", "math_more", "math_operators",
    "math_reductions", "math_segments", "math_special_edges", "nn_convolution", "nn_functions",
    "nn_pooling", "nn_sampled", "python_use", "ragged", "random", "random_candidates",
    "random_truncation", "random_users", "remaining", "results", "signal", "sparse",
    "sparse_lookups", "strings", "tensor",
)  # fmt: skip
"""The families of ops on dense tensors."""

COMPOSITES = ("ragged", "sparse", "sparse_lookups", "strings")
"""Families whose functions say less of their results' shapes than TensorFlow's, while traced."""

FATAL: frozenset[tuple[str, str]] = frozenset(
    (
        ("Tensor 40f069393b", "unknown"),
        ("broadcast_to cc94bc7e13", "static"),
        ("broadcast_to cc94bc7e13", "symbolic"),
        ("nn.conv2d 915a93437e", "unknown"),
        ("nn.conv2d 94e1aca4eb", "unknown"),
        ("nn.conv2d_transpose 20d0c3b989", "unknown"),
        ("nn.max_pool2d 805cbdcbc7", "unknown"),
        ("nn.max_pool2d bab483c7a3", "unknown"),
        ("split 8987d3125c", "static"),
        ("tile 9279ea57b3", "static"),
        ("tile 9279ea57b3", "symbolic"),
        ("tile 9279ea57b3", "unknown"),
    )
)
"""Cases and modes in which TensorFlow ends the process (failed checks), or is busy for minutes."""


def run_traced(case: Case, tf: Any, mode: str) -> Any:
    """The encoded result of a case in a function, and which shapes the trace did not know.

    Returns:
      `{"result": ...}`, with `"shapes": {index: dimensions}` for the tensors in it whose shape was
      not fully known; or the encoded error. None where no value becomes an argument.
    """
    from harness.encoding import encode, encode_error

    if case.bad and mode == "symbolic":  # wrong in the first place, and then a tensor: two errors
        return None
    arguments = Arguments(tf, mode)
    if mode != "static":
        try:
            case.run(Namespace(tf, arguments))
        except Exception:  # its error is found once more, in the function
            pass
        if not arguments.values:
            return None
    try:
        result, shapes = _call(case, tf, mode, arguments)
        made = {"result": encode(result)}
    except Exception as error:
        return {**encode_error(error), "message": str(error)[:300]}
    partial = {str(i): s for i, s in enumerate(shapes) if s is None or None in s}
    return {**made, "shapes": partial} if partial else made


def compact(traced: Any, eager: Any, case: Case) -> Any:
    """What the golden file holds of a result: `"eager"` where it is the one outside of functions.

    Returns:
      None where a mode changes nothing, or where the case cannot run inside of a function.
    """
    if traced is None or ("error" in traced and not case.bad):
        return None
    if "error" in traced:
        return "eager" if eager == {"error": traced["error"]} else {"error": traced["error"]}
    made = dict(traced)
    if not differences(eager, made["result"], rtol=case.rtol, atol=case.atol, exact=case.exact):
        made["result"] = "eager"
    return "eager" if made == {"result": "eager"} else made


def disagreements(
    expected: Any, eager: Any, traced: Any, case: Case, shapes: bool = True
) -> list[str]:
    """What differs from what is recorded; with `shapes`, also what is known of shapes."""
    if expected == "eager":
        expected = eager if isinstance(eager, dict) and "error" in eager else {"result": "eager"}
    message = traced.get("message", "")
    if "error" in traced or "error" in expected:
        got = {"error": traced["error"]} if "error" in traced else traced
        lines = differences(expected, got)
        return [f"{line} ({message})" for line in lines]
    wanted = eager if expected["result"] == "eager" else expected["result"]
    lines = differences(wanted, traced["result"], rtol=case.rtol, atol=case.atol, exact=case.exact)
    known = expected.get("shapes", {})
    for index, dims in traced.get("shapes", {}).items() if shapes else ():
        if not _as_known(dims, known.get(index, ())):
            what = known.get(index, "everything")
            lines.append(f"tensor {index}: known of its shape: expected {what}; received {dims}")
    return lines


def _as_known(dims: Any, wanted: Any) -> bool:
    """Whether a static shape says all that another one says."""
    if wanted is None:
        return True
    if dims is None or len(dims) != len(wanted):
        return False
    return all(w is None or d == w for d, w in zip(dims, wanted, strict=True))


def _call(case: Case, tf: Any, mode: str, arguments: Arguments) -> tuple[Any, list[Any]]:
    kept: list[Any] = []

    def body(*symbols: Any) -> list[Any]:
        arguments.use(symbols)
        result = case.run(Namespace(tf, arguments) if mode != "static" else tf)
        tensors: list[Any] = []
        kept[:] = [_without_tensors(result, tensors), [_dims(t) for t in tensors]]
        return tensors

    made = tf.function(body, input_signature=arguments.specs(), autograph=False)(*arguments.values)
    structure, shapes = kept
    return _with_tensors(structure, list(made)), shapes


class Arguments:
    """The values that become arguments, in the order in which a case first hands them over."""

    def __init__(self, tf: Any, mode: str) -> None:
        self.tf = tf
        self.mode = mode
        self.values: list[Any] = []
        self.symbols: list[Any] | None = None

    def use(self, symbols: Any) -> None:
        """From now on the symbols stand for the values."""
        self.symbols = list(symbols)

    def specs(self) -> list[Any]:
        """What is known of the arguments."""
        return [
            self.tf.TensorSpec([None] * v.ndim if self.mode == "unknown" else v.shape, v.dtype)
            for v in self.values
        ]

    def taken(self, value: Any) -> Any:
        """A tensor in place of a value of a case."""
        tensor = self.tf.constant(value)
        return self.tensor(tensor)

    def tensor(self, tensor: Any) -> Any:
        """An argument in place of a constant."""
        if self.symbols is None:
            self.values.append(tensor)
            return tensor
        place = len(self.values) - len(self.symbols)
        if not self.symbols or tuple(tensor.shape) != tuple(self.values[place].shape):
            return tensor  # the function has left the way that eager execution went
        return self.symbols.pop(0)

    def wants(self, value: Any, first: bool) -> bool:
        """Whether a value that is handed to a function becomes an argument."""
        if self.mode == "unknown":
            if isinstance(value, np.ndarray):
                return value.dtype.kind in "fiubc"
            return isinstance(value, list) and _leaves(value) <= {float}
        if isinstance(value, np.ndarray):
            return value.dtype.kind == "i" and not first
        if isinstance(value, (list, tuple)):
            return not first and _leaves(value) == {int}
        return type(value) is int and not first


def _leaves(value: Any) -> set[type]:
    if isinstance(value, (list, tuple)):
        return set().union(*[_leaves(v) for v in value])
    return {type(value)}


class Namespace:
    """`tf`, or a module of it, whose functions get arguments in place of values."""

    def __init__(self, module: Any, arguments: Arguments) -> None:
        self._module = module
        self._arguments = arguments

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        if isinstance(value, types.ModuleType):
            return Namespace(value, self._arguments)
        if name in ("constant", "convert_to_tensor") and self._arguments.mode == "unknown":
            return lambda *args, **kwargs: self._constant(value, args, kwargs)
        if isinstance(value, types.FunctionType) and name not in ("function", "constant"):
            return lambda *args, **kwargs: self._given(value, args, kwargs)
        return value

    def _constant(self, make: Any, args: Any, kwargs: Any) -> Any:
        made = make(*args, **kwargs)
        inside = not hasattr(made, "numpy")
        if inside and made.op.type != "Const":
            return made
        return self._arguments.tensor(made)

    def _given(self, function: Any, args: Any, kwargs: Any) -> Any:
        wants, taken = self._arguments.wants, self._arguments.taken
        args = [taken(a) if wants(a, i == 0) else a for i, a in enumerate(args)]
        kwargs = {k: taken(v) if wants(v, False) else v for k, v in kwargs.items()}
        return function(*args, **kwargs)


class _Place:
    def __init__(self, index: int) -> None:
        self.index = index


def _without_tensors(value: Any, tensors: list[Any]) -> Any:
    names = {base.__name__ for base in type(value).__mro__}
    if any("Variable" in name for name in names):
        return value
    if names & {"Tensor", "IndexedSlices", "SparseTensor", "RaggedTensor"}:
        tensors.append(value)
        return _Place(len(tensors) - 1)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[_without_tensors(v, tensors) for v in value])
    if type(value) in (list, tuple):
        return type(value)(_without_tensors(v, tensors) for v in value)
    if isinstance(value, types.GeneratorType):
        return [_without_tensors(v, tensors) for v in value]
    if isinstance(value, dict):
        return {k: _without_tensors(v, tensors) for k, v in value.items()}
    return value


def _with_tensors(value: Any, tensors: list[Any]) -> Any:
    if isinstance(value, _Place):
        return tensors[value.index]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[_with_tensors(v, tensors) for v in value])
    if type(value) in (list, tuple):
        return type(value)(_with_tensors(v, tensors) for v in value)
    if type(value) is dict:
        return {k: _with_tensors(v, tensors) for k, v in value.items()}
    return value


def _dims(tensor: Any) -> Any:
    """The static shape; None where the rank is unknown, nothing said of composites."""
    if "Tensor" not in {base.__name__ for base in type(tensor).__mro__}:
        return []
    shape = tensor.shape
    return None if shape.rank is None else shape.as_list()
