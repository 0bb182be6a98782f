"""From what a person has to a table: files, workbooks, numbers and names as people write them.

Nothing here knows what a column means, or torch.
"""
