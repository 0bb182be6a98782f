"""BDI as a LightningModule whose one parameter is X_h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, get_args

import torch
from torch import Tensor

from .coupling import Coupling
from .covariance import gram_of
from .inputs import as_float64, ordinary_mode
from .kernel import Kernel, seen
from .kernels.errors import InputError, NotPositiveDefiniteError
from .kernels.small.cholesky import cholesky_solve
from .labels import check_rows
from .module import DesignModule
from .ntk import NTK
from .objective import forward_loss
from .ridge import RidgeFit, RidgeScale, fit_ridge, ridge_to_add
from .values import choice, instance, number

_NOT_FINITE = (
    "k(x_h, x_h) is not finite in groups {groups}: there x_h holds NaN, inf or numbers that are "
    "too large. Lower lr, or look at the starts x_h of those groups."
)
_ZERO = (
    "k(x, x) is 0 for all designs of groups {groups} of x_h: these have no model that could "
    "predict the data, whatever the ridge on the scale of the trace. Kernels without biases are 0 "
    "where all features are, which is the mean of every column. Move those designs a little, leave "
    "them out, or take RBF or a kernel with b_std > 0."
)


class BDI(DesignModule):
    """Bidirectional learning for offline infinite-width model-based optimisation.

    Two kernel ridge regressions predict each other: the data's model should give the designs X_h
    the target score (forward, Eq. 12), and the model of the designs with that score should give
    the data their scores (backward, Eq. 11). Only X_h learns, by Adam (Eq. 14).

    Fit it with ``lightning.Trainer(max_steps=200).fit(model)``, or call :meth:`loss` in a loop of
    your own. Everything is float64.

    Args:
        x_l: designs of the data, (N, D), standardised.
        y_l: scores of the data, (N,), standardised.
        x_h: starts, (B, M, D) for B independent groups of M designs, or (M, D) for one group.
        kernel: a torchbdi kernel; None means NTK(depth=6).
        target: y_h, the score the designs are to reach, in standardised units.
        alpha: w_l = sqrt(softmax(alpha y_l)); 1e-3 (continuous) or 0 (discrete) in the paper.
        ridge: beta.
        ridge_scale: "trace" (ridge * trace(K)/N, the authors' code) or "absolute" (the paper).
        forward_weight: weight of the forward loss; 0 leaves it, and the large solve, out.
        backward_weight: weight of the backward loss; 0 leaves it out.
        lr: Adam's learning rate, or one for each feature, (D,); 1e-3 (continuous) or 1e-1
            (discrete) in the paper.
        coefficients: (K_ll + ridge I)^-1 y_l, (N,), or the RidgeFit of this table, kernel and
            ridge that holds it; None fits at the first forward loss.
        bounds: lower and upper bounds of every feature, (2, D), within which X_h is kept after
            each step of the optimiser of :meth:`configure_optimizers`; None means none.

    Attributes:
        x_h: the designs, an nn.Parameter of the shape given.

    Raises:
        InputError: a shape, dtype or value is wrong.
        NotPositiveDefiniteError: by :meth:`loss`; a group has equal designs and too small a ridge,
            or k(x, x) is 0 for all of its designs.
    """

    coefficients: Tensor | None

    def __init__(
        self,
        x_l: Tensor,
        y_l: Tensor,
        x_h: Tensor,
        *,
        kernel: Kernel | None = None,
        target: float = 10.0,
        alpha: float = 0.0,
        ridge: float = 1e-6,
        ridge_scale: RidgeScale = "trace",
        forward_weight: float = 1.0,
        backward_weight: float = 1.0,
        lr: float | Tensor = 1e-3,
        coefficients: Tensor | RidgeFit | None = None,
        bounds: Tensor | None = None,
    ):
        for rows_name, rows in (("x_l", x_l), ("y_l", y_l)):
            check_rows(rows_name, rows, "coefficients", coefficients)
        super().__init__(
            x_l,
            y_l,
            x_h,
            target=target,
            alpha=alpha,
            forward_weight=forward_weight,
            backward_weight=backward_weight,
            lr=lr,
            bounds=bounds,
        )
        name = type(self).__name__
        if kernel is not None:
            instance(name, "kernel", kernel, Kernel, "a torchbdi kernel")
        self.keep_settings(
            ["kernel", "coefficients"],
            ridge=number(name, "ridge", ridge, low=0),
            ridge_scale=choice(name, "ridge_scale", ridge_scale, get_args(RidgeScale)),
        )
        self.kernel = NTK() if kernel is None else kernel
        self.kernel.check_range("x_l", self.x_l)
        self.kernel.check_range("x_h", self.x_h)
        with ordinary_mode():
            given = None if coefficients is None else self._taken(coefficients)
        # No buffer: what copies a module's tensors one by one expects as many after the solve.
        self.coefficients = given
        self._coupling: tuple[torch.device, Tensor | None, Coupling] | None = None
        self._settled.check(name, alpha=self.hparams["alpha"])
        if given is not None:
            self._settle()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """See :meth:`DesignModule.__setstate__`."""
        super().__setstate__(state)
        if self._coupling is not None and len(self._coupling) < 3:  # without its coefficients
            self._coupling = None

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """See :meth:`DesignModule._apply`; coefficients go where the table goes."""
        moved = super()._apply(fn, recurse)
        if self.coefficients is not None:
            self.coefficients = self.coefficients.to(self.x_l.device)
        return moved

    def _settle(self) -> None:
        """Refuses settings and a kernel that were changed after something was made by them.

        Raises:
            InputError: names what was changed.
        """
        now = {name: self.hparams[name] for name in ("alpha", "ridge", "ridge_scale")}
        self._settled.check(type(self).__name__, **now, kernel=seen(self.kernel))

    def _taken(self, coefficients: Tensor | RidgeFit) -> Tensor:
        if isinstance(coefficients, RidgeFit):
            self._check_fit(coefficients)
            coefficients.check_same()
            coefficients = coefficients.coefficients
        found = as_float64("coefficients", coefficients).detach().to(self.x_l.device)
        if found.shape != self.y_l.shape or not torch.isfinite(found).all():
            raise InputError(
                f"{type(self).__name__}: coefficients must be finite with the shape of y_l "
                f"{tuple(self.y_l.shape)}, got {tuple(found.shape)}."
            )
        return found

    def _check_fit(self, fit: RidgeFit) -> None:
        h, known = self.hparams, fit.identity
        if known is None:
            raise InputError(
                f"{type(self).__name__}: coefficients is a RidgeFit that does not say of what. "
                "Pass one that fit_ridge made, or its coefficients."
            )
        kernel = self.kernel.identity()  # refuses a kernel that does not say what it depends on
        part = "y_l" if torch.equal(fit.x_l.to(self.x_l), self.x_l) else "x_l"
        for name, same in (
            ("kernel", known.kernel == kernel),
            (part, known.table == self.data_hash()),
            ("ridge", (known.ridge, known.ridge_scale) == (h["ridge"], h["ridge_scale"])),
        ):
            if not same:
                raise InputError(
                    f"{type(self).__name__}: coefficients is the fit of another {name}. Fit this "
                    "table with this kernel and ridge, or leave coefficients out."
                )

    def evaluate(self) -> tuple[dict[str, Tensor], Tensor | None]:
        """See :meth:`DesignModule.evaluate`; forward is Eq. 12, backward Eq. 11."""
        h, x_h = self.hparams, self.designs()
        y_h = torch.full_like(x_h[..., 0], h["target"])
        a = None
        if h["backward_weight"]:
            a = self._dual(gram_of(self.kernel, x_h, None), y_h)
        prediction, backward = self.couple()(x_h, a)
        if not h["forward_weight"]:
            return self.combine(torch.zeros_like(backward), backward), None
        return self.combine(forward_loss(prediction, y_h), backward), prediction

    def _dual(self, k_hh: Tensor, y_h: Tensor) -> Tensor:
        """(K_hh + ridge I)^-1 y_h, (..., M); says of what designs there is none, and why."""
        diagonal = k_hh.diagonal(dim1=-2, dim2=-1)
        ridge = ridge_to_add(diagonal, self.hparams["ridge"], self.hparams["ridge_scale"])
        try:
            return cholesky_solve(k_hh, y_h, ridge)
        except (InputError, NotPositiveDefiniteError):
            name = type(self).__name__
            for groups, kind, words in (
                (~diagonal.isfinite().all(-1), InputError, _NOT_FINITE),
                ((diagonal == 0).all(-1) & (ridge == 0), NotPositiveDefiniteError, _ZERO),
            ):
                bad = groups.flatten().nonzero().flatten().tolist()
                if bad:
                    raise kind(f"{name}: {words.format(groups=bad[:8])}") from None
            raise

    def couple(self) -> Coupling:
        """What couples designs with this data; made once on each device and for coefficients.

        Raises:
            InputError: the kernel, alpha or the ridge was changed after it was first made.
        """
        device, forward = self.x_l.device, bool(self.hparams["forward_weight"])
        if not forward:  # else it is done where coefficients are asked for
            self._settle()
        coefficients = self.fitted() if forward else None
        known = self._coupling
        if known is None or known[0] != device or (forward and known[1] is not coefficients):
            with ordinary_mode():  # it is used again, where gradients are wanted
                made = self.kernel.couple(self.x_l, self.y_l, self.squared_weights, coefficients)
            known = self._coupling = (device, coefficients, made)
        return known[2]

    def fitted(self) -> Tensor:
        """The dual coefficients, (N,); solved for when they are first asked for.

        Raises:
            InputError: the kernel, alpha or the ridge was changed after something was made by them.
        """
        self._settle()
        if self.coefficients is None:
            h = self.hparams
            with ordinary_mode():
                fit = fit_ridge(self.kernel, self.x_l, self.y_l, h["ridge"], h["ridge_scale"])
            self.coefficients = fit.coefficients
        return self.coefficients

    def identity(self) -> dict[str, str]:
        """See :meth:`DesignModule.identity`; the kernel is part of it.

        Raises:
            InputError: the kernel does not say what its values depend on.
        """
        return {"kernel": self.kernel.identity(), **super().identity()}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds the identity of the run, and the coefficients, which are dear and not the data."""
        super().on_save_checkpoint(checkpoint)
        coefficients = None if self.coefficients is None else self.coefficients.cpu()
        checkpoint["torchbdi"]["coefficients"] = coefficients

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuses a checkpoint of another run; takes its coefficients where there are none."""
        super().on_load_checkpoint(checkpoint)
        coefficients = checkpoint["torchbdi"]["coefficients"]
        if self.coefficients is None and coefficients is not None:
            self.coefficients = coefficients.to(self.x_l)
