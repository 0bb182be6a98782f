"""The choices of an earlier run, for its own table or for the longer one of a later round."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..kernels.errors import InputError, MissingDataError
from .columns.takes import occurring
from .reading.table import Values
from .reading.ways import listed
from .settings import Settings
from .understood import Understood


@dataclass(frozen=True)
class Earlier:
    """What the config.json of a run holds.

    Attributes:
        path: of the file.
        scores: the columns of scores.
        settings: what the person chose; nothing that was found in the table is among it.
        data: of the table, its name, its hash, and its rows with a score (older files lack these).
        before: the same of the table that the choices were made for, where that was another one.
    """

    path: Path
    scores: tuple[str, ...]
    settings: Settings
    data: Mapping[str, Any]
    before: Mapping[str, Any] | None

    def beside(self, typed: Settings, given: Collection[str]) -> Settings:
        """The choices with those that are typed beside them, which replace the same ones.

        Args:
            typed: these, with what is usual where nothing was typed.
            given: the choices of one value that were typed, by name.
        """
        made: dict[str, Any] = {}
        for field in dataclasses.fields(Settings):
            own, more = getattr(self.settings, field.name), getattr(typed, field.name)
            if isinstance(own, Mapping):
                made[field.name] = {**own, **more}
            elif isinstance(own, tuple):
                made[field.name] = tuple(dict.fromkeys((*own, *more)))
            else:
                made[field.name] = more if field.name in given else own
        return Settings(**made)

    def for_scores(
        self, settings: Settings, typed: Collection[str], y: Mapping[str, Values]
    ) -> tuple[Settings, list[str]]:
        """Choices without texts that stand for scores no longer, as PENDING of what was measured.

        Args:
            settings: with those of the earlier run among them.
            typed: the texts that somebody typed now: they have to occur.
            y: the scores by name, (N,) each.

        Returns:
            The choices, and what is told.
        """
        there = {*typed, *occurring(settings.takes, y.values())}
        gone = [word for word in settings.takes if word not in there]
        if not gone:
            return settings, []
        takes = {word: value for word, value in settings.takes.items() if word in there}
        them = "it" if len(gone) == 1 else "them"
        told = f"No score is {listed(gone)} now, so that what was said of {them} changes nothing."
        return dataclasses.replace(settings, takes=takes), [told]

    @contextmanager
    def named(self) -> Iterator[None]:
        """Says in errors where choices come from that nobody typed."""
        try:
            yield
        except InputError as error:
            apart = "\n" if "\n" in str(error) else " "
            raise InputError(
                f"{error}{apart}The choices of {self.path} count here: options beside --config are "
                'added to them, and what must go is taken out of its "settings".'
            ) from error

    def told_of(self, understood: Understood, told: list[str]) -> Understood:
        """What was understood, with what is told, and that the table is another one, if it is."""
        same = self.data["sha256"] == understood.table.sha256
        other = self.before if same else self.data
        if other is not None:
            told = [_other_table(other, understood), *told]
        return dataclasses.replace(
            understood, choices_of=other, remarks=(*told, *understood.remarks)
        )


def read_earlier(path: Path) -> Earlier:
    """Reads the config.json of a run.

    Raises:
        MissingDataError: it cannot be read.
        InputError: it is no such file, or one of another version.
    """
    try:
        config: Any = json.loads(path.read_text())
        data, before = config["data"], config.get("choices_of")
        for table in [data] if before is None else [data, before]:
            assert isinstance(table["sha256"], str)
            assert isinstance(table.get("name", ""), str)
            assert isinstance(table.get("rows", 0), int)
        return Earlier(
            path, tuple(config["scores"]), Settings.from_json(config["settings"]), data, before
        )
    except OSError as error:
        raise MissingDataError(f"{path}: cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not the config.json of a run of propose.") from error


def _other_table(other: Mapping[str, Any], now: Understood) -> str:
    """Says that the choices were made for another table."""
    then, now_has = "", f"{now.rows_used} rows with a score"
    if "rows" in other:
        then, now_has = f", with {other['rows']} rows that have a score", str(now.rows_used)
    return (
        f"The choices are those of a run on another table, {other.get('name')}{then}; this one has "
        f"{now_has}. What nobody chose, such as bounds and levels, was found in this one."
    )
