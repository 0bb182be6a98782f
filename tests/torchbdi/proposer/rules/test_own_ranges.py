"""Numbers of which each name has a range of its own: told, and chance is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from proposer_tables import asked, text, told

from torchbdi.proposer.columns.remark import Remark
from torchbdi.proposer.reading.ways import IN_PYTHON, TYPED
from torchbdi.proposer.rules.own_ranges import own_range_remarks

RANGES = {"Pd": (0.1, 1.0), "Ni": (2.0, 10.0), "Cu": (9.0, 40.0)}


def loadings(n: int = 60) -> list[list[str]]:
    """A header and rows of catalyst, loading, T and yield."""
    rng = np.random.default_rng(0)
    rows = [["catalyst", "loading", "T", "yield"]]
    for i in range(n):
        name = [*RANGES][i % 3]
        numbers = rng.uniform(*RANGES[name]), rng.uniform(20, 90), rng.normal()
        rows.append([name, *(f"{v:.2f}" for v in numbers)])
    return rows


def test_a_range_of_each_name_is_told(tmp_path: Path) -> None:
    said = told(asked(tmp_path, text(loadings()))[0])
    assert "'loading' have a range of their own for each 'catalyst'" in said
    assert "--fix catalyst=Pd --bounds loading=0.1" in said and "'T' have a range" not in said
    words = ["--fix", "catalyst=Pd"]
    assert "range of their own" in told(asked(tmp_path, text(loadings()), *words)[0])
    other = told(asked(tmp_path, text(loadings()), "--fix", "catalyst=Cu")[0])
    assert "--fix catalyst=Cu --bounds loading=" in other and "--fix catalyst=Pd" not in other
    words += ["--bounds", "loading=0.1:1"]
    assert "range of their own" not in told(asked(tmp_path, text(loadings()), *words)[0])


def test_classes_of_a_number_are_told() -> None:
    t = np.random.default_rng(0).uniform(20, 100, 60).round(1)
    name = np.where(t < 45, "low", np.where(t < 75, "medium", "high")).astype(object)
    (remark,) = own_range_remarks({"T": t, "class": name}, [], {}, [], TYPED)
    assert "--ignore class" in remark
    (remark,) = own_range_remarks({"T": t, "class": name}, [], {}, [], IN_PYTHON)
    assert "(fix={'class': 'low'}, bounds={'T': (" in remark
    one = np.where(t < 45, 30.0, np.where(t < 75, t, 90.0))
    (remark,) = own_range_remarks({"T": one, "class": name}, [], {}, [], IN_PYTHON)
    assert "(fix={'class': 'low', 'T': '30'})" in remark
    bins = np.digitize(t, [40.0, 60.0, 80.0]).astype(float)
    (remark,) = own_range_remarks({"T": t, "bin": bins}, ["bin"], {}, [], TYPED)
    assert "--ignore bin" in remark
    said = [Remark("T and its bin", ("T", "bin"))]
    assert not own_range_remarks({"T": t, "bin": bins}, ["bin"], {}, said, TYPED)


def test_a_text_that_names_both_for_another_reason_silences_nothing(tmp_path: Path) -> None:
    comma = text(loadings(), ";").replace(".", ",").replace("Pd", "0,5").replace("Ni", "2,5")
    said = told(asked(tmp_path, comma.replace("Cu", "7,5"))[0])
    assert "comma in 'catalyst', 'loading'" in said and "for each 'catalyst'" in said
    rows = loadings()
    rows[4][0] = rows[9][1] = ""
    said = told(asked(tmp_path, text(rows), "--drop-missing")[0])
    assert "missing, in 'catalyst' (1), 'loading' (1)" in said and "for each 'catalyst'" in said


def test_what_chance_puts_apart_is_not_told() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        names = np.array(list("abcdefgh"), object)[rng.integers(0, 8, 30)]
        two = np.array(["p", "q"], object)[rng.integers(0, 2, 30)]
        x, z = rng.uniform(size=30), rng.choice([1.0, 2.0, 5.0], 30)
        # A search that came to one name and to one range.
        best = np.r_[rng.permutation(30)[:20] / 30, rng.normal(0.7, 0.02, 40)]
        at = np.array(["b"] * 60, object)
        at[:20] = names[:20]
        assert not own_range_remarks({"n": names, "m": two, "x": x, "z": z}, ["z"], {}, [], TYPED)
        assert not own_range_remarks({"at": at, "x": best}, [], {}, [], TYPED)


def test_names_may_share_a_range() -> None:
    """Noble metals have one, and base metals another one."""
    rng = np.random.default_rng(0)
    names = np.array(["Pd", "Pt", "Ni", "Cu"], object)[np.arange(60) % 4]
    noble = np.isin(names, ["Pd", "Pt"])
    load = np.where(noble, rng.choice([0.5, 1, 2], 60), rng.choice([5, 10, 20], 60))
    (remark,) = own_range_remarks({"metal": names, "load": load}, ["load"], {}, [], TYPED)
    assert "0.5 to 2 where it is Pd, 0.5 to 2 where it is Pt, 5 to 20 where it is Cu" in remark
    kept = [{"metal", "rest"}, {"load", "rest"}]
    columns = {"metal": names, "load": load}
    assert not own_range_remarks(columns, ["load"], {}, [], TYPED, kept=kept)
    one = {"metal": names, "load": rng.choice([5.0, 10.0, 20.0], 60)}
    assert not own_range_remarks(one, ["load"], {}, [], TYPED)


def test_ranges_of_what_is_looked_up_are_told() -> None:
    """Of each catalyst there are too few rows, and of its metal there are enough."""
    rng = np.random.default_rng(0)
    metal = np.array([*RANGES] * 20, object)
    names = np.array([f"{one}-{i // 6}" for i, one in enumerate(metal)], object)
    columns = {"catalyst": names, "load": np.array([rng.uniform(*RANGES[one]) for one in metal])}
    assert not own_range_remarks(columns, [], {}, [], TYPED)
    common = {"metal": ("catalyst", metal)}
    (remark,) = own_range_remarks(columns, [], {}, [], TYPED, common)
    assert "a range of their own for each 'metal'" in remark and "--ignore" not in remark
    assert "search one of them alone (--fix catalyst=Pd-0 --bounds load=0.1" in remark
    (remark,) = own_range_remarks(columns, [], {"catalyst": "Cu-3"}, [], TYPED, common)
    assert "--fix catalyst=Cu-3 --bounds load=" in remark
