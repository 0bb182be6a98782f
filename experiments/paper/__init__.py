"""The paper's side: its numbers, the runs that its tables need, and how cells and curves are made.

Code here reads finished runs and starts none. How a run is written and read belongs to ``runs``.
"""
