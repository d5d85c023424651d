"""What takes part beside structure: the names and the attribute values of entities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualamn.attributes import NameSimilarity, OwnSeeds, ValueSimilarity, find_own_seeds
from dualamn.attributes.name_model import embed_names
from dualamn.attributes.value_reading import LONGEST
from dualamn.attributes.value_seeds import BY_CHANCE, find_seeds_by_value
from dualamn.config import AlignerConfig
from dualamn.errors import ConfigError, TrainingError
from dualamn.files.text import counted
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray, Int32Array, IntArray
from dualamn.kernels.compute import threads, torch_device

if TYPE_CHECKING:
    from torch import Tensor

_NAMES, _VALUES = "names/", "values/"  # in front of what either learned, in a saved aligner

_WIDTH = 256  # of the random projections of names that candidates are searched in


@dataclass(frozen=True, eq=False)
class NamesAndValues:
    """What names and attribute values say of who is the same, for one task.

    Attributes:
        names: None where they take no part.
        values: None where they take no part.
        search_limit: products of numbers that looking for near names may take, see
            `find_own_seeds`.
    """

    names: NameSimilarity | None = None
    values: ValueSimilarity | None = None
    search_limit: float = math.inf

    @classmethod
    def of(
        cls, task: AlignmentTask, config: AlignerConfig, meaning: FloatArray | None = None
    ) -> NamesAndValues:
        """Reads those that the settings let take part; they are worth nothing yet.

        Args:
            task: has names, values, both or neither.
            config: the settings.
            meaning: (n, d) rows of the model of names, where they are known already.

        Raises:
            ConfigError: a model of names that cannot be used, or no names for it to compare.
        """
        names = _read_names(task, config, meaning)
        return cls(names, _read_values(task, config), config.search_limit)

    @property
    def meaning(self) -> FloatArray | None:
        """(n, d) rows of the model of names; None without one."""
        return None if self.names is None else self.names.meaning

    @property
    def names_tell(self) -> bool:
        """Whether names are worth anything."""
        return self.names is not None and self.names.tell

    @property
    def values_tell(self) -> bool:
        """Whether values are worth anything."""
        return self.values is not None and self.values.tell

    @property
    def tell(self) -> bool:
        """Whether either is worth anything."""
        return self.names_tell or self.values_tell

    @property
    def named(self) -> bool:
        """Whether entities can be told apart without structure, by names or telling values."""
        return self.names is not None or self.values_tell

    def worth(
        self, left: IntArray, right: IntArray, *, names: float, values: float
    ) -> NDArray[np.float64] | float:
        """By what factor, as a logarithm, both make pairs more probable; 0 where neither tells.

        Args:
            left, right: (p,) joint ids.
            names, values: what the worth of either is multiplied by; 0 leaves values out.

        Returns:
            (p,) the sum.
        """
        worth: NDArray[np.float64] | float = 0.0
        if self.names is not None and self.names_tell:
            worth = names * self.names.worth(left, right)
        if self.values is not None and self.values_tell and values:
            worth = worth + values * self.values.worth(left, right)
        return worth

    def weigh(self, links: Int32Array) -> None:
        """Learns what both are worth from (m, 2) linked entities, values beside names."""
        if self.names is not None:
            self.names.weigh(links)
        if self.values is not None:
            self.values.weigh(links, self.names)

    def learn(self, links: Int32Array) -> None:
        """Learns from (m, 2) linked entities which words and properties stand for each other."""
        if self.names is not None:
            self.names.learn(links)
        if self.values is not None:
            self.values.learn(links)

    def notes(self, task: AlignmentTask) -> tuple[str, ...]:
        """What of a task takes no part, each with its count."""
        unread = 0 if self.values is None else self.values.facts.unread
        if not unread:
            return ()
        total = sum(len(kg.literals) for kg in task.kgs if kg.literals is not None)
        return (
            f"{unread:,} of {counted(total, 'attribute value')} not compared: of more than "
            f"{LONGEST} characters, or without a letter or digit",
        )

    def start(self, task: AlignmentTask) -> OwnSeeds | None:
        """Learns what both are worth from the seed links; where there are none, finds some pairs.

        Returns:
            The pairs; None where there are seed links.

        Raises:
            TrainingError: neither seed links, nor names or values that find any pair.
        """
        if not len(task.seed_links):
            return self.find_seeds(task)
        self.weigh(task.seed_links)
        return None

    def find_seeds(self, task: AlignmentTask) -> OwnSeeds:
        """Pairs to begin with for a task without seed links.

        Raises:
            TrainingError: names and values find none, or take no part.
        """
        names, values = self.names, self.values
        if names is None and values is None:
            lacks = "names are off" if task.entity_names is not None else "its graphs have no names"
            raise TrainingError(
                f"{task.name} has no seed links to learn from, and {lacks} to find some by: give "
                "some known pairs of entities, or names for the entities of both graphs"
            )
        own = OwnSeeds(np.empty((0, 2), dtype=np.int32), np.empty(0, dtype=np.float32), 0, 0)
        if names is not None:
            own = find_own_seeds(task, names, self.search_limit)
        if values is not None:
            own = own.with_values(find_seeds_by_value(task, values.facts), BY_CHANCE)
        if not len(own.links) and own.refused:
            raise TrainingError(
                f"{task.name} has no seed links to learn from, and its graphs have no more names "
                f"in common than chance gives ({own.refused:,} pairs found): they may be of "
                "different things; if they are not, give some known pairs of entities"
            )
        if not len(own.links):
            what = "names" if values is None else "values" if names is None else "names or values"
            raise TrainingError(
                f"{task.name} has no seed links to learn from, and no two {what} in it are near "
                "enough to begin with: give some known pairs of entities"
            )
        return own

    def state(self) -> dict[str, Tensor]:
        """What was learned, enough for `load_state` on the same task."""
        state: dict[str, Tensor] = {}
        if self.names is not None:
            state |= {f"{_NAMES}{name}": value for name, value in self.names.state().items()}
        if self.values is not None:
            state |= {f"{_VALUES}{name}": value for name, value in self.values.state().items()}
        return state

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes what `state` gave out of the state of an aligner, which keeps the rest.

        Raises:
            CheckpointError: it is of another task.
        """
        from dualamn.graphs.aligner_file import taken

        of_names, of_values = (taken(state, prefix) for prefix in (_NAMES, _VALUES))
        if self.names is not None:
            self.names.load_state(of_names)
        if self.values is not None:
            self.values.load_state(of_values)


def _read_names(
    task: AlignmentTask, config: AlignerConfig, meaning: FloatArray | None
) -> NameSimilarity | None:
    if config.names == "off":
        return None
    if task.entity_names is None:
        if config.names_model is not None:
            raise ConfigError(
                f"names_model compares names, and the graphs of {task.name} have none"
            )
        return None
    if meaning is None and config.names_model is not None:
        with threads(config.threads):
            device = torch_device(config.device).type
            meaning = embed_names(config.names_model, task.entity_names, device=device)
    return NameSimilarity(
        task.entity_names,
        task.source_of,
        width=_WIDTH,
        seed=config.seed,
        meaning=meaning,
    )


def _read_values(task: AlignmentTask, config: AlignerConfig) -> ValueSimilarity | None:
    described = sum(kg.literals is not None for kg in task.kgs)
    if config.values == "off" or described < 2:
        return None
    return ValueSimilarity(task, seed=config.seed)
