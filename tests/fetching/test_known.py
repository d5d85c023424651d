"""The list of known data sets that comes with the package."""

import re
from pathlib import Path

import pytest

from dualamn.data_loaders.known import blob_id, cache_folder, find_known, known_datasets
from dualamn.errors import DataError

IDS = {"triples_1", "triples_2", "ent_ids_1", "ent_ids_2", "ref_ent_ids"}
BASE = {"triples_1", "triples_2", "train_links", "valid_links", "test_links"}
BATCH = {"new_triples_1", "new_triples_2", "new_test_links"}
CONTEA = {f"base/{name}" for name in BASE} | {
    f"batch{k}/{name}" for k in range(1, 6) for name in BATCH
}


def test_the_names() -> None:
    assert set(known_datasets()) == {
        *("dbp15k/zh_en", "dbp15k/ja_en", "dbp15k/fr_en"),
        *("srprs/en_fr", "srprs/en_de"),
        *("dwy100k/dbp_wd", "dwy100k/dbp_yg"),
        *("contea/ZH-EN", "contea/JA-EN", "contea/FR-EN"),
    }


@pytest.mark.parametrize("name", known_datasets())
def test_every_data_set_has_what_its_loader_reads_and_no_more(name: str) -> None:
    files = {file.name for file in known_datasets()[name].files}
    expected = {
        "dbp15k": IDS,
        "srprs": IDS | {"sup_ent_ids"},
        "dwy100k": IDS | {"sup_ent_ids"},
        "contea": CONTEA,
    }
    assert files == expected[name.partition("/")[0]]


@pytest.mark.parametrize("name", known_datasets())
def test_every_file_is_pinned(name: str) -> None:
    dataset = known_datasets()[name]
    assert re.fullmatch(r"[0-9a-f]{40}", dataset.commit)
    for file in dataset.files:
        assert re.fullmatch(r"[0-9a-f]{40}", file.blob)
        assert file.address.startswith(f"{dataset.repository}/{dataset.commit}/data")
        assert file.address.endswith(f"/{file.name}")
        assert file.size is None or file.size > 0


def test_no_file_is_listed_for_another() -> None:
    addresses = [file.address for one in known_datasets().values() for file in one.files]
    assert len(addresses) == len(set(addresses)) == 99


def test_batches_do_not_count() -> None:
    assert find_known("contea/FR-EN@5") is known_datasets()["contea/FR-EN"]
    assert find_known(Path("dbp15k", "zh_en")) is known_datasets()["dbp15k/zh_en"]
    assert find_known("dbp15k") is None


@pytest.mark.parametrize(
    ("content", "blob"),
    [
        # As `git hash-object` says.
        (b"", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
        (b"hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"),
    ],
)
def test_blob_ids_are_those_of_git(tmp_path: Path, content: bytes, blob: str) -> None:
    (tmp_path / "file").write_bytes(content)
    assert blob_id(tmp_path / "file") == blob


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DUALAMN_CACHE", str(tmp_path / "x"))
    assert cache_folder() == tmp_path / "x"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DUALAMN_CACHE", "~/x")
    assert cache_folder() == tmp_path / "x"
    monkeypatch.setenv("DUALAMN_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert cache_folder().name == "dualamn"
    assert cache_folder().is_absolute()
    monkeypatch.setenv("DUALAMN_CACHE", "~nobody-of-this-name/x")
    with pytest.raises(DataError, match="correct DUALAMN_CACHE"):
        cache_folder()
