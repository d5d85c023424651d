"""Finds the entities of graphs that names in files mean, also where they are spelt otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from dualamn.files.iris import to_uri
from dualamn.files.spellings import Spellings, differences, first_difference
from dualamn.files.text import counted, short, unix_lines
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.link_files.link_table import unescaped

_NEAR_POOL = 50_000
"""Among more entities than these no near name is looked for: it would take seconds."""

_TRIES, _TRIES_EACH = 10_000, 100
"""So many foreign names are tried in other spellings, and so many more for each that was found."""


class EntityFinder:
    """The entities of some graphs by their names.

    Args:
        kgs: the graphs; they are numbered in this order.
    """

    def __init__(self, kgs: Sequence[KnowledgeGraph]) -> None:
        self._kgs = tuple(kgs)
        self._respelt: dict[str, str] = {}
        self._tries_left = _TRIES

    @cached_property
    def positions(self) -> tuple[dict[str, int], ...]:
        """For every graph the numbers of its entities, by their identifiers and other ones."""
        return tuple(map(_positions_of, self._kgs))

    def graphs_of(self, name: str) -> list[int]:
        """The graphs that have an entity of exactly this name."""
        return [kg for kg, known in enumerate(self.positions) if name in known]

    def number(self, name: str, kg: int) -> int:
        """The number of an entity in a graph, by its name as files have it; -1 if there is none."""
        known = self.positions[kg]
        # Files that this library wrote escape names; graphs have the line ends of Unix.
        found = known.get(unescaped(name), known.get(unix_lines(name), -1))
        if found < 0 and (spelt := self._spellings[kg].find(name)) is not None:
            self._respelt[name] = spelt
            found = known[spelt]
        return found

    def ends(self, name: str) -> dict[int, int]:
        """The graphs that have an entity, as it is written or else in other spellings.

        By the number of the graph the number of the entity in it. That a name is of none is
        found out slowly, so this ends where it has hardly ever helped.
        """
        exact = {kg: self.positions[kg][name] for kg in self.graphs_of(name)}
        if exact or self._tries_left <= 0:
            return exact
        found = {}
        for kg, spellings in enumerate(self._spellings):
            if (spelt := spellings.find(name)) is not None:
                found[kg] = self.positions[kg][spelt]
        self._tries_left += _TRIES_EACH if found else -1
        return found

    def used(self, name: str, kg: int, number: int) -> None:
        """Remembers, for `notes`, that a name which was spelt otherwise means this entity."""
        if name not in self.positions[kg]:
            self._respelt[name] = self._kgs[kg].entities[number]

    def notes(self, path: Path) -> list[str]:
        """How many names of a file were spelt otherwise, and how, if any were; then none are."""
        respelt, self._respelt = self._respelt, {}
        if not respelt:
            return []
        ways = Counter(how for pair in respelt.items() for how in differences(*pair))
        name, spelt = next(iter(respelt.items()))
        return [
            f"{path.name}: {counted(len(respelt), 'identifier')} found in another spelling "
            f"({', '.join(ways)}), such as {short(name)} as {short(spelt)}"
        ]

    def hint(self, name: str, kg: int, other: int) -> str:
        """What to do about a name that is of no entity of a graph, to be linked to another's."""
        if name in self.positions[other]:
            return f"it is an entity of {self._kgs[other].name}: are the columns swapped?"
        if len(self.positions[kg]) <= _NEAR_POOL:
            near = get_close_matches(name, self.positions[kg], n=1, cutoff=0.8)
            if near:
                how = ", ".join(differences(name, near[0])) or first_difference(name, near[0])
                return f"did you mean {near[0]!r}?" + (f" ({how})" if how else "")
        return "correct or remove the line"

    def of_uri(self, uri: str) -> str:
        """The identifier that is an IRI and was written as this URI, else the URI itself."""
        return self._by_uri.get(uri, uri)

    @cached_property
    def _by_uri(self) -> dict[str, str]:
        names = (name for kg in self._kgs for name in kg.entities if not name.isascii())
        return {to_uri(name): name for name in names}

    @cached_property
    def _spellings(self) -> tuple[Spellings, ...]:
        return tuple(Spellings(kg.entities) for kg in self._kgs)


def _positions_of(kg: KnowledgeGraph) -> dict[str, int]:
    """The place of every identifier; other identifiers of an entity have its place."""
    places = {name: at for at, name in enumerate(kg.entities)}
    known = [(other, places[own]) for other, own in (kg.aliases or {}).items() if own in places]
    return {**dict(known), **places}
