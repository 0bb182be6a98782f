"""Pairs of names of which most were never made: told, and chance and plans are not."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from proposer_tables import asked, text, told

from torchbdi.proposer.reading.ways import TYPED
from torchbdi.proposer.rules.seen_pairs import seen_pair_remarks
from torchbdi.space.constraints import Linear

WORKED = {"extrusion": ["PLA", "ABS"], "SLS": ["PA", "TPU"], "SLA": ["A", "B", "TPU"]}


def test_pairs_that_can_be_made_are_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [["process", "material", "x", "yield"]]
    for i in range(60):
        process = [*WORKED][i % 3]
        rows.append(
            [process, rng.choice(WORKED[process]), f"{rng.uniform(0, 9):.1f}", f"{i % 7}.5"]
        )
    said = told(asked(tmp_path, text(rows))[0])
    assert "Designs have 7 of the 18 pairs of 'process' and 'material'" in said
    assert "--fix process=extrusion --fix material=" in said
    words = ["--fix", "process=SLS"]
    other = told(asked(tmp_path, text(rows), *words)[0])
    assert "pairs of 'process'" in other and "--fix process=SLS --fix material=" in other
    words += ["--fix", "material=PA"]
    assert "pairs of 'process'" not in told(asked(tmp_path, text(rows), *words)[0])


def test_pairs_of_a_plan_are_not() -> None:
    names = np.array(list("abcdefgh"), object)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        drawn = {n: names[rng.integers(0, 8, 40)] for n in "pqr"}
        assert not seen_pair_remarks(drawn, [], {}, [], TYPED)
        one = rng.integers(0, 3, 40) % 2 == 0
        alone = {"p": np.where(one, "a", drawn["p"]), "q": np.where(one, drawn["q"], "a")}
        assert not seen_pair_remarks(alone, [], {}, [], TYPED)
    a, b = np.divmod(np.arange(25), 5)
    square = {"a": names[a], "b": names[b], "c": names[(a + b) % 5]}
    assert not seen_pair_remarks(square, [], {}, [], TYPED)


def test_more_pairs_of_columns_are_counted() -> None:
    codes = np.arange(60) % 4
    names = {n: np.array(list("abcd"), object)[codes] for n in "pqrs"}
    remarks = seen_pair_remarks(names, [], {}, [], TYPED)
    assert len(remarks) == 4 and remarks[-1] == "Of 3 more pairs of columns that is so, too."


def test_names_that_one_column_follows_from_go_together(tmp_path: Path) -> None:
    """An inducer belongs to its promoter, and to its doses; so these belong to each other."""
    doses = {"J1": ["-"], "J5": ["-"], "tet": ["100 ng", "200 ng"], "bad": ["0.02 %", "0.2 %"]}
    inducer = {"tet": "aTc", "bad": "arabinose"}
    rng = np.random.default_rng(0)
    rows = [["promoter", "rbs", "inducer", "dose", "yield"]]
    for i in range(28):
        one = [*doses][i % 4]
        own = [one, rng.choice(list("abcd")), inducer.get(one, "none"), rng.choice(doses[one])]
        rows.append([*own, f"{rng.normal():.2f}"])
    made, _ = asked(tmp_path, text(rows), "--category", "dose")
    assert [*made.following] == ["inducer"]
    assert "Designs have 6 of the 20 pairs of 'promoter' and 'dose'" in told(made)


def test_amounts_of_one_thing_are_not_told_where_there_is_none() -> None:
    """A step that is left out has no time and no power, and proposals keep that."""
    rng = np.random.default_rng(0)
    out = np.arange(40) % 2 == 0
    columns = {n: np.where(out, 0.0, rng.choice([1.0, 2.0], 40)) for n in ("s", "W")}
    assert seen_pair_remarks(columns, ["s", "W"], {}, [], TYPED)
    assert not seen_pair_remarks(columns, ["s", "W"], {}, [], TYPED, together=[{"s", "W"}])
    names = np.where(out, "no", rng.choice(["a", "b"], 40)).astype(object)
    both = {"gas": names, "lamp": names}
    assert not seen_pair_remarks(both, [], {}, [], TYPED, together=[{"gas", "lamp"}])


def test_pairs_that_a_rule_leaves_out_are_not_counted() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 6, 90) * 5.0
    own = {"first": first, "last": first + rng.integers(0, 2, 90) * 5}
    order = Linear({"first": 1, "last": -1}, high=0)
    told_of = [seen_pair_remarks(own, [*own], {}, [], TYPED, rules) for rules in ([], [order])]
    assert "Designs have 12 of the 42 pairs" in told_of[0][0]
    assert "Designs have 12 of the 27 pairs" in told_of[1][0]
    rules = [order, Linear({"last": 1, "first": -1}, high=5)]
    assert not seen_pair_remarks(own, [*own], {}, [], TYPED, rules)


def test_a_name_and_what_a_sum_makes_of_its_amount_are_not_told(tmp_path: Path) -> None:
    """The first solvent is 100 % where there is no second one, and proposals keep that."""
    rng = np.random.default_rng(0)
    rows = [["second", "share_1", "share_2", "x", "yield"]]
    for _ in range(80):
        name = rng.choice(["DMF", "DMSO", "none"])
        share = 100 if name == "none" else int(rng.choice([50, 60, 70, 80]))
        end = [f"{rng.uniform(0, 9):.2f}", f"{rng.normal():.2f}"]
        rows.append([name, str(share), str(100 - share), *end])
    said = told(asked(tmp_path, text(rows))[0])
    assert "'share_2' is 0 where 'second' is none" in said and "add up to 100" in said
    assert "pairs of" not in said


def test_many_columns_of_names_are_looked_at_in_no_time() -> None:
    names, rng = np.array(["aaa", "bbb", "ccc", "ddd"], object), np.random.default_rng(0)
    own = {f"c{i}": names[rng.integers(0, 4, 3000)] for i in range(100)}
    begin = time.process_time()
    assert seen_pair_remarks(own, [], {}, [], TYPED) == []
    assert time.process_time() - begin < 5  # sorting all names for each pair took 12
