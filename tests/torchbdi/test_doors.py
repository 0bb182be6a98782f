"""Spaces, tables, methods and propose: what is handed over is read in its one way, or refused.

The kinds of tests/torchbdi/test_inputs.py, which is about fits and networks, for everything else:
masks, numpy's own numbers, other dtypes and modes of torch, texts and truth values for numbers,
a class for an instance, frames in another order, generators, and lists of arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from modes import MODES, mode
from torch import Tensor, nn

import torchbdi
from torchbdi import NTK, FiniteBDI, InputError, OfflineData, RidgeFit, Space, fit_ridge, methods
from torchbdi.kernels import cholesky_solve
from torchbdi.methods import registry
from torchbdi.methods.base import Result, Run
from torchbdi.search import SearchOptions, maximise
from torchbdi.space import AtMost, Choice, Linear, Number, sequence

pd = pytest.importorskip("pandas")

RAW = np.random.default_rng(0).normal(size=(30, 3)) * 3 + 1
Y = np.random.default_rng(1).normal(size=30)
SPACE = Space(tuple(Number(name) for name in "abc"))
FITTED = SPACE.fit(RAW)
DATA = OfflineData.from_raw(RAW, Y, SPACE)
X = DATA.x
FRAME = pd.DataFrame(RAW, columns=list("abc"))
KERNEL = NTK(2)


def hidden(a: np.ndarray) -> np.ndarray:
    mask = np.zeros(a.shape, bool)
    mask.flat[4] = True
    return np.ma.array(a, mask=mask)


# Other ways to hand over the same numbers, and what has no reading.
SAME: dict[str, Callable[[np.ndarray], Any]] = {
    "list": lambda a: a.tolist(),
    "list of arrays": list,
    "tensor": torch.tensor,
    "list of tensors": lambda a: list(torch.tensor(a)),
    "tensor that learns": lambda a: torch.tensor(a, requires_grad=True),
    "negative view": lambda a: (torch.tensor(-a) * 1j).conj().imag,
    "decimals": lambda a: np.vectorize(Decimal, otypes=[object])(a),
    "big endian": lambda a: a.astype(">f8"),
    "masked, nothing hidden": np.ma.array,
    "frame": pd.DataFrame,
    "nullable": lambda a: pd.DataFrame(a).astype("Float64"),
}
REFUSED: dict[str, tuple[Callable[[np.ndarray], Any], str]] = {
    "masked": (hidden, "mask"),
    "list of masked": (lambda a: [hidden(np.arange(9.0)) for _ in a], "mask"),
    "texts": (lambda a: a.astype(str), "numbers"),
    "complex": (lambda a: a + 1j, "complex"),
    "dates": (lambda a: np.zeros(a.shape, "M8[D]"), "numbers"),
    "None inside": (lambda a: [[1.0, None, 2.0]] * len(a), "NoneType"),
    "generator": (lambda a: (row for row in a), "generator"),
    "None": (lambda a: None, "numbers"),
    "class": (lambda a: np.ndarray, "class ndarray"),
    "meta": (lambda a: torch.tensor(a).to("meta"), "meta"),
    "sparse": (lambda a: torch.tensor(a).to_sparse(), "dense"),
    "NaN": (lambda a: a * math.nan, "finite|NaN|nan"),
}


@pytest.mark.parametrize("name", list(SAME))
def test_the_same_numbers_are_the_same_designs(name: str) -> None:
    make = SAME[name]
    made = OfflineData.from_raw(make(RAW), make(Y) if name != "frame" else pd.Series(Y), SPACE)
    assert torch.equal(made.x, DATA.x)
    assert torch.equal(made.y, DATA.y)
    assert torch.equal(FITTED.encode(make(RAW)), X)
    features = make(X.numpy())
    np.testing.assert_allclose(FITTED.decode(features), RAW, rtol=1e-12)
    assert torch.equal(FITTED.project(features), FITTED.project(X))
    assert FITTED.same(features, X).all()
    assert FITTED.allowed(features).all()
    score = methods.BDI(steps=1).score(DATA, make(X.numpy()[:4]))
    assert torch.equal(score, methods.BDI(steps=1).score(DATA, X[:4]))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.int32])
def test_other_dtypes_are_converted_without_loss(dtype: torch.dtype) -> None:
    raw, y = (torch.tensor(a * 4).to(dtype) for a in (RAW, Y))
    made = OfflineData.from_raw(raw, y, SPACE)
    assert torch.equal(made.x, OfflineData.from_raw(raw.double(), y.double(), SPACE).x)
    space = Space((Number("a", 0.5, 1.5), Number("b"), Number("c"))).fit(RAW)
    x = (X * 4).to(dtype)
    kept = x.dtype if x.is_floating_point() else torch.float64  # a bound is no whole number
    assert torch.equal(space.project(x), space.project(x.double()).to(kept))


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_has_no_reading_is_refused(name: str) -> None:
    make, words = REFUSED[name]
    for what in (
        lambda: OfflineData.from_raw(make(RAW), Y, SPACE),
        lambda: SPACE.fit(make(RAW)),
        lambda: FITTED.encode(make(RAW)),
        lambda: FITTED.decode(make(RAW)),
        lambda: FITTED.project(make(RAW)),
        lambda: FITTED.same(make(RAW), X),
        lambda: methods.BDI(steps=1).score(DATA, make(RAW)),
    ):
        with pytest.raises(InputError, match=words):
            what()
    if name not in ("list of masked", "None inside"):
        with pytest.raises(InputError, match=words):
            OfflineData.from_raw(RAW, make(Y), SPACE)


def test_labels_are_aligned_or_refused() -> None:
    turned = pd.Series(Y, index=range(29, -1, -1))
    other, renamed = FRAME[["c", "b", "a"]], FRAME.rename(columns={"a": "z"})
    assert torch.equal(OfflineData.from_raw(FRAME, pd.Series(Y), SPACE).x, X)
    fit, plain = fit_ridge(NTK(), FRAME, Y), fit_ridge(NTK(), RAW, Y)
    assert torch.equal(fit.predict(FRAME), plain.predict(torch.tensor(RAW)))
    assert torch.equal(fit.predict(RAW), plain.predict(RAW))
    lr = pd.Series([1, 2, 3], index=list("abc"))
    assert torchbdi.BDI(FRAME, Y, RAW[:2], lr=lr).hparams["lr"].tolist() == [1, 2, 3]
    for what in (
        lambda: OfflineData.from_raw(other, Y, SPACE),
        lambda: SPACE.fit(other),
        lambda: FITTED.encode(renamed),
        lambda: fit.predict(other),
        lambda: fit.predict(renamed),
        lambda: torchbdi.BDI(FRAME, Y, other[:2]),
        lambda: torchbdi.BDI(FRAME, Y, RAW[:2], lr=lr[::-1]),
        lambda: torchbdi.BDI(FRAME, Y, RAW[:2], bounds=pd.DataFrame([[-99] * 3, [99] * 3],
                                                                    columns=list("cba"))),
    ):  # fmt: skip
        with pytest.raises(InputError, match=r"the columns of .* (in this order|alike)"):
            what()
    for what in (
        lambda: OfflineData.from_raw(FRAME, turned, SPACE),
        lambda: OfflineData(pd.DataFrame(X.numpy()), pd.Series(DATA.y.numpy(), index=turned.index)),
        lambda: torchbdi.BDI(FRAME, Y, RAW[:2], coefficients=turned),
        lambda: torchbdi.propose(FRAME, turned, n=2, progress=False),
    ):
        with pytest.raises(InputError, match=r"different labels: row 0 is 0 in .* and 29 in"):
            what()


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e6])
@pytest.mark.parametrize("share", [1, 7, 29])
def test_columns_that_are_constant_but_for_rounding(size: float, share: int) -> None:
    raw = RAW.copy()
    raw[:, 1] = 0.3 * size
    raw[::share, 1] = (0.1 + 0.2) * size
    data = OfflineData.from_raw(raw, Y, SPACE)
    assert (data.x[:, 1] == 0).all()
    assert torch.equal(data.x[:, 0], DATA.x[:, 0])
    assert np.allclose(data.space.decode(data.x), raw, rtol=1e-12)


def test_tables_of_any_size_of_numbers() -> None:
    assert torch.equal(OfflineData.from_raw(RAW, Y * 2.0**1000, SPACE).y, DATA.y)
    assert torch.equal(OfflineData.from_raw(RAW, Y * 2.0**-900, SPACE).y, DATA.y)
    for size in (1e200, 1e-200):
        with pytest.raises(InputError, match=r"feature 0 .* another unit"):
            SPACE.fit(RAW * size)


WHOLE = ("3", 2.5, 2.0, True, None, -1, np.array([3]), torch.ones(2), int)


@pytest.mark.parametrize("bad", WHOLE, ids=repr)
def test_counts_are_whole_numbers(bad: Any) -> None:
    generator = torch.Generator().manual_seed(0)
    for what in (
        lambda: DATA.best(bad),
        lambda: DATA.starts(bad),
        lambda: DATA.starts(6, bad),
        lambda: Space.numbers(bad),
        lambda: Space.sequence(bad, "ACGT"),
        lambda: FITTED.sample(bad, generator),
        lambda: AtMost(("a", "b", "c", "d"), bad),
        lambda: SearchOptions(width=bad),
        lambda: maximise(lambda x: x[:, 0], FITTED, bad),
        lambda: methods.BestRows().solve(DATA, bad),
        lambda: Run(seed=bad),
        lambda: Run(checkpoint_every=bad),
    ):
        with pytest.raises(InputError):
            what()
    for three in (3, np.int8(3), torch.tensor(3), np.array(3)):
        assert len(DATA.best(three)) == len(DATA.starts(three)) == Space.numbers(three).width == 3
        assert len(FITTED.sample(three, generator)) == 3
        assert torch.equal(methods.BestRows().solve(DATA, three).x, X[DATA.best(3)])
        assert Run(seed=three).seed == SearchOptions(budget=three).budget == 3


NUMBERS = (
    "1",
    True,
    None,
    1j,
    math.nan,
    [1.0],
    torch.ones(2),
    float,
    np.ma.masked,
    np.array(["1"]),
)


@pytest.mark.parametrize("bad", NUMBERS, ids=repr)
def test_columns_and_rules_are_made_of_numbers(bad: Any) -> None:
    for what in (
        lambda: Number("a", low=bad),
        lambda: Number("a", high=bad),
        lambda: Number("a", levels=[0.0, bad]),
        lambda: Linear({"a": bad}, 0, 1),
        lambda: Linear({"a": 1}, low=bad),
        lambda: Linear({"a": 1}, high=bad),
        lambda: AtMost(("a", "b"), 1, bad),
    ):
        with pytest.raises(InputError):
            what()
    if bad is not None:
        for field in ("step", "fixed"):
            with pytest.raises(InputError, match=field):
                Number("a", 0, 4, **{field: bad})
    if not (isinstance(bad, bool)):
        with pytest.raises(InputError, match="log must be True or False"):
            Number("a", 1, 4, log=bad)


def test_columns_of_any_numbers() -> None:
    plain = Number("a", 0.0, 4.0, step=2.0, fixed=2.0)
    for kind in (int, np.int8, np.float32, torch.tensor, Decimal):
        assert repr(Number("a", kind(0), kind(4), step=kind(2), fixed=kind(2))) == repr(plain)
    levels = Number("a", levels=(1.0, 2.0, 3.0))
    for given in ([1, 2, 3], np.array([1, 2, 3]), torch.tensor([1, 2, 3]), (i for i in (1, 2, 3))):
        assert repr(Number("a", levels=given)) == repr(levels)
    words = Choice("m", ("Fe", "Ni"))
    for given in (["Fe", "Ni"], np.array(["Fe", "Ni"]), (w for w in ("Fe", "Ni"))):
        made = Choice("m", given)
        assert made == words
        assert hash(made) == hash(words)
    assert Choice("m", ("a", "b"), fixed=np.int64(1)).fixed == 1


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda: Number("a", levels="123"), "finite|levels|a level"),
        (lambda: Number("a", levels=5), "levels must be a list"),
        (lambda: Number("a", levels=np.ma.array([1.0, 2.0], mask=[0, 1])), "masked"),
        (lambda: Number(3), "name must be a text"),
        (lambda: Choice("m", "red"), "a list of words, got the text 'red'"),
        (lambda: Choice("m", (1, 2)), "classes are texts, got 1"),
        (lambda: Choice("m", 3), "classes must be a list"),
        (lambda: Choice("m", ("a", "b"), fixed=True), "fixed"),
        (lambda: Choice("m", ("a", "b"), fixed=1.0), "fixed"),
        (lambda: Choice("m", ("a", "b"), fixed="b"), "fixed"),
        (lambda: Space.sequence(3, 5), "letters must be a list"),
        (lambda: sequence(3, "AC", fixed=1), "fixed must be a list"),
        (lambda: sequence(3, "AC", fixed=[0, 1]), "length = 3 and 2 fixed letters"),
        (lambda: Space("ab"), "columns must be a list"),
        (lambda: Space(Number("a")), "columns must be a list"),
        (lambda: Space([Number]), "got the class Number"),
        (lambda: Space(SPACE.columns, "a+b=1"), "constraints must be a list"),
        (lambda: Space(SPACE.columns, [Linear]), "got the class Linear"),
        (lambda: Space(SPACE.columns, (), ["2 of a,b,c"]), "must be an AtMost"),
        (lambda: Linear([1, 2]), "must be a dict"),
        (lambda: AtMost("ab", 1), "names must be a list"),
        (lambda: Space(SPACE.columns, (), [AtMost((1, 2, 3), 1)]), "of 1, 2, 3: .* are no"),
        (lambda: AtMost(("a", "b", "c"), 1.5), "count"),
        (lambda: FITTED.decode(X[0]), r"must be \(n, 3\)"),
        (lambda: FITTED.decode(X[:, :2]), r"must be \(n, 3\)"),
        (lambda: FITTED.same(X[:3], X[:4]), "do not broadcast"),
        (lambda: FITTED.same(X[:, :2], X[:, :2]), r"\(\.\.\., 3\)"),
        (lambda: FITTED.same(X, X, "1"), "tolerance"),
        (lambda: FITTED.project(X, relax="no"), "relax must be True or False"),
        (lambda: FITTED.sample(2, 0), r"generator must be a torch\.Generator"),
        (lambda: FITTED.sample(2, torch.Generator), "the class Generator"),
        (lambda: FITTED.sample(2, None), "generator"),
        (lambda: OfflineData.from_raw(RAW, Y, Space), "got the class Space"),
        (lambda: OfflineData.from_raw(RAW, Y, None), "space must be a Space"),
        (lambda: OfflineData(X, DATA.y, Space), "got the class Space"),
        (lambda: OfflineData.from_raw(RAW, Y[None], SPACE), r"y must be \(N,\)"),
        (lambda: methods.BDI.solve(DATA, 4), "asked of an instance"),
        (lambda: methods.BDI.score(DATA, X), "asked of an instance"),
        (lambda: methods.BDI().solve((X, DATA.y), 4), "data must be an OfflineData, got tuple"),
        (lambda: methods.BDI().solve(OfflineData, 4), "got the class OfflineData"),
        (lambda: methods.BDI().solve(DATA, 4, Run), "got the class Run"),
        (lambda: methods.BDI().solve(DATA, 4, 0), "a Run or None, got int"),
        (lambda: methods.BDI().score(DATA, X[0]), r"shape \(n, D\)"),
        (lambda: Run(device="gpu9"), "device"),
        (lambda: Run(device=None), "device"),
        (lambda: Run(device="cuda:99"), r"computed on device cuda:99 here \(.*\)\. Take 'cpu'"),
        (lambda: Run(device="meta"), "computed on device meta here"),
        (lambda: Run(folder="/no/such"), "folder"),
        (lambda: Run(folder=3), "folder"),
        (lambda: Result(X * math.nan), "finite"),
        (lambda: RidgeFit(NTK(), X, DATA.y, DATA.y[:5], None), "shape of y_l"),
        (lambda: RidgeFit(NTK, X, DATA.y, DATA.y, None), r"write NTK\(\)"),
        (lambda: fit_ridge(NTK(), X, DATA.y, checkpoint=True), "must be a path, got True"),
        (lambda: fit_ridge(NTK(), X, DATA.y, checkpoint=""), "must be a path"),
        (lambda: fit_ridge(NTK(), X, DATA.y, checkpoint=Path), "the class Path"),
        (lambda: fit_ridge(NTK(), X, DATA.y, checkpoint="."), "is a folder"),
        (lambda: fit_ridge(NTK(), X, DATA.y, verbose="no"), "verbose must be True or False"),
        (lambda: fit_ridge(NTK(), X, DATA.y).leave_one_out(verbose="no"), "verbose must be True"),
        (lambda: NTK()(torch.masked.masked_tensor(X, X > 0)), "is a MaskedTensor"),
        (lambda: fit_ridge(NTK(), torch.masked.masked_tensor(X, X > 0), Y), "is a MaskedTensor"),
    ],
)  # fmt: skip
def test_what_is_something_else_is_refused(what: Callable[[], Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        what()


@pytest.mark.parametrize("name", registry.file_names())
def test_fields_of_every_method_are_checked(name: str) -> None:
    kind = registry.class_of(name)
    for field in fields(kind):
        for bad in ("x y", [None], math.nan, 1j, type, torch.ones(2, 2), "9" * 5000):
            with pytest.raises(InputError, match=field.name) as told:
                kind(**{field.name: bad})
            assert len(str(told.value)) < 1000


def test_fields_take_any_numbers() -> None:
    plain = methods.BDI(steps=2, target=3.0, lr=(1.0, 2.0, 3.0))
    for two, three in ((2.0, 3), (np.float32(2), np.int8(3)), (torch.tensor(2), Decimal(3))):
        assert methods.BDI(steps=two, target=three, lr=np.array([1, 2, 3])) == plain


def test_results_and_ridges_take_any_numbers() -> None:
    result = Result(X[:2].float().numpy(), [1, 2], {"a": np.float64(1), "b": np.int8(2)})
    assert result.x.dtype == torch.float64
    assert [type(v) for v in result.facts.values()] == [float, int]
    k, b = 2 * torch.eye(3, dtype=torch.float64), torch.arange(3.0, dtype=torch.float64)
    one = torch.ones((), dtype=torch.bfloat16)
    for ridge in (1, Decimal(1), np.array(1), np.float16(1), one, one.clone().requires_grad_()):
        torch.testing.assert_close(cholesky_solve(k, b, ridge), b / 3)
    batch = k.expand(2, 3, 3), b.expand(2, 3)
    for ridge in (
        "1", True, None, np.bool_(True), 10**400, np.array("1"), one.to("meta"), 1j, [1.0],
    ):  # fmt: skip
        with pytest.raises(InputError, match="ridge"):
            cholesky_solve(k, b, ridge)
    for ridge in (hidden(np.ones(6))[3:5], torch.ones(2).to_sparse(), [1, 2]):
        with pytest.raises(InputError, match="ridge"):
            cholesky_solve(*batch, ridge)


# Modes of torch that somebody else has set.


def work() -> list[Tensor]:
    """Numbers of everything that draws, trains or converts."""
    generator = torch.Generator().manual_seed(0)
    choice = Space((Choice("m", ("a", "b")), Number("n", 0, 1))).fit([[0, 0.0], [1, 1.0]])
    data = OfflineData.from_raw(RAW, Y, SPACE)
    finite = FiniteBDI(X, DATA.y, X[:2], width=4, depth=2, net_epochs=1, rows_per_step=5)
    table = np.random.default_rng(0).uniform(size=(40, 2))
    proposed = torchbdi.propose(table, -((table - 0.5) ** 2).sum(1), n=2, progress=False)
    return [
        FITTED.sample(3, generator), choice.sample(3, generator), choice.lr, choice.logits,
        FITTED.project(X), data.x, data.y, data.starts(4, 2),
        fit_ridge(NTK(), X, DATA.y, 1e-2, verbose=False).leave_one_out(),
        *finite.loss().values(),
        *(
            getattr(methods, name)(**settings).solve(data, 4).x
            for name, settings in (
                ("Random", {}), ("BDI", {"steps": 2}), ("NTKAscent", {"steps": 2}),
                ("Grad", {"width": 8, "net_epochs": 1, "steps": 2}),
                ("FiniteNTK2NN", {"width": 8, "net_epochs": 1, "steps": 2}),
            )
        ),
        methods.BDI(steps=2).score(data, X[:4]), torch.from_numpy(np.array(proposed.x)),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def expected() -> list[Tensor]:
    return [value.detach().clone() for value in work()]


@pytest.mark.parametrize("name", MODES)
def test_modes_of_torch_change_no_number(name: str, expected: list[Tensor]) -> None:
    with mode(name):
        before = torch.get_default_dtype()
        found = work()
        assert torch.get_default_dtype() == before
    for i, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert torch.equal(one, other), i


# A forward network that somebody brings.


class Net(nn.Module):
    def __init__(self, function: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Any:
        return self.function(x)


@pytest.mark.parametrize(
    ("net", "words"),
    [
        (Net(lambda z: z.sum(-1).mT), "must map"),  # as many numbers, of other designs
        (Net(lambda z: z.sum(-1)[None]), "must map"),
        (Net(lambda z: z.sum(-1).flatten()), "must map"),
        (Net(lambda z: z.sum(-1) * math.nan), "finite real numbers"),
        (Net(lambda z: z.sum(-1) + 1j), "finite real numbers"),
        (Net(lambda z: z.sum(-1).long()), "finite real numbers"),
        (Net(lambda z: z.sum(-1).detach()), "without a gradient"),
        (nn.Linear(5, 1), r"fails for x_h \(2, 3, 3\)"),
        (nn.LazyLinear(1), "without values"),
        (nn.Linear(3, 1, device="meta"), "without values"),
        (nn.Linear(3, 1, dtype=torch.complex64), "complex"),
        (Net(lambda z: z.sum(-1) if z.ndim == 3 else z), r"of x_l \(3, 3\)"),
        (Net(lambda z: z.sum(-1) if z.ndim == 3 else z @ z), "fails for x_l|must map"),
        (NTK(), "must map"),
    ],
    ids=range(14),
)
def test_forward_networks_that_do_not_fit(net: nn.Module, words: str) -> None:
    with pytest.raises(InputError, match=words):
        FiniteBDI(X, DATA.y, X[:6].view(2, 3, 3), width=4, depth=2, forward_net=net)


def test_forward_networks_that_fit() -> None:
    x = X[:6].view(2, 3, 3)
    with torch.no_grad():
        traced = nn.Linear(3, 1, bias=False)
        traced.weight.fill_(1)
        traced = torch.jit.trace(traced, X[:2].float())
    for net in (Net(lambda z: z.sum(-1)), Net(lambda z: z.sum(-1, keepdim=True)), traced):
        model = FiniteBDI(X, DATA.y, x, width=4, depth=2, forward_net=net, dtype=torch.float64)
        torch.testing.assert_close(model.loss()["forward"], ((x.sum(-1) - 10) ** 2).mean(-1))
    for bad in ("0", -1, 1.5, True):
        with pytest.raises(InputError, match="step"):
            model.loss(bad)


# propose

P = np.random.default_rng(0).uniform(size=(40, 2))
PY = -((P - 0.5) ** 2).sum(1)


def propose(x: Any = P, y: Any = PY, **more: Any) -> torchbdi.Proposals:
    return torchbdi.propose(x, y, **{"n": 2, "progress": False, **more})


@pytest.mark.parametrize(
    "name", ["minimize", "drop_missing", "safe_csv", "robust", "backtest", "progress"]
)
def test_switches_of_propose_are_no_words(name: str) -> None:
    for bad in ("no", "False", 0, 1, None, [True], np.array([True])):
        with pytest.raises(InputError, match=f"propose: {name} must be True or False"):
            propose(**{name: bad})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        *(({"n": bad}, "n must be an integer >= 1") for bad in (True, 2.0, "2", 0, [2])),
        *(({"bounds": bad}, "bounds") for bad in (
            [(0, 1)], "x0", {"x0": "01"}, {"x0": ("0", "1")}, {"x0": (True, 2)}, {"x0": (0, 1j)},
            {"x0": (math.nan, 1)}, {"x0": None}, {"x0": (0, 1, 2)})),
        *(({"steps": bad}, "step") for bad in (
            [1], {"x0": "1"}, {"x0": None}, {"x0": True}, {"x0": -1}, {"x0": math.nan})),
        *(({"out": bad}, "out must be a path") for bad in (5, True, "", [1], Path)),
        ({"takes": [1]}, "takes must be a dict"),
    ],
    ids=str,
)  # fmt: skip
def test_choices_of_propose_that_are_none(more: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        propose(**more)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (hidden, "has masked values"),
        (lambda a: [np.ma.array(r, mask=np.arange(r.size) > 0) for r in a], "has masked values"),
        (lambda a: torch.tensor(a).to("meta"), "meta device"),
        (lambda a: torch.tensor(a).to_sparse(), "not a dense tensor"),
        (lambda a: torch.masked.masked_tensor(torch.tensor(a), torch.tensor(a) > -9), "MaskedTens"),
        (lambda a: a + 1j, "complex"),
    ],
    ids=range(6),
)  # fmt: skip
def test_tables_of_propose_that_are_none(make: Callable[[np.ndarray], Any], words: str) -> None:
    with pytest.raises(InputError, match=f"x.*{words}"):
        propose(make(P))
    if "masked values" not in words or make is hidden:
        with pytest.raises(InputError, match=f"y.*{words}"):
            propose(P, make(PY))


def test_the_same_table_gives_the_same_proposals() -> None:
    expected = np.asarray(propose().x)
    found = propose(SAME["negative view"](P), SAME["list of tensors"](PY))
    assert (np.asarray(found.x) == expected).all()
    half = torch.tensor(P).bfloat16()
    assert (np.asarray(propose(list(half)).x) == np.asarray(propose(half.double()).x)).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: fit_ridge(KERNEL, X, DATA.y, 1e-2, verbose=False),
        lambda: methods.BestRows().solve(DATA, 3),
        lambda: propose(),
        lambda: maximise(lambda x: -x.square().sum(1), DATA.space, 3),
        lambda: DATA.space.fit(RAW),
    ],
    ids=["fit", "result", "proposals", "found", "space"],
)
def test_what_holds_numbers_is_equal_to_itself_alone(make: Callable[[], Any]) -> None:
    """As tensors and modules are: to look for one in a list is no error."""
    one, other = make(), make()
    assert one == one
    assert one != other
    assert other in [one, other]
    assert len({one, other}) == 2
