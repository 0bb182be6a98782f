"""What designs must keep, found in a table or asked for: steps, sums, rules; and how many do.

Nothing here models a score, or knows torch.
"""
