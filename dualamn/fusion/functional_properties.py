"""Properties with one value at most, and entities whose members differ in theirs.

A property is functional if a graph says so (`owl:FunctionalProperty`), or if in every graph that
has it for enough things nearly all of these have one value.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Literal

import numpy as np

from dualamn.attributes.value_keys import keys_of
from dualamn.files.rdf import RDF_TYPE, SAME_AS
from dualamn.fusion.statement_chunks import Chunk
from dualamn.fusion.terms import is_literal, language_of, literal_parts
from dualamn.kernels.arrays import IntArray, strings
from dualamn.link_files.table import Table

FUNCTIONAL = "<http://www.w3.org/2002/07/owl#FunctionalProperty>"
ENOUGH = 20
"""In so many things at least a property is looked at in a graph."""

MOST_MORE = 0.01
"""Of a functional property this share of the things may have a second value."""

_BETWEEN = "\x1e"
_TYPE = f"<{RDF_TYPE}>"
_NEVER = {_TYPE, *(f"<{same}>" for same in SAME_AS)}
"""These say what a thing is, and each graph says it in its own words."""

Known = Literal["declared", "data"]


class PropertyCounts:
    """Counts, graph by graph, how many things have a property, and how often."""

    def __init__(self) -> None:
        self.declared: set[str] = set()
        self.counts: list[dict[str, tuple[int, int]]] = []
        self._numbers: dict[str, int] = {}
        self._start()

    def _start(self) -> None:
        self._property, self._subject, self._statement = array("i"), array("q"), array("q")

    def add(self, chunk: Chunk) -> None:
        """Counts some statements of the graph at hand."""
        numbers = self._numbers
        for term in set(chunk.properties) - numbers.keys():
            numbers[term] = len(numbers)
        self._property.extend([numbers[term] for term in chunk.properties])
        subjects = list(map(hash, zip(chunk.subjects, chunk.properties, strict=True)))
        self._subject.extend(subjects)
        self._statement.extend(map(hash, zip(subjects, chunk.objects, strict=True)))
        if _TYPE in chunk.properties:
            rows = zip(chunk.subjects, chunk.properties, chunk.objects, strict=True)
            self.declared.update(s for s, p, o in rows if o == FUNCTIONAL and p == _TYPE)

    def close_graph(self) -> None:
        """Counts what was added as one graph; the next one begins."""
        which = np.frombuffer(self._property, dtype=np.int32)
        distinct = np.unique(np.frombuffer(self._statement, dtype=np.int64), return_index=True)[1]
        n_statements = np.bincount(which[distinct], minlength=len(self._numbers))
        distinct = np.unique(np.frombuffer(self._subject, dtype=np.int64), return_index=True)[1]
        n_subjects = np.bincount(which[distinct], minlength=len(self._numbers))
        counts = zip(n_subjects.tolist(), n_statements.tolist(), strict=True)
        self.counts.append(dict(zip(self._numbers, counts, strict=True)))
        self._start()

    def functional(self, renamed: Mapping[str, str]) -> dict[str, Known]:
        """The functional properties, by what they are called now, and how that is known."""
        one, several = set[str](), set[str]()
        for counts in self.counts:
            for term, (n_subjects, n_statements) in counts.items():
                if n_subjects >= ENOUGH:
                    is_one = n_statements - n_subjects <= MOST_MORE * n_subjects
                    (one if is_one else several).add(renamed.get(term, term))
        found: dict[str, Known] = dict.fromkeys(sorted(one - several - _NEVER), "data")
        for term in sorted(self.declared):
            found[renamed.get(term, term)] = "declared"
        return found


class Conflicts:
    """Values of functional properties that the members of one entity have.

    Their texts lie in a temporary file, and of each only a hash is held, until it is clear which
    differ.

    Args:
        functional: of `PropertyCounts`.
    """

    def __init__(self, functional: Mapping[str, Known]) -> None:
        self.functional = functional
        self._slots: dict[tuple[str, str], int] = {}
        self._entity, self._slot, self._graph = array("q"), array("i"), array("h")
        self._value, self._member, self._end = array("q"), array("q"), array("q", [0])
        self._texts = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Conflicts:
        return self

    def __exit__(self, *_: object) -> None:
        self._texts.close()

    def add(
        self,
        graph: int,
        entities: IntArray,
        members: list[str],
        names: list[str],
        values: list[str],
    ) -> None:
        """Adds k statements of a graph.

        Args:
            graph: its number.
            entities: (k,) int64 the numbers of the entities that they are about.
            members: the terms of these in the graph.
            names, values: properties and objects, as they are called now.
        """
        slots = self._slots
        # Names in two languages do not contradict each other.
        keys = list(zip(names, map(language_of, values), strict=True))
        for key in set(keys) - slots.keys():
            slots[key] = len(slots)
        self._entity.frombytes(entities.tobytes())
        self._slot.extend([slots[key] for key in keys])
        self._graph.extend([graph] * len(keys))
        self._value.extend(map(hash, values))
        self._member.extend([hash((member, graph)) for member in members])
        texts = [
            f"{member}{_BETWEEN}{value}".encode("utf-8", "surrogatepass")
            for member, value in zip(members, values, strict=True)
        ]
        self._texts.write(b"".join(texts))
        ends = np.cumsum([len(text) for text in texts]) + self._end[-1]
        self._end.frombytes(ends.astype(np.int64).tobytes())

    def table(
        self, graphs: Sequence[str], renamed: Mapping[str, str], plain: Callable[[str], str]
    ) -> Table:
        """A row for every value of every property of an entity whose members differ in it.

        Args:
            graphs: their names.
            renamed: what terms are called now.
            plain: how tables write a term.

        Returns:
            Columns entity, property, value, source, source_entity and functional, how it is known
            that there should be one value. Values that say the same in other words, such as 5 and
            5.0, are no conflict.
        """
        order, groups = self._suspects()
        names = [name for name, _ in self._slots]
        rows: list[tuple[str, ...]] = []
        for _, places in groupby(order, key=groups.__getitem__):
            found = []
            for at in places:
                member, value = self._text(at)
                found.append((value, graphs[self._graph[at]], member, names[self._slot[at]]))
            if len({_compared(value) for value, *_ in found}) > 1:
                rows += [
                    (renamed.get(member, member), name, value, graph, member, self.functional[name])
                    for value, graph, member, name in dict.fromkeys(found)
                ]
        place = {name: at for at, name in enumerate(graphs)}

        def rank(row: tuple[str, ...]) -> tuple[object, ...]:
            entity, name, value, graph, member, _ = row
            return entity, name, language_of(value), place[graph], member, value

        rows.sort(key=rank)
        columns = list(zip(*rows, strict=True)) or [()] * 6
        terms = [strings(map(plain, column)) for column in columns[:3]]
        sources = [strings(columns[3]), strings(map(plain, columns[4])), strings(columns[5])]
        return Table(dict(zip(COLUMNS, [*terms, *sources], strict=True)))

    def _suspects(self) -> tuple[list[int], IntArray]:
        """Which values differ as they are written: their places, group after group, and the groups.

        A group is an entity, a property and a language; of those that count, several members have
        values that are not all the same.
        """
        entity, slot = np.frombuffer(self._entity, np.int64), np.frombuffer(self._slot, np.int32)
        value, member = (np.frombuffer(at, np.int64) for at in (self._value, self._member))
        order = np.lexsort((slot, entity))
        begins = np.ones(len(order), dtype=np.bool_)
        begins[1:] = np.diff(entity[order]) != 0
        begins[1:] |= np.diff(slot[order]) != 0
        starts = np.flatnonzero(begins)
        group = np.cumsum(begins) - 1
        differs = np.ones(len(starts), dtype=np.bool_)
        for what in (value[order], member[order]):
            if len(starts):
                differs &= np.minimum.reduceat(what, starts) != np.maximum.reduceat(what, starts)
        groups = np.empty(len(order), dtype=np.int64)
        groups[order] = group
        return order[differs[group]].tolist(), groups

    def _text(self, at: int) -> tuple[str, str]:
        """Member and value of a statement."""
        self._texts.seek(self._end[at])
        text = self._texts.read(self._end[at + 1] - self._end[at])
        member, _, value = text.decode("utf-8", "surrogatepass").partition(_BETWEEN)
        return member, value


COLUMNS = ("entity", "property", "value", "source", "source_entity", "functional")
"""The columns of a table of conflicts."""


def _compared(value: str) -> str:
    """What two terms have in common that say the same; literals as values are compared."""
    if not is_literal(value):
        return value
    text, datatype = literal_parts(value)
    keys = keys_of(text, datatype)
    return value if keys is None else f'"{keys.exact}'
