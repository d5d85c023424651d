"""Seed links that look wrong, entities that nothing tells apart, and links that a name gives away.

A wrong seed link is learned like a correct one, so no model can judge what it learned from. Seed
links are therefore held out in turn: a model of the others scores those that it did not see, beside
pairs that are known to be incorrect: the same entities at random, and with their rivals.

Nobody says which links are wrong, so two kinds are told apart without that (expectation
maximisation, Dempster et al., JRSS B 1977): seed links are a mixture of correct links and of wrong
ones, which look like incorrect pairs. With f1 and f0 for how often correct links and incorrect
pairs look as one does, and a share w of wrong ones, it is correct with probability
(1 - w) f1 / ((1 - w) f1 + w f0). The ratio f1 / f0 is that of a logistic regression in which every
seed link counts as much as it is probable, and so do its rivals, since that of a wrong link may be
correct; w is twice the share of seed links below the median of incorrect pairs (Storey, "A direct
approach to false discovery rates", JRSS B 2002).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dualamn.aligner import Aligner
from dualamn.alignment import Alignment
from dualamn.attributes import Attributes
from dualamn.config import AlignerConfig, PresetName
from dualamn.errors import ConfigError, DataError
from dualamn.evidence.distinguishable import Distinguishable
from dualamn.explain.called import called, local_name
from dualamn.explain.reasons import CommonStatements
from dualamn.files.text import counted
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import (
    Floats,
    Int32Array,
    IntArray,
    components,
    find,
    keys_of,
    no_links,
    pair_keys,
    strings,
)
from dualamn.kernels.logistic import fit_logistic, log_odds_of, logistic
from dualamn.link_files.table import Table
from dualamn.matching import configured_matcher
from dualamn.matching.pairs import PairScores, ScoredCandidates, best_other
from dualamn.model import Model
from dualamn.probability.holdout import FEWEST, Holdout
from dualamn.progress import ProgressCallback, silent, within
from dualamn.result import PairAlignment

FOLDS = 5
"""Parts that the seed links are judged in."""

SUSPECT = 0.5
"""Seed links that are less probable than this are suspects."""

_INCORRECT = 4  # pairs beside every seed link: two at random, and one with each rival
_FAR = 20.0  # a lead over rivals, in temperatures, beyond which it says no more
_FEATURES = 4
_DOUBT = 0.1  # how firmly a feature is expected to say nothing, in links
_TURNS = 15  # of expectation maximisation
_NONE = -1


@dataclass(frozen=True)
class Ceiling:
    """How many entities of a graph nothing tells apart.

    Attributes:
        graph: its name.
        entities: those that have no seed link.
        alike: of these, how many share statements, name and values with another one.
        most: the share of these that any method can link correctly, better than by chance.
    """

    graph: str
    entities: int
    alike: int
    most: float


@dataclass(frozen=True)
class Leaks:
    """How many known links of two graphs a name or an identifier gives away.

    Attributes:
        left, right: names of the graphs.
        links: seed, validation and test links.
        same_name: of these, how many join entities of the same name, whatever its letter case.
        same_identifier: how many join entities whose identifiers have the same last part.
    """

    left: str
    right: str
    links: int
    same_name: int
    same_identifier: int


@dataclass(frozen=True, eq=False)
class Audit:
    """What an audit found.

    >>> import dualamn
    >>> ends = [(i, (i * i + shift) % 60) for i in range(60) for shift in (1, 7)]
    >>> graphs = {kg: [(f"{kg}{x}", "knows", f"{kg}{y}") for x, y in ends] for kg in "ab"}
    >>> known = [(f"a{i}", f"b{i}") for i in range(20)]
    >>> known[4], known[9] = ("a4", "b9"), ("a9", "b4")
    >>> found = dualamn.audit(dualamn.as_task(graphs, known), folds=2)
    >>> found.leaks[0]
    Leaks(left='a', right='b', links=20, same_name=0, same_identifier=0)

    Attributes:
        links: (s, 2) int32 joint ids of all seed links, the most suspect first.
        probabilities: (s,) float64 how probable it is that each is correct.
        rivals: (s, 2) int32 who fits the other end best in place of either entity; -1 for nobody.
        scores: (s,) float64 log f1 / f0, see the module, by which they are ranked.
        wrong_share: the share of the seed links that is wrong, by their probabilities.
        ceilings: of every graph.
        leaks: of every two graphs that have links.
        shared: (k, 3) int64 for each suspect the statements that its ends share, that the left
            rival shares with the right end, and the right rival with the left end.
        task: that was audited.
    """

    links: Int32Array
    probabilities: Floats
    rivals: Int32Array
    scores: Floats
    wrong_share: float
    ceilings: tuple[Ceiling, ...]
    leaks: tuple[Leaks, ...]
    shared: IntArray
    task: AlignmentTask = field(repr=False)

    @property
    def n_suspects(self) -> int:
        """How many seed links are suspects; they come first."""
        return len(self.shared)

    def suspects(self) -> Table:
        """The suspects with their rivals and reasons, the least probable first.

        Columns are those of a links file, left_source, left, right_source, right and probability,
        then left_rival and right_rival, who fits better in place of either; shared,
        left_rival_shared and right_rival_shared, statements in common; and reason.
        """
        task, n = self.task, self.n_suspects
        links = self.links[:n]
        names = strings(task.kg_names)[task.source_of[links]] if n else np.empty((0, 2), object)
        rival = [
            strings("" if at < 0 else str(task.identifiers(at)) for at in self.rivals[:n, side])
            for side in (0, 1)
        ]
        return Table(
            {
                "left_source": names[:, 0],
                "left": task.identifiers(links[:, 0]),
                "right_source": names[:, 1],
                "right": task.identifiers(links[:, 1]),
                "probability": self.probabilities[:n],
                "left_rival": rival[0],
                "right_rival": rival[1],
                "shared": self.shared[:, 0],
                "left_rival_shared": self.shared[:, 1],
                "right_rival_shared": self.shared[:, 2],
                "reason": strings(self._reason(at) for at in range(n)),
            }
        )

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        table = self.suspects()
        rows = zip(*(column.tolist() for column in table.columns.values()), strict=True)
        return {
            "seed_links": len(self.links),
            "wrong_share": self.wrong_share,
            "suspects": [dict(zip(table.columns, row, strict=True)) for row in rows],
            "ceilings": [vars(one) for one in self.ceilings],
            "leaks": [vars(one) for one in self.leaks],
        }

    def without_suspects(self) -> AlignmentTask:
        """The task without the seed links that are suspects."""
        doubted = pair_keys(self.links[: self.n_suspects])
        kept = ~np.isin(pair_keys(self.task.seed_links), doubted)
        return replace(self.task, seed_links=self.task.seed_links[kept])

    def _reason(self, at: int) -> str:
        own, *of_rivals = self.shared[at].tolist()
        words = [f"they share {counted(own, 'statement')}"]
        for side, count in enumerate(of_rivals):
            rival = int(self.rivals[at, side])
            if rival >= 0:
                other = called(self.task, int(self.links[at, 1 - side]))
                rival_name = called(self.task, rival)
                words.append(f"{rival_name} shares {count} with {other}")
        return "; ".join(words)


def audit(
    task: AlignmentTask,
    preset: PresetName | AlignerConfig = "fast",
    *,
    folds: int = FOLDS,
    suspect: float = SUSPECT,
    seed: int = 0,
    progress: ProgressCallback = silent,
) -> Audit:
    """Judges every seed link by a model that did not see it.

    Test and validation links are counted in `Audit.leaks`, and take part in nothing else.

    >>> import dualamn
    >>> ends = [(i, (i * i + shift) % 60) for i in range(60) for shift in (1, 7)]
    >>> graphs = {kg: [(f"{kg}{x}", "knows", f"{kg}{y}") for x, y in ends] for kg in "ab"}
    >>> known = [(f"a{i}", f"b{i}") for i in range(20)]
    >>> known[4], known[9] = ("a4", "b9"), ("a9", "b4")
    >>> found = dualamn.audit(dualamn.as_task(graphs, known), folds=2)
    >>> sorted(found.suspects().columns["left"][:2].tolist())
    ['a4', 'a9']

    Args:
        task: the graphs and their seed links.
        preset: of the models, or all their settings.
        folds: parts of the seed links, each judged by a model of the others.
        suspect: links less probable than this are suspects.
        seed: of the parts, the models and the links at random.
        progress: told of training and search, with the number of the model.

    Raises:
        ConfigError: fewer than two folds, `suspect` is no probability, or as `Aligner`.
        DataError: too few seed links to judge one by the others.
    """
    if folds < 2:
        raise ConfigError(f"folds is {folds}: seed links are judged by others in 2 parts or more")
    if not 0 <= suspect <= 1:
        raise ConfigError(f"suspect is {suspect}, and has to be a probability from 0 to 1")
    seeds = task.seed_links
    if len(seeds) < max(FEWEST, folds):
        raise DataError(
            f"{counted(len(seeds), 'seed link')}: an audit needs {max(FEWEST, folds)} or more, to "
            "judge some by the others"
        )
    aligner = Aligner(preset, seed=seed, calibrate=False, bootstrap_candidates="unaligned")
    blind = replace(task, test_links=no_links(), valid_links=no_links())
    rng = np.random.default_rng(seed)
    part_of = _parts(task, folds, rng)
    own, random = np.zeros((len(seeds), _FEATURES)), np.zeros((_INCORRECT, len(seeds), _FEATURES))
    rivals = np.full((len(seeds), 2), _NONE, dtype=np.int32)
    judges = []
    for part in range(folds):
        held = part_of == part
        if not held.any():
            continue
        trial = Holdout.made(blind, seeds[held], no_links(), _NOBODY, part, no_links()).task
        trial = replace(trial, test_links=no_links())
        told = within(progress, model=part + 1, models=folds)
        model = Aligner(aligner.config).fit(trial, progress=told).fitted.model
        for left, right in task.kg_pairs:
            at = np.flatnonzero(held & task.are_between(seeds, left, right))
            if not len(at):
                continue
            judge = _Judge.of(model, left, right, told)
            own[at], rivals[at] = judge.features(seeds[at]), judge.rivals(seeds[at])
            incorrect = [_at_random(seeds[at], rng) for _ in range(2)]
            for side in (0, 1):  # the rival in place of one end; else anyone
                found = incorrect[side].copy()
                there = rivals[at, side] >= 0
                found[there] = seeds[at][there]
                found[there, side] = rivals[at, side][there]
                incorrect.append(found)
            for turn, links in enumerate(incorrect):
                random[turn, at] = judge.features(links)
            judges.append((at, judge.evidence()))
        model.decoder.forget()
    scores, probabilities, wrong = _judged(own, random)
    order = np.lexsort((pair_keys(seeds), scores))
    doubted = order[: int((probabilities < suspect).sum())]
    shared = np.zeros((len(seeds), 3), dtype=np.int64)
    is_doubted = np.isin(np.arange(len(seeds)), doubted)
    for at, common in judges:
        for link in at[is_doubted[at]].tolist():
            (x, y), (other_x, other_y) = seeds[link].tolist(), rivals[link].tolist()
            asked = (x, y), (other_x, y), (x, other_y)
            shared[link] = [len(common.between(*pair)) if min(pair) >= 0 else 0 for pair in asked]
    return Audit(
        seeds[order],
        probabilities[order],
        rivals[order],
        scores[order],
        wrong,
        _ceilings(blind, aligner.config),
        _leaks(task),
        shared[doubted],
        task,
    )


_NOBODY = np.empty(0, dtype=np.int32)


@dataclass(frozen=True, eq=False)
class _Judge:
    """One model's candidates between two graphs."""

    model: Model
    near: ScoredCandidates
    score: PairScores
    left: int
    right: int

    @classmethod
    def of(cls, model: Model, left: int, right: int, progress: ProgressCallback) -> _Judge:
        found = model.embeddings, left, right
        near = model.decoder.find(*found, "all_entities", progress)
        return cls(model, near, model.decoder.scores_of(*found), left, right)

    def features(self, links: Int32Array) -> Floats:
        """(m, 4) score, evidence, and the lead of both over the rivals of either end."""
        near, scale = self.near, self.model.config.temperature
        final = near.pairs.scores if near.final is None else near.final
        keys = keys_of(*(links.astype(np.int64) - near.offsets).T)
        table = near.pairs.extended(np.unique(keys), self.score)
        place, known = find(near.pairs.keys, table.keys)
        total = np.where(known, final[place], table.scores) if len(final) else table.scores
        place, _ = find(table.keys, keys)
        leads = [
            np.clip(
                (total[place] - best_other(ends, total, int(ends.max()) + 1, place)) / scale,
                -_FAR,
                _FAR,
            )
            for ends in (table.rows, table.columns)
        ]
        score = table.scores[place] / scale
        return np.stack([score, total[place] / scale - score, *leads], axis=1)

    def rivals(self, links: Int32Array) -> Int32Array:
        """(m, 2) the best other left entity of the right end, and right entity of the left end."""
        pairs = self.near.pairs
        final = pairs.scores if self.near.final is None else self.near.final
        ends = pairs.rows + self.near.offsets[0], pairs.columns + self.near.offsets[1]
        is_link = np.isin(pairs.keys, keys_of(*(links.astype(np.int64) - self.near.offsets).T))
        found = np.full((len(links), 2), _NONE, dtype=np.int32)
        for side in (0, 1):
            asked, other = ends[1 - side], ends[side]
            at = np.flatnonzero(np.isin(asked, links[:, 1 - side]) & ~is_link)
            at = at[np.lexsort((other[at], -final[at], asked[at]))]
            entities, first = np.unique(asked[at], return_index=True)
            if len(entities):
                place, here = find(entities, links[:, 1 - side].astype(np.int64))
                found[here, side] = other[at[first[place[here]]]]
        return found

    def evidence(self) -> CommonStatements:
        """The statements that any two entities share by the links that the model knows or finds."""
        task, config = self.model.task, self.model.config
        matching = configured_matcher(config).match(self.near.candidates)
        pair = PairAlignment.of(self.left, self.right, matching, self.near.recall)
        found = Alignment(task, (pair,), "all_entities", config.matcher, config=config)
        return CommonStatements(found, pair)


def _parts(task: AlignmentTask, folds: int, rng: np.random.Generator) -> IntArray:
    """(s,) the part of every seed link; those that follow from each other are in one."""
    cluster = components(task.seed_links, task.n_entities)[task.seed_links[:, 0]]
    _, number = np.unique(cluster, return_inverse=True)
    drawn = rng.permutation(int(number.max()) + 1) % folds
    return np.asarray(drawn[number], dtype=np.int64)


def _at_random(links: Int32Array, rng: np.random.Generator) -> Int32Array:
    """The same entities, each linked to that of another link."""
    order = rng.permutation(len(links))
    mixed = links[order].copy()
    mixed[:, 1] = np.roll(mixed[:, 1], 1)
    back = np.empty_like(mixed)
    back[order] = mixed
    return back


def _judged(own: Floats, random: Floats) -> tuple[Floats, Floats, float]:
    """(s,) log f1 / f0 and probability of every seed link, and the share that is wrong."""
    rows = np.concatenate([own, random.reshape(-1, _FEATURES)])
    spread = rows.std(axis=0)
    rows = (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, 1)
    n, none = len(own), np.zeros(_FEATURES + 1)
    is_seed = np.arange(len(rows)) < n
    doubt = np.array([0.0] + [_DOUBT] * _FEATURES)
    probability, wrong = np.full(n, 0.5), 0.5
    for turn in range(_TURNS):
        beside = np.tile(probability, len(random))  # a rival of a wrong link may be correct
        beside[: 2 * n] = 1
        weights = np.concatenate([probability, beside * (probability.sum() / beside.sum())])
        odds = log_odds_of(rows, fit_logistic(rows, is_seed, weights, none, doubt))
        if not turn:  # the odds are f / f0 as yet: begin with the lowest share w as wrong
            below = int((odds[:n] < np.median(odds[n:])).sum())
            wrong = min(2 * (below + 0.5) / (n + 1), 0.99)
            probability = (odds[:n] > np.quantile(odds[:n], wrong)).astype(np.float64)
            continue
        probability = logistic(odds[:n] + np.log((1 - wrong) / wrong))
    return odds[:n], probability, float(1 - probability.mean())


def _ceilings(task: AlignmentTask, config: AlignerConfig) -> tuple[Ceiling, ...]:
    size = Distinguishable.of(task, task.seed_links, Attributes.of(task, config)).class_size
    asked = task.is_linkable.copy()
    asked[task.seed_links] = False
    found = []
    for number, kg in enumerate(task.kgs):
        own = task.entity_range(number)
        own_size = size[own[asked[own]]]
        most = float((1 / own_size).mean()) if len(own_size) else 1.0
        found.append(Ceiling(kg.name, len(own_size), int((own_size > 1).sum()), most))
    return tuple(found)


def _leaks(task: AlignmentTask) -> tuple[Leaks, ...]:
    known = np.concatenate([task.seed_links, task.valid_links, task.test_links])
    found = []
    for left, right in task.kg_pairs:
        links = task.links_between(known, left, right)
        if not len(links):
            continue
        same_name = 0
        if task.entity_names is not None:
            pairs = task.entity_names[links].tolist()
            same_name = sum(x != "" and x.casefold() == y.casefold() for x, y in pairs)
        ends = task.identifiers(links).tolist()
        same_id = sum(local_name(x) == local_name(y) for x, y in ends)
        names = task.kg_names[left], task.kg_names[right]
        found.append(Leaks(*names, len(links), same_name, same_id))
    return tuple(found)
