"""What a design may be: columns, levels, classes, constraints, and standardised features.

It knows no kernel, no score and no search.
"""

from .columns import Choice, Column, Number, sequence
from .constraints import Linear
from .space import Space

__all__ = ["Choice", "Column", "Linear", "Number", "Space", "sequence"]
