"""RNA 3: sequences of 14 letters that bind a fixed RNA of 100, by ViennaRNA's energy."""

from ._rna import rna_task

TASK = rna_task(3)
