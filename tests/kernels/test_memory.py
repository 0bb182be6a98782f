from __future__ import annotations

import pytest
import torch

from torchbdi.kernels.errors import DoesNotFitError
from torchbdi.kernels.memory import available_bytes, require, total_bytes


def test_available_memory_is_that_of_this_machine():
    free = available_bytes(torch.device("cpu"))
    assert 2**20 < free < total_bytes(torch.device("cpu")) < 2**50
    require(free // 2, torch.device("cpu"), "half", "")
    with pytest.raises(DoesNotFitError, match=r"everything needs .* Buy more\."):
        require(free, torch.device("cpu"), "everything", "Buy more.")
