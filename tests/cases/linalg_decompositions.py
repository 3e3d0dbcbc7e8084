"""tf.linalg: decompositions, solvers, determinants, norms and functions of matrices.

Vectors of a decomposition are compared by what does not depend on their signs.
"""

from __future__ import annotations

import numpy as np

from cases.form import Case, bad
from cases.linalg import RHS, A, B, complex_wave, f64, gradient, grid, second, wave

SPD = f64(A)
GENERAL = f64(B)
STACK = np.stack([f64(A), f64(A) * 2 + np.eye(3)])
HERMITIAN = f64(A) + 1j * np.triu(f64(B), 1) - 1j * np.triu(f64(B), 1).T
TALL = wave(4, 2, dtype=np.float64) + grid(4, 2, step=0.2, dtype=np.float64)
COMPLEX = complex_wave(3, 3) + 2 * np.eye(3)


def magnitudes(tf, *tensors):
    return [tf.abs(t) for t in tensors]


def product_of_svd(tf, x, full=False):
    s, u, v = tf.linalg.svd(x, full_matrices=full)
    k = s.shape[-1]
    scaled = u[..., :k] * tf.cast(s, u.dtype)[..., tf.newaxis, :]
    return s, tf.matmul(scaled, v[..., :k], adjoint_b=True)


def svd_invariants(tf, x):
    s, u, v = tf.linalg.svd(x)
    return [s, tf.abs(u), tf.abs(v)]


def eigh_invariants(tf, x):
    e, v = tf.linalg.eigh(x)
    return [e, tf.abs(v)]


def sorted_eig(tf, x):
    e = tf.linalg.eigvals(x).numpy()
    return e[np.lexsort((e.imag, e.real.round(9)))]


def eig_residual(tf, x):
    e, v = tf.linalg.eig(x)
    x = tf.cast(x, v.dtype)
    return np.abs((tf.matmul(x, v) - v * e[tf.newaxis, :]).numpy()).round(6)


L = "linalg."

SOLVERS = [
    Case(L + "cholesky", lambda tf: tf.linalg.cholesky(SPD)),
    Case(L + "cholesky", lambda tf: tf.linalg.cholesky(STACK.astype(np.float32))),
    Case(L + "cholesky", lambda tf: tf.linalg.cholesky(HERMITIAN)),
    Case(L + "cholesky", lambda tf: tf.linalg.cholesky([[4.0, 100.0], [1.0, 3.0]])),
    Case(L + "cholesky", lambda tf: tf.linalg.cholesky(tf.zeros([0, 0]))),
    Case(L + "cholesky", lambda tf: gradient(tf, tf.linalg.cholesky, STACK)),
    Case(L + "cholesky", lambda tf: gradient(tf, tf.linalg.cholesky, HERMITIAN)),
    Case(L + "cholesky", lambda tf: second(tf, tf.linalg.cholesky, SPD)),
    bad(L + "cholesky", lambda tf: tf.linalg.cholesky(tf.ones([2, 3]))),
    bad(L + "cholesky", lambda tf: tf.linalg.cholesky(tf.ones([3]))),
    bad(L + "cholesky", lambda tf: tf.linalg.cholesky([[1, 0], [0, 1]])),
    Case(
        L + "cholesky_solve", lambda tf: tf.linalg.cholesky_solve(tf.linalg.cholesky(SPD), f64(RHS))
    ),
    Case(L + "cholesky_solve", lambda tf: tf.linalg.cholesky_solve(COMPLEX, COMPLEX[:, :1])),
    Case(L + "cholesky_solve", lambda tf: gradient(tf, tf.linalg.cholesky_solve, SPD, f64(RHS))),
    bad(L + "cholesky_solve", lambda tf: tf.linalg.cholesky_solve(SPD, np.ones((4, 1)))),
    Case(L + "inv", lambda tf: tf.linalg.inv(A)),
    Case(L + "inv", lambda tf: tf.linalg.inv(STACK)),
    Case(L + "inv", lambda tf: tf.linalg.inv(COMPLEX, adjoint=True)),
    Case(L + "inv", lambda tf: tf.linalg.inv(tf.constant(A, tf.float16))),
    Case(L + "inv", lambda tf: gradient(tf, tf.linalg.inv, GENERAL)),
    Case(L + "inv", lambda tf: gradient(tf, lambda x: tf.linalg.inv(x, adjoint=True), COMPLEX)),
    Case(L + "inv", lambda tf: second(tf, tf.linalg.inv, SPD)),
    bad(L + "inv", lambda tf: tf.linalg.inv(tf.ones([2, 2]))),
    bad(L + "inv", lambda tf: tf.linalg.inv(tf.ones([2, 3]))),
    bad(L + "inv", lambda tf: tf.linalg.inv(tf.ones([2, 2], tf.int32))),
    Case(L + "solve", lambda tf: tf.linalg.solve(B, RHS)),
    Case(L + "solve", lambda tf: tf.linalg.solve(STACK, np.ones((2, 3, 1)), adjoint=True)),
    Case(L + "solve", lambda tf: tf.linalg.solve(COMPLEX, COMPLEX[:, :2], adjoint=True)),
    Case(L + "solve", lambda tf: gradient(tf, tf.linalg.solve, GENERAL, f64(RHS))),
    Case(
        L + "solve",
        lambda tf: gradient(
            tf, lambda a, b: tf.linalg.solve(a, b, adjoint=True), COMPLEX, COMPLEX[:, :2]
        ),
    ),
    bad(L + "solve", lambda tf: tf.linalg.solve(tf.ones([2, 2]), tf.ones([2, 1]))),
    bad(L + "solve", lambda tf: tf.linalg.solve(SPD, np.ones(3))),
    bad(L + "solve", lambda tf: tf.linalg.solve(STACK, np.ones((3, 1)))),
    Case(L + "triangular_solve", lambda tf: tf.linalg.triangular_solve(A, RHS)),
    Case(L + "triangular_solve", lambda tf: tf.linalg.triangular_solve(A, RHS, lower=False)),
    Case(
        L + "triangular_solve",
        lambda tf: tf.linalg.triangular_solve(COMPLEX, COMPLEX, adjoint=True),
    ),
    Case(L + "triangular_solve", lambda tf: tf.linalg.triangular_solve(STACK, np.ones((3, 1)))),
    Case(
        L + "triangular_solve",
        lambda tf: tf.linalg.triangular_solve([[0.0, 0.0], [1.0, 1.0]], [[1.0], [1.0]]),
    ),
    Case(
        L + "triangular_solve",
        lambda tf: gradient(
            tf, lambda a, b: tf.linalg.triangular_solve(a, b, lower=False), SPD, f64(RHS)
        ),
    ),
    Case(
        L + "triangular_solve",
        lambda tf: gradient(
            tf, lambda a, b: tf.linalg.triangular_solve(a, b, adjoint=True), STACK, f64(RHS)
        ),
    ),
    bad(L + "triangular_solve", lambda tf: tf.linalg.triangular_solve(SPD, np.ones(3))),
    bad(L + "triangular_solve", lambda tf: tf.linalg.triangular_solve(SPD, np.ones((4, 1)))),
    Case(L + "lstsq", lambda tf: tf.linalg.lstsq(TALL, np.ones((4, 1)))),
    Case(L + "lstsq", lambda tf: tf.linalg.lstsq(TALL.T, np.ones((2, 1)))),
    Case(L + "lstsq", lambda tf: tf.linalg.lstsq(TALL.T, np.ones((2, 1)), l2_regularizer=0.5)),
    Case(L + "lstsq", lambda tf: tf.linalg.lstsq(TALL, np.ones((4, 1)), fast=False)),
    Case(L + "lstsq", lambda tf: tf.linalg.lstsq(TALL.T, np.ones((2, 1)), fast=False)),
    Case(L + "lstsq", lambda tf: tf.linalg.lstsq(tf.ones([3, 2]), tf.ones([3, 1]), fast=False)),
    Case(L + "lstsq", lambda tf: gradient(tf, tf.linalg.lstsq, TALL, np.ones((4, 1)))),
    Case(
        L + "lstsq",
        lambda tf: gradient(
            tf, lambda a, b: tf.linalg.lstsq(a, b, 0.1), TALL.T.copy(), np.ones((2, 1))
        ),
    ),
    bad(L + "lstsq", lambda tf: tf.linalg.lstsq(SPD, np.ones((4, 1)))),
    bad(
        L + "lstsq",
        lambda tf: gradient(
            tf, lambda a, b: tf.linalg.lstsq(a, b, fast=False), SPD, np.ones((3, 1))
        ),
    ),
    Case(L + "det", lambda tf: tf.linalg.det(B)),
    Case(L + "det", lambda tf: tf.linalg.det(STACK)),
    Case(L + "det", lambda tf: tf.linalg.det(COMPLEX)),
    Case(L + "det", lambda tf: tf.linalg.det(tf.ones([2, 2]))),
    Case(L + "det", lambda tf: tf.linalg.det(tf.ones([0, 0]))),
    Case(L + "det", lambda tf: gradient(tf, tf.linalg.det, GENERAL)),
    Case(L + "det", lambda tf: gradient(tf, tf.linalg.det, COMPLEX)),
    Case(L + "det", lambda tf: second(tf, tf.linalg.det, GENERAL)),
    bad(L + "det", lambda tf: tf.linalg.det(tf.ones([2, 3]))),
    bad(L + "det", lambda tf: gradient(tf, tf.linalg.det, np.ones((2, 2)))),
    Case(L + "slogdet", lambda tf: tf.linalg.slogdet(B)),
    Case(L + "slogdet", lambda tf: tf.linalg.slogdet(COMPLEX)),
    Case(L + "slogdet", lambda tf: tf.linalg.slogdet(tf.ones([2, 2]))),
    Case(L + "slogdet", lambda tf: gradient(tf, lambda x: tf.linalg.slogdet(x)[1], GENERAL)),
    bad(L + "slogdet", lambda tf: tf.linalg.slogdet(tf.ones([2, 3]))),
    Case(L + "logdet", lambda tf: tf.linalg.logdet(SPD)),
    Case(L + "logdet", lambda tf: tf.linalg.logdet(HERMITIAN)),
    Case(L + "logdet", lambda tf: tf.linalg.logdet(STACK)),
    Case(L + "logdet", lambda tf: gradient(tf, tf.linalg.logdet, SPD)),
    bad(L + "logdet", lambda tf: tf.linalg.logdet(tf.ones([2, 3]))),
]

FACTORS = [
    Case(L + "lu", lambda tf: tf.linalg.lu(SPD[[2, 0, 1]])),
    Case(L + "lu", lambda tf: tf.linalg.lu(STACK, tf.int64)),
    Case(L + "lu", lambda tf: tf.linalg.lu(COMPLEX)),
    bad(L + "lu", lambda tf: tf.linalg.lu(tf.ones([2, 2]))),
    bad(L + "lu", lambda tf: tf.linalg.lu(tf.ones([2, 3]))),
    bad(L + "lu", lambda tf: tf.linalg.lu(SPD, tf.float32)),
    Case(L + "lu_reconstruct", lambda tf: tf.linalg.lu_reconstruct(*tf.linalg.lu(GENERAL))),
    Case(L + "lu_reconstruct", lambda tf: tf.linalg.lu_reconstruct(*tf.linalg.lu(STACK))),
    Case(L + "lu_reconstruct", lambda tf: tf.linalg.lu_reconstruct(*tf.linalg.lu(COMPLEX))),
    Case(L + "lu_solve", lambda tf: tf.linalg.lu_solve(*tf.linalg.lu(GENERAL), f64(RHS))),
    Case(L + "lu_solve", lambda tf: tf.linalg.lu_solve(*tf.linalg.lu(STACK), np.ones((2, 3, 1)))),
    Case(L + "lu_solve", lambda tf: tf.linalg.lu_solve(*tf.linalg.lu(COMPLEX), COMPLEX)),
    Case(L + "lu_matrix_inverse", lambda tf: tf.linalg.lu_matrix_inverse(*tf.linalg.lu(GENERAL))),
    Case(L + "lu_matrix_inverse", lambda tf: tf.linalg.lu_matrix_inverse(*tf.linalg.lu(STACK))),
    Case(L + "lu_matrix_inverse", lambda tf: tf.linalg.lu_matrix_inverse(*tf.linalg.lu(B))),
    Case(L + "qr", lambda tf: tf.linalg.qr(SPD)),
    Case(L + "qr", lambda tf: tf.linalg.qr(TALL)),
    Case(L + "qr", lambda tf: tf.linalg.qr(TALL.T)),
    Case(L + "qr", lambda tf: magnitudes(tf, *tf.linalg.qr(COMPLEX))),
    Case(L + "qr", lambda tf: tf.linalg.qr(TALL, full_matrices=True)[1]),
    Case(
        L + "qr", lambda tf: [t.shape for t in tf.linalg.qr(tf.ones([2, 4, 3]), full_matrices=True)]
    ),
    Case(L + "qr", lambda tf: gradient(tf, tf.linalg.qr, TALL)),
    Case(L + "qr", lambda tf: gradient(tf, tf.linalg.qr, GENERAL)),
    Case(L + "qr", lambda tf: gradient(tf, tf.linalg.qr, TALL.T.copy())),
    bad(L + "qr", lambda tf: tf.linalg.qr(tf.ones([3]))),
    bad(L + "qr", lambda tf: tf.linalg.qr(tf.ones([2, 2], tf.int32))),
    bad(L + "qr", lambda tf: gradient(tf, lambda x: tf.linalg.qr(x, full_matrices=True), TALL)),
    Case(L + "svd", lambda tf: svd_invariants(tf, SPD)),
    Case(L + "svd", lambda tf: svd_invariants(tf, TALL)),
    Case(L + "svd", lambda tf: svd_invariants(tf, COMPLEX)),
    Case(L + "svd", lambda tf: product_of_svd(tf, STACK)),
    Case(L + "svd", lambda tf: product_of_svd(tf, TALL, full=True)),
    Case(L + "svd", lambda tf: product_of_svd(tf, wave(2, 4))),
    Case(L + "svd", lambda tf: tf.linalg.svd(B, compute_uv=False)),
    Case(
        L + "svd",
        lambda tf: [t.shape for t in tf.linalg.svd(tf.ones([2, 4, 3]), full_matrices=True)],
    ),
    Case(L + "svd", lambda tf: tf.linalg.svd([[np.nan, 1.0]], compute_uv=False)),
    Case(L + "svd", lambda tf: gradient(tf, lambda x: tf.linalg.svd(x, compute_uv=False), GENERAL)),
    Case(L + "svd", lambda tf: gradient(tf, lambda x: svd_invariants(tf, x), GENERAL), rtol=1e-7),
    Case(L + "svd", lambda tf: gradient(tf, lambda x: svd_invariants(tf, x), TALL), rtol=1e-7),
    Case(
        L + "svd",
        lambda tf: gradient(tf, lambda x: svd_invariants(tf, x), COMPLEX),
        rtol=1e-6,
        atol=1e-8,
    ),
    Case(L + "svd", lambda tf: gradient(tf, lambda x: product_of_svd(tf, x), TALL), rtol=1e-7),
    Case(
        L + "svd",
        lambda tf: second(tf, lambda x: tf.linalg.svd(x, compute_uv=False), GENERAL),
        rtol=1e-7,
    ),
    bad(L + "svd", lambda tf: tf.linalg.svd(tf.ones([3]))),
    bad(L + "svd", lambda tf: tf.linalg.svd(tf.ones([2, 2], tf.int32))),
    Case(L + "eigh", lambda tf: eigh_invariants(tf, SPD)),
    Case(L + "eigh", lambda tf: eigh_invariants(tf, STACK)),
    Case(L + "eigh", lambda tf: eigh_invariants(tf, HERMITIAN)),
    Case(L + "eigh", lambda tf: eigh_invariants(tf, [[1.0, 100.0], [2.0, 3.0]])),
    Case(L + "eigh", lambda tf: gradient(tf, lambda x: eigh_invariants(tf, x), SPD), rtol=1e-7),
    Case(L + "eigh", lambda tf: second(tf, lambda x: tf.linalg.eigh(x)[0], SPD), rtol=1e-7),
    bad(L + "eigh", lambda tf: tf.linalg.eigh([[np.nan, 1.0], [1.0, 2.0]])),
    bad(L + "eigh", lambda tf: tf.linalg.eigh(tf.ones([2, 3]))),
    Case(L + "eigvalsh", lambda tf: tf.linalg.eigvalsh(A)),
    Case(L + "eigvalsh", lambda tf: tf.linalg.eigvalsh(HERMITIAN)),
    Case(L + "eigvalsh", lambda tf: gradient(tf, tf.linalg.eigvalsh, SPD), rtol=1e-7),
    bad(L + "eigvalsh", lambda tf: tf.linalg.eigvalsh(tf.ones([2, 3]))),
    Case("eig", lambda tf: eig_residual(tf, tf.constant(GENERAL))),
    Case("eig", lambda tf: eig_residual(tf, tf.constant(COMPLEX))),
    Case("eig", lambda tf: eig_residual(tf, tf.constant(A))),
    Case(
        "eig",
        lambda tf: gradient(tf, lambda x: tf.reduce_sum(tf.linalg.eig(x)[0] ** 2), GENERAL),
        rtol=1e-6,
    ),
    bad("eig", lambda tf: tf.linalg.eig(tf.ones([2, 3]))),
    bad("eig", lambda tf: tf.linalg.eig([[0.0, 1.0], [-1.0, 0.0]])),
    Case("eigvals", lambda tf: sorted_eig(tf, tf.constant(GENERAL))),
    Case("eigvals", lambda tf: sorted_eig(tf, tf.constant(COMPLEX))),
    Case("eigvals", lambda tf: sorted_eig(tf, tf.constant(A)), rtol=1e-4),
    Case(
        "eigvals",
        lambda tf: gradient(tf, lambda x: tf.reduce_sum(tf.linalg.eigvals(x) ** 2), GENERAL),
        rtol=1e-6,
    ),
    bad("eigvals", lambda tf: tf.linalg.eigvals(tf.ones([2, 2], tf.int32))),
]

M = [[3.0, 4.0], [1.0, -9.0]]
CUBE = wave(2, 3, 2, dtype=np.float64)

NORMS = [
    Case("linalg.norm", lambda tf: tf.norm(M)),
    Case("linalg.norm", lambda tf: tf.norm(M, axis=1)),
    Case("linalg.norm", lambda tf: tf.norm(M, ord=1)),
    Case("linalg.norm", lambda tf: tf.norm(M, ord=1, axis=[0, 1])),
    Case("linalg.norm", lambda tf: tf.norm(M, ord="fro", axis=[-2, -1])),
    Case("linalg.norm", lambda tf: tf.norm(M, ord=2, axis=(0, 1))),
    Case("linalg.norm", lambda tf: tf.norm(CUBE, ord=2, axis=(0, 1), keepdims=True)),
    Case("linalg.norm", lambda tf: tf.norm(CUBE, ord=np.inf, axis=[-2, -1], keepdims=True)),
    Case("linalg.norm", lambda tf: tf.norm(M, ord=np.inf)),
    Case("linalg.norm", lambda tf: tf.norm(M, ord=3)),
    Case("linalg.norm", lambda tf: tf.norm([3.0, 4.0], ord=0.5)),
    Case("linalg.norm", lambda tf: tf.norm([3.0 + 1j, 4.0])),
    Case("linalg.norm", lambda tf: tf.norm([3.0 + 1j, 4.0], ord=1.5)),
    Case("linalg.norm", lambda tf: tf.norm(CUBE, axis=-1, keepdims=True)),
    Case("linalg.norm", lambda tf: gradient(tf, lambda x: tf.norm(x, axis=1), CUBE)),
    Case("linalg.norm", lambda tf: gradient(tf, lambda x: tf.norm(x, ord=3, axis=0), CUBE)),
    Case("linalg.norm", lambda tf: gradient(tf, lambda x: tf.norm(x, ord=2, axis=[0, 1]), f64(M))),
    Case("linalg.norm", lambda tf: gradient(tf, tf.norm, np.zeros(3, np.float32))),
    bad("linalg.norm", lambda tf: tf.norm(M, ord="fro")),
    bad("linalg.norm", lambda tf: tf.norm(M, ord=3, axis=[0, 1])),
    bad("linalg.norm", lambda tf: tf.norm(M, ord=0)),
    bad("linalg.norm", lambda tf: tf.norm(M, ord=-1)),
    bad("linalg.norm", lambda tf: tf.norm(M, ord="foo")),
    bad("linalg.norm", lambda tf: tf.norm([[3, 4]])),
    bad("linalg.norm", lambda tf: tf.norm(CUBE, axis=[0, 1, 2])),
    bad("linalg.norm", lambda tf: tf.norm(CUBE, axis=[0, 0])),
    bad("linalg.norm", lambda tf: tf.norm(CUBE, axis=5)),
    Case(L + "normalize", lambda tf: tf.linalg.normalize(M)),
    Case(L + "normalize", lambda tf: tf.linalg.normalize(M, axis=1)),
    Case(L + "normalize", lambda tf: tf.linalg.normalize(M, ord=1, axis=[0, 1])),
    Case(L + "normalize", lambda tf: tf.linalg.normalize([[0.0, 0.0]])),
    Case(
        L + "normalize", lambda tf: gradient(tf, lambda x: tf.linalg.normalize(x, axis=1)[0], CUBE)
    ),
    bad(L + "normalize", lambda tf: tf.linalg.normalize(M, ord="foo")),
    Case(L + "cross", lambda tf: tf.linalg.cross([1, 2, 3], [4, 5, 6])),
    Case(L + "cross", lambda tf: tf.linalg.cross(wave(2, 3), wave(2, 3)[::-1])),
    Case(
        L + "cross", lambda tf: gradient(tf, tf.linalg.cross, wave(2, 3), wave(2, 3)[::-1].copy())
    ),
    bad(L + "cross", lambda tf: tf.linalg.cross([1, 2], [4, 5])),
    bad(L + "cross", lambda tf: tf.linalg.cross([1, 2, 3], [[4, 5, 6]])),
    bad(L + "cross", lambda tf: tf.linalg.cross([1j, 2, 3], [4, 5, 6j])),
    Case(L + "matrix_rank", lambda tf: tf.linalg.matrix_rank(tf.ones([2, 3, 3]))),
    Case(L + "matrix_rank", lambda tf: tf.linalg.matrix_rank(SPD)),
    Case(L + "matrix_rank", lambda tf: tf.linalg.matrix_rank(SPD, tol=2.2)),
    bad(L + "matrix_rank", lambda tf: tf.linalg.matrix_rank(tf.ones([2]))),
    bad(L + "matrix_rank", lambda tf: tf.linalg.matrix_rank(tf.ones([2, 2], tf.int32))),
    Case(L + "pinv", lambda tf: tf.linalg.pinv(TALL)),
    Case(L + "pinv", lambda tf: tf.linalg.pinv(np.stack([TALL.T, np.ones((2, 4))]))),
    Case(L + "pinv", lambda tf: tf.linalg.pinv(SPD, rcond=0.45)),
    Case(L + "pinv", lambda tf: gradient(tf, tf.linalg.pinv, TALL), rtol=1e-7),
    bad(L + "pinv", lambda tf: tf.linalg.pinv(tf.ones([2]))),
    bad(L + "pinv", lambda tf: tf.linalg.pinv(tf.ones([2, 2], tf.int32))),
    Case(L + "expm", lambda tf: tf.linalg.expm([[0.0, 1.0], [-1.0, 0.0]])),
    Case(L + "expm", lambda tf: tf.linalg.expm(np.stack([GENERAL, 3 * SPD]))),
    Case(L + "expm", lambda tf: tf.linalg.expm(COMPLEX)),
    Case(L + "expm", lambda tf: tf.linalg.expm(np.zeros((2, 2)))),
    Case(L + "expm", lambda tf: gradient(tf, tf.linalg.expm, GENERAL), rtol=1e-8),
    bad(L + "expm", lambda tf: tf.linalg.expm(tf.ones([2, 3]))),
    bad(L + "expm", lambda tf: tf.linalg.expm(tf.ones([2, 2], tf.int32))),
    Case(L + "sqrtm", lambda tf: tf.linalg.sqrtm(SPD)),
    Case(L + "sqrtm", lambda tf: tf.linalg.sqrtm(STACK)),
    Case(L + "sqrtm", lambda tf: tf.linalg.sqrtm(COMPLEX)),
    Case(L + "sqrtm", lambda tf: tf.linalg.sqrtm([[1.0, 1.0], [0.0, 1.0]])),
    Case(L + "sqrtm", lambda tf: gradient(tf, tf.linalg.sqrtm, SPD), rtol=1e-8),
    bad(L + "sqrtm", lambda tf: tf.linalg.sqrtm(tf.ones([2, 3]))),
    Case(L + "logm", lambda tf: tf.linalg.logm(SPD.astype(np.complex128)), rtol=1e-8),
    Case(L + "logm", lambda tf: tf.linalg.logm(COMPLEX), rtol=1e-8),
    Case(L + "logm", lambda tf: tf.linalg.logm(tf.eye(2, dtype=tf.complex64)), atol=1e-5),
    bad(L + "logm", lambda tf: tf.linalg.logm(A)),
    bad(L + "logm", lambda tf: tf.linalg.logm(tf.ones([2, 3], tf.complex64))),
]

CASES = [*SOLVERS, *FACTORS, *NORMS]
