"""The command line: ``torchbdi propose ...`` or ``python -m torchbdi propose ...``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .proposer import cli
from .streams import printable


def main(argv: Sequence[str] | None = None) -> int:
    """Parses the command line and runs it.

    Args:
        argv: the words after the program's name; None takes the process's own.

    Returns:
        The exit status.
    """
    printable()
    parser = argparse.ArgumentParser(
        prog="torchbdi", description="Offline model-based optimisation with BDI."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("propose", help="designs worth trying, from a table in a file")
    cli.add_arguments(command)
    command.set_defaults(run=cli.run)
    args = parser.parse_args(argv)
    status: int = args.run(args)
    return status


if __name__ == "__main__":
    sys.exit(main())
