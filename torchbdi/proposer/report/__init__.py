"""What a person reads at the end: the file of proposals, the report with its pictures, the summary.

Nothing here computes what it tells.
"""
