"""All primitives of the engine, their samples, and how the kernel of one is run."""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
import pkgutil
from typing import Any

import numpy as np

import tapeflow.engine
from harness.canonical import FREE
from tapeflow.engine.core.dtypes import FROM_NUMPY, DType
from tapeflow.engine.core.errors import OpError
from tapeflow.engine.ir.primitive import REGISTRY, Primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec


@functools.cache
def import_engine() -> dict[str, str]:
    """Imports every module of the engine; returns the failures: module -> message."""
    failed = {}
    for module in pkgutil.walk_packages(tapeflow.engine.__path__, "tapeflow.engine."):
        try:
            importlib.import_module(module.name)
        except Exception as error:
            failed[module.name] = f"{type(error).__name__}: {error}"
    return failed


def primitives() -> list[Primitive]:
    """Every primitive, by name."""
    import_engine()
    return [REGISTRY[name] for name in sorted(REGISTRY)]


def module_of(prim: Primitive) -> str:
    """The engine module that declares a primitive."""
    return declared_in()[prim.name]


@functools.cache
def declared_in() -> dict[str, str]:
    """Name of a primitive -> the module that holds it."""
    import sys

    found: dict[str, str] = {}
    import_engine()
    for name, module in sorted(sys.modules.items()):
        if name.startswith("tapeflow.engine.") and module is not None:
            for value in list(vars(module).values()):
                if isinstance(value, Primitive):
                    former = found.get(value.name)
                    # Other modules import it; it is declared where its rules are.
                    if former is None or _declares(module, value):
                        found[value.name] = name
    for prim in REGISTRY.values():
        found.setdefault(prim.name, prim.module or "tapeflow.engine")
    return found


def _declares(module: Any, prim: Primitive) -> bool:
    rules = (prim.vjp, prim.lower, prim.samples, prim.kernel, prim.infer)
    codes = [getattr(rule, "__code__", None) for rule in rules]
    path = os.path.abspath(module.__file__)
    if any(code is not None and os.path.abspath(code.co_filename) == path for code in codes):
        return True
    return False


@functools.cache
def samples_of(name: str) -> tuple[Sample, ...]:
    """The samples of a primitive: the same in every run and on every machine."""
    with np.errstate(all="ignore"):
        found = tuple(REGISTRY[name].samples(Draw()))
    for sample in found:
        sample.inputs = tuple(np.asarray(a) for a in sample.inputs)
    return found


def sample_key(prim: Primitive, sample: Sample) -> str:
    """Names a sample in golden files: another input is another sample."""
    text = hashlib.sha256()
    for array in sample.inputs:
        text.update(f"{array.dtype}{array.shape}".encode())
        if array.dtype == object:
            text.update(repr(array.tolist()).encode())
        else:
            text.update(np.ascontiguousarray(array).tobytes())
    for name in sorted(sample.attrs):
        text.update(f"{name}={attribute_text(sample.attrs[name])}".encode())
    return f"{prim.name} {text.hexdigest()[:8]}"


def gradient_key(key: str) -> str:
    """Where the gradient of a sample is recorded."""
    return f"{key} gradient"


def has_recorded_gradient(prim: Primitive, sample: Sample) -> bool:
    """Whether the gradient at a sample is compared with TensorFlow's: in single precision.

    Not that of outputs which hold a free choice, nor where NaN and infinities pick the elements.
    """
    if prim.name in FREE:
        return False
    if not prim.elementwise and not all(_finite(a) for a in sample.inputs):
        return False
    floating = {a.dtype for a in sample.inputs if a.dtype.kind == "f"}
    return floating == {np.dtype(np.float32)} and all(
        a.size <= 200 and a.dtype.kind in "fiub" for a in sample.inputs
    )


def _finite(array: np.ndarray) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def attribute_text(value: Any) -> str:
    return value.name if isinstance(value, DType) else repr(value)


def run_kernel(prim: Primitive, arrays: Any, attrs: dict[str, Any]) -> tuple[np.ndarray, ...]:
    """The outputs of a kernel, as dispatch would wrap them."""
    with np.errstate(all="ignore"):
        out = prim.kernel(*arrays, **attrs)
    outputs = out if type(out) is tuple else (out,)
    return tuple(_as_array(o) for o in outputs)


def error_of(prim: Primitive, sample: Sample) -> OpError | None:
    """The error that a kernel raises for the values of a sample; None for nearly all samples."""
    try:
        run_kernel(prim, sample.inputs, sample.attrs)
    except OpError as error:
        return error
    return None


def _as_array(value: Any) -> np.ndarray:
    if isinstance(value, (bytes, str)):
        cell = np.empty((), object)
        cell[()] = value
        return cell
    return np.asarray(value)


def spec_of(array: np.ndarray, value: bool = True) -> Spec:
    """What is known of an array in eager mode."""
    return Spec(FROM_NUMPY[array.dtype], array.shape, array if value else None)


def infer(prim: Primitive, specs: Any, attrs: dict[str, Any]) -> tuple[Spec, ...]:
    """The specs of all outputs."""
    out = prim.infer(*specs, **attrs)
    return out if isinstance(out, tuple) else (out,)


def text_of(sample: Sample) -> str:
    """A sample in error messages."""
    text = repr(sample)
    small = [a for a in sample.inputs if a.size <= 8]
    if small and len(small) == len(sample.inputs):
        text += " = " + ", ".join(str(a.tolist()) for a in small)
    return text
