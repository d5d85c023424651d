"""Training learns, resumes exactly, and stops with a reason when it cannot go on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dualamn import Aligner, AlignmentTask, CheckpointError, Progress, TrainingError
from dualamn.alignment import Alignment
from dualamn.bench.synthetic_task import make_task
from dualamn.config import AlignerConfig
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.training.trainer import first_averaged_epoch
from tests.conftest import there

SMALL: dict[str, Any] = {"calibrate": False, "dim": 16, "epochs": 8, "negatives": 8}


@pytest.fixture(scope="module")
def task() -> AlignmentTask:
    return make_task(150, seed=1)


def links_of(alignment: Alignment) -> list[list[float]]:
    rows: list[list[float]] = np.column_stack([alignment.links, alignment.scores]).tolist()
    return rows


def test_training_learns_to_find_unseen_links(task: AlignmentTask) -> None:
    losses: list[float] = []

    def note(progress: Progress) -> None:
        assert progress.step == len(losses) + 1
        losses.append(there(progress.loss))

    settings = SMALL | {"dim": 64, "epochs": 10, "most_batches": 4}
    aligner = Aligner(**settings).fit(task, progress=note)
    assert len(losses) == 40
    found = aligner.align(candidates="test_only").links
    truth = {tuple(link) for link in task.test_links.tolist()}
    right = sum(tuple(link) in truth for link in found.tolist())
    assert right / len(truth) > 0.5  # by chance it would be below 0.02


def test_same_seed_same_links_and_other_seed_other_scores(task: AlignmentTask) -> None:
    first = links_of(Aligner(**SMALL).fit(task).align())
    assert links_of(Aligner(**SMALL).fit(task).align()) == first
    assert links_of(Aligner(**SMALL, seed=1).fit(task).align()) != first


def test_settings_of_the_host_program_are_left_alone(task: AlignmentTask) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    threads = torch.get_num_threads()
    torch.manual_seed(5)
    Aligner(**SMALL, threads=1).fit(task).align()
    assert torch.get_num_threads() == threads
    assert torch.get_float32_matmul_precision() == "highest"
    torch.testing.assert_close(torch.rand(3), expected)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(("steps_an_epoch", "share"), [(1, 0.6), (5, 0.3), (2, 0.9)])
def test_an_interrupted_run_continued_equals_an_unbroken_one(
    task: AlignmentTask, tmp_path: Path, steps_an_epoch: int, share: float, tied: bool
) -> None:
    settings = SMALL | {"most_batches": steps_an_epoch, "tie_links": tied}
    unbroken = Aligner(**settings).fit(task)
    checkpoint = tmp_path / "run.safetensors"

    def interrupt(progress: Progress) -> None:
        if progress.step > share * there(progress.total):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Aligner(**settings).fit(task, progress=interrupt, checkpoint=checkpoint)
    steps: list[int] = []
    continued = Aligner(**settings).fit(
        task, progress=lambda p: steps.append(p.step), checkpoint=checkpoint, resume=True
    )
    assert steps[0] > 1, "it started anew"
    assert continued.embeddings().tobytes() == unbroken.embeddings().tobytes()
    assert [path.name for path in tmp_path.iterdir()] == ["run.safetensors"]


def test_averaged_parameters_are_the_mean_over_the_last_epochs_steps(task: AlignmentTask) -> None:
    def trained(config: AlignerConfig, note: Callable[[TrainedDualAMN], None]) -> list[float]:
        encoder = TrainedDualAMN(task, config, torch.device("cpu"))
        encoder.fit(
            task.seed_links, progress=lambda _: note(encoder), checkpoint=None, resume=False
        )
        parameters: list[float] = encoder.network.relations.detach().flatten().tolist()
        return parameters

    after_step: list[list[float]] = []
    averaged = trained(
        AlignerConfig(**SMALL | {"epochs": 8, "most_batches": 2}),
        lambda e: after_step.append(e.network.relations.detach().flatten().tolist()),
    )
    np.testing.assert_allclose(averaged, np.mean(after_step[-4:], axis=0), atol=1e-6)


@pytest.mark.parametrize(
    ("epochs", "batches", "first"),
    [(12, 5, 9), (12, 10, 6), (8, 10, 6), (100, 5, 50), (4, 2, 3), (1, 1, 1)],
)
def test_what_is_averaged_follows_from_share_and_steps(
    epochs: int, batches: int, first: int
) -> None:
    assert first_averaged_epoch(epochs, batches) == first


def test_a_finished_run_resumed_has_nothing_left_to_do(task: AlignmentTask, tmp_path: Path) -> None:
    checkpoint = tmp_path / "run"
    done = Aligner(**SMALL).fit(task, checkpoint=checkpoint)
    steps: list[int] = []
    again = Aligner(**SMALL).fit(
        task, checkpoint=checkpoint, resume=True, progress=lambda p: steps.append(p.step)
    )
    assert steps == []
    assert links_of(again.align()) == links_of(done.align())


def test_a_checkpoint_of_another_run_is_refused(task: AlignmentTask, tmp_path: Path) -> None:
    checkpoint = tmp_path / "run"
    Aligner(**SMALL).fit(task, checkpoint=checkpoint)
    with pytest.raises(CheckpointError, match="other data or other settings"):
        Aligner(**SMALL, gamma=2.0).fit(task, checkpoint=checkpoint, resume=True)
    with pytest.raises(CheckpointError, match="other data or other settings"):
        Aligner(**SMALL).fit(make_task(150, seed=2), checkpoint=checkpoint, resume=True)


@pytest.mark.parametrize("damage", ["cut", "text", "foreign"])
def test_a_damaged_checkpoint_is_refused(task: AlignmentTask, tmp_path: Path, damage: str) -> None:
    checkpoint = tmp_path / "run"
    aligner = Aligner(**SMALL).fit(task, checkpoint=checkpoint)
    if damage == "cut":
        checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    elif damage == "text":
        checkpoint.write_text("no tensors here")
    else:
        aligner.save(checkpoint)
    with pytest.raises(CheckpointError, match=str(checkpoint)):
        Aligner(**SMALL).fit(task, checkpoint=checkpoint, resume=True)


def test_no_seed_links_is_an_error_that_says_so() -> None:
    task = make_task(50, seed=0)
    unlinked = replace(task, seed_links=task.seed_links[:0])
    with pytest.raises(TrainingError, match="no seed links"):
        Aligner(**SMALL).fit(unlinked)


def test_one_single_seed_link_trains(task: AlignmentTask) -> None:
    one = replace(task, seed_links=task.seed_links[:1])
    assert np.isfinite(Aligner(**SMALL).fit(one).embeddings()).all()


def test_a_hopeless_learning_rate_is_an_error_that_names_the_cure(task: AlignmentTask) -> None:
    with pytest.raises(TrainingError, match="lower the learning rate"):
        Aligner(**SMALL, learning_rate=1e38).fit(task)
