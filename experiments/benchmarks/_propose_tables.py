"""Ten tables of which the truth about a proposal is known: what is seen, the pool, the truth.

The files (suzuki.csv, buchwald.csv, barrel.csv, concrete.csv, perovskite.csv, p3ht.csv) are those
of their sources with plain column names; hill4, branin and ackley are formulas; tfbind8 is
design-bench's. Rows of the better two fifths are never seen.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from torchbdi import MissingDataError

from ._frames import Frame, take
from ._propose_formulas import FORMULAS, Formula
from ._propose_pools import PARENTS, POOL, made_pool
from ._propose_truths import Truth, forest, nearest

WORSE = 60  # per cent of the designs, of which some are seen
NEAR = 3  # letters by which half of the pool of sequences may differ from a parent


class File(NamedTuple):
    """A table of a file.

    Attributes:
        score: name of the score.
        minimise: whether low scores are good.
        seen: how many designs are.
        complete: whether it has every design that counts: the pool are those that are not seen.
            Else a pool is made, and a forest on all rows says what its designs are worth.
        total: what the columns add up to; None for anything.
        log: whether the forest is fitted to logarithms.
    """

    score: str
    minimise: bool
    seen: int
    complete: bool = False
    total: float | None = None
    log: bool = False


FILES = {
    "suzuki": File("yield", False, 200, complete=True),
    "buchwald": File("yield", False, 200, complete=True),
    "barrel": File("toughness", False, 100, complete=True),
    "concrete": File("strength", False, 150),
    "perovskite": File("instability_index", True, 40, total=1.0, log=True),
    "p3ht": File("conductivity", False, 80, total=100.0),
}
TABLES = (*FILES, *FORMULAS, "tfbind8")


@dataclass(frozen=True)
class Case:
    """One table and seed.

    Attributes:
        frame: the designs that are seen, by column, (N,) each.
        scores: of them, (N,).
        score: name of the score.
        minimise: whether low scores are good.
        pool: new designs that rivals choose among, (P,) each.
        truth: true scores of designs, (n,).
        best_rows: true scores of the designs seen, those with the best scores seen first.
    """

    frame: Frame
    scores: np.ndarray
    score: str
    minimise: bool
    pool: Frame
    truth: Truth
    best_rows: np.ndarray

    def pool_truth(self, at: np.ndarray) -> np.ndarray:
        """True scores of designs of the pool, by their positions (n,)."""
        return self.truth(take(self.pool, at))

    @property
    def sign(self) -> float:
        """-1 where low scores are good."""
        return -1.0 if self.minimise else 1.0


def case(name: str, seed: int, tables: Path | None, data: Path | None) -> Case:
    """The table of that name, as seed has it seen.

    Args:
        name: one of ``TABLES``.
        seed: of what is seen and of the pool.
        tables: the folder of the files.
        data: design-bench's folder.

    Raises:
        MissingDataError: a file is not there.
    """
    rng = np.random.default_rng(seed)
    if name in FILES:
        if tables is None:
            raise MissingDataError("no folder of tables: give --tables, or set TORCHBDI_TABLES.")
        return _of_file(FILES[name], tables / f"{name}.csv", rng)
    return _tfbind8(data, rng) if name == "tfbind8" else _of_formula(FORMULAS[name], rng)


def _read(path: Path) -> Frame:
    if not path.is_file():
        raise MissingDataError(f"{path}: no such table; --tables FOLDER, or TORCHBDI_TABLES.")
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    frame: Frame = {}
    for name, cells in zip(header, zip(*rows, strict=True), strict=True):
        try:
            frame[name] = np.array([float(cell) for cell in cells])
        except ValueError:
            frame[name] = np.array(cells, dtype=object)
    return frame


def _of_file(own: File, path: Path, rng: np.random.Generator) -> Case:
    whole = _read(path)
    y = whole.pop(own.score)
    sign = -1.0 if own.minimise else 1.0
    designs, group = _distinct(whole)
    means = np.bincount(group, y) / np.bincount(group)
    goodness = sign * means
    worse = np.flatnonzero(goodness <= np.percentile(goodness, WORSE))
    seen = np.zeros(len(means), bool)
    seen[rng.permutation(worse)[: own.seen]] = True
    rows = seen[group]
    frame = take(whole, rows)
    if own.complete:
        known = np.ones(len(means), bool)
        for values in designs.values():
            known &= np.isin(values, list(set(values[seen].tolist())))
        pool = take(designs, ~seen & known)
        truth = nearest(designs, means)
    else:
        pool = made_pool(frame, sign * y[rows], rng, own.total)
        truth = forest(whole, y, own.total, own.log)
    top = np.flatnonzero(seen)[np.argsort(-goodness[seen], kind="stable")]
    best_rows = truth(take(designs, top))
    return Case(frame, y[rows], own.score, own.minimise, pool, truth, best_rows)


def _of_formula(own: Formula, rng: np.random.Generator) -> Case:
    whole = {column: rng.uniform(*ends, own.rows) for column, ends in own.ends.items()}
    for column, levels in own.levels.items():
        drawn = rng.integers(len(levels), size=own.rows)
        whole[column] = np.array(list(levels), dtype=object)[drawn]
    y = own.truth(whole)
    if own.noise:
        y = y + rng.normal(0, own.noise, own.rows)
    sign = -1.0 if own.minimise else 1.0
    rows = sign * y <= np.percentile(sign * y, WORSE)
    frame = take(whole, rows)
    best_rows = own.truth(frame)[np.argsort(-sign * y[rows], kind="stable")]
    pool = made_pool(frame, sign * y[rows], rng, None)
    return Case(frame, y[rows], own.score, own.minimise, pool, own.truth, best_rows)


def _tfbind8(data: Path | None, rng: np.random.Generator) -> Case:
    if data is None:
        raise MissingDataError("no data of TF Bind 8: set TORCHBDI_DATA.")
    folder = data / "tf_bind_8-SIX6_REF_R1"
    try:
        codes = np.load(folder / "tf_bind_8-x-0.npy", allow_pickle=False)
        y = np.load(folder / "tf_bind_8-y-0.npy", allow_pickle=False).ravel().astype(float)
    except OSError as error:
        raise MissingDataError(f"{folder}: no data of TF Bind 8; set TORCHBDI_DATA.") from error
    place = codes @ 4 ** np.arange(7, -1, -1)
    means = np.bincount(place, y) / np.bincount(place)
    rows = np.sort(rng.permutation(np.flatnonzero(y <= np.percentile(y, WORSE)))[:500])
    every = np.stack(np.unravel_index(np.arange(4**8), (4,) * 8), axis=1)
    unseen = np.setdiff1d(np.arange(4**8), place[rows])
    parents = codes[rows[np.argsort(-y[rows], kind="stable")[:PARENTS]]]
    apart = np.stack([(every[unseen] != parent).sum(1) for parent in parents]).min(0)
    near = rng.permutation(unseen[apart <= NEAR])[: POOL // 2]
    other = rng.permutation(np.setdiff1d(unseen, near))[: POOL // 2]

    def text(numbers: np.ndarray) -> np.ndarray:
        letters = np.array(list("ACGT"))[every[numbers]]
        return np.array(["".join(row) for row in letters], dtype=object)

    def truth(frame: Mapping[str, np.ndarray]) -> np.ndarray:
        at = [sum("ACGT".index(c) * 4 ** (7 - i) for i, c in enumerate(v)) for v in frame["site"]]
        found: np.ndarray = means[at]
        return found

    pool = {"site": text(np.concatenate([near, other]))}
    best = np.sort(y[rows])[::-1]
    return Case({"site": text(place[rows])}, y[rows], "binding", False, pool, truth, best)


def _distinct(frame: Frame) -> tuple[Frame, np.ndarray]:
    """The different designs, in the order of the file, and which each row is."""
    seen: dict[tuple[object, ...], int] = {}
    rows = zip(*(values.tolist() for values in frame.values()), strict=True)
    group = np.array([seen.setdefault(row, len(seen)) for row in rows])
    first = np.unique(group, return_index=True)[1]
    return take(frame, first), group
