"""NTK2NN: BDI with ReLU networks of finite width in place of the kernel regressions (Table 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import torchbdi

from ._bidirectional import Bidirectional
from ._designs import as_module_takes, starts_within
from .base import Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData


@dataclass(frozen=True)
class FiniteNTK2NN(Bidirectional):
    """Bidirectional learning with networks of finite width (Eq. 4 to 9).

    The paper gives depth and width. The rate of the backward step and the training of the forward
    network are this project's choices, made on training losses alone, on TF Bind 8. For a GPU:
    200 steps on TF Bind 8 are 5.7e16 floating-point operations. On a CPU take ``nn_small``.
    """

    revision: ClassVar[int] = 1

    width: int = setting(2048, at_least=1)
    """Hidden units a layer.

    Paper, Section 4.3: 2048.
    """
    depth: int = setting(6, at_least=1)
    """Dense layers.

    Paper, Section 4.3: 6.
    """
    parametrisation: Literal["standard", "ntk"] = "standard"
    """Of the network of Eq. 9: standard (He initialisation) or that of the tangent kernel.

    Ours; the paper does not say.
    """
    eta: float | None = setting(None, above=0.0)
    """Rate of the backward step, one of gradient descent on |y_h - f(X_h)|^2 (Eq. 9).

    None: 1/(2 mean k(x, x)) over the starts, k the network's tangent kernel. Ours: at width 2048
    this lowers that loss at the starts from 59 and 81 to 2.9 and 4.6 (two seeds); half of that
    rate leaves 17 and 23, and 1.5 times the rate 12 and 17.
    """
    rows_per_step: int | None = setting(None, at_least=1)
    """Rows of the table that are drawn for each step's backward loss; None: all.

    Paper: all.
    """
    net_epochs: int = setting(50, at_least=1)
    """Passes of the forward network's training over the table; Adam, its rate falling to 0.

    Ours: 50 leave a mean squared error of 0.0007 at width 256, 20 leave 0.20.
    """
    net_batch: int = setting(256, at_least=1)
    """Rows a step of the forward network's training.

    Ours: with 20 epochs at width 256, 128 rows leave 0.18, 256 rows 0.20 and 1,024 rows 0.58.
    """
    net_lr: float = setting(3e-4, above=0.0)
    """First rate of the forward network's training.

    Ours: at width 2048 the first 160 steps on 4,096 rows leave 0.77 with 3e-4 and 0.85 with 1e-3.
    At width 256, 20 epochs leave 0.41 with 3e-4, 0.20 with 1e-3 and 0.40 with 3e-3.
    """

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the starts, the best first."""
        from ._descent import descend

        own, run = self.begin(data, n, run)
        assert own.alpha is not None  # it is resolved
        starts, bounds = starts_within(data, n, own.designs_per_group)
        module = torchbdi.FiniteBDI(
            data.x,
            data.y,
            starts,
            width=own.width,
            depth=own.depth,
            parametrisation=own.parametrisation,
            eta=own.eta,
            rows_per_step=own.rows_per_step,
            net_epochs=own.net_epochs,
            net_batch=own.net_batch,
            net_lr=own.net_lr,
            target=own.target,
            alpha=own.alpha,
            forward_weight=own.forward_weight,
            backward_weight=own.backward_weight,
            lr=as_module_takes(own.lr),
            seed=run.seed,
            bounds=bounds,
        )
        module.progress = run.progress
        x, predicted, loss = descend(module, own.steps, run, own.revision)
        facts: dict[str, float | int | str] = {"eta_used": float(module.eta)}
        if own.forward_weight:
            facts["net_loss"] = float(module.net_loss)
        return Result(x, predicted, {**facts, **loss}, data.best(n))


# The paper's.
nn = FiniteNTK2NN()
# For a CPU: not the paper's width, and not the whole table in each step.
nn_small = FiniteNTK2NN(width=256, rows_per_step=1024, net_lr=1e-3)
