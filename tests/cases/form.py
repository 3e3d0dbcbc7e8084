"""The form of an oracle case: a program of a few calls, run on TensorFlow and on tapeflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Case:
    """One call (or a few) of a public function, as a function of `tf`.

    Args:
      symbol: the public name it verifies, such as `"nn.relu"`; coverage is counted from it.
      run: `lambda tf: ...`, or any function of `tf`. Its result is compared: any nest of tensors,
        variables, NumPy values, shapes, dtypes, strings, numbers, booleans, None.
      bad: whether the call must raise; the class of the error is compared.
      rtol: relative tolerance in place of the dtype's (see `harness/tolerances.py`).
      atol: absolute tolerance in place of the dtype's.
      id: a word that tells the case from others of the symbol, in test names.
      exact: whether values must agree bit for bit, signs of zeros included.
    """

    __slots__ = ("atol", "bad", "exact", "id", "rtol", "run", "symbol")

    def __init__(
        self,
        symbol: str,
        run: Callable[[Any], Any],
        *,
        bad: bool = False,
        rtol: float | None = None,
        atol: float | None = None,
        id: str | None = None,
        exact: bool = False,
    ) -> None:
        self.symbol = symbol
        self.run = run
        self.bad = bad
        self.rtol = rtol
        self.atol = atol
        self.id = id
        self.exact = exact

    def __repr__(self) -> str:
        return f"Case({self.symbol!r}{', bad=True' if self.bad else ''})"


def bad(symbol: str, run: Callable[[Any], Any], id: str | None = None) -> Case:
    """A call that must raise."""
    return Case(symbol, run, bad=True, id=id)


def collect(cases: list[Case]) -> Callable[..., Any]:
    """A decorator with arguments that adds functions of `tf` to a list of cases.

    `case = collect(CASES)`, then `@case("function")` above each; the other arguments are those of
    `Case`. The function's name tells the case in test names.
    """

    def case(symbol: str, **options: Any) -> Callable[[Callable[[Any], Any]], Any]:
        def add(run: Callable[[Any], Any]) -> Callable[[Any], Any]:
            cases.append(Case(symbol, run, id=run.__name__, **options))
            return run

        return add

    return case


def raised(call: Callable[[], Any]) -> str | None:
    """The name of the class of the error that a call raises, or None."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return None
