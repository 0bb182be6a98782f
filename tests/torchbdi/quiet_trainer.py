"""A trainer that writes nothing and says nothing, for the tests of what learns designs."""

from __future__ import annotations

import lightning


def trainer(steps: int = 200, **kwargs: object) -> lightning.Trainer:
    """One of so many steps; ``kwargs`` take the place of what makes it quiet."""
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "accelerator": "cpu",
    }
    return lightning.Trainer(max_steps=steps, max_epochs=-1, **(quiet | kwargs))
