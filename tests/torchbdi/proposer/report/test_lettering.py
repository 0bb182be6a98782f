"""Names in pictures: short enough, and of letters that there are."""

from __future__ import annotations

import warnings

import pytest

from torchbdi.proposer.report.lettering import (
    BOX,
    LONGEST_TICK,
    OWN,
    TICK_LETTERS,
    lettered,
    short_names,
    shortened,
    width,
)


def test_names_at_ticks_fit_beside_each_other_and_differ() -> None:
    assert short_names(["DMF", "THF"]) == ["DMF", "THF"]
    alike = [
        "CC1=CC=C(N=C3)C3=C1B(O)O",
        "CC1=CC=C(N=C3)C3=C1B4OC(C)(C)C",
        "CC1=CC=C(N=C3)C3=C1[B-]",
    ]
    ends = [f"{i} of a long name" for i in range(4)]
    middles = ["a long name, at first", "a long name, at last", "another name, and so on"]
    for names in (alike, ends, middles, [f"catalyst number {i}" for i in range(8)]):
        shown = short_names(names)
        assert len(set(shown)) == len(names)
        assert max(map(len, shown)) <= LONGEST_TICK
        assert sum(map(len, shown)) + len(shown) <= TICK_LETTERS
    assert short_names(alike)[0] == "…B(O)O"


def test_a_name_is_shortened_by_the_width_of_its_letters() -> None:
    assert shortened("temp", 4) == "temp"
    assert shortened("temperature", 5) == "temp…"
    assert width(shortened("反应温度的设定值", 9)) <= 9
    assert (
        max(map(width, short_names(["反应温度的设定值甲", "反应温度的设定值乙"]))) <= LONGEST_TICK
    )


def test_a_letter_that_no_font_has_is_a_box_and_no_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    from matplotlib.font_manager import fontManager

    own = [font for font in fontManager.ttflist if font.name == OWN]
    monkeypatch.setattr(fontManager, "ttflist", own)
    nobody = "\U000e0f00"  # not in use
    text, fonts = lettered(f"a {nobody} $x")
    assert text == f"a {BOX} $x"
    figure.subplots().set_xlabel(text, **fonts)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.canvas.draw()


def test_letters_that_the_usual_font_lacks_come_from_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("matplotlib")
    from torchbdi.proposer.report import lettering

    own = lettering._own_file()
    letters = {own: frozenset("ab"), "one": frozenset("cd"), "two": frozenset("cde")}

    class Entry:
        style, weight = "normal", 400

        def __init__(self, name: str):
            self.name, self.fname = name, name

    fonts = [Entry("one"), Entry("two"), Entry("Last Resort")]
    monkeypatch.setattr("matplotlib.font_manager.fontManager.ttflist", fonts)
    monkeypatch.setattr(
        lettering, "_letters_of", lambda file: letters.get(file, frozenset("abcdefg"))
    )
    lettering._fonts.cache_clear()
    text, more = lettered("abcdeg")
    lettering._fonts.cache_clear()
    assert text == f"abcde{BOX}"
    assert more["fontfamily"] == [lettering.OWN, "two"]
