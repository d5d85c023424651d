"""Attribute values in an index: which of them count for how much, and who has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from dualamn.attributes.facts import names_months_first, property_name
from dualamn.attributes.value_keys import Keys, keys_of
from dualamn.attributes.values import ValueSimilarity
from dualamn.files.array_file import Arrays
from dualamn.graphs.knowledge_graph import Literals
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Floats, IntArray, find, largest_of
from dualamn.lookup.packed_strings import PackedStrings
from dualamn.lookup.sparse_rows import gathered, of_rows, summed_by

Value = tuple[str, str, str]
"""An attribute, a value as written, and "@en" for its language, a datatype, or ""."""

_RARE = 100  # entities of a side that have a value; what more have finds nobody


def freeze_values(
    values: ValueSimilarity, task: AlignmentTask, kgs: tuple[int, int]
) -> tuple[Arrays, dict[str, Any]]:
    """Arrays and plain values by which values are compared with those of a task.

    Values of matched properties count, and not only those that both graphs know: new entities may
    have what no other has. Words of texts do not. Weights are those of `ValueTable`.

    Args:
        values: with their match weights.
        task: of the values.
        kgs: the two graphs whose entities are looked up.
    """
    matches = values.table.matches
    match_of = {prop: at for at, match in enumerate(matches) for prop in match.properties}
    known = _Columns()
    arrays: Arrays = {}
    stated: list[_Stated] = []
    for side, kg in zip(("left", "right"), kgs, strict=True):
        names = [name for graph, name in match_of if graph == kg]
        months = _months_first(task, kg)
        arrays |= PackedStrings.of(names).named(f"{side}/properties")
        arrays[f"{side}/properties/match"] = np.array(
            [match_of[kg, name] for name in names], dtype=np.int32
        )
        arrays[f"{side}/properties/months"] = np.array(
            [name in months for name in names], dtype=np.bool_
        )
        stated.append(_Stated.of(task, kg, match_of, months, known))
    match, exact, share, parents = known.arrays()
    frequency = np.max([one.frequencies(match, len(matches)) for one in stated], axis=0)
    belief = np.array([[one.belief, one.equal] for one in matches]).reshape(-1, 2)
    b = np.where(exact, belief[match, 1], belief[match, 0])
    weight = np.log1p(b * (1 - frequency) / np.maximum(frequency, 1e-9)) * share
    for column in parents.T:
        has = column >= 0
        weight[has] -= weight[column[has]]
    weight = np.maximum(weight, 0)
    cost = np.sqrt(-np.log1p(-belief[:, 0]))
    of_column = cost[match] * np.sqrt(share)
    widest = ~exact | (parents[:, 0] < 0)
    arrays["values/weight"] = weight
    arrays["values/cost"] = np.concatenate([cost, np.where(widest, of_column, 0)])
    for side, one in zip(("left", "right"), stated, strict=True):
        agree, clash = one.rows(weight, arrays["values/cost"], match)
        arrays |= of_rows(agree, f"{side}/values/agree", np.float32)
        arrays |= of_rows(clash, f"{side}/values/clash", np.float32)
        used = np.bincount(agree.indices, minlength=agree.shape[1])
        data = np.where(used[agree.indices] <= _RARE, agree.data, 0)
        rare = csr_array((data, agree.indices, agree.indptr), shape=agree.shape)
        rare.eliminate_zeros()
        arrays |= of_rows(csr_array(rare.T.tocsr()), f"{side}/values/having", np.float32)
    hashes = np.fromiter((_hash(*told) for told in known.numbers), np.uint64, len(known.numbers))
    order = np.argsort(hashes)
    arrays["values/hashes"] = hashes[order]
    arrays["values/column"] = order.astype(np.int32)
    about = {
        "matches": len(matches),
        "agree": float(values.weights.agree),
        "clash": float(values.weights.clash),
    }
    return arrays, about


class _Columns:
    """The keys of the values of property matches: a column each."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[int, str], int] = {}
        self._share: list[float] = []
        self._parents: list[tuple[int, int]] = []

    def of(self, match: int, keys: Keys) -> tuple[int, ...]:
        """The columns of a value: that of equal ones, and those of near ones."""
        near = tuple(self._number(match, text, 1 / len(keys.near), (-1, -1)) for text in keys.near)
        first, second = (*near, -1, -1)[:2]
        return (self._number(match, f"={keys.exact}", 1.0, (first, second)), *near)

    def _number(self, match: int, text: str, share: float, parents: tuple[int, int]) -> int:
        number = self.numbers.setdefault((match, text), len(self.numbers))
        if number == len(self._share):
            self._share.append(share)
            self._parents.append(parents)
        return number

    def arrays(self) -> tuple[IntArray, BoolArray, Floats, IntArray]:
        """(c,) the match of every column, whether it is of equal values, its share, (c, 2) the
        columns of near ones, -1 for none."""
        count = len(self.numbers)
        return (
            np.fromiter((match for match, _ in self.numbers), np.int64, count),
            np.fromiter((text[0] == "=" for _, text in self.numbers), np.bool_, count),
            np.array(self._share, dtype=np.float64),
            np.array(self._parents, dtype=np.int64).reshape(-1, 2),
        )


@dataclass(frozen=True, eq=False)
class _Stated:
    """What one graph says of its entities.

    Attributes:
        n: how many entities.
        entity, column: (t,) distinct, who has which value or is near to it.
        has: (h, 2) distinct, who has a property of which match.
        several: (h,) and whether more than one value of it.
    """

    n: int
    entity: IntArray
    column: IntArray
    has: IntArray
    several: BoolArray

    @classmethod
    def of(
        cls,
        task: AlignmentTask,
        kg: int,
        match_of: dict[tuple[int, str], int],
        months: set[str],
        known: _Columns,
    ) -> _Stated:
        """Reads the attribute triples of matched properties."""
        cells, counts = set[tuple[int, int]](), dict[tuple[int, int], int]()
        read: dict[tuple[int, str, str], tuple[int, ...]] = {}
        for entity, (attribute, value, datatype) in stated_values(task.kgs[kg].literals):
            match = match_of.get((kg, property_name(attribute, datatype)))
            if match is None:
                continue
            asked = match, value, datatype
            if asked not in read:
                keys = keys_of(value, datatype, month_first=attribute in months)
                read[asked] = () if keys is None else known.of(match, keys)
            if read[asked]:
                cells.update((entity, column) for column in read[asked])
                counts[entity, match] = counts.get((entity, match), 0) + 1
        found = np.array(sorted(cells), dtype=np.int64).reshape(-1, 2)
        return cls(
            task.kgs[kg].n_entities,
            found[:, 0],
            found[:, 1],
            np.array(list(counts), dtype=np.int64).reshape(-1, 2),
            np.fromiter((count > 1 for count in counts.values()), np.bool_, len(counts)),
        )

    def frequencies(self, match: IntArray, count: int) -> Floats:
        """(c,) what share of the entities that have a property has the value of a column."""
        size = np.bincount(self.has[:, 1], minlength=max(count, 1))
        used = np.bincount(self.column, minlength=len(match))
        return np.minimum(used / np.maximum(size[match], 1), 1.0)

    def rows(self, weight: Floats, cost: Floats, match: IntArray) -> tuple[csr_array, csr_array]:
        """The rows of all entities, see `ValueTable.agree` and `clash`."""
        width = max(len(weight), 1)
        agree = csr_array(
            (np.sqrt(weight[self.column]), (self.entity, self.column)), shape=(self.n, width)
        )
        agree.eliminate_zeros()
        count = len(cost) - len(weight)
        single = self.has[~self.several]
        keys = single[:, 0] * max(count, 1) + single[:, 1]
        alone = np.isin(self.entity * max(count, 1) + match[self.column], keys)
        column = np.concatenate([single[:, 1], count + self.column[alone]])
        entity = np.concatenate([single[:, 0], self.entity[alone]])
        clash = csr_array((cost[column], (entity, column)), shape=(self.n, count + width))
        clash.eliminate_zeros()
        return agree, clash


def stated_values(literals: Literals | None) -> Iterator[tuple[int, Value]]:
    """The attribute triples of a graph, by entity."""
    if literals is None:
        return
    attributes = literals.attributes[literals.kinds]
    columns = literals.entities, attributes, literals.values, literals.types
    for at, attribute, value, datatype in zip(*(own.tolist() for own in columns), strict=True):
        yield at, (attribute, value, datatype)


def _months_first(task: AlignmentTask, kg: int) -> set[str]:
    """The properties of a graph whose dates name the month first."""
    literals = task.kgs[kg].literals
    if literals is None:
        return set()
    return {str(literals.attributes[kind]) for kind in names_months_first(literals)}


def _hash(match: int, text: str) -> int:
    told = f"{match}\x00{text}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(told, digest_size=8).digest(), "little")


@dataclass(frozen=True, eq=False)
class AskedValues:
    """The values of an entity that is looked up.

    Attributes:
        agree, agree_by: (m,) columns, ascending, and the root of the match weight of each.
        clash, clash_by: (m',) the same of what missing agreement costs.
    """

    agree: IntArray
    agree_by: Floats
    clash: IntArray
    clash_by: Floats


class FrozenValues:
    """The values of an index, which others are compared with.

    Args:
        arrays, about: what `freeze_values` gave.
    """

    def __init__(self, arrays: Arrays, about: dict[str, Any]) -> None:
        self._arrays, self._about = arrays, about
        self._properties = {
            side: PackedStrings.taken(arrays, f"{side}/properties") for side in ("left", "right")
        }

    def read(self, values: Sequence[Value], side: str) -> AskedValues | None:
        """The values of an entity of one side; None where none of them counts."""
        found: dict[int, set[tuple[str, tuple[str, ...]]]] = {}
        for attribute, value, datatype in values:
            at = self._properties[side].find(property_name(attribute, datatype))
            if at < 0:
                continue
            months = bool(self._arrays[f"{side}/properties/months"][at])
            keys = keys_of(value, datatype, month_first=months)
            if keys is not None:
                match = int(self._arrays[f"{side}/properties/match"][at])
                found.setdefault(match, set()).add((f"={keys.exact}", keys.near))
        if not found:
            return None
        weight, cost = self._arrays["values/weight"], self._arrays["values/cost"]
        count = self._about["matches"]
        agree, clash = dict[int, float](), dict[int, float]()
        for match, keys_found in found.items():
            alone = len(keys_found) == 1
            if alone:
                clash[match] = float(cost[match])
            for exact, near in keys_found:
                for text in (exact, *near):
                    at = self._column(match, text)
                    if at < 0:
                        continue
                    agree[at] = float(weight[at]) ** 0.5
                    if alone and (text in near or not near):
                        clash[count + at] = float(cost[count + at])
        return AskedValues(*_ascending(agree), *_ascending(clash))

    def _column(self, match: int, text: str) -> int:
        hashes = self._arrays["values/hashes"]
        wanted = _hash(match, text)
        at = int(np.searchsorted(hashes, np.uint64(wanted)))
        here = at < len(hashes) and int(hashes[at]) == wanted
        return int(self._arrays["values/column"][at]) if here else -1

    def nearest(self, asked: AskedValues, side: str, k: int) -> IntArray:
        """The entities of one side that share the most rare values."""
        which, entities, numbers = gathered(self._arrays, f"{side}/values/having", asked.agree)
        distinct, place = np.unique(entities, return_inverse=True)
        shared = summed_by(place, asked.agree_by[which] * numbers, len(distinct))
        return distinct[largest_of(np.zeros(len(shared), dtype=np.int64), shared, k)[0]]

    def match_weight(self, asked: AskedValues, side: str, entities: IntArray) -> Floats:
        """(m,) the match weight of entities of one side by their values."""
        shared = self._product(f"{side}/values/agree", entities, asked.agree, asked.agree_by)
        # Having a value costs, and agreeing gives that back, see `ValueTable.features`.
        signed = np.where(asked.clash < self._about["matches"], -asked.clash_by, asked.clash_by)
        missing = self._product(f"{side}/values/clash", entities, asked.clash, signed)
        weights = self._about
        found: Floats = weights["agree"] * shared + weights["clash"] * np.minimum(missing, 0)
        return found

    def _product(self, name: str, entities: IntArray, columns: IntArray, numbers: Floats) -> Floats:
        """(m,) products of rows with a row of some columns, ascending."""
        owner, own, theirs = gathered(self._arrays, name, entities)
        place, here = find(columns, own)
        product = numbers[place[here]] * theirs[here]
        return summed_by(owner[here], product, len(entities))


def _ascending(found: dict[int, float]) -> tuple[IntArray, Floats]:
    columns = sorted(found)
    return np.array(columns, dtype=np.int64), np.array([found[at] for at in columns])
