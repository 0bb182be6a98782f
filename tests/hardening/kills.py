"""Kills runs by SIGKILL at random moments, and compares what they leave with undisturbed runs.

    TORCHBDI_DATA=... python tests/hardening/kills.py [--count 50] [--kept FILE] [KIND ...]

With --kept every run that was compared is a line of FILE, and the same command counts on from
there, as long as nobody changes what is killed: the commit stands in the line.
Every run is killed up to five times, each time begun again by the same command, then left to its
end. All results must have the bytes of a run that nobody disturbed; times, and event files, apart.
By hand, not by pytest: fifty kills of each kind take some hours. docs/hardening.md has the counts.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "experiments")]

import numpy as np  # noqa: E402
import slow  # noqa: E402
from file_server import serving  # noqa: E402
from forked import child  # noqa: E402

KILLS_A_RUN = 5
STEPS = 60
#: What two runs of the same bytes may differ in.
TIMES = ("seconds", "finished", "date", "peak")

Results = dict[str, bytes]


@dataclass
class Place:
    """Where one run happens.

    Attributes:
        path: its folder.
        data: the folder of real data.
        url: of a server of that data, which is slow.
    """

    path: Path
    data: Path
    url: str

    def __post_init__(self) -> None:
        self.path.mkdir()
        self.marks, self.log = self.path / "marks", self.path / "log"

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    def begun(self) -> list[Path]:
        return sorted(path.parent for path in self.runs.glob("*/config.yaml"))

    def parts(self) -> dict[str, float]:
        """When each part of the newest process began."""
        if not self.marks.exists():
            return {}
        lines = self.marks.read_text().splitlines(keepends=True)
        return {
            part: float(at) for part, at in (line.split() for line in lines if line[-1] == "\n")
        }


@dataclass(frozen=True)
class Kind:
    """What is killed.

    Attributes:
        target: the process.
        words: what it is told; asked again before every start.
        results: what it must leave.
        part: the part in which it is killed, with the one that ends it; None: at any moment.
        over: whether the same command is refused because all is there.
    """

    target: Callable[..., None]
    words: Callable[[Place], list[str]]
    results: Callable[[Place], Results]
    part: tuple[str, str | None] | None = None
    over: Callable[[Place], bool] = lambda _: False


@dataclass
class Count:
    """What came of one kind."""

    kills: int = 0
    compared: int = 0
    different: list[str] = field(default_factory=list)

    def add(self, kills: int, different: str) -> None:
        """One more run, and what of it was not as it should be."""
        self.kills += kills
        self.compared += 1
        self.different += [different] if different else []


class Kept:
    """The runs of a kind that are counted already, and those to come.

    Args:
        path: of the file with a line for each run; None: nothing is kept.
        name: of the kind.
    """

    def __init__(self, path: Path | None, name: str):
        self.path, self.name, self.told = path, name, Count()
        if path is not None and path.exists():
            for line in path.read_text().splitlines():
                run = json.loads(line)
                if run["kind"] == name:
                    self.told.add(run["kills"], run["different"])

    def add(self, kills: int, different: str) -> None:
        """Counts a run."""
        self.told.add(kills, different)
        if self.path is not None:
            run = {"kind": self.name, "kills": kills, "different": different, "commit": commit()}
            with self.path.open("a") as file:
                file.write(json.dumps(run) + "\n")


def commit() -> str:
    """The commit of what is killed, and whether more has been changed."""
    words = ["git", "-C", str(HERE), "describe", "--always", "--dirty"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


SETTINGS = [
    "task.max_rows=300", "designs=16", f"method.steps={STEPS}", "trainer.checkpoint_every=5",
    "trainer.trajectory_every=20", "trainer.progress_bar=false", "trainer.accelerator=cpu",
]  # fmt: skip


def train_words(place: Place) -> list[str]:
    begun = place.begun()
    if begun:
        return [f"resume={begun[0]}"]
    for half in place.runs.glob("*"):  # killed before its configuration was there
        shutil.rmtree(half)
    return ["task=tfbind8", f"data_dir={place.data}", f"out_dir={place.runs}", *SETTINGS]


def reproduce_words(place: Place) -> list[str]:
    return [
        "tasks=tfbind8", "methods=bdi,forward_only", "seeds=0", f"out_dir={place.runs}",
        f"data_dir={place.data}", *SETTINGS,
    ]  # fmt: skip


def run_results(place: Place) -> Results:
    """All finished runs of a place, by method."""
    found: Results = {}
    for folder in place.begun():
        if not (folder / "metrics.json").is_file():
            continue
        assert not list(folder.glob(".*")), f"{folder}: something half written was left"
        metrics = json.loads((folder / "metrics.json").read_text())
        name = f"{metrics['method']} "
        kept = {k: v for k, v in metrics.items() if not any(time in k for time in TIMES)}
        found[name + "metrics"] = json.dumps(kept, sort_keys=True).encode()
        with np.load(folder / "proposals.npz", allow_pickle=False) as saved:
            found |= {name + key: array.tobytes() for key, array in saved.items()}
        for path in (folder / "losses.csv", *sorted((folder / "trajectory").glob("*.npy"))):
            found[name + path.name] = path.read_bytes()
    return found


def run_over(place: Place) -> bool:
    return any(place.runs.glob("*/metrics.json"))


def propose_words(place: Place) -> list[str]:
    data = place.path / "data.csv"
    if not data.exists():
        draw = random.Random(0)
        lines = ["temp,metal,seq,tc"]
        for _ in range(300):
            temp, metal = draw.uniform(20, 80), draw.choice(["Fe", "Ni"])
            seq = "".join(draw.choices("ACGT", k=6))
            score = -abs(temp - 60) + 3 * (metal == "Ni") + seq.count("G")
            lines.append(f"{temp:.3f},{metal},{seq},{score:.4f}")
        data.write_text("\n".join(lines) + "\n")
    chosen = ["--score", "tc", "--sequence", "seq", "-n", "8"]
    return ["propose", str(data), *chosen, "-o", str(place.path / "out")]


def propose_results(place: Place) -> Results:
    out = place.path / "out"
    names = {path.name for path in out.iterdir() if ".tfevents." not in path.name}
    assert names == {"proposals.csv", "report.html", "config.json", "run.json"}, names
    return {name: (out / name).read_bytes() for name in names - {"run.json"}}


FILE = "utr/utr-x-0.npy"


def download_words(place: Place) -> list[str]:
    return ["utr", FILE, place.url, str(place.path / "to")]


def download_results(place: Place) -> Results:
    to = place.path / "to"
    return {str(p.relative_to(to)): p.read_bytes() for p in to.rglob("*") if p.is_file()}


def solve_words(place: Place) -> list[str]:
    return [str(place.path / "pcg.ckpt"), str(place.path / "out")]


def solve_results(place: Place) -> Results:
    return {"out": (place.path / "out").read_bytes()}


KINDS = {
    "train, solving": Kind(slow.train, train_words, run_results, ("solving", "stepping"), run_over),
    "train, stepping": Kind(
        slow.train, train_words, run_results, ("stepping", "scoring"), run_over
    ),
    "train, scoring": Kind(slow.train, train_words, run_results, ("scoring", None), run_over),
    "propose": Kind(
        slow.propose,
        propose_words,
        propose_results,
        over=lambda place: (place.path / "out").exists(),
    ),
    "reproduce": Kind(slow.reproduce, reproduce_words, run_results),
    "download": Kind(slow.download, download_words, download_results),
    "conjugate gradients, 6,000 rows": Kind(slow.solve, solve_words, solve_results),
}


def begin(kind: Kind, place: Place) -> Any:
    """A process of a kind, which may have been killed before."""
    words = kind.words(place)
    place.marks.unlink(missing_ok=True)
    return child(kind.target, words, str(place.log), str(place.path / "cache"), place.marks)


def to_the_end(kind: Kind, place: Place) -> float:
    """Leaves a run in peace; how long its part, or all of it, lasted."""
    start = time.time()
    process = begin(kind, place)
    process.join()
    assert process.exitcode == 0, f"exit status {process.exitcode}\n{place.log.read_text()}"
    if kind.part is None:
        return time.time() - start
    parts, (first, last) = place.parts(), kind.part
    return (time.time() if last is None else parts[last]) - parts[first]


def killed(kind: Kind, place: Place, wait: float) -> bool:
    """Begins, and kills after some time in the part; whether it was not at its end before."""
    process = begin(kind, place)
    while kind.part and process.is_alive() and kind.part[0] not in place.parts():
        time.sleep(0.002)
    process.join(wait)
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), place.log.read_text()
    return bool(process.exitcode)


def count(kind: Kind, wanted: int, seed: int, kept: Kept, make: Callable[[], Place]) -> Count:
    """Kills a kind as often as wanted; what is counted already is not done again."""
    told = kept.told
    if told.kills >= wanted:
        return told
    to_the_end(kind, make())  # the first one waits for what it imports
    undisturbed = make()
    lasts = to_the_end(kind, undisturbed)
    whole = kind.results(undisturbed)
    while told.kills < wanted:
        place, here = make(), 0
        draw = random.Random(f"{seed} {kept.name} {told.compared}")
        while here < min(KILLS_A_RUN, wanted - told.kills):
            if kind.over(place) or not killed(kind, place, draw.uniform(0, lasts)):
                break
            here += 1
        if not here:  # it was faster than we
            shutil.rmtree(place.path)
            lasts *= 0.9  # the undisturbed one may have been slowed down by others
            continue
        results = finished(kind, place)
        names = sorted(n for n in whole.keys() | results if whole.get(n) != results.get(n))
        kept.add(here, f"{place.path}: {', '.join(names)}" if names else "")
        if not names:
            shutil.rmtree(place.path)
    return told


def finished(kind: Kind, place: Place) -> Results:
    """The results of a run that was killed; it may have been at its end when it was."""
    if not kind.over(place):
        to_the_end(Kind(kind.target, kind.words, kind.results), place)
    return kind.results(place)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--count", type=int, default=50, help="kills of each kind (50)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kept", type=Path, metavar="FILE", help="counts on from what is in it")
    chosen = parser.parse_args()
    data = Path(os.environ["TORCHBDI_DATA"])
    failed = False
    with ExitStack() as stack:
        scratch = Path(tempfile.mkdtemp(prefix="kills-"))
        server = stack.enter_context(serving(data))
        print(
            f"in {scratch}\n\n| killed | kills | runs compared | different | minutes |", flush=True
        )
        print("|---|---|---|---|---|", flush=True)
        for name in chosen.kinds or KINDS:
            numbers = iter(range(10**6))
            stem = name.replace(" ", "-").replace(",", "")

            def make(stem: str = stem, numbers: Any = numbers) -> Place:
                return Place(scratch / f"{stem}-{next(numbers)}", data, server.url("slow"))

            start = time.time()
            told = count(KINDS[name], chosen.count, chosen.seed, Kept(chosen.kept, name), make)
            minutes = (time.time() - start) / 60
            print(
                f"| {name} | {told.kills} | {told.compared} | {len(told.different)} | "
                f"{minutes:.1f} |",
                flush=True,
            )
            for different in told.different:
                failed = True
                print(different, file=sys.stderr, flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
