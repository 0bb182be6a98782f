"""What chance gives on each task: ``python -m experiments.yardsticks [TASK ...] [out=FOLDER]``.

Random designs (all of a pool of 2,048, and those that are not in the table), the best rows, and the
best rows with one and with two places drawn anew: what each scores, in sets of 128. Scores are
asked once and kept in the user's cache. ``out=FOLDER`` writes yardsticks.csv and yardsticks.md,
adding to a file that is there, and a picture a task, yardsticks-TASK.png, with its settings in the
name; docs/yardsticks.md shows them. The tables take their rows from docs/results/yardsticks.csv.

``task.NAME=VALUE`` and ``data_dir=FOLDER`` as for experiments.train; the former with one task.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from torchbdi import InputError
from torchbdi.kernels.files import adding_to, write_atomic, write_csv, write_text

from .paper.distributions import distribution_figure
from .paper.yardstick_rows import COLUMNS, lines_of, read_yardsticks, yardstick_table
from .runs.config import compose_config
from .runs.pools import Pool, pool_of
from .runs.words import run_command, split_words
from .tasks.registry import task_names


def main(words: Sequence[str]) -> None:
    """The command line.

    Raises:
        InputError: a word is wrong.
        MissingDataError: the data of a task is not there.
    """
    settings = [word for word in words if word.startswith("task.")]
    names, values, rest = split_words(
        [word for word in words if word not in settings], task_names(), ("out", "data_dir")
    )
    if rest:
        raise InputError(
            f"{rest[0]}: not known here. Valid: task names, task.NAME=VALUE, data_dir=FOLDER, "
            "out=FOLDER."
        )
    if not names or (settings and len(names) > 1):
        raise InputError(f"name a task, or several without settings: {', '.join(task_names())}.")
    folder = [f"data_dir={values['data_dir']}"] if "data_dir" in values else []
    out = Path(values["out"]) if "out" in values else None
    if out is not None:
        read_yardsticks(out / "yardsticks.csv")  # what is none is told before the work
        out.mkdir(parents=True, exist_ok=True)
    chosen = [[f"task={name}", *settings, *folder] for name in dict.fromkeys(names)]
    pools = [pool_of(compose_config(words)) for words in chosen]
    lines = [line for pool in pools for line in lines_of(pool)]
    if out is None:
        print(yardstick_table(lines))
        return
    new, file = {line["problem"] for line in lines}, out / "yardsticks.csv"
    with adding_to(file):
        lines += [line for line in read_yardsticks(file) if line["problem"] not in new]
        lines.sort(key=lambda line: (line["task"], line["problem"]))  # stable: each keeps its order
        write_text(out / "yardsticks.md", yardstick_table(lines))
        write_csv(file, COLUMNS, [[line[name] for name in COLUMNS] for line in lines])
    pictures = [_picture(out, pool, settings) for pool in pools]
    print(f"{yardstick_table(lines)}\nwritten to {out}: yardsticks.csv, .md, {', '.join(pictures)}")


def _picture(out: Path, pool: Pool, settings: Sequence[str]) -> str:
    """Writes the picture of a pool; returns the file's name."""
    words = [pool.task, *(word.removeprefix("task.") for word in settings)]
    name = re.sub(r"[^\w.=-]+", "_", f"yardsticks-{'-'.join(words)}") + ".png"
    figure = distribution_figure(pool)
    write_atomic(out / name, lambda f: figure.savefig(f, format="png", dpi=120))
    return name


if __name__ == "__main__":
    run_command(main, __doc__)
