"""`Stage`, `Stream` and the operations that make stages.

An element that flows through a pipeline is a tuple of values as graphs have them: NumPy arrays (or
NumPy scalars, or `bytes`), one for each tensor that the element consists of, and objects such as
stages where a component is itself a dataset.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import InvalidArgumentError, OpError
from tapeflow.engine.ir.primitive import (
    READS,
    Effect,
    Primitive,
    unregistered,
)
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.dispatch import apply, name_op
from tapeflow.engine.runtime.tensor import VariantTensor, VariantValue, held

Element = Sequence[Any]

INFINITE = -1
UNKNOWN = -2

_VARIANT = Spec(dtypes.variant, ())


class Run:
    """One iteration over a whole pipeline, shared by all of its streams.

    Args:
      seeds: the seeds that another iteration took, to be taken once more.

    Attributes:
      random_streams: the positions of the random operations in the pipeline's functions, which
        start anew with each iteration.
      seeds: the seeds that stages took, in order.
    """

    __slots__ = ("_again", "random_streams", "seeds")

    def __init__(self, seeds: Iterable[tuple[int, int]] = ()) -> None:
        self.random_streams: dict[Any, Any] = {}
        self.seeds: deque[tuple[int, int]] = deque(maxlen=MAX_SEEDS)
        self._again = iter(seeds)

    def take(self, generator: Any) -> tuple[int, int]:
        """The seeds of a stage that is opened."""
        pair: tuple[int, int] = next(self._again, None) or generator.next_pair()
        self.seeds.append(pair)
        return pair


MAX_SEEDS = 4096
"""So many seeds are remembered: a pipeline may be repeated for ever."""


class Stream:
    """The elements of one stage, one after the other.

    An error ends a stream no more than it does in TensorFlow: the next call goes on behind it.
    After the end, every call raises `StopIteration` again.
    """

    __slots__ = ()

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Element:
        raise NotImplementedError

    def block(self, count: int) -> Element:
        """The next `count` elements, stacked; fewer at the end.

        Only asked for where all components are plain tensors.

        Raises:
          StopIteration: when there is none.
        """
        rows = []
        for _ in range(count):
            try:
                rows.append(next(self))
            except StopIteration:
                break
        if not rows:
            raise StopIteration
        return stacked(rows)


def stacked(rows: list[Element]) -> Element:
    """Elements as one, each component with a new first dimension."""
    return [stack(column, i) for i, column in enumerate(zip(*rows, strict=True))]


def stack(column: Sequence[Any], component: int) -> np.ndarray[Any, Any]:
    """Values of one component as an array of them.

    Raises:
      InvalidArgumentError: when their shapes differ.
    """
    first = column[0]
    if type(first) is bytes:
        out = np.empty(len(column), object)
        shape: tuple[int, ...] = ()
    else:
        shape = first.shape
        out = np.empty((len(column), *shape), first.dtype)
    for i, value in enumerate(column):
        if type(value) is not bytes and value.shape != shape:
            raise InvalidArgumentError(
                None,
                None,
                f"Cannot batch tensors with different shapes in component {component}. First "
                f"element had shape {list(shape)} and element {i} had shape {list(value.shape)}.",
            )
        out[i] = value
    return out


class Stage(VariantValue):
    """A source of elements, or one transformation of other stages; it never changes.

    A subclass is called with the values of its operation's inputs and its attributes.

    Attributes:
      op: TensorFlow's op type.
      kind: what the `repr` of a dataset says.
      in_memory: whether elements are at hand, so that fetching them ahead is of no use.
      made_of: the inputs and attributes of the operation.
    """

    op: ClassVar[str]
    kind: ClassVar[str]
    primitive: ClassVar[Primitive]
    in_memory = False
    made_of: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})

    def __init_subclass__(cls) -> None:
        if "op" in vars(cls):
            cls.primitive = host_op(cls.op, lambda *_, **__: _VARIANT, cls._make)

    @classmethod
    def _make(cls, *inputs: Any, **attrs: Any) -> Stage:
        made = cls(*inputs, **attrs)
        made.made_of = inputs, attrs
        return made

    def open(self, run: Run) -> Stream:
        """Begins an iteration."""
        raise NotImplementedError

    def cardinality(self) -> int:
        """How many elements there are; `INFINITE` or `UNKNOWN`."""
        raise NotImplementedError


def host_op(name: str, infer: Any, kernel: Any, effect: Effect = READS) -> Primitive:
    """An operation on stages.

    By default it is not merged with an equal one: two shuffles are two, with an order of their own.
    """
    return unregistered(name, infer, kernel, effect=effect)


def run_op(prim: Primitive, *inputs: Any, **attrs: Any) -> Any:
    """Applies an operation whose inputs or outputs are stages or iterators.

    Args:
      prim: the operation.
      *inputs: tensors, or objects that a graph captures by reference.
      **attrs: hashable attributes.

    Returns:
      In eager mode what the kernel gives; in a graph symbolic tensors.
    """
    if state.tracer is not None:
        return apply(prim, *[symbolic(i) for i in inputs], **attrs)
    try:
        return prim.kernel(*[held(i) for i in inputs], **attrs)
    except OpError as error:
        raise name_op(error, prim) from None


def build(kind: type[Stage], *inputs: Any, **attrs: Any) -> Any:
    """A tensor of dtype variant that stands for a new stage.

    Args:
      kind: the class of the stage.
      *inputs: tensors: numbers, and variants of other stages.
      **attrs: hashable attributes.
    """
    made = run_op(kind.primitive, *inputs, **attrs)
    return VariantTensor(made) if isinstance(made, Stage) else made


def symbolic(value: Any) -> Any:
    """What stands for a tensor, or an object with a handle, in the graph that is traced."""
    graph = state.tracer
    return graph.capture_object(value) if hasattr(value, "_handle") else graph.value_of(value)
