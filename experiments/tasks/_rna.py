"""How strongly a short RNA binds a target: the true function of FLEXS's RNA tasks.

ViennaRNA's duplexfold gives the energy of the best duplex of design and target. A score is that
energy over the one which a design would have that binds as well, letter for letter, as the
target's own reverse complement; so it lies between 0 and about 1. Targets and rule are those of
FLEXS 0.2.8, ``flexs/landscapes/rna.py``, problems L14_RNA1 to L14_RNA3 (Sinai et al. 2020).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from tqdm import tqdm

from torchbdi.kernels.errors import MissingDependencyError

from ..data.rna import LENGTH, RNA_LETTERS, rna_table
from ..data.sources import DATA_SETS
from .base import Labels, Loaded, Request, Source, TaskSpec

TARGETS = {
    1: "GAACGAGGCACAUUCCGGCUCGCCCGGCCCAUGUGAGCAUGGGCCGGACC"
    "CCGUCCGCGCGGGGCCCCCGCGCGGACGGGGGCGAGCCGGAAUGUGCCUC",
    2: "GAGGCACAUUCCGGCUCGCCCCCGUCCGCGCGGGGGCCCCGCGCGGACGG"
    "GGUCCGGCCCGCGCGGGGCCCCCGCGCGGGAGCCGGAAUGUGCCUCGUUC",
    3: "CCGGUGAUACUGUUAGUGGUCACGGUGCAUUUAUAGCGCUAAAGUACAGU"
    "CUUCCCCUGUUGAACGGCGCCAUUGCAUACAGGGCCAGCCGCGUAACGCC",
}
_COMPLEMENT = str.maketrans("ACGU", "UGCA")


def duplex() -> Callable[[str, str], float]:
    """Energy of the best duplex of two strands, in kcal/mol.

    Raises:
        MissingDependencyError: ViennaRNA is not installed.
    """
    try:
        import RNA
    except ImportError as error:
        raise MissingDependencyError(
            "the RNA tasks are scored by ViennaRNA, which is not installed. Install it with:\n"
            "  pip install viennarna"
        ) from error
    return lambda one, other: float(RNA.duplexfold(one, other).energy)


@functools.cache
def divisor(number: int) -> float:
    """The energy that counts as 1: -36.414, -37.842 and -30.184 kcal/mol."""
    target = TARGETS[number]
    whole = duplex()(target.translate(_COMPLEMENT)[::-1], target)
    return whole * LENGTH / len(target)


def binding(designs: np.ndarray, number: int) -> np.ndarray:
    """Scores of designs.

    Args:
        designs: int (n, 14), letters numbered as in ``RNA_LETTERS``.
        number: of the target, 1 to 3.

    Returns:
        (n,), float64.

    Raises:
        MissingDependencyError: ViennaRNA is not installed.
    """
    energy, target, one = duplex(), TARGETS[number], divisor(number)
    bar = tqdm(designs, desc="duplexes", leave=False, disable=len(designs) < 1000)
    texts = ("".join(RNA_LETTERS[i] for i in design) for design in bar)
    return np.array([energy(target, text) / one for text in texts])


def rna_task(number: int) -> TaskSpec:
    """The task of one of the three targets; all rows of its table are visible."""

    def load(request: Request) -> Loaded:
        duplex()  # before hours of work, not after
        x, y = rna_table(request.folder, number)
        labels = Labels(f"RNA-Binding-{number} (FLEXS L14_RNA{number})")
        return Loaded(x, y, functools.partial(binding, number=number), labels)

    return TaskSpec(
        kind="discrete",
        letters=RNA_LETTERS,
        y_min=0.0,
        y_max=1.0,
        sources=(Source("original", DATA_SETS[f"rna{number}"]),),
        load=load,
    )
