"""How the Ant's and the D'Kitty's policies were trained: ``python -m experiments.policies.make``.

The results lie in ``robots/policies``. No run imports anything from here, and nothing that a run
needs may be put here.
"""
