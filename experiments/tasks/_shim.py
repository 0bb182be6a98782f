"""Makes design-bench 2.0.20 importable on current Python, without its 8 GB of dependencies.

design-bench's own requirements (TensorFlow, deepchem, transformers, gym, mujoco-py, ...) no longer
install together, and its import aborts. Installed with --no-deps it needs three things:

* numpy names that numpy 2 removed;
* something in the four module slots that import deepchem, gym or mujoco-py. The robots' slots hold
  our ports of the simulators; the other holds a class that says what is missing when it is used;
* the folder where its data files are.
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np

from torchbdi import MissingDataError, MissingDependencyError

STUBS = {
    "design_bench.oracles.feature_extractors.morgan_fingerprint_features": (
        "MorganFingerprintFeatures"
    ),
}
HOPPER_SLOT = "design_bench.oracles.exact.hopper_controller_oracle"
ANT_SLOT = "design_bench.oracles.exact.ant_morphology_oracle"
DKITTY_SLOT = "design_bench.oracles.exact.dkitty_morphology_oracle"
INSTALL = "pip install --no-deps design-bench==2.0.20"


def load_design_bench(data_dir: Path) -> Any:
    """Imports design-bench and points it at a data folder.

    Args:
        data_dir: folder in design-bench's layout (``tf_bind_8-SIX6_REF_R1/...``).

    Returns:
        The ``design_bench`` module.

    Raises:
        MissingDependencyError: design-bench is not installed; the message holds the command.
    """
    for name, value in {
        "NINF": -np.inf,
        "PINF": np.inf,
        "NaN": np.nan,
        "bool": np.bool_,
        "loads": _refuse_pickle,
    }.items():
        if name not in np.__dict__:
            setattr(np, name, value)
    for module_name, class_name in STUBS.items():
        _fill_slot(module_name, class_name)
    try:
        design_bench = importlib.import_module("design_bench")
        resource = importlib.import_module("design_bench.disk_resource")
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"design-bench cannot be imported ({error}). Install it with: {INSTALL}"
        ) from error
    # Our ports need design_bench's base classes, and are in their slots before they are first used.
    ports = importlib.import_module("experiments.oracles.slots")
    for slot in (HOPPER_SLOT, ANT_SLOT, DKITTY_SLOT):
        sys.modules.setdefault(slot, ports)
    resource.DATA_DIR = str(data_dir)  # type: ignore[attr-defined]
    return design_bench


def _refuse_pickle(*_: object) -> None:
    raise MissingDataError("design-bench's fitted oracles are pickles, which may run anything.")


def _fill_slot(module_name: str, class_name: str) -> None:
    if module_name in sys.modules:
        return

    def predict(self: object, *_: object) -> None:
        raise NotImplementedError(f"{class_name} is not one of torchbdi's design-bench tasks.")

    def accept(self: object, *_: object, **__: object) -> None:
        """design-bench makes some of these while it is imported."""

    module = types.ModuleType(module_name)
    members = {"__init__": accept, "predict": predict}
    setattr(module, class_name, type(class_name, (), members))
    sys.modules[module_name] = module
