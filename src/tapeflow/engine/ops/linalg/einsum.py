"""Sums of products over named indices: `einsum`, and `tensordot`, which is a case of it.

A product of two operands becomes one (batched) matrix product; of more, a chain of pairs.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import NotFoundError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import broadcast, reject, require_same_dtype, shape_text
from tapeflow.engine.ir.primitive import contraction, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.linalg.contraction import multiply_stacks
from tapeflow.engine.ops.math.arithmetic import conjugate
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.tracing.deferral import planned

_ALLOWED = frozenset(
    (
        dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64,
        dtypes.complex64, dtypes.complex128, dtypes.int32, dtypes.int64,
    )
)  # fmt: skip

Labels = str
"""Labels of the dimensions of one operand; those of an ellipsis are characters from `_ELLIPSIS`."""

# Labels that stand for the dimensions of an ellipsis, the last one first.
_ELLIPSIS = [chr(0x3B1 + i) for i in range(24)]


@functools.lru_cache(maxsize=512)
def _parse(equation: str, ranks: tuple[int, ...]) -> tuple[tuple[Labels, ...], Labels]:
    """Labels of every operand and of the result, the ellipses replaced by labels of their own."""
    inputs, arrow, output = equation.partition("->")
    terms = inputs.split(",")
    if not 1 <= len(terms) <= 2:
        reject(f"equation: expected 1 or 2 operands; received {equation!r}")
    if len(terms) != len(ranks):
        reject(f"equation: {equation!r} has {len(terms)} operands; received {len(ranks)}")
    if not arrow:
        reject(f"equation: expected '->' in {equation!r}")
    widths = []
    for term in (*terms, output):
        if term.count(".") not in (0, 3) or ("." in term and "..." not in term):
            reject(f"equation: expected at most one ellipsis an operand; received {equation!r}")
    for i, (term, rank) in enumerate(zip(terms, ranks, strict=True)):
        named = len(term.replace("...", ""))
        if "..." not in term and rank != named:
            reject(f"inputs[{i}]: expected rank {named} by {equation!r}; received rank {rank}")
        if rank < named:
            reject(f"inputs[{i}]: expected rank >= {named} by {equation!r}; received rank {rank}")
        widths.append(rank - named if "..." in term else 0)
    widest = max(widths)
    if widest and "..." not in output:
        reject(
            f"equation: the operands of {equation!r} have {widest} dimension(s) for '...', "
            "which the result lacks"
        )
    labels = tuple(
        term.replace("...", "".join(reversed(_ELLIPSIS[:width])))
        for term, width in zip((*terms, output), (*widths, widest), strict=True)
    )
    known = set("".join(labels[:-1]))
    for label in labels[-1]:
        if label not in known:
            reject(f"equation: the result's label {label!r} is in no operand of {equation!r}")
    return labels[:-1], labels[-1]


def _sizes(terms: Sequence[Labels], shapes: Sequence[Dims]) -> dict[str, int | None]:
    """The size of every label; labels of an ellipsis broadcast, the others must agree."""
    sizes: dict[str, int | None] = {}
    for i, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        for axis, (label, n) in enumerate(zip(term, shape, strict=True)):
            have = sizes.get(label)
            if label not in sizes or have is None:
                sizes[label] = n
            elif label in _ELLIPSIS:
                merged = broadcast((have,), (n,))
                assert merged is not None
                sizes[label] = merged[0]
            elif n is not None and n != have:
                reject(
                    f"inputs[{i}]: expected dimension {have} at axis {axis} (label {label!r}); "
                    f"received shape {shape_text(shape)}"
                )
    return sizes


def _infer(*inputs: Spec, equation: str) -> Spec:
    require_same_dtype(*inputs)
    dtype = inputs[0].dtype
    if dtype not in _ALLOWED:
        raise NotFoundError(None, None, f"no kernel for dtype {dtype.name}; cast the inputs")
    shapes = [spec.shape for spec in inputs]
    known = [s for s in shapes if s is not None]
    if len(known) < len(shapes):
        output = equation.partition("->")[2]
        return Spec(dtype, None if "." in output else (None,) * len(output))
    terms, output = _parse(equation, tuple(map(len, known)))
    sizes = _sizes(terms, known)
    return Spec(dtype, tuple(sizes[label] for label in output))


class _Prepared:
    """What is done to one operand before the product; all of it views, but for sums."""

    __slots__ = ("diagonals", "labels", "perm", "shape", "squeezed", "summed", "swapped")

    def __init__(self, term: Labels, dims: Dims, sizes: dict[str, Any], keep: str) -> None:
        gone = _broadcast_axes(term, dims, sizes)
        self.squeezed = [n for i, n in enumerate(dims) if i not in gone] if gone else None
        term = "".join(c for i, c in enumerate(term) if i not in gone)
        self.diagonals: list[tuple[int, int]] = []
        while len(set(term)) < len(term):
            label = next(c for c in term if term.count(c) > 1)
            i = term.index(label)
            j = term.index(label, i + 1)
            self.diagonals.append((i, j))
            term = term[:i] + term[i + 1 : j] + term[j + 1 :] + label
        self.summed = tuple(i for i, c in enumerate(term) if c not in keep)
        self.labels = "".join(c for c in term if c in keep)
        self.perm: list[int] | None = None
        self.shape: tuple[Any, ...] | None = None
        self.swapped = False

    def arrange(self, batch: str, rows: str, columns: str, sizes: dict[str, Any]) -> None:
        """Plans a stack of matrices, transposed afterwards where that spares a copy."""
        lead = [sizes[c] for c in batch]
        self.swapped = bool(rows and columns) and self.labels == batch + columns + rows
        order = batch + (columns + rows if self.swapped else rows + columns)
        if order != self.labels:
            self.perm = [self.labels.index(c) for c in order]
        matrix = [math.prod([sizes[c] for c in labels]) for labels in (rows, columns)]
        self.shape = (*lead, *(reversed(matrix) if self.swapped else matrix))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        if self.squeezed is not None:
            x = x.reshape(self.squeezed)
        for i, j in self.diagonals:
            x = np.diagonal(x, axis1=i, axis2=j)
        if self.summed:
            x = np.add.reduce(x, axis=self.summed, dtype=x.dtype)
        if self.perm is not None:
            x = x.transpose(self.perm)
        if self.shape is not None:
            x = x.reshape(self.shape)
        return x.swapaxes(-1, -2) if self.swapped else x


class _Plan:
    """How the kernel goes about one equation and the shapes of its operands."""

    __slots__ = ("inner", "operands", "output", "perm", "shape", "spread")

    def __init__(self, equation: str, shapes: tuple[Any, ...]) -> None:
        terms, self.output = _parse(equation, tuple(map(len, shapes)))
        sizes: dict[str, Any] = _sizes(terms, shapes)
        keep = [self.output + "".join(terms[:i] + terms[i + 1 :]) for i in range(len(terms))]
        self.operands = [
            _Prepared(term, dims, sizes, labels)
            for term, dims, labels in zip(terms, shapes, keep, strict=True)
        ]
        self.inner = True
        if len(terms) == 1:
            order = self.operands[0].labels
            self.shape = None
        else:
            x, y = self.operands
            a, b = x.labels, y.labels
            batch = "".join(c for c in a if c in b and c in self.output)
            inner = "".join(c for c in a if c in b and c not in self.output)
            left = "".join(c for c in a if c not in b)
            right = "".join(c for c in b if c not in a)
            x.arrange(batch, left, inner, sizes)
            y.arrange(batch, inner, right, sizes)
            self.inner = bool(inner or batch)
            order = batch + left + right
            self.shape = [sizes[c] for c in order]
        distinct = "".join(dict.fromkeys(self.output))
        self.perm = None if order == distinct else [order.index(c) for c in distinct]
        self.spread = distinct if distinct != self.output else None


_plan = functools.lru_cache(maxsize=512)(_Plan)


def _broadcast_axes(term: Labels, dims: Dims, sizes: dict[str, Any]) -> set[int]:
    """Dimensions of size 1 that broadcast against a larger one."""
    return {i for i, c in enumerate(term) if c in _ELLIPSIS and dims[i] == 1 != sizes[c]}


def _squeeze(x: Any, term: Labels, sizes: dict[str, Any]) -> tuple[Any, Labels]:
    """Drops the dimensions that broadcast, and their labels."""
    dims = tuple(x.shape)
    gone = _broadcast_axes(term, dims, sizes)
    if not gone:
        return x, term
    kept = [-1 if n is None else n for i, n in enumerate(dims) if i not in gone]
    return shaping.reshape(x, kept), "".join(c for i, c in enumerate(term) if i not in gone)


def _kernel(*inputs: np.ndarray, equation: str) -> np.ndarray:
    plan = _plan(equation, tuple([x.shape for x in inputs]))
    dtype = inputs[0].dtype
    if dtype.itemsize == 2:  # half precision: sums are kept in float32 and rounded once
        inputs = tuple(x.astype(np.float32) for x in inputs)
    if len(inputs) == 1:
        z = plan.operands[0](inputs[0])
    else:
        x, y = plan.operands[0](inputs[0]), plan.operands[1](inputs[1])
        z = multiply_stacks(x, y) if plan.inner else x * y
        z = z.reshape(plan.shape)
    if plan.perm is not None:
        z = z.transpose(plan.perm)
    if plan.spread is not None:
        z = _spread_diagonal(z, plan.spread, plan.output)
    return z if z.dtype is dtype else z.astype(dtype, copy=False)


def _spread_diagonal(x: np.ndarray, term: Labels, output: Labels) -> np.ndarray:
    """The inverse of taking diagonals: zeros except where repeated labels have equal indices."""
    sizes = dict(zip(term, x.shape, strict=True))
    out = np.zeros([sizes[c] for c in output], x.dtype)
    view, labels = out, output
    while len(labels) > len(term):
        label = next(c for c in labels if labels.count(c) > 1)
        i = labels.index(label)
        j = labels.index(label, i + 1)
        view = view.diagonal(axis1=i, axis2=j)
        labels = labels[:i] + labels[i + 1 : j] + labels[j + 1 :] + label
    view = view.transpose([labels.index(c) for c in term])
    view.flags.writeable = True
    view[...] = x
    return out


def _vjp(ctx: Any, dy: Any) -> Any:
    inputs = ctx.inputs
    terms, output = _parse(ctx.attrs["equation"], tuple(x.shape.ndims for x in inputs))
    if not all(_broadcasts_visibly(x, term) for x, term in zip(inputs, terms, strict=True)):
        wide = [_spread_ellipsis(x, term, dy, output) for x, term in zip(inputs, terms)]
        sizes = _sizes(terms, [tuple(x.shape) for x in wide])
        return tuple(
            sum_to_shape_of(_cotangent(i, wide, terms, output, sizes, dy), x) if needed else None
            for i, (x, needed) in enumerate(zip(inputs, ctx.needs, strict=True))
        )
    sizes = _sizes(terms, [tuple(x.shape) for x in inputs])
    return tuple(
        _cotangent(i, inputs, terms, output, sizes, dy) if needed else None
        for i, needed in enumerate(ctx.needs)
    )


def _broadcasts_visibly(x: Any, term: Labels) -> bool:
    """Whether the sizes behind an ellipsis are known."""
    return not any(n is None and c in _ELLIPSIS for n, c in zip(x.shape, term, strict=True))


def _spread_ellipsis(x: Any, term: Labels, dy: Any, output: Labels) -> Any:
    """An operand, broadcast along the dimensions behind its ellipsis."""
    from tapeflow.engine.ops.array.joining import stack

    own, whole = shaping.shape(x), shaping.shape(dy)
    dims = [whole[output.index(c)] if c in _ELLIPSIS else own[axis] for axis, c in enumerate(term)]
    return shaping.broadcast_to(x, stack(dims))


def _cotangent(i: int, inputs: Any, terms: Any, output: str, sizes: Any, dy: Any) -> Any:
    """Cotangent of operand i: the same sum with `dy` in its place and the result's in its own."""
    x, term = inputs[i], terms[i]
    others = [_squeeze(conjugate(inputs[j]), terms[j], sizes) for j in range(len(inputs)) if j != i]
    _, narrow = _squeeze(x, term, sizes)
    present = set(output).union(*(labels for _, labels in others))
    wanted = "".join(c for c in dict.fromkeys(narrow) if c in present)
    equation = ",".join([output, *(labels for _, labels in others)]) + "->" + wanted
    dx = apply(einsum_p, dy, *(y for y, _ in others), equation=_spelled(equation))
    distinct = "".join(dict.fromkeys(term))
    if wanted != distinct:
        # Labels that were summed in this operand alone: the cotangent is constant along them.
        dims = [x.shape[term.index(c)] for c in distinct]
        ones = [n if c in wanted else 1 for c, n in zip(distinct, dims, strict=True)]
        if len(wanted) > 1 or None not in dims:
            dx = shaping.reshape(dx, [-1 if n is None else n for n in ones])
        full = dims if None not in dims else _dims_of(x, [term.index(c) for c in distinct])
        dx = shaping.broadcast_to(dx, full)
    if distinct != term:
        dx = apply(einsum_p, dx, equation=_spelled(f"{distinct}->{term}"))
    return dx


def _dims_of(x: Any, axes: list[int]) -> Any:
    from tapeflow.engine.ops.array.joining import stack

    sizes = shaping.shape(x)
    return stack([sizes[axis] for axis in axes])


def _spelled(equation: str) -> str:
    """The equation with Latin letters for the labels that stood for an ellipsis."""
    if equation.isascii():
        return equation
    free = (c for c in _LETTERS if c not in equation)
    letters = {c: next(free) for c in dict.fromkeys(equation) if not c.isascii()}
    return "".join(letters.get(c, c) for c in equation)


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _samples(draw: Draw) -> Iterator[Sample]:
    for equation, *shapes in (
        ("ij,jk->ik", (2, 3), (3, 4)),
        ("bij,bkj->bik", (2, 3, 4), (2, 2, 4)),
        ("...ij,...jk->...ik", (2, 1, 2, 3), (4, 3, 2)),
        ("i...j->j...i", (2, 3, 4)),
        ("ii->i", (3, 3)),
        ("i->ii", (3,)),
        ("iij,jk->ik", (2, 2, 3), (3, 2)),
        ("ij,k->ki", (2, 3), (4,)),
        ("ij->", (2, 3)),
        ("i,j->ij", (2,), (3,)),
        ("i,i->", (4,), (4,)),
        ("ij,jk->ik", (2, 0), (0, 3)),
        ("aecd,abcd->acbe", (2, 3, 2, 4), (2, 3, 2, 4)),
        (",->", (), ()),
    ):  # fmt: skip
        yield Sample(*(draw.reals(*s) for s in shapes), equation=equation)
    for dtype in sorted(_ALLOWED, key=lambda d: d.name):
        x, y = draw.reals(2, 3, dtype=dtype), draw.reals(3, 2, dtype=dtype)
        yield Sample(x, y, equation="ij,jk->ki", grad=dtype.size >= 8 and not dtype.is_integer)


einsum_p = primitive(
    "Einsum",
    infer=_infer,
    kernel=_kernel,
    vjp=_vjp,
    lower=contraction("einsum"),
    samples=_samples,
)

_OPTIMIZERS = {
    "random-greedy-128", "branch-all", "optimal", "branch-1", "branch-2", "opportunistic",
    "dynamic-programming", "greedy", "auto", "auto-hq", "dp", "eager", "random-greedy",
}  # fmt: skip


def _resolve(equation: str, inputs: Sequence[Any]) -> tuple[list[str], str]:
    """Checks the equation as a user wrote it; gives its terms, the result's spelled out."""
    equation = equation.replace(" ", "")
    if not re.fullmatch(r"[A-Za-z.]*(,[A-Za-z.]*)*(->[A-Za-z.]*)?", equation):
        raise ValueError(f"Subscripts have incorrect format: {equation}")
    left, arrow, output = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(inputs):
        raise ValueError(
            f'Got {len(inputs)} inputs for equation "{equation}", expecting {len(terms)}'
        )
    plain = left.replace(",", "").replace("...", "")
    if not arrow:
        output = "".join(c for c in sorted(set(plain)) if plain.count(c) == 1)
        if "..." in left:
            output = "..." + output
    named = output.replace("...", "")
    for label in named:
        if named.count(label) > 1:
            raise ValueError(
                f"Output subscripts contain a label appearing more than once: {equation}"
            )
        if label not in plain:
            raise ValueError(
                f"Output subscripts contain the label {label} not present in the input subscripts."
            )
    return terms, output


@export("einsum", "linalg.einsum")
def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Any:
    """Sums products over named indices.

    Args:
      equation: labels (letters) of the dimensions of every operand, a comma between operands, and
        after `->` the labels of the result: those missing are summed over. A repeated label takes
        the diagonal; `...` stands for dimensions that broadcast. Without `->`, the result has
        the labels that occur once, in alphabetical order.
      *inputs: tensors or arrays of one dtype: floating, complex, int32 or int64.
      **kwargs: `optimize`, which names a strategy for the order of three or more operands (the
        order is chosen greedily by the size of the products whatever it says), and `name`.

    Returns:
      A tensor with one dimension for each label of the result.

    Raises:
      TypeError: for other keyword arguments.
      ValueError: for an equation that is malformed or fits not the number of inputs.
      tf.errors.InvalidArgumentError: when ranks or sizes contradict the equation.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
      >>> tf.einsum("ij,kj->ik", x, x).numpy()
      array([[ 5., 11.],
             [11., 25.]], dtype=float32)
      >>> tf.einsum("ii->", x).numpy()
      np.float32(5.0)
    """
    optimize = kwargs.pop("optimize", "greedy")
    kwargs.pop("name", None)
    kwargs.pop("greedy", None)
    if kwargs:
        raise TypeError(
            f"Invalid keyword arguments for einsum: {', '.join(kwargs)}. "
            "Valid arguments: name, optimize, greedy."
        )
    for x in inputs:
        if not hasattr(x, "shape"):
            # TensorFlow looks at the operands before it converts them.
            raise AttributeError(f"{type(x).__name__!r} object has no attribute 'shape'")
    terms, output = _resolve(equation, inputs)
    operands: list[Any] = []
    for x in inputs:
        hint = operands[0].dtype if operands else None
        operands.append(x if isinstance(x, Tensor) else convert(x, hint=hint))
    if len(operands) > 2 and optimize not in _OPTIMIZERS | {None, False, True}:
        raise KeyError(
            f"Path optimizer '{optimize}' not found, valid options are {sorted(_OPTIMIZERS)}"
        )
    while len(operands) > 2:
        i, j, joint = _next_pair(terms, operands, output)
        pair = f"{terms[i]},{terms[j]}->{joint}"
        product = apply(einsum_p, operands[i], operands[j], equation=pair)
        for k in (j, i):
            del operands[k], terms[k]
        operands.append(product)
        terms.append(joint)
    return apply(einsum_p, *operands, equation=f"{','.join(terms)}->{output}")


def _next_pair(terms: list[str], operands: list[Any], output: str) -> tuple[int, int, str]:
    """The two operands whose product is smallest (against what they held), and its labels."""
    best: Any = None
    for i, j in itertools.combinations(range(len(terms)), 2):
        rest = output + "".join(t for k, t in enumerate(terms) if k not in (i, j))
        both = terms[i] + terms[j]
        kept = "".join(c for c in dict.fromkeys(both.replace("...", "")) if c in rest)
        joint = "..." + kept if "..." in both else kept
        sizes = {}
        for k in (i, j):
            named = terms[k].partition("...")
            dims = operands[k].shape.as_list()
            tail = dims[len(dims) - len(named[2]) :] if named[2] else []
            for c, n in zip(named[0] + named[2], dims[: len(named[0])] + tail, strict=False):
                sizes[c] = n or 1
        cost = np.prod([float(sizes[c]) for c in kept])
        held = sum(float(operands[k].shape.num_elements() or 1) for k in (i, j))
        if best is None or cost - held < best[0]:
            best = (cost - held, i, j, joint)
    return best[1:]


@export("tensordot", "linalg.tensordot")
@planned(values=("axes",), result=lambda a, **_: Spec(convert(a).dtype, None))
def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Any:
    """Multiplies tensors and sums over pairs of their dimensions.

    Args:
      a: tensor.
      b: tensor of the same dtype.
      axes: an int n (the last n dimensions of `a` meet the first n of `b`), or two lists of
        dimensions that meet pairwise.
      name: ignored in eager mode.

    Returns:
      A tensor of the remaining dimensions of `a`, then those of `b`.

    Raises:
      ValueError: when `axes` is no such thing, or the lists have unequal lengths.
      IndexError: when a dimension is out of range.
      tf.errors.InvalidArgumentError: when sizes that meet differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.tensordot([[1, 2], [3, 4]], [5, 6], axes=1).numpy()
      array([17, 39], dtype=int32)
    """
    a, b = convert(a), convert(b)
    rank_a, rank_b = a.shape.ndims, b.shape.ndims
    axes_a, axes_b = _contracted(axes, a, rank_a)
    letters = iter(_LETTERS)
    term_a = [next(letters) for _ in range(rank_a)]
    term_b = [next(letters) for _ in range(rank_b)]
    for i, j in zip(axes_a, axes_b, strict=True):
        term_b[j] = term_a[i]
    kept_a = [c for i, c in enumerate(term_a) if i - rank_a not in axes_a and i not in axes_a]
    kept_b = [c for i, c in enumerate(term_b) if i - rank_b not in axes_b and i not in axes_b]
    equation = f"{''.join(term_a)},{''.join(term_b)}->{''.join(kept_a + kept_b)}"
    return apply(einsum_p, a, b, equation=equation)


def _contracted(axes: Any, a: Any, rank: int) -> tuple[list[int], list[int]]:
    """The dimensions of both operands that meet."""
    if isinstance(axes, Tensor):
        axes = static_value(axes)
    if isinstance(axes, np.ndarray):
        axes = axes.tolist()
    if isinstance(axes, (int, np.integer)) and not isinstance(axes, bool):
        if axes < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {axes}.")
        if axes > rank:
            raise ValueError(
                f"`axes` must not be larger than the number of dimensions of tensor {a}. "
                f"Received {axes}, vs tensor dimensions {rank}."
            )
        return list(range(rank - int(axes), rank)), list(range(int(axes)))
    if not isinstance(axes, (list, tuple)):
        raise TypeError(f"tensordot: expected `axes` to be an int or two lists; received {axes!r}")
    if len(axes) != 2:
        raise ValueError(f"`axes` must be an integer or have length 2. Received {axes}.")
    pair: list[list[Any]] = [[x] if isinstance(x, (int, np.integer)) else list(x) for x in axes]
    if len(pair[0]) != len(pair[1]):
        raise ValueError(
            f"Different number of contraction axes `a` and `b`, {len(pair[0])} != {len(pair[1])}."
        )
    return pair[0], pair[1]
