"""Levels, steps, sums and rules: found in a table or given, and kept by what is proposed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from asked import asked, plain, refused, text, told
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from propose_children import be_quick

import torchbdi
from torchbdi import InputError, TorchBDIError
from torchbdi.proposer.columns.column import Numbers
from torchbdi.proposer.columns.grids import grid_of
from torchbdi.proposer.columns.precision import decimals_of
from torchbdi.proposer.model.problem import ready
from torchbdi.proposer.pipeline import run
from torchbdi.proposer.reading.table import Table, as_texts
from torchbdi.proposer.report.writing import written
from torchbdi.proposer.rules.relations import constant_sums, round_value, sums_of_columns
from torchbdi.proposer.rules.typed import parse_at_most, parse_rule, parse_sum
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.understand import understand
from torchbdi.proposer.understood import Understood

RNG = np.random.default_rng(0)


def grid(cells: list[str], **more: object) -> object:
    values = np.array([float(cell) for cell in cells])
    column = Numbers("c", float(values.min()), float(values.max()))
    return grid_of(column, values, as_texts(cells), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "kind", "step", "written"),
    [
        (["20", "40", "60", "80"] * 5, "levels", None, "40"),
        ([str(55 + 5 * i) for i in range(15)], "step", 5, "60"),
        ([f"{0.25 * i:.2f}" for i in range(1, 40, 2)] * 2, "step", 0.5, "1.25"),
        ([str(i * i) for i in range(15)], "whole", 1, "60"),
        ([f"{v:.1f}" for v in RNG.uniform(20, 90, 40)], "", 0.1, "60.0"),
        ([f"{v:.12f}" for v in RNG.uniform(20, 90, 40)], "", None, "60"),
        ([f"{10**v:.2e}" for v in RNG.uniform(-5, -1, 40)], "", None, "60"),
    ],
)
def test_what_a_column_can_have(
    cells: list[str], kind: str, step: float | None, written: str
) -> None:
    made = grid(cells)
    assert made.kind == kind  # type: ignore[attr-defined]
    own = made.number.step  # type: ignore[attr-defined]
    assert own == pytest.approx(step) if step else own is None
    allowed = made.number.nearest(np.array([float(c) for c in cells]))  # type: ignore[attr-defined]
    np.testing.assert_allclose(allowed, [float(c) for c in cells], rtol=1e-12)
    value = float(made.number.nearest(np.array([float(written)]))[0])  # type: ignore[attr-defined]
    if step or kind == "levels":
        assert made.write(value) == written  # type: ignore[attr-defined]


def test_steps_that_are_given_and_columns_that_are_free() -> None:
    cells = [str(v) for v in (22, 25, 30, 35, 40, 55, 60)] * 3
    made = grid(cells, step=5.0)
    assert made.number.grid().tolist() == [25, 30, 35, 40, 45, 50, 55, 60]  # type: ignore[attr-defined]
    uneven = [f"{v:.1f}" for v in RNG.uniform(20.3, 60, 40)]  # on no grid in particular
    assert grid(uneven, step=5.0).number.grid().tolist() == [25, 30, 35, 40, 45, 50, 55]  # type: ignore[attr-defined]
    made = grid(cells, free=True)
    assert made.number.step == 1  # type: ignore[attr-defined]
    made = grid(cells, bounded=True)
    assert made.number.levels is None  # type: ignore[attr-defined]
    levels = np.array([30.0, 50.0, 70.0, 90.0] * 5)
    for low, high, step in ((30, 120, 20), (35, 75, 20), (35, 65, 1), (35, 45, 1)):
        made = grid_of(Numbers("c", low, high), levels, levels, bounded=True)
        assert made.number.step == step  # bounds with room for one level give the levels up
    made = grid([str(i * i) for i in range(15)], free=True)
    assert not made.number.discrete  # type: ignore[attr-defined]


def test_decimals_are_those_of_the_table() -> None:
    assert decimals_of(as_texts(["1", "2.50", "3"])) == 2
    assert decimals_of(as_texts(["1e-3"])) is None
    assert decimals_of(np.array([0.1, 0.25])) == 2
    assert decimals_of(np.array([0.1 + 0.2])) is None


NAMES = ["a", "b", "a b", "x-1", "p"]


@pytest.mark.parametrize(
    ("rule", "terms", "low", "high"),
    [
        ("a+b<=10", {"a": 1, "b": 1}, -math.inf, 10),
        ("a + 2*b >= 10", {"a": 1, "b": 2}, 10, math.inf),
        ("2 a - 0.5b = 3", {"a": 2, "b": -0.5}, 3, 3),
        ("a b + x-1 < 4e1", {"a b": 1, "x-1": 1}, -math.inf, 40),
        ("a <= b", {"a": 1, "b": -1}, -math.inf, 0),
        ("a ≤ 5", {"a": 1}, -math.inf, 5),
        ("a + 1 <= b + 3", {"a": 1, "b": -1}, -math.inf, 2),
        ("-a >= -5", {"a": -1}, -5, math.inf),
        ("10 >= p", {"p": -1}, -10, math.inf),
    ],
)
def test_rules_are_read(rule: str, terms: dict[str, float], low: float, high: float) -> None:
    made = parse_rule(rule, NAMES)
    assert (dict(made.coefficients), made.low, made.high) == (terms, low, high)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("a+b", "write a sum of columns"), ("a+c<=1", "'c' is no column"), ("1<=2", "no column"),
        ("a*b<=1", "sum of columns"), ("a+b<=10 000", "sum of columns"), ("a/b<=2", "a-5"),
        ("2*3*a<=1", "sum of columns"), ("a p<=1", "sum of columns"), ("0,5*a<=1", "point"),
        ("1<=a<=2", "two rules"), ("a-a<=1", "there is no column in it"), ("a <= 2*", "before"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_read(rule: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_rule(rule, NAMES)


def test_sums_and_numbers_of_parts_are_read() -> None:
    assert parse_sum("a+b=100", NAMES).low == 100
    with pytest.raises(InputError, match="write an equation"):
        parse_sum("a+b<=100", NAMES)
    made = parse_at_most("2 of a,b, p least 0.5", NAMES)
    assert (made.names, made.count, made.least) == (("a", "b", "p"), 2, 0.5)
    names = ["1,4-dioxane", "N,N-DMF", "water", "N"]
    made = parse_at_most("2 of 1,4-dioxane, N,N-DMF,water", names)
    assert made.names == ("1,4-dioxane", "N,N-DMF", "water")
    for wrong, message in (
        ("a,b", "write, for instance"), ("1 of a,c", "'c' is no column"),
        ("2 of a,b", "name more different parts"), ("1 of a,b least x", "a number from 0"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message):
            parse_at_most(wrong, NAMES)


def parts(n: int, total: float, places: int, count: int = 4) -> dict[str, np.ndarray]:
    shares = RNG.dirichlet(np.ones(count) * 2, n) * total
    return {f"part{i}": np.round(shares[:, i], places) for i in range(count)}


@pytest.mark.parametrize(("total", "places"), [(100.0, 1), (1.0, 3), (1.0, 2), (37.4, 2)])
def test_constant_sums_are_found_and_kept_at_their_round_value(total: float, places: int) -> None:
    columns = {**parts(60, total, places), "temp": np.round(RNG.uniform(20, 90, 60), 1)}
    (rule,) = constant_sums(columns)
    assert set(rule.coefficients) == {f"part{i}" for i in range(4)}
    assert (rule.low, rule.high) == (total, total)


def test_what_only_seems_a_sum_is_none() -> None:
    free = {name: np.round(RNG.uniform(0, 10, 60), 1) for name in "abc"}
    assert constant_sums(free) == []
    steady = {"pressure": 1000 + RNG.normal(size=60), "x": RNG.uniform(0, 1, 60)}
    assert constant_sums(steady) == []


def test_round_values() -> None:
    assert round_value(99.97, 0.1) == 100
    assert round_value(0.9999999999, 0) == 1
    assert round_value(37.4217, 0.001) == 37.4217
    assert round_value(37.4217, 0.05) == 37.4


def test_columns_that_follow_from_others_are_found() -> None:
    a, b = np.round(RNG.uniform(0, 80, (2, 40)), 1)
    units = {"a": 0.1, "b": 0.1, "total": 0.1, "kelvin": 0.01, "other": 0.1}
    other = np.round(RNG.uniform(0, 80, 40), 1)
    (rule,) = sums_of_columns({"a": a, "b": b, "total": np.round(a + b, 1), "other": other}, units)
    assert dict(rule.coefficients) == {"total": 1, "a": -1, "b": -1} and rule.low == 0
    (rule,) = sums_of_columns({"a": a, "kelvin": np.round(a + 273.15, 2)}, units)
    assert dict(rule.coefficients) == {"kelvin": 1, "a": -1}
    assert rule.low == pytest.approx(273.15)
    assert sums_of_columns({"a": a, "b": b, "other": other}, units) == []


def test_they_are_told_and_become_rules(tmp_path: Path) -> None:
    own = parts(60, 100, 1)
    rows = [[*own, "total", "yield"]]
    for i in range(60):
        cells = [own[name][i] for name in own]
        rows.append([*(f"{v:.1f}" for v in cells), f"{cells[0] + cells[1]:.1f}", f"{cells[0]:.1f}"])
    made, _ = asked(tmp_path, text(rows))
    design = {"part0": 10.0, "part1": 20.0, "part2": 30.0, "part3": 40.0, "total": 30.0}
    for change, held in (({}, True), ({"total": 31.0}, False), ({"part3": 41.0}, False)):
        changed = {**design, **change}
        sums = [sum(v * changed[n] for n, v in r.coefficients.items()) - r.low for r in made.rules]
        assert (np.abs(sums).max() < 1e-9) == held
    assert told(made).count("in every row") == 2
    rows = [["a", "b", "total", "yield"]]
    for i in range(40):
        a, b = RNG.uniform(0, 80, 2).round(1)
        rows.append([f"{a:.1f}", f"{b:.1f}", f"{a + b:.1f}", f"{abs(a - 3 * b) + i % 3:.1f}"])
    made, _ = asked(tmp_path, text(rows))
    assert "Column 'total' is a + b in every row" in told(made)
    made, _ = asked(tmp_path, text(rows), "--sum", "a+b=90", "--ignore", "total")
    assert [str(rule) for rule in made.rules] == ["a + b = 90"]
    message = refused(tmp_path, text(rows), "--rule", "a+b<=-5")
    assert "within their bounds the columns give" in message


def mixtures(n: int = 60) -> list[list[str]]:
    """Three parts that add up to 100, a time, and a score."""
    rng = np.random.default_rng(4)
    rows = [["a", "b", "c", "t", "yield"]]
    for a, b, c in np.round(rng.dirichlet([1, 1, 1], n) * 100, 1):
        t, noise = rng.uniform(0, 20), rng.normal()
        cells = (a, b, 100 - a - b, t, a / 9 - abs(b - 30) - t + noise)
        rows.append([f"{v:.1f}" for v in cells] if c >= 0.1 else rows[-1])
    return rows


@pytest.mark.parametrize(
    ("words", "rules", "said"),
    [
        (["--rule", "a+2*t=40"], ["a + 2 t = 40", "a + b + c = 100"], ": so they do in every"),
        (["--sum", "a+b=40"], ["a + b = 40", "a + b + c = 100"], ": so they do in every"),
        (["--sum", "a+b+c=90"], ["a + b + c = 90"], ""),
        (["--sum", "a+b=40", "--sum", "c=50"], ["a + b = 40", "c = 50"], ""),
        (["--sum", "a+b+c+t=100"], ["a + b + c + t = 100"], "which a + b + c + t = 100 gives up"),
    ],
)
def test_an_equation_leaves_the_other_sums_of_its_parts(
    words: list[str], rules: list[str], said: str, tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, text(mixtures()), *words)
    assert [str(rule) for rule in made.rules] == rules
    assert ("'a', 'b', 'c' add up to 100 in every row" in told(made)) == bool(said)
    assert said in told(made)


def counts(n: int = 120) -> list[list[str]]:
    """Three columns of whole numbers, one of decimals, and a score."""
    rng = np.random.default_rng(4)
    rows = [["a", "b", "k", "t", "yield"]]
    for _ in range(n):
        a, b, k, t = rng.integers(7), rng.integers(5), rng.integers(1, 20), rng.uniform(0, 9)
        score = 50 - (a - 3) ** 2 - (b - 2) ** 2 - (k - 9) ** 2 / 20 - t / 5
        rows.append([str(a), str(b), str(k), f"{t:.1f}", f"{score:.2f}"])
    return rows


@pytest.mark.parametrize(
    ("words", "loose", "between"),
    [
        (["--rule", "2*a+3*b=12"], "", False),
        (["--rule", "3*a+5*k=57"], "", False),
        (["--rule", "2*a+3*b+2*k=30", "--fix", "k=3"], "", False),
        (["--rule", "2*a+t=12.33"], "t", False),
        (["--rule", "2*a+4*b=13"], "ab", True),
    ],
)
def test_whole_numbers_stay_whole_where_an_equation_leaves_some(
    words: list[str], loose: str, between: bool, tmp_path: Path
) -> None:
    made, settings = asked(tmp_path, text(counts()), *words)
    assert "".join(n for n, g in made.grids.items() if not g.number.discrete) == loose
    assert ("proposals have values between them" in told(made)) == between
    p = run(ready(made, settings), settings, progress=False)
    for name in set("abk") - set(loose):
        assert (p.columns[name] % 1 == 0).all()
    (rule,) = made.rules
    total = sum(v * p.columns[name] for name, v in rule.coefficients.items())
    np.testing.assert_allclose(total, rule.low, atol=1e-6)


@pytest.mark.parametrize(
    ("zero", "words"),
    [
        (False, ["-n", "60"]),
        (False, ["--bounds", "u=0.015:0.45"]),
        (True, ["--bounds", "u=0:0.45"]),
        (False, ["--bounds", "u=0.21:0.29"]),
        (False, ["--free", "u", "--bounds", "u=0.015:0.45"]),
        (False, ["--rule", "u+v<=0.46"]),
        (False, ["--rule", "u-5*v=0"]),
    ],
)
def test_numbers_of_one_digit_are_written_as_they_were_searched(
    zero: bool, words: list[str], tmp_path: Path
) -> None:
    """Neither bounds and rules nor that designs are new is lost where they are rounded."""
    rng = np.random.default_rng(8)
    rows = [["u", "v", "yield"]]
    for i in range(90):
        u, v = 10 ** rng.uniform(-4, 0, 2)
        cells = ["0" if zero and i < 3 else f"{u:.0e}", f"{v:.0e}"]
        score = -((math.log10(u) + 0.2) ** 2) - (math.log10(v) + 1) ** 2
        rows.append([*cells, f"{score:.3f}"])
    made, settings = asked(tmp_path, text(rows), *words)
    p = run(ready(made, settings), settings, progress=False)
    found = [
        tuple(map(float, cells)) for cells in zip(written(p, "u"), written(p, "v"), strict=True)
    ]
    known = {(float(u), float(v)) for u, v, _ in rows[1:]}
    assert len(set(found)) == len(found) and not known & set(found)
    low, high = settings.bounds.get("u", (None, None))
    for u, v in found:
        assert low is None or low <= u <= high
        assert "--rule" not in words or (
            u + v <= 0.46 if "<" in words[1] else abs(u - 5 * v) < 1e-9
        )


def test_what_is_written_has_the_decimals_of_the_table(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(plain()))
    assert [made.grids[name].write(61.0) for name in made.order] == ["61.0", "61.0", "61.00"]


# In random tables: what is found or given holds in what a space samples and projects.


@st.composite
def tables(draw: st.DrawFn) -> tuple[Table, np.ndarray, Settings]:
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    n = draw(st.integers(12, 40))
    columns: dict[str, np.ndarray] = {}

    def put(name: str, values: np.ndarray, places: int) -> None:
        columns[name] = as_texts([f"{v:.{places}f}" for v in values])

    for i in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["levels", "step", "whole", "decimals", "any", "names"]))
        if kind == "levels":
            put(f"c{i}", rng.choice([20.0, 50.0, 90.0], n), 0)
        elif kind == "step":
            put(f"c{i}", 0.25 * rng.integers(0, 80, n), 2)
        elif kind == "whole":
            put(f"c{i}", rng.integers(0, 300, n).astype(float), 0)
        elif kind == "decimals":
            put(f"c{i}", rng.uniform(-5, 5, n), draw(st.integers(1, 3)))
        elif kind == "any":
            columns[f"c{i}"] = rng.uniform(0, 1, n)
        else:
            columns[f"c{i}"] = as_texts(rng.choice(["A", "B", "C"], n).tolist())
    if draw(st.booleans()):
        places, total = draw(st.sampled_from([(1, 100.0), (2, 1.0), (3, 1.0)]))
        shares = rng.dirichlet(np.ones(3) * 2, n) * total
        for i in range(3):
            put(f"part{i}", shares[:, i], places)
    chosen: dict[str, object] = {}
    if "part0" in columns and draw(st.booleans()):
        least = draw(st.sampled_from(["", f" least {total / 10:g}"]))
        chosen["at_most"] = (f"2 of part0,part1,part2{least}",)
    numeric = [
        name for name in columns if name[0] == "c" and columns[name][0] not in ("A", "B", "C")
    ]
    if len(numeric) > 1 and draw(st.booleans()):
        a, b = (columns[name].astype(float) for name in numeric[:2])
        limit = float(np.quantile(a + b, draw(st.floats(0.1, 0.9))))
        chosen["rules"] = (f"{numeric[0]}+{numeric[1]}<={limit:.6f}",)
    if numeric and draw(st.booleans()):
        chosen["steps"] = {numeric[-1]: draw(st.sampled_from([0.5, 1.0, 7.0]))}
    made = Table("t", columns, np.arange(n), "", named=False)
    return made, rng.normal(size=n), Settings(n=4, **chosen)  # type: ignore[arg-type]


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(tables())
def test_steps_and_rules_hold_in_all_that_a_space_makes(
    drawn: tuple[Table, np.ndarray, Settings],
) -> None:
    table, y, chosen = drawn
    try:
        understood = understand(table, "y", y, chosen)
        problem = ready(understood, chosen)
    except TorchBDIError:  # nothing varies, all is known, or no design meets all of it
        assume(False)
        return
    space = problem.design_space
    draws = torch.Generator().manual_seed(0)
    sampled = space.sample(30, draws)
    some = problem.x_l[:10]
    moved = some + torch.randn(some.shape, generator=draws, dtype=torch.float64)
    for x in (sampled, space.project(moved), space.project(10 * moved)):
        values = problem.space.decode(space.decode(x))
        holds(understood, chosen, values, len(x))
    relaxed = space.project(moved, relax=True)
    names = [column.name for column in space.columns]
    if not space.layout.choices:  # then raw columns and features are the same
        raw = space.layout.unscaled(relaxed.numpy() * space.std + space.mean)
        for rule in understood.rules:
            total = sum(v * raw[:, names.index(name)] for name, v in rule.coefficients.items())
            size = sum(abs(v) * 100 for v in rule.coefficients.values())
            assert (total <= rule.high + 1e-6 * size).all()  # type: ignore[operator]
            assert (total >= rule.low - 1e-6 * size).all()  # type: ignore[operator]


def holds(understood: Understood, chosen: Settings, values: dict[str, np.ndarray], n: int) -> None:
    """Steps, levels, bounds and rules of a table hold in designs; said without the space."""
    for name, made in understood.grids.items():
        own = values[name]
        if name in chosen.steps:
            step = chosen.steps[name]
            rest = (own - own[0]) / step
            np.testing.assert_allclose(rest, np.round(rest), atol=1e-6)
        if made.kind == "levels":
            assert set(own.tolist()) <= set(made.number.levels or ())
        if made.kind == "whole":
            assert (own % 1 == 0).all()
        if made.decimals is not None and made.number.discrete:
            # What is written is what is meant.
            written = np.array([float(made.write(v)) for v in own])
            np.testing.assert_allclose(written, own, rtol=1e-9, atol=1e-9)
    for most in understood.at_most:
        amounts = np.stack([values[name] for name in most.names])
        assert ((amounts != 0).sum(0) <= most.count).all()
        assert ((amounts == 0) | (amounts >= most.least - 1e-9)).all()
    for rule in understood.rules:
        total = sum(v * values[name] for name, v in rule.coefficients.items())
        size = sum(abs(v) * np.abs(values[name]).max() for name, v in rule.coefficients.items())
        assert (total <= rule.high + 1e-8 * size).all()  # type: ignore[operator]
        assert (total >= rule.low - 1e-8 * size).all()  # type: ignore[operator]


def test_proposals_of_mixtures_keep_their_sum_and_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """All proposals have three of four parts at most, though every known design has four."""
    be_quick(monkeypatch.setattr)
    own = parts(40, 100, 1)
    y = -sum((v - 25) ** 2 for v in own.values())
    frame = {name: as_texts([f"{v:.1f}" for v in values]) for name, values in own.items()}

    class Frame(dict):  # type: ignore[type-arg]
        columns = property(list)

    p = torchbdi.propose(
        Frame(frame), y, n=6, rules="part0+part1<=60", progress=False,
        at_most="3 of part0,part1,part2,part3 least 5",
    )  # fmt: skip
    assert len(p) == 6
    amounts = np.stack([p.columns[name] for name in own])
    assert ((amounts > 0).sum(0) <= 3).all()
    assert ((amounts == 0) | (amounts >= 5)).all()
    assert (amounts[0] + amounts[1] <= 60 + 1e-9).all()
    total = sum(p.columns[name] for name in own)
    np.testing.assert_allclose(total, 100, atol=1e-9)
    for name in own:
        np.testing.assert_allclose(p.columns[name], np.round(p.columns[name], 1), atol=1e-9)
