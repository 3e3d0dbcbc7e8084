"""Generated code for eager calls, where it is faster than the NumPy kernel.

Which calls these are, `runtime/large.py` says. Compiling takes time too: as many calls of a
signature run in NumPy as would take NumPy that long. That is counted, not timed, so that a program
computes the same numbers each time that it runs.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from tapeflow.engine.compiler.compile import StoppedError, generates_code
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER, Node, Value
from tapeflow.engine.ir.primitive import Primitive, Structural
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.tensor import EagerTensor

WINDOW_NANOSECONDS = 40e6
LOOP_NANOSECONDS = 8e6
"""About what it takes to compile a convolution, and a loop."""
MOST = 256
"""So many signatures have code at a time: those last used."""
MOST_BYTES = 256 << 20
"""So much memory their plans have, at most."""

_lock = threading.Lock()
_compiled: OrderedDict[Generated, int] = OrderedDict()


class Generated:
    """What may run in place of a primitive's kernel, for one signature.

    Args:
      prim: the primitive.
      arrays: inputs of that signature.
      attrs: the attributes.
      spent: how long NumPy takes, in nanoseconds.

    Attributes:
      spent: the same.
      several: whether the primitive gives a tuple.
    """

    __slots__ = ("_attrs", "_prim", "_specs", "_step", "_taken", "_waits", "several", "spent")

    def __init__(self, prim: Primitive, arrays: Any, attrs: dict[str, Any], spent: float) -> None:
        self._prim = prim
        self._attrs = attrs
        self.spent = spent
        values = prim.value_inputs
        # Shape rules read the values of some inputs: they are part of the signature.
        self._specs = [
            Spec(FROM_NUMPY[a.dtype], a.shape, a.copy() if i in values else None)
            for i, a in enumerate(arrays)
        ]
        self._taken = [i for i in range(len(arrays)) if i not in values]
        is_window = isinstance(prim.lower, Structural) and prim.lower.kind == "Window"
        self._waits = int((WINDOW_NANOSECONDS if is_window else LOOP_NANOSECONDS) / spent)
        self._step: Any = None
        self.several = isinstance(prim.infer(*self._specs, **attrs), tuple)

    def __call__(self, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The outputs for eager tensors; None where the kernel is to run."""
        prim = self._prim
        if getattr(prim.kernel, "__module__", None) != prim.module or not generates_code():
            return None  # somebody watches the kernel
        step = self._step
        if step is None:
            if self._waits > 0:
                self._waits -= 1
                return None
            step = self._compile()
        else:
            _used(self)
        return step(inputs)  # type: ignore[no-any-return]

    def _compile(self) -> Any:
        from tapeflow.engine.backends.llvm.vector_builder import Unsupported
        from tapeflow.engine.compiler.native.program import ELIGIBLE, NativeRegion
        from tapeflow.engine.compiler.native.regions import Region

        node = self._node()
        try:
            if not ELIGIBLE(node):
                raise Unsupported(node.prim.name)
            region = Region([node], [id(v) for v in node.outputs])
            native = NativeRegion(region, "eager", (EagerTensor, EagerTensor))
        except Unsupported:
            self._step = _nothing
            return _nothing
        call = native.wrapping()
        taken = self._taken

        def step(inputs: tuple[Any, ...]) -> Any:
            try:
                return call(*[inputs[i] for i in taken])
            except StoppedError:
                return None  # the kernel tells what is wrong

        self._step = step
        _keep(self, native.plan.arena_bytes)
        return step

    def _node(self) -> Node:
        prim, values = self._prim, []
        for i, spec in enumerate(self._specs):
            source = Node(PLACEHOLDER, (), {}, f"input_{i}")
            if spec.value is not None:
                source = Node(CONST, (), {"value": spec.value}, f"input_{i}")
            value = Value(source, 0, spec)
            source.outputs = [value]
            values.append(value)
        node = Node(prim, tuple(values), self._attrs, prim.name)
        made = prim.infer(*self._specs, **self._attrs)
        specs = made if isinstance(made, tuple) else (made,)
        node.outputs = [Value(node, i, spec) for i, spec in enumerate(specs)]
        return node

    @property
    def is_compiled(self) -> bool:
        """Whether calls run generated code now."""
        return self._step is not None and self._step is not _nothing

    def forget(self) -> None:
        """Frees the code; the next call compiles anew."""
        self._step = None


def _nothing(inputs: tuple[Any, ...]) -> None:
    """What stands for code that cannot be generated."""


def _used(generated: Generated) -> None:
    """Notes that code is in use."""
    with _lock:
        if generated in _compiled:
            _compiled.move_to_end(generated)


def _keep(generated: Generated, size: int) -> None:
    """Keeps code whose plan has so many bytes, and forgets what was not used for longest."""
    with _lock:
        _compiled[generated] = size
        total = sum(_compiled.values())
        while len(_compiled) > MOST or (total > MOST_BYTES and len(_compiled) > 1):
            oldest, freed = _compiled.popitem(last=False)
            total -= freed
            oldest.forget()
