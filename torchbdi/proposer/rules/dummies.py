"""Columns of 0 and 1, or of yes and no, that are the names of one thing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ...space.constraints import Linear
from ..columns.remark import Remark
from ..reading.table import Values
from ..reading.ways import Ways, listed
from .limits import BY_NAMES

# is_B, solvent_DMF, base.K2CO3, "solvent: DMF": what stands before the last of such signs.
_PREFIX = re.compile(r"(.*[^\W\d_])\s*[_.:=\-/ \[(]+[^_.:=/ ]+[\])]?")

_PAIRS = [["true", "false"], ["yes", "no"], ["y", "n"], ["t", "f"]]


def dummy_remarks(
    columns: Mapping[str, np.ndarray], rules: Sequence[Linear], ways: Ways
) -> list[Remark]:
    """Names columns of 0 and 1 of one beginning of which never two are 1, and not always one is.

    Args:
        columns: numbers of the rows, (N,) each, those that are searched.
        rules: what proposals keep.
        ways: how options are typed.
    """
    ruled = {name for rule in rules for name in rule.coefficients}
    loose = {name: values for name, values in columns.items() if name not in ruled}
    out = []
    for names in _exclusive(loose):
        told = (
            f"Of {listed(names)} never two are 1, as where each is a name of one thing; proposals "
            f"need not keep that. If so, say {ways('rule', '+'.join(names) + '<=1')}, or make one "
            "column of names of them."
        )
        out.append(Remark(told, names, what="exclusive"))
    return out


def yes_or_no_remarks(columns: Mapping[str, Values], ways: Ways) -> list[Remark]:
    """The same of columns of yes and no, which are names themselves: no sum of them is kept.

    Args:
        columns: values of the designs, (N,) each, those that are searched.
        ways: how options are typed.
    """
    words = {name: _yes_and_no(values) for name, values in columns.items()}
    said = {name: (columns[name] == pair[0]).astype(float) for name, pair in words.items() if pair}
    out = []
    for names in _exclusive(said):
        yes, no = words[names[0]]
        always = np.sum([said[name] for name in names], axis=0).min() == 1
        rule = ways("rule", "+".join(names) + "<=1")
        kept = ", whose sum is kept" if always else f", and say {rule}"
        found = f"always one is {yes!r}" if always else f"never two are {yes!r}"
        told = (
            f"Of {listed(names)} {found}, as where each is a name of one thing; proposals need not "
            "keep that. If so, make one column of names of them, or write 1 and 0 for "
            f"{yes!r} and {no!r}{kept}."
        )
        out.append(Remark(told, names))
    return out


def _yes_and_no(values: Values) -> tuple[str, ...]:
    """The words for yes and no where a column has these two; () where it has others."""
    if values.dtype == np.float64:
        return ()
    pair = sorted(set(values.tolist()), key=str.casefold, reverse=True)
    return tuple(pair) if [word.casefold() for word in pair] in _PAIRS else ()


def _exclusive(columns: Mapping[str, np.ndarray]) -> Iterator[list[str]]:
    """Names of one beginning, of columns of 0 and 1 (N,), of which never two are 1."""
    groups: dict[str, list[str]] = {}
    for name, values in columns.items():
        match = _PREFIX.fullmatch(name)
        if match and set(np.unique(values)) == {0.0, 1.0}:
            groups.setdefault(match[1], []).append(name)
    for names in groups.values():
        total = np.sum([columns[name] for name in names], axis=0)
        if len(names) < 2 or total.max() > 1:
            continue
        shares = np.array([columns[name].mean() for name in names])
        # How often chance would leave at most one of them 1, row by row.
        none = float(np.prod(1 - shares))
        one = none * float((shares / (1 - shares)).sum())
        if len(total) * math.log(none + one) <= -math.log(BY_NAMES):
            yield names
