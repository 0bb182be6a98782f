"""The loop of a rival's process, see _rivals.py: a line of JSON in, a line of JSON out."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Whatever the packages print must not get between the lines of JSON.
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def serve(prepare: Callable[[dict[str, Any]], Callable[[], Any]]) -> None:
    """Answers requests until the input ends.

    Args:
        prepare: a request to the work it asks for, compiled; the work ends when its result, an
            array, is there.
    """
    work: Callable[[], Any] = lambda: None  # noqa: E731
    result: Any = None
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, Any] = {}
        if "prepare" in request:
            work, result = prepare(request), None
        elif "run" in request:
            start = time.perf_counter()
            result = work()
            answer["seconds"] = time.perf_counter() - start
        elif "result" in request:
            answer["values"] = (work() if result is None else result).tolist()
        else:
            status = Path("/proc/self/status").read_text().splitlines()
            peak = [row.split()[1] for row in status if row.startswith("VmHWM")]
            answer["bytes"] = int(peak[0]) * 1024
        print(json.dumps(answer), file=ANSWERS, flush=True)
