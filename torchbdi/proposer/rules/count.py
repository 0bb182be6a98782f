"""How many designs to propose: no more than there can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...kernels.errors import InputError
from ...space.constraints import Linear
from ..columns.different import different_remarks
from ..columns.nothing import kept_remarks
from ..digits import figures, places_of
from ..reading.table import Values, show_number
from ..reading.ways import Ways
from ..settings import Settings
from .following import looked_up_remarks
from .looked_up import LookedUp
from .restrict import Restricted
from .room import Room, room_of
from .unscored import out_told

# How many designs are proposed where nobody says.
USUAL = 32


def count_of(
    restricted: Restricted,
    values: Mapping[str, Values],
    tried: Mapping[str, Values],
    candidates: Mapping[str, Values] | None,
    means: np.ndarray,
    rows: np.ndarray,
    score: str,
    settings: Settings,
    ways: Ways,
    also: str = "",
) -> tuple[int, list[str]]:
    """How many designs to propose, and what to tell of it.

    Args:
        restricted: the columns that vary, and the rules between them.
        values: of the known designs, (N,) each.
        tried: the same of designs that failed or wait.
        candidates: the same of the rows to choose from; None where there are none.
        means: the scores of the known designs, (N,).
        rows: their rows, (N,).
        score: what the scores are called.
        settings: the person's choices.
        ways: how options are typed.
        also: which columns are no part of a design, to end a message.

    Raises:
        InputError: there is none that is not known.
    """
    grids = restricted.grids
    spoken = {*settings.free, *settings.fix}
    free = [n for n, grid in grids.items() if grid.number.discrete and n not in spoken]
    free.sort(key=lambda name: not grids[name].kind)  # decimals and digits alone come last
    room = None
    if candidates is not None:
        left = len(next(iter(candidates.values())))
    else:
        room = room_of(restricted, values, settings, tried)
        if room is None:
            return (USUAL if settings.n is None else settings.n), []
        left = room.left
        up = {n: own for n, own in restricted.following.items() if isinstance(own, LookedUp)}
        kept = (
            *kept_remarks(restricted.absent, ways),
            *different_remarks(restricted.different, ways),
            *looked_up_remarks(up, ways),
        )
        unasked = "".join(f" {told}" for told in kept)
        if not room.possible:
            raise InputError(
                "no design meets the bounds, levels, fixed values and rules at once: "
                f"{_asked(settings, restricted)}. Give one of them up, or widen it."
                f"{unasked}"
            )
        if not left:
            best = int(means.argmin() if settings.minimize else means.argmax())
            way, again = "", ""
            if room.tried:
                again = f" To have those that failed or wait proposed, {_tried_told(ways)}."
            if free:
                way = f", or give up levels ({freed(free, restricted.rules, ways)})"
            raise InputError(
                f"every design is known: {_all_told(room)}. The best is row {rows[best]} with "
                f"{score} {figures(means[best], places_of(means))}. New ones need new levels: "
                f"widen the bounds{way}, or add rows with levels that were not tried.{again}"
                f"{unasked}{also}"
            )
    n = min(USUAL, left) if settings.n is None else settings.n
    if n < left:
        return n, []
    which = "is 1 design" if left == 1 else f"are {left} designs"
    beside = f", beside {room.tried} that failed or wait" if room and room.tried else ""
    told = f"There {which} left without a score{beside}: no more can be proposed."
    if candidates is not None:
        told += f" For other designs, {out_told(ways)}."
    elif free:
        told += f" To give levels or steps up: {freed(free, restricted.rules, ways)}."
    return min(n, left), [told]


def _all_told(room: Room) -> str:
    """Why no combination is new."""
    if not room.tried:
        return f"all {room.possible} combinations that there are have a score"
    fail = "failed, waits or has" if room.tried == 1 else "failed, wait or have"
    return (
        f"of all {room.possible} combinations that there are {room.possible - room.tried} have a "
        f"score, and {room.tried} {fail} a text in its place"
    )


def _tried_told(ways: Ways) -> str:
    """How designs that failed or wait can be proposed."""
    word, empty = ways("take", "TEXT=candidate"), ways("take", "=candidate")
    return (
        f"take their rows out of the table, or choose among them ({word}; {empty} where the score "
        "is empty)"
    )


def freed(free: Sequence[str], rules: Sequence[Linear], ways: Ways) -> str:
    """How levels are given up; those of the parts of a sum together, and the sum is kept."""
    own = next(
        (
            rule
            for rule in rules
            if rule.is_equation
            and free[0] in rule.coefficients
            and set(rule.coefficients.values()) == {1.0}
        ),
        None,
    )
    if own is None:
        return ways("free", free[0])
    names = [name for name in own.coefficients if name in free]
    kept = ways("sum", f"{'+'.join(own.coefficients)}={show_number(own.low)}")
    if not ways.typed:
        return f"free={names}, {kept}"
    return " ".join([*(ways("free", name) for name in names), kept])


def _asked(settings: Settings, restricted: Restricted) -> str:
    """What restricts the designs, in the person's words."""
    told = [f"fix {name}={v}" for name, v in settings.fix.items() if v is not None]
    told += [f"bounds of {name}" for name in settings.bounds]
    told += [str(rule) for rule in (*restricted.rules, *restricted.at_most)]
    return "; ".join(told)
