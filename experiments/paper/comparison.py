"""Which methods a table ranks against one another, and over which problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .facts import ABLATIONS, COMPARED
from .ranks import Ranks, rank_methods

SMALL = "_small"  # a preset of less width, which stands in for its method where that was not run
RANKED = {
    "table1": tuple(m for m in COMPARED.values() if m != "best_rows"),
    "table2": tuple(m for m in COMPARED.values() if m != "best_rows"),
    "table3": tuple(ABLATIONS.values()),
    "a1": tuple(m for m in COMPARED.values() if m != "best_rows"),
}


def stands_for(method: str, there: Sequence[str]) -> str:
    """The method whose place a preset takes: ``min_small`` that of ``min``, if min is not there."""
    whole = method.removesuffix(SMALL)
    return method if whole in there else whole


def ranked_most(scores: Mapping[str, Mapping[str, float]]) -> dict[str, Ranks]:
    """Ranks among the paper's methods where some problem has all of them, else among all methods.

    Args:
        scores: scores[problem][method].
    """
    eleven = ranked("table2", scores)
    whole = any(rank.methods == len(RANKED["table2"]) for rank in eleven.values())
    return eleven if whole else rank_methods(scores)


def ranked(table: str, scores: Mapping[str, Mapping[str, float]]) -> dict[str, Ranks]:
    """Ranks by the paper's rule, among the methods that its table compares.

    Where some problems have scores of all of them, ranks are taken over these problems alone;
    else over all problems, among the methods that are there.

    Args:
        table: the table's name, one of RANKED.
        scores: scores[problem][method].

    Returns:
        The ranks, by the names in ``scores``.
    """
    wanted = RANKED[table]
    chosen = {
        problem: {
            method: score
            for method, score in row.items()
            if stands_for(method, list(row)) in wanted
        }
        for problem, row in scores.items()
    }
    whole = {problem: row for problem, row in chosen.items() if len(row) == len(wanted)}
    return rank_methods(whole or chosen)
