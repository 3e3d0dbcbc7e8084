"""tf.linalg: products, diagonals, decompositions, solvers, norms, functions of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.form import Case, bad

A = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]
B = [[0.3, 2.0, -1.0], [1.5, -0.4, 0.7], [2.2, 0.1, 0.9]]
RHS = [[1.0, 2.0], [-1.0, 0.5], [3.0, 0.25]]


def grid(*shape: int, start: float = 0.0, step: float = 1.0, dtype: Any = np.float32) -> Any:
    return (start + step * np.arange(int(np.prod(shape)))).reshape(shape).astype(dtype)


def wave(*shape: int, dtype: Any = np.float32) -> Any:
    return np.sin(1.7 * np.arange(int(np.prod(shape))) + 0.3).reshape(shape).astype(dtype)


def complex_wave(*shape: int, dtype: Any = np.complex128) -> Any:
    return (wave(*shape, dtype=np.float64) + 1j * wave(*shape, dtype=np.float64)[::-1] ** 2).astype(
        dtype
    )


def gradient(tf, function, *arrays):
    """Gradients of a weighted sum of the results, so that no two elements count alike."""
    xs = [tf.constant(a) for a in arrays]
    with tf.GradientTape() as tape:
        for x in xs:
            tape.watch(x)
        y = function(*xs)
        ys = y if isinstance(y, (tuple, list)) else [y]
        total = sum(weighted(tf, v) for v in ys)
    return tape.gradient(total, xs)


def weighted(tf, y):
    weights = tf.constant(np.cos(np.arange(int(np.prod(y.shape)))).reshape(y.shape))
    if y.dtype.is_complex:
        y = tf.math.real(y) + 2.0 * tf.math.imag(y)
    return tf.reduce_sum(tf.cast(y, tf.float64) * weights)


def second(tf, function, array):
    """The gradient of the squared norm of the gradient."""
    x = tf.constant(array)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = weighted(tf, function(x))
        dx = tape.gradient(y, x)
        total = tf.reduce_sum(tf.cast(dx, tf.float64) ** 2)
    return outer.gradient(total, x)


def f64(rows):
    return np.array(rows, np.float64)


MATMUL = [
    Case("linalg.matmul", lambda tf: tf.matmul(grid(2, 3), grid(3, 4))),
    Case("linalg.matmul", lambda tf: tf.matmul([[1, 2]], [[3], [4]])),
    Case("linalg.matmul", lambda tf: tf.matmul(tf.ones([1, 2]), [[1], [2]])),
    Case("linalg.matmul", lambda tf: tf.matmul(grid(3, 2), grid(3, 4), transpose_a=True)),
    Case("linalg.matmul", lambda tf: tf.matmul(grid(2, 3), grid(4, 3), transpose_b=True)),
    Case(
        "linalg.matmul",
        lambda tf: tf.matmul(complex_wave(3, 2), complex_wave(3, 4), adjoint_a=True),
    ),
    Case(
        "linalg.matmul",
        lambda tf: tf.matmul(complex_wave(3, 2), complex_wave(3, 4), transpose_a=True),
    ),
    Case(
        "linalg.matmul",
        lambda tf: tf.matmul(complex_wave(2, 2, 3), complex_wave(2, 4, 3), adjoint_b=True),
    ),
    Case(
        "linalg.matmul",
        lambda tf: tf.matmul(complex_wave(2, 3, 2), complex_wave(2, 3, 2), transpose_a=True),
    ),
    Case("linalg.matmul", lambda tf: tf.matmul(grid(5, 2, 3), grid(3, 4))),
    Case("linalg.matmul", lambda tf: tf.matmul(grid(2, 3), grid(5, 3, 4))),
    Case("linalg.matmul", lambda tf: tf.matmul(grid(2, 1, 2, 3), grid(4, 3, 2))),
    Case("linalg.matmul", lambda tf: tf.matmul(tf.zeros([2, 0]), tf.zeros([0, 3]))),
    Case("linalg.matmul", lambda tf: tf.matmul(tf.zeros([0, 2, 3]), tf.zeros([0, 3, 1]))),
    Case(
        "linalg.matmul",
        lambda tf: tf.matmul(
            grid(2, 2, dtype=np.int8), grid(2, 2, dtype=np.int8), output_type=tf.int32
        ),
    ),
    Case(
        "linalg.matmul",
        lambda tf: tf.matmul(
            grid(2, 2, 2, dtype=np.uint8), grid(2, 2, dtype=np.int8), output_type=tf.int32
        ),
    ),
    Case("linalg.matmul", lambda tf: tf.matmul(grid(2, 2), grid(2, 2), output_type=tf.float32)),
    Case(
        "linalg.matmul",
        lambda tf: tf.matmul(grid(2, 2, dtype=np.int64), grid(2, 2, dtype=np.int64)),
    ),
    Case(
        "linalg.matmul",
        lambda tf: tf.matmul(tf.cast(wave(9, 9), tf.float16), tf.cast(wave(9, 9), tf.float16)),
    ),
    Case(
        "linalg.matmul",
        lambda tf: tf.matmul(tf.cast(wave(9, 9), tf.bfloat16), tf.cast(wave(9, 9), tf.bfloat16)),
    ),
    Case(
        "linalg.matmul",
        lambda tf: tf.matmul(grid(3, 2), grid(2, 2), a_is_sparse=True, b_is_sparse=True),
    ),
    Case("linalg.matmul", lambda tf: tf.matmul(tf.cast(grid(3, 2), tf.bfloat16), grid(2, 2))),
    Case("linalg.matmul", lambda tf: tf.matmul([[np.nan, 1.0]], [[0.0], [np.inf]])),
    Case("linalg.matmul", lambda tf: gradient(tf, tf.matmul, wave(2, 3), wave(3, 4))),
    Case(
        "linalg.matmul",
        lambda tf: gradient(
            tf,
            lambda a, b: tf.matmul(a, b, transpose_a=True, transpose_b=True),
            wave(3, 2),
            wave(4, 3),
        ),
    ),
    Case(
        "linalg.matmul",
        lambda tf: gradient(
            tf, lambda a, b: tf.matmul(a, b, adjoint_a=True), complex_wave(3, 2), complex_wave(3, 4)
        ),
    ),
    Case("linalg.matmul", lambda tf: gradient(tf, tf.matmul, wave(5, 2, 3), wave(3, 4))),
    Case(
        "linalg.matmul",
        lambda tf: gradient(
            tf, lambda a, b: tf.matmul(a, b, transpose_b=True), wave(5, 2, 3), wave(4, 3)
        ),
    ),
    Case("linalg.matmul", lambda tf: gradient(tf, tf.matmul, wave(2, 1, 2, 3), wave(4, 3, 2))),
    Case(
        "linalg.matmul",
        lambda tf: gradient(
            tf,
            lambda a, b: tf.matmul(a, b, adjoint_b=True),
            complex_wave(2, 2, 3),
            complex_wave(4, 3),
        ),
    ),
    Case(
        "linalg.matmul",
        lambda tf: second(tf, lambda a: tf.matmul(a, tf.matmul(a, a, transpose_b=True)), f64(B)),
    ),
    bad("linalg.matmul", lambda tf: tf.matmul(tf.ones([2, 3]), tf.ones([4, 3]))),
    bad("linalg.matmul", lambda tf: tf.matmul(tf.ones([3]), tf.ones([3]))),
    bad("linalg.matmul", lambda tf: tf.matmul(tf.ones([2, 3, 4]), tf.ones([4]))),
    bad("linalg.matmul", lambda tf: tf.matmul(tf.ones([2, 2, 3]), tf.ones([3, 3, 4]))),
    bad("linalg.matmul", lambda tf: tf.matmul(tf.ones([2, 3]), tf.ones([3, 2], tf.float64))),
    bad("linalg.matmul", lambda tf: tf.matmul(tf.ones([2, 2], tf.bool), tf.ones([2, 2], tf.bool))),
    bad(
        "linalg.matmul", lambda tf: tf.matmul(tf.ones([2, 2], tf.uint8), tf.ones([2, 2], tf.uint8))
    ),
    bad(
        "linalg.matmul",
        lambda tf: tf.matmul(tf.ones([2, 2]), tf.ones([2, 2]), output_type=tf.float64),
    ),
    bad(
        "linalg.matmul",
        lambda tf: tf.matmul(tf.ones([3, 2]), tf.ones([3, 2]), transpose_a=True, adjoint_a=True),
    ),
    Case("linalg.matvec", lambda tf: tf.linalg.matvec(grid(2, 3), grid(3))),
    Case("linalg.matvec", lambda tf: tf.linalg.matvec(grid(4, 2, 3), grid(4, 3))),
    Case(
        "linalg.matvec",
        lambda tf: tf.linalg.matvec(complex_wave(3, 2), complex_wave(3), adjoint_a=True),
    ),
    Case("linalg.matvec", lambda tf: tf.linalg.matvec(grid(3, 2), grid(3), transpose_a=True)),
    Case("linalg.matvec", lambda tf: gradient(tf, tf.linalg.matvec, wave(2, 3), wave(3))),
    bad("linalg.matvec", lambda tf: tf.linalg.matvec(tf.ones([2, 2]), tf.ones([3]))),
    bad("linalg.matvec", lambda tf: tf.linalg.matvec(tf.ones([2]), tf.ones([2]))),
]

EINSUM_EQUATIONS: list[tuple[str, list[tuple[int, ...]]]] = [
    ("ij,jk->ik", [(2, 3), (3, 4)]),
    ("ij,jk", [(2, 3), (3, 4)]),
    ("ba", [(2, 3)]),
    ("ii->", [(3, 3)]),
    ("ii", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("iij->ij", [(2, 2, 3)]),
    ("...ij,...jk->...ik", [(5, 2, 3), (3, 4)]),
    ("...i,...i->...", [(5, 1, 3), (1, 4, 3)]),
    ("i...j->j...i", [(2, 5, 6, 3)]),
    ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]),
    ("...ij,...jk,...kl->...il", [(7, 2, 3), (3, 4), (7, 4, 5)]),
    ("ij->", [(2, 3)]),
    (" i j , j k -> i k ", [(2, 3), (3, 4)]),
    ("aBc,Bd->acd", [(2, 3, 2), (3, 2)]),
    ("i,j->ji", [(2,), (3,)]),
    ("bhqd,bhkd->bhqk", [(2, 2, 3, 4), (2, 2, 5, 4)]),
    ("bqhd,bkhd->bhqk", [(2, 3, 2, 4), (2, 5, 2, 4)]),
    ("ij,ij->i", [(2, 3), (2, 3)]),
    ("ij,k->k", [(2, 3), (4,)]),
    ("ij->...ij", [(2, 2)]),
    ("iij,jk->ik", [(2, 2, 3), (3, 4)]),
]


def einsum_cases():
    for equation, shapes in EINSUM_EQUATIONS:
        arrays = [wave(*s) + 0.1 * i for i, s in enumerate(shapes)]

        def value(tf, equation=equation, arrays=arrays):
            return tf.einsum(equation, *[tf.constant(a) for a in arrays])

        def slope(tf, equation=equation, arrays=arrays):
            return gradient(tf, lambda *xs: tf.einsum(equation, *xs), *arrays)

        yield Case("einsum", value, id=equation)
        yield Case("einsum", slope, id=f"gradient {equation}")


EINSUM = [
    *einsum_cases(),
    Case(
        "einsum",
        lambda tf: tf.einsum("ij,jk->ik", grid(2, 3, dtype=np.int32), grid(3, 2, dtype=np.int32)),
    ),
    Case("einsum", lambda tf: tf.einsum("ij,jk->ki", complex_wave(2, 3), complex_wave(3, 2))),
    Case(
        "einsum",
        lambda tf: gradient(
            tf, lambda a, b: tf.einsum("ij,jk->ki", a, b), complex_wave(2, 3), complex_wave(3, 2)
        ),
    ),
    Case("einsum", lambda tf: second(tf, lambda a: tf.einsum("ij,jk,ki->i", a, a, a), f64(B))),
    Case(
        "einsum",
        lambda tf: tf.einsum(
            "ij,jk->ik", tf.ones([2, 3]), np.ones([3, 4], np.float32), optimize="optimal"
        ),
    ),
    Case("einsum", lambda tf: tf.einsum("i,i->", tf.Variable([1.0, 2.0]), tf.constant([3.0, 4.0]))),
    bad("einsum", lambda tf: tf.einsum("ij->ik", tf.ones([2, 3]))),
    bad("einsum", lambda tf: tf.einsum("i->ii", tf.ones([3]))),
    bad("einsum", lambda tf: tf.einsum("ijk->ik", tf.ones([2, 3]))),
    bad("einsum", lambda tf: tf.einsum("ij,jk->ik", tf.ones([2, 3]), tf.ones([4, 4]))),
    bad("einsum", lambda tf: tf.einsum("ij,jk->ik", tf.ones([2, 3]), tf.ones([1, 4]))),
    bad("einsum", lambda tf: tf.einsum("ij,jk->ik", tf.ones([2, 3]))),
    bad("einsum", lambda tf: tf.einsum("ij,jk->ik", tf.ones([2, 3]), tf.ones([3, 4], tf.float64))),
    bad(
        "einsum",
        lambda tf: tf.einsum("ij,jk->ik", tf.ones([2, 3], tf.int8), tf.ones([3, 4], tf.int8)),
    ),
    bad("einsum", lambda tf: tf.einsum("...ij->ij", tf.ones([5, 2, 3]))),
    bad("einsum", lambda tf: tf.einsum("i1->i", tf.ones([2, 3]))),
    bad("einsum", lambda tf: tf.einsum("i,i->", tf.ones([2]), tf.ones([2]), speed=1)),
    bad("einsum", lambda tf: tf.einsum("i,i->", [1, 2], [3, 4])),
    bad(
        "einsum",
        lambda tf: tf.einsum("i,i,i->", tf.ones([2]), tf.ones([2]), tf.ones([2]), optimize="foo"),
    ),
    Case("linalg.tensordot", lambda tf: tf.tensordot(grid(2, 3), grid(3, 4), 1)),
    Case("linalg.tensordot", lambda tf: tf.tensordot(grid(2, 3), grid(3, 4), 0)),
    Case("linalg.tensordot", lambda tf: tf.tensordot(grid(2, 3), grid(3, 2), [[0, 1], [1, 0]])),
    Case(
        "linalg.tensordot", lambda tf: tf.tensordot(grid(2, 3, 4), grid(4, 3, 5), [[-1, 1], [0, 1]])
    ),
    Case("linalg.tensordot", lambda tf: tf.tensordot(grid(2, 3), grid(3, 2), [1, 0])),
    Case(
        "linalg.tensordot", lambda tf: tf.tensordot(grid(2, 3), grid(3, 2), tf.constant([[1], [0]]))
    ),
    Case("linalg.tensordot", lambda tf: tf.tensordot([1, 2], [3, 4], 1)),
    Case("linalg.tensordot", lambda tf: tf.tensordot(2.0, grid(3, 2), 0)),
    Case(
        "linalg.tensordot",
        lambda tf: gradient(
            tf, lambda a, b: tf.tensordot(a, b, [[1, 0], [0, 2]]), wave(2, 3), wave(3, 4, 2)
        ),
    ),
    bad("linalg.tensordot", lambda tf: tf.tensordot(tf.ones([2, 3]), tf.ones([3, 4]), -1)),
    bad("linalg.tensordot", lambda tf: tf.tensordot(tf.ones([2, 3]), tf.ones([3, 4]), 3)),
    bad("linalg.tensordot", lambda tf: tf.tensordot(tf.ones([2, 3]), tf.ones([4, 4]), 1)),
    bad(
        "linalg.tensordot", lambda tf: tf.tensordot(tf.ones([2, 3]), tf.ones([3, 2]), [[0, 1], [1]])
    ),
    bad("linalg.tensordot", lambda tf: tf.tensordot(tf.ones([2, 3]), tf.ones([3, 2]), [[5], [0]])),
    bad(
        "linalg.tensordot",
        lambda tf: tf.tensordot(tf.ones([2, 3]), tf.ones([3, 2]), [[1], [0], [0]]),
    ),
    Case("eye", lambda tf: tf.eye(3)),
    Case("eye", lambda tf: tf.eye(2, 3, [2], tf.int32)),
    Case("eye", lambda tf: tf.eye(tf.constant(2), num_columns=tf.constant(3), dtype=tf.bool)),
    Case("eye", lambda tf: tf.eye(2, batch_shape=tf.constant([2, 3]), dtype=tf.complex64)),
    Case("eye", lambda tf: tf.eye(0)),
    bad("eye", lambda tf: tf.eye(-2)),
    bad("eye", lambda tf: tf.eye(2.5)),
    bad("eye", lambda tf: tf.eye(2, dtype=tf.string)),
]

BAND = [[0, 8, 9], [1, 2, 3], [4, 5, 0]]

DIAGONALS = [
    Case("linalg.band_part", lambda tf: tf.linalg.band_part(grid(4, 4), 1, -1)),
    Case("linalg.band_part", lambda tf: tf.linalg.band_part(grid(2, 3, 5, dtype=np.int32), 0, 2)),
    Case(
        "linalg.band_part",
        lambda tf: tf.linalg.band_part(tf.ones([3, 3], tf.bool), -1, tf.constant(0)),
    ),
    Case(
        "linalg.band_part",
        lambda tf: gradient(tf, lambda x: tf.linalg.band_part(x, 1, 0), wave(3, 4)),
    ),
    bad("linalg.band_part", lambda tf: tf.linalg.band_part(tf.ones([3, 3]), 5, 0)),
    bad("linalg.band_part", lambda tf: tf.linalg.band_part(tf.ones([3]), 0, 0)),
    bad("linalg.band_part", lambda tf: tf.linalg.band_part(tf.ones([3, 3]), 1.0, 0)),
    Case("linalg.diag", lambda tf: tf.linalg.diag([1, 2])),
    Case("linalg.diag", lambda tf: tf.linalg.diag(grid(2, 2), k=-1)),
    Case("linalg.diag", lambda tf: tf.linalg.diag(BAND, k=(-1, 1))),
    Case("linalg.diag", lambda tf: tf.linalg.diag(BAND, k=(-1, 1), align="LEFT_RIGHT")),
    Case(
        "linalg.diag",
        lambda tf: tf.linalg.diag(BAND, k=(-1, 1), align="LEFT_LEFT", padding_value=7),
    ),
    Case(
        "linalg.diag", lambda tf: tf.linalg.diag(BAND, k=(-1, 1), align="RIGHT_RIGHT", num_rows=3)
    ),
    Case("linalg.diag", lambda tf: tf.linalg.diag([1, 2], num_rows=2, num_cols=4, padding_value=9)),
    Case("linalg.diag", lambda tf: tf.linalg.diag([True, False], padding_value=False)),
    bad("linalg.diag", lambda tf: tf.linalg.diag([True, False])),
    Case("linalg.diag", lambda tf: gradient(tf, lambda x: tf.linalg.diag(x, k=(0, 1)), wave(2, 3))),
    bad("linalg.diag", lambda tf: tf.linalg.diag([1, 2], k=1, num_rows=2, num_cols=2)),
    bad("linalg.diag", lambda tf: tf.linalg.diag(1)),
    bad("linalg.diag", lambda tf: tf.linalg.diag([1, 2], align="foo")),
    bad("linalg.diag", lambda tf: tf.linalg.diag([[1, 2]], k=(1, 0))),
    bad("linalg.diag", lambda tf: tf.linalg.diag([[1, 2]], k=(1, 0, 2))),
    Case("linalg.diag_part", lambda tf: tf.linalg.diag_part(grid(2, 3, 4))),
    Case("linalg.diag_part", lambda tf: tf.linalg.diag_part(grid(3, 4), k=(-1, 2))),
    Case(
        "linalg.diag_part",
        lambda tf: tf.linalg.diag_part(grid(3, 4), k=(-1, 2), align="LEFT_LEFT", padding_value=-5),
    ),
    Case(
        "linalg.diag_part",
        lambda tf: tf.linalg.diag_part(grid(3, 4), k=(-2, 0), align="LEFT_RIGHT"),
    ),
    Case("linalg.diag_part", lambda tf: tf.linalg.diag_part(grid(3, 4), k=tf.constant(1))),
    Case("linalg.diag_part", lambda tf: tf.linalg.diag_part(grid(3, 4), k=(1, 1))),
    Case(
        "linalg.diag_part",
        lambda tf: gradient(tf, lambda x: tf.linalg.diag_part(x, k=(-1, 1)), wave(3, 4)),
    ),
    bad("linalg.diag_part", lambda tf: tf.linalg.diag_part(tf.ones([3, 4]), k=5)),
    bad("linalg.diag_part", lambda tf: tf.linalg.diag_part([1, 2])),
    Case("linalg.set_diag", lambda tf: tf.linalg.set_diag(tf.zeros([3, 4]), [1.0, 2.0, 3.0])),
    Case(
        "linalg.set_diag",
        lambda tf: tf.linalg.set_diag(tf.zeros([3, 4]), [[1, 2, 3], [4, 5, 6]], k=(0, 1)),
    ),
    Case("linalg.set_diag", lambda tf: tf.linalg.set_diag(grid(2, 3, 3), grid(2, 2), k=-1)),
    Case(
        "linalg.set_diag",
        lambda tf: gradient(
            tf, lambda x, d: tf.linalg.set_diag(x, d, k=(-1, 0)), wave(3, 3), wave(2, 3)
        ),
    ),
    bad("linalg.set_diag", lambda tf: tf.linalg.set_diag(tf.zeros([3, 4]), [1.0, 2.0])),
    bad("linalg.set_diag", lambda tf: tf.linalg.set_diag(tf.zeros([4]), [1.0, 2.0])),
    Case("linalg.tensor_diag", lambda tf: tf.linalg.tensor_diag([[1, 2], [3, 4]])),
    Case("linalg.tensor_diag", lambda tf: tf.linalg.tensor_diag([1 + 2j, 3])),
    Case("linalg.tensor_diag", lambda tf: gradient(tf, tf.linalg.tensor_diag, wave(2, 2))),
    bad("linalg.tensor_diag", lambda tf: tf.linalg.tensor_diag(1)),
    bad("linalg.tensor_diag", lambda tf: tf.linalg.tensor_diag([True])),
    Case("linalg.tensor_diag_part", lambda tf: tf.linalg.tensor_diag_part(grid(2, 3, 2, 3))),
    Case(
        "linalg.tensor_diag_part", lambda tf: tf.linalg.tensor_diag_part(grid(3, 3, dtype=np.int32))
    ),
    Case(
        "linalg.tensor_diag_part", lambda tf: gradient(tf, tf.linalg.tensor_diag_part, wave(2, 2))
    ),
    bad("linalg.tensor_diag_part", lambda tf: tf.linalg.tensor_diag_part(tf.ones([2, 3]))),
    bad("linalg.tensor_diag_part", lambda tf: tf.linalg.tensor_diag_part(tf.ones([2]))),
    Case("linalg.trace", lambda tf: tf.linalg.trace(grid(3, 4, dtype=np.int32))),
    Case("linalg.trace", lambda tf: tf.linalg.trace(grid(2, 3, 3))),
    Case("linalg.trace", lambda tf: gradient(tf, tf.linalg.trace, wave(2, 3, 3))),
    bad("linalg.trace", lambda tf: tf.linalg.trace([1.0, 2.0])),
    Case("linalg.adjoint", lambda tf: tf.linalg.adjoint(complex_wave(2, 3))),
    Case("linalg.adjoint", lambda tf: tf.linalg.adjoint(grid(2, 2, 3))),
    Case("linalg.adjoint", lambda tf: gradient(tf, tf.linalg.adjoint, complex_wave(2, 3))),
    bad("linalg.adjoint", lambda tf: tf.linalg.adjoint([1.0])),
    Case("linalg.matrix_transpose", lambda tf: tf.linalg.matrix_transpose(grid(2, 2, 3))),
    Case(
        "linalg.matrix_transpose",
        lambda tf: tf.linalg.matrix_transpose(complex_wave(2, 3), conjugate=True),
    ),
    Case("linalg.matrix_transpose", lambda tf: tf.linalg.matrix_transpose([["a", "b"]])),
    bad("linalg.matrix_transpose", lambda tf: tf.linalg.matrix_transpose([1.0])),
]

CASES = [*MATMUL, *EINSUM, *DIAGONALS]
