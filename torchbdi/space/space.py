"""What a design may be, and the way between designs and the standardised features of a kernel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..inputs import ordinary_mode
from ..kernels.errors import InputError
from ..values import instance, number, switch, whole
from .checks import check_rules, checked_features, checked_pair, checked_raw, parts_of
from .columns import Choice, Column, Number, sequence
from .constraints import Linear
from .layout import Layout
from .moments import moments, unstandardised
from .polytope import TOLERANCE
from .present import AtMost
from .region import Region
from .words import text_of

LR_LOGITS, LR_NUMBERS, ALPHA_NUMBERS = 0.1, 1e-3, 1e-3


@dataclass(frozen=True, eq=False)
class Space:
    """What a design may be.

    A raw design is a row of C values, one a column: a number, or the number of a class. Its D
    features are standardised with the means and the population deviations of a table. A space is
    made of columns and constraints and then fitted to a table, ``Space(columns).fit(raw)``.

    Attributes:
        columns: C of them.
        constraints: linear ones between columns of numbers.
        at_most: how many of some columns of numbers may be other than 0.
        mean: of the features, (D,).
        std: of the features, (D,); 1 where a feature is constant.
        seen: smallest and largest raw values of the table, (2, C).
        anchors: numbers of designs that meet the constraints, standardised, (A, numbers).

    Raises:
        InputError: two columns have one name, or a constraint names no column of plain numbers.
    """

    columns: tuple[Column, ...]
    constraints: tuple[Linear, ...] = ()
    at_most: tuple[AtMost, ...] = ()
    mean: np.ndarray | None = field(default=None, repr=False)
    std: np.ndarray | None = field(default=None, repr=False)
    seen: np.ndarray | None = field(default=None, repr=False)
    anchors: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name, kind, what in (
            ("columns", Number | Choice, "a Number or Choice"),
            ("constraints", Linear, "a Linear"),
            ("at_most", AtMost, "an AtMost"),
        ):
            object.__setattr__(self, name, parts_of(name, getattr(self, name), kind, what))
        check_rules(self.columns, self.constraints, self.at_most)

    @staticmethod
    def numbers(width: int) -> Space:
        """A space of ``width`` numbers without bounds."""
        width = whole("Space", "width", width, 1)
        return Space(tuple(Number(f"x{i}") for i in range(width)))

    @staticmethod
    def sequence(length: int, letters: Sequence[str]) -> Space:
        """A space of sequences; a raw design is a row of numbers of letters."""
        return Space(sequence(length, letters))

    def fit(self, raw: np.ndarray) -> Space:
        """The same space with means and deviations of a table, (N, C).

        Raises:
            InputError: as for :meth:`encode`, or no design was found that meets the constraints.
        """
        raw = checked_raw(self.layout, raw)
        features = self.layout.features(raw)
        mean, std = moments(features)
        fitted = replace(self, mean=mean, std=std, seen=np.stack([raw.min(0), raw.max(0)]))
        return fitted._anchored(fitted._standardise(features))

    def changed(self, columns: Sequence[Column], scale: np.ndarray | None = None) -> Space:
        """The same fitted space with other columns in the place of its own.

        Args:
            columns: as many, each with as many features as before.
            scale: what every feature is multiplied by, (D,); None for 1.

        Raises:
            InputError: no design meets bounds, levels and constraints any more.
        """
        std = self._fitted()[1]
        assert self.anchors is not None
        scale = np.ones(len(std)) if scale is None else scale
        moved = replace(self, columns=tuple(columns), std=std / scale)
        at = self.layout.number_features
        begin = np.zeros((len(self.anchors), len(std)))
        begin[:, at] = self.anchors * scale[at]
        return moved._anchored(begin)

    def _anchored(self, x: np.ndarray) -> Space:
        """The same space with the anchors that are found from standardised features, (N, D)."""
        return replace(self, anchors=self._region.find_anchors(x[:, self.layout.number_features]))

    def boxed(self) -> Space:
        """The same space, with the table's bounds for numbers that have none."""
        self._fitted()
        columns = []
        for column, (low, high) in zip(self.columns, self._region.reached.T, strict=True):
            if isinstance(column, Number) and column.fixed is None:
                low = column.low if math.isfinite(column.low) else min(low, column.high)
                high = column.high if math.isfinite(column.high) else max(high, column.low)
                column = replace(column, low=float(low), high=float(high))
            columns.append(column)
        boxed = replace(self, columns=tuple(columns))
        if self.anchors is not None and len(self.anchors):
            low, high = boxed._region.polytope.box
            inside = ((self.anchors >= low - 1e-9) & (self.anchors <= high + 1e-9)).all(1)
            boxed = replace(boxed, anchors=self.anchors[inside] if inside.any() else self.anchors)
        return boxed

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return tuple(c.name for c in self.columns)

    @cached_property
    def layout(self) -> Layout:
        """Where the columns lie among the features."""
        return Layout(self.columns)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of every column "number", "level" (a number with levels), "category" or "site"."""
        return tuple(c.kind for c in self.columns)

    @property
    def width(self) -> int:
        """D, the number of features."""
        return self.layout.width

    @cached_property
    def logits(self) -> Tensor:
        """Which features are logits of classes, (D,) bool."""
        out = torch.ones(self.width, dtype=torch.bool, device="cpu")
        out[torch.from_numpy(self.layout.number_features)] = False
        return out

    @property
    def lr(self) -> Tensor:
        """Adam's rate for each feature, (D,): 0.1 for logits, 1e-3 for numbers (Section 4.3)."""
        # A tensor: two plain numbers make float32.
        logits = torch.tensor(LR_LOGITS, dtype=torch.float64, device="cpu")
        return torch.where(self.logits, logits, LR_NUMBERS)

    @property
    def alpha(self) -> float:
        """BDI's alpha: 1e-3 where all columns are numbers, else 0 (Section 4.3)."""
        return 0.0 if self.layout.choices else ALPHA_NUMBERS

    @cached_property
    def bounds(self) -> Tensor:
        """Bounds of the standardised features, (2, D); infinite for free logits."""
        ends = self.layout.ends(self._region.polytope.box, *self._fitted(), finite=False)
        return torch.from_numpy(ends)

    @cached_property
    def box(self) -> Tensor:
        """Finite bounds, (2, D): where there are none, those of the table, and of the classes."""
        ends = self.layout.ends(self._region.box, *self._fitted(), finite=True)
        return torch.from_numpy(ends)

    def encode(self, raw: np.ndarray) -> Tensor:
        """Raw designs (n, C) as standardised features, (n, D) float64.

        Numbers beyond bounds and between levels are taken as they are: :meth:`allowed` tells of
        them, and :meth:`project` puts them right.

        Raises:
            InputError: the shape is another one, a number is not finite, a class is none, or a
                number that is kept as a logarithm has none.
        """
        features = self.layout.features(checked_raw(self.layout, raw))
        return torch.from_numpy(self._standardise(features))

    def decode(self, x: Tensor) -> np.ndarray:
        """The nearest raw designs of standardised features (n, D), (n, C).

        A choice is the class with the largest logit of those that it may have, the first one
        having 0; numbers go to their nearest level and into their bounds, and what is fixed is as
        it must be. Constraints are the business of :meth:`project`.

        Returns:
            int32 where all columns are choices, else float64.
        """
        mean, std = self._fitted()
        values = checked_features("decode", self.width, x)
        raw = self.layout.raw(unstandardised(values, mean, std))
        return raw.astype(np.int32) if not len(self.layout.numbers) else raw

    def project(self, x: Tensor, relax: bool = False) -> Tensor:
        """The nearest features that a design may have, (n, D).

        Where :attr:`at_most` says how many parts are present, those with the largest amounts in
        raw units are, and the features are the nearest ones with these. Levels that a constraint
        couples go to near ones, column by column; another design may be nearer.

        Args:
            x: standardised features, (n, D).
            relax: leave logits as they are and numbers between their levels; bounds, constraints
                and what is fixed are kept all the same (the steps of an ascent need this).

        Raises:
            InputError: x has another width.
        """
        relax = switch("project", "relax", relax)
        values = checked_features("project", self.width, x)
        at = self.layout.number_features
        if relax:
            out = np.clip(values, *self.bounds.numpy())
            out[:, at] = self._region.relaxed(values[:, at])
        else:
            out = self._nearest(x).numpy()
            out[:, at] = self._region.rounded(values[:, at])
        made = torch.from_numpy(out)
        return made.to(x) if isinstance(x, Tensor) and x.is_floating_point() else made

    def holding(self, x: Tensor, held: Tensor) -> np.ndarray:
        """Bounds of each design's own at which some of its numbers stay as they are.

        Args:
            x: standardised features of designs in the space, (n, D).
            held: which features stay, (D,) bool.

        Returns:
            What :meth:`beside` takes, (2, n, numbers).
        """
        at = self.layout.number_features
        return self._region.holding(
            checked_features("holding", self.width, x)[:, at], held[at].numpy()
        )

    def beside(self, x: Tensor, box: np.ndarray) -> Tensor:
        """The nearest features whose numbers meet constraints and bounds of each design's own.

        Args:
            x: standardised features, (n, D); logits are left as they are.
            box: bounds of the numbers, (2, n, numbers), see :meth:`holding`.

        Returns:
            (n, D), the numbers between their levels where the bounds do not hold them.
        """
        out, at = checked_features("beside", self.width, x).copy(), self.layout.number_features
        out[:, at] = self._region.polytope.project(out[:, at], box)
        return torch.from_numpy(out)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Random designs as standardised features, (n, D).

        Choices and levels are uniform. Numbers are uniform within their bounds (those of the
        table where there are none) and, where constraints couple them, nearly so within these.
        Where :attr:`at_most` limits how many parts are present, every number of them that can meet
        the constraints is about as likely, none too.

        Raises:
            InputError: n is no whole number from 0, or there is no generator on the CPU.
        """
        n = whole("sample", "n", n, 0)
        instance("sample", "generator", generator, torch.Generator, "a torch.Generator")
        if generator.device.type != "cpu":
            raise InputError(f"sample: the generator must be on the CPU, not {generator.device}.")
        with ordinary_mode():
            return self._sample(n, generator)

    def _sample(self, n: int, generator: torch.Generator) -> Tensor:
        raw = np.empty((n, len(self.columns)))
        for columns, _, table in self.layout.choices:
            classes = torch.randint(len(table), (n, len(columns)), generator=generator)
            raw[:, columns] = classes.numpy()
        for i, column in enumerate(self.columns):
            if isinstance(column, Choice) and column.fixed is not None:
                raw[:, i] = column.fixed
            elif isinstance(column, Choice) and column.levels is not None:
                at = torch.randint(len(column.levels), (n,), generator=generator).numpy()
                raw[:, i] = column.grid()[at]
        if len(self.layout.numbers):
            z = self._region.sample(n, generator)
            raw[:, self.layout.numbers] = self._region.raw(z)
        return self.encode(raw)

    def allowed(self, x: Tensor, tolerance: float = TOLERANCE) -> Tensor:
        """Which features (n, D) are those of a design within bounds and constraints, (n,) bool."""
        values = checked_features("allowed", self.width, x)
        near = (self._nearest(x) - torch.from_numpy(values)).abs().amax(1)
        z = values[:, self.layout.number_features]
        fits = torch.from_numpy(self._region.meets(z, tolerance))
        return (near <= 1e3 * tolerance) & fits

    def same(self, x: Tensor, other: Tensor, tolerance: float = 1e-6) -> Tensor:
        """Whether two designs are equal: all classes and levels, numbers within a tolerance.

        Args:
            x: standardised features, (..., D).
            other: broadcastable to x.
            tolerance: for numbers, in standard deviations.

        Returns:
            (...), bool.
        """
        tolerance = number("same", "tolerance", tolerance, low=0)
        x, other = checked_pair(self.width, x, other)
        a, b = (self._nearest(v.reshape(-1, self.width)) for v in (x, other))
        return ((a - b).abs().amax(1) <= tolerance).view(x.shape[:-1])

    def distinct(self, x: Tensor, tolerance: float = 1e-6) -> Tensor:
        """Row numbers of the first of each set of equal designs among x (n, D), ascending.

        Designs in one cell of a grid are equal: classes and levels exactly, and numbers
        within the tolerance but where a border of cells lies between them.

        Args:
            x: standardised features, (n, D).
            tolerance: width of a cell, in standard deviations.

        Raises:
            InputError: the tolerance is not above 0, or x has another width.
        """
        tolerance = number("distinct", "tolerance", tolerance, above=0)
        keys = (self._nearest(x).numpy() / tolerance).round()
        _, first = np.unique(keys, axis=0, return_index=True)
        return torch.from_numpy(np.sort(first))

    def text(self, raw: np.ndarray) -> str:
        """One raw design (C,) in words: the letters of sites together, the rest with commas.

        Raises:
            InputError: it is no such design, or a value is none that its column can hold.
        """
        return text_of(self.layout, raw)

    @cached_property
    def _region(self) -> Region:
        mean, std = (v[self.layout.number_features] for v in self._fitted())
        return Region(
            self.layout, self.constraints, self.at_most, mean, std, self.seen, self.anchors
        )

    def _nearest(self, x: Tensor) -> Tensor:
        """The nearest features (n, D) of classes and levels, whatever constraints couple them."""
        return self.encode(self.decode(x))

    def _standardise(self, features: np.ndarray) -> np.ndarray:
        mean, std = self._fitted()
        standardised: np.ndarray = (features - mean) / std
        return standardised

    def _fitted(self) -> tuple[np.ndarray, np.ndarray]:
        if self.mean is None or self.std is None:
            raise InputError("Space: it has no means and deviations yet. Call space.fit(raw).")
        return self.mean, self.std
