"""Means and deviations of the features of a table, by which they are standardised."""

from __future__ import annotations

import numpy as np

from ..kernels.errors import InputError

# Features whose deviation is below this share of their size are constant but for rounding.
ROUNDING = 1e-12
_CANCELLED = 4 * np.finfo(np.float64).eps  # share of the mean that rounding leaves of 0
LARGE = 1e140  # squares, and sums of many, are still far from the ends of float64


def moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and population deviations of a table's features.

    Args:
        features: (N, D).

    Returns:
        The means, (D,), and the deviations, (D,), 1 where a feature is constant.

    Raises:
        InputError: there is no row, a number is not finite, or its square leaves float64.
    """
    if not np.isfinite(features).all():
        row, at = np.argwhere(~np.isfinite(features))[0]
        raise InputError(f"Space: feature {at} of row {row} is not finite.")
    if len(features) == 0:
        raise InputError("Space: there is no design to be fitted to.")
    size = np.abs(features).max(0)
    far = (size > LARGE) | ((size > 0) & (size < 1 / LARGE))
    if far.any():
        at = int(np.argmax(far))
        raise InputError(
            f"Space: the numbers of feature {at} are up to {size[at]:.3g}: their squares leave "
            "the range of float64. Give that column in another unit."
        )
    mean, std = features.mean(0), features.std(0)
    constant = std <= ROUNDING * size
    return np.where(constant, features[0], mean), np.where(constant, 1.0, std)


def unstandardised(z: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Standardised features (n, D) as features; 0 where rounding alone is left of them.

    What is absent is 0, and is counted as such, not 1e-17.

    Args:
        z: standardised features, (n, D).
        mean: of the features, (D,).
        std: of the features, (D,).
    """
    features = z * std + mean
    return np.where(np.abs(features) <= _CANCELLED * np.abs(mean), 0.0, features)
