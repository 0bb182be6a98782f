"""The printed tables are whole, agree with each other, and give the paper's own ranks."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import pytest

from experiments.paper.facts import (
    ABLATIONS,
    COMPARED,
    CONTINUOUS,
    DISCRETE,
    FULL_ROWS,
    comparable,
    fact,
    logged,
)
from experiments.paper.printed.read import (
    DATA_BEST,
    LOG,
    Number,
    by_task,
    compared,
    numbers,
    other_numbers,
    printed_ranks,
)
from experiments.paper.ranks import rank_methods, ranks


def test_every_table_is_whole() -> None:
    for name, tasks, methods in (
        ("table_1", CONTINUOUS, COMPARED),
        ("table_2", DISCRETE, COMPARED),
        ("table_3", CONTINUOUS + DISCRETE, ABLATIONS),
    ):
        table = by_task(numbers(name))
        assert set(table) == set(tasks)
        assert all(set(row) == set(methods) for row in table.values()), name
    assert len(numbers("ram_table_2")) == 115
    assert len(other_numbers()) == 915
    assert len({(n.method, n.task, n.percentile) for n in other_numbers(LOG)}) == 16


def test_numbers_read_off_the_page() -> None:
    one, two, three = (by_task(numbers(f"table_{i}")) for i in (1, 2, 3))
    assert one["ant"]["CMA-ES"].printed == "1.214 ± 0.732"
    assert one["hopper"]["REINFORCE"].value == -0.020
    assert one["superconductor"][DATA_BEST].printed == "0.399"
    assert two["gfp"]["NEMO"].printed == "0.150 ± 0.270"
    assert three["hopper"]["w/o L_l2h"].printed == "1.935 ± 0.553"
    assert printed_ranks()["BDI"] == (1.9, 1)
    ram = {n.method: n for n in numbers("ram_table_2") if n.task == "tfbind10"}
    assert ram["BDI"].printed == "0.658 ± 0.000"
    assert ram["BDI"].paper.startswith("RaM")


def test_the_ablations_begin_with_tables_1_and_2() -> None:
    whole, ablations = compared(), by_task(numbers("table_3"))
    for task, row in ablations.items():
        assert row["BDI"].value == whole[task]["BDI"]


def test_the_paper_cites_what_the_others_printed() -> None:
    """30 of the 35 cells are those of the README that is cited; the five of the Ant are not."""
    cited = ("BO-qEI", "CMA-ES", "REINFORCE", "CbAS", "Auto.CbAS")
    readme = {(n.method, n.task): n.value for n in other_numbers() if n.paper.startswith("COMs")}
    differ = {
        (method, task)
        for task, row in compared().items()
        for method in cited
        if readme[method, task] != row[method]
    }
    assert {task for _, task in differ} == {"ant"}
    assert len(differ) == 5


def test_all_22_printed_ranks_come_out() -> None:
    found = rank_methods(compared())
    assert len(found) == 11
    for method, (mean, median) in printed_ranks().items():
        assert round(found[method].mean, 1) == mean, method
        assert found[method].median == median, method
        assert found[method].methods == 11
        assert len(found[method].ranks) == 7


def average(scores: Sequence[float]) -> list[float]:
    return [
        sum(other > score for other in scores) + (1 + sum(other == score for other in scores)) / 2
        for score in scores
    ]


def worst(scores: Sequence[float]) -> list[int]:
    return [sum(other >= score for other in scores) for score in scores]


def dense(scores: Sequence[float]) -> list[int]:
    return [1 + len({other for other in scores if other > score}) for score in scores]


@pytest.mark.parametrize(("rule", "right"), [(ranks, 22), (average, 14), (worst, 12), (dense, 8)])
def test_no_other_rule_for_ties_gives_them(rule: object, right: int) -> None:
    assert callable(rule)
    rows: dict[str, list[float]] = {}
    for row in compared().values():
        for method, rank in zip(row, rule(list(row.values())), strict=True):
            rows.setdefault(method, []).append(rank)
    count = sum(
        (round(statistics.fmean(rows[method]), 1) == mean)
        + (statistics.median(rows[method]) == median)
        for method, (mean, median) in printed_ranks().items()
    )
    assert count == right


def test_every_number_has_a_method_of_ours() -> None:
    for tasks in (CONTINUOUS, DISCRETE):
        for task in tasks:
            for method in {*COMPARED.values(), *ABLATIONS.values()}:
                known = fact(task, method, "best")
                assert known is not None, (task, method)
                assert float(known.printed.split(" ± ")[0]) == known.value
    assert fact("tfbind8", "rbf", "best").value == 0.925  # type: ignore[union-attr]
    assert fact("utr", "min", "best").printed == "0.694 ± 0.017"  # type: ignore[union-attr]
    assert "2,048" in fact("hopper", "nn_small", "best").caveat  # type: ignore[union-attr]
    assert fact("hopper", "nn", "best").caveat == ""  # type: ignore[union-attr]


def test_the_log_has_what_the_tables_round() -> None:
    seen = 0
    for item in logged():
        printed = fact(item.task, item.method, "best")
        assert printed is not None
        if item.statistic == "best":
            seen += 1
            assert round(item.value, 3) == printed.value, item
        else:
            assert fact(item.task, item.method, "median") == item
    assert seen == 6
    assert fact("utr", "bdi", "median") is None


def test_what_is_comparable() -> None:
    assert set(FULL_ROWS) == {*CONTINUOUS, *DISCRETE}
    assert comparable("tfbind8", "original", "original", 32_898)
    assert not comparable("tfbind8", "original", "original", 100)
    assert not comparable("utr", "original", "retrained", 140_000)
    assert not comparable("ant", "regenerated", "original", 10_004)


def test_a_number_without_a_spread() -> None:
    assert Number("p", "t", "m", "x", 50, "0.5").printed == "0.5"
