"""The Hopper oracle as design-bench wants it, for its ``hopper_controller_oracle`` slot.

Importing this module imports design_bench, so it is imported only once design_bench can be, and
never by a worker process. The original of the slot needs gym and mujoco-py, which are gone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from design_bench.datasets.continuous.hopper_controller_dataset import HopperControllerDataset
from design_bench.oracles.exact_oracle import ExactOracle
from numpy.typing import NDArray


class HopperControllerOracle(ExactOracle):
    """Scores one denormalised design a call with the return of one episode.

    Unlike the original, which drew a new start state at every call, all episodes start from the
    state of ``START_SEED``: the same design always has the same score.
    """

    name = "exact_average_return"

    def __init__(self, dataset: HopperControllerDataset, **kwargs: Any) -> None:
        super().__init__(
            dataset,
            internal_batch_size=1,
            is_batched=False,
            expect_normalized_y=False,
            expect_normalized_x=False,
            expect_logits=None,
            **kwargs,
        )

    @classmethod
    def supported_datasets(cls) -> set[type]:
        """The dataset classes whose designs this oracle can score."""
        return {HopperControllerDataset}

    @classmethod
    def fully_characterized(cls) -> bool:
        """Whether every possible design is in the data set; here it is not."""
        return False

    @classmethod
    def is_simulated(cls) -> bool:
        """Whether scores come from a simulator; here they do."""
        return True

    def protected_predict(self, x: NDArray[np.floating]) -> NDArray[np.float32]:
        """Score one design.

        Args:
            x: (5126,), not normalised.

        Returns:
            (1,), the raw return.
        """
        # Here, because design_bench imports this slot for every task, and mujoco is not light.
        from experiments.oracles.hopper import START_SEED, rollout

        return np.array([rollout(x, START_SEED)], dtype=np.float32)
