"""Predictions that a score may be unable to have are counted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from torchbdi.proposer.report.beyond import beyond_told


def told(name: str, scores: list[float], predicted: list[float], unit: str = "") -> str:
    form = SimpleNamespace(units={name: unit} if unit else {})
    problem = SimpleNamespace(score=name, scores=np.array(scores), table=SimpleNamespace(form=form))

    class Some(SimpleNamespace):
        def __len__(self) -> int:
            return len(predicted)

    unknown = np.zeros(len(predicted), bool)
    made: Any = Some(problem=problem, predicted=np.array(predicted), unknown=unknown)
    return beyond_told(cast(Any, made))


@pytest.mark.parametrize(
    ("name", "scores", "unit", "text"),
    [
        ("yield", [3.0, 90.4], "", "2 of 3 proposals are predicted above 100."),
        ("Yield_2", [3.0, 90.4], "", "predicted above 100."),
        ("ee (%)", [3.0, 90.4], "", "If ee (%) is in percent, read them as close to 100"),
        ("bound", [3.0, 90.4], "%", "predicted above 100."),
        ("conversion", [0.2, 0.9], "", "If conversion is a share, read them as close to 1:"),
        ("yield", [3.0, 180.0], "", ""),
        ("yield", [-3.0, 90.0], "", ""),
        ("strength", [3.0, 90.0], "", ""),
    ],
)
def test_above_the_whole(name: str, scores: list[float], unit: str, text: str) -> None:
    said = told(name, scores, [103.0, 101.0, 1.0], unit)
    assert text in said and bool(text) == bool(said)


def test_below_nothing() -> None:
    assert told("impurity", [0.5, 9.0], [-1.0, 2.0]) == (
        "1 of 2 proposals is predicted below 0. If impurity cannot be negative, read it as close "
        "to 0: the model knows no such limit."
    )
    assert told("impurity", [-0.5, 9.0], [-1.0, 2.0]) == ""
