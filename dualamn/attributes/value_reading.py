"""From a value as written to what it is compared by."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from dualamn.attributes.name_text import words_of

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+|(?=\.\d))(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
_CODE = re.compile(r"\d[\d\- ]{6,}[\dXx]")  # an ISBN, say, whose separators mean nothing
_DATE = re.compile(
    r"([+-]?\d{4,6})-(\d\d)(?:-(\d\d))?(?:[T ]\d\d:\d\d.*)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII
)
_YEAR = re.compile(r"([+-]?\d{4,6})(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_YEAR_TYPE = "#gYear"
_YEARS = range(1000, 2101)  # whole numbers that may be years
_STEP = math.log(1.05)  # numbers that differ by less are near
_SAFE = 2.0**53  # whole numbers up to here are exact as floats

LONGEST = 100
"""Characters of the longest text that is compared; longer ones are descriptions, never equal."""


class Keys(NamedTuple):
    """What a value has in common with values that agree with it.

    Attributes:
        exact: shared by equal values; "" for none.
        near: shared by near ones, each worth an equal share: two overlapping intervals of a
            number, or the year of a date.
    """

    exact: str
    near: tuple[str, ...]


def keys_of(value: str, kind: str) -> Keys | None:
    """The keys of a value; None for one that is compared with none, such as a long text.

    Numbers are compared as numbers whatever their datatype, which may be a unit, and dates as
    dates, with whole numbers from 1000 to 2100 for years. All else is text, whose words count.

    Args:
        value: as written.
        kind: its language tag or datatype, see `dualamn.graphs.knowledge_graph.Literals`.
    """
    text = value.strip()
    if not kind.startswith("@") and len(text) <= LONGEST:
        keys = _date(text, kind) or _number(text)
        if keys is not None:
            return keys
    if len(text) > LONGEST:
        return None
    words = " ".join(words_of(text))
    return Keys(f"t{words}", ()) if words else None


def _date(text: str, kind: str) -> Keys | None:
    if kind.endswith(_YEAR_TYPE) and (match := _YEAR.fullmatch(text)):
        return _of_year(int(match[1]))
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2]), int(match[3] or 0)
    if month > 12 or day > 31:
        return None
    if not month:  # "1998-00-00" is how some write that no more is known
        return _of_year(year)
    return Keys(f"d{year}-{month}-{day}" if day else f"d{year}-{month}", (f"y{year}",))


def _of_year(year: int) -> Keys:
    return Keys(f"n{year}", (f"y{year}",))


def _number(text: str) -> Keys | None:
    if _NUMBER.fullmatch(text):
        plain = text.replace(",", "")
    elif _CODE.fullmatch(text):
        plain = re.sub(r"[\- ]", "", text).upper()
        if plain.endswith("X"):
            return Keys(f"t{plain.lower()}", ())
    else:
        return None
    number = float(plain)
    if not math.isfinite(number):
        return None
    if number.is_integer() and abs(number) < _SAFE:
        whole = int(number)
        if whole in _YEARS:
            return _of_year(whole)
        exact = f"n{whole}"
    else:
        # Digits that a float cannot hold are those of a code.
        exact = f"n{plain}" if plain.isdecimal() else f"n{number:.10g}"
    if not number:
        return Keys(exact, ())
    place = math.log(abs(number)) / _STEP
    sign = "-" if number < 0 else "+"
    return Keys(exact, (f"a{sign}{math.floor(place)}", f"b{sign}{math.floor(place + 0.5)}"))
