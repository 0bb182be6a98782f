"""The revision of what all methods share, by which runs and states of other numbers are told."""

from __future__ import annotations

# Raised when kernels, solvers or the standardisation of designs change a method's scores by more
# than 1e-6 relative (tests/pinned.csv). Runs of another revision are not gone on with.
REVISION = 1
