"""What the command prints at its end fits beside itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_quick import be_quick
from proposer_tables import Frame

import torchbdi
from torchbdi.proposer.report.lettering import width
from torchbdi.proposer.report.summary import summary


@pytest.mark.parametrize("name", ["isolated yield of the product over all three steps", "产率"])
def test_the_table_is_no_wider_than_a_terminal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    be_quick(monkeypatch.setattr)

    class Scores(np.ndarray):
        name: str

    x = np.random.default_rng(0).uniform(size=(30, 2))
    scores = x.sum(1).view(Scores)
    scores.name = name
    p = torchbdi.propose(Frame(a=x[:, 0], b=x[:, 1]), scores, n=2, progress=False)
    lines = summary(p, Path("out")).splitlines()
    (first,) = (i for i, line in enumerate(lines) if line.startswith("  #"))
    assert len({width(line.partition("  far")[0]) for line in lines[first : first + 3]}) == 1
    assert width(lines[first]) <= 80 and "…" not in lines[first]
