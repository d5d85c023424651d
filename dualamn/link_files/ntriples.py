"""Links as N-Triples: a line for every link, and nothing of how sure it is.

<http://en…/Germany> <http://www.w3.org/2002/07/owl#sameAs> <http://fr…/Allemagne> .
"""

from __future__ import annotations

import re
from pathlib import Path

from dualamn.errors import DataError
from dualamn.files.lines import read_text, short, write_lines
from dualamn.link_files.entity_iris import entity_iris
from dualamn.link_files.link_file import RawLinks
from dualamn.link_files.link_table import link_table
from dualamn.link_files.write_options import WriteOptions
from dualamn.result import AlignedLinks

SAME = "http://www.w3.org/2002/07/owl#sameAs"
EXACT = "http://www.w3.org/2004/02/skos/core#exactMatch"

_LINK = re.compile(r"[ \t]*<([^<> ]+)>[ \t]*<([^<> ]+)>[ \t]*<([^<> ]+)>[ \t]*\.[ \t]*(?:#.*)?")
_OTHER = re.compile(r"[ \t]*(?:<[^<> ]+>|_:[^ \t]+)[ \t]*<[^<> ]+>[ \t]*\S.*\.[ \t]*(?:#.*)?")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


def write_ntriples(alignment: AlignedLinks, path: Path, options: WriteOptions) -> None:
    """Writes the links as owl:sameAs.

    Raises:
        DataError: the file cannot be written, or an entity cannot get an IRI.
    """
    columns = link_table(alignment).columns
    left = entity_iris(columns["left_source"], columns["left"], options.iris, path)
    right = entity_iris(columns["right_source"], columns["right"], options.iris, path)
    rows = zip(left, right, strict=True)
    write_lines(path, (f"<{subject}> <{SAME}> <{object_}> .\n" for subject, object_ in rows))


def read_ntriples(path: Path) -> RawLinks:
    """Reads owl:sameAs and skos:exactMatch between IRIs; other triples are counted.

    Raises:
        DataError: the file is missing or not UTF-8, or a line is no triple.
    """
    left, right, lines, others = [], [], [], 0
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        line = line.removesuffix("\r")
        if match := _LINK.fullmatch(line):
            if match[2] in (SAME, EXACT):
                left.append(_unescaped(match[1]))
                right.append(_unescaped(match[3]))
                lines.append(number)
                continue
        elif not line.strip(" \t") or line.lstrip(" \t").startswith("#"):
            continue
        elif not _OTHER.fullmatch(line):
            raise DataError(f"is no N-Triples: {short(line)}", path=path, line=number)
        others += 1
    return RawLinks({"left": left, "right": right}, lines, n_others=others)


def _unescaped(iri: str) -> str:
    if "\\" not in iri:
        return iri
    return _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), iri)
