"""What authors set for one task alone: passed on by plans, and told where a run has another."""

from __future__ import annotations

import pytest

from experiments.runs.config import compose_config, method_of
from experiments.runs.published import PUBLISHED, departure, published_words


@pytest.mark.parametrize(("method", "task"), PUBLISHED)
def test_a_run_by_hand_is_told_and_one_of_a_plan_is_not(method: str, task: str) -> None:
    def told(*words: str) -> str:
        cfg = compose_config([f"task={task}", f"method={method}", *words])
        return departure(method, task, vars(method_of(cfg)))

    words = published_words(method, task)
    assert words
    assert all(word in told() for word in words)
    assert f"for {task} the authors of {method} set" in told()
    assert told(*words) == ""
    assert departure(method, "rna1", {}) == ""


def test_the_words_of_a_departure() -> None:
    theirs = PUBLISHED["min", "tfbind10"]
    said = departure("min", "tfbind10", {"net_epochs": 7})
    assert said.startswith(
        f"note: for tfbind10 the authors of min set net_epochs=100 ({theirs.source}); here it is "
        "net_epochs=7."
    )
