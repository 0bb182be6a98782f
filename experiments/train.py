"""The main job: ``python -m experiments.train task=tfbind8 [name=value ...]``."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from typing import Any

import hydra
import lightning
import torch
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from omegaconf import DictConfig, OmegaConf

import torchbdi
from torchbdi import InputError, TorchBDIError
from torchbdi.optimise import DesignModule

from .runs.callbacks import Checkpoint, History
from .runs.config import check_overrides, validate
from .runs.models import build_model, network_facts
from .runs.report import score_designs, summary_table, write_losses, write_proposals
from .runs.run_folder import RunFolder
from .runs.trajectory import Trajectory
from .tasks import load_task
from .tasks.task import Task


class RunInterruptedError(TorchBDIError):
    """Ctrl-C ended a run, which can be resumed."""


def train(cfg: DictConfig) -> dict[str, Any]:
    """Runs one job from data to scored proposals.

    Args:
        cfg: the composed configuration (conf/config.yaml).

    Returns:
        The metrics, as in metrics.json.

    Raises:
        TorchBDIError: bad configuration, missing data, a failed solve, or an interrupted run.
    """
    start = time.perf_counter()
    fresh = not cfg.resume
    if fresh:
        cfg = validate(cfg)
        folder = RunFolder.create(cfg)
    else:
        folder, cfg = RunFolder.reopen(cfg.resume)
        cfg = validate(cfg)
    try:
        with folder.alone():
            print(f"run folder: {folder.path}", flush=True)
            try:
                prepared = _prepare(cfg)
            except TorchBDIError:
                if fresh:  # nothing has been done that could be gone on with
                    folder.discard()
                raise
            return _run(cfg, folder, *prepared, start)
    except KeyboardInterrupt as stop:
        raise RunInterruptedError(
            f"stopped; nothing is lost. Go on with:\n  {folder.resume_command}"
        ) from stop
    except OSError as error:
        if isinstance(error, TorchBDIError):
            raise
        raise TorchBDIError(
            f"{error.filename or folder.path}: cannot be read or written ({error.strerror}). "
            f"Nothing is lost. Once it can, go on with:\n  {folder.resume_command}"
        ) from error


def _prepare(cfg: DictConfig) -> tuple[Task, DesignModule, dict[str, Any]]:
    """The task, the model, and facts about its solve."""
    device = device_of(cfg)
    lightning.seed_everything(cfg.seed, verbose=False)
    task = load_task(cfg)
    n, d = task.data.x.shape
    print(f"task {task.name} ({task.title}): {n} rows, D = {d}. {task.sources}", flush=True)
    return task, *build_model(cfg.method, task.data, cfg.seed, device)


def _run(
    cfg: DictConfig,
    folder: RunFolder,
    task: Task,
    model: DesignModule,
    solve: dict[str, Any],
    start: float,
) -> dict[str, Any]:
    """The run in its folder, which nobody else uses meanwhile."""
    n, d = task.data.x.shape
    history = History(start)
    fit(cfg, folder, model, history)
    x_h = model.x_h.detach().transpose(0, 1).reshape(-1, d)  # back to the order of the starts
    starts = task.data.best(cfg.method.designs).numpy()
    scores, arrays = score_designs(task, x_h, starts)
    with torch.no_grad():
        _, predicted = model.evaluate()
    if predicted is not None:  # in the order of the starts, and in the units that are reported
        y = predicted.transpose(0, 1).flatten().double().cpu().numpy()
        arrays["predicted_normalised"] = task.normalise(y * task.y_raw.std() + task.y_raw.mean())
    metrics = {
        "task": task.name,
        "title": task.title,
        "data_source": task.data_source,
        "oracle_source": task.oracle_source,
        "oracle_spearman": task.oracle_spearman,
        "method": cfg.method.name,
        "seed": cfg.seed,
        "rows": n,
        "dimensions": d,
        **{k: v for k, v in cfg.method.items() if k != "name"},
        **scores,
        "best_of_data_normalised": float(task.normalise(task.y_raw).max()),
        **solve,
        **network_facts(model),
        "loss_total": history.rows[-1][1],
        "seconds": time.perf_counter() - history.start,
        "version": torchbdi.__version__,
    }
    write_losses(folder.path, history.rows)
    write_proposals(folder.path, task, arrays)
    table = summary_table(task, scores, len(starts))
    log_results(cfg, folder, table, metrics)
    folder.write_results(metrics)
    print(f"\n{table}\n\nresults: {folder.path}", flush=True)
    print(f"curves:  tensorboard --logdir {folder.path}", flush=True)
    return metrics


def fit(cfg: DictConfig, folder: RunFolder, model: DesignModule, history: History) -> None:
    """Trains, from the folder's checkpoint where there is one, and fills the history.

    Raises:
        RunInterruptedError: Ctrl-C; the message says how to go on.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="torch")
    resumed = folder.checkpoint.is_file()
    # After a kill, steps since the checkpoint are done again: TensorBoard is told to forget them.
    purge = folder.checkpoint_step() if resumed else None
    logger = TensorBoardLogger(
        folder.path, name="", version="", default_hp_metric=False, purge_step=purge
    )
    if not resumed:
        logger.experiment.add_text("config", f"```yaml\n{OmegaConf.to_yaml(cfg)}\n```")
    checkpoint = Checkpoint(folder.checkpoint, cfg.trainer.checkpoint_every)
    callbacks: list[lightning.Callback] = [history]
    if cfg.trainer.trajectory_every:  # before the checkpoint, which must not be ahead of the files
        callbacks.append(Trajectory(folder.path, cfg.trainer.trajectory_every))
    callbacks.append(checkpoint)
    if cfg.trainer.progress_bar:
        callbacks.append(TQDMProgressBar(refresh_rate=1 if sys.stderr.isatty() else 20))
    steps = cfg.method.steps
    trainer = lightning.Trainer(
        accelerator=device_of(cfg).type,
        devices=1,
        max_steps=steps,
        max_epochs=-1,
        min_epochs=0,
        log_every_n_steps=1,
        logger=logger,
        callbacks=callbacks,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=cfg.trainer.progress_bar,
    )
    try:
        trainer.fit(model, ckpt_path=folder.checkpoint if resumed else None, weights_only=True)
    finally:
        logger.experiment.flush()
    if trainer.global_step != steps:
        if checkpoint.interrupted:
            raise RunInterruptedError(
                f"stopped after step {trainer.global_step} of {steps}; nothing is lost. Go on "
                f"with:\n  {folder.resume_command}"
            )
        raise TorchBDIError(f"the trainer ran {trainer.global_step} steps instead of {steps}.")


def device_of(cfg: DictConfig) -> torch.device:
    """Where the large solve and the training are done. Other GPUs than CUDA's have no float64.

    Raises:
        InputError: a GPU is asked for and there is none.
    """
    wanted, there = cfg.trainer.accelerator, torch.cuda.is_available()
    if wanted == "gpu" and not there:
        raise InputError("trainer.accelerator=gpu: torch finds no CUDA GPU. Use auto or cpu.")
    return torch.device("cuda" if there and wanted != "cpu" else "cpu")


def log_results(cfg: DictConfig, folder: RunFolder, table: str, metrics: dict[str, Any]) -> None:
    """Adds the table and the hyperparameters with their final scores to the run's event files."""
    logger = TensorBoardLogger(folder.path, name="", version="", default_hp_metric=False)
    logger.experiment.add_text("summary", table, global_step=cfg.method.steps)
    flat = {f"method/{k}": v for k, v in cfg.method.items()} | {
        "task": cfg.task.name,
        "seed": cfg.seed,
        "data_source": metrics["data_source"],
    }
    names = ("best_after_normalised", "median_after_normalised")
    logger.log_hyperparams(flat, metrics={f"hp/{name}": metrics[name] for name in names})
    logger.finalize("success")


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def _job(cfg: DictConfig) -> None:
    try:
        train(cfg)
    except RunInterruptedError as error:
        print(f"\n{error}", file=sys.stderr)
        sys.exit(130)
    except TorchBDIError as error:
        sys.exit(f"error: {error}")


def main() -> None:
    """The command line."""
    try:
        check_overrides(sys.argv[1:])
    except InputError as error:
        sys.exit(f"error: {error}")
    _job()


if __name__ == "__main__":
    main()
