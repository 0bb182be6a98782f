"""The table of proposals: numbers in one piece, names that turn nothing round, long sequences."""

from __future__ import annotations

import dataclasses

import pytest
from proposer_problems import hill, propose

from torchbdi.proposer.report.listing import (
    _changed,
    _changed_letters,
    _whole_numbers,
    table_of_proposals,
)


@pytest.mark.usefixtures("quick")
def test_only_the_heading_with_the_name_of_the_score_has_room_for_it() -> None:
    """A score called d has a letter of all headings."""
    p = propose(*hill())
    for score in ("d", "design", "yield"):
        named = dataclasses.replace(p, problem=dataclasses.replace(p.problem, score=score))
        html = table_of_proposals(named)
        assert html.count("class=name") == 1
        assert f"class=name>predicted {score}</th>" in html


def test_a_number_is_not_broken_at_its_power_of_ten() -> None:
    whole = '<span class="number">{}</span>'.format
    assert _whole_numbers("4.1e-12 ± 1e-13") == f"{whole('4.1e-12')} ± {whole('1e-13')}"
    for text in ("-3.5", "1e+20", "e-12", "dye-12", "2-propanol"):
        assert _whole_numbers(text) == text


def test_a_name_that_is_read_from_the_right_does_not_turn_its_number_round() -> None:
    assert _changed("الزمن", "8", "9", True) == "<bdi>الزمن</bdi> <b>9</b> (from 8)"
    assert _changed("time <", "8", "8", False) == "time &lt; 8"


def test_new_letters_of_a_long_sequence_are_named_by_their_places() -> None:
    before = "ACGT" * 10
    after = before[:9] + "T" + before[10:]
    assert _changed_letters("site", before, after).endswith("</span>), which is C10T")
    assert "which is" not in _changed_letters("site", before, before)
    assert "which is" not in _changed_letters("site", "ACGT", "ACGA")
