"""Numbers that may be codes, because zeros stand before them."""

from __future__ import annotations

from pathlib import Path

import pytest
from proposer_tables import asked, text, told, with_column


def test_zeros_that_are_lost_are_told(tmp_path: Path) -> None:
    content = text(with_column("line", ["01", "02", "03", "10"] * 10))
    made, _ = asked(tmp_path, content)
    assert "has zeros before its numbers, as in '01', which is taken for 1" in told(made)
    for option in ("category", "number"):
        own, _ = asked(tmp_path, content, f"--{option}", "line")
        assert "zeros before" not in told(own)
        assert (own.values["line"][0] == "01") == (option == "category")


@pytest.mark.parametrize("cells", [["00", "05", "10"], ["0", "1", "2"], ["0.1", "0.2"]])
def test_other_numbers_lose_nothing(cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("x", [cells[i % len(cells)] for i in range(40)])))
    assert "zeros before" not in told(made)


def test_versions_are_no_numbers(tmp_path: Path) -> None:
    content = text(with_column("python", ["3.8", "3.9", "3.10", "3.11"] * 10))
    made, _ = asked(tmp_path, content)
    assert "Column 'python' has '3.10' beside '3.9': taken for numbers, the first" in told(made)
    own, _ = asked(tmp_path, content, "--category", "python")
    assert own.columns[0].classes == ("3.10", "3.11", "3.8", "3.9")  # type: ignore[union-attr]
    assert "beside '3.9'" not in told(own)
    assert "beside '3.9'" not in told(asked(tmp_path, content, "--number", "python")[0])


@pytest.mark.parametrize(
    "cells",
    [["0.10", "0.15", "0.2", "0.25"], ["1.10", "1.20"], ["0.1", "0.25", "0.50"], ["3.8", "3.9"],
     ["1.0", "0.75", "0.5"], ["0.05", "0.10", "0.2"]],
)  # fmt: skip
def test_decimals_are_no_versions(cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("x", [cells[i % len(cells)] for i in range(40)])))
    assert "beside" not in told(made)
