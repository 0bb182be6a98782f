"""Columns of which one is a whole multiple of another in every row."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from proposer_tables import asked, text, told, with_column

from torchbdi.proposer.columns.remark import Remark
from torchbdi.proposer.rules.multiples import multiple_remarks
from torchbdi.space import Linear

RNG = np.random.default_rng(0)


def networks(n: int = 80) -> dict[str, np.ndarray]:
    """Widths, the numbers of heads that divide them, and of layers."""
    width = RNG.choice([192, 256, 384, 512, 640], n)
    heads = [RNG.choice([h for h in (2, 3, 4, 5, 6, 8, 10) if w % h == 0]) for w in width]
    return {
        "width": width.astype(float), "heads": np.array(heads, float),
        "layers": RNG.integers(2, 20, n).astype(float),
    }  # fmt: skip


def test_a_width_is_a_multiple_of_its_heads(tmp_path: Path) -> None:
    own = networks()
    told_of = multiple_remarks(own)
    assert len(told_of) == 1
    assert told_of[0].startswith("'width' is a whole multiple of 'heads' in all rows")
    rows = with_column("width", [f"{v:.0f}" for v in own["width"][:40]])
    heads = ["heads", *(f"{v:.0f}" for v in own["heads"][:40])]
    made, _ = asked(tmp_path, text([[a, *b] for a, b in zip(heads, rows, strict=True)]))
    assert "'width' is a whole multiple of 'heads'" in told(made)
    # The way out: how many numbers each head has.
    rows = with_column("each", [f"{v:.0f}" for v in (own["width"] / own["heads"])[:40]])
    made, _ = asked(tmp_path, text([[a, *b] for a, b in zip(heads, rows, strict=True)]))
    assert "a whole multiple" not in told(made)


def test_what_chance_or_steps_make_multiples_is_not_told() -> None:
    n = 80
    steps = {"temp": 20.0 * RNG.integers(1, 9, n), "time": RNG.choice([1.0, 2, 5, 10], n)}
    assert multiple_remarks(steps) == []  # all temperatures are multiples of all times
    few = {"a": RNG.choice([1.0, 2], n), "b": 2.0 * RNG.integers(1, 9, n)}
    assert multiple_remarks(few) == []
    some = networks()
    some["heads"][3] = 7
    assert multiple_remarks(some) == []
    parts = {"a": RNG.uniform(0, 1, n), "b": RNG.uniform(0, 1, n), "none": np.zeros(n)}
    assert multiple_remarks(parts) == []


def test_one_column_can_be_a_multiple_of_several() -> None:
    n = 150
    tensor, pipe = 2.0 ** RNG.integers(0, 4, (2, n))
    cards = tensor * pipe * RNG.choice([1, 2, 3], n)
    told_of = multiple_remarks({"tensor": tensor, "pipe": pipe, "cards": cards})
    assert "'cards' is a whole multiple of 'tensor' and of 'pipe' in all rows" in told_of[0]
    columns = {"tensor": tensor, "pipe": pipe, "cards": cards}
    said = [Remark("They are known.", columns, what="equal")]
    assert multiple_remarks(columns, [], said) == []
    kept = [Linear({"tensor": 1, "cards": -1}, 0, 0), Linear({"pipe": 2, "cards": -1}, high=0)]
    assert multiple_remarks(columns, kept) == []


def test_a_multiple_is_told_once(tmp_path: Path) -> None:
    """That it is as large as what it is a multiple of follows."""
    dose = 5 * RNG.integers(1, 20, 80)
    own = {"dose": dose, "total": dose * RNG.integers(1, 5, 80), "x": RNG.integers(0, 99, 80)}
    rows = [[*own, "yield"]]
    rows += [[*map(str, row), f"{row[2] % 7}.5"] for row in zip(*own.values(), strict=True)]
    made, _ = asked(tmp_path, text(rows))
    assert "'total' is a whole multiple of 'dose' in all rows" in told(made)
    assert "'dose' is at most 'total'" not in told(made)


def test_many_columns_of_few_numbers_are_looked_at_in_no_time() -> None:
    own = {f"a{i}": RNG.choice([1.0, 2.0], 3000) for i in range(50)}
    own |= {f"b{i}": RNG.choice([16.0, 32.0, 64.0], 3000) for i in range(50)}
    begin = time.process_time()
    assert multiple_remarks(own) == []
    assert time.process_time() - begin < 5  # all pairs of 1,000 rows took 20
