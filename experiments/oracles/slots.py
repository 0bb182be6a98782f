"""The robots' oracles as design-bench wants them, for the slots of its own three.

Importing this module imports design_bench, so it is imported only once design_bench can be, and
never by a worker process. The originals need gym, mujoco-py and morphing-agents, which are gone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from design_bench import disk_resource
from design_bench.datasets.continuous.ant_morphology_dataset import AntMorphologyDataset
from design_bench.datasets.continuous.dkitty_morphology_dataset import DKittyMorphologyDataset
from design_bench.datasets.continuous.hopper_controller_dataset import HopperControllerDataset
from design_bench.oracles.exact_oracle import ExactOracle
from numpy.typing import NDArray


class _EpisodeOracle(ExactOracle):
    """Scores one denormalised design a call with the return of one episode."""

    name = "exact_average_return"
    dataset_class: type

    def __init__(self, dataset: Any, **kwargs: Any) -> None:
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
        return {cls.dataset_class}

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
            x: (D,), not normalised.

        Returns:
            (1,), the raw return.
        """
        return np.array([self.rollout(x)], dtype=np.float32)

    def rollout(self, x: NDArray[np.floating]) -> float:
        """The raw return of a design (D,)."""
        raise NotImplementedError


class HopperControllerOracle(_EpisodeOracle):
    """The Hopper's.

    Unlike the original, which drew a new start state at every call, all episodes start from the
    state of ``START_SEED``: the same design always has the same score.
    """

    dataset_class = HopperControllerDataset

    def rollout(self, x: NDArray[np.floating]) -> float:
        """The raw return of a controller (5126,)."""
        # Here, because design_bench imports its slots for every task, and mujoco is not light.
        from ..robots.hopper import START_SEED, rollout

        return rollout(x, START_SEED)


class _MorphologyOracle(_EpisodeOracle):
    """The policy is the one of ``find_policy`` in design-bench's data folder."""

    robot: str

    def __init__(self, dataset: Any, **kwargs: Any) -> None:
        from ..robots.robots import ROBOTS
        from ..robots.stored_policy import find_policy

        self._robot = ROBOTS[self.robot]
        self._policy = find_policy(self._robot, Path(disk_resource.DATA_DIR)).path
        super().__init__(dataset, **kwargs)

    def rollout(self, x: NDArray[np.floating]) -> float:
        """The raw return of the robot with these legs (D,)."""
        return self._robot.rollout(x, self._policy)


class AntMorphologyOracle(_MorphologyOracle):
    """The Ant's."""

    robot = "ant"
    dataset_class = AntMorphologyDataset


class DKittyMorphologyOracle(_MorphologyOracle):
    """The D'Kitty's."""

    robot = "dkitty"
    dataset_class = DKittyMorphologyDataset
