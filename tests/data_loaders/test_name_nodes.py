"""Nodes that stand for a name of another one, and pages about it."""

from tests.data_loaders.turtle import WORDS, all_names, linkable, read, values_of


def concepts(text: str) -> str:
    """Twelve concepts in a scheme, with some statements each, where % is its word."""
    return "\n".join(
        f":c{at} a skos:Concept ; skos:broader :c{at // 2} ; skos:inScheme :s . "
        + text.replace("%", word).replace("#", str(at))
        for at, word in enumerate(WORDS)
    )


def test_labels_of_skos_xl_are_names_and_no_entities() -> None:
    kg, notes = read(
        concepts(
            ':c# xl:prefLabel :l# ; xl:altLabel :m# . :l# xl:literalForm "%"@en ; :made 2010 . '
            ':m# xl:literalForm "% tree"@en .'
        )
    )
    assert all_names(kg)["c0"] == ["Alder", "Alder tree"]
    assert linkable(kg) == {"s", *(f"c{at}" for at in range(12))}
    assert kg.n_triples == 24
    path = "http://www.w3.org/2008/05/skos-xl#prefLabel|http://e.org/made"
    assert ("c0", path, "2010") in values_of(kg)
    assert "24 nodes that only name or describe a neighbour" in notes[0]


def test_a_label_of_two_concepts_names_both_and_gets_no_links() -> None:
    kg, _ = read(
        concepts(':c# xl:prefLabel :l# ; xl:altLabel :l0 . :l# a xl:Label ; xl:literalForm "%" .')
    )
    assert all_names(kg)["c3"] == ["Elm", "Alder"]
    assert linkable(kg) == {"s", *(f"c{at}" for at in range(12))}


def test_a_name_without_a_known_property_one_or_two_steps_away() -> None:
    kg, _ = read(concepts(':c# :p1 :d# . :d# :p2 "Mount %" .').replace("a skos:Concept ;", ""))
    assert all_names(kg)["c0"] == ["Mount Alder"]
    assert "d0" not in linkable(kg)
    kg, _ = read(concepts(':c# :p1 [ :p2 [ rdfs:label "Mount %" ] ] .'))
    assert all_names(kg)["c0"] == ["Mount Alder"]
    assert not any(entity.startswith("_:") for entity in kg.entities)


def test_things_that_an_entity_has_stay_entities() -> None:
    # Named by themselves, their subjects too: a city of its own for each, or several of one.
    kg, _ = read(concepts(':c# rdfs:label "%" ; :in :d# . :d# rdfs:label "% City" .'))
    assert all_names(kg)["d0"] == ["Alder City"]
    assert "d0" in linkable(kg)
    kg, _ = read(concepts(':c# :wrote :d# , :e# . :d# rdfs:label "On %s" . :e# rdfs:label "%" .'))
    assert "c0" not in all_names(kg)
    assert {"d0", "e0"} <= linkable(kg)


def test_things_of_a_class_stay_entities_even_if_they_alone_have_a_name() -> None:
    kg, _ = read(concepts(':c# :p1 :d# . :d# a :Customer ; rdfs:label "Mx %" .'))
    assert "c0" not in all_names(kg)
    assert "d0" in linkable(kg)
    kg, _ = read(concepts(':c# :p1 :d# . :d# a :Appellation ; rdfs:label "Mx %" .'))
    assert all_names(kg)["c0"] == ["Mx Alder"]


def test_appellations_and_titles_of_a_museum_are_names() -> None:
    kg, _ = read(
        concepts(
            ':c# rdfs:label "object #" ; :P1_is_identified_by :a# , :i# ; :P102_has_title :t# . '
            ':a# a :E41_Appellation ; :P190_has_symbolic_content "% chair" . '
            ':t# a :E35_Title ; :P190_has_symbolic_content "The %" . '
            ':i# a :E42_Identifier ; :P190_has_symbolic_content "INV #" .'
        )
    )
    assert all_names(kg)["c0"] == ["object 0", "Alder chair", "The Alder"]
    assert not {"a0", "t0"} & linkable(kg)
    assert "i0" in linkable(kg)


def test_nodes_that_repeat_the_name_of_their_subject_fold_into_it() -> None:
    kg, _ = read(concepts(':c# rdfs:label "%" ; :has :d# . :d# rdfs:label "%" , "% tree" .'))
    assert all_names(kg)["c0"] == ["Alder", "Alder tree"]
    assert "d0" not in linkable(kg)


def test_pages_about_an_entity_fold_into_it() -> None:
    kg, _ = read(
        concepts(
            ':c# rdfs:label "%" . <http://w.org/%> a schema:Article ; schema:about :c# ; '
            'schema:name "%" ; schema:isPartOf <http://w.org/> ; schema:inLanguage "en" . '
            '<http://v.org/%> schema:about :c# ; schema:name "% (tree)" .'
        )
    )
    assert all_names(kg)["c0"] == ["Alder", "Alder (tree)"]
    assert linkable(kg) == {"s", *(f"c{at}" for at in range(12))}


def test_annotations_that_do_not_name_are_values() -> None:
    kg, _ = read(
        ":def a owl:AnnotationProperty . "
        + concepts(':c# rdfs:label "%" ; :def :d# . :d# rdfs:label "what % means" .')
    )
    assert all_names(kg)["c0"] == ["Alder"]
    path = "http://e.org/def|http://www.w3.org/2000/01/rdf-schema#label"
    assert ("c0", path, "what Alder means") in values_of(kg)


def test_blank_nodes_of_one_neighbour_hold_values_of_it() -> None:
    kg, notes = read(
        ':a rdfs:label "A" ; :by [ a :Act ; :who [ a :Person ; rdfs:label "Anna" ] ; :year 1928 ]'
        " ; :in _:shared . :b :in _:shared . _:shared :n 1 ."
    )
    assert all_names(kg) == {"a": ["A"]}
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    assert values_of(kg) == {
        ("a", f"http://e.org/by|http://e.org/who|{label}", "Anna"),
        ("a", "http://e.org/by|http://e.org/year", "1928"),
        ("_:b2", "http://e.org/n", "1"),
    }
    assert notes[0].startswith("g: 2 nodes that only name or describe a neighbour")


def test_a_path_of_the_user_names() -> None:
    text = concepts(':c# :kind :d# . :d# :says "%" ; :of :c0 . :n# :names :c# ; :says "of %" .')
    kg, _ = read(text, labels=["http://e.org/kind|http://e.org/says"])
    assert all_names(kg)["c3"] == ["Elm"]
    kg, _ = read(text, labels=["^http://e.org/names|http://e.org/says"])
    assert all_names(kg)["c3"][0] == "of Elm"
