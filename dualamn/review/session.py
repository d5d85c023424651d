"""A review: questions in turn, answers that are kept at once, and what is known by now."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dualamn.data_loaders.decided import Found
from dualamn.explain import PairExplainer
from dualamn.files.text import counted
from dualamn.kernels.arrays import BoolArray, Floats, IntArray, find, pair_keys
from dualamn.link_files.decision_file import append_decision, withdraw_decision
from dualamn.link_files.decisions import Decision, Verdict, read_decisions
from dualamn.probability.calibration import JudgedLinks
from dualamn.result import LIKELY
from dualamn.review.asking_order import RANDOM_SHARE, next_questions
from dualamn.review.known_so_far import KnownSoFar, known_so_far
from dualamn.review.proposals import Proposals
from dualamn.review.side_by_side import SideBySide, side_by_side

_ANSWER: dict[Verdict, float] = {"accepted": 1.0, "rejected": 0.0, "unsure": float("nan")}


@dataclass(frozen=True)
class Question:
    """A pair to be asked about.

    Attributes:
        number: its place among the proposals of the review.
        left_source, left, right_source, right: graph and identifier of the two entities.
        left_name, right_name: what people call them, "" without a name.
        probability: that they are the same.
        is_link: whether they are a link that is written; if not, it would be found by accepting it.
    """

    number: int
    left_source: str
    left: str
    right_source: str
    right: str
    left_name: str
    right_name: str
    probability: float
    is_link: bool


class Review:
    """Asks about pairs of an alignment, and keeps the answers in a file of decisions.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import dualamn
    >>> german = [("Rhein", "mündet in", "Nordsee"), ("Rhein", "fließt durch", "Köln")]
    >>> english = [("Rhine", "flows to", "North Sea"), ("Rhine", "passes", "Cologne")]
    >>> known = [("Nordsee", "North Sea"), ("Köln", "Cologne")]
    >>> task = dualamn.as_task({"de": german, "en": english}, known)
    >>> alignment = dualamn.Aligner("fast").fit(task).align()
    >>> with TemporaryDirectory() as folder:
    ...     review = Review(alignment, Path(folder, "decisions.sssom.tsv"), who="anna")
    ...     (question,) = review.questions(1)
    ...     review.answer(question.number, "accepted", "the same river")
    Decision('Rhein', 'Rhine': accepted by anna on ..., the same river)

    Args:
        alignment: with all its links, also improbable ones.
        path: the file of decisions; what it says already is not asked again. It is made with the
            first answer.
        who: who answers; the name of the user on this machine if None.
        least: links of at least this probability are written.
        random_share: of the questions that are drawn at random.
        seed: of these draws.

    Attributes:
        notes: what of the file is not about this alignment, each with its count.

    Raises:
        DataError: the file is no file of decisions.
    """

    def __init__(
        self,
        alignment: JudgedLinks,
        path: str | Path,
        *,
        who: str | None = None,
        least: float = LIKELY,
        random_share: float = RANDOM_SHARE,
        seed: int = 0,
    ) -> None:
        self.path = Path(path)
        self.who = getpass.getuser() if who is None else who
        whole = alignment if alignment.chosen_from is None else alignment.chosen_from
        assert isinstance(whole, JudgedLinks)
        self.alignment = whole
        self.proposals = Proposals.of_alignment(whole, least, seed)
        self._random_share = random_share
        keys = pair_keys(self.proposals.pairs)
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]
        self._made: list[Decision] = []
        self._explainers: dict[int, PairExplainer] = {}
        self._state: tuple[int, int] | None = None
        self.asked: BoolArray = np.zeros(len(keys), dtype=np.bool_)
        self.answers: Floats = np.full(len(keys), np.nan)
        self.notes: tuple[str, ...] = ()
        self.refresh()

    def refresh(self) -> bool:
        """Reads the file again if another process has written to it; whether it has."""
        state = self._state_of_file()
        if state == self._state:
            return False
        self._state = state
        self._read()
        return True

    def _state_of_file(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_size

    def _read(self) -> None:
        self.asked = np.zeros(len(self._keys), dtype=np.bool_)
        self.answers = np.full(len(self._keys), np.nan)
        if self._state is None:
            return
        log = read_decisions(self.path)
        found = Found.of(self.alignment.task, log.decisions)
        elsewhere = 0
        for pairs, value in (
            (found.accepted, 1.0),
            (found.rejected, 0.0),
            (found.unsure, np.nan),
            (found.disputed_pairs, np.nan),
        ):
            place, here = find(self._keys, pair_keys(pairs))
            at = self._order[place[here]]
            self.asked[at] = True
            self.answers[at] = value
            elsewhere += int((~here).sum())
        notes = []
        if found.gone:
            notes.append(f"{counted(found.gone, 'decision')} about entities that are in no graph")
        if found.disputed:
            notes.append(f"{counted(found.disputed, 'pair')} on which reviewers disagree")
        if elsewhere:
            notes.append(f"{counted(elsewhere, 'decision')} about pairs that are no question here")
        self.notes = tuple(notes)

    def questions(self, n: int = 10) -> list[Question]:
        """The next questions, those that teach most first; none when all are answered."""
        return [self.question(int(at)) for at in self.next(n)]

    def next(self, n: int = 10) -> IntArray:
        """(k,) numbers of the next questions."""
        return next_questions(
            self.proposals.askable, self.asked, n, random_share=self._random_share
        )

    def question(self, number: int) -> Question:
        """The question of a number."""
        task, proposals = self.alignment.task, self.proposals
        left, right = proposals.pairs[number].tolist()
        names = task.kg_names
        return Question(
            number,
            names[int(task.source_of[left])],
            str(task.identifiers(left)),
            names[int(task.source_of[right])],
            str(task.identifiers(right)),
            task.name_of(left),
            task.name_of(right),
            float(proposals.askable.probability[number]),
            bool(proposals.askable.written[number]),
        )

    def shown(self, number: int) -> SideBySide:
        """What is shown of a question."""
        proposals = self.proposals
        left, right = proposals.pairs[number].tolist()
        at = int(proposals.of[number])
        if at not in self._explainers:
            self._explainers[at] = PairExplainer(self.alignment, self.alignment.pairs[at])
        p = float(proposals.askable.probability[number])
        return side_by_side(self.alignment.task, self._explainers[at], left, right, p)

    def answer(self, number: int, verdict: Verdict, why: str = "") -> Decision:
        """Keeps the answer to a question; it is on the disk when this returns.

        Raises:
            ConfigError: there is no such verdict.
            DataError: the file cannot be written.
        """
        asked = self.question(number)
        decision = append_decision(
            self.path,
            Decision(
                asked.left,
                asked.right,
                verdict,
                self.who,
                why=why,
                left_source=asked.left_source,
                right_source=asked.right_source,
            ),
        )
        self._made.append(decision)
        self._state = None
        self.refresh()
        return decision

    def undo(self) -> Decision | None:
        """Takes the last answer of this review back; None if there is none left."""
        while self._made:
            last = self._made.pop()
            if withdraw_decision(self.path, last):
                self.refresh()
                return last
        return None

    @property
    def made(self) -> Sequence[Decision]:
        """The decisions of this review, in order."""
        return tuple(self._made)

    def known(self) -> KnownSoFar:
        """How much is known by now, and what ten more answers are worth."""
        return known_so_far(
            self.proposals.askable,
            self.asked,
            self.answers,
            given=int(self.alignment.is_given.sum()),
            coming=self.next(10),
        )
