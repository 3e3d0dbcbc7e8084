"""The part of `tf.data.Dataset` that calls a program's functions with elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.specs import TypeSpec
from tapeflow.engine.data.functions import DatasetFunction
from tapeflow.engine.data.pipeline import Pipeline, int64
from tapeflow.engine.data.stages.elementwise import (
    FilterStage,
    IgnoreErrorsStage,
    MapStage,
    ParallelMapStage,
    ScanStage,
    TakeWhileStage,
    UniqueStage,
    reduced,
)
from tapeflow.engine.data.stages.nesting import (
    FlatMapStage,
    InterleaveStage,
    ParallelInterleaveStage,
)
from tapeflow.engine.data.stages.stage import host_op, run_op
from tapeflow.engine.data.structure import (
    as_tensor,
    dtypes_of,
    flat_specs,
    from_tensors,
    ir_specs,
    is_scalar_of,
    normalized,
    spec_of,
    to_tensors,
)
from tapeflow.engine.ir.primitive import WRITES

reduce_p = host_op(
    "ReduceDataset",
    lambda *_, f, size, specs: specs,
    lambda stage, *values, f, size, specs: reduced(stage, *values, f=f, size=size),
    WRITES,
)


class Mapping(Pipeline):
    """Transformations by functions, which are traced once."""

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        synchronous: bool | None = None,
        use_unbounded_threadpool: bool = False,
        name: str | None = None,
    ) -> Any:
        """The results of a function of each element.

        Args:
          map_func: the function; the parts of a tuple are arguments of their own.
          num_parallel_calls: accepted; calls come one after the other, in order.
          deterministic: accepted; the order is always the input's.
          synchronous: accepted and not used.
          use_unbounded_threadpool: accepted and not used.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          ValueError: when `map_func` can't be called.

        Example:
          >>> import tapeflow as tf
          >>> list(tf.data.Dataset.range(3).map(lambda x: x * x).as_numpy_iterator())
          [np.int64(0), np.int64(1), np.int64(4)]
        """
        f = self._function(map_func, "Dataset_map")
        if not flat_specs(f.output_spec):
            raise InvalidArgumentError(
                None,
                None,
                f"map: map_func: expected a function that returns one tensor at least; {f.name} "
                f"returns {f.output_spec}",
            )
        if num_parallel_calls is None:
            return self._stage(MapStage, *f.captures, spec=f.output_spec, f=f)
        calls = int64(num_parallel_calls)
        return self._stage(ParallelMapStage, calls, *f.captures, spec=f.output_spec, f=f)

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Any:
        """The elements of the datasets that a function gives, one dataset after the other.

        Args:
          map_func: function of an element that returns a dataset.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          TypeError: when the function returns no dataset.

        Example:
          >>> import tapeflow as tf
          >>> rows = tf.data.Dataset.from_tensor_slices([[1, 2], [3, 4]])
          >>> flat = rows.flat_map(tf.data.Dataset.from_tensor_slices)
          >>> [int(x) for x in flat]
          [1, 2, 3, 4]
        """
        f = self._function(map_func, "Dataset_flat_map")
        return self._stage(FlatMapStage, *f.captures, spec=_inner_spec(f, "flat_map"), f=f)

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: Any = None,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Any:
        """The elements of the datasets that a function gives, in turns.

        Args:
          map_func: function of an element that returns a dataset.
          cycle_length: how many datasets take turns; by default as many as there are CPUs.
          block_length: how many elements each gives in its turn; by default one.
          num_parallel_calls: accepted; elements come one after the other, in order.
          deterministic: accepted; the order is fixed.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          TypeError: when the function returns no dataset.

        Example:
          >>> import tapeflow as tf
          >>> dataset = tf.data.Dataset.range(1, 3).interleave(
          ...     lambda x: tf.data.Dataset.from_tensors(x).repeat(3), cycle_length=2)
          >>> [int(x) for x in dataset]
          [1, 2, 1, 2, 1, 2]
        """
        f = self._function(map_func, "Dataset_interleave")
        spec = _inner_spec(f, "interleave")
        cycle = int64(-1 if cycle_length is None else cycle_length)
        block = int64(1 if block_length is None else block_length)
        if num_parallel_calls is None:
            return self._stage(InterleaveStage, cycle, block, *f.captures, spec=spec, f=f)
        calls = int64(num_parallel_calls)
        return self._stage(
            ParallelInterleaveStage, cycle, block, calls, *f.captures, spec=spec, f=f
        )

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Any:
        """The elements for which a function is true.

        Args:
          predicate: function of an element that returns a boolean scalar.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          ValueError: when the function returns something else.

        Example:
          >>> import tapeflow as tf
          >>> [int(x) for x in tf.data.Dataset.range(5).filter(lambda x: x % 2 == 0)]
          [0, 2, 4]
        """
        f = self._predicate(predicate, "Dataset_filter")
        return self._stage(FilterStage, *f.captures, predicate=f)

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Any:
        """The elements before the first one for which a function is false.

        Args:
          predicate: function of an element that returns a boolean scalar.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          ValueError: when the function returns something else.
        """
        f = self._predicate(predicate, "Dataset_take_while")
        return self._stage(TakeWhileStage, *f.captures, predicate=f)

    def _predicate(self, predicate: Any, name: str) -> DatasetFunction:
        f = self._function(predicate, name)
        found = f.output_spec
        if not isinstance(found, TypeSpec):
            raise AttributeError(
                "Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but it "
                f"returns a {type(found).__name__}: {found}."
            )
        if not is_scalar_of(found, dtypes.bool_):
            raise ValueError(
                "Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but its "
                f"return type is {found}."
            )
        return f

    def reduce(
        self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None
    ) -> Any:
        """What is left after a function was called with a state and each element.

        Args:
          initial_state: the first state, a nest of tensors.
          reduce_func: function of a state and an element that returns the next state.
          name: a name for the operation.

        Returns:
          The last state.

        Raises:
          TypeError: when the function returns a state of other dtypes.

        Example:
          >>> import tapeflow as tf
          >>> tf.data.Dataset.range(5).reduce(tf.constant(0, tf.int64), lambda s, x: s + x).numpy()
          np.int64(10)
        """
        initial = normalized(initial_state)
        f, spec = self._with_state(reduce_func, spec_of(initial), "Dataset_reduce")
        tensors = to_tensors(spec_of(initial), initial)
        outputs = run_op(
            reduce_p, self._variant_tensor, *tensors, *f.captures, f=f, size=len(tensors),
            specs=ir_specs(spec),
        )  # fmt: skip
        if state.tracer is None:
            outputs = [as_tensor(v) for v in outputs]
        return from_tensors(spec, list(outputs))

    def scan(
        self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None
    ) -> Any:
        """The results of a function that is handed a state from element to element.

        Args:
          initial_state: the first state, a nest of tensors.
          scan_func: function of a state and an element that returns the next state and a result.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          TypeError: when the function returns no such pair, or a state of other dtypes.

        Example:
          >>> import tapeflow as tf
          >>> sums = tf.data.Dataset.range(1, 4).scan(
          ...     tf.constant(0, tf.int64), lambda s, x: (s + x, s + x))
          >>> [int(x) for x in sums]
          [1, 3, 6]
        """
        initial = normalized(initial_state)
        spec = spec_of(initial)
        f, _ = self._with_state(scan_func, spec, "Dataset_scan", _state_of_scan)
        tensors = to_tensors(spec, initial)
        result = f.output_spec[1]
        return self._stage(ScanStage, *tensors, *f.captures, spec=result, f=f, size=len(tensors))

    def _with_state(
        self, function: Any, spec: Any, name: str, part: Callable[[Any], Any] = lambda s: s
    ) -> tuple[DatasetFunction, Any]:
        """A function of a state and an element, and the spec of the state.

        Where the state changes shape from element to element, less is known of it.
        """
        while True:
            f = self._function(function, name, (spec, self.element_spec))
            found = part(f.output_spec)
            what = name.removeprefix("Dataset_")
            if len(flat_specs(found)) != len(flat_specs(spec)):
                raise InvalidArgumentError(
                    None,
                    None,
                    f"The number of components of the initial state and the {what} function output "
                    f"does not match. (initial_state={len(flat_specs(spec))}, "
                    f"output={len(flat_specs(found))}).",
                )
            pairs = list(zip(nest.flatten(spec), nest.flatten(found), strict=False))
            if any(_kind(a) != _kind(b) for a, b in pairs):
                raise TypeError(
                    f"Invalid `{what}_func`. The element types for the new state must match the "
                    f"initial state. Expected {dtypes_of(spec)} but got {dtypes_of(found)}."
                )
            if all(b.is_subtype_of(a) for a, b in pairs):
                return f, spec
            wider = [a.most_specific_common_supertype([b]) for a, b in pairs]
            spec = nest.pack_sequence_as(spec, wider)

    def unique(self, name: str | None = None) -> Any:
        """The elements without those that came before.

        Args:
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          TypeError: for elements that are not int32, int64 or strings.

        Example:
          >>> import tapeflow as tf
          >>> [int(x) for x in tf.data.Dataset.from_tensor_slices([1, 2, 1]).unique()]
          [1, 2]
        """
        for spec in flat_specs(self.element_spec):
            if spec.dtype not in (dtypes.int32, dtypes.int64, dtypes.string):
                raise TypeError(
                    f"`tf.data.Dataset.unique` does not support type {spec.dtype} -- only "
                    "`tf.int32`, `tf.int64`, and `tf.string` are supported."
                )
        return self._stage(UniqueStage, components=len(flat_specs(self.element_spec)))

    def ignore_errors(self, log_warning: bool = False, name: str | None = None) -> Any:
        """The elements that can be computed without an error.

        Args:
          log_warning: whether to log what the errors were.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.
        """
        return self._stage(IgnoreErrorsStage, log_warning=log_warning)


def _inner_spec(f: DatasetFunction, op: str) -> Any:
    """The spec of the elements of the dataset that a function returns."""
    from tapeflow.engine.data.dataset import DatasetSpec

    if not isinstance(f.output_spec, DatasetSpec):
        raise TypeError(
            f"{op}: map_func: expected a function that returns a `tf.data.Dataset`; {f.name} "
            f"returns {f.output_spec}"
        )
    return f.output_spec.element_spec


def _state_of_scan(spec: Any) -> Any:
    if type(spec) is not tuple or len(spec) != 2:
        raise TypeError(
            "Invalid `scan_func`. `scan_func` should return a pair consisting of new state and the "
            f"output value but its return type is {spec}."
        )
    return spec[0]


def _kind(spec: Any) -> Any:
    return type(spec), getattr(spec, "dtype", None)
