"""Numbers as others printed them, one CSV a table, and the reader of these files.

Facts with a source only: nothing that was computed here goes into this room.
"""
