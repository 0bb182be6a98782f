"""Designs that have none of something by its name where they have none of its amount."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...space import Choice, Space
from ..columns.nothing import ROUNDING, Absent


def with_absent(x: Tensor, space: Space, absent: Sequence[Absent]) -> Tensor:
    """Designs (n, D) whose amounts go with their names: one of the two is changed.

    That is the amount, or the name where it follows from the amount; what can change neither is
    left out.

    Args:
        x: features of designs.
        space: they lie in it.
        absent: names for nothing with their amounts.
    """
    if not absent or not len(x):
        return x
    raw = space.decode(x)
    for own in absent:
        _, amount = _columns(raw, space, own)
        amount[np.abs(amount) <= ROUNDING * np.abs(amount).max()] = 0
    before, good = raw.copy(), np.ones(len(raw), bool)
    for own in sorted(absent, key=lambda own: not own.ruled):  # amounts follow from names at last
        _put_right(raw, space, own)
    for own in absent:
        names, amount = _columns(raw, space, own)
        texts = np.array(_choice(space, own).classes, dtype=object)[names.astype(int)]
        good &= own.keeps({own.name: texts, own.amount: amount})
    return moved(x, before, raw, good, space)


def moved(x: Tensor, before: np.ndarray, raw: np.ndarray, good: np.ndarray, space: Space) -> Tensor:
    """The good ones of designs (n, D), those that lie in the space where they were changed.

    Args:
        x: features of designs.
        before: what they are decoded to, (n, C).
        raw: the same, some of it changed.
        good: which of them are good, (n,) bool.
        space: they lie in it.
    """
    changed = torch.from_numpy((raw != before).any(1))
    made = torch.where(changed[:, None], space.encode(raw).to(x), x)
    return made[torch.from_numpy(good) & (~changed | space.allowed(made, 1e-6))]


def _put_right(raw: np.ndarray, space: Space, own: Absent) -> None:
    """Changes the names or the amounts of raw designs (n, C) in place."""
    names, amount = _columns(raw, space, own)
    column = _choice(space, own)
    nothing = [column.classes.index(value) for value in own.nothing]
    others = [code for code in range(len(column.classes)) if code not in nothing]
    without = np.isin(names, nothing)
    if not own.ruled:
        amount[without] = 0
        if own.least:
            amount[~without & (amount < own.least * (1 - ROUNDING))] = own.least
    elif column.fixed is None:
        nameless = without & (amount != 0)
        names[nameless] = np.resize(others, nameless.sum())  # all of them in turn
        if own.least:
            names[~without & (amount == 0)] = nothing[0]


def _columns(raw: np.ndarray, space: Space, own: Absent) -> tuple[np.ndarray, np.ndarray]:
    """Views of the numbers of the names, and of the amounts, (n,) each."""
    return raw[:, space.names.index(own.name)], raw[:, space.names.index(own.amount)]


def _choice(space: Space, own: Absent) -> Choice:
    column = space.columns[space.names.index(own.name)]
    assert isinstance(column, Choice)
    return column
