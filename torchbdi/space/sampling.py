"""Random points of a polytope."""

from __future__ import annotations

import numpy as np
import torch

from .polytope import Polytope


def uniform(shape: tuple[int, ...], generator: torch.Generator) -> np.ndarray:
    """Uniform numbers in [0, 1), float64."""
    return torch.rand(shape, generator=generator, dtype=torch.float64).numpy()


def sample_polytope(
    polytope: Polytope, box: np.ndarray, n: int, generator: torch.Generator
) -> np.ndarray:
    """Random points, nearly uniform: those of the box, projected and mixed by hit and run.

    Hit and run (Smith 1984) goes from each point in a random direction within the equations to a
    uniform point of the chord that the box and the inequalities leave.

    Args:
        polytope: the constraints; its own bounds may be infinite.
        box: finite bounds within which points are drawn, (2, C).
        n: number of points.
        generator: of the draws.

    Returns:
        (n, C).
    """
    z = box[0] + (box[1] - box[0]) * uniform((n, box.shape[1]), generator)
    if not len(polytope.a):
        return z
    inner = Polytope(polytope.a, polytope.ends, box)
    z = inner.project(z)
    at = polytope.touched & (box[1] > box[0])
    if not at.any():
        return z
    low, high = box[0, at], box[1, at]
    scale = high - low
    equal = polytope.ends[0] == polytope.ends[1]
    basis = _null_space(polytope.a[equal][:, at] * scale)
    if not basis.shape[1]:
        return z
    a, ends = polytope.a[~equal][:, at], polytope.ends[:, ~equal]
    fixed = z @ polytope.a[~equal].T - z[:, at] @ a.T
    for _ in range(10 + 2 * basis.shape[1]):
        draws = torch.randn(n, basis.shape[1], generator=generator, dtype=torch.float64).numpy()
        step = (draws @ basis.T) * scale
        now = z[:, at]
        values = np.concatenate([now, now @ a.T + fixed], axis=1)
        slopes = np.concatenate([step, step @ a.T], axis=1)
        bottom, top = np.concatenate([[low, high], ends], axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = (bottom - values) / slopes, (top - values) / slopes
        still = np.abs(slopes) < 1e-14
        back = np.where(still, -np.inf, np.minimum(first, second)).max(1).clip(max=0)
        ahead = np.where(still, np.inf, np.maximum(first, second)).min(1).clip(min=0)
        z[:, at] = now + (back + (ahead - back) * uniform((n,), generator))[:, None] * step
    return inner.project(z)


def _null_space(a: np.ndarray) -> np.ndarray:
    """Directions in which a z does not change, (C, k), orthonormal."""
    if not len(a):
        return np.eye(a.shape[1])
    _, values, directions = np.linalg.svd(a)
    rank = int((values > 1e-12 * values.max(initial=0)).sum())
    return directions[rank:].T
