"""What the command prints at its end."""

from __future__ import annotations

from pathlib import Path

from ..digits import short
from ..result import Proposals
from .alike import close_told
from .beyond import beyond_told
from .lettering import shortened, width

SHOWN = 5
LETTERS = 30  # of the score's name above its predictions


def summary(p: Proposals, out: Path) -> str:
    """The outlook, how good the model is, the first proposals, and where the files are."""
    q = p.quality
    lines = [
        "",
        p.outlook(),
        "",
        q.verdict(),
        f"leave-one-out{'' if q.exact else f' ({len(q.rows)} rows drawn at random)'}: rank "
        f"correlation {q.rank_correlation:.2f}, error {short(q.rmse)}"
        f"{'' if q.factor is None else f' (a factor of {q.factor:.2g})'}, scores scatter by "
        f"{short(q.true.std())}",
        f"model: {p.model.text()}",
        *filter(
            None,
            (
                beyond_told(p),
                p.without_told(),
                p.far_told(),
                close_told(p),
                p.scale_told(),
                p.sites_told(),
            ),
        ),
        "",
        *_table(p),
    ]
    if len(p) < p.problem.n:
        lines.append(f"only {len(p)} of {p.problem.n}: there are no more new designs.")
    if p.backtest is not None:
        lines += ["", *p.backtest.lines()]
    lines += ["", f"proposals: {out / 'proposals.csv'}", f"report:    {out / 'report.html'}"]
    return "\n".join(lines)


def _table(p: Proposals) -> list[str]:
    """The first proposals."""
    head = f"predicted {shortened(p.problem.score, LETTERS)}".replace("…", "...")
    told = [p.told(i).replace(" ± ", " +- ") for i in range(min(SHOWN, len(p)))]
    room = max(map(width, [head, *told]))
    lines = [f"  #  {' ' * (room - width(head))}{head}  nearest row  distance"]
    for i, own in enumerate(told):
        mark = "  far outside" if p.far[i] else ""
        lines.append(
            f"{i + 1:>3}  {own:>{room}}  {p.nearest_row[i]:>11}  {p.distance[i]:>8.3g}{mark}"
        )
    return lines
