"""Decisions of people on pairs of entities: an SSSOM file to which every decision adds a row.

    subject_id  predicate_id  predicate_modifier  object_id  mapping_justification         ...
    ns1:Bern    owl:sameAs                        ns2:Bern   semapv:ManualMappingCuration
    ns1:Basel   owl:sameAs    Not                 ns2:Bale   semapv:ManualMappingCuration

An accepted pair is the same, and a rejected one is not, so that readers of SSSOM understand the
file. SSSOM knows no doubt: an unsure decision is `rdfs:seeAlso`, which claims nothing, and says so
in `other`. Who decided stands in `author_id` (an ORCID or another IRI) or `author_label`, when in
`mapping_date`, why in `comment`. Identifiers that are no IRIs get one under the id of the set.

Rows are only ever added, so the file is a history: of several rows of a pair by one reviewer the
last one counts (`settled`). Processes that write to one file wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from dualamn.errors import ConfigError, did_you_mean
from dualamn.files.iris import Base, is_iri
from dualamn.files.opening import check_exists
from dualamn.files.text import read_text
from dualamn.link_files.link_table import SAMENESS, expanded
from dualamn.link_files.mapping_set import graph_of
from dualamn.link_files.sssom import MappingTable

Verdict = Literal["accepted", "rejected", "unsure"]
"""Whether two entities are the same: yes, no, or it cannot be told."""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

UNSURE = "verdict=unsure"
"""What the slot `other` of an unsure decision has."""
COLUMNS = (
    *("subject_id", "predicate_id", "predicate_modifier", "object_id", "mapping_justification"),
    *("author_id", "author_label", "subject_source", "object_source", "mapping_date"),
    *("comment", "other"),
)
_REVIEWERS = ("author_id", "author_label", "reviewer_id", "reviewer_label", "creator_id")
"""The slots that may say who decided; the first that does counts."""


@dataclass(frozen=True)
class Decision:
    """What somebody decided about a pair of entities.

    >>> Decision("Bern", "Bern (Stadt)", "accepted", "anna", "2026-01-31", "the same population")
    Decision('Bern', 'Bern (Stadt)': accepted by anna on 2026-01-31, the same population)

    Attributes:
        left, right: identifiers of the entities, that of the earlier graph first.
        verdict: "accepted", "rejected" or "unsure".
        who: who decided, a name or an ORCID such as orcid:0000-0002-1825-0097; "" if not known.
        when: the date, such as 2026-01-31; "" if not known.
        why: the reason in words, one line; "" if none was given.
        left_source, right_source: names of the graphs; "" if not known.

    Raises:
        ConfigError: there is no such verdict.
    """

    left: str
    right: str
    verdict: Verdict
    who: str = ""
    when: str = ""
    why: str = ""
    left_source: str = ""
    right_source: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ConfigError(
                f"there is no verdict {self.verdict!r}{did_you_mean(self.verdict, VERDICTS)}; it "
                f"is {', '.join(VERDICTS)}"
            )

    def __repr__(self) -> str:
        by = f" by {self.who}" if self.who else ""
        on = f" on {self.when}" if self.when else ""
        why = f", {self.why}" if self.why else ""
        return f"Decision({self.left!r}, {self.right!r}: {self.verdict}{by}{on}{why})"

    @property
    def pair(self) -> tuple[str, str, str, str]:
        """Graph and identifier of both entities."""
        return self.left_source, self.left, self.right_source, self.right


@dataclass(frozen=True)
class DecisionLog:
    """The decisions of a file in the order in which they were made.

    Attributes:
        path: the file.
        decisions: a row of the file each.
        lines: the line of each.
        n_others: rows that say nothing of sameness; they are passed over.
    """

    path: Path
    decisions: tuple[Decision, ...] = ()
    lines: tuple[int, ...] = ()
    n_others: int = 0

    def __len__(self) -> int:
        return len(self.decisions)


@dataclass(frozen=True)
class Settled:
    """What the decisions of all reviewers come to: each pair once.

    Attributes:
        accepted, rejected, unsure: the last decision that counts of every such pair.
        disputed: pairs that one reviewer accepts and another rejects: none of them is used.
    """

    accepted: tuple[Decision, ...] = ()
    rejected: tuple[Decision, ...] = ()
    unsure: tuple[Decision, ...] = ()
    disputed: tuple[Decision, ...] = ()


def settled(decisions: Iterable[Decision]) -> Settled:
    """What decisions come to, in the order in which they were made.

    The last one of a reviewer on a pair counts. Who is unsure has no say beside others who are not.
    """
    last: dict[tuple[str, str, str, str], dict[str, Decision]] = {}
    for decision in decisions:
        own = last.setdefault(decision.pair, {})
        own.pop(decision.who, None)  # so that the last one comes last
        own[decision.who] = decision
    found: dict[str, list[Decision]] = {name: [] for name in (*VERDICTS, "disputed")}
    for own in last.values():
        sure = [decision for decision in own.values() if decision.verdict != "unsure"]
        verdicts = {decision.verdict for decision in sure}
        one = (sure or list(own.values()))[-1]
        found["disputed" if len(verdicts) > 1 else one.verdict].append(one)
    return Settled(**{name: tuple(parts) for name, parts in found.items()})


def read_decisions(path: str | Path) -> DecisionLog:
    """Reads a file of decisions, any SSSOM table.

    Mappings of sameness are accepted pairs, with the predicate modifier Not rejected ones.

        >>> from tempfile import TemporaryDirectory
        >>> from dualamn import append_decision
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "decisions.sssom.tsv")
        ...     _ = append_decision(path, Decision("Bern", "Bärn", "accepted", "anna"))
        ...     _ = append_decision(path, Decision("Bern", "Basel", "rejected", "anna"))
        ...     [decision.verdict for decision in read_decisions(path).decisions]
        ['accepted', 'rejected']

    Raises:
        DataError: the file is missing, is no SSSOM, or a row lacks an entity.
        MissingExtraError: its header takes a package that is not installed.
    """
    path = Path(path)
    check_exists(path)
    return parse_decisions(path, read_text(path, as_written=True))


def parse_decisions(path: Path, text: str) -> DecisionLog:
    """The decisions in the text of a file, see `read_decisions`."""
    table = MappingTable.of(path, text)
    set_id = str(table.metadata.get("mapping_set_id", ""))
    base = Base(f"{set_id}/") if is_iri(set_id) else None
    columns = {name: table.column(name) for name in (*COLUMNS, *_REVIEWERS)}
    general = [str(table.metadata.get(name, "")) for name in ("subject_source", "object_source")]
    found, lines = list[Decision](), list[int]()
    for row in range(len(table)):
        cells = {name: column[row] for name, column in columns.items()}
        verdict = _verdict(cells, table.prefixes)
        if verdict is None:
            continue
        ends = []
        for name in ("subject_id", "object_id"):
            iri = expanded(cells[name], table.prefixes)
            if not iri:
                raise table.error(f"has no {name}; name it or remove the line", row)
            ends.append((base and base.split(iri)) or ("", iri))
        sources = [
            graph_of(expanded(cells[name] or other, table.prefixes), set_id) or end[0]
            for name, other, end in zip(
                ("subject_source", "object_source"), general, ends, strict=True
            )
        ]
        found.append(
            Decision(
                ends[0][1],
                ends[1][1],
                verdict,
                who=next((cells[name] for name in _REVIEWERS if cells[name]), ""),
                when=cells["mapping_date"],
                why=cells["comment"],
                left_source=sources[0],
                right_source=sources[1],
            )
        )
        lines.append(table.line(row))
    return DecisionLog(path, tuple(found), tuple(lines), len(table) - len(found))


def _verdict(cells: Mapping[str, str], prefixes: Mapping[str, str]) -> Verdict | None:
    if UNSURE in cells["other"].split("|"):
        return "unsure"
    if expanded(cells["predicate_id"], prefixes) not in SAMENESS:
        return None
    return "rejected" if cells["predicate_modifier"].strip().lower() == "not" else "accepted"
