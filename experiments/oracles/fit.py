"""Trains networks that stand for lost true functions: ``python -m experiments.oracles.fit utr``.

Interrupted at any moment, the same command goes on. The result goes to the user's cache, or to
``out=``. It is never part of a run: hours are needed without a GPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from torchbdi import InputError
from torchbdi.kernels.files import remove_state

from ..data import cache_folder, data_folder, whole
from ..runs.words import run_command, split_words
from .recipes import RECIPES
from .stored import find_card, own_weights, write_oracle
from .training import fit_network, letters_hash

#: Seeds every training: a true function must not depend on a run's seed.
SEED = 0


def main(words: Sequence[str]) -> None:
    """The command line.

    Raises:
        InputError: a word is wrong.
        MissingDataError: the data is not there.
    """
    names, values, rest = split_words(words, list(RECIPES), ("data_dir", "out"))
    if rest or not names:
        raise InputError(
            f"give at least one of {', '.join(RECIPES)}, and data_dir=FOLDER or out=FOLDER."
        )
    folder = data_folder(values.get("data_dir"))
    out = Path(values["out"]).expanduser().resolve() if "out" in values else own_weights()
    for name in names:
        fit_task(name, folder, out)


def fit_task(task: str, folder: Path, out: Path) -> None:
    """Trains the network of one task, unless it is there already."""
    x, y, title = _whole_table(task, folder)
    data_hash, recipe = letters_hash(x, y), RECIPES[task]
    found = find_card(task, data_hash, out)
    if found is not None:
        print(f"{task}: the network for this table is there already: {found}")
        return
    state = cache_folder() / "oracles" / f"{task}-{data_hash[:8]}-seed{SEED}.unfinished"
    state.parent.mkdir(parents=True, exist_ok=True)
    print(f"{task}: {recipe.registered} on {title}, {len(y)} rows", flush=True)
    fitted = fit_network(recipe, x, y, SEED, state)
    assert fitted is not None
    card = write_oracle(out, recipe, fitted, title, data_hash, SEED)
    remove_state(state)
    print(
        f"{task}: held-out rank correlation {fitted.spearman:.4f} (design-bench's own: "
        f"{recipe.published}), RMSE {fitted.rmse:.4f}, {fitted.minutes:.0f} minutes\n{card}"
    )


def _whole_table(task: str, folder: Path) -> tuple[np.ndarray, np.ndarray, str]:
    if task == "gfp":
        return whole.gfp_table(folder)
    return *whole.utr_table(folder), "UTR"


if __name__ == "__main__":
    run_command(main, __doc__)
