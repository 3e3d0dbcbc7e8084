"""Random programs with nested control flow: AutoGraph computes what Python computes."""

from __future__ import annotations

import linecache
import textwrap
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import tapeflow as tf

NAMES = ("a", "b", "c")

numbers = st.integers(-4, 4).map(str)
names = st.sampled_from(NAMES)


def _parts(children: Any) -> Any:
    return st.one_of(
        st.tuples(children, st.sampled_from("+-*"), children).map(
            lambda p: f"({p[0]} {p[1]} {p[2]})"
        ),
        st.tuples(children, conditions, children).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
    )


comparisons = st.tuples(names, st.sampled_from(["<", ">", "<=", "==", "!="]), names | numbers).map(
    lambda p: " ".join(p)
)
conditions = st.recursive(
    comparisons,
    lambda c: st.one_of(
        st.tuples(c, st.sampled_from(["and", "or"]), c).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        c.map(lambda p: f"(not {p})"),
    ),
    max_leaves=3,
)
# Every expression names a variable, so that all values are tensors; `% 13` keeps them small.
terms = names.flatmap(lambda n: st.recursive(st.just(n) | numbers, _parts, max_leaves=3)
                      .map(lambda e: f"({n} + {e}) % 13"))  # fmt: skip


@st.composite
def blocks(draw: Any, depth: int = 0, in_loop: bool = False) -> str:
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        kinds = ["assign", "assign", "update"]
        if depth < 3:
            kinds += ["if", "for", "while"]
        if in_loop:
            kinds += ["break", "continue"]
        kind = draw(st.sampled_from(kinds))
        if kind == "assign":
            lines.append(f"{draw(names)} = {draw(terms)}")
        elif kind == "update":
            lines.append(f"{draw(names)} {draw(st.sampled_from(['+=', '-=']))} {draw(numbers)}")
        elif kind == "if":
            lines.append(f"if {draw(conditions)}:")
            lines.append(_indented(draw(blocks(depth + 1, in_loop))))
            if draw(st.booleans()):
                lines.append(f"else:\n{_indented(draw(blocks(depth + 1, in_loop)))}")
        elif kind == "for":
            lines.append(f"for k{depth} in range({draw(names)} % 4):")
            inner = draw(blocks(depth + 1, True))
            lines.append(_indented(f"{draw(names)} += k{depth}\n{inner}"))
        elif kind == "while":
            lines.append(f"n{depth} = a * 0")
            lines.append(f"while n{depth} < 3 and {draw(conditions)}:")
            lines.append(_indented(f"n{depth} += 1\n{draw(blocks(depth + 1, True))}"))
        else:
            lines.append(f"if {draw(conditions)}:\n    {kind}")
    return "\n".join(lines)


def _indented(block: str) -> str:
    return textwrap.indent(block, "    ")


@st.composite
def programs(draw: Any) -> str:
    body = draw(blocks())
    if draw(st.booleans()):
        body += f"\nif {draw(conditions)}:\n    return {draw(terms)}"
        body += f"\n{draw(blocks())}"
    return f"def program(a, b, c):\n{_indented(body)}\n    return a + 100 * b + 10000 * c\n"


def _compiled(source: str) -> Any:
    name = f"<program {hash(source)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    namespace: dict[str, Any] = {"__name__": "program"}
    exec(compile(source, name, "exec"), namespace)
    return namespace["program"]


values = st.integers(-6, 6)


# Shrinking a program takes minutes and makes it no clearer.
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(programs(), st.lists(st.tuples(values, values, values), min_size=2, max_size=4))
def test_a_traced_program_computes_what_python_computes(source: str, calls: list[Any]) -> None:
    program = _compiled(source)
    traced = tf.function(program)
    converted = tf.autograph.to_graph(program)
    for arguments in calls:
        expected = program(*arguments)
        assert converted(*arguments) == expected
        assert int(traced(*[tf.constant(v) for v in arguments])) == expected, source
    assert traced.experimental_get_tracing_count() == 1
