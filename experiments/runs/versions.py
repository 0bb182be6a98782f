"""Versions of the code and of what it stands on: written down with a run, and deciding nothing."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path

import torch

PACKAGES = ("torch", "lightning", "numpy", "design-bench", "scikit-learn", "gymnasium", "mujoco")


def versions() -> dict[str, str]:
    """Versions of the code and of what it stands on."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in ("torchbdi", *PACKAGES):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    found["commit"] = _commit()
    # Those that torch takes: not every processor, nor OMP_NUM_THREADS alone, says how many.
    found["threads"] = str(torch.get_num_threads())
    return found


def _commit() -> str:
    root = Path(__file__).parents[2]
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
