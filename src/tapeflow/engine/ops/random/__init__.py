"""Random numbers: TensorFlow's Philox generator, its seed rules and distributions, bit for bit."""
