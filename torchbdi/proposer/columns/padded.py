"""Sequences padded with '-' to equal length: in proposals the padding stays at the ends, too."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...space import Choice, Space
from ..reading.sequences import GAP, padded_at


@dataclass(frozen=True)
class Padded:
    """The sites of a padded sequence.

    Attributes:
        sites: numbers of its columns in the space, in order, (L,).
        gap: number of the class that is the padding.
        ends: where the padding may stand: "end", "start" or both.
    """

    sites: np.ndarray
    gap: int
    ends: Collection[str]


def padded_sites(space: Space, known: Tensor) -> list[Padded]:
    """The padded sequences of a space, without those that are fixed.

    Args:
        space: what a design may be.
        known: features of the known designs, (N, D).
    """
    by: dict[str, list[int]] = {}
    for i, column in enumerate(space.columns):
        if isinstance(column, Choice) and column.sequence is not None and GAP in column.classes:
            by.setdefault(column.sequence, []).append(i)
    if not by:
        return []
    raw = space.decode(known)
    out = []
    for at in by.values():
        sites = [column for i in at if isinstance(column := space.columns[i], Choice)]
        gap = sites[0].classes.index(GAP)
        letters = np.array(sites[0].classes)[raw[:, at].astype(int)]
        ends = padded_at(["".join(row) for row in letters.tolist()])
        if ends and any(site.fixed is None for site in sites):
            out.append(Padded(np.array(at), gap, ends))
    return out


def with_padding(x: Tensor, space: Space, padded: Sequence[Padded]) -> Tensor:
    """Designs (n, D) whose padding is at the ends: it is moved there, or the design is left out.

    A gap between letters means nothing where it only makes lengths equal, so GG-G is GGG-.

    Args:
        x: features of designs.
        space: they lie in it.
        padded: see :func:`padded_sites`.
    """
    if not padded or not len(x):
        return x
    raw = space.decode(x)
    good = np.ones(len(raw), bool)
    for own in padded:
        codes = raw[:, own.sites]
        gaps = codes == own.gap
        if len(own.ends) == 1:
            order = np.argsort(gaps if "end" in own.ends else ~gaps, axis=1, kind="stable")
            raw[:, own.sites] = np.take_along_axis(codes, order, axis=1)
        else:  # a gap between letters could go to either end
            before, after = (~gaps).cumsum(1) > 0, (~gaps)[:, ::-1].cumsum(1)[:, ::-1] > 0
            good &= ~(gaps & before & after).any(1)
        good &= ~gaps.all(1)
    moved = torch.where(space.logits, space.encode(raw).to(x), x)
    # A letter that all known sequences share cannot go elsewhere.
    return moved[torch.from_numpy(good) & space.allowed(moved, 1e-6)]
