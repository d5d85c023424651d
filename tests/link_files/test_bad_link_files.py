"""Files of links that cannot be read are told with their line, whatever their format."""

from pathlib import Path

import pytest

from dualamn.errors import DataError
from dualamn.link_files.formats import read_links

SAME = "http://www.w3.org/2002/07/owl#sameAs"
HEAD = "#curie_map:\n#  e: http://example.org/\n"
COLUMNS = "subject_id\tpredicate_id\tobject_id\n"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("l.tsv", b"", "the file is empty; expected lines of left, right"),
        ("l.tsv", b"\n \r\n", "the file is empty; expected lines of left, right"),
        ("l.tsv", b"a\tb\nc\n", "line 2: expected 2 fields separated by tabs"),
        ("l.tsv", b"a b\n", "line 1: expected 2 fields separated by tabs"),
        ("l.tsv", b"a\tb\tc\td\n", "line 1: found 4 fields; give two, left and right"),
        ("l.tsv", b"a\tb\n\tc\n", "line 2: field 1 of .* is empty; name it"),
        ("l.tsv", b"a\tb\nc\t\n", "line 2: field 2 of .* is empty; name it"),
        ("l.tsv", b"a\tb\t0.5\n\nc\td\thigh\n", "line 3: has the score 'high', not a number"),
        ("l.tsv", b"a\tb\tnan\n", "line 1: has the score 'nan', not a number"),
        (
            "l.tsv",
            b"left\tright\tprobability\na\tb\t1.5\n",
            "line 2: has the probability '1.5', not a",
        ),
        (
            "l.tsv",
            b"left\tright\tprobability\na\tb\tnan\n",
            "line 2: has the probability 'nan', not a",
        ),
        (
            "l.tsv",
            b"left_source\tleft\tright_source\tright\tscore\nl\ta\tr\n",
            "line 2: the line has 3 fields, but the lines before have 5",
        ),
        (
            "l.tsv",
            b"left_source\tleft\tright\nl\ta\tb\n",
            "line 1: the header is .* name the graph of both sides",
        ),
        ("l.tsv", b"a\tb\nc\t\xe9\n", "line 2: byte 0xe9 at byte 3 of the line is not UTF-8"),
        ("l.csv", 'a,"b\n', "line 1: this is not valid CSV"),
        ("l.csv", "", "the file is empty"),
        ("l.csv", "a,b\nc\n", "line 2: expected 2 fields separated by commas"),
        (
            "l.csv",
            '"a\nb",c\nd,e,f\n',
            "line 3: the line has 3 fields, but the lines before have 2",
        ),
        ("l.csv", "left,right,score\na,b,high\n", "line 2: has the score 'high', not a number"),
        ("l.jsonl", "{\n", "line 1: is not JSON"),
        ("l.jsonl", "\n[1]\n", r"line 2: is \[1\], not an object"),
        ("l.jsonl", '{"left":"a"}\n', 'line 1: has no "right"'),
        ("l.jsonl", '{"left":"a","right":7}\n', 'line 1: has 7 as "right", not a string'),
        (
            "l.jsonl",
            '{"left":"a","right":"b","left_source":"x"}\n',
            "line 1: has left_source but not that of the other side",
        ),
        ("l.jsonl", '{"left":"a","right":"b","score":true}\n', "line 1: has the score True"),
        ("l.jsonl", '{"left":"a","right":"b","score":1e999}\n', "line 1: has the score inf"),
        ("l.jsonl", "[" * 100_000 + "\n", "line 1: is nested too deep"),
        ("l.parquet", "", "this cannot be read as Parquet"),
        ("l.sssom.tsv", "", "the file is empty; expected lines of subject_id"),
        (
            "l.sssom.tsv",
            HEAD + "subject_id\tobject_id\n",
            "line 3: the column predicate_id is missing",
        ),
        (
            "l.sssom.tsv",
            HEAD + COLUMNS + "e:a\towl:sameAs\tq:b\n",
            "line 4: has 'q:b', whose prefix is not in",
        ),
        (
            "l.sssom.tsv",
            HEAD + COLUMNS + "e:a\towl:sameAs\n",
            "line 4: the line has 2 fields, but the lines before have 3",
        ),
        ("l.sssom.tsv", "#a: [\n" + COLUMNS, "has a header that is no YAML"),
        ("l.sssom.tsv", "#- a\n" + COLUMNS, "has a header that is no mapping"),
        ("l.sssom.tsv", "#curie_map: e\n" + COLUMNS, "has a header that is no mapping"),
        (
            "l.sssom.tsv",
            HEAD + COLUMNS.strip() + '\tconfidence\n"e:a\n',
            "line 4: this is not valid CSV",
        ),
        (
            "l.sssom.tsv",
            HEAD + COLUMNS.strip() + "\tconfidence\ne:a\towl:sameAs\te:b\thigh\n",
            "line 4: has the score 'high', not a number",
        ),
        ("l.nt", f"<x:a> <{SAME}> <x:b>\n", "line 1: this is not valid N-Triples"),
        ("l.nt", f"<x:a> <{SAME}> <x:b .\n", "line 1: this is not valid N-Triples"),
        ("l.nt", f'<x:a> <{SAME}> "x .\n', "line 1: this is not valid N-Triples"),
        ("l.nt", "\na\tb\n", "line 2: this is not valid N-Triples"),
        ("l.ttl", "<a> <b>\n", "this is not valid Turtle"),
        ("l.ttl", "@prefix owl: <urn:x:> .\n:a owl:b :c .\n", "line 2: this is not valid Turtle"),
    ],
)
def test_bad_files_are_told_with_their_line(
    name: str, text: str | bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=message) as caught:
        read_links(path)
    assert str(caught.value).startswith(str(path))
