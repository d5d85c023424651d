"""One model: fitted to a task, it finds links between its graphs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dualamn.attributes import Attributes, PseudoSeeds
from dualamn.bootstrap import Round, learn
from dualamn.config import AlignerConfig
from dualamn.decoding import Decoder
from dualamn.encoders import get_encoder
from dualamn.encoders.no_structure import NoStructure
from dualamn.evidence.distinguishable import Distinguishable
from dualamn.files.text import counted
from dualamn.graphs.reach import in_triples, structure_tells
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import EmbeddingArray, FloatArray, Int32Array, pair_keys
from dualamn.kernels.compute import threads, torch_device
from dualamn.kernels.memory import Storage
from dualamn.matching import configured_matcher
from dualamn.matching.duplicates import with_new_claims
from dualamn.matching.inertia import match_beside_earlier
from dualamn.matching.pairs import ScoredCandidates
from dualamn.matching.sinkhorn import Sinkhorn
from dualamn.probability.link_features import link_features
from dualamn.progress import Progress, ProgressCallback, within
from dualamn.result import CandidateProtocol, EarlierLinks, Matching, PairAlignment

if TYPE_CHECKING:
    from torch import Tensor

    from dualamn.attributes import PseudoSeeds
    from dualamn.encoders import Encoder

_WORTH_A_NOTE = 0.2  # share of entities in no triple, from which to say so
_PAIRS = "begun_with"  # pseudo-seeds in a saved state
_STRUCTURE = "structure_weight"  # see `Decoder`
_BY_CHANCE = "begun_with_by_chance"  # how probable it is that they mean nothing


@dataclass(frozen=True, eq=False)
class Model:
    """What was learned of a task.

    Attributes:
        task: the task.
        config: the settings.
        encoder: fitted.
        decoder: finds and scores candidates, by embeddings, names, values and evidence.
        pseudo_seeds: the pairs it began with beside seed links, or in their place.
        rounds: a report of every self-training round.
    """

    task: AlignmentTask
    config: AlignerConfig
    encoder: Encoder
    decoder: Decoder
    pseudo_seeds: PseudoSeeds | None = None
    rounds: tuple[Round, ...] = ()

    @property
    def attributes(self) -> Attributes:
        """What names and attribute values say beside structure."""
        return self.decoder.attributes

    @cached_property
    def embeddings(self) -> EmbeddingArray:
        """(n, d) rows of length one (or zero) in joint ids."""
        with threads(self.config.threads):
            return self.encoder.embeddings()

    def align(
        self,
        pairs: Sequence[tuple[int, int]],
        candidates: CandidateProtocol,
        matcher: str,
        *,
        many: bool = False,
        features: bool = False,
        earlier: EarlierLinks | None = None,
        progress: ProgressCallback,
    ) -> tuple[tuple[PairAlignment, ...], dict[str, float]]:
        """Links between pairs of graphs.

        Args:
            pairs: positions of two graphs each.
            candidates: whose entities are queries and candidates.
            matcher: name of the matcher.
            many: several entities may be linked to the same one, see `matching.duplicates`.
            features: keep what probabilities are read from.
            earlier: links that were found before graphs changed; evidence begins with them, and
                others have to be ahead of them by their margins.
            progress: told of stages "search" and "match".

        Returns:
            The links of every pair, and the seconds of both stages.
        """
        decide = configured_matcher(self.config, matcher)
        most = self.config.most_rounds(named=self.attributes.named)
        progress = within(progress, round=most + 1, rounds=most)
        embeddings = self.embeddings
        found: list[PairAlignment] = []
        seconds = {"search": 0.0, "match": 0.0}
        with threads(self.config.threads):
            for number, (left, right) in enumerate(pairs):
                near = self.decoder.find(
                    embeddings, left, right, candidates, progress, earlier=earlier
                )
                started = time.perf_counter()
                if earlier is None:
                    matching = decide.match(near.candidates)
                else:
                    config = self.config
                    fair = Sinkhorn(config.temperature, config.sinkhorn_rounds)
                    matching, near = match_beside_earlier(decide, near, earlier, fair)
                if many:
                    matching = with_new_claims(
                        matching, near.candidates, self.task, self.config.temperature
                    )
                if candidates != "test_only":  # where everybody has a counterpart
                    matching = self._with_reason(matching, near, earlier)
                pair = PairAlignment.of(left, right, matching, near.recall)
                if features:
                    ends = pair.links.astype(np.int64).T
                    names = self.task.entity_names
                    values = link_features(
                        pair.links,
                        near,
                        np.concatenate([kg.degrees for kg in self.task.kgs]),
                        self.config,
                        attributes=self.attributes.match_weight(*ends, names=1.0, values=1.0),
                        most_probable=1.0 if many else self._told_apart.most_probable(pair.links),
                        named=None if names is None else np.asarray(names != ""),
                        pseudo_seeds=self.pseudo_seeds,
                        many=many,
                        transport_plan=matching.transport_plan,
                    )
                    pair = replace(pair, features=values)
                del matching  # its transport plan is as large as the candidates
                found.append(pair)
                seconds["search"] += near.search_seconds
                seconds["match"] += near.evidence_seconds + time.perf_counter() - started
                progress(Progress("match", number + 1, len(pairs)))
        return tuple(found), seconds

    def _with_reason(
        self, matching: Matching, near: ScoredCandidates, earlier: EarlierLinks | None = None
    ) -> Matching:
        """Less the links that there is nothing for but a cosine, see `Decoder.has_reason`."""
        begun = np.zeros(len(matching.links), dtype=np.bool_)
        if self.pseudo_seeds is not None:
            begun = np.isin(pair_keys(matching.links), pair_keys(self.pseudo_seeds.links))
        kept = self.decoder.has_reason(matching.links, near, begun)
        if earlier is not None and earlier.stands is not None:
            kept |= np.isin(pair_keys(matching.links), pair_keys(earlier.links[earlier.stands]))
        kept &= ~self.decoder.ruled_out(matching.links)
        if self.pseudo_seeds is not None:
            same = self.pseudo_seeds.links[: self.pseudo_seeds.shared]  # by the same IRI
            kept |= np.isin(pair_keys(matching.links), pair_keys(same))
        return replace(matching, links=matching.links[kept], scores=matching.scores[kept])

    @cached_property
    def _told_apart(self) -> Distinguishable:
        known = self.task.seed_links
        if self.pseudo_seeds is not None:
            known = np.concatenate([known, self.pseudo_seeds.links])
        return Distinguishable.of(self.task, known, self.attributes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What structure says nothing of."""
        if isinstance(self.encoder, NoStructure):
            return (
                "structure takes no part: no triple leads from known pairs to other entities of "
                "both graphs",
            )
        alone = ~in_triples(self.task)
        if alone.mean() < _WORTH_A_NOTE:
            return ()
        return (
            f"{int(alone.sum()):,} of {counted(len(alone), 'entity', 'entities')} are in no triple "
            "with another: only names and values say something of them",
        )

    def state(self) -> dict[str, Tensor]:
        """What was learned, enough for `restored` with the same task and settings."""
        import torch

        state = self.encoder.state() | self.attributes.state()
        state[_STRUCTURE] = torch.tensor(self.decoder.structure_weight, dtype=torch.float64)
        if self.pseudo_seeds is not None:
            state[_PAIRS] = torch.from_numpy(self.pseudo_seeds.links)
            state[_BY_CHANCE] = torch.from_numpy(self.pseudo_seeds.chance)
        return state


def fit(
    task: AlignmentTask,
    config: AlignerConfig,
    storage: Storage,
    meaning: FloatArray | None = None,
    *,
    weights_of: Model | None = None,
    progress: ProgressCallback,
    checkpoint: Path | None = None,
    resume: bool = False,
) -> Model:
    """Fits a model to a task's seed links, or to pairs that names and values find in their place.

    Args:
        task: the graphs and their seed links.
        config: the settings.
        storage: where embeddings are made.
        meaning: (n, d) rows of the model of names, where they are known already.
        weights_of: whose weights of names, values and structure are taken, and not learned.
        progress, checkpoint, resume: see `Aligner.fit`.

    Raises:
        TrainingError, CheckpointError: see `Aligner.fit`.
    """
    attributes = Attributes.of(task, config, meaning)
    if weights_of is not None:
        attributes.take_weights(weights_of.attributes)
    pseudo_seeds = attributes.start(task)
    known = task.seed_links if pseudo_seeds is None else pseudo_seeds.links
    encoder = make_encoder(task, config, storage, known)
    decoder = Decoder(task, config, attributes)
    with threads(config.threads):
        rounds = learn(
            encoder,
            decoder,
            pseudo_seeds,
            structure_weight=None if weights_of is None else weights_of.decoder.structure_weight,
            progress=progress,
            checkpoint=checkpoint,
            resume=resume,
        )
    return Model(task, config, encoder, decoder, pseudo_seeds, rounds)


def restored(
    task: AlignmentTask,
    config: AlignerConfig,
    storage: Storage,
    state: dict[str, Tensor],
    meaning: FloatArray | None = None,
) -> Model:
    """The model that gave this `state`.

    Raises:
        CheckpointError: the state is of another task or of other settings.
    """
    state = dict(state)
    links, chance = state.pop(_PAIRS, None), state.pop(_BY_CHANCE, None)
    weight = state.pop(_STRUCTURE, None)
    attributes = Attributes.of(task, config, meaning)
    attributes.load_state(state)
    encoder = make_encoder(
        task, config, storage, task.seed_links if links is None else links.numpy()
    )
    encoder.load_state(state)
    pseudo_seeds = None
    if links is not None:  # older files know no chance: names count for nothing then
        by_chance = np.ones(len(links), np.float32) if chance is None else chance.numpy()
        pseudo_seeds = PseudoSeeds(links.numpy(), by_chance)
    decoder = Decoder(task, config, attributes)
    if weight is not None:
        decoder.structure_weight = float(weight)
    return Model(task, config, encoder, decoder, pseudo_seeds)


def make_encoder(
    task: AlignmentTask, config: AlignerConfig, storage: Storage, known: Int32Array
) -> Encoder:
    """The configured encoder, or none where triples lead nowhere from (m, 2) known links."""
    encoder: Encoder
    if structure_tells(task, known):
        with threads(config.threads):
            encoder = get_encoder(config.encoder)(task, config, torch_device(config.device))
    else:
        encoder = NoStructure(task)
    encoder.storage = storage
    return encoder
