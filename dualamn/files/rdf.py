"""The statements of RDF files, one after another, through pyoxigraph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from dualamn.errors import DataError, needs
from dualamn.files.opening import RDF, opened, suffix
from dualamn.files.text import short

_PLACE = re.compile(r"^Parser error (?:at|between) line .*?: ", re.DOTALL)
_NO_DOT = "must be followed by a dot"
_WEB_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_TURTLE = re.compile(r"\s*(?:@prefix|@base|PREFIX|BASE)\b")


def pyoxigraph() -> Any:
    """The package that parses RDF.

    Raises:
        MissingExtraError: it is not installed.
    """
    return needs("pyoxigraph", extra="rdf")


def statements(path: Path, kind: str | None = None) -> Iterator[Any]:
    """The quads of a file; the text is not held.

    IRIs are taken as they are written, valid or not: published data has many that are not.

    Args:
        path: the file.
        kind: its format, one of those that `RDF` names; known by its name if None.

    Raises:
        DataError: the file cannot be read or has a mistake, with the line.
        MissingExtraError: a package is not installed.
    """
    ox = pyoxigraph()
    kind = kind or RDF[suffix(path)]
    if kind == "RDF/XML":
        _check_xml(path)
    with opened(path) as stream:
        try:
            yield from ox.parse(input=stream, format=_format(kind), lenient=True)
        except SyntaxError as error:
            line = error.lineno
            # That the dot is missing shows only at the beginning of the next line.
            if line and error.offset == 1 and _NO_DOT in error.msg:
                line = max(1, line - 1)
            raise mistake(path, line, _PLACE.sub("", error.msg), kind) from None


def mistake(path: Path, line: int | None, what: str, kind: str) -> DataError:
    """The error for a syntax error at a line: what is wrong, what is there, what to do."""
    place, seen = _line(path, line or 1)
    line = None if line is None else place
    if _WEB_PAGE.match(seen):
        message = f"this is a web page, not {kind}; fetch the data itself"
    elif kind in ("N-Triples", "N-Quads") and _TURTLE.match(seen):
        message = f"this is Turtle, not {kind}; name the file .ttl"
    elif what.startswith("Invalid UTF-8"):
        message = f"this is not UTF-8: {short(seen)}; save the file as UTF-8"
    else:
        message = (
            f"this is not valid {kind} ({' '.join(what.split())}): {short(seen)}; correct the "
            "file, or the ending of its name if it is in another format"
        )
    return DataError(message, path=path, line=line)


def _format(kind: str) -> Any:
    formats = pyoxigraph().RdfFormat
    return {
        "N-Triples": formats.N_TRIPLES,
        "N-Quads": formats.N_QUADS,
        "Turtle": formats.TURTLE,
        "TriG": formats.TRIG,
        "RDF/XML": formats.RDF_XML,
    }[kind]


def _check_xml(path: Path) -> None:
    """Refuses XML that is not well-formed: pyoxigraph takes a file that is cut short for whole."""
    with opened(path) as stream:
        try:
            expat.ParserCreate().ParseFile(stream)
        except expat.ExpatError as error:
            raise mistake(path, error.lineno, expat.ErrorString(error.code), "RDF/XML") from None


def _line(path: Path, number: int) -> tuple[int, str]:
    """Number and text of a line, counted from 1, or of the last before it that is not blank.

    Parsers find what is missing at the end of a line only on the next.
    """
    place, seen = 1, b""
    with opened(path) as stream:
        for at, line in enumerate(stream, start=1):
            if at > number:
                break
            if line.strip():
                place, seen = at, line
    return place, seen[:1000].decode("utf-8", "backslashreplace").strip()
