"""Makes a task of its spec: rows are cut, encoded, standardised and normalised here."""

from __future__ import annotations

import math
import random
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from omegaconf import DictConfig, OmegaConf

from torchbdi import InputError, OfflineData, TorchBDIError
from torchbdi.inputs import real_array
from torchbdi.loading import told_with_line
from torchbdi.shared import draws_forgotten
from torchbdi.values import instance, told

from ..data import data_folder
from ..data.sources import are_own
from . import base
from ._within import check_within
from .base import Labels, Loaded, Request, TaskSpec
from .registry import settings_of, spec_of
from .task import Task


def load_task(cfg: DictConfig) -> Task:
    """Builds the task of a configuration.

    Args:
        cfg: the whole configuration (``task``, ``seed`` and ``data_dir`` are read).

    Raises:
        InputError: there is no such task or setting.
        MissingDataError: data or design-bench is not there; the message says what to do.
    """
    name, request = request_of(cfg)
    request.source.ensure(request.folder)
    return assemble(name, spec_of(name), request)


def request_of(cfg: DictConfig) -> tuple[str, Request]:
    """The name of a configuration's task, and what its ``load`` is given.

    Raises:
        InputError: there is no such task or setting.
        MissingDataError: the data folder does not exist.
    """
    settings = OmegaConf.to_container(cfg.task)
    assert isinstance(settings, dict)
    name = str(settings.pop("name", None))
    spec = spec_of(name)
    own = settings_of(name, {str(key): value for key, value in settings.items()})
    folder = data_folder(cfg.data_dir)
    return name, Request(folder, int(cfg.seed), own, spec.source(folder))


def assemble(name: str, spec: TaskSpec, request: Request) -> Task:
    """Loads a spec's table and makes the task of it.

    Raises:
        InputError: the table is none that its kind, or its space, allows.
        TorchBDIError: ``load`` or ``space`` failed, ``load`` returned something else, or the range
            of scores is none.
        OSError: a file that ``load`` wants cannot be read.
        MissingDataError: something that it needs is not there.
    """
    with seeded(request.seed), _told(name, "load"):
        loaded = spec.load(request)
    if not isinstance(loaded, tuple) or len(loaded) != len(Loaded._fields):
        raise TorchBDIError(
            f"task={name}: load must return a Loaded, got {type(loaded).__name__}. Write return "
            "Loaded(designs, scores, truth, Labels(TITLE))."
        )
    designs, scores, truth, labels, limits = loaded
    instance(f"task={name}", "the labels of what load returns", labels, Labels, "a Labels")
    if not callable(truth):
        raise TorchBDIError(
            f"task={name}: the truth of what load returns must be a function, got {told(truth)}."
        )
    y_min = spec.y_min if labels.y_min is None else labels.y_min
    y_max = spec.y_max if labels.y_max is None else labels.y_max
    if not -math.inf < y_min < y_max < math.inf:
        raise TorchBDIError(
            f"task={name}: y_min = {y_min} must be below y_max = {y_max}, and both finite."
        )
    rows = request.settings.max_rows
    try:
        designs = np.asarray(designs)
    except ValueError as error:
        raise InputError(
            f"task={name}: the designs that load gave are no table: {error}"
        ) from error
    y = _real(name, "scores", scores)
    if not designs.ndim or y.shape not in ((len(designs),), (len(designs), 1)):
        raise TorchBDIError(
            f"task={name}: load gave scores of shape {y.shape} for designs of shape "
            f"{designs.shape}. Give one score a design, (N,)."
        )
    designs, y = designs[:rows], y.ravel()[:rows]
    published = request.source.data_set
    own = published is not None and are_own(published)
    with _told(name, "space"):
        space = spec.space_of(designs)
    try:
        data = OfflineData.from_raw(designs, y, space)
    except InputError as error:
        raise InputError(f"task={name}: {error}") from error
    check_within(name, data.space, designs)
    return Task(
        name=name,
        title=labels.title,
        data=data,
        shape=designs.shape[1:],
        y_raw=y,
        y_min=y_min,
        y_max=y_max,
        data_source="own" if own else request.source.label,
        oracle_source=labels.oracle_source,
        oracle_spearman=labels.oracle_spearman,
        predict=_checked(name, truth),
        limits=_limits(name, limits, designs),
    )


def _checked(
    name: str, truth: Callable[[np.ndarray], np.ndarray]
) -> Callable[[np.ndarray], np.ndarray]:
    """The true function, given designs of its own, and refused where it does not score each."""

    def predict(designs: np.ndarray) -> np.ndarray:
        with _told(name, "true function"):
            scores = truth(designs.copy())
        if np.shape(scores) != (len(designs),):
            raise TorchBDIError(
                f"task={name}: the true function gave scores of shape {np.shape(scores)} for "
                f"{len(designs)} designs, not ({len(designs)},)."
            )
        found = _real(name, "scores", scores)
        if not np.isfinite(found).all():
            at = int(np.flatnonzero(~np.isfinite(found))[0])
            raise TorchBDIError(
                f"task={name}: the true function gave {found[at]} for design {at}. Let it give a "
                "finite score to every design that the space allows."
            )
        return found

    return predict


@contextmanager
def _told(name: str, what: str) -> Iterator[None]:
    """What goes wrong in a function of a task's file is told with the file and the line.

    A disk that fails is the business of whoever runs: what it wants done is left alone.
    """
    try:
        yield
    except (Exception, SystemExit) as error:  # an exit would end a grid without a word
        if isinstance(error, TorchBDIError) or (isinstance(error, OSError) and error.errno):
            raise
        own = str(sys.modules[f"{__package__}.{name}"].__file__)
        code = Path(__file__).parents[1]
        passed = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        # Where a task hands over a library's function, it is the task that has to be mended.
        ours = [file for file in passed if file == own or Path(file).is_relative_to(code)]
        file = next((file for file in ours if file not in (__file__, base.__file__)), own)
        told = told_with_line(error, file, f"the {what} of task={name} fails")
        raise TorchBDIError(f"{told} Mend it.") from error


def _real(name: str, what: str, values: object) -> np.ndarray:
    """What a task gives as numbers, float64; an InputError names the task."""
    try:
        return real_array(what, values)
    except InputError as error:
        raise InputError(f"task={name}: {error}") from error


def _limits(name: str, limits: np.ndarray | None, designs: np.ndarray) -> np.ndarray | None:
    """The limits of raw designs (N, ...), (2, C); None where there are none."""
    if limits is None:
        return None
    found = _real(name, "limits", limits)
    shape = (2, math.prod(designs.shape[1:]))
    if found.shape != shape or not (found[0] <= found[1]).all():
        raise TorchBDIError(
            f"task={name}: limits must be {shape}, the lowest numbers and then the highest, got "
            f"shape {found.shape}, or a lowest number above its highest."
        )
    return found


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The global generators of numpy, torch (on the CPU) and Python, seeded and put back after.

    A load, or a method, that draws from them depends on the seed, and on nothing done before.
    """
    numpy_state, python_state = np.random.get_state(), random.getstate()
    np.random.seed(seed % 2**32)
    random.seed(seed)
    try:
        with draws_forgotten([]):
            torch.default_generator.manual_seed(seed)
            yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
