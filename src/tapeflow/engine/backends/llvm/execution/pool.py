"""The code of the thread pool: what a caller does to share a kernel's chunks, and what workers do.

Chunks are claimed through one word, so that no lock is held while a kernel runs: a job's number,
the first chunk that is left, and the end of those that are left. The caller takes from the front
and the workers from the back, so that each thread tends to see the same part of the data from one
kernel to the next. The caller waits for chunks that were claimed, never for a worker to wake up.

Words that different threads write to lie in different cache lines.
"""

from __future__ import annotations

import enum

from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code

_LINE = 8


class PoolField(enum.IntEnum):
    """The fields of the pool's table of 64-bit words."""

    # What a job needs lies in one cache line: fetching it takes longer than a small job.
    STATE = 0
    """Number of the job (24 bits), first chunk left (20), end of the chunks left (20)."""
    FINISHED = 1
    """Chunks that workers have done."""
    KERNEL = 2
    OPERANDS = 3
    SCRATCH_BYTES = 4
    LOCK = _LINE
    """1 while a caller uses the workers."""
    GENERATION = 2 * _LINE
    """What sleeping workers wait for to change."""
    SLEEPING = 3 * _LINE
    """1 when some worker may be asleep."""
    WORKERS = 4 * _LINE
    """How many there are to be; those with this number or a higher one leave."""
    SHIFT = 4 * _LINE + 1
    """A claim is this part of what is left, as a power of two, and at least one chunk."""
    SYSCALL = 4 * _LINE + 2
    YIELD = 4 * _LINE + 3
    ALLOCATE = 4 * _LINE + 4
    FREE = 4 * _LINE + 5
    SPIN = 4 * _LINE + 6
    """How long an idle worker looks for work before it sleeps, by the processor's counter."""
    COUNT = 6 * _LINE


_BITS = 20
_MASK = (1 << _BITS) - 1
_JOB = 1 << (2 * _BITS)
_WAIT, WAKE = 128, 129
"""FUTEX_WAIT and FUTEX_WAKE, private to the process."""
FUTEX = {"x86_64": 202, "aarch64": 98}
"""Number of the system call."""
_PATIENCE = 4096
"""How often a caller looks whether the workers are done before it lets other threads run."""


_RUN_PARAMETERS = (
    "ptr %pool, ptr %kernel, ptr %operands, i64 %chunks, ptr %scratch, i64 %scratch_bytes"
)


def run_text(target: Target) -> str:
    """The code of `void pool_run(pool, kernel, operands, chunks, scratch, scratch bytes)`."""
    code = _PoolCode(target, "pool_run", _RUN_PARAMETERS, "void")
    code.run()
    return code.text()


def alone_text(target: Target) -> str:
    """The same where there are no workers."""
    code = _PoolCode(target, "pool_run", _RUN_PARAMETERS, "void")
    code.alone()
    return code.text()


def worker_text(target: Target) -> str:
    """The code of `void pool_work(pool, number)`, which a worker thread spends its life in."""
    code = _PoolCode(target, "pool_work", "ptr %pool, i64 %number", "void")
    code.work()
    return code.text()


def ticks_text(target: Target) -> str:
    """The code of `i64 ticks()`, the processor's counter."""
    code = _PoolCode(target, "ticks", "", "i64")
    code.ticks()
    return code.text()


class _PoolCode(Code):
    def _place(self, field: PoolField) -> str:
        return self.op(f"getelementptr i64, ptr %pool, i64 {int(field)}")

    def _get(self, field: PoolField, order: str = "monotonic") -> str:
        return self.op(f"load atomic i64, ptr {self._place(field)} {order}, align 8")

    def _pointer(self, field: PoolField) -> str:
        return self.op(f"inttoptr i64 {self._get(field)} to ptr")

    def _set(self, field: PoolField, value: str, order: str = "monotonic") -> None:
        self.line(f"store atomic i64 {value}, ptr {self._place(field)} {order}, align 8")

    def _exchange(self, field: PoolField, value: str) -> str:
        return self.op(f"atomicrmw xchg ptr {self._place(field)}, i64 {value} seq_cst")

    def _if(self, condition: str, yes: str, no: str) -> None:
        self.line(f"br i1 {condition}, label %{yes}, label %{no}")

    @property
    def _is_x86(self) -> bool:
        return self.target.triple.startswith("x86_64")

    def _pause(self) -> None:
        """Tells the processor that this thread only waits."""
        if self._is_x86:
            self.call("void", "llvm.x86.sse2.pause")
        else:
            self.call("void", "llvm.aarch64.hint", ("i32", "1"))

    def _now(self) -> str:
        """A counter of time that is cheap to read."""
        if self._is_x86:
            return self.call("i64", "llvm.readcyclecounter")
        return self.call("i64", "llvm.read_volatile_register.i64", ("metadata", "!0"))

    def text(self) -> str:
        return super().text() + '\n!0 = !{!"cntvct_el0"}\n'

    def ticks(self) -> None:
        """Emits the return of the counter."""
        self.line(f"ret i64 {self._now()}")

    def _futex(self, operation: int, value: str) -> None:
        number = FUTEX[self.target.triple.split("-")[0]]
        function, at = self._pointer(PoolField.SYSCALL), self._place(PoolField.GENERATION)
        self.op(
            f"call i64 (i64, ...) {function}(i64 {number}, ptr {at}, "
            f"i32 {operation}, i32 {value}, ptr null, ptr null, i32 0)"
        )

    def _left(self, state: str) -> tuple[str, str, str]:
        """First chunk that is left, the end, and whether there is one."""
        first = self.op(f"and i64 {self.op(f'lshr i64 {state}, {_BITS}')}, {_MASK}")
        end = self.op(f"and i64 {state}, {_MASK}")
        return first, end, self.op(f"icmp ult i64 {first}, {end}")

    def _share(self, first: str, end: str) -> str:
        """How many chunks to claim."""
        left = self.op(f"sub i64 {end}, {first}")
        part = self.op(f"lshr i64 {left}, {self._get(PoolField.SHIFT)}")
        return self.call("i64", "llvm.umax.i64", ("i64", part), ("i64", "1"))

    def _claim(self, state: str, new: str, won: str, lost: str) -> None:
        place = self._place(PoolField.STATE)
        pair = self.op(f"cmpxchg ptr {place}, i64 {state}, i64 {new} seq_cst seq_cst")
        self._if(self.op(f"extractvalue {{i64, i1}} {pair}, 1"), won, lost)

    # The caller.

    def alone(self) -> None:
        """Emits a call that does all chunks."""
        self.line("call void %kernel(ptr %operands, i64 0, i64 %chunks, ptr %scratch)")

    def run(self) -> None:
        """Emits `pool_run`."""
        workers = self._get(PoolField.WORKERS)
        self._if(self.op(f"icmp eq i64 {workers}, 0"), "serial", "try")
        self.place("try")
        place = self._place(PoolField.LOCK)
        pair = self.op(f"cmpxchg ptr {place}, i64 0, i64 1 acquire monotonic")
        self._if(self.op(f"extractvalue {{i64, i1}} {pair}, 1"), "publish", "serial")
        self.place("serial")
        self.alone()
        self.line("ret void")
        self.place("publish")
        self._set(PoolField.FINISHED, "0")
        for field, value in ((PoolField.KERNEL, "%kernel"), (PoolField.OPERANDS, "%operands")):
            self._set(field, self.op(f"ptrtoint ptr {value} to i64"))
        self._set(PoolField.SCRATCH_BYTES, "%scratch_bytes")
        last = self.op(f"lshr i64 {self._get(PoolField.STATE)}, {2 * _BITS}")
        job = self.op(f"shl i64 {self.op(f'add i64 {last}, 1')}, {2 * _BITS}")
        # Stored before it is read whether somebody sleeps: a worker that goes to sleep does the
        # same in the other order, so one of the two sees the other.
        self._exchange(PoolField.STATE, self.op(f"or i64 {job}, %chunks"))
        asleep = self._get(PoolField.SLEEPING, "seq_cst")
        self._if(self.op(f"icmp eq i64 {asleep}, 0"), "enter", "wake")
        self.place("wake")
        self._wake()
        self.line("br label %enter")
        self.place("enter")
        self.place("look")
        self.line("%own = phi i64 [0, %enter], [%own, %lost], [%more, %won]")
        state = self._get(PoolField.STATE, "acquire")
        first, end, some = self._left(state)
        self._if(some, "claim", "wait")
        self.place("claim")
        share = self._share(first, end)
        moved = self.op(f"shl i64 {share}, {_BITS}")
        self._claim(state, self.op(f"add i64 {state}, {moved}"), "won", "lost")
        self.place("lost")
        self.line("br label %look")
        self.place("won")
        until = self.op(f"add i64 {first}, {share}")
        self.line(f"call void %kernel(ptr %operands, i64 {first}, i64 {until}, ptr %scratch)")
        self.line(f"%more = add i64 %own, {share}")
        self.line("br label %look")
        self._wait()
        self._set(PoolField.LOCK, "0", "release")

    def _wake(self) -> None:
        self._exchange(PoolField.SLEEPING, "0")
        self.op(f"atomicrmw add ptr {self._place(PoolField.GENERATION)}, i64 1 seq_cst")
        self._futex(WAKE, str(2**31 - 1))

    def _wait(self) -> None:
        """Until all chunks that workers have claimed are done."""
        self.place("wait")
        theirs = self.op("sub i64 %chunks, %own")
        self.place("waiting")
        self.line("%looks = phi i64 [0, %wait], [%again, %pause], [%again, %yield]")
        self.line("%again = add i64 %looks, 1")
        finished = self._get(PoolField.FINISHED, "acquire")
        self._if(self.op(f"icmp eq i64 {finished}, {theirs}"), "done", "unfinished")
        self.place("unfinished")
        self._if(self.op(f"icmp ult i64 %looks, {_PATIENCE}"), "pause", "yield")
        self.place("pause")
        self._pause()
        self.line("br label %waiting")
        self.place("yield")
        self.op(f"call i32 {self._pointer(PoolField.YIELD)}()")
        self.line("br label %waiting")
        self.place("done")

    # The workers.

    def work(self) -> None:
        """Emits `pool_work`."""
        spin = self._get(PoolField.SPIN)
        scratch, size = self.op("alloca ptr"), self.op("alloca i64")
        self.line(f"store ptr null, ptr {scratch}")
        self.line(f"store i64 0, ptr {size}")
        self.place("idle")
        since = self._now()
        self.place("poll")
        self._stay("look")
        self.place("look")
        state = self._get(PoolField.STATE, "acquire")
        first, end, some = self._left(state)
        self._if(some, "claim", "nothing")
        self.place("claim")
        # Read before the claim: what belongs to another job is not used, as the claim then fails.
        kernel, operands = self._pointer(PoolField.KERNEL), self._pointer(PoolField.OPERANDS)
        wanted = self._get(PoolField.SCRATCH_BYTES)
        enough = self.op(f"icmp ule i64 {wanted}, {self.op(f'load i64, ptr {size}')}")
        self._if(enough, "ready", "grow")
        self.place("grow")
        self._grow(scratch, size, wanted)
        self.place("ready")
        whole = self.op(f"ptrtoint ptr {self.op(f'load ptr, ptr {scratch}')} to i64")
        aligned = self.op(f"and i64 {self.op(f'add i64 {whole}, 63')}, -64")
        memory = self.op(f"inttoptr i64 {aligned} to ptr")
        share = self._share(first, end)
        self._claim(state, self.op(f"sub i64 {state}, {share}"), "won", "poll")
        self.place("won")
        begin = self.op(f"sub i64 {end}, {share}")
        self.line(f"call void {kernel}(ptr {operands}, i64 {begin}, i64 {end}, ptr {memory})")
        self.op(f"atomicrmw add ptr {self._place(PoolField.FINISHED)}, i64 {share} release")
        self.line("br label %idle")
        self.place("nothing")
        self._pause()
        waited = self.op(f"sub i64 {self._now()}, {since}")
        self._if(self.op(f"icmp ult i64 {waited}, {spin}"), "poll", "sleep")
        self.place("sleep")
        generation = self._get(PoolField.GENERATION, "acquire")
        self._exchange(PoolField.SLEEPING, "1")
        _, _, some = self._left(self._get(PoolField.STATE, "seq_cst"))
        self._if(some, "poll", "stay")
        self.place("stay")
        self._stay("rest")
        self.place("rest")
        self._futex(_WAIT, self.op(f"trunc i64 {generation} to i32"))
        self.line("br label %idle")
        self.place("leave")
        self._free(scratch)

    def _free(self, scratch: str) -> None:
        held = self.op(f"load ptr, ptr {scratch}")
        self.line(f"call void {self._pointer(PoolField.FREE)}(ptr {held})")

    def _grow(self, scratch: str, size: str, wanted: str) -> None:
        """Takes more scratch memory; where there is none, the worker leaves the job to others."""
        self._free(scratch)
        more = self.op(f"add i64 {wanted}, 64")
        got = self.op(f"call ptr {self._pointer(PoolField.ALLOCATE)}(i64 {more})")
        self.line(f"store ptr {got}, ptr {scratch}")
        failed = self.op(f"icmp eq ptr {got}, null")
        now = self.op(f"select i1 {failed}, i64 0, i64 {wanted}")
        self.line(f"store i64 {now}, ptr {size}")
        self._if(failed, "nothing", "ready")

    def _stay(self, to: str) -> None:
        workers = self._get(PoolField.WORKERS, "seq_cst")
        self._if(self.op(f"icmp ult i64 %number, {workers}"), to, "leave")
