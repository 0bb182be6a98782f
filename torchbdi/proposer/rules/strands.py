"""Sequences that follow from other ones: parts, other strands, and what genes translate to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from ..columns.remark import Remark
from ..reading.table import Values
from ..reading.ways import Ways, listed

_PAIRS = str.maketrans("ACGT", "TGCA")
# The standard code, its bases in the order of T, C, A and G.
_AMINO_ACIDS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
_BASES = {base: i for i, base in enumerate("TCAG")}
# What one column, and what several, are of another one, and how that is made.
_MADE: dict[tuple[str, str], Callable[[str], str]] = {
    ("stands letter for letter in", "stand letter for letter in"): str,
    ("is the reverse complement of", "are the reverse complement of"): (
        lambda text: text.translate(_PAIRS)[::-1]
    ),
    ("is the complement of", "are the complement of"): lambda text: text.translate(_PAIRS),
    ("reads backwards as", "read backwards as"): lambda text: text[::-1],
}
_TRANSLATED = ("is the translation of", "are the translation of")
# So many codons beside the first one of their place, over all places, are no synonyms by chance.
_SYNONYMS = 6
# So many amino acids of a protein are shown.
_SHOWN = 20


def strand_remarks(
    sequences: Mapping[str, Values], fixed: Collection[str], ways: Ways
) -> list[Remark]:
    """Names the columns of sequences that another one has, reads backwards or is translated to.

    Args:
        sequences: texts of equal length, (N,) each; names such as those of a PAM, too.
        fixed: the columns that do not vary.
        ways: how options are typed.
    """
    texts = {name: [_plain(text) for text in own.tolist()] for name, own in sequences.items()}
    varying = {name: _varying(own) for name, own in texts.items()} if len(texts) > 1 else {}
    found: dict[tuple[str, tuple[str, str]], list[str]] = {}
    made: set[str] = set()
    for name in sorted(texts, key=lambda name: -len(texts[name][0])):  # the longest ones first
        for other, own in varying.items():
            if name == other or {name, other} & made or {name, other} <= set(fixed):
                continue
            if own and (what := _what_of(own, texts[name])):
                found.setdefault((name, what), []).append(other)
                made.add(other)
    out = []
    for (name, what), parts in found.items():
        one = len(parts) == 1
        told = (
            f"{'Column' if one else 'Columns'} {listed(parts)} {what[not one]} {name!r} in every "
            f"row, and proposals do not keep to that: leave {'it' if one else 'them'} out "
            f"({ways.several('ignore', parts)}), or {name!r} instead ({ways('ignore', name)}), and "
            "make what is missing from what is proposed."
        )
        out.append(Remark(told, (*parts, name), (*parts, name), "follows"))
    return out


def same_protein_remarks(
    sequences: Mapping[str, Values], fixed: Collection[str], ways: Ways
) -> list[Remark]:
    """Names the columns of genes that all code for one protein, as codons were chosen.

    Args:
        sequences: texts of equal length, (N,) each.
        fixed: the columns that do not vary.
        ways: how options are typed.
    """
    out = []
    for name, own in sequences.items():
        genes = sorted({_plain(text) for text in own.tolist()})
        if name in fixed or not set("".join(genes)) <= _BASES.keys():
            continue
        for frame in range(3):
            codons = [{g[at : at + 3] for g in genes} for at in range(frame, len(genes[0]) - 2, 3)]
            different = sum(len(place) - 1 for place in codons)
            if different < _SYNONYMS or any(len(set(map(_translated, c))) > 1 for c in codons):
                continue
            where = f" from letter {frame + 1} on" if frame else ""
            protein = _translated(genes[0][frame:])
            shown = protein if len(protein) <= _SHOWN else f"{protein[:_SHOWN]}..."
            told = (
                f"All sequences of {name!r} translate to {shown}{where}, and proposals do not "
                "keep to that: each letter is chosen by itself. To choose among the codons, give "
                f"each of them a column of its own, and leave {name!r} out "
                f"({ways('ignore', name)})."
            )
            out.append(Remark(told, (name,), (name,)))
            break
    return out


def are_letters(names: Values) -> bool:
    """Whether names (N,) are so many letters each, of A to Z, as the bases of a PAM are."""
    plain = all(name.isascii() and name.isalpha() for name in names)  # ß has two capitals
    return plain and len(set(map(len, names))) == 1


def _plain(text: str) -> str:
    return text.upper().replace("U", "T")


def _varying(texts: Sequence[str]) -> list[str]:
    """Texts of one length without the sites at both ends that are the same in all of them."""
    sites = [len(set(site)) > 1 for site in zip(*texts, strict=True)]
    if not any(sites):
        return []
    first, last = sites.index(True), len(sites) - sites[::-1].index(True)
    return [text[first:last] for text in texts]


def _what_of(own: Sequence[str], whole: Sequence[str]) -> tuple[str, str] | None:
    """What is said of texts, of one column or of several, that are made of others."""
    for what, make in _MADE.items():
        if _stands_in(own, whole, make):
            return what
    few = slice(8)  # a translation takes long
    for frame in range(3):
        for rows in (few, slice(None)):
            proteins = [_translated(text[frame:]) for text in whole[rows]]
            if not all(proteins) or not _stands_in(own[rows], proteins, str):
                break
        else:
            return _TRANSLATED
    return None


def _stands_in(own: Sequence[str], whole: Sequence[str], make: Callable[[str], str]) -> bool:
    """Whether what is made of texts stands at one place of other texts in every row."""
    first, length = make(own[0]), len(own[0])
    return any(
        whole[0].startswith(first, at)
        and all(w.startswith(make(o), at) for o, w in zip(own, whole, strict=True))
        for at in range(len(whole[0]) - length + 1)
    )


def _translated(gene: str) -> str:
    """Its amino acids; "" for what is no DNA."""
    if not set(gene) <= _BASES.keys():
        return ""
    numbers = [_BASES[base] for base in gene]
    codons = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=False)
    return "".join(_AMINO_ACIDS[16 * a + 4 * b + c] for a, b, c in codons)
