"""What a run is: which task, which method and which seed. Two runs with one identity are one.

The version of the package decides nothing. A task, a method and the floor below them (kernels,
solvers, the encoding of designs) each have a revision, which is raised when scores change.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

import torchbdi
from torchbdi import InputError, OfflineData
from torchbdi.identity import canonical, table_hash
from torchbdi.kernels.files import write_json
from torchbdi.methods import registry
from torchbdi.methods._fields import Field
from torchbdi.methods.base import Method

from ..tasks import registry as task_registry
from ..tasks.base import Request

FILE = "identity.json"


@dataclass(frozen=True)
class Identity:
    """All that makes a run's result.

    Attributes:
        revision: of the floor, ``torchbdi.REVISION``.
        task: the name of the task's file.
        task_revision: of the task.
        task_settings: all of the task's settings.
        source: of the table: SHA-256 of the published files, or the recipe with its revision.
        method: the name of the method's file.
        method_revision: of the method.
        settings: all of the method's settings, as they are resolved for the table.
        designs: how many are proposed.
        seed: of every draw.
    """

    revision: int
    task: str
    task_revision: int
    task_settings: Mapping[str, Any]
    source: str
    method: str
    method_revision: int
    settings: Mapping[str, Any]
    designs: int
    seed: int

    @cached_property
    def now(self) -> Mapping[str, Any]:
        """The attributes by name, with the settings that were added since they were written.

        Those have the value that a run had before there was the setting, which its field names.
        """
        own = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return own | {
            "task_settings": _filled(self.task_settings, _task_fields(self.task)),
            "settings": _filled(self.settings, _method_fields(self.method)),
        }

    @property
    def problem(self) -> str:
        """What runs of one column of a table share, as one line of text."""
        names = ("revision", "task", "task_revision", "task_settings", "source")
        return canonical({name: self.now[name] for name in names})

    @cached_property
    def cell(self) -> str:
        """The identity without the seed, as one line of text: a cell of a table."""
        return canonical({name: value for name, value in self.now.items() if name != "seed"})

    @cached_property
    def text(self) -> str:
        """The whole identity as one line of text; equal texts are one run."""
        return canonical(self.now)

    def differences(self, other: Identity) -> list[str]:
        """In what another identity differs, for a reader."""
        theirs, found = other.now, []
        for name, value in self.now.items():
            if isinstance(value, Mapping):
                keys = sorted(set(value) | set(theirs[name]))
                prefix = "task." if name == "task_settings" else "method."
                pairs = [(prefix + k, value.get(k), theirs[name].get(k)) for k in keys]
            else:
                pairs = [(name.replace("_", " "), value, theirs[name])]
            found += [f"{what} {a!r} and {b!r}" for what, a, b in pairs if _text(a) != _text(b)]
        return found

    def to_json(self) -> dict[str, Any]:
        """The identity as it stands in identity.json."""
        return {
            "revision": self.revision,
            "task": {
                "name": self.task,
                "revision": self.task_revision,
                "settings": dict(self.task_settings),
                "source": self.source,
            },
            "method": {
                "name": self.method,
                "revision": self.method_revision,
                "settings": dict(self.settings),
            },
            "designs": self.designs,
            "seed": self.seed,
        }

    @staticmethod
    def from_json(content: Any) -> Identity:
        """The identity of an identity.json.

        Raises:
            ValueError: it is none.
        """
        try:
            task, method = content["task"], content["method"]
            found = Identity(
                content["revision"],
                task["name"],
                task["revision"],
                dict(task["settings"]),
                task["source"],
                method["name"],
                method["revision"],
                dict(method["settings"]),
                content["designs"],
                content["seed"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"it is not the identity of a run ({error!r})") from error
        for field in dataclasses.fields(Identity):
            kind = {"int": int, "str": str}.get(str(field.type), dict)
            if type(getattr(found, field.name)) is not kind:
                raise ValueError(f"its {field.name} is not of type {kind.__name__}")
        return found


def identity_of(request: Request, task: str, method: Method, data: OfflineData, n: int) -> Identity:
    """The identity of a run that is about to begin.

    Args:
        request: what the task's ``load`` is given.
        task: the task's name.
        method: the method, with settings that depend on the table as they are given.
        data: the table.
        n: how many designs are proposed.
    """
    return Identity(
        torchbdi.REVISION,
        task,
        task_registry.spec_of(task).revision,
        vars(request.settings),
        request.source.identity(request.folder),
        registry.file_of(method),
        type(method).revision,
        json.loads(canonical(method.settings_for(data))),
        n,
        request.seed,
    )


def write_identity(folder: Path, identity: Identity, data: OfflineData) -> None:
    """Writes identity.json, with a hash of the rows used."""
    rows = table_hash(data.x, data.y)
    write_json(folder / FILE, {**identity.to_json(), "rows_sha256": rows})


def check_same(folder: Path, now: Identity, data: OfflineData) -> None:
    """Compares a run with what it would be now, from the data that are there now.

    Args:
        folder: of the run.
        now: what it would be.
        data: the table now.

    Raises:
        InputError: the identity is damaged or another, or the rows are; the message says in what.
    """
    path = folder / FILE
    content = read_json(path)
    try:
        then = Identity.from_json(content)
    except ValueError as error:
        raise InputError(f"{path} is damaged: {error}. Begin a new run.") from error
    if then.text != now.text:
        told = "; ".join(then.differences(now))
        raise InputError(
            f"{folder}: the run was begun as another than it would be now: {told} (then and now). "
            "Take the version of torchbdi and the data that it was begun with, or begin a new run."
        )
    if content.get("rows_sha256") != table_hash(data.x, data.y):
        raise InputError(
            f"{folder}: the rows of {now.task} are not those that the run was begun with (their "
            "hashes differ). Put the data of the run back, or begin a new one."
        )


def read_json(path: Path) -> dict[str, Any]:
    """A file that holds one object.

    Raises:
        InputError: the file is damaged; it is named.
        OSError: it cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("it holds no object")
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {error}.") from error
    return content


def designs_hash(x: torch.Tensor) -> str:
    """SHA-256 of designs (n, D), float64: equal ones are one computation."""
    return hashlib.sha256(x.detach().cpu().double().contiguous().numpy().tobytes()).hexdigest()


def _filled(settings: Mapping[str, Any], fields: list[Field]) -> dict[str, Any]:
    younger = {f.name: f.since for f in fields if f.since is not MISSING}
    filled = {**json.loads(canonical(younger)), **settings}
    floats = {f.name for f in fields if f.kind.split(" ")[0] == "float"}
    return {
        name: float(value) if name in floats and type(value) is int else value
        for name, value in filled.items()
    }


def _task_fields(name: str) -> list[Field]:
    return task_registry.fields(name) if name in task_registry.task_names() else []


def _method_fields(name: str) -> list[Field]:
    return registry.fields(name) if name in registry.file_names() else []


def _text(value: Any) -> str:
    return canonical({"": value})
