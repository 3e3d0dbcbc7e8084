"""Generated products of matrices: against float64 NumPy, at three vector widths."""

from __future__ import annotations

import ctypes
import itertools
from typing import Any

import numpy as np
import pytest

from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.contractions import (
    Store,
    View,
    as_matmul,
    matmul,
    prepared,
    prepared_left,
)
from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import AARCH64, Target, host, narrower
from tapeflow.engine.backends.llvm.text import Code, Val
from tapeflow.engine.core.dtypes import (
    DType,
    bfloat16,
    bool_,
    complex64,
    float16,
    float32,
    float64,
    int8,
    int32,
    int64,
    uint16,
)  # fmt: skip

WIDTHS = {"host": host(), "32 bytes": narrower(32), "16 bytes": narrower(16)}
LAYOUTS = list(itertools.product((False, True), repeat=2))
GUARD = 0xA5


@pytest.fixture(params=WIDTHS)
def target(request: pytest.FixtureRequest) -> Target:
    return WIDTHS[request.param]


def run(
    kernel: Kernel, arrays: list[np.ndarray], target: Target, parts: int = 1, tail: int = 256
) -> None:
    """Runs a kernel in so many parts, each with scratch memory full of NaN and a guard behind."""
    address = jit.load(kernel.name, kernel.text, target)
    pointers = (ctypes.c_void_p * len(arrays))(*[a.ctypes.data for a in arrays])
    bounds = [kernel.chunks * i // parts for i in range(parts + 1)]
    for begin, end in itertools.pairwise(bounds):
        scratch = np.full(kernel.scratch + 64 + tail, 0xFF, np.uint8)
        start = -scratch.ctypes.data % 64
        scratch[start + kernel.scratch :] = GUARD
        place = scratch.ctypes.data + start
        jit.KERNEL_TYPE(address)(ctypes.addressof(pointers), begin, end, place)
        assert (scratch[start + kernel.scratch :] == GUARD).all(), "wrote behind its scratch memory"


def numbers(rng: np.random.Generator, dtype: DType, *shape: int) -> np.ndarray:
    if dtype.is_floating:
        return rng.standard_normal(shape).astype(dtype.np)
    low = 0 if dtype.is_unsigned else -100
    return rng.integers(low, 100, shape).astype(dtype.np)


def factors(
    rng: np.random.Generator, dtype: DType, m: int, n: int, k: int, layout: tuple[bool, bool],
    lead_a: tuple[int, ...] = (), lead_b: tuple[int, ...] = (),
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    a = numbers(rng, dtype, *lead_a, *((k, m) if layout[0] else (m, k)))
    b = numbers(rng, dtype, *lead_b, *((n, k) if layout[1] else (k, n)))
    return a, b


def exact(a: np.ndarray, b: np.ndarray, layout: tuple[bool, bool]) -> tuple[np.ndarray, np.ndarray]:
    """The product, and the sums of its terms' magnitudes, which bound its error."""
    whole = a.dtype.kind in "iu"
    x = a if whole else a.astype(np.float64)
    y = b if whole else b.astype(np.float64)
    x = x.swapaxes(-1, -2) if layout[0] else x
    y = y.swapaxes(-1, -2) if layout[1] else y
    return np.matmul(x, y), np.matmul(np.abs(x), np.abs(y))


def assert_close(got: np.ndarray, a: np.ndarray, b: np.ndarray, layout: tuple[bool, bool]) -> None:
    want, magnitude = exact(a, b, layout)
    if got.dtype.kind in "iu":
        np.testing.assert_array_equal(got, want)
        return
    k = a.shape[-2 if layout[0] else -1]
    # Each of k products and additions rounds once, relative to at most the sum of magnitudes; the
    # float64 reference does so too. 16-bit floats add one rounding of the result, relative to it.
    unit = {2: 2.0**-24, 4: 2.0**-24, 8: 2.0**-53}[got.dtype.itemsize]
    bound = 2 * (k + 1) * unit * magnitude
    if got.dtype.itemsize == 2:
        last = 2.0**-8 if got.dtype.name == "bfloat16" else 2.0**-11
        bound += last * np.abs(want) + 2.0**-24  # half of float16's least positive number
    assert not np.isnan(got).any()
    np.testing.assert_array_less(np.abs(got.astype(np.float64) - want), bound + 1e-300)


def check(
    target: Target, dtype: DType, m: int, n: int, k: int, layout: tuple[bool, bool] = (False, False)
) -> None:
    rng = np.random.default_rng(m * 10007 + n * 101 + k)
    a, b = factors(rng, dtype, m, n, k, layout)
    padded = np.full(m * n + 64, 77, dtype.np)
    c = padded[: m * n].reshape(m, n)
    kernel = matmul(target, m, n, k, dtype=dtype, transpose_a=layout[0], transpose_b=layout[1])
    run(kernel, [a, b, c], target)
    assert_close(c, a, b, layout)
    assert (padded[m * n :] == padded.dtype.type(77)).all(), "wrote behind the result"


SIZES = [
    (1, 1, 1), (2, 3, 5), (1, 17, 7), (19, 1, 33), (1, 1, 129), (3, 16, 4), (4, 15, 8), (5, 33, 3),
    (12, 32, 16), (13, 31, 17), (11, 65, 2), (29, 97, 1), (64, 10, 31), (25, 48, 64), (97, 23, 13),
]  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS, ids=["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize(("m", "n", "k"), SIZES)
def test_float32(target: Target, m: int, n: int, k: int, layout: tuple[bool, bool]):
    check(target, float32, m, n, k, layout)


@pytest.mark.parametrize("layout", LAYOUTS, ids=["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize(("m", "n", "k"), [(13, 31, 17), (1, 40, 9), (33, 1, 70), (26, 7, 6)])
@pytest.mark.parametrize(
    "dtype", [float64, bfloat16, float16, int32, int64, int8, uint16], ids=lambda d: d.name
)
def test_other_dtypes(
    target: Target, dtype: DType, m: int, n: int, k: int, layout: tuple[bool, bool]
):
    check(target, dtype, m, n, k, layout)


@pytest.mark.parametrize("layout", LAYOUTS, ids=["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize(("m", "n", "k"), [(200, 150, 90), (300, 70, 333), (150, 700, 64)])
def test_several_chunks(target: Target, m: int, n: int, k: int, layout: tuple[bool, bool]):
    kernel = matmul(target, m, n, k, dtype=float32, transpose_a=layout[0], transpose_b=layout[1])
    assert kernel.chunks > 3
    assert kernel.parallel == (kernel.flops > 1_500_000)
    a, b = factors(np.random.default_rng(0), float32, m, n, k, layout)
    whole, parts = np.full((2, m, n), np.nan, np.float32)
    run(kernel, [a, b, whole], target)
    assert_close(whole, a, b, layout)
    run(kernel, [a, b, parts], target, parts=3)
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize("layout", LAYOUTS, ids=["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize(("m", "n"), [(14, 40), (5, 9), (1, 20), (20, 1)])
def test_long_sums(target: Target, m: int, n: int, layout: tuple[bool, bool]):
    check(target, float32, m, n, 9001, layout)
    check(target, bfloat16, m, n, 4099, layout)


@pytest.mark.parametrize(
    "sizes", [(0, 3, 4), (3, 0, 4), (0, 0, 0), (3, 1, 0), (1, 3, 0), (5, 4, 0)]
)
def test_empty(target: Target, sizes: tuple[int, int, int]):
    m, n, k = sizes
    for dtype in (float32, int32, bfloat16):
        for layout in LAYOUTS:
            check(target, dtype, m, n, k, layout)
    kernel = matmul(target, m, n, k, dtype=float32, batch=0)
    assert kernel.chunks == 0
    run(kernel, [np.zeros(1), np.zeros(1), np.zeros(1)], target)


@pytest.mark.parametrize("layout", LAYOUTS, ids=["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize(
    ("batch", "m", "n", "k"), [(5, 9, 21, 11), (3, 1, 40, 30), (70, 17, 1, 33), (40, 48, 48, 32)]
)
@pytest.mark.parametrize("shared", ["none", "a", "b"])
def test_stacks(
    target: Target, batch: int, m: int, n: int, k: int, layout: tuple[bool, bool], shared: str
):
    rng = np.random.default_rng(0)
    lead_a, lead_b = () if shared == "a" else (batch,), () if shared == "b" else (batch,)
    for dtype in (float32, bfloat16):
        a, b = factors(rng, dtype, m, n, k, layout, lead_a, lead_b)
        c = np.full((batch, m, n), np.nan, dtype.np)
        kernel = matmul(
            target, m, n, k, dtype=dtype, transpose_a=layout[0], transpose_b=layout[1],
            batch=batch, batch_a=shared != "a", batch_b=shared != "b",
        )  # fmt: skip
        run(kernel, [a, b, c], target)
        assert_close(c, a, b, layout)


class BiasRelu:
    """`relu(acc + bias)`, and the sums themselves as a second result."""

    operands = 3
    key = "bias_relu"

    def __init__(self, m: int, n: int, brief: bool) -> None:
        self.n = n
        self.sums = Store(float32, (1,), View.whole((1,), m, n))
        self.brief = brief

    def store(
        self, code: Code, pointers: list[str], acc: Val, batch: Any, row: Any, column: Any,
        mask: str | None,
    ) -> None:  # fmt: skip
        bias, out, sums = pointers
        at = code.offset(bias, column, float32)
        more = code.load(at, float32, acc.lanes, mask)
        value = code.op(f"fadd {acc.type} {acc.text}, {more.text}")
        zero = code.const(0, float32, acc.lanes).text
        negative = code.op(f"fcmp olt {acc.type} {value}, {zero}")
        bits = "i1" if acc.lanes == 1 else f"<{acc.lanes} x i1>"
        relu = code.op(f"select {bits} {negative}, {acc.type} {zero}, {acc.type} {value}")
        self.sums.store(code, [out], Val(relu, float32, acc.lanes), batch, row, column, mask)
        self.sums.store(code, [sums], acc, batch, row, column, mask)


@pytest.mark.parametrize("brief", [True, False])
@pytest.mark.parametrize(
    ("m", "n", "k"), [(33, 50, 20), (1, 50, 20), (50, 1, 20), (13, 32, 5000), (512, 10, 40)]
)
@pytest.mark.parametrize("layout", LAYOUTS, ids=["nn", "nt", "tn", "tt"])
def test_epilogue(target: Target, m: int, n: int, k: int, layout: tuple[bool, bool], brief: bool):
    rng = np.random.default_rng(0)
    a, b = factors(rng, float32, m, n, k, layout)
    bias = numbers(rng, float32, n)
    out, sums = np.full((2, m, n), np.nan, np.float32)
    kernel = matmul(
        target, m, n, k, dtype=float32, transpose_a=layout[0], transpose_b=layout[1],
        epilogue=BiasRelu(m, n, brief),
    )  # fmt: skip
    assert "bias_relu" in kernel.name
    run(kernel, [a, b, bias, out, sums], target)
    assert_close(sums, a, b, layout)
    np.testing.assert_array_equal(out, np.maximum(sums + bias, 0))


@pytest.mark.parametrize("layout", LAYOUTS, ids=["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize(("m", "n", "k"), [(14, 35, 20), (1, 35, 20), (35, 1, 20), (40, 3, 20)])
def test_nan_and_infinity_reach_their_rows_and_columns_alone(
    target: Target, m: int, n: int, k: int, layout: tuple[bool, bool]
):
    rng = np.random.default_rng(0)
    for bad in (np.nan, np.inf):
        a, b = factors(rng, float32, m, n, k, layout)
        x, y = a.T if layout[0] else a, b.T if layout[1] else b
        x[m // 2, 3] = bad
        y[5, n - 1] = bad
        c = np.zeros((m, n), np.float32)
        kernel = matmul(
            target, m, n, k, dtype=float32, transpose_a=layout[0], transpose_b=layout[1]
        )
        run(kernel, [a, b, c], target)
        with np.errstate(all="ignore"):
            want = x.astype(np.float64) @ y.astype(np.float64)
        np.testing.assert_array_equal(np.isnan(c), np.isnan(want))
        np.testing.assert_array_equal(c[np.isinf(want)], want[np.isinf(want)])
        np.testing.assert_array_equal(np.isfinite(c), np.isfinite(want))


def test_names_tell_kernels_apart():
    texts: dict[str, str] = {}
    for m, n, k in itertools.product((2, 3), repeat=3):
        for ta, tb in LAYOUTS:
            for dtype in (float32, float64, bfloat16, float16):
                for epilogue in (None, BiasRelu(m, n, True), BiasRelu(m, n, False)):
                    kernel = matmul(
                        host(), m, n, k, dtype=dtype, transpose_a=ta, transpose_b=tb,
                        epilogue=epilogue,
                    )  # fmt: skip
                    assert texts.setdefault(kernel.name, kernel.text) == kernel.text
                    assert f"@{kernel.name}(" in kernel.text
    assert len(texts) >= 8 * 4 * 4 * 2  # whether an epilogue is brief may make no difference


def test_counts():
    kernel = matmul(host(), 3, 5, 7, dtype=float32, batch=2, batch_b=False)
    assert kernel.flops == 2 * 2 * 3 * 5 * 7
    assert kernel.bytes == 4 * (2 * 3 * 7 + 7 * 5 + 2 * 3 * 5)
    assert not kernel.parallel
    assert matmul(host(), 256, 256, 256, dtype=float32).parallel


@pytest.mark.parametrize("dtype", [bool_, complex64], ids=lambda d: d.name)
def test_other_dtypes_are_refused(dtype: DType):
    with pytest.raises(ValueError, match=dtype.name):
        matmul(host(), 2, 2, 2, dtype=dtype)


@pytest.mark.parametrize("dtype", [float32, float64, bfloat16, int32], ids=lambda d: d.name)
@pytest.mark.parametrize("layout", LAYOUTS, ids=["nn", "nt", "tn", "tt"])
def test_code_for_arm(dtype: DType, layout: tuple[bool, bool]):
    for m, n, k in ((33, 50, 20), (1, 50, 20), (50, 1, 20)):
        kernel = matmul(AARCH64, m, n, k, dtype=dtype, transpose_a=layout[0], transpose_b=layout[1])
        assert jit.object_code(kernel.text, AARCH64)


@pytest.mark.parametrize("layout", LAYOUTS, ids=["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize(
    ("m", "n", "k"), [(20, 33, 17), (1, 40, 30), (40, 1, 30), (300, 70, 260), (64, 10, 40)]
)
def test_views(target: Target, m: int, n: int, k: int, layout: tuple[bool, bool]):
    stack = (2, 3)
    for dtype in (float32, bfloat16):
        rng = np.random.default_rng(0)

        def strided(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray, View]:
            """Matrices whose rows are interleaved: those of the stack's second dimension."""
            whole = numbers(rng, dtype, 2, rows, 3, columns)
            view = View((rows * 3 * columns, columns), 3 * columns)
            return whole, whole.transpose(0, 2, 1, 3), view

        a, matrices_a, view_a = strided(*((k, m) if layout[0] else (m, k)))
        b, matrices_b, view_b = strided(*((n, k) if layout[1] else (k, n)))
        c, matrices_c, view_c = strided(m, n)
        kernel = matmul(
            target, m, n, k, dtype=dtype, transpose_a=layout[0], transpose_b=layout[1],
            batch=stack, view_a=view_a, view_b=view_b, epilogue=Store(dtype, stack, view_c),
        )  # fmt: skip
        run(kernel, [a, b, c], target)
        assert_close(matrices_c, matrices_a, matrices_b, layout)


EQUATIONS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk->ki", (2, 3), (3, 4)),
    ("ij,kj->ik", (2, 3), (4, 3)),
    ("ji,jk->ik", (3, 2), (3, 4)),
    ("bij,bjk->bik", (5, 2, 3), (5, 3, 4)),
    ("bij,bkj->bik", (5, 2, 3), (5, 4, 3)),
    ("abc,cd->abd", (5, 2, 3), (3, 4)),
    ("abc,cde->abde", (5, 2, 3), (3, 4, 6)),
    ("abcd,cde->abe", (5, 2, 3, 4), (3, 4, 6)),
    ("abcd,dce->abe", (5, 2, 3, 4), (4, 3, 6)),
    ("aecd,abcd->acbe", (2, 3, 2, 4), (2, 3, 2, 4)),
    ("acbe,aecd->abcd", (2, 3, 2, 4), (2, 4, 3, 5)),
    ("abcd,acbe->aecd", (2, 4, 3, 5), (2, 3, 4, 6)),
    ("aecd,abcd->acbe", (3, 40, 4, 24), (3, 33, 4, 24)),
    ("acbe,aecd->abcd", (3, 4, 33, 40), (3, 40, 4, 24)),
    ("abcd,acbe->aecd", (3, 33, 4, 24), (3, 4, 33, 40)),
    ("ijk,jkl->il", (1, 5, 6), (5, 6, 7)),
    ("ab,cb->ca", (1, 30), (20, 30)),
    ("bca,ac->ab", (7, 5, 3), (3, 5)),
    ("acb,ac->ab", (3, 20, 7), (3, 20)),
    ("i,j->ij", (3,), (4,)),
    ("i,i->", (4,), (4,)),
    ("ij,j->i", (2, 3), (3,)),
    ("j,ij->i", (3,), (2, 3)),
    ("ab,ab->ab", (2, 3), (2, 3)),
    ("bi,bj->bij", (2, 3), (2, 4)),
    ("ij,jk->ik", (2, 0), (0, 3)),
]


@pytest.mark.parametrize(("equation", "shape_a", "shape_b"), EQUATIONS)
def test_equations(
    target: Target, equation: str, shape_a: tuple[int, ...], shape_b: tuple[int, ...]
):
    found = as_matmul(equation, shape_a, shape_b)
    assert found is not None
    rng = np.random.default_rng(0)
    arrays = [numbers(rng, float64, *shape) for shape in (shape_a, shape_b)]
    ready = []
    order = reversed(arrays) if found.swapped else arrays
    for array, operand in zip(order, (found.a, found.b), strict=True):
        if operand.permutation is not None:
            array = array.transpose(operand.permutation)
        ready.append(np.ascontiguousarray(array))
    result = np.full(found.shape, np.nan)
    kernel = matmul(
        target, found.m, found.n, found.k, dtype=float64, transpose_a=found.a.transposed,
        transpose_b=found.b.transposed, batch=found.stack, view_a=found.a.view,
        view_b=found.b.view, epilogue=Store(float64, found.stack, found.view),
    )  # fmt: skip
    run(kernel, [*ready, result], target)
    if found.permutation is not None:
        result = result.transpose(found.permutation)
    np.testing.assert_allclose(result, np.einsum(equation, *arrays), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("equation", "a", "b", "copies"),
    [
        ("bij,bkj->bik", (5, 2, 3), (5, 4, 3), 0),
        ("ij,jk->ki", (2, 3), (3, 4), 0),
        ("abc,cde->abde", (5, 2, 3), (3, 4, 6), 0),
        ("abcd,dce->abe", (5, 2, 3, 4), (4, 3, 6), 1),
        ("aecd,abcd->acbe", (2, 3, 2, 4), (2, 3, 2, 4), 0),
        ("acbe,aecd->abcd", (2, 3, 2, 4), (2, 4, 3, 5), 0),
        ("abcd,acbe->aecd", (2, 4, 3, 5), (2, 3, 4, 6), 0),
    ],
)
def test_equations_copy_no_more_than_they_must(equation: str, a: Any, b: Any, copies: int):
    found = as_matmul(equation, a, b)
    assert found is not None
    permuted = (found.a.permutation, found.b.permutation, found.permutation)
    assert sum(p is not None for p in permuted) == copies


@pytest.mark.parametrize(
    ("equation", "a", "b"),
    [
        ("...ij,...jk->...ik", (2, 2, 3), (2, 3, 4)),
        ("iij,jk->ik", (2, 2, 3), (3, 2)),
        ("ij,k->k", (2, 3), (4,)),
        ("ij,jk", (2, 3), (3, 4)),
        ("ij,jk->iik", (2, 3), (3, 4)),
        ("ij,jk,kl->il", (2, 3), (3, 4)),
        ("ij,jk->ik", (2, 3), (1, 4)),
    ],
)
def test_equations_that_are_more_than_a_product(equation: str, a: Any, b: Any):
    assert as_matmul(equation, a, b) is None


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("shape", [(32, 512, 128), (33, 301, 70), (9, 37, 301), (70, 65, 129)])
@pytest.mark.parametrize("dtype", [float32, float64, float16, int32], ids=lambda d: d.name)
def test_a_factor_packed_before(target, dtype, shape, transposed):
    m, n, k = shape
    a, b = factors(np.random.default_rng(m), dtype, m, n, k, (False, transposed))
    made = prepared(target, m, n, k, dtype=dtype, transpose_b=transposed)
    assert made is not None
    panels = np.full(made.bytes + 64, GUARD, np.uint8)
    c = np.empty((m, n), dtype.np)
    place = panels[-panels.ctypes.data % 64 :]
    run(made.packing, [b, place], target, 2)
    assert (place[made.bytes :] == GUARD).all()
    run(made.product, [a, place, c], target, 2)
    assert_close(c, a, b, (False, transposed))


def test_small_factors_are_not_packed_before(target):
    assert prepared(target, 8, 16, 16, dtype=float32) is None
    assert prepared(target, 1, 512, 512, dtype=float32, transpose_b=True) is None


@pytest.mark.parametrize("shape", [(32, 512, 300), (129, 301, 290), (600, 70, 400), (33, 260, 301)])
@pytest.mark.parametrize("dtype", [float32, float64, float16, int32], ids=lambda d: d.name)
def test_a_transposed_factor_packed_before(target, dtype, shape):
    m, n, k = shape
    a, b = factors(np.random.default_rng(m), dtype, m, n, k, (True, False))
    made = prepared_left(target, m, n, k, dtype=dtype)
    assert made is not None or shape == (600, 70, 400)  # that one is turned for some widths only
    if made is None:
        return
    given = [a, b]
    tiles = np.full(made.bytes + 128, GUARD, np.uint8)
    place = tiles[-tiles.ctypes.data % 64 :]
    run(made.packing, [given[made.factor], place], target, 3)
    assert (place[made.bytes : made.bytes + 64] == GUARD).all()
    given[made.factor] = place
    c = np.empty((m, n), dtype.np)
    run(made.product, [*given, c], target, 2)
    assert_close(c, a, b, (True, False))


def test_short_or_few_columns_are_not_packed_before(target):
    assert prepared_left(target, 512, 512, 128, dtype=float32) is None
    assert prepared_left(target, 64, 64, 1024, dtype=float32) is None
    assert prepared_left(target, 8, 512, 1024, dtype=float32) is None
