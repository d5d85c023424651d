"""Names and attribute values together, as they take part beside structure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualamn.attributes.base import AttributeSimilarity
from dualamn.attributes.comparable import Comparable, kinds_of
from dualamn.attributes.name_model import embed_names
from dualamn.attributes.names import NameSimilarity
from dualamn.attributes.pseudo_seeds import ENOUGH, PseudoSeeds, shared_identifiers
from dualamn.attributes.seeds_by_name import find_seeds_by_name, types_fit
from dualamn.attributes.seeds_by_value import find_seeds_by_value
from dualamn.attributes.types import TypeSimilarity
from dualamn.attributes.values import ValueSimilarity
from dualamn.config import AlignerConfig
from dualamn.errors import ConfigError, TrainingError
from dualamn.files.text import counted
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray, Floats, Int32Array, IntArray, strings
from dualamn.kernels.compute import threads, torch_device

if TYPE_CHECKING:
    from torch import Tensor

_WIDTH = 256  # of the random projections of names that candidates are searched in


@dataclass(frozen=True, eq=False)
class Attributes:
    """Names, attribute values and types of one task; each is None where it takes no part.

    `search_limit` is how many products of numbers looking for near names may take, see
    `find_seeds_by_name`.
    """

    names: NameSimilarity | None = None
    values: ValueSimilarity | None = None
    search_limit: float = math.inf
    types: TypeSimilarity | None = None

    @classmethod
    def of(
        cls, task: AlignmentTask, config: AlignerConfig, meaning: FloatArray | None = None
    ) -> Attributes:
        """Reads those that the settings let take part; they have no match weights yet.

        Args:
            task: has names, values, both or neither.
            config: the settings.
            meaning: (n, d) rows of the model of names, where they are known already.

        Raises:
            ConfigError: a model of names that cannot be used, or no names for it to compare.
        """
        names = _read_names(task, config, meaning)
        described = sum(kg.literals is not None for kg in task.kgs)
        take_part = config.values != "off" and described >= 2
        values = ValueSimilarity(task, seed=config.seed) if take_part else None
        types = TypeSimilarity(task, seed=config.seed) if config.values != "off" else None
        if types is not None and len(set(types.types.graph.tolist())) < 2:
            types = None  # of graphs without types nothing can be compared
        made = cls(names, values, config.search_limit, types)
        for one in made.taking_part:
            one.rejected = task.not_links
        return made

    @property
    def taking_part(self) -> tuple[AttributeSimilarity, ...]:
        """Those that take part, in the order that they are weighed in."""
        return tuple(one for one in (self.names, self.values, self.types) if one is not None)

    @property
    def meaning(self) -> FloatArray | None:
        """(n, d) rows of the model of names; None without one."""
        return None if self.names is None else self.names.meaning

    @property
    def names_have_weight(self) -> bool:
        """Whether names take part and have match weights."""
        return self.names is not None and self.names.has_weight

    @property
    def values_have_weight(self) -> bool:
        """Whether values take part and have match weights."""
        return self.values is not None and self.values.has_weight

    @property
    def types_have_weight(self) -> bool:
        """Whether types take part and have match weights."""
        return self.types is not None and self.types.has_weight

    @property
    def has_weight(self) -> bool:
        """Whether names or values have match weights."""
        return self.names_have_weight or self.values_have_weight

    @property
    def named(self) -> bool:
        """Whether there are names, or values with match weights."""
        return self.names is not None or self.values_have_weight

    def match_weight(
        self,
        left: IntArray,
        right: IntArray,
        *,
        names: float,
        values: float,
        types: float | None = None,
    ) -> Floats | float:
        """(p,) the match weight of pairs of joint ids; 0 where nothing has any.

        Args:
            left, right: (p,) joint ids.
            names, values: what the weight of either is multiplied by; 0 leaves values out.
            types: the same of types; as of values if None.
        """
        types = values if types is None else types
        weight: Floats | float = 0.0
        if self.names is not None and self.names.has_weight:
            weight = names * self.names.match_weight(left, right)
        if self.values is not None and self.values.has_weight and values:
            weight = weight + values * self.values.match_weight(left, right)
        if self.types is not None and self.types.has_weight and types:
            weight = weight + types * self.types.match_weight(left, right)
        return weight

    def weigh(self, links: Int32Array) -> None:
        """Learns match weights from (m, 2) linked entities, those of values beside names."""
        before: AttributeSimilarity | None = None
        for similarity in self.taking_part:
            similarity.weigh(links, before)
            before = similarity

    def take_weights(self, other: Attributes) -> None:
        """Takes the weights of those of a task with more seed links, which know them better."""
        for own, theirs in zip(self.taking_part, other.taking_part, strict=True):
            own.take_weights(theirs)

    def learn(self, links: Int32Array) -> None:
        """Learns from (m, 2) linked entities which words and properties stand for each other."""
        for similarity in self.taking_part:
            similarity.learn(links)

    def notes(self, task: AlignmentTask) -> tuple[str, ...]:
        """What of a task takes no part, each with its count."""
        unread = 0 if self.values is None else self.values.facts.unread
        if not unread:
            return ()
        total = sum(len(kg.literals) for kg in task.kgs if kg.literals is not None)
        return (
            f"{unread:,} of {counted(total, 'attribute value')} not compared: without a letter or "
            "digit",
        )

    def start(self, task: AlignmentTask) -> PseudoSeeds | None:
        """Finds pseudo-seeds, and learns match weights from seed links where there are enough.

        Beside seed links, pseudo-seeds are found as if there were none, and the seed links show how
        far they are right (`PseudoSeeds.judged_by`), and which types go together. Where seed links
        are few and pseudo-seeds are found, weights are not learned yet, see `weigh_without_seeds`.

        Returns:
            The pseudo-seeds, none of an entity with a seed link; None where there are seed links
            and no pseudo-seeds beside them.

        Raises:
            TrainingError: neither seed links, nor names, values or IRIs that find any pair.
        """
        if not len(task.seed_links):
            return self.find_seeds(task)
        seeds, kind = task.seed_links, kinds_of(task)
        if self.names is not None:
            self.names.learn_one_sided(seeds)
        found = self._found(task).judged_by(seeds)
        found = found.chosen(types_fit(seeds, found.links, kind))
        if len(task.seed_links) >= ENOUGH or not len(found.links):
            self.weigh(task.seed_links)
        return found if len(found.links) else None

    def weigh_without_seeds(self, pseudo_seeds: PseudoSeeds, structural: Int32Array) -> None:
        """Learns match weights where there are few seed links or none.

        Args:
            pseudo_seeds: the pairs begun with.
            structural: (m, 2) pairs that structure alone is sure of; none where it has not been
                shown to know anything.
        """
        labels = pseudo_seeds.labels(structural)
        by_value = pseudo_seeds.by_value
        if labels is pseudo_seeds.links and self.names is not None and len(by_value) >= ENOUGH:
            # Values find pairs whatever their names.
            self.names.weigh(by_value)
            if self.values is not None:
                self.values.weigh(labels, self.names)
            if self.types is not None:
                self.types.weigh(labels, self.values or self.names)
        else:
            self.weigh(labels)

    def _found(self, task: AlignmentTask) -> PseudoSeeds:
        """Pseudo-seeds of whatever takes part."""
        seeds = PseudoSeeds.none()
        if self.taking_part:
            comparable = Comparable.of(task, self.names)
            shared = shared_identifiers(task)
            comparable.counts[shared] = False
            if self.names is not None:
                seeds = find_seeds_by_name(task, self.names, self.search_limit, comparable)
            if self.values is not None:
                found = find_seeds_by_value(task, self.values.facts, comparable)
                seeds = seeds.with_values(*found)
        return seeds.with_shared(shared_identifiers(task)).without(task.not_links)

    def find_seeds(self, task: AlignmentTask) -> PseudoSeeds:
        """Pseudo-seeds for a task without seed links.

        Raises:
            TrainingError: names, values and IRIs find none.
        """
        seeds = self._found(task)
        if len(seeds.links):
            return seeds
        finding = [one for one in (self.names, self.values) if one is not None]
        if not finding:
            lacks = "names are off" if task.entity_names is not None else "its graphs have no names"
            raise TrainingError(
                f"{task.name} has no seed links to learn from, and {lacks} to find some by: give "
                "some known pairs of entities, or names for the entities of both graphs"
            )
        if seeds.refused:
            raise TrainingError(
                f"{task.name} has no seed links to learn from, and its graphs have no more names "
                f"in common than chance gives ({seeds.refused:,} pairs found): they may be of "
                "different things; if they are not, give some known pairs of entities"
            )
        what = " or ".join(similarity.what for similarity in finding)
        if seeds.doubts:
            raise TrainingError(
                f"{task.name} has no seed links to learn from, and its {what} leave doubt: "
                f"{'; '.join(seeds.doubts)}; give some known pairs of entities"
            )
        raise TrainingError(
            f"{task.name} has no seed links to learn from, and no two {what} in it are near "
            "enough to begin with: give some known pairs of entities"
        )

    def state(self) -> dict[str, Tensor]:
        """What was learned, enough for `load_state` on the same task."""
        return {
            f"{one.what}/{name}": value
            for one in self.taking_part
            for name, value in one.state().items()
        }

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes what `state` gave out of the state of an aligner, which keeps the rest.

        Raises:
            CheckpointError: it is of another task.
        """
        from dualamn.graphs.aligner_file import taken

        for similarity in self.taking_part:
            similarity.load_state(taken(state, f"{similarity.what}/"))


def _read_names(
    task: AlignmentTask, config: AlignerConfig, meaning: FloatArray | None
) -> NameSimilarity | None:
    if config.names == "off":
        return None
    entity_names = task.entity_names
    if entity_names is None and task.further_names is not None:
        entity_names = strings([""] * task.n_entities)
    if entity_names is None:
        if config.names_model is not None:
            raise ConfigError(
                f"names_model compares names, and the graphs of {task.name} have none"
            )
        return None
    if meaning is None and config.names_model is not None:
        with threads(config.threads):
            device = torch_device(config.device).type
            meaning = embed_names(config.names_model, entity_names, device=device)
    return NameSimilarity(
        entity_names,
        task.source_of,
        width=_WIDTH,
        seed=config.seed,
        meaning=meaning,
        further=task.further_names,
    )
