"""Columns of the row before, and sums down the rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from proposer_tables import asked, plain, text, told

from torchbdi.proposer.columns.before import before_remarks
from torchbdi.proposer.reading.ways import TYPED


def test_what_was_before_is_told(tmp_path: Path) -> None:
    rows = plain()
    lag = [["before", "time before", *rows[0]]]
    for last, row in zip(rows[:1] + rows[1:], rows[1:], strict=False):
        first = last is rows[0]
        lag.append(["50" if first else last[3], "30" if first else last[1], *row])
    said = told(asked(tmp_path, text(lag))[0])
    assert "'before' is 'yield' of the row before: in proposals it is free" in said
    assert f"--fix before={float(rows[-1][3]):g}" in said
    assert "'time before' is 'time' of the row before" in said
    assert "of the row before" not in told(asked(tmp_path, text(rows))[0])


def test_sums_down_the_rows_are_told() -> None:
    x = np.random.default_rng(0).uniform(1, 9, 40).round(1)
    y = np.arange(40.0)
    (remark,) = before_remarks("yield", y, {"km": x, "all km": x.cumsum()}, (), TYPED)
    assert (
        "'all km' is the sum of 'km' down to each row" in remark and "--ignore 'all km'" in remark
    )
    assert not before_remarks("yield", y, {"km": x, "all km": x.cumsum()}, ["all km"], TYPED)


def test_sorted_and_constant_columns_are_not_told() -> None:
    y = np.random.default_rng(0).normal(size=40)
    slow = np.repeat(np.arange(8.0), 5)
    assert not before_remarks("yield", y, {"a": slow, "b": slow}, (), TYPED)
    a, b = np.divmod(np.arange(36.0), 6)
    assert not before_remarks("yield", y[:36], {"a": a, "b": b}, (), TYPED)
