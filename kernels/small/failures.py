"""What is said of a small system that cannot be solved, in every form of the solve alike."""

from __future__ import annotations

from torch import Tensor

BAD_RIDGE = "cholesky_solve: ridge must be finite and not negative."


def not_finite(name: str) -> str:
    """What is said of an argument that is not finite."""
    return f"cholesky_solve: {name} contains NaN or inf."


def describe_failures(info: Tensor, m: int) -> str:
    """Says which matrices of a batch failed, at which pivot, and why that happens."""
    failed = info.nonzero()
    shown = []
    for index in failed[:8].tolist():
        pivot = int(info[tuple(index)]) - 1
        member = f"batch member {index if len(index) != 1 else index[0]}" if index else "the matrix"
        shown.append(f"{member} at pivot {pivot} of {m}")
    more = f", and {len(failed) - 8} more" if len(failed) > 8 else ""
    return (
        f"not positive definite: {'; '.join(shown)}{more}. Likely causes: duplicate or nearly "
        "duplicate rows, or a ridge that is too small. Remove duplicates or raise the ridge; "
        "nothing is added in silence."
    )
