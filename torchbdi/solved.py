"""BDI's loss, and a regression's prediction, as functions that a search maximises.

For groups of one design (M = 1, the paper's setting) Eq. 11 and 12 need four sums over the data,

    forward  = (y_h - sum d k)^2
    backward = sum w y^2 - 2 a sum w y k + a^2 sum w k^2 ,  a = y_h / (k_hh + ridge)

with k = k(x, x_l), d the coefficients of the fit and w = w_l^2. :mod:`.objective` is the form that
is read and differentiated; tests compare the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from .kernel import Kernel
from .kernels.errors import InputError
from .kernels.relu.recursion import diagonal_recursion
from .kernels.zonal.sums import Part, ZonalSums
from .ntk import ReLUKernel
from .objective import data_weights, forward_loss, total_loss
from .ridge import ridge_to_add
from .selection import with_constant

MATRIX_ENTRIES = 1 << 24  # of k(x, x_l) at a time, where no gradient needs all of it


class Summed:
    """A function of designs that needs weighted sums of k(x, x_l) and of its squares only.

    Kernels without biases get the sums without a Gram matrix, and for designs that share their
    parts by look-ups (:class:`ZonalSums`); with a gradient, or with any other kernel, the
    subclass's :meth:`differentiable` is used. It computes where the data is: designs are taken
    there, and what is said of them comes back to where they were.

    Args:
        kernel: the kernel.
        x_l: designs of the data, (N, D).
        linear: weights of the values, (Q, N).
        square: weights of their squares, (N,).
        constant: a feature that is appended to every design; 0 appends none.
    """

    def __init__(
        self, kernel: Kernel, x_l: Tensor, linear: Tensor, square: Tensor, constant: float = 0.0
    ):
        self.kernel, self.constant = kernel, constant
        self.x_l = self.extend(x_l)
        self._sums: ZonalSums | None = None
        if isinstance(kernel, ReLUKernel) and kernel.goes_by_angles():
            self._sums = ZonalSums(kernel.stack, self.x_l, linear, square)
        self.pairs = None if self._sums is None else self._pairs

    def value(self, sums: Tensor, k_hh: Tensor) -> Tensor:
        """The function from its sums (..., Q + 1) and k(x, x) (...), (...)."""
        raise NotImplementedError

    def differentiable(self, x: Tensor) -> Tensor:
        """The function of extended designs (n, D'), (n,), for any kernel."""
        raise NotImplementedError

    def extend(self, x: Tensor) -> Tensor:
        """Designs with the constant feature, where there is one."""
        return with_constant(x, self.constant)

    def __call__(self, x: Tensor) -> Tensor:
        """Designs (n, D) to values (n,); differentiable where x asks for it."""
        whole = self.extend(x.to(self.x_l.device))
        if x.requires_grad and torch.is_grad_enabled():
            return self.differentiable(whole).to(x.device)
        if self._sums is None:
            parts = whole.split(max(1, MATRIX_ENTRIES // len(self.x_l)))
            return torch.cat([self.differentiable(part) for part in parts]).to(x.device)
        return self.value(self._sums.of(whole), self.kernel.diagonal(whole)).to(x.device)

    def _pairs(
        self, left: Tensor, right: Sequence[Part], old: Tensor | None, norm: Tensor
    ) -> Tensor:
        """Values (B, A) of left_b + right_a - right_old(b, a); see :class:`ZonalSums`."""
        assert self._sums is not None
        assert isinstance(self.kernel, ReLUKernel)
        width, device = self.x_l.shape[1], self.x_l.device
        norm = norm.to(device)
        if self.constant:
            norm = (norm.square() + self.constant**2).sqrt()
        here = [(at, table.to(device)) for at, table in right]
        taken = None if old is None else old.to(device)
        sums = self._sums.pairs(self.extend(left.to(device)), here, taken, norm)
        stack = self.kernel.stack
        k_hh = diagonal_recursion(stack, stack.w * norm.square() / width)[0]
        return self.value(sums, k_hh).to(left.device)


class Prediction(Summed):
    """What a kernel ridge regression predicts, K_hl (K_ll + ridge I)^-1 y_l of Eq. 12.

    Args:
        kernel: the kernel.
        x_l: designs of the data, (N, D).
        coefficients: (K_ll + ridge I)^-1 y_l, (N,).
        constant: see :class:`Summed`.
    """

    def __init__(self, kernel: Kernel, x_l: Tensor, coefficients: Tensor, constant: float = 0.0):
        super().__init__(kernel, x_l, coefficients[None], torch.zeros_like(coefficients), constant)
        self.coefficients = coefficients

    def value(self, sums: Tensor, k_hh: Tensor) -> Tensor:
        """See :meth:`Summed.value`."""
        return sums[..., 0]

    def differentiable(self, x: Tensor) -> Tensor:
        """See :meth:`Summed.differentiable`."""
        return self.kernel.gram(x, self.x_l) @ self.coefficients


class SingleLoss(Summed):
    """BDI's loss of single designs (M = 1, Eq. 13 and 14), with its sign changed.

    Args:
        kernel: the kernel.
        x_l: designs of the data, (N, D).
        y_l: their scores, (N,).
        coefficients: (K_ll + ridge I)^-1 y_l, (N,); None where ``forward_weight`` is 0.
        target: y_h.
        alpha: w_l = sqrt(softmax(alpha y_l)).
        ridge: beta.
        ridge_scale: "trace" or "absolute", see :func:`torchbdi.fit_ridge`.
        forward_weight: weight of the forward loss.
        backward_weight: weight of the backward loss.
        constant: see :class:`Summed`.

    Raises:
        InputError: both weights are 0, or the forward loss has no coefficients.
    """

    def __init__(
        self,
        kernel: Kernel,
        x_l: Tensor,
        y_l: Tensor,
        coefficients: Tensor | None,
        *,
        target: float = 10.0,
        alpha: float = 0.0,
        ridge: float = 1e-6,
        ridge_scale: str = "trace",
        forward_weight: float = 1.0,
        backward_weight: float = 1.0,
        constant: float = 0.0,
    ):
        if not forward_weight and not backward_weight:
            raise InputError("SingleLoss: forward_weight and backward_weight are both 0.")
        if forward_weight and coefficients is None:
            raise InputError("SingleLoss: the forward loss needs the coefficients of a fit.")
        self.weights = data_weights(y_l, alpha)
        self.y_l, self.target = y_l, target
        self.coefficients = coefficients if forward_weight else None
        self.ridge, self.ridge_scale = ridge, ridge_scale
        self.forward_weight, self.backward_weight = forward_weight, backward_weight
        self.constant_term = float((self.weights * y_l**2).sum())
        rows = [self.weights * y_l]
        if self.coefficients is not None:
            rows.append(self.coefficients)
        super().__init__(kernel, x_l, torch.stack(rows), self.weights, constant)
        d = self.coefficients
        self.coupling = kernel.couple(self.x_l, y_l, self.weights, d)

    def value(self, sums: Tensor, k_hh: Tensor) -> Tensor:
        """See :meth:`Summed.value`."""
        backward = torch.zeros_like(k_hh)
        if self.backward_weight:
            a, there = self._dual(k_hh)
            backward = self.constant_term - 2 * a * sums[..., 0] + a * a * sums[..., -1]
            backward = torch.where(there, backward, math.inf)
        return self._total(None if self.coefficients is None else sums[..., 1:2], backward)

    def differentiable(self, x: Tensor) -> Tensor:
        """See :meth:`Summed.differentiable`; the sweep of the steps, group by group."""
        a, there = self._dual(self.kernel.diagonal(x)) if self.backward_weight else (None, None)
        prediction, backward = self.coupling(x[:, None], None if a is None else a[:, None])
        if there is not None:
            backward = torch.where(there, backward, math.inf)
        return self._total(None if self.coefficients is None else prediction, backward)

    def _dual(self, k_hh: Tensor) -> tuple[Tensor, Tensor]:
        """The coefficient of each design's own model, and whether it has one; like k(x, x).

        Where all features are 0 a kernel without biases is 0, and there is no such model: on the
        way there the backward loss grows without limit.
        """
        added = k_hh + ridge_to_add(k_hh[..., None], self.ridge, self.ridge_scale)
        there = added > 0
        return self.target / torch.where(there, added, 1), there

    def _total(self, prediction: Tensor | None, backward: Tensor) -> Tensor:
        """Eq. 14 with its sign changed; ``prediction`` (..., 1), None where it plays no part."""
        forward = torch.zeros_like(backward)
        if prediction is not None:
            forward = forward_loss(prediction, self.target)
        return -total_loss(forward, backward, self.forward_weight, self.backward_weight)
