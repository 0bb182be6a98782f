"""From what was typed to a table and the choices of a run, without torch."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from ..kernels.errors import InputError
from .arguments import PLAIN
from .columns.meant import as_meant
from .earlier import read_earlier
from .reading.file import other_sheets, read_table
from .reading.table import Table, Values, parse_number, tidy
from .settings import Settings
from .understand import understand
from .understood import Understood

_POINT = " (with a decimal point, however the table is written)"


def asked(args: argparse.Namespace) -> tuple[Understood, Settings]:
    """Reads the table and the choices, and refuses what cannot be; without torch.

    Raises:
        TorchBDIError: what is wrong and what to do.
    """
    earlier = None if args.config is None else read_earlier(args.config)
    typed = _settings(args)
    settings = typed if earlier is None else earlier.beside(typed, _typed(args))
    scores = tuple(tidy(name) for name in args.score)
    if earlier is not None and not scores:
        scores = earlier.scores
    with contextlib.nullcontext() if earlier is None else earlier.named():
        table = read_table(
            args.data, settings.decimal, settings.sheet,
            {*settings.categories, *settings.sequences, *settings.ignore}, set(scores),
        )  # fmt: skip
        names = list(table.columns)
        if not scores:
            raise InputError(f"--score NAME is missing. Columns: {', '.join(names[:100])}.")
        settings = dataclasses.replace(settings, fix={**settings.fix, **_fix(args.fix, names)})
        y = _scores_of(table, scores)
        designs = table.only(name for name in names if name not in y)
        designs = as_meant(designs, {*settings.categories, *settings.sequences})
        if earlier is None:
            return understand(designs, _score_name(scores), y, settings), settings
        own, told = earlier.for_scores(settings, typed.takes, y)
        understood = understand(designs, _score_name(scores), y, own)
    return earlier.told_of(understood, told), settings


def _scores_of(table: Table, scores: Sequence[str]) -> dict[str, Values]:
    """The columns of scores, (N,) each."""
    for score in scores:
        if score not in table.columns:
            told = f"there is no column {score!r}. Columns: {', '.join([*table.columns][:100])}."
            raise InputError(
                " ".join([told, *_on_its_side(table, score), *other_sheets(table.notes)])
            )
        if scores.count(score) > 1:
            raise InputError(f"--score {score} is given twice.")
    return {score: table.columns[score] for score in scores}


def _typed(args: argparse.Namespace) -> set[str]:
    """The options that somebody gave, by their names in Python."""
    return {name for name, value in PLAIN.items() if getattr(args, name) != value}


def _on_its_side(table: Table, score: str) -> list[str]:
    """What to say where the score is no column but a row, or where there are no names at all."""
    at = np.flatnonzero(next(iter(table.columns.values())) == score)
    if not len(at) and any(parse_number(name) is not None for name in table.columns):
        return ["If the first line holds an experiment, write a line of names above it."]
    if not len(at):
        return []
    return [
        f"But row {table.rows[at[0]]} is called so: the table lies on its side. Swap its rows and "
        "columns (in a spreadsheet: copy, then paste transposed)."
    ]


def _score_name(scores: Sequence[str]) -> str:
    """What several repetitions are called: what their names have in common."""
    length = 0
    while all(len(s) > length and s[length] == scores[0][length] for s in scores):
        length += 1
    common = scores[0][:length].rstrip("_-. (#")
    return scores[0] if len(scores) == 1 or not common else common


def _settings(args: argparse.Namespace) -> Settings:
    """The choices, but for fixed columns: whether a name has an = in it the table says."""
    return Settings(
        n=args.n,
        minimize=args.minimize,
        bounds=_bounds(args.bounds),
        steps=_steps(args.step),
        takes=_takes(args.take),
        sequences=_names("sequence", args.sequence),
        categories=_names("category", args.category),
        numbers=_names("number", args.number),
        ignore=_names("ignore", args.ignore),
        free=_names("free", args.free),
        drop_missing=args.drop_missing,
        sums=tuple(map(tidy, args.sum)),
        rules=tuple(map(tidy, args.rule)),
        at_most=tuple(map(tidy, args.at_most)),
        decimal=args.decimal,
        sheet=args.sheet,
        safe_csv=args.safe_csv,
        robust=args.robust,
        score_scale=args.score_scale or Settings.score_scale,
        acquisition=args.acquisition or Settings.acquisition,
        backtest=args.backtest,
    )


def _bounds(given: Sequence[str]) -> dict[str, tuple[float | None, float | None]]:
    bounds: dict[str, tuple[float | None, float | None]] = {}
    for text in given:
        name, _, ends = text.rpartition("=")
        low, colon, high = ends.partition(":")
        numbers = [parse_number(end) if end.strip() else None for end in (low, high)]
        unread = [end for end, v in zip((low, high), numbers, strict=True) if end and v is None]
        if not name or not colon or unread:
            raise InputError(f"--bounds {text}: write NAME=LOW:HIGH with numbers{_POINT}.")
        name = tidy(name)
        _once("bounds", name, bounds)
        bounds[name] = (numbers[0], numbers[1])
    return bounds


def _steps(given: Sequence[str]) -> dict[str, float]:
    steps: dict[str, float] = {}
    for text in given:
        name, _, value = text.rpartition("=")
        number = parse_number(value)
        if not name or number is None:
            raise InputError(f"--step {text}: write NAME=STEP with a number{_POINT}.")
        name = tidy(name)
        _once("step", name, steps)
        steps[name] = number
    return steps


def _takes(given: Sequence[str]) -> dict[str, float | str]:
    takes: dict[str, float | str] = {}
    for text in given:
        word, sign, value = text.rpartition("=")
        if not sign or not value:
            raise InputError(f"--take {text}: write TEXT=VALUE, such as failed=0 or n.d.=out.")
        _once("take", word, takes)
        takes[word] = value
    return takes


def _names(option: str, given: Sequence[str]) -> tuple[str, ...]:
    names = tuple(map(tidy, given))
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"--{option} {twice[0]} is given twice.")
    return names


def _fix(given: Sequence[str], names: Sequence[str]) -> dict[str, float | str | None]:
    fix: dict[str, float | str | None] = {}
    for text in given:
        name, sign, value = text.rpartition("=")
        whole = tidy(text)
        own = whole if whole in names or not sign else tidy(name)
        _once("fix", own, fix)
        fix[own] = None if own == whole else value
    return fix


def _once(option: str, name: str, so_far: Mapping[str, object]) -> None:
    """Refuses what is said twice: one of the two would be forgotten.

    Raises:
        InputError: it names the column.
    """
    if name in so_far:
        raise InputError(f"--{option}: column {name!r} is given twice. Keep one.")
