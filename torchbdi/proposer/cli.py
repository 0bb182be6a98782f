"""``torchbdi propose``: the command line."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..kernels.errors import InputError, MissingDataError, TorchBDIError
from .folder import RunFolder
from .outputs import complete, configuration
from .problem import make_problem
from .result import Proposals
from .settings import ACQUISITIONS, Settings
from .table import parse_number, read_csv

SHOWN = 5
# The options that a configuration replaces, and what they are when nobody gives them.
PLAIN: dict[str, Any] = {
    "score": None, "n": 32, "minimize": False, "bounds": [], "fix": [], "sequence": None,
    "category": [], "ignore": [], "drop_missing": False, "safe_csv": False, "acquisition": "ucb",
}  # fmt: skip
DESCRIPTION = """\
Proposes designs that should score better than those of a table, with what can be trusted of them.

A column is a number if all its cells are, a category if it holds few different texts, or the column
of sequences if its texts are of equal length over few letters. What was taken for what is printed:
leave out other results, dates and names with --ignore. The folder appears when everything
in it is whole: proposals.csv, report.html, config.json, run.json and TensorBoard events. A run that
was stopped goes on when the same command is given again."""
EXAMPLE = """\
--bounds, --fix, --category and --ignore can be given several times. For example:
  torchbdi propose data.csv --score yield --bounds temp=20:80 --fix solvent -n 16 -o run"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes the command."""
    parser.description, parser.epilog = DESCRIPTION, EXAMPLE
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(**PLAIN)
    add = parser.add_argument
    add("data", type=Path, help="CSV file: a header and one row for each experiment")
    add("--score", metavar="NAME", help="the column to improve")
    add("-o", "--out", type=Path, required=True, metavar="FOLDER", help="gets the results")
    add("-n", type=int, help="how many designs to propose (32)")
    add("--minimize", action="store_true", help="low scores are good")
    add(
        "--bounds", action="append", metavar="NAME=LOW:HIGH",
        help="bounds of a number column; an end left out, and columns not named: observed range",
    )  # fmt: skip
    add(
        "--fix", action="append", metavar="NAME[=VALUE]",
        help="a column that does not vary: it gets the value, or keeps that of the known design",
    )  # fmt: skip
    add("--sequence", metavar="NAME", help="the column of sequences of equal length")
    add(
        "--category", action="append", metavar="NAME",
        help="a column whose values are names, although they look like numbers",
    )  # fmt: skip
    add("--ignore", action="append", metavar="NAME", help="a column to leave out")
    add("--drop-missing", action="store_true", help="leave out rows with missing cells")
    add(
        "--safe-csv", action="store_true",
        help="put ' before texts of proposals.csv that begin with = + - @ or a tab, which a "
        "spreadsheet would take for formulas",
    )  # fmt: skip
    add(
        "--acquisition", choices=ACQUISITIONS,
        help="what makes a design worth trying: ucb, the prediction and half a deviation more "
        "(default); ei, the expected improvement on the best known score; mean, the prediction; "
        "bdi, the loss of BDI",
    )  # fmt: skip
    add(
        "--config", type=Path, metavar="FILE",
        help="config.json of an earlier run, instead of all other options: gives the same bytes",
    )  # fmt: skip


def propose(args: argparse.Namespace) -> None:
    """Runs the command and prints what came out.

    Raises:
        TorchBDIError: what is wrong and what to do.
    """
    table = read_csv(args.data)
    names = list(table.columns)
    if args.config is None:
        if args.score is None:
            raise InputError(f"--score NAME is missing. Columns: {', '.join(names[:100])}.")
        score, settings = args.score, _settings(args, names)
    else:
        score, settings = _configured(args, table.sha256)
    if score not in table.columns:
        raise InputError(f"there is no column {score!r}. Columns: {', '.join(names[:100])}.")
    y = table.columns[score]
    designs = {name: values for name, values in table.columns.items() if name != score}
    problem = make_problem(dataclasses.replace(table, columns=designs), score, y, settings)
    print(f"{table.source}: {len(table)} rows, {len(problem.scores)} different designs")
    for remark in problem.remarks:
        print(f"- {remark}")
    with RunFolder(args.out, configuration(problem, settings), _say) as folder:
        if folder.resumed:
            print(f"going on with the run in {folder.work}", flush=True)
        proposals = complete(folder, problem, settings)
    print(_summary(proposals, folder.out))


def _say(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr, flush=True)


def _settings(args: argparse.Namespace, names: Sequence[str]) -> Settings:
    bounds: dict[str, tuple[float | None, float | None]] = {}
    for text in args.bounds:
        name, _, ends = text.rpartition("=")
        low, colon, high = ends.partition(":")
        numbers = [parse_number(end) if end.strip() else None for end in (low, high)]
        unread = [end for end, v in zip((low, high), numbers, strict=True) if end and v is None]
        if not name or not colon or unread:
            raise InputError(f"--bounds {text}: write NAME=LOW:HIGH with numbers.")
        bounds[name] = (numbers[0], numbers[1])
    fix: dict[str, float | str | None] = {}
    for text in args.fix:
        name, sign, value = text.rpartition("=")
        if text in names or not sign:
            fix[text] = None
        else:
            fix[name] = value
    return Settings(
        n=args.n,
        minimize=args.minimize,
        bounds=bounds,
        fix=fix,
        sequence=args.sequence,
        categories=tuple(args.category),
        ignore=tuple(args.ignore),
        drop_missing=args.drop_missing,
        safe_csv=args.safe_csv,
        acquisition=args.acquisition,
    )


def _configured(args: argparse.Namespace, sha256: str) -> tuple[str, Settings]:
    if chosen := [name for name, value in PLAIN.items() if getattr(args, name) != value]:
        raise InputError(f"--config stands for all other options: drop {', '.join(chosen)}.")
    try:
        config: Any = json.loads(args.config.read_text())
        data, score = config["data"], config["score"]
        settings = Settings.from_json(config["settings"])
    except OSError as error:
        raise MissingDataError(f"{args.config}: cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{args.config}: not the config.json of a run of propose.") from error
    if data["sha256"] != sha256:
        raise InputError(
            f"{args.data}: not the file that {args.config} was made with ({data['name']}, SHA-256 "
            f"{data['sha256']}); this one has {sha256}."
        )
    return score, settings


def _summary(p: Proposals, out: Path) -> str:
    q = p.quality
    lines = [
        "",
        q.verdict(),
        f"leave-one-out{'' if q.exact else f' ({len(q.rows)} rows drawn at random)'}: rank "
        f"correlation {q.rank_correlation:.2f}, error {q.rmse:.4g}, scores scatter by "
        f"{q.true.std():.4g}",
        f"model: {p.model.text()}",
        "",
        p.outlook(),
        "",
        f"  #  predicted {p.problem.score}  +-error  nearest row  distance",
    ]
    for i in range(min(SHOWN, len(p))):
        mark = "  far outside" if p.far[i] else ""
        lines.append(
            f"{i + 1:>3}  {p.predicted[i]:>{10 + len(p.problem.score)}.6g}  {p.error[i]:>7.3g}  "
            f"{p.nearest_row[i]:>11}  {p.distance[i]:>8.3g}{mark}"
        )
    if len(p) < p.settings.n:
        lines.append(f"only {len(p)} of {p.settings.n}: there are no more new designs.")
    lines += ["", f"proposals: {out / 'proposals.csv'}", f"report:    {out / 'report.html'}"]
    return "\n".join(lines)


def run(args: argparse.Namespace) -> int:
    """The command's exit status: 0, 1 after an error, 130 after Ctrl-C."""
    try:
        propose(args)
    except TorchBDIError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped. The same command goes on from here.", file=sys.stderr)
        return 130
    return 0
