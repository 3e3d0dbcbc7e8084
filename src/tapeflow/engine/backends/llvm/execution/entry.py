"""The code of the builtin function that Python calls: checks, results, and the executor's start.

`ptr enter(ptr self, ptr arguments, i64 count)` has the signature of a METH_FASTCALL function;
`self` is the array with the plan's table. First the results are made, because that may run other
Python code, and other threads; from then until the executor returns nothing else runs, so the
addresses that were read stay right without counting references. Where an argument is not as the
plan wants it, the Python function `slow` gets the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tapeflow.engine.backends.llvm.execution import layout
from tapeflow.engine.backends.llvm.execution.tables import (
    Field,
    Flag,
    InputField,
    OutputField,
    Shared,
)
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code

ARRAY, VARIABLE, WRITTEN = range(3)


def text(target: Target) -> str:
    """The module with `enter`."""
    return _Entry(target).text()


class _Entry(Code):
    def __init__(self, target: Target) -> None:
        super().__init__(target, "enter", "ptr %self, ptr %arguments, i64 %count", "ptr")

    # Tables.

    def _place(self, table: str, place: int | str) -> str:
        return self.op(f"getelementptr i64, ptr {table}, i64 {place}")

    def _field(self, table: str, place: int | str, kind: str = "ptr") -> str:
        return self.op(f"load {kind}, ptr {self._place(table, place)}")

    def _at(self, pointer: str, offset: int | str, kind: str = "ptr") -> str:
        return self.op(f"load {kind}, ptr {self._byte(pointer, offset)}")

    def _byte(self, pointer: str, offset: int | str) -> str:
        return self.op(f"getelementptr i8, ptr {pointer}, i64 {offset}")

    def _require(self, kind: str, a: str, b: str, otherwise: str) -> None:
        """Goes on where two values are equal."""
        good = self.label("good")
        same = self.op(f"icmp eq {kind} {a}, {b}")
        self.line(f"br i1 {same}, label %{good}, label %{otherwise}")
        self.place(good)

    def _refuse(self, kind: str, a: str, b: str, otherwise: str) -> None:
        """Goes on where two values differ."""
        good = self.label("good")
        same = self.op(f"icmp eq {kind} {a}, {b}")
        self.line(f"br i1 {same}, label %{otherwise}, label %{good}")
        self.place(good)

    def _drop(self, held: str) -> None:
        self.line(f"call void {self._release}(ptr {held})")

    def _keep(self, held: str) -> None:
        self.line(f"call void {self._hold}(ptr {held})")

    # The function.

    def text(self) -> str:
        self._table = self._at("%self", layout.DATA)
        self._shared = self._field(self._table, Field.RUNTIME)
        self._inputs = self._field(self._table, Field.INPUTS, "i64")
        self._outputs = self._field(self._table, Field.OUTPUTS, "i64")
        self._flags = self._field(self._table, Field.FLAGS, "i64")
        self._slots = self._field(self._table, Field.SLOTS)
        self._arrays = self._field(self._table, Field.ARRAYS)
        self._ndarray = self._field(self._shared, Shared.NDARRAY)
        self._hold = self._field(self._shared, Shared.HOLD)
        self._release = self._field(self._shared, Shared.DROP)
        self._input_records = self._field(self._table, Field.INPUT_RECORDS)
        self._none = self._field(self._shared, Shared.NOT_IMPLEMENTED)
        self._process = self._field(self._shared, Shared.PROCESS, "i64")
        self._check_count()
        self._check_workers()
        self._refuse_busy("unfit")
        self._make_results()
        self._refuse_busy("unfit_with_results")
        self._check_arguments()
        self._place_results()
        self._prepare_memory()
        self._run()
        self._endings()
        return super().text()

    def _check_count(self) -> None:
        """Also taken is one argument more, NotImplemented: then there is no slow path."""
        other, start = self.label("other"), self.label("start")
        right = self.op(f"icmp eq i64 %count, {self._inputs}")
        self.line(f"br i1 {right}, label %{start}, label %{other}")
        self.place(other)
        more = self.op(f"add i64 {self._inputs}, 1")
        self._require("i64", "%count", more, "to_slow")
        last = self.op(f"getelementptr ptr, ptr %arguments, i64 {self._inputs}")
        self._require("ptr", self.op(f"load ptr, ptr {last}"), self._none, "to_slow")
        self.line(f"br label %{start}")
        self.place(start)

    def _refuse_busy(self, otherwise: str) -> None:
        """Goes on where no other thread is inside of the plan."""
        busy = self._field(self._table, Field.BUSY, "i64")
        self._refuse("i64", busy, self._process, otherwise)

    def _check_workers(self) -> None:
        """Threads are started by Python, before the first plan that has work for them.

        Python waits, too, where another thread is about to fork.
        """
        paused = self._field(self._shared, Shared.PAUSED, "i64")
        with self.when(self.op(f"icmp ne i64 {paused}, 0")):
            self._require("i64", "%count", self._inputs, "goes_on")
            self.line("br label %to_slow")
            self.place("goes_on")
        missing = self._field(self._shared, Shared.WORKERS_MISSING, "i64")
        with self.when(self.op(f"icmp ne i64 {missing}, 0")):
            first_try = self.op(f"icmp eq i64 %count, {self._inputs}")
            start = self.op(f"and i1 {first_try}, {self._flagged(Flag.PARALLEL)}")
            self.line(f"br i1 {start}, label %to_slow, label %as_is")
            self.place("as_is")

    def _make_results(self) -> None:
        self._made = self.op(f"alloca ptr, i64 {self._outputs}")
        new_tuple = self._field(self._shared, Shared.NEW_TUPLE)
        self._results = self.op(f"call ptr {new_tuple}(i64 {self._outputs})")
        self._refuse("ptr", self._results, "null", "error")
        records = self._field(self._table, Field.OUTPUT_RECORDS)
        with self.loop(0, self._outputs) as loop:
            record = self._place(records, self.op(f"shl i64 {loop.index}, 2"))
            descr = self._field(record, OutputField.DESCR)
            ndim = self._field(record, OutputField.NDIM, "i64")
            dimensions = self._field(record, OutputField.DIMENSIONS)
            array = self._new_array(record, descr, ndim, dimensions)
            self.line(f"store ptr {array}, ptr {self._place(self._made, loop.index)}")
            bare, wrap, ready = self.label("bare"), self.label("wrap"), self.label("ready")
            self.line(f"br label %{bare}")
            self.place(bare)
            wanted = self.op(f"and i64 {self._flags}, {int(Flag.WRAP)}")
            wrapped = self.op(f"icmp ne i64 {wanted}, 0")
            self.line(f"br i1 {wrapped}, label %{wrap}, label %{ready}")
            self.place(wrap)
            new = self._field(self._table, Field.TENSOR_NEW)
            kind = self._field(self._table, Field.TENSOR)
            empty = self._field(self._shared, Shared.EMPTY_TUPLE)
            tensor = self.op(f"call ptr {new}(ptr {kind}, ptr {empty}, ptr null)")
            failed, fine = self.label("failed"), self.label("fine")
            missing = self.op(f"icmp eq ptr {tensor}, null")
            self.line(f"br i1 {missing}, label %{failed}, label %{fine}")
            self.place(failed)
            self._drop(array)
            self.line("br label %error_with_results")
            self.place(fine)
            offset = self._field(self._table, Field.TENSOR_OFFSET, "i64")
            self.line(f"store ptr {array}, ptr {self._byte(tensor, offset)}")
            self.line(f"br label %{ready}")
            self.place(ready)
            item = self.op(f"phi ptr [{array}, %{bare}], [{tensor}, %{fine}]")
            set_item = self._field(self._shared, Shared.SET_ITEM)
            self.op(f"call i32 {set_item}(ptr {self._results}, i64 {loop.index}, ptr {item})")

    def _new_array(self, record: str, descr: str, ndim: str, dimensions: str) -> str:
        """A new array; a large one in aligned memory, which it owns all the same."""
        plain, large, got, failed, fill, ready = map(
            self.label, ("plain", "large", "got", "failed", "fill", "ready")
        )
        new_array = self._field(self._shared, Shared.NEW_ARRAY)
        narrow = self.op(f"trunc i64 {ndim} to i32")
        size = self._field(record, OutputField.BYTES, "i64")

        def made(data: str, flags: int) -> str:
            self._keep(descr)
            return self.op(
                f"call ptr {new_array}(ptr {self._ndarray}, ptr {descr}, i32 {narrow}, "
                f"ptr {dimensions}, ptr null, ptr {data}, i32 {flags}, ptr null)"
            )

        self.line(f"br i1 {self.op(f'icmp eq i64 {size}, 0')}, label %{plain}, label %{large}")
        self.place(plain)
        small = made("null", 0)
        self._refuse("ptr", small, "null", "error_with_results")
        from_plain = self._block
        self.line(f"br label %{ready}")
        self.place(large)
        allocate = self._field(self._shared, Shared.ALLOCATE)
        data = self.op(f"call ptr {allocate}(i64 {size})")
        nothing = self.op(f"icmp eq ptr {data}, null")
        # Where there is no memory, NumPy says so.
        self.line(f"br i1 {nothing}, label %{plain}, label %{got}")
        self.place(got)
        array = made(data, layout.CARRAY)
        missing = self.op(f"icmp eq ptr {array}, null")
        self.line(f"br i1 {missing}, label %{failed}, label %{fill}")
        self.place(failed)
        self.call("void", "free", ("ptr", data))
        self.line("br label %error_with_results")
        self.place(fill)
        handler = self._field(self._shared, Shared.HANDLER)
        self._keep(handler)
        self.line(f"store ptr {handler}, ptr {self._byte(array, layout.HANDLER)}")
        flags = self._at(array, layout.FLAGS, "i32")
        owning = self.op(f"or i32 {flags}, {layout.OWNS_DATA}")
        self.line(f"store i32 {owning}, ptr {self._byte(array, layout.FLAGS)}")
        self.place(ready)
        return self.op(f"phi ptr [{small}, %{from_plain}], [{array}, %{fill}]")

    def _check_arguments(self) -> None:
        with self.loop(0, self._inputs) as loop:
            argument = self.op(
                f"load ptr, ptr {self.op(f'getelementptr ptr, ptr %arguments, i64 {loop.index}')}"
            )
            record = self._place(self._input_records, self.op(f"shl i64 {loop.index}, 3"))
            kind = self._field(record, InputField.KIND, "i64")
            array = self._array_of(argument, record, kind)
            flags = self._field(record, InputField.FLAGS, "i64")
            wanted = self.op(f"trunc i64 {flags} to i32")
            has = self.op(f"and i32 {self._at(array, layout.FLAGS, 'i32')}, {wanted}")
            self._require("i32", has, wanted, "unfit_with_results")
            descr = self._field(record, InputField.DESCR)
            self._require("ptr", self._at(array, layout.DESCR), descr, "unfit_with_results")
            ndim = self._field(record, InputField.NDIM, "i64")
            narrow = self.op(f"trunc i64 {ndim} to i32")
            self._require("i32", self._at(array, layout.NDIM, "i32"), narrow, "unfit_with_results")
            wanted = self._field(record, InputField.DIMENSIONS)
            has = self._at(array, layout.DIMENSIONS)
            with self.loop(0, ndim) as axis:
                one = self._field(wanted, axis.index, "i64")
                other = self._field(has, axis.index, "i64")
                self._require("i64", one, other, "unfit_with_results")
            alone, fine = self.label("alone"), self.label("fine")
            written = self.op(f"icmp eq i64 {kind}, {WRITTEN}")
            self.line(f"br i1 {written}, label %{alone}, label %{fine}")
            self.place(alone)
            bits = f"i{layout.REFCOUNT_BITS}"
            holders = self._at(array, layout.REFCOUNT, bits)
            self._require(bits, holders, "1", "unfit_with_results")
            self.place(fine)
            data = self._at(array, layout.DATA)
            self.line(f"store ptr {data}, ptr {self._place(self._slots, loop.index)}")
            self.line(f"store ptr {array}, ptr {self._place(self._arrays, loop.index)}")

    def _array_of(self, argument: str, record: str, kind: str) -> str:
        """The array that an argument is or holds."""
        owner_test, subtype, holder, ready = map(
            self.label, ("owner", "subtype", "holder", "ready")
        )
        here = self.label("array")
        self.place(here)
        its_type = self._at(argument, layout.TYPE)
        is_array = self.op(f"icmp eq ptr {its_type}, {self._ndarray}")
        plain = self.op(f"icmp eq i64 {kind}, {ARRAY}")
        itself = self.op(f"and i1 {is_array}, {plain}")
        self.line(f"br i1 {itself}, label %{ready}, label %{owner_test}")
        self.place(owner_test)
        owner = self._field(record, InputField.OWNER)
        exact = self.op(f"icmp eq ptr {its_type}, {owner}")
        self.line(f"br i1 {exact}, label %{holder}, label %{subtype}")
        self.place(subtype)
        is_subtype = self._field(self._shared, Shared.IS_SUBTYPE)
        told = self.op(f"call i32 {is_subtype}(ptr {its_type}, ptr {owner})")
        self._refuse("i32", told, "0", "unfit_with_results")
        self.place(holder)
        offset = self._field(record, InputField.OFFSET, "i64")
        held = self._at(argument, offset)
        self._refuse("ptr", held, "null", "unfit_with_results")
        self._require("ptr", self._at(held, layout.TYPE), self._ndarray, "unfit_with_results")
        last = self._block
        self.place(ready)
        return self.op(f"phi ptr [{argument}, %{here}], [{held}, %{last}]")

    def _place_results(self) -> None:
        following = self._place(self._slots, self._inputs)
        with self.loop(0, self._outputs) as loop:
            array = self.op(f"load ptr, ptr {self._place(self._made, loop.index)}")
            data = self._at(array, layout.DATA)
            self.line(f"store ptr {data}, ptr {self._place(following, loop.index)}")

    @property
    def _others(self) -> str:
        """Where the slots begin that are neither inputs nor outputs."""
        return self._place(self._slots, self.op(f"add i64 {self._inputs}, {self._outputs}"))

    def _flagged(self, flag: Flag) -> str:
        return self.op(f"icmp ne i64 {self.op(f'and i64 {self._flags}, {int(flag)}')}, 0")

    def _prepare_memory(self) -> None:
        with self.when(self._flagged(Flag.RESET | Flag.POISON)):
            with self.when(self._flagged(Flag.RESET)):
                others = self._others
                source = self._field(self._table, Field.TEMPLATE)
                size = self._field(self._table, Field.OTHERS_BYTES, "i64")
                self.call("void", "llvm.memcpy.p0.p0.i64", ("ptr", others), ("ptr", source),
                          ("i64", size), ("i1", "false"))  # fmt: skip
            with self.when(self._flagged(Flag.POISON)):
                arena = self._field(self._table, Field.ARENA)
                size = self._field(self._table, Field.ARENA_BYTES, "i64")
                self.call("void", "llvm.memset.p0.i64", ("ptr", arena), ("i8", "-1"),
                          ("i64", size), ("i1", "false"))  # fmt: skip

    def _run(self) -> None:
        execute = self._field(self._table, Field.EXECUTOR)
        release = self._flagged(Flag.RELEASE)
        self.line(f"br i1 {release}, label %released, label %kept")
        self.place("kept")
        told = self.op(f"call i64 {execute}(ptr {self._table})")
        failed = self.op(f"icmp sge i64 {told}, 0")
        self.line(f"br i1 {failed}, label %kept_failed, label %success")
        self.place("kept_failed")
        self._hold_all()
        self._set_busy(self._process)
        from_kept = self._block
        self.line("br label %failure")
        self.place("released")
        told_released = self._run_released(execute)
        from_released = self._block
        self.place("failure")
        number = self.op(f"phi i64 [{told}, %{from_kept}], [{told_released}, %{from_released}]")
        self._tell_failure(number)

    def _tell_failure(self, number: str) -> None:
        """Calls the Python function that raises; the operands are held meanwhile."""
        new_int = self._field(self._shared, Shared.NEW_INT)
        given = self.op(f"call ptr {new_int}(i64 {number})")
        self._refuse("ptr", given, "null", "failure_end")
        at = self.op("alloca ptr")
        self.line(f"store ptr {given}, ptr {at}")
        answer = self._python(self._field(self._table, Field.FAILED), at, "1")
        self._drop(given)
        self._drop(answer)
        self.line("br label %failure_end")
        self.place("failure_end")
        self._drop_all()
        self._set_busy("0")
        self.line("br label %error_with_results")

    def _python(self, function: str, arguments: str, count: str) -> str:
        call = self._field(self._shared, Shared.CALL)
        return self.op(f"call ptr {call}(ptr {function}, ptr {arguments}, i64 {count}, ptr null)")

    def _set_busy(self, value: str) -> None:
        self.line(f"store i64 {value}, ptr {self._place(self._table, Field.BUSY)}")

    def _hold_all(self) -> None:
        with self.loop(0, self._inputs) as loop:
            self._keep(self.op(f"load ptr, ptr {self._place(self._arrays, loop.index)}"))

    def _drop_all(self) -> None:
        with self.loop(0, self._inputs) as loop:
            self._drop(self.op(f"load ptr, ptr {self._place(self._arrays, loop.index)}"))

    def _add(self, place: str, by: str) -> None:
        total = self.op(f"add i64 {self.op(f'load i64, ptr {place}')}, {by}")
        self.line(f"store i64 {total}, ptr {place}")

    @contextmanager
    def _each_argument(self) -> Iterator[tuple[str, str, str]]:
        """Emits its body for each argument.

        Yields:
          Where its array is noted, where a variable keeps it, and whether it is written to.
        """
        with self.loop(0, self._inputs) as loop:
            place = self._place(self._arrays, loop.index)
            argument = self.op(
                f"load ptr, ptr {self.op(f'getelementptr ptr, ptr %arguments, i64 {loop.index}')}"
            )
            record = self._place(self._input_records, self.op(f"shl i64 {loop.index}, 3"))
            kept_at = self._byte(argument, self._field(record, InputField.OFFSET, "i64"))
            kind = self._field(record, InputField.KIND, "i64")
            yield place, kept_at, self.op(f"icmp eq i64 {kind}, {WRITTEN}")

    def _run_released(self, execute: str) -> str:
        """Runs with the GIL released, and goes to `success` unless it failed.

        Arrays that are read are held meanwhile. Those that are written to are taken away from their
        variables, so that no other thread sees them half-written, and put back unless somebody
        has assigned another value since then.
        """
        self._set_busy(self._process)
        written = self._field(self._table, Field.WRITTEN, "i64")
        detached = self._place(self._shared, Shared.DETACHED)
        self._add(detached, written)
        with self._each_argument() as (place, kept_at, is_written):
            held = self.op(f"load ptr, ptr {place}")
            with self.when(is_written):
                # Not from `place`: the same variable may have been given twice.
                self.line(f"store ptr {self.op(f'load ptr, ptr {kept_at}')}, ptr {place}")
                self.line(f"store ptr null, ptr {kept_at}")
            with self.when(self.op(f"xor i1 {is_written}, true")):
                self._keep(held)
        thread = self.op(f"call ptr {self._field(self._shared, Shared.SAVE_THREAD)}()")
        told = self.op(f"call i64 {execute}(ptr {self._table})")
        restore = self._field(self._shared, Shared.RESTORE_THREAD)
        self.line(f"call void {restore}(ptr {thread})")
        self._failed = failed = self.op(f"icmp sge i64 {told}, 0")
        with self.when(failed):
            self._hold_all()
        with self._each_argument() as (place, kept_at, is_written):
            held = self.op(f"load ptr, ptr {place}")
            with self.when(is_written):
                now = self.op(f"load ptr, ptr {kept_at}")
                free = self.op(f"icmp eq ptr {now}, null")
                unchanged = self.op(f"select i1 {free}, ptr {held}, ptr {now}")
                surplus = self.op(f"select i1 {free}, ptr null, ptr {held}")
                self.line(f"store ptr {unchanged}, ptr {kept_at}")
                self._drop(surplus)
            with self.when(self.op(f"xor i1 {is_written}, true")):
                self._drop(held)
        self._add(detached, self.op(f"sub i64 0, {written}"))
        self._notify()
        self.line(f"br i1 {failed}, label %failure, label %released_success")
        return told

    def _notify(self) -> None:
        """Wakes the threads that wait for arrays; an interrupt that arrives there is the result."""
        waiting = self._field(self._shared, Shared.WAITING, "i64")
        with self.when(self.op(f"icmp ne i64 {waiting}, 0")):
            answer = self._python(self._field(self._shared, Shared.NOTIFY), "null", "0")
            interrupted = self.op(f"icmp eq ptr {answer}, null")
            self._drop(answer)
            self.line(f"br i1 {interrupted}, label %interrupted, label %told")
            self.place("told")

    def _endings(self) -> None:
        self.place("interrupted")
        self.line(f"br i1 {self._failed}, label %failure_end, label %stop")
        self.place("stop")
        self._set_busy("0")
        self.line("br label %error_with_results")
        self.place("released_success")
        self._set_busy("0")
        self.line("br label %success")
        self.place("success")
        self.line(f"ret ptr {self._results}")
        self.place("error_with_results")
        self._drop(self._results)
        self.line("br label %error")
        self.place("error")
        self.line("ret ptr null")
        self.place("unfit_with_results")
        self._drop(self._results)
        self.line("br label %unfit")
        self.place("unfit")
        first_try = self.op(f"icmp eq i64 %count, {self._inputs}")
        self.line(f"br i1 {first_try}, label %to_slow, label %second_try")
        self.place("second_try")
        self._keep(self._none)
        self.line(f"ret ptr {self._none}")
        self.place("to_slow")
        got = self._python(self._field(self._table, Field.SLOW), "%arguments", "%count")
        self.line(f"ret ptr {got}")
