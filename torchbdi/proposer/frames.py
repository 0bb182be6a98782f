"""Tables from what Python programs hold: tensors, arrays, data frames."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from ..kernels.errors import InputError
from ..labels import check_rows
from ..values import told
from .columns.meant import meant
from .reading.decimals import settle
from .reading.table import Table, Values, free_name, texts
from .reading.ways import IN_PYTHON

# Cells that hold more than one value, and the dtypes of torch's that numpy has, too.
_SEVERAL = (list, tuple, dict, set, np.ndarray)
_NUMPYS = ("torch.float16", "torch.float32", "torch.float64")


def table_of(x: Any, y: Any, decimal: str | None = None) -> tuple[Table, str, Values]:
    """A table from a tensor, an array, or a data frame, and its scores.

    Args:
        x: (N, D) numbers in a tensor or array, whose columns are called x0, x1, ...; (N,) texts,
            one column called sequence; or a data frame (anything with ``columns`` whose columns
            numpy can read).
        y: (N,) numbers; a name that it has (``y.name``) is kept.
        decimal: the mark before decimals in texts, "comma" or "point"; None where they tell.

    Returns:
        The designs, the name of the score, and the scores (N,).

    Raises:
        InputError: it is none of these.
    """
    check_rows("x", x, "y", y)
    named_by_hand = hasattr(x, "columns")
    if named_by_hand:
        try:
            named = {str(name): x[name] for name in x.columns}
        except (TypeError, KeyError, IndexError, ValueError):
            raise InputError(
                f"x: its .columns are no names by which a {type(x).__name__} gives its columns. "
                "Give a data frame, for instance x.to_pandas()."
            ) from None
        if len(named) != len(list(x.columns)):
            raise InputError("x: two columns of the data frame have the same name.")
    else:
        array = _array(x, "x")
        if array.dtype.names or any(isinstance(row, dict) for row in (x, *array.ravel()[:1])):
            raise InputError("x names its columns, and is no data frame. Give pandas.DataFrame(x).")
        if array.ndim == 1 and array.dtype.kind in "SUO":
            named = {"sequence": array}
        elif array.ndim == 2 and array.shape[1]:
            named = {f"x{i}": array[:, i] for i in range(array.shape[1])}
        else:
            one = ". A single column is x[:, None], or x.to_frame() of a series"
            raise InputError(
                "x must be (N, D) numbers, (N,) texts or a data frame; got "
                + (f"shape {array.shape}" if array.ndim else told(x))
                + (one if array.ndim == 1 and array.dtype.kind in "iufb" else "")
                + "."
            )
    columns = {name: column_values(name, values) for name, values in named.items()}
    scores = column_values("y", y)
    if scores.dtype == object and set(scores.tolist()) <= {"True", "False", ""}:
        scores = np.array([{"True": 1.0, "False": 0.0}.get(v, np.nan) for v in scores.tolist()])
    if named_by_hand:
        _check_score_is_not_there(columns, y, scores)
    columns = {name: meant(values, _dtype(named[name])) for name, values in columns.items()}
    score = free_name(_name_of(y) or "y", columns)
    lengths = {name: len(values) for name, values in {**columns, score: scores}.items()}
    if not columns or len(set(lengths.values())) != 1:
        raise InputError(f"x and y must have as many rows; lengths: {lengths}.")
    digest = hashlib.sha256()
    for name, values in (*columns.items(), (score, scores)):
        digest.update(repr((name, values.tolist())).encode("utf-8", "surrogatepass"))
    as_they_are = tuple(name for name, values in named.items() if _said_to_be_names(values))
    # The same cells are another table where some are said to be names, or a person named columns.
    digest.update(repr((named_by_hand, as_they_are)).encode("utf-8", "surrogatepass"))
    rows = np.arange(len(scores))
    settled = settle({**columns, score: scores}, rows, IN_PYTHON, decimal, as_they_are)
    if score in settled.complaints:
        raise InputError(settled.complaints[score])
    scores = settled.columns.pop(score)
    table = Table(
        "x", settled.columns, rows, digest.hexdigest(), notes=tuple(settled.notes),
        complaints=settled.complaints, named=named_by_hand, categories=as_they_are,
    )  # fmt: skip
    return table, score, scores


def _name_of(y: Any) -> str:
    """The name of a series, which can be 0; "" where there is none."""
    name = getattr(y, "name", None)
    return "" if name is None else str(name)


def _check_score_is_not_there(columns: dict[str, Values], y: Any, scores: Values) -> None:
    """Refuses a data frame that holds the scores, too: they would be something to choose."""
    named = _name_of(y)
    for name, values in columns.items():
        same = values.dtype == scores.dtype and np.array_equal(
            values, scores, equal_nan=values.dtype == np.float64
        )
        called = bool(named) and name == named
        if len(scores) and (called or same):
            which = "has the name of y" if called else "has the values of y"
            raise InputError(
                f"x: column {name!r} is the score: it {which}. Leave it out of x, for instance "
                f"x.drop(columns=[{name!r}])."
            )


def _said_to_be_names(values: Any) -> bool:
    """Whether a column of a data frame is pandas' categorical, or Arrow's, a dictionary."""
    dtype = getattr(values, "dtype", None)
    return hasattr(dtype, "categories") or hasattr(
        getattr(dtype, "pyarrow_dtype", None), "value_type"
    )


def column_values(name: str, values: Any) -> Values:
    """One column as :data:`Values`: numbers become float64, everything else text.

    Raises:
        InputError: it is not one-dimensional, or holds complex numbers, spans of time, or lists.
    """
    names = _said_to_be_names(values)
    array = _array(values, name)
    if array.dtype.kind == "M":  # dates; whoever looks at the kinds of columns leaves them out
        return texts(["" if day != day else str(day)[:19] for day in array.ravel()])
    if array.ndim != 1:
        one = f". Give the one column that it has: {name}.reshape(-1), or of a frame .iloc[:, 0]"
        raise InputError(
            f"{name} must have shape (N,), got {array.shape}"
            + (one if array.ndim == 2 and array.shape[1] == 1 else "")
            + "."
        )
    if array.dtype.kind in "mcV":
        seconds = f", such as x[{name!r}].dt.total_seconds()" if array.dtype.kind == "m" else ""
        raise InputError(
            f"{name} holds {array.dtype}; turn it into numbers or text first{seconds}."
        )
    if array.dtype.kind in "iuf" and not names:
        return array.astype(np.float64)
    cells = [
        cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell
        for cell in array.tolist()
    ]
    held = next((i for i, cell in enumerate(cells) if isinstance(cell, _SEVERAL)), None)
    if held is not None:
        raise InputError(
            f"{name} holds more than one value in row {held} ({told(cells[held])}). Give each of "
            f"them a column of its own, or leave this one out, for instance "
            f"x.drop(columns=[{name!r}])."
        )
    none = [_is_missing(cell) for cell in cells]
    kinds = (int, float, np.integer, np.floating)
    if (
        array.dtype.kind == "O"
        and not names
        and all(
            gone or (isinstance(cell, kinds) and not isinstance(cell, bool))
            for cell, gone in zip(cells, none, strict=True)
        )
    ):
        # A whole number of Python's can be too large for numpy's, and for a float.
        return np.array(
            [np.nan if gone else _float(cell) for cell, gone in zip(cells, none, strict=True)]
        )
    return texts(["" if gone else _text(cell) for cell, gone in zip(cells, none, strict=True)])


def _text(cell: Any) -> str:
    """A cell as a name, which 1.0 is as 1: so it is shown, and asked for."""
    return str(cell).removesuffix(".0") if isinstance(cell, float | np.floating) else str(cell)


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except OverflowError:
        return np.inf if cell > 0 else -np.inf


def _dtype(given: Any) -> Any:
    """The dtype of numpy's that a column came in; None where it has none."""
    dtype = getattr(given, "dtype", None)
    return getattr(dtype, "numpy_dtype", dtype)  # of pandas' Float32


def _is_missing(cell: Any) -> bool:
    """None, NaN, or pandas' NA, which is not even unequal to itself."""
    try:
        return cell is None or bool(cell != cell)
    except TypeError:
        return True


def _array(x: Any, name: str) -> np.ndarray:
    """Anything as an array of what it holds.

    Raises:
        InputError: numbers of it are hidden by a mask, or numpy cannot read it.
    """
    masked = [x] if isinstance(x, np.ma.MaskedArray) else x if isinstance(x, list | tuple) else []
    if any(np.ma.getmaskarray(v).any() for v in masked if isinstance(v, np.ma.MaskedArray)):
        raise InputError(
            f"{name} has masked values. Leave their rows out, or fill them in with .filled(...)."
        )
    if hasattr(x, "detach"):
        x = _plain_tensor(x, name)
    elif isinstance(x, list | tuple) and any(hasattr(v, "detach") for v in x):
        x = [_plain_tensor(v, name) if hasattr(v, "detach") else v for v in x]
    try:
        return np.asarray(x)
    except ValueError as error:
        raise InputError(f"{name}: numpy cannot read this as an array: {error}.") from error


def _plain_tensor(x: Any, name: str) -> np.ndarray:
    from ..inputs import check_plain  # whoever has a tensor has loaded torch

    check_plain(name, x)
    x = x.detach().cpu().resolve_conj().resolve_neg()
    x = x.double() if x.is_floating_point() and str(x.dtype) not in _NUMPYS else x
    return np.asarray(x)
