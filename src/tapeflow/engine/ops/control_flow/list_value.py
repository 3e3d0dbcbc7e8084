"""A list of arrays as a value: writing an element gives a new list, at constant cost.

Persistent arrays after Baker (1991): the newest version holds the elements, an older one holds how
it differs from a newer one. Programs use the newest version, so reading and writing is as fast as
with a plain list, and older versions keep their values all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class ListValue:
    """A list of arrays; None stands for an element that was never written.

    Args:
      items: the elements.
    """

    __slots__ = ("_change", "_items", "_newer")

    def __init__(self, items: Iterable[Any]) -> None:
        self._items: list[Any] | None = list(items)
        self._newer: ListValue | None = None
        self._change: tuple[int, Any] | None = None

    def items(self) -> list[Any]:
        """The elements; not to be changed."""
        if self._items is None:
            self._reroot()
        assert self._items is not None
        return self._items

    def _reroot(self) -> None:
        """Makes this the version that holds the elements, and the others the ones that differ."""
        path: list[ListValue] = []
        node = self
        while node._newer is not None:
            path.append(node)
            node = node._newer
        items = node._items
        assert items is not None
        for older in reversed(path):
            newer = older._newer
            assert newer is not None
            assert older._change is not None
            place, value = older._change
            if place == len(items) - 1 and value is _ABSENT:
                newer._change = (place, items.pop())
            elif place == len(items):
                newer._change = (place, _ABSENT)
                items.append(value)
            else:
                newer._change = (place, items[place])
                items[place] = value
            newer._newer, newer._items = older, None
            older._newer = older._change = None
            older._items = items

    def with_item(self, place: int, value: Any) -> ListValue:
        """The list with another element; at the end, one element longer."""
        items = self.items()
        made = ListValue.__new__(ListValue)
        made._newer = made._change = None
        if place == len(items):
            before: Any = _ABSENT
            items.append(value)
        else:
            before = items[place]
            items[place] = value
        made._items = items
        self._items, self._newer, self._change = None, made, (place, before)
        return made

    def __len__(self) -> int:
        return len(self.items())

    def __repr__(self) -> str:
        return f"ListValue({len(self)} elements)"


_ABSENT = object()


class OneItem:
    """The cotangent of a list of which one element was read: zeros but for that element."""

    __slots__ = ("length", "place", "value")

    def __init__(self, length: int, place: int, value: Any) -> None:
        self.length = length
        self.place = place
        self.value = value

    def items(self) -> list[Any]:
        """The elements, None where they are zero."""
        found: list[Any] = [None] * self.length
        found[self.place] = self.value
        return found

    def __len__(self) -> int:
        return self.length


def items_of(value: Any) -> list[Any]:
    """The elements of a list value, or of the history of a loop."""
    return value if isinstance(value, list) else value.items()  # type: ignore[no-any-return]


def add(a: Any, b: Any) -> ListValue:
    """The sum of two cotangents of a list, element by element."""
    if isinstance(b, OneItem) and isinstance(a, ListValue):
        before = a.items()[b.place]
        return a.with_item(b.place, b.value if before is None else before + b.value)
    if isinstance(a, OneItem) and isinstance(b, ListValue):
        return add(b, a)
    pairs = zip(items_of(a), items_of(b), strict=True)
    return ListValue([y if x is None else x if y is None else x + y for x, y in pairs])
