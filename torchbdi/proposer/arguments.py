"""The options of ``torchbdi propose``, and what help says of them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .settings import ACQUISITIONS, SCORE_SCALES

# The options that a configuration has, too, and what they are when nobody gives them.
PLAIN: dict[str, Any] = {
    "score": [], "n": None, "minimize": False, "bounds": [], "fix": [], "sequence": [],
    "category": [], "number": [], "ignore": [], "drop_missing": False, "take": [], "sum": [],
    "rule": [], "step": [], "free": [], "at_most": [], "decimal": None, "sheet": None,
    "safe_csv": False, "robust": False, "score_scale": None, "acquisition": None,
    "backtest": False,
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
        help="how many of some parts may be present, and the least amount of one that is; a part "
        "may then be 0, or as little as that, where the table always has more of it",
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
        "--robust", action="store_true",
        help="scores that lie far from all others count as the nearest of the others",
    )  # fmt: skip
    add(
        "--score-scale", choices=SCORE_SCALES,
        help="whether the model is one of the scores as they are (plain) or of their logarithms "
        "(log); auto, the default, takes the one that explains them better",
    )  # fmt: skip
    add(
        "--acquisition", choices=ACQUISITIONS,
        help="what makes a design worth trying: ucb, the prediction and a deviation more "
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
        help="config.json of an earlier run, whose choices hold: the same table gives the same "
        "bytes, a longer one the next round. Options beside it are added, and replace the same "
        "option of the same column",
    )  # fmt: skip
