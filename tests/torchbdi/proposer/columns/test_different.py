"""Columns that are never the same in a design: two of a pair, and the order of several things."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import Frame, asked, refused, text, told

import torchbdi
from torchbdi.proposer.columns.different import Different, differences, different_remarks
from torchbdi.proposer.reading.ways import Ways

SOLVENTS = ["DMF", "DMSO", "EtOH", "MeCN", "THF", "Tol"]


def texts(cells: list[str]) -> np.ndarray:
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return out


def pairs(n: int, apart: bool = True, seed: int = 0) -> dict[str, np.ndarray]:
    """Two solvents of six, n times."""
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(SOLVENTS, 2, replace=not apart).tolist() for _ in range(n)]
    return dict(zip("ab", map(texts, map(list, zip(*drawn, strict=True))), strict=True))


def orders(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array([rng.permutation(4) for _ in range(n)])


def pair_table() -> list[list[str]]:
    """Different solvents, of which some do better, a temperature and a yield."""
    rng = np.random.default_rng(1)
    good = dict(zip(SOLVENTS, rng.normal(size=6) * 5, strict=True))
    rows = [["first", "second", "T", "yield"]]
    for a, b in zip(*pairs(60).values(), strict=True):
        t = rng.choice([40, 50, 60, 70])
        score = 60 + good[a] + good[b] - 0.01 * (t - 60) ** 2 + rng.normal() / 2
        rows.append([a, b, str(t), f"{score:.2f}"])
    return rows


def test_what_is_never_the_same_by_more_than_chance() -> None:
    assert differences(pairs(60)) == [Different(("a", "b"), ((0, 1),))]
    assert not differences(pairs(60, apart=False))
    assert not differences(pairs(20))  # three of them would be alike by chance
    both = pairs(60)
    both["b"] = texts([{"DMF": "water", "DMSO": "brine"}.get(v, "MTBE") for v in both["b"]])
    assert not differences(both)  # they share no names


def test_several_may_be_nothing() -> None:
    own = pairs(60)
    own["a"][:5] = own["b"][:5] = "none"
    assert differences(own) == [Different(("a", "b"), ((0, 1),), ("none",))]


def test_pairs_in_the_order_of_the_alphabet_stay_in_it() -> None:
    """A with B is B with A: it is known, and no new design."""
    own = pairs(60)
    both = [sorted(pair) for pair in zip(own["a"], own["b"], strict=True)]
    own = dict(zip("ab", map(texts, map(list, zip(*both, strict=True))), strict=True))
    assert differences(own) == [Different(("a", "b"), ((0, 1),), (), sorted=True)]
    rng = np.random.default_rng(0)
    good = dict(zip(SOLVENTS, rng.normal(size=6), strict=True))
    scores = np.array([good[a] + good[b] for a, b in both]) + rng.normal(size=60) / 20
    temperature = rng.uniform(40, 60, 60).round(1)
    made = torchbdi.propose(Frame({**own, "T": temperature}), scores, n=8)
    assert (made.columns["a"] < made.columns["b"]).all()


def diallel(n: int, selfs: bool, seed: int = 0) -> dict[str, np.ndarray]:
    """Some crosses of eight parents, each unordered pair once, and maybe the parents themselves."""
    every = [(a, b) for a in "PQRSTUVW" for b in "PQRSTUVW" if a < b or (selfs and a == b)]
    some = [every[i] for i in np.random.default_rng(seed).permutation(len(every))[:n]]
    return dict(zip(("mother", "father"), map(texts, map(list, zip(*some, strict=True))),
                    strict=True))  # fmt: skip


@pytest.mark.parametrize("selfs", [False, True])
def test_a_part_of_a_half_diallel_is_one_of_unordered_pairs(selfs: bool) -> None:
    """Early names are mothers and late ones fathers, so its order was taken for chance."""
    own = diallel(20, selfs)
    (found,) = differences(own)
    assert (found.sorted, found.same) == (True, selfs) and found.keeps(own).all()
    told = different_remarks([found], Ways(True))[0]
    assert "in the order of the alphabet" in told and "so it is in every proposal" in told
    worth = dict(zip("PQRSTUVW", np.random.default_rng(1).normal(size=8), strict=True))
    scores = [worth[a] + worth[b] for a, b in zip(own["mother"], own["father"], strict=True)]
    made = torchbdi.propose(Frame(own), np.array(scores), n=5).columns
    known = {*zip(own["mother"], own["father"], strict=True)}
    for mother, father in zip(made["mother"], made["father"], strict=True):
        assert (mother < father or (selfs and mother == father)) and (mother, father) not in known


def test_pairs_that_are_in_order_by_chance_or_not_at_all_have_none() -> None:
    own = diallel(20, selfs=True)
    for row in (0, 1, 2):
        a, b = own["mother"][row], own["father"][row]
        own["mother"][row], own["father"][row] = b, a
    assert not differences(own)
    assert not differences(diallel(8, selfs=True))
    rng = np.random.default_rng(0)
    for _ in range(200):
        free = {name: texts(rng.choice([*"PQRSTUVW"], 25).tolist()) for name in ("a", "b", "c")}
        assert not any(own.sorted for own in differences(free))


def test_neighbours_alone_can_differ() -> None:
    rng = np.random.default_rng(0)
    rows = []
    while len(rows) < 60:
        row = rng.choice(SOLVENTS[:4], 3).tolist()
        if row[0] != row[1] != row[2]:
            rows.append(row)
    layers = dict(zip("abc", map(texts, map(list, zip(*rows, strict=True))), strict=True))
    (found,) = differences(layers)
    assert found == Different(("a", "b", "c"), ((0, 1), (1, 2)))
    assert str(found) == "'a', 'b' as well as 'b', 'c'"
    assert found.keeps(layers).all()


def test_orders_are_seen_by_names_and_by_places() -> None:
    drawn = orders(20)
    whole = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    named = {f"step {i}": texts(np.array([*"ABCD"])[drawn[:, i]].tolist()) for i in range(4)}
    assert differences(named) == [Different(tuple(named), whole)]
    places = {name: drawn[:, i] + 1.0 for i, name in enumerate("ABCD")}
    assert differences({**places, "T": drawn[:, 0] * 10.0}) == [Different(tuple("ABCD"), whole)]
    assert not differences({"A": places["A"], "B": places["B"]})


def test_columns_of_one_list_that_are_independent_are_not_said_to_differ() -> None:
    wrong = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        n, levels = int(rng.integers(10, 60)), int(rng.integers(3, 12))
        names = {c: texts([f"L{v}" for v in rng.integers(levels, size=n)]) for c in "abcd"}
        wrong += len(differences(names))
    assert wrong <= 4


@pytest.mark.parametrize(("n", "count", "levels"), [(12, 8, 10), (20, 8, 20), (30, 16, 12)])
def test_many_columns_of_one_list_are_not_said_to_differ(n: int, count: int, levels: int) -> None:
    """As letters of a peptide, of which a few rows leave many pairs without the same letter."""
    wrong = 0
    for seed in range(40):
        drawn = np.random.default_rng(seed).integers(levels, size=(n, count))
        wrong += len(
            differences({f"P{i}": texts([f"L{v}" for v in drawn[:, i]]) for i in range(count)})
        )
    assert wrong <= 1


def test_what_differs_is_seen_beside_columns_of_the_same_list() -> None:
    drawn = orders(20)
    named = {f"step {i}": texts(np.array([*"ABCD"])[drawn[:, i]].tolist()) for i in range(4)}
    rng = np.random.default_rng(0)
    others = {name: texts(rng.choice([*"ABCD"], 20).tolist()) for name in "wxyz"}
    (found,) = differences({**others, **named})
    assert found.names == tuple(named) and len(found.pairs) == 6


def test_proposals_keep_them_apart(tmp_path: Path) -> None:
    rows = pair_table()
    understood, _ = asked(tmp_path, text(rows), "-n", "200")
    designs = {tuple(row[:3]) for row in rows[1:]}
    assert understood.n == 6 * 5 * 4 - len(designs)
    assert "'first', 'second' are never the same in a design: so it is in every" in told(understood)
    frame = Frame({name: texts([row[i] for row in rows[1:]]) for i, name in enumerate(rows[0][:2])})
    frame["T"] = np.array([float(row[2]) for row in rows[1:]])
    scores = np.array([float(row[3]) for row in rows[1:]])
    made = torchbdi.propose(frame, scores, n=8)
    assert (made.columns["first"] != made.columns["second"]).all()
    freed = torchbdi.propose(frame, scores, n=8, free=["first"])
    assert (freed.columns["first"] == freed.columns["second"]).any()


def test_a_complete_table_is_one_without_pairs_of_the_same(tmp_path: Path) -> None:
    crossed = enumerate(itertools.permutations(SOLVENTS, 2))
    rows = [["a", "b", "yield"], *([*pair, f"{i}.5"] for i, pair in crossed)]
    said = refused(tmp_path, text(rows))
    assert "all 30 combinations that there are have a score" in said
    assert "so it is in every proposal (--free a gives that up)" in said


@pytest.mark.parametrize("fixed", [{"first": "DMF"}, {"first": "DMF", "second": "DMF"}])
def test_a_fixed_name_is_kept(fixed: dict[str, str]) -> None:
    rows = pair_table()
    frame = Frame({name: texts([row[i] for row in rows[1:]]) for i, name in enumerate(rows[0][:2])})
    frame["T"] = np.array([float(row[2]) for row in rows[1:]])
    made = torchbdi.propose(frame, np.array([float(row[3]) for row in rows[1:]]), n=4, fix=fixed)
    assert (made.columns["first"] == "DMF").all()
    assert ((made.columns["second"] == "DMF") == ("second" in fixed)).all()


@pytest.mark.parametrize(
    "fixed", [{"A": 3.0, "B": 2.0}, {"A": None, "B": None}, {"A": None, "B": 2.0}, {"A": 3, "B": 3}]
)
def test_columns_with_several_fixed_ones_stay_apart(fixed: dict[str, float | None]) -> None:
    """Two of five places that are fixed leave an order of the others; but not where they clash."""
    drawn = np.array([np.random.default_rng(i).permutation(5) for i in range(24)]) + 1.0
    frame = Frame({name: drawn[:, i] for i, name in enumerate("ABCDE")})
    scores = drawn[:, 0] - 2 * drawn[:, 2] + drawn[:, 4] / 3
    made = torchbdi.propose(frame, scores, n=3, fix=fixed)
    rows = np.stack([made.columns[name] for name in "ABCDE"], axis=1)
    for i, value in enumerate(fixed.values()):
        assert value is None or (rows[:, i] == value).all()
    if fixed["A"] != 3 or fixed["B"] != 3:
        assert (np.sort(rows, axis=1) == np.arange(1, 6)).all()


def test_names_that_go_with_amounts_stay_apart_too() -> None:
    """Two different surfactants with their amounts, one or both of them none, and water to 100."""
    rng = np.random.default_rng(3)
    rows = []
    for _ in range(90):
        names, amounts = rng.choice([*"ABCDE"], 2, replace=False).tolist(), rng.integers(1, 20, 2)
        for i, share in enumerate((0.15, 0.25)):
            if rng.random() < share:
                names[i], amounts[i] = "none", 0
        rows.append([*names, *amounts.astype(float), 100.0 - amounts.sum()])
    cells = dict(zip(["s1", "s2", "a1", "a2", "water"], zip(*rows, strict=True), strict=True))
    own = {n: texts([*v]) if n[0] == "s" else np.array(v) for n, v in cells.items()}
    good = dict(zip([*"ABCDE", "none"], rng.normal(size=6), strict=True))
    scores = np.array([good[a] * u + good[b] * v for a, b, u, v, _ in rows])
    made = torchbdi.propose(Frame(own), scores, n=32).columns
    first, second = made["s1"], made["s2"]
    assert ((first != second) | (first == "none")).all()
    assert ((first == "none") == (made["a1"] == 0)).all()
    assert ((second == "none") == (made["a2"] == 0)).all()
