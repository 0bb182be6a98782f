"""bdi_search and kernel_search, on small tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import torchbdi
from torchbdi import InputError, OfflineData, Space, TorchBDIError
from torchbdi.methods import registry
from torchbdi.methods._searching import spread
from torchbdi.methods.base import Method, Result, Run
from torchbdi.methods.bdi_search import BDISearch, backward_search, forward_search
from torchbdi.methods.kernel_search import KernelSearch
from torchbdi.search import FewDesignsError
from torchbdi.space import Choice, Number


def sequences() -> OfflineData:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (150, 5))
    score = (codes == [0, 1, 2, 3, 0]).sum(1) + rng.normal(0, 0.1, 150)
    return OfflineData.from_raw(codes[score < 3.5], score[score < 3.5], Space.sequence(5, "ACGT"))


def mixed() -> OfflineData:
    rng = np.random.default_rng(0)
    raw = np.c_[rng.uniform(0, 10, (80, 2)), rng.integers(0, 3, 80)]
    space = Space((Number("a", 0, 10), Number("b"), Choice("c", ("x", "y", "z"))))
    return OfflineData.from_raw(raw, -((raw[:, 0] - 7) ** 2) + raw[:, 1] * (raw[:, 2] == 1), space)


SMALL = {"width": 16, "starts": 16, "ascent_steps": 20, "rounds": 5}


@pytest.mark.parametrize("method", [BDISearch(ridge=1e-3), forward_search, backward_search])
def test_no_design_has_less_loss(method: BDISearch) -> None:
    data = sequences()
    result = method.solve(data, 10)
    every = torch.cartesian_prod(*[torch.arange(4)] * 5).numpy()
    x = data.space.encode(every)
    kernel = torchbdi.NTK()
    module = torchbdi.BDI(
        data.x,
        data.y,
        x[:, None],
        ridge=method.ridge,
        kernel=kernel,
        forward_weight=method.forward_weight,
        backward_weight=method.backward_weight,
    )
    loss = module.loss()["total"].detach()
    wanted = loss.sort().values[:10]
    own = -method.score(data, result.x)
    torch.testing.assert_close(own, wanted, rtol=1e-7, atol=1e-7)
    assert result.facts["loss_total"] == pytest.approx(float(wanted.mean()))
    assert result.facts["loss_of"] == "designs as they are scored"
    assert result.facts["search_complete"] == 1
    assert len(data.space.distinct(result.x)) == 10
    if method.forward_weight:
        fit = torchbdi.fit_ridge(kernel, data.x, data.y, method.ridge)
        assert result.predicted is not None
        torch.testing.assert_close(result.predicted, fit.predict(result.x), rtol=1e-6, atol=1e-6)
    else:
        assert result.predicted is None


@pytest.mark.parametrize(
    "method",
    [
        BDISearch(**SMALL),
        KernelSearch(**SMALL),
        KernelSearch(acquisition="ei", **SMALL),
        KernelSearch(acquisition="bdi", distance=0.3, **SMALL),
    ],
    ids=["bdi_search", "mean", "ei", "bdi"],
)
@pytest.mark.parametrize("make", [sequences, mixed])
def test_designs_are_allowed_repeatable_and_survive_a_kill(
    make: type, method: Method, tmp_path: Path
) -> None:
    data = make()
    first = method.solve(data, 8, Run(seed=2))
    assert data.space.boxed().allowed(first.x, 1e-7).all()
    assert len(data.space.distinct(first.x)) == 8

    class StopError(Exception):
        pass

    class Killed(Run):
        def log(self, step: int, **values: float) -> None:
            raise StopError

    with pytest.raises(StopError):
        method.solve(data, 8, Killed(seed=2, folder=tmp_path))
    again = method.solve(data, 8, Run(seed=2, folder=tmp_path))
    assert torch.equal(again.x, first.x)


class Bar(Run):
    """Keeps where its bar stands after each round, and stops after three of them."""

    stop, stands = False, 0

    @contextmanager
    def progress(self, total: int, what: str, done: int = 0) -> Iterator[Any]:
        self.stands = done
        yield self

    def update(self, n: int = 1) -> None:
        self.stands += n

    def log(self, step: int, **values: float) -> None:
        assert self.stands == step - 1 or self.stands == 0
        if self.stop and step == 3:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BDISearch(enumerate=1, **SMALL), BDISearch(enumerate=1, target=1.0, **SMALL)),
        (BDISearch(enumerate=1, **SMALL), KernelSearch(enumerate=1, **SMALL)),
        (KernelSearch(enumerate=1, **SMALL), KernelSearch(enumerate=1, ridge=3.0, **SMALL)),
    ],
    ids=["target", "method", "ridge"],
)
def test_the_state_of_another_search_is_not_gone_on_from(
    before: Method, after: Method, tmp_path: Path
) -> None:
    """Its designs kept the values of a function that is not looked for."""
    data = sequences()
    before.solve(data, 4, Run(folder=tmp_path))
    found = after.solve(data, 4, Run(folder=tmp_path))
    plain = after.solve(data, 4)
    assert torch.equal(found.x, plain.x)
    assert found.facts["search_evaluations"] == plain.facts["search_evaluations"]


def test_the_bar_of_a_resumed_search_begins_where_the_search_does(tmp_path: Path) -> None:
    data = sequences()
    method = BDISearch(enumerate=0, **SMALL)
    whole, stopped, again = (Bar(seed=2, folder=f) for f in (None, tmp_path, tmp_path))
    method.solve(data, 8, whole)
    stopped.stop = True
    with pytest.raises(KeyboardInterrupt):
        method.solve(data, 8, stopped)
    method.solve(data, 8, again)
    assert stopped.stands == 2 < again.stands == whole.stands


def test_kernel_search_finds_what_the_table_hides() -> None:
    """The best of the whole space are not in the table; a tuned model finds them."""
    data = sequences()
    result = KernelSearch().solve(data, 4)
    raw = data.space.decode(result.x)
    assert (raw[0] == [0, 1, 2, 3, 0]).all()
    assert result.facts["leave_one_out_error"] < 0.5
    assert result.predicted is not None
    torch.testing.assert_close(KernelSearch().score(data, result.x), result.predicted)
    fixed = KernelSearch(kernel="nngp", depth=3, constant=0.0, ridge=0.1).solve(data, 4)
    assert fixed.facts["chosen_kernel"] == "nngp"
    assert fixed.facts["chosen_depth"] == 3
    assert fixed.facts["chosen_ridge"] == 0.1


def test_numbers_go_no_farther_than_the_backtest_looked() -> None:
    """A ridge that rises out of the table: a prediction that nothing compares with a score."""
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(80, 3)) * 0.3
    space = Space(tuple(Number(n, -3, 3) for n in "abc"))
    data = OfflineData.from_raw(raw, raw @ [1.0, 0.5, 0.2], space)
    result = KernelSearch(committee=1).solve(data, 6)
    apart = torch.cdist(result.x, data.x).amin(1) / 3**0.5
    reach = result.facts["reach"]
    assert isinstance(reach, float) and 0.05 < reach < 3
    assert apart.max() <= reach + 1e-9
    wide = KernelSearch(committee=1, reach=100.0, acquisition="mean").solve(data, 6)
    assert torch.cdist(wide.x, data.x).amin(1).max() / 3**0.5 > 2 * reach
    assert "reach" not in KernelSearch(committee=1).solve(sequences(), 6).facts
    few = OfflineData.from_raw(raw[:20], raw[:20] @ [1.0, 0.5, 0.2], space)
    assert "reach" not in KernelSearch(committee=1).solve(few, 6).facts


def variants() -> OfflineData:
    """Of a sequence of 12 letters, with three changes each."""
    rng = np.random.default_rng(0)
    codes = np.zeros((60, 12), dtype=int)
    for row in codes:
        row[rng.choice(12, 3, replace=False)] = rng.integers(1, 4, 3)
    return OfflineData.from_raw(
        codes, (codes == 1).sum(1).astype(float), Space.sequence(12, "ACGT")
    )


def test_letters_go_no_farther_than_predictions_were_tested() -> None:
    """A count of one letter rises all the way to a sequence that is like none of the table."""
    data = variants()
    raw = data.space.decode(data.x)

    def farthest(result: Result) -> int:
        return int((data.space.decode(result.x)[:, None] != raw).sum(2).min(1).max())

    small = partial(KernelSearch, committee=1, acquisition="mean", width=16)
    result = small().solve(data, 6)
    assert farthest(result) == result.facts["reach_sites"] == 4
    assert farthest(small(sites=1).solve(data, 6)) == 1
    free = small(sites=12).solve(data, 6)
    assert farthest(free) > 4
    for whole in (small(enumerate=4**12), small(enumerate=4**12, sites=1)):
        assert "reach_sites" not in whole.solve(sequences(), 6).facts
    fixed = Space([Choice("a", tuple("ACGT"), fixed=0)])
    only = OfflineData.from_raw(np.arange(8)[:, None] % 4, np.arange(8.0), fixed)
    assert "reach_sites" not in small(enumerate=0).solve(only, 1).facts
    tried = small(acquisition=None).solve(data, 6).facts
    assert (
        tried["backtest_promised_mean"]
        < small(acquisition=None, sites=12).solve(data, 6).facts["backtest_promised_mean"]
    )


def test_a_limit_of_sites_that_leaves_too_few_designs_grows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two letters of twelve vary, and all sixteen pairs are in the table."""
    rng = np.random.default_rng(0)
    codes = np.zeros((60, 12), dtype=int)
    codes[:, [2, 7]] = [divmod(i % 16, 4) for i in range(60)]
    data = OfflineData.from_raw(codes, rng.normal(size=60), Space.sequence(12, "ACGT"))
    small = partial(KernelSearch, committee=1, acquisition="mean", width=16)
    result = small().solve(data, 60)
    assert len(data.space.decode(result.x).tolist()) == 60
    assert result.facts["reach_sites"] == 2
    monkeypatch.setattr("torchbdi.methods.kernel_search.WIDENED", 1)
    with pytest.raises(FewDesignsError, match="raise that number"):
        small().solve(data, 60)


def test_a_ridge_that_is_too_small_is_named() -> None:
    data = sequences()
    twice = OfflineData(data.x.repeat(2, 1), data.y.repeat(2), data.space)
    for ridge in (0.0, 1e-300):
        with pytest.raises(TorchBDIError, match=r"larger ridge|ridge that is too small"):
            KernelSearch(ridge=ridge, acquisition="mean").solve(twice, 4)


@pytest.mark.parametrize("method", [BDISearch, partial(KernelSearch, acquisition="mean")])
def test_a_spread_batch_lies_further_apart(method: Callable[..., Method]) -> None:
    data = sequences()
    close = method().solve(data, 8).facts
    apart = method(distance=0.8).solve(data, 8)
    assert apart.facts["mean_distance"] > close["mean_distance"]
    assert apart.facts["distance_kept"] == 8
    distances = torch.pdist(apart.x) / data.x.shape[1] ** 0.5
    assert distances.min() >= 0.8


def test_places_are_joined_by_single_changes() -> None:
    space = sequences().space
    raw = np.array([[0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 1, 1], [3, 3, 3, 3, 3]])
    places, distance = spread(space, space.encode(raw))
    assert places == 2
    assert distance > 0


def test_a_level_is_one_change_beside_numbers_too() -> None:
    table = np.c_[np.linspace(0, 1, 40), np.arange(40) % 4]
    space = Space((Number("a", 0, 1), Number("b", 0, 3, step=1))).fit(table)
    one_apart, far = [[0.5, 0], [0.5, 1], [0.501, 3]], [[0.5, 0], [0.9, 0]]
    assert spread(space, space.encode(np.array(one_apart)))[0] == 1
    assert spread(space, space.encode(np.array(far)))[0] == 2
    levels = Space((Number("b", 0, 3, step=1),)).fit(table[:, 1:])
    assert spread(levels, levels.encode(np.array([[0.0], [3.0]])))[0] == 1


def test_presets_and_refusals() -> None:
    assert registry.label(backward_search) == "backward_search"
    assert registry.method("kernel_search", acquisition="ei") == KernelSearch(acquisition="ei")
    with pytest.raises(InputError, match="no loss"):
        BDISearch(forward_weight=0, backward_weight=0)
    with pytest.raises(InputError, match="acquisition"):
        KernelSearch(acquisition="best")  # type: ignore[arg-type]
