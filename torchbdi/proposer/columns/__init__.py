"""What each column of a table is, and its values as that: numbers, names, sequences, scores.

Nothing here knows what a person asked for beyond the kinds of columns; nor torch, but for
``padded``, which a search asks.
"""
