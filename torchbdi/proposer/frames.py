"""Tables from what Python programs hold: tensors, arrays, data frames."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from ..kernels.errors import InputError
from .table import Table, Values, free_name, texts


def table_of(x: Any, y: Any) -> tuple[Table, str, Values]:
    """A table from a tensor, an array, or a data frame, and its scores.

    Args:
        x: (N, D) numbers in a tensor or array, whose columns are called x0, x1, ...; (N,) texts,
            one column called sequence; or a data frame (anything with ``columns`` whose columns
            numpy can read).
        y: (N,) numbers; a name that it has (``y.name``) is kept.

    Returns:
        The designs, the name of the score, and the scores (N,).

    Raises:
        InputError: it is none of these.
    """
    if hasattr(x, "columns"):
        named = {str(name): np.asarray(x[name]) for name in x.columns}
        if len(named) != len(list(x.columns)):
            raise InputError("x: two columns of the data frame have the same name.")
    else:
        array = _array(x)
        if array.ndim == 1 and array.dtype.kind in "UO":
            named = {"sequence": array}
        elif array.ndim == 2 and array.shape[1]:
            named = {f"x{i}": array[:, i] for i in range(array.shape[1])}
        else:
            raise InputError(
                f"x must be (N, D) numbers, (N,) texts or a data frame; got shape {array.shape}."
            )
    columns = {name: column_values(name, values) for name, values in named.items()}
    score = free_name(str(getattr(y, "name", None) or "y"), columns)
    scores = column_values(score, y)
    lengths = {name: len(values) for name, values in {**columns, score: scores}.items()}
    if not columns or len(set(lengths.values())) != 1:
        raise InputError(f"x and y must have as many rows; lengths: {lengths}.")
    digest = hashlib.sha256()
    for name, values in (*columns.items(), (score, scores)):
        digest.update(repr((name, values.tolist())).encode("utf-8", "surrogatepass"))
    return Table("x", columns, np.arange(len(scores)), digest.hexdigest()), score, scores


def column_values(name: str, values: Any) -> Values:
    """One column as :data:`Values`: numbers become float64, everything else text.

    Raises:
        InputError: it is not one-dimensional, or holds dates or complex numbers.
    """
    array = _array(values)
    if array.ndim != 1:
        raise InputError(f"{name} must have shape (N,), got {array.shape}.")
    if array.dtype.kind in "mMcV":
        raise InputError(f"{name} holds {array.dtype}; turn it into numbers or text first.")
    if array.dtype.kind in "iuf":
        return array.astype(np.float64)
    cells = array.tolist()
    none = [_is_missing(cell) for cell in cells]
    kinds = (int, float, np.integer, np.floating)
    if array.dtype.kind == "O" and all(
        gone or (isinstance(cell, kinds) and not isinstance(cell, bool))
        for cell, gone in zip(cells, none, strict=True)
    ):
        return np.array([np.nan if gone else cell for cell, gone in zip(cells, none, strict=True)])
    return texts(["" if gone else str(cell) for cell, gone in zip(cells, none, strict=True)])


def _is_missing(cell: Any) -> bool:
    """None, NaN, or pandas' NA, which is not even unequal to itself."""
    try:
        return cell is None or bool(cell != cell)
    except TypeError:
        return True


def _array(x: Any) -> np.ndarray:
    if hasattr(x, "detach"):
        x = x.detach().cpu()
        x = x.double() if x.is_floating_point() else x  # numpy has no bfloat16
    try:
        return np.asarray(x)
    except ValueError as error:
        raise InputError(f"numpy cannot read this as an array: {error}.") from error
