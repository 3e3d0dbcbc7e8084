"""Matrix products, decompositions, solvers and the functions built on them."""
