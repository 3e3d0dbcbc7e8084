"""Regular expressions: replacing matches, and testing whether all of a string matches."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ops.host_functions import call_on_host
from tapeflow.engine.ops.strings.arguments import array_of, map_strings, of_strings, to_strings
from tapeflow.engine.ops.strings.re2 import translate
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor
from tapeflow.engine.tracing.graph import known_value

# Strings are matched as characters; bytes that are no UTF-8 stand for themselves.
_CODEC = ("utf-8", "surrogateescape")


@functools.lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, written for RE2, as Python's `re` has it.

    Raises:
      InvalidArgumentError: when it isn't a pattern.
    """
    try:
        return re.compile(translate(pattern), re.ASCII)
    except (re.error, ValueError, OverflowError) as error:
        reject(f"pattern: {pattern!r} is not valid: {error}")


def _expanded(rewrite: str, match: re.Match[str]) -> str:
    """The text that takes the place of a match."""
    out = []
    letters = iter(rewrite)
    for letter in letters:
        if letter == "\\":
            follower = next(letters, "")
            letter = match.group(int(follower)) or "" if follower.isdigit() else follower
        out.append(letter)
    return "".join(out)


def _valid(rewrite: str, groups: int) -> bool:
    """Whether a rewrite refers only to groups that the pattern has."""
    escapes = re.findall(r"\\(.?)", rewrite, re.DOTALL)
    return all(e == "\\" or (e.isdigit() and int(e) <= groups) for e in escapes)


def _replace(text: bytes, pattern: re.Pattern[str], rewrite: str, everywhere: bool) -> bytes:
    letters = text.decode(*_CODEC)
    out: list[str] = []
    at = 0  # what lies before is in `out` already
    last_end = -1
    search = 0
    while search <= len(letters):
        match = pattern.search(letters, search)
        if match is None:
            break
        begin, end = match.span()
        if begin == end == last_end:  # no empty match right behind another one
            search = end + 1
            continue
        out += [letters[at:begin], _expanded(rewrite, match)]
        at = search = last_end = end
        if begin == end:
            out.append(letters[end : end + 1])
            at = search = end + 1
        if not everywhere:
            break
    out.append(letters[at:])
    return "".join(out).encode(*_CODEC)


def _replace_kernel(
    input: np.ndarray, pattern: str, rewrite: str, replace_global: bool
) -> np.ndarray:
    matcher = compiled(pattern)
    if not _valid(rewrite, matcher.groups):
        reject(
            f"rewrite: expected references to the {matcher.groups} groups of the pattern; "
            f"received {rewrite!r}"
        )
    return map_strings(lambda s: _replace(s, matcher, rewrite, replace_global), input)


def _replace_samples(draw: Draw) -> Iterable[Sample]:
    texts = array_of([b"", b"abcabc", b"Text with words", "Grüße 12".encode()], (2, 2))
    for pattern, rewrite in (
        ("b", "X"), ("(\\w)(\\w)", "\\2\\1"), ("x*", "-"), ("[^a-z]+", ""), ("^|$", "|"),
        (".", "#"), ("(?i)TEXT", "<\\0>"),
        ("[[:space:]]", "_"), ("\\s+$|\\d", "\\\\"), ("(a)|b", "[\\1]"),
    ):  # fmt: skip
        for everywhere in (True, False):
            yield Sample(
                texts, pattern=pattern, rewrite=rewrite, replace_global=everywhere, grad=False
            )
    yield Sample(texts, pattern="(", rewrite="", replace_global=True, grad=False)


replace_p = primitive(
    "StaticRegexReplace",
    infer=of_strings(),
    kernel=_replace_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_replace_samples,
)


def _match_kernel(input: np.ndarray, pattern: str) -> np.ndarray:
    matcher = compiled(pattern)
    found = [bool(matcher.fullmatch(s.decode(*_CODEC))) for s in input.reshape(-1).tolist()]
    return np.array(found, bool).reshape(input.shape)


def _match_samples(draw: Draw) -> Iterable[Sample]:
    texts = array_of([b"", b"abc", b"abcabc", "Grüße".encode()], (4,))
    for pattern in ("", "abc", "(abc)+", ".*", "[a-z]{3}", "Gr..e", "a|abc", "\\w+"):
        yield Sample(texts, pattern=pattern, grad=False)
    yield Sample(texts, pattern="*", grad=False)


full_match_p = primitive(
    "StaticRegexFullMatch",
    infer=of_strings(dtypes.bool_),
    kernel=_match_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_match_samples,
)


def _pattern(value: Any, argument: str) -> str:
    """A pattern or rewrite, given as a string or a scalar tensor of strings."""
    if isinstance(value, (str, bytes)):
        return value if isinstance(value, str) else value.decode(*_CODEC)
    known = known_value(convert(value, dtypes.string))
    assert known is not None
    if known.ndim:
        message = f"{argument}: expected a scalar; received shape {list(known.shape)}"
        if state.tracer is not None:  # a shape rule
            raise ValueError(message)
        reject(message)
    return known.tolist().decode(*_CODEC)  # type: ignore[no-any-return]


def _unknown(pattern: Any) -> bool:
    """Whether the function that is traced computes a pattern."""
    return isinstance(pattern, Tensor) and known_value(pattern) is None


def _like(input: Any, *patterns: Any, matched: bool = False) -> Any:
    """Something of the kind that a function of `input` gives."""
    texts = to_strings(input)
    return EagerTensor(np.ones(texts.shape.as_list(), bool)) if matched else texts


@export("strings.regex_replace")
def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> Any:
    """Replaces what matches a regular expression.

    Patterns are those of RE2: without references back and looking around. Properties of Unicode
    characters (`\\p{Greek}`) other than general categories are refused.

    Args:
      input: string tensor.
      pattern: the regular expression, a scalar.
      rewrite: what takes the place of a match, a scalar; `\\0` stands for all of the match, `\\1`
        to `\\9` for the groups.
      replace_global: whether all matches are replaced, not only the first of each string.
      name: ignored in eager mode.

    Returns:
      A string tensor of the shape of `input`.

    Raises:
      tf.errors.InvalidArgumentError: when the pattern or the rewrite is not valid.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.regex_replace("Text with tags.<br/>", "<[^>]+>", " ").numpy()
      b'Text with tags. '
    """
    if _unknown(pattern) or _unknown(rewrite):
        call = partial(regex_replace, replace_global=replace_global)
        return call_on_host("RegexReplace", call, (input, pattern, rewrite), {}, example=_like)
    return apply(
        replace_p, to_strings(input), pattern=_pattern(pattern, "pattern"),
        rewrite=_pattern(rewrite, "rewrite"), replace_global=bool(replace_global),
    )  # fmt: skip


@export("strings.regex_full_match")
def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Any:
    """Says whether all of each string matches a regular expression.

    Args:
      input: string tensor.
      pattern: the regular expression (RE2), a scalar.
      name: ignored in eager mode.

    Returns:
      A bool tensor of the shape of `input`.

    Raises:
      tf.errors.InvalidArgumentError: when the pattern is not valid.

    Example:
      >>> import tapeflow as tf
      >>> tf.strings.regex_full_match(["TF lib", "lib TF"], ".*lib$").numpy()
      array([ True, False])
    """
    if _unknown(pattern):
        matched = partial(_like, matched=True)
        return call_on_host(
            "RegexFullMatch", regex_full_match, (input, pattern), {}, example=matched
        )
    return apply(full_match_p, to_strings(input), pattern=_pattern(pattern, "pattern"))
