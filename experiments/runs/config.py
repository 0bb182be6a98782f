"""The schema of a run's configuration, and errors that name the valid choices."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra import compose, initialize_config_module
from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import OverrideType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from torchbdi import InputError

CONF = Path(__file__).parents[1] / "conf"
MODELS = ("bdi", "ascent", "finite")
KERNELS = ("ntk", "rbf")
ACCELERATORS = ("auto", "cpu", "gpu")
LEAST = {
    "method.steps": 1,
    "method.designs": 1,
    "task.max_rows": 1,
    "task.rows": 1,
    "trainer.checkpoint_every": 1,
    "trainer.trajectory_every": 0,
    "seed": 0,
}
# What Hydra itself can be told. Its other entries, and files of configuration from elsewhere, can
# name any class or function (_target_), which Hydra then calls before a run's own code starts.
HYDRA_ENTRIES = ("hydra.launcher.n_jobs", "hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir")
LAUNCHERS = ("basic", "joblib")
REFUSED_FLAGS = ("config_path", "config_name", "config_dir", "experimental_rerun")


@dataclass
class TaskConfig:
    """conf/task/*.yaml."""

    name: str
    alpha: float
    lr: float
    y_min: float | None = None
    y_max: float | None = None
    max_rows: int | None = None
    tolerance: float = 1e-8
    rows: int | None = None  # of a regenerated table, where its size can be chosen


@dataclass
class MethodConfig:
    """conf/method/*.yaml."""

    name: str
    model: str
    depth: int
    designs: int
    designs_per_group: int
    steps: int
    target: float
    alpha: float
    lr: float
    forward_weight: float
    backward_weight: float
    # kernel regressions: bdi and ascent
    kernel: str | None = None
    ridge: float | None = None
    ridge_scale: str | None = None
    tolerance: float | None = None
    # finite networks: finite
    width: int | None = None
    parametrisation: str | None = None
    eta: float | None = None
    rows_per_step: int | None = None
    net_epochs: int | None = None
    net_batch: int | None = None
    net_lr: float | None = None


@dataclass
class TrainerConfig:
    """conf/trainer/*.yaml."""

    accelerator: str
    checkpoint_every: int
    trajectory_every: int
    progress_bar: bool


@dataclass
class TrainConfig:
    """conf/config.yaml."""

    task: TaskConfig
    method: MethodConfig
    trainer: TrainerConfig
    seed: int = 0
    data_dir: str | None = None
    out_dir: str = "runs"
    resume: str | None = None


def validate(cfg: DictConfig) -> DictConfig:
    """Checks names, types and values of a composed configuration.

    Returns:
        The configuration with every value resolved and of its declared type.

    Raises:
        InputError: names the entry, and the valid ones where there is a list.
    """
    try:
        checked = OmegaConf.merge(OmegaConf.structured(TrainConfig), cfg)
        OmegaConf.resolve(checked)
    except OmegaConfBaseException as error:
        message = str(error).split("\n")[0]
        raise InputError(f"configuration, {error.full_key}: {message}") from error
    assert isinstance(checked, DictConfig)
    finite = checked.method.model == "finite"
    for name, value, valid in (
        ("method.model", checked.method.model, MODELS),
        ("method.kernel", checked.method.kernel, (None,) if finite else KERNELS),
        ("trainer.accelerator", checked.trainer.accelerator, ACCELERATORS),
    ):
        if value not in valid:
            raise InputError(f"{name}={value} is not one of {', '.join(map(str, valid))}.")
    for name, least in LEAST.items():
        value = OmegaConf.select(checked, name)
        if value is not None and value < least:
            raise InputError(f"{name} must be at least {least}, got {value}.")
    if checked.seed >= 2**32:
        raise InputError(f"seed must be below 2^32, got {checked.seed}.")
    return checked


def check_overrides(overrides: Sequence[str]) -> None:
    """Raises InputError for an override of a name that does not exist, listing those that do.

    Args:
        overrides: command-line words such as ``method.alpha=0``.
    """
    _refuse_objects(overrides)
    _refuse_beside_resume(overrides)
    groups = {path.name: sorted(p.stem for p in path.glob("*.yaml")) for path in _group_folders()}
    words = [re.match(r"([A-Za-z_][\w./@]*)=(.*)", word) for word in overrides]
    known = [m for m in words if m is not None and not m[1].startswith("hydra")]
    chosen = []
    for match in (m for m in known if m[1] in groups):
        key, values = match[1], match[2].split(",")
        unknown = [v for v in values if v not in groups[key]]
        if unknown:
            valid = ", ".join(groups[key])
            raise InputError(f"{match[0]}: no {key} {unknown[0]!r}. Valid: {valid}.")
        chosen.append(f"{key}={values[0]}")
    with initialize_config_module("experiments.conf", version_base="1.3"):
        default = compose("config", chosen)
    for match in (m for m in known if m[1] not in groups):
        parent, _, name = match[1].rpartition(".")
        section = OmegaConf.select(default, parent) if parent else default
        names = [str(n) for n in section] if isinstance(section, DictConfig) else []
        if name in names:
            continue
        if not names:
            parent, names = "", [str(n) for n in default]
        prefix = f"{parent}." if parent else ""
        close = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {prefix}{close[0]}?" if close else ""
        valid = ", ".join(prefix + n for n in names)
        raise InputError(f"{match[0]}: there is no {match[1]}.{hint} Valid: {valid}.")


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


def _refuse_objects(words: Sequence[str]) -> None:
    """Raises InputError for words that could make Hydra call something."""
    # Hydra's own parser, because it takes abbreviations of its flags.
    args = get_args_parser().parse_intermixed_args(list(words))
    for name in REFUSED_FLAGS:
        if getattr(args, name) is not None:
            raise InputError(f"--{name.replace('_', '-')}: a run has no configuration but its own.")
    for word in args.overrides:
        try:
            override = OverridesParser.create().parse_override(word)
        except HydraException as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"{word}: not of the form name=value ({reason}).") from error
        key = word.partition("=")[0]
        if override.type != OverrideType.CHANGE:
            raise InputError(f"{word}: entries can be changed, not added or removed: {key}=VALUE.")
        if "_target_" in word:
            raise InputError(f"{word}: the configuration names no classes or functions.")
        if key == "hydra/launcher" and override.value() not in LAUNCHERS:
            raise InputError(f"{word}: hydra/launcher is one of {', '.join(LAUNCHERS)}.")
        if key.startswith("hydra") and key not in ("hydra/launcher", *HYDRA_ENTRIES):
            valid = ", ".join(["hydra/launcher", *HYDRA_ENTRIES])
            raise InputError(f"{word}: {key} cannot be set. Of Hydra's own entries: {valid}.")


def _group_folders() -> list[Path]:
    return [p for p in CONF.iterdir() if p.is_dir() and not p.name.startswith("_")]
