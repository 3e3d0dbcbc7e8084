"""float32 logarithm, sine and cosine, rounded as the C library rounds them under TensorFlow.

TensorFlow's normal numbers go through the C library's `logf`, `sinf` and `cosf`, which are not
correctly rounded (on some 0.7 to 1.3 percent of the arguments), and NumPy's float32 functions
round differently again. The functions here evaluate, in float64, polynomials whose coefficients
were fitted to the results of glibc's functions (as a linear program: each result bounds the value
before rounding). They agree with glibc bit for bit at all 2**23 arguments that a 23-bit uniform
number can produce. Being plain arithmetic, they give the same numbers on every machine.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# log(x) = k log(2) + log(c) + log(1 + r), where x = 2**k z, r = z / c - 1, and c is about the
# middle of that sixteenth of [0.699, 1.398) in which z lies: 1/c and log(c) for the sixteen.
ORIGIN = 0x3F330000
_RECIPROCALS = (
    1.398906771932552, 1.3403196277856488, 1.2864360037682459, 1.236714690451059,
    1.1906932306085547, 1.1479883527681949, 1.1082285520074069, 1.0711296860623347,
    1.0364375489243747, 1.0, 0.9492849500642199, 0.8951028813049023,
    0.8476818155086701, 0.805031499678191, 0.7664702596425657, 0.7314240421516472,
)  # fmt: skip
_LOGARITHMS = (
    -0.3356910543867991, -0.2929081137179169, -0.25187560705485046, -0.2124584204460774,
    -0.17453568423873425, -0.13801115217376525, -0.1027628414284256, -0.06871387289531289,
    -0.03578939919655343, 0.0, 0.05204626193943781, 0.11081661613503963,
    0.16524993116246056, 0.2168738722941567, 0.2659593816282805, 0.3127619023939867,
)  # fmt: skip
LOG_TERMS = (-0.25089419368000003, 0.3334567677105989, -0.4999997484419365)

# Both tables for k = -31 ... 0, found by the five lowest bits of k and the number of the sixteenth.
_K = np.arange(-32, 0)[:, None]
_K[0] = 0
TABLE_RECIPROCALS = np.tile(np.array(_RECIPROCALS), 32)
TABLE_LOGARITHMS = (np.array(_LOGARITHMS) + _K * 0.6931471805599453).reshape(-1)

SINE_TERMS = (-0.00019517298812143872, 0.008332178144935726, -0.16666654943680392)
COSINE_TERMS = (
    2.439052306661105e-05,
    -0.0013886764562609387,
    0.0416666233491394,
    -0.49999999725332045,
)


def log_float32(x: Array) -> Array:
    """Natural logarithm of float32 values in (2**-31, 1.39)."""
    offset = x.view(np.uint32) - np.uint32(ORIGIN)
    place = offset >> np.uint32(19)
    place &= np.uint32(511)
    offset &= np.uint32(0x7FFFFF)
    offset += np.uint32(ORIGIN)
    r = TABLE_RECIPROCALS.take(place)
    r *= offset.view(np.float32)
    r -= 1.0
    y = r * LOG_TERMS[0]
    y += LOG_TERMS[1]
    y *= r
    y += LOG_TERMS[2]
    y *= r
    y *= r
    y += r
    y += TABLE_LOGARITHMS.take(place)
    return y.astype(np.float32)


def sincos_float32(x: Array) -> tuple[Array, Array]:
    """Sine and cosine of float32 values in [0, 7)."""
    quadrant = (x * np.float64(2 / np.pi) + 0.5).astype(np.uint8)
    r = quadrant * (-np.pi / 2)
    r += x
    square = r * r
    sine = square * SINE_TERMS[0]
    sine += SINE_TERMS[1]
    sine *= square
    sine += SINE_TERMS[2]
    sine *= square
    sine *= r
    sine += r
    cosine = square * COSINE_TERMS[0]
    for term in COSINE_TERMS[1:]:
        cosine += term
        cosine *= square
    cosine += 1.0
    # Quadrants 1 and 3 swap the two; 2 and 3 negate the sine, 1 and 2 the cosine.
    odd = (quadrant & 1).view(bool)
    sines = np.where(odd, cosine, sine).astype(np.float32)
    cosines = np.where(odd, sine, cosine).astype(np.float32)
    np.negative(sines, sines, where=(quadrant & 2).astype(bool))
    np.negative(cosines, cosines, where=((quadrant + 1) & 2).astype(bool))
    return sines, cosines


# NumPy computes float64 functions with the vector instructions of the machine that it runs on, and
# the last bit depends on them. The C library's functions, which TensorFlow calls, do not.
_log = np.frompyfunc(math.log, 1, 1)
_log1p = np.frompyfunc(math.log1p, 1, 1)
_power = np.frompyfunc(math.pow, 2, 1)


def log_float64(x: Array) -> Array:
    """Natural logarithm of positive float64 values, as the C library rounds it."""
    return np.asarray(_log(x), np.float64)


def log1p_float64(x: Array) -> Array:
    """Natural logarithm of 1 + x for float64 values above -1, as the C library rounds it."""
    return np.asarray(_log1p(x), np.float64)


def power_float64(x: Array, y: Array) -> Array:
    """x to the power of y for float64 values, x not negative, as the C library rounds it."""
    return np.asarray(_power(x, y), np.float64)
