"""Imports what a run imports late, for the process that tests copy (see forked.py)."""

import importlib
from pathlib import Path

from experiments.runs.config import compose_config
from experiments.tasks._shim import load_design_bench

compose_config([])  # the files of all tasks and methods, and Hydra's plugins
load_design_bench(Path())
for name in (
    "design_bench.datasets.discrete.tf_bind_8_dataset", "design_bench.oracles.exact",
    "matplotlib.backends.backend_agg", "torch.utils.tensorboard",
):  # fmt: skip
    importlib.import_module(name)
