"""Fitted true functions, with their training, and the process pool that evaluates any.

A simulator belongs to ``robots``, and what a task makes of a true function to ``tasks``. Nothing
here knows a task.
"""
