"""Generated convolution and pooling: equal to the NumPy kernels, at all vector widths."""

from __future__ import annotations

import ctypes
import itertools
from typing import Any

import numpy as np
import pytest

import tapeflow  # noqa: F401  (declares the primitives)
from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.target import AARCH64, Target, host, narrower
from tapeflow.engine.backends.llvm.text import Code, Val
from tapeflow.engine.backends.llvm.windows import Lowered, lower_window, takes_epilogue
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.ir.samples import Draw
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.nn import convolution, depthwise, pooling

TARGETS = {64: host(), 32: narrower(32), 16: narrower(16)}
POISON = 0xFF  # of which all floats are NaN

CONVOLUTIONS = [
    convolution.conv2d_p,
    convolution.conv2d_backprop_input_p,
    convolution.conv2d_backprop_filter_p,
    convolution.conv3d_p,
    convolution.conv3d_backprop_input_p,
    convolution.conv3d_backprop_filter_p,
    depthwise.depthwise_conv2d_p,
    depthwise.depthwise_conv2d_backprop_input_p,
    depthwise.depthwise_conv2d_backprop_filter_p,
]
DENSE = CONVOLUTIONS[0], CONVOLUTIONS[1], CONVOLUTIONS[2]
DEPTHWISE = CONVOLUTIONS[6], CONVOLUTIONS[7], CONVOLUTIONS[8]
POOLINGS = [
    pooling.max_pool_p,
    pooling.max_pool_grad_p,
    pooling.max_pool_grad_grad_p,
    pooling.max_pool3d_p,
    pooling.max_pool3d_grad_p,
    pooling.max_pool3d_grad_grad_p,
    pooling.avg_pool_p,
    pooling.avg_pool_grad_p,
    pooling.avg_pool3d_p,
    pooling.avg_pool3d_grad_p,
]

width = pytest.mark.parametrize("width", TARGETS)
dtype_and_width = pytest.mark.parametrize(
    ("dtype", "width"),
    [
        *(("float32", width) for width in TARGETS),
        ("float64", 64),
        ("float64", 16),
        ("bfloat16", 64),
        ("float16", 32),
    ],
)


def poisoned(size: int) -> np.ndarray:
    """Bytes at an address that is a multiple of 64."""
    whole = np.full(size + 64, POISON, np.uint8)
    return whole[-whole.ctypes.data % 64 :][:size]


def specs_of(inputs: Any) -> list[Spec]:
    return [Spec(FROM_NUMPY[a.dtype], a.shape, a if a.ndim == 1 else None) for a in inputs]


def run_lowered(
    lowered: Lowered,
    target: Target,
    inputs: Any,
    output: np.ndarray,
    epilogue: Any = (),
    parts: int = 3,
) -> None:
    """Runs kernels in some parts, the last chunks first, in memory that holds NaN."""
    operands = {
        "input": [np.ascontiguousarray(a) for a in inputs],
        "output": [output],
        "workspace": [poisoned(n) for n in lowered.workspaces],
        "epilogue": epilogue,
    }
    for kernel, places in lowered.steps:
        arrays = [operands[kind][i] for kind, i in places]
        call = jit.KERNEL_TYPE(jit.load(kernel.name, kernel.text, target))
        pointers = (ctypes.c_void_p * len(arrays))(*[a.ctypes.data for a in arrays])
        cuts = sorted({kernel.chunks * i // parts for i in range(parts + 1)})
        for begin, end in reversed(list(itertools.pairwise(cuts))):
            scratch = poisoned(kernel.scratch)
            call(ctypes.addressof(pointers), begin, end, scratch.ctypes.data)


def result(primitive: Any, inputs: Any, attrs: dict[str, Any], target: Target) -> Any:
    """What the generated kernels compute; None where there are none."""
    lowered = lower_window(target, primitive, specs_of(inputs), attrs)
    if lowered is None:
        return None
    spec = primitive.infer(*specs_of(inputs), **attrs)
    count = int(np.prod(spec.shape))
    # Behind the output is more memory, which nobody may write to.
    memory = poisoned(count * spec.dtype.size + 64)
    output = memory[: count * spec.dtype.size].view(spec.dtype.np).reshape(spec.shape)
    run_lowered(lowered, target, inputs, output)
    assert (memory[count * spec.dtype.size :] == POISON).all()
    return output


def compare(primitive: Any, inputs: Any, attrs: dict[str, Any], target: Target) -> None:
    got = result(primitive, inputs, attrs, target)
    assert got is not None
    with np.errstate(all="ignore"):
        expected = primitive.kernel(*inputs, **attrs)
    assert got.dtype == expected.dtype
    tolerance = {2: 1e-2, 4: 2e-5, 8: 1e-12}[got.dtype.itemsize]
    wide = np.float64
    scale = np.abs(expected.astype(wide)[np.isfinite(expected.astype(wide))]).max(initial=1)
    np.testing.assert_allclose(
        got.astype(wide), expected.astype(wide), rtol=tolerance, atol=tolerance * scale
    )


@width
@pytest.mark.parametrize("primitive", CONVOLUTIONS + POOLINGS, ids=lambda p: p.name)
def test_samples(primitive: Any, width: int) -> None:
    target = TARGETS[width]
    ran = 0
    for sample in primitive.samples(Draw(3)):
        dtype = sample.inputs[-1].dtype
        if dtype.kind in "iu":
            continue
        compare(primitive, sample.inputs, sample.attrs, target)
        ran += 1
    assert ran


def conv_attrs(strides: Any, padding: str, dilations: Any, explicit: Any = ()) -> dict[str, Any]:
    return {
        "strides": (1, *strides, 1),
        "padding": padding,
        "explicit_paddings": explicit,
        "data_format": "NHWC",
        "dilations": (1, *dilations, 1),
    }


def family(
    x: Any,
    w: Any,
    attrs: dict[str, Any],
    target: Target,
    draw: Draw,
    dtype: Any,
    members: Any = DENSE,
) -> None:
    """Compares a convolution and its gradients."""
    dtype = FROM_NUMPY[np.dtype(dtype)]
    image, taps = draw.reals(*x, dtype=dtype), draw.reals(*w, dtype=dtype)
    forward, by_input, by_filter = members
    shape = forward.infer(Spec(dtype, x), Spec(dtype, w), **attrs).shape
    dy = draw.reals(*shape, dtype=dtype)
    compare(forward, (image, taps), attrs, target)
    compare(by_input, (np.array(x, np.int32), taps, dy), attrs, target)
    compare(by_filter, (image, np.array(w, np.int32), dy), attrs, target)


@dtype_and_width
@pytest.mark.parametrize(
    ("x", "w", "attrs"),
    [
        # Channels about the width of a vector; odd images; tiles that do not fit.
        ((3, 7, 9, 5), (3, 3, 5, 17), conv_attrs((1, 1), "SAME", (1, 1))),
        ((2, 13, 11, 16), (3, 2, 16, 33), conv_attrs((1, 1), "VALID", (1, 1))),
        ((2, 6, 31, 3), (1, 5, 3, 48), conv_attrs((1, 1), "SAME", (1, 1))),
        ((1, 14, 14, 8), (5, 5, 8, 1), conv_attrs((1, 1), "SAME", (1, 1))),
        # One pixel; one row; a window as large as the image and larger.
        ((5, 1, 1, 7), (1, 1, 7, 9), conv_attrs((1, 1), "SAME", (1, 1))),
        ((2, 1, 19, 4), (1, 3, 4, 8), conv_attrs((1, 1), "SAME", (1, 1))),
        ((2, 4, 4, 3), (4, 4, 3, 6), conv_attrs((1, 1), "VALID", (1, 1))),
        ((2, 3, 3, 2), (5, 5, 2, 4), conv_attrs((1, 1), "SAME", (1, 1))),
        # A product of matrices.
        ((2, 9, 9, 20), (1, 1, 20, 40), conv_attrs((1, 1), "VALID", (1, 1))),
        # Dilation, explicit padding beyond what the window reaches, and groups.
        ((2, 9, 10, 4), (3, 2, 4, 5), conv_attrs((1, 1), "SAME", (2, 3))),
        (
            (1, 5, 6, 2),
            (2, 2, 2, 3),
            conv_attrs((1, 1), "EXPLICIT", (1, 1), (0, 0, 3, 1, 0, 4, 0, 0)),
        ),
        ((2, 6, 5, 6), (3, 3, 3, 34), conv_attrs((1, 1), "SAME", (1, 1))),
        # Several blocks of an image, the last one shorter.
        ((1, 61, 40, 4), (3, 3, 4, 16), conv_attrs((1, 1), "SAME", (1, 1))),
        ((1, 1, 3000, 8), (1, 7, 8, 8), conv_attrs((1, 1), "SAME", (1, 1))),
        # Filters that are packed in panels, and gradients that are cut into parts.
        ((2, 4, 5, 96), (3, 3, 96, 136), conv_attrs((1, 1), "SAME", (1, 1))),
    ],
)
def test_convolution(x: Any, w: Any, attrs: dict[str, Any], dtype: str, width: int) -> None:
    family(x, w, attrs, TARGETS[width], Draw(5), dtype)


@dtype_and_width
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(
    ("x", "w", "strides"),
    [
        ((2, 9, 11, 5), (3, 3, 5, 19), (2, 2)),
        ((1, 13, 8, 4), (7, 5, 4, 8), (2, 3)),
        ((2, 8, 8, 3), (4, 4, 3, 12), (4, 4)),  # windows side by side
        ((2, 7, 10, 6), (1, 1, 6, 20), (2, 2)),  # pixels that no window sees
        ((2, 6, 7, 6), (3, 2, 3, 8), (1, 2)),  # groups
        ((1, 65, 33, 3), (3, 3, 3, 16), (2, 1)),
        ((1, 1, 2001, 4), (1, 5, 4, 8), (1, 2)),
        ((3, 2, 1, 2), (2, 3, 2, 2), (3, 3)),
    ],
)
def test_strides(x: Any, w: Any, strides: Any, padding: str, dtype: str, width: int) -> None:
    if padding == "VALID" and any(k > n for k, n in zip(w, x[1:3])):
        return
    family(x, w, conv_attrs(strides, padding, (1, 1)), TARGETS[width], Draw(5), dtype)


@dtype_and_width
@pytest.mark.parametrize(
    ("x", "w", "attrs"),
    [
        ((2, 9, 11, 21), (3, 3, 21, 1), conv_attrs((1, 1), "SAME", (1, 1))),
        ((2, 14, 14, 32), (3, 3, 32, 1), conv_attrs((2, 2), "SAME", (1, 1))),
        ((2, 8, 7, 5), (2, 3, 5, 4), conv_attrs((1, 1), "VALID", (1, 1))),
        ((2, 8, 7, 5), (2, 3, 5, 3), conv_attrs((2, 2), "SAME", (1, 1))),
        ((2, 9, 9, 16), (3, 3, 16, 1), conv_attrs((1, 1), "SAME", (2, 2))),
        ((1, 70, 40, 16), (5, 5, 16, 1), conv_attrs((1, 1), "SAME", (1, 1))),
        ((2, 8, 8, 6), (3, 3, 6, 1), conv_attrs((3, 3), "VALID", (1, 1))),
    ],
)
def test_depthwise(x: Any, w: Any, attrs: dict[str, Any], dtype: str, width: int) -> None:
    family(x, w, attrs, TARGETS[width], Draw(7), dtype, DEPTHWISE)


def test_convolution_of_the_benchmark() -> None:
    for x, w in (((64, 28, 28, 1), (3, 3, 1, 32)), ((64, 14, 14, 32), (3, 3, 32, 64))):
        family(x, w, conv_attrs((1, 1), "SAME", (1, 1)), host(), Draw(1), "float32")


@width
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_special_values_stay_where_they_belong(value: float, width: int) -> None:
    draw = Draw(2)
    x = draw.reals(2, 6, 7, 3)
    x[1, 2, 3, 1] = value
    w = draw.reals(3, 3, 3, 5)
    attrs = conv_attrs((1, 1), "SAME", (1, 1))
    compare(convolution.conv2d_p, (x, w), attrs, TARGETS[width])
    sizes = np.array(x.shape, np.int32)
    dy = draw.reals(2, 6, 7, 5)
    dy[0, 5, 6, 4] = value
    compare(convolution.conv2d_backprop_input_p, (sizes, w, dy), attrs, TARGETS[width])
    shape = np.array(w.shape, np.int32)
    compare(convolution.conv2d_backprop_filter_p, (x, shape, dy), attrs, TARGETS[width])


def test_empty() -> None:
    attrs = conv_attrs((1, 1), "SAME", (1, 1))
    x, w = np.zeros((0, 4, 4, 3), np.float32), np.ones((2, 2, 3, 5), np.float32)
    dy = np.zeros((0, 4, 4, 5), np.float32)
    compare(convolution.conv2d_p, (x, w), attrs, host())
    compare(
        convolution.conv2d_backprop_input_p, (np.array(x.shape, np.int32), w, dy), attrs, host()
    )
    compare(
        convolution.conv2d_backprop_filter_p, (x, np.array(w.shape, np.int32), dy), attrs, host()
    )


def test_no_window_fits() -> None:
    draw = Draw(1)
    for x, w, attrs in (
        ((1, 2, 2, 3), (3, 3, 3, 4), conv_attrs((1, 1), "VALID", (1, 1))),
        ((1, 2, 2, 3), (3, 3, 3, 4), conv_attrs((2, 2), "VALID", (1, 1))),
        (
            (1, 0, 3, 2),
            (2, 2, 2, 3),
            conv_attrs((1, 1), "EXPLICIT", (1, 1), (0, 0, 1, 2, 1, 1, 0, 0)),
        ),
    ):
        family(x, w, attrs, host(), draw, "float32")


def pooled(primitive: Any, x: np.ndarray, attrs: dict[str, Any]) -> np.ndarray:
    with np.errstate(all="ignore"):
        return primitive.kernel(x, **attrs)


@dtype_and_width
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(
    ("shape", "ksize", "strides"),
    [
        ((2, 8, 8, 32), (2, 2), (2, 2)),
        ((1, 9, 7, 5), (2, 2), (2, 2)),
        ((2, 7, 9, 19), (3, 3), (2, 2)),
        ((1, 6, 6, 16), (3, 2), (1, 1)),
        ((2, 5, 8, 3), (2, 1), (3, 2)),
        ((2, 5, 5, 70), (5, 5), (1, 1)),
        ((1, 64, 40, 16), (2, 2), (2, 2)),
        ((1, 1, 33, 1), (1, 3), (1, 3)),
    ],
)
def test_pooling(
    shape: Any, ksize: Any, strides: Any, padding: str, dtype: str, width: int
) -> None:
    target, draw = TARGETS[width], Draw(4)
    kind = FROM_NUMPY[np.dtype(dtype)]
    attrs = {
        "ksize": (1, *ksize, 1), "strides": (1, *strides, 1), "padding": padding,
        "data_format": "NHWC",
    }  # fmt: skip
    x = draw.ints(*shape, low=-4, high=4).astype(kind.np)  # with ties
    special = draw.rng.choice(x.size, size=max(2, x.size // 50), replace=False)
    values = np.array([np.nan, np.inf, -np.inf, np.nan, -np.inf])
    y = pooled(pooling.avg_pool_p, x, attrs)
    dy = draw.reals(*y.shape, dtype=kind)
    compare(pooling.avg_pool_p, (x,), attrs, target)
    compare(pooling.avg_pool_grad_p, (np.array(shape, np.int32), dy), attrs, target)
    for which in ("plain", "special"):
        if which == "special":
            x.flat[special] = values[np.arange(len(special)) % len(values)]
        y = pooled(pooling.max_pool_p, x, attrs)
        compare(pooling.max_pool_p, (x,), attrs, target)
        compare(pooling.max_pool_grad_p, (x, y, dy), attrs, target)
        compare(pooling.max_pool_grad_grad_p, (x, y, x), attrs, target)


@width
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_pooling_of_volumes(padding: str, width: int) -> None:
    target, draw = TARGETS[width], Draw(6)
    for ksize, strides in (((2, 2, 2), (2, 2, 2)), ((3, 2, 3), (1, 2, 2))):
        attrs = {
            "ksize": (1, *ksize, 1), "strides": (1, *strides, 1), "padding": padding,
            "data_format": "NDHWC",
        }  # fmt: skip
        x = draw.ints(2, 5, 4, 7, 18, low=-3, high=3).astype(np.float32)
        x.flat[::37] = np.nan
        x.flat[5::41] = -np.inf
        y = pooled(pooling.max_pool3d_p, x, attrs)
        dy = draw.reals(*y.shape)
        compare(pooling.max_pool3d_p, (x,), attrs, target)
        compare(pooling.max_pool3d_grad_p, (x, y, dy), attrs, target)
        compare(pooling.max_pool3d_grad_grad_p, (x, y, x), attrs, target)
        compare(pooling.avg_pool3d_p, (x,), attrs, target)
        compare(pooling.avg_pool3d_grad_p, (np.array(x.shape, np.int32), dy), attrs, target)


class BiasAndRelu:
    """`relu(acc + bias[column])`, into the second operand."""

    operands = 2
    key = "bias_relu"

    def __init__(self, columns: int, brief: bool) -> None:
        self.columns = columns
        self.brief = brief

    def store(
        self, code: Code, pointers: Any, acc: Val, batch: Any, row: Any, column: Any, mask: Any
    ) -> None:
        dtype = acc.dtype
        bias = code.load(code.offset(pointers[0], column, dtype), dtype, acc.lanes, mask)
        total = Val(code.op(f"fadd {acc.type} {acc.text}, {bias.text}"), dtype, acc.lanes)
        positive = code.op(
            f"fcmp ogt {acc.type} {total.text}, {code.const(0, dtype, acc.lanes).text}"
        )
        bits = "i1" if acc.lanes == 1 else f"<{acc.lanes} x i1>"
        nothing = code.const(0, dtype, acc.lanes).text
        positive = code.op(f"fcmp ogt {acc.type} {total.text}, {nothing}")
        made = code.op(f"select {bits} {positive}, {acc.type} {total.text}, {acc.type} {nothing}")
        at = code.add(code.mul(row, self.columns), column)
        code.store(Val(made, dtype, acc.lanes), code.offset(pointers[1], at, dtype), dtype, mask)


@width
@pytest.mark.parametrize("brief", [True, False])
def test_epilogue(brief: bool, width: int) -> None:
    target, draw = TARGETS[width], Draw(8)
    x, w, bias = draw.reals(3, 6, 7, 4), draw.reals(3, 3, 4, 21), draw.reals(21)
    attrs = conv_attrs((1, 1), "SAME", (1, 1))
    lowered = lower_window(
        target, convolution.conv2d_p, specs_of((x, w)), attrs, BiasAndRelu(21, brief)
    )
    assert lowered is not None
    assert lowered.epilogue
    expected = np.maximum(convolution.conv2d_p.kernel(x, w, **attrs) + bias, 0)
    output = np.full_like(expected, np.nan)
    run_lowered(lowered, target, (x, w), output, [bias, output])
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-5)


@width
@pytest.mark.parametrize("brief", [True, False])
def test_epilogue_of_pooling(brief: bool, width: int) -> None:
    target, draw = TARGETS[width], Draw(8)
    x, dy, bias = draw.reals(3, 6, 8, 21), draw.reals(3, 3, 4, 21), draw.reals(21)
    volume, dv = draw.reals(2, 4, 6, 4, 5), draw.reals(2, 2, 3, 2, 5)
    twos = {"ksize": (1, 2, 2, 1), "strides": (1, 2, 2, 1), "padding": "VALID"}
    image = {**twos, "data_format": "NHWC"}
    deep = {**dict.fromkeys(twos, (1, 2, 2, 2, 1)), "padding": "VALID", "data_format": "NDHWC"}
    shape, deep_shape = (np.array(a.shape, np.int32) for a in (x, volume))
    out = pooling.max_pool3d_p.kernel(volume, **deep)
    calls: list[Any] = [
        (pooling.max_pool_p, (x,), image),
        (pooling.avg_pool_p, (x,), image),
        (pooling.max_pool_grad_p, (x, pooling.max_pool_p.kernel(x, **image), dy), image),
        (pooling.avg_pool_grad_p, (shape, dy), image),
        (pooling.max_pool3d_p, (volume,), deep),
        (pooling.max_pool3d_grad_p, (volume, out, dv), deep),
        (pooling.avg_pool3d_grad_p, (deep_shape, dv), deep),
    ]
    for prim, inputs, attrs in calls:
        expected = prim.kernel(*inputs, **attrs)
        channels = expected.shape[-1]
        assert takes_epilogue(prim, specs_of(inputs), attrs)
        lowered = lower_window(target, prim, specs_of(inputs), attrs, BiasAndRelu(channels, brief))
        assert lowered is not None
        assert lowered.epilogue
        expected = np.maximum(expected + bias[:channels], 0)
        output = np.full_like(expected, np.nan)
        run_lowered(lowered, target, inputs, output, [bias, output])
        np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-5)


def test_no_epilogue_where_windows_meet() -> None:
    attrs = {
        "ksize": (1, 3, 3, 1), "strides": (1, 2, 2, 1), "padding": "SAME", "data_format": "NHWC",
    }  # fmt: skip
    inputs = (np.array([2, 6, 8, 3], np.int32), Draw(1).reals(2, 3, 4, 3))
    assert not takes_epilogue(pooling.avg_pool_grad_p, specs_of(inputs), attrs)


@pytest.mark.parametrize("primitive", CONVOLUTIONS + POOLINGS, ids=lambda p: p.name)
def test_code_for_arm_is_generated(primitive: Any) -> None:
    sample = next(s for s in primitive.samples(Draw(1)) if s.inputs[-1].dtype == np.float32)
    lowered = lower_window(AARCH64, primitive, specs_of(sample.inputs), sample.attrs)
    assert lowered is not None
    for kernel, _ in lowered.steps:
        assert jit.object_code(kernel.text, AARCH64)


def test_results_do_not_depend_on_who_does_which_chunk() -> None:
    draw = Draw(4)
    x, dy = draw.reals(8, 20, 20, 8), draw.reals(8, 20, 20, 16)
    inputs = (x, np.array([3, 3, 8, 16], np.int32), dy)
    attrs = conv_attrs((1, 1), "SAME", (1, 1))
    primitive = convolution.conv2d_backprop_filter_p
    lowered = lower_window(host(), primitive, specs_of(inputs), attrs)
    assert lowered is not None
    assert lowered.steps[0].kernel.chunks > 4
    results = [np.zeros((3, 3, 8, 16), np.float32) for _ in range(3)]
    for parts, output in zip((1, 2, 7), results):
        run_lowered(lowered, host(), inputs, output, parts=parts)
    assert (results[0] == results[1]).all()
    assert (results[0] == results[2]).all()


def test_what_the_host_runs() -> None:
    x, w = np.ones((1, 2, 3, 3), np.float32), np.ones((1, 1, 2, 1), np.float32)
    attrs = {**conv_attrs((1, 1), "SAME", (1, 1)), "data_format": "NCHW"}
    assert lower_window(host(), convolution.conv2d_p, specs_of((x, w)), attrs) is None
    unknown = [Spec(FROM_NUMPY[x.dtype], (None, 3, 3, 2)), specs_of((w,))[0]]
    attrs = conv_attrs((1, 1), "SAME", (1, 1))
    assert lower_window(host(), convolution.conv2d_p, unknown, attrs) is None
