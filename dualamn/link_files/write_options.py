"""What can be set about the files of links that hold IRIs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from dualamn.files.iris import Base

Slots = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class WriteOptions:
    """What can be set about the files of links that hold IRIs.

    Attributes:
        base: an IRI under which entities whose identifiers are no IRIs get one.
        sssom: slots of the SSSOM mapping set, see `dualamn.link_files.slots`.

    Raises:
        ConfigError: `base` cannot be one.
    """

    base: str | None = None
    sssom: Slots = field(default_factory=dict)

    def __post_init__(self) -> None:
        _ = self.iris

    @cached_property
    def iris(self) -> Base | None:
        """The base, ready to make IRIs."""
        return None if self.base is None else Base(self.base)
