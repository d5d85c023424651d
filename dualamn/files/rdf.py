"""RDF files: their statements, one after another, and what a user may say about their reading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

from dualamn.errors import ConfigError, DataError, needs
from dualamn.files.opening import RDF, opened, suffix
from dualamn.files.text import short

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
SAME_AS = (
    "http://www.w3.org/2002/07/owl#sameAs",
    "http://www.w3.org/2004/02/skos/core#exactMatch",
)
"""The properties that say of two entities that they are the same thing."""

ENTITIES = ("auto", "individuals", "classes", "both")
"""What of a graph with a schema gets links."""

_PLACE = re.compile(r"^Parser error (?:at|between) line .*?: ", re.DOTALL)
_NO_DOT = "must be followed by a dot"
_WEB_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_TURTLE = re.compile(r"\s*(?:@prefix|@base|PREFIX|BASE)\b")


def pyoxigraph() -> Any:
    """The package that parses RDF; MissingExtraError if it is not installed."""
    return needs("pyoxigraph", extra="rdf")


def statements(path: Path, kind: str | None = None) -> Iterator[Any]:
    """The quads of a file of a format that `RDF` names, known by its ending if None.

    The text is not held. IRIs are taken as they are written, valid or not: published data has many
    that are not.

    Raises:
        DataError: the file cannot be read or has a mistake, with the line.
        MissingExtraError: a package is not installed.
    """
    ox = pyoxigraph()
    kind = kind or RDF[suffix(path)]
    constant = re.sub(r"\W", "_", kind).upper()  # such as N_TRIPLES
    if kind == "RDF/XML":
        _check_xml(path)
    with opened(path) as stream:
        try:
            yield from ox.parse(input=stream, format=getattr(ox.RdfFormat, constant), lenient=True)
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


@dataclass(frozen=True)
class Reading:
    """How graphs are read.

    Attributes:
        labels: more properties whose values are names, preferred to those that are known; or
            paths to them, such as designation|label, ^ before a relation that leads back.
        language: the language of names to prefer, such as "de"; without it English.
        columns: which columns of a table hold head, relation and tail, by their names or by
            their numbers, counted from 1; found by common names if None.
        entities: what gets links: "individuals", "classes" (and properties) of a schema or
            "both"; "auto" goes by what there is.
    """

    labels: tuple[str, ...] = ()
    language: str | None = None
    columns: tuple[str, str, str] | None = None
    entities: str = "auto"

    @classmethod
    def of(
        cls,
        labels: Sequence[str] = (),
        language: str | None = None,
        columns: Sequence[str] | None = None,
        entities: str = "auto",
    ) -> Reading:
        """Checks and takes over what a user gave.

        Raises:
            ConfigError: not three different columns, a blank label or language, or entities of a
                kind that is not known.
        """
        if entities not in ENTITIES:
            raise ConfigError(f"entities are {entities!r}; use {', '.join(ENTITIES)}")
        if isinstance(labels, str):
            labels = (labels,)
        if any(not step.strip(" ^") for label in labels for step in label.split("|")):
            raise ConfigError("a label property is blank; give the identifier of a property")
        if language is not None:
            if not language.strip():
                raise ConfigError("the language is blank; give one such as en, or leave it out")
            language = language.strip().lower()
        if columns is None:
            return cls(tuple(labels), language, None, entities)
        if len(columns) != 3 or len(set(columns)) != 3 or not all(columns):
            raise ConfigError(
                f"columns are {', '.join(columns) or 'none'}; name three: those of head, "
                "relation and tail"
            )
        return cls(tuple(labels), language, (columns[0], columns[1], columns[2]), entities)
