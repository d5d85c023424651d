"""Correspondences of terms in files: tables, SSSOM, and RDF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dualamn.errors import ConfigError, DataError
from dualamn.files.iris import Base, is_iri
from dualamn.files.text import short, write_lines
from dualamn.graphs.task import AlignmentTask
from dualamn.link_files.formats import format_of
from dualamn.link_files.mapping_set import PREFIXES, MappingSet, id_of_set, source_iri
from dualamn.link_files.rdf_links import turtle_lines
from dualamn.link_files.sssom import sssom_lines
from dualamn.link_files.table import Table
from dualamn.schema.correspondence import Correspondence

_JUSTIFICATION = "semapv:InstanceBasedMatching"
_LINES = {"turtle": turtle_lines, "sssom": sssom_lines}
_TABLES = ("tsv", "csv", "jsonl", "parquet")


def check_schema_file(path: Path, name: str | None, base: str | None) -> Base | None:
    """The base, once it is clear that correspondences can be written in the format of a file.

    Raises:
        ConfigError: they cannot, or the base is none, or goes with another format.
        MissingExtraError: the format needs a package that is not installed.
    """
    form = format_of(path, name)
    if form.name not in (*_TABLES, *_LINES, "ntriples"):
        raise ConfigError(
            f"{path}: {form.title} has no word for properties; choose one of "
            f"{', '.join((*_TABLES, 'ntriples', *_LINES))}"
        )
    if base is not None and form.name in _TABLES:
        raise ConfigError(f"{form.title} holds identifiers as they are: a base goes with RDF")
    form.check_package()
    return None if base is None else Base(base)


def check_terms(task: AlignmentTask, path: Path, base: str | None) -> None:
    """Looks through all relations and properties of a task, before long work.

    Raises:
        DataError: one needs an IRI in the format of the file, and there is no base.
    """
    if base is not None or format_of(path).write_table is not None:
        return
    for kg in task.kgs:
        properties = [] if kg.literals is None else kg.literals.attributes.tolist()
        for term in (*kg.relations.tolist(), *properties):
            _iri(kg.name, term, None, path)


def write_schema(
    items: Sequence[Correspondence], table: Table, path: Path, name: str | None, base: str | None
) -> None:
    """Writes correspondences, which are also given as a table; see `SchemaAlignment.write`."""
    iris = check_schema_file(path, name, base)
    form = format_of(path, name)
    if form.write_table is not None:
        form.write_table(table, path)
        return
    made = _mapping_set(items, iris, path)
    if form.name == "ntriples":
        names = ("subject_id", "predicate_id", "object_id")
        rows = zip(*(made.columns[column] for column in names), strict=True)
        write_lines(path, (f"<{s}> <{_in_full(p)}> <{o}> .\n" for s, p, o in rows))
    else:
        write_lines(path, _LINES[form.name](made))


def _predicate(item: Correspondence) -> str:
    """The CURIE that says what the left term is to the right one, "" if there is none."""
    if item.kind == "class":
        return "owl:equivalentClass" if item.meaning == "equivalent" else "rdfs:subClassOf"
    if item.meaning != "equivalent":
        return "" if item.inverse else "rdfs:subPropertyOf"
    return "owl:inverseOf" if item.inverse else "owl:equivalentProperty"


def _mapping_set(items: Sequence[Correspondence], base: Base | None, path: Path) -> MappingSet:
    """Correspondences as a mapping set, as far as it can say them; the wider term is the object.

    Terms of one name have one IRI under a base, and nothing to be said of.
    """
    kept, ends, sources = [], [], []
    for item in items:
        pair = [(item.left_source, item.left), (item.right_source, item.right)]
        pair = pair[::-1] if item.meaning == "broader" else pair
        iris = [_iri(graph, term, base, path) for graph, term in pair]
        if _predicate(item) and iris[0] != iris[1]:
            kept.append(item)
            ends.append(iris)
            sources.append([graph for graph, _ in pair])
    subjects, objects = ([row[side] for row in ends] for side in (0, 1))
    set_id = id_of_set(subjects, objects, path)
    columns = {
        "subject_id": subjects,
        "predicate_id": [_predicate(item) for item in kept],
        "object_id": objects,
        "mapping_justification": [_JUSTIFICATION] * len(kept),
        "subject_source": [source_iri(row[0], set_id, base) for row in sources],
        "object_source": [source_iri(row[1], set_id, base) for row in sources],
        "confidence": [f"{item.probability:.6f}" for item in kept],
        "other": [_other(item) for item in kept],
    }
    curies = tuple(dict.fromkeys([*columns["predicate_id"], _JUSTIFICATION]))
    return MappingSet.of(set_id, {}, curies, columns)


def _other(item: Correspondence) -> str:
    shares = f"left_share={item.left_share:.6f}|right_share={item.right_share:.6f}"
    return f"support={item.support:.6f}|{shares}"


def _iri(graph: str, term: str, base: Base | None, path: Path) -> str:
    """The IRI of a term, as `dualamn.fusion` makes it of a relation."""
    if is_iri(term):
        return term
    if base is None:
        raise DataError(
            f"this format needs IRIs, and {short(term)} of {graph} is none; give a base IRI under "
            "which such names get one (--base https://example.org/, in Python base=)",
            path=path,
        )
    return base.graph(term)


def _in_full(curie: str) -> str:
    prefix, _, name = curie.partition(":")
    return PREFIXES[prefix] + name
