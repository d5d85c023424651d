"""Every setting of the engine, in groups by owner: its range, its default and the reason for it.

What the paper fixes is marked (paper); the rest was chosen on links held out from the seed links of
DBP15K, see docs/method.md. The defaults are those of the published method, the preset `paper`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from dualamn.errors import ConfigError


@dataclass(frozen=True)
class Range:
    """Which numbers a setting may have: what they must be, and whether one is so."""

    must: str
    holds: Callable[[float], bool]


Count = Annotated[int, Range("1 or more", lambda n: n >= 1)]
NotNegative = Annotated[int, Range("0 or more", lambda n: n >= 0)]
Amount = Annotated[float, Range("0 or more", lambda x: x >= 0)]
Positive = Annotated[float, Range("above 0", lambda x: x > 0)]
Share = Annotated[float, Range("from 0 to 1", lambda x: 0 <= x <= 1)]
Dropout = Annotated[float, Range("from 0 up to, not including, 1", lambda x: 0 <= x < 1)]
Recall = Annotated[float, Range("above 0, at most 1", lambda x: 0 < x <= 1)]

Device = Literal["auto", "cpu", "cuda"]
MatmulPrecision = Literal["highest", "high", "medium"]
BootstrapCandidates = Literal["unaligned", "test_only"]
Names = Literal["auto", "off"]
Values = Literal["auto", "off"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A frozen group of settings, whose types and ranges are checked when it is made.

    Raises:
        ConfigError: a value of another type, or out of its range.
    """

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self), include_extras=True).items():
            _check(name, getattr(self, name), kind)

    def to_dict(self) -> dict[str, Any]:
        """All settings as plain values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class EncoderSettings(Settings):
    """What turns a task into embeddings, and the shape of Dual-AMN.

    Attributes:
        encoder: name in `dualamn.encoders.ENCODERS`.
        dim: width of one layer (paper).
        depth: graph layers after the first features, (depth + 1) * dim a branch (paper).
        proxies: proxies a branch that bridge the graphs (paper).
    """

    encoder: str = "dual_amn"
    dim: Count = 128
    depth: Count = 2
    proxies: Count = 64


@dataclass(frozen=True, kw_only=True)
class TrainingSettings(Settings):
    """How Dual-AMN learns from links.

    Attributes:
        dropout: share of output numbers set to zero in training (paper).
        gamma: margin between a pair and its negatives (paper).
        loss_scale: lambda, how much the hardest negatives outweigh others (paper).
        epochs: passes over the links.
        most_batches: steps that an epoch has at most on small graphs; ten, if that is fewer, on
            large ones, whose layers cost more. With l links and t triples of all graphs

                links a step = (t / 5000)^2, within 180 and 2048,
                steps = l / (links a step), within min(5, most_batches) and most_batches,

            and never more steps than links, see `dualamn.training.trainer.steps_an_epoch`.
        learning_rate: of RMSprop (paper).
        tie_links: linked entities share one embedding, which is left out of the steps that learn
            from their link: the network then learns to find pairs by their neighbourhood alone.
        negatives: mined negatives an anchor. At lambda = 30 the hardest few carry the loss.
        matmul_precision: the lowest precision that training's dense products may run in, as
            torch names them: "medium" takes bfloat16 factors and float32 sums where the
            processor has them, "highest" float32 everywhere. Embeddings to search in are
            always made in float32.
    """

    dropout: Dropout = 0.3
    gamma: Positive = 1.0
    loss_scale: Positive = 30.0
    epochs: Count = 12
    most_batches: Count = 20
    learning_rate: Positive = 0.005
    tie_links: bool = False
    negatives: Count = 32
    matmul_precision: MatmulPrecision = "medium"


@dataclass(frozen=True, kw_only=True)
class PropagationSettings(Settings):
    """How labels are propagated, in the encoders `propagation` and `joint`.

    Attributes:
        label_dim: width of the labels that propagation starts from.
        relation_dim, neighbour_dim: of random projections; an entity's row is an outer product of
            both, of width relation_dim * neighbour_dim.
    """

    label_dim: Count = 256
    relation_dim: Count = 128
    neighbour_dim: Count = 16


@dataclass(frozen=True, kw_only=True)
class BootstrapSettings(Settings):
    """Self-training rounds, which learn from the model's own confident pairs.

    Attributes:
        bootstrap_turns: most self-training rounds; 0 for none.
        bootstrap_candidates: whose entities these pairs are looked for among: "unaligned" all
            without a seed link, "test_only" those of the test links. With the latter
            the model knows who has a counterpart: it may be scored as `test_only` and nothing else.
        bootstrap_probability: from which a pair that is each other's choice is learned from.
        turn_epochs: passes over seed links and pairs in a self-training round.
    """

    bootstrap_turns: NotNegative = 0
    bootstrap_candidates: BootstrapCandidates = "unaligned"
    bootstrap_probability: Share = 0.5
    turn_epochs: Count = 5


@dataclass(frozen=True, kw_only=True)
class SearchSettings(Settings):
    """How candidates are searched by embeddings.

    Attributes:
        candidates: how many candidates each entity keeps after the search.
        search_limit: products of numbers that an exact search may take, 5e11 being some ten seconds
            on two cores; larger graphs do with candidates by evidence, if it finds any, and by rare
            words or pieces of names, or else are searched by way of clusters.
        search_recall: share of the ten nearest that a search by way of clusters is to find; 1 for
            exact searches at any size.
    """

    candidates: Count = 100
    search_limit: Amount = 4e12
    search_recall: Recall = 0.99


@dataclass(frozen=True, kw_only=True)
class MatchingSettings(Settings):
    """How links are chosen among candidates.

    Attributes:
        matcher: name in `dualamn.matching.MATCHERS`.
        temperature: of the Sinkhorn normalisation, in units of cosine: lower is more decided.
        sinkhorn_rounds: most passes of that normalisation.
    """

    matcher: str = "csls"
    temperature: Positive = 0.03
    sinkhorn_rounds: Count = 15


@dataclass(frozen=True, kw_only=True)
class EvidenceSettings(Settings):
    """Symbolic evidence (`dualamn.evidence`) between search and matching.

    Attributes:
        evidence_rounds: rounds of it; 0 for none.
        evidence_weight: cosine that one unit of evidence adds to a score.
        evidence_share_weight: cosine that all statements in common add to it.
        evidence_explored: how many candidates of an entity evidence may find, beside those of the
            search; 0 for none. Graphs too large for a search have only these.
        evidence_first: the encoder learns not only from the seed links but also from the sure
            pairs that evidence finds before there are any embeddings, among the entities that
            `bootstrap_candidates` names.
    """

    evidence_rounds: NotNegative = 0
    evidence_weight: Amount = 0.12
    evidence_share_weight: Amount = 0.8
    evidence_explored: NotNegative = 0
    evidence_first: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        explores = self.evidence_rounds > 0 and self.evidence_explored > 0
        if self.evidence_first and not explores:
            raise ConfigError(
                "evidence_first needs evidence_rounds and evidence_explored above 0, got True"
            )


@dataclass(frozen=True, kw_only=True)
class AttributeSettings(Settings):
    """Names and attribute values of entities (`dualamn.attributes`).

    Attributes:
        names: "auto" lets the names of entities take part where the graphs of a task have some,
            "off" goes by structure alone. How much they weigh is learned from linked entities, so
            useless names weigh nothing.
        names_turns: self-training rounds at least where names or values take part: every round
            these find further pairs, and pairs words and properties that stand for each other.
        names_model: folder of a model2vec or sentence-transformers model on this machine, by which
            names are compared as well; None for none. Nothing is downloaded.
        values: "auto" lets attribute values, such as numbers and dates, take part where the graphs
            of a task have some, "off" leaves them out, types too. How much they weigh is learned
            as well.
        same_type: entities whose types are known not to match are not linked: known pairs show
            which classes stand for each other. Otherwise that counts as evidence against a link.
    """

    names: Names = "auto"
    names_turns: NotNegative = 0
    names_model: str | None = None
    values: Values = "auto"
    same_type: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.names == "off" and self.names_model is not None:
            raise ConfigError("names must be auto for names_model, got 'off'")
        if self.values == "off" and self.same_type:
            raise ConfigError("values must be auto for same_type, got 'off'")


@dataclass(frozen=True, kw_only=True)
class RunSettings(Settings):
    """What a run may take, and the seed that it goes by.

    Attributes:
        calibrate: also train second models, without some of the seed links and entities, to learn
            how often links are correct: it takes twice the time or more, and links get
            probabilities (`dualamn.probability.holdout`).
        memory: GiB that a run may take; None for four fifths of what the machine has. Where
            more would be needed, embeddings are rounded to half precision, go into a file or get
            fewer dimensions (`dualamn.planning.execution_plan`).
        device: "auto" takes a GPU if there is one.
        threads: CPU threads, None for torch's own choice. Another number of threads adds up
            in another order, so links can differ in rare ties of rounding.
        seed: random seed.
    """

    calibrate: bool = False
    memory: Positive | None = None
    device: Device = "auto"
    threads: Count | None = None
    seed: NotNegative = 0


def _check(name: str, value: object, kind: Any) -> None:
    """Refuses a value that is not of a type as a field declares it.

    Raises:
        ConfigError: another type, not finite, or out of range.
    """
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ConfigError(f"{name} must be one of {', '.join(get_args(kind))}, got {value!r}")
        return
    choices = (kind,) if get_origin(kind) is Annotated else get_args(kind) or (kind,)
    types = [get_args(c)[0] if get_origin(c) is Annotated else c for c in choices]
    fitting = (*types, int) if float in types else tuple(types)
    # Python counts a bool among the whole numbers.
    if not isinstance(value, fitting) or (isinstance(value, bool) and bool not in types):
        said = " or ".join("None" if t is type(None) else t.__name__ for t in types)
        raise ConfigError(f"{name} must be {said}, got {value!r}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{name} must be finite, got {value!r}")
    for allowed in (r for c in choices if get_origin(c) is Annotated for r in get_args(c)[1:]):
        if isinstance(value, int | float) and not allowed.holds(value):
            raise ConfigError(f"{name} must be {allowed.must}, got {value!r}")
