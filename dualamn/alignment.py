"""What an alignment run gives back: links, and the ranked candidates they were chosen from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dualamn.errors import ConfigError
from dualamn.probability.calibration import JudgedLinks
from dualamn.result import LIKELY

if TYPE_CHECKING:
    import pandas
    import pyarrow

    from dualamn.explain import Explanation
    from dualamn.link_files.table import Slots
    from dualamn.matching.entity_clusters import Clusters
    from dualamn.probability import Threshold
    from dualamn.schema import SchemaAlignment


@dataclass(frozen=True, eq=False, repr=False)
class Alignment(JudgedLinks):
    """Links found between the graphs of a task, and all that can be done with them.

    It has every link that the matcher chose. Files and tables, as on the command line, have those
    that are likely correct (`likely`) where the links have probabilities, unless others were chosen
    by `confident`, `at_precision` or `above`; `confident(0)` is all of them.

    >>> import dualamn
    >>> german = [("Rhein", "mündet in", "Nordsee"), ("Rhein", "fließt durch", "Köln")]
    >>> english = [("Rhine", "flows to", "North Sea"), ("Rhine", "passes", "Cologne")]
    >>> known = [("Nordsee", "North Sea"), ("Köln", "Cologne")]
    >>> task = dualamn.as_task({"de": german, "en": english}, known)
    >>> alignment = dualamn.Aligner("fast").fit(task).align(matcher="mutual")
    >>> alignment
    Alignment('de-en': 1 links, matcher mutual, protocol unaligned)
    >>> alignment.columns().right.tolist()
    ['Rhine']

    Attributes:
        task, pairs, protocol, matcher, seconds, saw_test_side, used_names, config,
            least_probability, chosen_from: see `AlignedLinks`.
        calibration, attributes: see `JudgedLinks`.
    """

    def confident(self, probability: float) -> Alignment:
        """The alignment with only the links of at least this probability.

        Raises:
            ConfigError: the links have no probabilities, or it is not from 0 to 1.
        """
        if not isinstance(probability, Real) or not 0 <= probability <= 1:
            raise ConfigError(f"a probability lies between 0 and 1, got {probability!r}")
        return self._from(probability)

    def likely(self) -> Alignment:
        """The alignment with only the links that are likely correct, of probability .5 or more.

        Links between graphs that were not calibrated are all there.
        """
        if self.probabilities is None:
            return self
        return self._chosen(LIKELY)

    def written(self) -> Alignment:
        """What files and tables have: the links that were chosen, or else those that are likely."""
        return self.likely() if self.least_probability is None else self

    def threshold(self, precision: float, confidence: float = 0.95) -> Threshold:
        """The lowest probability above which at least that share of the links is correct.

        Args:
            precision: share of correct links, such as .95.
            confidence: chance that it is reached.

        Raises:
            ConfigError: the links have no probabilities, or a share is not between 0 and 1.
        """
        from dualamn.probability.precision_threshold import find_threshold

        if self.calibration is None:
            raise _not_calibrated()
        parts = []
        for whole, made_by in zip(self.pairs, self.calibration.pairs, strict=True):
            pair = whole.only_found()  # of the others there is no doubt
            assert pair.probabilities is not None
            assert pair.features is not None
            parts.append((made_by, pair.probabilities, pair.features))
        return find_threshold(parts, precision, confidence)

    def at_precision(self, precision: float, confidence: float = 0.95) -> Alignment:
        """The alignment with as many links as reach a precision, see `threshold`."""
        return self.above(self.threshold(precision, confidence))

    def above(self, threshold: Threshold) -> Alignment:
        """The alignment with only the links that a threshold keeps."""
        return self._from(threshold.probability)

    def _from(self, probability: float) -> Alignment:
        if any(pair.probabilities is None for pair in self.pairs):
            raise _not_calibrated()
        return self._chosen(probability)

    def _chosen(self, probability: float) -> Alignment:
        pairs = []
        for pair in self.pairs:
            p, given = pair.probabilities, pair.is_given
            if p is None:
                pairs.append(pair)
                continue
            probable = p >= np.float32(probability)
            # What is given is certain, whatever is asked for.
            pairs.append(pair.kept(probable if given is None else probable | given))
        return replace(
            self,
            pairs=tuple(pairs),
            least_probability=max(probability, self.least_probability or 0.0),
            chosen_from=self.chosen_from or self,
        )

    def explain(
        self, left: str, right: str | None = None, *, graphs: tuple[str, str] | None = None
    ) -> Explanation:
        """Why two entities are linked, or one is not, see `dualamn.explain.explain`.

        Args:
            left: an entity of whichever graph: its identifier, its name, or the last part of its
                identifier.
            right: another, of another graph; the one that `left` is linked to if None.
            graphs: names of the graphs of the two, where the same is in several.

        Raises:
            DataError: no such entity in the graphs that were aligned, several of one name, or two
                that were not aligned with each other.
        """
        from dualamn.explain import explain

        return explain(self, left, right, graphs=graphs)

    def schema(self) -> SchemaAlignment:
        """Which relations, properties and classes of the graphs stand for each other.

        The links that files have, see `written`, and the seed links show it: what of one graph is
        found again in the other, and with which term. See `dualamn.schema`.
        """
        from dualamn.schema import SchemaAlignment

        values = None if self.attributes is None else self.attributes.values
        types = None if self.attributes is None else self.attributes.types
        return SchemaAlignment.of(
            self.written(),
            None if values is None else values.facts,
            None if types is None else types.types,
        )

    def clusters(self, *, min_score: float | None = None) -> Clusters[Alignment]:
        """Sets of entities that are the same, at most one of each graph.

        They are made of the links that files have, see `written`, and of the seed links. Where
        links contradict each other the surer ones win, see `dualamn.matching.entity_clusters`.

        Args:
            min_score: links with a lower probability, or score where they have none, are not looked
                at; None to look at all.

        Raises:
            ConfigError: `min_score` is not a number.
        """
        from dualamn.matching.entity_clusters import cluster

        return cluster(self.written(), min_score=min_score)

    def write(
        self,
        path: str | Path,
        format: str | None = None,  # noqa: A002
        *,
        base: str | None = None,
        sssom: Slots | None = None,
        ids: bool = False,
    ) -> None:
        """Writes the links, see `written`, in the format that the file name ends in.

        Args:
            path: the file, replaced only once the new one is complete.
            format: "tsv", "csv", "jsonl", "parquet", "ntriples", "turtle" or "sssom", to settle it
                where the name does not tell.
            base: an IRI that ends in / or #, for formats that hold IRIs: entities whose
                identifiers are no IRIs get one there.
            sssom: slots of the mapping set that Turtle and SSSOM are, such as
                `{"license": "https://creativecommons.org/publicdomain/zero/1.0/"}`.
            ids: write the ids of links and clusters in tables, see `Aligner.with_ids`.

        Raises:
            ConfigError: the format is unknown, the name tells none, or an option does not fit.
            DataError: the file cannot be written, or needs IRIs and there is no base.
            MissingExtraError: the format needs a package that is not installed.
        """
        from dualamn.link_files.formats import format_of
        from dualamn.link_files.table import WriteOptions

        chosen, options = format_of(path, format), WriteOptions(base, sssom or {}, ids)
        chosen.check(options)
        chosen.write_links(self.written(), Path(path), options)

    def write_candidates(
        self,
        path: str | Path,
        k: int = 10,
        format: str | None = None,  # noqa: A002
    ) -> None:
        """Writes the k best candidates of every entity that was searched for, as a table.

        Columns are source, entity, rank, candidate_source, candidate, score and linked, whether it
        is a link that is written, and name and candidate_name if a graph has names. The score is
        the matcher's, which ranks candidates before links get probabilities.

        Args:
            path: the file, see `write`; a format of tables.
            k: how many candidates of every entity at most.
            format: "tsv", "csv", "jsonl" or "parquet".

        Raises:
            ConfigError: k is less than 1, the matcher ranks nothing, or the format does not fit.
            DataError: the file cannot be written.
            MissingExtraError: the format needs a package that is not installed.
        """
        from dualamn.link_files.formats import table_writer
        from dualamn.link_files.side_tables import candidate_table

        table_writer(path, format)(candidate_table(self.written(), k), Path(path))

    def write_unmatched(
        self,
        path: str | Path,
        format: str | None = None,  # noqa: A002
    ) -> None:
        """Writes the entities that have neither a link, see `written`, nor a seed link, as a table.

        Columns are source, entity, name, empty for an entity without one, and reason, why it has no
        link. Graphs that were not aligned are left out, and entities that get no links, such as
        blank nodes.

        Args:
            path: the file, see `write`; a format of tables.
            format: "tsv", "csv", "jsonl" or "parquet".

        Raises:
            ConfigError: the format does not fit.
            DataError: the file cannot be written.
            MissingExtraError: the format needs a package that is not installed.
        """
        from dualamn.link_files.formats import table_writer
        from dualamn.link_files.side_tables import unmatched_table

        table_writer(path, format)(unmatched_table(self.written()), Path(path))

    def report(
        self,
        path: str | Path,
        *,
        per_band: int = 5,
        seconds: Mapping[str, float] | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        """Writes one HTML page about the alignment that needs no network.

        It has counts of the links that files have, see `written`; of all links how sure they are,
        and whether that can be believed, and some of every band of probability with the reasons for
        them; and the graphs in numbers.

        Args:
            path: the file, replaced only once the new one is complete.
            per_band: how many links are explained of every band and pair of graphs.
            seconds: what other stages took, such as `Aligner.seconds`.
            notes: what else a reader should know, a sentence each.

        Raises:
            ConfigError: `per_band` is negative.
            DataError: the file cannot be written.
        """
        from dualamn.report import write_report

        write_report(self.written(), path, per_band=per_band, seconds=seconds, notes=notes)

    def to_tsv(self, path: str | Path) -> None:
        """Writes the links, see `written`, as TSV, see `dualamn.link_files.table_formats`."""
        self.write(path, "tsv")

    def to_arrow(self) -> pyarrow.Table:
        """The links that files have, as a `pyarrow.Table` of the same columns and order.

        Fractions are not rounded.

        Raises:
            MissingExtraError: pyarrow is not installed.
        """
        from dualamn.link_files.table import table_of_links
        from dualamn.link_files.table_formats import arrow_table

        return arrow_table(table_of_links(self.written()))

    def to_pandas(self) -> pandas.DataFrame:
        """The links that files have, as a `pandas.DataFrame` of the same columns and order.

        Fractions are not rounded.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        from dualamn.errors import needs
        from dualamn.link_files.table import table_of_links

        return needs("pandas", extra="pandas").DataFrame(
            dict(table_of_links(self.written()).columns)
        )


def _not_calibrated() -> ConfigError:
    return ConfigError(
        "these links have no probabilities: align with Aligner(calibrate=True), or on the command "
        "line without --no-calibrate"
    )
