"""Revisions and size of the tables that are made here; naming one needs no robot.

A revision is raised by one with every change after which a seed gives another table.
"""

from __future__ import annotations

HOPPER = 1
MORPHOLOGY = 1

#: Rows of design-bench's tables of the Ant and the D'Kitty: the original robot and 1,563
#: generations of 16 candidates.
FULL_ROWS = 25_009
