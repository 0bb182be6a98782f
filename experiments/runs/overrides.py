"""Words of the command line are checked before Hydra sees them: errors name the valid choices."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.types import Sweep
from omegaconf import DictConfig, OmegaConf

from torchbdi import InputError
from torchbdi.fields import has_type
from torchbdi.methods import registry
from torchbdi.values import those_valid

from ..tasks import task_names
from ..tasks.registry import fields as task_fields
from ..tasks.registry import spec_of
from .config import CONF, compose_config, compose_unchecked
from .quoting import check_readable, setting, value_of

# What a grid of runs sets itself, and how it is told to.
INSTEAD = {
    "task": "Write tasks=.",
    "method": "Write methods=.",
    "seed": "Write seeds=.",
    "resume": "A run that was interrupted is gone on with by the same command.",
    "out_dir": "Write out_dir= once, for all.",
}


def check_overrides(words: Sequence[str]) -> None:
    """Raises InputError for an override of a name that does not exist, listing those that do.

    Hydra's own entries and flags are Hydra's to check: who types them may run code of their own.

    Args:
        words: the command line, such as ``["-m", "method.alpha=0"]``.
    """
    overrides = _overrides_of(words)
    check_readable(overrides)
    _refuse_beside_resume(overrides)
    own = [word for word in overrides if not re.match(r"[+~]*hydra\b", word)]
    given: dict[str, str] = {}
    for word in own:
        key = word.partition("=")[0].lstrip("+~")
        if key in given:
            raise InputError(f"{key} is given twice: {given[key]} and {word}. Leave one out.")
        given[key] = word
    choices = group_choices()
    chosen: dict[str, list[str]] = {}
    for word in own:
        key, equals, value = word.partition("=")
        if key not in choices or not equals:
            continue
        for one in value.split(","):
            if one not in choices[key]:
                raise InputError(f"{word}: no {key} {one!r}.{those_valid(one, choices[key])}")
        chosen[key] = value.split(",")
    first = {key: some[0] for key, some in chosen.items()}
    # Every job of a sweep is given every word: all that are chosen need the entry.
    parts = [{}, *({key: one} for key, some in chosen.items() for one in some[1:])]
    for part in parts:
        default = compose_unchecked([f"{key}={one}" for key, one in {**first, **part}.items()])
        for word in own:
            key, equals, _ = word.partition("=")
            if not equals or key not in choices:
                _check_name(word, key.lstrip("+~"), default)
                _check_text(word, default)


def _overrides_of(words: Sequence[str]) -> list[str]:
    # By Hydra's parser, because a flag may stand between overrides, with a word of its own.
    found: list[str] = get_args_parser().parse_intermixed_args(list(words)).overrides
    return found


def flags_first(words: Sequence[str]) -> list[str]:
    """The words of a command line with the overrides last: Hydra takes no flag between them."""
    overrides = _overrides_of(words)
    return [*(word for word in words if word not in overrides), *overrides]


def check_shared(
    words: Sequence[str], cells: Sequence[tuple[str, str]], varied: Collection[str] = ()
) -> None:
    """Checks words that every run of a grid is given, before the first one is begun.

    Args:
        words: of the command line, such as ``["method.steps=2"]``.
        cells: the grid's tasks and methods.
        varied: the settings that the grid itself varies, such as ``method.target``.

    Raises:
        InputError: a word is the grid's own, no run takes it, or its value is wrong.
    """
    by_cell: dict[tuple[str, str], list[str]] = {}
    for word in words:
        key = word.partition("=")[0].lstrip("+~")
        if key in INSTEAD or key.startswith("hydra."):
            raise InputError(f"{word}: not here. {INSTEAD.get(key, 'It would have no effect.')}")
        if key in varied:
            raise InputError(f"{word}: what is to be run varies {key} itself. Leave it out.")
        cell = next((cell for cell in cells if takes(*cell, word)), cells[0])
        by_cell.setdefault(cell, []).append(word)
    for (task, method), own in by_cell.items():
        check_overrides([f"task={task}", f"method={method}", *own])
        compose_config([f"task={task}", f"method={method}", *own])


def takes(task: str, method: str, word: str) -> bool:
    """Whether a task or method has the setting of ``task.NAME=...`` or ``method.NAME=...``."""
    group, _, name = word.partition("=")[0].partition(".")
    if group not in ("task", "method"):
        return True
    fields = task_fields(task) if group == "task" else registry.fields(method)
    return name in {field.name for field in fields}


def group_choices() -> dict[str, list[str]]:
    """The words that each group takes: ``task=``, ``method=``, ``trainer=``."""
    folders = [p for p in CONF.iterdir() if p.is_dir() and not p.name.startswith("_")]
    found = {path.name: sorted(p.stem for p in path.glob("*.yaml")) for path in folders}
    return {**found, "task": task_names(), "method": registry.names()}


def _check_name(word: str, key: str, default: DictConfig) -> None:
    """Raises InputError unless a word changes an entry that there is."""
    parent = key.rpartition(".")[0]
    section = OmegaConf.select(default, parent) if parent else default
    if not isinstance(section, DictConfig):
        parent, section = "", default
    prefix = f"{parent}." if parent else ""
    names = [prefix + str(n) for n in section if not (prefix and n == "name")]
    if key not in names:
        whose = f"{parent}={section['name']}" if "name" in section else ""
        if not names:
            raise InputError(f"{word}: there is no {key}. {whose} has no settings.")
        told = f" These are the settings of {whose}." if whose else ""
        raise InputError(f"{word}: there is no {key}.{those_valid(key, names)}{told}")
    valid = f" Valid: {', '.join(names)}."
    if word[0] in "+~":
        raise InputError(
            f"{word}: entries can be changed, not added or removed: {key}=VALUE.{valid}"
        )
    if "=" not in word:
        raise InputError(f"{word}: not of the form name=value.{valid}")


def _check_text(word: str, default: DictConfig) -> None:
    """Raises InputError where a setting is a text, and Hydra's grammar reads something else.

    Args:
        word: such as ``method.note=5``.
        default: the configuration that it changes.
    """
    key, _, text = word.partition("=")
    group, _, name = key.partition(".")
    value = value_of(word)
    if group not in ("task", "method") or isinstance(value, str | Sweep):
        return

    own = default[group].name
    cls = spec_of(own).settings if group == "task" else type(registry.method(own))
    if not has_type(cls, name, value) and has_type(cls, name, text):
        raise InputError(
            f"{word}: Hydra reads {'nothing' if value is None else value} here, and {key} is a "
            f"text. Put it in quotes: {setting(key, text)}"
        )


def _refuse_beside_resume(words: Sequence[str]) -> None:
    """A run that is resumed keeps its configuration, so nothing can be changed."""
    assigned = [word for word in words if "=" in word]
    resumed = [word for word in assigned if word.startswith("resume=")]
    if resumed and len(assigned) > 1:
        other = next(word for word in assigned if word not in resumed)
        raise InputError(
            f"{resumed[0]} goes on with the configuration in that folder, so {other} would have no "
            "effect. Leave it out, or begin a new run."
        )
