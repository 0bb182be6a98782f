"""Names of designs that several rows repeat, and of the sequences beside them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, names, plain, refused, text, told

from torchbdi.proposer.columns.naming import names_of_designs
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.reading.ways import Ways
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.understand import understand


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


def test_two_names_of_repeated_designs_are_left_out(tmp_path: Path) -> None:
    header, *rows = repeated("Formulation", [f"F{i}/b" for i in range(12)])
    content = text([["Code", *header], *([row[0][::-1], *row] for row in rows)])
    assert names(asked(tmp_path, content)[0]) == ["temp", "time", "conc"]


def test_a_number_of_repeated_designs_is_left_out(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(repeated("mix", [str(i + 1) for i in range(15)])))
    assert names(made) == ["temp", "time", "conc"]
    assert "'mix' is probably a number of the designs" in told(made)
    steps = text(repeated("mix", [str(5 * i + 5) for i in range(15)]))
    assert names(asked(tmp_path, steps)[0])[0] == "mix"


def test_levels_of_a_design_that_is_repeated_stay(tmp_path: Path) -> None:
    rows = repeated("base", ["KOH", "KF", "LiCl"] * 5)
    assert names(asked(tmp_path, text(rows))[0])[0] == "base"


@pytest.mark.parametrize(("name", "count", "left"), [
    ("variant", 30, ["site", "temp"]), ("Peptide name", 30, ["site", "temp"]),
    ("strain", 30, ["strain", "site", "temp"]), ("strain", 60, ["site", "temp"]),
])  # fmt: skip
def test_names_of_sequences_are_left_out(
    name: str, count: int, left: list[str], tmp_path: Path
) -> None:
    """A strain is chosen, and has a barcode; too many for a category are names."""
    rng = np.random.default_rng(2)
    sites = ["".join(rng.choice(list("ACDEFGHIKL"), 8)) for _ in range(count)]
    rows = [[name, "site", "temp", "yield"]]
    rows += [
        [f"v{i}", site, temp, f"{rng.normal():.2f}"]
        for i, site in enumerate(sites)
        for temp in ("20", "30")
    ]
    made, _ = asked(tmp_path, text(rows))
    assert names(made) == left
    assert (f"{name!r} has a text of its own for every sequence in 'site'" in told(made)) == (
        name not in left
    )


@pytest.mark.parametrize(("name", "label"), [("Ligand", "L{}"), ("solvent", "s{}")])
def test_a_category_beside_its_properties_stays(name: str, label: str, tmp_path: Path) -> None:
    """It is what can be chosen, and nobody can make another boiling point."""
    for count in (12, 80):
        rows = repeated(name, [label.format(chr(97 + i // 9) + f"/{i % 9}") for i in range(count)])
        if count == 12:
            assert names(asked(tmp_path, text(rows))[0])[0] == name
        else:
            assert "too many for a category" in refused(tmp_path, text(rows))


def test_a_name_of_crossed_levels_is_left_out(tmp_path: Path) -> None:
    """Whatever it is called: no property of single things has so few values."""
    rows = [["film", "base", "temp", "yield"]]
    rng = np.random.default_rng(0)
    for i in range(15):
        own = [f"film {chr(97 + i)}", ["KOH", "KF", "LiCl"][i % 3], str(20 + i // 3 * (i // 3))]
        rows += [[*own, f"{rng.normal():.2f}"] for _ in range(2)]
    rows = [row for row in rows if row[0] not in ("film c", "film h")]
    made, _ = asked(tmp_path, text(rows))
    assert names(made) == ["base", "temp"]


@pytest.mark.parametrize("other", [lambda i: 0.34 * i, lambda i: 7 + math.sin(i)])
def test_a_number_that_was_varied_by_ones_stays(
    other: Callable[[int], float], tmp_path: Path
) -> None:
    """Layers beside their thickness, or hours beside the acidity at that time."""
    rows = [["layers", "other", "yield"]]
    scores = np.random.default_rng(0).normal(size=28)
    rows += [[f"{1 + i // 2}", f"{other(i // 2):.2f}", f"{y:.2f}"] for i, y in enumerate(scores)]
    made, _ = asked(tmp_path, text(rows), "--free", "other")
    assert names(made)[0] == "layers"


def test_a_number_in_an_array_stays() -> None:
    rows = repeated("mix", [str(i + 1) for i in range(15)])[1:]
    x = np.array([row[:-1] for row in rows], dtype=np.float64)
    table, score, scores = table_of(x, np.array([float(row[-1]) for row in rows]))
    assert len(understand(table, score, scores, Settings()).columns) == 4


def test_names_of_very_many_columns_are_soon_looked_for() -> None:
    """Each column is looked at once, and not again beside every other one."""
    own = np.random.default_rng(0).integers(0, 30, 2000).tolist()
    columns = {f"c{i}": np.array([f"k{v}/{i}" for v in own], dtype=object) for i in range(120)}
    columns |= {f"d{i}": np.array(["x"] * 2000, dtype=object) for i in range(120)}
    seen: list[str] = []

    class Counted(dict[str, np.ndarray]):
        def __getitem__(self, name: str) -> np.ndarray:
            seen.append(name)
            return super().__getitem__(name)

    kinds = dict.fromkeys(columns, "category")
    assert names_of_designs(Counted(columns), {}, kinds, [*columns], Ways(True)) == {}
    assert len(seen) == len(set(seen))


def crossed(name: str, label: Callable[[str, str], str], times: int = 2) -> list[list[str]]:
    """Doses of two drugs under one name, in several lines of cells each."""
    rng = np.random.default_rng(0)
    rows = [[name, "a", "b", "line", "yield"]]
    for a in ("0.0", "0.1", "1.0", "3.0"):
        for b in ("0.0", "0.3", "3.0"):
            for line in ("HCT", "A549", "HeLa")[:times]:
                rows.append([label(a, b), a, b, line, f"{rng.normal():.2f}"])
    return [*rows[:4], *rows[5:]]


def test_a_name_that_spells_out_two_columns_is_left_out(tmp_path: Path) -> None:
    """Left among the settings it would be proposed beside other doses."""
    content = text(crossed("combo", lambda a, b: f"A {float(a):g} + B {float(b):g}"))
    made, _ = asked(tmp_path, content)
    assert names(made) == ["a", "b", "line"]
    assert "'combo' has a text of its own for every combination of 'a', 'b'" in told(made)
    assert "combo" in names(asked(tmp_path, content, "--category", "combo")[0])


def test_a_name_by_which_something_else_is_looked_up_stays(tmp_path: Path) -> None:
    rows = crossed("product", lambda a, b: f"P {a}/{b}", times=3)
    labels = [*dict.fromkeys(row[0] for row in rows[1:])]
    mass = {label: f"{117 + 31 * i % 97}" for i, label in enumerate(labels)}
    made, _ = asked(tmp_path, text([[*row, mass.get(row[0], "mass")] for row in rows]))
    assert names(made)[0] == "product"


@pytest.mark.parametrize(("other", "left"), [
    ("RBS_seq", ["RBS_seq", "temp"]), ("RBS DNA", ["RBS DNA", "temp"]),
    ("site", ["RBS", "site", "temp"]),
])  # fmt: skip
def test_a_name_beside_the_sequence_that_is_called_so(
    other: str, left: list[str], tmp_path: Path
) -> None:
    rng = np.random.default_rng(2)
    rows = [["RBS", other, "temp", "yield"]]
    for i in range(12):
        site = "".join(rng.choice(list("ACGT"), 8))
        rows += [[f"RBS{i}", site, temp, f"{rng.normal():.2f}"] for temp in ("20", "30", "37")]
    made, _ = asked(tmp_path, text(rows))
    assert names(made) == left
    assert ("proposals do not keep to that" in told(made)) == (other == "site")


def test_a_name_of_designs_at_several_times_is_left_out(tmp_path: Path) -> None:
    """Stored for 0 to 28 days, each formulation keeps its buffer, pH and surfactant."""
    rng = np.random.default_rng(0)
    made_of = [
        (buffer, ph, amount)
        for buffer in ("His", "Cit", "Phos") for ph in ("5.5", "6.0", "6.5") for amount in "12"
    ]  # fmt: skip
    rows = [["Formulation", "buffer", "pH", "PS80", "day", "yield"]]
    for i, place in enumerate(rng.permutation(18)[:13]):
        for day in ("0", "7", "14", "28"):
            rows.append([f"F{i}", *made_of[place], day, f"{rng.normal(90, 4):.1f}"])
    made, _ = asked(tmp_path, text(rows))
    assert set(names(made)) == {"buffer", "pH", "PS80", "day"} and not made.following
    assert "for every combination of 'buffer', 'pH', 'PS80', such as 'F0'" in told(made)
    kept, _ = asked(tmp_path, text(rows), "--category", "Formulation")
    assert "Formulation" in names(kept)
    # Beside measured properties a name is what is chosen.
    measured = [rows[0], *([*row[:3], f"{row[0][1:]}.5", *row[4:]] for row in rows[1:])]
    assert "Formulation" in names(asked(tmp_path, text(measured[:-2]))[0])
