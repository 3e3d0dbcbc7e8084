"""How a product is cut: into tiles that fit the registers, panels that fit the caches, chunks."""

from __future__ import annotations

from typing import NamedTuple

from tapeflow.engine.backends.llvm.target import Target

CACHE = 1 << 19
"""Bytes of the left factor that one unit of work may use: they stay in the second-level cache."""
NEAR = 3 << 13
"""Bytes of the right factor that are read in place: they stay in the first-level cache."""
INNER = 4096
"""Longest sum in one pass; longer ones are cut, so that a packed panel stays in the cache."""
CHUNK = 250_000
"""Operations that make a chunk worth handing out: about a microsecond."""


class Schedule(NamedTuple):
    """A product's decomposition.

    Rows come in tiles of nearly equal height, columns in panels of `vectors` registers. A unit of
    work is one panel, or several, for the tiles of one block of rows; a chunk is several units.

    Attributes:
      lanes: elements a vector.
      rows: rows of the first `taller` tiles; the other tiles have `rows - 1`, or `rows` too when
        `taller` is `tiles`.
      tiles: how many tiles there are along the rows.
      taller: how many of them are `rows` high.
      vectors: vectors a panel.
      panels: panels of full vectors.
      last_vectors: vectors of the panel after those; 0: there is none.
      last_lanes: columns in the last vector of that.
      block: tiles a unit.
      blocks: blocks of rows.
      group: panels a unit.
      groups: groups of panels.
      inner: longest part of a sum in one pass.
      pack: whether the right factor is copied, panel by panel.
      units: units of work in all.
      chunk: units a chunk.
    """

    lanes: int
    rows: int
    tiles: int
    taller: int
    vectors: int
    panels: int
    last_vectors: int
    last_lanes: int
    block: int
    blocks: int
    group: int
    groups: int
    inner: int
    pack: bool
    units: int
    chunk: int

    @property
    def heights(self) -> list[tuple[int, int, int]]:
        """The tiles as (first, end, rows) of each run of equal height."""
        runs = [(0, self.taller, self.rows)]
        if self.taller < self.tiles:
            runs.append((self.taller, self.tiles, self.rows - 1))
        return runs

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.units // self.chunk)


def schedule(
    target: Target, batch: int, m: int, n: int, k: int, size: int, copies: bool, widens: bool
) -> Schedule:
    """Chooses a decomposition.

    Args:
      target: the CPU.
      batch: how many products.
      m: rows of the result.
      n: columns of the result.
      k: length of the sums.
      size: bytes of an element in a register.
      copies: whether the right factor must be packed, whatever the shape.
      widens: whether the left factor is copied too.
    """
    lanes = target.lanes(size)
    rows, vectors = _tile(target, m, n, lanes)
    tiles = -(-m // rows)
    rows = -(-m // tiles)
    taller = m - tiles * (rows - 1)
    columns = vectors * lanes
    panels, rest = divmod(n, columns)
    last_vectors = -(-rest // lanes)
    last_lanes = rest - (last_vectors - 1) * lanes if rest else 0
    every = panels + (rest > 0)

    work = 2 * batch * m * n * k
    near = k * n * size <= NEAR and (not last_lanes % lanes or target.vector_bytes > 16)
    group = every if widens else 1
    groups = -(-every // group)
    wanted = min(16, work // CHUNK)
    blocks = max(1, -(-m * min(k, INNER) * size // CACHE))
    if batch * groups * blocks < wanted:
        # A unit packs its panel for itself: let it have rows enough to make that worth it.
        fewest = 16 if near and not copies else 64
        blocks = max(blocks, min(-(-wanted // (batch * groups)), m // fewest))
    block = -(-tiles // min(blocks, tiles))
    blocks = -(-tiles // block)
    in_place = not copies and k <= INNER and (near or (block <= 2 and not last_lanes % lanes))
    units = batch * blocks * groups
    chunk = max(1, min(units, CHUNK * units // max(work, 1)))
    inner = -(-k // max(1, -(-k // INNER)))
    return Schedule(
        lanes, rows, tiles, taller, vectors, panels, last_vectors, last_lanes,
        block, blocks, group, groups, inner, not in_place, units, chunk,
    )  # fmt: skip


def _tile(target: Target, m: int, n: int, lanes: int) -> tuple[int, int]:
    """Rows and vectors of a tile: the least time by a count of what the processor must do."""
    spare = 2 if target.fma else 3  # one broadcast element; a product before it is added
    best = (float("inf"), 1, 1)
    across = -(-n // lanes)
    for vectors in range(1, min(6, across) + 1):
        most = min(m, (target.registers - spare - vectors) // vectors, 16)
        for rows in range(1, most + 1):
            tiles = -(-m // rows)
            tall = -(-m // tiles)
            if tall != rows:
                continue
            taller = m - tiles * (rows - 1)
            panels, last = divmod(across, vectors)
            cost = 0.0
            for high, count in ((rows, taller), (rows - 1, tiles - taller)):
                cost += count * (panels * _steps(high, vectors) + (last > 0) * _steps(high, last))
            # Every kind of tile is code of its own; larger tiles read less from the caches.
            cost *= 1 + 0.01 * (taller < tiles) + 0.01 * (last > 0) + 0.1 / (rows * vectors)
            best = min(best, (cost, rows, vectors))
    return best[1], best[2]


def _steps(rows: int, vectors: int) -> float:
    """Cycles for one step of a tile's sums: two multiply-adds or two loads a cycle, each
    accumulator every fourth cycle."""
    if not rows or not vectors:
        return 0.0
    return max(rows * vectors / 2, (rows + vectors) / 2 * 1.05, 4.0)
