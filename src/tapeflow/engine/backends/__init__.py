"""Code generators: each knows the intermediate representation and nothing above it."""
