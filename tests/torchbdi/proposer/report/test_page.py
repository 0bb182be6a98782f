"""The report: one file that stands alone, with names that are no markup."""

from __future__ import annotations

import dataclasses
import html
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from proposer_folders import said, words
from proposer_quick import be_quick
from proposer_tables import Frame

import torchbdi
from torchbdi.proposer.report.page import html_report


def test_the_report_can_be_found_ones_way_in(whole: dict[str, bytes]) -> None:
    """By ear, too: a language, one title, headings in order, columns with heads, told pictures."""
    text = whole["report.html"].decode()
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert len(re.findall("<title>[^<]+</title>", text)) == text.count("<main>") == 1
    levels = [int(level) for level in re.findall(r"<h(\d)>", text)]
    assert levels[0] == 1 and set(levels[1:]) == {2}
    heads = re.findall("<th([^>]*)>([^<]*)</th>", text)
    assert heads and all('scope="col"' in more and head for more, head in heads)
    figures = re.findall(
        '<figure><img alt="[^"]+" src="[^"]+"><figcaption>[^<]+</figcaption>', text
    )
    assert len(figures) == text.count("<img") == 4


def test_no_word_is_wider_than_the_page(whole: dict[str, bytes]) -> None:
    """Names without blanks break everywhere but in cells of numbers, which keep theirs whole."""
    style = whole["report.html"].decode().partition("<style>")[2].partition("@media")[0]
    own = [(name.strip(), rule) for name, rule in re.findall(r"([^{}]+){([^{}]+)}", style)]
    breaks = [name for name, rule in own if "overflow-wrap: anywhere" in rule]
    assert breaks == ["body", '.name, td[data-label="design"], td[data-label="remarks"]']
    assert [name for name, rule in own if "overflow-wrap: normal" in rule] == ["td, th"]


def test_an_option_is_not_broken_at_its_hyphens(quick: None) -> None:
    """As they are typed they stand in one piece; in a tag, and in other words, nothing changes."""
    x = np.random.default_rng(0).uniform(size=(40, 2))
    x[:, 1] = np.round(4 * x[:, 1])
    p = torchbdi.propose(Frame(a=x[:, 0], b=x[:, 1]), x.sum(1), n=2, progress=False)
    remarks = ["Say --score-scale log, or --free=b; not a--b or ---c."]
    known = dataclasses.replace(p.problem, remarks=remarks, score="--no-name <x>")
    text = html_report(dataclasses.replace(p, problem=known))
    option = '<span class="option">{}</span>'.format
    told = f"Say {option('--score-scale')} log, or {option('--free')}=b; not a--b or ---c."
    assert f"<li>{told}</li>" in text
    assert 'data-label="predicted --no-name &lt;x&gt;"' in text
    assert re.search(r"\.option {[^}]*white-space: nowrap", text)


def test_the_report_stands_alone(whole: dict[str, bytes]) -> None:
    text = whole["report.html"].decode()
    assert len(set(re.findall('<img alt="([^"]+)" src="data:image/png;base64,', text))) == 4
    assert not re.search(r"(src|href)=\"(?!data:)", text)
    assert "<script" not in text
    plain = html.unescape(re.sub(r"<[^>]+>", " ", text))
    for piece in (
        "Proposals for data.csv: tc, high is good", "Is the model any good", "Rank correlation",
        "What is proposed, and why", "How far it lies from what is known",
        "compared with",
        "What to be careful about", "proposals are predicted above it", "of depth",
        "standard deviations of the columns (of text:", "what the model then missed is added",
    ):  # fmt: skip
        assert piece in plain, piece
    assert plain.index("proposals are predicted above it") < plain.index("designs it has not seen")
    assert plain.index("designs it has not seen") < plain.index("The best of the proposals is")


def test_names_are_not_markup(tmp_path: Path) -> None:
    """Neither HTML nor matplotlib's mathematics, wherever a name or a value can stand."""
    x = np.random.default_rng(0).uniform(size=(30, 2))
    evil = "<script>$\\frac{"
    frame = {evil: x[:, 0], "$": x[:, 1], "kind": np.array([evil, "b"] * 15)}

    class Frame(dict):
        columns = property(list)

    class Scores(np.ndarray):
        name = evil + "y"

    torchbdi.propose(Frame(frame), x.sum(1).view(Scores), n=2, out=tmp_path / "out", progress=False)
    text = (tmp_path / "out" / "report.html").read_text()
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_categories_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the list of what a proposal changes: there a category stands before and after."""
    be_quick(monkeypatch.setattr)
    rng = np.random.default_rng(0)
    kinds = ["<b>one</b>", "<i>other</i>"]
    kind, x = np.array(kinds * 30, dtype=object), rng.uniform(size=60)
    p = torchbdi.propose(Frame(kind=kind, x=x), 2 * x, n=4, progress=False)
    before = p.problem.values["kind"][p.start]
    swapped = np.array([kinds[kinds[0] == name] for name in before], dtype=object)
    text = html_report(dataclasses.replace(p, columns={**p.columns, "kind": swapped}))
    one, other = (html.escape(name) for name in kinds)
    assert (
        f"kind <b>{other}</b> (from {one})" in text or f"kind <b>{one}</b> (from {other})" in text
    )
    assert kinds[0] not in text
    assert kinds[1] not in text


def test_a_sequence_stands_beside_the_one_that_it_is_told_from(quick: None) -> None:
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGT"), (60, 6))
    sites = np.array(["".join(row) for row in letters], dtype=object)
    p = torchbdi.propose(Frame(site=sites), (letters == "A").sum(1), n=3, progress=False)
    text = html_report(p)
    for own, before in zip(p.columns["site"], p.problem.values["site"][p.start], strict=True):
        marked = "".join(b if a == b else f"<b>{b}</b>" for a, b in zip(before, own, strict=True))
        assert f'{marked}</span> (from <span class="sequence">{before}</span>)' in text


def importlib_find_spec() -> Any:
    import importlib.util

    return importlib.util.find_spec


def test_the_report_needs_matplotlib_and_says_so_first(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib_find_spec()
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *a: None if name == "matplotlib" else found(name)
    )
    monkeypatch.setattr("torchbdi.proposer.outputs.run", None)
    assert "pip install 'torchbdi[propose]'" in said(capsys, words(data, tmp_path / "out"))
