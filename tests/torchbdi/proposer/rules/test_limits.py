"""Limits that every row keeps and no rule says: one column below another, parts below a whole."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, text, told

from torchbdi.__main__ import main
from torchbdi.proposer.reading.ways import Ways
from torchbdi.proposer.rules.limits import order_remarks


def ordered(n: int = 60) -> list[list[str]]:
    """A header and rows of first and last, never below it, beside the plain table."""
    rng = np.random.default_rng(0)
    rows = plain(n)
    out = [["first", "last", *rows[0]]]
    for row in rows[1:]:
        first = rng.uniform(20, 80)
        last = first + rng.uniform(0, 40)
        score = float(row[3]) + (first - last) / 2
        out.append([f"{first:.1f}", f"{last:.1f}", *row[:3], f"{score:.1f}"])
    return out


def way(remarks: Sequence[str], what: str) -> list[str]:
    """The words of a rule that a remark offers."""
    remark = next(r for r in remarks if what in r)
    return shlex.split(remark[remark.index("--rule") : -1])


def test_a_column_that_is_never_above_another(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(ordered()))
    words = way(made.remarks, "'first' is at most 'last' in all rows")
    assert words == ["--rule", "first<=last"]
    kept, _ = asked(tmp_path, text(ordered()), *words)
    assert "at most" not in told(kept) and kept.rules
    (tmp_path / "t.csv").write_text(text(ordered()))
    argv = ["propose", str(tmp_path / "t.csv"), "--score", "yield", "-n", "4", *words]
    assert main([*argv, "-o", str(tmp_path / "own")]) == 0
    lines = (tmp_path / "own" / "proposals.csv").read_text().splitlines()[1:]
    assert all(float(line.split(",")[0]) <= float(line.split(",")[1]) for line in lines)


def test_a_column_that_is_below_another_by_chance(tmp_path: Path) -> None:
    rows = ordered()
    for row in rows[1:]:
        row[0] = f"{float(row[0]) / 3:.1f}"  # up to 27, where the other one begins at 24
    assert "at most" not in told(asked(tmp_path, text(rows))[0])
    assert "at most" not in told(asked(tmp_path, text(plain()))[0])


def parts(whole: float, count: int = 60) -> list[list[str]]:
    """A header and rows of three of the four parts of a whole, and another column."""
    rng = np.random.default_rng(1)
    rows = [["A", "B", "C", "temp", "yield"]]
    for part in rng.dirichlet([1, 1, 1, 1], count) * whole:
        cells = [f"{np.floor(1e4 * v / whole) / 1e4 * whole:.6g}" for v in part[:3]]
        rows.append([*cells, f"{rng.uniform(20, 90):.1f}", f"{part[:3].sum() / whole:.3f}"])
    return rows


def test_columns_in_other_units_are_not_compared(tmp_path: Path) -> None:
    for units, compared in (("C", "C"), True), (("C", "min"), False):
        rows = ordered()
        rows[0][:2] = (f"first ({units[0]})", f"last ({units[1]})")
        assert ("is at most" in told(asked(tmp_path, text(rows))[0])) == compared
        rows = parts(100.0)
        rows[0][:3] = [f"A ({units[0]})", f"B ({units[1]})", f"C ({units[1]})"]
        assert ("add up to" in told(asked(tmp_path, text(rows))[0])) == compared


def test_what_follows_from_other_limits_is_not_told(tmp_path: Path) -> None:
    """Particles: d10 is below d50, that is below d90, and so d10 is below d90."""
    rng = np.random.default_rng(0)
    rows = plain(60)
    rows[0] = ["d10", "d50", "d90", *rows[0]]
    for i, row in enumerate(rows[1:], start=1):
        d10, first, second = rng.uniform(2, 9), rng.uniform(0, 5), rng.uniform(0, 5)
        own = [f"{v:.2f}" for v in (d10, d10 + first, d10 + first + second)]
        rows[i] = [*own, *row]
    made, _ = asked(tmp_path, text(rows))
    own = {remark.split(" in all rows")[0] for remark in made.remarks if " is at most " in remark}
    assert own == {"'d10' is at most 'd50'", "'d50' is at most 'd90'"}


@pytest.mark.parametrize("whole", [1.0, 100.0])
def test_parts_below_a_whole(whole: float, tmp_path: Path) -> None:
    """Three parts of four: the rest is water."""
    rows = parts(whole)
    made, _ = asked(tmp_path, text(rows))
    words = way(made.remarks, f"'A', 'B', 'C' add up to {whole:g} at most")
    assert words == ["--rule", f"A+B+C<={whole:g}"]
    assert "add up to" not in told(asked(tmp_path, text(rows), *words)[0])
    rng = np.random.default_rng(2)
    for row in rows[1:]:
        row[:3] = [f"{v:.3g}" for v in rng.uniform(0, whole / 3, 3)]
    assert "add up to" not in told(asked(tmp_path, text(rows))[0])


def test_a_rule_that_is_told_holds_columns_that_are_called_by_numbers(tmp_path: Path) -> None:
    """A frame's columns are 0, 1, 2 where nobody names them, and 1 is a whole, too."""
    rows = parts(1.0)
    rows[0][:3] = ["0", "1", "2"]
    words = way(asked(tmp_path, text(rows))[0].remarks, "'0', '1', '2' add up to 1 at most")
    assert words == ["--rule", "0+1+2<=1.0"]
    made, _ = asked(tmp_path, text(rows), *words)
    assert [(dict(r.coefficients), r.high) for r in made.rules] == [({"0": 1, "1": 1, "2": 1}, 1)]


def test_few_rows_tell_of_a_start_and_an_end_by_their_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [["ramp start", "ramp end", *plain()[0]]]
    for row in plain(24)[1:]:
        start = rng.integers(0, 6) * 10
        rows.append([f"{start}", f"{start + rng.integers(1, 5) * 10}", *row])
    made, _ = asked(tmp_path, text(rows))
    assert way(made.remarks, "'ramp start' is at most 'ramp end'")[0] == "--rule"
    rows[0][:2] = ["one", "other"]
    assert "is at most" not in told(asked(tmp_path, text(rows))[0])


@pytest.mark.parametrize(("other", "is_told"), [("zone1 max", True), ("zone2 max", False)])
def test_ends_are_those_of_one_thing(other: str, is_told: bool) -> None:
    low, more = np.random.default_rng(0).uniform(0, 60, (2, 12))
    columns = {"zone1 min": low, other: low + more}
    assert bool(order_remarks(columns, [], Ways(True))) == is_told


def test_what_goes_in_may_come_out_less_or_more() -> None:
    hot, less = np.random.default_rng(0).uniform(80, 120, 20), np.linspace(10, 40, 20)
    told = order_remarks({"T hot in": hot, "T hot out": hot - less}, [], Ways(True))
    assert told[0].startswith("'T hot out' is at most 'T hot in'")


def test_what_given_rules_keep_over_another_column_is_not_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    zones = np.cumsum([rng.integers(0, 20, 80), *rng.integers(0, 3, (2, 80))], axis=0).T * 5
    rows = [["zone1", "zone2", "zone3", *plain()[0]]]
    rows += [[*map(str, own), *row] for own, row in zip(zones, plain(80)[1:], strict=True)]
    rules = ["--rule", "zone1<=zone2", "--rule", "zone3-zone2>=0"]
    assert "at most" not in told(asked(tmp_path, text(rows), *rules)[0])
    for rule in ("zone3<=zone2+50", "zone3+zone2>=0"):
        made, _ = asked(tmp_path, text(rows), *rules[:2], "--rule", rule)
        assert "'zone1' is at most 'zone3'" in told(made)


def test_steps_that_follow_each_other_are_told_by_their_names() -> None:
    """A gradient of three times: so few rows could be in order by chance among any two columns."""
    times = np.sort(np.random.default_rng(0).uniform(0, 30, (25, 3)), axis=1).T
    names = ["t1 (min)", "t2 (min)", "t3 (min)"]
    told = order_remarks(dict(zip(names, times, strict=True)), [], Ways(True))
    assert [remark.split(" in all rows")[0] for remark in told] == [
        "'t1 (min)' is at most 't2 (min)'", "'t2 (min)' is at most 't3 (min)'",
    ]  # fmt: skip
    for others in (["t1", "t3", "t5"], ["a1", "b2", "c3"], ["t3", "t2", "t1"],
                   ["m1p5", "m15p", "mp15"]):  # fmt: skip
        assert not order_remarks(dict(zip(others, times, strict=True)), [], Ways(True))


def test_one_more_pair_of_columns_is_one() -> None:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 60, (4, 40))
    columns = {f"{k} {end}": low[k] for k in range(4) for end in ("min",)}
    columns |= {f"{k} max": low[k] + rng.uniform(0, 40, 40) for k in range(4)}
    last = order_remarks(columns, [], Ways(True))[-1]
    assert last == "So is 1 more pair of columns: '3 min' and '3 max'."


def test_a_column_that_follows_from_another_is_told_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [["resin", "square", "hardener", "yield"]]
    for a, b in rng.uniform(1, 10, (80, 2)).round(1).tolist():
        rows.append([f"{a}", f"{a * a:.2f}", f"{b}", f"{10 - (a - 5) ** 2 - b:.2f}"])
    made, _ = asked(tmp_path, text(rows))
    assert "Column 'square' is 'resin'^2 in every row" in told(made)
    assert "is at most" not in told(made)
