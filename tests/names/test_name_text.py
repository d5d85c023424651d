"""From names to words and pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.attributes.name_text import joints_of, normalised, pieces_of, plain, words_of


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
    assert set(joints_of(["bai", "jia", "jun"])) <= {
        "baij",
        "aiji",
        "ijia",
        "jiaj",
        "iaju",
        "ajun",
    }
    assert joints_of(["paris"]) == []


@given(st.text())
def test_words_survive_a_second_reading(name: str) -> None:
    words = words_of(name)
    assert all(words)
    assert words_of(" ".join(words)) == [part for word in words for part in words_of(word)]
    assert normalised(name) == normalised(name)
