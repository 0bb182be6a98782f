"""Rows of controls among samples: told, and levels called control are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from proposer_tables import asked, text, told


def rows_of(controls: list[str], vary: bool) -> str:
    """Samples of random designs, and below them controls, of one design or of several."""
    rng = np.random.default_rng(0)
    rows = [["type", "a", "b", "yield"]]
    for i in range(40):
        rows.append(["sample", *(f"{v:.1f}" for v in rng.uniform(0, 9, 2)), f"{i % 7}.5"])
    for i, name in enumerate(controls):
        rows.append([name, f"{i if vary else 0}.5", "25.0", f"{20 + i}.5"])
    return text(rows)


def test_controls_are_told(tmp_path: Path) -> None:
    content = rows_of(["positive control", "blank"] * 3, vary=False)
    said = told(asked(tmp_path, content)[0])
    assert "Rows 42, 43, 44, 45, 46, 47 look like controls" in said and "--fix type=sample" in said
    assert "look like controls" not in told(asked(tmp_path, content, "--fix", "type=sample")[0])


def test_levels_are_no_controls(tmp_path: Path) -> None:
    for names, vary in ((["control"] * 6, True), (["peroxide", "uncontrolled"] * 3, False)):
        assert "look like controls" not in told(asked(tmp_path, rows_of(names, vary))[0])
