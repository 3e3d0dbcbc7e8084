"""Whether two encoded results agree, and where they don't."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.encoding import decode_array
from harness.tolerances import tolerance


def differences(
    expected: Any,
    actual: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    exact: bool = False,
    zero_signs: bool = False,
    by_largest: bool = False,
    where: str = "result",
) -> list[str]:
    """What differs, as sentences; empty when the results agree.

    Args:
      expected: an encoded result, usually TensorFlow's.
      actual: another one.
      rtol: relative tolerance in place of the dtype's.
      atol: absolute tolerance in place of the dtype's.
      exact: whether bits must agree.
      zero_signs: whether 0.0 and -0.0 differ.
      by_largest: whether an array's largest element is what errors are relative to: sums that
        nearly cancel are as imprecise as their terms.
      where: what to call the result.
    """
    options: dict[str, Any] = {
        "rtol": rtol,
        "atol": atol,
        "exact": exact,
        "zero_signs": zero_signs,
        "by_largest": by_largest,
    }
    if _is_array(expected) and _is_array(actual):
        return _array_differences(expected, actual, where, **options)
    if isinstance(expected, dict) and isinstance(actual, dict):
        if expected.keys() != actual.keys():
            return [f"{where}: expected {_summary(expected)}; received {_summary(actual)}"]
        return [
            line
            for key in expected
            for line in differences(expected[key], actual[key], where=f"{where}.{key}", **options)
        ]
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return [f"{where}: expected {len(expected)} items; received {len(actual)}"]
        return [
            line
            for i, (e, a) in enumerate(zip(expected, actual, strict=True))
            for line in differences(e, a, where=f"{where}[{i}]", **options)
        ]
    if type(expected) is float and type(actual) is float:
        relative, absolute = tolerance("float32", rtol, atol)
        if not exact and np.isclose(actual, expected, relative, absolute, equal_nan=True):
            return []
        if expected == actual or (expected != expected and actual != actual):
            return []
    if type(expected) is type(actual) and expected == actual:
        return []
    return [f"{where}: expected {_summary(expected)}; received {_summary(actual)}"]


def _is_array(data: Any) -> bool:
    return isinstance(data, dict) and "t" in data and "s" in data


def _summary(data: Any) -> str:
    if _is_array(data):
        return f"{data['t']}{data['s']}"
    text = repr(data)
    return text if len(text) < 200 else text[:200] + "..."


def _array_differences(
    expected: dict[str, Any],
    actual: dict[str, Any],
    where: str,
    *,
    rtol: float | None,
    atol: float | None,
    exact: bool,
    zero_signs: bool,
    by_largest: bool,
) -> list[str]:
    if expected["t"] != actual["t"] or expected["s"] != actual["s"]:
        return [f"{where}: expected {_summary(expected)}; received {_summary(actual)}"]
    wanted, got = decode_array(expected), decode_array(actual)
    if wanted.dtype == object:
        wrong = wanted != got
        return _first_wrong(wanted, got, wrong, where) if np.any(wrong) else []
    relative, absolute = tolerance(expected["t"], rtol, atol)
    if by_largest and wanted.size and relative:
        absolute += relative * float(_finite_abs(wanted).max())
    wrong = mismatches(wanted, got, relative, absolute, exact=exact, zero_signs=zero_signs)
    return _first_wrong(wanted, got, wrong, where) if wrong.any() else []


def mismatches(
    wanted: np.ndarray,
    got: np.ndarray,
    relative: float,
    absolute: float,
    *,
    exact: bool = False,
    zero_signs: bool = False,
) -> np.ndarray:
    """Where two arrays of one dtype and shape differ by more than the tolerance."""
    if wanted.dtype.kind in "iub" or wanted.dtype.name in ("int4", "uint4"):
        return np.asarray(wanted != got)
    if wanted.dtype.kind == "c" and not exact:
        # Where a complex result has no finite value, its parts are accidents of the formula.
        close = ~np.isfinite(wanted)
        scale = absolute + relative * _finite_abs(wanted)  # the whole number's size counts
        with np.errstate(all="ignore"):
            return np.asarray(~(close | (np.abs(wanted - got) <= scale)))
    if wanted.dtype.kind == "c":
        parts = ((wanted.real, got.real), (wanted.imag, got.imag))
        return np.logical_or(*[mismatches(e, a, 0.0, 0.0, exact=True) for e, a in parts])
    with np.errstate(all="ignore"):
        e, a = wanted.astype(np.float64), got.astype(np.float64)
        if exact:
            relative, absolute, zero_signs = 0.0, 0.0, True
        close = (e == a) | (np.isnan(e) & np.isnan(a))
        close |= (
            np.isfinite(e) & np.isfinite(a) & (np.abs(e - a) <= absolute + relative * np.abs(e))
        )
        if zero_signs:
            close &= ~((e == 0) & (a == 0) & (np.signbit(e) != np.signbit(a)))
    return np.asarray(~close)


def _finite_abs(values: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        size = np.abs(values).astype(np.float64)
    return np.where(np.isfinite(size), size, 0.0)


def _first_wrong(wanted: np.ndarray, got: np.ndarray, wrong: np.ndarray, where: str) -> list[str]:
    places = np.argwhere(wrong)
    lines = []
    for place in places[:3]:
        i = tuple(int(p) for p in place)
        at = f"{where}{list(i)}" if i else where
        lines.append(f"{at}: expected {wanted[i]!s}; received {got[i]!s}")
    count = len(places) if wrong.ndim else 1
    if count > 3:
        lines.append(f"{where}: {count} of {wrong.size} elements differ")
    return lines
