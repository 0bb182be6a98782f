"""The Triton forms of ``relu``, ``zonal`` and ``small``, and the switch that turns them off.

Every function here has a plain form elsewhere, with which tests compare it. Nothing is here that
exists in one form only, and importing this package or :mod:`.device` does not import triton.
"""

from .device import takes, use

__all__ = ["takes", "use"]
