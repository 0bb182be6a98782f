"""Trainers that write nothing and say nothing, for the tests of what learns designs."""

from __future__ import annotations

from typing import Any

import lightning


def quiet_trainer(**settings: Any) -> lightning.Trainer:
    """A trainer; ``settings`` take the place of what makes it quiet."""
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "accelerator": "cpu",
    }
    return lightning.Trainer(**(quiet | settings))


def trainer(steps: int = 200, **settings: Any) -> lightning.Trainer:
    """One of so many steps."""
    return quiet_trainer(max_steps=steps, max_epochs=-1, **settings)
