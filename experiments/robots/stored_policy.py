"""Which policy drives the robots of a task: design-bench's own where it is, otherwise ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torchbdi import MissingDataError
from torchbdi.kernels.files import sha256

from ..data import cache_folder
from ..data.cards import checked_card
from .morphology import Robot
from .policy import load_policy

#: Policies that come with the code.
POLICIES = Path(__file__).parent / "policies"
#: What training the Ant's needs. Without --no-deps another torch might come with it.
INSTALL = "python -m pip install --no-deps -c constraints.txt stable-baselines3"


@dataclass(frozen=True)
class StoredPolicy:
    """A policy on disk.

    Attributes:
        path: for ``load_policy``.
        source: "original" (design-bench's pickle) or "regenerated" (trained here).
        sha256: of the file.
    """

    path: Path
    source: str
    sha256: str


def original_path(folder: Path, name: str) -> Path:
    """Where design-bench's policy of a task is, if it is in the data folder."""
    return folder / f"{name}_morphology" / f"{name}_oracle.pkl"


def own_policies(name: str) -> Path:
    """Where a policy goes that is trained on this machine."""
    return cache_folder() / "policies" / name


def find_policy(robot: Robot, folder: Path, shipped: Path | None = None) -> StoredPolicy:
    """The policy of a task.

    Args:
        robot: of the task.
        folder: the data folder.
        shipped: folder of the policies that come with the code; None means ``POLICIES``.

    Raises:
        MissingDataError: there is none, or it is damaged; the message says what to do.
    """
    pickled = original_path(folder, robot.name)
    if pickled.is_file():
        return _checked(StoredPolicy(pickled, "original", sha256(pickled)), robot)
    for place in (shipped or POLICIES, own_policies(robot.name)):
        card = place / f"{robot.name}.json"
        if card.is_file():
            weights = card.with_suffix(".safetensors")
            again = f"Get it again, or delete it and make a policy:\n{_commands(robot.name)}"
            with checked_card(card, again) as content:
                expected = str(content["weights_sha256"])
            if not weights.is_file() or sha256(weights) != expected:
                raise MissingDataError(
                    f"{weights} is missing or damaged (its SHA-256 is not the one in {card.name}). "
                    f"Get it again, or delete both and make a policy:\n{_commands(robot.name)}"
                )
            return _checked(StoredPolicy(weights, "regenerated", expected), robot)
    raise MissingDataError(
        f"{robot.name}: there is no policy to drive the robots. Put design-bench's into "
        f"{pickled}, or make one:\n"
        f"{_commands(robot.name)}"
    )


def _commands(name: str) -> str:
    install = f"  {INSTALL}\n" if name == "ant" else ""
    return f"{install}  python -m experiments.policies.make {name}"


def _checked(policy: StoredPolicy, robot: Robot) -> StoredPolicy:
    try:
        sizes = load_policy(policy.path).sizes
    except ValueError as error:
        raise MissingDataError(f"{error}. Replace or delete the file.") from error
    if sizes != (robot.observation, robot.action):
        raise MissingDataError(
            f"{policy.path} is a policy for {sizes[0]} observations and {sizes[1]} actions; the "
            f"{robot.title} has {robot.observation} and {robot.action}. Replace or delete the file."
        )
    return policy
