"""Shows on one page what a call of a compiled function did."""

from __future__ import annotations

from html import escape

from tapeflow.engine.function.explaining.facts import Entry, Facts
from tapeflow.engine.function.explaining.text import shapes_text, share_text, totals

COLOURS = {
    "product": "#3465a4",
    "window": "#75507b",
    "loops": "#4e9a06",
    "copy": "#c17d11",
    "other": "#babdb6",
    "host": "#cc0000",
}
WIDTH = 1200
HEIGHT = 56
COLUMNS = (
    "kind", "region", "calls", "us", "time", "bytes", "FLOPs", "peak", "what", "shapes", "line",
)  # fmt: skip
NUMBERS = frozenset(("region", "calls", "us", "time", "bytes", "FLOPs", "peak"))
STYLE = """
body { font: 14px/1.4 sans-serif; margin: 2em; }
table { border-collapse: collapse; }
td, th { padding: 2px 8px; text-align: left; vertical-align: top; border-bottom: 1px solid #ddd; }
td.number { text-align: right; white-space: nowrap; }
svg { width: 100%; border: 1px solid #ddd; }
.mark { display: inline-block; width: 0.8em; height: 0.8em; margin: 0 0.4em 0 1em; }
"""


def page_of(facts: Facts, graph: str) -> str:
    """A page that needs no other file.

    Args:
      facts: what was measured.
      graph: the traced graph as text.
    """
    title = escape(f"{facts.name}: what one call did")
    legend = "".join(
        f'<span class="mark" style="background:{colour}"></span>{kind}'
        for kind, colour in COLOURS.items()
    )
    ordered = sorted(facts.entries, key=lambda entry: -entry.seconds)
    rows = "\n".join(_row(entry, facts.seconds) for entry in ordered)
    heads = "".join(f"<th>{column}</th>" for column in COLUMNS)
    told = "".join(f"<li>{escape(line)}</li>" for line in totals(facts))
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head>
<body>
<h1>{title}</h1>
<ul>{told}</ul>
<p>In the order of the program; the width is the time of all calls.{legend}</p>
{_timeline(facts)}
<h2>By time</h2>
<table><thead><tr>{heads}</tr></thead><tbody>
{rows}
</tbody></table>
<h2>Graph</h2>
<pre>{escape(graph)}</pre>
</body>
</html>
"""


def _timeline(facts: Facts) -> str:
    scale = WIDTH / facts.seconds if facts.seconds else 0.0
    bars, at = [], 0.0
    for entry in facts.entries:
        width = entry.seconds * scale
        bars.append(
            f'<rect x="{at:.3f}" y="0" width="{width:.3f}" height="{HEIGHT}" '
            f'fill="{COLOURS[entry.kind]}" stroke="white" stroke-width="0.3">'
            f"<title>{escape(_hover(entry))}</title></rect>"
        )
        at += width
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" height="{HEIGHT}" '
        f'role="img">{"".join(bars)}</svg>'
    )


def _hover(entry: Entry) -> str:
    parts = [
        f"{entry.what}: {entry.seconds * 1e6:.1f} us in {entry.calls} call(s)",
        share_text(entry) and f"{share_text(entry)} peak",
        entry.reason and f"on the host: {entry.reason}",
        shapes_text(entry),
        entry.lines,
        *entry.notes,
        entry.name,
    ]
    return "\n".join(part for part in parts if part)


def _row(entry: Entry, total: float) -> str:
    what = entry.what + (f" ({entry.reason})" if entry.reason else "")
    cells = (
        entry.kind,
        "" if entry.region is None else str(entry.region),
        f"{entry.calls:,}",
        f"{entry.seconds * 1e6:,.1f}",
        f"{entry.seconds / total:.1%}" if total else "",
        f"{entry.bytes:,}",
        f"{entry.flops:,}",
        share_text(entry),
        what,
        shapes_text(entry),
        entry.lines,
    )
    notes = "".join(f"<div><i>{escape(note)}</i></div>" for note in entry.notes)
    made = []
    for column, cell in zip(COLUMNS, cells, strict=True):
        kind = ' class="number"' if column in NUMBERS else ""
        made.append(f"<td{kind}>{escape(cell)}{notes if column == 'what' else ''}</td>")
    return f'<tr title="{escape(entry.name)}">{"".join(made)}</tr>'
