"""Which regression a table asks for, fitted, and how far it can be trusted.

Nothing here proposes a design.
"""
