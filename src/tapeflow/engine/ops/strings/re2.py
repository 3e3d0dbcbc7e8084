"""RE2's regular expressions in the syntax of Python's `re`."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": "\\x00-\\x7f", "blank": "\\t ",
    "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~",
    "punct": "!-/:-@\\[-`{-~", "space": "\\t\\n\\v\\f\\r ", "upper": "A-Z", "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_SPACE = "\\t\\n\\f\\r "
_NOT_SPACE = "\\x00-\\x08\\x0b\\x0e-\\x1f\\x21-\\U0010ffff"


def translate(pattern: str) -> str:
    """`pattern` as `re` reads it.

    Raises:
      ValueError: for what RE2 refuses (references back, looking around) or `re` cannot say.
    """
    return _Translation(pattern).whole()


class _Translation:
    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0

    def whole(self) -> str:
        out = self.alternatives(multiline=False)
        if self.at < len(self.text):
            raise ValueError("unexpected )")
        return out

    def alternatives(self, multiline: bool) -> str:
        """Up to the parenthesis that closes the group, or the end."""
        out: list[str] = []
        opened = 0  # groups that `(?i)` and the like have opened, up to the end of this one
        while self.at < len(self.text):
            letter = self.text[self.at]
            if letter == ")":
                break
            self.at += 1
            if letter == "(":
                piece, flags = self.group(multiline)
                if flags is not None:
                    opened += 1
                    multiline = flags
                out.append(piece)
            elif letter == "[":
                out.append(self.klass())
            elif letter == "\\":
                out.append(self.escape())
            elif letter == "$":
                out.append("(?m:$)" if multiline else "\\Z")
            elif letter == "^":
                out.append("(?m:^)" if multiline else "\\A")
            elif letter == "+" and out and out[-1] in ("*", "+", "?", "}"):
                raise ValueError("bad repetition operator")
            elif letter == "|" and opened:  # what follows is under the same flags
                out.append(letter)
            else:
                out.append(letter)
        return "".join(out) + ")" * opened

    def group(self, multiline: bool) -> tuple[str, bool | None]:
        """A group whose parenthesis has been read; or flags for the rest of the group around it."""
        head = "("
        if self.text.startswith("?", self.at):
            self.at += 1
            if self.text.startswith(("P<", "<"), self.at) and not self.text.startswith(
                ("<=", "<!"), self.at
            ):
                end = self.text.find(">", self.at)
                if end < 0:
                    raise ValueError("missing >")
                name = self.text[self.at : end].lstrip("P").lstrip("<")
                self.at = end + 1
                head = f"(?P<{name}>"
            else:
                end = self.at
                while end < len(self.text) and self.text[end] in "imsU-":
                    end += 1
                flags, stop = self.text[self.at : end], self.text[end : end + 1]
                if stop not in (")", ":") or not stop or "U" in flags:
                    raise ValueError("invalid perl operator")
                self.at = end + 1
                on, _, off = flags.partition("-")
                multiline = (multiline or "m" in on) and "m" not in off
                on, off = on.replace("m", ""), off.replace("m", "")
                head = f"(?{on}{'-' + off if off else ''}:"
                if stop == ")":
                    return head, multiline
        inner = self.alternatives(multiline)
        if self.at >= len(self.text):
            raise ValueError("missing )")
        self.at += 1
        return f"{head}{inner})", None

    def escape(self, inside: bool = False) -> str:
        """What a backslash, already read, means."""
        if self.at >= len(self.text):
            raise ValueError("trailing \\")
        letter = self.text[self.at]
        self.at += 1
        if letter in "dDwWafnrtv" or (letter in "bBA" and not inside):
            return "\\" + letter
        if letter == "s":
            return _SPACE if inside else f"[{_SPACE}]"
        if letter == "S":
            return _NOT_SPACE if inside else f"[^{_SPACE}]"
        if letter == "z" and not inside:
            return "\\Z"
        if letter == "C" and not inside:
            return "(?s:.)"
        if letter in "pP":
            return self.category(letter == "P", inside)
        if letter == "Q" and not inside:
            end = self.text.find("\\E", self.at)
            literal = self.text[self.at :] if end < 0 else self.text[self.at : end]
            self.at = len(self.text) if end < 0 else end + 2
            return "".join(map(_literal, literal))
        if letter == "x":
            return _literal(self.hexadecimal())
        if letter in "01234567":
            digits = letter
            while self.at < len(self.text) and self.text[self.at] in "01234567" and len(digits) < 3:
                digits += self.text[self.at]
                self.at += 1
            if letter != "0" and len(digits) == 1:
                raise ValueError(f"invalid escape sequence: \\{letter}")
            return _literal(chr(int(digits, 8)))
        if letter.isalnum():
            raise ValueError(f"invalid escape sequence: \\{letter}")
        return _literal(letter)

    def hexadecimal(self) -> str:
        if self.text.startswith("{", self.at):
            end = self.text.find("}", self.at)
            if end < 0:
                raise ValueError("invalid escape sequence: \\x")
            digits, self.at = self.text[self.at + 1 : end], end + 1
        else:
            digits = self.text[self.at : self.at + 2]
            self.at += 2
            if len(digits) < 2:
                raise ValueError("invalid escape sequence: \\x")
        return chr(int(digits, 16))

    def klass(self) -> str:
        """A class of characters, whose bracket has been read."""
        out = ["["]
        if self.text.startswith("^", self.at):
            out.append("^")
            self.at += 1
        first = True
        while True:
            if self.at >= len(self.text):
                raise ValueError("missing ]")
            letter = self.text[self.at]
            if letter == "]" and not first:
                self.at += 1
                return "".join([*out, "]"])
            first = False
            if self.text.startswith("[:", self.at) and (end := self.text.find(":]", self.at)) > 0:
                out.append(_posix(self.text[self.at + 2 : end]))
                self.at = end + 2
                continue
            self.at += 1
            if letter == "\\":
                out.append(self.escape(inside=True))
            elif letter in "[]&~|":
                out.append("\\" + letter)
            else:
                out.append(letter)

    def category(self, negated: bool, inside: bool) -> str:
        """`\\pL`, `\\p{Lu}` and their opposites; by general category only."""
        if self.text.startswith("{", self.at):
            end = self.text.find("}", self.at)
            name, self.at = self.text[self.at + 1 : end], end + 1
        else:
            name = self.text[self.at : self.at + 1]
            self.at += 1
        if name.startswith("^"):
            negated, name = not negated, name[1:]
        ranges = _category_ranges(name, negated)
        return ranges if inside else f"[{ranges}]"


def _literal(letter: str) -> str:
    return letter if letter.isalnum() or ord(letter) > 127 else f"\\x{ord(letter):02x}"


def _posix(name: str) -> str:
    negated = name.startswith("^")
    found = _POSIX.get(name.removeprefix("^"))
    if found is None:
        raise ValueError(f"invalid character class range: [:{name}:]")
    if not negated:
        return found
    import re

    inside = re.compile(f"[{found}]")
    return _ranges([c for c in range(128) if not inside.match(chr(c))]) + "\\x80-\\U0010ffff"


@cache
def _category_ranges(name: str, negated: bool) -> str:
    category = unicodedata.category
    points = [
        c for c in range(sys.maxunicode + 1) if category(chr(c)).startswith(name) is not negated
    ]
    every = len(points) in (0, sys.maxunicode + 1)
    if not name or every or (len(name) > 2):
        raise ValueError(f"invalid character class range: \\p{{{name}}}")
    return _ranges(points)


def _ranges(points: list[int]) -> str:
    out: list[str] = []
    begin = previous = points[0]
    for point in [*points[1:], -1]:
        if point != previous + 1:
            out.append(f"\\U{begin:08x}-\\U{previous:08x}")
            begin = point
        previous = point
    return "".join(out)
