"""`Primitive`: the one declaration of an operation, with all of its rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tapeflow.engine.ir.spec import Spec

if TYPE_CHECKING:
    import numpy as np

    from tapeflow.engine.ir.samples import Sampler


class Absent:
    """A rule that a primitive does not have, said out loud."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


NOT_DIFFERENTIABLE: Final = Absent("NOT_DIFFERENTIABLE")
"""`vjp` of a primitive through which no gradient passes (TensorFlow gives None there)."""


class Structural:
    """`lower` of a primitive that is not elementwise: what kind of loop nest it is.

    The compiler's fusion and scheduling passes read `kind` and the primitive's attributes; it is
    data, so that a pass never needs to know an operation by name.
    """

    def __init__(self, kind: str, **detail: Any) -> None:
        self.kind = kind
        self.detail = detail

    def __repr__(self) -> str:
        inner = "".join(f", {k}={v!r}" for k, v in self.detail.items())
        return f"{self.kind}({inner[2:]})"


HOST: Final = Structural("Host")
"""Compiled code calls the NumPy kernel: strings, data-dependent shapes, decompositions."""


def movement(how: str) -> Structural:
    """Index arithmetic only: no value is computed (reshape, transpose, slice, pad, concat)."""
    return Structural("Movement", how=how)


def reduction(combine: str) -> Structural:
    """Values along attribute `axis` are folded with `combine` (add, multiply, maximum, ...)."""
    return Structural("Reduction", combine=combine)


def broadcast_along(combine: str) -> Structural:
    """A vector, repeated along the other dimensions, is combined elementwise with a tensor."""
    return Structural("Broadcast", combine=combine)


def contraction(form: str) -> Structural:
    """A sum of products over shared indices: matmul and its relatives."""
    return Structural("Contraction", form=form)


def window(form: str) -> Structural:
    """A function of sliding windows: convolution, pooling and their gradients."""
    return Structural("Window", form=form)


def indexed(how: str) -> Structural:
    """Addresses come from data: gather, scatter, segment reductions."""
    return Structural("Indexed", how=how)


class Effect(NamedTuple):
    """What running an operation does besides computing its outputs.

    Attributes:
      kind: its name.
      droppable: whether the operation may be left out when nobody uses its outputs.
      mergeable: whether two equal operations may be made one.
    """

    kind: str
    droppable: bool
    mergeable: bool


PURE: Final = Effect("pure", droppable=True, mergeable=True)
"""Equal inputs give equal outputs, and that is all."""

READS: Final = Effect("reads", droppable=True, mergeable=False)
"""Looks at state (a variable, the clock) that another operation may change."""

DRAWS: Final = Effect("draws", droppable=True, mergeable=False)
"""Takes random numbers from a stream that is the operation's own."""

WRITES: Final = Effect("writes", droppable=False, mergeable=False)
"""Changes something: a variable, what is printed, an iterator; or may raise an error on purpose."""


Infer = Callable[..., "Spec | tuple[Spec, ...]"]
Kernel = Callable[..., "np.ndarray | np.generic | tuple[np.ndarray, ...]"]

REGISTRY: dict[str, Primitive] = {}
"""Every primitive that has been declared, by op type. All lists of operations derive from it."""

ON_DECLARED: Callable[[Primitive], None] | None = None
"""Called with each new primitive (while numerics are checked, modules may still be loaded)."""


class Primitive:
    """One operation: its name, and the rules for shape, value, gradient, code and tests.

    Args:
      name: TensorFlow's op type (`"Softplus"`), as in graphs, errors and `tf.raw_ops`. Attributes
        carry the names that `tf.raw_ops` gives them, so that tests can call both alike.
      infer: `(*specs, **attrs) -> Spec | tuple[Spec, ...]`; copes with unknown dimensions and
        raises `InvalidArgumentError` (without the op's name: dispatch adds it) on bad input.
      kernel: `(*arrays, **attrs) -> array | tuple`; NumPy, never changes its inputs; may return
        views of them. Called only with inputs that `infer` accepted.
      vjp: `(ctx, *dys) -> tuple` with one entry (or None) per input, written in public ops so that
        second order and tracing come for free; or `NOT_DIFFERENTIABLE`.
      lower: elementwise: `(builder, *values, **attrs) -> value`; otherwise structural data
        (`movement(...)`, `reduction(...)`, ...) or `HOST`.
      samples: yields the inputs every registry test draws from; see `ir/samples.py`.
      effect: what a call does besides computing its outputs: `PURE`, `READS`, `DRAWS` or `WRITES`.
    """

    __slots__ = (
        "call",
        "calls",
        "checked",
        "differentiable",
        "effect",
        "fast",
        "infer",
        "kernel",
        "lower",
        "module",
        "name",
        "samples",
        "value_inputs",
        "variadic",
        "vjp",
    )

    def __init__(
        self,
        name: str,
        *,
        infer: Infer,
        kernel: Kernel,
        vjp: Callable[..., Any] | Absent,
        lower: Callable[..., Any] | Structural,
        samples: Sampler,
        effect: Effect = PURE,
    ) -> None:
        self.effect = effect
        self.name = name
        self.infer = infer
        self.kernel = kernel
        self.vjp = vjp
        self.lower = lower
        self.samples = samples
        # Whether a gradient passes through.
        self.differentiable = vjp is not NOT_DIFFERENTIABLE
        self.module = kernel.__module__ if hasattr(kernel, "__module__") else None
        # NumPy dtypes for which an elementwise op needs no check before its kernel runs.
        self.fast: dict[np.dtype[Any], bool] = getattr(infer, "fast", {})
        # Which inputs' *values* the shape rule reads (all inputs' specs are always given).
        self.value_inputs: tuple[int, ...] = getattr(infer, "value_inputs", ())
        # Whether the kernel gives a tuple even where there is but one output.
        self.variadic: bool = getattr(infer, "variadic", False)
        # The short way to call an elementwise op; made by dispatch when first used.
        self.call: Callable[..., Any] | None = None
        # All short ways there are: they hold the kernel.
        self.calls: list[Callable[..., Any]] = []
        # Signatures that `infer` has accepted: eager calls repeat, their checks need not. Each with
        # True, or with what may run in place of the kernel.
        self.checked: dict[Any, Any] = {}

    @property
    def elementwise(self) -> bool:
        """Whether `lower` computes one output element from the input elements at its place."""
        return not isinstance(self.lower, Structural)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (REGISTRY.__getitem__, (self.name,))


def primitive(
    name: str,
    *,
    infer: Infer,
    kernel: Kernel,
    vjp: Callable[..., Any] | Absent,
    lower: Callable[..., Any] | Structural,
    samples: Sampler,
    effect: Effect = PURE,
) -> Primitive:
    """Declares an operation and puts it into the registry; every rule is required.

    Args:
      name: TensorFlow's op type, unique.
      infer: the shape and dtype rule.
      kernel: the NumPy kernel.
      vjp: the gradient rule or `NOT_DIFFERENTIABLE`.
      lower: the lowering, structural data, or `HOST`.
      samples: the sampler tests draw from.
      effect: what it does besides computing its outputs; nearly all operations do nothing else.

    Returns:
      The `Primitive`.

    Raises:
      ValueError: when the name is taken.
    """
    if name in REGISTRY:
        raise ValueError(f"primitive {name!r} is declared twice")
    made = Primitive(
        name, infer=infer, kernel=kernel, vjp=vjp, lower=lower, samples=samples, effect=effect
    )
    REGISTRY[name] = made
    if ON_DECLARED is not None:
        ON_DECLARED(made)
    return made


MAX_VALUES = 32
"""Of so many values at most a signature is remembered."""


def with_values(key: tuple[Any, ...], prim: Primitive, arrays: Any) -> tuple[Any, ...] | None:
    """The key of a call whose shape rule reads values: shapes repeat; None for much data."""
    values = []
    for i in prim.value_inputs:
        if i < len(arrays):
            array = arrays[i]
            if array.size > MAX_VALUES or array.dtype.kind == "O":
                return None
            values.append(array.tobytes())
    return (*key, *values)


def unregistered(
    name: str, infer: Any, kernel: Any, vjp: Any = NOT_DIFFERENTIABLE, effect: Effect = PURE
) -> Primitive:
    """An operation on objects (handles, lists, stages), of which no test could draw samples.

    It is in no registry, and runs on the host.
    """
    return Primitive(
        name,
        infer=infer,
        kernel=kernel,
        vjp=vjp,
        lower=HOST,
        samples=lambda draw: (),
        effect=effect,
    )
