"""What a run is: which task, which method and which seed. Two runs with one identity are one.

The version of the package decides nothing. A task, a method and the floor below them (kernels,
solvers, the encoding of designs) each have a revision, which is raised when scores change.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torchbdi import InputError
from torchbdi.fields import Field
from torchbdi.identity import canonical
from torchbdi.methods import registry

from ..tasks import registry as task_registry

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
            "task_settings": _of_task(self.task, self.task_settings),
            "settings": _of_method(self.method, self.settings),
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


def read_object(path: Path) -> dict[str, Any]:
    """A file that holds one object.

    Raises:
        InputError: the file is damaged; it is named.
        OSError: it cannot be read.
    """
    return parse_object(path, path.read_bytes())


def parse_object(path: Path, text: bytes) -> dict[str, Any]:
    """The object that a file held; raises InputError, which names it, where it is none."""
    try:
        content = json.loads(text.decode())
        if not isinstance(content, dict):
            raise ValueError("it holds no object")
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {error}.") from error
    return content


def _of_task(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A task's settings as they count now."""
    if name not in task_registry.task_names():
        return dict(settings)
    filled = _filled(settings, task_registry.fields(name))
    return _typed(filled, lambda: task_registry.settings_of(name, filled))


def _of_method(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A method's settings as they count now."""
    if name not in registry.file_names():
        return dict(settings)
    filled = _filled(settings, registry.fields(name))
    return _typed(filled, lambda: registry.method(name, **filled))


def _filled(settings: Mapping[str, Any], fields: list[Field]) -> dict[str, Any]:
    """Settings, and those that are younger than they are."""
    return {f.name: f.since for f in fields if f.since is not MISSING} | dict(settings)


def _typed(settings: dict[str, Any], made: Callable[[], object]) -> dict[str, Any]:
    """Settings in the types of their fields; as they are where they are none of now."""
    try:
        found = vars(made())
    except InputError:
        found = {}
    plain: dict[str, Any] = json.loads(canonical({k: found.get(k, v) for k, v in settings.items()}))
    return plain


def _text(value: Any) -> str:
    return canonical({"": value})
