"""Command line of the benchmarks; see the package."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import importlib
import platform
import sys
from functools import partial
from pathlib import Path
from typing import Any

import torch

from torchbdi import InputError, TorchBDIError
from torchbdi.kernels.files import write_json

from . import Options, subjects
from ._measure import show_table


def main(arguments: list[str]) -> int:
    """Runs subjects one after another; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m experiments.benchmarks", description=__doc__)
    parser.add_argument("subject", nargs="*", help=f"any of {', '.join(subjects())}; default all")
    parser.add_argument("--out", type=Path, help="folder; default runs/benchmarks/<date>")
    parser.add_argument("--rounds", type=int, default=Options.rounds, help="timings of everything")
    parser.add_argument("--small", action="store_true", help="tiny sizes, to try the benchmark")
    parser.add_argument("--no-rivals", action="store_true", help="no environment of other packages")
    parser.add_argument("--tables", type=Path, help="propose: folder of the tables")
    parser.add_argument("--only", default="", help="propose: names of tables, with commas")
    parser.add_argument("--seeds", default="", help="of tables that are drawn, with commas")
    given = parser.parse_args(arguments)
    try:
        run_subjects(
            given.subject or subjects(),
            given.out or Path("runs/benchmarks") / f"{datetime.datetime.now():%Y-%m-%d_%H-%M-%S}",
            Options(
                Path(),
                given.rounds,
                given.small,
                not given.no_rivals,
                tables=given.tables,
                only=tuple(filter(None, given.only.split(","))),
                seeds=_numbers(given.seeds),
            ),
        )
    except TorchBDIError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _numbers(given: str) -> tuple[int, ...]:
    """The seeds of "0,3"; none of "".

    Raises:
        InputError: one is no number.
    """
    words = [word.strip() for word in given.split(",") if word.strip()]
    if wrong := [word for word in words if not (word.isascii() and word.isdecimal())]:
        raise InputError(f"--seeds {wrong[0]}: this is no number. Such as --seeds 0,3.")
    return tuple(map(int, words))


def run_subjects(names: list[str], out: Path, options: Options) -> dict[str, Any]:
    """Measures subjects, prints their tables and writes their JSON.

    Args:
        names: subjects.
        out: folder for the results; made here.
        options: its ``out`` is replaced.

    Returns:
        The result of every subject.

    Raises:
        InputError: no such subject.
    """
    for name in names:
        if name not in subjects():
            raise InputError(f"no subject {name!r}; there are {', '.join(subjects())}.")
    if options.rounds < 1:
        raise InputError(f"--rounds must be at least 1, got {options.rounds}.")
    out.mkdir(parents=True, exist_ok=True)
    results = {}
    for name in names:
        module = importlib.import_module(f"{__package__}.{name.replace('-', '_')}")
        print(f"== {name}", flush=True)
        keep = partial(_write, out, name)
        result = module.run(dataclasses.replace(options, out=out, keep=keep))
        result = _write(out, name, result)
        print(show_table(result["rows"]))
        print(f"written to {out / name}.json", flush=True)
        results[name] = result
    return results


def _write(out: Path, name: str, result: dict[str, Any]) -> dict[str, Any]:
    """Writes what a subject measured, and what it was measured on; returns both."""
    whole = {"subject": name, "machine": machine(), **result}
    write_json(out / f"{name}.json", whole)
    return whole


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "time": f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S}",
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
