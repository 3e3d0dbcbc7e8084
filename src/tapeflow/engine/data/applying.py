"""Methods of data sets that take a function of the elements."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.specs import TensorSpec, TypeSpec
from tapeflow.engine.data import pipelines
from tapeflow.engine.data.described import (
    Described,
    arguments,
    flat_of,
    operation,
    require_tensors,
    whole,
    wider_of,
)
from tapeflow.engine.data.elements import (
    as_tensor,
    from_tensors,
    held,
    normalized,
    spec_of,
    to_tensors,
)
from tapeflow.engine.data.functions import UserFunction
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.dispatch import apply


class Applying(Described):
    """`map`, `flat_map`, `filter` and `reduce`."""

    def map(
        self,
        map_func: Any,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        synchronous: bool | None = None,
        use_unbounded_threadpool: bool = False,
        name: str | None = None,
    ) -> Any:
        """What a function makes of each element.

        Args:
          map_func: traced once; an element that is a tuple is given as several arguments.
          num_parallel_calls: accepted and not used; kernels use the cores there are.
          deterministic: accepted: the order is always that of the elements.
          synchronous: accepted and not used.
          use_unbounded_threadpool: accepted and not used.
          name: ignored.

        Returns:
          A data set of the results.
        """
        function = self._function(map_func, "Dataset.map()")
        require_tensors(flat_of(function.output_spec), "MapDataset")
        kind = "_MapDataset" if num_parallel_calls is None else "_ParallelMapDataset"

        def build(before: Any, *outer: Any) -> Any:
            return pipelines.Mapped(before, function.bind(list(outer)))

        return self._then(kind, build, function.output_spec, *function.outer)

    def flat_map(self, map_func: Any, name: str | None = None) -> Any:
        """The elements of the data sets that a function makes of each element, one after another.

        Args:
          map_func: returns a data set.
          name: ignored.

        Returns:
          A data set.

        Raises:
          TypeError: when the function returns anything else.
        """
        function = self._function(map_func, "Dataset.flat_map()")
        inner: Any = function.output_spec
        is_dataset = isinstance(inner, TypeSpec) and issubclass(inner.value_type, Described)
        if not is_dataset:
            raise TypeError(
                f"The `map_func` argument must return a `tf.data.Dataset` object. Got {inner!r}."
            )

        def build(before: Any, *outer: Any) -> Any:
            return pipelines.Flattened(before, function.bind(list(outer)))

        return self._then("_FlatMapDataset", build, inner._element_spec, *function.outer)

    def filter(self, predicate: Any, name: str | None = None) -> Any:
        """The elements for which a predicate holds.

        Args:
          predicate: returns a boolean scalar.
          name: ignored.

        Returns:
          A data set.

        Raises:
          ValueError: when the predicate returns anything else.
        """
        function = self._function(predicate, "Dataset.filter()")
        if not TensorSpec((), dtypes.bool_).is_compatible_with(function.output_spec):
            raise ValueError(
                "Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but its "
                f"return type is {function.output_spec}."
            )

        def build(before: Any, *outer: Any) -> Any:
            return pipelines.Filtered(before, function.bind(list(outer)))

        return self._then("_FilterDataset", build, self.element_spec, *function.outer)

    def reduce(self, initial_state: Any, reduce_func: Any, name: str | None = None) -> Any:
        """Folds all elements into one value.

        Args:
          initial_state: the value to begin with, a structure of tensors.
          reduce_func: called with the value so far and the next element; returns the next value.
          name: ignored.

        Returns:
          The last value.

        Raises:
          TypeError: when the function returns another type than that of the value.
        """
        value = normalized(initial_state)
        spec = spec_of(value)
        args = arguments(self.element_spec)
        function = UserFunction(
            lambda state, *parts: reduce_func(state, *whole(parts, self.element_spec)),
            (spec, *args),
            "Dataset.reduce()",
        )
        made = function.output_spec
        wider = wider_of(spec, made)
        if wider is None:
            raise TypeError(
                f"The element types for the new state must match the initial state. Expected "
                f"{spec}; got {made}."
            )
        if wider != spec:
            function = UserFunction(
                lambda state, *parts: reduce_func(state, *whole(parts, self.element_spec)),
                (wider, *args),
                "Dataset.reduce()",
            )
        flat = to_tensors(spec, value)

        def fold(before: Any, *values: Any) -> Any:
            run = pipelines.Run()
            now, outer = values[: len(flat)], list(values[len(flat) :])
            call = function.bind(outer).in_run(run)
            for element_ in before.start(run):
                now = call(now, element_)
            return tuple(now)

        if state.tracer is None:
            result = [as_tensor(v) for v in fold(held(self._variant_tensor), *map(held, flat))]
            return from_tensors(wider, iter(result))
        inputs = [self._variant_tensor, *flat, *function.outer]
        specs = tuple([Spec(s.dtype, s.shape._dims) for s in flat_of(wider)])
        tensors = apply(operation("ReduceDataset"), *inputs, build=fold, specs=specs)
        return from_tensors(wider, iter(tensors))
