"""Plain tables of any strings: a file or folder of triples for every graph, and their links.

As a folder, the links are in ``links.tsv``; or the seeds are in ``seed_links.tsv``, the others
in ``test_links.tsv`` or ``links.tsv``, and maybe ``valid_links.tsv``. Every other table, and
every folder of tables, is one graph named after it. ``.csv`` does as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from dualamn.data_loaders.dataset import Dataset, Layout, Request, assemble, check_split
from dualamn.data_loaders.entity_tables import one_for_each
from dualamn.data_loaders.given_links import with_not_links
from dualamn.data_loaders.string_graph import graph_files, read_graph
from dualamn.errors import DataError
from dualamn.files.opening import COMPRESSED, PARQUET, RDF, check_exists, stem, suffix
from dualamn.files.rdf import Reading
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.link_files.confidence import MIN_CONFIDENCE
from dualamn.link_files.numbered_links import without
from dualamn.link_files.resolving import LinkReader, PairFiles, join_links
from dualamn.progress import Progress, ProgressCallback, silent

_LINKS, _SEEDS, _VALID, _TEST = "links", "seed_links", "valid_links", "test_links"
_USES = (_LINKS, _SEEDS, _VALID, _TEST)
_GRAPHS = (".tsv", ".csv", *PARQUET, *RDF)
_TABLES = (".tsv", ".csv", ".sssom.tsv", *PARQUET)
_LINK_FILES = tuple(end + more for end in (*_TABLES, *RDF) for more in ("", *COMPRESSED))

Source = str | Path | Sequence[str | Path]
"""A file, a folder, or several of these that make one graph."""

LinkSources = str | Path | Sequence[str | Path] | None
"""A file of links, a folder of them, or several of these."""


def load_files(
    sources: Sequence[Source],
    links: LinkSources = None,
    *,
    names: Sequence[str] | None = None,
    not_links: LinkSources = None,
    test_links: LinkSources = None,
    train_ratio: float | None = None,
    seed: int = 0,
    labels: Sequence[str] = (),
    language: str | None = None,
    columns: Sequence[str] | None = None,
    table: str | Sequence[str | None] | None = None,
    edges: Sequence[str] | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    skip_bad_lines: bool = False,
    min_confidence: float = MIN_CONFIDENCE,
    many: bool = False,
    entities: str = "auto",
    progress: ProgressCallback = silent,
) -> AlignmentTask:
    """Loads two or more graphs from files of triples, and links between them.

    The ending of a file's name says what it is. Triples are lines of head, relation and tail
    with tabs between them, or commas and quotes in files named ``.csv``; rows of Parquet
    (extra ``parquet``); or RDF (extra ``rdf``). Links are tables of two entities, the left one
    of the first graph; with more than two graphs, a header and the columns left_source, left,
    right_source, right say which, or a folder has a file ``A-B.tsv`` for every pair of graphs.
    Links can be RDF and SSSOM as well. docs/input.md says all about it.

        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from dualamn import load_files
        >>> with TemporaryDirectory() as folder:
        ...     paths = [Path(folder, name) for name in ("en.tsv", "de.tsv", "links.tsv")]
        ...     texts = ["Bern\\tin\\tEurope\\n", "Bern\\tin\\tEuropa\\n", "Europe\\tEuropa\\n"]
        ...     _ = [path.write_text(text) for path, text in zip(paths, texts)]
        ...     load_files(paths[:2], paths[2])
        AlignmentTask('en-de': en (2) + de (2); 1 seed links, 0 test links)

    Args:
        sources: for every graph a file, a folder whose files are joined, or several of these.
        links: known links; all are seeds, unless `train_ratio` is given. None for no seeds.
        names: the graphs' names; made from the names of the files if not given.
        not_links: pairs known to be different: of RDF `owl:differentFrom`, of SSSOM mappings with
            the predicate modifier Not, of a table every pair.
        test_links: links for evaluation only.
        train_ratio: draws this share of every pair's links (of `links` and `test_links`
            together) as seeds and leaves the rest for testing; above 0 and at most 1.
        seed: permutes each graph's entities and draws the split.
        labels: properties whose values are names of entities, preferred to rdfs:label and the
            like, which are known, and to those found by their values; or paths to such, as
            "designation|label", with ^ before a relation that leads back.
        language: the language of names to prefer, such as "de"; without it English.
        columns: which columns of tables hold head, relation and tail, by name or number.
        table: the column of identifiers, by name or number, of tables with one entity a row, whose
            other columns describe it; or one for each graph, None for a graph of triples.
        edges: the columns of such tables that name other entities; found if None.
        separator: the character between the fields of tables; found if None.
        encoding: that of text which is not UTF-8, such as "windows-1252".
        skip_bad_lines: leave out lines of graphs that cannot be read, and count them in the
            notes; without it they are errors.
        min_confidence: leave out links of which their file says that they are less probable.
        many: allow an entity several counterparts in a graph.
        entities: what of a graph with a schema gets links: "individuals", "classes" (with
            properties) or "both"; "auto" takes classes where there is hardly anything else.
        progress: called after every graph, with stage "load".

    Raises:
        ConfigError: how to read cannot be as it is given, see `Reading.of`.
        MissingExtraError: a package that reads a file is not installed.
        DataError: fewer than two sources, or a file that is unusable or contradicts itself.
    """
    check_split(train_ratio, seed)
    if len(sources) < 2:
        raise DataError(
            f"alignment needs two or more graphs, got {len(sources)}; "
            "give a file or folder of triples for each"
        )
    paths, kg_names = named_paths(sources, names)
    link_paths, test_paths, not_paths = map(_paths, (links, test_links, not_links))
    for path in (*link_paths, *test_paths, *not_paths):
        check_exists(path)
    readings = [
        Reading.of(
            labels,
            language,
            columns,
            table=id_column,
            edges=edges,
            separator=separator,
            encoding=encoding,
            skip_bad_lines=skip_bad_lines,
            entities=entities,
        )
        for id_column in one_for_each(table, len(paths))
    ]
    notes: list[str] = []
    kgs = _read_graphs(paths, kg_names, notes, progress, readings)
    reader = LinkReader(
        kgs, notes, encoding=readings[0].encoding, min_confidence=min_confidence, many=many
    )
    joined = join_links(
        kgs,
        notes,
        many=many,
        seeds=[reader.read(path) for path in link_paths],
        test=[reader.read(path) for path in test_paths],
    )
    progress(Progress("load", len(paths) + 1, len(paths) + 1))
    dataset = Dataset(tuple(kgs), joined, notes)
    task = assemble(dataset, name="-".join(kg_names), train_ratio=train_ratio, seed=seed)
    if not not_paths:
        return task
    return with_not_links(task, not_paths, encoding=readings[0].encoding)


def _read_graphs(
    sources: Sequence[Path | Sequence[Path]],
    names: Sequence[str],
    notes: list[str],
    progress: ProgressCallback,
    readings: Sequence[Reading] | None = None,
) -> list[KnowledgeGraph]:
    kgs = []
    readings = readings or [Reading()] * len(sources)
    given = zip(sources, names, readings, strict=True)
    for number, (source, name, reading) in enumerate(given, start=1):
        kgs.append(read_graph(source, name, notes, reading))
        progress(Progress("load", number, len(sources) + 1))
    return kgs


def named_paths(
    sources: Sequence[Source], names: Sequence[str] | None = None
) -> tuple[list[list[Path]], list[str]]:
    """The paths of every graph, which are there, and its name, that of its files if not given.

    Raises:
        DataError: a graph has no path, or one that does not exist; or not all have a name.
    """
    paths = [_paths(source) for source in sources]
    if not all(paths):
        raise DataError("a graph has no files; give a file or folder of triples for each")
    named = _names_of([path[0] for path in paths]) if names is None else list(names)
    if len(named) != len(paths):
        raise DataError(f"got {len(named)} names for {len(paths)} graphs; give one for each")
    for path in chain.from_iterable(paths):
        check_exists(path)
    return paths, named


def _names_of(paths: Sequence[Path]) -> list[str]:
    """Short names for graphs, from those of their files; all different."""
    paths = [path.resolve() for path in paths]
    short = [stem(path) if path.is_file() else path.name for path in paths]
    long = [f"{path.parent.name}_{name}" for path, name in zip(paths, short, strict=True)]
    numbered = [f"kg{number}" for number in range(1, len(paths) + 1)]
    return next(names for names in (short, long, numbered) if len(set(names)) == len(names))


def _paths(sources: LinkSources) -> list[Path]:
    if sources is None:
        return []
    if isinstance(sources, str | Path):
        sources = [sources]
    return [Path(source).expanduser() for source in sources]


def _link_source(folder: Path, use: str) -> list[Path]:
    """The file or folder with the links of a use, if there is one."""
    places = [folder / f"{use}{end}" for end in _LINK_FILES]
    found = [path for path in places if path.is_file()]
    if use == _LINKS and (folder / use).is_dir():
        found.append(folder / use)
    if len(found) > 1:
        raise DataError(
            f"there are {' and '.join(path.name for path in found)}; keep one of them",
            path=folder,
        )
    return found


def _fits(folder: Path) -> bool:
    return any((folder / f"{use}{end}").is_file() for use in _USES for end in _LINK_FILES) or (
        (folder / _LINKS).is_dir() and len(_graph_sources(folder)) > 1
    )


def _graph_sources(folder: Path) -> list[Path]:
    """The files and folders that hold a graph each, sorted by name."""
    sources = [
        path
        for path in graph_files(folder)
        if suffix(path) in _GRAPHS and stem(path).removesuffix(".sssom") not in _USES
    ]
    sources.extend(
        path
        for path in folder.iterdir()
        if path.is_dir()
        and path.name not in _USES
        and any(suffix(file) in _GRAPHS for file in graph_files(path))
    )
    return sorted(sources)


def _read(request: Request) -> Dataset:
    folder, notes = request.folder, list[str]()
    paths = _graph_sources(folder)
    if len(paths) < 2:
        raise DataError(
            f"found {len(paths)} graphs beside the links; add a table of triples, "
            "NAME.tsv or NAME.csv, for each of two or more graphs",
            path=folder,
        )
    kgs = _read_graphs(paths, _names_of(paths), notes, request.progress)
    reader = LinkReader(kgs, notes)
    read = {use: [reader.read(path) for path in _link_source(folder, use)] for use in _USES}
    links, seeds, valid, test = (read[use] for use in _USES)
    if links and test:
        raise DataError(
            f"there are both {_LINKS} and {_TEST}; keep only one: with {_SEEDS}, those of "
            f"{_LINKS} that are not in it are for testing",
            path=folder,
        )
    if links and seeds:
        test, links = [_rest(file, [*seeds, *valid]) for file in links], []
    table = join_links(kgs, notes, seeds=seeds, valid=valid, test=test, unsplit=links)
    request.step(len(paths) + 1, len(paths) + 1)
    return Dataset(tuple(kgs), table, notes)


def _rest(links: PairFiles, used: Sequence[PairFiles]) -> PairFiles:
    """The links that are in none of the others."""
    return {
        pair: [
            without(file, [other for read in used for other in read.get(pair, ())])
            for file in files
        ]
        for pair, files in links.items()
    }


TABLES = Layout(
    "tables",
    "links.tsv (or seed_links.tsv and test_links.tsv), and a table or folder of triples for "
    "every graph",
    _fits,
    _read,
)
