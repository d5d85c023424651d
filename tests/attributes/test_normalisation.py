"""From names to words and pieces, and from values to what they are compared by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.attributes.normalisation import (
    Keys,
    joints_of,
    keys_of,
    normalised,
    pieces_of,
    plain,
    words_of,
)

XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("National_Front_(France)", ["national", "front", "france"]),
        ("Abdullah Gül", ["abdullah", "gül"]),
        ("\uff26\uff55ll\u3000width", ["full", "width"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("M·A·Z·E", ["m", "a", "z", "e"]),
        ("阿卜杜拉·居尔", ["阿卜杜拉", "居尔"]),
        ("", []),
        ("()", []),
    ],
)
def test_words(name: str, words: list[str]) -> None:
    assert words_of(name) == words


def test_plain_words_lack_accents_and_stay_composed() -> None:
    assert plain("gül") == "gul"
    assert plain("vĩnh") == "vinh"
    assert plain("한국") == "한국"  # Hangul syllables come apart and together again
    assert plain("paris") == "paris"


def test_pieces_mark_the_ends_and_suit_the_script() -> None:
    assert pieces_of("ab") == ["<a", "ab", "b>", "<ab", "ab>", "<ab>"]
    assert pieces_of("居尔") == ["居", "尔", "<居", "居尔", "尔>", "<居尔", "居尔>"]


def test_joints_reach_over_the_ends_of_words() -> None:
    assert set(joints_of(["bai", "jia", "jun"])) <= {"baij", "aiji", "ijia", "jiaj", "iaju", "ajun"}
    assert joints_of(["paris"]) == []


@given(st.text())
def test_words_survive_a_second_reading(name: str) -> None:
    words = words_of(name)
    assert all(words)
    assert words_of(" ".join(words)) == [part for word in words for part in words_of(word)]
    assert normalised(name) == normalised(name)


@pytest.mark.parametrize(
    ("value", "kind", "keys"),
    [
        ("1998-03-05", f"{XSD}date", Keys("d1998-3-5", ("y1998",))),
        ("+1998-03-05T00:00:00Z", "", Keys("d1998-3-5", ("y1998",))),
        ("-0044-03-15", f"{XSD}date", Keys("d-44-3-15", ("y-44",))),
        ("1998-03", "", Keys("d1998-3", ("y1998",))),
        ("1998-00-00", "", Keys("n1998", ("y1998",))),
        ("1998", f"{XSD}gYear", Keys("n1998", ("y1998",))),
        ("0079", f"{XSD}gYear", Keys("n79", ("y79",))),
        ("1998.0", f"{XSD}double", Keys("n1998", ("y1998",))),
        ("Gül,  ABDULLAH", "@tr", Keys("tgül abdullah", ())),
        ("1998", "@en", Keys("t1998", ())),
        ("0", "", Keys("n0", ())),
        ("978-0-306-40615-X", "", Keys("t978030640615x", ())),
        ("1998-13-05", "", Keys("n19981305", keys_of("19981305", "").near)),  # type: ignore[union-attr]
        ("http://dbpedia.org/ontology/City", "", Keys("thttp dbpedia org ontology city", ())),
    ],
)
def test_keys(value: str, kind: str, keys: Keys) -> None:
    assert keys_of(value, kind) == keys


@pytest.mark.parametrize("value", ["", "  ", "--", "x" * 101, "word " * 40])
def test_what_is_compared_with_nothing(value: str) -> None:
    assert keys_of(value, "") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("12,345", "12345.0"), ("1e3", "1000"), ("978-0-306-40615-7", "9780306406157"), (".5", "0.5")],
)
def test_one_number_written_in_two_ways(one: str, other: str) -> None:
    assert keys_of(one, f"{XSD}integer") == keys_of(other, "http://dbpedia.org/datatype/metre")


def shared(one: float, other: float) -> int:
    first, second = keys_of(repr(one), ""), keys_of(repr(other), "")
    assert first is not None
    assert second is not None
    return len(set(first.near) & set(second.near))


@given(st.floats(1e-9, 999) | st.floats(2200, 1e12), st.floats(0.01, 0.02))
def test_numbers_are_near_by_their_ratio(number: float, part: float) -> None:
    assert shared(number, number) == 2
    assert shared(number, number * (1 + part)) >= 1
    assert shared(number, number * 1.06) == shared(number, -number) == 0


@given(st.text(), st.sampled_from(["", "@en", f"{XSD}gYear", f"{XSD}date", f"{XSD}integer"]))
def test_any_text_can_be_read(value: str, kind: str) -> None:
    keys = keys_of(value, kind)
    assert keys is None or keys.exact
