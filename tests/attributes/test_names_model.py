"""Names compared by an embedding model: one of model2vec that is made here, word by word."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualamn.aligner import Aligner
from dualamn.attributes.name_model import embed_names, kind_of_model
from dualamn.errors import ConfigError, MissingExtraError
from dualamn.kernels.arrays import StringArray, strings
from tests.attributes.conftest import FAST, hits, named_task, names_in, spoken
from tests.conftest import there

OTHER = str.maketrans("aeioubklmnrstvz", "xqjwyghpcdfghpc")


def foreign(names: StringArray) -> StringArray:
    """The same names in letters of which the other graph's names have none."""
    return strings(name.translate(OTHER)[::-1] for name in names)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that knows 300 names in both languages, and gives both the same row."""
    model2vec = pytest.importorskip("model2vec")
    tokenizers = pytest.importorskip("tokenizers")
    names = [spoken(number) for number in range(300)]
    vectors = np.random.default_rng(0).standard_normal((len(names), 24)).astype(np.float32)
    words = ["[UNK]", *names, *foreign(strings(names))]
    if len(set(words)) != len(words):
        raise AssertionError("two names are one")
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: at for at, word in enumerate(words)}, "[UNK]")
    )
    static = model2vec.StaticModel(
        np.concatenate([np.zeros((1, 24), np.float32), vectors, vectors]), tokenizer
    )
    static.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_rows_are_of_length_one_and_those_of_no_name_zero(model: Path) -> None:
    names = strings([spoken(3), "", spoken(5), foreign(strings([spoken(3)]))[0], spoken(3)])
    rows = embed_names(model, names)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 0, 1, 1, 1], atol=1e-6)
    np.testing.assert_allclose(rows[3], rows[0], atol=1e-6)
    np.testing.assert_array_equal(rows[4], rows[0])
    assert abs(float(rows[0] @ rows[2])) < 0.9
    assert embed_names(model, strings(["", ""])).tolist() == [[0.0] * 24] * 2


def test_a_model_finds_what_letters_do_not(model: Path) -> None:
    task = named_task(200, foreign, mean_degree=3.0, keep_triples=0.6)
    letters = hits(Aligner("fast", **FAST).fit(task))
    aligner = Aligner("fast", names_model=str(model), **FAST).fit(task)
    assert letters < 0.8
    assert hits(aligner) > 0.9


def test_its_weight_is_learned(model: Path) -> None:
    task = named_task(200, foreign)
    rows = embed_names(model, there(task.entity_names))
    for meaning, worth in ((rows, True), (np.random.default_rng(1).permutation(rows), False)):
        names = names_in(task, meaning=meaning)
        names.weigh(task.seed_links)
        assert (names.weights.meaning > 5) if worth else (names.weights.meaning < 1)
        again = names_in(task, meaning=meaning)
        again.load_state(names.state())
        left, right = task.test_links.astype(np.int64).T
        np.testing.assert_allclose(again.match_weight(left, right), names.match_weight(left, right))


def test_it_is_saved_by_its_path(model: Path, tmp_path: Path) -> None:
    task = named_task(80, foreign)
    aligner = Aligner("fast", names_model=str(model), **FAST | {"calibrate": True}).fit(task)
    aligner.save(tmp_path / "aligner")
    again = Aligner.load(tmp_path / "aligner")
    np.testing.assert_array_equal(aligner.align().links, again.align().links)


def test_what_is_no_model_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no folder .*nothing is downloaded"):
        Aligner(names_model=str(tmp_path / "mdoel"))
    with pytest.raises(ConfigError, match="holds no model"):
        kind_of_model(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ConfigError, match="holds no model"):
        kind_of_model(tmp_path)
    with pytest.raises(ConfigError, match="names must be auto"):
        Aligner(names_model=str(tmp_path), names="off")


def test_a_damaged_model_is_one_clear_error(model: Path) -> None:
    (model / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="cannot be used as a model"):
        embed_names(model, strings(["a"]))
    task = named_task(80)
    bare = replace(task, kgs=tuple(replace(kg, entity_names=None) for kg in task.kgs))
    with pytest.raises(ConfigError, match="have none"):
        Aligner("fast", names_model=str(model), **FAST).fit(bare)


def test_models_are_told_apart_and_a_missing_library_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = [{"idx": 0, "type": "sentence_transformers.models.Transformer"}]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    assert kind_of_model(tmp_path) == "sentence-transformers"

    def missing(module: str) -> None:
        raise ModuleNotFoundError(name=module)

    monkeypatch.setattr("dualamn.errors.import_module", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'dualamn\[sentence-transformers\]'"):
        embed_names(tmp_path, strings(["a"]))


def test_a_sentence_transformers_model_is_asked_the_same_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    class SentenceTransformer:
        def __init__(self, path: str, **how: Any) -> None:
            asked.update(how, path=path)

        def encode(self, names: list[str], **how: Any) -> Any:
            asked["names"] = names
            return np.array([[len(name), 1.0] for name in names])

    library = type("Library", (), {"SentenceTransformer": SentenceTransformer})
    monkeypatch.setattr("dualamn.attributes.name_model.needs", lambda module, extra: library)
    (tmp_path / "config_sentence_transformers.json").write_text("{}")
    rows = embed_names(tmp_path, strings(["Rome", "", "Rome", "Oslo"]))
    assert asked["names"] == ["Oslo", "Rome"]
    assert asked["local_files_only"] is True
    assert asked["path"] == str(tmp_path)
    assert rows.shape == (4, 2)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 0, 1, 1], atol=1e-6)
