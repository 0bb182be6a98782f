"""Experiments with torchbdi: ``python -m experiments.train task=tfbind8``.

The files here are command lines, and thin. What they do stands in the rooms beside them, and what
serves any table, with no task in it, belongs to ``torchbdi``.
"""
