"""The arc-cosine recursions of infinitely wide ReLU networks, with and without biases.

Formulas of the kernels and their diagonal stand here, for matrices that fit into memory. Nothing
here knows of tiles, of solvers or of profiles.
"""
