"""What 0.1.0 wrote, read as what is written now: its lines of results get an identity.

0.1.0 kept every setting in a column of its own and knew no identities. It checked published files
by the checksums of today, and made tables by the recipes that are revision 1 of today; hashes of
rows and of designs it did not record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from torchbdi import InputError
from torchbdi.identity import canonical
from torchbdi.methods import registry

NOT_RECORDED = "hash not recorded"
REVISION = "1"  # of every task and method of 0.1.0, and of the floor

# The method's file by the column ``model``.
_FILES = {"bdi": "bdi", "ascent": "ntk_ascent", "finite": "finite_ntk2nn"}

# The source by task, ``data_source`` and ``oracle_source``; one that is not here was not recorded.
_SOURCES = {
    ("tfbind8", "original", "original"): (
        "files a7919a4e55c926d67cda56a603cb8a0b859e6c2f23ebe3d9fc504de44433d154"
    ),
    ("superconductor", "original", "retrained"): (
        "files 80457504b4167868de925fbdccf66ab7721170507d4bffa46d7350cb57d2022f; "
        "recipe design-bench's shards, revision 1"
    ),
    ("utr", "original", "retrained"): (
        "files 6c383ba2fecab0571bbdcc512f8d14c6f546eacddca0985300f99d0d365d704a"
    ),
    ("gfp", "regenerated", "retrained"): (
        "files 2564b011b5f81612249ce05f8d028a9fd211c1b47a04cc6b7a5854a41f40f7bb; "
        "recipe one row a protein, revision 1"
    ),
    ("hopper", "original", "original"): (
        "files 33407d2e62abe884c7a62e4d65455ee29978666cca550a34573c51af8135c0d7"
    ),
    ("hopper", "regenerated", "original"): "recipe evolution strategies, revision 1",
    ("ant", "regenerated", "regenerated"): (
        "recipe CMA-ES, revision 1; "
        "policy e82af335917c3bb3bbc07809fc0758c2d366ca510129426d1f9ac8d726f195fd"
    ),
    ("dkitty", "regenerated", "regenerated"): (
        "recipe CMA-ES, revision 1; "
        "policy fd1c341d08b1c553754d7027a4a22bc87e8f28c3c94bde4dc5f78ab2c2fa3b84"
    ),
}

# Rows that each task shows where ``max_rows`` is not set; of a robot's with its usual ``rows``.
_ALL_ROWS = {
    "tfbind8": 32_898, "superconductor": 17_014, "utr": 140_000, "gfp": 5_000, "hopper": 3_200,
    "ant": 2_004, "dkitty": 1_005,
}  # fmt: skip
_USUAL_ROWS = {"ant": 5_009, "dkitty": 2_513}

# Columns that were settings.
_SETTINGS = (
    "model", "depth", "designs_per_group", "steps", "target", "alpha", "lr", "forward_weight",
    "backward_weight", "kernel", "ridge", "ridge_scale", "tolerance", "width", "parametrisation",
    "eta", "rows_per_step", "net_epochs", "net_batch", "net_lr",
)  # fmt: skip


def is_older(line: Mapping[str, str]) -> bool:
    """Whether a line of results is one of 0.1.0."""
    return "settings" not in line and line.get("model") in _FILES


def converted(line: Mapping[str, str]) -> dict[str, str]:
    """A line of 0.1.0 with the columns of now.

    Raises:
        InputError: the task is none that 0.1.0 had, or a setting is not readable.
    """
    task, rows = line["task"], int(line["rows"])
    if task not in _ALL_ROWS:
        raise InputError(f"torchbdi 0.1.0 had no task {task!r}.")
    file = _FILES[line["model"]]
    own = {field.name for field in registry.fields(file)}
    settings = {n: _value(line.get(n)) for n in _SETTINGS if n in own and n in line}
    of_task: dict[str, Any] = {}
    if task in _USUAL_ROWS:
        of_task["rows"] = made = _rows_made(line["title"], _USUAL_ROWS[task])
        cut = made == _USUAL_ROWS[task] and rows != _ALL_ROWS[task]
    else:
        cut = rows != _ALL_ROWS[task]
    of_task["max_rows"] = rows if cut else None
    source = _SOURCES.get((task, line["data_source"], line["oracle_source"]), NOT_RECORDED)
    first = {
        "task": task,
        "task_revision": REVISION,
        "title": line["title"],
        "data_source": line["data_source"],
        "source": source,
        "oracle_source": line["oracle_source"],
        "oracle_spearman": line.get("oracle_spearman", ""),
        "method": line["method"],
        "method_file": file,
        "method_revision": REVISION,
        "revision": REVISION,
        "seed": line["seed"],
        "designs": line.get("designs") or "128",
        "rows": line["rows"],
        "dimensions": line.get("dimensions", ""),
        "settings": canonical({**settings, **{f"task.{k}": v for k, v in of_task.items()}}),
    }
    rest = {k: v for k, v in line.items() if k not in first and k not in _SETTINGS}
    return {**first, **rest, "designs_sha256": NOT_RECORDED}


def _rows_made(title: str, usual: int) -> int:
    """The rows of a regenerated table, which its title names."""
    found = re.search(r"([\d,]+) rows$", title)
    return int(found[1].replace(",", "")) if found else usual


def _value(text: str | None) -> Any:
    """A cell's text as the value that it was written from."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
