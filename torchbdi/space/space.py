"""What a design may be, and the way between designs and the standardised features of a kernel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..inputs import as_float64, ordinary_mode, real_array
from ..kernels.errors import InputError
from ..labels import check_columns, columns_of
from ..values import instance, number, switch, whole
from .columns import Choice, Column, Number, sequence
from .constraints import TOLERANCE, Linear, Polytope
from .layout import Layout
from .present import AtMost, Presence
from .rounding import Rounding
from .sampling import sample_polytope, uniform

# Features whose deviation is below this share of their size are constant but for rounding.
ROUNDING = 1e-12
LARGE = 1e140  # squares, and sums of many, are still far from the ends of float64
ANCHORS = 64  # designs kept that are known to meet the constraints
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
            object.__setattr__(self, name, _all_of(name, getattr(self, name), kind, what))
        names = [c.name for c in self.columns]
        if not names or len(set(names)) < len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise InputError(f"Space: give one or more columns with different names; {twice}.")
        plain = {c.name for c in self.columns if isinstance(c, Number) and not c.log}
        for constraint in self.constraints:
            if wrong := sorted(set(constraint.coefficients) - plain):
                raise InputError(
                    f"constraint {constraint}: {wrong} are no columns of numbers, or are kept as "
                    "logarithms. Constrain numbers with log=False."
                )
        holds = {
            c.name
            for c in self.columns
            if isinstance(c, Number)
            and c.name in plain
            and (c.fixed is not None or c.nearest(np.zeros(1))[0] == 0)
        }
        for rule in self.at_most:
            if wrong := sorted(set(rule.names) - holds):
                raise InputError(f"{rule}: {wrong} are no columns of numbers that can be 0.")

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
            InputError: a value is none that its column can hold, or no design was found that
                meets the constraints.
        """
        raw = self._check(raw)
        features = self.layout.features(raw)
        if not np.isfinite(features).all():
            row, at = np.argwhere(~np.isfinite(features))[0]
            raise InputError(f"Space: feature {at} of row {row} is not finite.")
        if len(features) == 0:
            raise InputError("Space: there is no design to be fitted to.")
        size = np.abs(features).max(0)
        if ((size > LARGE) | ((size > 0) & (size < 1 / LARGE))).any():
            at = int(np.argmax((size > LARGE) | ((size > 0) & (size < 1 / LARGE))))
            raise InputError(
                f"Space: the numbers of feature {at} are up to {size[at]:.3g}: their squares leave "
                "the range of float64. Give that column in another unit."
            )
        mean, std = features.mean(0), features.std(0)
        constant = std <= ROUNDING * np.abs(features).max(0)
        mean, std = np.where(constant, features[0], mean), np.where(constant, 1.0, std)
        fitted = replace(self, mean=mean, std=std, seen=np.stack([raw.min(0), raw.max(0)]))
        return replace(fitted, anchors=fitted._find_anchors(fitted._standardise(features)))

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
        return replace(moved, anchors=moved._find_anchors(begin))

    def boxed(self) -> Space:
        """The same space, with the table's bounds for numbers that have none."""
        self._fitted()
        assert self.seen is not None
        columns = []
        for column, (low, high) in zip(self.columns, self.seen.T, strict=True):
            if isinstance(column, Number) and column.fixed is None:
                low = column.low if math.isfinite(column.low) else min(low, column.high)
                high = column.high if math.isfinite(column.high) else max(high, column.low)
                column = replace(column, low=float(low), high=float(high))
            columns.append(column)
        boxed = replace(self, columns=tuple(columns))
        if self.anchors is not None and len(self.anchors):
            low, high = boxed._polytope.box
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
        """Adam's rate for each feature, (D,): 0.1 for logits, 1e-3 for numbers (Appendix A.3)."""
        logits = torch.tensor(
            LR_LOGITS, dtype=torch.float64, device="cpu"
        )  # two plain numbers make float32
        return torch.where(self.logits, logits, LR_NUMBERS)

    @property
    def alpha(self) -> float:
        """BDI's alpha: 1e-3 where all columns are numbers, else 0 (Appendix A.3)."""
        return 0.0 if self.layout.choices else ALPHA_NUMBERS

    @cached_property
    def bounds(self) -> Tensor:
        """Bounds of the standardised features, (2, D); infinite for free logits."""
        out = np.stack([np.full(self.width, -np.inf), np.full(self.width, np.inf)])
        out[:, self.layout.number_features] = self._polytope.box
        for column, start in zip(self.columns, self.layout.starts, strict=False):
            if isinstance(column, Choice) and column.fixed is not None:
                part = slice(start, start + column.width)
                at = self._table(column, part)[column.fixed]
                out[:, part] = at
        return torch.from_numpy(out)

    @cached_property
    def box(self) -> Tensor:
        """Finite bounds, (2, D): where there are none, those of the table, and of the classes."""
        out = self.bounds.numpy().copy()
        out[:, self.layout.number_features] = self._number_box
        for column, start in zip(self.columns, self.layout.starts, strict=False):
            if isinstance(column, Choice) and column.fixed is None:
                part = slice(start, start + column.width)
                table = self._table(column, part)
                out[:, part] = table.min(0), table.max(0)
        return torch.from_numpy(out)

    def encode(self, raw: np.ndarray) -> Tensor:
        """Raw designs (n, C) as standardised features, (n, D) float64.

        Raises:
            InputError: a value is none that its column can hold.
        """
        return torch.from_numpy(self._standardise(self.layout.features(self._check(raw))))

    def decode(self, x: Tensor) -> np.ndarray:
        """The nearest raw designs of standardised features (n, D), (n, C).

        A choice is the class with the largest logit, the first one having 0; numbers go to their
        nearest level and into their bounds, and what is fixed is as it must be. Constraints are
        the business of :meth:`project`.

        Returns:
            int32 where all columns are choices, else float64.
        """
        mean, std = self._fitted()
        raw = self.layout.raw(self._features("decode", x) * std + mean)
        return raw.astype(np.int32) if not len(self.layout.numbers) else raw

    def project(self, x: Tensor, relax: bool = False) -> Tensor:
        """The nearest features that a design may have, (n, D).

        Args:
            x: standardised features, (n, D).
            relax: leave logits as they are and numbers between their levels; bounds, constraints
                and what is fixed are kept all the same (the steps of an ascent need this).

        Raises:
            InputError: x has another width.
        """
        relax = switch("project", "relax", relax)
        values = self._features("project", x)
        at = self.layout.number_features
        if relax:
            out = np.clip(values, *self.bounds.numpy())
            out[:, at] = self._relaxed(values[:, at])
        else:
            out = self.encode(self.decode(x)).numpy()
            out[:, at] = self._numbers(values[:, at])
        made = torch.from_numpy(out)
        return made.to(x) if isinstance(x, Tensor) and x.is_floating_point() else made

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Random designs as standardised features, (n, D).

        Choices and levels are uniform. Numbers are uniform within their bounds (those of the
        table where there are none) and, where constraints couple them, nearly so within these.

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
        layout, at = self.layout, self.layout.number_features
        if len(at):
            z = sample_polytope(self._polytope, self._number_box, n, generator)
            for i, grid in self._rounding.free:
                z[:, i] = grid[(uniform((n,), generator) * len(grid)).astype(int)]
            order = uniform(z.shape, generator) if self.at_most else None
            raw[:, layout.numbers] = self._snapped(self._numbers(z, order))
        return self.encode(raw)

    def allowed(self, x: Tensor, tolerance: float = TOLERANCE) -> Tensor:
        """Which features (n, D) are those of a design within bounds and constraints, (n,) bool."""
        values = self._features("allowed", x)
        near = (self.encode(self.decode(x)) - torch.from_numpy(values)).abs().amax(1)
        z = values[:, self.layout.number_features]
        fits = torch.from_numpy(self._meets(z, tolerance))
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
        x, other = (as_float64("x", v).detach() for v in (x, other))
        try:
            x, other = torch.broadcast_tensors(x, other)
        except RuntimeError:
            raise InputError(
                f"same: x {tuple(x.shape)} and other {tuple(other.shape)} do not broadcast."
            ) from None
        if not x.ndim or x.shape[-1] != self.width:
            raise InputError(f"same: x must be (..., {self.width}), got {tuple(x.shape)}.")
        a, b = (self.encode(self.decode(v.reshape(-1, self.width))) for v in (x, other))
        return ((a - b).abs().amax(1) <= tolerance).view(x.shape[:-1])

    def distinct(self, x: Tensor, tolerance: float = 1e-6) -> Tensor:
        """Row numbers of the first of each set of equal designs among x (n, D), ascending."""
        tolerance = number("distinct", "tolerance", tolerance, above=0)
        keys = (self.encode(self.decode(x)).numpy() / tolerance).round()
        _, first = np.unique(keys, axis=0, return_index=True)
        return torch.from_numpy(np.sort(first))

    def text(self, raw: np.ndarray) -> str:
        """One raw design (C,) in words: the letters of sites together, the rest with commas."""
        out, last = "", None
        for column, value in zip(self.columns, raw, strict=True):
            own = column.sequence if isinstance(column, Choice) else None
            if out and (own is None or own != last):
                out += ","
            out += column.classes[int(value)] if isinstance(column, Choice) else f"{value:.10g}"
            last = own
        return out

    # What follows is about numbers, in standardised units.

    @cached_property
    def _polytope(self) -> Polytope:
        mean, std = (v[self.layout.number_features] for v in self._fitted())
        place = {self.columns[c].name: i for i, c in enumerate(self.layout.numbers)}
        a = np.zeros((len(self.constraints), len(place)))
        for i, constraint in enumerate(self.constraints):
            for name, value in constraint.coefficients.items():
                a[i, place[name]] = value
        ends = np.array([[c.low, c.high] for c in self.constraints]).reshape(-1, 2).T - a @ mean
        with np.errstate(over="ignore"):
            box = (self.layout.scaled(self.layout.bounds) - mean) / std
        return Polytope(a * std, ends, box)

    @cached_property
    def _rounding(self) -> Rounding:
        mean, std = (v[self.layout.number_features] for v in self._fitted())
        log = self.layout.log
        grids = [
            (i, ((np.log10(grid) if log[i] else grid) - mean[i]) / std[i])
            for i, grid in self.layout.grids
        ]
        bound = self._presence.coordinates if self.at_most else None
        return Rounding(self._polytope, grids, bound)

    @cached_property
    def _presence(self) -> Presence:
        mean, std = (v[self.layout.number_features] for v in self._fitted())
        place = {self.columns[c].name: i for i, c in enumerate(self.layout.numbers)}
        rules = []
        for rule in self.at_most:
            at = np.array([place[name] for name in rule.names])
            own = [self.columns[self.layout.numbers[i]].fixed for i in at]
            kept = np.array([bool(fixed) for fixed in own])
            rules.append((at, rule.count, (rule.least - mean[at]) / std[at], kept))
        return Presence(rules, -mean / std)

    def _own_box(self, z: np.ndarray, order: np.ndarray | None = None) -> np.ndarray | None:
        """Bounds of each point (2, n, numbers) where parts are present or not; None without."""
        if not self.at_most:
            return None
        std = self._fitted()[1][self.layout.number_features]
        return self._presence.box(z, self._polytope.box, std, order)

    def _meets(self, z: np.ndarray, tolerance: float = TOLERANCE) -> np.ndarray:
        """Which numbers (n, numbers) meet all rules but for levels, (n,) bool."""
        fits: np.ndarray = self._polytope.violation(z) <= tolerance
        return fits & self._presence.fits(z, 1e3 * tolerance) if self.at_most else fits

    @cached_property
    def _number_box(self) -> np.ndarray:
        assert self.seen is not None
        mean, std = (v[self.layout.number_features] for v in self._fitted())
        box = self._polytope.box
        seen = (self.layout.scaled(self.seen[:, self.layout.numbers]) - mean) / std
        # Where one bound is given and the table lies beyond it, the bound stands.
        inside = np.clip(seen, *box)
        return np.where(np.isfinite(box), box, inside)

    def _relaxed(self, z: np.ndarray) -> np.ndarray:
        """Numbers (n, numbers) within all constraints, between their levels."""
        out = self._polytope.project(z, self._own_box(z))
        if self.at_most:
            # With fewer parts than may be present the constraints can be out of reach.
            lost = np.flatnonzero(~self._meets(out))
            out[lost] = self._polytope.project(z[lost], self._own_box(z[lost], z[lost]))
            self._anchor_(out, z)
        return out

    def _anchor_(self, out: np.ndarray, z: np.ndarray) -> None:
        """Puts the nearest known point that meets the constraints where ``out`` does not."""
        lost = np.flatnonzero(~self._meets(out))
        if len(lost):
            assert self.anchors is not None
            apart = ((z[lost, None] - self.anchors) ** 2).sum(2)
            out[lost] = self.anchors[apart.argmin(1)]

    def _numbers(self, z: np.ndarray, order: np.ndarray | None = None) -> np.ndarray:
        """Numbers (n, numbers) on levels within all constraints.

        Args:
            z: numbers.
            order: which parts are present where not all may be, large is; None for large amounts.
        """
        out = self._rounding(z, self._own_box(z, order))
        self._anchor_(out, z)
        return out

    def _snapped(self, z: np.ndarray) -> np.ndarray:
        """The raw values of numbers that are on their levels but for rounding."""
        mean, std = (v[self.layout.number_features] for v in self._fitted())
        return self.layout.snap(self.layout.unscaled(z * std + mean))

    def _find_anchors(self, x: np.ndarray) -> np.ndarray:
        """Numbers of designs that meet the constraints: of the table, else made of it."""
        z = x[:, self.layout.number_features]
        if not self.constraints and not self.at_most:
            return z[:0]
        start = np.concatenate([z[:1000], self._number_box.mean(0, keepdims=True)])
        made = self._rounding(start, self._own_box(start))
        fits = made[self._meets(made)]
        if not len(fits):
            told = "; ".join(str(c) for c in (*self.constraints, *self.at_most))
            raise InputError(
                f"Space: no design was found that meets bounds, levels and constraints ({told}). "
                "Widen one of them."
            )
        return fits[:ANCHORS]

    def _table(self, column: Choice, part: slice) -> np.ndarray:
        """Standardised features of every class of a column, (k, k - 1)."""
        mean, std = self._fitted()
        table = next(t for _, _, t in self.layout.choices if len(t) == len(column.classes))
        standardised: np.ndarray = (table - mean[part]) / std[part]
        return standardised

    def _standardise(self, features: np.ndarray) -> np.ndarray:
        mean, std = self._fitted()
        standardised: np.ndarray = (features - mean) / std
        return standardised

    def _fitted(self) -> tuple[np.ndarray, np.ndarray]:
        if self.mean is None or self.std is None:
            raise InputError("Space: it has no means and deviations yet. Call space.fit(raw).")
        return self.mean, self.std

    def _features(self, owner: str, x: Any) -> np.ndarray:
        """Standardised features (n, D) as an array, checked."""
        values = real_array("x", x)
        if values.ndim != 2 or values.shape[1] != self.width:
            raise InputError(f"{owner}: x must be (n, {self.width}), got {tuple(values.shape)}.")
        if not np.isfinite(values).all():
            row = int(np.argwhere(~np.isfinite(values))[0][0])
            raise InputError(f"{owner}: x contains NaN or inf, first in row {row}.")
        return values

    def _check(self, raw: np.ndarray) -> np.ndarray:
        check_columns("the space", self.names, "the designs", columns_of(raw))
        raw = real_array("the designs", raw)
        if raw.ndim < 2:
            raise InputError(f"Space: raw designs must be (n, C), got shape {raw.shape}.")
        raw = raw.reshape(len(raw), math.prod(raw.shape[1:]))
        if raw.shape[1] != len(self.columns) or not np.isfinite(raw).all():
            raise InputError(
                f"Space: raw designs must be finite with {len(self.columns)} columns, got shape "
                f"{raw.shape}."
            )
        for columns, _, table in self.layout.choices:
            own = raw[:, columns]
            if len(own) and (own.min() < 0 or own.max() >= len(table) or (own % 1).any()):
                row, at = np.argwhere((own < 0) | (own >= len(table)) | (own % 1 != 0))[0]
                raise InputError(
                    f"Space: row {row} has {own[row, at]} in column "
                    f"{self.columns[columns[at]].name!r}; classes are numbered 0 to "
                    f"{len(table) - 1}."
                )
        return raw


def _all_of(name: str, given: Any, kind: Any, what: str) -> tuple[Any, ...]:
    """A sequence of a space's parts as a tuple.

    Raises:
        InputError: it is none, or a part is of another kind.
    """
    if isinstance(given, str | bytes | type) or not isinstance(given, Iterable):
        raise InputError(f"Space: {name} must be a list, got {given!r:.60}.")
    parts = tuple(given)
    for i, part in enumerate(parts):
        if not isinstance(part, kind):
            told = f"the class {part.__name__}" if isinstance(part, type) else f"{part!r:.60}"
            raise InputError(f"Space: {name}[{i}] must be {what}, got {told}.")
    return parts
