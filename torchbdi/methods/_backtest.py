"""What holds a search: decided by searches that did not see the best rows of the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..committee import Fitted, Ridges
from ..data import OfflineData
from ..network import seeded
from ..search import Objective, Reach, SearchOptions, maximise
from ..search.reach import nearest_of
from ..selection import Model

if TYPE_CHECKING:
    from .base import Run

ROWS = 1000  # at most so many decide
FEWEST = 40
HIDDEN = 0.2  # the share of the best rows that are hidden, and of others that are hidden with them
DESIGNS = 32
# A search of half a minute at most, since it is done once for each way.
OPTIONS = SearchOptions(
    enumerate=20_000, width=32, rounds=15, pairs=0, restarts=0, starts=32, steps=60
)


@dataclass(frozen=True)
class Backtest:
    """What searches that did not know the best rows came to.

    Attributes:
        found: share of the best rows among the unseen rows that are predicted highest; half of
            the unseen rows are of the best ones.
        promised: for each way, the median of what the blind regressions predict of the 32 designs
            that a search by it found with them, in standard deviations of all scores.
        judged: the median of what regressions that know all rows predict of the same designs.
        doubted: the median of that less one standard deviation of their process.
    """

    found: float
    promised: dict[str, float]
    judged: dict[str, float]
    doubted: dict[str, float]

    @property
    def chosen(self) -> str:
        """The way whose designs are thought best of by those who know all rows."""
        return max(self.judged, key=self.judged.__getitem__)

    def facts(self) -> dict[str, float | int | str]:
        """For metrics.json."""
        out: dict[str, float | int | str] = {"backtest_found": self.found}
        for way in self.judged:
            out[f"backtest_promised_{way}"] = self.promised[way]
            out[f"backtest_judged_{way}"] = self.judged[way]
            out[f"backtest_doubted_{way}"] = self.doubted[way]
        return out


@dataclass(frozen=True)
class Split:
    """Rows that decide, by their numbers.

    Attributes:
        unseen: those that are hidden, of which the first ``best`` are the best fifth.
        known: the others.
        best: how many these are.
    """

    unseen: Tensor
    known: Tensor
    best: int

    @property
    def rows(self) -> Tensor:
        """All of them, the hidden ones first."""
        return torch.cat([self.unseen, self.known])


def split(data: OfflineData) -> Split | None:
    """The best fifth of the rows and as many others, and the rest; the same for every seed.

    Returns:
        None for a table of fewer than 40 rows.
    """
    if len(data.x) < FEWEST:
        return None
    rows = torch.randperm(len(data.x), generator=seeded(0, 2))[:ROWS]
    order = rows[torch.argsort(data.y[rows], descending=True, stable=True)]
    count = int(HIDDEN * len(rows))
    best, rest = order[:count], order[count:]
    rest = rest[torch.randperm(len(rest), generator=seeded(0, 3))]
    return Split(torch.cat([best, rest[:count]]), rest[count:], count)


def tested_distance(data: OfflineData, parts: Split) -> float | None:
    """The largest distance of a hidden row from the nearest of the others, in their numbers.

    Farther away predictions were not compared with any score, whatever a model says of them.

    Returns:
        The root of the mean squared difference, in standard deviations; None where the space has
        no numbers or the rows are all the same in them.
    """
    if "number" not in data.space.kinds:
        return None
    apart = nearest_of(data.x[parts.unseen], data.x[parts.known], data.space)[0]
    return float(apart.max()) or None


def backtest(
    data: OfflineData,
    parts: Split,
    choose: Callable[[Tensor, Tensor], Sequence[Model]],
    ridges: Ridges,
    ways: dict[str, Callable[[Fitted], Objective]],
    reach: Reach | None,
    run: Run,
) -> Backtest:
    """Hides the best fifth of the rows, and others, and lets every way search without them.

    Args:
        data: the table.
        parts: what is hidden of it.
        choose: regressions for designs (N, D) and scores (N,), standardised.
        ridges: of a regression, see :meth:`Fitted.of`.
        ways: by name, what is searched for once regressions are fitted.
        reach: how far from the rows of the table designs may be, here from those that are known;
            None: anywhere.
        run: its seed draws the starts of the searches, and its device computes for them.
    """
    known, unseen, rows = parts.known, parts.unseen, parts.rows
    mean, scale = data.y[known].mean(), data.y[known].std(correction=0)
    scale = scale if scale > 0 else torch.ones_like(scale)
    y = (data.y[known] - mean) / scale
    blind = Fitted.of(choose(data.x[known], y), ridges, data.x[known], y).to(run.device)
    judge = Fitted.of(choose(data.x[rows], data.y[rows]), ridges, data.x[rows], data.y[rows])
    doubt = judge.cautious(torch.arange(len(rows)))
    with torch.no_grad():
        first = torch.argsort(blind.mean()(data.x[unseen]), descending=True)[: parts.best]
    promised, judged, doubted = {}, {}, {}
    starts = data.x[known[torch.argsort(y, descending=True, stable=True)][:DESIGNS]]
    reach = None if reach is None else reach.around(data.x[known])
    for name, way in ways.items():
        found = maximise(
            way(blind),
            data.space,
            DESIGNS,
            least=1,
            starts=starts,
            reach=reach,
            options=OPTIONS,
            seed=run.seed,
        )
        with torch.no_grad():
            promised[name] = float(blind.mean()(found.x).median() * scale + mean)
            judged[name] = float(judge.mean()(found.x).median())
            doubted[name] = float(doubt(found.x).median())
    return Backtest(float((first < parts.best).double().mean()), promised, judged, doubted)
