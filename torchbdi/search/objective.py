"""What a search maximises, and how a search asks for many designs at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from ..kernels.errors import InputError
from ..kernels.zonal.sums import Part
from .mutants import Mutants
from .sites import Levels

BATCH_NUMBERS = 1 << 24  # numbers of features that one call gets


Pairs: TypeAlias = Callable[[Tensor, Sequence[Part], Tensor | None, Tensor], Tensor]


class Objective(Protocol):
    """A function of designs, larger is better.

    Where a space has numbers it is differentiated by autograd. A design whose value is NaN or
    infinite is never taken.
    """

    def __call__(self, x: Tensor) -> Tensor:
        """Designs (n, D), float64 and standardised, to real values (n,); x is left as it is."""


def pairs_of(objective: Objective) -> Pairs | None:
    """The method ``pairs`` of an objective that is faster for designs that share their parts.

    It takes left (B, D), right parts with A rows, the rows of these that are taken out (B, A) or
    None, and the lengths of the designs (B, A), and returns the values (B, A) of
    left_b + right_a - right_old(b, a); see :class:`ZonalSums`. None where there is no such method,
    or the objective's own attribute ``pairs`` is None.
    """
    found: Pairs | None = getattr(objective, "pairs", None)
    return found


def asked(objective: Objective, x: Tensor) -> Tensor:
    """The values (n,) of designs (n, D).

    Raises:
        InputError: they are something else, or the designs were changed in place.
    """
    version = x._version
    values = objective(x)
    if not isinstance(values, Tensor):
        made = type(values).__name__
    elif values.is_complex() or values.is_quantized:
        made = str(values.dtype)
    elif values.layout != torch.strided:
        made = str(values.layout)
    elif values.device != x.device:
        made = f"one on {values.device}"
    elif values.shape != x.shape[:1]:
        made = f"shape {tuple(values.shape)}"
    else:
        made = ""
    if made:
        raise InputError(
            "maximise: the objective must give a tensor (n,) of real numbers for designs (n, D); "
            f"it gave {made} for {tuple(x.shape)} on {x.device}. Let it judge every row by itself, "
            "for instance by .sum(1), or .squeeze(1) of a column, and give a dense tensor where "
            "the designs are."
        )
    if x._version != version:
        raise InputError(
            "maximise: the objective changed in place the designs that it was given. Let it work "
            "on x.clone()."
        )
    return values


class Counted:
    """An objective that counts its evaluations and is asked in batches.

    Args:
        objective: what is maximised.
        budget: evaluations after which :attr:`spent` is true, or None.
        mutants: the designs that may be found; all others have the value -inf. None: all may.
    """

    def __init__(self, objective: Objective, budget: int | None, mutants: Mutants | None = None):
        self.objective, self.budget, self.mutants = objective, budget, mutants
        self.evaluations = 0

    @property
    def spent(self) -> bool:
        """Whether nothing new should be begun."""
        return self.budget is not None and self.evaluations >= self.budget

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        """Designs (n, D) to values (n,), without a gradient; what is not finite is -inf."""
        if self.mutants is not None:
            allowed = self.mutants.allow(x)
            if not bool(allowed.all()):
                out = x.new_full((len(x),), -torch.inf)
                out[allowed] = self._values(x[allowed])
                return out
        return self._values(x)

    def _values(self, x: Tensor) -> Tensor:
        if not len(x):  # an objective need not take no designs
            return x.new_zeros(0)
        self.evaluations += len(x)
        step = max(1, BATCH_NUMBERS // max(1, x.shape[1]))
        values = [asked(self.objective, part).detach() for part in x.split(step)]
        return finite(torch.cat(values))

    def gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Values (n,) and their gradient (n, D).

        Raises:
            InputError: the values have no gradient.
        """
        self.evaluations += len(x)
        leaf = x.detach().clone().requires_grad_()
        with torch.enable_grad():
            # A copy: torch has words of its own for a leaf that is changed in place.
            values = asked(self.objective, leaf.clone())
            slope = None
            if values.requires_grad:
                (slope,) = torch.autograd.grad(values.sum(), leaf, allow_unused=True)
        if slope is None:
            raise InputError(
                "maximise: the space has numbers, which go uphill by the objective's gradient, and "
                "its values have none. Compute them from x by torch's operations, without "
                "detach(), numpy, no_grad() or comparisons."
            )
        return finite(values.detach()), slope

    @torch.no_grad()
    def changes(self, x: Tensor, codes: Tensor, sites: Levels) -> Tensor:
        """Values of all changes of one site, (B, A); the design itself where nothing changes.

        Args:
            x: (B, D).
            codes: levels of the sites of x, (B, S).
            sites: the levels that are put in, A in all; those that designs have are among them.
        """
        if self.mutants is None:
            return self._changes(x, codes, sites)
        own = codes + sites.offset
        allowed = self.mutants.allow_changes(x, sites).scatter_(1, own, False)
        value = x.new_full(allowed.shape, -torch.inf)
        # Only sites that something may be put in are asked about: near the limit they are few.
        there = sites.site[allowed.any(0)].unique()
        if len(there):
            wanted = allowed.any(0).index_fill_(0, own[:, there].flatten(), True)
            numbers = wanted.nonzero()[:, 0]
            few = sites.some(numbers)
            changed = torch.searchsorted(numbers, own[:, there].contiguous()) - few.offset
            value[:, numbers] = self._changes(x, changed, few)
            itself = value.gather(1, own[:, there[:1]])
            value[~allowed] = -torch.inf
        else:
            itself = self._values(x)[:, None]
        return value.scatter_(1, own, itself.expand(own.shape))

    def _changes(self, x: Tensor, codes: Tensor, sites: Levels) -> Tensor:
        self.evaluations += len(x) * sites.levels
        pairs = pairs_of(self.objective)
        if pairs is not None:
            old = (codes + sites.offset)[:, sites.site]
            square = (x * x).sum(1, keepdim=True) + sites.square - sites.square[old]
            found = pairs(x, sites.parts, old, square.clamp_min(0).sqrt())
            return finite(found)
        return torch.stack([self._changes_of(x[b], codes[b], sites) for b in range(len(x))])

    def _changes_of(self, x: Tensor, codes: Tensor, sites: Levels) -> Tensor:
        many = codes.repeat(sites.levels, 1)
        many[torch.arange(sites.levels), sites.site] = sites.level
        step = max(1, BATCH_NUMBERS // x.shape[0])
        return finite(
            torch.cat(
                [asked(self.objective, sites.put(x, part)).detach() for part in many.split(step)]
            )
        )


def finite(values: Tensor) -> Tensor:
    """Values, float64, and -inf where they are not finite: a search never takes such a design."""
    values = values.double()  # they are put beside others, and whole numbers keep their digits
    return torch.where(torch.isfinite(values), values, -torch.inf)
