"""Experiments with torchbdi: ``python -m experiments.train task=tfbind8``."""
