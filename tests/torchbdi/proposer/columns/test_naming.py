"""Names of designs that several rows repeat, and of the sequences beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, names, plain, refused, text, told


def repeated(name: str, labels: list[str], times: int = 3) -> list[list[str]]:
    """Designs with a name each, made several times."""
    header, *rows = plain(len(labels))
    scores = np.random.default_rng(1).normal(50, 9, (len(rows), times))
    return [
        [name, *header],
        *(
            [label, *row[:3], f"{score:.1f}"]
            for label, row, own in zip(labels, rows, scores, strict=True)
            for score in own
        ),
    ]


@pytest.mark.parametrize("count", [12, 80])
def test_a_name_of_repeated_designs_is_left_out(count: int, tmp_path: Path) -> None:
    rows = repeated("Formulation", [f"F{i}/b" for i in range(count)])
    made, _ = asked(tmp_path, text(rows))
    assert names(made) == ["temp", "time", "conc"] and len(made.scores) == count
    assert "'Formulation' has a text of its own for every design, such as 'F0/b'" in told(made)
    kept, _ = asked(tmp_path, text(rows), "--category", "Formulation")
    assert names(kept)[0] == "Formulation"
    # With a third of it made at another temperature it is a choice.
    rows[5][1] = "19.5"
    if count == 12:
        assert names(asked(tmp_path, text(rows))[0])[0] == "Formulation"
    else:
        assert "too many for a category" in refused(tmp_path, text(rows))


def test_proposals_that_were_measured_have_no_name_yet(tmp_path: Path) -> None:
    rows = repeated("Formulation", [f"F{i}/b" for i in range(12)])
    rows += [["", *row] for row in plain(6, seed=3)[1:]]
    made, _ = asked(tmp_path, text(rows))
    assert names(made) == ["temp", "time", "conc"] and len(made.scores) == 18


def test_a_number_of_repeated_designs_is_left_out(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(repeated("mix", [str(i + 1) for i in range(15)])))
    assert names(made) == ["temp", "time", "conc"]
    assert "'mix' is probably a number of the designs" in told(made)
    steps = text(repeated("mix", [str(5 * i + 5) for i in range(15)]))
    assert names(asked(tmp_path, steps)[0])[0] == "mix"


def test_levels_of_a_design_that_is_repeated_stay(tmp_path: Path) -> None:
    rows = repeated("base", ["KOH", "KF", "LiCl"] * 5)
    assert names(asked(tmp_path, text(rows))[0])[0] == "base"


def test_names_of_sequences_are_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    sites = ["".join(rng.choice(list("ACDEFGHIKL"), 8)) for _ in range(30)]
    rows = [["variant", "site", "temp", "yield"]]
    rows += [
        [f"v{i}", site, temp, f"{rng.normal():.2f}"]
        for i, site in enumerate(sites)
        for temp in ("20", "30")
    ]
    made, _ = asked(tmp_path, text(rows))
    assert names(made) == ["site", "temp"]
    assert "'variant' has a text of its own for every sequence in 'site'" in told(made)
