"""`tf.data.Dataset`: describes a pipeline, in a graph or out of one."""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.context import state
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export, export_value
from tapeflow.engine.core.specs import TensorSpec, TypeSpec, register_type_spec_from_value
from tapeflow.engine.core.tracking import Trackable
from tapeflow.engine.data import pipelines, staged_loops
from tapeflow.engine.data.batching import Batched
from tapeflow.engine.data.composites import batch_spec, row_spec, rows, stacker
from tapeflow.engine.data.elements import (
    as_tensor,
    from_tensors,
    held,
    normalized,
    spec_of,
    to_tensors,
)
from tapeflow.engine.data.functions import UserFunction
from tapeflow.engine.data.generators import Generated, Prefetched
from tapeflow.engine.data.iterators import (
    NumpyIterator,
    OwnedIterator,
    TracedIterator,
    make_iterator_p,
)
from tapeflow.engine.data.options import Options
from tapeflow.engine.data.shuffling import Shuffled, shuffle_seeds
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, READS, Primitive
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.composite import CompositeTensor
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor, VariantTensor

AUTOTUNE = -1
INFINITE_CARDINALITY = pipelines.INFINITE
UNKNOWN_CARDINALITY = pipelines.UNKNOWN
for _name in ("AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY"):
    export_value(_name, f"data.{_name}", f"data.experimental.{_name}")


def dataset_op(kind: str, build: Callable[..., Any], *inputs: Any) -> Any:
    """The variant tensor of a data set: a pipeline now, or an operation of the graph that is traced.

    Args:
      kind: the operation's name.
      build: makes the pipeline of the inputs' values.
      *inputs: variant tensors of other data sets, and tensors.
    """
    if state.tracer is None:
        return VariantTensor(build(*[held(t) for t in inputs]))
    return apply(_operation(kind), *inputs, build=build, specs=Spec(dtypes.variant, ()))


@functools.cache
def _operation(kind: str) -> Primitive:
    """An operation on data sets; what it does is its attribute `build`.

    Not in the registry: samples are arrays, and a data set is none.
    """
    return Primitive(
        kind,
        infer=lambda *inputs, build, specs: specs,
        kernel=lambda *values, build, specs: build(*values),
        vjp=NOT_DIFFERENTIABLE,
        lower=HOST,
        samples=lambda draw: (),
        effect=READS,
    )


@address("tensorflow.python.data.ops.dataset_ops")
@export("data.Dataset")
class DatasetV2(Iterable[Any], Trackable, CompositeTensor, metaclass=abc.ABCMeta):
    """A sequence of elements that is made while it is gone through.

    Elements are tensors, or tuples and dictionaries of tensors. The methods give data sets that
    make other elements of these; nothing is computed before somebody asks for an element.

    Args:
      variant_tensor: the tensor that stands for it.

    Example:
      >>> import tapeflow as tf
      >>> dataset = tf.data.Dataset.range(5).map(lambda x: x * x).batch(2)
      >>> for batch in dataset:
      ...     print(batch.numpy())
      [0 1]
      [4 9]
      [16]
    """

    _kind = "DatasetV2"

    def __init__(self, variant_tensor: Any) -> None:
        self._variant_tensor = variant_tensor
        self._options = Options()

    @property
    @abc.abstractmethod
    def element_spec(self) -> Any:
        """The type of the elements, a structure of type specs."""

    # Sources.

    @staticmethod
    def range(*args: Any, **kwargs: Any) -> DatasetV2:
        """Numbers, as `range` gives them.

        Args:
          *args: `(stop)`, `(start, stop)` or `(start, stop, step)`.
          **kwargs: `output_type` (default `tf.int64`) and `name`.

        Returns:
          A data set of scalars.

        Raises:
          ValueError: when there are no arguments, or more than three.
        """
        if not 1 <= len(args) <= 3:
            raise ValueError(
                "Invalid `args`. The length of `args` should be between 1 and 3 but was "
                f"{len(args)}."
            )
        dtype = as_dtype(kwargs.get("output_type", dtypes.int64))
        bounds = [_int64(a) for a in args]
        start, stop, step = {
            1: (_int64(0), bounds[0], _int64(1)),
            2: (*bounds[:2], _int64(1)),
            3: tuple(bounds),
        }[len(args)]

        def build(a: Any, b: Any, c: Any) -> Any:
            return pipelines.Range(int(a), int(b), int(c), dtype.np)

        variant = dataset_op("RangeDataset", build, start, stop, step)
        return _Dataset("_RangeDataset", variant, TensorSpec((), dtype))

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> DatasetV2:
        """One element.

        Args:
          tensors: the element.
          name: ignored.

        Returns:
          A data set.

        Raises:
          tf.errors.InvalidArgumentError: when there is no tensor in it.
        """
        value = normalized(tensors)
        spec = spec_of(value)
        flat = to_tensors(spec, value)
        _require_tensors(flat, "TensorDataset")

        def build(*values: Any) -> Any:
            return pipelines.Once(values)

        return _Dataset("_TensorDataset", dataset_op("TensorDataset", build, *flat), spec)

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> DatasetV2:
        """The rows of tensors.

        Args:
          tensors: a structure of tensors of equal first dimension.
          name: ignored.

        Returns:
          A data set of elements without that dimension.

        Raises:
          ValueError: for scalars, and when first dimensions differ.
        """
        value = normalized(tensors)
        whole = spec_of(value)
        spec = nest.map_structure(row_spec, whole)
        flat = to_tensors(whole, value)
        _require_tensors(flat, "TensorSliceDataset")

        def build(*values: Any) -> Any:
            return rows(whole, values)

        variant = dataset_op("TensorSliceDataset", build, *flat)
        return _Dataset("_TensorSliceDataset", variant, spec)

    @staticmethod
    def from_generator(
        generator: Any,
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> DatasetV2:
        """The elements that a Python generator yields; it is called anew by each iterator.

        Args:
          generator: a callable that returns an iterable.
          output_types: dtypes of the elements; `output_signature` is better.
          output_shapes: their shapes; unknown by default.
          args: tensors that `generator` is called with, as NumPy values.
          output_signature: a structure of type specs.
          name: ignored.

        Returns:
          A data set.

        Raises:
          TypeError: when `generator` is not callable, or no type is given.
        """
        if not callable(generator):
            raise TypeError("`generator` must be a Python callable.")
        if output_signature is None:
            if output_types is None:
                raise TypeError("Either `output_types` or `output_signature` must be specified.")
            output_signature = _signature(output_types, output_shapes)
        spec = output_signature
        for leaf in nest.flatten(spec):
            if not isinstance(leaf, TypeSpec):
                raise TypeError(
                    "`output_signature` must contain objects that are subclass of `tf.TypeSpec` "
                    f"but found {type(leaf)} which is not."
                )
        tensors = [convert(a) for a in (args or ())]

        def build(*values: Any) -> Any:
            return Generated(generator, values, spec)

        return _Dataset("_FlatMapDataset", dataset_op("GeneratorDataset", build, *tensors), spec)

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> DatasetV2:
        """Elements of several data sets side by side.

        Args:
          *args: data sets, or a structure of them.
          datasets: the same, as one structure.
          name: ignored.

        Returns:
          A data set as long as the shortest of them.

        Raises:
          TypeError: for anything that is no data set.
        """
        structure = datasets if datasets is not None else args[0] if len(args) == 1 else args
        parts = nest.flatten(structure)
        for part in parts:
            if not isinstance(part, DatasetV2):
                raise TypeError(
                    "Invalid input to `zip`. Inputs are expected to be (nested) structures of "
                    f"`tf.data.Dataset` objects but encountered object of type {type(part)}."
                )
        spec = nest.pack_sequence_as(structure, [p.element_spec for p in parts])

        def build(*values: Any) -> Any:
            return pipelines.Zipped(values)

        variant = dataset_op("ZipDataset", build, *[p._variant_tensor for p in parts])
        return _Dataset("_ZipDataset", variant, spec)._like(*parts)

    # Functions of elements.

    def map(
        self,
        map_func: Any,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        synchronous: bool | None = None,
        use_unbounded_threadpool: bool = False,
        name: str | None = None,
    ) -> DatasetV2:
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
        _require_tensors(_flat(function.output_spec), "MapDataset")
        kind = "_MapDataset" if num_parallel_calls is None else "_ParallelMapDataset"

        def build(before: Any, *outer: Any) -> Any:
            return pipelines.Mapped(before, function.bind(list(outer)))

        return self._then(kind, build, function.output_spec, *function.outer)

    def flat_map(self, map_func: Any, name: str | None = None) -> DatasetV2:
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
        inner = function.output_spec
        if not isinstance(inner, DatasetSpec):
            raise TypeError(
                "The `map_func` argument must return a `tf.data.Dataset` object. Got "
                f"{inner!r}."
            )

        def build(before: Any, *outer: Any) -> Any:
            return pipelines.Flattened(before, function.bind(list(outer)))

        return self._then("_FlatMapDataset", build, inner._element_spec, *function.outer)

    def filter(self, predicate: Any, name: str | None = None) -> DatasetV2:
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
        args = _arguments(self.element_spec)
        function = UserFunction(
            lambda state, *parts: reduce_func(state, *_whole(parts, self.element_spec)),
            (spec, *args),
            "Dataset.reduce()",
        )
        made = function.output_spec
        wider = _wider(spec, made)
        if wider is None:
            raise TypeError(
                f"The element types for the new state must match the initial state. Expected "
                f"{spec}; got {made}."
            )
        if wider != spec:
            function = UserFunction(
                lambda state, *parts: reduce_func(state, *_whole(parts, self.element_spec)),
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
        specs = tuple([Spec(s.dtype, s.shape._dims) for s in _flat(wider)])
        tensors = apply(_operation("ReduceDataset"), *inputs, build=fold, specs=specs)
        return from_tensors(wider, iter(tensors))

    # Rearranging.

    def batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> DatasetV2:
        """Elements together in batches.

        Args:
          batch_size: how many make a batch.
          drop_remainder: whether a last batch of fewer is left out; the size is static then.
          num_parallel_calls: accepted and not used.
          deterministic: accepted: the order is always that of the elements.
          name: ignored.

        Returns:
          A data set of elements with a first dimension more.

        Raises:
          tf.errors.InvalidArgumentError: when `batch_size` is not positive; (while iterating) when
            shapes differ.
        """
        known = static_value(batch_size)
        size = int(known) if drop_remainder and known is not None else None
        spec = nest.map_structure(lambda s: batch_spec(s, size), self.element_spec)
        stack = stacker(self.element_spec)

        def build(before: Any, count: Any) -> Any:
            if count <= 0:
                raise InvalidArgumentError(
                    None, None, "BatchDatasetV2: Batch size must be greater than zero."
                )
            return Batched(before, int(count), bool(drop_remainder), stack)

        kind = "_BatchDataset" if num_parallel_calls is None else "_ParallelBatchDataset"
        return self._then(kind, build, spec, _int64(batch_size))

    def unbatch(self, name: str | None = None) -> DatasetV2:
        """The rows of each element, one by one.

        Args:
          name: ignored.

        Returns:
          A data set of elements with a first dimension less.
        """
        spec = nest.map_structure(row_spec, self.element_spec)
        return self._then("_UnbatchDataset", pipelines.Unbatched, spec)

    def shuffle(
        self,
        buffer_size: Any,
        seed: Any = None,
        reshuffle_each_iteration: bool | None = True,
        name: str | None = None,
    ) -> DatasetV2:
        """The elements in random order, each drawn from a buffer of those next in line.

        Args:
          buffer_size: elements in the buffer; only one as large as the data set shuffles it well.
          seed: together with the global seed, gives the order that TensorFlow gives.
          reshuffle_each_iteration: whether each iteration has an order of its own.
          name: ignored.

        Returns:
          A data set.

        Raises:
          tf.errors.InvalidArgumentError: when `buffer_size` is not positive.
        """
        seeds = shuffle_seeds(None if seed is None else int(static_value(seed)))  # type: ignore[arg-type]
        anew = reshuffle_each_iteration is None or bool(reshuffle_each_iteration)

        def build(before: Any, size: Any) -> Any:
            if size <= 0 and size != UNKNOWN_CARDINALITY:
                raise InvalidArgumentError(
                    None,
                    None,
                    "ShuffleDatasetV3: buffer_size must be greater than zero or "
                    f"UNKNOWN_CARDINALITY; received {int(size)}",
                )
            return Shuffled(before, int(size), seeds, anew)

        return self._then("_ShuffleDataset", build, self.element_spec, _int64(buffer_size))

    def repeat(self, count: Any = None, name: str | None = None) -> DatasetV2:
        """The elements again and again.

        Args:
          count: how often; None or -1 for ever.
          name: ignored.

        Returns:
          A data set.
        """

        def build(before: Any, times: Any) -> Any:
            return pipelines.Repeated(before, int(times))

        times = _int64(-1 if count is None else count)
        return self._then("_RepeatDataset", build, self.element_spec, times)

    def take(self, count: Any, name: str | None = None) -> DatasetV2:
        """The first elements.

        Args:
          count: how many; -1 for all.
          name: ignored.

        Returns:
          A data set.
        """

        def build(before: Any, n: Any) -> Any:
            return pipelines.Part(before, 0, int(n)) if n >= 0 else before

        return self._then("_TakeDataset", build, self.element_spec, _int64(count))

    def skip(self, count: Any, name: str | None = None) -> DatasetV2:
        """The elements after the first ones.

        Args:
          count: how many to leave out; -1 for all.
          name: ignored.

        Returns:
          A data set.
        """

        def build(before: Any, n: Any) -> Any:
            return pipelines.Part(before, int(n), None) if n >= 0 else pipelines.Elements([])

        return self._then("_SkipDataset", build, self.element_spec, _int64(count))

    def concatenate(self, dataset: DatasetV2, name: str | None = None) -> DatasetV2:
        """The elements of another data set after those of this one.

        Args:
          dataset: the other one.
          name: ignored.

        Returns:
          A data set.

        Raises:
          TypeError: when their elements are not of one type.
        """
        spec = _wider(self.element_spec, dataset.element_spec)
        if spec is None:
            raise TypeError(
                f"Incompatible dataset elements:\n  {self.element_spec} vs.   "
                f"{dataset.element_spec}"
            )
        return self._then(
            "_ConcatenateDataset", pipelines.Concatenated, spec, dataset._variant_tensor
        )

    def enumerate(self, start: Any = 0, name: str | None = None) -> DatasetV2:
        """Pairs of a number and an element.

        Args:
          start: the first number.
          name: ignored.

        Returns:
          A data set.
        """
        last = np.iinfo(np.int64).max
        return DatasetV2.zip(DatasetV2.range(start, last), self)

    def cache(self, filename: Any = "", name: str | None = None) -> DatasetV2:
        """Keeps the elements in memory once they were gone through.

        Args:
          filename: must be empty: files are not supported yet.
          name: ignored.

        Returns:
          A data set.

        Raises:
          NotImplementedError: when a file is named.
        """
        if filename not in ("", b""):
            raise NotImplementedError(
                f"Dataset.cache: filename: expected '' (memory); received {filename!r}"
            )
        return self._then("CacheDataset", pipelines.Cached, self.element_spec)

    def prefetch(self, buffer_size: Any, name: str | None = None) -> DatasetV2:
        """Makes elements ahead of time.

        A thread does so where elements come from a Python generator, which may wait for something.

        Args:
          buffer_size: how many elements; `tf.data.AUTOTUNE` leaves it open.
          name: ignored.

        Returns:
          A data set.

        Raises:
          tf.errors.InvalidArgumentError: when it is below -1.
        """

        def build(before: Any, size: Any) -> Any:
            if size < -1:
                raise InvalidArgumentError(
                    None,
                    None,
                    "PrefetchDataset: buffer_size must be >= 0 or set buffer_size to be -1 for "
                    f"auto-tuning; received {int(size)}",
                )
            return Prefetched(before, 2 if size < 0 else max(1, int(size))) if size else before

        return self._then("_PrefetchDataset", build, self.element_spec, _int64(buffer_size))

    # The rest.

    def with_options(self, options: Any, name: str | None = None) -> DatasetV2:
        """The same elements, with wishes about how they are made.

        Args:
          options: `tf.data.Options`.
          name: ignored.

        Returns:
          A data set.

        Raises:
          AttributeError: for anything else.
        """
        if not isinstance(options, Options):
            raise AttributeError(
                f"with_options: options: expected tf.data.Options; received {options!r}"
            )
        made = self._then("_OptionsDataset", lambda before: before, self.element_spec)
        made._options = self._options.merged(options)
        return made

    def options(self) -> Options:
        """The options that were given to this data set and those before it.

        Returns:
          `tf.data.Options`.
        """
        return self._options

    def apply(self, transformation_func: Any) -> DatasetV2:
        """What a function makes of this data set.

        Args:
          transformation_func: takes and returns a data set.

        Returns:
          That data set.

        Raises:
          TypeError: when it returns anything else.
        """
        made = transformation_func(self)
        if not isinstance(made, DatasetV2):
            raise TypeError(
                "`transformation_func` must return a `tf.data.Dataset` object. Got "
                f"{type(made)}."
            )
        return made

    def cardinality(self) -> Any:
        """How many elements there are, where that is known.

        Returns:
          An int64 scalar: the number, `tf.data.INFINITE_CARDINALITY` or `UNKNOWN_CARDINALITY`.
        """
        if state.tracer is None:
            return convert(np.array(held(self._variant_tensor).cardinality(), np.int64))
        return apply(
            _operation("DatasetCardinality"),
            self._variant_tensor,
            build=lambda dataset: np.array(dataset.cardinality(), np.int64),
            specs=Spec(dtypes.int64, ()),
        )

    def as_numpy_iterator(self) -> NumpyIterator:
        """Goes through the elements as NumPy values.

        Returns:
          An iterator.

        Raises:
          RuntimeError: while a function is traced.
        """
        if state.tracer is not None:
            raise RuntimeError("`tf.data.Dataset.as_numpy_iterator()` is only supported in eager mode.")
        return NumpyIterator(self)

    def get_single_element(self, name: str | None = None) -> Any:
        """The only element.

        Args:
          name: ignored.

        Returns:
          The element.

        Raises:
          tf.errors.InvalidArgumentError: when there is none, or more than one.
        """
        found = list(iter(self.take(2)))
        if len(found) != 1:
            raise InvalidArgumentError(
                None,
                None,
                "DatasetToSingleElement: Dataset "
                + ("had more than one element." if found else "was empty."),
            )
        return found[0]

    def __iter__(self) -> Iterator[Any]:
        if state.tracer is None:
            return OwnedIterator(held(self._variant_tensor), self.element_spec)
        made = apply(make_iterator_p, self._variant_tensor, element_spec=_Same(self.element_spec))
        return TracedIterator(self.element_spec, made)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        if state.tracer is not None:
            raise TypeError(
                "`tf.data.Dataset` only supports `len` in eager mode. Use "
                "`tf.data.Dataset.cardinality()` instead."
            )
        n = held(self._variant_tensor).cardinality()
        if n == INFINITE_CARDINALITY:
            raise TypeError("The dataset is infinite.")
        if n == UNKNOWN_CARDINALITY:
            raise TypeError("The dataset length is unknown.")
        return int(n)

    def __repr__(self) -> str:
        return f"<{self._kind} element_spec={self.element_spec}>"

    # How it is made, and taken apart.

    def _then(self, kind: str, build: Any, spec: Any, *tensors: Any) -> _Dataset:
        """The data set with a stage more."""
        variant = dataset_op(kind.removeprefix("_"), build, self._variant_tensor, *tensors)
        return _Dataset(kind, variant, spec)._like(self)

    def _function(self, function: Any, method: str) -> UserFunction:
        return UserFunction(function, _arguments(self.element_spec), method)

    def _components(self) -> list[Any]:
        return [self._variant_tensor]

    def _with_components(self, components: list[Any]) -> DatasetV2:
        return _Dataset("_VariantDataset", components[0], self.element_spec)

    @property
    def _type_spec(self) -> DatasetSpec:
        return DatasetSpec(self.element_spec)


Dataset = DatasetV2


class _Dataset(DatasetV2):
    """A data set that the methods made."""

    def __init__(self, kind: str, variant_tensor: Any, element_spec: Any) -> None:
        super().__init__(variant_tensor)
        self._kind = kind
        self._element_spec = element_spec

    @property
    def element_spec(self) -> Any:
        return self._element_spec

    def _like(self, *others: DatasetV2) -> _Dataset:
        """This data set, with the options of those before it."""
        for other in others:
            self._options = self._options.merged(other._options)
        return self


class _Same:
    """An attribute of an operation that is equal to itself alone."""

    def __init__(self, value: Any) -> None:
        self.value = value


@export("data.DatasetSpec")
class DatasetSpec(TypeSpec):
    """The type of a data set.

    Args:
      element_spec: the type of the elements, a structure of type specs.
      dataset_shape: `()`.

    Example:
      >>> import tapeflow as tf
      >>> tf.data.DatasetSpec(tf.TensorSpec([]))
      DatasetSpec(TensorSpec(shape=(), dtype=tf.float32, name=None), TensorShape([]))
    """

    def __init__(self, element_spec: Any, dataset_shape: Any = ()) -> None:
        from tapeflow.engine.core.shapes import TensorShape

        self._element_spec = element_spec
        self._dataset_shape = TensorShape(dataset_shape)

    @staticmethod
    def from_value(value: Any) -> DatasetSpec:
        """The type of a data set.

        Args:
          value: the data set.
        """
        return DatasetSpec(value.element_spec)

    @property
    def element_spec(self) -> Any:
        """The type of the elements."""
        return self._element_spec

    @property
    def value_type(self) -> type[DatasetV2]:
        """The class of data sets."""
        return DatasetV2

    def _serialize(self) -> tuple[Any, ...]:
        return (self._element_spec, self._dataset_shape)

    @property
    def _component_specs(self) -> Any:
        return TensorSpec((), dtypes.variant)

    def _to_components(self, value: Any) -> Any:
        return value._variant_tensor

    def _from_components(self, components: Any) -> Any:
        return _Dataset("_VariantDataset", components, self._element_spec)


register_type_spec_from_value(DatasetV2, DatasetSpec.from_value)
staged_loops.register(DatasetV2)


def _int64(value: Any) -> Any:
    return value if isinstance(value, Tensor) else convert(value, dtypes.int64)


def _require_tensors(flat: list[Any], op: str) -> None:
    if not flat:
        raise InvalidArgumentError(
            None, None, f"{op}: components: expected one tensor at least; received none"
        )


def _signature(types: Any, shapes: Any) -> Any:
    if shapes is None:
        return nest.map_structure(lambda t: TensorSpec(None, t), types)
    flat_types = nest.flatten(types)
    from tapeflow.engine.data.elements import map_leaves

    flat_shapes: list[Any] = []
    if len(flat_types) == 1 and not nest.is_nested(types):
        return TensorSpec(shapes, types)
    map_leaves(flat_shapes.append, shapes)
    specs = [TensorSpec(s, t) for s, t in zip(flat_shapes, flat_types, strict=True)]
    return nest.pack_sequence_as(types, specs)


def _arguments(element_spec: Any) -> tuple[Any, ...]:
    """The specs of the arguments that an element is given as."""
    is_tuple = isinstance(element_spec, tuple) and not hasattr(element_spec, "_fields")
    return element_spec if is_tuple else (element_spec,)


def _whole(parts: Any, element_spec: Any) -> tuple[Any, ...]:
    """The element, as one argument, of its parts."""
    is_tuple = isinstance(element_spec, tuple) and not hasattr(element_spec, "_fields")
    return (parts,) if is_tuple else parts


def _flat(spec: Any) -> list[Any]:
    return [inner for leaf in nest.flatten(spec) for inner in leaf.flatten()]


def _wider(a: Any, b: Any) -> Any:
    """The narrowest spec of which both are, or None."""
    try:
        nest.assert_same_structure(a, b)
    except (TypeError, ValueError):
        return None
    merged = [
        x.most_specific_common_supertype([y]) for x, y in zip(nest.flatten(a), nest.flatten(b), strict=True)
    ]
    return None if any(m is None for m in merged) else nest.pack_sequence_as(a, merged)


