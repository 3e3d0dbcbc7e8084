"""Says what a traced function runs: its graph, the plan, and what each step costs."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from tapeflow.engine.backends.interpreter.program import Program
from tapeflow.engine.core.dtypes import variant
from tapeflow.engine.core.frames import location_text
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER, Node
from tapeflow.engine.ir.primitive import HOST, Structural
from tapeflow.engine.runtime.tensor import held

HEADER = (
    f"  {'kernel':24} {'runs on':8} {'calls':>6} {'us':>9} {'bytes':>11} {'FLOPs':>11}  "
    "result; written into; line"
)


def graph_text(concrete: Any) -> str:
    """The graph of a concrete function, an operation on each line, bodies indented."""
    lines = _node_lines(concrete.graph.nodes, "")
    return "\n".join([*lines, _returned(concrete.outputs, "")])


def _node_lines(nodes: Any, indent: str) -> list[str]:
    lines = []
    for node in nodes:
        inputs = ", ".join(v.name for v in node.inputs)
        outputs = ", ".join(repr(v.spec) for v in node.outputs)
        lines.append(f"{indent}{node.name} = {node.type}({inputs}){_attributes(node)} : {outputs}")
        for body in node.bodies():
            inner = indent + "    "
            lines.append(f"{inner}body ({', '.join(v.name for v in body.inputs)})")
            lines += _node_lines([n for n in body.graph.nodes if n.prim is not PLACEHOLDER], inner)
            lines.append(_returned(body.outputs, inner))
    return lines


def _returned(outputs: Any, indent: str) -> str:
    return f"{indent}return {', '.join(v.name for v in outputs)}".rstrip()


def _attributes(node: Node) -> str:
    if node.prim is CONST:
        array = node.attrs["value"]
        return f" {array.tolist()}" if array.size <= 8 else ""
    plain = {k: v for k, v in node.attrs.items() if k not in ("branches", "cond", "body")}
    shown = ", ".join(f"{k}={v}" for k, v in plain.items())
    return f" [{shown}]" if shown else ""


def explain(concrete: Any, tensors: list[Any]) -> str:
    """Graph, plan and measured steps of one call, as text. The call is made, effects included."""
    runnable = concrete._runnable
    arrays = _arrays(runnable, tensors)
    program = runnable._program or runnable.program_for(arrays)
    if program.__class__ is not Program:
        from tapeflow.engine.function.explaining.facts import facts_of
        from tapeflow.engine.function.explaining.text import text_of

        return text_of(facts_of(concrete, program, arrays), graph_text(concrete))
    steps = program.source.steps
    calls = [0] * len(steps)
    seconds = [0.0] * len(steps)
    sizes = [0] * len(steps)
    shapes: list[str] = [""] * len(steps)
    last = [0.0]

    def note(step: int, outputs: tuple[Any, ...]) -> None:
        now = time.perf_counter()
        seconds[step] += now - last[0]
        calls[step] += 1
        known = [o for o in outputs if isinstance(o, (np.ndarray, np.generic))]
        sizes[step] += sum(o.nbytes for o in known)
        shapes[step] = " ".join(f"{o.dtype}{list(o.shape)}" for o in known)
        last[0] = time.perf_counter()

    timed = program.timed(note)
    last[0] = time.perf_counter()
    timed(*arrays)
    lines = [
        f"{runnable.name}: {len(concrete.graph.nodes)} operations traced, {len(steps)} steps",
        "",
        "graph",
        *("  " + line for line in graph_text(concrete).splitlines()),
        "",
        "plan",
        *("  " + line for line in program.source.text.splitlines()),
        "",
        "steps",
        HEADER,
    ]
    for i, step in enumerate(steps):
        node = step.node
        where = location_text(node.location) if node.location else ""
        reuse = "" if step.reuses is None else f"; input {step.reuses}"
        lines.append(
            f"  {'  ' * step.depth + node.prim.name:24} {_place(node):8} {calls[i]:6} "
            f"{seconds[i] * 1e6:9.1f} {sizes[i]:11,} {flops(node) * calls[i]:11,}  "
            f"{shapes[i]}{reuse}; {where}"
        )
    total = sum(seconds) * 1e6
    lines.append(
        f"  {'total':24} {'':8} {sum(calls):6} {total:9.1f} {sum(sizes):11,} "
        f"{sum(flops(s.node) * calls[i] for i, s in enumerate(steps)):11,}"
    )
    return "\n".join(lines)


def explain_page(concrete: Any, tensors: list[Any]) -> str:
    """The measured kernels and host steps of one call, as HTML. The call is made, effects included.

    Raises:
      RuntimeError: where the function is not compiled.
    """
    runnable = concrete._runnable
    arrays = _arrays(runnable, tensors)
    program = runnable._program or runnable.program_for(arrays)
    if program.__class__ is Program:
        raise RuntimeError(
            f"explain_html: {runnable.name} is not compiled: NumPy runs it, and `explain` shows how"
        )
    from tapeflow.engine.function.explaining.facts import facts_of
    from tapeflow.engine.function.explaining.page import page_of

    return page_of(facts_of(concrete, program, arrays), graph_text(concrete))


def _arrays(runnable: Any, tensors: list[Any]) -> list[Any]:
    return [held(t) for t in tensors] + list(runnable._captured)


def _place(node: Node) -> str:
    """Whether code can be generated for it one day, or its kernel is called as it is."""
    return "host" if node.prim.lower is HOST else "NumPy"


def flops(node: Node) -> int:
    """Floating-point operations of one call, as far as the form of the operation tells."""
    lower = node.prim.lower
    if node.prim in (CONST, PLACEHOLDER) or not node.outputs:
        return 0
    out = node.outputs[0].spec
    if out.dtype is variant or out.shape is None or None in out.shape:
        return 0
    count = _elements(out.shape)
    if not isinstance(lower, Structural):
        return count
    if lower.kind == "Contraction" and node.inputs[0].spec.shape is not None:
        first = node.inputs[0].spec.shape
        if None in first:
            return 0
        if node.prim.name in ("MatMul", "BatchMatMulV2"):
            turned = node.attrs.get("transpose_a", node.attrs.get("adj_x", False))
            return 2 * count * (first[-2] if turned else first[-1])
        return 2 * _elements(first)
    if lower.kind == "Reduction":
        shape = node.inputs[0].spec.shape
        return _elements(shape) if shape is not None and None not in shape else 0
    return 0


def _elements(shape: tuple[Any, ...]) -> int:
    total = 1
    for d in shape:
        total *= d or 0
    return total
