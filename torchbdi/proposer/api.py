"""``torchbdi.propose``: from a table of designs and scores to designs worth trying next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..kernels.errors import InputError
from .folder import RunFolder
from .frames import table_of
from .outputs import complete, configuration
from .pipeline import run
from .problem import make_problem
from .result import Proposals
from .settings import Settings


def propose(
    x: Any,
    y: Any,
    n: int = 32,
    *,
    minimize: bool = False,
    bounds: Mapping[str, tuple[float | None, float | None]] | None = None,
    fix: Mapping[str, float | str | None] | Sequence[str] = (),
    sequence: str | None = None,
    categories: Sequence[str] = (),
    ignore: Sequence[str] = (),
    drop_missing: bool = False,
    safe_csv: bool = False,
    acquisition: str = "ucb",
    out: str | Path | None = None,
    progress: bool = True,
) -> Proposals:
    """Proposes designs that should score better than those of a table.

    A kernel ridge regression is chosen by leaving each design out, and new designs are searched
    for where it promises most. All draws are the same each time: the same table gives the same
    proposals, on the same machine with as many threads to the last digit.

    Args:
        x: the designs: (N, D) numbers in a tensor or array (columns x0, x1, ...), (N,) texts of
            equal length (one column ``sequence``), or a data frame.
        y: their scores, (N,).
        n: how many designs to propose.
        minimize: low scores are good.
        bounds: (low, high) of number columns, by name; None for the end of the observed range,
            which is the bound of columns that are not named.
        fix: columns that do not vary: names (a proposal keeps the value of the known design that it
            is told from), or names with the value they are to have.
        sequence: the column of sequences; one is recognised where nothing else is possible.
        categories: columns whose values are names, although they look like numbers.
        ignore: columns that play no part.
        drop_missing: leave out rows with missing cells, instead of stopping.
        safe_csv: in ``proposals.csv``, put an apostrophe before texts that begin with = + - @ or a
            tab, which a spreadsheet would take for formulas.
        acquisition: what makes a design worth trying: "ucb", "ei", "mean" or "bdi".
        out: a folder for what the command line writes (``proposals.csv``, ``report.html``, ...);
            it must not exist. None writes nothing.
        progress: show progress bars for what takes more than two seconds.

    Returns:
        n new designs, or all where there are fewer, with what is known of them.

    Raises:
        InputError: something is wrong with the table or the choices; the message says what to do.
        DoesNotFitError: the solve needs more memory than there is.

    Example:
        >>> import numpy as np, torchbdi
        >>> x = np.random.default_rng(0).uniform(size=(100, 3))
        >>> proposals = torchbdi.propose(x, -((x - 0.5) ** 2).sum(1), n=4)
        >>> proposals.x.shape
        (4, 3)
    """
    table, score, scores = table_of(x, y)
    settings = Settings(
        n=_plain(n),
        minimize=minimize,
        bounds={name: _ends(name, ends) for name, ends in (bounds or {}).items()},
        fix={name: _plain(v) for name, v in fix.items()}
        if isinstance(fix, Mapping)
        else dict.fromkeys(fix),
        sequence=sequence,
        categories=tuple(categories),
        ignore=tuple(ignore),
        drop_missing=drop_missing,
        safe_csv=safe_csv,
        acquisition=acquisition,
    )
    problem = make_problem(table, score, scores, settings)
    if out is None:
        return run(problem, settings, progress=progress)
    with RunFolder(Path(out), configuration(problem, settings)) as folder:
        return complete(folder, problem, settings, progress)


def _ends(name: str, ends: Any) -> tuple[float | None, float | None]:
    try:
        low, high = (None if end is None else float(end) for end in ends)
    except (TypeError, ValueError):
        raise InputError(f"bounds: {name!r} needs (low, high), got {ends!r}.") from None
    return low, high


def _plain(value: Any) -> Any:
    """A value of numpy's as Python's."""
    return value.item() if hasattr(value, "item") else value
