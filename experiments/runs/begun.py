"""The identity of a run that begins: made, written into its folder, compared when it goes on."""

from __future__ import annotations

import hashlib

import torch

import torchbdi
from torchbdi import InputError, OfflineData
from torchbdi.identity import table_hash
from torchbdi.kernels.files import write_json
from torchbdi.methods import registry
from torchbdi.methods.base import Method

from ..tasks import registry as task_registry
from ..tasks.base import Request
from .as_begun import STATE, keep_copy
from .identity import FILE, Identity
from .run_folder import CONFIG, RunFolder
from .settings import resolved


def identity_of(request: Request, task: str, method: Method, data: OfflineData, n: int) -> Identity:
    """The identity of a run that is about to begin.

    Args:
        request: what the task's ``load`` is given.
        task: the task's name.
        method: the method, with settings that depend on the table as they are given.
        data: the table.
        n: how many designs are proposed.

    Raises:
        TorchBDIError: settings or columns go by the numbers of the table, see :func:`.resolved`.
    """
    return Identity(
        torchbdi.REVISION,
        task,
        task_registry.spec_of(task).revision,
        vars(request.settings),
        request.source.identity(request.folder),
        registry.file_of(method),
        type(method).revision,
        resolved(task, method, data),
        n,
        request.seed,
    )


def write_identity(folder: RunFolder, identity: Identity, data: OfflineData) -> None:
    """Writes identity.json, with a hash of the rows used, and keeps a copy of all that begins."""
    rows = table_hash(data.x, data.y)
    write_json(folder.path / FILE, {**identity.to_json(), "rows_sha256": rows})
    keep_copy(folder.path, (CONFIG, FILE))


def check_same(folder: RunFolder, now: Identity, data: OfflineData) -> None:
    """Compares a run with what it would be now, from the data that are there now.

    Args:
        folder: of the run.
        now: what it would be.
        data: the table now.

    Raises:
        InputError: the identity is damaged or another, or the rows are; the message says in what.
    """
    try:
        content = folder.beginning()
    except InputError as error:
        raise InputError(f"{error} Begin a new run.") from error
    then = Identity.from_json(content)
    if then.text != now.text:
        told, by_hand = "; ".join(then.differences(now)), sorted(folder.begun.changed)
        own = f" Or remove {' and '.join(by_hand)}, changed by hand since." if by_hand else ""
        raise InputError(
            f"{folder.path}: the run was begun as another than it would be now: {told} (then and "
            "now). Take the version of torchbdi and the data that it was begun with, or begin a "
            f"new run.{own}"
        )
    if content.get("rows_sha256") != table_hash(data.x, data.y):
        raise InputError(
            f"{folder.path}: the rows of {now.task} are not those that the run was begun with "
            "(their hashes differ). Put the data of the run back, or begin a new one."
        )


def keep_as_begun(folder: RunFolder) -> None:
    """Copies what a run goes on with, where its copy was missing, damaged, or of other text."""
    there = folder.begun.has_copy and (folder.path / STATE).exists()
    if folder.begun.changed or not there:
        keep_copy(folder.path, (CONFIG, FILE))


def designs_hash(x: torch.Tensor) -> str:
    """SHA-256 of designs (n, D), float64: equal ones are one computation."""
    return hashlib.sha256(x.detach().cpu().double().contiguous().numpy().tobytes()).hexdigest()
