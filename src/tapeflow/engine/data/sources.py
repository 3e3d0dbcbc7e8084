"""Data sets made of values: `Dataset.range`, `from_tensors` and their relatives."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.specs import TensorSpec, TypeSpec
from tapeflow.engine.data import pipelines
from tapeflow.engine.data.composites import row_spec, rows
from tapeflow.engine.data.described import (
    Described,
    dataset_op,
    int64,
    require_tensors,
    signature,
)
from tapeflow.engine.data.elements import normalized, spec_of, to_tensors
from tapeflow.engine.data.generators import Generated
from tapeflow.engine.runtime.convert import convert


class Sources(Described):
    """The static methods of `tf.data.Dataset`."""

    @staticmethod
    def range(*args: Any, **kwargs: Any) -> Any:
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
        bounds = [int64(a) for a in args]
        start, stop, step = {
            1: (int64(0), bounds[0], int64(1)),
            2: (*bounds[:2], int64(1)),
            3: tuple(bounds),
        }[len(args)]

        def build(a: Any, b: Any, c: Any) -> Any:
            return pipelines.Range(int(a), int(b), int(c), dtype.np)

        variant = dataset_op("RangeDataset", build, start, stop, step)
        return Described._concrete("_RangeDataset", variant, TensorSpec((), dtype))

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Any:
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
        require_tensors(flat, "TensorDataset")

        def build(*values: Any) -> Any:
            return pipelines.Once(values)

        return Described._concrete(
            "_TensorDataset", dataset_op("TensorDataset", build, *flat), spec
        )

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Any:
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
        require_tensors(flat, "TensorSliceDataset")

        def build(*values: Any) -> Any:
            return rows(whole, values)

        variant = dataset_op("TensorSliceDataset", build, *flat)
        return Described._concrete("_TensorSliceDataset", variant, spec)

    @staticmethod
    def from_generator(
        generator: Any,
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> Any:
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
            output_signature = signature(output_types, output_shapes)
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

        return Described._concrete(
            "_FlatMapDataset", dataset_op("GeneratorDataset", build, *tensors), spec
        )

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> Any:
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
            if not isinstance(part, Described):
                raise TypeError(
                    "Invalid input to `zip`. Inputs are expected to be (nested) structures of "
                    f"`tf.data.Dataset` objects but encountered object of type {type(part)}."
                )
        spec = nest.pack_sequence_as(structure, [p.element_spec for p in parts])

        def build(*values: Any) -> Any:
            return pipelines.Zipped(values)

        variant = dataset_op("ZipDataset", build, *[p._variant_tensor for p in parts])
        return Described._concrete("_ZipDataset", variant, spec)._like(*parts)
