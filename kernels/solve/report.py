"""What a solve says of itself, and when its answer must not be used."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import NotConvergedError

# A residual above this is no solution: a model that misses its own equations by a thousandth of
# the scores says nothing about the designs.
WORST_RESIDUAL = 1e-3


@dataclass(frozen=True)
class SolveReport:
    """What a solve cost and how good it is.

    Attributes:
        residual: |K d + ridge d - y| / |y|, the largest over right-hand sides, recomputed.
        ridge_added: the number that was added to the diagonal.
        seconds: wall time of the solve, with the preparation where this is the first after it.
        peak_bytes: highest memory of the process (CPU) or of torch's allocator (CUDA), preparation
            included.
        solver: "cholesky" or "pcg".
        iterations: refinement steps kept (cholesky) or conjugate gradient iterations (pcg).
        floor: eps |K| |d| / |y|, the residual that rounding alone leaves; a residual near it
            cannot be lowered.
    """

    residual: float
    ridge_added: float
    seconds: float
    peak_bytes: int
    solver: str
    iterations: int
    floor: float


def check_residual(report: SolveReport, worst: float = WORST_RESIDUAL) -> None:
    """Raises where a solution is none.

    The floor plays no part: coefficients of 1e16, which conflicting duplicates make, have a floor
    above 1, and are useless however near to it they are.

    Raises:
        NotConvergedError: the residual is above ``worst``, or not a number; names causes.
    """
    if report.residual <= worst:
        return
    raise NotConvergedError(
        f"{report.solver}: the residual of the solution is {report.residual:.3g} of the scores, "
        f"where {worst:.3g} is the most that can be used; rounding alone leaves "
        f"{report.floor:.3g}. To rounding, the matrix is singular with the ridge "
        f"{report.ridge_added:.3g} on its diagonal. Likely causes: equal designs with different "
        "scores, or a ridge of 0 or nearly 0. Keep one row of each design (or the mean of its "
        "scores), or take a larger ridge (1e-6 of the mean diagonal is usual)."
    )
