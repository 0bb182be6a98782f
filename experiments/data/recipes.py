"""Revisions of the tables that are made here. They stand apart, so that naming one needs no robot.

A number is raised by one with every change after which a seed gives another table.
"""

from __future__ import annotations

HOPPER = 1
MORPHOLOGY = 1
