"""Words of the command line are checked before Hydra sees them: errors name the valid choices."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import OverrideType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from torchbdi import InputError
from torchbdi.methods import registry

from ..tasks import task_names
from .config import CONF, compose_unchecked

#: What Hydra itself can be told.
HYDRA_ENTRIES = (
    "hydra/launcher", "hydra.launcher.n_jobs", "hydra.run.dir", "hydra.sweep.dir",
    "hydra.sweep.subdir",
)  # fmt: skip
LAUNCHERS = ("basic", "joblib")
REFUSED_FLAGS = ("config_path", "config_name", "config_dir", "experimental_rerun")


def check_overrides(words: Sequence[str]) -> None:
    """Raises InputError for an override of a name that does not exist, listing those that do.

    Of Hydra's own entries and flags a few are let through: the others can name any class or
    function, which Hydra would call before a run's own code starts.

    Args:
        words: the command line, such as ``["-m", "method.alpha=0"]``.
    """
    # Hydra's parser, because a flag may stand between overrides, with a word of its own.
    args = get_args_parser().parse_intermixed_args(list(words))
    overrides: list[str] = args.overrides
    _refuse_calls(args)
    _refuse_beside_resume(overrides)
    own = [word for word in overrides if not re.match(r"[+~]*hydra\b", word)]
    choices = group_choices()
    chosen = {}
    for word in own:
        key, equals, value = word.partition("=")
        if key not in choices or not equals:
            continue
        for one in value.split(","):
            if one not in choices[key]:
                valid = ", ".join(choices[key])
                raise InputError(f"{word}: no {key} {one!r}. Valid: {valid}.")
        chosen[key] = f"{key}={value.split(',')[0]}"
    default = compose_unchecked(list(chosen.values()))
    for word in own:
        key, equals, _ = word.partition("=")
        if not equals or key not in choices:
            _check_name(word, key.lstrip("+~"), default)


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
    valid = f" Valid: {', '.join(names)}."
    if key not in names:
        close = difflib.get_close_matches(key, names, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise InputError(f"{word}: there is no {key}.{hint}{valid}")
    if word[0] in "+~":
        raise InputError(
            f"{word}: entries can be changed, not added or removed: {key}=VALUE.{valid}"
        )
    if "=" not in word:
        raise InputError(f"{word}: not of the form name=value.{valid}")


def _refuse_calls(args: Any) -> None:
    """Raises InputError for words that could make Hydra call something.

    Args:
        args: the words as Hydra's own parser takes them, which knows abbreviations of flags.
    """
    for name in REFUSED_FLAGS:
        if getattr(args, name) is not None:
            raise InputError(f"--{name.replace('_', '-')}: a run has no configuration but its own.")
    for word in args.overrides:
        try:
            override = OverridesParser.create().parse_override(word)
        except HydraException as error:
            reason = str(error).splitlines()[0][:200]
            raise InputError(f"{word}: not of the form name=value ({reason}).") from error
        key = str(override.key_or_group)
        if "_target_" in word:
            raise InputError(f"{word}: the configuration names no classes or functions.")
        if override.package is not None:
            raise InputError(f"{word}: {key} stands where it is and nowhere else.")
        if key == "hydra/launcher" and override.value() not in LAUNCHERS:
            raise InputError(f"{word}: hydra/launcher is one of {', '.join(LAUNCHERS)}.")
        added = override.type != OverrideType.CHANGE
        if re.match(r"hydra\b", key) and (added or key not in HYDRA_ENTRIES):
            raise InputError(
                f"{word}: {key} cannot be set so. Of Hydra's own entries: "
                f"{', '.join(HYDRA_ENTRIES)}."
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
