"""Which cells a command asks for: a task, a method and settings each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from torchbdi import InputError
from torchbdi.methods.registry import names as method_names
from torchbdi.values import those_valid

from ..runs.overrides import takes
from ..tasks.registry import task_names
from .plans import GPU_METHODS, PLANS, Plan


def plans_of(names: Sequence[str]) -> list[Plan]:
    """The plans of some sets, or every plan where ``all`` is among them."""
    return [PLANS[name] for name in (PLANS if "all" in names else names)]


def wanted_cells(
    names: Sequence[str], tasks: Sequence[str] | None, methods: Sequence[str] | None
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every cell once; tasks of a plan that are not there are named on the standard output.

    Args:
        names: of plans; none means the grid of ``tasks`` and ``methods``.
        tasks: these in the place of the plans' own.
        methods: likewise.

    Yields:
        Task, method and overrides.

    Raises:
        InputError: a name is wrong, or there is nothing to run.
    """
    for known, wanted, what in (
        (task_names(), tasks or (), "task"),
        (method_names(), methods or (), "method"),
    ):
        wrong = [name for name in wanted if name not in known]
        if wrong:
            raise InputError(f"no {what} {wrong[0]!r}.{those_valid(wrong[0], known)}")
    if not names and not (tasks and methods):
        raise InputError(f"name one of {', '.join(PLANS)}, all; or give tasks= and methods=.")
    usual = [name for name in method_names() if name not in GPU_METHODS]
    seen = set()
    for plan in plans_of(names) or [Plan(())]:
        missing = [task for task in plan.tasks if task not in task_names()]
        if missing and not tasks:
            print(f"left out, not there: task {', '.join(missing)}", flush=True)
        there = tasks or [task for task in plan.tasks if task in task_names()]
        for cell in itertools.product(there, methods or plan.methods or usual, plan.settings):
            task, method, setting = cell
            if cell not in seen and all(takes(task, method, word) for word in setting):
                seen.add(cell)
                yield cell
    if not seen:
        raise InputError("there is nothing to run: no method that is named has what is varied.")
