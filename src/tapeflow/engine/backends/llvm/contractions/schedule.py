"""How a product is cut: into tiles that fit the registers, panels that fit the caches, chunks."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from tapeflow.engine.backends.llvm.target import Target

CACHE = 1 << 20
"""Bytes of the left factor that one unit of work may use: they stay in the second-level cache."""
NEAR = 3 << 13
"""Bytes of the right factor that are read in place: they stay in the first-level cache."""
COLUMN = 256
"""Longest column of the left factor to be read in place if its elements are `APART` bytes or more
from each other: caches neither keep nor foresee those."""
APART = 1 << 10
SHARED = 8
"""Panels that share a copy of the left factor: copying takes less time than half of them."""
PANEL = 1 << 15
"""Bytes of a panel that stay in the first-level cache."""
INNER = 4096
"""Longest sum in one pass; longer ones are cut, so that a packed panel stays in the cache."""
CHUNK = 250_000
"""Operations that make a chunk worth handing out: about a microsecond."""


class Stored(Protocol):
    """What matters of how a factor is stored."""

    @property
    def transposed(self) -> bool:
        """Whether its matrices are stored transposed."""

    @property
    def stride(self) -> int:
        """Elements from row to row, as stored."""


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
      pack_left: whether a unit's part of the left factor is copied.
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
    pack_left: bool
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
    def across(self) -> int:
        """Columns of a panel in memory."""
        return self.vectors * self.lanes

    @property
    def every(self) -> int:
        """How many panels there are."""
        return self.panels + (self.last_vectors > 0)

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.units // self.chunk)


def schedule(
    target: Target,
    batch: int,
    m: int,
    n: int,
    k: int,
    size: int,
    a: Stored,
    b: Stored,
    widens: bool,
    ready: bool = False,
) -> Schedule:
    """Chooses a decomposition.

    Args:
      target: the CPU.
      batch: how many products.
      m: rows of the result.
      n: columns of the result.
      k: length of the sums.
      size: bytes of an element in a register.
      a: how the left factor is stored: whether transposed, and elements from row to row.
      b: how the right factor is.
      widens: whether registers hold a wider dtype than memory.
      ready: whether the right factor comes in packed panels.
    """
    lanes = target.lanes(size)
    rows, vectors = _tile(target, m, n, k, size, ready)
    tiles = -(-m // rows)
    rows = -(-m // tiles)
    taller = m - tiles * (rows - 1)
    columns = vectors * lanes
    panels, rest = divmod(n, columns)
    last_vectors = -(-rest // lanes)
    last_lanes = rest - (last_vectors - 1) * lanes if rest else 0
    every = panels + (rest > 0)

    work = 2 * batch * m * n * k
    near = k * b.stride * size <= NEAR and (not last_lanes % lanes or target.vector_bytes > 16)
    copies = (b.transposed or widens) and not ready
    far = a.transposed and k > COLUMN and a.stride * size >= APART
    pack_left = widens or (far and 2 * every >= SHARED)
    group = min(every, SHARED) if pack_left else 1
    groups = -(-every // group)
    wanted = min(16, work // CHUNK)
    blocks = max(1, -(-m * min(k, INNER) * size // CACHE))
    if ready:
        # What follows in the loop goes on with the same rows: let a thread have some of them whole.
        while 2 * blocks <= tiles and (blocks < 2 or batch * groups * blocks < min(8, wanted)):
            blocks *= 2
    elif batch * groups * blocks < wanted:
        # A unit packs its panel for itself: let it have rows enough to make that worth it.
        fewest = 16 if near and not copies else 128 if pack_left else 64
        blocks = max(blocks, min(-(-wanted // (batch * groups)), m // fewest))
    block = -(-tiles // min(blocks, tiles))
    blocks = -(-tiles // block)
    in_place = not copies and k <= INNER and (near or (block <= 2 and not last_lanes % lanes))
    in_place |= ready
    units = batch * blocks * groups
    chunk = max(1, min(units, CHUNK * units // max(work, 1)))
    inner = -(-k // max(1, -(-k // INNER)))
    return Schedule(
        lanes, rows, tiles, taller, vectors, panels, last_vectors, last_lanes,
        block, blocks, group, groups, inner, pack_left, not in_place, units, chunk,
    )  # fmt: skip


def swaps(target: Target, m: int, n: int, k: int, size: int, a: Stored, b: Stored) -> bool:
    """Whether to compute the transposed product instead, `C^T = B^T A^T`, and turn its tiles.

    Args:
      target: the CPU.
      m: rows of the result.
      n: columns of the result.
      k: length of the sums.
      size: bytes of an element in a register.
      a: how the left factor is stored.
      b: how the right factor is.
    """
    if not a.transposed:
        return False
    if b.transposed:
        return True  # then neither factor is
    lanes = target.lanes(size)
    if n < 14 and -(-n // lanes) * lanes >= 1.3 * n and m >= 4 * lanes:
        return True  # vectors along the rows are full, those along the columns are not
    return k > COLUMN and b.stride * size < APART <= a.stride * size


def _tile(target: Target, m: int, n: int, k: int, size: int, ready: bool) -> tuple[int, int]:
    """Rows and vectors of a tile: those of the least time by `_cycles`."""
    lanes = target.lanes(size)
    spare = 2 if target.fma else 3  # one broadcast element; a product before it is added
    across = -(-n // lanes)
    best = (float("inf"), 1, 1)
    for vectors in range(1, min(6, across) + 1):
        most = min(m, (target.registers - spare - vectors) // vectors, 16)
        panels, last = divmod(across, vectors)
        for rows in range(1, most + 1):
            tiles = -(-m // rows)
            if -(-m // tiles) != rows:
                continue
            taller = m - tiles * (rows - 1)
            time = 0.0
            for high, count in ((rows, taller), (rows - 1, tiles - taller)):
                for wide, times in ((vectors, panels), (last, 1)):
                    if high and wide:
                        time += count * times * _cycles(target, high, wide, k, size, ready)
            # Every kind of tile is code of its own, which has to be compiled.
            time *= 1 + 0.01 * (taller < tiles) + 0.01 * (last > 0)
            best = min(best, (time, rows, vectors))
    return best[1], best[2]


def _cycles(target: Target, rows: int, vectors: int, k: int, size: int, ready: bool) -> float:
    """Cycles for a tile, as measured on CPUs with two multiply-add and two load units.

    Each accumulator takes part every fourth cycle. A cache line from the second-level cache costs
    about a cycle: those of the left factor always do, those of a panel if it is long; half of one
    where the panels come packed, as it is then foreseen what is read.
    """
    work = rows * vectors / (2 if target.fma else 1)
    step = max(work, 0.525 * (rows + vectors), 4.0) + rows * size / 64
    if k * vectors * target.vector_bytes > PANEL:
        step += vectors * target.vector_bytes / (128 if ready else 64)
    return k * step + 2 * rows * vectors + 20
