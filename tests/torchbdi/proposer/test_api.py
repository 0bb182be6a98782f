"""``torchbdi.propose``: what is handed over, and what comes back of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from proposer_problems import hill, propose
from proposer_quick import be_quick
from proposer_tables import Frame, told

import torchbdi
from torchbdi import InputError
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.understand import understand
from torchbdi.proposer.understood import Understood

RNG = np.random.default_rng(0)
N = 40
LEVEL = np.arange(N) % 4
Y = RNG.normal(size=N)


def test_numbers_of_other_libraries_are_numbers(quick: None, tmp_path: Path) -> None:
    x, y = hill()
    p = propose(
        x, y, n=np.int64(2), bounds={"x0": (np.int64(0), np.float32(1))},
        fix={"x1": np.float32(0.5)}, out=tmp_path / "out",
    )  # fmt: skip
    assert len(p) == 2
    assert (p.x[:, 1] == 0.5).all()
    assert len(propose(torch.from_numpy(x).bfloat16(), torch.from_numpy(y), n=2)) == 2
    for wrong, message in (
        ({"bounds": {"x0": 3}}, r"'x0' needs \(low, high\), got 3"),
        ({"bounds": {"x0": ("low", 3)}}, r"'x0' needs \(low, high\)"),
        ({"n": 2.5}, "n must be an integer >= 1"),
    ):
        with pytest.raises(InputError, match=message):
            propose(x, y, **wrong)  # type: ignore[arg-type]


def test_proposals_are_better_where_the_truth_is_known() -> None:
    x, y = hill(200, 4)
    p = propose(x, y, n=16)
    truth = -((p.x - 0.8) ** 2).sum(1)
    assert truth.mean() > np.sort(y)[-16:].mean() + 0.1
    assert truth.max() > y.max()
    assert np.sqrt((((p.predicted - truth) / p.error) ** 2).mean()) < 3
    assert (np.diff(p.predicted) <= 0).all()
    assert ((p.x >= x.min(0)) & (p.x <= x.max(0))).all()


def test_a_notebook_shows_the_judgement_and_no_thousand_numbers(quick: None) -> None:
    p = propose(*hill(), n=2)
    shown = repr(p)
    assert shown.startswith("2 proposals for 'y', in .columns, .predicted, .error and .notes.")
    assert p.outlook() in shown and p.quality.verdict() in shown
    assert "array(" not in shown and "tensor(" not in shown


def test_low_scores_are_good_where_asked(quick: None) -> None:
    x, y = hill()
    high, low = propose(x, y), propose(x, 7 - y, minimize=True)
    np.testing.assert_allclose(low.x, high.x, rtol=1e-5)
    np.testing.assert_allclose(low.predicted, 7 - high.predicted, rtol=1e-5)
    np.testing.assert_allclose(low.error, high.error, rtol=1e-3)
    assert (np.diff(low.predicted) >= 0).all()
    assert low.quality.rank_correlation == pytest.approx(high.quality.rank_correlation)


def test_tensors_arrays_and_frames_give_the_same(quick: None) -> None:
    x, y = hill()
    p = propose(x, y)
    for other in (torch.from_numpy(x), Frame({f"x{i}": x[:, i] for i in range(3)}), x.tolist()):
        np.testing.assert_array_equal(propose(other, torch.from_numpy(y)).x, p.x)


def test_constant_columns_come_back(quick: None) -> None:
    x, y = hill()
    p = propose(Frame(a=x[:, 0], c=[2.5] * 60, b=x[:, 1], steel=["X5"] * 60), y)
    assert list(p.columns) == ["a", "c", "b", "steel"]
    assert (p.columns["c"] == 2.5).all()
    assert set(p.columns["steel"]) == {"X5"}
    with pytest.raises(InputError, match="'steel' holds text"):
        p.x  # noqa: B018


def test_sequences_get_better(dna: tuple[np.ndarray, np.ndarray, dict[str, float]]) -> None:
    """The rows are of the worse half; the truth about the proposals is looked at here only."""
    texts, y, truth = dna
    p = propose(texts, y, n=16)
    found = list(p.columns["sequence"])
    assert len(set(found)) == len(found) == 16
    assert not set(found) & set(texts)
    scores = np.array([truth[text] for text in found])
    assert np.median(scores) > y.max()
    assert "taken for sequences over ACGT" in p.problem.remarks[0]


@pytest.mark.parametrize(
    "more", [{"bounds": {0: (0, 50)}}, {"fix": [1]}, {"ignore": [1]}, {"fix": 1}, {"ignore": "1"}]
)
def test_columns_can_be_called_by_numbers(
    more: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd

    import torchbdi.proposer.api as api

    given: list[Settings] = []

    def look(problem: object, settings: Settings, **_: object) -> None:
        given.append(settings)

    monkeypatch.setattr(api, "run", look)
    df = pd.DataFrame(RNG.uniform(0, 100, (80, 3)))
    torchbdi.propose(df, RNG.normal(size=80), n=4, progress=False, **more)  # type: ignore[arg-type]
    assert {*given[0].bounds, *given[0].fix, *given[0].ignore} <= {"0", "1"}


@pytest.mark.parametrize("kind", [np.float32, np.float16, torch.tensor])
def test_numbers_of_less_precision_are_those_of_the_table(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.9 of float32 is below 0.9: as a bound it would leave out the largest value of the table."""
    import torchbdi.proposer.api as api

    given: list[Settings] = []
    monkeypatch.setattr(api, "run", lambda _, settings, **more: given.append(settings))
    x = RNG.uniform(0.1, 0.9, (80, 3)).round(2)
    torchbdi.propose(
        x, RNG.normal(size=80), n=4, progress=False, steps={"x2": kind(0.1)},
        bounds={"x0": (kind(0.1), kind(0.9))}, fix={"x1": kind(0.3)},
    )  # fmt: skip
    made = given[0]
    assert (made.bounds, made.fix, made.steps) == ({"x0": (0.1, 0.9)}, {"x1": 0.3}, {"x2": 0.1})


def test_a_text_is_one_name() -> None:
    with pytest.raises(InputError, match="fix: there is no column 'x9'"):
        torchbdi.propose(RNG.uniform(size=(20, 2)), RNG.normal(size=20), fix="x9")


def understood(x: Any, y: Any = Y, decimal: str | None = None) -> Understood:
    return understand(*table_of(x, y, decimal), Settings(decimal=decimal))


def test_python_is_told_what_python_can_be_given() -> None:
    texts = np.array([f"{v:.3f}".replace(".", ",") for v in RNG.uniform(1, 9, N)], dtype=object)
    with pytest.raises(torchbdi.InputError, match="decimal='comma'"):
        understood(Frame(a=texts, b=Y**2))
    made = understood(Frame(a=texts, b=Y**2), decimal="comma")
    assert made.values["a"].max() < 9
    with pytest.raises(torchbdi.InputError, match="decimal: write comma or point"):
        torchbdi.propose(Frame(a=texts, b=Y**2), Y, decimal="dot")
    made = understood(Frame(a=1.0 * LEVEL, b=Y**2))
    assert "free=['NAME']" in told(made)
    assert "--" not in told(made)


def test_true_and_false_are_fixed_as_they_are_written_in_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    be_quick(monkeypatch.setattr)
    frame = Frame(temp=RNG.uniform(size=N).round(2), stirred=LEVEL % 2 == 0)
    made = torchbdi.propose(frame, Y, n=2, fix={"stirred": True}, progress=False)
    assert set(made.columns["stirred"]) == {"True"}
