"""From a table of one's own to designs worth trying: ``torchbdi propose``, ``torchbdi.propose``."""

from .api import propose
from .result import Proposals

__all__ = ["Proposals", "propose"]
