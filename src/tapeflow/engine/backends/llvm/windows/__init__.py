"""Generated kernels for what slides windows over images: convolution, pooling, their gradients."""

from tapeflow.engine.backends.llvm.windows.lowered import Lowered, Step
from tapeflow.engine.backends.llvm.windows.lowering import lower_window, supports, takes_epilogue

__all__ = ["Lowered", "Step", "lower_window", "supports", "takes_epilogue"]
