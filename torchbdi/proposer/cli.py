"""``torchbdi propose``: the command line."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..kernels.errors import InputError, MissingDataError, TorchBDIError
from .digits import digits
from .reading import read_table
from .settings import ACQUISITIONS, Settings
from .table import parse_number
from .understand import Understood, understand

if TYPE_CHECKING:
    from .result import Proposals

SHOWN = 5
# The options that a configuration replaces, and what they are when nobody gives them.
PLAIN: dict[str, Any] = {
    "score": [], "n": None, "minimize": False, "bounds": [], "fix": [], "sequence": [],
    "category": [], "number": [], "ignore": [], "drop_missing": False, "take": [], "sum": [],
    "rule": [], "step": [], "free": [], "at_most": [], "decimal": None, "sheet": None,
    "safe_csv": False, "acquisition": "ucb", "backtest": False,
}  # fmt: skip
DESCRIPTION = """\
Proposes designs that should score better than those of a table, with what can be trusted of them.

A column is a number if all its cells are, a category if it holds few different texts, or a column
of sequences if its texts are DNA or protein of equal length. Dates, names of samples and numbers of
rows are left out. What was taken for what is printed: leave out other results with --ignore.
Levels, steps, whole numbers and constant sums of the table are kept. Rows without a score are the
designs to choose from. The folder appears when everything in it is whole: proposals.csv,
report.html, config.json, run.json and TensorBoard events. A run that was stopped goes on when the
same command is given again."""
EXAMPLE = """\
Options that name a column or a rule can be given several times. For example:
  torchbdi propose data.csv --score yield --bounds temp=20:80 --fix solvent -n 16 -o run"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes the command."""
    parser.description, parser.epilog = DESCRIPTION, EXAMPLE
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(**PLAIN)
    add = parser.add_argument
    add("data", type=Path, help="text (CSV) or .xlsx: a header and one row for each experiment")
    add(
        "--score", action="append", metavar="NAME",
        help="the column to improve; several columns are repetitions of one measurement",
    )  # fmt: skip
    add("-o", "--out", type=Path, required=True, metavar="FOLDER", help="gets the results")
    add("-n", type=int, help="how many designs to propose (32, or as many as there can be)")
    add("--minimize", action="store_true", help="low scores are good")
    add(
        "--bounds", action="append", metavar="NAME=LOW:HIGH",
        help="bounds of a number column; an end left out, and columns not named: observed range",
    )  # fmt: skip
    add(
        "--fix", action="append", metavar="NAME[=VALUE]",
        help="a column that does not vary: it gets the value, or keeps that of the known design",
    )  # fmt: skip
    add("--sequence", action="append", metavar="NAME", help="a column of sequences of equal length")
    add(
        "--category", action="append", metavar="NAME",
        help="a column whose values are names, although they look like numbers",
    )  # fmt: skip
    add(
        "--number", action="append", metavar="NAME",
        help="a column of numbers of the design, although they look like dates or count the rows",
    )  # fmt: skip
    add("--ignore", action="append", metavar="NAME", help="a column to leave out")
    add(
        "--take", action="append", metavar="TEXT=VALUE",
        help="what a text among the scores stands for: a number, out (leave its rows out), or "
        "candidate (choose among its rows); an empty TEXT is an empty cell",
    )  # fmt: skip
    add("--sum", action="append", metavar="A+B+C=100", help="parts with a constant sum")
    add(
        "--rule", action="append", metavar='"A+2*B<=10"',
        help="a linear rule between columns of numbers, with =, <= or >=",
    )  # fmt: skip
    add(
        "--step", action="append", metavar="NAME=STEP",
        help="the distance between the values that a column may have",
    )  # fmt: skip
    add(
        "--free", action="append", metavar="NAME",
        help="a column that is not bound to the few levels, or the steps, of the table",
    )  # fmt: skip
    add(
        "--at-most", action="append", metavar='"4 of A,B,C,D [least 5]"',
        help="how many of some parts may be present, and the least amount of one that is",
    )  # fmt: skip
    add(
        "--decimal", choices=["comma", "point"],
        help="the mark before decimals, where the file leaves it open",
    )  # fmt: skip
    add("--sheet", metavar="NAME", help="sheet of a workbook (the first)")
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
        "--backtest", action="store_true",
        help="would this have found my best designs? Hides the best fifth of the table and tells "
        "how much of it is found again, beside a random forest and a Gaussian process where "
        "scikit-learn and botorch are installed; takes up to a minute more",
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
    understood, settings = asked(args)
    # Torch is loaded here, when the table is fine: it takes longer than all of the above.
    from .folder import RunFolder
    from .outputs import complete, configuration
    from .problem import ready

    problem = ready(understood, settings)
    print(
        f"{problem.table.source}: {len(set(problem.table.rows.tolist()))} rows with a score, "
        f"{len(problem.scores)} different designs"
    )
    for remark in problem.remarks:
        print(f"- {remark}")
    with RunFolder(args.out, configuration(problem, settings), _say) as folder:
        if folder.resumed:
            print(f"going on with the run in {folder.work}", flush=True)
        proposals = complete(folder, problem, settings)
    print(_summary(proposals, folder.out))


def asked(args: argparse.Namespace) -> tuple[Understood, Settings]:
    """Reads the table and the choices, and refuses what cannot be; without torch.

    Raises:
        TorchBDIError: what is wrong and what to do.
    """
    config = None if args.config is None else _configured(args)
    settings = _settings(args) if config is None else config[1]
    table = read_table(
        args.data, settings.decimal, settings.sheet,
        {*settings.categories, *settings.sequences, *settings.ignore},
        set(args.score) if config is None else set(config[0]),
    )  # fmt: skip
    names = list(table.columns)
    if config is None:
        if not args.score:
            raise InputError(f"--score NAME is missing. Columns: {', '.join(names[:100])}.")
        scores = tuple(args.score)
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
            raise InputError(f"there is no column {score!r}. Columns: {', '.join(names[:100])}.")
        if scores.count(score) > 1:
            raise InputError(f"--score {score} is given twice.")
    y = {score: table.columns[score] for score in scores}
    designs = table.only(name for name in names if name not in y)
    understood = understand(designs, _score_name(scores), y, settings)
    return understood, dataclasses.replace(settings, n=understood.n)


def _score_name(scores: Sequence[str]) -> str:
    """What several repetitions are called: what their names have in common."""
    length = 0
    while all(len(s) > length and s[length] == scores[0][length] for s in scores):
        length += 1
    common = scores[0][:length].rstrip("_-. (#")
    return scores[0] if len(scores) == 1 or not common else common


def _say(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr, flush=True)


def _settings(args: argparse.Namespace) -> Settings:
    """The choices, but for fixed columns: whether a name has an = in it the table says."""
    bounds: dict[str, tuple[float | None, float | None]] = {}
    for text in args.bounds:
        name, _, ends = text.rpartition("=")
        low, colon, high = ends.partition(":")
        numbers = [parse_number(end) if end.strip() else None for end in (low, high)]
        unread = [end for end, v in zip((low, high), numbers, strict=True) if end and v is None]
        if not name or not colon or unread:
            raise InputError(f"--bounds {text}: write NAME=LOW:HIGH with numbers.")
        _once("bounds", name, bounds)
        bounds[name] = (numbers[0], numbers[1])
    steps: dict[str, float] = {}
    for text in args.step:
        name, _, value = text.rpartition("=")
        number = parse_number(value)
        if not name or number is None:
            raise InputError(f"--step {text}: write NAME=STEP with a number.")
        _once("step", name, steps)
        steps[name] = number
    takes: dict[str, float | str] = {}
    for text in args.take:
        word, sign, value = text.rpartition("=")
        if not sign or not value:
            raise InputError(f"--take {text}: write TEXT=VALUE, such as failed=0 or n.d.=out.")
        _once("take", word, takes)
        takes[word] = value
    for option in ("sequence", "category", "number", "ignore", "free"):
        given = getattr(args, option)
        if twice := [name for name in given if given.count(name) > 1]:
            raise InputError(f"--{option} {twice[0]} is given twice.")
    return Settings(
        n=args.n,
        minimize=args.minimize,
        bounds=bounds,
        sequences=tuple(args.sequence),
        categories=tuple(args.category),
        numbers=tuple(args.number),
        ignore=tuple(args.ignore),
        drop_missing=args.drop_missing,
        takes=takes,
        sums=tuple(args.sum),
        rules=tuple(args.rule),
        steps=steps,
        free=tuple(args.free),
        at_most=tuple(args.at_most),
        decimal=args.decimal,
        sheet=args.sheet,
        safe_csv=args.safe_csv,
        acquisition=args.acquisition,
        backtest=args.backtest,
    )


def _fix(given: Sequence[str], names: Sequence[str]) -> dict[str, float | str | None]:
    fix: dict[str, float | str | None] = {}
    for text in given:
        name, sign, value = text.rpartition("=")
        own = text if text in names or not sign else name
        _once("fix", own, fix)
        fix[own] = None if own == text else value
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


def _summary(p: Proposals, out: Path) -> str:
    q = p.quality
    lines = [
        "",
        p.outlook(),
        "",
        q.verdict(),
        f"leave-one-out{'' if q.exact else f' ({len(q.rows)} rows drawn at random)'}: rank "
        f"correlation {q.rank_correlation:.2f}, error {q.rmse:.4g}, scores scatter by "
        f"{q.true.std():.4g}",
        f"model: {p.model.text()}",
        "",
        f"  #  predicted {p.problem.score}  +-error  nearest row  distance",
    ]
    for i in range(min(SHOWN, len(p))):
        mark = "  far outside" if p.far[i] else ""
        lines.append(
            f"{i + 1:>3}  {digits(p.predicted[i], p.error[i]):>{10 + len(p.problem.score)}}  "
            f"{digits(p.error[i], p.error[i]):>7}  {p.nearest_row[i]:>11}  "
            f"{p.distance[i]:>8.3g}{mark}"
        )
    if p.settings.n is not None and len(p) < p.settings.n:
        lines.append(f"only {len(p)} of {p.settings.n}: there are no more new designs.")
    if p.backtest is not None:
        lines += ["", *p.backtest.lines()]
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
