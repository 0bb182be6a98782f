"""What a person can choose for a run of propose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ..kernels.errors import InputError

# y_h of BDI's loss (Chen et al. 2022, section 4), in standard deviations of the scores.
TARGET = 10.0
ACQUISITIONS = ("ucb", "ei", "mean", "bdi")
SCORE_SCALES = ("auto", "plain", "log")


@dataclass(frozen=True)
class Settings:
    """The choices of a run.

    Attributes:
        n: how many designs to propose; None for 32, or as many as there can be.
        minimize: whether low scores are good.
        bounds: (low, high) of number columns; None for the end of the observed range, which is
            also what columns without an entry have.
        fix: columns that do not vary, with the value they have; None for the value of the known
            design that a proposal starts from.
        sequences: the columns of sequences.
        categories: columns whose values are names, even where they look like numbers.
        numbers: columns that are numbers of the design, even where they look like the numbers of
            rows or like dates.
        ignore: columns that play no part.
        drop_missing: leave out rows with missing cells, instead of stopping.
        takes: what a text in the column of scores stands for: a number, "out" (its row is left
            out) or "candidate" (its row is a design that can be proposed).
        sums: parts with a constant sum, "a+b+c=100".
        rules: linear rules between columns of numbers, "p1+2*p2<=10".
        steps: distance between the values that a column may have.
        free: columns that are not bound to the levels or steps of the table.
        at_most: how many of some parts may be present, "4 of a,b,c,d", with "least 5" after it
            where those that are present have a least amount.
        decimal: the mark before decimals, "comma" or "point"; None where the file tells.
        sheet: of a workbook; None for the first.
        robust: limit scores that lie far from all others to the nearest of the others.
        score_scale: whether scores are modelled as they are, "plain", or by their logarithms,
            "log"; "auto" takes what explains them better, each left out in turn.
        acquisition: what makes a design worth trying: "ucb", the prediction and a deviation
            more; "ei", the expected improvement on the best known score; "mean", the prediction;
            "bdi", the loss of BDI.
        backtest: hide the best fifth of the table and report how much of it is found again.
        safe_csv: in proposals.csv, put an apostrophe before texts that a spreadsheet would take
            for formulas.
    """

    n: int | None = None
    minimize: bool = False
    bounds: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    fix: Mapping[str, float | str | None] = field(default_factory=dict)
    sequences: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    drop_missing: bool = False
    takes: Mapping[str, float | str] = field(default_factory=dict)
    sums: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    steps: Mapping[str, float] = field(default_factory=dict)
    free: tuple[str, ...] = ()
    at_most: tuple[str, ...] = ()
    decimal: str | None = None
    sheet: str | None = None
    safe_csv: bool = False
    robust: bool = False
    score_scale: str = "auto"
    acquisition: str = "ucb"
    backtest: bool = False

    def to_json(self) -> dict[str, Any]:
        """As plain lists and dicts, all fields."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Settings:
        """What :meth:`to_json` wrote.

        Raises:
            InputError: a field is missing or unknown, or holds what it cannot.
        """
        names = {f.name for f in fields(Settings)}
        if set(data) != names:
            different = ", ".join(sorted(set(data) ^ names))
            raise InputError(f"these settings are of another version of torchbdi: {different}.")
        if wrong := [f.name for f in fields(Settings) if not _fits(f.name, data[f.name])]:
            raise InputError(
                f"these settings cannot have {wrong[0]} = {data[wrong[0]]!r:.60}. Write it as a "
                "run of propose with that choice does."
            )
        made: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in data.items()
        }
        made["bounds"] = {name: tuple(ends) for name, ends in data["bounds"].items()}
        return Settings(**made)

    @property
    def named(self) -> frozenset[str]:
        """The columns of which the person says what they are or may be, but for rules."""
        return frozenset((
            *self.bounds, *self.fix, *self.steps, *self.free, *self.numbers, *self.categories,
            *self.sequences,
        ))  # fmt: skip

    def check(self, names: list[str], score: str | None) -> None:
        """Compares the columns that are named with those that there are.

        Args:
            names: columns of the table.
            score: the one that holds the scores, if it is among them.

        Raises:
            InputError: no such column, or two choices that exclude each other.
        """
        n = self.n
        if n is not None and (not isinstance(n, int) or isinstance(n, bool) or n < 1):
            raise InputError(f"n must be a whole number from 1, got {n!r}.")
        if self.decimal not in (None, "comma", "point"):
            raise InputError(f"decimal: write comma or point, got {self.decimal!r}.")
        for name, step in self.steps.items():
            if not 0 < step < float("inf"):
                raise InputError(f"step: column {name!r} needs a step > 0, got {step!r}.")
        if self.acquisition not in ACQUISITIONS:
            raise InputError(
                f"acquisition is one of {', '.join(ACQUISITIONS)}, got {self.acquisition!r}."
            )
        if self.score_scale not in SCORE_SCALES:
            raise InputError(
                f"score_scale is one of {', '.join(SCORE_SCALES)}, got {self.score_scale!r}."
            )
        uses = {
            "bounds": list(self.bounds),
            "fix": list(self.fix),
            "sequence": list(self.sequences),
            "category": list(self.categories),
            "number": list(self.numbers),
            "step": list(self.steps),
            "free": list(self.free),
            "ignore": list(self.ignore),
        }
        for use, columns in uses.items():
            for name in columns:
                if name not in names:
                    raise InputError(
                        f"{use}: there is no column {name!r}. Columns: {', '.join(names[:100])}."
                    )
                if name == score:
                    raise InputError(f"{use}: {name!r} is the score.")
        for first, second in (
            ("ignore", "bounds"), ("ignore", "fix"), ("ignore", "sequence"), ("ignore", "category"),
            ("ignore", "number"), ("ignore", "step"), ("ignore", "free"),
            ("bounds", "fix"), ("bounds", "sequence"), ("bounds", "category"),
            ("sequence", "category"), ("number", "sequence"), ("number", "category"),
            ("step", "free"), ("step", "sequence"), ("step", "category"), ("step", "fix"),
        ):  # fmt: skip
            if both := sorted(set(uses[first]) & set(uses[second])):
                raise InputError(f"column {both[0]!r} has both {first} and {second}: choose one.")


def _fits(name: str, value: Any) -> bool:
    """Whether what a file holds for a field is of the field's kind."""
    usual = getattr(Settings(), name)
    if name == "n":
        return value is None or _is_number(value)
    if usual is None:
        return value is None or isinstance(value, str)
    if isinstance(usual, tuple):
        return isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
    if not isinstance(usual, dict):
        return type(value) is type(usual)
    if not isinstance(value, dict):
        return False
    if name == "bounds":
        ends = [end for own in value.values() if isinstance(own, list | tuple) for end in own]
        pairs = all(isinstance(own, list | tuple) and len(own) == 2 for own in value.values())
        return pairs and all(end is None or _is_number(end) for end in ends)
    kinds = {"steps": (), "takes": (str,), "fix": (str, type(None))}[name]
    return all(_is_number(own) or isinstance(own, kinds) for own in value.values())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
