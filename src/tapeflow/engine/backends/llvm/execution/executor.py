"""The executor: one native function that does what a plan's table says."""

from __future__ import annotations

from tapeflow.engine.backends.llvm.execution.tables import Field, Op, Shared


def text(timed: bool = False) -> str:
    """The code of `i64 execute(ptr table)`: -1, or the number of the instruction that failed.

    Args:
      timed: whether to add each instruction's time to the plan's table of times.
    """
    return _Executor(timed).text()


class _Executor:
    """The text under construction. Every instruction's block ends with the address of the next."""

    def __init__(self, timed: bool) -> None:
        self._timed = timed
        self._lines: list[str] = []
        self._count = 0
        self._ends: list[tuple[str, str]] = []

    def _op(self, text: str) -> str:
        self._count += 1
        self._lines.append(f"  %t{self._count} = {text}")
        return f"%t{self._count}"

    def _line(self, text: str) -> None:
        self._lines.append(text if text.endswith(":") else f"  {text}")

    def _field(self, table: str, place: int, kind: str = "ptr") -> str:
        return self._op(f"load {kind}, ptr {self._place(table, place)}")

    def _place(self, table: str, place: int | str) -> str:
        return self._op(f"getelementptr i64, ptr {table}, i64 {place}")

    def _word(self, place: int) -> str:
        return self._field("%pc", place, "i64")

    def _slot_place(self, place: int) -> str:
        """Where the address of the slot is kept that is named by a word of the instruction."""
        return self._place("%slots", self._word(place))

    def _slot(self, place: int) -> str:
        return self._op(f"load ptr, ptr {self._slot_place(place)}")

    def _done(self, block: str, following: str) -> None:
        self._ends.append((following, block))
        self._line("br label %next")

    def _begin(self, op: Op) -> str:
        self._line(f"op{int(op)}:")
        return f"op{int(op)}"

    def text(self) -> str:
        self._head()
        for op in (Op.CALL, Op.CALL_CHECKED):
            self._call(op)
        self._memory()
        self._jumps()
        self._addresses()
        self._line("op0:")
        self._line("ret i64 -1")
        self._line("unknown:")
        self._line("unreachable")
        self._next()
        body = "\n".join(self._lines)
        return (
            "declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)\n"
            "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)\n\n"
            f"define i64 @execute(ptr noundef %table) nounwind {{\n{body}\n}}\n"
        )

    def _head(self) -> None:
        self._line("entry:")
        self._code = self._field("%table", Field.CODE)
        self._line(f"%slots = getelementptr i8, ptr {self._field('%table', Field.SLOTS)}, i64 0")
        self._operands = self._field("%table", Field.OPERANDS)
        self._scratch = self._field("%table", Field.SCRATCH)
        self._scratch_bytes = self._field("%table", Field.SCRATCH_BYTES, "i64")
        shared = self._field("%table", Field.RUNTIME)
        self._pool = self._field(shared, Shared.POOL)
        self._pool_run = self._field(shared, Shared.POOL_RUN)
        first = "0"
        if self._timed:
            self._times = self._field("%table", Field.TIMES)
            self._clock = self._field(shared, Shared.CLOCK)
            self._instant = self._op("alloca i64, i64 2")
            first = self._now()
        self._line("br label %dispatch")
        self._line("dispatch:")
        self._line(f"%pc = phi ptr [{self._code}, %entry], [%following, %next]")
        if self._timed:
            self._line(f"%since = phi i64 [{first}, %entry], [%now, %next]")
        cases = " ".join(f"i64 {int(op)}, label %op{int(op)}" for op in Op)
        self._line(f"switch i64 {self._word(0)}, label %unknown [{cases}]")

    def _next(self) -> None:
        self._line("next:")
        self._line("%following = phi ptr " + ", ".join(f"[{a}, %{b}]" for a, b in self._ends))
        if self._timed:
            now = self._now()
            self._line(f"%now = add i64 {now}, 0")
            row = self._place(self._times, self._op(f"shl i64 {self._word(1)}, 1"))
            calls = self._op(f"add i64 {self._field(row, 0, 'i64')}, 1")
            spent = self._op("sub i64 %now, %since")
            total = self._op(f"add i64 {self._field(row, 1, 'i64')}, {spent}")
            self._line(f"store i64 {calls}, ptr {row}")
            self._line(f"store i64 {total}, ptr {self._place(row, 1)}")
        self._line("br label %dispatch")

    def _now(self) -> str:
        """Nanoseconds of the monotonic clock."""
        self._op(f"call i32 {self._clock}(i32 1, ptr {self._instant})")
        seconds = self._op(f"mul i64 {self._field(self._instant, 0, 'i64')}, 1000000000")
        return self._op(f"add i64 {seconds}, {self._field(self._instant, 1, 'i64')}")

    def _call(self, op: Op) -> None:
        block = self._begin(op)
        kernel, chunks = self._field("%pc", 2), self._word(3)
        parallel, count = self._word(4), self._word(5)
        listed = self._place("%pc", 7)
        after = self._place(listed, count)
        if op is Op.CALL_CHECKED:
            status = self._slot(6)
            self._line(f"store i64 0, ptr {status}")
        none = self._op(f"icmp eq i64 {count}, 0")
        self._line(f"br i1 {none}, label %{block}ready, label %{block}fill")
        self._line(f"{block}fill:")
        self._line(f"%{block}i = phi i64 [0, %{block}], [%{block}n, %{block}fill]")
        slot = self._op(f"load i64, ptr {self._place(listed, f'%{block}i')}")
        pointer = self._op(f"load ptr, ptr {self._place('%slots', slot)}")
        self._line(f"store ptr {pointer}, ptr {self._place(self._operands, f'%{block}i')}")
        self._line(f"%{block}n = add i64 %{block}i, 1")
        more = self._op(f"icmp slt i64 %{block}n, {count}")
        self._line(f"br i1 {more}, label %{block}fill, label %{block}ready")
        self._line(f"{block}ready:")
        alone = self._op(f"icmp eq i64 {parallel}, 0")
        self._line(f"br i1 {alone}, label %{block}alone, label %{block}shared")
        self._line(f"{block}alone:")
        self._line(
            f"call void {kernel}(ptr {self._operands}, i64 0, i64 {chunks}, ptr {self._scratch})"
        )
        self._line(f"br label %{block}ran")
        self._line(f"{block}shared:")
        self._line(
            f"call void {self._pool_run}(ptr {self._pool}, ptr {kernel}, ptr {self._operands}, "
            f"i64 {chunks}, ptr {self._scratch}, i64 {self._scratch_bytes})"
        )
        self._line(f"br label %{block}ran")
        self._line(f"{block}ran:")
        if op is Op.CALL:
            self._done(f"{block}ran", after)
            return
        told = self._op(f"load i64, ptr {status}")
        failed = self._op(f"icmp ne i64 {told}, 0")
        self._line(f"br i1 {failed}, label %failed, label %{block}well")
        self._line(f"{block}well:")
        self._done(f"{block}well", after)
        self._line("failed:")
        self._line(f"ret i64 {self._word(1)}")

    def _memory(self) -> None:
        block = self._begin(Op.COPY)
        source, target, size = self._slot(2), self._slot(3), self._word(4)
        self._line(
            f"call void @llvm.memmove.p0.p0.i64(ptr {target}, ptr {source}, i64 {size}, i1 false)"
        )
        self._done(block, self._place("%pc", 5))
        block = self._begin(Op.ZERO)
        at, size = self._slot(2), self._word(3)
        self._line(f"call void @llvm.memset.p0.i64(ptr {at}, i8 0, i64 {size}, i1 false)")
        self._done(block, self._place("%pc", 4))
        block = self._begin(Op.ADD)
        at = self._slot(2)
        total = self._op(f"add i64 {self._op(f'load i64, ptr {at}')}, {self._word(3)}")
        self._line(f"store i64 {total}, ptr {at}")
        self._done(block, self._place("%pc", 4))

    def _jumps(self) -> None:
        block = self._begin(Op.JUMP)
        self._done(block, self._target())
        block = self._begin(Op.JUMP_UNLESS)
        held = self._op(f"load i8, ptr {self._slot(3)}")
        zero = self._op(f"icmp eq i8 {held}, 0")
        after = self._place("%pc", 4)
        self._done(block, self._op(f"select i1 {zero}, ptr {self._target()}, ptr {after}"))
        block = self._begin(Op.JUMP_IF_BELOW)
        held = self._op(f"load i64, ptr {self._slot(3)}")
        below = self._op(f"icmp slt i64 {held}, {self._word(4)}")
        after = self._place("%pc", 5)
        self._done(block, self._op(f"select i1 {below}, ptr {self._target()}, ptr {after}"))

    def _target(self) -> str:
        return self._op(f"getelementptr i8, ptr {self._code}, i64 {self._word(2)}")

    def _addresses(self) -> None:
        block = self._begin(Op.SWAP)
        first, second = self._slot_place(2), self._slot_place(3)
        one, other = self._op(f"load ptr, ptr {first}"), self._op(f"load ptr, ptr {second}")
        self._line(f"store ptr {other}, ptr {first}")
        self._line(f"store ptr {one}, ptr {second}")
        self._done(block, self._place("%pc", 4))
        for op in (Op.ADDRESS, Op.ADDRESS_NARROW):
            block = self._begin(op)
            target, base, counter = self._slot_place(2), self._slot(3), self._slot(4)
            if op is Op.ADDRESS:
                count = self._op(f"load i64, ptr {counter}")
            else:
                count = self._op(f"sext i32 {self._op(f'load i32, ptr {counter}')} to i64")
            distance = self._op(f"mul i64 {count}, {self._word(5)}")
            at = self._op(f"getelementptr i8, ptr {base}, i64 {distance}")
            self._line(f"store ptr {at}, ptr {target}")
            self._done(block, self._place("%pc", 6))
