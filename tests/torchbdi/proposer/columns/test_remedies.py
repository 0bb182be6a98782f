"""Texts that write several choices into one cell: what is said of how to write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, refused, text, told, with_column

from torchbdi.proposer.columns.remedies import remedy_of

RNG = np.random.default_rng(0)


def alloys(n: int = 40) -> list[str]:
    """Different compositions, some of which lack an element."""
    amounts = RNG.permutation(5**4)[:n, None] // 5 ** np.arange(4) % 5 / 4
    told = {0: "", 1: "{}"}
    return [
        "".join(told.get(v, "{}" + f"{v:g}").format(e)
                for e, v in zip(("Al", "Co", "Cr", "Ti"), row, strict=True)) + "FeNi2"
        for row in amounts.tolist()
    ]  # fmt: skip


def molecules(n: int = 40) -> list[str]:
    groups = ["C", "CC", "OC", "F", "Cl", "C#N", "N", "[N+](=O)[O-]", "C(=O)O"]
    return [f"c1ccc({groups[i % 9]})cc1{groups[i // 9]}" for i in range(n)]


@pytest.mark.parametrize(
    ("cells", "what", "instead"),
    [
        (alloys(), "compositions", "give each element a column of its own"),
        (molecules(), "molecules", "give each group that was exchanged a column of its own"),
        ([f"{i + 1}:{i % 7 + 1}" for i in range(40)], "ratios", "write the quotient, or give each"),
        ([f"{i + 10} x 3{i} mm" for i in range(40)], "sizes", "give each of their numbers a"),
        ([f"{i}.5-{i + 5}" for i in range(40)], "ranges", "write the middle of each, or its ends"),
        ([f"{{lr: 0.{i + 1}; depth: 3}}" for i in range(40)], "settings", "give each setting"),
        ([f"lr=0.{i + 1};opt=adam" for i in range(40)], "settings", "give each setting a column"),
        ([f"--lr 0.{i + 1} -v" for i in range(40)], "settings", "give each setting a column"),
        ([f'"[{i}, 32]"' for i in range(40)], "lists", "give each place of the lists a column"),
        ([f"#{i * 317:06x}" for i in range(40)], "colours", "give red, green and blue a column"),
    ],
)
def test_the_remedy_is_named_where_such_texts_are_left_out_or_refused(
    cells: list[str], what: str, instead: str, tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, text(with_column("made", cells)))
    assert f"Its texts are {what}: if no other column says what was made, {instead}" in told(made)
    message = refused(tmp_path, text(with_column("made", [*cells[:39], cells[0]])))
    assert f"column 'made' has {what}, such as '" in message and instead in message
    assert "--ignore made" in message and "--category made" in message


@pytest.mark.parametrize(
    "texts",
    [
        {"C45S", "N12K", "K12N", "S45V"}, {"VKSNC", "PSNCK", "KKVIF"}, {"Ni1", "Co2", "Fe3"},
        {"run 1", "run 2"}, {"B1", "C2", "N3"}, {"THF", "DMF", "MeCN"}, {"Cu", "Ni", "Pd"},
        {"ethanol", "CHCl3", "water"}, {"A(1)", "B(2)"}, {"3.5 (C)", "4 (N)"}, {"ACGT", "CCGT"},
        {"C/N=5", "C/N=15"}, {"(R)", "(S)"}, {"[Na+]", "[K+]"}, {"#A", "#B"}, {"a=1", "a=2"},
        {"C(1)", "C(2)"}, {"101-02", "102-01"}, {"1:2", "1/3"}, {"12", "13"},
    ],
)  # fmt: skip
def test_other_texts_are_none(texts: set[str]) -> None:
    assert remedy_of(texts) is None


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        ({"Fe80B20", "Fe75Si5B20", "Fe"}, "compositions"), ({"Ni(OH)2", "Co(OH)2"}, "compositions"),
        ({"CC(=O)O", "c1ccccc1C=O", "CCO"}, "molecules"), ({"A23V;K45R", "A23V;D1G", "K45R;D1G"},
        "lists of mutations"), ({"A:A23V;B:K45R", "A:A23V;B:D1G", "A:K45R;B:D1G"}, "lists of "
        "mutations"),
    ],
)  # fmt: skip
def test_what_texts_are(texts: set[str], what: str) -> None:
    remedy = remedy_of(texts)
    assert remedy is not None and remedy.what == what


def test_the_example_does_not_depend_on_the_order_of_the_texts() -> None:
    texts = [f"{low}-{low + 5}" for low in range(10, 60, 3)]
    found = {remedy_of(own).example for own in (texts, texts[::-1], texts[5:] + texts[:5])}
    assert len(found) == 1


def test_levels_that_hold_numbers_are_told_to_be_names(tmp_path: Path) -> None:
    """Between 30:70 and 50:50 lies 40:60, and a name lies between nothing."""
    content = text(with_column("MMA:BA", [f"{10 * i}:{100 - 10 * i}" for i in range(1, 9)] * 5))
    remark = next(r for r in asked(tmp_path, content)[0].remarks if "'MMA:BA' holds ratios" in r)
    assert "each of its 8 counts as a name" in remark and "write the quotient" in remark
    made, _ = asked(tmp_path, content, "--category", "MMA:BA")
    assert "holds ratios" not in told(made)
    for few in (
        ["1:1", "1:2", "1:3", "1:2"],
        ["a:b", "c:d", "a:d", "c:b"],
        ["R1", "R2", "R3", "R4"],
    ):
        assert "counts as a name" not in told(asked(tmp_path, text(with_column("x", few * 10)))[0])
