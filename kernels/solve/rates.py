"""How fast devices are, as plans take them: fixed numbers, measured on purpose.

A plan that measured the machine while it is made would choose one way on a busy machine and another
on an idle one. So these are constants. They need not be those of the machine at hand: ways are told
apart by ratios, and those of processors differ little. ``python -m experiments.benchmarks rates``
measures them anew and shows them beside the table.
"""

from __future__ import annotations

from dataclasses import dataclass

from .operator import GramOperator


@dataclass(frozen=True)
class Rates:
    """Speeds of a device for one kind of kernel.

    Attributes:
        flops: floating point operations a second in matrix products.
        entry_seconds: seconds an entry of K, beside its 2 D flops.
        bytes_per_second: reading a stored matrix in a product with a vector.
    """

    flops: float
    entry_seconds: float
    bytes_per_second: float


# By device and GramOperator.entries. The CPU's are round numbers for two cores, float64. Measured:
#                         GFLOP/s     zonal       gaussian  plain (biases)  GB/s
#   AMD EPYC (AVX2)       35          5 to 9 ns   3 ns      150 ns          15
#   Intel Xeon (AVX-512)  51 to 169   4 to 9 ns                             16
#   NVIDIA H100, H200     57,000 to     9 ps                               3,000 to
#                         62,000                                           4,100
# Those of CUDA are below what was measured; gaussian and plain have not been measured there.
RATES: dict[str, dict[str, Rates]] = {
    "cpu": {
        "zonal": Rates(flops=5e10, entry_seconds=9e-9, bytes_per_second=1e10),
        "gaussian": Rates(flops=5e10, entry_seconds=4e-9, bytes_per_second=1e10),
        "plain": Rates(flops=5e10, entry_seconds=1.5e-7, bytes_per_second=1e10),
    },
    "cuda": {
        "zonal": Rates(flops=5e13, entry_seconds=5e-11, bytes_per_second=2e12),
        "gaussian": Rates(flops=5e13, entry_seconds=5e-11, bytes_per_second=2e12),
        "plain": Rates(flops=5e13, entry_seconds=1e-9, bytes_per_second=2e12),
    },
}


def rates_of(operator: GramOperator) -> Rates:
    """What the table says of an operator; an unknown device counts as a CPU."""
    device = RATES.get(operator.device.type, RATES["cpu"])
    return device.get(operator.entries, device["plain"])
