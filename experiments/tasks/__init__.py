"""The tasks, one file each, which holds one :class:`base.TaskSpec`; the folder is the list of them.

Here belong tables with a true function. How a method proposes designs, and at which rate, does not.
"""

from __future__ import annotations

from .assemble import load_task
from .registry import task_names

__all__ = ["load_task", "task_names"]
