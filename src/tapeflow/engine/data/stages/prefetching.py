"""Elements that are computed ahead, in a thread."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from tapeflow.engine.data.stages.stage import Element, Run, Stage, Stream
from tapeflow.engine.ir.infer import reject

AUTOTUNED = 4
"""How many elements are fetched ahead where the program leaves it to us."""

_END = object()


class PrefetchStage(Stage):
    """The same elements, some of them computed before they are asked for.

    What only looks at arrays in memory is faster without a thread, and nobody can tell.
    """

    op = "PrefetchDataset"
    kind = "_PrefetchDataset"

    def __init__(self, source: Stage, buffer_size: Any) -> None:
        self._source = source
        self._size = int(buffer_size)
        if self._size < -1:
            reject("buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning")
        if self._size == -1:
            self._size = AUTOTUNED
        self.in_memory = source.in_memory

    def open(self, run: Run) -> Stream:
        source = self._source.open(run)
        return source if self.in_memory or not self._size else _Prefetched(source, self._size)

    def cardinality(self) -> int:
        return self._source.cardinality()


class _Worker:
    """What the thread and the stream share; the thread doesn't keep the stream alive."""

    def __init__(self, source: Stream, size: int) -> None:
        self.source = source
        self.size = size
        self.ready: deque[Any] = deque()
        self.changed = threading.Condition()
        self.stopped = False

    def run(self) -> None:
        """Fetches elements until the end, or until nobody wants them."""
        ready, changed = self.ready, self.changed
        while True:
            with changed:
                while len(ready) >= self.size and not self.stopped:
                    changed.wait()
                if self.stopped:
                    return
            item: Any
            try:
                item = next(self.source)
            except StopIteration:
                item = _END
            except BaseException as error:
                item = _Failure(error)
            with changed:
                ready.append(item)
                changed.notify()
                if item is _END:
                    return


class _Failure:
    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


class _Prefetched(Stream):
    __slots__ = ("_thread", "_worker")

    def __init__(self, source: Stream, size: int) -> None:
        self._worker: Any = _Worker(source, size)
        self._thread: threading.Thread | None = None

    def __next__(self) -> Element:
        worker = self._worker
        if worker is None:
            raise StopIteration
        if self._thread is None:
            self._thread = threading.Thread(
                target=worker.run, name="tapeflow-prefetch", daemon=True
            )
            self._thread.start()
        ready, changed = worker.ready, worker.changed
        with changed:
            # In a process that was forked there is no such thread; it goes on by itself.
            while not ready and self._thread.is_alive():
                changed.wait(1.0)
            item = ready.popleft() if ready else None
            changed.notify()
        if item is None:
            return next(worker.source)  # type: ignore[no-any-return]
        if item is _END:
            self._worker = None
            raise StopIteration
        if type(item) is _Failure:
            raise item.error
        return item  # type: ignore[no-any-return]

    def __del__(self) -> None:
        worker = getattr(self, "_worker", None)
        if worker is not None:
            with worker.changed:
                worker.stopped = True
                worker.changed.notify()
