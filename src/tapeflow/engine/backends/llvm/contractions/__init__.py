"""Generated kernels for sums of products: matrix multiplication, alone, batched and by `einsum`."""

from tapeflow.engine.backends.llvm.contractions.epilogues import Epilogue, Store, View
from tapeflow.engine.backends.llvm.contractions.equations import Contraction, Operand, as_matmul
from tapeflow.engine.backends.llvm.contractions.matmul import matmul
from tapeflow.engine.backends.llvm.contractions.prepared import prepared, prepared_left

__all__ = [
    "Contraction", "Epilogue", "Operand", "Store", "View", "as_matmul", "matmul", "prepared",
    "prepared_left",
]  # fmt: skip
