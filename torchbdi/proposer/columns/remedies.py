"""Texts that write several choices into one cell, and how to write these so that they are searched.

Settings, lists, compositions, molecules, and several numbers: a search over their letters makes
none of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from ..reading.ways import Ways
from .several import lists_mutations

_SYMBOLS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se "
    "Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy "
    "Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Th U"
)
_ELEMENT = re.compile("|".join(sorted(_SYMBOLS.split(), key=len, reverse=True)))
# Al0.5CoCrFeNi, Fe80B20, Ni(OH)2: elements with their amounts, which can stand in brackets.
_COMPOSITION = re.compile(rf"(?:(?:{_ELEMENT.pattern}|[\[\]()])(?:\d+(?:\.\d+)?|\.\d+)?)+")
# CC(=O)O, c1ccccc1: atoms, bonds, branches and rings.
_MOLECULE = re.compile(r"(?:\[[^\[\]\s]+\]|Br|Cl|[BCNOPSFIbcnops]|[-=#/\\.()@\d%])+")
_ATOM, _RING = re.compile(r"\[[^\[\]]*\]"), re.compile(r"%\d\d|\d")
_BONDS = re.compile(r"[=#(\[]")
# 4:5, 30 x 60 mm, 68-74: numbers with one sign between them, and what such texts are.
_NUMBERS = re.compile(
    r"\s*(\d+(?:[.,]\d+)?)\s*(?:([:/]|[x×*]|-|–|to\b)\s*(\d+(?:[.,]\d+)?)\s*)+[^\W\d]*"
)
# {"lr": 0.1, "depth": 3}, lr=0.1;depth=3, --lr 0.1 --depth 3; [64, 32] and (64, 32); #ff8800.
_DICTIONARY = re.compile(r"\{(.*:.*)?\}")
_NAMED = r"[^\W\d][\w.-]*\s*[=:]\s*[^\s;,&|=:]+"
_PAIRS = re.compile(rf"{_NAMED}(\s*[;,&|\s]\s*{_NAMED})+")
_OPTIONS = re.compile(r"(--?[^\W\d][\w-]*([ =][^\s-]\S*)?(\s+|$)){2,}")
_LIST = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_BETWEEN = {":": "ratio", "/": "ratio", "x": "size", "×": "size", "*": "size"}
_OF_NUMBERS = {
    "ratio": "write the quotient, or give each part a column of its own",
    "size": "give each of their numbers a column of its own",
    "range": "write the middle of each, or its ends into two columns",
}
# So many levels, at least, that hold numbers are told to have none between them.
FEWEST_LEVELS = 5


@dataclass(frozen=True)
class Remedy:
    """What texts are, and what to do.

    Attributes:
        what: they are.
        example: one of them.
        each: what one of them is called.
        over: what a search would be over.
        instead: how to write them.
    """

    what: str
    example: str
    each: str
    over: str
    instead: str


def remedy_of(texts: Collection[str]) -> Remedy | None:
    """How to write different texts that hold several things: settings, mutations, molecules, ...

    None for other texts.
    """
    texts = sorted(texts)  # the example is the same in every run
    if example := lists_mutations(texts):
        return Remedy(
            "lists of mutations", example, "list", "mutations",
            "write the whole sequence of each variant into a column, all of equal length, or give "
            "each site that varies a column of its own",
        )  # fmt: skip
    if written := _of_programs(texts):
        return written
    if of := _of_numbers(texts):
        return Remedy(f"{of}s", max(texts, key=len), of, "their numbers", _OF_NUMBERS[of])
    if example := _composition(texts):
        return Remedy(
            "compositions", example, "composition", "them",
            "give each element a column of its own with its amount, 0 where there is none",
        )  # fmt: skip
    if example := _molecule(texts):
        return Remedy(
            "molecules", example, "molecule", "them",
            "give each group that was exchanged a column of its own, or describe the molecules by "
            "columns of numbers and list those to choose from as rows without a score",
        )  # fmt: skip
    return None


def numbers_remark(name: str, classes: Collection[str], ways: Ways) -> str:
    """Says of levels that hold several numbers each that nothing lies between; "" of others.

    Args:
        name: of the column.
        classes: its levels.
        ways: how options are typed.
    """
    of = _of_numbers(classes) if len(classes) >= FEWEST_LEVELS else ""
    if not of:
        return ""
    return (
        f"Column {name!r} holds {of}s, such as {max(classes, key=len)!r}: each of its "
        f"{len(classes)} counts as a name, so that near ones are no more alike than others, and no "
        f"other one is proposed. To search over their numbers, {_OF_NUMBERS[of]}; "
        f"{ways('category', name)} says that they are names."
    )


def _of_programs(texts: Collection[str]) -> Remedy | None:
    """What to do with settings, lists and colours as programs write them; None for other texts."""
    example = max(texts, key=len)
    for form in (_DICTIONARY, _PAIRS, _OPTIONS):
        if all(map(form.fullmatch, texts)):
            return Remedy(
                "settings", example, "text", "them", "give each setting a column of its own"
            )
    if all(map(_LIST.fullmatch, texts)) and 2 * sum("," in text for text in texts) > len(texts):
        return Remedy(
            "lists", example, "list", "what they hold",
            "give each place of the lists a column of its own, and their length, where it differs",
        )  # fmt: skip
    if all(map(_COLOUR.fullmatch, texts)):
        return Remedy(
            "colours", example, "colour", "them",
            "give red, green and blue a column of numbers each",
        )  # fmt: skip
    return None


def _of_numbers(texts: Collection[str]) -> str:
    """What texts are that hold several numbers each: ratios, sizes or ranges; "" for others."""
    found = [match for text in texts if (match := _NUMBERS.fullmatch(text))]
    signs = {match[2] for match in found}
    if len(found) < len(texts) or len(signs) != 1:
        return ""
    of = _BETWEEN.get(signs.pop(), "range")
    ends = [[float(part.replace(",", ".")) for part in match.group(1, 3)] for match in found]
    return of if of != "range" or all(low < high for low, high in ends) else ""


def _composition(texts: Collection[str]) -> str:
    """The longest one, where all texts are of elements with amounts; "" where they are not.

    Of many there are two elements and an amount, and symbols of two letters: C12S is none.
    """
    if not all(map(_COMPOSITION.fullmatch, texts)):
        return ""
    many = [
        text
        for text in texts
        if len(found := _ELEMENT.findall(text)) > 1
        and max(map(len, found)) > 1
        and re.search(r"\d", text)
    ]
    return max(many, key=len) if 2 * len(many) > len(texts) else ""


def _molecule(texts: Collection[str]) -> str:
    """The longest one, where all texts are formulas of structure (SMILES); "" where they are not.

    Of many there is a carbon atom, and a bond or a branch.
    """
    if not all(_MOLECULE.fullmatch(text) and _closed(text) for text in texts):
        return ""
    many = [text for text in texts if _BONDS.search(text) and re.search("[Cc]", text)]
    return max(many, key=len) if 2 * len(many) > len(texts) else ""


def _closed(text: str) -> bool:
    """Whether as many brackets end as begin, and rings: C/N=10 is a ratio."""
    rings = Counter(_RING.findall(_ATOM.sub("", text)))
    even = all(count % 2 == 0 for count in rings.values())
    return even and text.count("(") == text.count(")") and text.count("[") == text.count("]")
