"""What ``python -m experiments.train method=X --help`` prints."""

from __future__ import annotations

import re
from collections.abc import Sequence

from torchbdi.fields import Field
from torchbdi.methods import registry

from ..tasks import registry as task_registry
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
    lines += _settings("method", registry.fields(name))
    chosen = [word.partition("=")[2] for word in words if word.startswith("task=")]
    lines += ["", f"task={chosen[-1] if chosen else 'tfbind8'}", ""]
    lines += _settings("task", task_registry.fields(chosen[-1] if chosen else "tfbind8"))
    for file in ("config", "trainer/default"):
        text = (CONF / f"{file}.yaml").read_text(encoding="utf-8")
        prefix = "" if file == "config" else "trainer."
        plain = re.findall(r"^([a-z_]+: .+)$", text, re.MULTILINE)
        lines += ["", *(f"  {prefix}{line.replace(': ', '=', 1)}" for line in plain)]
    return "\n".join(lines)


def _settings(group: str, fields: Sequence[Field]) -> list[str]:
    """Name, default, type and meaning of every setting."""
    lines = []
    for field in fields:
        lines.append(f"  {group}.{field.name}={_word(field.default)}    ({field.kind})")
        lines += [f"      {line}" if line else "" for line in field.meaning.splitlines()]
    return lines


def _word(value: object) -> str:
    """A default as a command line writes it."""
    if value is None:
        return "null"
    if isinstance(value, tuple):
        return f"[{','.join(map(_word, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
