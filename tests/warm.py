"""Imports what a run imports late, for the process that tests copy (see forked.py)."""

import importlib
from pathlib import Path

import torch

from experiments.runs.config import compose_config
from experiments.tasks._shim import load_design_bench
from torchbdi import NTK
from torchbdi.solved import Prediction

compose_config([])  # the files of all tasks and methods, and Hydra's plugins
load_design_bench(Path())
for name in (
    "design_bench.datasets.discrete.tf_bind_8_dataset", "design_bench.oracles.exact",
    "matplotlib.backends.backend_agg", "torch.utils.tensorboard", "pandas",
):  # fmt: skip
    importlib.import_module(name)

# What numba has compiled is read at the first call, in one thread: a copy of a process with more
# has none of them.
threads = torch.get_num_threads()
torch.set_num_threads(1)
table = torch.eye(3, dtype=torch.float64)
f = Prediction(NTK(), table, table[0])
f(table)
f._pairs(table, [(slice(0, 3), table)], torch.zeros(3, 3, dtype=torch.int64), table + 1)
torch.set_num_threads(threads)
