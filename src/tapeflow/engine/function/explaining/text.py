"""Says in text what a call of a compiled function did."""

from __future__ import annotations

from tapeflow.engine.function.explaining.facts import Entry, Facts

HEADER = (
    f"  {'kind':8} {'region':>6} {'calls':>6} {'us':>9} {'bytes':>13} {'FLOPs':>15} {'peak':>15}  "
    "what: operands -> results; line"
)


def text_of(facts: Facts, graph: str) -> str:
    """Graph, plan, entries and totals.

    Args:
      facts: what was measured.
      graph: the traced graph as text.
    """
    lines = [f"{facts.name}: {facts.traced} operations traced, compiled", "", "graph"]
    lines += ["  " + line for line in graph.splitlines()]
    if facts.source:
        lines += ["", "plan", *("  " + line for line in facts.source.splitlines())]
    lines += ["", "kernels and host steps, in order", HEADER]
    for entry in facts.entries:
        lines += [_line(entry), *[f"{'':11}note: {note}" for note in entry.notes]]
    return "\n".join([*lines, "", "totals", *("  " + line for line in totals(facts))])


def share_text(entry: Entry) -> str:
    """The share of the peak that binds."""
    return "" if entry.share is None else f"{entry.share:.0%} {entry.bound}"


def shapes_text(entry: Entry) -> str:
    """What it reads and writes."""
    if not entry.operands and not entry.results:
        return ""
    return f"{', '.join(entry.operands)} -> {', '.join(entry.results)}"


def _line(entry: Entry) -> str:
    region = "" if entry.region is None else str(entry.region)
    shapes = shapes_text(entry)
    what = entry.what + (f" ({entry.reason})" if entry.reason else "")
    return (
        f"  {entry.kind:8} {region:>6} {entry.calls:6} {entry.seconds * 1e6:9.1f} "
        f"{entry.bytes:13,} {entry.flops:15,} {share_text(entry):>15}  "
        f"{what}{': ' + shapes if shapes else ''}{'; ' + entry.lines if entry.lines else ''}"
    )


def totals(facts: Facts) -> list[str]:
    """The totals, a line each."""
    kernels = facts.kernels
    moved, computed = sum(e.bytes for e in kernels), sum(e.flops for e in kernels)
    lines = [
        f"native regions: {facts.regions}; kernels: {len(kernels)}; host steps: {len(facts.host)}",
        f"{facts.seconds * 1e6:.1f} us, {facts.host_share:.1%} of it on the host",
        f"in kernels: {moved:,} bytes, {computed:,} FLOPs",
        _memory(facts),
        f"code: {facts.compiled} compiled, {facts.from_disk} found on disk, the rest was loaded",
        f"peaks: {facts.peaks.text}",
    ]
    if any(e.share is not None and e.share > 1 and e.bound == "memory" for e in facts.entries):
        lines.append("more than 100% memory: the data were in the processor's caches")
    return lines


def _memory(facts: Facts) -> str:
    """What the function holds beside arguments, variables and results."""
    parts = [f"arena {facts.arena:,} bytes"]
    if facts.scratch:
        parts.append(f"scratch {facts.scratch:,} bytes a thread")
    if facts.between:
        parts.append(f"outside of regions at least {facts.between:,} bytes")
    return (
        f"memory: {', '.join(parts)}; the interpreter would hold at least "
        f"{facts.interpreter:,} bytes"
    )
