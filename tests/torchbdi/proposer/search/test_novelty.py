"""Which designs are new."""

from __future__ import annotations

import torch

from torchbdi.proposer.search.novelty import new


def test_nearly_known_designs_are_new_only_where_nothing_else_is() -> None:
    known = torch.tensor([[0.0, 0.0]], dtype=torch.float64)
    x = torch.tensor([[0.0, 0.05], [0.0, 1.0], [0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    assert new(x, known, 1).tolist() == [1]
    assert new(x, known, 2).tolist() == [0, 1]
    assert new(x, known, 5).tolist() == [0, 1]


def test_of_no_designs_none_is_new() -> None:
    known = torch.zeros((2, 3), dtype=torch.float64)
    assert not len(new(known[:0], known, 1))
