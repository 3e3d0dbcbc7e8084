"""How the program runs: eagerly, and what that makes of the notions of graphs."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from tapeflow.engine.core import nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


@export("executing_eagerly", "compat.v1.executing_eagerly")
def executing_eagerly() -> bool:
    """Whether operations run at once, which they do outside of traced functions.

    Returns:
      A bool.

    Example:
      >>> import tapeflow as tf
      >>> tf.executing_eagerly()
      True
    """
    return state.tracer is None


@export("compat.v1.executing_eagerly_outside_functions")
def executing_eagerly_outside_functions() -> bool:
    """Whether operations outside of functions run at once: where no `tf.Graph` is the default.

    Returns:
      A bool.
    """
    return _outside_functions() is None


@export("inside_function")
def inside_function() -> bool:
    """Whether a function is being traced.

    Returns:
      A bool.

    Example:
      >>> import tapeflow as tf
      >>> tf.inside_function()
      False
    """
    if state.tracer is None:
        return state.on_variable_made is not None  # in an init_scope of the function
    return bool(state.tracer.building_function)


@export("is_symbolic_tensor")
def is_symbolic_tensor(tensor: Any) -> bool:
    """Whether `tensor` stands for a value to come, in a function that is traced.

    Args:
      tensor: anything.

    Returns:
      A bool; False for eager tensors and for what is no tensor.
    """
    return isinstance(tensor, Tensor) and not isinstance(tensor, EagerTensor)


def _outside_functions() -> Any:
    """The graph around all functions that are traced, or None for eager mode."""
    graph = state.tracer
    while graph is not None and graph.building_function:
        graph = graph.outer_graph
    return graph


@contextlib.contextmanager
def outside_graphs() -> Iterator[None]:
    """Runs eagerly, with no tapes, whatever is being built around the `with` block."""
    before = state.tracer, state.recorders, state.left_graph
    state.left_graph = state.tracer or state.left_graph
    state.tracer = None
    state.recorders = ()
    try:
        yield
    finally:
        state.tracer, state.recorders, state.left_graph = before


@export("init_scope")
@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """Leaves the function being traced, and its tapes, for the `with` block.

    A `tf.Graph` that is the default is not left: it is no function's.

    Returns:
      A context manager.

    Example:
      >>> import tapeflow as tf
      >>> with tf.init_scope():
      ...     v = tf.Variable(1.0)
    """
    outermost = _outside_functions()
    if outermost is None:
        with outside_graphs():
            yield
        return
    before, state.tracer = state.tracer, outermost
    try:
        yield
    finally:
        state.tracer = before


@export("control_dependencies")
def control_dependencies(control_inputs: Any) -> Any:
    """Makes the operations inside run after others; in eager mode they do anyway.

    Args:
      control_inputs: a list of operations, tensors or functions, or None; functions are called.

    Returns:
      A context manager.

    Example:
      >>> import tapeflow as tf
      >>> with tf.control_dependencies([tf.constant(1)]):
      ...     x = tf.constant(2)
    """
    if state.tracer is not None:
        return state.tracer.control_dependencies(control_inputs)
    if callable(control_inputs):
        control_inputs()
    else:
        for item in control_inputs or ():
            if callable(item) and not isinstance(item, Tensor):
                item()
    return contextlib.nullcontext()


@export("group", "compat.v1.group")
def group(*inputs: Any, **kwargs: Any) -> Any:
    """One operation that is done when all of `inputs` are; in eager mode they are.

    Args:
      *inputs: operations, tensors, or nests of them.
      **kwargs: `name`, ignored in eager mode.

    Returns:
      None; while a function is traced, an operation.

    Raises:
      ValueError: for other keyword arguments.
      TypeError: for what is neither an operation nor a tensor, while a function is traced.

    Example:
      >>> import tapeflow as tf
      >>> v = tf.Variable(1.0)
      >>> tf.group(v.assign_add(1.0), tf.no_op())
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError("Unknown keyword arguments: " + ", ".join(kwargs))
    if state.tracer is None:
        return None
    items = nest.flatten(inputs, expand_composites=True)
    for item in items:
        if not isinstance(item, Tensor) and not hasattr(item, "op") and item is not None:
            if not hasattr(item, "node_def") and not hasattr(item, "_handle"):
                raise TypeError(
                    "'inputs' should be zero or more (nested) Tensors. "
                    f"Received '{item}' with type '{type(item)}'."
                )
    return state.tracer.group(items, name)


@export("no_op", "compat.v1.no_op")
def no_op(name: str | None = None) -> Any:
    """Does nothing.

    Args:
      name: name of the operation; ignored in eager mode.

    Returns:
      None; while a function is traced, an operation.
    """
    return None if state.tracer is None else state.tracer.no_op(name)


def _logger() -> logging.Logger:
    logger = logging.getLogger("tensorflow")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
        logger.addHandler(handler)
    return logger


@export("get_logger")
def get_logger() -> logging.Logger:
    """The logger that warnings go to, named `"tensorflow"`.

    Returns:
      A `logging.Logger`, with a handler that writes to stderr.

    Example:
      >>> import tapeflow as tf
      >>> tf.get_logger().name
      'tensorflow'
    """
    return _logger()


_GRADIENTS: dict[str, Any] = {}


@export("RegisterGradient")
class RegisterGradient:
    """Registers the gradient of an operation by its type, for graphs made elsewhere.

    Eager programs define gradients with `tf.custom_gradient`.

    Args:
      op_type: the type of the operation.

    Raises:
      TypeError: when it is no string.
      KeyError: (when decorating) when it has a gradient already.

    Example:
      >>> import tapeflow as tf
      >>> @tf.RegisterGradient("MyDoubling")
      ... def gradient(op, grad):
      ...     return 2 * grad
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f: Any) -> Any:
        """Registers `f`, and returns it."""
        if self._op_type in _GRADIENTS:
            raise KeyError(f"Registering two gradient with name {self._op_type!r}!")
        _GRADIENTS[self._op_type] = f
        return f


@export("no_gradient", "compat.v1.NotDifferentiable")
def no_gradient(op_type: str) -> None:
    """Registers that an operation has no gradient.

    Args:
      op_type: the type of the operation.

    Raises:
      TypeError: when it is no string.
      KeyError: when it has a gradient already.
    """
    RegisterGradient(op_type)(None)


@export("import_graph_def", "graph_util.import_graph_def", "compat.v1.import_graph_def")
def import_graph_def(
    graph_def: Any,
    input_map: Any = None,
    return_elements: Any = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> None:
    """Refused: there are no graphs of TensorFlow 1 here to put operations into.

    Args:
      graph_def: a GraphDef.
      input_map: tensors in place of the graph's inputs.
      return_elements: names of what to return.
      name: prefix of the names.
      op_dict: not used.
      producer_op_list: not used.

    Raises:
      TypeError: when `graph_def` is no GraphDef.
      RuntimeError: otherwise.
    """
    if type(graph_def).__name__ != "GraphDef":
        raise TypeError("Argument `graph_def` must be a GraphDef proto.")
    raise RuntimeError(
        "import_graph_def: tapeflow does not run GraphDefs; load a SavedModel or rebuild the model "
        "in Python."
    )
