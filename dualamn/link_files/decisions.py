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

import os
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Literal, get_args
from urllib.parse import quote

from dualamn.errors import ConfigError, DataError, did_you_mean
from dualamn.files.atomic import atomic_write, check_writable
from dualamn.files.iris import Base, curies_of, entity_iri, is_iri, to_uri
from dualamn.files.opening import check_exists
from dualamn.files.text import decode, read_text, unix_lines
from dualamn.link_files.link_table import SAMENESS, expanded
from dualamn.link_files.mapping_set import NO_LICENSE, PREFIXES, SSSOM, graph_of, today
from dualamn.link_files.sssom import MappingTable, field_of, header_lines
from dualamn.version import __version__

Verdict = Literal["accepted", "rejected", "unsure"]
"""Whether two entities are the same: yes, no, or it cannot be told."""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

_SAME, _OPEN = "owl:sameAs", "rdfs:seeAlso"
_UNSURE = "verdict=unsure"
_JUSTIFICATION = "semapv:ManualMappingCuration"
_COLUMNS = (
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
    return _parsed(path, read_text(path, as_written=True))


def _parsed(path: Path, text: str) -> DecisionLog:
    table = MappingTable.of(path, text)
    set_id = str(table.metadata.get("mapping_set_id", ""))
    base = Base(f"{set_id}/") if is_iri(set_id) else None
    columns = {name: table.column(name) for name in (*_COLUMNS, *_REVIEWERS)}
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
    if _UNSURE in cells["other"].split("|"):
        return "unsure"
    if expanded(cells["predicate_id"], prefixes) not in SAMENESS:
        return None
    return "rejected" if cells["predicate_modifier"].strip().lower() == "not" else "accepted"


def append_decision(path: str | Path, decision: Decision) -> Decision:
    """Adds a decision to a file, which is made if there is none.

    It is on the disk when this returns, whole or not at all, also where other processes write to
    the file at the same time.

        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "decisions.sssom.tsv")
        ...     append_decision(path, Decision("Bern", "Bärn", "unsure", "anna", "2026-01-31"))
        Decision('Bern', 'Bärn': unsure by anna on 2026-01-31)

    Returns:
        The decision as it was written, with the date of today if it had none.

    Raises:
        DataError: the file cannot be written, or is no SSSOM.
    """
    decision = replace(
        decision,
        who=_one_line(decision.who),
        when=_one_line(decision.when) or today(),
        why=_one_line(decision.why),
    )
    with _locked(path) as file:
        text = decode(Path(path), file.read())
        log = _Log.of(Path(path), text)
        if log.add(decision):
            log.write()
        else:
            whole = "" if not text or text.endswith("\n") else "\n"
            file.write(f"{whole}{log.rows[-1]}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    return decision


def withdraw_decision(path: str | Path, decision: Decision) -> bool:
    """Takes the last row of a file that says exactly this back out; whether there was one.

    Raises:
        DataError: the file cannot be written, or is no SSSOM.
    """
    if not Path(path).exists():
        return False
    with _locked(path) as file:
        text = decode(Path(path), file.read())
        known = _parsed(Path(path), text)
        rows = zip(known.lines, known.decisions, strict=True)
        same = [line for line, one in rows if _as_written(one) == _as_written(decision)]
        if not same:
            return False
        lines = unix_lines(text).rstrip("\n").split("\n")
        del lines[same[-1] - 1]
        with atomic_write(path) as out:
            out.writelines(f"{line}\n" for line in lines)
    return True


def _one_line(text: str) -> str:
    """Text of one line, without what no file can show."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def _as_written(decision: Decision) -> Decision:
    """The decision with its IRIs as URIs, which is how they are written."""
    left, right = (
        to_uri(value) if is_iri(value) else value for value in (decision.left, decision.right)
    )
    return replace(decision, left=left, right=right)


@dataclass
class _Log:
    """The text of a file in parts, to which a decision can be added.

    Attributes:
        head: the lines of the header, with their hashes.
        prefixes: of its map of prefixes.
        columns: of the table.
        rows: its lines.
    """

    path: Path
    head: list[str]
    prefixes: dict[str, str]
    columns: list[str]
    rows: list[str] = field(default_factory=list)
    set_id: str = ""
    is_new: bool = False

    @classmethod
    def of(cls, path: Path, text: str) -> _Log:
        if not text.strip():
            set_id = f"{SSSOM}mappings/{uuid.uuid4()}"
            spaces = ("owl", "rdfs", "semapv")
            prefixes = {name: PREFIXES[name] for name in spaces}
            slots = {
                "mapping_set_id": set_id,
                "mapping_set_title": "Decisions on pairs of entities",
                "license": NO_LICENSE,
                "mapping_tool": "dualamn",
                "mapping_tool_version": __version__,
            }
            head = list(header_lines(prefixes, slots))
            return cls(path, head, prefixes, list(_COLUMNS), [], set_id, is_new=True)
        table = MappingTable.of(path, text)
        lines = unix_lines(text).rstrip("\n").split("\n")
        head = [line for line in lines if line.startswith("#")]
        body = [line for line in lines if not line.startswith("#") and line]
        set_id = str(table.metadata.get("mapping_set_id", ""))
        prefixes = dict(table.metadata["curie_map"])
        return cls(path, head, prefixes, list(table.names), body[1:], set_id)

    def add(self, decision: Decision) -> bool:
        """Adds a row; whether more than that row is new, so that all has to be written."""
        cells = self._cells(decision)
        changed = self.is_new
        for name in ("subject_id", "object_id", "subject_source", "object_source"):
            if cells[name]:
                cells[name], is_new = self._short(to_uri(cells[name]))
                changed |= is_new
        for curie in (cells["predicate_id"], cells["mapping_justification"], cells["author_id"]):
            changed |= self._know(curie.partition(":")[0])
        missing = [name for name, cell in cells.items() if cell and name not in self.columns]
        if missing:
            self.columns += missing
            self.rows = [row + "\t" * len(missing) for row in self.rows]
            changed = True
        self.rows.append("\t".join(field_of(cells.get(name, "")) for name in self.columns))
        return changed

    def _cells(self, decision: Decision) -> dict[str, str]:
        base = Base(f"{self.set_id}/") if is_iri(self.set_id) else None
        ends = [
            entity_iri(graph, identifier, None if is_iri(identifier) else base, self.path)
            for graph, identifier in (
                (decision.left_source, decision.left),
                (decision.right_source, decision.right),
            )
        ]
        sources = [
            graph if not graph or is_iri(graph) else f"{self.set_id}#{quote(graph, safe='')}"
            for graph in (decision.left_source, decision.right_source)
        ]
        who = decision.who
        is_reference = is_iri(who) or who.startswith("orcid:")
        unsure = decision.verdict == "unsure"
        return {
            "subject_id": ends[0],
            "predicate_id": _OPEN if unsure else _SAME,
            "predicate_modifier": "Not" if decision.verdict == "rejected" else "",
            "object_id": ends[1],
            "mapping_justification": _JUSTIFICATION,
            "author_id": who if is_reference else "",
            "author_label": "" if is_reference else who,
            "subject_source": sources[0],
            "object_source": sources[1],
            "mapping_date": decision.when,
            "comment": decision.why,
            "other": _UNSURE if unsure else "",
        }

    def _short(self, uri: str) -> tuple[str, bool]:
        """The CURIE of an IRI, and whether it took a new prefix."""
        fits = [name for name, space in self.prefixes.items() if uri.startswith(space)]
        (made,) = curies_of([uri]).prefixes.items()
        best = max(fits, key=lambda name: len(self.prefixes[name]), default=None)
        if best is not None and len(self.prefixes[best]) >= len(made[1]):
            return f"{best}:{uri[len(self.prefixes[best]) :]}", False
        name, number = made[0], 1
        while name in self.prefixes:
            number += 1
            name = f"ns{number}"
        if not self._declare(name, made[1]):
            return uri, False
        return f"{name}:{uri[len(made[1]) :]}", True

    def _know(self, prefix: str) -> bool:
        """Declares a prefix of the standard where it is used; whether that was new."""
        known = {**PREFIXES, "orcid": "https://orcid.org/"}
        return (
            prefix in known and prefix not in self.prefixes and self._declare(prefix, known[prefix])
        )

    def _declare(self, name: str, space: str) -> bool:
        """Adds a prefix to the header; not to one that is laid out in another way."""
        if not self.head:
            self.head.append("#curie_map:")
        if "#curie_map:" not in self.head:
            return False
        _, line = header_lines({name: space}, {})
        self.head.insert(self.head.index("#curie_map:") + 1, line)
        self.prefixes[name] = space
        return True

    def write(self) -> None:
        """Writes all of it in place of the file."""
        with atomic_write(self.path) as file:
            file.writelines(f"{line}\n" for line in (*self.head, "\t".join(self.columns)))
            file.writelines(f"{row}\n" for row in self.rows)


@contextmanager
def _locked(path: str | Path) -> Iterator[IO[bytes]]:
    """The file, open to be read and to be added to, while no other process does this.

    Raises:
        DataError: it cannot be written.
    """
    target = Path(os.path.realpath(check_writable(path)))
    while True:
        try:
            file = target.open("a+b")
        except OSError as error:
            raise DataError(f"cannot be written ({error.strerror})", path=Path(path)) from None
        with file:
            _lock(file)
            try:
                # Another process may have put a new file in its place while this one waited.
                now = target.stat() if target.exists() else None
                mine = os.fstat(file.fileno())
                if now is None or (now.st_dev, now.st_ino) != (mine.st_dev, mine.st_ino):
                    continue
                file.seek(0)
                yield file
                return
            finally:
                _unlock(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        with suppress(OSError):
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX)

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
