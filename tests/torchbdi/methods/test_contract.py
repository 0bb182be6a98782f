"""The contract of a method: its fields, the registry, a run that says nothing, a result."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch

from torchbdi import DoesNotFitError, InputError, OfflineData, Space, TorchBDIError, methods
from torchbdi.methods import registry
from torchbdi.methods.base import Method, Result, Run, setting

TOY = '''
"""A toy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torchbdi.methods.base import Method, Result, Run, setting


@dataclass(frozen=True)
class ToyWalk(Method):
    """Steps away from the mean."""

    revision: ClassVar[int] = 3

    size: float = setting(0.5, above=0.0)
    """Length of a step.

    Ours.
    """
    way: Literal["out", "in"] = "out"
    """Where to."""
    times: int | None = setting(None, at_least=1, since=2)
    """How often; None: as many as there are columns."""

    def settings_for(self, data):
        found = super().settings_for(data)
        return found | {"times": found["times"] or data.x.shape[1]}

    def solve(self, data, n, run=None):
        own, run = self.begin(data, n, run)
        return Result(data.x[:n] * (1 + own.size * own.times), facts={"seed": run.seed})


inwards = ToyWalk(way="in")
'''


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "toy_walk.py").write_text(TOY)
    (tmp_path / "_shared.py").write_text("raise RuntimeError('not a method')\n")
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    yield registry.class_of("toy_walk")
    sys.modules.pop("torchbdi.methods.toy_walk")
    vars(methods).pop("toy_walk")
    registry._load.cache_clear()


@dataclass(frozen=True)
class Every(Method):
    revision: ClassVar[int] = 1

    whole: int = setting(3, at_least=1, below=10)
    """A whole number."""
    real: float = setting(1.0, at_least=0.0)
    """A number."""
    maybe: float | None = setting(None, above=0.0, at_most=1.0)
    """A number or nothing."""
    switch: bool = False
    """A switch."""
    word: str = "a"
    """A word."""
    choice: Literal["left", "right", 3] = "left"
    """One of three."""
    several: tuple[int, ...] = setting((1, 2), at_least=0)
    """Numbers."""


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("whole", 2.0, 2),
        ("whole", np.int32(4), 4),
        ("whole", np.float32(4), 4),
        ("real", 10, 10.0),
        ("real", np.float32(0.5), 0.5),
        ("real", -0.0, 0.0),
        ("real", np.int64(2), 2.0),
        ("maybe", None, None),
        ("maybe", 1, 1.0),
        ("switch", np.True_, True),
        ("word", np.str_("b"), "b"),
        ("choice", "right", "right"),
        ("choice", 3, 3),
        ("several", [1, 2.0, np.int8(3)], (1, 2, 3)),
    ],
)
def test_values_are_converted(name: str, given: object, kept: object) -> None:
    found = getattr(Every(**{name: given}), name)
    assert repr(found) == repr(kept)  # 2.0 == 2 and -0.0 == 0.0 would pass for equal


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("whole", 2.5, "whole must be a whole number, got 2.5"),
        ("whole", True, "whole must be a whole number, got True"),
        ("whole", "3", "whole must be a whole number, got '3'"),
        ("whole", float("inf"), "a whole number, got inf"),
        ("whole", 0, "whole must be >= 1, got 0"),
        ("several", [2**63], "several must be a whole number of at most 9,223,372,036,854,775,807"),
        ("whole", 10, "whole must be < 10, got 10"),
        ("real", "high", "real must be a finite number, got 'high'"),
        ("real", float("nan"), "finite number, got nan"),
        ("real", 10**400, "finite number, got 1000"),
        ("real", True, "finite number, got True"),
        ("real", None, "finite number, got None"),
        ("real", -1e-300, "real must be >= 0.0"),
        ("maybe", 0.0, "maybe must be > 0.0"),
        ("maybe", 1.5, "maybe must be <= 1.0"),
        ("maybe", "x", "a finite number or none"),
        ("switch", 1, "true or false, got 1"),
        ("word", 1, "a word, got 1"),
        ("choice", "up", "one of left, right, 3, got 'up'"),
        ("choice", 3.0, "one of left, right, 3, got 3.0"),
        ("several", 1, "several must be a list"),
        ("several", [0.5], "several must be a whole number"),
        ("several", [1, -1], "several must be >= 0"),
    ],
)
def test_wrong_values_are_refused(name: str, given: object, told: str) -> None:
    with pytest.raises(InputError, match=f"Every: .*{told}"):
        Every(**{name: given})


def test_a_method_cannot_be_changed_and_can_be_compared() -> None:
    assert Every(real=2) == Every(real=2.0)
    assert hash(Every(several=[3])) == hash(Every(several=(3,)))
    with pytest.raises(FrozenInstanceError):
        Every().whole = 4  # type: ignore[misc]


def test_fields_have_name_type_default_and_meaning(toy: Any) -> None:
    size, way, times = registry.fields("toy_walk")
    assert (size.name, size.kind, size.default) == ("size", "float", 0.5)
    assert size.meaning == "Length of a step.\n\nOurs."
    assert way.kind == "Literal['out', 'in']"
    assert (times.kind, times.default, times.since) == ("int | None", None, 2)
    assert registry.fields("inwards")[1].default == "in"


def test_a_file_is_found_by_its_name(toy: Any) -> None:
    assert "toy_walk" in registry.file_names()
    assert "_shared" not in registry.file_names()
    assert {"toy_walk", "inwards"} <= set(registry.names())
    assert not {"base", "registry"} & set(registry.names())
    assert methods.ToyWalk is toy
    assert methods.Result is Result
    assert registry.method("toy_walk", size=1) == toy(size=1.0)
    assert registry.method("inwards", times=4) == toy(way="in", times=4)
    assert registry.file_of(toy()) == "toy_walk"
    for wrong in ("Toy_Walk", "toywalk", "Nope", "Min"):
        with pytest.raises(AttributeError, match="no attribute"):
            getattr(methods, wrong)


def test_unknown_words_are_answered_with_the_known_ones(toy: Any) -> None:
    with pytest.raises(InputError, match=r"no method 'toy_wlk'\. Did you mean toy_walk\?.*inwards"):
        registry.method("toy_wlk")
    told = r"toy_walk: there is no setting sise\. Did you mean size\? Valid: size, way, times"
    with pytest.raises(InputError, match=told):
        registry.method("toy_walk", sise=1)


def test_a_preset_is_a_label_that_settings_have(toy: Any) -> None:
    data: Any = SimpleNamespace(x=torch.zeros(5, 4, dtype=torch.float64))
    assert registry.label(toy(way="in")) == "inwards"
    assert registry.label(toy(way="in", times=4)) == "toy_walk"
    assert registry.label(toy(way="in", times=4), data) == "inwards"
    assert registry.label(toy()) == "toy_walk"


def five_rows() -> OfflineData:
    raw = np.random.default_rng(0).normal(size=(5, 4))
    return OfflineData.from_raw(raw, raw[:, 0], Space.numbers(4))


def test_settings_are_resolved_and_a_silent_run_is_made(toy: Any) -> None:
    data = five_rows()
    assert toy().settings_for(data) == {"size": 0.5, "way": "out", "times": 4}
    result = toy().solve(data, 2)
    assert torch.equal(result.x, 3 * data.x[:2])
    assert result.facts == {"seed": 0}
    with pytest.raises(InputError, match="n=6 designs; the table has 5 rows"):
        toy().solve(data, 6)
    with pytest.raises(InputError, match="ToyWalk has no score"):
        toy().score(data, data.x)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("@dataclass(frozen=True)", "@dataclass"), "frozen"),
        (("@dataclass(frozen=True)", ""), "must be a @dataclass"),
        (("    revision: ClassVar[int] = 3\n", ""), "needs revision"),
        (("ToyWalk", "Walk"), "does not go with the name of its file. Call the class ToyWalk,"),
        (("class ToyWalk(Method)", "class ToyWalk"), "must hold one class"),
        (('way: Literal["out", "in"] = "out"', "way: str"), "needs a default"),
        (('way: Literal["out", "in"] = "out"', 'name: str = "out"'), "may be called name"),
        (("def solve", "def solv"), r"needs a solve\(self, data, n, run=None\)"),
        (("= 3\n", '= 3\n    fidelity = "our"\n'), "fidelity = 'our'. Take one of 'as published'"),
        (('way: Literal["out", "in"] = "out"', "way: complex = 1j"), "way has the type complex"),
        (
            ('way: Literal["out", "in"] = "out"', "way: list[int] = 1"),
            r"the type list\[int\]. Take",
        ),
        (('way: Literal["out", "in"]', "way: Where"), "is not known: name 'Where'"),
        (('"in"] = "out"', '"in"] = setting("out", above=0.0)'), "way has limits"),
        (("setting(0.5", "setting(-0.5"), "its defaults are refused. ToyWalk: size must be > 0"),
        (("import torch\n", "import nowhere\n"), "line 9: it cannot be imported. ModuleNotFound"),
        (("    revision", "   revision"), "toy_walk.py, line .*IndentationError: "),
        (("(Method)", "(Methods)"), "line 14: it cannot be imported. NameError: name 'Methods'"),
        (("import torch\n", "import sys; sys.exit(2)\n"), "line 9: .* SystemExit: 2. Mend it"),
        (("frozen=True", "frozen=True, slots=True"), "Leave slots=True out"),
        (
            ("revision: ClassVar[int]", "revision: int"),
            r"called revision, .* Write revision: Class",
        ),
        (("    way:", "    score:"), "ToyWalk: no setting may be called score, as what every meth"),
        (
            ("def settings_for(self, data)", "begin: int = 1\n\n    def f(self, data)"),
            "called begin",
        ),
        (
            ("self, data, n, run=None", "self, data, n"),
            r"solve must take \(self, data, n, run=None\)",
        ),
        (("    def solve(self, ", "    @staticmethod\n    def solve("), "solve must take"),
        (("def settings_for(self, data)", "def score(self, x)"), r"must take \(self, data, x, run"),
        (
            ("    def set", "    def __post_init__(self):\n        pass\n\n    def set"),
            "Begin its __post",
        ),
        (
            ("    def set", "    def __post_init__(self):\n        self.size > 1\n\n    def set"),
            r"with super\(\).__post_init__\(\)",
        ),
        (
            (
                "    def set",
                "    def __post_init__(self):\n        raise ValueError('no')\n\n    def set",
            ),
            "its defaults are refused. no",
        ),
    ],
)
def test_a_file_that_breaks_the_contract_is_named(
    change: tuple[str, str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = TOY.replace(*change).partition("\n\ninwards")[0]
    if told == "needs a default":
        text = text.replace("= setting(0.5, above=0.0)", "").replace(
            "= setting(None, at_least=1, since=2)", ""
        )
    (tmp_path / "toy_walk.py").write_text(text)
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    try:
        with pytest.raises(TorchBDIError, match=told) as refused:
            registry.class_of("toy_walk")
        assert str(tmp_path / "toy_walk.py") in str(refused.value)
    finally:
        sys.modules.pop("torchbdi.methods.toy_walk", None)
        vars(methods).pop("toy_walk", None)
        registry._load.cache_clear()


DECORATOR = """
def given_draws(solve):
    @functools.wraps(solve)
    def with_draws(self, data, n, run=None):
        return solve(self, data, n, run, torch.Generator())

    return with_draws


@dataclass(frozen=True)
class"""


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        (
            "toy_walk",
            (
                ("@dataclass(frozen=True)\nclass", DECORATOR),
                ("import torch\n", "import functools\nimport torch\n"),
                (
                    "    def solve(self, data, n, run=None)",
                    "    @given_draws\n    def solve(self, data, n, run, draws)",
                ),
            ),
        ),
        ("toy_walk", (("run=None)", "run=None, /, **more)"),)),
        ("Toy_Walk", ()),
    ],
)
def test_a_file_that_is_sound_in_an_unusual_way(
    file: str,
    changes: tuple[tuple[str, str], ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a decorator that hands something over, arguments behind the others, capital letters."""
    text = TOY.partition("\n\ninwards")[0]
    for change in changes:
        assert change[0] in text
        text = text.replace(*change)
    (tmp_path / f"{file}.py").write_text(text)
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    try:
        assert registry.method(file).solve(five_rows(), 2).x.shape == (2, 4)
        assert methods.ToyWalk is registry.class_of(file)
    finally:
        sys.modules.pop(f"torchbdi.methods.{file}", None)
        vars(methods).pop(file, None)
        registry._load.cache_clear()


def test_a_preset_with_a_name_that_is_taken_is_refused(toy: Any) -> None:
    vars(sys.modules["torchbdi.methods.toy_walk"])["toy_walk"] = toy(way="in")
    with pytest.raises(TorchBDIError, match="has a name that is taken"):
        registry.presets()


def test_a_run_that_nobody_listens_to() -> None:
    run = Run()
    assert (run.seed, run.device, run.folder) == (0, torch.device("cpu"), None)
    run.log(1, loss=2.0, **{"a/b": 1.0})
    run.keep(0, torch.zeros(1, 2))
    with run.progress(3, "steps") as bar:
        bar.update()


def test_a_result_is_checked() -> None:
    x = torch.zeros(3, 2, dtype=torch.float64)
    learnt = x.clone().requires_grad_()
    done = Result(learnt, learnt.sum(1))
    assert done.predicted is not None
    assert not done.x.requires_grad and not done.predicted.requires_grad
    Result(x, torch.zeros(3), {"a": 1.0, "b": 2, "c": "d"})
    for wrong in (
        lambda: Result(x[0]),
        lambda: Result(x / 0),
        lambda: Result(x, torch.zeros(3, 1)),
        lambda: Result(x, torch.full((3,), torch.nan)),
        lambda: Result(x, facts={"a": None}),  # type: ignore[dict-item]
        lambda: Result(x, facts={"a": np.ones(1)}),  # type: ignore[dict-item]
        lambda: Result(x, facts={3: 1.0}),  # type: ignore[dict-item]
        lambda: Result(x, facts={"": 1.0}),
        lambda: Result(x, facts=None),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError, match="Result"):
            wrong()
    with pytest.raises(InputError, match=r"x contains NaN or inf at 1 places, first at index \(1"):
        Result(torch.tensor([[0.0], [torch.inf]]))


@dataclass(frozen=True)
class Strange(Method):
    """Returns what it is told to, and does to the table what it is told to."""

    revision: ClassVar[int] = 1

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        x = data.x[:n].clone()
        returned: Any = vars(type(self))["returned"]
        return returned(data, x)


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (lambda data, x: x, "Strange: what solve returns must be a Result, got Tensor"),
        (lambda data, x: None, "must be a Result, got NoneType"),
        (lambda data, x: Result(x[:2]), r"made designs \(2, 4\), not \(3, 4\)"),
        (lambda data, x: Result(x[:, :2]), r"made designs \(3, 2\), not \(3, 4\)"),
        (lambda data, x: Result(x, starts=torch.tensor([0, 1, -1])), "no rows of the table"),
        (lambda data, x: Result(x, starts=torch.tensor([0, 1, 5])), "int64 from 0 to 4"),
        (lambda data, x: Result(x, starts=torch.ones(3) > 0), "no rows of the table"),
        (lambda data, x: Result(data.x.mul_(2)[:3]), "changed the table that it was given"),
        (lambda data, x: (data.y.zero_(), Result(x))[1], "changed the table that it was given"),
    ],
)
def test_what_a_solve_returns_is_checked(
    returned: Any, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Strange, "returned", returned, raising=False)
    data = five_rows()
    with pytest.raises(TorchBDIError, match=told):
        Strange().solve(data, 3)


@dataclass(frozen=True)
class Judge(Method):
    """Scores designs as it is told to."""

    revision: ClassVar[int] = 1

    def score(self, data: OfflineData, x: torch.Tensor, run: Run | None = None) -> torch.Tensor:
        found: torch.Tensor = vars(type(self))["returned"](data, x)
        return found


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (lambda data, x: None, "Judge: what score returns must be a torch.Tensor, got NoneType"),
        (lambda data, x: x.numpy()[:, 0], "must be a torch.Tensor, got ndarray"),
        (lambda data, x: x[:, :1], r"score gave \(3, 1\) for 3 designs, not \(3,\)"),
        (lambda data, x: x[:2, 0], r"score gave \(2,\) for 3 designs"),
        (lambda data, x: x.sum(), r"score gave \(\) for 3 designs"),
        (lambda data, x: (data.x.mul_(2), x[:, 0])[1], "score changed the table"),
    ],
)
def test_what_a_score_returns_is_checked(
    returned: Any, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Judge, "returned", returned, raising=False)
    data = five_rows()
    with pytest.raises(TorchBDIError, match=told):
        Judge().score(data, data.x[:3].clone())


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (lambda: torch.empty(10**14), "an array of 4e.05 GB does not fit into memory"),
        (lambda: torch.empty(10**13, 10**13), "an array does not fit into memory"),
        (lambda: np.empty(10**14), "an array does not fit into memory"),
    ],
)
def test_an_allocation_that_fails_is_told(
    wanted: Any, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = five_rows()
    for kind, call in ((Strange, "solve"), (Judge, "score")):
        monkeypatch.setattr(kind, "returned", lambda data, x: wanted(), raising=False)
        with pytest.raises(DoesNotFitError, match=f"{kind.__name__}: {told}. Take smaller"):
            getattr(kind(), call)(data, 3 if call == "solve" else data.x.clone())


def test_other_errors_of_a_method_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    data = five_rows()
    monkeypatch.setattr(Strange, "returned", lambda data, x: x.view(7), raising=False)
    with pytest.raises(RuntimeError, match=r"shape '\[7\]' is invalid"):
        Strange().solve(data, 3)


def test_every_method_of_the_folder_keeps_the_contract() -> None:
    """Every field has a docstring of its own, and every preset a name of its own."""
    assert len(registry.names()) == len(registry.file_names()) + len(registry.presets())
    for file in registry.file_names():
        assert registry.class_of(file).revision >= 1
        for field in registry.fields(file):
            assert field.meaning.endswith("."), f"{file}: {field.name} has no docstring"


def test_a_list_of_rates_has_one_for_each_feature_before_anything_is_trained() -> None:
    raw = np.random.default_rng(0).normal(size=(40, 3))
    data = OfflineData.from_raw(raw, raw[:, 0], Space.numbers(3))
    taken = [
        name
        for name in registry.file_names()
        if any(f.name == "lr" and "tuple" in f.kind for f in registry.fields(name))
    ]
    assert {"bdi", "grad", "nemo", "ntk_ascent", "ram"} <= set(taken)
    for name in taken:
        assert registry.method(name, lr=(0.1, 0.2, 0.3)).settings_for(data)["lr"] == (0.1, 0.2, 0.3)
        for wrong in ((0.1,), (0.1, 0.2)):
            with pytest.raises(InputError, match=rf"lr is a list of {len(wrong)}; .* 3 features"):
                registry.method(name, lr=wrong).settings_for(data)
