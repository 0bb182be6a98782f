"""Sequences of DNA, RNA or protein among texts: which are some, and which only nearly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from ...kernels.errors import InputError
from .table import Values
from .ways import Ways, listed

DNA = frozenset("ACGTUN-")
PROTEIN = frozenset("ACDEFGHIKLMNPQRSTVWYBXZ*-")
GAP = "-"
# Letters that stand for any one of several: nobody can make them.
OPEN_DNA, OPEN_PROTEIN = frozenset("NRYSWKMBDHV"), frozenset("BXZ")
# ... beside so many amino acids at least: the letters of ABCD are names of anything.
AMINO_ACIDS = 8
# What a site can have: a base of RNA, of DNA, an amino acid.
_BASES = (frozenset("ACGU"), frozenset("ACGT"))
_RESIDUES = PROTEIN - OPEN_PROTEIN - frozenset("*-")
# Shorter texts in protein letters can be abbreviations; so can those with a letter that all share.
SHORTEST, LONG = 4, 20
# What stands at both ends of peptides, and of strands that are synthesised.
_HEAD = re.compile(r"(Ac|H|NH2|H2N|Fmoc|Boc|Biotin|FITC|FAM)-")
_TAIL = re.compile(r"(-(NH2|OH|COOH|CONH2)|-?dT-?dT)$")
# So many different texts of such length are sequences, and no names, even where rows repeat them.
MANY, DNA_LENGTH, PROTEIN_LENGTH = 10, 6, 8


def surely_sequences(texts: Collection[str]) -> bool:
    """Whether texts are sequences, and no names, although rows repeat them."""
    if len(texts) < MANY or not sequence_letters(texts):
        return False
    dna = {letter.upper() for text in texts for letter in text} <= DNA
    return len(next(iter(texts))) >= (DNA_LENGTH if dna else PROTEIN_LENGTH)


def sequence_letters(texts: Collection[str]) -> str:
    """The letters of sequences of DNA or protein, in upper case; "" where texts are no such."""
    lengths = {len(text) for text in texts}
    if len(lengths) != 1:
        return ""
    length, letters = lengths.pop(), {letter for text in texts for letter in text}
    upper = {letter.upper() for letter in letters}
    if length >= 3 and upper <= DNA:
        return "".join(sorted(upper))
    if length < SHORTEST or not (letters if length < PROTEIN_LENGTH else upper) <= PROTEIN:
        return ""
    shared = [
        i for i in range(length)
        if len({text[i].upper() for text in texts}) == 1
        # Many proteins begin with methionine, and are written with their stop or gaps.
        and not (next(iter(texts))[i] in "*-" or (i == 0 and next(iter(texts))[0] in "Mm"))
    ]  # fmt: skip
    # Variants of one peptide share some letters; abbreviations are hardly long, all in capitals,
    # and different at most of their letters.
    variants = (
        len(texts) >= MANY and length >= PROTEIN_LENGTH and 2 * len(shared) < length
        and letters <= PROTEIN - OPEN_PROTEIN and len(letters) >= AMINO_ACIDS
    )  # fmt: skip
    if length < LONG and (
        (shared and not variants) or (not letters <= PROTEIN and len(texts) < MANY)
    ):
        return ""
    return "".join(sorted(upper))


def ask_of_lengths(name: str, texts: Collection[str], ways: Ways) -> None:
    """Refuses texts that are sequences but for their lengths."""
    letters = {letter for text in texts for letter in text}
    lengths = {len(text) for text in texts}
    known = letters <= PROTEIN or {letter.upper() for letter in letters} <= DNA
    if len(lengths) > 1 and min(lengths) > SHORTEST and known:
        raise InputError(
            f"column {name!r} looks like sequences of {min(lengths)} to {max(lengths)} letters; "
            f"they must be of equal length. Pad them with '-', or leave the column out "
            f"({ways('ignore', name)})."
        )


def without_caps(texts: Collection[str]) -> list[str]:
    """Texts without the ends that all of them have and that are no letters: Ac-, -NH2, dTdT."""
    first = min(texts, default="")  # a set has no first one that is the same each time
    head, tail = _HEAD.match(first), _TAIL.search(first)
    start, end = (found.group() if found else "" for found in (head, tail))
    if start == "H-" and not end:  # zeolites are called so
        start = ""
    if not all(t.startswith(start) and t.endswith(end) for t in texts):
        return [*texts]
    return [text.removeprefix(start).removesuffix(end) for text in texts]


def one_case(values: Values) -> Values:
    """Sequences in upper case where all of their letters are those of DNA or protein.

    Small letters that all of them share beside capitals are no such: those of Ac-GLKV and of dTdT.
    """
    letters = {letter.upper() for text in values.tolist() for letter in text}
    if not (letters <= DNA or letters <= PROTEIN):
        return values
    upper = [text.upper() for text in values.tolist()]
    if upper == values.tolist():
        return values
    sites = [set(site) for site in zip(*values.tolist(), strict=False)]
    shared = {i: min(site) for i, site in enumerate(sites) if len(site) == 1}
    if not any(
        letter.islower() for i, site in enumerate(sites) if i not in shared for letter in site
    ):
        own = {i: letter for i, letter in shared.items() if letter.islower()}
        upper = ["".join(own.get(i, c) for i, c in enumerate(text)) for text in upper]
    out = np.empty(len(values), dtype=object)
    out[:] = upper
    return out


def kept_letters(texts: Collection[str]) -> dict[int, str]:
    """The letters that all sequences share and that are no choice elsewhere, by their site.

    These are signs between letters, a stop, caps and overhangs, as in AUGC-dTdT or Ac-GLY-NH2: they
    stand at no site that varies, and are no base or amino acid as those that do.

    Args:
        texts: different ones, of equal length.
    """
    sites = [set(letters) for letters in zip(*texts, strict=True)]
    moving = {letter for site in sites if len(site) > 1 for letter in site}
    alphabet = _alphabet(sites, moving - {GAP})
    return {
        i: letter
        for i, site in enumerate(sites)
        if moving and len(site) == 1 and (letter := next(iter(site))) not in moving
        if (letter not in alphabet if alphabet else not letter.isalnum())
    }


def _alphabet(sites: Sequence[set[str]], moving: set[str]) -> frozenset[str] | None:
    """What the letters that vary are some of: bases, where most sites have these; None for neither.

    Few sites vary at times, and among few letters: those of A, C and G are bases of DNA where a T
    stands elsewhere, and amino acids where most others are no bases.
    """
    lettered = [site for site in sites if any(map(str.isalnum, site))]
    counts = {own: sum(site <= own | {GAP} for site in lettered) for own in _BASES if moving <= own}
    bases = max(counts, key=counts.__getitem__, default=None)
    if bases is not None and 2 * counts[bases] > len(lettered):
        return bases
    return _RESIDUES if moving <= _RESIDUES else bases


def padded_at(texts: Collection[str]) -> tuple[str, ...]:
    """Where sequences are padded with '-': "start", "end" or both; () where they are not.

    Gaps between letters are those of an alignment, and can stand anywhere. Texts of signs
    alone, such as +-- for the levels of three factors, are not padded.
    """
    if any(GAP in text.strip(GAP) for text in texts) or not any(map(str.isalnum, "".join(texts))):
        return ()
    ends = {"start": any(t[:1] == GAP for t in texts), "end": any(t[-1:] == GAP for t in texts)}
    return tuple(end for end, there in ends.items() if there)


def odd_ones(texts: Collection[str], dna: bool) -> list[str]:
    """The few texts, a tenth at most, that are no sequences as the others are; or none.

    Args:
        texts: different ones.
        dna: whether the others are DNA or RNA, and these other letters of proteins.
    """
    lengths = [len(text) for text in texts]
    usual = max(set(lengths), key=lengths.count)
    letters = DNA if dna else PROTEIN
    good = [t for t in texts if len(t) == usual and {letter.upper() for letter in t} <= letters]
    few = MANY <= len(good) < len(texts) and len(texts) - len(good) <= max(1, len(texts) // 10)
    return sorted(set(texts) - set(good)) if few and sequence_letters(good) else []


def ask_of_odd_ones(name: str, values: Values, rows: np.ndarray, ways: Ways) -> None:
    """Refuses texts that are sequences but for a few of them."""
    if odd := odd_ones(set(values.tolist()), dna=False):
        at = [int(rows[values.tolist().index(text)]) for text in odd[:4]]
        raise InputError(
            f"column {name!r} holds sequences but for {listed(odd, 4)} (row "
            f"{', '.join(map(str, at))}). Mend these, or say that all are sequences "
            f"({ways('sequence', name)}) or names ({ways('category', name)}), or leave the column "
            f"out ({ways('ignore', name)})."
        )


def ask_of_open_letters(name: str, values: Values, rows: np.ndarray, ways: Ways) -> None:
    """Refuses sequences in which a letter stands for several, as N does for any base.

    Proposals would have such letters, too, and what is known of them is no letter's own.
    """
    texts = [text.upper() for text in values.tolist()]
    count = Counter("".join(texts))
    found, bases = set(count), DNA - OPEN_DNA
    most = 2 * sum(count[base] for base in bases) > count.total()
    dna = found <= DNA | OPEN_DNA and len(found & bases - {GAP}) >= len("ACGT") and most
    letters = OPEN_DNA if dna else OPEN_PROTEIN
    at = [i for i, text in enumerate(texts) if letters & set(text)]
    if not at or (not dna and len(found & PROTEIN - letters - {GAP}) < AMINO_ACIDS):
        return
    what = "bases" if dna else "amino acids"
    raise InputError(
        f"column {name!r}: {listed(sorted(letters & found))} in {values[at[0]][:40]!r} (row "
        f"{rows[at[0]]}; {len(at)} of {len(texts)} sequences have such a letter) can stand for any "
        f"of several {what}, so nobody could make a proposal with it. Write there what it was, or "
        "leave these rows out; "
        f"{ways('sequence', name)} takes it for a letter like the others, and "
        f"{ways('ignore', name)} leaves the column out."
    )
