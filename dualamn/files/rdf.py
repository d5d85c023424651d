"""RDF files: their statements, one after another, and what a user may say about their reading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

from dualamn.errors import ConfigError, DataError, needs
from dualamn.files.encodings import checked_encoding
from dualamn.files.opening import RDF, opened, suffix
from dualamn.files.string_tables import checked_separator
from dualamn.files.text import OR_SKIP, SAVE_AS_UTF8, BadLines, short

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
SAME_AS = (
    "http://www.w3.org/2002/07/owl#sameAs",
    "http://www.w3.org/2004/02/skos/core#exactMatch",
)
"""The properties that say of two entities that they are the same thing."""

ENTITIES = ("auto", "individuals", "classes", "both")
"""What of a graph with a schema gets links."""

BY_LINE = ("N-Triples", "N-Quads")
"""The formats of RDF whose every line can be read by itself."""

_BLOCK = 1 << 20
_PLACE = re.compile(r"^Parser error (?:at|between) line .*?: ", re.DOTALL)
_NO_DOT = "must be followed by a dot"
_WEB_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_TURTLE = re.compile(r"\s*(?:@prefix|@base|PREFIX|BASE)\b")


def pyoxigraph() -> Any:
    """The package that parses RDF; MissingExtraError if it is not installed."""
    return needs("pyoxigraph", extra="rdf")


def statements(
    path: Path,
    kind: str | None = None,
    *,
    encoding: str | None = None,
    bad: BadLines | None = None,
) -> Iterator[Any]:
    """The quads of a file of a format that `RDF` names, known by its ending if None.

    The text is not held. IRIs are taken as they are written, valid or not: published data has many
    that are not.

    Args:
        encoding: of text that is not UTF-8, see `dualamn.files.opening.opened`.
        bad: where mistakes are counted; what they are in is left out. Without it they are errors,
            and so are those of XML always.

    Raises:
        DataError: the file cannot be read or has a mistake, with the line.
        MissingExtraError: a package is not installed.
    """
    ox = pyoxigraph()
    kind = kind or RDF[suffix(path)]
    form = getattr(ox.RdfFormat, re.sub(r"\W", "_", kind).upper())  # such as N_TRIPLES
    is_xml = kind == "RDF/XML"
    if is_xml:
        _check_xml(path, encoding)
    with opened(path, encoding, is_xml=is_xml) as stream:
        if bad is not None and kind in BY_LINE:
            yield from _good_lines(stream, form, bad)
            return
        found = ox.parse(input=stream, format=form, lenient=True)
        while True:
            try:
                yield from found
                return
            except SyntaxError as error:
                line = error.lineno
                # That the dot is missing shows only at the beginning of the next line.
                if line and error.offset == 1 and _NO_DOT in error.msg:
                    line = max(1, line - 1)
                # The parsers of Turtle and TriG go on behind the next dot.
                if bad is None or is_xml or not bad.add(line):
                    why = _PLACE.sub("", error.msg)
                    raise mistake(path, line, why, kind, encoding) from None


def _good_lines(stream: BinaryIO, form: Any, bad: BadLines) -> Iterator[Any]:
    """The quads of the lines of N-Triples or N-Quads that can be read."""
    parse = pyoxigraph().parse
    number = 1
    while lines := stream.readlines(_BLOCK):
        try:
            # Read whole before it is given out, as nothing may be given out twice.
            quads = list(parse(input=b"".join(lines), format=form, lenient=True))
        except SyntaxError:
            quads = []
            for at, line in enumerate(lines, start=number):
                try:
                    quads.extend(parse(input=line, format=form, lenient=True))
                except SyntaxError:
                    bad.add(at)
        yield from quads
        number += len(lines)


def mistake(
    path: Path, line: int | None, what: str, kind: str, encoding: str | None = None
) -> DataError:
    """The error for a syntax error at a line: what is wrong, what is there, what to do."""
    is_xml = kind == "RDF/XML"
    with opened(path, encoding, is_xml=is_xml) as stream:
        place, data = _line(stream, line or 1)
    line = None if line is None else place
    seen = data[:1000].decode("utf-8", "backslashreplace").strip()
    if _WEB_PAGE.match(seen):
        message = f"this is a web page, not {kind}; fetch the data itself"
    elif kind in BY_LINE and _TURTLE.match(seen):
        message = f"this is Turtle, not {kind}; name the file .ttl"
    elif "LoadDocumentCallback" in what:
        message = (
            "its @context is an address, and nothing is fetched while reading; write the context "
            "itself into the file, or the data in another form of RDF"
        )
    elif what.startswith("Invalid UTF-8") or not _is_utf8(data):
        message = f"this is not UTF-8: {short(seen)}; {SAVE_AS_UTF8}"
    else:
        message = (
            f"this is not valid {kind} ({' '.join(what.split())}): {short(seen)}; correct the "
            "file, or the ending of its name if it is in another format"
        )
        if not is_xml:
            message += OR_SKIP
    return DataError(message, path=path, line=line)


def _check_xml(path: Path, encoding: str | None) -> None:
    """Refuses XML that is not well-formed: pyoxigraph takes a file that is cut short for whole."""
    with opened(path, encoding, is_xml=True) as stream:
        try:
            expat.ParserCreate("UTF-8").ParseFile(stream)
        except expat.ExpatError as error:
            why = expat.ErrorString(error.code)
            raise mistake(path, error.lineno, why, "RDF/XML", encoding) from None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _line(stream: BinaryIO, number: int) -> tuple[int, bytes]:
    """Number and text of a line, counted from 1, or of the last before it that is not blank.

    Parsers find what is missing at the end of a line only on the next.
    """
    place, seen = 1, b""
    for at, line in enumerate(stream, start=1):
        if at > number:
            break
        if line.strip():
            place, seen = at, line
    return place, seen


@dataclass(frozen=True)
class Reading:
    """How graphs are read.

    Attributes:
        labels: more properties whose values are names, preferred to those that are known; or
            paths to them, such as designation|label, ^ before a relation that leads back.
        language: the language of names to prefer, such as "de"; without it English.
        columns: which columns of a table hold head, relation and tail, by their names or by
            their numbers, counted from 1; found by common names if None.
        table: the column of identifiers, by its name or number, if tables have one entity a row;
            they have one triple a row if None.
        edges: in tables of entities, the columns that name other entities; None to find them.
        separator: what stands between the fields of text tables, found out if None.
        encoding: that of text which is not UTF-8 and does not say what it is.
        skip_bad_lines: whether lines that cannot be read are left out and counted.
        entities: what gets links: "individuals", "classes" (and properties) of a schema or
            "both"; "auto" goes by what there is.
    """

    labels: tuple[str, ...] = ()
    language: str | None = None
    columns: tuple[str, str, str] | None = None
    table: str | None = None
    edges: tuple[str, ...] | None = None
    separator: str | None = None
    encoding: str | None = None
    skip_bad_lines: bool = False
    entities: str = "auto"

    @classmethod
    def of(
        cls,
        labels: Sequence[str] = (),
        language: str | None = None,
        columns: Sequence[str] | None = None,
        *,
        table: str | None = None,
        edges: Sequence[str] | None = None,
        separator: str | None = None,
        encoding: str | None = None,
        skip_bad_lines: bool = False,
        entities: str = "auto",
    ) -> Reading:
        """Checks and takes over what a user gave.

        Raises:
            ConfigError: not three different columns, a blank label, language or column of
                identifiers, columns or edges that do not go with `table`, a separator of several
                characters, an encoding that does not exist, or entities of a kind that is
                not known.
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
        if columns is not None and (
            len(columns) != 3 or len(set(columns)) != 3 or not all(columns)
        ):
            raise ConfigError(
                f"columns are {', '.join(columns) or 'none'}; name three: those of head, "
                "relation and tail"
            )
        if table is not None and not table.strip():
            raise ConfigError("the column of identifiers is blank; give its name or number")
        if table is not None and columns is not None:
            raise ConfigError(
                "columns are of tables with one triple a row, and table is of those with one "
                "entity a row; give either"
            )
        if edges is not None and table is None:
            raise ConfigError(
                "edges are columns of tables with one entity a row; name their column of "
                "identifiers as well (--table ID, in Python table=)"
            )
        return cls(
            tuple(labels),
            language,
            None if columns is None else (columns[0], columns[1], columns[2]),
            table=table,
            edges=None if edges is None else (edges,) if isinstance(edges, str) else tuple(edges),
            separator=None if separator is None else checked_separator(separator),
            encoding=None if encoding is None else checked_encoding(encoding),
            skip_bad_lines=skip_bad_lines,
            entities=entities,
        )
