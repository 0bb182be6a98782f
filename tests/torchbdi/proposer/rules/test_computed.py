"""Which columns are computed in proposals, where something was said of them or of the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_derived import temperatures
from proposer_tables import Frame, asked, names, refused, text, told

import torchbdi
from torchbdi.__main__ import main


def test_proposals_keep_to_what_was_computed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text(temperatures("1/T T2 T p lnT Tp")))
    out = tmp_path / "out"
    argv = ["propose", str(tmp_path / "t.csv"), "--score", "yield", "-n", "8", "-o", str(out)]
    assert main(argv) == 0
    written = [line.split(",") for line in (out / "proposals.csv").read_text().splitlines()]
    assert written[0][:6] == ["1/T", "T2", "T", "p", "lnT", "Tp"] and len(written) == 9
    for row in written[1:]:
        own, _, t, p, _, product = map(float, row[:6])
        assert row[1] == f"{t * t:.2f}" and row[4] == f"{np.log(t):.4f}"
        assert abs(own - 1 / t) <= 1e-7 and abs(product - t * p) <= 0.006
    page = (out / "report.html").read_text()
    assert "<span>T2 " in page and "so it is in every proposal" in page


def test_columns_of_an_array_are_computed_too() -> None:
    rng = np.random.default_rng(0)
    t, p = rng.uniform(1, 5, (2, 40))
    x = np.stack([t, p, t**3], axis=1)
    made = torchbdi.propose(x, -((t - 3) ** 2) - p, n=4)
    assert np.allclose(made.x[:, 2], made.x[:, 0] ** 3)
    free = torchbdi.propose(x, -((t - 3) ** 2) - p, n=4, numbers=["x2"])
    assert not np.allclose(free.x[:, 2], free.x[:, 0] ** 3)


def test_what_is_computed_beyond_its_known_range_is_noted() -> None:
    rng = np.random.default_rng(0)
    t = rng.uniform(1, 5, 40)
    p = 6 - t + rng.uniform(-0.5, 0.5, 40)
    made = torchbdi.propose(Frame({"t": t, "p": p, "area": t * p}), t + p, n=4)
    beyond = made.columns["area"] > (t * p).max()
    assert beyond.any()
    assert ["range: area" in note for note in made.notes] == beyond.tolist()


@pytest.mark.parametrize(
    "words",
    [
        ("--fix", "T2=110000"), ("--free", "T2"),
        ("--rule", "T2<=110000"), ("--step", "T2=100"), ("--at-most", "1 of T2,p"),
    ],
)  # fmt: skip
def test_what_somebody_named_is_part_of_the_design(words: tuple[str, str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(temperatures()), *words)
    assert names(made) == ["T", "p", "T2"]
    assert "'T2' is 'T'^2 in every row, and proposals do not keep to that." in told(made)


def test_others_may_be_fixed_or_bounded(tmp_path: Path) -> None:
    for words in (("--fix", "T=320"), ("--bounds", "T=310:320"), ("--rule", "T+p<=330")):
        made, _ = asked(tmp_path, text(temperatures()), *words)
        assert names(made) == ["T", "p"]
    message = refused(tmp_path, text(temperatures()), "--fix", "T=320", "--fix", "p=3")
    assert "no column is left that varies: 'T2' is 'T'^2;" in message and "--number T2" in message


def test_what_may_have_no_number_is_told_alone(tmp_path: Path) -> None:
    """There is no logarithm of 0, and no share of parts that are all absent."""
    made, _ = asked(tmp_path, text(temperatures()), "--bounds", "T=0:360")
    assert names(made) == ["T", "p", "1/T", "lnT"]
    assert told(made).count("do not keep to that") == 2
    rng = np.random.default_rng(0)
    rows = [["water", "cement", "ash", "w/b", "yield"]]
    for i in range(40):
        water, cement, ash = rng.integers(150, 200), 350, rng.choice([0, 60, 90])
        cement, ash = [(rng.integers(280, 450), ash), (0, ash + 200)][i % 4 == 0]
        own = f"{water / (cement + ash):.3f}"
        rows.append([f"{water}", f"{cement}", f"{ash}", own, f"{rng.normal():.2f}"])
    made, _ = asked(tmp_path, text(rows))
    assert not made.following and "'w/b' is 'water' / ('cement' + 'ash') in every row, and" in (
        told(made)
    )
    made, _ = asked(tmp_path, text(rows), "--bounds", "cement=200:400")
    assert [*made.following] == ["w/b"]


def test_what_may_have_no_number_once_others_are_computed_is_told_alone(tmp_path: Path) -> None:
    """Logarithms were -inf of ratios that are written as 0.00, and none of differences below 0."""
    rng = np.random.default_rng(0)
    w, h, c = rng.uniform(1, 9, (3, 40)).round(1)
    net = (w * h).round(2) + 9 - c
    rows = [["w", "h", "c", "area", "net", "log net", "yield"]]
    for i in range(40):
        own = [f"{w[i]}", f"{h[i]}", f"{c[i]}", f"{w[i] * h[i]:.2f}"]
        rows.append([*own, f"{net[i]:.2f}", f"{np.log(net[i]):.4f}", f"{i % 7}.5"])
    assert [*asked(tmp_path, text(rows))[0].following] == ["area", "net", "log net"]
    made, _ = asked(tmp_path, text(rows), "--bounds", "c=1:30")
    assert [*made.following] == ["area", "net"]
    assert told(made).count("do not keep to that") == 1
    rows = [["w", "h", "ratio", "log", "yield"]]
    for i in range(40):
        ratio = f"{w[i] / h[i]:.2f}"
        rows.append([f"{w[i]}", f"{h[i]}", ratio, f"{np.log10(float(ratio)):.4f}", f"{i % 7}.5"])
    assert [*asked(tmp_path, text(rows))[0].following] == ["ratio", "log"]
    made, _ = asked(tmp_path, text(rows), "--bounds", "h=1:900")
    assert [*made.following] == ["ratio"]


def test_what_is_looked_up_by_a_computed_column() -> None:
    """It is computed, too, or both are not: a computed number may be none of the table's."""
    rng = np.random.default_rng(0)
    a, b, t = rng.choice([1, 2], 40), rng.choice([10, 20, 30], 40), rng.integers(20, 80, 40)
    label = {10: 7, 20: 3, 30: 9, 40: 1, 60: 4}
    for more, follow in ((lambda k: label[k], ["more"]), (lambda k: k * k, ["K", "more"])):
        own = np.array([more(k) for k in (a * b).tolist()])
        made = torchbdi.propose(Frame({"a": a, "b": b, "K": a * b, "more": own, "T": t}), -t, n=3)
        assert [*made.problem.following] == follow
        assert [*map(more, made.columns["K"])] == made.columns["more"].tolist()


def test_masses_follow_from_what_is_looked_up(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    weight = {"DMF": 73.09, "THF": 72.11, "MeOH": 32.04}
    rows = [["solvent", "MW", "mass", "mmol", "yield"]]
    for i in range(40):
        name, amount = rng.choice([*weight]), round(rng.uniform(1, 9), 2)
        own = f"{amount * weight[name]:.2f}"
        rows.append([name, f"{weight[name]}", own, f"{amount}", f"{i % 7}.5"])
    made, _ = asked(tmp_path, text(rows))
    assert names(made) == ["solvent", "mmol"] and [*made.following] == ["MW", "mass"]


def test_shares_of_one_whole_follow_together(tmp_path: Path) -> None:
    """Their sum is 1 in every row, and holds by itself; else they stay parts of it."""
    rng = np.random.default_rng(0)
    rows = [["a", "b", "share a", "share b", "yield"]]
    for _ in range(40):
        a, b = rng.uniform(1, 9, 2).round(1)
        own = [f"{a / (a + b):.4f}", f"{b / (a + b):.4f}"]
        rows.append([f"{a}", f"{b}", *own, f"{rng.normal():.2f}"])
    made, _ = asked(tmp_path, text(rows))
    assert {*made.following} == {"share a", "share b"} and not made.rules
    made, _ = asked(tmp_path, text(rows), "--fix", "share a=0.5")
    assert not made.following and len(made.rules) == 1
    assert told(made).count("do not keep to that") == 2


def test_what_is_linear_between_near_numbers_stays_an_equation(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [["T", "lnT", "p", "yield"]]
    for _ in range(40):
        t, p = rng.uniform(300, 302), rng.uniform(1, 9)
        rows.append([f"{t:.2f}", f"{np.log(t):.4f}", f"{p:.2f}", f"{rng.normal():.2f}"])
    made, _ = asked(tmp_path, text(rows))
    assert names(made) == ["T", "lnT", "p"] and len(made.rules) == 1


def test_nothing_is_computed_where_rows_are_chosen_among(tmp_path: Path) -> None:
    rows = temperatures()
    assert asked(tmp_path, text(rows))[0].following
    rows.append([*rows[1][:-1], "PENDING"])
    rows[-1][:2] = ["333.3", "5"]
    assert not asked(tmp_path, text(rows))[0].following
