"""Shape rules that many primitives share, and the pieces the others are made of.

A rule takes the specs of the inputs and the attributes, and returns the spec(s) of the output(s).
It raises `InvalidArgumentError` without the op's name, which dispatch puts in front.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from typing import Any, NoReturn, TypeVar

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.errors import InvalidArgumentError, NotFoundError
from tapeflow.engine.ir.spec import Dims, Spec

F = TypeVar("F", bound=Callable[..., Any])


def reject(message: str) -> NoReturn:
    """Raises `InvalidArgumentError` with `message` ("argument: expected ...; received ...")."""
    raise InvalidArgumentError(None, None, message)


def reject_dtype(message: str) -> NoReturn:
    """The same for an input of a wrong dtype: while a graph is built that is a `TypeError`."""
    error = InvalidArgumentError(None, None, message)
    error.about_dtype = True  # type: ignore[attr-defined]
    raise error


def reject_values(message: str) -> NoReturn:
    """The same where TensorFlow looks only when the operation runs: no `ValueError` in graphs."""
    error = InvalidArgumentError(None, None, message)
    error.about_values = True  # type: ignore[attr-defined]
    raise error


class at_run_time(contextlib.ContextDecorator):
    """Marks what is rejected inside as `reject_values` does; decorates a whole rule, too."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if kind is InvalidArgumentError and not getattr(error, "about_dtype", False):
            error.about_values = True


def require_dtype(spec: Spec, allowed: Collection[DType], argument: str = "input") -> None:
    """Rejects `spec` unless its dtype is one of `allowed`."""
    if spec.dtype not in allowed:
        names = ", ".join(sorted(d.name for d in allowed))
        reject_dtype(f"{argument}: expected one of the dtypes {names}; received {spec.dtype.name}")


def require_same_dtype(*specs: Spec) -> None:
    """Rejects specs of unequal dtypes: nothing is promoted implicitly."""
    first = specs[0].dtype
    for i, spec in enumerate(specs[1:], 1):
        if spec.dtype is not first:
            reject_dtype(
                f"input {i}: expected dtype {first.name}, the dtype of input 0; "
                f"received {spec.dtype.name} (cast one of them with tf.cast)"
            )


def require_rank(spec: Spec, rank: int | tuple[int, ...], argument: str = "input") -> None:
    """Rejects a known rank that is not (one of) `rank`."""
    allowed = (rank,) if isinstance(rank, int) else rank
    if spec.shape is not None and len(spec.shape) not in allowed:
        wanted = " or ".join(map(str, allowed))
        reject(f"{argument}: expected rank {wanted}; received shape {shape_text(spec.shape)}")


def shape_text(shape: Dims | None) -> str:
    """A shape as errors print it: `[2,?,3]`, or `[...]` when the rank is unknown."""
    if shape is None:
        return "[...]"
    return "[" + ",".join("?" if d is None else str(d) for d in shape) + "]"


def broadcast(a: Dims | None, b: Dims | None) -> Dims | None:
    """The shape that `a` and `b` broadcast to; unknown dimensions stay unknown where they must."""
    if a is None or b is None:
        return None
    if a == b:
        return a
    if len(a) < len(b):
        a, b = b, a
    out = list(a)
    offset = len(a) - len(b)
    for i, n in enumerate(b):
        m = a[offset + i]
        if m == n or n == 1:
            continue
        if m == 1:
            out[offset + i] = n
        elif m is None:
            out[offset + i] = n  # n is neither 1 nor unknown: the other side must be 1 or n
        elif n is not None:
            reject(f"incompatible shapes: {shape_text(a)} vs. {shape_text(b)} do not broadcast")
    return tuple(out)


def merge_dims(a: Dims | None, b: Dims | None, argument: str = "input") -> Dims | None:
    """What is known when both shapes describe the same tensor; rejects a contradiction."""
    if a is None or b is None:
        return b if a is None else a
    if len(a) != len(b):
        reject(
            f"{argument}: expected rank {len(a)} (shape {shape_text(a)}); received {shape_text(b)}"
        )
    out = []
    for m, n in zip(a, b, strict=True):
        if m is not None and n is not None and m != n:
            reject(f"{argument}: expected shape {shape_text(a)}; received {shape_text(b)}")
        out.append(n if m is None else m)
    return tuple(out)


def product(dims: Dims) -> int | None:
    """Number of elements, or None when a dimension is unknown (0 when one of the others is 0)."""
    total: int | None = 1
    for d in dims:
        if d == 0:
            return 0
        total = None if d is None or total is None else total * d
    return total


def normalize_axis(axis: int, rank: int, argument: str = "axis") -> int:
    """`axis` counted from the front; rejects one outside of `[-rank, rank)`."""
    if not -rank <= axis < rank:
        reject(f"{argument}: expected a dimension in the range [-{rank}, {rank}); received {axis}")
    return axis + rank if axis < 0 else axis


def reads_values(*inputs: int) -> Callable[[F], F]:
    """Marks a rule that reads `spec.value` of these inputs, so that eager checks aren't memoised.

    Example: `@reads_values(1)` on `Reshape`'s rule, whose input 1 is the shape.
    """

    def mark(rule: F) -> F:
        rule.value_inputs = inputs  # type: ignore[attr-defined]
        return rule

    return mark


def variadic(rule: F) -> F:
    """Marks the rule of a primitive with as many outputs as an attribute says, perhaps only one.

    Its kernel gives a tuple in any case.
    """
    rule.variadic = True  # type: ignore[attr-defined]
    return rule


class Elementwise:
    """Inputs of one dtype that broadcast together; the output has that dtype (or `result`).

    Eager dispatch runs the kernel at once for the dtypes in `fast`; only when the kernel fails is
    the rule asked to explain. Kernels therefore must broadcast as NumPy does.

    Args:
      allowed: dtypes the op takes.
      result: the output's dtype, or a function from the input's dtype.
      missing: dtypes that TensorFlow's op admits but has no kernel for (`NotFoundError`).
    """

    def __init__(
        self,
        allowed: Collection[DType],
        result: DType | Callable[[DType], DType] | None = None,
        missing: Collection[DType] = (),
    ) -> None:
        self.allowed = frozenset(allowed)
        self.result = result
        self.missing = frozenset(missing)
        self.fast = {d.np: True for d in self.allowed}

    def __call__(self, *specs: Spec, **attrs: Any) -> Spec:
        first = specs[0]
        if len(specs) > 1:
            require_same_dtype(*specs)
        if first.dtype in self.missing:
            raise NotFoundError(None, None, f"input: there is no kernel for {first.dtype.name}")
        require_dtype(first, self.allowed)
        shape = first.shape
        for spec in specs[1:]:
            shape = broadcast(shape, spec.shape)
        result = self.result
        if result is None:
            dtype = first.dtype
        elif isinstance(result, DType):
            dtype = result
        else:
            dtype = result(first.dtype)
        return Spec(dtype, shape)


def elementwise(
    allowed: Collection[DType],
    result: DType | Callable[[DType], DType] | None = None,
    missing: Collection[DType] = (),
) -> Elementwise:
    """The rule of an elementwise op; see `Elementwise`."""
    return Elementwise(allowed, result, missing)


def reduce_dims(shape: Dims | None, axis: tuple[int, ...] | None, keep_dims: bool) -> Dims | None:
    """Shape after folding the dimensions `axis` (None: all of them)."""
    if shape is None:
        return () if axis is None and not keep_dims else None
    rank = len(shape)
    if axis is None:
        gone = set(range(rank))
    else:
        gone = {normalize_axis(a, rank) for a in axis}
        if len(gone) != len(axis):
            reject_values(f"axis: expected each dimension once; received {axis} for rank {rank}")
    if keep_dims:
        return tuple(1 if i in gone else d for i, d in enumerate(shape))
    return tuple(d for i, d in enumerate(shape) if i not in gone)


def same_as_input(allowed: Collection[DType] = dtypes.ALL) -> Callable[..., Spec]:
    """Output like input 0, whose dtype must be one of `allowed`."""

    def rule(x: Spec, *rest: Spec, **attrs: Any) -> Spec:
        require_dtype(x, allowed)
        return Spec(x.dtype, x.shape)

    return rule
