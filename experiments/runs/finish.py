"""The end of a run: its designs are scored, and all that it leaves is written."""

from __future__ import annotations

import shlex
from typing import Any

import numpy as np
import torch
from omegaconf import DictConfig, OmegaConf

import torchbdi
from torchbdi import TorchBDIError
from torchbdi.methods.base import Result

from ..tasks.task import Task
from .begun import designs_hash
from .identity import Identity
from .lines import line_of
from .losses import write_losses
from .recorder import Recorder
from .report import score_designs, summary_table, write_proposals
from .run_folder import RunFolder
from .trajectory import kept_designs, score_kept


def finish(
    cfg: DictConfig,
    folder: RunFolder,
    task: Task,
    recorder: Recorder,
    identity: Identity,
    result: Result,
) -> dict[str, Any]:
    """Scores the designs and writes all that a run leaves.

    Args:
        cfg: the run's configuration.
        folder: of the run.
        task: what the designs are for.
        recorder: which was told of every step.
        identity: of the run.
        result: of the method.

    Returns:
        The metrics, as in metrics.json.

    Raises:
        TorchBDIError: a fact of the method has the name of one of the run's own.
    """
    scores, arrays = score_designs(task, result.x, cfg.designs)
    arrays |= _said_by_method(task, result)
    along = score_kept(folder.path, task, cfg.designs) if cfg.score == "full" else {}
    if cfg.score == "full" and not along:
        print(f"score=full: method={cfg.method.name} keeps no designs along the way.", flush=True)
    facts: dict[str, Any] = {
        "title": task.title,
        "data_source": task.data_source,
        "oracle_source": task.oracle_source,
        "oracle_spearman": task.oracle_spearman,
        "method": cfg.method.name,
        "rows": len(task.data.x),
        "dimensions": task.data.x.shape[1],
        **scores,
        **along,
        "best_of_data_normalised": float(task.normalise(task.y_raw).max()),
    }
    last: dict[str, Any] = {
        "designs_sha256": designs_hash(result.x),
        "steps_kept": len(kept_designs(folder.path)),
        "seconds": recorder.seconds,
        "device": _name_of(recorder.device),
        "version": torchbdi.__version__,
    }
    own = line_of(identity, {**facts, **last})
    if taken := [name for name in result.facts if name in own]:
        raise TorchBDIError(
            f"method={cfg.method.name}: its fact {taken[0]} has the name of one of the run's own. "
            "Call it something else."
        )
    facts |= {**result.facts, **last}
    if recorder.history.rows:
        write_losses(folder.path, recorder.history)
    write_proposals(folder.path, task, arrays)
    table = summary_table(task, scores, cfg.designs)
    _log_results(cfg, recorder, table, identity, facts)
    metrics = folder.write_results(line_of(identity, facts))
    recorder.history.remove()
    print(f"\n{table}\n\nresults: {folder.path}", flush=True)
    print(f"curves:  tensorboard --logdir {shlex.quote(str(folder.path))}", flush=True)
    return metrics


def _said_by_method(task: Task, result: Result) -> dict[str, np.ndarray]:
    """The rows that designs were moved from, and what the method predicts, where it says so."""
    arrays: dict[str, np.ndarray] = {}
    if result.starts is not None:
        arrays["start_rows"] = result.starts.cpu().numpy()
        arrays["score_before"] = task.y_raw[arrays["start_rows"]]
    if result.predicted is not None:  # in the units that are reported
        y = result.predicted.double().cpu().numpy()
        arrays["predicted_normalised"] = task.normalise(y * task.y_raw.std() + task.y_raw.mean())
    return arrays


def _name_of(device: torch.device) -> str:
    """cpu, or the card's name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _log_results(
    cfg: DictConfig, recorder: Recorder, table: str, identity: Identity, facts: dict[str, Any]
) -> None:
    """Adds the table and the hyperparameters with their final scores to the run's event files."""
    board = recorder.board()
    last = max(recorder.history.rows, default=0)
    board.text("config", f"```yaml\n{OmegaConf.to_yaml(cfg)}\n```", last)
    board.text("summary", table, last)
    flat = {f"method/{name}": value for name, value in identity.settings.items()} | {
        "task": cfg.task.name,
        "method": cfg.method.name,
        "seed": cfg.seed,
        "data_source": facts["data_source"],
    }
    names = ("best_after_normalised", "median_after_normalised")
    board.hparams(flat, {f"hp/{name}": facts[name] for name in names})
    recorder.close()
