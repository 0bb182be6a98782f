"""The large solve, done once for a table, kernel and ridge and kept in the user's cache."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import torchbdi
from torchbdi import OfflineData, RidgeFit, fit_ridge
from torchbdi.identity import FitIdentity, canonical, fit_identity
from torchbdi.kernel import Kernel
from torchbdi.kernels.files import disk_of, last_good_state, remove_state, write_state
from torchbdi.kernels.tensors import from_bytes, to_bytes
from torchbdi.methods.base import Run
from torchbdi.ridge import RidgeScale, SolveReport

from ..data import cache_folder

BESIDE = "coefficients.state"


class CachedRun(Run):
    """A run whose fits are done once for a table, kernel and ridge, and kept in a cache."""

    def fit(
        self,
        kernel: Kernel,
        data: OfflineData,
        *,
        ridge: float,
        ridge_scale: RidgeScale,
        tolerance: float,
    ) -> RidgeFit:
        """See :meth:`Run.fit`."""
        return cached_fit(
            kernel, data, ridge, ridge_scale, tolerance, self.device, beside=self.folder
        )


def cached_fit(
    kernel: Kernel,
    data: OfflineData,
    ridge: float,
    ridge_scale: RidgeScale,
    tolerance: float,
    device: torch.device | None = None,
    beside: Path | None = None,
    revision: int = torchbdi.REVISION,
) -> RidgeFit:
    """fit_ridge with a cache.

    An entry is named by a hash of the table, the kernel, the ridge and the tolerance, and carries
    one of its own: what is damaged is solved anew. Interrupted conjugate gradients go on where they
    were. A cache that cannot be written to loses nothing: the entry goes beside the run.

    Args:
        kernel: the kernel.
        data: the table.
        ridge: beta.
        ridge_scale: "trace" or "absolute".
        tolerance: relative residual at which conjugate gradients stop.
        device: where to solve; where the table is if None.
        beside: a folder of the run, for what the cache does not take; None has no such place.
        revision: of the floor; an entry of another one is not taken.

    Returns:
        The fit, on the device of the table; its report is that of the solve that was really done.

    Raises:
        InputError: the kernel does not say what its values depend on.
        TorchBDIError: see :func:`torchbdi.fit_ridge`.
    """
    kernel.identity()  # refuses a kernel whose entries another one would get
    identity = fit_identity(kernel, data.x, data.y, ridge, ridge_scale)
    key = _key(identity, tolerance, revision)
    entry = cache_folder() / "coefficients" / f"{key[:32]}.state"
    places = [entry] if beside is None else [entry, beside / BESIDE]
    for place in places:
        found = last_good_state(place, _parse, _say)
        if found is not None and found["key"] == key:
            report = SolveReport(**found["report"])
            _say(f"from {place} (residual {report.residual:.1e})")
            return RidgeFit(kernel, data.x, data.y, found["coefficients"], report, identity)
    unfinished = next(_writable(place.with_suffix(".unfinished") for place in places), None)
    if unfinished is not None and unfinished.is_file():
        _say(f"going on from {unfinished}")
    x = data.x.to(device or data.x.device)
    fit = fit_ridge(
        kernel, x, data.y, ridge, ridge_scale, tolerance=tolerance, checkpoint=unfinished
    )
    d = fit.coefficients.to(data.x.device)
    _keep(places, {"key": key, "coefficients": d, "report": dataclasses.asdict(fit.report)})
    if unfinished is not None:
        remove_state(unfinished)
    return RidgeFit(kernel, data.x, data.y, d, fit.report, identity)


def _key(identity: FitIdentity, tolerance: float, revision: int) -> str:
    floor = {"tolerance": tolerance, "revision": revision}
    text = canonical({**dataclasses.asdict(identity), **floor})
    return hashlib.sha256(text.encode()).hexdigest()


def _parse(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = from_bytes(content)
    SolveReport(**found["report"])
    if not isinstance(found["coefficients"], Tensor):
        raise TypeError("it holds no coefficients")
    return found


def _writable(places: Iterator[Path]) -> Iterator[Path]:
    """Those whose folder is there or can be made."""
    for place in places:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            _say(f"{place.parent} cannot be made ({error.strerror})")
        else:
            yield place


def _keep(places: list[Path], entry: dict[str, Any]) -> None:
    """Writes the entry to the first place that takes it; a full disk is named, not an error."""
    content = to_bytes(entry)
    for place in _writable(iter(places)):
        try:
            write_state(place, content)
        except OSError as error:
            _say(f"cannot be kept in {place}: {error.strerror} on {disk_of(place)}. Free some room")
        else:
            if place != places[0]:
                _say(f"kept in {place}, where this run finds them again")
            return
    _say("kept nowhere: this run uses them, another will solve again")


def _say(text: str) -> None:
    print(f"coefficients: {text}", flush=True)
