"""Ten training workloads beside TensorFlow, JAX and PyTorch; `python -m benchmarks.training`."""
