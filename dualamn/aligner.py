"""The whole flow: a task in, embeddings, candidates, links out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dualamn.alignment import Alignment
from dualamn.attributes import Attributes, PseudoSeeds
from dualamn.attributes.name_model import kind_of_model
from dualamn.config import AlignerConfig, Device
from dualamn.decoding import Decoder, chosen_pairs
from dualamn.encoders import get_encoder
from dualamn.errors import DualamnError
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import EmbeddingArray, FloatArray, Int32Array
from dualamn.kernels.compute import threads, torch_device
from dualamn.kernels.mapped import check_room
from dualamn.matching import check_many, configured_matcher
from dualamn.matching.duplicates import with_new_claims
from dualamn.planning.execution_plan import Plan, plan
from dualamn.presets import DEFAULT_PRESET
from dualamn.progress import Progress, ProgressCallback, silent
from dualamn.result import CandidateProtocol, PairAlignment

if TYPE_CHECKING:
    from torch import Tensor

    from dualamn.bootstrap import Turn
    from dualamn.encoders.encoder import Encoder
    from dualamn.probability.second_model import Trial

_SECOND = "second/"  # in front of the names of the second model's state, in a saved aligner
_BEGUN_WITH = "begun_with"  # pairs found by name, where there are no seed links
_BY_CHANCE = "begun_with_by_chance"  # how probable it is that they mean nothing


class Aligner:
    """Learns to align the graphs of a task, and finds links between them.

    Args:
        config: all settings, or the name of a preset such as "best"; the preset `balanced` if
            None.
        overrides: single settings that replace those of `config`, as in `Aligner(epochs=20)`.

    Attributes:
        config: the settings; `fit` changes where embeddings are, or how wide, if they do not fit
            into memory.
        plan: what `fit` expected of memory; None before.
        seconds: wall-clock seconds that `fit` took, under "train".
        turns: a report of every turn of bootstrapping that `fit` took.
        held_out: (h, 2) int32 seed links that the second model of calibration did not see; where
            there are none, pairs of `own_seeds` whose names and values it did not see.
        own_seeds: the pairs found by name and value that `fit` began with where the task has no
            seed links; None where it has some.

    Raises:
        ConfigError: a preset or setting that does not exist or cannot work.
    """

    def __init__(self, config: AlignerConfig | str | None = None, **overrides: Any) -> None:
        if isinstance(config, AlignerConfig):
            self.config = AlignerConfig.from_dict(config.to_dict() | overrides)
        else:
            self.config = AlignerConfig.preset(config or DEFAULT_PRESET, **overrides)
        get_encoder(self.config.encoder)  # a typo should not wait for the end of training
        configured_matcher(self.config)
        if self.config.names_model is not None:
            kind_of_model(self.config.names_model)
        self.seconds: dict[str, float] = {}
        self.turns: tuple[Turn, ...] = ()
        self.held_out: Int32Array = np.empty((0, 2), dtype=np.int32)
        self.plan: Plan | None = None
        self._begun_with: PseudoSeeds | None = None  # the links of own_seeds
        self._trial: Trial | None = None
        self._second: Aligner | None = None
        self._keeps_features = self.config.calibrate
        self._task: AlignmentTask | None = None
        self._encoder: Encoder | None = None
        self._embeddings: EmbeddingArray | None = None
        self._beside = Attributes()
        self._meaning: FloatArray | None = None  # of an aligner that has the same names already
        self.own_seeds: PseudoSeeds | None = None

    @property
    def task(self) -> AlignmentTask:
        """The task that was fitted.

        Raises:
            DualamnError: nothing was fitted yet.
        """
        if self._task is None:
            raise DualamnError("this aligner has learned nothing yet: call fit(task) first")
        return self._task

    def fit(
        self,
        task: AlignmentTask,
        *,
        progress: ProgressCallback = silent,
        checkpoint: str | Path | None = None,
        resume: bool = False,
    ) -> Self:
        """Trains on the task's seed links; test and valid links are not looked at.

        With the setting `calibrate` it trains a second model of the same settings on four fifths
        of the seed links, or, where there are none, without the names of a fifth of the entities
        that names found a partner for. The checkpoint is of the first one.

        A task without seed links needs names or values: the aligner then begins with pairs that
        it finds by them, see `own_seeds`, and judges them anew in every turn of bootstrapping.

        Args:
            task: the graphs and their seed links.
            progress: told of every step, stage "train".
            checkpoint: file that the state of training is kept in while it runs.
            resume: go on from the checkpoint if the file exists; the links come out the same
                as from an unbroken run.

        Returns:
            The aligner itself.

        Raises:
            TrainingError: neither seed links nor names or values that find any, or the loss is
                not finite or exploded.
            CheckpointError: the checkpoint is damaged or of another run.
            ConfigError: the task does not fit into the memory there is.
        """
        from dualamn.bootstrap import learn

        started = time.perf_counter()
        self.plan = plan(task, self.config)
        self.config = self.plan.config
        if self.plan.file_bytes:
            check_room(self.plan.file_bytes)
        beside = Attributes.of(task, self.config, self._meaning)
        own = beside.start(task)
        encoder = self._make_encoder(task)
        with threads(self.config.threads):
            turns = learn(
                encoder,
                task,
                self.config,
                beside,
                own,
                progress=progress,
                checkpoint=None if checkpoint is None else Path(checkpoint),
                resume=resume,
            )
            self.turns = tuple(turns)
        self._task, self._encoder, self._embeddings = task, encoder, None
        self._beside, self.own_seeds = beside, own
        self._begun_with = own
        self.seconds["train"] = time.perf_counter() - started
        if self.config.calibrate:
            trial = self._make_second()
            if self._second is not None:
                self._second.fit(trial.task, progress=progress)
                self.seconds["calibrate"] = self._second.seconds["train"]
        return self

    def _make_second(self) -> Trial:
        """Makes a model that learns as this one does, where links are held out to judge it by."""
        from dualamn.probability.second_model import Trial

        trial = Trial.of(self.task, self._begun_with, self.config.seed)
        self._trial, self._second, self.held_out = trial, None, trial.held_out
        if len(trial.held_out):
            self._second = Aligner(replace(self.config, calibrate=False))
            self._second._keeps_features = True
            names = self._beside.names
            self._second._meaning = None if names is None else trial.hidden(names.meaning)
        return trial

    def embeddings(self) -> EmbeddingArray:
        """(n, d) float32 rows of length one (or zero) in the task's joint ids.

        float16 where the plan says that they would not fit into memory otherwise.
        """
        if self._embeddings is None:
            self.task  # noqa: B018  raises if nothing was fitted
            assert self._encoder is not None
            with threads(self.config.threads):
                self._embeddings = self._encoder.embeddings()
        return self._embeddings

    def align(
        self,
        *,
        pairs: Sequence[tuple[str, str]] | None = None,
        candidates: CandidateProtocol | None = None,
        matcher: str | None = None,
        many: bool = False,
        progress: ProgressCallback = silent,
    ) -> Alignment:
        """Links between every pair of graphs, or those named.

        With the setting `calibrate` links get probabilities: the second model's links are judged by
        what it did not see, seed links or pairs found by name.

        Args:
            pairs: names of graphs, two and two; all pairs if None.
            candidates: whose entities are queries and candidates, see `alignment.Protocol`;
                "unaligned" if None, and with `many` "all_entities", as one with a seed link may
                have another partner.
            matcher: name of a matcher that replaces the configured one.
            many: some entities are in a graph more than once: several may be linked to the same
                one, see `dualamn.matching.duplicates`. Without it, the matchers `mutual` and
                `one_to_one` link every entity once at most.
            progress: told of stages "search" and "match".

        Raises:
            ConfigError: an unknown graph or matcher, or `many` with one whose scores are no
                probabilities.
        """
        from dualamn.probability.link_features import with_features

        task = self.task
        chosen = task.kg_pairs if pairs is None else chosen_pairs(task, pairs)
        matcher = matcher or self.config.matcher
        decide = configured_matcher(self.config, matcher)
        if many:
            check_many(matcher)
        if candidates is None:
            candidates = "all_entities" if many else "unaligned"
        decoder = Decoder(task, self.config, self._beside)
        embeddings = self.embeddings()
        found: list[PairAlignment] = []
        seconds = {"search": 0.0, "match": 0.0}
        with threads(self.config.threads):
            for number, (left, right) in enumerate(chosen):
                near = decoder.find(embeddings, left, right, candidates, progress)
                started = time.perf_counter()
                matching = decide.match(near.candidates)
                if many:
                    matching = with_new_claims(
                        matching, near.candidates, task, self.config.temperature
                    )
                pair = PairAlignment.of(left, right, matching, near.recall)
                if self._keeps_features:
                    pair = with_features(
                        pair, near, task, self.config, begun_with=self._begun_with, many=many
                    )
                found.append(pair)
                seconds["search"] += near.search_seconds
                seconds["match"] += near.evidence_seconds + time.perf_counter() - started
                progress(Progress("match", number + 1, len(chosen)))
        alignment = Alignment(
            task,
            tuple(found),
            candidates,
            matcher,
            seconds,
            saw_test_side=self.saw_test_side,
            used_names=self._beside.tells,
            config=self.config,
            beside=self._beside,
        )
        if not self.config.calibrate:
            return alignment
        assert self._trial is not None
        spent = self.seconds.get("calibrate", 0.0)
        return self._trial.calibrated(
            alignment, self._second, many=many, seconds=spent, progress=progress
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the fitted task took no part in learning, and what to know of probabilities."""
        notes = self._beside.notes(self.task)
        if self.config.calibrate and self.own_seeds is not None:
            notes += self.own_seeds.notes(self.task)
        return notes

    @property
    def saw_test_side(self) -> bool:
        """Whether the model was told which entities the test links are about."""
        told = self.config.tells_test_side(named=self._beside.named)
        return told and len(self.task.test_links) > 0

    def save(self, path: str | Path) -> None:
        """Writes the trained aligner with its task to one file, for `load`."""
        from dualamn.graphs.aligner_file import write_aligner

        write_aligner(path, self.config, self.task, self._state())

    def _state(self) -> dict[str, Tensor]:
        """What was learned, the second model included."""
        import torch

        assert self._encoder is not None
        state = self._encoder.state() | self._beside.state()
        if self._begun_with is not None:
            state[_BEGUN_WITH] = torch.from_numpy(self._begun_with.links)
            state[_BY_CHANCE] = torch.from_numpy(self._begun_with.chance)
        if self._second is not None:
            state |= {f"{_SECOND}{k}": v for k, v in self._second._state().items()}
        return state

    @classmethod
    def load(cls, path: str | Path, *, device: Device | None = None) -> Self:
        """Reads an aligner that `save` wrote.

        Args:
            path: the file.
            device: replaces the device setting that it was saved with.

        Raises:
            CheckpointError: the file is damaged or no saved aligner.
        """
        from dualamn.graphs.aligner_file import read_aligner

        config, task, state = read_aligner(path)
        aligner = cls(config if device is None else replace(config, device=device))
        aligner._restore(task, state)
        return aligner

    def _restore(self, task: AlignmentTask, state: dict[str, Tensor]) -> None:
        """Takes back what `_state` gave."""
        from dualamn.graphs.aligner_file import taken

        state = dict(state)
        links, chance = state.pop(_BEGUN_WITH, None), state.pop(_BY_CHANCE, None)
        second = taken(state, _SECOND)
        beside = Attributes.of(task, self.config, self._meaning)
        beside.load_state(state)
        encoder = self._make_encoder(task)
        encoder.load_state(state)
        self._task, self._encoder, self._beside = task, encoder, beside
        if links is not None:  # older files know no chance: names count for nothing then
            by_chance = np.ones(len(links), np.float32) if chance is None else chance.numpy()
            self._begun_with = PseudoSeeds(links.numpy(), by_chance)
        if self.config.calibrate:
            trial = self._make_second()
            if self._second is not None:
                self._second._restore(trial.task, second)

    def save_embeddings(self, path: str | Path) -> Path:
        """Writes the embeddings as .npy, and whose they are as TSV beside it.

        Args:
            path: the .npy file, an (n, d) matrix, see `embeddings`.

        Returns:
            The TSV file: a header, then graph and entity of every row in order.
        """
        from dualamn.link_files.embedding_files import write_embeddings

        return write_embeddings(self.task, self.embeddings(), path)

    def _make_encoder(self, task: AlignmentTask) -> Encoder:
        factory = get_encoder(self.config.encoder)
        with threads(self.config.threads):
            return factory(task, self.config, torch_device(self.config.device))
