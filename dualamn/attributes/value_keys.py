"""From values as written to what they are compared by."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from dualamn.attributes.normalisation import words_of

_PLAIN_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+|(?=\.\d))(?:\.\d+)?(?:[eE][+-]?\d{1,3})?"
_POINTS = r"[+-]?\d{1,3}(?:\.\d{3}){2,}|[+-]?\d{1,3}(?:\.\d{3})+,\d+"  # 1.234.567 and 1.234,5
_SPACES = r"[+-]?\d{1,3}(?:[ '\u2019]\d{3})+(?:[.,]\d+)?"  # 1 234 567
_COMMA = r"[+-]?\d+,\d{1,2}"  # 12,5
_NUMBER = re.compile(_PLAIN_NUMBER)
_LOCAL_NUMBER = re.compile(f"{_POINTS}|{_SPACES}|{_COMMA}")
_SPELT = f"{_POINTS}|{_SPACES}|{_COMMA}|{_PLAIN_NUMBER}"
_MONEY = r"US\$|[$€£¥₹]|USD|EUR|GBP|CHF|JPY"
_QUANTITY = re.compile(
    rf"(?P<before>{_MONEY})?\s*(?P<number>{_SPELT})\s*(?P<unit>{_MONEY}|[a-zA-Z²\"]{{1,14}}|%)?"
)
_CODE = re.compile(r"\+?\(?\d[\d\-/() ]{5,}[\dXx]|\+?\d{1,4}(?:\.\d{2,4}){2,}")  # an ISBN, a phone
_DATE = re.compile(
    r"([+-]?\d{4,6})-(\d\d)(?:-(\d\d))?(?:[T ]\d\d:\d\d.*)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII
)
_YEAR = re.compile(r"([+-]?\d{4,6})(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_SHORT_DATE = re.compile(r"(\d{4})[./](\d\d?)[./](\d\d?)", re.ASCII)
_LOCAL_DATE = re.compile(r"(\d\d?)([./-])(\d\d?)\2(\d{4})", re.ASCII)
_DIGITS_DATE = re.compile(r"([12]\d{3})([01]\d)([0-3]\d)", re.ASCII)
_SPOKEN_DATE = re.compile(
    r"(?:[^\W\d_]+,\s*)?(?:(?P<day>\d\d?)(?:st|nd|rd|th|er|\.|º)?(?:\s+(?:of|de))?[\s-]+)?"
    r"(?P<month>[^\W\d_]{3,})\.?(?:[\s-]+(?P<day2>\d\d?)(?:st|nd|rd|th)?)?"
    r"(?:,?\s*|\s+(?:de|of)\s+|-)(?P<year>\d{4})"
)
_POINT = re.compile(
    r"(?:<[^>]*>\s*|SRID=\d+;)?POINT\s*Z?\s*\(\s*([+-]?\d+(?:\.\d+)?)\s+([+-]?\d+(?:\.\d+)?)"
    r"(?:\s+[^)]*)?\)",
    re.IGNORECASE,
)
_PLACE = re.compile(r"([+-]?\d{1,2}\.\d+)[,;\s]\s*([+-]?\d{1,3}\.\d+)")  # latitude first
_CELL = 0.02  # degrees, some two kilometres: points that differ by less are near
_YEAR_TYPE = "#gYear"
_COUNTED = ("integer", "int", "long", "decimal", "double", "float", "nonNegativeInteger")
_YEARS = range(1000, 2101)  # whole numbers that may be years
_STEP = math.log(1.05)  # numbers that differ by less are near
_SAFE = 2.0**53  # whole numbers up to here are exact as floats

# In English, German, French, Spanish and Italian, by how they begin.
_BEGINNINGS = (
    *("jan ene gen", "feb fev fév", "mar mär maer", "apr abr avr", "may mai mag", "jun juin giu"),
    *("jul juil lug", "aug aou aoû ago", "sep set", "oct okt ott", "nov", "dec dez déc dic"),
)
_MONTHS = {
    beginning: number
    for number, beginnings in enumerate(_BEGINNINGS, 1)
    for beginning in beginnings.split()
}

_UNITS = {
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), 1.0),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), 1e3),
    **dict.fromkeys(("cm", "centimetre", "centimetres", "centimeter", "centimeters"), 1e-2),
    **dict.fromkeys(("mm", "millimetre", "millimetres", "millimeter", "millimeters"), 1e-3),
    **dict.fromkeys(("mi", "mile", "miles"), 1609.344),
    **dict.fromkeys(("ft", "foot", "feet"), 0.3048),
    **dict.fromkeys(("in", "inch", "inches", '"'), 0.0254),
    **dict.fromkeys(("g", "gram", "grams", "gramme", "grammes"), 1e-3),
    **dict.fromkeys(("kg", "kilogram", "kilograms", "kilogramme", "kilogrammes"), 1.0),
    **dict.fromkeys(("mg", "milligram", "milligrams"), 1e-6),
    **dict.fromkeys(("t", "tonne", "tonnes"), 1e3),
    **dict.fromkeys(("lb", "lbs", "pound", "pounds"), 0.45359237),
    **dict.fromkeys(("oz", "ounce", "ounces"), 0.028349523125),
    **dict.fromkeys(("l", "litre", "litres", "liter", "liters"), 1.0),
    **dict.fromkeys(("ml", "millilitre", "milliliter"), 1e-3),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("km²", "km2", "squarekilometre"), 1e6),
    **dict.fromkeys(("m²", "m2", "squaremetre", "%"), 1.0),
    **dict.fromkeys(("ha", "hectare", "hectares"), 1e4),
}

LONGEST = 100
"""Characters of the longest text that is compared as a whole; longer ones by their words alone."""


class Keys(NamedTuple):
    """What a value has in common with values that agree with it.

    Attributes:
        exact: shared by equal values.
        near: shared by near ones, each with an equal share: two overlapping intervals of a
            number, or the year of a date.
    """

    exact: str
    near: tuple[str, ...]


def keys_of(value: str, datatype: str, *, month_first: bool = False) -> Keys | None:
    """The keys of a value; None for one that is not compared as a whole, such as a long text.

    Numbers are compared as numbers, in metres, kilograms or seconds where a unit is given, dates as
    dates, with whole numbers from 1000 to 2100 for years, and points by where they are. All else
    is text, whose words count.

    >>> keys_of("1998-03-05", "")
    Keys(exact='d1998-3-5', near=('y1998',))

    Args:
        value: as written.
        datatype: its datatype or language tag, see `dualamn.graphs.knowledge_graph.Literals`.
        month_first: 3/5/1998 is the fifth of March, not the third of May.
    """
    text = value.strip()
    if not datatype.startswith("@") and len(text) <= LONGEST:
        text = text.replace("\u00a0", " ").replace("\u202f", " ")
        keys = _date(text, datatype, month_first) or _point(text) or _number(text, datatype)
        if keys is not None:
            return keys
    if len(text) > LONGEST:
        return None
    words = " ".join(words_of(text))
    return Keys(f"t{words}", ()) if words else None


def month_is_first(value: str) -> bool | None:
    """Whether a date such as 3/25/1998 names the month first; None for one that may do either."""
    match = _LOCAL_DATE.fullmatch(value.strip())
    if match is None or match[2] == ".":
        return None
    first, second = int(match[1]), int(match[3])
    if first > 12:
        return False
    return True if second > 12 else None


def _date(text: str, datatype: str, month_first: bool) -> Keys | None:
    if datatype.endswith(_YEAR_TYPE) and (match := _YEAR.fullmatch(text)):
        return _of_year(int(match[1]))
    match = _DATE.fullmatch(text) or _SHORT_DATE.fullmatch(text)
    if match is not None:
        return _of_day(int(match[1]), int(match[2]), int(match[3] or 0))
    match = _DIGITS_DATE.fullmatch(text)
    if match is not None and not datatype.endswith(_COUNTED):
        year, month, day = (int(part) for part in match.groups())
        return _of_day(year, month, day) if year in _YEARS and month and day else None
    match = _LOCAL_DATE.fullmatch(text)
    if match is not None:
        day, month = int(match[1]), int(match[3])
        if match[2] != "." and (month > 12 or (month_first and day <= 12)):
            day, month = month, day
        return _of_day(int(match[4]), month, day) if month and day else None
    match = _SPOKEN_DATE.fullmatch(text)
    if match is not None:
        month = _month(match["month"])
        days = [int(day) for day in (match["day"], match["day2"]) if day]
        return _of_day(int(match["year"]), month, *days) if month and len(days) < 2 else None
    return None


def _month(word: str) -> int:
    """The number of a month's name, 0 for another word."""
    lower = word.casefold()
    return _MONTHS.get(lower[:4], _MONTHS.get(lower[:3], 0))


def _of_day(year: int, month: int, day: int = 0) -> Keys | None:
    if month > 12 or day > 31:
        return None
    if not month:  # "1998-00-00" is how some write that no more is known
        return _of_year(year)
    return Keys(f"d{year}-{month}-{day}" if day else f"d{year}-{month}", (f"y{year}",))


def _of_year(year: int) -> Keys:
    return Keys(f"n{year}", (f"y{year}",))


def _point(text: str) -> Keys | None:
    """Of a point, as WKT writes it or as latitude and longitude."""
    if match := _POINT.fullmatch(text):
        east, north = float(match[1]), float(match[2])
    elif match := _PLACE.fullmatch(text):
        north, east = float(match[1]), float(match[2])
    else:
        return None
    cells = [
        f"{math.floor(east / _CELL + shift)},{math.floor(north / _CELL + shift)}"
        for shift in (0, 0.5)
    ]
    return Keys(f"g{east:.5f},{north:.5f}", (f"p{cells[0]}", f"q{cells[1]}"))


def _number(text: str, datatype: str) -> Keys | None:
    if _NUMBER.fullmatch(text):
        return _of_number(text.replace(",", ""), _factor_of(datatype))
    if _LOCAL_NUMBER.fullmatch(text):
        return _of_number(_in_points(text))
    if _CODE.fullmatch(text):
        digits = re.sub(r"[^\dXx]", "", text).upper()
        return Keys(f"t{digits.lower()}", ()) if digits.endswith("X") else _of_number(digits)
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    unit = match["unit"]
    factor = _UNITS.get(unit, _UNITS.get(unit.lower())) if unit else 1.0
    if match["before"] or (unit and re.fullmatch(_MONEY, unit)):
        factor = 1.0
    if factor is None:
        return None
    return _of_number(_in_points(match["number"]), factor, is_year=False)


def _in_points(number: str) -> str:
    """A number with a point before its decimals, and nothing between its thousands."""
    number = re.sub(r"[ '\u2019]", "", number)
    if re.fullmatch(_POINTS, number):
        return number.replace(".", "").replace(",", ".")
    return number.replace(",", "." if re.fullmatch(_COMMA, number) else "")


def _factor_of(datatype: str) -> float | None:
    """How much more a number is in metres, kilograms or seconds, by a datatype that is a unit."""
    name = datatype.rpartition("/")[2].lower()
    return _UNITS.get(name) if len(name) > 4 else None


def _of_number(digits: str, factor: float | None = None, *, is_year: bool = True) -> Keys | None:
    number = float(digits)
    if factor is not None and factor != 1:
        number, digits, is_year = float(f"{number * factor:.12g}"), "", False
    if not math.isfinite(number):
        return None
    if number.is_integer() and abs(number) < _SAFE:
        whole = int(number)
        if is_year and whole in _YEARS:
            return _of_year(whole)
        exact = f"n{whole}"
    else:
        # Digits that a float cannot hold are those of a code.
        exact = f"n{digits}" if digits.isdecimal() else f"n{number:.10g}"
    if not number:
        return Keys(exact, ())
    place = math.log(abs(number)) / _STEP
    sign = "-" if number < 0 else "+"
    return Keys(exact, (f"a{sign}{math.floor(place)}", f"b{sign}{math.floor(place + 0.5)}"))
