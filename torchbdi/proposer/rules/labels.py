"""What belongs to a sequence that several designs share: its strain, its gene, where it binds."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from ..columns.remark import Remark
from ..columns.rows import first_met
from ..reading.table import Values
from ..reading.ways import Ways, listed
from .looked_up import DESIGNS, FEWER_DESIGNS, follows, shared


def label_remarks(
    sequences: Mapping[str, Values],
    others: Mapping[str, Values],
    told: Collection[str],
    ways: Ways,
) -> list[Remark]:
    """Names the columns that follow from a sequence, and the names that a sequence follows from.

    Args:
        sequences: texts of the different designs, (M,) each.
        others: numbers and names of these, (M,) each, of columns that may vary.
        told: those of which it was told already that they follow from letters.
        ways: how options are typed.
    """
    out = []
    for name, texts in sequences.items():
        codes = np.unique(texts, return_inverse=True)[1]
        left = {other: own for other, own in others.items() if other not in told}
        own = [o for o, v in left.items() if shared(codes, FEWER_DESIGNS) and follows(v, codes)]
        if own:
            known = (
                f", or choose among the known sequences ({ways('category', name)}), which keep "
                "theirs"
                if shared(codes, DESIGNS)
                else ""
            )
            text = (
                f"All rows with the same {name!r} have the same {listed(own)}, and proposals do "
                f"not keep to that. Leave out what belongs to a sequence and cannot be chosen "
                f"({ways.several('ignore', own)}){known}."
            )
            out.append(Remark(text, (name, *own), own, "follows"))
        for other, names in left.items():
            if names.dtype == np.float64 or other in own:
                continue
            codes_of = first_met(names.tolist())
            if shared(codes_of, FEWER_DESIGNS) and follows(texts, codes_of):
                text = (
                    f"All rows with the same {other!r} have the same {name!r}, and proposals do "
                    f"not keep to that. Leave one of them out ({ways('ignore', other)} or "
                    f"{ways('ignore', name)})."
                )
                out.append(Remark(text, (other, name), (other, name), "follows"))
    return out
