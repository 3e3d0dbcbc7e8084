"""Cost against size: batch and width of an MLP's step doubled six times, ours beside JAX."""

from __future__ import annotations

from pathlib import Path

from benchmarks.training.peers import Measurement, Run
from benchmarks.training.report import duration, markdown

BATCHES = [(16 << k, 256) for k in range(7)]
WIDTHS = [(64, 32 << k) for k in range(7)]

Curve = dict[tuple[int, int], dict[str, Measurement]]


def measured(run: Run) -> tuple[Curve, Curve]:
    """Steps by batch, and by width."""
    by_batch = {size: run.measure("mlp_mnist", size) for size in BATCHES}
    by_width = {size: run.measure("mlp_mnist", size) for size in WIDTHS}
    return by_batch, by_width


def tables(curves: tuple[Curve, Curve]) -> str:
    parts = []
    for name, place, curve in zip(("batch", "width"), (0, 1), curves, strict=True):
        contenders = list(next(iter(curve.values())))
        rows = [
            [str(size[place]), *[duration(row[n].median) for n in contenders]]
            for size, row in curve.items()
        ]
        parts.append(markdown([name, *contenders], rows))
    return "\n\n".join(parts)


def plot(curves: tuple[Curve, Curve], path: Path) -> None:
    """Both curves as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    titles = ("batch (width 256)", "width (batch 64)")
    for axis, place, title, curve in zip(axes, (0, 1), titles, curves, strict=True):
        for contender in next(iter(curve.values())):
            points = [
                (size[place], row[contender].median * 1e3)
                for size, row in curve.items()
                if row[contender].times
            ]
            axis.loglog(*zip(*points, strict=True), "o-", label=contender)
        axis.set_xticks([size[place] for size in curve], [str(size[place]) for size in curve])
        axis.minorticks_off()
        axis.set_xlabel(title)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("ms per step")
    axes[0].legend()
    figure.suptitle("A training step of an MLP, three dense layers, Adam")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
