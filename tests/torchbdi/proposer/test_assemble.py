"""Proposals made of what was found: within what was asked, with what is doubtful."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from proposer_problems import growth, hill, propose, proposed
from proposer_quick import be_quick
from proposer_tables import Frame

import torchbdi
from torchbdi import InputError
from torchbdi.proposer.assemble import says_nothing
from torchbdi.proposer.model.calibration import Calibration
from torchbdi.proposer.reading.table import as_texts
from torchbdi.proposer.report.alike import close_told
from torchbdi.proposer.report.page import html_report
from torchbdi.proposer.report.writing import proposals_csv

RNG = np.random.default_rng(0)


def test_fixed_columns_stay_or_have_their_value(quick: None) -> None:
    x, y = hill()
    p = propose(x, y, fix=["x1"])
    np.testing.assert_array_equal(p.x[:, 1], x[p.start, 1])
    assert (p.x[:, 0] != x[p.start, 0]).all()
    p = propose(x, y, fix={"x1": -0.25})
    assert (p.x[:, 1] == -0.25).all()
    metal = np.array(["Fe", "Ni"] * 30)
    for fix in ({"metal": "Fe"}, {"metal": "Fe", "x": "0.5"}):
        p = propose(Frame(metal=metal, x=x[:, 0], z=x[:, 1]), y, fix=fix)
        assert set(p.columns["metal"]) == {"Fe"}
        assert ("x" not in fix) or (p.columns["x"] == 0.5).all()
    for fix, message in (
        ({"metal": "Zn"}, "cannot be 'Zn'.*Fe, Ni"),
        ({"x": "much"}, "holds numbers, not 'much'"),
        ({"x": "inf"}, "holds numbers"),
    ):
        with pytest.raises(InputError, match=message):
            propose(Frame(metal=metal, x=x[:, 0]), y, fix=fix)


def test_starts_outside_the_bounds_are_moved_into_them(quick: None) -> None:
    x, y = hill()
    p = propose(x, y, bounds={"x0": (-1, -0.5), "x1": (2, 3)})
    assert ((p.x[:, 0] >= -1) & (p.x[:, 0] <= -0.5)).all()
    assert ((p.x[:, 1] >= 2) & (p.x[:, 1] <= 3)).all()
    assert all("outside the observed range: x1" in note for note in p.notes)
    assert p.far.all()


def test_a_start_that_misses_its_bound_by_next_to_nothing(quick: None) -> None:
    """Fuzzing found it: the feature cannot tell 0 from the bound, and the start came back."""
    x, y = hill()
    x[y.argmax(), 0] = 0
    p = propose(x, y, n=1, bounds={"x0": (1e-257, 1)}, fix=["x1"])
    assert p.x[0, 0] >= 1e-257


def test_too_little_room_is_told(quick: None) -> None:
    x, y = hill()
    best = x[y.argmax()]
    ends = {f"x{i}": (best[i], best[i]) for i in range(3)}
    with pytest.raises(InputError, match="the table is complete"):
        propose(x, y, n=1, bounds=ends)


def test_a_name_that_no_known_design_has_is_noted() -> None:
    class Frame(dict[str, np.ndarray]):
        columns = property(list)

    rng = np.random.default_rng(0)
    x = Frame(a=rng.uniform(size=40), solvent=rng.choice(["DMF", "THF", "MeCN"], 40).astype(object))
    y = x["a"] + (x["solvent"] == "THF")
    x["solvent"][30:34], y[30:40] = "toluene", np.nan
    p = torchbdi.propose(x, y, n=10, progress=False)
    own = np.array(["in no known design: solvent toluene" in note for note in p.notes])
    assert (own == (p.columns["solvent"] == "toluene")).all() and own.sum() == 4


@pytest.mark.usefixtures("quick")
def test_the_row_of_a_proposal_is_its_own_however_small_its_numbers(tmp_path: Path) -> None:
    """Concentrations in mol/l: 3e-10 and 8e-10 differ by less than 1e-8."""
    rng = np.random.default_rng(0)
    rows = [["conc", "temp", "yield"]]
    for i in range(40):
        conc, temp = 10 ** rng.uniform(-10, -8.5), 50 if i >= 30 else rng.integers(20, 80)
        score = -((np.log10(conc) + 9) ** 2) - ((temp - 50) / 20) ** 2
        rows.append([f"{conc:.3g}", str(temp), f"{score:.3f}" if i < 30 else ""])
    p, written = proposed(tmp_path, rows, "-n", "8")
    assert p.candidate_row is not None
    assert len(set(p.candidate_row.tolist())) == 8
    for row in written:
        own = rows[int(row["row"]) - 1]
        assert (row["conc"], row["temp"], "") == (own[0], own[1], own[2])


def parts(n: int, total: float, places: int, count: int = 4) -> dict[str, np.ndarray]:
    shares = RNG.dirichlet(np.ones(count) * 2, n) * total
    return {f"part{i}": np.round(shares[:, i], places) for i in range(count)}


def test_proposals_of_mixtures_keep_their_sum_and_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """All proposals have three of four parts at most, though every known design has four."""
    be_quick(monkeypatch.setattr)
    own = parts(40, 100, 1)
    y = -sum((v - 25) ** 2 for v in own.values())
    frame = {name: as_texts([f"{v:.1f}" for v in values]) for name, values in own.items()}

    class Frame(dict):  # type: ignore[type-arg]
        columns = property(list)

    p = torchbdi.propose(
        Frame(frame), y, n=6, rules="part0+part1<=60", progress=False,
        at_most="3 of part0,part1,part2,part3 least 5",
    )  # fmt: skip
    assert len(p) == 6
    amounts = np.stack([p.columns[name] for name in own])
    assert ((amounts > 0).sum(0) <= 3).all()
    assert ((amounts == 0) | (amounts >= 5)).all()
    assert (amounts[0] + amounts[1] <= 60 + 1e-9).all()
    total = sum(p.columns[name] for name in own)
    np.testing.assert_allclose(total, 100, atol=1e-9)
    for name in own:
        np.testing.assert_allclose(p.columns[name], np.round(p.columns[name], 1), atol=1e-9)


def test_what_cannot_be_believed_is_unknown_and_last(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = torch.tensor([-1.0, 0.0, 2.0]).double()
    mean = torch.tensor([0.0, 0.5, 3.0, 4.0, 0.5]).double()
    error = torch.tensor([0.5, 2.0, 1.5, 2.0, 1.4]).double()
    assert says_nothing(known, mean, error).tolist() == [False, True, False, True, False]
    assert says_nothing(known, mean, error, True).tolist() == [False, True, False, False, False]
    x, y = growth()
    stated = Calibration.error

    def partly_vast(self: Calibration, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        error = stated(self, mean, variance)
        return np.where(mean >= np.sort(mean)[-2], 30, np.minimum(error, 1))

    monkeypatch.setattr(Calibration, "error", partly_vast)
    p = torchbdi.propose(x, y, n=6, progress=False, score_scale="log")
    assert p.unknown.tolist() == [False] * 4 + [True] * 2
    assert (np.diff(p.predicted[:4]) <= 0).all() and (p.predicted[4:] > p.predicted[0]).all()
    assert [p.told(i) == "unknown" for i in range(6)] == p.unknown.tolist()
    rows = list(csv.DictReader(io.StringIO(proposals_csv(p))))
    assert [row["high"] == "" for row in rows] == p.unknown.tolist()
    assert (
        rows[-1]["note"].startswith("y unknown: the prediction or its error")
        and not rows[0]["note"]
    )
    html = html_report(p)
    assert ">unknown<" in html and "e+1" not in html


def test_a_limit_of_all_columns_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of few digits are sites; where all of them may differ there is nothing to say."""
    be_quick(monkeypatch.setattr)
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 9, (40, 4)).round(1)
    p = torchbdi.propose(x, -((x - 4) ** 2).sum(1), n=2, progress=False)
    assert p.sites is None and p.sites_told() == ""
    assert "at 2 of its free columns at most" in replace(p, sites=2).sites_told()


def test_designs_that_come_near_others_are_counted(quick: None) -> None:
    x = RNG.uniform(0, 10, (40, 1)).round(2)
    p = propose(x, np.sin(x[:, 0]) + 0.1 * RNG.normal(size=40), n=24)
    apart = np.abs(p.x - p.x.T)[~np.eye(24, dtype=bool)].reshape(24, 23).min(1) / x.std()
    assert p.close == (apart < 0.1).sum() > 10
    assert close_told(p) in html_report(p)


def test_levels_that_are_near_each_other_are_apart(quick: None) -> None:
    dose = np.array([0, 0.1, 10.0] * 20)
    x = np.column_stack([dose, RNG.uniform(0, 1, 60).round(2)])
    assert propose(x, x.sum(1) - (x[:, 1] - 0.5) ** 2, n=4).close == 0
