"""Reads links files of any format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dualamn.files.iris import Base
from dualamn.files.opening import RDF, suffix
from dualamn.link_files.formats import FORMATS, format_by_ending, format_of
from dualamn.link_files.link_file import LinkFile, RawLinks, distinct_links
from dualamn.link_files.turtle import read_rdf


def read_links(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    base: str | None = None,
    one_to_one: bool = False,
) -> LinkFile:
    """Reads a links file of any format.

    Args:
        path: the file. One whose ending tells no format is read as TSV; RDF may have any ending
            and be compressed as graphs may, see docs/input.md.
        format: its format, to settle it.
        base: what names that are no IRIs were written under, in formats that hold IRIs: their
            graphs and names are read back.
        one_to_one: refuse an entity with two different partners, as gold links must.

    Raises:
        DataError: the file is missing or unusable, or a link contradicts another.
        ConfigError: there is no such format, or the base cannot be one.
        MissingExtraError: the format needs a package that is not installed.
    """
    path = Path(path)
    if format is not None:
        chosen = format_of(path, format)
    elif (known := format_by_ending(path)) is not None:
        chosen = known
    else:
        chosen = FORMATS["turtle" if suffix(path) in RDF else "tsv"]
    by_ending = format is None and chosen.name == "turtle" and path.suffix.lower() != ".ttl"
    raw = read_rdf(path) if by_ending else chosen.read_links(path)
    if base is not None and chosen.has_iris:
        raw = _without_base(raw, Base(base))
    return distinct_links(path, raw, one_to_one=one_to_one)


def _without_base(raw: RawLinks, base: Base) -> RawLinks:
    columns = dict(raw.columns)
    for side in ("left", "right"):
        parts = [base.split(iri) for iri in columns[side]]
        columns[side] = [
            iri if part is None else part[1] for iri, part in zip(columns[side], parts, strict=True)
        ]
        graphs = [None if part is None else part[0] for part in parts]
        if f"{side}_source" not in columns and parts and None not in graphs:
            columns[f"{side}_source"] = graphs
        elif f"{side}_source" in columns:
            columns[f"{side}_source"] = [base.graph_of(iri) for iri in columns[f"{side}_source"]]
    if ("left_source" in columns) != ("right_source" in columns):
        columns.pop("left_source", None)
        columns.pop("right_source", None)
    return replace(raw, columns=columns)
