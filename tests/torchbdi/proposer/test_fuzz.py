"""Whatever comes in, propose and its reader answer: with a result that holds, or with a reason."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from proposer_tables import Frame

import torchbdi
from torchbdi import TorchBDIError
from torchbdi.proposer.columns.column import Numbers
from torchbdi.proposer.reading.file import read_table
from torchbdi.proposer.reading.table import tidy, trimmed
from torchbdi.proposer.report.writing import proposals_csv

# The same examples each time; others by hand, with derandomize=False and --hypothesis-seed.
QUICK = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CELLS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).filter(
    lambda text: not trimmed(text).startswith(("'", '="'))  # marks of a spreadsheet's
)
# Numbers that people have, and those that break programs.
NUMBERS = (
    st.integers(-5, 5).map(float)
    | st.floats(-1e3, 1e3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0.0, -0.0, 1e99, -1e99, 1e-99, 5e-324, 1e16, 1e16 + 2, 1e100])
)


def write(folder: Path, content: bytes) -> Path:
    path = folder / "t.csv"
    path.write_bytes(content)
    return path


@QUICK
@given(
    st.binary(max_size=200)
    | st.text(alphabet='ab1.,;\t"\n\r\ufeff \x00é', max_size=120).map(str.encode)
)
@example(b'a,b\n"')
@example(b"a,b\r1,2\r")
@example(b"a,b\n" + b"1" * 200_000 + b",2\n")
def test_any_bytes_are_a_table_or_an_error_that_names_the_file(
    tmp_path: Path, content: bytes
) -> None:
    path = write(tmp_path, content)
    try:
        table = read_table(path)
    except TorchBDIError as error:
        assert "t.csv" in str(error)
        return
    assert len(table.columns) >= 2
    assert all(len(values) == len(table) for values in table.columns.values())
    assert all(isinstance(v, str) for values in table.columns.values() for v in values)
    assert (np.diff(table.rows) > 0).all()
    assert len(table.sha256) == 64


@QUICK
@given(
    names=st.lists(CELLS, min_size=2, max_size=5),
    data=st.data(),
    separator=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_csv_writes_is_read_back(
    tmp_path: Path, names: list[str], data: st.DataObject, separator: str, end: str
) -> None:
    names = [tidy(f"{trimmed(name)}_{i}") for i, name in enumerate(names)]
    row = st.lists(CELLS, min_size=len(names), max_size=len(names))
    rows = data.draw(st.lists(row, max_size=6))
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([names, *rows])
    table = read_table(write(tmp_path, file.getvalue().encode()), as_they_are=names)
    expected = [[trimmed(cell) for cell in row] for row in rows]
    kept = [i for i, row in enumerate(expected) if any(row)]
    assert list(table.columns) == names
    assert table.rows.tolist() == [i + 2 for i in kept]
    for j, name in enumerate(names):
        cells = [expected[i][j] for i in kept]
        assert table.columns[name].tolist() == cells


@st.composite
def tables(draw: st.DrawFn) -> tuple[Frame, Any, dict[str, Any]]:
    n = draw(st.integers(8, 24))

    def cells(kind: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(kind, min_size=n, max_size=n))

    frame = Frame()
    for i in range(draw(st.sampled_from([0, 1, 1, 2, 2, 3]))):
        kind = draw(st.sampled_from([NUMBERS, st.floats(0, 1), st.integers(0, 2).map(float)]))
        frame[f"n{i}"] = np.array(cells(kind))
    for i in range(draw(st.integers(0, 2))):
        frame[f"c{i}"] = cells(st.sampled_from(["Fe", "Ni", "Zn "]))
    if draw(st.booleans()):
        frame["s"] = cells(st.text("ACG", min_size=3, max_size=3))
    if draw(st.integers(0, 3)) == 3:
        frame["gap"] = cells(st.sampled_from([1.0, 2.0, None]))
    if draw(st.integers(0, 3)) == 3:
        frame["constant"] = [2.0] * n
    scores = st.floats(-10, 10) if draw(st.integers(0, 4)) else NUMBERS
    y = np.array(cells(scores))
    names = list(frame)
    chosen: dict[str, Any] = {
        "n": draw(st.integers(1, 6)),
        "minimize": draw(st.booleans()),
        "drop_missing": "gap" in frame and draw(st.integers(0, 3)) > 0,
    }
    if "s" in frame and draw(st.integers(0, 3)):
        chosen["sequence"] = "s"
    use = draw(st.sampled_from(["nothing", "fix", "bounds", "categories", "all"]))
    if names and use in ("fix", "all"):
        chosen["fix"] = [draw(st.sampled_from(names))]
    if names and use in ("bounds", "all"):
        ends = sorted(draw(st.tuples(NUMBERS, NUMBERS)))
        chosen["bounds"] = {draw(st.sampled_from(names)): tuple(ends)}
    if names and use in ("categories", "all"):
        chosen["categories"] = [draw(st.sampled_from(names))]
    return frame, y, chosen


@pytest.mark.usefixtures("quick")
@settings(QUICK, max_examples=120)
@given(tables())
@example(
    # A logarithm: what is 1e-10 from the lower bound is far from it.
    (
        Frame(n0=np.array([1, 1, 1, *2.0 ** -np.arange(1, 9), 1e-12])),
        np.array([0.0] * 11 + [1.0]),
        {"n": 2},
    )
)
def test_any_table_is_answered(drawn: tuple[Frame, Any, dict[str, Any]]) -> None:
    frame, y, chosen = drawn
    try:
        p = torchbdi.propose(frame, y, progress=False, **chosen)
    except TorchBDIError as error:
        assert len(str(error)) > 20
        event("answered with a reason")
        return
    event("proposed")
    assert 1 <= len(p) <= chosen["n"]
    lengths = {len(values) for values in p.columns.values()} | {len(p.notes)}
    for values in (p.predicted, p.error, p.distance, p.nearest_row, p.start_row, p.far):
        lengths.add(len(values))
        assert np.isfinite(values.astype(float)).all()
    assert lengths == {len(p)}
    assert (p.error >= 0).all()
    assert (p.distance >= 0).all()
    for column in p.problem.space.columns:
        found, known = p.columns[column.name], p.problem.values[column.name]
        if column.name in chosen.get("fix", ()):
            assert found.tolist() == known[p.start].tolist()
        elif isinstance(column, Numbers):
            assert ((found >= column.low) & (found <= column.high)).all()
            given_ends = chosen.get("bounds", {}).get(column.name)
            assert given_ends is None or (column.low, column.high) == given_ends
        else:
            letters = set("".join(known)) if column.sequence else set(known)
            assert all(set(v if column.sequence else [v]) <= letters for v in found)
    designs = list(zip(*(values.tolist() for values in p.columns.values()), strict=True))
    assert len(set(designs)) == len(designs)
    assert len(list(csv.reader(io.StringIO(proposals_csv(p))))) == len(p) + 1
