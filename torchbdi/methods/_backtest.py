"""What holds a search: decided by searches that did not see the best rows of the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..committee import Fitted, Ridges
from ..data import OfflineData
from ..network import seeded
from ..search import Objective, SearchOptions, maximise
from ..selection import Model

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


def backtest(
    data: OfflineData,
    choose: Callable[[Tensor, Tensor], Sequence[Model]],
    ridges: Ridges,
    ways: dict[str, Callable[[Fitted], Objective]],
    seed: int = 0,
) -> Backtest | None:
    """Hides the best fifth of the rows, and others, and lets every way search without them.

    Args:
        data: the table.
        choose: regressions for designs (N, D) and scores (N,), standardised.
        ridges: of a regression, see :meth:`Fitted.of`.
        ways: by name, what is searched for once regressions are fitted.
        seed: of the searches' draws; the rows are always the same.

    Returns:
        What came out; None for a table of fewer than 40 rows.
    """
    if len(data.x) < FEWEST:
        return None
    rows = torch.randperm(len(data.x), generator=seeded(0, 2))[:ROWS]
    order = rows[torch.argsort(data.y[rows], descending=True, stable=True)]
    count = int(HIDDEN * len(rows))
    best, rest = order[:count], order[count:]
    rest = rest[torch.randperm(len(rest), generator=seeded(0, 3))]
    unseen, known = torch.cat([best, rest[:count]]), rest[count:]
    mean, scale = data.y[known].mean(), data.y[known].std(correction=0)
    scale = scale if scale > 0 else torch.ones_like(scale)
    y = (data.y[known] - mean) / scale
    blind = Fitted.of(choose(data.x[known], y), ridges, data.x[known], y)
    judge = Fitted.of(choose(data.x[rows], data.y[rows]), ridges, data.x[rows], data.y[rows])
    doubt = judge.cautious(torch.arange(len(rows)))
    with torch.no_grad():
        first = torch.argsort(blind.mean()(data.x[unseen]), descending=True)[:count]
    promised, judged, doubted = {}, {}, {}
    starts = data.x[known[torch.argsort(y, descending=True, stable=True)][:DESIGNS]]
    for name, way in ways.items():
        found = maximise(
            way(blind), data.space, DESIGNS, least=1, starts=starts, options=OPTIONS, seed=seed
        )
        with torch.no_grad():
            promised[name] = float(blind.mean()(found.x).median() * scale + mean)
            judged[name] = float(judge.mean()(found.x).median())
            doubted[name] = float(doubt(found.x).median())
    return Backtest(float((first < count).double().mean()), promised, judged, doubted)
