"""Batched solves with many small matrices, differentiable: one for each group of designs.

A matrix here fits into a register file or a cache. Whatever goes by tiles belongs to ``solve``.
"""
