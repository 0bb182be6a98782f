"""Makes a task of its spec: rows are cut, encoded, standardised and normalised here."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from omegaconf import DictConfig, OmegaConf

from torchbdi import OfflineData, TorchBDIError

from ..data import data_folder
from ..data.sources import are_own
from .base import Request, TaskSpec
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
        InputError: the table is none that its kind allows.
        TorchBDIError: the range of scores is none.
        MissingDataError: something that it needs is not there.
    """
    with _seeded(request.seed):
        designs, scores, truth, labels, limits = spec.load(request)
    y_min = spec.y_min if labels.y_min is None else labels.y_min
    y_max = spec.y_max if labels.y_max is None else labels.y_max
    if not y_min < y_max:
        raise TorchBDIError(f"task={name}: y_min = {y_min} must be below y_max = {y_max}.")
    rows = request.settings.max_rows
    designs = np.asarray(designs)[:rows]
    y = np.asarray(scores, dtype=np.float64).ravel()[:rows]
    published = request.source.data_set
    own = published is not None and are_own(published)
    return Task(
        name=name,
        title=labels.title,
        data=OfflineData.from_raw(designs, y, spec.space_of(designs)),
        shape=designs.shape[1:],
        y_raw=y,
        y_min=y_min,
        y_max=y_max,
        data_source="own" if own else request.source.label,
        oracle_source=labels.oracle_source,
        oracle_spearman=labels.oracle_spearman,
        predict=_checked(name, truth),
        limits=limits,
    )


def _checked(
    name: str, truth: Callable[[np.ndarray], np.ndarray]
) -> Callable[[np.ndarray], np.ndarray]:
    """The true function, given designs of its own, and refused where it does not score each."""

    def predict(designs: np.ndarray) -> np.ndarray:
        scores = np.asarray(truth(designs.copy()))
        if scores.shape != (len(designs),):
            raise TorchBDIError(
                f"task={name}: the true function gave scores of shape {scores.shape} for "
                f"{len(designs)} designs, not ({len(designs)},)."
            )
        return scores

    return predict


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """design-bench draws from global generators: they are seeded here and put back after."""
    numpy_state, python_state = np.random.get_state(), random.getstate()
    np.random.seed(seed % 2**32)
    random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
