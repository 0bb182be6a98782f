"""The scores and the defaults of every method and preset are pinned in tests/pinned.csv.

A change of either without a raised revision, of the method or of the floor below
(``torchbdi.REVISION``), fails here. After raising it, and for a new method or preset:

    python tests/torchbdi/test_pinned.py            pins what is new or has a raised revision
    python tests/torchbdi/test_pinned.py nn steps=2     a word with settings that make it quick
"""

from __future__ import annotations

import csv
import functools
import json
import sys
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import torchbdi
from torchbdi.data import OfflineData
from torchbdi.methods import registry
from torchbdi.methods.base import Run
from torchbdi.space import Space

FILE = Path(__file__).parents[1] / "pinned.csv"
DESIGNS, ROWS = 16, 200
TOLERANCE = 1e-6  # relative


@dataclass(frozen=True)
class Pin:
    """One line: a word on a table.

    Attributes:
        word: a method's file or a preset.
        table: "letters" or "numbers".
        revision: of the method.
        floor: ``torchbdi.REVISION``.
        defaults: the word's settings as they are resolved for the table.
        changes: settings that make the run quick.
        best: of the true scores of 16 designs.
        median: of the same.
    """

    word: str
    table: str
    revision: int
    floor: int
    defaults: Mapping[str, Any]
    changes: Mapping[str, Any]
    best: float
    median: float


def read_pins() -> dict[tuple[str, str], Pin]:
    with FILE.open(newline="", encoding="utf-8") as file:
        pins = [
            Pin(
                line["word"],
                line["table"],
                int(line["revision"]),
                int(line["floor"]),
                json.loads(line["defaults"]),
                json.loads(line["changes"]),
                float(line["best"]),
                float(line["median"]),
            )
            for line in csv.DictReader(file)
        ]
    return {(pin.word, pin.table): pin for pin in pins}


@functools.cache
def table(name: str) -> OfflineData:
    """The worse half of 400 random designs; no draw depends on the processor."""
    draw = np.random.default_rng(0)
    if name == "letters":
        raw: np.ndarray = draw.integers(0, 4, (2 * ROWS, 6))
        space = Space.sequence(6, "ACGT")
    else:
        raw = draw.uniform(-2, 2, (2 * ROWS, 5))
        space = Space.numbers(5)
    seen = np.argsort(truth(name, raw), kind="stable")[:ROWS]
    return OfflineData.from_raw(raw[seen], truth(name, raw[seen]), space)


def truth(name: str, raw: np.ndarray) -> np.ndarray:
    if name == "letters":
        weights = np.array([[0, 1, -1, 2], [1, 0, 2, -1], [0.5, 1, 0, -2]] * 2)
        own = weights[np.arange(6), raw].sum(1)
        return np.asarray(own + 1.5 * (raw[:, 0] == raw[:, 5]) + 0.1 * raw[:, 3])
    return np.asarray(raw[:, 0] - (raw[:, 1:] ** 2).sum(1) + raw[:, 1] * raw[:, 2])


def measure(word: str, name: str, changes: Mapping[str, Any]) -> Pin:
    """What the code of today makes."""
    data, method = table(name), registry.method(word)
    result = replace(method, **changes).solve(data, DESIGNS, Run())
    scores = truth(name, data.space.decode(result.x))
    return Pin(
        word,
        name,
        type(method).revision,
        torchbdi.REVISION,
        json.loads(json.dumps(method.settings_for(data))),
        changes,
        float(scores.max()),
        float(np.median(scores)),
    )


def what_differs(pin: Pin, now: Pin, since: Mapping[str, Any]) -> list[str]:
    """The changes from one pin to another that a raised revision must tell.

    Args:
        pin: the pin.
        now: the code of today.
        since: what settings count as in runs that are older than they are.
    """
    told = []
    then = {**since, **pin.defaults}
    for name in sorted(set(then) | set(now.defaults)):
        if (name in then, then.get(name)) != (name in now.defaults, now.defaults.get(name)):
            told.append(f"{name}={now.defaults.get(name)}, not {then.get(name)}")
    for name, a, b in (("best", pin.best, now.best), ("median", pin.median, now.median)):
        if abs(a - b) > TOLERANCE * max(abs(a), abs(b)):
            told.append(f"{name} is {b!r}, not {a!r}")
    return told


def since_of(word: str) -> dict[str, Any]:
    return {f.name: f.since for f in registry.fields(word) if f.since is not MISSING}


@pytest.mark.parametrize("name", ["letters", "numbers"])
@pytest.mark.parametrize("word", registry.names())
def test_nothing_changes_without_a_raised_revision(word: str, name: str) -> None:
    pin = read_pins().get((word, name))
    assert pin is not None, f"{word} is not pinned: python tests/torchbdi/test_pinned.py {word}"
    now = measure(word, name, pin.changes)
    assert (pin.revision, pin.floor) == (now.revision, now.floor), "pin the new revision"
    assert not what_differs(pin, now, since_of(word)), "raise the revision"


def test_there_is_no_pin_of_what_is_gone() -> None:
    assert {word for word, _ in read_pins()} == set(registry.names())


def test_what_counts_as_a_change() -> None:
    pin = Pin("toy", "letters", 1, 1, {"a": 1, "b": None}, {}, 2.0, 1.0)
    assert not what_differs(pin, pin, {})
    assert not what_differs(pin, replace(pin, best=2.0 * (1 + 5e-7)), {})
    assert what_differs(pin, replace(pin, best=2.00001), {}) == ["best is 2.00001, not 2.0"]
    assert what_differs(pin, replace(pin, median=0.9), {}) == ["median is 0.9, not 1.0"]
    assert what_differs(pin, replace(pin, defaults={"a": 2, "b": None}), {}) == ["a=2, not 1"]
    younger = replace(pin, defaults={"a": 1, "b": None, "c": 3})
    assert what_differs(pin, younger, {}) == ["c=3, not None"]
    assert not what_differs(pin, younger, {"c": 3})  # as it was before there was the setting
    assert what_differs(pin, younger, {"c": 4}) == ["c=3, not 4"]
    assert what_differs(pin, replace(pin, defaults={"a": 1}), {}) == ["b=None, not None"]


def main(words: list[str]) -> None:
    """Pins what is new or has a raised revision; refuses to pin a change that nothing tells."""
    pins = read_pins() if FILE.is_file() else {}
    changes = {k: json.loads(v) for k, _, v in (w.partition("=") for w in words[1:])}
    for word in words[:1] or registry.names():
        for name in ("letters", "numbers"):
            old = pins.get((word, name))
            own = changes if words[1:] or old is None else old.changes
            now = measure(word, name, own)
            if old is not None and (old.revision, old.floor) == (now.revision, now.floor):
                if own == old.changes and (told := what_differs(old, now, since_of(word))):
                    sys.exit(f"{word} on {name}: raise a revision first: {'; '.join(told)}")
                if own == old.changes:
                    continue
            pins[word, name] = now
            print(f"pinned {word} on {name}: {now.best!r} {now.median!r}")
    there = set(registry.names())
    with FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(Pin.__dataclass_fields__), lineterminator="\n")
        writer.writeheader()
        for key in sorted(pins):
            if key[0] in there:
                line = asdict(pins[key])
                writer.writerow(
                    {k: json.dumps(v) if isinstance(v, dict) else v for k, v in line.items()}
                )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1:])
