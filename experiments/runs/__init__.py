"""One run: its configuration, its folder, what it leaves there, and how finished ones are found.

What the paper prints and how its tables look belongs to ``paper``; no task and no true function is
defined here.
"""
