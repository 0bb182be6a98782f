"""A function of somebody's own: what is no objective is told, and what is one is left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from search_problems import NO_ENUMERATION, sequences
from torch import Tensor

from torchbdi import InputError, Space
from torchbdi.search import FewDesignsError, SearchOptions, maximise
from torchbdi.space import Choice, Linear, Number

QUICK = SearchOptions(starts=8, steps=5, rounds=2, width=8)


def mixed(*kinds: str) -> Space:
    columns = {"number": Number("a", -1, 1), "choice": Choice("c", ("x", "y", "z"))}
    rng = np.random.default_rng(0)
    values = {"number": rng.uniform(-1, 1, 40), "choice": rng.integers(0, 3, 40)}
    space = Space(tuple(columns[kind] for kind in kinds))
    return space.fit(np.column_stack([values[kind] for kind in kinds]).astype(float))


# Every way of a search: enumeration, beam, ascent, alternation.
WAYS = {
    "enumeration": (sequences(4), QUICK),
    "beam": (sequences(4), NO_ENUMERATION),
    "ascent": (mixed("number"), QUICK),
    "alternation": (mixed("number", "choice"), QUICK),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: x.square().sum(), r"it gave shape \(\) for"),
        (lambda x: x.square().sum(1, keepdim=True), r"\(n,\) of real numbers.*squeeze"),
        (lambda x: x[: len(x) // 2].sum(1), "Let it judge every row by itself"),
        (lambda x: [row.sum() for row in x], "it gave list"),
        (lambda x: x.detach().numpy().sum(1), "it gave ndarray"),
        (lambda x: torch.complex(x[:, 0], x[:, 0]), "it gave torch.complex128"),
        (lambda x: x[:, 0].to("meta"), "it gave one on meta.*where the designs are"),
        (lambda x: x[:, 0].to_sparse(), "it gave torch.sparse_coo.*dense"),
        (lambda x: x.mul_(1.5).sum(1), "in place.*clone"),
        (None, "in place.*clone"),
    ],
    ids=[
        "one",
        "column",
        "half",
        "list",
        "array",
        "complex",
        "meta",
        "sparse",
        "in place",
        "no_grad",
    ],
)
def test_what_is_no_objective(way: str, f: Callable[[Tensor], Any], words: str) -> None:
    space, options = WAYS[way]
    if f is None:

        def f(x: Tensor) -> Tensor:
            with torch.no_grad():
                x.mul_(1.5)
            return x.sum(1)

    with pytest.raises(InputError, match=words):
        maximise(f, space, 2, options=options)


@pytest.mark.parametrize("way", ["ascent", "alternation"])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.detach().sum(1),
        lambda x: (x[:, 0] > 0).long(),
        lambda x: x.detach().sum(1) * torch.ones((), requires_grad=True),
    ],
)
def test_numbers_need_a_gradient(way: str, f: Callable[[Tensor], Tensor]) -> None:
    space, options = WAYS[way]
    with pytest.raises(InputError, match="gradient, and its values have none"):
        maximise(f, space, 2, options=options)


@pytest.mark.parametrize("way", WAYS)
def test_an_objective_that_is_finite_nowhere(way: str) -> None:
    space, options = WAYS[way]
    with pytest.raises(FewDesignsError):
        maximise(lambda x: x.sum(1) * torch.nan, space, 2, options=options)


@pytest.mark.parametrize("way", WAYS)
def test_modes_of_torch_change_no_search(way: str) -> None:
    space, options = WAYS[way]

    def f(x: Tensor) -> Tensor:
        return -(x - 0.3).square().sum(1)

    expected = maximise(f, space, 3, options=options)
    for mode in (torch.no_grad(), torch.inference_mode(), torch.device("meta")):
        with mode:
            found = maximise(f, space, 3, options=options)
        assert torch.equal(found.x, expected.x)
        assert not found.x.is_inference()
    torch.set_default_dtype(torch.float64)
    try:
        found = maximise(f, space, 3, options=options)
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(found.x, expected.x)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"objective": None}, "objective must be a function"),
        ({"space": None}, "space must be a torchbdi.Space"),
        ({"options": {"steps": 3}}, "options must be SearchOptions"),
        ({"reach": 2.0}, "reach must be a Reach"),
        ({"least": 5}, "least must be at most 2"),
        ({"least": "a"}, "least must be an integer"),
        ({"seed": "a"}, "seed must be an integer"),
        ({"starts": [[0.0, 0.0]]}, r"x must be \(n, 1\)"),
        ({"folder": 3}, "folder must be a path"),
    ],
)
def test_arguments_that_are_something_else(more: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {"objective": lambda x: x.sum(1), "space": mixed("number"), "n": 2}
    with pytest.raises(InputError, match=words):
        maximise(**(given | more))


def test_starts_and_folders_of_any_kind(tmp_path: Path) -> None:
    space = mixed("number")
    with pytest.raises(FileNotFoundError, match=r"make it first: '.*gone'"):
        maximise(lambda x: x.sum(1), space, 2, folder=tmp_path / "gone")
    one = maximise(lambda x: x.sum(1), space, 2, starts=torch.zeros(1, 1), options=QUICK)
    two = maximise(lambda x: x.sum(1), space, 2, starts=[[0]], options=QUICK, folder=str(tmp_path))
    assert torch.equal(one.x, two.x)
    assert (tmp_path / "search.pt").exists()


@pytest.mark.parametrize("way", ["enumeration", "beam"])
def test_whole_numbers_keep_all_digits(way: str) -> None:
    space, options = WAYS[way]

    def f(x: Tensor) -> Tensor:
        return 2**40 + (1000 * x.sum(1)).round().long()

    found = maximise(f, space, 5, options=options)
    assert found.value.long().tolist() == f(found.x).tolist()
    assert found.value.long().tolist() != [2**40] * 5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_values_of_less_precision_are_taken(dtype: torch.dtype) -> None:
    """Levels that a sum couples were climbed beside float64, which float32 cannot be put into."""
    columns = (Number("a", 0, 4, step=1), Number("b", 0, 4, step=1), Number("c", 0, 8))
    raw = np.array([[0.0, 4, 1], [4, 0, 2], [2, 2, 8], [1, 3, 0]])
    space = Space(columns, (Linear({"a": 1, "b": 1}, 4, 4),)).fit(raw)
    found = maximise(lambda x: -x.square().sum(1).to(dtype), space, 3, options=QUICK)
    assert found.value.dtype == torch.float64
    assert space.allowed(found.x).all()
