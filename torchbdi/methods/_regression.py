"""The settings of a kernel ridge regression that a method fits to the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..ntk import NTK
from ..rbf import RBF
from .base import Method, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData
    from ..kernel import Kernel
    from ..ridge import RidgeFit


@dataclass(frozen=True)
class Regression(Method):
    """A method that has the table's kernel ridge regression (in Eq. 12)."""

    kernel: Literal["ntk", "rbf"] = "ntk"
    """ntk: of the infinitely wide ReLU network; rbf: exp(-|x - x'|^2 / D).

    Paper: ntk; rbf in Table 3's NTK2RBF.
    """
    depth: int = setting(6, at_least=1)
    """Dense layers of the infinitely wide network; no part of rbf.

    Paper, Section 4.3: 6.
    """
    ridge: float = setting(1e-6, at_least=0.0)
    """beta, which is added to the diagonal of K.

    Paper, Section 4.3: 1e-6.
    """
    ridge_scale: Literal["trace", "absolute"] = "trace"
    """trace: beta trace(K)/N is added, as in the authors' code; absolute: beta, as in Eq. 12."""
    tolerance: float | None = setting(None, above=0.0, below=1.0)
    """Relative residual at which conjugate gradients stop, where they solve the regression.

    None: 1e-8, above 100,000 rows 1e-6. Ours: the paper factors K.
    """

    def settings_for(self, data: OfflineData) -> dict[str, Any]:
        """See :meth:`Method.settings_for`; the tolerance goes by the number of rows."""
        own = super().settings_for(data)
        if self.tolerance is None:
            own["tolerance"] = tolerance_for(data)
        return own

    def covariance(self) -> Kernel:
        """The kernel as torchbdi has it."""
        return NTK(depth=self.depth) if self.kernel == "ntk" else RBF()

    def fit(self, data: OfflineData, run: Run) -> RidgeFit:
        """The regression; the settings must be resolved."""
        assert self.tolerance is not None
        return run.fit(
            self.covariance(),
            data,
            ridge=self.ridge,
            ridge_scale=self.ridge_scale,
            tolerance=self.tolerance,
        )


def tolerance_for(data: OfflineData) -> float:
    """The relative residual at which conjugate gradients stop where nobody has said."""
    return 1e-6 if len(data.x) > 100_000 else 1e-8


def facts_of(fit: RidgeFit) -> dict[str, float | int | str]:
    """What the metrics say of a solve."""
    report = fit.report
    return {
        "solver": report.solver,
        "solve_residual": report.residual,
        "solve_seconds": report.seconds,
        "solve_peak_bytes": report.peak_bytes,
    }
