"""The part of `tf.data.Dataset` that makes datasets of other things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.specs import NoneTensorSpec, TensorSpec, TypeSpec
from tapeflow.engine.data.pipeline import Pipeline, int64, make_dataset, source
from tapeflow.engine.data.random_order import seed_pair
from tapeflow.engine.data.stages.batching import UnbatchStage
from tapeflow.engine.data.stages.shuffling import RandomStage
from tapeflow.engine.data.stages.sources import (
    CounterStage,
    GeneratorStage,
    RangeStage,
    TensorSliceStage,
    TensorStage,
)
from tapeflow.engine.data.stages.stage import build
from tapeflow.engine.data.structure import (
    Columns,
    is_dense,
    normalized,
    row_spec,
    spec_of,
    to_tensors,
)
from tapeflow.engine.runtime.convert import convert


class Sources(Pipeline):
    """Sources of elements."""

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Any:
        """A dataset of one element.

        Args:
          tensors: the element: a nest of tensors.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Example:
          >>> import tapeflow as tf
          >>> list(tf.data.Dataset.from_tensors([1, 2]).as_numpy_iterator())
          [array([1, 2], dtype=int32)]
        """
        element = normalized(tensors)
        spec = spec_of(element)
        return source(TensorStage, spec, *to_tensors(spec, element))

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Any:
        """A dataset of the rows of tensors.

        Args:
          tensors: nest of tensors whose first dimensions agree.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          ValueError: for scalars, or where first dimensions differ.

        Example:
          >>> import tapeflow as tf
          >>> dataset = tf.data.Dataset.from_tensor_slices({"x": [1, 2], "y": [3.0, 4.0]})
          >>> for row in dataset:
          ...     print(row["x"].numpy(), row["y"].numpy())
          1 3.0
          2 4.0
        """
        element = normalized(tensors)
        batched = spec_of(element)
        leaves = nest.flatten(batched)
        if not leaves:
            raise ValueError("Invalid `element`. `element` should not be empty.")
        spec = nest.map_structure(row_spec, batched)
        size = _common_size(leaves)
        parts = to_tensors(batched, element)
        if is_dense(batched):
            return source(TensorSliceStage, spec, *parts)
        whole = build(TensorStage, *parts)
        variant = build(
            UnbatchStage, whole, columns=Columns(spec), batched=tuple(leaves), size=size
        )
        return make_dataset("_TensorSliceDataset", variant, spec)

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> Any:
        """A dataset of what a Python generator yields; each iteration starts it anew.

        Args:
          generator: a function that returns something to iterate over.
          output_types: nest of dtypes; older than `output_signature`.
          output_shapes: nest of shapes, for `output_types`.
          args: tensors, which `generator` is called with as NumPy values.
          output_signature: nest of type specs of the elements.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          TypeError: for a generator that isn't callable, or when it isn't said, or said twice,
            what elements are.

        Example:
          >>> import tapeflow as tf
          >>> def words():
          ...     yield "a"
          ...     yield "b"
          >>> dataset = tf.data.Dataset.from_generator(
          ...     words, output_signature=tf.TensorSpec([], tf.string))
          >>> list(dataset.as_numpy_iterator())
          [b'a', b'b']
        """
        if not callable(generator):
            raise TypeError("`generator` must be a Python callable.")
        spec = _generated_spec(output_types, output_shapes, output_signature)
        arguments = [] if args is None else [convert(a) for a in args]
        return source(GeneratorStage, spec, *arguments, function=generator, spec=Frozen(spec))

    @staticmethod
    def range(*args: Any, **kwargs: Any) -> Any:
        """A dataset of numbers at equal distances, as Python's `range`.

        Args:
          *args: stop; start, stop; or start, stop, step: int64 scalars.
          **kwargs: `output_type`: the dtype of the elements, by default int64; `name`.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          ValueError: for none or more than three arguments.

        Example:
          >>> import tapeflow as tf
          >>> list(tf.data.Dataset.range(1, 6, 2).as_numpy_iterator())
          [np.int64(1), np.int64(3), np.int64(5)]
        """
        if not 1 <= len(args) <= 3:
            raise ValueError(
                "Invalid `args`. The length of `args` should be between 1 and 3 but was "
                f"{len(args)}."
            )
        dtype = as_dtype(kwargs.get("output_type", dtypes.int64))
        if not (dtype.is_integer or dtype.is_floating):
            raise InvalidArgumentError(None, None, f"Unsupported data type: {dtype.name}")
        start, stop, step = {
            1: (0, args[0], 1),
            2: (args[0], args[-1], 1),
            3: args,
        }[len(args)]
        return source(
            RangeStage, TensorSpec([], dtype), int64(start), int64(stop), int64(step), dtype=dtype
        )

    @staticmethod
    def counter(start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64, name: Any = None) -> Any:
        """A dataset of numbers at equal distances, without an end.

        Args:
          start: the first one.
          step: the distance.
          dtype: the dtype of the elements.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.
        """
        dtype = as_dtype(dtype)
        spec = TensorSpec([], dtype)
        return source(CounterStage, spec, convert(start, dtype), convert(step, dtype))

    @staticmethod
    def random(
        seed: Any = None, rerandomize_each_iteration: bool | None = None, name: Any = None
    ) -> Any:
        """A dataset of random numbers from 0 to 2**32 - 1, without an end.

        Args:
          seed: seed, combined with that of `tf.random.set_seed`.
          rerandomize_each_iteration: whether iterations give different numbers.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset` of int64 scalars.
        """
        spec = TensorSpec([], dtypes.int64)
        return source(RandomStage, spec, *seed_pair(seed), anew=bool(rerandomize_each_iteration))

    @staticmethod
    def list_files(
        file_pattern: Any, shuffle: bool | None = None, seed: Any = None, name: Any = None
    ) -> Any:
        """A dataset of the names of the files that match a pattern.

        Args:
          file_pattern: a string with wildcards, or several.
          shuffle: whether in random order (the default) or sorted.
          seed: seed of that order.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset` of string scalars.

        Raises:
          tf.errors.InvalidArgumentError: when no file matches.
        """
        import glob

        patterns = np.atleast_1d(convert(file_pattern, dtypes.string).numpy()).tolist()
        found = sorted({name for p in patterns for name in glob.glob(p.decode())})
        if not found:
            shown = b", ".join(patterns).decode()
            raise InvalidArgumentError(
                None, None, f"list_files: file_pattern: No files matched pattern: {shown}"
            )
        dataset = Sources.from_tensor_slices(found)
        if shuffle is None or shuffle:
            dataset = dataset.shuffle(len(found), seed=seed)
        return dataset


class Frozen:
    """A spec as an attribute of an operation: hashable, whatever structure it has."""

    def __init__(self, spec: Any) -> None:
        self.spec = spec


def _common_size(leaves: list[Any]) -> int | None:
    size: int | None = None
    for spec in leaves:
        if isinstance(spec, NoneTensorSpec) or spec.shape.rank is None:
            continue
        found = spec.shape.as_list()[0]
        if size is not None and found is not None and found != size:
            raise ValueError(f"Dimensions {size} and {found} are not compatible")
        size = found if found is not None else size
    return size


def _generated_spec(output_types: Any, output_shapes: Any, output_signature: Any) -> Any:
    if output_signature is not None:
        if output_types is not None or output_shapes is not None:
            given = "output_types" if output_types is not None else "output_shapes"
            raise TypeError(
                f"The `{given}` argument can not be used together with the `output_signature` "
                "argument."
            )
        for spec in _shallow_leaves(output_signature):
            if not isinstance(spec, TypeSpec):
                raise TypeError(
                    "`output_signature` must contain objects that are subclass of `tf.TypeSpec` "
                    f"but found {type(spec)} which is not."
                )
        return output_signature
    if output_types is None:
        raise TypeError(
            "To specify the output signature you need to provide either the `output_signature` "
            "argument or the `output_types` argument."
        )
    if isinstance(output_types, list):
        output_types = tuple(output_types)
    if output_shapes is None:
        return nest.map_structure(lambda t: TensorSpec(None, as_dtype(t)), output_types)
    flat = [as_dtype(t) for t in nest.flatten(output_types)]
    shapes: list[Any] = []
    _shapes_up_to(output_types, output_shapes, shapes)
    specs = [TensorSpec(s, t) for s, t in zip(shapes, flat, strict=True)]
    return nest.pack_sequence_as(output_types, specs)


def _shallow_leaves(structure: Any) -> list[Any]:
    """The leaves of a structure in which lists are leaves."""
    if isinstance(structure, tuple):
        return [leaf for part in structure for leaf in _shallow_leaves(part)]
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in _shallow_leaves(structure[key])]
    return [structure]


def _shapes_up_to(types: Any, shapes: Any, found: list[Any]) -> None:
    if not nest.is_nested(types):
        found.append(TensorShape(shapes))
    elif isinstance(types, dict):
        for key in sorted(types):
            _shapes_up_to(types[key], shapes[key], found)
    else:
        for part, shape in zip(types, shapes, strict=True):
            _shapes_up_to(part, shape, found)
