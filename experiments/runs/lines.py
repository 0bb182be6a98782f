"""One line of results: a run's identity and what else is said of it as columns, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from torchbdi.identity import canonical

from .identity import Identity


def line_of(identity: Identity, facts: Mapping[str, Any]) -> dict[str, Any]:
    """A run's line of results: its identity, settings as one column of JSON, then the facts.

    Args:
        identity: of the run.
        facts: title, data_source, oracle_source, oracle_spearman, method (as it was typed), rows,
            dimensions, then whatever else is to be said.
    """
    settings = {**identity.settings, **{f"task.{k}": v for k, v in identity.task_settings.items()}}
    columns = {
        "task": identity.task,
        "task_revision": identity.task_revision,
        "title": facts["title"],
        "data_source": facts["data_source"],
        "source": identity.source,
        "oracle_source": facts["oracle_source"],
        "oracle_spearman": facts["oracle_spearman"],
        "method": facts["method"],
        "method_file": identity.method,
        "method_revision": identity.method_revision,
        "revision": identity.revision,
        "seed": identity.seed,
        "designs": identity.designs,
        "rows": facts["rows"],
        "dimensions": facts["dimensions"],
        "settings": canonical(settings),
    }
    return {**columns, **{k: v for k, v in facts.items() if k not in columns}}


def identity_in(line: Mapping[str, str]) -> Identity:
    """The identity that a line of results holds.

    Raises:
        ValueError: a cell of the line is not what it should be.
    """
    settings = json.loads(line["settings"])
    if not isinstance(settings, dict):
        raise ValueError("its settings are no object.")
    of_task = {k.removeprefix("task."): v for k, v in settings.items() if k.startswith("task.")}
    return Identity(
        revision=int(line["revision"]),
        task=line["task"],
        task_revision=int(line["task_revision"]),
        task_settings=of_task,
        source=line["source"],
        method=line["method_file"],
        method_revision=int(line["method_revision"]),
        settings={k: v for k, v in settings.items() if not k.startswith("task.")},
        designs=int(line["designs"]),
        seed=int(line["seed"]),
    )


def neutral_title(title: str, seed: int) -> str:
    """A title without its seed: tables regenerated with different seeds are one problem.

    Every other number of a title stays, also where it is the seed's.
    """
    return re.sub(rf"\b(regenerated table) {seed}\b", r"\1 (one a seed)", title)
