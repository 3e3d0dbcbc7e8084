"""`GradientTape`: records what is computed, and differentiates it."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tapeflow.engine.autodiff.backward import add_reads, backward, seed_for
from tapeflow.engine.autodiff.explain import Explainer
from tapeflow.engine.autodiff.graph_gradients import carries_gradient
from tapeflow.engine.autodiff.jacobians import batch_jacobian, check_batches, jacobian
from tapeflow.engine.autodiff.unconnected import NONE, ZERO, UnconnectedGradients
from tapeflow.engine.core import nest
from tapeflow.engine.core.context import current_recorders, set_recorders
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.core.frames import user_location
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE
from tapeflow.engine.ops.array.creation import zeros
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert, convert_operand
from tapeflow.engine.runtime.dispatch import DIFFERENTIABLE
from tapeflow.engine.runtime.indexed_slices import IndexedSlices
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tapeflow.engine.autodiff.backward import Record

_log = logging.getLogger("tensorflow")


@export("GradientTape", "autodiff.GradientTape")
class GradientTape:
    """Records operations so that their results can be differentiated.

    Operations count when one of their inputs is watched: trainable variables are on their own,
    tensors after `watch`.

    Args:
      persistent: whether `gradient` may be called more than once; the records are then kept until
        the tape is dropped.
      watch_accessed_variables: whether trainable variables are watched when they are read.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant(3.0)
      >>> with tf.GradientTape() as tape:
      ...     tape.watch(x)
      ...     y = x * x
      >>> tape.gradient(y, x).numpy()
      np.float32(6.0)
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = persistent
        self._watch_accessed = watch_accessed_variables
        self._recording = self._entered = False
        self._used = True  # until it is entered, there is nothing to differentiate
        self._clear()

    def _clear(self) -> None:
        self.tracked: set[int] = set()
        self._records: list[Record] = []
        self.log = self._records.append
        # Whether some tracked tensors carry no gradient, because they are integers or come from an
        # operation that has none. They are followed all the same, for `explain`.
        self._mixed = False
        self._watched: list[Any] = []
        # Tensors read from variables, with the ids of the variables' handles.
        self._reads: list[tuple[Any, int]] = []
        self._variables: dict[int, Any] = {}
        self._explainer: Explainer | None = None

    # Recording: called by dispatch, for tracked inputs only.

    def record(
        self, prim: Any, inputs: tuple[Any, ...], outputs: tuple[Any, ...], attrs: Any
    ) -> None:
        """Notes one execution."""
        stops = prim.vjp is NOT_DIFFERENTIABLE
        for t in outputs:
            self.tracked.add(id(t))
            if not _carries_gradient(t):
                stops = True
        if stops:
            self._mixed = True
            self._notes().locations[len(self._records)] = user_location()
        self.log((prim, inputs, outputs, attrs))

    def _live(self) -> set[int]:
        """Ids of the tracked tensors through which a gradient can pass."""
        live = {id(t) for t in self._watched}
        live.update(self._variables)
        live.update([id(t) for t, _ in self._reads])
        for prim, inputs, outputs, _ in self._records:
            if prim.vjp is not NOT_DIFFERENTIABLE and any(id(t) in live for t in inputs):
                live.update([id(t) for t in outputs if _carries_gradient(t)])
        return live

    def variable_read(self, variable: Any, tensor: Any) -> None:
        """Watches a trainable variable that is read, and links the tensor read to it."""
        key = id(variable._handle)
        tracked = self.tracked
        if key not in tracked:
            if not (self._watch_accessed and variable._trainable):
                return
            if variable._dtype.np not in DIFFERENTIABLE:
                return
            self._variables[key] = variable
            tracked.add(key)
        if id(tensor) not in tracked:  # in a graph, the handle stands for all reads of a variable
            self._reads.append((tensor, key))
            tracked.add(id(tensor))

    def left(self, tensor: Any) -> None:
        """Notes that a tensor's values went to NumPy."""
        self._notes().exits.append((tensor, user_location()))

    def _notes(self) -> Explainer:
        if self._explainer is None:
            self._explainer = Explainer()
        return self._explainer

    # The public interface.

    def __enter__(self) -> GradientTape:
        if self._recording:
            raise ValueError("Tape is still recording; it can't be entered again.")
        if self._used:
            if self.tracked:
                self._clear()
            self._used = False
        self._recording = self._entered = True
        set_recorders((*current_recorders(), self))
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        recorders = current_recorders()
        if len(recorders) == 1 and recorders[0] is self:
            self._recording = False
            set_recorders(())
        elif self._recording:
            self._stop()

    def _start(self) -> None:
        self._recording = True
        set_recorders((*current_recorders(), self))

    def _stop(self) -> None:
        if not self._recording:
            raise ValueError("Tape is not recording.")
        self._recording = False
        set_recorders(tuple([r for r in current_recorders() if r is not self]))

    def watch(self, tensor: Any) -> None:
        """Makes the tape record what is computed from a tensor or variable.

        Args:
          tensor: a tensor or variable, or a nest of them; integer tensors cannot be differentiated
            and draw a warning.

        Raises:
          ValueError: for anything else.
        """
        for t in nest.flatten(tensor, expand_composites=True):
            handle = handle_of(t)
            if handle is None and not isinstance(t, Tensor):
                raise ValueError(
                    f"Passed in object {t!r} of type {type(t).__name__!r}, not tf.Tensor or "
                    "tf.Variable or ExtensionType."
                )
            dtype = as_dtype(t.dtype)  # Keras's variables have its name
            if not (dtype.is_floating or dtype.is_complex):
                _log.warning(
                    "The dtype of the watched tensor must be floating (e.g. tf.float32), got %r",
                    t.dtype,
                )
                continue
            if handle is not None:
                self._variables.setdefault(id(handle), t)
                self.tracked.add(id(handle))
                continue
            self._watched.append(t)
            self.tracked.add(id(t))

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Pauses the tape for the operations inside the `with` block.

        Raises:
          ValueError: when the tape is not recording.
          RuntimeError: when it never was.
        """
        if not self._entered:
            raise RuntimeError("Trying to stop recording a tape which is not recording.")
        self._stop()
        try:
            yield
        finally:
            self._start()

    def reset(self) -> None:
        """Forgets everything recorded so far; a tape that records goes on recording."""
        self._clear()

    def watched_variables(self) -> tuple[Any, ...]:
        """The variables watched, in the order in which they were first read.

        Returns:
          A tuple of variables.
        """
        return tuple(self._variables.values())

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = NONE,
    ) -> Any:
        """Differentiates `target` with respect to `sources`.

        Args:
          target: a tensor, or a nest of tensors, whose sum of elements is differentiated.
          sources: a tensor or variable, or a nest of them.
          output_gradients: for each target, what to weight its elements with instead of ones.
          unconnected_gradients: what to give for a source that the target does not depend on:
            `tf.UnconnectedGradients.NONE` or `.ZERO`.

        Returns:
          A nest like `sources` of tensors, `tf.IndexedSlices` or None.

        Raises:
          RuntimeError: on a second call, unless the tape is persistent.
          TypeError: when a target or source is no tensor.
          ValueError: when `unconnected_gradients` is neither of the two.
        """
        if output_gradients is None and type(target) is EagerTensor and type(sources) is list:
            grads = self._loss_gradient(target, sources)
            if grads is not None:
                return grads
        flat_sources, keys, unconnected = self._begin(sources, unconnected_gradients)
        targets = [target] if type(target) is EagerTensor else _flat(target)
        if output_gradients is None:
            seeds: list[Any] = [None] * len(targets)
        else:
            seeds = _flat(output_gradients)
            if len(seeds) < len(targets):
                raise ValueError(
                    f"gradient: expected one output gradient per target; received {len(seeds)} for "
                    f"{len(targets)} targets"
                )
        found = self._differentiate(targets, seeds, keys)
        return self._end(sources, flat_sources, [found.get(key) for key in keys], unconnected, ())

    def _loss_gradient(self, loss: EagerTensor, variables: list[Any]) -> list[Any] | None:
        """The gradient of a scalar by variables in one piece; None where it takes the general way.

        This is what a training step asks for, and a third faster so.
        """
        if self._used or self._mixed or self._recording or self._persistent or loss._array.ndim:
            return None
        if id(loss) not in self.tracked or self._explainer is not None:
            return None
        cotangents: dict[int, Any] = {id(loss): convert_operand(1, loss, "seed")}
        grads = []
        try:
            keys = [id(v._handle) for v in variables]
        except AttributeError:
            keys = [id(handle_of(v)) for v in variables]
        backward(self._records, self.tracked, cotangents, _KEEP_NONE)
        add_reads(self._reads, cotangents)
        for key in keys:
            grad = cotangents.get(key)
            if grad is None:
                return None
            grads.append(grad)
        self._used = True
        self._drop()
        return grads

    def _begin(self, sources: Any, unconnected_gradients: Any) -> tuple[list[Any], list[int], Any]:
        """Checks that the tape may be used, and stops it; the leaves of `sources` and their ids."""
        if self._used:
            raise RuntimeError(
                "A non-persistent GradientTape can only be used to compute one set of gradients "
                "(or jacobians). Pass persistent=True to tf.GradientTape to compute more."
            )
        unconnected = NONE
        if unconnected_gradients is not NONE:
            unconnected = UnconnectedGradients.from_value(unconnected_gradients)
        if self._recording:
            if self._persistent:
                _log.warning(
                    "Calling GradientTape.gradient on a persistent tape inside its context is "
                    "slower and takes more memory than outside of it: the gradient is recorded too."
                )
            else:
                self._stop()
        if type(sources) is list:
            try:  # by far the most common: a list of variables
                return sources, [id(s._handle) for s in sources], unconnected
            except AttributeError:
                pass
        flat_sources = _flat(sources)
        return flat_sources, [_key(s) for s in flat_sources], unconnected

    def _end(
        self, sources: Any, flat_sources: list[Any], flat: list[Any], unconnected: Any, lead: Any
    ) -> Any:
        """Packs the results like `sources` and frees the records of a tape that is used up."""
        missing = False
        for grad in flat:  # `None in flat` would compare tensors
            if grad is None:
                missing = True
        if missing:
            self._notes().remember(self._records, self._watched, self._variables, self._reads)
            if unconnected is ZERO:
                for i, source in enumerate(flat_sources):
                    if flat[i] is None:
                        flat[i] = zeros([*lead, *source.shape.as_list()], source.dtype)
        elif self._explainer is not None:
            self._explainer.remember(self._records, self._watched, self._variables, self._reads)
        if not self._persistent:
            self._used = True
            self._drop()
        if type(sources) is list and len(sources) == len(flat):
            return flat
        return nest.pack_sequence_as(sources, flat)

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Computes the derivative of each element of `target` by each element of `sources`.

        Args:
          target: tensor to be differentiated.
          sources: a tensor or variable, or a nest of them.
          unconnected_gradients: as in `gradient`.
          parallel_iterations: accepted and not used.
          experimental_use_pfor: accepted and not used: elements are differentiated one by one.

        Returns:
          A nest like `sources` of tensors of shape `target.shape + source.shape`, or None.

        Raises:
          RuntimeError: on a second use, unless the tape is persistent.

        Example:
          >>> import tapeflow as tf
          >>> x = tf.constant([1.0, 2.0])
          >>> with tf.GradientTape() as tape:
          ...     tape.watch(x)
          ...     y = x * x
          >>> tape.jacobian(y, x).numpy()
          array([[2., 0.],
                 [0., 4.]], dtype=float32)
        """
        flat_sources, keys, unconnected = self._begin(sources, unconnected_gradients)
        flat = jacobian(self._differentiate, target, flat_sources, keys)
        return self._end(sources, flat_sources, flat, unconnected, target.shape.as_list())

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Computes the Jacobian of each example of a batch.

        Args:
          target: tensor of shape `[batch, ...]`, of which row i depends on row i of `source` only.
          source: tensor of shape `[batch, ...]`.
          unconnected_gradients: as in `gradient`.
          parallel_iterations: accepted and not used.
          experimental_use_pfor: accepted and not used.

        Returns:
          A tensor of shape `[batch] + target.shape[1:] + source.shape[1:]`, or None.

        Raises:
          RuntimeError: on a second use, unless the tape is persistent.
          ValueError: when the first dimensions differ or a tensor is a scalar.
        """
        flat_sources, keys, unconnected = self._begin(source, unconnected_gradients)
        check_batches(target, source)
        flat = [batch_jacobian(self._differentiate, target, source, keys[0])]
        lead = target.shape.as_list()
        if flat[0] is None and unconnected is ZERO:
            flat[0] = zeros([*lead, *source.shape.as_list()[1:]], source.dtype)
        return self._end(source, flat_sources, flat, NONE, [])

    def explain(self, target: Any, source: Any) -> str:
        """Says why the gradient of `target` with respect to `source` is None.

        Args:
          target: the tensor (or variable) that was differentiated.
          source: the tensor or variable whose gradient is None.

        Returns:
          One paragraph that names the reason and, for an operation, the line of the program. It
          works before and after `gradient`.

        Example:
          >>> import tapeflow as tf
          >>> x = tf.constant(2.0)
          >>> with tf.GradientTape() as tape:
          ...     y = x * x
          >>> tape.gradient(y, x) is None
          True
          >>> "never watched" in tape.explain(y, x)
          True
        """
        notes = self._notes()
        if self._records or not self._used:
            notes.remember(self._records, self._watched, self._variables, self._reads)
        return notes.explain(target, source)

    def _differentiate(
        self, targets: list[Any], seeds: list[Any], keys: list[int]
    ) -> dict[int, Any]:
        cotangents: dict[int, Any] = {}
        live = self._live() if self._mixed else self.tracked
        for target, seed in zip(targets, seeds):
            if type(target) is EagerTensor and target._array.dtype in DIFFERENTIABLE:
                key = id(target)
                if key not in live:
                    continue
            else:
                owner = _target_owner(target)
                if owner is None or id(owner) not in live:
                    continue
                key = id(owner)
                if owner is not target:
                    target = convert(target)
            seed = seed_for(target) if seed is None else convert(seed, target.dtype)
            cotangents[key] = cotangents[key] + seed if key in cotangents else seed
        if cotangents:
            backward(self._records, live, cotangents, frozenset(keys))
            add_reads(self._reads, cotangents)
        return cotangents

    def _drop(self) -> None:
        """Frees the recorded tensors."""
        self._records = []
        self.log = self._records.append
        self._watched = []
        self._reads = []
        if self._explainer is not None:
            self._explainer.forget_tensors()


_KEEP_NONE: frozenset[int] = frozenset()


def _target_owner(target: Any) -> Any:
    """What a tape knows a target by: itself, or a variable's handle; None for an integer.

    Raises:
      TypeError: when the target is None.
      AttributeError: when it is no tensor or variable.
    """
    if target is None:
        raise TypeError(
            "Argument `target` should be a list or nested structure of Tensors, Variables or "
            "CompositeTensors to be differentiated, but received None."
        )
    handle = handle_of(target)
    if handle is None and not isinstance(target, Tensor):
        raise AttributeError(
            f"gradient: expected a tensor or variable as target; received {type(target).__name__}"
        )
    dtype = as_dtype(target.dtype)
    if not (dtype.is_floating or dtype.is_complex):
        _log.warning(
            "The dtype of the target tensor must be floating (e.g. tf.float32) when calling "
            "GradientTape.gradient, got %r",
            target.dtype,
        )
        return None
    return target if handle is None else handle


def _carries_gradient(t: Any) -> bool:
    array = getattr(t, "_array", None)
    return carries_gradient(t) if array is None else array.dtype in DIFFERENTIABLE


def _flat(structure: Any) -> list[Any]:
    """The leaves of a structure of tensors, variables and `IndexedSlices`."""
    if type(structure) is list:
        for leaf in structure:
            if type(leaf) is not EagerTensor and not hasattr(leaf, "_handle"):
                return nest.flatten(structure)
        return structure
    if type(structure) is EagerTensor:
        return [structure]
    return nest.flatten(structure)


def _key(source: Any) -> int:
    """The id under which a tape knows a source."""
    if type(source) is EagerTensor:
        return id(source)
    handle = handle_of(source)
    if handle is not None:
        return id(handle)
    if isinstance(source, IndexedSlices):
        return id(source.values)
    if not isinstance(source, Tensor) and not is_composite(source):
        raise TypeError(
            f"gradient: expected tensors or variables as sources; received {source!r} of type "
            f"{type(source).__name__}"
        )
    return id(source)
