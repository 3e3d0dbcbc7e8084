"""`tf.sysconfig`, and what `tf.test` says of the build: a CPU, and no other hardware."""

from __future__ import annotations

import platform
from collections import OrderedDict
from typing import Any, NoReturn

from tapeflow.engine.core.errors import UnimplementedError
from tapeflow.engine.core.export import export, export_value

CXX11_ABI_FLAG = 1
CXX_VERSION = 201703
MONOLITHIC_BUILD = 0
for _name in ("CXX11_ABI_FLAG", "CXX_VERSION", "MONOLITHIC_BUILD"):
    export_value(_name, f"sysconfig.{_name}")


@export("sysconfig.get_build_info")
def get_build_info() -> OrderedDict[str, Any]:
    """How this package was built: in Python, for CPUs.

    Returns:
      An ordered dict with TensorFlow's keys that exist on CPUs.

    Example:
      >>> import tapeflow as tf
      >>> tf.sysconfig.get_build_info()["is_cuda_build"]
      False
    """
    return OrderedDict(
        (
            ("cpu_compiler", "none"),
            ("is_cuda_build", False),
            ("is_rocm_build", False),
            ("is_tensorrt_build", False),
        )
    )


def _no_headers(what: str) -> NoReturn:
    raise UnimplementedError(
        None,
        None,
        f"tf.sysconfig.{what}: tapeflow has no C++ library that extensions could link to.",
    )


@export("sysconfig.get_include")
def get_include() -> NoReturn:
    """Refused: there are no C++ headers.

    Raises:
      tf.errors.UnimplementedError: always.
    """
    _no_headers("get_include")


@export("sysconfig.get_lib")
def get_lib() -> NoReturn:
    """Refused: there is no C++ library.

    Raises:
      tf.errors.UnimplementedError: always.
    """
    _no_headers("get_lib")


@export("sysconfig.get_compile_flags")
def get_compile_flags() -> NoReturn:
    """Refused: there are no C++ headers.

    Raises:
      tf.errors.UnimplementedError: always.
    """
    _no_headers("get_compile_flags")


@export("sysconfig.get_link_flags")
def get_link_flags() -> NoReturn:
    """Refused: there is no C++ library.

    Raises:
      tf.errors.UnimplementedError: always.
    """
    _no_headers("get_link_flags")


@export("test.is_gpu_available", "compat.v1.test.is_gpu_available")
def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: Any = None) -> bool:
    """Whether there is a GPU: no.

    Args:
      cuda_only: whether only CUDA's count.
      min_cuda_compute_capability: what they must be capable of.

    Returns:
      False.
    """
    return False


@export("test.gpu_device_name")
def gpu_device_name() -> str:
    """The name of the GPU: none.

    Returns:
      `""`.
    """
    return ""


@export("test.is_built_with_cuda")
def is_built_with_cuda() -> bool:
    """Whether this package was built for CUDA: no.

    Returns:
      False.
    """
    return False


@export("test.is_built_with_rocm")
def is_built_with_rocm() -> bool:
    """Whether this package was built for ROCm: no.

    Returns:
      False.
    """
    return False


@export("test.is_built_with_gpu_support")
def is_built_with_gpu_support() -> bool:
    """Whether this package was built for GPUs: no.

    Returns:
      False.
    """
    return False


@export("test.is_built_with_xla")
def is_built_with_xla() -> bool:
    """Whether this package was built with XLA: no.

    Returns:
      False.
    """
    return False


@export("test.is_cpu_target_available")
def is_cpu_target_available(target: str) -> bool:
    """Whether this machine's CPU is of a kind.

    Args:
      target: `"x86"`, `"arm"`, `"aarch64"`, ...

    Returns:
      A bool.
    """
    machine = platform.machine().lower()
    x86 = machine in ("x86_64", "amd64", "i386", "i686")
    return x86 if target == "x86" else target in machine or machine.startswith(target)
