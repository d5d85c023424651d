"""Which names entities have: known properties, several of them, and those found by their values."""

from typing import Any

import pytest

from dualamn.data_loaders.found_names import looks_like_a_name
from dualamn.data_loaders.naming import sounds_like_a_name, split_words
from tests.data_loaders.turtle import WORDS, all_names, read, values_of


def test_every_label_in_every_language_is_a_name() -> None:
    kg, notes = read(
        ':a rdfs:label "Vienna"@en , "Wien"@de ; skos:altLabel "Vindobona" ; schema:name "Wien" ;'
        ' obo:hasExactSynonym "Beč" ; foaf:nick "V" ; :population "2000000" ; :r :b .'
        ' :b skos:altLabel "only this" .'
    )
    assert all_names(kg) == {
        "a": ["Vienna", "Beč", "V", "Vindobona", "Wien"],
        "b": ["only this"],
    }
    assert values_of(kg) == {("a", "http://e.org/population", "2000000")}
    assert notes[0].startswith("g: 2 entities named by label (1, en de), name (1), altLabel (2)")


def test_a_property_of_the_user_comes_first_and_takes_none_away() -> None:
    kg, _ = read(':a rdfs:label "label" ; :code "mine" ; :r :b .', labels=["http://e.org/code"])
    assert all_names(kg) == {"a": ["mine", "label"]}


def records(*columns: tuple[str, Any]) -> str:
    """Twelve works, with a value of each property."""
    return "\n".join(
        f":w{at} a :Work ; " + " ; ".join(f'{name} "{value(at)}"' for name, value in columns) + " ."
        for at in range(12)
    )


COLUMNS: dict[str, tuple[str, Any]] = {
    "designated": (":p17", lambda at: f"The {WORDS[at]} sonata"),
    "genre": (":p18", lambda at: ["opera", "sonata"][at % 2]),
    "year": (":p19", lambda at: f"{1900 + at}"),
    "code": (":p20", lambda at: f"{WORDS[at]}{at}"),
    "page": (":p21", lambda at: f"http://e.org/{WORDS[at]}"),
    "about": (":p22", lambda at: f"{WORDS[at]} " + "is a work of which much is said here " * 4),
    "titled": (":P102_has_title", lambda at: f"{WORDS[at]} title"),
}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["designated", "genre", "year", "code", "page", "about"], "The Alder sonata"),
        (["designated", "titled", "genre"], "Alder title"),
        (["genre", "year", "code", "page", "about"], None),
    ],
)
def test_names_are_found_by_their_values(given: list[str], named: str | None) -> None:
    kg, notes = read(records(*(COLUMNS[name] for name in given)))
    assert all_names(kg).get("w0") == (None if named is None else [named])
    assert any("found by its values in Work" in note for note in notes) == (named is not None)
    assert len({attribute for _, attribute, _ in values_of(kg)}) == len(given) - (named is not None)


def test_what_names_one_class_need_not_name_another() -> None:
    kg, _ = read(
        "\n".join(
            f':r{at} a :Restaurant ; :name "{word} Inn" ; :in :c{at} .\n'
            f':c{at} a :City ; :name "{["Rome", "Pisa"][at % 2]}" .'
            for at, word in enumerate(WORDS)
        )
    )
    assert set(all_names(kg)) == {f"r{at}" for at in range(12)}
    assert ("c0", "http://e.org/name", "Rome") in values_of(kg)


def test_names_are_found_without_classes_and_beside_some_labels() -> None:
    text = "\n".join(f':x{at} :called "Mount {word}" ; :n {at} .' for at, word in enumerate(WORDS))
    kg, _ = read(text)
    assert all_names(kg)["x0"] == ["Mount Alder"]
    kg, _ = read(
        "\n".join(f':x{at} a :X ; :called "Mount {word}" .' for at, word in enumerate(WORDS))
        + ' :x0 rdfs:label "labelled" .'
    )
    assert all_names(kg)["x0"] == ["labelled", "Mount Alder"]
    assert all_names(kg)["x1"] == ["Mount Birch"]


def test_small_and_mixed_classes_are_named_together() -> None:
    kg, _ = read(
        "\n".join(
            f':x{at} a :C{at // 2} ; :title "Mount {word}" .' for at, word in enumerate(WORDS)
        )
    )
    assert all_names(kg)["x0"] == ["Mount Alder"]
    kg, _ = read(
        "\n".join(
            f":x{at} a :Thing ; :n {at} . :y{at} a :Thing ; :n {at} . :z{at} a :Thing ; :n {at} ; "
            f':full_name "Mx {word}" .'
            for at, word in enumerate(WORDS)
        )
    )
    assert all_names(kg)["z0"] == ["Mx Alder"]


def test_a_given_and_a_family_name_are_one_name() -> None:
    kg, notes = read(
        "\n".join(
            f':p{at} a :P ; :given_name "{word}" ; :surname "Smith" .'
            for at, word in enumerate(WORDS)
        )
        + ' :q foaf:familyName "Jones" ; foaf:givenName "Ann" ; foaf:name "Ann B. Jones" .'
        + ' :one foaf:familyName "Alone" .'
    )
    names = all_names(kg)
    assert names["p0"] == ["Alder Smith"]
    assert names["q"] == ["Ann B. Jones"]
    assert "one" not in names
    assert ("p0", "http://e.org/surname", "Smith") in values_of(kg)
    assert "given_name + surname (12)" in notes[0]


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("Hagia Sophia", True),
        ("東京都", True),
        ("Symphony No. 9", True),
        ("J. S. Bach", True),
        ("1.234", False),
        ("1998-03-05", False),
        ("12/05/1998 10:00", False),
        ("MA_0000003", False),
        ("http://e.org/x", False),
        ("a@b.org", False),
        ("x", False),
        ("word " * 16, False),
        ("long" * 30, False),
    ],
)
def test_what_looks_like_a_name(text: str, is_name: bool) -> None:
    assert looks_like_a_name(text) == is_name


def test_what_sounds_like_a_name() -> None:
    names = ("http://e.org/hasTitle", "x#P102_has_title", "restaurantName", "a|prefLabel")
    assert all(map(sounds_like_a_name, names))
    others = ("surname", "hasFirstName", "http://e.org/name/date", "hasDefaultNamespace")
    assert not any(map(sounds_like_a_name, others))
    assert split_words("ElectricCurrent") == "Electric Current"
    assert split_words("HTTPServer") == "HTTP Server"
