"""Between a person's columns and the space that a search goes through."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from torchbdi import TorchBDIError
from torchbdi.proposer.columns.column import Classes
from torchbdi.proposer.model.problem import ready
from torchbdi.proposer.model.space import DesignSpace
from torchbdi.proposer.reading.table import Table, as_texts
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.understand import understand
from torchbdi.proposer.understood import Understood


def test_letters_become_design_bench_s_logits(
    dna: tuple[np.ndarray, np.ndarray, dict[str, float]], data_dir: Path
) -> None:
    from experiments.tasks._shim import load_design_bench

    load_design_bench(data_dir)
    from design_bench.datasets.discrete_dataset import DiscreteDataset

    texts = dna[0][:100]
    codes = np.array([["ACGT".index(c) for c in text] for text in texts])
    bench = DiscreteDataset.__new__(DiscreteDataset)
    bench.num_classes, bench.soft_interpolation, bench.is_logits = 4, 0.6, False
    expected = bench.to_logits(codes).reshape(100, -1)
    space = DesignSpace.fit([Classes("s", tuple("ACGT"), 8, True)], {"s": texts})
    features = space.space.layout.features(space.raw({"s": texts}))
    np.testing.assert_allclose(features, expected, rtol=1e-5)  # design-bench's are float32
    again = space.decode(space.space.decode(space.encode({"s": texts})))
    assert again["s"].tolist() == texts.tolist()


def test_a_site_that_never_varies_stays_as_it_is() -> None:
    """Sequences that share letters: no proposal has another one there."""
    texts = np.array(["AC" + "ACGT"[i % 4] + "ACGT"[i // 4 % 4] for i in range(16)], dtype=object)
    made = Classes("s", tuple("ACGT"), 4, True)
    space = DesignSpace.fit([made], {"s": texts})
    assert space.column_of.tolist() == sorted([0, 1, 2, 3] * 3)
    drawn = space.space.sample(50, torch.Generator().manual_seed(0))
    found = space.decode(space.space.decode(drawn))["s"]
    assert all(t.startswith("AC") for t in found)
    assert len(set(found)) > 8


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
