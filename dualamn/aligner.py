"""The whole flow: a task in, embeddings, candidates, links out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack

import numpy as np

from dualamn.alignment import Alignment
from dualamn.attributes import PseudoSeeds
from dualamn.attributes.name_model import kind_of_model
from dualamn.bootstrap import Round
from dualamn.config import DEFAULT_PRESET, AlignerConfig, Overrides, PresetName
from dualamn.data_loaders.growth import Growth, grown_by
from dualamn.decoding import Decoder, chosen_pairs
from dualamn.encoders import get_encoder
from dualamn.encoders.no_structure import NoStructure
from dualamn.errors import CheckpointError, ConfigError, DataError, DualamnError
from dualamn.fitted import Fitted, Linked, second_models
from dualamn.graphs.packed_records import pack, unpack
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, EmbeddingArray, Int32Array
from dualamn.kernels.memory import check_room
from dualamn.matching import check_many, configured_matcher
from dualamn.model import Model, fit
from dualamn.part import Part
from dualamn.planning.execution_plan import ExecutionPlan, plan
from dualamn.probability.holdout import n_trials
from dualamn.progress import ProgressCallback, silent, within
from dualamn.result import CandidateProtocol
from dualamn.settings.groups import Device
from dualamn.updating.alignment_state import AlignmentState
from dualamn.updating.last_alignment import Found, chosen_anew, next_state, with_ids
from dualamn.updating.outcome import Update
from dualamn.updating.updated import Retrain, check_retrain, notes_on, updated

if TYPE_CHECKING:
    from dualamn.attributes import PseudoSeeds


class Aligner:
    """Learns to align the graphs of a task, and finds links between them.

    >>> import dualamn
    >>> german = [("Rhein", "mündet in", "Nordsee"), ("Rhein", "fließt durch", "Köln")]
    >>> english = [("Rhine", "flows to", "North Sea"), ("Rhine", "passes", "Cologne")]
    >>> known = [("Nordsee", "North Sea"), ("Köln", "Cologne")]
    >>> task = dualamn.as_task({"de": german, "en": english}, known)
    >>> aligner = dualamn.Aligner("fast").fit(task)
    >>> aligner.align(matcher="mutual").columns().left.tolist()
    ['Rhein']

    Args:
        config: all settings, or the name of a preset such as "best"; the preset `balanced` if
            None.
        overrides: single settings that replace those of `config`, as in `Aligner(epochs=20)`.

    Attributes:
        config: the settings; `fit` changes where embeddings are, or how wide, if they do not fit
            into memory.
        plan: what `fit` expected of memory; None before.
        part: links of some entities alone, see `slice`; None in a whole aligner.
        seconds: wall-clock seconds that `fit` took, under "train" and "calibrate".

    Raises:
        ConfigError: a preset or setting that does not exist or cannot work.
    """

    def __init__(
        self, config: AlignerConfig | PresetName | None = None, **overrides: Unpack[Overrides]
    ) -> None:
        if isinstance(config, AlignerConfig):
            self.config = AlignerConfig.from_dict(config.to_dict() | overrides)
        else:
            self.config = AlignerConfig.preset(config or DEFAULT_PRESET, **overrides)
        get_encoder(self.config.encoder)  # a typo should not wait for the end of training
        configured_matcher(self.config)
        if self.config.names_model is not None:
            kind_of_model(self.config.names_model)
        self.plan: ExecutionPlan | None = None
        self.seconds: dict[str, float] = {}
        self._fitted: Fitted | None = None
        self.part: Part | None = None
        self._found: Found | None = None  # by the last `align`
        self._last: AlignmentState | None = None  # of what was loaded

    def slice(
        self, targets: BoolArray, *, k: int = 10, progress: ProgressCallback = silent
    ) -> Self:
        """A part of the aligner, for some entities alone.

        It has these entities, their statements and links, k candidates each, and one step of
        neighbours. `align` gives their links as this aligner finds them, without a search, and
        `save` a small file. It can neither be indexed nor find other links.

        Args:
            targets: (n,) bool which entities of the task are wanted.
            k: how many candidates of each are kept.
            progress: told of stages "search" and "match".

        Raises:
            DataError: nothing is wanted.
        """
        if not targets.any():
            raise DataError("none of the entities is wanted, so there is nothing to keep")
        task, part = Part.of(self.align(progress=progress), targets, k)
        return type(self)(self.config)._with_part(task, part)

    def _with_part(self, task: AlignmentTask, part: Part) -> Self:
        """The aligner, fitted to no more than a part."""
        model = Model(task, self.config, NoStructure(task), Decoder(task, self.config))
        self._fitted, self.part = Fitted(model), part
        return self

    @property
    def fitted(self) -> Fitted:
        """What was learned.

        Raises:
            DualamnError: nothing was fitted yet.
        """
        if self._fitted is None:
            raise DualamnError("this aligner has learned nothing yet: call fit(task) first")
        return self._fitted

    @property
    def task(self) -> AlignmentTask:
        """The task that was fitted.

        Raises:
            DualamnError: nothing was fitted yet.
        """
        return self.fitted.model.task

    @property
    def rounds(self) -> tuple[Round, ...]:
        """A report of every self-training round that `fit` took."""
        return () if self._fitted is None else self._fitted.model.rounds

    @property
    def pseudo_seeds(self) -> PseudoSeeds | None:
        """The pairs found by name and value that `fit` began with where it had no seed links."""
        return None if self._fitted is None else self._fitted.model.pseudo_seeds

    @property
    def held_out(self) -> Int32Array:
        """(h, 2) int32 seed links that a second model of calibration did not see."""
        trials = () if self._fitted is None else self._fitted.trials
        links = [np.empty((0, 2), dtype=np.int32), *(holdout.held_out for holdout, _ in trials)]
        return np.unique(np.concatenate(links), axis=0).astype(np.int32)

    def fit(
        self,
        task: AlignmentTask,
        *,
        progress: ProgressCallback = silent,
        checkpoint: str | Path | None = None,
        resume: bool = False,
    ) -> Self:
        """Trains on the task's seed links; test and valid links are not looked at.

        With the setting `calibrate` it trains a second model of the same settings, and for graphs
        of less than a thousand or so entities up to five, without some of the seed links and of the
        entities, see `dualamn.probability.holdout`. The checkpoint is of the first one.

        A task without seed links needs names or values: the aligner then begins with
        `pseudo_seeds`, and finds sure pairs anew in every self-training round.

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
        started = time.perf_counter()
        self._found = self._last = None
        self.plan = plan(task, self.config)
        self.config, storage = self.plan.config, self.plan.storage
        if self.plan.file_bytes:
            check_room(self.plan.file_bytes)
        models = 1 + n_trials(task, None) if self.config.calibrate else 1
        model = fit(
            task,
            self.config,
            storage,
            progress=within(progress, model=1, models=models),
            checkpoint=None if checkpoint is None else Path(checkpoint),
            resume=resume,
        )
        self.seconds["train"] = time.perf_counter() - started
        self._fitted, self.part = Fitted(model), None
        if self.config.calibrate:
            started = time.perf_counter()
            model.decoder.forget()  # while the second model is trained
            trials = second_models(model, progress)
            self.seconds["calibrate"] = time.perf_counter() - started
            self._fitted = Fitted(model, trials)
        return self

    def embeddings(self) -> EmbeddingArray:
        """(n, d) float32 rows of length one (or zero) in the task's joint ids.

        float16 where the plan says that they would not fit into memory otherwise.
        """
        return self.fitted.model.embeddings

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

        With the setting `calibrate` links get probabilities: learned from how often the
        second models' links are correct, and what they look like of entities that are dangling.
        Where candidates are "unaligned", entities with the same IRI are links of probability 1, see
        `AlignmentTask.same_identifiers`, and so are those that somebody accepted
        (`AlignmentTask.accepted_links`).

        Args:
            pairs: names of graphs, two and two; all pairs if None.
            candidates: whose entities are queries and candidates, see `CandidateProtocol`;
                "unaligned" if None, and with `many` "all_entities", as one with a seed link may
                have another counterpart.
            matcher: name of a matcher that replaces the configured one.
            many: some entities are in a graph more than once: several may be linked to the same
                one, see `dualamn.matching.duplicates`. Without it, the matchers `mutual` and
                `one_to_one` link every entity once at most.
            progress: told of stages "search" and "match".

        Raises:
            ConfigError: an unknown graph or matcher, or `many` with one whose scores are no
                probabilities.
        """
        fitted, task = self.fitted, self.task
        chosen = task.kg_pairs if pairs is None else chosen_pairs(task, pairs)
        if self.part is not None:
            if (
                many
                or candidates not in (None, "unaligned")
                or matcher not in (None, self.config.matcher)
            ):
                raise ConfigError(
                    "a part of an aligner has the links that the whole one found, by its matcher "
                    "and among all entities without a seed link; others are found by the whole one"
                )
            found = self.part.chosen(chosen)
            return Alignment(task, found, "unaligned", self.config.matcher, config=self.config)
        matcher = matcher or self.config.matcher
        if many:
            check_many(matcher)
        if candidates is None:
            candidates = "all_entities" if many else "unaligned"
        linked = fitted.link(
            chosen,
            candidates,
            matcher,
            many=many,
            calibrate=self.config.calibrate,
            progress=progress,
        )
        alignment = self._as_alignment(linked, candidates, matcher)
        self._found = Found(alignment, many, linked.by_models)
        return alignment

    def update(
        self,
        growth: Growth,
        *,
        retrain: Retrain = "auto",
        progress: ProgressCallback = silent,
    ) -> Update:
        """Links of graphs that have changed, from those that were found before.

        What was learned stays: entities of before keep their embeddings, and a new one starts from
        its neighbours. A link of before gives way only where another one is ahead of it by a margin
        (`dualamn.updating.stability`), and where nothing has changed the links are the same.

        Args:
            growth: what has changed since.
            retrain: whether embeddings are trained on for a few epochs: "auto" where many sure
                links of before are no longer found.
            progress: told of training, search and matching.

        Returns:
            The links and what became of those of before. The aligner knows the graphs as they are
            now; where an update fails it is as it was.

        Raises:
            DataError: what has changed cannot be used, see `Growth`.
            DualamnError: nothing was fitted and aligned yet.
            ConfigError: `retrain` is none of these words, or this is a part (`slice`).
        """
        check_retrain(retrain)
        if self.part is not None:
            raise ConfigError("a part of an aligner cannot be updated; update the whole one")
        before, old_task = self._state(), self.task
        if before is None:
            raise DualamnError(
                "there are no links to update: call align() before update() or save(), or save "
                "again with dualamn align --save"
            )
        started = time.perf_counter()
        known = grown_by(old_task, growth, many=before.many)
        made = updated(self.fitted, self.config, before, known, retrain=retrain, progress=progress)
        self._fitted, self._found = made.fitted, None
        if made.linked is None:
            self._last = made.state
            nothing = Linked(made.state.pairs, made.state.calibration, made.state.found, {})
            alignment = self._as_alignment(nothing, before.protocol, before.matcher)
        else:
            alignment = self._as_alignment(made.linked, before.protocol, before.matcher)
            self._last = next_state(alignment, made.linked.by_models, made.state, known)
            alignment = replace(alignment, pairs=with_ids(alignment.pairs, self._last.pairs))
        return Update(
            alignment,
            self._last,
            before,
            old_task,
            known.grown.new_id,
            made.trained,
            made.missed,
            notes_on(made, known),
            time.perf_counter() - started,
        )

    def _as_alignment(
        self, linked: Linked, candidates: CandidateProtocol, matcher: str
    ) -> Alignment:
        """What the models of this aligner found."""
        calibration = linked.calibration
        if calibration is not None:
            spent = self.seconds.get("calibrate", 0.0) + linked.calibrate_seconds
            calibration = replace(calibration, seconds=spent)
        attributes = self.fitted.model.attributes
        return Alignment(
            self.task,
            linked.pairs,
            candidates,
            matcher,
            linked.seconds,
            saw_test_side=self.saw_test_side,
            used_names=attributes.has_weight,
            config=self.config,
            calibration=calibration,
            attributes=attributes,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the fitted task took no part in learning."""
        return self.fitted.model.notes + self.fitted.model.attributes.notes(self.task)

    @property
    def saw_test_side(self) -> bool:
        """Whether the model was told which entities the test links are about."""
        named = self._fitted is not None and self._fitted.model.attributes.named
        told = self.config.sees_test_side(named=named)
        return told and len(self.task.test_links) > 0

    def save(self, path: str | Path, alignment: Alignment | None = None) -> None:
        """Writes the trained aligner with its task to one file, for `load`.

        Links that were found are kept with it, so that an update knows what there was.

        Args:
            path: the file, replaced only once the new one is complete.
            alignment: the links that were written; of what `align` or `update` found last those
                that are likely if None, and none where neither was called.
        """
        from dualamn.graphs.aligner_file import write_aligner

        state = self.fitted.state() if self.part is None else self.part.state()
        storage = self.fitted.model.encoder.storage
        last = self._state(alignment)
        packed = None if last is None else pack(last)
        write_aligner(path, self.config, storage, self.task, state, packed)

    def with_ids(self, alignment: Alignment) -> Alignment:
        """The same links with the ids of links and clusters that updates keep.

        Args:
            alignment: what `align` or `update` found last, or links chosen of it.

        Raises:
            DualamnError: nothing was found yet.
        """
        state = self._state(alignment)
        if state is None:
            raise DualamnError("there are no links that could have ids: call align() first")
        return replace(alignment, pairs=with_ids(alignment.pairs, state.pairs))

    def _state(self, alignment: Alignment | None = None) -> AlignmentState | None:
        """The links that were found last, see `save`."""
        if self._found is None:
            last, least = self._last, None if alignment is None else alignment.least_probability
            if last is None or alignment is None or least in (None, last.least_probability):
                return last
            return chosen_anew(last, alignment)
        return self._found.state(alignment, self._last)

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

        config, storage, task, state, last = read_aligner(path)
        aligner = cls(config if device is None else replace(config, device=device))
        part = Part.taken(state)
        if part is not None:
            return aligner._with_part(task, part)
        aligner._fitted = Fitted.restored(task, aligner.config, storage, state)
        try:
            aligner._last = None if last is None else unpack(AlignmentState, last)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"the links in {path} were saved by another version, or are damaged: {error}"
            ) from None
        return aligner

    def save_embeddings(self, path: str | Path) -> Path:
        """Writes the embeddings as .npy, and whose they are as TSV beside it.

        Args:
            path: the .npy file, an (n, d) matrix, see `embeddings`.

        Returns:
            The TSV file: a header, then graph and entity of every row in order.
        """
        from dualamn.link_files.side_tables import write_embeddings

        return write_embeddings(self.task, self.embeddings(), path)
