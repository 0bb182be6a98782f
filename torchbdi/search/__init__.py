"""Maximises a function of designs over a Space: enumeration, a beam over sites, and ascents.

It knows neither scores nor models: whoever searches brings the function.
"""

from .engine import FewDesignsError, Found, maximise
from .objective import Objective
from .options import SearchOptions
from .reach import Reach

__all__ = ["FewDesignsError", "Found", "Objective", "Reach", "SearchOptions", "maximise"]
