"""From values to what they are compared by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.attributes.value_keys import Keys, keys_of, month_is_first

XSD = "http://www.w3.org/2001/XMLSchema#"


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
    [
        ("12,345", "12345.0"),
        ("1e3", "1000"),
        ("978-0-306-40615-7", "9780306406157"),
        (".5", "0.5"),
        ("1.234.567", "1234567"),
        ("1 234 567", "1234567"),
        ("1\u202f234,5", "1234.5"),
        ("1.234.567,8", "1234567.8"),
        ("12,5", "12.5"),
        ("1.5 km", "1500 m"),
        ("1,500m", "1.5 km"),
        ("250 g", "0.25 kg"),
        ("$2,299.00", "2299"),
        ("1299 €", "EUR 1299"),
        ("+49 (30) 123-4567", "49301234567"),
        ("310/246-1501", "310-246-1501"),
        ("212.555.0199", "212-555-0199"),
    ],
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


@pytest.mark.parametrize(
    "text",
    [
        "1998-03-05",
        "19980305",
        "05.03.1998",
        "5/3/1998",
        "1998/03/05",
        "5 March 1998",
        "March 5, 1998",
        "Thursday, 5 Mar. 1998",
        "5th of March 1998",
        "5. März 1998",
        "5 mars 1998",
        "5 de marzo de 1998",
    ],
)
def test_one_day_written_in_many_ways(text: str) -> None:
    assert keys_of(text, "") == Keys("d1998-3-5", ("y1998",))


def test_words_and_numbers_that_look_like_dates_are_none() -> None:
    for text in ("Model 1998", "5 apples 1998", "march on 1998"):
        keys = keys_of(text, "")
        assert keys is not None
        assert keys.exact.startswith("t")
    for text, kind in (("19980305", f"{XSD}integer"), ("19981405", "")):
        keys = keys_of(text, kind)
        assert keys is not None
        assert keys.exact == f"n{text}"


def test_which_comes_first_of_day_and_month_is_seen_from_other_dates() -> None:
    assert keys_of("5/3/1998", "", month_first=True) == Keys("d1998-5-3", ("y1998",))
    assert keys_of("25/3/1998", "", month_first=True) == Keys("d1998-3-25", ("y1998",))
    assert keys_of("5.3.1998", "", month_first=True) == Keys("d1998-3-5", ("y1998",))
    assert month_is_first("3/25/1998") is True
    assert month_is_first("25/3/1998") is False
    assert month_is_first("5/3/1998") is None
    assert month_is_first("25.3.1998") is None


def test_points_are_compared_by_where_they_are() -> None:
    first, second, far = (
        keys_of(text, "")
        for text in ("POINT(2.3522 48.8566)", "48.8571, 2.3520", "Point(2.40 48.95)")
    )
    assert first is not None
    assert second is not None
    assert far is not None
    assert first.exact != second.exact
    assert set(first.near) & set(second.near)
    assert not set(first.near) & set(far.near)
    assert (
        keys_of("<http://www.opengis.net/def/crs/EPSG/0/4326> POINT (2.3522 48.8566)", "") == first
    )


@pytest.mark.parametrize("text", ["5955 Melrose", "12 rabbits", "10/100", "3-4"])
def test_other_texts_stay_texts(text: str) -> None:
    keys = keys_of(text, "")
    assert keys is not None
    assert keys.exact.startswith("t")
