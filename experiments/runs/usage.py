"""What ``python -m experiments.train method=X --help`` prints."""

from __future__ import annotations

import re
from collections.abc import Sequence

from torchbdi.methods import registry

from .config import CONF
from .overrides import group_choices


def usage(words: Sequence[str]) -> str:
    """What ``--help`` prints: the choices, and the fields of the method that the words name.

    Raises:
        InputError: there is no such method.
    """
    named = [word.partition("=")[2] for word in words if word.startswith("method=")]
    name = named[-1] if named else "bdi"
    found = registry.method(name)
    about = (type(found).__doc__ or "").strip()
    lines = [
        "python -m experiments.train task=TASK method=METHOD [name=value ...]",
        "",
        *(f"{group}: {', '.join(choices)}" for group, choices in group_choices().items()),
        "",
        f"method={name}, revision {type(found).revision}: {about}",
        "",
    ]
    for field in registry.fields(name):
        lines.append(f"  method.{field.name}={_word(field.default)}    ({field.kind})")
        lines += [f"      {line}" if line else "" for line in field.meaning.splitlines()]
    for file in ("config", "trainer/default"):
        text = (CONF / f"{file}.yaml").read_text(encoding="utf-8")
        prefix = "" if file == "config" else "trainer."
        plain = re.findall(r"^([a-z_]+: .+)$", text, re.MULTILINE)
        lines += ["", *(f"  {prefix}{line.replace(': ', '=', 1)}" for line in plain)]
    return "\n".join(lines)


def _word(value: object) -> str:
    """A default as a command line writes it."""
    if value is None:
        return "null"
    if isinstance(value, tuple):
        return f"[{','.join(map(_word, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
