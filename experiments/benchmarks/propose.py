"""How good proposals are, by the truth, beside rivals: ten tables, five seeds, 32 proposals.

Each rival ranks one pool of new designs and takes its best 32; torchbdi makes its own. The best and
the median of the true scores are compared table by table and seed by seed; a tie counts half.
``--tables`` names the folder of the tables (or TORCHBDI_TABLES), ``--only`` and ``--seeds`` cut it.
Every table and seed is kept as soon as it is done, and not done again in the same ``--out``.
"""

from __future__ import annotations

import csv
import io
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import torchbdi
from torchbdi import InputError
from torchbdi.kernels.files import write_json, write_text

from . import Options
from ._frames import Columns, Frame
from ._propose_rivals import RIVALS
from ._propose_tables import TABLES, Case, case

N, SEEDS = 32, (0, 1, 2, 3, 4)
OWN = "torchbdi"
# Against whom, in the table of pairs.
OTHERS = ("forest", "boosting", "gp_mean", "gp_qlogei", "random", "repeat_best")


def run(options: Options) -> dict[str, Any]:
    """Proposes for every table and seed, and writes propose.csv and propose.md beside the JSON.

    Raises:
        InputError: no such table.
        MissingDataError: a file is not there.
    """
    folder = options.tables or _environment("TORCHBDI_TABLES")
    data = _environment("TORCHBDI_DATA")
    names = options.only or TABLES
    if wrong := sorted(set(names) - set(TABLES)):
        raise InputError(f"--only {wrong[0]}: there is no such table; {', '.join(TABLES)}.")
    seeds = options.seeds or SEEDS
    if options.small:
        names, seeds = options.only or ("branin",), seeds[:1]
    rows: list[dict[str, Any]] = []
    for name in names:
        for seed in seeds:
            rows += measure(name, seed, partial(case, name, seed, folder, data), options)
            options.keep({"rows": rows})
    table = pairs(rows)
    write_text(options.out / "propose.csv", _csv(rows))
    write_text(options.out / "propose.md", markdown(rows, table))
    return {"rows": table, "runs": rows}


def _environment(name: str) -> Path | None:
    return Path(os.environ[name]) if os.environ.get(name) else None


def measure(
    name: str, seed: int, make: Callable[[], Case], options: Options
) -> list[dict[str, Any]]:
    """One table and seed: a row for each method; what is there already is read."""
    kept = options.out / "cases" / f"{name}-{seed}.json"
    rows: dict[str, dict[str, Any]] = {}
    if kept.is_file():
        rows = {row["method"]: row for row in json.loads(kept.read_text())}
    wanted = [OWN, "repeat_best", *(RIVALS if options.rivals else ())]
    if all(method in rows for method in wanted):
        return [rows[method] for method in wanted]
    kept.parent.mkdir(exist_ok=True)
    own = make()
    for method in wanted:
        if method in rows:
            continue
        start = time.perf_counter()
        extra: dict[str, Any] = {}
        if method == OWN:
            proposed, extra = _torchbdi(own)
            found = own.truth(proposed)
            extra["error_ratio"] = _ratio(found, extra.pop("predicted"), extra.pop("error"))
        elif method == "repeat_best":
            found = own.best_rows[:N]
        else:
            x, pool = _features(own)
            found = own.pool_truth(RIVALS[method](x, own.sign * own.scores, pool, N, seed))
        goodness = own.sign * found
        rows[method] = {
            "table": name, "seed": seed, "method": method, "n": len(found),
            "best": float(own.sign * goodness.max()), "median": float(np.median(found)),
            "minimise": own.minimise, "seconds": round(time.perf_counter() - start, 2), **extra,
        }  # fmt: skip
        write_json(kept, list(rows.values()))
    return [rows[method] for method in wanted]


def _torchbdi(own: Case) -> tuple[Frame, dict[str, Any]]:
    class Scores(np.ndarray):
        name = own.score

    p = torchbdi.propose(
        Columns(own.frame), own.scores.view(Scores), n=N, minimize=own.minimise, progress=False
    )
    told = {"model": p.model.text(), "r2": round(p.quality.r2, 4), "predicted": p.predicted}
    return dict(p.columns), {**told, "error": p.error}


def _ratio(truth: np.ndarray, predicted: np.ndarray, error: np.ndarray) -> float:
    """Error over stated error, root mean square of the 20 predicted highest."""
    return float(np.sqrt((((truth - predicted) / error)[:20] ** 2).mean()))


def _features(own: Case) -> tuple[np.ndarray, np.ndarray]:
    """What is seen and the pool as rivals take them: one-hot, and numbers in [0, 1] of the seen."""
    seen, pool = [], []
    for name, values in own.frame.items():
        others = own.pool[name]
        if values.dtype != object:
            low, spread = values.min(), np.ptp(values) or 1.0
            seen.append(((values - low) / spread)[:, None])
            pool.append(((others - low) / spread)[:, None])
            continue
        width = len(values[0]) if name == "site" else 1
        for i in range(width):
            a, b = (
                np.array([v[i] if name == "site" else v for v in part], dtype=object)
                for part in (values, others)
            )
            levels = np.array(sorted(set(a.tolist())), dtype=object)
            seen.append((a[:, None] == levels).astype(float))
            pool.append((b[:, None] == levels).astype(float))
    return np.hstack(seen), np.hstack(pool)


def pairs(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """torchbdi against each rival: won, tied and lost pairs of table and seed, and the share.

    Args:
        rows: one a table, seed and method.
    """
    by = {(row["table"], row["seed"], row["method"]): row for row in rows}
    table = []
    for other in OTHERS:
        line: dict[str, Any] = {"rival": other}
        for figure in ("best", "median"):
            signs = [
                np.sign((row[figure] - by[t, s, other][figure]) * (-1 if row["minimise"] else 1))
                for (t, s, method), row in by.items()
                if method == OWN and (t, s, other) in by
            ]
            if signs:
                won, lost = signs.count(1), signs.count(-1)
                line[figure] = f"{won}-{len(signs) - won - lost}-{lost}"
                line[f"{figure}_share"] = (won + (len(signs) - won - lost) / 2) / len(signs)
        if len(line) > 1:
            table.append(line)
    return table


def markdown(rows: Sequence[Mapping[str, Any]], table: Sequence[Mapping[str, Any]]) -> str:
    """Means over the seeds, and the pairs."""
    methods = list(dict.fromkeys(row["method"] for row in rows))
    lines = ["Best of 32 / median of 32, true scores, mean over the seeds.", ""]
    lines += [f"| table | {' | '.join(methods)} |", "|---" * (len(methods) + 1) + "|"]
    for name in dict.fromkeys(row["table"] for row in rows):
        cells = []
        for method in methods:
            own = [r for r in rows if r["table"] == name and r["method"] == method]
            means = [np.mean([r[figure] for r in own]) for figure in ("best", "median")]
            cells.append(f"{means[0]:.4g} / {means[1]:.4g}" if own else "")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "torchbdi against each, won - tied - lost.", ""]
    lines += ["| rival | best of 32 | share | median of 32 | share |", "|---|---|---|---|---|"]
    for line in table:
        lines.append(
            f"| {line['rival']} | {line['best']} | {line['best_share']:.0%} | {line['median']} | "
            f"{line['median_share']:.0%} |"
        )
    ratios = [row["error_ratio"] for row in rows if "error_ratio" in row]
    if ratios:
        middle = np.median(ratios)
        lines += ["", "Error over stated error of the 20 proposals predicted highest (root mean "
                  f"square), median over tables and seeds: {middle:.2f}."]  # fmt: skip
    return "\n".join(lines) + "\n"


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
