"""The fixed table that methods see."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import torchbdi
from torchbdi import InputError, OfflineData, Space
from torchbdi.unchanged import counted


def table(n: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, 3, generator=generator, dtype=torch.float64)
    x = (x - x.mean(0)) / x.std(0, correction=0)
    y = x[:, 0] * x[:, 1]
    return x, (y - y.mean()) / y.std(correction=0)


def test_starts_are_the_best_dealt_round_robin() -> None:
    x = torch.arange(10, dtype=torch.float64)[:, None]
    y = torch.tensor([0.0, 5, 1, 4, 2, 3, 5, 0, 0, 0], dtype=torch.float64)
    data = OfflineData((x - x.mean()) / x.std(correction=0), (y - y.mean()) / y.std(correction=0))
    assert data.best(4).tolist() == [1, 6, 3, 5]  # ties in the order of the table
    rank = {round(float(v), 9): i for i, v in enumerate(data.x[:, 0])}

    def rows(starts: torch.Tensor) -> list:
        return [[rank[round(float(v), 9)] for v in group.flatten()] for group in starts]

    assert rows(data.starts(4)) == [[1], [6], [3], [5]]
    assert rows(data.starts(6, 2)) == [[1, 5], [6, 4], [3, 2]]
    with pytest.raises(InputError, match="does not divide"):
        data.starts(5, 2)
    with pytest.raises(InputError, match="10 rows"):
        data.starts(11)


def test_without_a_space_designs_are_numbers_within_the_tables_box() -> None:
    x, y = table()
    data = OfflineData(x.float(), y)
    assert data.x.dtype == torch.float64
    assert data.space.kinds == ("number",) * 3
    assert torch.isinf(data.space.bounds).all()
    assert torch.equal(data.space.box, torch.stack([data.x.amin(0), data.x.amax(0)]))
    assert torch.equal(data.space.encode(data.x.numpy()), data.x)
    assert len(data) == 40


def test_what_is_not_standardised_is_refused() -> None:
    x, y = table()
    OfflineData(x * 1.09, y + 0.09)
    OfflineData(torch.cat([x, torch.full((40, 1), 3.0)], 1), y)  # a constant may be anything
    with pytest.raises(InputError, match=r"column 1 of x .* deviation 1\.2"):
        OfflineData(x * torch.tensor([1.0, 1.2, 1.0]), y)
    with pytest.raises(InputError, match=r"y has mean 0\.2"):
        OfflineData(x, y + 0.2)
    with pytest.raises(InputError, match="nothing to learn"):
        OfflineData(x, torch.ones(40))
    with pytest.raises(InputError, match="y must have shape"):
        OfflineData(x, y[:, None])
    with pytest.raises(InputError, match=r"^y contains NaN"):
        OfflineData(x, y * float("nan"))
    with pytest.raises(InputError, match="the space has 2"):
        OfflineData(x, y, Space.numbers(2).fit(x[:, :2].numpy()))
    with pytest.raises(InputError, match="from_raw"):
        OfflineData(x, y, Space.numbers(3))


def test_from_raw_standardises_and_the_space_remembers() -> None:
    rng = np.random.default_rng(0)
    raw, score = rng.uniform(5, 9, (50, 2)), rng.uniform(-3, 100, (50, 1))
    data = OfflineData.from_raw(raw, score, Space.numbers(2))
    np.testing.assert_allclose(data.x.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(data.y.std(correction=0), 1, atol=1e-12)
    np.testing.assert_allclose(data.space.decode(data.x), raw)
    assert torch.equal(data.x[data.best(1)], data.x[[int(score.argmax())]])
    with pytest.raises(InputError, match="nothing to learn"):
        OfflineData.from_raw(raw, np.ones(50), Space.numbers(2))
    with pytest.raises(InputError, match="N = 50"):
        OfflineData.from_raw(raw, score[:4], Space.numbers(2))
    with pytest.raises(InputError, match=r"has no rows\. Give a table of designs"):
        OfflineData.from_raw(raw[:0], score[:0], Space.numbers(2))


@pytest.mark.parametrize("name", ["x", "y"])
def test_a_table_that_was_changed_in_place_is_refused(name: str) -> None:
    """It was checked to be standardised, and is so no more."""
    parts = dict(zip("xy", table(), strict=True))
    data = OfflineData(**parts)
    method = torchbdi.methods.NTKAscent(steps=1)
    method.solve(data, 2)
    parts[name].mul_(5)
    with pytest.raises(InputError, match=f"OfflineData: {name} was changed in place"):
        method.solve(data, 2)
    with pytest.raises(InputError, match=f"OfflineData: {name} was changed in place"):
        method.score(data, data.x)


def test_numpy_has_no_hand_on_a_table() -> None:
    """Else torch would not count its changes: each fit would copy it, and each check add it up."""
    x, y = table()
    data = OfflineData(x, y)
    torchbdi.methods.KernelSearch(committee=1, acquisition="mean", ascent_steps=1).solve(data, 2)
    data.space.decode(data.x)
    assert data.x.data_ptr() == x.data_ptr()
    assert counted(data.x) and counted(data.y)


def test_a_space_does_not_keep_the_table() -> None:
    x, y = table()
    for data in (OfflineData(x, y), OfflineData.from_raw(x, y, Space.numbers(3))):
        assert data.space.anchors is not None
        assert data.space.anchors.base is None
