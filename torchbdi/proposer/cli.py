"""``torchbdi propose``: the command line."""

from __future__ import annotations

import argparse
import sys

from ..kernels.errors import TorchBDIError
from .arguments import add_arguments
from .choices import asked

__all__ = ["add_arguments", "run"]


def propose(args: argparse.Namespace) -> None:
    """Runs the command and prints what came out.

    Raises:
        TorchBDIError: what is wrong and what to do.
    """
    understood, settings = asked(args)
    # Torch is loaded here, when the table is fine: it takes longer than all of the above.
    from .folder import RunFolder
    from .model.problem import ready
    from .outputs import complete, configuration
    from .report.summary import summary

    problem = ready(understood, settings)
    print(
        f"{problem.table.source}: {problem.rows_used} rows with a score, "
        f"{len(problem.scores)} different designs"
    )
    for remark in problem.remarks:
        print(f"- {remark}")
    with RunFolder(args.out, configuration(problem, settings), _say) as folder:
        if folder.resumed:
            print(f"going on with the run in {folder.work}", flush=True)
        proposals = complete(folder, problem, settings)
    print(summary(proposals, folder.out))


def _say(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr, flush=True)


def run(args: argparse.Namespace) -> int:
    """The command's exit status: 0, 1 after an error, 130 after Ctrl-C."""
    try:
        propose(args)
    except TorchBDIError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped. The same command goes on from here.", file=sys.stderr)
        return 130
    return 0
