"""Columns that hold days, times of day, or when their rows were made."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import DESIGN, asked, refused, text, told, with_column

from torchbdi.proposer.columns.dates import are_dates, are_times

RNG = np.random.default_rng(0)
FORMS = (
    "%d %b %Y", "%d-%b-%y", "%b-%y", "%B %Y", "%Y-%m", "%Y-W%W", "%d.%m.", "%d.%m.%y %H:%M",
    "%m/%d/%Y %I:%M %p", "%Y%m%dT%H%M%S", "%Y%m%d%H%M", "%H:%M",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_dates(form: str, tmp_path: Path) -> None:
    first = datetime.datetime(2023, 3, 1, 9, 5)
    when = [first + datetime.timedelta(days=5 * (i // 4), hours=i % 12) for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("made", [f"{w:{form}}" for w in when])))
    assert [c.name for c in made.columns] == DESIGN
    assert "Column 'made' holds" in told(made)


@pytest.mark.parametrize("first", [44986, 1677661500, 230301])
def test_numbers_called_dates(first: int, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("Date", [first + 7 * (i // 2) for i in range(40)])))
    assert [c.name for c in made.columns] == DESIGN
    assert "holds dates" in told(made)


@pytest.mark.parametrize("cells", [["1:10", "1:20", "2:1"], ["May", "Mar", "Jun"], ["A 10", "B 1"]])
def test_names_that_are_no_dates(cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("what", [cells[i % len(cells)] for i in range(40)])))
    assert made.columns[0].name == "what"


@pytest.mark.parametrize(
    ("cells", "dates"),
    [
        (["64-32-16", "32-16-16"], False), (["70/20/10", "50/30/20"], False),
        (["15-15-15", "20-10-10"], False), (["2023-01-31", "2023-12-01"], True),
        (["31.12.23", "1.1.24"], True), (["12/31/2023 10:05", "1/5/2023 9:00"], True),
        (["Mon, 3/12/2024", "5 Jan 2024"], True),
    ],
)  # fmt: skip
def test_three_numbers_are_a_date_where_they_can_be_one(cells: list[str], dates: bool) -> None:
    assert are_dates(cells) == dates


@pytest.mark.parametrize(
    ("cells", "times"),
    [
        (["09:05", "18:45"], True),
        (["9:05", "18:45", "12:30"], True),
        (["3:57", "4:05", "0:30"], True),
        (["0 days 00:01:02.5", "0 days 00:03:02"], True),
        (["1 day, 0:01:02", "0:03:02.250000"], True),
        (["1:10", "1:20", "2:10"], False),  # ratios
        (["1:05", "1:75"], False),
        (["95:05", "90:10", "50:50"], False),
        (["15:05", "10:10", "12:08"], False),
        (["1:1:05"], False),
        ([], False),
    ],
)
def test_spans_are_times_and_ratios_are_none(cells: list[str], times: bool) -> None:
    assert are_times(set(cells)) == times


def test_a_year_cannot_be_chosen(tmp_path: Path) -> None:
    content = text(with_column("Year", [2019 + i % 3 for i in range(40)]))
    made, _ = asked(tmp_path, content)
    assert "Column 'Year' holds dates" in told(made)
    assert "Year" not in [c.name for c in made.columns]
    kept, _ = asked(tmp_path, content, "--number", "Year")
    assert "Year" in [c.name for c in kept.columns]
    rows = [["year", "dose", "yield"]]
    rows += [[2019 + i % 4, i // 4, RNG.normal()] for i in range(20)]
    said = refused(tmp_path, "\n".join(",".join(map(str, row)) for row in rows))
    assert "only 5 of 20 rows are different designs" in said and "--number year" in said
