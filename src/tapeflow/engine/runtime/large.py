"""Which eager calls generated code may take over from NumPy, and about how long NumPy takes.

What was measured decides (`benchmarks/large_ops.py`): operations for which NumPy is as fast on one
core are not here. Convolution and pooling are faster generated even where they are small, as one
call of theirs is many of NumPy's.
"""

from __future__ import annotations

import math
from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.ir.primitive import Primitive, Structural
from tapeflow.engine.runtime import upward

LEAST = 200_000.0
"""Vector math for which NumPy needs less nanoseconds stays with it: threads must be worth it."""

_DTYPES = {
    d.np: i for i, d in enumerate((dtypes.float32, dtypes.float64, dtypes.bfloat16, dtypes.float16))
}
# NumPy's nanoseconds for an element of each of these dtypes; 0 where it is left to NumPy.
_ELEMENT: dict[str, tuple[float, ...]] = {
    "Acos": (0.4, 1.2, 9, 0),
    "Acosh": (0, 0, 8, 0),
    "Asin": (0.35, 1.1, 8, 0),
    "Asinh": (0, 0, 18, 0),
    "Atan": (0.4, 1.2, 11, 0),
    "Atan2": (0, 1.7, 23, 26),
    "Atanh": (0, 0, 18, 0),
    "Cos": (0, 7.5, 6, 0),
    "Cosh": (0, 0, 7, 0),
    "Elu": (4, 4.8, 5, 6.8),
    "EluGrad": (4.5, 5, 5, 8),
    "Erf": (8, 40, 45, 50),
    "Erfc": (50, 50, 50, 50),
    "Exp": (0.4, 0.6, 3, 0),
    "Expm1": (0, 1, 11, 0),
    "LeakyRelu": (4, 4.4, 4.8, 6.6),
    "Log": (0.4, 0, 3.3, 0),
    "Log1p": (0, 0, 10, 0),
    "LogSoftmax": (1.3, 2.6, 2.1, 4),
    "Pow": (0, 0, 6, 8.5),
    "Relu": (0, 0, 1.1, 6),
    "Relu6": (0.7, 1.4, 5.4, 10),
    "Relu6Grad": (0.9, 1.6, 3, 23),
    "ReluGrad": (0.6, 1.2, 2.2, 18),
    "Rsqrt": (0.6, 1.3, 3.2, 7),
    "Selu": (5, 5.8, 5.6, 7.4),
    "SeluGrad": (4.5, 5, 5.4, 8),
    "Sigmoid": (1.1, 1.9, 1.8, 3.6),
    "SigmoidGrad": (0.8, 1.7, 3.3, 10),
    "Sin": (0, 7.5, 6.5, 0),
    "Sinh": (0, 0, 16, 0),
    "Softmax": (1.4, 2.7, 2.2, 4.4),
    "SoftmaxCrossEntropyWithLogits": (2.4, 4.8, 3.4, 6),
    "Softplus": (2, 3.8, 16, 4.4),
    "SoftplusGrad": (1.3, 2.3, 6.3, 7.2),
    "Softsign": (1, 1.7, 1.8, 3.5),
    "SoftsignGrad": (1.3, 2.3, 2.3, 4.8),
    "SparseSoftmaxCrossEntropyWithLogits": (2, 4, 3, 5),
    "SquaredDifference": (0.7, 1.4, 2, 6),
    "Tan": (0, 1.3, 11, 0),
    "Tanh": (0.3, 1.3, 15, 0),
    "TanhGrad": (0.7, 1.4, 3.3, 10),
    "Xlogy": (1.6, 7.8, 14, 15),
}
# The same for a product of a convolution, or a place of a pooling window.
_PRODUCT = {"conv": 0.05, "depthwise": 1.0, "max": 0.4, "avg": 0.4, "max_grad": 2.0}
_WINDOW_CALL = 40_000.0


def least_elements(prim: Primitive) -> int | None:
    """From how many elements on an elementwise call may be for generated code; None for none."""
    times = [ns for ns in _ELEMENT.get(prim.name, ()) if ns]
    return int(LEAST / max(times)) if times else None


def remembered(prim: Primitive, arrays: Any, attrs: dict[str, Any]) -> Any:
    """What to keep for an accepted signature: True, or what may run in place of the kernel."""
    spent = _nanoseconds(prim, arrays, attrs)
    return True if spent is None else upward.call("generated", prim, arrays, attrs, spent)


def _nanoseconds(prim: Primitive, arrays: Any, attrs: dict[str, Any]) -> float | None:
    lower = prim.lower
    if isinstance(lower, Structural) and lower.kind == "Window":
        return _of_windows(lower.detail["form"], arrays, attrs)
    times = _ELEMENT.get(prim.name)
    if times is None or arrays[0].dtype not in _DTYPES:
        return None
    spent = times[_DTYPES[arrays[0].dtype]] * max(a.size for a in arrays)
    return spent if spent >= LEAST else None


def _of_windows(form: str, arrays: Any, attrs: dict[str, Any]) -> float | None:
    if form.startswith(("conv", "depthwise")):
        spent = _of_convolution(form, arrays, attrs)
        return None if spent is None else _WINDOW_CALL + spent
    if form.startswith(("max_pool", "avg_pool")) and "argmax" not in form:
        return _WINDOW_CALL + _of_pooling(form, arrays, attrs)
    return None


def _of_pooling(form: str, arrays: Any, attrs: dict[str, Any]) -> float:
    pixels = arrays[-1].size
    if "_grad" not in form or form.endswith("grad_grad"):
        pixels //= math.prod(attrs["strides"])  # the last input is as large as the images
    kind = "max_grad" if form.startswith("max") and "_grad" in form else form[:3]
    return float(pixels * math.prod(attrs["ksize"]) * _PRODUCT[kind])


def _of_convolution(form: str, arrays: Any, attrs: dict[str, Any]) -> float | None:
    by_input, by_filter = form.endswith("_input"), form.endswith("_filter")
    window = tuple(arrays[1]) if by_filter else arrays[1].shape
    if by_input or by_filter:
        results = arrays[-1].size
    else:  # as if images were padded
        results = arrays[0].size // max(1, arrays[0].shape[-1]) // math.prod(attrs["strides"])
        results *= window[-1] * (window[-2] if form.startswith("depthwise") else 1)
    if form.startswith("depthwise"):
        return float(results * math.prod(window[:-2]) * _PRODUCT["depthwise"])
    if by_input and window[-2] == 1 and max(attrs["strides"]) == 1:
        return None  # a vector of results would have one element
    return float(results * math.prod(window[:-1]) * _PRODUCT["conv"])
