"""Generates native code for CPUs, through llvmlite: kernels as LLVM IR text, and what runs them."""
