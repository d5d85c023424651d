"""A file of decisions to which rows are added: whole or not at all, by several processes."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO
from urllib.parse import quote

from dualamn.errors import DataError
from dualamn.files.atomic import atomic_write, check_writable
from dualamn.files.iris import Base, curies_of, entity_iri, is_iri, to_uri
from dualamn.files.text import decode, unix_lines
from dualamn.link_files.decisions import COLUMNS, UNSURE, Decision, parse_decisions
from dualamn.link_files.mapping_set import NO_LICENSE, PREFIXES, SSSOM, today
from dualamn.link_files.sssom import MappingTable, field_of, header_lines
from dualamn.version import __version__

_SAME, _OPEN = "owl:sameAs", "rdfs:seeAlso"
_JUSTIFICATION = "semapv:ManualMappingCuration"


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
        known = parse_decisions(Path(path), text)
        rows = zip(known.lines, known.decisions, strict=True)
        same = [line for line, one in rows if _as_written(one) == _as_written(decision)]
        if not same:
            return False
        lines = unix_lines(text).rstrip("\n").split("\n")
        del lines[same[-1] - 1]
        with atomic_write(path) as out:
            out.writelines(f"{line}\n" for line in lines)
    return True


def decision_rows(decisions: Iterable[Decision]) -> tuple[str, list[str]]:
    """A file of decisions in parts: its beginning, the line of columns included, and its rows.

    Texts of decisions stand in them as they are, so that they can be filled in later.

    >>> one = Decision("Bern", "Bärn", "accepted", "anna", "2026-01-31")
    >>> beginning, (row,) = decision_rows([one])
    >>> beginning.startswith("#curie_map:"), "semapv:ManualMappingCuration" in row
    (True, True)
    """
    log = _Log.of(Path("decisions"), "")
    for decision in decisions:
        log.add(decision)
    return "\n".join((*log.head, "\t".join(log.columns))), log.rows


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
            return cls(path, head, prefixes, list(COLUMNS), [], set_id, is_new=True)
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
            "other": UNSURE if unsure else "",
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
