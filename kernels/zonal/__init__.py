"""Kernels of networks without biases: functions of an angle, fitted once by one polynomial.

Profiles, Gram matrices by tiles, and BDI's sweep over the data stand here, with the choice between
their forms. What holds with biases too belongs to ``relu``, what only solves to ``solve``.
"""
