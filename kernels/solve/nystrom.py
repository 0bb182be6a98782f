"""Nystrom preconditioner for K + ridge I: one N x r factor from r columns of K.

    K_nys = K_nS (K_SS + ridge I)^-1 K_Sn = U Lambda U^T
    P^-1  = I + U diag(min(0, (mu + ridge) / (Lambda + ridge) - 1)) U^T

which scales the leading directions down to the level mu of the rest (Frangella, Tropp and Udell,
"Randomized Nystrom preconditioning", 2021, Eq. 1.3, times mu + ridge). mu is not their smallest
eigenvalue but the lowest tenth: duplicate rows in the sample push the smallest one to zero, far
below the rest, which doubled the iterations on TF Bind 8. S is a uniform
sample: on the sequence tables it needs up to a fifth more iterations than a Gaussian sketch or
randomly pivoted Cholesky of the same rank, and no product with K.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import InputError, NotPositiveDefiniteError
from ..memory import require
from ..pieces import pieces
from .operator import GramOperator
from .tiles import add_product

# Rows transformed together, so that temporaries stay small beside the factor.
ROW_BLOCK = 4096
# Eigenvalues below this share of the largest are rounding noise.
NOISE = 1e-14
# The level mu is the eigenvalue this part of the way up.
LEVEL_DIVISOR = 10


class NystromPreconditioner:
    """P^-1, applied to (N, K).

    Args:
        operator: K.
        ridge: absolute, added to the diagonal.
        rank: columns r to sample, at most N.
        seed: of the sample; the same seed gives the same preconditioner.
        block: rows transformed together.

    Raises:
        DoesNotFitError: N r numbers exceed the memory that is available.
        NotPositiveDefiniteError: the sampled columns show that K is not positive semi-definite.
        InputError: the sampled columns hold NaN or inf.
    """

    def __init__(
        self,
        operator: GramOperator,
        ridge: float,
        rank: int,
        seed: int = 0,
        block: int = ROW_BLOCK,
    ) -> None:
        n, rank = operator.n, min(rank, operator.n)
        size = factor_bytes(n, rank, operator.dtype, block)
        ways_out = "Use fewer rows, or a device with more memory."
        require(size, operator.device, f"a Nystrom factor of {n} x {rank} numbers", ways_out)
        generator = torch.Generator().manual_seed(seed)
        sample = torch.randperm(n, generator=generator)[:rank].sort().values.to(operator.device)
        self.u = torch.empty(n, rank, dtype=operator.dtype, device=operator.device)
        for rows in pieces(n, block):
            operator.fill(rows, sample, self.u[rows])
        root = _root(self.u[sample], ridge)
        gram = self.u.new_zeros(rank, rank)
        for rows in pieces(n, block):
            part = torch.linalg.solve_triangular(root.mT, self.u[rows], upper=True, left=False)
            self.u[rows] = part
            gram.addmm_(part.mT, part)
        _check_finite(gram)
        values, vectors = torch.linalg.eigh(gram)
        kept = values > NOISE * values[-1]
        values = torch.where(kept, values, values[-1])
        level = values.sort().values[len(values) // LEVEL_DIVISOR]
        # Noise directions stay out of U: their columns are zero.
        turn = vectors * (kept / values.sqrt())
        for rows in pieces(n, block):
            self.u[rows] = self.u[rows] @ turn
        self.weights = ((level + ridge) / (values + ridge) - 1).clamp_max(0)

    def apply(self, residual: Tensor) -> Tensor:
        """P^-1 residual, (N, K)."""
        inner = residual.new_zeros(self.u.shape[1], residual.shape[1])
        add_product(self.u.mT, residual, inner)
        out = residual.clone()
        add_product(self.u, inner * self.weights[:, None], out)
        return out


def factor_bytes(n: int, rank: int, dtype: torch.dtype, block: int = ROW_BLOCK) -> int:
    """Bytes while the factor is made: itself, a few r x r matrices and blocks of rows."""
    return dtype.itemsize * (n * rank + 6 * rank * rank + 3 * min(n, block) * rank)


def _root(sampled: Tensor, ridge: float) -> Tensor:
    """Cholesky factor of K_SS + shift, with a shift that keeps duplicates from breaking it."""
    scale = float(sampled.diagonal().sum())
    sampled = (sampled + sampled.mT) / 2
    sampled.diagonal().add_(ridge + 1e-13 * scale)
    _check_finite(sampled)
    root, info = torch.linalg.cholesky_ex(sampled)
    if failed := int(info):
        raise NotPositiveDefiniteError(
            f"the preconditioner cannot be made: among {len(sampled)} sampled rows of the matrix, "
            f"pivot {failed - 1} is not positive. The kernel is not positive semi-definite, or its "
            "entries are wrong by more than rounding."
        )
    return root


def _check_finite(part: Tensor) -> None:
    if not torch.isfinite(part).all():
        raise InputError("the matrix holds NaN or inf: look for them in the data.")
