"""``torchbdi.propose``: from a table of designs and scores to designs worth trying next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..inputs import own_mode
from ..kernels.errors import InputError
from ..values import number, path_of, switch, told, whole
from .columns.meant import meant_number
from .folder import RunFolder
from .frames import table_of
from .model.problem import make_problem
from .outputs import complete, configuration
from .pipeline import run
from .reading.ways import IN_PYTHON
from .result import Proposals
from .settings import Settings


def propose(
    x: Any,
    y: Any,
    n: int | None = None,
    *,
    minimize: bool = False,
    bounds: Mapping[str, tuple[float | None, float | None]] | None = None,
    fix: Mapping[str, float | str | None] | Sequence[str] | str = (),
    sequence: Sequence[str] | str | None = None,
    categories: Sequence[str] | str = (),
    numbers: Sequence[str] | str = (),
    ignore: Sequence[str] | str = (),
    drop_missing: bool = False,
    takes: Mapping[str, float | str] | None = None,
    sums: Sequence[str] | str = (),
    rules: Sequence[str] | str = (),
    steps: Mapping[str, float] | None = None,
    free: Sequence[str] | str = (),
    at_most: Sequence[str] | str = (),
    decimal: str | None = None,
    safe_csv: bool = False,
    robust: bool = False,
    score_scale: str = "auto",
    acquisition: str = "ucb",
    backtest: bool = False,
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
        n: how many designs to propose; None for 32, or as many as there can be.
        minimize: low scores are good.
        bounds: (low, high) of number columns, by name; None for the end of the observed range,
            which is the bound of columns that are not named.
        fix: columns that do not vary: names (a proposal keeps the value of the known design that it
            is told from), or names with the value they are to have.
        sequence: the columns of sequences; those of DNA and protein are recognised.
        categories: columns whose values are names, although they look like numbers.
        numbers: columns that are numbers of the design, although they look like dates or like the
            numbers of rows.
        ignore: columns that play no part.
        drop_missing: leave out rows with missing cells, instead of stopping.
        takes: what texts among the scores stand for: a number, "out" (their rows are left out, and
            designs that have a word there, such as failed, are not proposed), or "candidate" (their
            rows are the designs to choose from).
        sums: parts with a constant sum, such as "a+b+c=100"; those that are constant in every row
            are found.
        rules: linear rules, such as "p1+2*p2<=10".
        steps: distance between the values that a column may have.
        free: columns that are not bound to the few levels, or the steps, that the table has.
        at_most: such as "4 of a,b,c,d", or "4 of a,b,c,d least 5".
        decimal: "comma" or "point": the mark before decimals in texts that leave it open.
        safe_csv: in ``proposals.csv``, put an apostrophe before texts that begin with = + - @ or a
            tab, which a spreadsheet would take for formulas.
        robust: scores that lie far from all others count as the nearest of the others.
        score_scale: "plain" for a model of the scores as they are, "log" for one of their
            logarithms; "auto" takes the one that explains them better.
        acquisition: what makes a design worth trying: "ucb", "ei", "mean" or "bdi".
        backtest: hide the best fifth of the table and tell how much of it is found again, beside a
            random forest and a Gaussian process where scikit-learn and botorch are installed.
        out: a folder for what the command line writes (``proposals.csv``, ``report.html``, ...);
            it must not exist. None writes nothing.
        progress: show progress bars for what takes more than two seconds.

    Returns:
        n new designs, or all where there are fewer, with what is known of them.

    Raises:
        InputError: something is wrong with the table or the choices; the message says what to do.
        DoesNotFitError: the solve, or so many proposals, need more memory than there is.

    Example:
        >>> import numpy as np, torchbdi
        >>> x = np.random.default_rng(0).uniform(size=(100, 3))
        >>> proposals = torchbdi.propose(x, -((x - 0.5) ** 2).sum(1), n=4)
        >>> proposals.x.shape
        (4, 3)
    """
    table, score, scores = table_of(x, y, decimal)
    switches = {
        "minimize": minimize, "drop_missing": drop_missing, "safe_csv": safe_csv,
        "robust": robust, "backtest": backtest, "progress": progress,
    }  # fmt: skip
    switches = {name: switch("propose", name, value) for name, value in switches.items()}
    place = None if out is None else path_of("propose", "out", out)
    settings = Settings(
        n=None if n is None else whole("propose", "n", n, 1),
        minimize=switches["minimize"],
        bounds={
            str(name): _ends(name, ends) for name, ends in _named_values("bounds", bounds).items()
        },
        fix={str(name): _plain(v) for name, v in fix.items()}
        if isinstance(fix, Mapping)
        else dict.fromkeys(_names(fix)),
        sequences=_names(() if sequence is None else sequence),
        categories=_names(categories),
        numbers=_names(numbers),
        ignore=_names(ignore),
        drop_missing=switches["drop_missing"],
        takes={str(text): _plain(value) for text, value in _named_values("takes", takes).items()},
        sums=_names(sums),
        rules=_names(rules),
        steps={
            str(name): number("propose", f"the step of {name}", meant_number(step), above=0)
            for name, step in _named_values("steps", steps).items()
        },
        free=_names(free),
        at_most=_names(at_most),
        decimal=decimal,
        safe_csv=switches["safe_csv"],
        robust=switches["robust"],
        score_scale=score_scale,
        acquisition=acquisition,
        backtest=switches["backtest"],
    )
    with own_mode():
        problem = make_problem(table, score, scores, settings)
        if place is None:
            return run(problem, settings, progress=switches["progress"])
        with RunFolder(place, configuration(problem, settings), ways=IN_PYTHON) as folder:
            return complete(folder, problem, settings, switches["progress"])


def _named_values(name: str, given: Any) -> Mapping[Any, Any]:
    """What is given by the names of columns."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InputError(f"propose: {name} must be a dict by name, got {told(given)}.")
    return given


def _names(given: Any) -> tuple[str, ...]:
    """Names as texts: columns can be called 0, 1, 2; a text is one name, and so is a number."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        return (str(given),)
    return tuple(str(name) for name in given)


def _ends(name: Any, ends: Any) -> tuple[float | None, float | None]:
    try:
        if isinstance(ends, str):
            raise TypeError
        low, high = (
            None
            if end is None
            else number("bounds", f"an end of {name}", meant_number(end), finite=False)
            for end in ends
        )
    except (TypeError, ValueError):  # an InputError is one
        raise InputError(f"bounds: {name!r} needs (low, high), got {ends!r:.80}.") from None
    return low, high


def _plain(value: Any) -> Any:
    """A value of numpy's as Python's; True and False as columns have them, which are names."""
    value = meant_number(value)
    plain = value.item() if hasattr(value, "item") else value
    return str(plain) if isinstance(plain, bool) else plain
