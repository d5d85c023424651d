from pathlib import Path
from typing import Any

import pytest

from dualamn.data_loaders import load, resolve
from tests.data_loaders.conftest import Folder, layout, refused


@pytest.fixture
def data(make_folder: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A data folder with two known data sets; the working directory is elsewhere."""
    make_folder(layout("ids with names"), "data/dbp15k/zh_en")
    make_folder(layout("contea", {"batch1/new_triples_1": "0\t0\t1\n"}), "data/contea/FR-EN")
    make_folder(layout("tables"), "data/europe")
    make_folder({"file": "x"}, "data/empty")
    monkeypatch.delenv("DUALAMN_DATA", raising=False)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "data"


def test_names_under_the_data_folder(data: Any) -> None:
    assert resolve("dbp15k/zh_en", data) == data / "dbp15k/zh_en"
    assert resolve("europe", str(data)) == data / "europe"
    assert load(resolve("dbp15k/zh_en", data)).kg_names == ("zh", "en")


def test_batches_are_kept(data: Any) -> None:
    path = resolve("contea/FR-EN@0", data)
    assert path == data / "contea/FR-EN@0"
    assert load(path).name == "FR-EN@0"


def test_environment(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUALAMN_DATA", str(data))
    assert resolve("dbp15k/zh_en") == data / "dbp15k/zh_en"
    monkeypatch.setenv("DUALAMN_DATA", "/nowhere")
    assert resolve("dbp15k/zh_en", data) == data / "dbp15k/zh_en"


def test_paths(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve(data / "europe") == data / "europe"
    assert resolve(str(data / "contea/FR-EN") + "@5") == data / "contea/FR-EN@5"
    monkeypatch.chdir(data.parent)
    assert resolve("data/europe") == Path("data/europe")
    monkeypatch.chdir(data / "dbp15k")
    # A name comes before a path, unless the path says that it is one.
    (data / "dbp15k/europe").mkdir()
    assert resolve("europe", data) == data / "europe"
    assert resolve("./europe", data) == Path("europe")


def test_home(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(data))
    assert resolve("~/europe") == data / "europe"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("dbp15k/zh-en", "dbp15k/zh_en"),
        ("DBP15K/ZH_EN", "dbp15k/zh_en"),
        ("contea/fr_en@5", "contea/FR-EN"),
        ("zh_en", "dbp15k/zh_en"),
        ("eurpe", "europe"),
    ],
)
def test_near_names(data: Any, name: str, near: str) -> None:
    refused(name, f"no data set {name!r}", "did you mean", near, call=resolve, data=data)


def test_far_names(data: Any) -> None:
    refused("xqxqxq", "there are contea/FR-EN, dbp15k/zh_en, europe", call=resolve, data=data)


def test_no_data_folder(data: Any) -> None:
    refused("dbp15k/zh_en", "--data or DUALAMN_DATA", call=resolve)
    refused("x", "no data folder", file="nothing", call=resolve, data=data / "nothing")
    refused("x", "holds no data sets", call=resolve, data=data / "empty")


def test_paths_that_are_not_there(data: Any) -> None:
    refused("./dbp15k/zh_en", "check the path", call=resolve, data=data)
    refused("/nowhere/zh_en", "check the path", call=resolve, data=data)
    refused("  ", "empty", call=resolve, data=data)
