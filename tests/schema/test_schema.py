"""Correspondences of terms whose meaning is known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyoxigraph
import pytest

import dualamn
from dualamn import ConfigError, DataError, SchemaAlignment
from dualamn.alignment import Alignment
from dualamn.files.rdf import RDF_TYPE
from dualamn.link_files.formats import read_links
from dualamn.result import PairAlignment
from dualamn.schema.judgement import Judged, covers
from dualamn.schema.shares import Counterparts, Shares

N = 60
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


def graph(
    name: str,
    triples: Mapping[str, Sequence[tuple[int, int]]],
    values: Mapping[str, Sequence[tuple[int, str]]] | None = None,
) -> dualamn.KnowledgeGraph:
    """A graph of N numbered entities: pairs of each relation, values of each property."""
    rows = [
        (f"http://{name}/{head}", relation, f"http://{name}/{tail}")
        for relation, pairs in triples.items()
        for head, tail in pairs
    ]
    # A ring in which all entities occur.
    rows += [
        (f"http://{name}/{at}", f"http://{name}/next", f"http://{name}/{(at + 1) % N}")
        for at in range(N)
    ]
    if values is None:
        return dualamn.as_graph(rows, name)
    lines = [f"<{head}> <{relation}> <{tail}> .\n" for head, relation, tail in rows]
    lines += [
        f"<http://{name}/{entity}> <{attribute}> {value} .\n"
        for attribute, given in values.items()
        for entity, value in given
    ]
    # Labels, so that no other text is taken for a name.
    lines += [f'<http://{name}/{at}> <{LABEL}> "{name}{at}" .\n' for at in range(N)]
    store = pyoxigraph.Store()
    store.load("".join(lines).encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return dualamn.as_graph(store, name)


def aligned(
    *graphs: dualamn.KnowledgeGraph, seeds: int = 0, probability: float | None = None
) -> Alignment:
    """All entities of one number linked: the first ones by seed links, with certainty."""
    task = dualamn.as_task(list(graphs))
    names = [kg.name for kg in graphs]
    numbers = {
        name: {int(entity.rsplit("/", 1)[1]): entity for entity in kg.entities}
        for name, kg in zip(names, graphs, strict=True)
    }
    pairs, known = [], [np.empty((0, 2), np.int32)]
    for left, right in task.kg_pairs:
        both = sorted(numbers[names[left]].keys() & numbers[names[right]].keys())
        ends = [task.ids(side, [numbers[names[side]][at] for at in both]) for side in (left, right)]
        links = np.stack(ends, axis=1).astype(np.int32)
        known.append(links[:seeds])
        rest = links[seeds:]
        chances = None if probability is None else np.full(len(rest), probability, np.float32)
        scores = np.ones(len(rest), np.float32)
        pairs.append(PairAlignment(left, right, rest, scores, None, None, chances))
    task = replace(task, seed_links=np.concatenate(known))
    return Alignment(task, tuple(pairs), "unaligned", "mutual")


def found(schema: SchemaAlignment) -> list[str]:
    """Kind and both terms with the sign between them, by their last parts."""
    signs = {"equivalent": "=", "narrower": "<", "broader": ">"}
    return [
        f"{at.kind} {at.left.rsplit('/')[-1]} {signs[at.meaning]} "
        f"{'^' if at.inverse else ''}{at.right.rsplit('/')[-1]}"
        for at in schema
    ]


def shifted(by: int, count: int = N) -> list[tuple[int, int]]:
    return [(at, (at + by) % N) for at in range(count)]


RING = "relation next = next"


def test_relations_and_inverses_that_mean_the_same() -> None:
    left = graph("l", {"http://l/wrote": shifted(5), "http://l/in": shifted(9)})
    turned = [(tail, head) for head, tail in shifted(5)]
    right = graph("r", {"http://r/author": turned, "http://r/dans": shifted(9)})
    schema = aligned(left, right).schema()
    assert sorted(found(schema)) == [
        "relation in = dans",
        RING,
        "relation wrote = ^author",
    ]
    (item,) = (at for at in schema if at.left.endswith("wrote"))
    assert (item.left_source, item.right_source) == ("l", "r")
    assert (item.support, item.left_share, item.right_share) == (N, 1, 1)
    assert item.probability > 0.99
    assert schema.counts() == {"relations": 3, "properties": 0, "classes": 0}


def test_a_part_is_narrower_and_a_whole_broader() -> None:
    left = graph(
        "l",
        {
            "http://l/city": shifted(5, 30),
            "http://l/town": shifted(5)[30:],
            "http://l/place": shifted(9),
        },
    )
    right = graph(
        "r",
        {
            "http://r/lies": shifted(5),
            "http://r/ville": shifted(9, 30),
            "http://r/village": shifted(9)[30:],
        },
    )
    assert sorted(found(aligned(left, right).schema())) == [
        "relation city < lies",
        RING,
        "relation place > village",
        "relation place > ville",
        "relation town < lies",
    ]


def test_what_one_graph_lacks_says_nothing() -> None:
    # The right graph knows a third of it, and all of that under one name.
    left = graph("l", {"http://l/born": shifted(5), "http://l/died": shifted(9)})
    right = graph("r", {"http://r/ne": shifted(5, 20), "http://r/mort": shifted(9, 20)})
    assert sorted(found(aligned(left, right).schema())) == [
        "relation born = ne",
        "relation died = mort",
        RING,
    ]


def test_two_that_nothing_tells_apart_are_not_decided() -> None:
    left = graph("l", {"http://l/a": shifted(5), "http://l/b": shifted(5)})
    right = graph("r", {"http://r/x": shifted(5), "http://r/y": shifted(5)})
    names = found(aligned(left, right).schema())
    assert not [name for name in names if " = " in name and name != RING]


def test_little_support_is_little_probability() -> None:
    schemas = []
    for count in (1, 2, 6):
        left = graph("l", {"http://l/a": shifted(5, count)})
        schemas.append(aligned(left, graph("r", {"http://r/x": shifted(5, count)})).schema())
    probabilities = [
        [at.probability for at in schema if at.left.endswith("/a")] for schema in schemas
    ]
    assert probabilities[0] == []
    assert 0.5 < probabilities[1][0] < 0.7
    assert probabilities[2][0] > 0.95


def test_links_count_for_their_probability_and_seeds_for_certain() -> None:
    graphs = graph("l", {"http://l/a": shifted(5)}), graph("r", {"http://r/x": shifted(5)})
    (item,) = (at for at in aligned(*graphs, probability=0.8).schema() if at.left.endswith("/a"))
    assert item.support == pytest.approx(N * 0.64, rel=1e-4)
    schema = aligned(*graphs, probability=0.8, seeds=N).schema()
    assert {at.support for at in schema} == {N}


def test_properties_are_known_by_their_values() -> None:
    def dated(first: str, other: str) -> dict[str, list[tuple[int, str]]]:
        return {
            first: [(at, f'"19{at:02}-05-0{at % 9 + 1}"') for at in range(N)],
            other: [(at, f'"{at * 977 % 4001}.5"') for at in range(N)],
        }

    left = graph("l", {}, dated("http://l/born", "http://l/size"))
    right = graph("r", {}, dated("http://r/naissance", "http://r/taille"))
    assert sorted(found(aligned(left, right).schema())) == [
        "property born = naissance",
        "property size = taille",
        RING,
    ]


def test_languages_of_a_property_are_one_and_common_values_say_little() -> None:
    left = {"http://l/motto": [(at, f'"word{at} thing{at}"@en') for at in range(N)]}
    left["http://l/alive"] = [(at, '"true"') for at in range(N)]
    right = {
        "http://r/devise": [
            (at, f'"word{at} thing{at}"@{"en" if at % 2 else "fr"}') for at in range(N)
        ],
        "http://r/actif": [(at, '"true"') for at in range(N)],
    }
    # Values in two languages are compared as far as they are of one; what all have is no evidence.
    names = found(aligned(graph("l", {}, left), graph("r", {}, right)).schema())
    assert "property motto = devise" in names
    assert not [name for name in names if "alive" in name]


def test_classes_of_linked_entities() -> None:
    def typed(name: str, person: str, writer: str, place: str) -> dualamn.KnowledgeGraph:
        kinds = [(at, f"<http://{name}/{person}>") for at in range(40)]
        kinds += [(at, f"<http://{name}/{writer}>") for at in range(15)]
        kinds += [(at, f"<http://{name}/{place}>") for at in range(40, N)]
        return graph(name, {}, {RDF_TYPE: kinds})

    left = typed("l", "Person", "Writer", "Place")
    assert sorted(found(aligned(left, typed("r", "Personne", "Auteur", "Lieu")).schema())) == [
        "class Person = Personne",
        "class Place = Lieu",
        "class Writer = Auteur",
        RING,
    ]
    right = graph("r", {}, {RDF_TYPE: [(at, "<http://r/Personne>") for at in range(40)]})
    names = found(aligned(left, right).schema())
    assert "class Person = Personne" in names
    assert "class Writer < Personne" in names


def test_a_term_that_both_graphs_have_is_itself() -> None:
    left = graph("l", {"http://x/a": shifted(5), "b": shifted(9)})
    right = graph("r", {"http://x/a": shifted(5), "b": shifted(9)})
    assert sorted(found(aligned(left, right).schema())) == ["relation b = b", RING]


def test_several_graphs_and_several_counterparts() -> None:
    graphs = [graph(name, {f"http://{name}/a": shifted(5)}) for name in "lmr"]
    schema = aligned(*graphs).schema()
    assert [(at.left_source, at.right_source) for at in schema if at.left.endswith("/a")] == [
        *(("l", "m"), ("l", "r"), ("m", "r"))
    ]
    linked = Counterparts.of(np.array([[0, 1], [0, 2], [3, 2]]), np.array([0.5, 0.9, 0.8]))
    assert linked.links.tolist() == [[0, 2]]


def test_nothing_is_linked() -> None:
    left = graph("l", {"http://l/a": shifted(5)}, {"http://l/p": [(0, '"1"')]})
    alignment = aligned(left, graph("r", {}, {"http://r/p": [(0, '"1"')]}))
    none = np.empty((0, 2), np.int32)
    pairs = (PairAlignment(0, 1, none, np.empty(0, np.float32), None, None),)
    schema = Alignment(alignment.task, pairs, "unaligned", "mutual").schema()
    assert len(schema) == 0
    assert len(schema.table()) == 0
    assert str(schema) == ""


def test_how_sure_shares_are() -> None:
    # Half of the beta distribution with as much for as against lies above one half.
    assert covers(np.array([1.0]), np.array([1.0]), 0.5) == pytest.approx(0.5)
    chances = covers(np.array([5.0, 50.0, 500.0]), np.array([6.0, 60.0, 600.0]), 0.8)
    assert chances[0] < chances[1] < chances[2]
    none = np.zeros(0, np.int64)
    shares = Shares(none, none, np.zeros(0, np.bool_), np.zeros(0), np.zeros(3), np.zeros(2))
    assert len(Judged.of(shares).entry) == 0


@pytest.fixture(scope="module")
def schema() -> SchemaAlignment:
    """Two equivalent relations, an inverse, a part, a part of an inverse, and a class."""

    def turned(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(tail, head) for head, tail in pairs]

    kinds = [(at, "<http://{}/Thing>") for at in range(N)]

    def typed(name: str) -> dict[str, list[tuple[int, str]]]:
        return {RDF_TYPE: [(at, kind.format(name)) for at, kind in kinds]}

    left = graph(
        "l",
        {
            "http://l/in": shifted(5),
            "http://l/wrote": shifted(9),
            "http://l/city": shifted(13, 30),
            "http://l/village": shifted(13)[30:],
            "http://l/capital": shifted(17, 30),
            "http://l/town": shifted(17)[30:],
        },
        typed("l"),
    )
    right = graph(
        "r",
        {
            "http://r/dans": shifted(5),
            "http://r/auteur": turned(shifted(9)),
            "http://r/lieu": shifted(13),
            "http://r/pays": turned(shifted(17)),
        },
        typed("r"),
    )
    return aligned(left, right).schema()


def test_tables_have_all_of_it(schema: SchemaAlignment, tmp_path: Path) -> None:
    assert sorted(found(schema)) == [
        "class Thing = Thing",
        "relation capital < ^pays",
        "relation city < lieu",
        "relation in = dans",
        RING,
        "relation town < ^pays",
        "relation village < lieu",
        "relation wrote = ^auteur",
    ]
    for ending in ("tsv", "csv", "jsonl", "parquet"):
        schema.write(tmp_path / f"schema.{ending}")
    header, *rows = (tmp_path / "schema.tsv").read_text().splitlines()
    assert header.split("\t") == list(schema.table().columns)
    assert len(rows) == len(schema) == len(schema.to_pandas())
    assert rows[0].split("\t")[:7] == [
        *("relation", "l", "http://l/in", "r", "http://r/dans", "false", "equivalent")
    ]


def test_ntriples_say_what_owl_can(schema: SchemaAlignment, tmp_path: Path) -> None:
    schema.write(tmp_path / "schema.nt")
    owl, rdfs = "http://www.w3.org/2002/07/owl#", "http://www.w3.org/2000/01/rdf-schema#"
    assert sorted((tmp_path / "schema.nt").read_text().splitlines()) == [
        f"<http://l/Thing> <{owl}equivalentClass> <http://r/Thing> .",
        f"<http://l/city> <{rdfs}subPropertyOf> <http://r/lieu> .",
        f"<http://l/in> <{owl}equivalentProperty> <http://r/dans> .",
        f"<http://l/next> <{owl}equivalentProperty> <http://r/next> .",
        f"<http://l/village> <{rdfs}subPropertyOf> <http://r/lieu> .",
        f"<http://l/wrote> <{owl}inverseOf> <http://r/auteur> .",
    ]


def test_turtle_and_sssom_have_confidence_and_are_links(
    schema: SchemaAlignment, tmp_path: Path
) -> None:
    for ending in ("ttl", "sssom.tsv"):
        path = tmp_path / f"schema.{ending}"
        schema.write(path)
        links = read_links(path)  # those that say that two are the same
        assert sorted(zip(links.left, links.right, strict=True)) == [
            *(("http://l/Thing", "http://r/Thing"), ("http://l/in", "http://r/dans")),
            ("http://l/next", "http://r/next"),
        ]
    text = (tmp_path / "schema.sssom.tsv").read_text()
    assert "\trdfs:subPropertyOf\t" in text
    assert "semapv:InstanceBasedMatching" in text
    assert "support=30.000000|left_share=1.000000" in text
    assert 'rdfs: "http://www.w3.org/2000/01/rdf-schema#"' in text


def test_the_wider_term_is_the_object(tmp_path: Path) -> None:
    left = graph("l", {"http://l/place": shifted(9)})
    right = graph("r", {"http://r/ville": shifted(9, 30), "http://r/vue": shifted(9)[30:]})
    aligned(left, right).schema().write(tmp_path / "schema.nt")
    text = (tmp_path / "schema.nt").read_text()
    assert (
        "<http://r/ville> <http://www.w3.org/2000/01/rdf-schema#subPropertyOf> <http://l/place>"
        in text
    )


def test_names_get_iris_under_a_base(tmp_path: Path) -> None:
    right = graph("r", {"http://r/a": shifted(5), "b": shifted(9), "c d": shifted(13)})
    left = graph("l", {"http://l/a": shifted(5), "b": shifted(9), "c": shifted(13)})
    schema = aligned(left, right).schema()
    with pytest.raises(DataError, match="give a base IRI"):
        schema.write(tmp_path / "schema.nt")
    schema.write(tmp_path / "schema.nt", base="https://e.org/")
    text = (tmp_path / "schema.nt").read_text()
    assert (
        "<https://e.org/c> <http://www.w3.org/2002/07/owl#equivalentProperty> <https://e.org/c%20d>"
        in text
    )
    assert "<https://e.org/b>" not in text  # the same IRI on both sides
    with pytest.raises(ConfigError, match="a base goes with RDF"):
        schema.write(tmp_path / "schema.tsv", base="https://e.org/")
    with pytest.raises(ConfigError, match="has no word for properties"):
        schema.write(tmp_path / "schema.rdf")


def test_a_schema_joins_properties_of_fused_graphs(schema: SchemaAlignment, tmp_path: Path) -> None:
    schema.write(tmp_path / "schema.sssom.tsv")
    (tmp_path / "l.nt").write_text("<http://l/1> <http://l/in> <http://l/2> .\n")
    (tmp_path / "r.nt").write_text("<http://r/1> <http://r/dans> <http://r/2> .\n")
    (tmp_path / "links.tsv").write_text("http://l/1\thttp://r/1\nhttp://l/2\thttp://r/2\n")
    fusion = dualamn.fuse(
        [tmp_path / "l.nt", tmp_path / "r.nt"],
        [tmp_path / "links.tsv", tmp_path / "schema.sssom.tsv"],
        tmp_path / "one.nt",
    )
    assert fusion.n_statements == 1
