"""What all parts of `Dataset` stand on: a variant, the spec of elements, options."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.data import options as option_sets
from tapeflow.engine.data.functions import DatasetFunction
from tapeflow.engine.data.stages.stage import Stage, build
from tapeflow.engine.runtime.composite import CompositeTensor
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.tracing.graph import known_value


class Pipeline(Iterable, CompositeTensor):  # type: ignore[type-arg]
    """A pipeline as a program holds it; `tf.data.Dataset` adds sources and transformations."""

    concrete: ClassVar[type[Pipeline]]
    """The class of all datasets."""

    _variant_tensor: Any
    _element_spec: Any = None
    _kind = "DatasetV2"
    _options = option_sets.Options()

    @property
    def element_spec(self) -> Any:
        """The type of the elements: a nest of type specs."""
        return self._element_spec

    def _stage(
        self, kind: type[Stage], *inputs: Any, spec: Any = None, others: Any = (), **attrs: Any
    ) -> Any:
        """A dataset of a stage that takes this one's.

        Args:
          kind: the class of the stage.
          *inputs: tensors, further inputs of the stage.
          spec: the spec of its elements; by default that of this dataset's.
          others: other datasets whose options count.
          **attrs: attributes of the stage.
        """
        variant = build(kind, self._variant_tensor, *inputs, **attrs)
        spec = self.element_spec if spec is None else spec
        return make_dataset(kind.kind, variant, spec, self, *others)

    def _function(self, function: Any, name: str, spec: Any = None) -> DatasetFunction:
        """A function of elements, traced."""
        return DatasetFunction(function, self.element_spec if spec is None else spec, name)


def make_dataset(kind: str, variant: Any, element_spec: Any, *sources: Any) -> Any:
    """A dataset.

    Args:
      kind: what its `repr` calls it.
      variant: the tensor that stands for the pipeline.
      element_spec: the spec of its elements.
      *sources: the datasets it is made of, whose options it inherits.
    """
    made: Any = Pipeline.concrete.__new__(Pipeline.concrete)
    made._variant_tensor = variant
    made._element_spec = element_spec
    made._kind = kind
    if len(sources) == 1:
        made._options = sources[0]._options
    elif sources:
        made._options = option_sets.merged(*[s._options for s in sources])
    return made


def source(kind: type[Stage], element_spec: Any, *inputs: Any, **attrs: Any) -> Any:
    """A dataset of a stage that elements come from."""
    return make_dataset(kind.kind, build(kind, *inputs, **attrs), element_spec)


def int64(value: Any) -> Any:
    """An argument as a tensor of int64."""
    return convert(value, dtypes.int64)


def count(value: Any) -> Any:
    """An argument that counts something, as a scalar of int64.

    Raises:
      InvalidArgumentError: when it is known to be no scalar.
    """
    tensor = int64(value)
    if not tensor.shape.is_compatible_with([]):
        raise InvalidArgumentError(
            None, None, f"tf.data: a count must be a scalar; received shape {tensor.shape}"
        )
    return tensor


def known_int(tensor: Any) -> int | None:
    """The value of a scalar where it is known now."""
    value = known_value(tensor)
    return None if value is None else int(value)
