"""From names and values as written to what they are compared by."""

from __future__ import annotations

import math
import re
import unicodedata
from itertools import accumulate
from typing import NamedTuple

_WORDS = re.compile(r"[^\W_]+")
_SIZES = (2, 3, 4)
_DENSE_SIZES = (1, 2, 3)
# Scripts that write words without spaces between them, where one character says much.
_DENSE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

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


def normalised(name: str) -> str:
    """A name in lower case, with compatible characters made one (Unicode NFKC)."""
    return unicodedata.normalize("NFKC", name).casefold()


def words_of(name: str) -> list[str]:
    """The words of a name, without punctuation, in order."""
    return _WORDS.findall(normalised(name))


def plain(word: str) -> str:
    """A word without accents: "gül" becomes "gul"."""
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFD", word)
    kept = "".join(part for part in parts if not unicodedata.combining(part))
    return unicodedata.normalize("NFC", kept)


def pieces_of(word: str) -> list[str]:
    """Stretches of 2 to 4 characters of a word whose ends are marked, 1 to 3 in dense scripts."""
    marked = f"<{word}>"
    sizes = _DENSE_SIZES if _DENSE.search(word) else _SIZES
    return [
        marked[start : start + size]
        for size in sizes
        for start in range(len(marked) - size + 1)
        if size > 1 or marked[start] not in "<>"
    ]


def joints_of(words: list[str]) -> list[str]:
    """Stretches of 4 characters that reach from one word into the next.

    "bai jia jun" and "bai jiajun" have few pieces of words in common, but the same letters.
    """
    joined = "".join(words)
    ends = accumulate(map(len, words[:-1]))
    found = [joined[at : at + 4] for end in ends for at in range(max(end - 3, 0), end)]
    return [joint for joint in found if len(joint) == 4]


class Keys(NamedTuple):
    """What a value has in common with values that agree with it.

    Attributes:
        exact: shared by equal values.
        near: shared by near ones, each with an equal share: two overlapping intervals of a
            number, or the year of a date.
    """

    exact: str
    near: tuple[str, ...]


def keys_of(value: str, datatype: str) -> Keys | None:
    """The keys of a value; None for one that is compared with none, such as a long text.

    Numbers are compared as numbers whatever their datatype, which may be a unit, and dates as
    dates, with whole numbers from 1000 to 2100 for years. All else is text, whose words count.

    >>> keys_of("1998-03-05", "")
    Keys(exact='d1998-3-5', near=('y1998',))

    Args:
        value: as written.
        datatype: its datatype or language tag, see `dualamn.graphs.knowledge_graph.Literals`.
    """
    text = value.strip()
    if not datatype.startswith("@") and len(text) <= LONGEST:
        keys = _date(text, datatype) or _number(text)
        if keys is not None:
            return keys
    if len(text) > LONGEST:
        return None
    words = " ".join(words_of(text))
    return Keys(f"t{words}", ()) if words else None


def _date(text: str, datatype: str) -> Keys | None:
    if datatype.endswith(_YEAR_TYPE) and (match := _YEAR.fullmatch(text)):
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
        digits = text.replace(",", "")
    elif _CODE.fullmatch(text):
        digits = re.sub(r"[\- ]", "", text).upper()
        if digits.endswith("X"):
            return Keys(f"t{digits.lower()}", ())
    else:
        return None
    number = float(digits)
    if not math.isfinite(number):
        return None
    if number.is_integer() and abs(number) < _SAFE:
        whole = int(number)
        if whole in _YEARS:
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
