"""Every registered method with settings that make it quick, and two tables for it."""

from __future__ import annotations

import numpy as np
import pytest

from torchbdi import OfflineData
from torchbdi.methods import registry
from torchbdi.methods.base import Method
from torchbdi.space import Space

SMALL = {"steps": 10, "starts": 8, "ascent_steps": 5, "rounds": 3}
UNDRAWN = ("bdi", "ntk_ascent", "best_rows", "bdi_search", "kernel_search")  # whatever the seed
SMALL_NETS = {
    **SMALL, "width": 16, "depth": 3, "net_epochs": 2, "rows_per_step": 20,
    "lists": 20, "list_batch": 2, "list_size": 5, "attacks": 2, "adaptations": 2, "vae_epochs": 2,
}  # fmt: skip
SMALL_ENSEMBLES = {
    "ensemble_epochs": 2, "hidden": 8, "generations": 3, "steps": 5, "batch": 16, "vae_epochs": 2,
    "latent": 2, "rounds": 2, "round_epochs": 1, "draws": 20, "draws_learnt": 20, "focus_epochs": 1,
    "gp_rows": 2, "q": 1, "samples": 8, "restarts": 1, "raw_samples": 4, "iterations": 3,
}  # fmt: skip


def small(name: str) -> Method:
    """A method or preset that takes less than a second."""
    fields = {field.name for field in registry.fields(name)}
    wanted = SMALL_NETS if "width" in fields else SMALL
    wanted = SMALL_ENSEMBLES if "bootstraps" in fields else wanted
    return registry.method(name, **{k: v for k, v in wanted.items() if k in fields})


@pytest.fixture(scope="module")
def letters() -> OfflineData:
    draw = np.random.default_rng(0)
    raw = draw.integers(0, 4, (60, 5))
    return OfflineData.from_raw(raw, (raw == 2).sum(1) + raw[:, 0] / 5, Space.sequence(5, "ACGT"))


@pytest.fixture(scope="module")
def numbers() -> OfflineData:
    draw = np.random.default_rng(1)
    raw = draw.normal(size=(60, 3))
    return OfflineData.from_raw(raw, raw[:, 0] - raw[:, 1] ** 2, Space.numbers(3))
