"""Additives of which no row has more than a few, though there are many."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, text, told

from torchbdi.proposer.reading.ways import IN_PYTHON, TYPED
from torchbdi.proposer.rules.present import present_remark


def additives(count: int, of: int, n: int = 50, seed: int = 0) -> dict[str, np.ndarray]:
    """So many of some additives in each row, beside a dose, which can be 0, and a temperature."""
    rng = np.random.default_rng(seed)
    x = np.zeros((n, of))
    for row in x:
        row[rng.choice(of, count, replace=False)] = rng.uniform(1, 9, count).round(1)
    own = {f"add{i}": x[:, i] for i in range(of)}
    return own | {"dose": rng.choice([0.0, 1, 2], n), "temp": rng.uniform(20, 90, n)}


@pytest.mark.parametrize(("count", "of"), [(2, 8), (4, 6), (1, 6)])
def test_what_keeps_them_few_is_told(count: int, of: int, tmp_path: Path) -> None:
    columns = additives(count, of)
    (remark,) = present_remark(columns, [], [], TYPED)
    names = ",".join(f"add{i}" for i in range(of))
    assert f"say --at-most '{count} of {names}'." in remark
    rows = [[*columns, "yield"]]
    rows += [[*(f"{v:.3g}" for v in own), f"{own[0] + own[-1] / 9:.2f}"]
             for own in zip(*columns.values(), strict=True)]  # fmt: skip
    assert remark in told(asked(tmp_path, text(rows))[0])
    words = shlex.split(remark[remark.index("--at-most") : -1])
    assert "No row has more than" not in told(asked(tmp_path, text(rows), *words)[0])
    assert f"at_most=['{count} of add0," in present_remark(columns, [], [], IN_PYTHON)[0]


def test_compounds_have_few_of_many_elements() -> None:
    """Of 60 elements at most 6 are in one, as in tables of materials."""
    rng = np.random.default_rng(0)
    x = np.zeros((2000, 60))
    for row in x:
        count = rng.integers(1, 7)
        row[rng.choice(60, count, replace=False)] = rng.uniform(0.1, 9, count).round(2)
    columns = {f"E{i}": x[:, i] for i in range(60)}
    (remark,) = present_remark(columns, [], [], TYPED)
    assert "No row has more than 6 of 'E0', " in remark and "48 more" in remark
    assert f"--at-most '6 of {','.join(columns)}'." in remark
    bits = {name: (v > 0) * 1.0 for name, v in columns.items()}
    assert not present_remark(bits, [], [], TYPED)


def test_a_few_rows_or_one_that_has_more_tell_nothing() -> None:
    assert not present_remark(additives(2, 8, 15), [], [], TYPED)
    columns = additives(2, 8)
    # Rows that repeat a recipe at another temperature show nothing more.
    again = {name: np.tile(v[:15], 4) for name, v in columns.items() if name != "temp"}
    assert not present_remark(again | {"temp": np.arange(1.0, 61)}, [], [], TYPED)
    for name in columns:
        columns[name][0] = 1
    assert not present_remark(columns, [], [], TYPED)


def test_names_of_one_thing_are_told_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = [f"solvent_{letter}" for letter in "ABCDE"]
    rows = [[*names, "temp", "yield"]]
    for _ in range(60):
        own = ["1" if i == k else "0" for k in [rng.integers(0, 7)] for i in range(5)]
        rows.append([*own, f"{rng.uniform(20, 90):.1f}", f"{rng.normal():.2f}"])
    said = told(asked(tmp_path, text(rows))[0])
    assert "never two are 1" in said and "No row has more than" not in said


def test_a_name_that_stands_in_other_words_is_none_of_these(tmp_path: Path) -> None:
    """Of is_A and is_B never two are 1, which says nothing of the additives a, b, c, ..."""
    columns = additives(2, 8)
    names = [*"abcdefgh", "is_A", "is_B", "temp", "yield"]
    rows = [names]
    for i, own in enumerate(zip(*columns.values(), strict=True)):
        kinds = f"{int(i % 3 == 0)}", f"{int(i % 3 == 1)}"
        rows.append(
            [*(f"{v:.3g}" for v in own[:8]), *kinds, f"{own[-1]:.1f}", f"{own[-2] + i % 7}"]
        )
    said = told(asked(tmp_path, text(rows))[0])
    assert "never two are 1" in said and "No row has more than" in said


def made_up(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Amounts that are 0 in some rows: each by itself, of a few levels, or parts of a mixture."""
    n, k = int(rng.choice([10, 20, 40, 100])), int(rng.integers(2, 12))
    kind = rng.integers(3)
    if kind == 0:
        x = np.where(rng.random((n, k)) < rng.uniform(0.05, 0.95, k), rng.integers(1, 9, (n, k)), 0)
    elif kind == 1:
        x = rng.choice([0, 1, 2, 5][: rng.integers(2, 5)], (n, k))
    else:
        x = rng.dirichlet(np.full(k, rng.choice([0.1, 0.3, 1.0])), n).round(2)
    return {f"x{i}": x[:, i].astype(float) for i in range(k)}


def test_nothing_is_told_of_independent_columns_and_of_designs() -> None:
    for seed in range(300):
        columns = made_up(np.random.default_rng(seed))
        assert not present_remark(columns, [], [], TYPED), seed
    rng = np.random.default_rng(0)  # of very many rows some set of columns seems to be few
    many = np.where(rng.random((20000, 20)) < 0.2, rng.uniform(0, 9, (20000, 20)), 0)
    assert not present_remark({f"x{i}": many[:, i] for i in range(20)}, [], [], TYPED)
    many = np.where(rng.random((3000, 80)) < 0.2, rng.uniform(0, 9, (3000, 80)), 0)
    assert not present_remark({f"x{i}": many[:, i] for i in range(80)}, [], [], TYPED)
    parts = rng.dirichlet(np.full(40, 0.1), 500).round(2)
    assert not present_remark({f"x{i}": parts[:, i] for i in range(40)}, [], [], TYPED)
    for size in (8, 16, 32):  # saturated: each row but one has half of the factors
        signs = np.array([[1.0]])
        while len(signs) < size:
            signs = np.block([[signs, signs], [signs, -signs]])
        saturated = {f"x{i}": (signs[:, i] > 0) * 1.0 for i in range(1, size)}
        assert not present_remark(saturated, [], [], TYPED)
