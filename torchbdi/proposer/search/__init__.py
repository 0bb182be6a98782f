"""New designs, and the batch that is chosen of them; what that would have found of the known ones.

Nothing here writes for a person to read.
"""
