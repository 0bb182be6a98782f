"""Methods against published figures: which runs count, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.paper.checks import HELD_TO, checks_table, published
from experiments.paper.render import Table
from experiments.runs.results import read_runs

from .synthetic_runs import write_run


def _table(tmp_path: Path) -> Table:
    table = checks_table(read_runs([tmp_path]))
    assert table is not None
    return table


def _verdict(tmp_path: Path, method: str, statistic: str) -> str:
    (record,) = [
        r for r in _table(tmp_path).records if (r["method"], r["statistic"]) == (method, statistic)
    ]
    return str(record["verdict"])


def _write(root: Path, method: str, best: float, median: float, seeds: int = 8) -> None:
    """Seeds around a mean, with a deviation of 0.00925 in both."""
    for seed in range(seeds):
        step = 0.01 * (-1 if seed % 2 else 1) * (seed < 6)
        write_run(root, method=method, seed=seed, best=best + step, median=median + step)


@pytest.mark.parametrize("method", HELD_TO)
@pytest.mark.parametrize("statistic", ["best", "median"])
def test_every_method_is_held_to_one_printed_figure(method: str, statistic: str) -> None:
    assert 0 < published(method, statistic).value < 1


def test_the_figures_are_those_that_were_printed() -> None:
    assert published("cma_es", "best").printed == "0.944 ± 0.017"
    assert published("cma_es", "median").printed == "0.539 ± 0.017"
    assert published("autofocused_cbas", "best").printed == "0.890 ± 0.050"
    assert published("autofocused_cbas", "median").printed == "0.413 ± 0.012"


@pytest.mark.parametrize(
    ("off", "said"), [(0.03, "agrees"), (-0.03, "agrees"), (0.05, "outside: +0.050")]
)
def test_two_combined_deviations_decide(tmp_path: Path, off: float, said: str) -> None:
    _write(tmp_path, "cma_es", 0.944 + off, 0.2)
    # 2 sqrt(0.017^2 + 0.00926^2) + 0.0005 = 0.0392
    assert _verdict(tmp_path, "cma_es", "best").startswith(said)


def test_a_yardstick_that_passes_too_makes_the_check_say_nothing(tmp_path: Path) -> None:
    _write(tmp_path, "cma_es", 0.944, 0.539)
    _write(tmp_path, "random", 0.930, 0.440)
    assert _verdict(tmp_path, "cma_es", "best") == "cannot tell: random too"
    assert _verdict(tmp_path, "cma_es", "median") == "agrees"


def test_a_method_with_fewer_seeds_is_not_judged(tmp_path: Path) -> None:
    _write(tmp_path, "cma_es", 0.944, 0.539, seeds=3)
    assert _verdict(tmp_path, "cma_es", "best") == "not judged: 3 of 8 seeds"


def test_a_yardstick_with_fewer_seeds_takes_no_part(tmp_path: Path) -> None:
    _write(tmp_path, "cma_es", 0.944, 0.539)
    _write(tmp_path, "random", 0.944, 0.440, seeds=3)
    assert _verdict(tmp_path, "cma_es", "best") == "agrees"


def test_equal_figures_without_deviations_agree_but_for_their_rounding(tmp_path: Path) -> None:
    for seed in (0, 1):
        write_run(tmp_path, method="bo_qei", seed=seed, best=0.8, median=0.4393)
    assert _verdict(tmp_path, "bo_qei", "median") == "agrees"


def test_reinforce_is_judged_as_it_was_published(tmp_path: Path) -> None:
    _write(tmp_path, "reinforce", 0.99, 0.85)
    assert checks_table(read_runs([tmp_path])) is None
    for seed in range(8):
        own = {"as_published": True}
        write_run(tmp_path, method="reinforce", seed=seed, best=0.935, median=0.466, settings=own)
    assert _verdict(tmp_path, "reinforce", "median") == "agrees"


def test_other_tasks_and_settings_take_no_part(tmp_path: Path) -> None:
    write_run(tmp_path, task="rna1", method="cma_es")
    write_run(tmp_path, method="cma_es", settings={"sigma": 0.25})
    assert checks_table(read_runs([tmp_path])) is None


def test_every_method_has_a_line_also_where_it_was_not_run(tmp_path: Path) -> None:
    _write(tmp_path, "cma_es", 0.944, 0.539)
    _write(tmp_path, "random", 0.930, 0.440)
    table = _table(tmp_path)
    assert [row[0] for row in table.rows] == list(HELD_TO)
    assert {len(row) for row in table.rows} == {len(table.header)}
    (line,) = [row for row in table.rows if row[0] == "cma_es"]
    assert line[7].startswith("+0.099 ± 0.000 (8)")
    assert line[8] == "not recorded"
    assert "not run" in table.rows[0]


def test_runs_of_another_problem_have_rows_of_their_own(tmp_path: Path) -> None:
    _write(tmp_path, "cma_es", 0.944, 0.539)
    alone = _table(tmp_path)
    write_run(tmp_path, method="cma_es", best=0.1, name="later", identity={"task_revision": 2})
    both = _table(tmp_path)
    assert [row for row in both.rows if "revision" not in row[0]] == alone.rows
    (later,) = [row for row in both.rows if row[0] == "cma_es, revision 1.2"]
    assert later[2] == "0.100 (1 seed)"


def test_what_was_published_is_not_held_against_data_of_ones_own(tmp_path: Path) -> None:
    _write(tmp_path, "cma_es", 0.944, 0.539)
    alone = _table(tmp_path)
    other = {"source": "files of one's own"}
    write_run(tmp_path, method="cma_es", best=0.1, name="own", data_source="own", identity=other)
    assert _table(tmp_path) == alone
