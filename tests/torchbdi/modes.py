"""Modes of torch that somebody else has set."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch

MODES = ["default float16", "default float64", "default bfloat16", "default meta", "no grad",
         "inference", "autocast"]  # fmt: skip


@contextlib.contextmanager
def mode(name: str) -> Iterator[None]:
    """Sets a mode: "default" with a dtype or "meta", "no grad", "inference" or "autocast"."""
    default = name.removeprefix("default ")
    if default == "meta":
        torch.set_default_device("meta")
    elif default != name:
        torch.set_default_dtype(getattr(torch, default))
    manager: Any = {
        "no grad": torch.no_grad(),
        "inference": torch.inference_mode(),
        "autocast": torch.autocast("cpu", torch.bfloat16),
    }.get(name, contextlib.nullcontext())
    try:
        with manager:
            yield
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
