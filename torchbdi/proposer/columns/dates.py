"""Columns that hold days, times of day, or when their rows were made."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np

from .words import words_of

_WHEN = frozenset(("date", "datum", "datetime", "timestamp"))
_YEARS = frozenset(("year", "jahr", "année", "annee", "año", "anno", "rok"))
# Fewer rows can be in order by chance.
FEWEST = 10

_TIME = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[ap]\.?m\.?)?( ?(z|utc|[+-]\d{2}:?\d{2}))?"
_MONTH = (
    r"(jan(uary?)?|feb(ruary?)?|mar(ch)?|m[äa]rz?|apr(il)?|may|mai|june?|july?|jun[iy]?|jul[iy]?"
    r"|aug(ust)?|sept?(ember)?|o[ck]t(ober)?|nov(ember)?|de[cz](ember)?)\.?"
)
_YEAR = r"((19|20)\d{2}|'?\d{2})"
_DATE = re.compile(
    r"(\w{2,9}\.?,? )?("
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})|\d{1,2}\.\d{1,2}\."
    rf"|\d{{1,2}}(\.|st|nd|rd|th)?[-/. ]{{1,2}}{_MONTH}([-/., ]{{1,2}}{_YEAR})?"
    rf"|{_MONTH}[-/ ]\d{{1,2}}(st|nd|rd|th)?,?[-/ ]{_YEAR}"
    rf"|{_MONTH}[-/ ]{_YEAR}"
    r"|(19|20)\d{2}[-/](0?[1-9]|1[0-2])|(19|20)\d{2}-?w\d{1,2}(-\d)?|(19|20)\d{6}t\d{4,6}z?"
    rf")([t,]? ?{_TIME})?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_SPAN = re.compile(r"(-?\d+ days?,? \+?)?\d{1,3}:[0-5]\d(:[0-5]\d([.,]\d+)?)?")
_PARTS = re.compile(r"\d+:\d+")
_DAY = re.compile(r"(?:\w{2,9}\.?,? )?(\d+)[-/.](\d+)[-/.](\d+)(?:[t, ].*)?", re.IGNORECASE)


def are_dates(texts: Collection[str]) -> bool:
    """Whether all of some texts are days, months or weeks, with or without a time.

    Compositions and layers look alike, 70/20/10 and 64-32-16: where all texts are three numbers, in
    one order of day, month and year all of them have to be a day.
    """
    if not all(_DATE.fullmatch(text) for text in texts):
        return False
    parts = [_DAY.fullmatch(text) for text in texts]
    days = np.array([[int(v) for v in part.groups()] for part in parts if part is not None])
    if len(days) < len(texts) or not len(days):
        return True
    return any(
        ((days[:, month] >= 1) & (days[:, month] <= 12) & (days[:, day] >= 1)
         & (days[:, day] <= 31)).all()
        for day, month in ((0, 1), (1, 0), (2, 1))
    )  # fmt: skip


def are_times(texts: Collection[str]) -> bool:
    """Whether all of some texts are times of day written as 09:05, or spans as 0 days 00:01:02.

    A ratio such as 1:10 is none, nor are 95:05 and 90:10, which add up to the same; of spans such
    as 3:57 and 4:05 the zeros tell.
    """
    sums = {sum(map(int, text.split(":"))) if _PARTS.fullmatch(text) else None for text in texts}
    if len(texts) > 1 and len(sums) == 1 and None not in sums:
        return False
    if len(texts) > 1 and all(_CLOCK.fullmatch(text) for text in texts):
        return True
    return all(_SPAN.fullmatch(text) for text in texts) and any(":0" in text for text in texts)


def are_clock_numbers(numbers: np.ndarray) -> bool:
    """Whether numbers (N,) are when their rows were made: whole, later and later, and of a clock.

    Seconds or milliseconds since 1970, from 2001 to 2036; or days as spreadsheets count them, from
    1990 to 2050, by single ones.
    """
    if len(numbers) < FEWEST or not np.isfinite(numbers).all() or (numbers % 1 != 0).any():
        return False
    steps, low, high = np.diff(numbers), float(numbers.min()), float(numbers.max())
    if ((steps < 0).any() and (steps > 0).any()) or 2 * len(np.unique(numbers)) < len(numbers):
        return False
    common = int(np.gcd.reduce(np.abs(steps).astype(np.int64)))
    for unit in (1, 1000):
        if 1e9 * unit <= low and high <= 2.1e9 * unit:
            return common % (100_000 * unit) != 0  # 1.2e9 cells are no time
    # Most runs are made within a week of the one before; weights in order are farther apart.
    soon = common == 1 and float(np.median(np.abs(steps))) <= 7
    return soon and low >= 32874 and high <= 54789 and high - low <= 3 * 366


def is_date_number(name: str, numbers: np.ndarray) -> bool:
    """Whether numbers are days, or years where a column is called so.

    20230301 and 202303011405 are days, and whatever a column called date holds.
    """
    if not len(numbers) or not np.isfinite(numbers).all() or np.ptp(numbers) == 0:
        return False
    if words_of(name) & _WHEN or are_clock_numbers(numbers):
        return True
    if (numbers % 1 != 0).any():
        return False
    if words_of(name) & _YEARS and numbers.min() >= 1900 and numbers.max() <= 2100:
        return True
    for clock in (1.0, 1e4, 1e6):  # nothing after the day, hours and minutes, and seconds
        own = numbers // clock
        year, month, day = own // 10_000, own // 100 % 100, own % 100
        if (
            ((year >= 1900) & (year <= 2100) & (month >= 1) & (month <= 12) & (day >= 1)
             & (day <= 31)).all()
        ):  # fmt: skip
            return True
    return False
