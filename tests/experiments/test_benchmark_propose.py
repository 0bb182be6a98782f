"""The benchmark of proposals: what is seen, the pools, the truths, and how pairs are counted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.benchmarks import _combinations, own_tables, propose
from experiments.benchmarks import _propose_formulas as formulas
from experiments.benchmarks import _propose_tables as tables
from experiments.benchmarks.__main__ import main
from experiments.benchmarks._propose_pools import made_pool
from experiments.benchmarks._propose_rivals import RIVALS
from torchbdi import InputError, MissingDataError


def one(**columns: float | str) -> dict[str, np.ndarray]:
    return {name: np.array([v], dtype=object if isinstance(v, str) else float)
            for name, v in columns.items()}  # fmt: skip


def test_the_formulas_have_their_optima() -> None:
    hill = [formulas.hill4(one(a=a, b=b, c=c, d=d))[0]
            for a, b, c, d in ((29.138, 41.755, 17.185, 36.963), (50, 50, 50, 50))]  # fmt: skip
    assert hill == pytest.approx([32.6257, 6.03], abs=5e-3)
    for x1, x2 in ((-np.pi, 12.275), (np.pi, 2.275), (9.42478, 2.475)):
        assert formulas.branin(one(x1=x1, x2=x2))[0] == pytest.approx(0.397887, abs=1e-5)
    best = one(x1=0.4, x2=-0.7, x3=1.1, grade="c", vessel="r")
    assert formulas.ackley(best)[0] == pytest.approx(0, abs=1e-12)
    assert formulas.ackley({**best, "vessel": np.array(["s"], dtype=object)})[0] > 1


@pytest.mark.parametrize(("name", "seen"), [("hill4", 120), ("branin", 60), ("ackley", 120)])
def test_the_worse_three_fifths_are_seen(name: str, seen: int) -> None:
    made = tables.case(name, 3, None, None)
    assert len(made.scores) == seen
    assert {len(v) for v in made.pool.values()} == {20_000}
    for column, values in made.frame.items():
        pool = made.pool[column]
        if values.dtype == object:
            assert set(pool) == set(values)
        else:
            assert values.min() <= pool.min()
            assert pool.max() <= values.max()
    truth = made.sign * made.truth(made.pool)
    assert 0.2 < (truth > (made.sign * made.best_rows).max()).mean() < 0.7
    again = tables.case(name, 3, None, None)
    np.testing.assert_array_equal(again.scores, made.scores)
    assert (tables.case(name, 4, None, None).scores[:5] != made.scores[:5]).any()


def test_a_file_is_seen_in_its_order_and_with_all_its_rows(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    grid = [(n, t, r) for n in (6, 8, 10) for t in (0, 50, 100) for r in (1.5, 2.0)]
    rows = [(*g, 0.7, v) for g in grid for v in rng.normal(sum(g), 1, 2)]
    text = "n,theta,r,t,toughness\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows)
    (tmp_path / "barrel.csv").write_text(text)
    made = tables.case("barrel", 0, tmp_path, None)
    designs = list(zip(*(made.frame[c] for c in ("n", "theta", "r")), strict=True))
    means = {g: np.mean([row[4] for row in rows if row[:3] == g]) for g in grid}
    worse = sorted(means, key=lambda g: means[g])[:11]
    assert set(designs) == set(worse)
    assert designs == [row[:3] for row in rows if row[:3] in set(worse)]
    levels = {(n, t, r) for n, t, r in grid if n in made.frame["n"] and t in made.frame["theta"]}
    pool = set(zip(*(made.pool[c] for c in ("n", "theta", "r")), strict=True))
    assert pool == {g for g in levels if g not in set(worse)}
    found = made.truth({"n": np.array([6.0, 7.0]), "theta": np.array([0.0, 0.0]),
                        "r": np.array([1.6, 1.5]), "t": np.array([0.7, 0.7])})  # fmt: skip
    assert found[0] == pytest.approx(means[6, 0, 1.5])
    assert found[1] == pytest.approx((means[6, 0, 1.5] + means[8, 0, 1.5]) / 2)  # a tie
    with pytest.raises(MissingDataError, match=r"suzuki\.csv"):
        tables.case("suzuki", 0, tmp_path, None)


def test_pools_of_compositions_keep_their_total(tmp_path: Path) -> None:
    x = np.random.default_rng(0).dirichlet(np.ones(5), 150) * 100
    frame = {name: x[:, i] for i, name in enumerate(("p3ht", "d1", "d2", "d6", "d8"))}
    pool = made_pool(frame, x[:, 0], np.random.default_rng(1), 100.0)
    np.testing.assert_allclose(sum(pool.values()), 100)


def test_pairs_are_counted_in_the_direction_of_the_table() -> None:
    rows = [
        {"table": t, "seed": 0, "method": m, "best": b, "median": c, "minimise": low}
        for t, low, m, b, c in (
            ("a", False, "torchbdi", 3, 1), ("a", False, "forest", 2, 1),
            ("b", True, "torchbdi", 3, 1), ("b", True, "forest", 2, 4),
        )
    ]  # fmt: skip
    (line,) = propose.pairs(rows)
    assert line == {"rival": "forest", "best": "1-0-1", "best_share": 0.5, "median": "1-1-0",
                    "median_share": 0.75}  # fmt: skip
    text = propose.markdown(rows, [line])
    assert "| forest | 1-0-1 | 50% | 1-1-0 | 75% |" in text


def test_rivals_rank_what_is_easy() -> None:
    x = np.random.default_rng(0).uniform(size=(80, 2))
    pool = np.random.default_rng(1).uniform(size=(300, 2))
    for name in ("forest", "boosting"):
        picked = RIVALS[name](x, x.sum(1), pool, 10, 0)
        assert len(set(picked.tolist())) == 10
        assert pool[picked].sum(1).mean() > 1.5
    assert 0.7 < pool[RIVALS["random"](x, x.sum(1), pool, 100, 0)].sum(1).mean() < 1.3


def test_it_runs_and_goes_on_from_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["propose", "--small", "--no-rivals", "--out", str(tmp_path)]
    assert main(words) == 0
    result = json.loads((tmp_path / "propose.json").read_text())
    own, repeated = result["runs"]
    assert (own["method"], own["table"], own["n"]) == ("torchbdi", "branin", 32)
    assert own["best"] < repeated["best"]
    assert result["rows"][0]["best"] == "1-0-0"
    assert "| branin |" in (tmp_path / "propose.md").read_text()
    monkeypatch.setattr(propose, "case", lambda *_: pytest.fail("this is done again"))
    assert main(words) == 0
    with pytest.raises(InputError, match="there is no such table"):
        propose.run(propose.Options(tmp_path, only=("sukuzi",)))
    capsys.readouterr()
    assert main([*words, "--seeds", "0,x"]) == 1
    assert capsys.readouterr().err == "error: --seeds x: this is no number. Such as --seeds 0,3.\n"


def test_tables_of_combinations() -> None:
    kinds = [*_combinations.kinds(0)]
    assert len(set(kinds)) == len(kinds) == 18
    for kind in (kinds[0], kinds[5], kinds[6], kinds[12]):
        made = _combinations.drawn(kind)
        assert len(made.scores) == _combinations.SEEN[kind.what]
        true = made.truth(made.frame)
        assert np.corrcoef(true, made.scores)[0, 1] > 0.7  # noise is added to it
        assert sorted(true) == sorted(made.best_rows)
        assert (made.truth(made.pool) > made.scores.max()).mean() > 0.2
        seen, pool = (set(zip(*f.values(), strict=True)) for f in (made.frame, made.pool))
        assert not seen & pool
        for name, values in made.frame.items():
            if values.dtype == object or kind.what == "steps":
                assert set(made.pool[name]) <= set(values)
        again = _combinations.drawn(kind)
        np.testing.assert_array_equal(again.scores, made.scores)


def test_tables_of_our_own(tmp_path: Path) -> None:
    words = ["own-tables", "--small", "--no-rivals", "--seeds", "5", "--out", str(tmp_path)]
    assert main(words) == 0
    result = json.loads((tmp_path / "own-tables.json").read_text())
    assert [row["kind"] for row in result["rows"]] == ["all", "numbers", "textbook", "words"]
    assert {row["rival"] for row in result["rows"]} == {"repeat_best"}
    own = [run for run in result["runs"] if run["method"] == "torchbdi"]
    assert [run["kind"] for run in own] == ["numbers", "textbook", "words"]
    assert all(run["best"] > run["median"] for run in own)
    names = [name for name, _, _ in own_tables.tables(propose.Options(tmp_path))]
    assert len(names) == 120 and len(set(names)) == 60
