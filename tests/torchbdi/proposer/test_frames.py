"""Tables from what Python programs hold: tensors, arrays, data frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from proposer_tables import Frame, names, told

import torchbdi
from torchbdi import InputError
from torchbdi.proposer.columns.column import Classes
from torchbdi.proposer.frames import column_values, table_of
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.understand import understand
from torchbdi.proposer.understood import Understood

RNG = np.random.default_rng(0)
N = 40
LEVEL = np.arange(N) % 4
Y = RNG.normal(size=N)


def test_tensors_arrays_and_frames() -> None:
    x = torch.arange(6, dtype=torch.float32).reshape(3, 2)
    for given in (x, x.numpy(), x.tolist(), x.requires_grad_()):
        table, score, y = table_of(given, torch.arange(3))
        assert list(table.columns) == ["x0", "x1"]
        assert table.columns["x1"].tolist() == [1, 3, 5]
        assert score == "y"
        assert y.dtype == np.float64
    frame = Frame(
        t=[1, 2, 4], w=[None, 2.5, 3], s=["a", None, " b "], flag=np.array([True, False, True])
    )
    table, score, _ = table_of(frame, [1.0, 2.0, 3.0])
    assert table.columns["t"].dtype == np.float64
    assert np.isnan(table.columns["w"][0])
    assert table.columns["s"].tolist() == ["a", "", "b"]
    assert table.columns["flag"].tolist() == ["True", "False", "True"]
    table, _, _ = table_of(np.array(["AC", "GT"]), [1, 2])
    assert table.columns["sequence"].tolist() == ["AC", "GT"]
    named = Frame(y=[1, 2], z=[3, 4])
    assert table_of(named, [1, 3])[1] == "y_"


def test_the_hash_sees_names_values_and_scores() -> None:
    x, y = np.arange(4.0).reshape(2, 2), np.array([1.0, 2.0])
    hashes = {
        table_of(x, y)[0].sha256,
        table_of(x, y + 1e-15)[0].sha256,
        table_of(x.T, y)[0].sha256,
        table_of(Frame(a=x[:, 0], b=x[:, 1]), y)[0].sha256,
    }
    assert len(hashes) == 4
    assert table_of(x.copy(), y.copy())[0].sha256 in hashes


def test_the_hash_sees_what_the_cells_are_taken_for() -> None:
    """A killed run went on with the model of the other table."""

    class Categorical(np.ndarray):
        dtype = type("dtype", (), {"categories": ["AC", "GT"]})()  # as pandas' dtype

    texts = np.array(["AC", "GT", "AC"], dtype=object)
    y = np.arange(3.0)
    said = table_of(Frame(s=texts.view(Categorical)), y)[0]
    assert said.categories == ("s",)
    assert said.sha256 != table_of(Frame(s=texts), y)[0].sha256
    x = np.arange(6.0).reshape(3, 2)
    assert table_of(x, y)[0].sha256 != table_of(Frame(x0=x[:, 0], x1=x[:, 1]), y)[0].sha256


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((2, 3, 4)), [1, 2], "N, D"),
        (np.zeros((2, 0)), [1, 2], "N, D"),
        (np.zeros(3), [1, 2, 3], "N, D"),
        (np.zeros((2, 3)), [1, 2, 3], "as many rows"),
        (np.zeros((2, 3)), [[1, 2]], r"y must have shape \(N,\)"),
        (Frame(t=np.array([1, 2], dtype="m8[D]")), [1, 2], "timedelta64"),
        (np.zeros((2, 3), dtype=complex), [1, 2], "complex"),
        ([[1, 2], [3]], [1, 2], "numpy cannot read"),
        (Frame(), [1, 2], "as many rows"),
    ],
)
def test_what_cannot_be_a_table(x: Any, y: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        table_of(x, y)


@pytest.mark.parametrize(
    "x",
    [
        {"a": [1.0, 2.0], "b": [3.0, 4.0]},
        [{"a": 1.0, "b": 3.0}, {"a": 2.0, "b": 4.0}],
        np.array([(1.0, "u"), (2.0, "v")], dtype=[("a", "f8"), ("b", "U1")]),
    ],
)
def test_columns_that_have_names_are_those_of_a_data_frame(x: Any) -> None:
    with pytest.raises(InputError, match=r"Give pandas.DataFrame\(x\)"):
        table_of(x, [1.0, 2.0])


def test_a_missing_cell_of_pandas_is_missing() -> None:
    class NotAvailable:
        def __eq__(self, other: object) -> Any:
            return self

        __ne__ = __eq__
        __hash__ = None  # type: ignore[assignment]

        def __bool__(self) -> bool:
            raise TypeError("boolean value of NA is ambiguous")

    assert list(column_values("a", ["x", NotAvailable(), None])) == ["x", "", ""]


def test_the_score_in_a_data_frame_is_refused() -> None:
    import pandas as pd

    x, y = RNG.uniform(0, 100, (80, 3)), RNG.normal(size=80)
    df = pd.DataFrame({"T": x[:, 0], "p": x[:, 1], "yield": y})
    with pytest.raises(InputError, match=r"'yield' is the score: it has the name of y"):
        table_of(df, df["yield"])
    with pytest.raises(InputError, match=r"'yield' is the score: it has the values of y"):
        table_of(df, df["yield"].to_numpy())
    df.columns = [1, 2, 0]
    with pytest.raises(InputError, match=r"'0' is the score: it has the name of y"):
        table_of(df, df[0].round(3))
    assert table_of(df[[1, 2]], df[0])[1] == "0"


def test_a_categorical_column_of_a_data_frame_holds_names() -> None:
    import pandas as pd

    df = pd.DataFrame({"a": RNG.uniform(size=80), "reactor": pd.Categorical([1, 2, 3, 1] * 20)})
    table, score, y = table_of(df, RNG.normal(size=80))
    made = understand(table, score, y, Settings())
    assert isinstance(made.columns[-1], Classes)
    assert made.columns[-1].classes == ("1", "2", "3")
    pa = pytest.importorskip("pyarrow")
    numbers = pa.array([1, 2, 3, 1] * 20)
    for own, of_names in ((numbers.dictionary_encode(), True), (numbers, False)):
        df["reactor"] = pd.Series(pd.arrays.ArrowExtensionArray(own))
        assert table_of(df, y)[0].categories == (("reactor",) if of_names else ())


@pytest.mark.parametrize("wanted", [2.0, 2, "2"])
def test_a_number_that_is_a_name_is_found_however_it_is_asked_for(wanted: Any) -> None:
    """Names are shown as 2, and 2.0 is asked for as that."""
    import pandas as pd

    df = pd.DataFrame({"a": RNG.uniform(size=80), "grade": pd.Categorical([1.0, 2.0, 2.5, 1] * 20)})
    made = understand(*table_of(df, RNG.normal(size=80)), Settings(fix={"grade": wanted}))
    assert made.columns[-1].classes == ("1", "2", "2.5") and made.fixed == {"grade": "2"}


def test_columns_that_are_not_given_by_their_names_are_refused() -> None:
    class Columnar(list):  # type: ignore[type-arg]
        columns = property(list)

    with pytest.raises(InputError, match="no names by which a Columnar gives its columns"):
        table_of(Columnar([[1.0, 2.0], [3.0, 4.0]]), [1.0, 2.0])


def test_dates_of_a_data_frame_are_left_out() -> None:
    import pandas as pd

    df = pd.DataFrame({"a": RNG.uniform(size=30), "day": pd.date_range("2023-01-01", periods=30)})
    table, score, y = table_of(df, RNG.normal(size=30))
    made = understand(table, score, y, Settings())
    assert names(made) == ["a"]
    assert "Column 'day' holds dates" in told(made)


def understood(x: Any, y: Any = Y, decimal: str | None = None) -> Understood:
    return understand(*table_of(x, y, decimal), Settings(decimal=decimal))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", ["tensor", "array", "frame"])
def test_short_numbers_of_any_precision_are_those_numbers(dtype: Any, kind: str) -> None:
    levels = np.array([0.1, 0.2, 0.3, 0.7])[LEVEL].astype(dtype)
    if dtype == np.float64:
        levels = 0.1 * np.array([1, 2, 3, 7])[LEVEL]  # 0.30000000000000004
    amounts = (RNG.integers(0, 1000, N) / 1000).astype(dtype)
    x = np.stack([levels, amounts], axis=1)
    given = {"tensor": torch.from_numpy(x), "array": x, "frame": Frame(x0=levels, x1=amounts)}
    made = understood(given[kind])
    assert made.grids["x0"].number.levels == (0.1, 0.2, 0.3, 0.7)
    np.testing.assert_array_equal(made.values["x1"], np.round(made.values["x1"], 3))


def test_steps_that_were_added_up_are_those_steps() -> None:
    steps = np.arange(-10, 10.05, 0.1)  # -3.6e-14 for 0
    x = np.column_stack([steps[RNG.integers(0, len(steps), N)], RNG.uniform(size=N)])
    x[0, 0] = steps[100]
    values = understood(x).values["x0"]
    np.testing.assert_array_equal(values, np.round(values, 1))
    assert 0 in values


def test_other_numbers_keep_all_their_digits() -> None:
    for x in (RNG.uniform(size=(N, 2)), RNG.uniform(size=(N, 2)).astype(np.float32)):
        table, _, _ = table_of(x, Y)
        np.testing.assert_array_equal(table.columns["x0"], x[:, 0].astype(np.float64))
    eighths = np.stack([np.arange(N) / 1024, RNG.uniform(size=N)], axis=1)
    np.testing.assert_array_equal(table_of(eighths, Y)[0].columns["x0"], eighths[:, 0])


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([np.ones(2)] * N, "more than one value in row 0"), ([[1, 2]] * N, "x.drop"),
        ([(1, 2)] * N, "a column of its own"), ([{"a": 1}] * N, "more than one value"),
        (np.arange(N) * np.timedelta64(1, "h"), "total_seconds"),
    ],
)  # fmt: skip
def test_cells_that_are_no_single_value_are_refused(cells: Any, said: str) -> None:
    if not isinstance(cells, np.ndarray):
        values = np.empty(N, dtype=object)
        values[:] = cells
        cells = values
    with pytest.raises(torchbdi.InputError, match=said):
        table_of(Frame(a=cells, b=Y**2), Y)


def test_whole_numbers_of_any_size() -> None:
    x = np.empty((N, 1), dtype=object)
    x[:, 0] = [2**70 + i % 9 * 2**60 for i in range(N)]
    assert understood(Frame(a=x[:, 0], b=Y**2)).values["a"][1] == 2.0**70 + 2.0**60
    x[3, 0] = 10**400
    with pytest.raises(torchbdi.InputError, match="row 3 is not finite"):
        understood(Frame(a=x[:, 0], b=Y**2))
    for wrong, said in ((Y, r"x\[:, None\]"), (None, "got None")):
        with pytest.raises(torchbdi.InputError, match=said):
            table_of(wrong, Y)
    with pytest.raises(torchbdi.InputError, match="one column that it has"):
        table_of(np.ones((N, 2)), Y[:, None])


def test_a_column_without_a_name_is_no_score() -> None:
    made = understood(Frame({"a": RNG.uniform(size=N), "": RNG.uniform(size=N)}))
    assert [column.name for column in made.columns] == ["a", ""]
