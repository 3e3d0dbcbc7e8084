"""Neural networks: activations, convolution, pooling, normalization, losses."""
