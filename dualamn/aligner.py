"""The whole flow: a task in, embeddings, candidates, links out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dualamn.alignment import Alignment, PairAlignment, Protocol
from dualamn.arrays import FloatArray, Int32Array
from dualamn.config import AlignerConfig, Device
from dualamn.decoding import Decoder, Found
from dualamn.encoders import get_encoder
from dualamn.errors import ConfigError, DualamnError, TrainingError
from dualamn.matching import BY_PROBABILITY, Matcher, check_many, get_matcher
from dualamn.names.model import embed_names, kind_of_model
from dualamn.names.own_seeds import find_own_seeds
from dualamn.planning import Plan, plan
from dualamn.presets import DEFAULT_PRESET
from dualamn.progress import Progress, ProgressCallback, silent
from dualamn.task import AlignmentTask
from dualamn.values.own_seeds import find_seeds_by_value

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from dualamn.encoders.base import Encoder
    from dualamn.matching import Matching
    from dualamn.names import NameSimilarity, OwnSeeds
    from dualamn.probability.calibration import Method
    from dualamn.search import Candidates
    from dualamn.training.bootstrap import Turn
    from dualamn.values import ValueSimilarity

_SECOND = "second/"  # in front of the names of the second model's state, in a saved aligner
_HELD_OUT = "held_out"  # what that model did not see


class Aligner:
    """Learns to align the graphs of a task, and finds links between them.

    Args:
        config: all settings, or the name of a preset such as "best"; the preset `balanced` if
            None.
        overrides: single settings that replace those of `config`, as in `Aligner(epochs=20)`.

    Attributes:
        config: the settings; `fit` narrows embeddings that do not fit into memory.
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
        self._matcher(self.config.matcher)
        if self.config.names_model is not None:
            kind_of_model(self.config.names_model)
        self.seconds: dict[str, float] = {}
        self.turns: tuple[Turn, ...] = ()
        self.held_out: Int32Array = np.empty((0, 2), dtype=np.int32)
        self.plan: Plan | None = None
        self._second: Aligner | None = None
        self._keeps_features = self.config.calibrate
        self._task: AlignmentTask | None = None
        self._encoder: Encoder | None = None
        self._embeddings: FloatArray | None = None
        self._names: NameSimilarity | None = None
        self._meaning: FloatArray | None = None  # of an aligner that has the same names already
        self._values: ValueSimilarity | None = None
        self.own_seeds: OwnSeeds | None = None

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
        from dualamn.training.bootstrap import learn

        started = time.perf_counter()
        self.plan = plan(task, self.config)
        self.config = self.plan.config
        names = self._read_names(task)
        values = self._read_values(task)
        own = None if len(task.seed_links) else self._find_seeds(task, names, values)
        if names is not None and own is None:
            names.weigh(task.seed_links)
        if values is not None and own is None:
            values.weigh(task.seed_links, names)
        encoder = self._make_encoder(task)
        with _threads(self.config.threads):
            turns = learn(
                encoder,
                task,
                self.config,
                names,
                own,
                values,
                progress=progress,
                checkpoint=None if checkpoint is None else Path(checkpoint),
                resume=resume,
            )
            self.turns = tuple(turns)
        self._task, self._encoder, self._embeddings = task, encoder, None
        self._names, self._values, self.own_seeds = names, values, own
        self.seconds["train"] = time.perf_counter() - started
        if self.config.calibrate:
            self._prepare_calibration()
            if self._second is not None:
                self._second.fit(self._second_task, progress=progress)
                self.seconds["calibrate"] = self._second.seconds["train"]
        return self

    def _prepare_calibration(self) -> None:
        """Holds out seed links, or pairs found by name, and makes the model that sees none."""
        from dualamn.probability.held_out import hide_names, hold_out

        if self.own_seeds is None:
            self._second_task, self.held_out = hold_out(self.task, self.config.seed)
        else:
            own, seed = self.own_seeds.links, self.config.seed
            self._second_task, self.held_out = hide_names(self.task, own, seed)
        self._make_second()

    def _make_second(self) -> None:
        """A model that learns as this one does, where links were held out to judge it by."""
        self._second = None
        if len(self.held_out):
            self._second = Aligner(replace(self.config, calibrate=False))
            self._second._keeps_features = True
            meaning = None if self._names is None else self._names.meaning
            if meaning is not None and not len(self.task.seed_links):
                meaning = meaning.copy()
                meaning[self.held_out] = 0  # as of entities without a name
            self._second._meaning = meaning

    def embeddings(self) -> FloatArray:
        """(n, d) float32 rows of length one (or zero) in the task's joint ids."""
        if self._embeddings is None:
            self.task  # noqa: B018  raises if nothing was fitted
            assert self._encoder is not None
            with _threads(self.config.threads):
                self._embeddings = self._encoder.embeddings()
        return self._embeddings

    def align(
        self,
        *,
        pairs: Sequence[tuple[str, str]] | None = None,
        candidates: Protocol | None = None,
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
                one, see `dualamn.matching.many`. Without it, the matchers `mutual` and
                `one_to_one` link every entity once at most.
            progress: told of stages "search" and "match".

        Raises:
            ConfigError: an unknown graph or matcher, or `many` with one whose scores are no
                probabilities.
        """
        task = self.task
        chosen = task.kg_pairs if pairs is None else self._pairs(pairs)
        matcher = matcher or self.config.matcher
        decide = self._matcher(matcher)
        if many:
            check_many(matcher)
        if candidates is None:
            candidates = "all_entities" if many else "unaligned"
        decoder = Decoder(task, self.config, self._names, self._values)
        embeddings = self.embeddings()
        found: list[PairAlignment] = []
        seconds = {"search": 0.0, "match": 0.0}
        with _threads(self.config.threads):
            for number, (left, right) in enumerate(chosen):
                near = decoder.find(embeddings, left, right, candidates, progress)
                started = time.perf_counter()
                matching = decide.match(near.candidates)
                if many:
                    matching = self._with_claims(matching, near.candidates)
                found.append(
                    PairAlignment(
                        left,
                        right,
                        matching.links,
                        matching.scores,
                        matching.left_to_right,
                        matching.right_to_left,
                        features=self._features(matching.links, near, many=many),
                    )
                )
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
            used_names=(self._names is not None and bool(self._names.weights)) or self._values_tell,
            config=self.config,
        )
        return self._calibrated(alignment, many, progress) if self.config.calibrate else alignment

    def _with_claims(self, matching: Matching, candidates: Candidates) -> Matching:
        """The links and a link for every claim, less seed links and blank nodes."""
        from dualamn.matching.many import with_claims

        wide = with_claims(matching, candidates, self.config.temperature)
        seeds, n = self.task.seed_links.astype(np.int64), self.task.n_entities
        keys = wide.links[:, 0].astype(np.int64) * n + wide.links[:, 1]
        new = ~np.isin(keys, seeds[:, 0] * n + seeds[:, 1])
        new &= ~self.task.is_blank[wide.links].any(axis=1)
        return replace(wide, links=wide.links[new], scores=wide.scores[new])

    def _features(self, links: Int32Array, found: Found, *, many: bool) -> FloatArray | None:
        if not self._keeps_features:
            return None
        from dualamn.probability.features import link_features

        return link_features(
            links,
            found.cosines(links),
            found.candidates,
            np.concatenate([kg.degrees for kg in self.task.kgs]),
            temperature=self.config.temperature,
            rounds=self.config.sinkhorn_rounds,
            many=many,
        )

    def _calibrated(
        self, alignment: Alignment, many: bool, progress: ProgressCallback
    ) -> Alignment:
        """The alignment with probabilities, from the links of the second model."""
        from dualamn.probability.calibration import calibrate, judge_by
        from dualamn.probability.held_out import uncontradicted

        started = time.perf_counter()
        names = [(self.task.kg_names[p.left], self.task.kg_names[p.right]) for p in alignment.pairs]
        trial = alignment.pairs
        if self._second is not None:
            trial = self._second.align(
                pairs=names,
                candidates=alignment.protocol,
                matcher=alignment.matcher,
                many=many,
                progress=progress,
            ).pairs
        judged = []
        seeded = len(self.task.seed_links) > 0
        for pair, own in zip(trial, alignment.pairs, strict=True):
            assert pair.features is not None
            between = self.task.links_between(self.held_out, pair.left, pair.right)
            if not seeded:
                between = uncontradicted(between, own.links)
            judged.append(judge_by(pair.links, pair.features, between, many=many))
        seconds = self.seconds.get("calibrate", 0.0) + time.perf_counter() - started
        method: Method = "held-out" if seeded else "agreement"
        calibration = calibrate(names, judged, method=method, seconds=seconds)
        pairs = []
        for pair, made_by in zip(alignment.pairs, calibration.pairs, strict=True):
            assert pair.features is not None
            pairs.append(replace(pair, probabilities=made_by.predict(pair.features)))
        return replace(alignment, pairs=tuple(pairs), calibration=calibration)

    @property
    def saw_test_side(self) -> bool:
        """Whether the model was told which entities the test links are about."""
        config = self.config
        return (
            (
                config.evidence_first
                or config.turns(named=self._names is not None or self._values_tell) > 0
            )
            and config.bootstrap_candidates == "test_only"
            and len(self.task.test_links) > 0
        )

    @property
    def _values_tell(self) -> bool:
        return self._values is not None and self._values.tell

    def save(self, path: str | Path) -> None:
        """Writes the trained aligner with its task to one file, for `load`."""
        from dualamn.saving import write_aligner

        write_aligner(path, self.config, self.task, self._state())

    def _state(self) -> dict[str, Tensor]:
        """What was learned, the second model included."""
        import torch

        assert self._encoder is not None
        state = self._encoder.state()
        if self._names is not None:
            state |= {f"names/{k}": v for k, v in self._names.state().items()}
        if self._values is not None:
            state |= {f"values/{k}": v for k, v in self._values.state().items()}
        if self._second is not None:
            state |= {f"{_SECOND}{k}": v for k, v in self._second._state().items()}
            state[_HELD_OUT] = torch.from_numpy(self.held_out)
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
        from dualamn.saving import read_aligner

        config, task, state = read_aligner(path)
        aligner = cls(config if device is None else replace(config, device=device))
        aligner._restore(task, state)
        return aligner

    def _restore(self, task: AlignmentTask, state: dict[str, Tensor]) -> None:
        """Takes back what `_state` gave."""
        state = dict(state)
        held_out = state.pop(_HELD_OUT, None)
        second, learned, of_values = (
            {k.removeprefix(prefix): state.pop(k) for k in list(state) if k.startswith(prefix)}
            for prefix in (_SECOND, "names/", "values/")
        )
        encoder = self._make_encoder(task)
        encoder.load_state(state)
        self._task, self._encoder = task, encoder
        names = self._read_names(task)
        if names is not None:
            names.load_state(learned)
            self._names = names
        values = self._read_values(task)
        if values is not None:
            values.load_state(of_values)
            self._values = values
        if held_out is not None and not len(task.seed_links):
            from dualamn.probability.held_out import unnamed

            self.held_out = held_out.numpy()
            self._second_task = unnamed(task, self.held_out)
            self._make_second()
        elif self.config.calibrate:
            self._prepare_calibration()
        if self._second is not None:
            self._second._restore(self._second_task, second)

    def save_embeddings(self, path: str | Path) -> Path:
        """Writes the embeddings as .npy, and whose they are as TSV beside it.

        Args:
            path: the .npy file, an (n, d) float32 matrix.

        Returns:
            The TSV file: a header, then graph and entity of every row in order.
        """
        from dualamn.writers.embeddings import write_embeddings

        return write_embeddings(self.task, self.embeddings(), path)

    def _matcher(self, name: str) -> Matcher:
        config = self.config
        settings: dict[str, Any] = {}
        if name == "csls":
            settings = {"k": config.csls_k}
        elif name in BY_PROBABILITY:
            settings = {"temperature": config.temperature, "rounds": config.sinkhorn_rounds}
        return get_matcher(name, **settings)

    def _read_names(self, task: AlignmentTask) -> NameSimilarity | None:
        """The names of a task's entities, None where they take no part."""
        config = self.config
        if config.names == "off":
            return None
        if task.entity_names is None:
            if config.names_model is not None:
                raise ConfigError(
                    f"names_model compares names, and the graphs of {task.name} have none"
                )
            return None
        from dualamn.names import NameSimilarity

        meaning = self._meaning
        if meaning is None and config.names_model is not None:
            with _threads(config.threads):
                meaning = embed_names(
                    config.names_model, task.entity_names, device=_device(config.device).type
                )
        return NameSimilarity(
            task.entity_names,
            task.source_of,
            width=config.names_dim,
            seed=config.seed,
            meaning=meaning,
        )

    def _read_values(self, task: AlignmentTask) -> ValueSimilarity | None:
        """The attribute values of a task's entities, None where they take no part."""
        described = sum(kg.literals is not None for kg in task.kgs)
        if self.config.values == "off" or described < 2:
            return None
        from dualamn.values import ValueSimilarity

        return ValueSimilarity(task, seed=self.config.seed)

    def _find_seeds(
        self,
        task: AlignmentTask,
        names: NameSimilarity | None,
        values: ValueSimilarity | None,
    ) -> OwnSeeds:
        """Pairs to begin with for a task without seed links.

        Raises:
            TrainingError: names and values find none, or take no part.
        """
        from dualamn.names import OwnSeeds

        if names is None and values is None:
            lacks = "names are off" if task.entity_names is not None else "its graphs have no names"
            raise TrainingError(
                f"{task.name} has no seed links to learn from, and {lacks} to find some by: give "
                "some known pairs of entities, or names for the entities of both graphs"
            )
        own = OwnSeeds(np.empty((0, 2), dtype=np.int32), 0, 0)
        if names is not None:
            own = find_own_seeds(task, names)
        if values is not None:
            own = own.with_values(find_seeds_by_value(task, values.facts))
        if not len(own.links):
            what = "names" if values is None else "values" if names is None else "names or values"
            raise TrainingError(
                f"{task.name} has no seed links to learn from, and no two {what} in it are near "
                "enough to begin with: give some known pairs of entities"
            )
        return own

    def _make_encoder(self, task: AlignmentTask) -> Encoder:
        factory = get_encoder(self.config.encoder)
        with _threads(self.config.threads):
            return factory(task, self.config, _device(self.config.device))

    def _pairs(self, names: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
        known = self.task.kg_names
        chosen: list[tuple[int, int]] = []
        for pair in names:
            for name in pair:
                if name not in known:
                    raise ConfigError(
                        f"there is no knowledge graph {name!r}, the task has {', '.join(known)}"
                    )
            left, right = sorted(known.index(name) for name in pair)
            if left == right:
                raise ConfigError(f"a pair needs two different graphs, got {pair[0]!r} twice")
            if (left, right) not in chosen:
                chosen.append((left, right))
        return chosen


def _device(setting: Device) -> torch.device:
    import torch

    if setting == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "device is cuda, but torch sees no GPU: use device auto or cpu, or install a CUDA "
            "build of torch"
        )
    if setting == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(setting)


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Runs the block on a number of threads and puts the caller's setting back afterwards."""
    if count is None:
        yield
        return
    import faiss
    import torch

    before = torch.get_num_threads(), faiss.omp_get_max_threads()
    torch.set_num_threads(count)
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        faiss.omp_set_num_threads(before[1])
