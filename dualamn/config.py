"""Every setting of the engine, its default and the reason for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args, get_type_hints

from dualamn.errors import ConfigError, did_you_mean
from dualamn.presets import preset_settings

Device = Literal["auto", "cpu", "cuda"]
MatmulPrecision = Literal["highest", "high", "medium"]

BootstrapCandidates = Literal["unaligned", "test_only"]
Names = Literal["auto", "off"]
Values = Literal["auto", "off"]

_COUNTS = (
    "dim",
    "depth",
    "proxies",
    "epochs",
    "batch_size",
    "step_triples",
    "batches",
    "most_batches",
    "negatives",
    "mining_pool",
    "mining_limit",
    "mining_dim",
    "sampled_entities",
    "candidates",
    "csls_k",
    "sinkhorn_rounds",
    "turn_epochs",
    "settling_steps",
    "label_dim",
    "propagation_rounds",
    "relation_dim",
    "neighbour_dim",
    "names_dim",
)
_NOT_NEGATIVE = (
    "seed",
    "search_limit",
    "evidence_rounds",
    "evidence_weight",
    "evidence_share_weight",
    "evidence_explored",
    "bootstrap_turns",
    "names_weight",
    "names_turns",
)


@dataclass(frozen=True, kw_only=True)
class AlignerConfig:
    """Settings of encoder, training, search and matching.

    The defaults are those of the published method, the preset `paper`; `AlignerConfig.preset`
    gives the others.

    What the paper fixes is marked (paper); the rest was chosen on links held out from the seed
    links of DBP15K, see docs/method.md.

    Attributes:
        encoder: name in `dualamn.encoders.ENCODERS`.
        matcher: name in `dualamn.matching.MATCHERS`.
        dim: width of one layer (paper).
        depth: graph layers after the first features, (depth + 1) * dim a branch (paper).
        proxies: proxies a branch that bridge the graphs (paper).
        dropout: share of output numbers set to zero in training (paper).
        gamma: margin between a pair and its negatives (paper).
        loss_scale: lambda, how much the hardest negatives outweigh others (paper).
        loss_tau: constant in the exponents of the loss (paper).
        epochs: passes over the seed links.
        batch_size: most seed links that a step is meant for.
        step_triples: a step takes the square of the task's triples over this many seed links, some
            at least and `batch_size` at most. The graph layers cost less where there are fewer
            triples, and an epoch has more steps then, between the next two.
        batches: steps that an epoch has at least, as long as there are seed links for them: one
            step over all seed links an epoch finds fewer links, however long it trains.
        most_batches: steps that an epoch has at most where they have fewer links than a quarter of
            `batch_size`; twice `batches` elsewhere, however many seed links there are: the
            graph layers run over all entities in every step, so few large ones cost less.
        average_share: the last share of the epochs, over whose steps the parameters that training
            ends with are averaged; 0 for those of the last step. A constant learning rate keeps
            them moving around a place that the mean is nearer to.
        settling_steps: of training longer than that, what comes after so many steps is averaged as
            well, up to its second half.
        learning_rate: of RMSprop (paper).
        tie_links: linked entities share one embedding, which is left out of the steps that learn
            from their link: the network then learns to find pairs by their neighbourhood alone.
        negatives: mined negatives an anchor. At lambda = 30 the hardest few carry the loss.
        mining_pool: entities without seed link that a step searches negatives among, drawn anew
            for every step; for every epoch where a step has all linked entities beside them.
        mining_limit: entities of seed links, its own and others, that a step searches negatives
            among at once; where it has more of its own, it does so in parts.
        mining_dim: width of the projection that negatives are searched in.
        sampled_entities: entities that the loss takes its mean and deviation from.
        matmul_precision: the lowest precision that training's dense products may run in, as
            torch names them: "medium" takes bfloat16 factors and float32 sums where the
            processor has them, "highest" float32 everywhere. Embeddings to search in are
            always made in float32.
        candidates: how many candidates each entity keeps after the search.
        search_limit: products of numbers that an exact search may take, 5e11 being some ten seconds
            on two cores; larger graphs do with the candidates that evidence finds, if it does, and
            those that share rare words or pieces of names, or else are searched approximately.
        search_recall: share of the ten nearest that an approximate search is to find; 1 for
            exact searches at any size.
        csls_k: neighbours that a CSLS neighbourhood is taken from (paper).
        temperature: of the Sinkhorn normalisation, in units of cosine: lower is more decided.
        sinkhorn_rounds: most passes of that normalisation.
        evidence_rounds: rounds of symbolic evidence (`dualamn.evidence`) between search and
            matching; 0 for none.
        evidence_weight: cosine that one unit of evidence is worth.
        evidence_share_weight: cosine that it is worth to have everything stated in common.
        evidence_explored: how many candidates of an entity evidence may find, beside those of the
            search; 0 for none. Graphs too large for a search have only these.
        evidence_first: the encoder learns not only from the seed links but also from the sure
            pairs that evidence finds before there are any embeddings, among the entities that
            `bootstrap_candidates` names.
        bootstrap_turns: most turns of learning from the model's own confident pairs; 0 for none.
        bootstrap_candidates: whose entities these pairs are looked for among: "unaligned" all
            without a seed link, "test_only" those of the test links. The latter tells the model
            who has a partner: it may then be scored as `test_only` and nothing else.
        bootstrap_probability: from which a pair that is each other's choice is learned from.
        turn_epochs: passes over seed links and pairs in a turn.
        label_dim: width of the labels that propagation starts from.
        propagation_rounds: how far they travel.
        relation_dim, neighbour_dim: random projections of relations and neighbours, whose outer
            products are an entity's row: its width is relation_dim * neighbour_dim.
        propagation_share: weight of propagation's cosine in the joint encoder.
        names: "auto" lets the names of entities take part where the graphs of a task have some
            (`dualamn.attributes`), "off" goes by structure alone. What a name is worth is learned
            from linked entities, so names that tell nothing are worth nothing.
        names_weight: what is learned of that is multiplied with.
        names_dim: width of the random projections of names that candidates are searched in.
        names_turns: turns of bootstrapping at least where names or values take part: they show
            in every turn who else is a pair, and pairs which words and properties stand for each
            other.
        names_model: folder of a model2vec or sentence-transformers model on this machine, by which
            names are compared as well; None for none. Nothing is downloaded.
        values: "auto" lets attribute values, such as numbers and dates, take part where the graphs
            of a task have some (`dualamn.attributes`), "off" leaves them out. What they are worth
            is learned as well.
        calibrate: also train a second model on four fifths of the seed links, to learn from the
            others how often links are right: it doubles the time, and links get probabilities.
        memory: GiB that a run may take; None for four fifths of what the machine has. Where
            more would be needed, embeddings are rounded to half precision, go into a file or are
            made narrower (`dualamn.planning.execution_plan`).
        half_embeddings: make embeddings in half precision (float16); a plan sets it.
        map_embeddings: keep embeddings in a temporary file (`dualamn.kernels.memory`); a plan
            sets it.
        device: "auto" takes a GPU if there is one.
        threads: CPU threads, None for torch's own choice. Another number of threads adds up
            in another order, so links can differ in rare ties of rounding.
        seed: the one source of randomness.
    """

    encoder: str = "dual_amn"
    matcher: str = "csls"
    dim: int = 128
    depth: int = 2
    proxies: int = 64
    dropout: float = 0.3
    gamma: float = 1.0
    loss_scale: float = 30.0
    loss_tau: float = 10.0
    epochs: int = 12
    batch_size: int = 2048
    step_triples: int = 5000
    batches: int = 5
    most_batches: int = 20
    average_share: float = 0.25
    settling_steps: int = 60
    learning_rate: float = 0.005
    tie_links: bool = False
    negatives: int = 32
    mining_pool: int = 2048
    mining_limit: int = 10_000
    mining_dim: int = 64
    sampled_entities: int = 1024
    matmul_precision: MatmulPrecision = "medium"
    candidates: int = 100
    search_limit: float = 4e12
    search_recall: float = 0.99
    csls_k: int = 10
    temperature: float = 0.03
    sinkhorn_rounds: int = 15
    evidence_rounds: int = 0
    evidence_weight: float = 0.12
    evidence_share_weight: float = 0.8
    evidence_explored: int = 0
    evidence_first: bool = False
    bootstrap_turns: int = 0
    bootstrap_candidates: BootstrapCandidates = "unaligned"
    bootstrap_probability: float = 0.5
    turn_epochs: int = 5
    label_dim: int = 256
    propagation_rounds: int = 2
    relation_dim: int = 128
    neighbour_dim: int = 16
    propagation_share: float = 0.5
    names: Names = "auto"
    names_weight: float = 1.0
    names_dim: int = 256
    names_turns: int = 0
    names_model: str | None = None
    values: Values = "auto"
    calibrate: bool = False
    memory: float | None = None
    half_embeddings: bool = False
    map_embeddings: bool = False
    device: Device = "auto"
    threads: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            _check_type(name, getattr(self, name), kind)
        for name in _COUNTS:
            self._check(name, getattr(self, name) >= 1, "must be 1 or more")
        for name in ("gamma", "loss_scale", "learning_rate", "temperature"):
            self._check(name, getattr(self, name) > 0, "must be above 0")
        for name in _NOT_NEGATIVE:
            self._check(name, getattr(self, name) >= 0, "must be 0 or more")
        for name in ("average_share", "bootstrap_probability", "propagation_share"):
            self._check(name, 0 <= getattr(self, name) <= 1, "must be from 0 to 1")
        self._check("search_recall", 0 < self.search_recall <= 1, "must be above 0, at most 1")
        self._check("dropout", 0 <= self.dropout < 1, "must be from 0 up to, not including, 1")
        self._check("memory", self.memory is None or self.memory > 0, "must be above 0")
        self._check("threads", self.threads is None or self.threads >= 1, "must be 1 or more")
        for name, kind in (
            ("device", Device),
            ("matmul_precision", MatmulPrecision),
            ("bootstrap_candidates", BootstrapCandidates),
            ("names", Names),
            ("values", Values),
        ):
            choices = get_args(kind)
            self._check(
                name, getattr(self, name) in choices, f"must be one of {', '.join(choices)}"
            )

        self._check(
            "names", self.names != "off" or self.names_model is None, "must be auto for names_model"
        )
        explores = self.evidence_rounds > 0 and self.evidence_explored > 0
        self._check(
            "evidence_first",
            explores or not self.evidence_first,
            "needs evidence_rounds and evidence_explored above 0",
        )

    def turns(self, *, named: bool) -> int:
        """How many turns of bootstrapping there are at most, with names or values or without."""
        return max(self.bootstrap_turns, self.names_turns) if named else self.bootstrap_turns

    def tells_test_side(self, *, named: bool) -> bool:
        """Whether pairs to learn from are looked for among the entities of the test links alone."""
        finds = self.evidence_first or self.turns(named=named) > 0
        return finds and self.bootstrap_candidates == "test_only"

    def _check(self, name: str, holds: bool, must: str) -> None:
        if not holds:
            raise ConfigError(f"{name} {must}, got {getattr(self, name)!r}")

    @classmethod
    def preset(cls, name: str, **overrides: Any) -> AlignerConfig:
        """The settings of a preset, with some of them replaced.

        Raises:
            ConfigError: an unknown preset or setting.
        """
        return cls.from_dict(preset_settings(name) | overrides)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> AlignerConfig:
        """The settings of a mapping, the defaults for what it leaves out.

        Raises:
            ConfigError: a setting that does not exist, or a value that cannot work.
        """
        known = [field.name for field in fields(cls)]
        for name in settings:
            if name not in known:
                raise ConfigError(f"there is no setting {name!r}{did_you_mean(name, known)}")
        return cls(**settings)

    def to_dict(self) -> dict[str, Any]:
        """All settings as plain values."""
        return asdict(self)


def _check_type(name: str, value: object, kind: Any) -> None:
    allowed = get_args(kind) or (kind,)
    if isinstance(allowed[0], str):  # a Literal, checked by value
        return
    fitting = tuple({*allowed, int} if float in allowed else allowed)
    # Python counts a bool among the whole numbers.
    if not isinstance(value, fitting) or (isinstance(value, bool) and bool not in allowed):
        names = " or ".join("None" if t is type(None) else t.__name__ for t in allowed)
        raise ConfigError(f"{name} must be {names}, got {value!r}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{name} must be finite, got {value!r}")
