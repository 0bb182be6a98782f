"""Words of the command line that would make Hydra call anything, before a run's own code starts."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest
from hydra import compose, initialize_config_module
from hydra._internal.callbacks import Callbacks

from experiments import train
from experiments.runs.config import register_choices


class Evil:
    """Unpickling it makes a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> object:
        return (Path.touch, (self.path,))


EVIL = ["+hydra.callbacks.evil._target_=builtins.open", "+hydra.callbacks.evil.mode=w"]


def test_the_attack_would_work_on_hydra_itself(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    register_choices()
    with initialize_config_module("experiments.conf", version_base="1.3"):
        words = [*EVIL, f"+hydra.callbacks.evil.file={proof}"]
        Callbacks(compose("config", words, return_hydra_config=True))
    assert proof.exists()


@pytest.mark.parametrize(
    "words",
    [
        [*EVIL, "+hydra.callbacks.evil.file={proof}"],
        ["++hydra.callbacks.evil={{_target_:builtins.open,file:{proof},mode:w}}"],
        ["hydra.callbacks={{evil:{{_target_:builtins.open,file:{proof},mode:w}}}}"],
        ["hydra.launcher._target_=builtins.open", "+hydra.launcher.file={proof}"],
        ["hydra.sweeper._target_=builtins.open"],
        ["hydra.job_logging={{version:1,formatters:{{a:{{(): builtins.open}}}}}}"],
        ["hydra.searchpath=[file://{folder}]"],
        ["hydra/launcher=../../../../{folder}/evil"],
        ["hydra/callbacks=evil"],
        ["task@hydra.callbacks=evil"],
        ["task=../../../..{folder}/evil"],
        ["method.kernel={{_target_:builtins.open,file:{proof},mode:w}}"],
        ["+method.extra=1"],
        ["~method"],
        ["--config-dir", "{folder}"],
        ["--config-path={folder}"],
        [" hydra.callbacks=evil"],
        ["-cn", "evil"],
        ["--experimental-rerun", "{folder}/evil.pickle"],
        ["--experimental-r={folder}/evil.pickle"],
    ],
    ids=lambda words: words[0][:40],
)
def test_words_cannot_make_hydra_call_anything(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are refused before Hydra sees them."""
    proof = tmp_path / "proof"
    (tmp_path / "evil.pickle").write_bytes(pickle.dumps(Evil(proof)))
    (tmp_path / "evil.yaml").write_text(
        f"# @package _global_\nhydra:\n  callbacks:\n    evil:\n      _target_: builtins.open\n"
        f"      file: {proof}\n      mode: w\n"
    )
    written = [word.format(proof=proof, folder=tmp_path) for word in words]
    monkeypatch.setattr(train, "_job", lambda: pytest.fail("Hydra sees the words"))
    monkeypatch.setattr(sys, "argv", ["train", *written])
    with pytest.raises(SystemExit) as end:
        train.main()
    assert str(end.value).startswith("error: ")
    assert not proof.exists()
