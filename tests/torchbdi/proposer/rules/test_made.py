"""Scores computed from columns of the same table."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, text, told

from torchbdi.proposer.reading.ways import TYPED
from torchbdi.proposer.rules.made import made_remark


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (lambda a, b: f"{a * b / 100:.1f}", "'yield' is 0.01 times 'conv' times 'sel' in"),
        (lambda a, b: f"{100 * a / b:.1f}", "'yield' is 100 times 'conv' / 'sel' in"),
        (lambda a, b: f"{b - a:.1f}", "'yield' is sel - conv in"),
        (lambda a, b: f"{(a + b) / 2:.2f}", "'yield' is 0.5 conv + 0.5 sel in"),
    ],
)
def test_a_score_that_was_computed_from_columns(
    score: Callable[[float, float], str], said: str, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    pairs = [[f"{v:.1f}" for v in rng.uniform(20, 90, 2)] for _ in range(40)]
    rows = [["conv", "sel", *plain()[0]]]
    for (a, b), row in zip(pairs, plain()[1:], strict=True):
        rows.append([a, b, *row[:3], score(float(a), float(b))])
    made, _ = asked(tmp_path, text(rows))
    assert said in made.remarks[0] and "computed from these columns" in made.remarks[0]
    words = shlex.split(made.remarks[0][made.remarks[0].index("--ignore") :].rstrip(")."))
    assert sorted(words[1::2]) == ["conv", "sel"] and "like what comes out" not in told(made)
    for row in rows[1:]:
        row[-1] = f"{float(row[-1]) + rng.normal():.1f}"
    assert "computed from" not in told(asked(tmp_path, text(rows))[0])


def test_a_synthetic_score_of_all_columns_keeps_one_of_them(tmp_path: Path) -> None:
    rows = [["a", "b", "yield"]]
    rows += [
        [f"{a}", f"{b}", f"{a * b}"] for a, b in np.random.default_rng(0).uniform(1, 5, (30, 2))
    ]
    made, _ = asked(tmp_path, text(rows))
    assert len(made.columns) == 2
    assert "'yield' is 'a' times 'b' in every row, so it was probably computed" in made.remarks[0]
    way = made.remarks[0][made.remarks[0].index("(--ignore") + 1 : -2]
    assert asked(tmp_path, text(rows), *shlex.split(way))[0].columns


def test_where_names_are_left_all_results_are_to_be_left_out(tmp_path: Path) -> None:
    rows = [["headline", "shown", "clicks", "yield"]]
    for i, (a, b) in enumerate(np.random.default_rng(0).integers(100, 900, (30, 2)).tolist()):
        rows.append(["ABC"[i % 3], f"{a}", f"{b}", f"{100 * b / a:.2f}"])
    made, _ = asked(tmp_path, text(rows))
    assert "(--ignore shown --ignore clicks)" in told(made)


def test_a_multiple_beside_the_columns_hides_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [["shown", "clicks", "cost", *plain()[0]]]
    for row in plain()[1:]:
        shown = int(rng.integers(1000, 5000))
        clicks = rng.binomial(shown, 0.03)
        rows.append([f"{shown}", f"{clicks}", f"{0.5 * clicks:.2f}", *row[:3],
                     f"{100 * clicks / shown:.2f}"])  # fmt: skip
    made, _ = asked(tmp_path, text(rows))
    assert "'yield' is 100 times 'clicks' / 'shown' in every row" in told(made)


def test_a_mean_of_repetitions_beside_their_signal_to_noise_ratio() -> None:
    """Repetitions rise and fall together: of many such tables some were passed over."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        runs = rng.normal(50, 5, 27)[:, None] + rng.normal(0, 1, (27, 3))
        shown = runs.round(1)
        columns = {f"run {i}": shown[:, i] for i in range(3)}
        columns["temp"] = rng.choice([20.0, 30.0, 40.0], 27)
        ratio = {"S/N": (-10 * np.log10((1 / shown**2).mean(1))).round(3)}
        for score, own in (
            (runs.mean(1).round(2), columns),  # of what was rounded afterwards
            (shown.mean(1).round(2), {**columns, **ratio}),
        ):
            (told,) = made_remark("mean", score, own, TYPED)
            assert "(--ignore 'run 0' --ignore 'run 1' --ignore 'run 2')" in told
        alike = shown.mean(1).round(2) + rng.normal(0, 0.3, 27).round(2)
        assert not made_remark("mean", alike, columns, TYPED)
