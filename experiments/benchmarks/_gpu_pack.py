"""Packs what a GPU machine without a network needs: ``python -m experiments.benchmarks._gpu_pack``.

Into the folder go the sources that git knows, the few wheels that a machine with torch, triton,
lightning, numba, pytest and scikit-learn lacks, TF Bind 8 and UTR where TORCHBDI_DATA has them, and
call.sh, which runs everything there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from torchbdi import InputError, MissingDataError, TorchBDIError

ROOT = Path(__file__).parents[2]
WHEELS = (
    "hydra-core",
    "omegaconf",
    "pooch",
    "gymnasium",
    "Farama-Notifications",
    "mujoco",
    "glfw",
    "PyOpenGL",
    "ImageIO",
    "cma",
    "etils",
)
SOURCES = ("antlr4-python3-runtime==4.9.3", "design-bench==2.0.20")  # there are no wheels of these
PLATFORM = ["--only-binary=:all:", "--python-version", "3.12", "--implementation", "cp"] + [
    word
    for name in (
        "manylinux_2_28",
        "manylinux_2_27",
        "manylinux_2_17",
        "manylinux2014",
        "manylinux1",
    )
    for word in ("--platform", f"{name}_x86_64")
]
CALL = "call.sh"
DATA = ("tf_bind_8-SIX6_REF_R1", "utr")


def pack(into: Path, wheels: bool = True) -> None:
    """Fills a folder; a pack that is there is removed first.

    Args:
        into: the folder; call.sh stands in it afterwards.
        wheels: whether to download wheels, for Python 3.12 on x86-64 Linux.

    Raises:
        InputError: there is something else.
        MissingDataError: a wheel cannot be had.
    """
    if (into / CALL).is_file():
        shutil.rmtree(into)
    elif into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise InputError(
            f"{into} is there already, and was not packed here: it would be lost. Name a folder "
            "that is empty or not there."
        )
    into.mkdir(parents=True, exist_ok=True)
    # The first of all: by it a pack is known that was broken off.
    shutil.copyfile(Path(__file__).with_name("gpu_call.sh"), into / CALL)
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    for name in filter(None, listed.split("\0")):
        if name.startswith("docs/") or not (ROOT / name).is_file():
            continue
        target = into / "src" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    data = Path(os.environ.get("TORCHBDI_DATA", ""))
    for name in DATA:
        if os.environ.get("TORCHBDI_DATA") and (data / name).is_dir():
            shutil.copytree(data / name, into / "data" / name)
        else:
            print(f"{name}: not in TORCHBDI_DATA, carried on without it")
    if wheels:
        _wheels(into / "wheels")


def _wheels(into: Path) -> None:
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    wanted = [next((p for p in pins if p.lower().startswith(f"{w.lower()}==")), w) for w in WHEELS]
    pip = [sys.executable, "-m", "pip"]
    for command in (
        [*pip, "download", "-q", "--no-deps", *PLATFORM, "-d", str(into), *wanted],
        [*pip, "wheel", "-q", "--no-deps", "-w", str(into), *SOURCES],
    ):
        if subprocess.run(command, check=False).returncode:
            raise MissingDataError(f"pip could not fetch {' '.join(command[4:])}.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("into", type=Path, nargs="?", default=ROOT / "build" / "gpu")
    parser.add_argument("--no-wheels", action="store_true", help="the machine has every package")
    given = parser.parse_args()
    try:
        pack(given.into, not given.no_wheels)
    except TorchBDIError as error:
        sys.exit(f"error: {error}")
    print(f"packed into {given.into}; there: bash {CALL}")
