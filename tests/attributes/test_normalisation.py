"""From names to words and pieces."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.attributes.normalisation import (
    codes_of,
    in_latin,
    joints_of,
    normalised,
    pieces_of,
    plain,
    words_of,
)


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


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("मीरा", ["मीरा"]),
        ("নাটোর জেলা", ["নাটোর", "জেলা"]),
        ("กรุงเทพ", [unicodedata.normalize("NFKC", "กรุงเทพ")]),
        ("שָׁלוֹם", [unicodedata.normalize("NFKC", "שָׁלוֹם")]),
        ("\u0645\u06cc\u200c\u0631\u0648\u0645", ["\u0645\u06cc\u0631\u0648\u0645"]),
        ("Donau\u00addampf", ["donaudampf"]),
    ],
)
def test_marks_and_joiners_are_inside_words(name: str, words: list[str]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("मीरा", "मेरा", False),
        ("คน", "คุน", False),
        ("מֶלֶךְ", "מלך", True),
        ("مُحَمَّد", "محمد", True),
        ("علي", "علی", True),
        ("İstanbul", "istanbul", True),
        ("Diyarbak\u0131r", "Diyarbakir", True),
        ("Łódź", "Lodz", True),
        ("Østergård", "Ostergard", True),
        ("ばば", "はは", False),
    ],
)
def test_accents_and_points_are_no_difference_and_vowels_are(
    one: str, other: str, same: bool
) -> None:
    plains = [[plain(word) for word in words_of(name)] for name in (one, other)]
    assert (plains[0] == plains[1]) is same


def test_other_scripts_are_read_in_latin_letters() -> None:
    assert in_latin("Москва") == "Moskva"
    assert words_of(in_latin("北京")) == ["beijing"]
    assert in_latin("Ελλάδα 2") == "Ellada 2"
    assert in_latin("Gül, 3") == in_latin("") == ""


def test_codes_are_one_word_whatever_separates_their_parts() -> None:
    assert codes_of("Sony KDL-40V4100 TV") == ["kdl40v4100"]
    assert codes_of("AC/DC 40-50 well-known 2008-03-05") == []


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
