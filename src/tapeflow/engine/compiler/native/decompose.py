"""Writes operations that are several loops as operations that are one each.

Sums, maxima and elementwise operations are what fusion understands; a softmax is made of these.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.compiler.native.indexing import INDEXING
from tapeflow.engine.compiler.native.maker import Maker
from tapeflow.engine.compiler.native.slicing import SLICES
from tapeflow.engine.core import dtypes
from tapeflow.engine.ir.graph import Graph, Node
from tapeflow.engine.ir.rewriter import Rewriter


def _mean(make: Maker, node: Node, x: Any) -> Any:
    spec = x.spec
    total = make("Sum", x, **node.attrs)
    count = math.prod(spec.shape) // max(1, math.prod(total.spec.shape))
    return make("RealDiv", total, make.const(count, spec.dtype))


def _mean_grad(make: Maker, node: Node, dy: Any, x: Any) -> Any:
    shape = x.spec.shape
    count = math.prod(shape) // max(1, math.prod(dy.spec.shape))
    share = make("RealDiv", dy, make.const(count, dy.spec.dtype))
    axis = node.attrs["axis"]
    gone = set(range(len(shape))) if axis is None else {a % len(shape) for a in axis}
    kept = tuple([1 if i in gone else n for i, n in enumerate(shape)])
    return make.broadcast(make.reshape(share, kept), shape)


def _sum_to_shape(make: Maker, node: Node, dy: Any, like: Any) -> Any:
    shape, small = dy.spec.shape, like.spec.shape
    lead = len(shape) - len(small)
    axes = tuple(range(lead)) + tuple(
        [lead + i for i, n in enumerate(small) if n == 1 and shape[lead + i] != 1]
    )
    return make.reshape(make.sum(dy, axes), small)


def _broadcast_like(make: Maker, node: Node, dy: Any, like: Any) -> Any:
    return make.broadcast(dy, like.spec.shape)


def _fill(make: Maker, node: Node, dims: Any, value: Any) -> Any:
    return make.broadcast(value, node.outputs[0].spec.shape)


def _shifted(make: Maker, x: Any) -> Any:
    return make("Sub", x, make("Max", x, axis=(-1,), keep_dims=True))


def _wide(make: Maker, x: Any) -> Any:
    dtype = x.spec.dtype
    return make.cast(x, dtypes.float32) if dtype.size == 2 else x


def _softmax(make: Maker, node: Node, logits: Any) -> Any:
    y = make("Exp", _shifted(make, _wide(make, logits)))
    y = make("RealDiv", y, make.sum(y, (-1,), True))
    return make.cast(y, logits.spec.dtype)


def _log_softmax(make: Maker, node: Node, logits: Any) -> Any:
    y = _shifted(make, _wide(make, logits))
    y = make("Sub", y, make("Log", make.sum(make("Exp", y), (-1,), True)))
    return make.cast(y, logits.spec.dtype)


def _cross_entropy(make: Maker, node: Node, features: Any, labels: Any) -> Any:
    dtype = features.spec.dtype
    features, labels = _wide(make, features), _wide(make, labels)
    logits = _shifted(make, make.broadcast(features, node.outputs[1].spec.shape))
    back = make("Exp", logits)
    total = make.sum(back, (-1,), True)
    products = make("Mul", make("Sub", logits, make("Log", total)), labels)
    loss = make("Neg", make.sum(products, (-1,)))
    back = make("Sub", make("RealDiv", back, total), labels)
    return [make.cast(loss, dtype), make.cast(back, dtype)]


def _sparse_cross_entropy(make: Maker, node: Node, features: Any, labels: Any) -> Any:
    dtype = features.spec.dtype
    rows, classes = features.spec.shape
    features = _wide(make, features)
    wide = features.spec.dtype
    inside = make.within(labels, classes)
    hot = make(
        "OneHot", inside, make.const(classes, dtypes.int32), make.const(True, dtypes.bool_),
        make.const(False, dtypes.bool_), axis=-1,
    )  # fmt: skip
    logits = _shifted(make, features)
    back = make("Exp", logits)
    total = make.sum(back, (-1,), True)
    zero = make.const(0, wide)
    picked = make.sum(make("SelectV2", hot, logits, zero), (-1,))
    loss = make("Sub", make("Log", make.reshape(total, (rows,))), picked)
    one = make("SelectV2", hot, make.const(1, wide), zero)
    back = make("Sub", make("RealDiv", back, total), one)
    return [make.cast(loss, dtype), make.cast(back, dtype)]


def _unpack(make: Maker, node: Node, x: Any) -> Any:
    """Elements of a vector as slices: NumPy's own indexing copies these."""
    if len(x.spec.shape) != 1:
        return None
    masks = dict.fromkeys(("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask"), 0)

    def bound(i: int) -> Any:
        return make.const([i], dtypes.int32)

    return [
        make("StridedSlice", x, bound(i), bound(i + 1), strides=(1,), shrink_axis_mask=1, **masks)
        for i in range(x.spec.shape[0])
    ]


def _bias(make: Maker, node: Node, x: Any, bias: Any) -> Any:
    if node.attrs["data_format"] == "NCHW":
        bias = make.reshape(bias, (-1, *[1] * (len(x.spec.shape) - 2)))
    return make("AddV2", x, bias)


def _bias_grad(make: Maker, node: Node, dy: Any) -> Any:
    rank = len(dy.spec.shape)
    kept = 1 if node.attrs["data_format"] == "NCHW" else rank - 1
    return make.sum(dy, tuple([a for a in range(rank) if a != kept]))


def _inner(make: Maker, node: Node, x: Any, y: Any) -> Any:
    return make.sum(make("Mul", x, y), tuple(range(len(x.spec.shape))))


def _l2(make: Maker, node: Node, x: Any) -> Any:
    dtype = x.spec.dtype
    x = _wide(make, x)
    total = make.sum(make("Mul", x, x), tuple(range(len(x.spec.shape))))
    return make.cast(make("RealDiv", total, make.const(2, x.spec.dtype)), dtype)


def _norm_layout(x: Any, data_format: str) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    shape = x.spec.shape
    axis = 1 if data_format.startswith("NC") else len(shape) - 1
    column = tuple([n if i == axis else 1 for i, n in enumerate(shape)])
    axes = tuple([i for i in range(len(shape)) if i != axis])
    return axes, column, math.prod(shape) // max(1, shape[axis])


def _batch_norm(
    make: Maker, node: Node, x: Any, scale: Any, offset: Any, mean: Any, variance: Any
) -> Any:
    attrs = node.attrs
    dtype = x.spec.dtype
    axes, column, count = _norm_layout(x, attrs["data_format"])
    wide = make.cast(x, dtypes.float32)
    epsilon = make.const(attrs["epsilon"], dtypes.float32)
    none = make.const(0, dtypes.float32)
    if not attrs["is_training"]:
        factor = make("RealDiv", scale, make("Sqrt", make("AddV2", variance, epsilon)))
        centred = make("Sub", wide, make.reshape(mean, column))
        y = make("Mul", centred, make.reshape(factor, column))
        y = make("AddV2", y, make.reshape(offset, column))
        zeros = make.const(np.zeros(mean.spec.shape), dtypes.float32)
        return [make.cast(y, dtype), mean, variance, zeros, zeros, none]

    def number(value: Any) -> Any:
        return make.const(np.float32(value), dtypes.float32)

    average = make("RealDiv", make.sum(wide, axes), number(count))
    centred = make("Sub", wide, make.reshape(average, column))
    spread = make("RealDiv", make.sum(make("Square", centred), axes), number(count))
    factor = make("RealDiv", scale, make("Sqrt", make("AddV2", spread, epsilon)))
    y = make("Mul", centred, make.reshape(factor, column))
    y = make("AddV2", y, make.reshape(offset, column))
    estimate = make("Mul", spread, number(count / max(count - 1, 1)))
    new_mean, new_variance = average, estimate
    if attrs["exponential_avg_factor"] != 1 and mean.spec.shape != (0,):
        weight = np.float32(attrs["exponential_avg_factor"])
        keep, take = number(1 - weight), number(weight)
        new_mean = make("AddV2", make("Mul", keep, mean), make("Mul", take, average))
        new_variance = make("AddV2", make("Mul", keep, variance), make("Mul", take, estimate))
    return [make.cast(y, dtype), new_mean, new_variance, average, spread, none]


def _batch_norm_grad(
    make: Maker, node: Node, dy: Any, x: Any, scale: Any, mean: Any, variance: Any, _: Any
) -> Any:
    dtype = x.spec.dtype
    axes, column, count = _norm_layout(x, node.attrs["data_format"])
    dy, x = make.cast(dy, dtypes.float32), make.cast(x, dtypes.float32)
    epsilon = make.const(node.attrs["epsilon"], dtypes.float32)
    centred = make("Sub", x, make.reshape(mean, column))
    one = make.const(1, dtypes.float32)
    inverse = make("RealDiv", one, make("Sqrt", make("AddV2", variance, epsilon)))
    by_offset = make.sum(dy, axes)
    by_centred = make.sum(make("Mul", dy, centred), axes)
    if node.attrs["is_training"]:
        n = make.const(max(count, 1), dtypes.float32)
        slope = make("RealDiv", make("Mul", by_centred, make("Square", inverse)), n)
        dy = make("Sub", dy, make.reshape(make("RealDiv", by_offset, n), column))
        dy = make("Sub", dy, make("Mul", centred, make.reshape(slope, column)))
    dx = make("Mul", dy, make.reshape(make("Mul", scale, inverse), column))
    empty = make.const(np.zeros(0), dtypes.float32)
    return [make.cast(dx, dtype), make("Mul", by_centred, inverse), by_offset, empty, empty]


RULES: dict[str, Callable[..., Any]] = {
    "Mean": _mean,
    "MeanGrad": _mean_grad,
    "SumToShapeOf": _sum_to_shape,
    "BroadcastLike": _broadcast_like,
    "Fill": _fill,
    "Softmax": _softmax,
    "LogSoftmax": _log_softmax,
    "SoftmaxCrossEntropyWithLogits": _cross_entropy,
    "SparseSoftmaxCrossEntropyWithLogits": _sparse_cross_entropy,
    "Unpack": _unpack,
    "BiasAdd": _bias,
    "BiasAddGrad": _bias_grad,
    "InnerProduct": _inner,
    "L2Loss": _l2,
    "FusedBatchNormV3": _batch_norm,
    "FusedBatchNormGradV3": _batch_norm_grad,
}


class Decompose(Rewriter):
    """Replaces operations that have a rule; `regions.Eligibility` has looked at all of them."""

    def visit(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        name = node.prim.name
        indexing = INDEXING.get(name) or SLICES.get(name)
        rule = RULES.get(name) if indexing is None else indexing.make
        if rule is None:
            return super().visit(made, node, inputs)
        news = rule(Maker(made, node), node, *inputs)
        if news is None:
            return super().visit(made, node, inputs)
        return news if isinstance(news, list) else [news]


def decompose(graph: Graph) -> Graph:
    """The graph in simpler operations."""
    return Decompose().run(graph)
