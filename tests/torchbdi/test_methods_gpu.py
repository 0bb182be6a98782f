"""Every method on a GPU: what does not draw is what it is on the CPU, the others run and score."""

from __future__ import annotations

import pytest
import torch
from test_methods import UNDRAWN, letters, numbers, small

from torchbdi.data import OfflineData
from torchbdi.methods import registry
from torchbdi.methods.base import Run

if not torch.cuda.is_available():
    pytest.skip("needs a GPU", allow_module_level=True)

__all__ = ["letters", "numbers"]


@pytest.mark.parametrize("table", ["letters", "numbers"])
@pytest.mark.parametrize("name", registry.names())
def test_a_method_runs_on_a_gpu(name: str, table: str, request: pytest.FixtureRequest) -> None:
    data: OfflineData = request.getfixturevalue(table)
    method = small(name)
    on_cpu = method.solve(data, 4)
    on_gpu = method.solve(data, 4, Run(device=torch.device("cuda")))
    assert on_gpu.x.shape == on_cpu.x.shape and on_gpu.x.dtype == on_cpu.x.dtype
    assert torch.isfinite(on_gpu.x).all()
    if registry.file_of(method) in UNDRAWN:
        torch.testing.assert_close(on_gpu.x.cpu(), on_cpu.x.cpu(), rtol=1e-6, atol=1e-6)
    if on_cpu.predicted is not None:
        assert on_gpu.predicted is not None and torch.isfinite(on_gpu.predicted).all()
    assert set(on_gpu.facts) == set(on_cpu.facts)
