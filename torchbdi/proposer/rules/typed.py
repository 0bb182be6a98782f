"""Rules between columns as a person types them: sums, inequalities, at most k parts."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence

from ...kernels.errors import InputError
from ...space.constraints import Linear
from ...space.present import AtMost

_SIGNS = ("<=", ">=", "==", "=", "<", ">", "≤", "≥")
_NUMBER = re.compile(r"\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?")


def parse_rule(text: str, names: Collection[str], option: str = "rule") -> Linear:
    """A linear rule, such as ``p1 + 2*p2 <= 10``.

    Args:
        text: what was typed.
        names: of the columns of numbers.
        option: what it was typed for.

    Raises:
        InputError: it is no such rule.
    """
    found = [(text.find(sign), sign) for sign in _SIGNS if sign in text]
    if not found:
        raise InputError(
            f"{option} {text!r}: write a sum of columns, then =, <= or >=, then a number, for "
            "instance a+2*b<=10."
        )
    at = min(place for place, _ in found)
    sign = next(sign for place, sign in found if place == at)
    sides = text[:at], text[at + len(sign) :]
    left, right = (_terms(part, names, text, option) for part in sides)
    for part, (others, _) in zip(sides, (right, left), strict=True):
        if others and (alone := part.strip().lstrip("+- ")) in names and _is_number(alone):
            raise InputError(
                f"{option} {text!r}: {alone!r} is a number, and the name of a column. Write "
                f"{number_beside(alone, names)} for the number, {one_of(alone)} for the column."
            )
    terms: dict[str, float] = {}
    constant = 0.0
    for side, (own, number) in ((1.0, left), (-1.0, right)):
        constant -= side * number
        for name, value in own.items():
            terms[name] = terms.get(name, 0.0) + side * value
    terms = {name: value for name, value in terms.items() if value}
    if not terms:
        raise InputError(f"{option} {text!r}: there is no column in it.")
    low = -math.inf if sign[0] in "<≤" else constant
    high = math.inf if sign[0] in ">≥" else constant
    return Linear(terms, low, high)


def number_beside(number: str, names: Collection[str]) -> str:
    """A number for a rule, written so that no column has that name: 1.0 where one is called 1."""
    while number in names:
        number += "0" if "." in number else ".0"
    return number


def one_of(name: str) -> str:
    """A column by itself on a side of a rule: 1*3 where its name is the number 3."""
    return f"1*{name}" if _is_number(name) else name


def strict_remark(text: str, rule: Linear) -> str:
    """Says that a rule with < or > is kept as one with <= or >=; "" for other rules."""
    if re.search("[<>](?!=)", text) is None:
        return ""
    return f"Rule {text!r} is kept as {rule}: proposals can lie on its limit."


def _terms(
    text: str, names: Collection[str], whole: str, option: str
) -> tuple[dict[str, float], float]:
    """Coefficients of the columns and the constant of one side."""
    longest = sorted(names, key=len, reverse=True)
    terms: dict[str, float] = {}
    constant, at, sign = 0.0, 0, 1.0
    number: float | None = None
    done = False  # whether a term has ended, and no sign has come yet
    text = text.strip()
    while at < len(text):
        rest = text[at:]
        name = next((n for n in longest if _begins(rest, n)), None)
        if rest[0].isspace():
            at += 1
        elif name is not None and not done:
            terms[name] = terms.get(name, 0.0) + sign * (1.0 if number is None else number)
            at, number, sign, done = at + len(name), None, 1.0, True
        elif (match := _NUMBER.match(rest)) and not done and number is None:
            number = float(match[0])
            at += match.end()
            after = text[at:].lstrip()
            if not after or after[0] in "+-":
                constant, number, sign, done = constant + sign * number, None, 1.0, True
        elif rest[0] == "*" and number is not None:
            at += 1
        elif rest[0] in "+-" and number is None:
            sign = -sign if rest[0] == "-" else sign
            at, done = at + 1, False
        else:
            raise InputError(f"{option} {whole!r}: {_unread(rest, names, done or number)}")
    if number is not None:
        raise InputError(f"{option} {whole!r}: a number stands before nothing.")
    return terms, constant


def _unread(rest: str, names: Collection[str], begun: float | bool | None) -> str:
    """Why a rule cannot be read from some place on."""
    if rest[0] in "<>=≤≥":
        return f"{rest[:20]!r} is a second comparison. Write two rules."
    if begun or rest[0] in "*/(,":
        return (
            f"{rest[:20]!r} cannot stand there. A rule is a sum of columns, a number before those "
            "that count more than once, with a decimal point and no blanks: a+2.5*b<=1000. "
            "Products are none; a/b<=5 is a-5*b<=0."
        )
    return (
        f"{rest[:20]!r} is no column of numbers, or one that was left out. There are: "
        f"{', '.join(sorted(names)[:30])}."
    )


def _begins(text: str, name: str) -> bool:
    """Whether a text begins with a name that does not go on; 1.0 and 1*a begin with no column 1."""
    after = text[len(name) : len(name) + 1]
    if not text.startswith(name) or after.isalnum() or after == "_":
        return False
    return not (_is_number(name) and re.match(r"\.\d|\s*\*", text[len(name) :]))


def _is_number(name: str) -> bool:
    return _NUMBER.fullmatch(name) is not None


def without_constants(rule: Linear, constants: Mapping[str, float]) -> Linear:
    """The rule for the columns that vary, the others being what they are in every row.

    Raises:
        InputError: none of its columns varies.
    """
    known = sum(v * constants[name] for name, v in rule.coefficients.items() if name in constants)
    left = {name: v for name, v in rule.coefficients.items() if name not in constants}
    if not left:
        raise InputError(f"rule {rule}: its columns are the same in every row, so they stay.")
    if len(left) == len(rule.coefficients):
        return rule
    low, high = (float(f"{end - known:.12g}") for end in (rule.low, rule.high))
    return Linear(left, low, high)


def parse_sum(text: str, names: Collection[str]) -> Linear:
    """Parts with a constant sum, such as ``a+b+c=100``.

    Raises:
        InputError: it is no such equation.
    """
    rule = parse_rule(text, names, "sum")
    if rule.low != rule.high:
        raise InputError(f"sum {text!r}: write an equation, for instance a+b+c=100.")
    return rule


def parse_at_most(text: str, names: Sequence[str]) -> AtMost:
    """At most k of some parts, such as ``4 of a,b,c,d`` or ``4 of a,b,c,d least 5``.

    Raises:
        InputError: it is no such rule, or there is no such column of numbers.
    """
    match = re.fullmatch(r"\s*(\d+)\s+of\s+(.+?)(?:\s+least\s+(\S+))?\s*", text)
    if match is None:
        raise InputError(f"at-most {text!r}: write, for instance, 4 of a,b,c,d least 5.")
    parts = _parted(match[2], names)
    if wrong := [part for part in parts if part not in names]:
        raise InputError(f"at-most {text!r}: {wrong[0]!r} is no column of numbers that vary.")
    count = int(match[1])
    if not 1 <= count < len(set(parts)) or len(set(parts)) < len(parts):
        raise InputError(
            f"at-most {text!r}: name more different parts than the {count} that may be present."
        )
    try:
        return AtMost(parts, count, float(match[3] or 0))
    except ValueError:
        raise InputError(f"at-most {text!r}: the least amount must be a number from 0.") from None


def _parted(text: str, names: Collection[str]) -> tuple[str, ...]:
    """Names with commas between them; a name may have a comma itself, as 1,4-dioxane has."""
    pieces = [piece.strip() for piece in text.split(",")]
    out = []
    while pieces:
        ends = range(len(pieces), 0, -1)
        whole = {end: ",".join(pieces[:end]) for end in ends}
        spelt = {name.replace(", ", ","): name for name in names}
        end = next((e for e in ends if whole[e] in spelt), 1)
        out.append(spelt.get(whole[end], whole[end]))
        del pieces[:end]
    return tuple(out)
