"""Whether numbers spread over decades, so that their logarithms tell more than they do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, text, told

from torchbdi import Space, propose
from torchbdi.proposer.columns.decades import logarithm_of
from torchbdi.search import maximise
from torchbdi.space import Number

RNG = np.random.default_rng(0)
DOSES = np.repeat([0, 0.01, 0.1, 1, 10, 100], 8)


@pytest.mark.parametrize(
    ("values", "offset"),
    [
        (DOSES[8:], 0.0),
        (DOSES, 0.001),
        (np.repeat([0, 1e-9, 1e-8, 1e-7, 1e-6], 3), 1e-10),
        (np.repeat([0.0, *(2.0 ** np.arange(9))], 4), 0.1),
        (np.append(DOSES, 1000.0), 0.001),
        (np.concatenate([DOSES, RNG.uniform(0.5, 3, 64)]), 0.001),  # later rounds lie in between
        (np.concatenate([DOSES, np.repeat([0.2, 0.25, 0.3, 0.4, 0.7, 2, 3], 2)]), 0.001),
        (np.concatenate([DOSES, np.repeat([0.2, 0.25, 0.3], 4)]), 0.001),
        (np.concatenate([DOSES, np.repeat([0.2, 0.25, 0.3], 5)]), None),
        (np.concatenate([DOSES, np.full(40, 10.0)]), 0.001),  # later rounds repeat a dose
        (np.concatenate([DOSES, np.full(9, 0.7)]), 0.001),  # ... or what lies between two
        (np.concatenate([DOSES, np.full(30, 0.7), [0.5, 0.6, 2]]), 0.001),
        (np.concatenate([DOSES, np.repeat([0.7, 0.6], 9)]), None),
        (np.repeat([0.0, 0.05, 0.1, 0.15, 0.2, 1, 20, 40], 5), None),  # amounts
        (np.concatenate([DOSES[8:], np.full(800, 10.0)]), 0.0),
        (np.concatenate([DOSES[8:], np.full(800, 0.7), np.full(8, 0.5)]), 0.0),
        (np.concatenate([10.0 ** RNG.uniform(-3, 0, 40), np.full(400, 0.1)]), 0.0),
        (np.concatenate([np.linspace(0.004, 1, 60), np.full(30, 0.004)]), None),
        (np.concatenate([np.linspace(0.004, 1, 80), np.repeat([0.004, 1], 10)]), None),  # both ends
        (np.append(np.repeat([5.0, 10, 20, 30, 40, 50], 8), 0.01), None),  # one slip
        (np.concatenate([[0.0] * 12, np.repeat([0.01, 0.1, 1, 10], [5, 17, 62, 14])]), 0.001),
        (np.append(0.0, 10.0 ** np.arange(-3, 3)), 0.0001),  # once each
        (np.array([0, 0, 0, 0.01, 0.1, 0.1, 1, 1, 10, 10]), 0.001),
        (np.repeat([0, 1, 10, 50], 8), None),  # as without the 0
        (np.repeat([0, 40, 80, 120, 160], 8), None),
        (np.append(0.0, RNG.uniform(0, 100, 60).round(1)), None),
        (np.repeat([-1, 0, 0.01, 1, 100], 8), None),
        (np.append(np.repeat([0.0, 0.05, 0.1, 0.15, 0.2, 1, 20], 5), 40.0), None),  # amounts
        (np.array([0.0] * 30 + [0.001, 0.1, 5.0]), None),  # a few traces
        (np.repeat([0, 0.01, 0.1, 1, 10], [30, 2, 2, 2, 2]), 0.001),
        (np.zeros(20), None),
    ],
)
def test_what_has_a_logarithm(values: np.ndarray, offset: float | None) -> None:
    made = logarithm_of(values.astype(float))
    assert made == (None if offset is None else pytest.approx(offset))


def doses(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Designs of a dose, 0 at times, and a time; the best dose is 1, in decades."""
    rng = np.random.default_rng(1)
    x = np.column_stack([rng.choice(np.unique(DOSES), n), rng.integers(1, 25, n)])
    decades = np.log10(np.maximum(x[:, 0], 1e-3))
    return x, 10 - 2 * decades**2 - 0.02 * (x[:, 1] - 12) ** 2 + rng.normal(0, 0.2, n)


def test_doses_that_go_down_to_0_are_searched_as_logarithms(tmp_path: Path) -> None:
    x, y = doses()
    rows = [[f"{d:g}", f"{t:g}", f"{v:.2f}"] for (d, t), v in zip(x, y, strict=True)]
    made, _ = asked(tmp_path, text([["dose", "h", "yield"], *rows]))
    assert (
        "Column 'dose' spans 4.0 orders of magnitude above 0: it is searched as a logarithm, in "
        "which 0 lies a decade below 0.01." in told(made)
    )
    for words in (["--bounds", "dose=-1:10"], ["--rule", "dose+h<=40"], ["--fix", "dose=-1"]):
        assert "a decade below" not in told(asked(tmp_path, text([["dose", "h", "yield"], *rows]),
                                                  *words)[0])  # fmt: skip
    made_of = propose(x, y, n=4, progress=False)
    assert made_of.quality.rank_correlation > 0.9
    assert set(made_of.x[:, 0].tolist()) <= {0.1, 1.0, 10.0}
    worst = propose(x, y, n=4, minimize=True, fix={"x0": 0}, progress=False)
    assert (worst.x[:, 0] == 0).all()


def test_parts_of_a_sum_keep_their_decimals(tmp_path: Path) -> None:
    rng, levels = np.random.default_rng(0), [0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 20, 40, 80]
    rows = [["a", "b", "c", "yield"]]
    for a, b in zip(rng.choice(levels, 80), rng.uniform(2, 15, 80).round(2), strict=True):
        rows.append([f"{a:g}", f"{b:g}", f"{100 - a - b:.2f}", f"{a - b + rng.normal():.2f}"])
    number = asked(tmp_path, text(rows))[0].grids["a"].number
    assert (number.step, number.log) == (0.01, False)
    alone = [[a, b, y] for a, b, _, y in rows]
    number = asked(tmp_path, text(alone))[0].grids["a"].number
    assert (number.step, number.log, number.offset) == (None, True, 0.001)


def test_a_dose_of_0_that_failed_is_known(tmp_path: Path) -> None:
    x, y = doses()
    rows = [[f"{d:g}", f"{t:g}", f"{v:.2f}"] for (d, t), v in zip(x, y, strict=True)]
    rows += [["0", "31", "failed"]]
    words = ["--take", "failed=out"]
    made, _ = asked(tmp_path, text([["dose", "h", "yield"], *rows]), *words)
    assert "(row 62) is not proposed again" in told(made)
    assert made.tried["dose"].tolist() == [0]


def test_levels_with_a_0_are_searched_as_they_are() -> None:
    """Of one design that is wanted, on levels whose logarithms need an offset."""
    rng, levels = np.random.default_rng(0), tuple(np.unique(DOSES).tolist())
    columns = [Number(f"c{i}", levels=levels, log=True, offset=0.001) for i in range(9)]
    table = rng.choice(levels, (60, 9))
    space = Space((*columns, Number("free", 0, 10))).fit(np.column_stack([table, table[:, 0] / 10]))
    wanted = space.encode(np.array([[*[0, 0.01, 100] * 3, 5.0]]))
    found = maximise(lambda x: -(x - wanted).square().sum(1), space, 1)
    np.testing.assert_allclose(space.decode(found.x), space.decode(wanted), atol=1e-6)


@pytest.mark.parametrize(
    ("lowest", "bounds", "least"), [(1, "0:1000", "LOW:1000"), (0, "-1:100", "0:100")]
)
def test_bounds_that_leave_no_logarithm_are_told(
    lowest: int, bounds: str, least: str, tmp_path: Path
) -> None:
    levels = [lowest, 0.01, 0.1, 1, 10, 100][lowest:]
    rng = np.random.default_rng(2)
    rows = [[f"{rng.choice(levels):g}", f"{v:.2f}", f"{v + 1:.3f}"] for v in rng.uniform(size=60)]
    content = text([["dose", "time", "yield"], *rows])
    made, _ = asked(tmp_path, content, "--bounds", f"dose={bounds}")
    assert "but its bounds go down to" in told(made) and not made.grids["dose"].number.log
    assert f"--bounds dose={least})" in told(made)
    way = f"dose={least.replace('LOW', '0.001')}"
    assert asked(tmp_path, content, "--bounds", way)[0].grids["dose"].number.log
    fixed, _ = asked(tmp_path, content, "--fix", "dose=0")
    assert "go down to" not in told(fixed)


@pytest.mark.parametrize(
    ("levels", "low", "high"), [((0.01, 0.1, 1, 10, 100), 0.001, 1000), ((1, 10, 100, 1000), 1, 50)]
)
def test_powers_of_ten_have_no_step_of_9(
    levels: tuple[float, ...], low: float, high: float, tmp_path: Path
) -> None:
    """All of their differences are multiples of 9, and bounds give up levels alone."""
    rng = np.random.default_rng(2)
    rows = [[f"{rng.choice(levels):g}", f"{v:.2f}", f"{v + 1:.3f}"] for v in rng.uniform(size=60)]
    content = text([["dose", "time", "yield"], *rows])
    number = asked(tmp_path, content, "--bounds", f"dose={low}:{high}")[0].grids["dose"].number
    assert number.low == low and {low, 2 * low, 5.0, 20.0, 50.0} <= {*number.grid().tolist()}
