"""Names as a picture can show them: short enough, and of letters that an installed font has."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

OWN = "DejaVu Sans"  # comes with matplotlib
MOST_TICKS = 8
# Letters that fit below one axis, with all ticks together, and of one tick.
TICK_LETTERS, LONGEST_TICK = 62, 12
# Stands for a letter that no font has.
BOX = "□"


def width(text: str) -> int:
    """How many letters of Latin size a text is as wide as: those of Chinese count twice."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def shortened(name: str, room: int) -> str:
    """The beginning of a name, no wider than ``room`` with the dots that say that there is more."""
    if width(name) <= room:
        return name
    while width(name) >= room:
        name = name[:-1]
    return name + "…"


def lettered(text: str) -> tuple[str, dict[str, Any]]:
    """A text, and matplotlib's arguments that draw it with fonts that have its letters.

    A letter that no font has becomes a box. A column's name may hold a dollar sign, which is not
    mathematics here.
    """
    missing = frozenset(c for c in text if not c.isspace()) - _letters_of(_own_file())
    names, left = _fonts(missing) if missing else ((), missing)
    shown = "".join(BOX if c in left else c for c in text)
    return shown, {"fontfamily": [OWN, *names], "parse_math": False}


def short_names(names: Sequence[str]) -> list[str]:
    """Names for the ticks of one axis: so short that they fit beside each other, and different.

    Long names of one kind begin alike, as structures do: then what comes after the part that they
    share is shown, or their ends.
    """
    room = min(LONGEST_TICK, TICK_LETTERS // len(names) - 1)
    if any(width(name) > len(name) for name in names):
        room //= 2
    shared = next((i for i, s in enumerate(zip(*names, strict=False)) if len(set(s)) > 1), 0)
    ways = (
        [name if len(name) <= room else name[: room - 1] + "…" for name in names],
        ["…" + name[shared : shared + room - 1] for name in names],
        [name if len(name) <= room else "…" + name[1 - room :] for name in names],
    )
    return next((way for way in ways if len(set(way)) == len(set(names))), ways[0])


@cache
def _fonts(missing: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Names of installed fonts that have letters which matplotlib's own lacks, and what is left."""
    from matplotlib.font_manager import fontManager

    plain = [f for f in fontManager.ttflist if f.style == "normal" and f.weight in (400, "normal")]
    # A last resort has boxes for all letters there are.
    own = {f.name: _letters_of(f.fname) for f in plain if "last resort" not in f.name.lower()}
    names: list[str] = []
    while found := max(own, key=lambda name: (len(missing & own[name]), name), default=""):
        if not missing & own[found]:
            break
        names.append(found)
        missing -= own[found]
    return tuple(names), missing


def _own_file() -> str:
    from matplotlib.font_manager import findfont

    return str(findfont(OWN))


@cache
def _letters_of(file: str) -> frozenset[str]:
    """The letters of a font; none where it cannot be read, or is one of pictures."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(file)
        return frozenset(map(chr, font.get_charmap())) if font.scalable else frozenset()
    except (OSError, RuntimeError):
        return frozenset()
