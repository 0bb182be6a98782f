"""What stands below the pictures says in full what a picture has to shorten."""

from __future__ import annotations

import numpy as np
import pytest
from proposer_quick import be_quick
from proposer_tables import Frame

import torchbdi
from torchbdi.proposer.report.captions import scores_told, where_told


def test_names_that_the_picture_shortens_stand_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    be_quick(monkeypatch.setattr)
    rng = np.random.default_rng(0)
    kinds = ["2-methyltetrahydrofuran", "water", "N,N-dimethylformamide, extra dry"]
    kind = np.array(kinds * 20, dtype=object)
    names = {"a": rng.uniform(size=60), "a name of many letters": rng.uniform(size=60)}
    y = names["a"] + (kind == "water")
    p = torchbdi.propose(Frame(**names, solvent=kind), y, n=2, progress=False)
    told = where_told(p)
    assert "From top to bottom: a; a name of many letters; solvent." in told
    assert f"solvent, from left to right: {'; '.join(sorted(kinds))}." in told
    short = torchbdi.propose(Frame(a=names["a"]), 2 * names["a"] ** 2, n=2, progress=False)
    assert "From top" not in where_told(short)
    short.unknown[:] = [False, True]
    assert "Those called unknown are left out." in scores_told(short)
