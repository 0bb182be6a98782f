"""Simulators of Hopper, Ant and D'Kitty, and the policies that drive the robots.

Importing a simulator loads neither torch nor design-bench, because every worker process does it.
How a policy was trained belongs to ``policies``, how a table was made to ``data``.
"""
