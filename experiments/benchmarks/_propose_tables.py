"""Ten tables of which the truth about a proposal is known: what is seen, the pool, the truth.

The files (suzuki.csv, buchwald.csv, barrel.csv, concrete.csv, perovskite.csv, p3ht.csv) are those
of their sources with plain column names; hill4, branin and ackley are formulas; tfbind8 is
design-bench's. Rows of the better two fifths are never seen.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from torchbdi import MissingDataError

Frame = dict[str, np.ndarray]


class Columns(dict[str, np.ndarray]):
    """A data frame, as far as propose looks at one."""

    @property
    def columns(self) -> list[str]:
        return list(self)


WORSE = 60  # per cent of the designs, of which some are seen
POOL, NEAR, PARENTS = 20_000, 3, 64
REACH = (0.05, 0.3)
FILES: dict[str, tuple[str, bool, int]] = {  # score, whether it is minimised, designs seen
    "suzuki": ("yield", False, 200),
    "buchwald": ("yield", False, 200),
    "barrel": ("toughness", False, 100),
    "concrete": ("strength", False, 150),
    "perovskite": ("instability_index", True, 40),
    "p3ht": ("conductivity", False, 80),
}
TOTALS = {"perovskite": 1.0, "p3ht": 100.0}
FORMULAS = ("hill4", "branin", "ackley")
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
    truth: Callable[[Mapping[str, np.ndarray]], np.ndarray]
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
        return _of_file(name, tables / f"{name}.csv", rng)
    return _tfbind8(data, rng) if name == "tfbind8" else _of_formula(name, rng)


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


def _of_file(name: str, path: Path, rng: np.random.Generator) -> Case:
    score, minimise, many = FILES[name]
    whole = _read(path)
    y = whole.pop(score)
    sign = -1.0 if minimise else 1.0
    designs, group = _distinct(whole)
    means = np.bincount(group, y) / np.bincount(group)
    goodness = sign * means
    worse = np.flatnonzero(goodness <= np.percentile(goodness, WORSE))
    seen = np.zeros(len(means), bool)
    seen[rng.permutation(worse)[:many]] = True
    rows = seen[group]
    frame = take(whole, rows)
    if name in ("suzuki", "buchwald", "barrel"):
        known = np.ones(len(means), bool)
        for values in designs.values():
            known &= np.isin(values, list(set(values[seen].tolist())))
        pool = take(designs, ~seen & known)
        truth = _nearest(designs, means)
    else:
        total = TOTALS.get(name)
        pool = _made(frame, sign * y[rows], rng, total)
        truth = _forest(whole, y, total, log=name == "perovskite")
    top = np.flatnonzero(seen)[np.argsort(-goodness[seen], kind="stable")]
    return Case(frame, y[rows], score, minimise, pool, truth, truth(take(designs, top)))


def _of_formula(name: str, rng: np.random.Generator) -> Case:
    n = 100 if name == "branin" else 200
    ends = {
        "hill4": dict.fromkeys("abcd", (0.0, 100.0)),
        "branin": {"x1": (-5.0, 10.0), "x2": (0.0, 15.0)},
        "ackley": {"x1": (-2.0, 2.0), "x2": (-2.0, 2.0), "x3": (-2.0, 2.0)},
    }[name]
    whole: Frame = {column: rng.uniform(*both, n) for column, both in ends.items()}
    if name == "ackley":
        for column, levels in (("grade", "abcde"), ("vessel", "pqrs")):
            whole[column] = np.array(list(levels), dtype=object)[rng.integers(len(levels), size=n)]
    truth = {"hill4": _hill4, "branin": _branin, "ackley": _ackley}[name]
    y = truth(whole)
    minimise = name != "hill4"
    if name == "hill4":
        y = y + rng.normal(0, 0.5, n)
    sign = -1.0 if minimise else 1.0
    rows = sign * y <= np.percentile(sign * y, WORSE)
    frame = take(whole, rows)
    best = truth(frame)[np.argsort(-sign * y[rows], kind="stable")]
    pool = _made(frame, sign * y[rows], rng, None)
    score = {"hill4": "response", "branin": "loss", "ackley": "loss"}[name]
    return Case(frame, y[rows], score, minimise, pool, truth, best)


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


def take(frame: Mapping[str, np.ndarray], at: np.ndarray) -> Frame:
    """Some rows of a frame."""
    return {name: values[at] for name, values in frame.items()}


def _distinct(frame: Frame) -> tuple[Frame, np.ndarray]:
    """The different designs, in the order of the file, and which each row is."""
    seen: dict[tuple[object, ...], int] = {}
    rows = zip(*(values.tolist() for values in frame.values()), strict=True)
    group = np.array([seen.setdefault(row, len(seen)) for row in rows])
    first = np.unique(group, return_index=True)[1]
    return take(frame, first), group


def _made(
    frame: Frame, goodness: np.ndarray, rng: np.random.Generator, total: float | None
) -> Frame:
    """Half uniform in the box of what is seen, half around the best 64."""
    half = POOL // 2
    numbers = [name for name, v in frame.items() if v.dtype != object]
    x = np.stack([frame[name] for name in numbers], axis=1)
    low, high = x.min(0), x.max(0)
    if total is None:
        uniform = rng.uniform(low, high, (half, len(numbers)))
    else:
        parts: list[np.ndarray] = []
        while sum(map(len, parts)) < half:
            drawn = total * rng.dirichlet(np.ones(len(numbers)), 10 * half)
            parts.append(drawn[((drawn >= low) & (drawn <= high)).all(1)])
        uniform = np.concatenate(parts)[:half]
    parents = np.argsort(-goodness, kind="stable")[:PARENTS]
    at = parents[rng.integers(len(parents), size=half)]
    share = rng.uniform(*REACH, half)
    moved = x[at] + share[:, None] * (high - low) * rng.normal(size=(half, len(numbers)))
    moved = np.clip(moved, low, high)
    if total is not None:
        empty = moved.sum(1) <= 0
        moved[empty] = x[at][empty]
        moved *= total / moved.sum(1, keepdims=True)
    out = {name: np.r_[uniform[:, i], moved[:, i]] for i, name in enumerate(numbers)}
    for name, values in frame.items():
        if values.dtype == object:
            levels = np.array(sorted(set(values.tolist())), dtype=object)
            drawn = levels[rng.integers(len(levels), size=half)]
            again = levels[rng.integers(len(levels), size=half)]
            own = np.where(rng.uniform(size=half) < share, again, values[at])
            out[name] = np.r_[drawn, own]
    return {name: out[name] for name in frame}


def _nearest(designs: Frame, means: np.ndarray) -> Callable[[Mapping[str, np.ndarray]], np.ndarray]:
    """The mean score of the nearest design; ties are averaged."""

    def truth(frame: Mapping[str, np.ndarray]) -> np.ndarray:
        apart: np.ndarray | float = 0.0
        for name, values in designs.items():
            own = frame[name][:, None]
            if values.dtype == object:
                apart = apart + (own != values)
            else:
                apart = apart + np.abs(own - values) / (np.ptp(values) or 1.0)
        apart = np.asarray(apart, float)
        nearest = apart <= apart.min(1, keepdims=True) + 1e-9
        found: np.ndarray = (nearest * means).sum(1) / nearest.sum(1)
        return found

    return truth


def _forest(
    frame: Frame, y: np.ndarray, total: float | None, log: bool
) -> Callable[[Mapping[str, np.ndarray]], np.ndarray]:
    from sklearn.ensemble import RandomForestRegressor

    def features(own: Mapping[str, np.ndarray]) -> np.ndarray:
        x = np.stack([np.asarray(own[name], float) for name in frame], axis=1)
        return x if total is None else x * total / x.sum(1, keepdims=True)

    model = RandomForestRegressor(500, random_state=0)
    model.fit(features(frame), np.log10(y) if log else y)

    def truth(own: Mapping[str, np.ndarray]) -> np.ndarray:
        found: np.ndarray = model.predict(features(own))
        return 10**found if log else found

    return truth


def _hill4(frame: Mapping[str, np.ndarray]) -> np.ndarray:
    out = np.full(len(frame["a"]), 100.0)
    for name, (k, m, i, p) in {
        "a": (10, 2, 60, 4), "b": (20, 1.5, 80, 3), "c": (5, 3, 40, 5), "d": (15, 1, 90, 2),
    }.items():  # fmt: skip
        x = np.asarray(frame[name], float)
        out *= x**m / (k**m + x**m) / (1 + (x / i) ** p)
    return out


def _branin(frame: Mapping[str, np.ndarray]) -> np.ndarray:
    x1, x2 = np.asarray(frame["x1"], float), np.asarray(frame["x2"], float)
    inner = x2 - 5.1 / (4 * np.pi**2) * x1**2 + 5 / np.pi * x1 - 6
    out: np.ndarray = inner**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x1) + 10
    return out


def _ackley(frame: Mapping[str, np.ndarray]) -> np.ndarray:
    grade = dict(zip("abcde", (1, 0.5, 0, 1.5, 2), strict=True))
    vessel = dict(zip("pqrs", (0.5, 1.5, 0, 1), strict=True))
    z = np.stack([
        np.asarray(frame["x1"], float) - 0.4,
        np.asarray(frame["x2"], float) + 0.7,
        np.asarray(frame["x3"], float) - 1.1,
        np.array([grade[v] for v in frame["grade"]]),
        np.array([vessel[v] for v in frame["vessel"]]),
    ])  # fmt: skip
    root = -20 * np.exp(-0.2 * np.sqrt((z**2).mean(0)))
    out: np.ndarray = root - np.exp(np.cos(2 * np.pi * z).mean(0)) + 20 + np.e
    return out
