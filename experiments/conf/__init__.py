"""Configuration groups of the command line (Hydra).

Settings of runs and of the trainer stand here. Those of a method or a task are the fields of its
class, and are not repeated.
"""
