"""Numbers that follow from the letters of a sequence beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, text, told

RNG = np.random.default_rng(0)
SITES = ["GATTACAGATTACAGATTAC"] + ["".join(RNG.choice(list("ACGT"), 20)) for _ in range(60)]


def beside(made: Callable[[str], str]) -> str:
    """Sequences with a number for each."""
    rows = [["site", "more", "yield"]]
    rows += [[site, made(site), f"{RNG.normal():.2f}"] for site in SITES]
    return text(rows)


def gc(site: str) -> int:
    return site.count("G") + site.count("C")


@pytest.mark.parametrize(
    "made",
    [
        lambda site: f"{100 * gc(site) / 20:.0f}",
        lambda site: f"{gc(site) / 23:.2f}",
        lambda site: f"{2 * (20 - gc(site)) + 4 * gc(site)}",
        lambda site: f"{sum(a != b for a, b in zip(site, SITES[0], strict=True))}",
    ],
)
def test_what_follows_from_letters_is_told(made: Callable[[str], str], tmp_path: Path) -> None:
    got, _ = asked(tmp_path, beside(made))
    assert "Column 'more' follows from the letters of 'site' in every row" in told(got)
    assert "--ignore more" in told(got)


@pytest.mark.parametrize(
    "made",
    [
        lambda site: f"{RNG.choice([20, 30, 40])}",
        lambda site: f"{gc(site) + RNG.normal() / 4:.1f}",
        lambda site: f"{int(gc(site) > 10)}",
    ],
)
def test_what_does_not_follow_is_not_said_to(made: Callable[[str], str], tmp_path: Path) -> None:
    got, _ = asked(tmp_path, beside(made))
    assert "follows from the letters" not in told(got)
