"""What each layout refuses: one error with the file, the line and what to do."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.data_loaders.conftest import LINKS, RIGHT, layout, refused, rows

NAMED, BARE = "ids with names", "ids without names, with seeds"
OPENEA, DBP5L = "openea", "dbp5l"
ALL = rows(LINKS)
FIELDS = ("x", "1.5", "-1", "1e3", "٣", "9" * 19, "0x1", "1_0", "nan")
LATIN = ("0\tZürich\n", "a\tr\tb\ncafé\tr\tb\n")
BB_TAKES_1 = {"seed_alignlinks/bb-aa.tsv": "11\t11\n0\t1\n"}
Case = tuple[str, Mapping[str, str | bytes | None], str, int | None, list[str]]

MISSING: list[Case] = [
    (layout, {file: None}, file, None, ["missing"])
    for layout, files in {
        NAMED: ["triples_1", "triples_2", "ref_ent_ids", "ent_ids_2"],
        "openea without folds": ["rel_triples_2", "ent_links"],
        DBP5L: ["kg/aa-val.tsv", "entity/bb.tsv", "relations.txt"],
    }.items()
    for file in files
]
EMPTY: list[Case] = [
    (NAMED, {file: content}, file, None, ["empty", "expected lines of"])
    for file in ("triples_1", "ref_ent_ids", "ent_ids_2")
    for content in ("", "\n\n", "\ufeff")
]
NUMBERS: list[Case] = [
    *(
        (NAMED, {"ref_ent_ids": f"0\t100\n1\t{x}\n"}, "ref_ent_ids", 2, [x, "whole"])
        for x in FIELDS
    ),
    *(
        (NAMED, {"ent_ids_1": f"0\tA\n{x}\tB\n"}, "ent_ids_1", 2, [x, "whole number"])
        for x in FIELDS
        if x != "9" * 19
    ),
    (DBP5L, {"seed_alignlinks/aa-bb.tsv": "0.0\t0.5\n"}, "aa-bb.tsv", 1, ["'0.5'", "whole number"]),
]
LINES: list[Case] = [
    *(
        (NAMED, {"triples_1": f"0\t0\t1\n{line}\n"}, "triples_1", 2, [words, "correct"])
        for line, words in {
            **dict.fromkeys(("1\t2", "1\t2\t3\t4", "1 2"), "expected 3 fields"),
            "\t\t": "head id is ''",
        }.items()
    ),
    # Six numbers in two lines, but not three in each.
    (NAMED, {"triples_1": "0\t0\t1\t2\n1\t2\n"}, "triples_1", 1, ["found 4"]),
    (OPENEA, {"rel_triples_1": "a\tr\tb\n\na\tr\n"}, "rel_triples_1", 3, ["3 fields", "found 2"]),
    (OPENEA, {"rel_triples_1": "a\tr\tb\na\t\tb\n"}, "rel_triples_1", 2, ["field 2", "is empty"]),
    (DBP5L, {"relations.txt": "0\n1\n\n3\n"}, "relations.txt", 3, ["blank"]),
]
UNKNOWN: list[Case] = [
    (NAMED, {"ref_ent_ids": "0\t100\n\n77\t101\n"}, "ref_ent_ids", 3, ["77", "remove"]),
    (BARE, {"sup_ent_ids": "0\t100\n1\t-0\n"}, "sup_ent_ids", 2, ["-0"]),
    (BARE, {"sup_ent_ids": "0\t100\n1\t99\n"}, "sup_ent_ids", 2, ["no triple of bb has it"]),
    (NAMED, {"ref_ent_ids": "100\t0\n"}, "ref_ent_ids", 1, ["columns swapped?"]),
    (NAMED, {"triples_2": rows([*RIGHT, (100, 3, 112)])}, "triples_2", 14, ["112", "ent_ids_2"]),
    (OPENEA, {"721_5fold/1/test_links": "5\t105\n50\t106\n"}, "1/test_links", 2, ["'50'", "of aa"]),
    (DBP5L, {"seed_alignlinks/aa-bb.tsv": "0\t0\n1\t12\n"}, "aa-bb.tsv", 2, ["12", "bb.tsv"]),
    (DBP5L, {"kg/bb-val.tsv": "0\t2\t3\n12\t2\t3\n"}, "bb-val.tsv", 2, ["entity 12", "bb.tsv"]),
    (DBP5L, {"kg/bb-test.tsv": "0\t4\t3\n"}, "bb-test.tsv", 1, ["relation 4", "relations.txt"]),
    *(
        (DBP5L, {f"seed_alignlinks/{x}.tsv": "0\t0\n"}, f"{x}.tsv", None, ["aa, bb", "rename"])
        for x in ("aa-xx", "aa-aa", "aa")
    ),
]
CONTRADICTIONS: list[Case] = [
    (NAMED, {"ent_ids_1": "3\t3\n3\tdrei\n"}, "ent_ids_1", 2, ["'drei'", "'3'", "remove one"]),
    (NAMED, {"ref_ent_ids": ALL + "\n4\t111\n"}, "ref_ent_ids", 13, ["'4' of aa", "line 5"]),
    (NAMED, {"ref_ent_ids": ALL + "11\t104\n"}, "ref_ent_ids", 12, ["'104' of bb", "line 5"]),
    (BARE, {"ref_ent_ids": "5\t105\n2\t111\n"}, "ref_ent_ids", 2, ["'2' of aa", "line 3 of"]),
    (OPENEA, {"721_5fold/1/test_links": "0\t106\n"}, "test_links", 1, ["'0' of aa", "train_links"]),
    (DBP5L, BB_TAKES_1, "bb-aa.tsv", 2, ["'1' of aa", "aa-bb.tsv"]),
]
ENCODINGS: list[Case] = [
    (NAMED, {"ent_ids_1": LATIN[0].encode("latin-1")}, "ent_ids_1", 1, ["0xfc", "save the file"]),
    (NAMED, {"triples_1": b"0\t0\t1\n\x00\x01\n"}, "triples_1", 2, ["zero byte at offset 6"]),
    (OPENEA, {"rel_triples_2": LATIN[1].encode("latin-1")}, "rel_triples_2", 2, ["0xe9", "byte 4"]),
]


@pytest.mark.parametrize(
    ("name", "changes", "file", "line", "words"),
    [*MISSING, *EMPTY, *NUMBERS, *LINES, *UNKNOWN, *CONTRADICTIONS, *ENCODINGS],
)
def test_what_is_refused(
    make_folder: Callable[..., Path],
    name: str,
    changes: Any,
    file: str,
    line: int | None,
    words: list[str],
) -> None:
    refused(make_folder(layout(name, changes)), *words, file=file, line=line)
