"""From what was typed to a table and the choices of a run, without torch."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..kernels.errors import InputError, MissingDataError
from .arguments import PLAIN
from .reading.file import other_sheets, read_table
from .reading.table import Table, parse_number, tidy
from .settings import Settings
from .understand import understand
from .understood import Understood

_POINT = " (with a decimal point, however the table is written)"


def asked(args: argparse.Namespace) -> tuple[Understood, Settings]:
    """Reads the table and the choices, and refuses what cannot be; without torch.

    Raises:
        TorchBDIError: what is wrong and what to do.
    """
    config = None if args.config is None else _configured(args)
    settings = _settings(args) if config is None else config[1]
    given = [tidy(name) for name in args.score]
    table = read_table(
        args.data, settings.decimal, settings.sheet,
        {*settings.categories, *settings.sequences, *settings.ignore},
        set(given) if config is None else set(config[0]),
    )  # fmt: skip
    names = list(table.columns)
    if config is None:
        if not given:
            raise InputError(f"--score NAME is missing. Columns: {', '.join(names[:100])}.")
        scores = tuple(given)
        settings = dataclasses.replace(settings, fix=_fix(args.fix, names))
    else:
        scores = config[0]
        if config[2]["sha256"] != table.sha256:
            raise InputError(
                f"{args.data}: not the file that {args.config} was made with "
                f"({config[2].get('name')}, SHA-256 {config[2]['sha256']}); this one has "
                f"{table.sha256}."
            )
    for score in scores:
        if score not in table.columns:
            told = f"there is no column {score!r}. Columns: {', '.join(names[:100])}."
            raise InputError(
                " ".join([told, *_on_its_side(table, score), *other_sheets(table.notes)])
            )
        if scores.count(score) > 1:
            raise InputError(f"--score {score} is given twice.")
    y = {score: table.columns[score] for score in scores}
    designs = table.only(name for name in names if name not in y)
    understood = understand(designs, _score_name(scores), y, settings)
    return understood, dataclasses.replace(settings, n=understood.n)


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
    bounds: dict[str, tuple[float | None, float | None]] = {}
    for text in args.bounds:
        name, _, ends = text.rpartition("=")
        low, colon, high = ends.partition(":")
        numbers = [parse_number(end) if end.strip() else None for end in (low, high)]
        unread = [end for end, v in zip((low, high), numbers, strict=True) if end and v is None]
        if not name or not colon or unread:
            raise InputError(f"--bounds {text}: write NAME=LOW:HIGH with numbers{_POINT}.")
        name = tidy(name)
        _once("bounds", name, bounds)
        bounds[name] = (numbers[0], numbers[1])
    steps: dict[str, float] = {}
    for text in args.step:
        name, _, value = text.rpartition("=")
        number = parse_number(value)
        if not name or number is None:
            raise InputError(f"--step {text}: write NAME=STEP with a number{_POINT}.")
        name = tidy(name)
        _once("step", name, steps)
        steps[name] = number
    takes: dict[str, float | str] = {}
    for text in args.take:
        word, sign, value = text.rpartition("=")
        if not sign or not value:
            raise InputError(f"--take {text}: write TEXT=VALUE, such as failed=0 or n.d.=out.")
        _once("take", word, takes)
        takes[word] = value
    named: dict[str, tuple[str, ...]] = {}
    for option in ("sequence", "category", "number", "ignore", "free"):
        given = named[option] = tuple(tidy(name) for name in getattr(args, option))
        if twice := [name for name in given if given.count(name) > 1]:
            raise InputError(f"--{option} {twice[0]} is given twice.")
    return Settings(
        n=args.n,
        minimize=args.minimize,
        bounds=bounds,
        sequences=named["sequence"],
        categories=named["category"],
        numbers=named["number"],
        ignore=named["ignore"],
        drop_missing=args.drop_missing,
        takes=takes,
        sums=tuple(map(tidy, args.sum)),
        rules=tuple(map(tidy, args.rule)),
        steps=steps,
        free=named["free"],
        at_most=tuple(map(tidy, args.at_most)),
        decimal=args.decimal,
        sheet=args.sheet,
        safe_csv=args.safe_csv,
        robust=args.robust,
        score_scale=args.score_scale,
        acquisition=args.acquisition,
        backtest=args.backtest,
    )


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


def _configured(
    args: argparse.Namespace,
) -> tuple[tuple[str, ...], Settings, dict[str, Any]]:
    """Scores, settings and the table's hash of an earlier run."""
    if chosen := [name for name, value in PLAIN.items() if getattr(args, name) != value]:
        raise InputError(f"--config stands for all other options: drop {', '.join(chosen)}.")
    try:
        config: Any = json.loads(args.config.read_text())
        data, scores = config["data"], tuple(config["scores"])
        settings = Settings.from_json(config["settings"])
        assert isinstance(data["sha256"], str)
    except OSError as error:
        raise MissingDataError(f"{args.config}: cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{args.config}: not the config.json of a run of propose.") from error
    return scores, settings, data
