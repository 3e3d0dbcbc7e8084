"""Modules inside of TensorFlow that are not of its public API, and what programs import from them.

The list holds what Keras imports, and the addresses that classes take under the alias (see
`core/addresses.py`), so that what is pickled there can be read again.
"""

from __future__ import annotations

_ENGINE = "tapeflow.engine"
_DETERMINISM = ("disable_op_determinism", "enable_op_determinism", "is_op_determinism_enabled")

PRIVATE_MODULES: dict[str, dict[str, str]] = {
    "compiler.tf2xla.python.xla": {
        "dynamic_update_slice": f"{_ENGINE}.ops.array.slice_updates:dynamic_update_slice",
    },
    "python.data.ops.dataset_ops": {
        name: f"{_ENGINE}.data.dataset:{name}" for name in ("DatasetSpec", "DatasetV2")
    },
    "python.data.ops.iterator_ops": {
        name: f"{_ENGINE}.data.iterators:{name}"
        for name in ("IteratorBase", "IteratorSpec", "OwnedIterator")
    },
    "python.data.ops.options": {
        name: f"{_ENGINE}.data.options:{name}"
        for name in (
            "AutoShardPolicy",
            "AutotuneAlgorithm",
            "AutotuneOptions",
            "DistributeOptions",
            "ExternalStatePolicy",
            "OptimizationOptions",
            "Options",
            "ServiceOptions",
            "ThreadingOptions",
        )
    },
    "python.data.ops.optional_ops": {
        "_Optional": f"{_ENGINE}.ops.control_flow.optionals:_Optional",
    },
    "python.eager.context": {
        "async_wait": f"{_ENGINE}.compat.eager_context:async_wait",
        "context": f"{_ENGINE}.compat.eager_context:context",
        "eager_mode": f"{_ENGINE}.compat.eager_context:eager_mode",
        "executing_eagerly": f"{_ENGINE}.runtime.execution:executing_eagerly",
    },
    "python.framework.composite_tensor": {
        "CompositeTensor": f"{_ENGINE}.runtime.composite:CompositeTensor",
    },
    "python.framework.config": {
        name: f"{_ENGINE}.runtime.config_experimental:{name}" for name in _DETERMINISM
    },
    "python.framework.func_graph": {
        "FuncGraph": f"{_ENGINE}.tracing.func_graph:FuncGraph",
    },
    "python.framework.indexed_slices": {
        "IndexedSlices": f"{_ENGINE}.runtime.indexed_slices:IndexedSlices",
    },
    "python.framework.ops": {
        "EagerTensor": f"{_ENGINE}.runtime.tensor:EagerTensor",
        "Graph": f"{_ENGINE}.tracing.graph:Graph",
        "Operation": f"{_ENGINE}.tracing.operation:Operation",
        "SymbolicTensor": f"{_ENGINE}.tracing.symbolic:SymbolicTensor",
        "Tensor": f"{_ENGINE}.runtime.tensor:Tensor",
    },
    "python.framework.sparse_tensor": {
        "SparseTensor": f"{_ENGINE}.runtime.sparse_tensor:SparseTensor",
    },
    "python.framework.tensor": {
        "Tensor": f"{_ENGINE}.runtime.tensor:Tensor",
        "TensorSpec": f"{_ENGINE}.core.specs:TensorSpec",
    },
    "python.framework.tensor_util": {
        "is_tf_type": f"{_ENGINE}.ops.array.identities:is_tensor",
    },
    "python.framework.type_spec_registry": {
        "get_name": f"{_ENGINE}.compat.type_specs:get_name",
        "lookup": f"{_ENGINE}.compat.type_specs:lookup",
    },
    "python.ops.linalg.sparse.sparse_csr_matrix_ops": {
        name: f"{_ENGINE}.compat.sparse_matrices:{name}"
        for name in (
            "csr_sparse_matrix_to_sparse_tensor",
            "sparse_matrix_sparse_mat_mul",
            "sparse_tensor_to_csr_sparse_matrix",
        )
    },
    "python.ops.math_ops": {"is_nan": f"{_ENGINE}.ops.math.magnitude:is_nan"},
    "python.ops.ragged.ragged_tensor": {
        "RaggedTensor": f"{_ENGINE}.ops.ragged.ragged_tensor:RaggedTensor",
    },
    "python.trackable.autotrackable": {
        "AutoTrackable": f"{_ENGINE}.core.tracking:AutoTrackable",
    },
    "python.trackable.base": {"Trackable": f"{_ENGINE}.core.tracking:Trackable"},
    "python.trackable.data_structures": {
        "ListWrapper": f"{_ENGINE}.core.tracking:ListWrapper",
        "_DictWrapper": f"{_ENGINE}.core.tracking:_DictWrapper",
    },
    "python.types.core": {"Tensor": f"{_ENGINE}.core.tensor_type:Tensor"},
}
"""Dotted name below `tensorflow` -> name -> `"module:attribute"`."""


def contents(path: str) -> tuple[dict[str, str], tuple[str, ...]] | None:
    """What the private module `tensorflow.PATH` holds: names, and modules below it.

    Args:
      path: such as `"python.eager.context"` or `"python.eager"`.

    Returns:
      The names with their places, and the names of the modules below; None for no such module.
    """
    below = {
        other.removeprefix(f"{path}.").partition(".")[0]
        for other in PRIVATE_MODULES
        if other.startswith(f"{path}.")
    }
    if path not in PRIVATE_MODULES and not below:
        return None
    return PRIVATE_MODULES.get(path, {}), tuple(sorted(below))
