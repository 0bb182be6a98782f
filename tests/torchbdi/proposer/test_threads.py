"""One thread for small tables, and the same figures with two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from forked import finished
from proposer_processes import with_threads

from torchbdi.proposer.threads import SMALL, threads_for


def test_small_tables_get_one_thread() -> None:
    before = torch.get_num_threads()
    with threads_for(SMALL):
        assert torch.get_num_threads() == 1
    with pytest.raises(ZeroDivisionError), threads_for(1):
        1 / 0  # noqa: B018
    torch.set_num_threads(2)
    with threads_for(SMALL + 1):
        assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_one_and_two_threads_agree(tmp_path: Path) -> None:
    """Leave-one-out to eight digits; what was found uphill to four."""
    both = []
    for threads in (1, 2):
        out = tmp_path / f"{threads}.npz"
        assert finished(with_threads, threads, str(out)) == 0
        both.append(np.load(out))
    for name, digits in (("loo", 8), ("quality", 8), ("predicted", 4), ("error", 4)):
        one, two = (found[name] for found in both)
        np.testing.assert_allclose(two, one, rtol=10.0**-digits, atol=1e-8, err_msg=name)
