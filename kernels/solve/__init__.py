"""Large symmetric solves: the matrix by tiles, Cholesky, conjugate gradients, and their plan.

A solver reads a matrix through ``GramOperator`` only. Nothing here knows a kernel function or a
design; what is peculiar to zonal kernels belongs to ``zonal``.
"""
