"""What a person can choose for a run of propose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ..kernels.errors import InputError

# y_h of BDI's loss (Chen et al. 2022, section 4), in standard deviations of the scores.
TARGET = 10.0
ACQUISITIONS = ("ucb", "ei", "mean", "bdi")


@dataclass(frozen=True)
class Settings:
    """The choices of a run.

    Attributes:
        n: how many designs to propose.
        minimize: whether low scores are good.
        bounds: (low, high) of number columns; None for the end of the observed range, which is
            also what columns without an entry have.
        fix: columns that do not vary, with the value they have; None for the value of the known
            design that a proposal starts from.
        sequence: the column of sequences.
        categories: columns whose values are names, even where they look like numbers.
        ignore: columns that play no part.
        drop_missing: leave out rows with missing cells, instead of stopping.
        acquisition: what makes a design worth trying: "ucb", the prediction and half a deviation
            more; "ei", the expected improvement on the best known score; "mean", the prediction;
            "bdi", the loss of BDI.
        safe_csv: in proposals.csv, put an apostrophe before texts that a spreadsheet would take
            for formulas.
    """

    n: int = 32
    minimize: bool = False
    bounds: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    fix: Mapping[str, float | str | None] = field(default_factory=dict)
    sequence: str | None = None
    categories: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    drop_missing: bool = False
    safe_csv: bool = False
    acquisition: str = "ucb"

    def to_json(self) -> dict[str, Any]:
        """As plain lists and dicts, all fields."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Settings:
        """What :meth:`to_json` wrote.

        Raises:
            InputError: a field is missing or unknown.
        """
        names = {f.name for f in fields(Settings)}
        if set(data) != names:
            different = ", ".join(sorted(set(data) ^ names))
            raise InputError(f"these settings are of another version of torchbdi: {different}.")
        made = dict(data)
        made["bounds"] = {name: tuple(ends) for name, ends in data["bounds"].items()}
        made["categories"], made["ignore"] = tuple(data["categories"]), tuple(data["ignore"])
        return Settings(**made)

    def check(self, names: list[str], score: str | None) -> None:
        """Compares the columns that are named with those that there are.

        Args:
            names: columns of the table.
            score: the one that holds the scores, if it is among them.

        Raises:
            InputError: no such column, or two choices that exclude each other.
        """
        if not isinstance(self.n, int) or isinstance(self.n, bool) or self.n < 1:
            raise InputError(f"n must be a whole number from 1, got {self.n!r}.")
        if self.acquisition not in ACQUISITIONS:
            raise InputError(
                f"acquisition is one of {', '.join(ACQUISITIONS)}, got {self.acquisition!r}."
            )
        uses = {
            "bounds": list(self.bounds),
            "fix": list(self.fix),
            "sequence": [] if self.sequence is None else [self.sequence],
            "category": list(self.categories),
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
            ("bounds", "fix"), ("bounds", "sequence"), ("bounds", "category"),
            ("sequence", "category"),
        ):  # fmt: skip
            if both := sorted(set(uses[first]) & set(uses[second])):
                raise InputError(f"column {both[0]!r} has both {first} and {second}: choose one.")
