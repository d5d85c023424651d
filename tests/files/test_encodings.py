"""Text in any encoding that a mark, a declaration or the user names."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.errors import ConfigError, DataError
from dualamn.files.encodings import checked_encoding
from dualamn.files.opening import opened
from dualamn.files.rdf import Reading, statements
from dualamn.files.text import read_text


def xml(declared: str, text: str) -> str:
    return (
        f'<?xml version="1.0" encoding="{declared}" standalone="yes"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://v/">\n'
        f'<rdf:Description rdf:about="http://a"><p>{text}</p></rdf:Description></rdf:RDF>'
    )


def values(path: Path, encoding: str | None = None) -> list[str]:
    return [quad.object.value for quad in statements(path, encoding=encoding)]


@pytest.mark.parametrize(
    ("declared", "encoding", "text"),
    [
        ("windows-1252", "windows-1252", "Café — “Zoë”"),
        ("ISO-8859-2", "iso-8859-2", "Łódź"),
        ("shift_jis", "shift_jis", "東京"),
        ("UTF-16", "utf-16", "東京 é"),
        ("utf-16", "utf-16-le", "without a mark"),
        ("UTF-16", "utf-16-be", "without a mark"),
        ("utf-32", "utf-32", "東京"),
        ("utf8", "utf-8", "東京"),
        ("windows-1252", "utf-8-sig", "the mark is right: 東京"),
        ("us-ascii", "utf-8", "more than it says: 東京"),
        ("utf-16", "utf-8", "as it can be read, this is no UTF-16: é"),
    ],
)
@pytest.mark.parametrize("ending", [".rdf", ".rdf.gz"])
def test_xml_is_read_as_it_says(
    tmp_path: Path, declared: str, encoding: str, text: str, ending: str
) -> None:
    data = xml(declared, text).encode(encoding)
    path = tmp_path / f"g{ending}"
    path.write_bytes(gzip.compress(data) if ending.endswith(".gz") else data)
    assert values(path) == [text]


def test_xml_that_says_something_wrong(tmp_path: Path) -> None:
    path = tmp_path / "g.rdf"
    path.write_bytes(xml("no-such", "café").encode("latin-1"))
    with pytest.raises(DataError, match=r"line 1: its declaration names .* 'no-such'"):
        values(path)
    assert values(path, "latin-1") == ["café"]
    path.write_bytes(xml("utf-8", "café").encode("latin-1"))
    with pytest.raises(DataError, match=r"line 3: this is not UTF-8.*--encoding"):
        values(path)
    assert values(path, "latin-1") == ["café"]
    path.write_bytes(xml("windows-1252", "\x81").encode("latin-1"))
    with pytest.raises(DataError, match="line 3: byte 0x81 does not fit the encoding cp1252"):
        values(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_tells_the_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes("Zürich\tin\t東京\n".encode(encoding))
    assert read_text(path) == "Zürich\tin\t東京\n"
    assert read_text(path, encoding="latin-1") == "Zürich\tin\t東京\n"


def test_a_given_encoding_is_that_of_what_is_not_utf8(tmp_path: Path) -> None:
    old, new = tmp_path / "old.nt", tmp_path / "new.nt"
    line = '<http://a> <http://r> "Zürich" .\n'
    old.write_bytes(line.encode("latin-1"))
    new.write_bytes(line.encode())
    assert [values(path, "latin-1") for path in (old, new)] == [["Zürich"]] * 2
    with pytest.raises(DataError, match=r"line 1: this is not UTF-8.*--encoding"):
        values(old)
    with pytest.raises(DataError, match=r"byte 0xfc at byte 25 of the line.*--encoding"):
        read_text(old)


@given(
    text=st.text("aé東\n", max_size=40).map(lambda text: text * 7000),
    encoding=st.sampled_from(["utf-8", "utf-16-le", "shift_jis", "gb18030"]),
)
def test_blocks_end_anywhere(
    text: str, encoding: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = text.replace("é", "e") if encoding == "shift_jis" else text
    path = tmp_path_factory.mktemp("t") / "t.txt"
    path.write_bytes(text.encode(encoding))
    with opened(path, checked_encoding(encoding)) as stream:
        assert stream.read().decode() == text


@pytest.mark.parametrize("name", ["latin9000", "base64", "", "undefined"])
def test_encodings_that_are_none(name: str) -> None:
    with pytest.raises(ConfigError, match=r"there is no encoding .*windows-1252"):
        Reading.of(encoding=name)
