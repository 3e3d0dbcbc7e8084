"""Where the windows of a call lie, and how its work is cut into chunks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

Three = tuple[int, int, int]
# What a thread keeps of an image, so that it stays in a core's own cache.
STAGED_BYTES = 256 << 10
# A chunk should be worth being claimed: so many multiplications.
CHUNK_PRODUCTS = 100_000


def three(values: Iterable[int], fill: int = 1) -> Three:
    """One to three numbers, those of missing dimensions filled up in front."""
    given = tuple(int(v) for v in values)
    filled = (*(fill,) * (3 - len(given)), *given)
    return filled[0], filled[1], filled[2]


class Geometry(NamedTuple):
    """One call with static shapes, in three spatial dimensions: an image has a depth of 1.

    Attributes:
      batch: number of images.
      sizes: of an input image.
      channels: of the input.
      window: extent of the window.
      strides: from one window to the next.
      dilations: from one place of the window to the next.
      lows: padding before each dimension.
      counts: number of windows.
      outer: channels of the output.
    """

    batch: int
    sizes: Three
    channels: int
    window: Three
    strides: Three
    dilations: Three
    lows: Three
    counts: Three
    outer: int

    @classmethod
    def of(cls, input: Any, window: Any, output: Any, attrs: dict[str, Any]) -> Geometry:
        """The geometry of arrays `[batch, *spatial, channels]`.

        Args:
          input: shape of the input.
          window: spatial extent of the window.
          output: shape of the output.
          attrs: the primitive's attributes.
        """
        rank = len(window)
        strides = attrs["strides"][1:-1]
        dilations = attrs.get("dilations", (1,) * (rank + 2))[1:-1]
        counts = output[1:-1]
        if attrs["padding"] == "EXPLICIT":
            lows = attrs["explicit_paddings"][2 : 2 + 2 * rank : 2]
        elif attrs["padding"] == "VALID":
            lows = (0,) * rank
        else:
            lows = tuple(
                max((c - 1) * s + (k - 1) * d + 1 - n, 0) // 2
                for n, k, s, d, c in zip(input[1:-1], window, strides, dilations, counts)
            )

        return cls(
            int(input[0]), three(input[1:-1]), int(input[-1]), three(window),
            three(strides), three(dilations), three(lows, 0), three(counts),
            int(output[-1]),
        )  # fmt: skip

    @property
    def places(self) -> int:
        """How many places the window has."""
        return math.prod(self.window)

    @property
    def pixels(self) -> int:
        """How many windows there are in all."""
        return self.batch * math.prod(self.counts)

    @property
    def extents(self) -> Three:
        """What the windows reach over, padding included."""
        return three(
            (c - 1) * s + (k - 1) * d + 1
            for c, s, k, d in zip(self.counts, self.strides, self.window, self.dilations)
        )

    @property
    def inside(self) -> bool:
        """Whether no window reaches into padding."""
        return all(
            low <= 0 and e - low <= n for low, e, n in zip(self.lows, self.extents, self.sizes)
        )

    def flattened(self) -> Geometry:
        """The same as one long row of pixels, where windows of one element do not meet."""
        ones = (1, 1, 1)
        if self.window != ones or self.strides != ones or any(self.lows) or self.batch == 0:
            return self
        row = (1, 1, self.batch * math.prod(self.sizes))
        return self._replace(batch=1, sizes=row, counts=row)


class Channels(NamedTuple):
    """How a convolution combines channels.

    Attributes:
      groups: parts of the channels that do not mix.
      inner: channels of a part that are summed over.
      columns: channels of results of a part.
      mixed: whether each result has a share of all the channels summed over. In a depthwise
        convolution each belongs to one channel of the input, which is repeated for that.
      times: how often it is repeated.
    """

    groups: int
    inner: int
    columns: int
    mixed: bool = True
    times: int = 1

    @classmethod
    def of(cls, geometry: Geometry, inner: int) -> Channels:
        """Those of a convolution with `inner` channels in each filter."""
        groups = geometry.channels // inner
        return cls(groups, inner, geometry.outer // groups)

    @classmethod
    def depthwise(cls, geometry: Geometry) -> Channels:
        """Those of a convolution that does not mix channels."""
        return cls(1, 1, geometry.outer, False, geometry.outer // geometry.channels)

    @property
    def turned(self) -> Channels:
        """Those of the gradient for the input."""
        return self._replace(inner=self.columns, columns=self.inner) if self.mixed else self


class Units(NamedTuple):
    """Parts of the work: blocks of positions along one dimension of one image.

    Attributes:
      axis: the dimension.
      block: positions in a block.
      positions: positions in all.
      per_image: blocks of an image.
      total: units in all.
      per_chunk: units of a chunk.
    """

    axis: int
    block: int
    positions: int
    per_image: int
    total: int
    per_chunk: int

    @property
    def chunks(self) -> int:
        """How many chunks the units make."""
        return -(-self.total // self.per_chunk)


def row_bytes(geometry: Geometry, axis: int, size: int) -> int:
    """Bytes of input for one position of a dimension."""
    return math.prod(geometry.extents[axis + 1 :]) * geometry.channels * size


def first_axis(geometry: Geometry) -> int:
    """The dimension that units are cut along."""
    return next((i for i, c in enumerate(geometry.counts) if c > 1), 2)


def units(
    geometry: Geometry, multiple: int, products: int, row_bytes: int, most: int | None = None
) -> Units:
    """Cuts the work by shape alone.

    Args:
      geometry: the call.
      multiple: what a block's length is a multiple of.
      products: multiplications of the whole work.
      row_bytes: bytes of input for one position of the dimension that is cut.
      most: how many positions a block has at most.
    """
    axis = first_axis(geometry)
    count = geometry.counts[axis]
    # As many blocks as it takes to have 16 units, unless these are very small.
    wanted = max(1, min(16 // max(geometry.batch, 1), products // CHUNK_PRODUCTS))
    block = -(-count // wanted)
    step = max(1, geometry.strides[axis] * row_bytes)
    block = max(1, min(block, STAGED_BYTES // step, most or block))
    block = -(-count // -(-count // block))  # blocks of one length, or nearly
    block = min(-(-block // multiple) * multiple, -(-count // multiple) * multiple)
    per_image = -(-count // block) if block < count else 1
    total = geometry.batch * per_image
    per_unit = products // max(total, 1)
    per_chunk = max(1, min(total // 16 or 1, CHUNK_PRODUCTS // max(per_unit, 1)))
    return Units(axis, block, count, per_image, total, per_chunk)
