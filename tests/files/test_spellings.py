"""Two spellings of one identifier, and identifiers that look alike and differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.files.spellings import Spellings, differences, first_difference, normal_form

PAIRS = {
    ("http://e.org/a", "https://e.org/a"): ["http for https"],
    ("http://e.org/a", "http://e.org/a/"): ["a slash or hash at the end"],
    ("http://E.org/a", "http://e.org:80/a"): ["the case of the host"],
    ("http://e.org/é", "http://e.org/%C3%A9"): ["percent escapes"],
    ("http://e.org/New York", "http://e.org/New%20York"): ["percent escapes"],
    ("http://e.org/\u00e9", "http://e.org/e\u0301"): ["the form of Unicode (NFC)"],
    ("http://e.org/a", "<http://e.org/a> "): ["blanks or angle brackets around"],
    ("http://e.org/Person0", "http://e.org/person0"): ["capital letters"],
    ("http://e.org/%C3%A9", "https://e.org/e\u0301/"): [
        "http for https",
        "percent escapes",
        "a slash or hash at the end",
        "the form of Unicode (NFC)",
    ],
    ("Zu\u0308rich", " Z\u00fcrich"): [
        "blanks or angle brackets around",
        "the form of Unicode (NFC)",
    ],
}


@pytest.mark.parametrize("pair", PAIRS)
def test_spellings_of_one_identifier(pair: tuple[str, str]) -> None:
    one, other = pair
    assert sorted(differences(one, other)) == sorted(PAIRS[pair])
    assert differences(other, one) == differences(one, other)
    assert Spellings([one, "http://e.org/b"]).find(other) == one
    fold_case = "capital letters" in PAIRS[pair]
    assert (normal_form(one) == normal_form(other)) != fold_case
    assert (Spellings([one]).find(other, fold_case=False) is None) == fold_case


@pytest.mark.parametrize(
    ("one", "other"), [("Bern", "bern"), ("a%20b", "a b"), ("Bern/", "Bern"), ("a", "b")]
)
def test_other_identifiers_stay_apart(one: str, other: str) -> None:
    assert differences(one, other) == []
    assert Spellings([one]).find(other) is None


def test_what_fits_several_is_none_of_them() -> None:
    known = Spellings(["http://e.org/a", "https://e.org/a", "https://e.org/B"])
    assert known.find("http://e.org/a/") is None
    assert known.find("http://e.org/b") == "https://e.org/B"


@given(st.text(st.sampled_from("aéE\u0301%2F/:#<> hp"), max_size=12))
def test_a_form_is_its_own(text: str) -> None:
    form = normal_form(f"http://e.org/{text}x")
    assert normal_form(f"https://e.org/{text}x") == form


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("B\u0435rn", "Bern", "they differ at character 2, '\u0435' (U+0435) and 'e' (U+0065)"),
        (
            "New\u00a0York",
            "New York",
            "they differ at character 4, '\\xa0' (U+00A0) and ' ' (U+0020)",
        ),
        ("Bern", "Bern\u200b", "they differ at character 5, nothing and '\\u200b' (U+200B)"),
        ("Bern", "Born", ""),
        ("Bern", "Berne", ""),
    ],
)
def test_differences_that_are_hard_to_see_are_told(one: str, other: str, told: str) -> None:
    assert first_difference(one, other) == told
