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
